/* thin.h - fewer cases and more time for slow machines such as valgrind */
#ifndef THIN_H
#define THIN_H

#include <stdlib.h>

/* $SMH_TEST_THIN: take only each n-th case of a long row, allow n times the
 * time. */
static inline unsigned thin(void)
{
    const char *text = getenv("SMH_TEST_THIN");
    unsigned n = text == NULL ? 1 : (unsigned)strtoul(text, NULL, 10);
    return n == 0 ? 1 : n;
}

#endif
