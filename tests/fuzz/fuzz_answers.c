/* Any answer through the reader and the exchange, cut and delayed in any way.
 * The first HEAD bytes of the input are the script, the others what the server
 * says. */
#include "fuzz.h"
#include "judge.h"
#include "scripted.h"

#include <limits.h>
#include <string.h>

#define HEAD "\x00\x40\x00\x00\x00\x00\x00\x00"

enum { HEAD_SIZE = sizeof HEAD - 1 };

const seed seeds[] = {
    SEED(HEAD "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"),
    SEED(HEAD "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\n\r\n"),
    SEED(HEAD "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"),
    SEED(HEAD "HTTP/1.1 204 \r\n\r\nHTTP/1.1 204 \r\n\r\n"),
    SEED("\x02\x07\x03\x05\x02\x01\x01\x01HTTP/1.1 204 \r\n\r\n"),
    SEED("\x01\x01\x01\x00\x01\x00\x02\x00HTTP/1.0 503 Busy\r\n\r\n"),
    SEED("\x02\xff\x64\x1f\x00\x02\x03\x03HTTP/1.1 103 x\r\n\r\n"),
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

/* ---- the exchange -------------------------------------------------------- */

/* Confirming answers that could be in the text, at most. */
static unsigned good_in(const char *data, size_t size)
{
    unsigned n = 0;
    size_t i;
    for (i = 0; i + 4 <= size; i++)
        n += memcmp(data + i, " 204", 4) == 0;
    return n;
}

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
    s.patience = 1000;
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
    must(call->report.confirmed <= s.requests, "confirmed is what was sent");
    if (s.reply.good)
        must(call->report.confirmed <= s.confirmed, "and was answered");
    if (!s.reply.good && s.opens > 1)
        return;
    wrong = server_audit(&s, scope, 0, times, call->report.requests);
    must(wrong == NULL, wrong);
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
    io.port = server_port(&s, 1);
    io.buffer = buffer;
    io.size = 1u + head[1];
    io.pipeline = head[2];
    io.timeout_ms = 1000;
    memset(buffer, 'g', sizeof buffer);
    result = smh_revoke(&call, &scope, &io);
    check_end(&call, &io, result);
    check_requests(&call, &scope);
    must(call.report.confirmed <= good_in(data, size) * (s.answered + s.opens),
         "nothing is confirmed that was not answered");
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
