/* A server in memory behind a port that plays by a script.  It answers each
 * whole request, keeps what came for the audit, and watches the contract of the
 * port. */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include "decode.h"
#include "smh_token.h"

typedef struct bytes {
    const char *data;
    size_t size;
    int good; /* confirms its request */
} bytes;

#define BYTES(literal)                                                         \
    {                                                                          \
        (literal), sizeof(literal) - 1, 0                                      \
    }
#define GOOD(literal)                                                          \
    {                                                                          \
        (literal), sizeof(literal) - 1, 1                                      \
    }

enum {
    SERVER_LOG = 1 << 17, /* bytes of requests it can keep */
    SERVER_REQUESTS = 256,
    SERVER_QUEUE = 256, /* answers on their way */
    SERVER_CALLS_MAX = 4000000
};

/* Faults that are not a number to return. */
enum { FAULT_SHORT = 1000001, FAULT_MANY = 1000002, FAULT_ZERO = 1000003 };

typedef struct server_request {
    size_t at, end; /* in the log */
    unsigned opening;
    uint32_t confirmed; /* good answers that were taken before it was whole */
    int swallowed;      /* came when no more answers were due */
} server_request;

typedef struct server {
    /* ---- the script: server_init() makes it a good server ---- */
    bytes replies[4];   /* to the first requests, if data is set */
    bytes reply;        /* to the others */
    bytes greeting;     /* comes by itself... */
    size_t greeting_at; /* ...after so many bytes of a connection */
    int greeting_only;  /* and nothing that comes later is answered */
    int deaf;           /* what send says after the greeting or the last answer;
                           0: takes it */
    unsigned per_opening; /* answers on a connection */
    unsigned answers;     /* answers in all */
    unsigned hold;        /* whole requests on a connection before it answers */
    int lost;             /* what recv says after the last of them */
    unsigned reset[2]; /* so many whole requests end the first connection, and
                             a later one, and what was answered is lost; 0: none
                             do.  hold is for the first one alone then */
    size_t send_most, recv_most; /* bytes a call */
    size_t cut;    /* recv stops once before this byte of the answers */
    unsigned lazy; /* SMH_AGAIN so many times before each success */
    unsigned open_again, close_again;
    long fault_at; /* which of all calls but wait; -1: none */
    int fault;     /* what it returns, or FAULT_ */
    int fault_stays;
    uint32_t clock;   /* ms */
    uint32_t tick;    /* ms that pass at each call */
    int wait_returns; /* 0: as the contract says */
    int wait_sticks;  /* the clock stands still meanwhile */
    const char *host; /* what open must be given */
    uint16_t port;
    const char *low; /* the caller's buffer */
    const char *high;
    uint32_t patience; /* the longest wait that is allowed, ms */

    /* ---- what came of it ---- */
    const char *broken_rule; /* of the port's contract, by the caller */
    unsigned long calls, waits;
    unsigned opens, closes, at_once; /* finished ones; closes with at_once */
    unsigned long receives;          /* calls of recv */
    unsigned sends;                  /* calls of send that took something */
    size_t largest;                  /* bytes offered to a send or recv */
    size_t soiled;                   /* bytes of the buffer that held some */
    int fault_in;                    /* 'o', 's', 'r', 'c': where it happened */
    int is_open;                     /* needs a close */
    uint32_t confirmed;              /* good answers that recv gave whole */
    unsigned requests;
    server_request request[SERVER_REQUESTS];

    /* ---- private ---- */
    int up, closing, dead;
    unsigned whole;          /* requests on this connection */
    int listened;            /* recv has had nothing since the last send */
    int again;               /* the last callback said SMH_AGAIN */
    int hope;                /* the last SMH_AGAIN may change by itself */
    unsigned turns;          /* of lazy */
    unsigned tries;          /* of open_again or close_again */
    unsigned answered, here; /* answers given in all, on this connection */
    int greeted;
    size_t came;    /* bytes of this connection */
    size_t matched; /* of the blank line */
    size_t start;   /* of the request that is coming, in the log */
    bytes queue[SERVER_QUEUE];
    unsigned first, last; /* of the queue */
    size_t taken;         /* of the first */
    size_t given;         /* bytes of answers in the server's life */
    const void *offered;  /* by a send that was told SMH_AGAIN */
    size_t offered_size, offered_at;
    size_t logged;
    char log[SERVER_LOG + 32768];
} server;

void server_init(server *s);
smh_port server_port(server *s, int secure);

/* Reads all requests with the decoder: each must be one of the plan's, those of
 * a connection in order and from the first unconfirmed one on.  NULL, or what
 * is wrong; times[i] says how often request i came. */
const char *server_audit(const server *s, const smh_scope *scope,
                         uint32_t resume, unsigned *times, uint32_t count);

/* Are any four bytes in a row of the text in memory? */
int has_piece(const void *memory, size_t size, const char *text);

#endif
