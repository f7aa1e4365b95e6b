/* resolve.h - looks host names up without blocking: see smh_posix.h, A LOOK-UP
 * OF YOUR OWN */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "smh_posix.h"

/* For smh_posix.resolve, without an arg. */
int resolve_beside(void *arg, const char *host,
                   struct sockaddr_storage *addresses);

/* Why the last one failed, or "". */
const char *resolve_why(void);

/* How many there were: one for each opening of a connection. */
unsigned resolve_count(void);

/* The same for a host that is at one address, a struct sockaddr_storage. */
int resolve_pinned(void *arg, const char *host,
                   struct sockaddr_storage *addresses);

#endif
