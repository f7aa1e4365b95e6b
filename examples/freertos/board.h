/* board.h - what revoke_task.c asks of your firmware, and what it gives */
#ifndef BOARD_H
#define BOARD_H

#include "smh_token.h"

#define STACK_WORDS 2048 /* look at uxTaskGetStackHighWaterMark() */

extern const unsigned char board_ca[]; /* one DER, in flash */
extern const size_t board_ca_size;
int board_random(void *data, size_t size);      /* by the TRNG: 0, or -1 */
uint32_t board_random32(void);                  /* the same, for lwipopts.h */
void board_report(int result, const char *why); /* at each end of a call */

int revoke_start(smh_scope *scope); /* 1, or 0; scope must stay */

#endif
