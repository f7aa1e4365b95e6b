/* The writer, and that what is accepted fits a line. */
#include "proof.h"

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

/* ---- the number of a port ------------------------------------------------ */

ENTRY(writer_port)
{
    char text[9] = {0};
    smhi_sink sink = {text, sizeof text, 0, 0};
    uint16_t n = nondet_uint16();
    uint32_t value = 0;
    size_t i;
    ASSUME(n != 0);
    smhi_put_port(&sink, n);
    PROVE(text[0] == ':' && text[1] != '0' && sink.length <= 6,
          "a port is a colon and a number");
    for (i = 1; i < sink.length; i++) {
        PROVE(text[i] >= '0' && text[i] <= '9', "of digits");
        value = value * 10 + (uint32_t)(text[i] - '0');
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
    size_t i, n, room = SMHI_ROOM;
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
    if (smhi_check_fixed(&scope) != 0)
        return;
    n = smh_write(&plan, &batch, 0, 0, NULL, 0);
    PROVE(n <= SMH_LINE_MAX, "what is accepted fits a line");
    SEEN(n == SMH_LINE_MAX, "one that fits just so");
}
