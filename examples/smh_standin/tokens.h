/* tokens.h - the tokens that live, in order of creation */
#ifndef TOKENS_H
#define TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum { TOKEN_NAME = 7 + 64 };

typedef struct token {
    char name[TOKEN_NAME + 1];
    char *user, *client, *session; /* NULL: created without */
    uint64_t ends;                 /* ms, set by tokens_extend() */
    uint32_t period;               /* s */
    struct token *older, *newer;   /* in order of creation */
    struct token *chain;           /* of one user's hash */
} token;

enum { TOKENS_CHAINS = 1 << 14 };

typedef struct tokens {
    token *oldest, *newest;
    token *chains[TOKENS_CHAINS];
    uint64_t first_end; /* none ends before */
} tokens;

typedef struct id_list {
    const char *id[100];
    size_t count; /* 0: no filter */
} id_list;

/* Copies the ids, any of which may be NULL; the caller sets the rest. */
token *tokens_create(tokens *all, const char *user, const char *client,
                     const char *session);
token *tokens_find(tokens *all, const char *name);
void tokens_delete(tokens *all, token *one);

/* Only tokens that were created with a user; all three lists must match. */
void tokens_revoke(tokens *all, const id_list *users, const id_list *clients,
                   const id_list *sessions);

void tokens_extend(tokens *all, token *one, uint64_t ends);
void tokens_expire(tokens *all, uint64_t now);
void tokens_clear(tokens *all);

/* A line "user client session" each, percent-encoded, "-" for none. */
void tokens_list(const tokens *all, text *to);

#endif
