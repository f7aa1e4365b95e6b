/* nginx.h - Debian's nginx as TLS front of the stand-in */
#ifndef NGINX_H
#define NGINX_H

#include "child.h"

typedef struct nginx {
    child process;
    char *dir;
    unsigned port;
} nginx;

/* All of it below a directory of its own, on a free port of 127.0.0.1.
 * cert: of certs; upstream: a plain port; http, server, location: more
 * directives. */
typedef struct nginx_setup {
    const char *certs, *cert;
    unsigned upstream;
    const char *http, *server, *location;
} nginx_setup;

/* 0 if there is no nginx here. */
int nginx_start(nginx *n, const nginx_setup *setup);

/* The lines of its log: "connection request status reused protocol" each; to be
 * freed. */
char *nginx_stop(nginx *n);

#endif
