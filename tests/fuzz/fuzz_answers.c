/* Any answer through the reader and the exchange, cut and delayed in any way.
 * The first HEAD bytes of the input are the script, the others what the server
 * says. */
#include "fuzz.h"
#include "judge.h"
#include "scripted.h"

#include <limits.h>
#include <string.h>

#define HEAD "\x00\x40\x00\x00\x00\x00\x00\x00"

/* Waits, at most two a byte, let a ms go by each. */
enum { HEAD_SIZE = sizeof HEAD - 1, LIMIT_MS = 100000 };

const seed seeds[] = {
    SEED(HEAD "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"),
    SEED(HEAD "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\n\r\n"),
    SEED(HEAD "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"),
    SEED(HEAD "HTTP/1.1 204 \r\n\r\nHTTP/1.1 204 \r\n\r\n"),
    SEED("\x02\x07\x03\x05\x02\x01\x01\x01HTTP/1.1 204 \r\n\r\n"),
    SEED("\x01\x01\x01\x00\x01\x00\x02\x00HTTP/1.0 503 Busy\r\n\r\n"),
    SEED("\x02\xff\x64\x1f\x00\x02\x03\x03HTTP/1.1 103 x\r\n\r\n"),
    SEED("\x01\x00\x7f\xff\xff\xff\xd8\x00"
         "HTTP/1.1 204 \r\n\r\nHTTP/1.1 102 \r\n\r\n"),
};
const size_t seed_count = sizeof seeds / sizeof *seeds;

static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g",
                                  "h", "i", "j", "k", "l", "m", "n",
                                  "o", "p", "q", "r", "s", "t", "u"};
static server s;
static char buffer[256];

/* ---- the reader alone ---------------------------------------------------- */

static void read_all(const char *data, size_t size)
{
    smh_reader reader = {0};
    int r = 0;
    size_t i;
    for (i = 0; i < size && r == 0; i++)
        r = smh_read(&reader, (unsigned char)data[i]);
    must(r == judge(data, size), "the reader agrees with the reference");
}

/* ---- the model: what goes through the port of a call --------------------- */

static struct model {
    const smh_port_ops *below; /* the server's */
    const smh_call *call;
    unsigned before;    /* confirmed before this connection */
    unsigned confirmed; /* 204s that may count, on all connections */
    unsigned answers;   /* 204s on this one */
    int early;          /* nobody had asked for the answer that comes */
    char answer[8192];  /* as far as it came */
    size_t size;
} m;

static int model_open(void *ctx, const char *host, uint16_t port)
{
    must(m.call->report.result == 0, "nothing is opened behind the end");
    m.before = m.call->report.confirmed;
    m.answers = 0;
    m.size = 0;
    return m.below->open(ctx, host, port);
}

/* Requests of which at least a byte is out, and that are not confirmed. */
static unsigned in_flight(void)
{
    unsigned confirmed = m.call->report.confirmed - m.before;
    must(confirmed <= s.whole, "confirmed is what was sent");
    return s.whole + (s.logged != s.start) - confirmed;
}

static int model_send(void *ctx, const void *data, size_t size)
{
    const smh_report *report = &m.call->report;
    int r = m.below->send(ctx, data, size);
    unsigned most =
        s.opens > 1 && report->confirmed == m.before ? 1 : m.call->io->pipeline;
    must(report->result == 0, "nothing is sent behind the end");
    must(in_flight() <= (most > 1 ? most : 1), "no more in flight");
    must(report->in_doubt >= s.whole + m.before - report->confirmed,
         "what is out is in doubt");
    return r;
}

/* An answer is over, or an interim one before it. */
static int ends(void)
{
    return m.size >= 4 && memcmp(m.answer + m.size - 4, "\r\n\r\n", 4) == 0;
}

/* A 204 may count if a request was out as a whole, and not answered, when it
 * began, whatever interim answers came before. */
static void hear(char byte)
{
    if (m.size == 0 || ends())
        m.early = s.whole <= m.answers;
    must(m.size < sizeof m.answer, "the model has room");
    m.answer[m.size++] = byte;
    if (!ends() || judge(m.answer, m.size) != SMH_DONE)
        return;
    m.answers++;
    m.confirmed += !m.early;
    m.size = 0;
}

static int model_recv(void *ctx, void *data, size_t size)
{
    int r = m.below->recv(ctx, data, size), i;
    must(m.call->report.result == 0, "nothing is read behind the end");
    for (i = 0; i < r; i++)
        hear(((const char *)data)[i]);
    return r;
}

static smh_port model_port(const smh_call *call)
{
    static smh_port_ops ops;
    smh_port port = server_port(&s, 1);
    memset(&m, 0, sizeof m);
    m.below = port.ops;
    m.call = call;
    ops = *port.ops;
    ops.open = model_open;
    ops.send = model_send;
    ops.recv = model_recv;
    port.ops = &ops;
    return port;
}

/* ---- the exchange -------------------------------------------------------- */

/* The text is one answer that confirms, without a byte behind it. */
static int is_one_204(const char *data, size_t size)
{
    return judge(data, size) == SMH_DONE && judge(data, size - 1) == 0;
}

static void write_script(const uint8_t *head, const char *data, size_t size)
{
    static const int lost[] = {SMH_E_CLOSED, SMH_E_NETWORK, SMH_AGAIN,
                               SMH_E_TLS};
    static const int deaf[] = {0, SMH_AGAIN, SMH_E_CLOSED, SMH_E_NETWORK};
    server_init(&s);
    s.reply.data = data;
    s.reply.size = size;
    s.reply.good = is_one_204(data, size);
    s.low = buffer;
    s.high = buffer + sizeof buffer;
    s.patience = LIMIT_MS;
    s.cut = head[3];
    s.lazy = head[4] % 3;
    s.per_opening = head[5] % 4 == 0 ? UINT_MAX : head[5] % 4;
    s.lost = lost[head[6] % 4];
    s.deaf = deaf[head[7] % 4];
    if (head[7] & 128) {
        s.reply.good = 0;
        s.greeting = s.reply;
        s.greeting_at = head[7] & 127;
    }
}

static void check_end(const smh_call *call, const smh_io *io, int result)
{
    const smh_report *report = &call->report;
    size_t i;
    must(result == SMH_DONE || (result != 0 && result != 1), "it is over");
    must(s.broken_rule == NULL, s.broken_rule);
    must(!s.is_open, "the port is closed");
    for (i = 0; i < io->size; i++)
        must(buffer[i] == (i < s.soiled ? '\0' : 'g'),
             "what was written is wiped");
    must(report->result == result, "the report says what was returned");
    must(report->resume == report->confirmed, "resume is what is confirmed");
    must((result == SMH_DONE) == (report->resume == report->requests),
         "done is all");
}

/* What the server got; where answers can be told apart, also in turn. */
static void check_requests(const smh_call *call, const smh_scope *scope)
{
    static unsigned times[SERVER_REQUESTS];
    const char *wrong;
    must(!has_piece(call, sizeof *call, scope->library_secret), "no secret");
    must(call->report.confirmed <= m.confirmed, "and was answered");
    if (s.reply.good)
        must(call->report.confirmed <= s.confirmed, "by the server");
    if (!s.reply.good && s.opens > 1)
        return;
    wrong = server_audit(&s, scope, 0, times, call->report.requests);
    must(wrong == NULL, wrong);
}

/* What is over stays over, and the port is left alone. */
static void check_silence(smh_call *call, int result)
{
    unsigned long calls = s.calls;
    must(smh_step(call) == result && smh_wait(call, 1) == result &&
             smh_cancel(call) == result,
         "the result stays");
    must(s.calls == calls, "the port is not called behind the end");
}

static int talk(const uint8_t *head, const char *data, size_t size)
{
    static const smh_list few = {ids, 1}, some = {ids, 11}, many = {ids, 21};
    const smh_list *const lists[3] = {&few, &some, &many};
    smh_scope scope = {0};
    smh_io io = {0};
    smh_call call;
    int result;
    write_script(head, data, size);
    scope.host = "h";
    scope.library_id = "l";
    scope.library_secret = "Zq9/&=7#";
    scope.users = lists[head[0] % 3];
    io.port = model_port(&call);
    io.buffer = buffer;
    io.size = 1u + head[1];
    io.pipeline = head[2];
    io.timeout_ms = LIMIT_MS;
    memset(buffer, 'g', sizeof buffer);
    result = smh_revoke(&call, &scope, &io);
    check_end(&call, &io, result);
    check_requests(&call, &scope);
    check_silence(&call, result);
    return result;
}

/* One request and one answer, then the end: the result is the reference's,
 * however it comes. */
static void compare(const uint8_t *head, const char *data, size_t size)
{
    uint8_t plain[HEAD_SIZE] = {0};
    int want = judge(data, size), result;
    plain[1] = head[1];
    plain[3] = head[3];
    plain[4] = head[4];
    plain[5] = 1;
    result = talk(plain, data, size);
    if (want == SMH_DONE)
        must(result == want || result == SMH_E_EXTRA, "204 is done");
    else
        must(result == (want == 0 ? SMH_E_CLOSED : want), "so says the judge");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *answer = (const char *)data + HEAD_SIZE;
    if (size < HEAD_SIZE)
        return 0;
    read_all(answer, size - HEAD_SIZE);
    talk(data, answer, size - HEAD_SIZE);
    compare(data, answer, size - HEAD_SIZE);
    return 0;
}
