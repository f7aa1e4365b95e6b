/* resolve.h - look-ups of a caller, for the ports on lwIP */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "lwip/ip_addr.h"

/* What fixed() says, and how often it was asked and given up. */
typedef struct fixed_answer {
    int answer, asked, abandoned;
} fixed_answer;

/* arg is a fixed_answer; the address stays as it is. */
int fixed(void *arg, const char *host, ip_addr_t *address);

/* arg is the address as a text. */
int to_address(void *arg, const char *host, ip_addr_t *address);

#endif
