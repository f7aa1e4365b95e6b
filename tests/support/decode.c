#include "decode.h"

#include <string.h>
#include <strings.h>

static void wrong(decoded *d, const char *what)
{
    if (d->wrong == NULL)
        d->wrong = what;
    d->at = d->end;
}

static int peek(const decoded *d)
{
    return d->at < d->end ? (unsigned char)*d->at : -1;
}

static int skip(decoded *d, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(d->end - d->at) < n || memcmp(d->at, text, n) != 0)
        return 0;
    d->at += n;
    return 1;
}

static void want(decoded *d, const char *text, const char *what)
{
    if (!skip(d, text))
        wrong(d, what);
}

static void keep(decoded *d, int byte)
{
    if (d->used < sizeof d->text)
        d->text[d->used++] = (char)byte;
    else
        wrong(d, "more text than a request may have");
}

/* ---- percent-encoding ---------------------------------------------------- */

static int is_unreserved(int c)
{
    return c > 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "abcdefghijklmnopqrstuvwxyz"
                           "0123456789-._~",
                           c) != NULL;
}

/* -1 if it is none; lower case is legal but not what RFC 3986, 2.1 wants. */
static int hex(int c)
{
    const char *digits = "0123456789ABCDEF", *p;
    p = c > 0 ? strchr(digits, c) : NULL;
    return p == NULL ? -1 : (int)(p - digits);
}

/* The next byte of a value; -1 at its end. */
static int next_byte(decoded *d)
{
    int c = peek(d), high, low;
    if (is_unreserved(c) || c == ',')
        return d->at++, c;
    if (c != '%')
        return -1;
    if (d->end - d->at < 3)
        return wrong(d, "cut percent-encoding"), -1;
    high = hex(d->at[1]);
    low = hex(d->at[2]);
    d->at += 3;
    c = high * 16 + low;
    if (high < 0 || low < 0)
        return wrong(d, "bad percent-encoding"), -1;
    if (c == 0 || is_unreserved(c))
        return wrong(d, "byte that must not be encoded"), -1;
    return c;
}

static char *single(decoded *d)
{
    char *text = d->text + d->used;
    int c;
    while (peek(d) != ',' && (c = next_byte(d)) >= 0)
        keep(d, c);
    keep(d, 0);
    if (*text == '\0')
        wrong(d, "empty value");
    return text;
}

/* A comma separates whether it comes raw or encoded. */
static void several(decoded *d, int k, size_t most)
{
    int c = ',';
    while (c == ',' && d->wrong == NULL) {
        char *text = d->text + d->used;
        if (d->count[k] == most) {
            wrong(d, "too many ids");
            return;
        }
        d->items[k][d->count[k]++] = text;
        while ((c = next_byte(d)) >= 0 && c != ',')
            keep(d, c);
        keep(d, 0);
        if (*text == '\0')
            wrong(d, "empty id");
    }
}

/* ---- the request line ---------------------------------------------------- */

static void query_field(decoded *d)
{
    if (d->secret == NULL && skip(d, "library_secret="))
        d->secret = single(d);
    else if (d->count[0] == 0 && skip(d, "user_id="))
        several(d, 0, 10);
    else if (d->count[1] == 0 && skip(d, "client_id="))
        several(d, 1, 100);
    else if (d->count[2] == 0 && skip(d, "session_id="))
        several(d, 2, 100);
    else
        wrong(d, "unknown, repeated or unnamed query field");
}

static void request_line(decoded *d)
{
    const char *start = d->at;
    want(d, "DELETE /api/v1/token/", "method or path");
    d->library = single(d);
    if (strcmp(d->library, ".") == 0 || strcmp(d->library, "..") == 0)
        wrong(d, "dot segment");
    want(d, "?", "path goes on");
    do
        query_field(d);
    while (skip(d, "&"));
    want(d, " HTTP/1.1", "query goes on");
    d->line = (size_t)(d->at - start);
    want(d, "\r\n", "line goes on");
    if (d->secret == NULL || d->count[0] == 0)
        wrong(d, "no secret or no user");
}

/* ---- header fields ------------------------------------------------------- */

static int is_token(int c)
{
    return c > ' ' && c < 127 && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;
}

static char *until(decoded *d, int (*is)(int))
{
    char *text = d->text + d->used;
    while (is(peek(d)))
        keep(d, *d->at++);
    keep(d, 0);
    return text;
}

static int is_content(int c)
{
    return c == '\t' || (c >= ' ' && c != 127);
}

static int is_refused(const char *name)
{
    return strcasecmp(name, "Content-Length") == 0 ||
           strcasecmp(name, "Transfer-Encoding") == 0 ||
           strcasecmp(name, "Connection") == 0 ||
           strcasecmp(name, "Expect") == 0 || strcasecmp(name, "Upgrade") == 0;
}

static void header_field(decoded *d)
{
    char *name = until(d, is_token), *value;
    want(d, ": ", "field name");
    value = until(d, is_content);
    want(d, "\r\n", "field value");
    if (*name == '\0' || is_refused(name))
        wrong(d, "field that does not belong here");
    if (strcasecmp(name, "Host") != 0)
        return;
    if (d->host != NULL)
        wrong(d, "second Host");
    d->host = value;
}

void decode(decoded *d, const char *data, size_t size)
{
    memset(d, 0, offsetof(decoded, text));
    d->at = data;
    d->end = data + size;
    request_line(d);
    while (d->wrong == NULL && !skip(d, "\r\n"))
        header_field(d);
    if (d->host == NULL)
        wrong(d, "no Host");
    d->length = (size_t)(d->at - data);
}

/* ---- against a scope ----------------------------------------------------- */

const smh_list *list_of(const smh_scope *scope, int k)
{
    const smh_list *const lists[3] = {scope->users, scope->clients,
                                      scope->sessions};
    return lists[k];
}

size_t count_of(const smh_scope *scope, int k)
{
    const smh_list *list = list_of(scope, k);
    return list == NULL ? 0 : list->count;
}

static int same_ids(const decoded *d, const smh_scope *scope,
                    const smh_batch *batch, int k)
{
    size_t i;
    if (d->count[k] != batch->n[k])
        return 0;
    for (i = 0; i < d->count[k]; i++)
        if (strcmp(d->items[k][i],
                   list_of(scope, k)->items[batch->at[k] + i]) != 0)
            return 0;
    return 1;
}

int decoded_is(const decoded *d, const smh_scope *scope, const smh_batch *batch)
{
    int k;
    if (d->wrong != NULL || strcmp(d->library, scope->library_id) != 0 ||
        strcmp(d->secret, scope->library_secret) != 0)
        return 0;
    for (k = 0; k < 3; k++)
        if (!same_ids(d, scope, batch, k))
            return 0;
    return 1;
}

/* PropList.txt of Unicode, White_Space, and two that show nothing. */
const unsigned blanks[] = {0x85,   0xA0,   0x1680, 0x2000, 0x2001, 0x2002,
                           0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                           0x2009, 0x200A, 0x200B, 0x2028, 0x2029, 0x202F,
                           0x205F, 0x3000, 0xFEFF};
const size_t blank_count = sizeof blanks / sizeof *blanks;

void utf8(unsigned code, char *to)
{
    if (code >= 0x800)
        *to++ = (char)(0xE0 | code >> 12);
    if (code >= 0x80) {
        *to++ =
            (char)(code >= 0x800 ? 0x80 | (code >> 6 & 63) : 0xC0 | code >> 6);
        code = 0x80 | (code & 63);
    }
    *to++ = (char)code;
    *to = '\0';
}

int blank_at_an_end(const char *text)
{
    static const char ascii[] =
        "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11"
        "\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f \x7f";
    size_t n = strlen(text), i;
    if (n != 0 && (strchr(ascii, text[0]) || strchr(ascii, text[n - 1])))
        return 1;
    for (i = 0; i < blank_count; i++) {
        char blank[4];
        utf8(blanks[i], blank);
        if (strncmp(text, blank, strlen(blank)) == 0 ||
            (n >= strlen(blank) &&
             strcmp(text + n - strlen(blank), blank) == 0))
            return 1;
    }
    return 0;
}

size_t encoded_size(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += is_unreserved((unsigned char)*text) ? 1 : 3;
    return n;
}

size_t bare_line(const smh_scope *scope)
{
    static const char *const names[3] = {"&user_id=", "&client_id=",
                                         "&session_id="};
    size_t n = strlen("DELETE /api/v1/token/?library_secret= HTTP/1.1");
    int k;
    n += encoded_size(scope->library_id);
    n += encoded_size(scope->library_secret);
    for (k = 0; k < 3; k++)
        if (list_of(scope, k) != NULL)
            n += strlen(names[k]);
    return n;
}
