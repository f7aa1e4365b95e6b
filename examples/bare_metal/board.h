/* board.h - what the firmware wants from a board: the list of what you write
 *
 * NAME.c and NAME.ld do it for each board of QEMU here.  What a semihosted
 * board borrows from its host is marked (*); a real board must bring its own.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Clocks, pins and the tick of 1 ms. */
void board_init(void);

/* ms since board_init(), wraps; counted by the SysTick interrupt (clock.c). */
uint32_t board_ms(void);

/* Sleeps until an interrupt, so for 1 ms at most. */
void board_idle(void);

/* The handler of every interrupt but the tick; only the controller's is on. */
void board_irq(void);

/* (*) Fills data with true random bytes: 0, or -1 if there are none.  Without
 * a real source TLS is a play: everybody can compute its keys. */
int board_random(void *data, size_t size);

/* (*) Seconds since 1970.  Decides which certificates are valid. */
uint32_t board_time(void);

/* (*) The library's secret as a text, from storage that others cannot read: 0,
 * or -1. */
int board_secret(char *text, size_t size);

/* (*) The word that was kept last, or any other if none was.  It outlives
 * resets and power cuts, and a cut while it is written leaves the old or the
 * new one: a backup register, or a page of flash that is written in turns. */
uint32_t board_kept(void);
void board_keep(uint32_t word);

/* (*) Where words go that people read. */
void board_print(const char *text);

/* (*) The end, with an exit status.  A real board resets, or goes on. */
void board_exit(int status) __attribute__((noreturn));

/* The Ethernet controller, and its address: 0, or -1 if it is not there. */
int board_eth_init(uint8_t mac[6]);

struct pbuf;

/* The next frame, which the caller frees, or NULL.  Frames that find no memory
 * are dropped, as on a wire. */
struct pbuf *board_eth_receive(void);

/* Sends the frame now: 0, or -1 if the controller is full. */
int board_eth_send(const struct pbuf *frame);

#endif
