/* Takes a request apart by rules of its own, written from RFC 9112, RFC 3986
 * and the service's page; shares nothing with the header but the types of a
 * scope. Strict: what a server somewhere could read in another way is wrong. */
#ifndef DECODE_H
#define DECODE_H

#include "smh_token.h"

/* What the manual says of options that are not set; a variant sets them. */
#ifndef SMH_LINE_MAX
#define SMH_LINE_MAX 8000
#endif
#ifndef SMH_COMMA
#define SMH_COMMA ","
#endif
#ifndef SMH_ANSWER_MAX
#define SMH_ANSWER_MAX 65535
#endif
#ifndef SMH_REQUESTS_MAX
#define SMH_REQUESTS_MAX 1000000
#endif
#ifndef SMH_INTERIM_MAX
#define SMH_INTERIM_MAX 8
#endif
#ifndef SMH_TIMEOUT_MS
#define SMH_TIMEOUT_MS 30000
#endif
#ifndef SMH_SPINS_MAX
#define SMH_SPINS_MAX 1000000
#endif

enum { DECODE_IDS = 100, DECODE_TEXT = 33000 };

typedef struct decoded {
    const char *wrong; /* the first rule that was broken, or NULL */
    size_t length;     /* bytes of the request */
    size_t line;       /* bytes of its request line, without CR LF */
    char *host;        /* with the port, as sent */
    char *library;
    char *secret;
    char *items[3][DECODE_IDS]; /* users, clients, sessions */
    size_t count[3];
    const char *at; /* private: the cursor, the text that is made */
    const char *end;
    size_t used;
    char text[DECODE_TEXT];
} decoded;

/* One request from the start of data; what follows it is left alone. */
void decode(decoded *d, const char *data, size_t size);

/* Does it ask for exactly this batch of the scope? */
int decoded_is(const decoded *d, const smh_scope *scope,
               const smh_batch *batch);

/* NULL counts as no items. */
const smh_list *list_of(const smh_scope *scope, int k);
size_t count_of(const smh_scope *scope, int k);

/* The code points beyond ASCII that count as white space. */
extern const unsigned blanks[];
extern const size_t blank_count;

/* A code point below U+10000 and a NUL; to has room for four bytes. */
void utf8(unsigned code, char *to);

/* Does white space (Unicode's White_Space, U+200B, U+FEFF) or a control byte
 * begin or end the text? */
int blank_at_an_end(const char *text);

/* Bytes of text when percent-encoded. */
size_t encoded_size(const char *text);

/* Bytes of a request line without ids and their fields' commas. */
size_t bare_line(const smh_scope *scope);

/* Bytes of a request for ids, a comma behind each: the rest is always kept for
 * what stands around them. */
#define IDS_ROOM ((size_t)SMH_LINE_MAX - 512)
#endif
