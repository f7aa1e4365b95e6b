/* world.h - a stand-in, a client and a model of which tokens should be left */
#ifndef WORLD_H
#define WORLD_H

#include <stdlib.h>
#include <string.h>

#include "smh_mbedtls.h"
#include "smh_posix.h"
#include "smh_token.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/standin.h"
#include "tests/support/thin.h"

enum { IDS_MAX = 256, ID_ROOM = 80 };

/* Set by world_reset() to one user "alice" and no filter, over TLS to the
 * stand-in as localhost, with a buffer of 1024 bytes; a test changes what
 * it wants. */
typedef struct world {
    char *dir; /* of the certificates */
    standin server;
    const char *address; /* that the host is pinned to, or NULL */
    const char *ca;      /* file of dir */
    smh_mbedtls_options options;
    smh_scope scope;
    smh_io io;
    char buffer[65536];
    size_t arrived_size; /* of arrived, for the port of TCP; 0: none */
    char arrived[16384];
    /* of the last call */
    smh_posix tcp;
    smh_mbedtls tls;
    uint32_t flags; /* of the certificate */
    smh_call call;
    char words[512]; /* all that is known of how it ended */
} world;

extern world w;

int world_begin(void **state);
int world_end(void **state);
void world_start(const char *cert, const char *const *more);
int world_reset(void **state);

/* The whole call; looks after what must hold however it ends. */
int revoke(void);
/* With this result, or the test fails with the words for it. */
void revoke_as(int wanted);
/* The same in parts: open the ports, then the caller steps, then what must
 * hold. */
void client_begin(void);
void client_end(void);

/* Lists of the scope, in storage of their own until the next of the same
 * kind: ids like "user-07.....", or those given. */
void number_ids(int kind, unsigned count, unsigned width);
void give_ids(int kind, const char *const *ids, unsigned count);

/* Creates a token on the stand-in and in the model. */
void token(const char *user, const char *client, const char *session);
/* Takes from the model what requests from up to, but not with, end delete. */
void model_revoke(uint32_t from, uint32_t end);
void check_left(void);

/* So many users, a third of them with a token, and one beside them. */
void fill_users(unsigned count);
/* All requests for them are confirmed, and exactly their tokens are gone. */
void check_done(unsigned requests);

/* Requests and connections that the stand-in saw. */
unsigned seen(const char *part);
unsigned requests_seen(void);

int standin_tests(void);
int faults_tests(void);
int batches_tests(void);
int connection_tests(void);
int certificates_tests(void);
int strangers_tests(void);

#endif
