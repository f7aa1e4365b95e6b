/* others.h - servers that somebody else wrote, as children of a test */
#ifndef OTHERS_H
#define OTHERS_H

#include "child.h"

/* Those that carry TLS in front of the stand-in.  Hitch carries bytes: what it
 * says in HTTP is what the stand-in says. */
enum { FRONT_NGINX, FRONT_HAPROXY, FRONT_HITCH, FRONT_NODE, FRONTS };

typedef struct front {
    child process;
    char *dir;
    unsigned port;
    int kind, fd; /* fd: the one that it listens on, in the child */
} front;

/* All of it below a directory of its own, on a free port of address (NULL:
 * 127.0.0.1).  cert: of certs; upstream: a plain port of 127.0.0.1. */
typedef struct front_setup {
    int kind;
    const char *address, *certs, *cert;
    unsigned upstream;
    unsigned requests;   /* of a connection, 0: any; hitch counts none */
    const char *version; /* of TLS: "1.2", "1.3"; NULL: both */
    /* More of its configuration: */
    const char *server;   /* directives of nginx's server and of hitch; what
                             goes on HAProxy's bind and lines behind it; members
                             of Node's options */
    const char *location; /* of nginx's location, of HAProxy's backend */
    const char *http;     /* of nginx's http */
} front_setup;

const char *front_name(int kind);

/* 0 if there is none of this kind here. */
int front_start(front *f, const front_setup *setup);

/* It shows another certificate from some time on. */
void front_reload(const front *f, const char *certs, const char *cert);

/* Whether the peer ends this connection within ms, be all that it sent read or
 * not. */
int await_end(int fd, int ms);

/* The lines of nginx's log: "connection request status reused protocol" each;
 * to be freed. */
char *front_stop(front *f);

/* OpenSSL's, with NAME.pem and NAME.key of certs, until child_stop(): its port
 * of 127.0.0.1.  It answers each request by a page. */
unsigned s_server_start(child *c, const char *certs, const char *name);

#endif
