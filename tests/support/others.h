/* others.h - servers that somebody else wrote, as children of a test */
#ifndef OTHERS_H
#define OTHERS_H

#include "child.h"

/* Debian's nginx as TLS front of the stand-in. */

typedef struct nginx {
    child process;
    char *dir;
    unsigned port;
} nginx;

/* All of it below a directory of its own, on a free port of address (NULL:
 * 127.0.0.1).  cert: of certs; upstream: a plain port of 127.0.0.1; http,
 * server, location: more directives. */
typedef struct nginx_setup {
    const char *address, *certs, *cert;
    unsigned upstream;
    const char *http, *server, *location;
} nginx_setup;

/* 0 if there is no nginx here. */
int nginx_start(nginx *n, const nginx_setup *setup);

/* The lines of its log: "connection request status reused protocol" each; to be
 * freed. */
char *nginx_stop(nginx *n);

/* OpenSSL's, with NAME.pem and NAME.key of certs, until child_stop(): its port
 * of 127.0.0.1.  It answers each request by a page. */
unsigned s_server_start(child *c, const char *certs, const char *name);

#endif
