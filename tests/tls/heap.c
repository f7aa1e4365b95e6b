#include "heap.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS_MAX = 4096 };

heap_watch heap;

/* The blocks of the client; those of the server are not watched. */
static struct {
    void *at;
    size_t size;
} blocks[BLOCKS_MAX];
static size_t top; /* none from here on */

void *__real_calloc(size_t count, size_t size);
void __real_free(void *at);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *at);

static size_t find(const void *at)
{
    size_t i;
    for (i = 0; i < top && blocks[i].at != at; i++)
        ;
    return i;
}

static int refused(size_t size)
{
    heap.calls++;
    return (heap.limit != 0 && heap.used + size > heap.limit) ||
           heap.calls == heap.fail_at;
}

void *__wrap_calloc(size_t count, size_t size)
{
    size_t free_slot = heap.on ? find(NULL) : BLOCKS_MAX;
    void *at;
    if (heap.on && refused(count * size)) {
        heap.failed++;
        return NULL;
    }
    at = __real_calloc(count, size);
    if (at != NULL && free_slot < BLOCKS_MAX) {
        blocks[free_slot].at = at;
        blocks[free_slot].size = count * size;
        top += free_slot == top;
        heap.used += count * size;
        if (heap.used > heap.peak)
            heap.peak = heap.used;
    }
    return at;
}

static int holds_secret(const char *bytes, size_t size)
{
    size_t length = heap.secret != NULL ? strlen(heap.secret) : 0;
    size_t i;
    for (i = 0; length != 0 && i + length <= size; i++) {
        if (memcmp(bytes + i, heap.secret, length) == 0)
            return 1;
    }
    return 0;
}

void __wrap_free(void *at)
{
    size_t slot = at != NULL ? find(at) : top;
    if (slot < top) {
        heap.found += (size_t)holds_secret((const char *)at, blocks[slot].size);
        heap.used -= blocks[slot].size;
        blocks[slot].at = NULL;
    }
    __real_free(at);
}
