/* fifo.h - bytes through a data port that is 32 bits wide, low byte first
 *
 * Both controllers have one; pbufs neither begin nor end at a word.
 */
#ifndef FIFO_H
#define FIFO_H

#include <stddef.h>
#include <stdint.h>

typedef struct fifo {
    volatile uint32_t *port;
    uint32_t word;  /* bytes on their way */
    unsigned count; /* of them */
} fifo;

void fifo_put(fifo *f, const void *data, size_t size);

/* Sends what is left in word, padded with zero. */
void fifo_flush(fifo *f);

void fifo_get(fifo *f, void *data, size_t size);

/* Reads and forgets. */
void fifo_skip(fifo *f, size_t size);

struct pbuf;

/* A whole frame: the chain's bytes. */
void fifo_put_frame(fifo *f, const struct pbuf *frame);

/* A frame of size bytes from the pool, or NULL and the bytes are skipped. */
struct pbuf *fifo_get_frame(fifo *f, size_t size);

#endif
