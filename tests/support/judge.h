/* What an answer means, read as a whole and line by line; written apart from
 * the header's reader, which sees one byte at a time.  Knows no limit of
 * length. */
#ifndef JUDGE_H
#define JUDGE_H

#include <stddef.h>

/* As smh_read() would say of these bytes; 0 if it wants more. */
int judge(const char *p, size_t n);

#endif
