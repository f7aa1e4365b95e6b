/* fifo.c - bytes through a data port that is 32 bits wide */
#include "fifo.h"

#include "lwip/pbuf.h"

void fifo_put(fifo *f, const void *data, size_t size)
{
    const uint8_t *byte = data;
    while (size-- > 0) {
        f->word |= (uint32_t)*byte++ << 8 * f->count;
        if (++f->count == 4)
            fifo_flush(f);
    }
}

void fifo_flush(fifo *f)
{
    if (f->count > 0)
        *f->port = f->word;
    f->word = 0;
    f->count = 0;
}

static uint8_t next(fifo *f)
{
    uint8_t byte;
    if (f->count == 0) {
        f->word = *f->port;
        f->count = 4;
    }
    byte = (uint8_t)f->word;
    f->word >>= 8;
    f->count--;
    return byte;
}

void fifo_get(fifo *f, void *data, size_t size)
{
    uint8_t *byte = data;
    while (size-- > 0)
        *byte++ = next(f);
}

void fifo_skip(fifo *f, size_t size)
{
    while (size-- > 0)
        (void)next(f);
}

void fifo_put_frame(fifo *f, const struct pbuf *frame)
{
    for (; frame != NULL; frame = frame->next)
        fifo_put(f, frame->payload, frame->len);
}

struct pbuf *fifo_get_frame(fifo *f, size_t size)
{
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_POOL);
    struct pbuf *part;
    if (frame == NULL)
        fifo_skip(f, size);
    for (part = frame; part != NULL; part = part->next)
        fifo_get(f, part->payload, part->len);
    return frame;
}
