/* Any request through the stand-in's reader.  Behind the first byte, which
 * limits the line, the input is what comes. */
#include "../../examples/smh_standin/http.h"
#include "../../examples/smh_standin/uri.h"
#include "decode.h"
#include "fuzz.h"

#include <string.h>

#define LINE "DELETE /api/v1/token/l?library_secret=s&user_id="
#define REST " HTTP/1.1\r\nHost: h\r\n\r\n"

const seed seeds[] = {
    SEED("\xff" LINE "alice" REST),
    SEED("\xff" LINE "a%2Cb,%C3%A4&client_id=c,d&session_id=t" REST),
    SEED("\xff" LINE "a+b" REST),
    SEED("\xff" LINE "%00" REST),
    SEED("\x08" LINE "alice" REST),
    SEED("\xffPOST /a/../b HTTP/1.0\r\nHost: h:443\r\n\r\n"),
    SEED("\xffGET /?&=x HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 0\r\n\r\n"),
    SEED("\xffGET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\n\r\n"),
    SEED("\xffGET / HTTP/1.1\r\nConnection: a, close\r\nHost: h\r\n\r\n"),
};
const size_t seed_count = sizeof seeds / sizeof *seeds;

/* A request as the header writes it.  The decoder takes any host and any other
 * field; the stand-in takes names, those with '~' left out, and looks into some
 * of the fields. */
static int is_good(const decoded *d)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    static const char around[] = "\r\nHost: \r\n\r\n";
    return d->wrong == NULL && d->host[0] != '\0' &&
           d->host[strspn(d->host, name)] == '\0' && strlen(d->host) < 256 &&
           d->length == d->line + sizeof around - 1 + strlen(d->host);
}

/* What is decoded, encoded again, is the same to whoever decodes it. */
static void check_value(const char *value)
{
    text again = {0};
    text_add(&again, "", 0);
    uri_encode(&again, value);
    must(uri_decode(again.data) && strcmp(again.data, value) == 0,
         "encoding turns decoding round");
    text_free(&again);
}

static void check_parts(const uri *u)
{
    size_t i;
    must(u->segments <= URI_SEGMENTS && u->fields <= URI_FIELDS, "no more");
    for (i = 0; i < u->segments; i++) {
        must(strcmp(u->segment[i], ".") != 0 &&
                 strcmp(u->segment[i], "..") != 0,
             "no dot segment, in whatever disguise");
        check_value(u->segment[i]);
    }
    for (i = 0; i < u->fields; i++) {
        must(u->field[i].name[0] != '\0', "each field has a name");
        check_value(u->field[i].value);
    }
}

/* The value is this list, as the decoder of the tests has it. */
static int is_list(const char *value, char *const *items, size_t count)
{
    size_t i;
    if (count == 0)
        return value == NULL;
    for (i = 0; i < count; i++) {
        size_t n = strlen(items[i]);
        if (value == NULL || strncmp(value, items[i], n) != 0 ||
            value[n] != (i + 1 < count ? ',' : '\0'))
            return 0;
        value += n + 1;
    }
    return 1;
}

static void check_meaning(const uri *u, const decoded *d)
{
    static const char *const names[] = {"user_id", "client_id", "session_id"};
    int k;
    must(strcmp(uri_value(u, "library_secret"), d->secret) == 0, "the secret");
    must(u->segments == 4 && strcmp(u->segment[3], d->library) == 0,
         "the library");
    for (k = 0; k < 3; k++)
        must(is_list(uri_value(u, names[k]), d->items[k], d->count[k]),
             "the ids that were asked for");
}

/* What the tests' own decoder takes, the stand-in takes in the same way. */
static void check_whole(const http_request *r, const decoded *d)
{
    uri u;
    const char *wrong = uri_parse(&u, r->target.data);
    size_t i;
    for (i = 0; i < r->target.size; i++)
        must(uri_legal((unsigned char)r->target.data[i]), "legal bytes");
    must(r->target.size > 0 && r->line <= r->line_max, "a line in its limit");
    must(r->hosts == 1 && r->host[0] != '\0' && !r->has_body, "one host");
    if (wrong == NULL)
        check_parts(&u);
    must(wrong == NULL || !is_good(d), "a good target is taken");
    if (is_good(d))
        check_meaning(&u, d);
    uri_free(&u);
}

static int is_refusal(int status)
{
    return status == 400 || status == 414 || status == 431 || status == 505;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static decoded d;
    http_request r = {0};
    size_t at = 1;
    int result = 0;
    if (size == 0)
        return 0;
    decode(&d, (const char *)data + 1, size - 1);
    r.line_max = 8u + data[0] * 8u;
    while (at < size && result == 0)
        result = http_feed(&r, data[at++]);
    must(result == 0 || result == HTTP_COMPLETE || is_refusal(result),
         "more, whole or refused");
    must((r.wrong != NULL) == is_refusal(result), "a refusal has a reason");
    must(result == HTTP_COMPLETE || !is_good(&d) || d.line > r.line_max,
         "a good request is taken");
    if (result == HTTP_COMPLETE) {
        must(!is_good(&d) || at - 1 == d.length, "up to its end");
        check_whole(&r, &d);
    }
    http_request_free(&r);
    return 0;
}
