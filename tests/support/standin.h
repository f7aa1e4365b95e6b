/* standin.h - the stand-in service as a child of a test, and its admin port */
#ifndef STANDIN_H
#define STANDIN_H

#include "child.h"

#define STANDIN_LIBRARY "smh0standin-a_b.c~d"
#define STANDIN_SECRET "Zq9/&=7#Kx,%w2 Vb+"
#define STANDIN_SECRET_ENCODED "Zq9%2F%26%3D7%23Kx%2C%25w2%20Vb%2B"

typedef struct standin {
    child process;
    unsigned port, admin;
} standin;

/* The program is $SMH_STANDIN; dir holds what examples/smh_standin/pki.sh made,
 * and the secret's file is written there.  cert NULL: plain.  more: further
 * options, or NULL. */
void standin_start(standin *s, const char *dir, const char *cert,
                   const char *const *more);
void standin_stop(standin *s);

/* A connection to a port of 127.0.0.1. */
int web_connect(unsigned port);

/* One request without a body; the status, and the body in *body, to be
 * freed, unless body is NULL. */
int web_call(unsigned port, const char *method, const char *target,
             char **body);
/* The same with the bytes as they are. */
int web_send(unsigned port, const char *bytes, size_t size, char **body);

void standin_reset(const standin *s);
void standin_faults(const standin *s,
                    const char *faults); /* "1:reset 2:drip" */
/* Any id may be NULL. */
void standin_token(const standin *s, const char *user, const char *client,
                   const char *session);
char *standin_tokens(const standin *s);  /* to be freed */
char *standin_journal(const standin *s); /* to be freed */

/* Fails the test unless these are all tokens, "user client session" a line. */
void standin_left(const standin *s, const char *wanted);
/* Lines of the journal that hold part. */
unsigned standin_seen(const standin *s, const char *part);

/* Whether text has the secret in it. */
int standin_told(const char *text);

/* Lines of text that hold part. */
unsigned lines_with(const char *text, const char *part);

#endif
