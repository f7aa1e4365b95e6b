/* text.h - the little of printf that mbedTLS and the console need */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* %s %c %d %i %u %x %X %%, with 0, a width, l and z; always terminated if
 * size is not 0, cut at size - 1.  The length it would have had. */
int text_format(char *text, size_t size, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));

/* To the console, 160 bytes at most. */
void text_print(const char *format, ...)
    __attribute__((__format__(__printf__, 1, 2)));

#endif
