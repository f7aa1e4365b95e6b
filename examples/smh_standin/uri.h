/* uri.h - the target of a request, taken apart by RFC 3986 and decoded */
#ifndef URI_H
#define URI_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

enum { URI_SEGMENTS = 6, URI_FIELDS = 32 };

typedef struct uri_field {
    const char *name; /* as sent: an escape makes it another name */
    char *value;
} uri_field;

typedef struct uri {
    char *store;
    const char *segment[URI_SEGMENTS];
    uri_field field[URI_FIELDS];
    size_t segments, fields;
} uri;

/* NULL, or what is wrong with it.  Free it in both cases. */
const char *uri_parse(uri *u, const char *target);
void uri_free(uri *u);

/* NULL if there is none. */
char *uri_value(const uri *u, const char *name);

bool uri_legal(unsigned char byte); /* in a path or a query, '%' included */
void uri_encode(text *to, const char *s);

/* Decodes in place; false if an escape is bad or means NUL. */
bool uri_decode(char *s);

#endif
