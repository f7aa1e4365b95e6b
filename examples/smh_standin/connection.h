/* connection.h - one client: its requests read, answered in order, and spoiled
 * where a fault says so */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "channel.h"
#include "faults.h"
#include "http.h"
#include "service.h"

typedef struct connection_options {
    size_t line_max;
    unsigned long max_requests; /* of one connection; 0: any */
} connection_options;

typedef struct connection {
    struct connection *next;
    const connection_options *options;
    service *service;
    unsigned long number; /* 0: of the admin port */
    channel channel;
    int state;
    http_request request;
    unsigned long revocation; /* the number of the request; 0: another call */
    unsigned long requests;
    fault fault;   /* of that revocation */
    bool early;    /* it has its answer already */
    bool asked;    /* whether the handshake is to stall */
    bool refusing; /* it has announced its end */
    char in[4096];
    size_t in_at, in_size;
    bool in_ended;
    text out;
    size_t out_at, out_try;
    bool out_blocked;
    uint64_t due; /* ms, nothing goes out before; 0: at once */
} connection;

connection *connection_new(int fd, bool tls, unsigned long number,
                           const connection_options *options, service *s);
void connection_free(connection *c);

/* Does all that can be done now; false when it is over. */
bool connection_step(connection *c);

/* What to wait for: poll events, and ms until the next step is due or -1. */
short connection_events(const connection *c);
int connection_timeout(const connection *c);

#endif
