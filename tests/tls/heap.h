/* heap.h - the heap of mbedTLS: calloc() and free() of what is linked
 * statically */
#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

typedef struct heap_watch {
    int on;            /* counts and limits only then: while the client runs */
    size_t limit;      /* bytes that it may have at once, or 0 */
    size_t fail_at;    /* the one allocation that fails, from 1, or 0 */
    size_t used, peak; /* bytes */
    size_t calls, failed;
    const char *secret; /* looked for in each block that is freed, or NULL */
    size_t found;       /* blocks that held it */
} heap_watch;

extern heap_watch heap;

#endif
