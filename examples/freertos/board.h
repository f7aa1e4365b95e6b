/* board.h - what revoke_task.c asks of your firmware, and what it gives */
#include "smh_token.h"

extern const unsigned char board_ca[]; /* one DER, in flash */
extern const size_t board_ca_size;
/* The TRNG's bytes: 0, or -1. */
int board_random(void *unused, unsigned char *data, size_t size);
uint32_t board_random32(void);                  /* the same, for lwipopts.h */
void board_report(int result, const char *why); /* at each end of a call */

void revoke_task(void *scope); /* for xTaskCreate(); a smh_scope, which stays */
