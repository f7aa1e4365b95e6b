#include "uri.h"

#include <stdlib.h>
#include <string.h>

static bool unreserved(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr("-._~", byte) != NULL);
}

bool uri_legal(unsigned char byte)
{
    return unreserved(byte) ||
           (byte != '\0' && strchr("%!$&'()*+,;=:@/?", byte) != NULL);
}

void uri_encode(text *to, const char *s)
{
    for (; *s != '\0'; s++) {
        if (unreserved((unsigned char)*s))
            text_add(to, s, 1);
        else
            text_printf(to, "%%%02X", (unsigned)(unsigned char)*s);
    }
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool uri_decode(char *s)
{
    char *to = s;
    while (*s != '\0') {
        int high, low;
        if (*s != '%') {
            *to++ = *s++;
            continue;
        }
        high = hex(s[1]);
        low = high < 0 ? -1 : hex(s[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *to++ = (char)(high * 16 + low);
        s += 3;
    }
    *to = '\0';
    return true;
}

/* Ends s at the next mark and returns what is behind it, or NULL. */
static char *cut(char *s, char mark)
{
    char *at = s != NULL ? strchr(s, mark) : NULL;
    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + 1;
}

static const char *parse_path(uri *u, char *path)
{
    char *next;
    for (; path != NULL; path = next) {
        next = cut(path, '/');
        if (u->segments == URI_SEGMENTS)
            return "the path is too deep";
        if (!uri_decode(path))
            return "the path has a bad escape";
        if (strcmp(path, ".") == 0 || strcmp(path, "..") == 0)
            return "the path has a dot segment";
        u->segment[u->segments++] = path;
    }
    return NULL;
}

static const char *parse_query(uri *u, char *query)
{
    char *next;
    for (; query != NULL; query = next) {
        uri_field *field = &u->field[u->fields];
        char *value;
        next = cut(query, '&');
        value = cut(query, '=');
        if (value == NULL || *query == '\0')
            return "the query has a field that is not name=value";
        if (u->fields == URI_FIELDS)
            return "the query has too many fields";
        if (strchr(value, '+') != NULL)
            return "'+' is ambiguous in a query: write %20 or %2B";
        if (!uri_decode(value))
            return "the query has a bad escape";
        field->name = query;
        field->value = value;
        u->fields++;
    }
    return NULL;
}

const char *uri_parse(uri *u, const char *target)
{
    const char *wrong;
    char *query;
    memset(u, 0, sizeof *u);
    if (*target != '/')
        return "the target is not an absolute path";
    u->store = text_copy(target + 1);
    query = cut(u->store, '?');
    wrong = parse_path(u, u->store);
    return wrong != NULL ? wrong : parse_query(u, query);
}

void uri_free(uri *u)
{
    free(u->store);
    memset(u, 0, sizeof *u);
}

char *uri_value(const uri *u, const char *name)
{
    size_t i;
    for (i = 0; i < u->fields; i++)
        if (strcmp(u->field[i].name, name) == 0)
            return u->field[i].value;
    return NULL;
}
