/* Any scope through the checks, the batches and the writer.  The input is texts
 * that end with NUL: host, library id, secret, and ids; one that begins with a
 * control byte 1 to 3 begins the list of that number, 4 is a NULL. */
#include "decode.h"
#include "fuzz.h"

#include <string.h>

enum { IDS = 150, TEXTS = 4096, WINDOW = 40000 };

const seed seeds[] = {
    SEED("smh.example\0smh0lib\0secret\0\1\0alice\0bob"),
    SEED("h\0l\0s\0\1\0u\0\2\0c\0d\0\3\0s\0t\0v"),
    SEED("a.1\0a/b\0s?&=\0\1\0a b\0\xC3\xA4\0%2C\0\3\0x\r\ny"),
    SEED("h\0..\0s\0\1\0u"),
    SEED("h\0l\0s\0\1\0\xE3\x80\x80\0\2\0x\xC2\xA0\0\3\0\xEF\xBB\xBFy"),
    SEED("user@h\0l\0s\0\1\0u"),
    SEED("h\0l\0s\0\1\0a,b\0\2\0\4\0\3"),
    SEED("h\0l\0s\0\1\0a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0\2\0a\0b"),
};
const size_t seed_count = sizeof seeds / sizeof *seeds;

/* ---- a scope from bytes -------------------------------------------------- */

typedef struct input {
    smh_scope scope;
    smh_list list[3];
    const char *items[3][IDS];
    char text[TEXTS + 1];
} input;

static input in;

static void add(const char *text, int *k)
{
    const smh_list **slot;
    if (text[0] >= 1 && text[0] <= 3 && text[1] == '\0') {
        *k = text[0] - 1;
        slot = *k == 0   ? &in.scope.users
               : *k == 1 ? &in.scope.clients
                         : &in.scope.sessions;
        *slot = &in.list[*k];
    } else if (*k >= 0 && in.list[*k].count < IDS) {
        in.items[*k][in.list[*k].count++] =
            text[0] == 4 && text[1] == '\0' ? NULL : text;
    }
}

static void make(const uint8_t *data, size_t size)
{
    const char *p = in.text, *end;
    int k = -1;
    memset(&in, 0, sizeof in);
    memcpy(in.text, data, size);
    end = in.text + size;
    in.scope.host = p;
    p += strlen(p) + (p < end);
    in.scope.library_id = p;
    p += strlen(p) + (p < end);
    in.scope.library_secret = p;
    p += strlen(p) + (p < end);
    in.scope.port = (uint16_t)(size * 1009);
    for (k = 0; k < 3; k++)
        in.list[k].items = in.items[k];
    for (k = -1; p < end; p += strlen(p) + 1)
        add(p, &k);
}

/* ---- what is legal, in other words --------------------------------------- */

static int is_text(const char *text)
{
    return text != NULL && *text != '\0' && !blank_at_an_end(text);
}

static const char name[] = "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

static int is_library(const char *id)
{
    return *id != '\0' && id[strspn(id, name)] == '\0' &&
           strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

static int is_host(const char *host)
{
    const char *dot = strrchr(host, '.'), *last = dot ? dot + 1 : host;
    return host[strspn(host, name)] == '\0' && strlen(host) <= 255 &&
           *last != '\0' && strchr("0123456789", *last) == NULL;
}

static int is_list(const smh_list *list, int required)
{
    size_t i;
    if (list == NULL)
        return !required;
    for (i = 0; i < list->count; i++)
        if (!is_text(list->items[i]) || strchr(list->items[i], ',') != NULL)
            return 0;
    return list->count > 0;
}

static int is_legal(const smh_scope *scope)
{
    return is_host(scope->host) && is_library(scope->library_id) &&
           is_text(scope->library_secret) && is_list(scope->users, 1) &&
           is_list(scope->clients, 0) && is_list(scope->sessions, 0);
}

/* ---- what must be true --------------------------------------------------- */

/* A window somewhere in the request shows the same bytes, and nothing else. */
static void look_through(const smh_plan *plan, const smh_batch *batch,
                         const char *whole, size_t length, size_t at)
{
    char window[24];
    size_t size = at % 17, left, n;
    at %= length + 3;
    left = at < length ? length - at : 0;
    n = size < left ? size : left;
    memset(window, 'w', sizeof window);
    must(smh_write(plan, batch, 0, at, window + 4, size) == length, "length");
    must(n == 0 || memcmp(window + 4, whole + at, n) == 0, "same bytes");
    must(memcmp(window, "wwww", 4) == 0, "nothing before the window");
    must(window[4 + n] == 'w', "nothing behind the window");
}

static size_t one_at_least(size_t n)
{
    return n == 0 ? 1 : n;
}

static size_t check_batch(const smh_plan *plan, const smh_batch *batch)
{
    static char whole[WINDOW];
    static decoded d;
    size_t length = smh_write(plan, batch, 0, 0, whole, sizeof whole);
    must(length < sizeof whole, "a request has a bound");
    decode(&d, whole, length);
    must(d.wrong == NULL, d.wrong == NULL ? "" : d.wrong);
    must(d.length == length, "one request and no more");
    must(d.line <= SMH_LINE_MAX, "the limit of the line");
    must(decoded_is(&d, plan->scope, batch), "what was asked for");
    look_through(plan, batch, whole, length, length * 7919 + batch->index);
    return d.count[0] * one_at_least(d.count[1]) * one_at_least(d.count[2]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    smh_plan plan;
    smh_batch batch = {0};
    size_t covered = 0, whole = 1;
    int k, r;
    if (size > TEXTS)
        return 0;
    make(data, size);
    r = smh_check(&in.scope, &plan);
    must(r == 0 || r == SMH_E_LONG || !is_legal(&in.scope), "refused for good");
    must(r != 0 || is_legal(&in.scope), "accepted for good");
    if (r != 0)
        return 0;
    for (k = 0; k < 3; k++)
        whole *= one_at_least(count_of(&in.scope, k));
    while (smh_next(&plan, &batch))
        covered += check_batch(&plan, &batch);
    must(covered == whole, "the batches are the cross product");
    must(smh_count(&plan) ==
             (batch.index <= SMH_REQUESTS_MAX ? batch.index : 0),
         "so many requests");
    return 0;
}
