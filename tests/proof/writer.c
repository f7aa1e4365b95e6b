/* The writer, and that what is accepted fits a line. */
#include "proof.h"

/* ALPHA / DIGIT / "-" / "." / "_" / "~" (RFC 3986, 2.3) */
static bool is_unreserved(unsigned char c)
{
    return (c >= 0x41 && c <= 0x5A) || (c >= 0x61 && c <= 0x7A) ||
           (c >= 0x30 && c <= 0x39) || c == 0x2D || c == 0x2E || c == 0x5F ||
           c == 0x7E;
}

/* ---- one byte, into any window ------------------------------------------- */

static smhi_sink any_sink(void)
{
    smhi_sink sink;
    sink.size = nondet_size();
    sink.offset = nondet_size();
    sink.length = nondet_size();
    ASSUME(sink.size <= SIZE_MAX / 4 && sink.length != SIZE_MAX);
    sink.window = __CPROVER_allocate(sink.size, 0);
    return sink;
}

ENTRY(writer_put)
{
    smhi_sink sink = any_sink(), other = any_sink();
    size_t at = sink.length, i = nondet_size();
    char c = nondet_char(), before;
    ASSUME(i < sink.size && other.length == at);
    before = sink.window[i];
    smhi_put(&sink, c);
    smhi_put(&other, c);
    PROVE(sink.length == at + 1, "a put makes it one byte longer");
    PROVE(other.length == at + 1, "whatever the window");
    PROVE(at >= sink.offset && at - sink.offset == i ? sink.window[i] == c
                                                     : sink.window[i] == before,
          "each byte has one place");
}

/* ---- ids ----------------------------------------------------------------- */

enum { BYTES = 3 };

typedef struct text {
    char bytes[3 * BYTES];
    size_t length;
} text;

static void any_id(char *id)
{
    unsigned i;
    for (i = 0; i < BYTES; i++)
        id[i] = nondet_char();
    id[BYTES] = '\0';
}

static smhi_sink sink_of(text *t)
{
    smhi_sink sink = {0};
    sink.window = t->bytes;
    sink.size = sizeof t->bytes;
    return sink;
}

static char digit(unsigned n)
{
    return (char)(n < 10 ? 0x30 + n : 0x41 + n - 10);
}

static unsigned char byte_of(char c)
{
    return (unsigned char)(c < 0 ? c + 256 : c);
}

/* RFC 3986, 2.1, with digits as it wants them. */
static text encoded(const char *id)
{
    text t = {{0}, 0};
    for (; *id != '\0'; id++) {
        unsigned char c = byte_of(*id);
        if (is_unreserved(c)) {
            t.bytes[t.length++] = *id;
            continue;
        }
        t.bytes[t.length++] = '%';
        t.bytes[t.length++] = digit(c >> 4);
        t.bytes[t.length++] = digit(c & 15u);
    }
    return t;
}

ENTRY(writer_encode)
{
    char id[BYTES + 1];
    text want, got = {{0}, 0};
    smhi_sink sink = sink_of(&got);
    unsigned i = nondet_uint8();
    any_id(id);
    want = encoded(id);
    smhi_encode(&sink, id);
    PROVE(sink.length == want.length, "an id is as long as encoded");
    PROVE(i >= sink.length || got.bytes[i] == want.bytes[i],
          "it is put as unreserved bytes and %XX");
}

ENTRY(writer_cost)
{
    char id[BYTES + 1], separator = nondet_char();
    int cost;
    any_id(id);
    cost = smhi_cost(id, separator);
    PROVE(cost < 0 || (size_t)cost == encoded(id).length,
          "an id costs what is put");
    PROVE(cost != 0, "and something");
}

/* ---- the number of a port ------------------------------------------------ */

ENTRY(writer_port)
{
    text t = {{0}, 0};
    smhi_sink sink = sink_of(&t);
    uint16_t n = nondet_uint16();
    uint32_t value = 0;
    size_t i;
    ASSUME(n != 0);
    smhi_put_port(&sink, n);
    PROVE(t.bytes[0] == ':' && t.bytes[1] != '0' && sink.length <= 6,
          "a port is a colon and a number");
    for (i = 1; i < sink.length; i++) {
        PROVE(t.bytes[i] >= '0' && t.bytes[i] <= '9', "of digits");
        value = value * 10 + (uint32_t)(t.bytes[i] - '0');
    }
    PROVE(value == n, "which is it");
}

/* ---- all of it fits a line ----------------------------------------------- */

/* Bytes that each part really has, encoded.  The parts themselves are abstract:
 * one byte in memory that says which it is. */
static size_t host_size, library_size, secret_size, ids_size[3];
static const char host[1], library[1], secret[1];

size_t fit_host(const char *name);
size_t fit_segment(const char *id);
int fit_cost(const char *id, char separator);
void fit_puts(smhi_sink *sink, const char *words);
void fit_encode(smhi_sink *sink, const char *id);
void fit_put_ids(smhi_sink *sink, const smh_list *list, size_t at, size_t n);
void fit_put_port(smhi_sink *sink, uint32_t n);

size_t fit_host(const char *name)
{
    return name == host && host_size <= 255 ? host_size : 0;
}

size_t fit_segment(const char *id)
{
    return id == library && nondet_bool() ? library_size : 0;
}

/* Exact up to SMH_LINE_MAX, and more than that behind it: see smhi_cost(). */
int fit_cost(const char *id, char separator)
{
    int cost = nondet_int();
    ASSUME(cost < 0 ||
           (secret_size <= SMH_LINE_MAX ? (size_t)cost == secret_size
                                        : cost > SMH_LINE_MAX));
    ASSUME(cost >= SMH_E_CANCELLED && cost <= SMH_LINE_MAX + 3);
    return id == secret && separator == '\0' ? cost : SMH_E_ITEM;
}

void fit_puts(smhi_sink *sink, const char *words)
{
    size_t n = 0;
    if (words == host)
        n = host_size;
    else if (words == library)
        n = library_size;
    else
        while (words[n] != '\0')
            n++;
    sink->length += n;
}

void fit_encode(smhi_sink *sink, const char *id)
{
    if (id == secret)
        sink->length += secret_size;
}

void fit_put_ids(smhi_sink *sink, const smh_list *list, size_t at, size_t n)
{
    sink->length += ids_size[at];
    (void)list;
    (void)n;
}

void fit_put_port(smhi_sink *sink, uint32_t n)
{
    size_t size = nondet_size();
    ASSUME(size <= sizeof ":65535" - 1); /* see writer_port */
    sink->length += size;
    (void)n;
}

/* That the ids have SMHI_ROOM at most is proved of the batches. */
ENTRY(writer_fits)
{
    smh_list list;
    smh_scope scope = {0};
    smh_plan plan = {0};
    smh_batch batch = {{0}, {0}, {0, 1, 2}, 0};
    size_t i, room = SMHI_ROOM;
    host_size = nondet_size();
    library_size = nondet_size();
    secret_size = nondet_size();
    plan.scope = &scope;
    scope.host = host;
    scope.library_id = library;
    scope.library_secret = secret;
    scope.users = &list;
    scope.clients = nondet_bool() ? &list : NULL;
    scope.sessions = nondet_bool() ? &list : NULL;
    scope.port = nondet_uint16();
    for (i = 0; i < 3; i++) {
        ids_size[i] = nondet_size();
        ASSUME(ids_size[i] <= room);
        room -= ids_size[i];
    }
    if (smhi_check_fixed(&scope) == 0)
        PROVE(smh_write(&plan, &batch, 0, 0, NULL, 0) <= SMH_LINE_MAX,
              "what is accepted fits a line");
}
