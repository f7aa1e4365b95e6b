/* world.h - lwIP without threads, a server inside the same stack on the
 * loopback, a clock that only turns move, and faults of lwIP's functions on
 * demand */
#ifndef WORLD_H
#define WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "lwip/dns.h"
#include "lwip/tcp.h"

enum { WORLD_PORT = 80, WORLD_QUESTIONS = 8 };

typedef struct question {
    char name[80];
    dns_found_callback found;
    void *arg;
    uint8_t type; /* LWIP_DNS_ADDRTYPE_* */
} question;

typedef struct world {
    uint32_t now;   /* ms, moved by each turn */
    unsigned turns; /* so far */
    void (*on_turn)(void);

    /* what lwIP's functions do instead; 0: nothing */
    unsigned writes;                 /* tcp_write() of the client so far */
    uint16_t write_size;             /* bytes of the last of them */
    unsigned fail_at, fail_for;      /* the first that fails, how many */
    err_t write_fails;               /* what they return; 0: ERR_MEM */
    unsigned close_fails;            /* tcp_close() has no memory so often */
    int no_pcb;                      /* tcp_new_ip_type() */
    err_t connect_fails, dns_result; /* what is returned */
    uint16_t cut;                    /* received data becomes two pbufs and some
                                        empty ones, the first so long */

    question asked[WORLD_QUESTIONS];
    size_t questions;

    /* the server */
    struct tcp_pcb *peer;  /* its end of the last connection, or NULL */
    unsigned served;       /* answers to whole requests */
    unsigned ends, resets; /* connections that ended so */
    uint16_t split;        /* an answer is sent in two segments */
    tcp_recv_fn received;  /* the port's callback */
    unsigned char matched; /* bytes of "\r\n\r\n" */
    unsigned char mute;    /* no answers */
    unsigned char deaf;    /* it takes nothing */
} world_state;

extern world_state world;

/* Before and after each test: the second fails if lwIP still holds memory. */
int world_begin(void **state);
int world_end(void **state);

/* Frames, timers, a ms.  For smh_lwip_raw.turn. */
void world_turn(void *unused);
void world_turns(unsigned count);

/* size bytes from the server, 0, 1, 2..; what does not fit is not sent. */
size_t world_send(size_t size, size_t first);

/* The answer to a question; NULL: no such name. */
void world_answer(size_t which, const char *address);

#endif
