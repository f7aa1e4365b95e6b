#include "scripted.h"

#include <limits.h>
#include <string.h>

static const char no_content[] = "HTTP/1.1 204 No Content\r\n"
                                 "X-Request-Id: 7\r\n\r\n";

void server_init(server *s)
{
    memset(s, 0, offsetof(server, log));
    s->reply.data = no_content;
    s->reply.size = sizeof no_content - 1;
    s->reply.good = 1;
    s->per_opening = UINT_MAX;
    s->answers = UINT_MAX;
    s->lost = SMH_E_CLOSED;
    s->send_most = INT_MAX;
    s->recv_most = INT_MAX;
    s->fault_at = -1;
    s->high = (const char *)UINTPTR_MAX;
    s->patience = UINT32_MAX;
}

static void rule(server *s, int kept, const char *what)
{
    if (!kept && s->broken_rule == NULL)
        s->broken_rule = what;
}

/* ---- the server ---------------------------------------------------------- */

static void say(server *s, bytes answer)
{
    if (s->last == SERVER_QUEUE)
        rule(s, 0, "queue of the server is full");
    else if (answer.size > 0)
        s->queue[s->last++] = answer;
}

static int is_reset(const server *s)
{
    unsigned most = s->reset[s->opens > 1];
    return most != 0 && s->whole >= most;
}

static int is_done(const server *s)
{
    return s->here >= s->per_opening || s->answered >= s->answers ||
           (s->greeted && s->greeting_only) || is_reset(s);
}

static void greet(server *s)
{
    if (s->greeted || s->greeting.data == NULL || s->came < s->greeting_at)
        return;
    s->greeted = 1;
    say(s, s->greeting);
}

static void answer(server *s)
{
    unsigned n = s->requests;
    if (n >= SERVER_REQUESTS) {
        rule(s, 0, "more requests than the server can keep");
        return;
    }
    s->request[n].at = s->start;
    s->request[n].end = s->logged;
    s->request[n].opening = s->opens;
    s->request[n].confirmed = s->confirmed;
    s->request[n].swallowed = is_done(s);
    s->start = s->logged;
    s->requests++;
    s->whole++;
    if (is_reset(s)) {
        s->first = s->last = 0;
        s->taken = 0;
    }
    if (is_done(s))
        return;
    s->here++;
    say(s, s->answered < 4 && s->replies[s->answered].data != NULL
               ? s->replies[s->answered]
               : s->reply);
    s->answered++;
}

static void hear(server *s, char byte)
{
    static const char blank_line[] = "\r\n\r\n";
    if (s->logged == SERVER_LOG) {
        rule(s, 0, "log of the server is full");
        return;
    }
    s->log[s->logged++] = byte;
    s->came++;
    s->matched = byte == blank_line[s->matched] ? s->matched + 1 : byte == '\r';
    if (s->matched == 4) {
        s->matched = 0;
        answer(s);
    }
    greet(s);
}

static void hang_up(server *s)
{
    s->up = 0;
    s->closing = 0;
    s->is_open = 0;
    s->dead = 0;
    s->here = 0;
    s->whole = 0;
    s->greeted = 0;
    s->came = 0;
    s->matched = 0;
    s->logged = s->start; /* half a request is none */
    s->first = s->last = 0;
    s->taken = 0;
    s->tries = 0;
    s->offered = NULL;
}

/* What a callback returns for a fault that is no success. */
static int number(int fault)
{
    return fault == FAULT_ZERO ? 0 : fault;
}

/* ---- the port ------------------------------------------------------------ */

/* What the script wants this call to return; 0: go on. */
static int script(server *s, size_t size, int where)
{
    long n = (long)s->calls++;
    if (n > SERVER_CALLS_MAX) {
        rule(s, 0, "calls without end");
        return SMH_E_NETWORK;
    }
    s->clock += s->tick;
    if (s->fault_at < 0 || n < s->fault_at ||
        (n > s->fault_at && !s->fault_stays))
        return 0;
    s->hope = !s->fault_stays;
    if (s->fault_in == 0)
        s->fault_in = where;
    return s->fault == FAULT_MANY ? (int)size + 1 : s->fault;
}

static int is_lazy(server *s)
{
    if (s->turns < s->lazy) {
        s->turns++;
        s->hope = 1;
        return 1;
    }
    s->turns = 0;
    return 0;
}

static int try_again(server *s, unsigned times)
{
    if (s->tries >= times)
        return 0;
    s->tries++;
    s->hope = times != UINT_MAX;
    return 1;
}

static int open_up(server *s, const char *host, uint16_t port)
{
    int r = script(s, 1, 'o');
    rule(s, !s->up && !s->closing, "open of what is open");
    rule(s, s->host == NULL || strcmp(host, s->host) == 0, "another host");
    rule(s, s->port == 0 || s->port == port, "another port");
    s->is_open = 1;
    if (r != 0 && r != FAULT_SHORT)
        return number(r);
    if (is_lazy(s) || try_again(s, s->open_again))
        return SMH_AGAIN;
    s->tries = 0;
    s->opens++;
    s->up = 1;
    greet(s);
    return 1;
}

/* The contract of wait speaks of the last SMH_AGAIN, so there must be one. */
static int said(server *s, int r)
{
    s->again = r == SMH_AGAIN;
    return r;
}

static int server_open(void *ctx, const char *host, uint16_t port)
{
    server *s = (server *)ctx;
    return said(s, open_up(s, host, port));
}

/* What send and recv must keep to, whatever comes of them. */
static void watch(server *s, const void *data, size_t size)
{
    const char *p = (const char *)data;
    s->largest = size > s->largest ? size : s->largest;
    rule(s, s->up && !s->closing, "send or recv without a connection");
    rule(s, size > 0, "size of 0");
    rule(s, size <= INT_MAX, "size beyond an int");
    rule(s, p >= s->low && p <= s->high && size <= (size_t)(s->high - p),
         "outside the buffer");
}

/* Buffers begin where low is. */
static void soil(server *s, const void *data, size_t size)
{
    size_t end = (size_t)((const char *)data - s->low) + size;
    s->soiled = s->low != NULL && end > s->soiled ? end : s->soiled;
}

/* Remembers what was offered in vain, or checks that it is offered again, alone
 * or with more behind it.  The bytes lie behind the log; half requests are cut
 * off it, never these. */
static int offer(server *s, const void *data, size_t size, int r)
{
    size_t n = size < 32768 ? size : 32768;
    if (s->offered != NULL)
        rule(s,
             s->offered == data && s->offered_size <= size &&
                 memcmp(s->log + SERVER_LOG, data,
                        s->offered_size < n ? s->offered_size : n) == 0,
             "other bytes after SMH_AGAIN");
    s->offered = r == SMH_AGAIN ? data : NULL;
    s->offered_size = size;
    if (r == SMH_AGAIN)
        memcpy(s->log + SERVER_LOG, data, n);
    return r;
}

static int take_in(server *s, const char *data, size_t size, int r)
{
    size_t n = size < s->send_most ? size : s->send_most, i;
    if (r == FAULT_SHORT)
        n = 1;
    s->sends++;
    for (i = 0; i < n; i++)
        hear(s, data[i]);
    return (int)n;
}

static int send_some(server *s, const void *data, size_t size)
{
    int r = script(s, size, 's');
    watch(s, data, size);
    rule(s, s->dead == 0, "send after it has failed");
    rule(s, s->logged != s->start || s->listened,
         "a request begun without a look at what came");
    if (r >= 0)
        s->listened = 0;
    if (r == 0 && is_done(s) && s->deaf != 0)
        r = s->deaf;
    if (r == 0 && is_lazy(s))
        r = SMH_AGAIN;
    offer(s, data, size, r);
    soil(s, data, size);
    if (r < 0 && r != SMH_AGAIN)
        s->dead = r;
    return r == 0 || r == FAULT_SHORT ? take_in(s, (const char *)data, size, r)
                                      : number(r);
}

static int server_send(void *ctx, const void *data, size_t size)
{
    server *s = (server *)ctx;
    return said(s, send_some(s, data, size));
}

/* Up to most bytes of the queue. */
static size_t give(server *s, char *data, size_t most)
{
    size_t n = 0;
    while (n < most && s->first < s->last) {
        const bytes *head = &s->queue[s->first];
        while (n < most && s->taken < head->size)
            data[n++] = head->data[s->taken++];
        if (s->taken == head->size) {
            s->confirmed += (uint32_t)head->good;
            s->taken = 0;
            s->first++;
        }
    }
    s->given += n;
    return n;
}

static int recv_some(server *s, void *data, size_t size)
{
    int r = script(s, size, 'r');
    size_t most = size < s->recv_most ? size : s->recv_most;
    watch(s, data, size);
    if (r == FAULT_SHORT)
        most = 1;
    else if (r != 0)
        return number(r);
    if (s->here < s->hold && !is_reset(s) &&
        (s->opens == 1 || s->reset[0] == 0))
        return SMH_AGAIN;
    if (s->first == s->last)
        return is_done(s) ? s->lost : s->dead != 0 ? s->dead : SMH_AGAIN;
    if (s->cut > s->given && most > s->cut - s->given)
        most = s->cut - s->given;
    if (s->cut != 0 && s->cut == s->given) {
        s->cut = 0;
        s->hope = 1;
        return SMH_AGAIN;
    }
    return is_lazy(s) ? SMH_AGAIN : (int)give(s, (char *)data, most);
}

static int server_recv(void *ctx, void *data, size_t size)
{
    server *s = (server *)ctx;
    int r = recv_some(s, data, size);
    if (r > 0 && (size_t)r <= size)
        soil(s, data, (size_t)r);
    s->receives++;
    s->listened = r == SMH_AGAIN;
    return said(s, r);
}

static int close_down(server *s, int at_once)
{
    int r = script(s, 1, 'c');
    rule(s, s->is_open, "close of what is not open");
    s->closing = 1;
    if (r == SMH_AGAIN && !at_once)
        return r;
    if (!at_once && (is_lazy(s) || try_again(s, s->close_again)))
        return SMH_AGAIN;
    s->closes++;
    s->at_once += at_once != 0;
    hang_up(s);
    return r != 0 && r != FAULT_SHORT ? number(r) : 1;
}

static int server_close(void *ctx, int at_once)
{
    server *s = (server *)ctx;
    return said(s, close_down(s, at_once));
}

static uint32_t server_now(void *ctx)
{
    server *s = (server *)ctx;
    return s->clock;
}

static int server_wait(void *ctx, uint32_t ms)
{
    server *s = (server *)ctx;
    int hope = s->hope;
    s->waits++;
    s->hope = 0;
    rule(s, ms > 0, "wait for 0 ms");
    rule(s, s->again, "wait without an SMH_AGAIN to wait for");
    rule(s, ms <= s->patience, "wait beyond the deadline");
    rule(s, s->waits < SERVER_CALLS_MAX, "waits without end");
    if (!s->wait_sticks)
        s->clock += hope || s->wait_returns > 0 ? 1 : ms;
    return s->wait_returns != 0 ? s->wait_returns : hope ? 1 : SMH_AGAIN;
}

#if SMH_WORDS
static void server_explain(void *ctx, smh_text *text)
{
    server *s = (server *)ctx;
    smh_put_words(text, "opened ");
    smh_put_number(text, s->opens, 10, 1);
}
#else
#define server_explain NULL
#endif

smh_port server_port(server *s, int secure)
{
    static const smh_port_ops safe = {server_open, server_send,
                                      server_recv, server_close,
                                      server_now,  server_wait,
                                      1,           server_explain};
    static const smh_port_ops open = {server_open, server_send,
                                      server_recv, server_close,
                                      server_now,  server_wait,
                                      0,           NULL};
    smh_port port;
    port.ops = secure ? &safe : &open;
    port.ctx = s;
    return port;
}

/* ---- the audit ----------------------------------------------------------- */

/* The number of the batch that a request asks for, or count. */
static uint32_t which(const decoded *d, const smh_scope *scope, uint32_t count)
{
    smh_plan plan;
    smh_batch batch;
    memset(&batch, 0, sizeof batch);
    if (smh_check(scope, &plan) != 0)
        return count;
    while (smh_next(&plan, &batch))
        if (decoded_is(d, scope, &batch))
            return batch.index;
    return count;
}

const char *server_audit(const server *s, const smh_scope *scope,
                         uint32_t resume, unsigned *times, uint32_t count)
{
    static decoded d;
    uint32_t expected = 0, confirmed = 0; /* before this opening */
    unsigned i;
    for (i = 0; i < s->requests; i++) {
        const server_request *r = &s->request[i];
        uint32_t n;
        decode(&d, s->log + r->at, r->end - r->at);
        if (d.wrong != NULL)
            return d.wrong;
        n = which(&d, scope, count);
        if (n == count || d.length != r->end - r->at)
            return "a request outside the plan";
        if (i == 0 || r->opening != r[-1].opening) {
            expected = resume + r->confirmed;
            confirmed = r->confirmed;
        } else if (r->opening > 1 && r->confirmed == confirmed) {
            return "two requests in flight behind a loss";
        }
        if (n != expected++)
            return "a request out of turn";
        times[n]++;
    }
    return NULL;
}

int has_piece(const void *memory, size_t size, const char *text)
{
    const unsigned char *p = (const unsigned char *)memory;
    size_t n = strlen(text), i, j;
    for (i = 0; i + 4 <= size; i++)
        for (j = 0; j + 4 <= n; j++)
            if (memcmp(p + i, text + j, 4) == 0)
                return 1;
    return 0;
}
