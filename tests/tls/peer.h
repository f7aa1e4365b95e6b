/* peer.h - a TLS server in memory, and the port below the client that leads to
 * it and can be told to fail */
#ifndef PEER_H
#define PEER_H

#include "smh_token.h"
#include "smh_mbedtls.h"

#include <mbedtls/pk.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>

enum { PIPE_MAX = 1 << 17, DATA_MAX = 1 << 16 };

typedef struct pipe_of {
    unsigned char bytes[PIPE_MAX];
    size_t from, to;
} pipe_of;

/* What the port below does at the call with number fault_at. */
enum fault {
    NO_FAULT,
    FAULT_AGAIN,
    FAULT_ONE, /* one byte */
    FAULT_CLOSED,
    FAULT_NETWORK,
    FAULT_MEMORY,
    FAULT_SENT, /* what is sent goes out, and it says that it is closed */
    FAULT_ZERO,
    FAULT_TOO_MANY,
    FAULT_COUNT
};

enum peer_call { PEER_OPEN, PEER_SEND, PEER_RECV, PEER_CLOSE, PEER_CALLS };

typedef struct peer {
    /* Set before it is opened. */
    const char *certificate; /* NAME of examples/smh_standin/pki.sh */
    int tls13;               /* allow it */
    int renegotiation;
    size_t burst; /* bytes that the port below moves at once; 0: all */
    int stutter;  /* it says AGAIN before each move */
    enum fault fault;
    unsigned fault_at;  /* number of the call, from 1 */
    int fault_stays;    /* and of each that follows */
    int struck;         /* FAULT_SENT was said */
    size_t room;        /* bytes that it takes before it is full; 0: no limit */
    const char *answer; /* to each blank line */
    const char *plain;  /* instead of TLS, if not NULL */
    size_t plain_size;  /* 0: it is a string */
    void (*feed)(struct peer *p); /* when there is nothing to read, or NULL */
    const char *alpn[2];          /* what the server speaks */
    unsigned reads_max; /* reads above it fail the test; 0: no limit */

    unsigned calls, opens,
        closes;  /* of the port below; an open has many calls */
    int opening; /* or open */
    unsigned handshakes;
    unsigned char data[DATA_MAX]; /* what the client sent */
    size_t size;
    unsigned char first[600]; /* bytes on the wire: the ClientHello */
    int done, notified;       /* handshake over; the client said the end */
    int gone;                 /* the server is gone: FIN behind what it sent */
    int waits;
    unsigned reads;            /* of the port below */
    uint32_t now;              /* ms of its clock: one for each read */
    int stuttered[PEER_CALLS]; /* its last call of that kind said AGAIN so */
    int idle;                  /* it has not said AGAIN since the last wait */
    unsigned char secrets[8][64]; /* of the connections, as they are derived */
    size_t secret_sizes[8];
    unsigned secret_count;

    pipe_of up, down;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    mbedtls_ssl_ticket_context tickets;
} peer;

/* Reads the certificate from the folder of examples/smh_standin/pki.sh. */
void peer_init(peer *p, const char *certificate);
void peer_free(peer *p);

/* The port below the client: plain, and not secure; it explains itself by
 * "pipe, calls " and their number. */
smh_port peer_port(peer *p);

/* Lets the server do what it can. */
void peer_turn(peer *p);
/* The server sends that, in records of record bytes at most (0: any). */
void peer_say(peer *p, const void *data, size_t size);
void peer_notify(peer *p);                              /* close_notify */
void peer_ask_hello(peer *p);                           /* HelloRequest */
void peer_raw(peer *p, const void *bytes, size_t size); /* not TLS */
void peer_warn(peer *p);                                /* alert 90 */
/* A record of handshake messages. */
void peer_messages(peer *p, const void *bytes, size_t size);

/* Random bytes for both sides. */
int peer_random(void *ctx, unsigned char *data, size_t size);

/* "DIR/NAME", until the next call. */
const char *pki(const char *name);
/* Contents with a NUL behind, to be freed. */
unsigned char *pki_read(const char *name, size_t *size);
/* From when to when the server's certificate is valid, in seconds. */
void pki_dates(uint32_t *from, uint32_t *to);

/* ---- the client's side --------------------------------------------------- */

/* A client of p that trusts ca.pem; opt may be NULL. */
void client_init(smh_mbedtls *tls, peer *p, const smh_mbedtls_options *more);

/* Calls until it is not AGAIN, and waits in between as the exchange does. */
int client_open(smh_mbedtls *tls, const char *host);
int client_send(smh_mbedtls *tls, const void *data, size_t size); /* all */
int client_recv(smh_mbedtls *tls, void *data, size_t size);
int client_close(smh_mbedtls *tls, int at_once);

/* What the port has to say, in a buffer of its own, and in one of yours. */
const char *client_words(smh_mbedtls *tls);
const char *client_explain(smh_mbedtls *tls, char *text, size_t size);

#endif
