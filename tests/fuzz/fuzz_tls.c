/* A call over TLS: what the server says is mutated above the record layer, and
 * what comes on the wire below it.  The first HEAD_SIZE bytes of the input are
 * the script, the others what the server says. */
#include "fuzz.h"
#include "judge.h"
#include "peer.h"

#include <string.h>
#include <sys/random.h>
#include <sys/types.h>
#include <time.h>

/* What the server does besides answering, and the change on the wire. */
enum { ANSWER, RAW, MESSAGES, PLAIN, NOTIFY, WARN, HOWS };
enum { FLIP, DROP, DOUBLE, END, CHANGES };
enum { HOW, BURST, STUTTER, BUFFER, AT_HIGH, AT_LOW, CHANGE, BITS, HEAD_SIZE };

#define GOOD_HEAD "\0\0\0\xff\0\0\0\0"
#define WITH(how, text) SEED(how "\0\0\xff\0\0\0\0" text)
#define WIRE(at, change, bits)                                                 \
    SEED("\0\0\0\xff" at change bits "HTTP/1.1 204 \r\n\r\n")

const seed seeds[] = {
    SEED(GOOD_HEAD "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"),
    SEED(GOOD_HEAD "HTTP/1.1 404 Not Found\r\n\r\n"),
    SEED("\0\1\1\x10\0\0\0\0HTTP/1.1 204 \r\n\r\n"),
    WITH("\1", "\x15\x03\x03\0\2\2\x28"),
    WITH("\1", "\x17\x03\x03\0\1x"),
    WITH("\2", "\0\0\0\0"),
    WITH("\2", "\4\0\0\6\0\0\0\1\0\0"),
    WITH("\3", "HTTP/1.1 400 Bad Request\r\n\r\n"),
    WITH("\3", "\x16\x03\x03\0\x2a\2\0\0\x26\3\3"),
    WITH("\4", ""),
    WITH("\5", "HTTP/1.1 204 \r\n\r\n"),
    WIRE("\0\4", "\0", "\1"),
    WIRE("\1\0", "\0", "\x80"),
    WIRE("\3\x80", "\1", "\1"),
    WIRE("\3\xf0", "\2", "\1"),
    WIRE("\4\0", "\3", "\1"),
};
const size_t seed_count = sizeof seeds / sizeof *seeds;

static peer server;
static const smh_port_ops *below;
static const uint8_t *head;
static size_t came; /* bytes from the wire in this call */
static int changed, acted;
static char text[600];
static size_t text_size;
static char buffer[256];

/* Chance and the time are the same in every run; peer.c and mbedTLS ask for
 * them.  At that time the certificates of pki/ are good. */
enum { NOW = 1796040000 };
static uint32_t chance;

time_t time(time_t *now)
{
    if (now != NULL)
        *now = NOW;
    return NOW;
}

ssize_t getrandom(void *data, size_t size, unsigned flags)
{
    uint8_t *bytes = (uint8_t *)data;
    size_t i;
    (void)flags;
    for (i = 0; i < size; i++) {
        chance = chance * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(chance >> 24);
    }
    return (ssize_t)size;
}

/* ---- the wire ------------------------------------------------------------ */

static int wire_recv(void *ctx, void *data, size_t size)
{
    uint8_t *bytes = (uint8_t *)data;
    size_t at = (size_t)head[AT_HIGH] << 8 | head[AT_LOW];
    int n;
    if (head[BITS] == 0 || changed || at < came)
        return below->recv(ctx, data, size);
    if (at == came && head[CHANGE] % CHANGES == END)
        return SMH_E_CLOSED;
    n = below->recv(ctx, data, at > came && size > at - came ? at - came : 1);
    if (n <= 0)
        return n;
    came += (size_t)n;
    if (came <= at)
        return n;
    changed = 1;
    if (head[CHANGE] % CHANGES == FLIP)
        bytes[0] ^= head[BITS];
    if (head[CHANGE] % CHANGES == DROP)
        return below->recv(ctx, data, size);
    if (head[CHANGE] % CHANGES == DOUBLE && size > 1) {
        bytes[1] = bytes[0];
        return 2;
    }
    return n;
}

static int wire_send(void *ctx, const void *data, size_t size)
{
    const char *bytes = (const char *)data;
    size_t i;
    for (i = 0; i + 8 <= size; i++)
        must(memcmp(bytes + i, "DELETE /", 8) != 0, "no request in the clear");
    return below->send(ctx, data, size);
}

static smh_port wire(void)
{
    static smh_port_ops ops;
    smh_port port = peer_port(&server);
    below = port.ops;
    ops = *port.ops;
    ops.send = wire_send;
    ops.recv = wire_recv;
    port.ops = &ops;
    came = 0;
    changed = 0;
    return port;
}

/* ---- the server ---------------------------------------------------------- */

/* Once, when the client has read all that there was. */
static void act(peer *p)
{
    int how = head[HOW] % HOWS;
    if (!p->done || p->gone || acted++ != 0)
        return;
    if (how == RAW)
        peer_raw(p, text, text_size);
    if (how == MESSAGES && text_size != 0)
        peer_messages(p, text, text_size);
    if (how == NOTIFY)
        peer_notify(p);
    if (how == WARN)
        peer_warn(p);
}

static void script(const uint8_t *data, size_t size)
{
    head = data;
    text_size =
        size - HEAD_SIZE < sizeof text ? size - HEAD_SIZE : sizeof text - 1;
    memcpy(text, data + HEAD_SIZE, text_size);
    text[text_size] = '\0';
    server.burst = head[BURST];
    server.stutter = head[STUTTER] & 1;
    server.tls13 = head[STUTTER] & 2;
    server.answer = head[HOW] % HOWS == ANSWER || head[HOW] % HOWS == WARN
                        ? text
                        : "HTTP/1.1 204 No Content\r\n\r\n";
    server.plain = head[HOW] % HOWS == PLAIN ? text : NULL;
    server.plain_size = text_size;
    server.feed = act;
    server.now = server.calls = server.opens = server.closes = 0;
    memset(server.stuttered, 0, sizeof server.stuttered);
    acted = 0;
    chance = 1;
}

/* ---- what must be true --------------------------------------------------- */

static void check_request(const smh_call *call)
{
    char request[300];
    smh_batch batch = {0};
    size_t n;
    smh_next(&call->plan, &batch);
    n = smh_write(&call->plan, &batch, 0, 0, request, sizeof request);
    must(server.size <= n && memcmp(server.data, request, server.size) == 0,
         "the server has the request and nothing else");
    must(call->report.confirmed == 0 || server.size == n,
         "what is confirmed has arrived");
}

/* Untouched, it says what was said. */
static void check_result(int result)
{
    int want = judge(server.answer, strlen(server.answer));
    must(result != SMH_DONE || want == SMH_DONE, "done is a 204");
    must(result <= 0 || result == want, "a status is the server's");
    if (head[HOW] % HOWS != ANSWER || head[BITS] != 0)
        return;
    must(result == (want != 0 ? want : SMH_E_TIMEOUT) ||
             (want == SMH_DONE && result == SMH_E_EXTRA),
         "it says what was said");
}

static void check_end(smh_call *call)
{
    char why[400];
    const char *p = smh_explain(call, why, sizeof why);
    size_t i;
    for (; *p != '\0'; p++)
        must(*p >= ' ' && *p <= '~', "words are plain text");
    for (i = 0; i < sizeof buffer; i++)
        must(buffer[i] == '\0' || buffer[i] == 'g', "the buffer is wiped");
    must(!server.opening && server.opens == server.closes,
         "each port that was opened is closed");
}

static void talk(void)
{
    static const char *const user = "alice";
    static const smh_list users = {&user, 1};
    static smh_mbedtls tls;
    static unsigned char *ca;
    static size_t ca_size;
    smh_mbedtls_options options = {0};
    smh_scope scope = {0};
    smh_io io = {0};
    smh_call call;
    int result;
    if (ca == NULL)
        ca = pki_read("ca.pem", &ca_size);
    options.below = wire();
    options.ca = ca;
    options.ca_size = ca_size + 1;
    options.f_rng = peer_random;
    must(smh_mbedtls_init(&tls, &options) == 0, "it is set up");
    scope.host = "standin.test";
    scope.library_id = "l";
    scope.library_secret = "S3CR3T";
    scope.users = &users;
    io.port = smh_mbedtls_port(&tls);
    io.buffer = buffer;
    io.size = 1u + head[BUFFER];
    io.timeout_ms = 10000;
    memset(buffer, 'g', sizeof buffer);
    result = smh_revoke(&call, &scope, &io);
    check_request(&call);
    check_result(result);
    check_end(&call);
    smh_mbedtls_free(&tls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_SIZE)
        return 0;
    if (server.certificate == NULL)
        peer_init(&server, "server");
    script(data, size);
    talk();
    return 0;
}
