/* Which bytes go out next and what comes in: against a server that fails at
 * every call in every way. */
#include "talk.h"
#include "unit.h"

enum { USERS = 21 }; /* three requests */

static const size_t sizes[] = {1, 7, 64, 4096};
static const uint16_t pipelines[] = {0, 1, 2, 3, 100};

/* ---- a good server ------------------------------------------------------- */

static void good_server_is_served_to_the_end(void **state)
{
    size_t i, j;
    (void)state;
    for (i = 0; i < 4; i++)
        for (j = 0; j < 5; j++) {
            talk *t = talk_new(USERS, sizes[i], pipelines[j]);
            assert_int_equal(t->requests, 3);
            assert_int_equal(talk_run(t), SMH_DONE);
            assert_int_equal(t->s->requests, 3);
            assert_int_equal(t->s->opens, 1);
            assert_int_equal(t->s->at_once, 0);
            tidy(NULL);
        }
}

static void stepping_does_the_same_as_blocking(void **state)
{
    size_t i, j;
    (void)state;
    for (i = 0; i < 4; i++)
        for (j = 0; j < 5; j++) {
            talk *t = talk_new(USERS, sizes[i], pipelines[j]);
            t->s->lazy = 1;
            t->s->open_again = 3;
            t->s->close_again = 3;
            assert_int_equal(talk_step(t, INT_MAX), SMH_DONE);
            assert_int_equal(t->s->requests, 3);
            assert_int_equal(t->s->waits, 0);
            tidy(NULL);
        }
}

/* Bytes of all requests. */
static size_t whole_length(const talk *t)
{
    smh_batch batch = {0};
    size_t n = 0;
    while (smh_next(&t->call.plan, &batch))
        n += smh_write(&t->call.plan, &batch, 0, 0, NULL, 0);
    return n;
}

/* As many bytes go out at once as the buffer holds, and no request waits for
 * the next send that may be in flight. */
static void requests_share_a_send(void **state)
{
    size_t size;
    (void)state;
    for (size = 1; size < 1000; size += 37) {
        talk *t = talk_new(USERS, size, 3);
        t->s->hold = 3;
        assert_int_equal(talk_run(t), SMH_DONE);
        assert_int_equal(t->s->sends, (whole_length(t) + size - 1) / size);
        tidy(NULL);
    }
}

/* However little the port takes, each byte goes out once and in order. */
static void part_of_a_shared_send_is_taken(void **state)
{
    size_t most;
    unsigned lazy;
    (void)state;
    for (most = 1; most < 700; most += 11)
        for (lazy = 0; lazy < 3; lazy++) {
            talk *t = talk_new(101, 700, 4);
            t->s->send_most = most;
            t->s->lazy = lazy;
            assert_int_equal(talk_run(t), SMH_DONE);
            assert_int_equal(t->s->requests, 11);
            tidy(NULL);
        }
}

/* A connection is lost far behind where it began: the way there is made some
 * requests a step. */
static void way_to_a_lost_request_is_cut_into_steps(void **state)
{
    enum { FAR = 100 };
    talk *t = talk_new(10 * FAR + 10, 512, 50);
    unsigned steps = 0;
    int r;
    (void)state;
    t->s->per_opening = FAR;
    r = smh_begin(&t->call, &t->scope, &t->io);
    while (r == 0) {
        unsigned long calls = t->s->calls;
        r = smh_step(&t->call);
        steps += calls == t->s->calls;
    }
    assert_int_equal(r, SMH_DONE);
    assert_int_equal(t->s->opens, 2);
    assert_in_range(steps, FAR / 8 - 1, FAR / 8);
}

/* What comes back is an int, of 16 bits somewhere: no more is ever offered. */
static void large_buffer_is_offered_in_part(void **state)
{
    size_t size;
    (void)state;
    for (size = 32765; size <= 32769; size++) {
        talk *t = talk_new(USERS, size, 2);
        assert_int_equal(talk_run(t), SMH_DONE);
        assert_int_equal(t->s->largest, size < 32767 ? size : 32767);
        tidy(NULL);
    }
}

static void all_three_lists_at_their_fullest(void **state)
{
    static const size_t buffers[] = {64, 65536};
    size_t i, width = SMH_LINE_MAX > 20000 ? 64 : 8;
    (void)state;
    for (i = 0; i < 2; i++) {
        talk *t = talk_new(10, buffers[i], 0);
        t->scope.users = numbered('u', 10, width);
        t->scope.clients = numbered('c', SMH_LINE_MAX > 256 ? 100 : 11, width);
        t->scope.sessions = numbered('s', SMH_LINE_MAX > 256 ? 100 : 11, width);
        talk_count(t);
        assert_int_equal(talk_run(t), SMH_DONE);
        tidy(NULL);
    }
}

static void host_and_port_reach_the_port(void **state)
{
    static const uint16_t ports[] = {0, 443, 1, 8443, 65535};
    size_t i;
    (void)state;
    for (i = 0; i < 5; i++) {
        talk *t = talk_new(1, 64, 0);
        t->scope.port = ports[i];
        t->scope.host = t->s->host = "a.example";
        t->s->port = ports[i] == 0 ? 443 : ports[i];
        assert_int_equal(talk_run(t), SMH_DONE);
    }
}

static void any_status_is_the_result(void **state)
{
    static const int codes[] = {200, 202, 301, 302, 307, 308, 400, 404,
                                408, 414, 429, 431, 500, 503, 599};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        talk *t = talk_new(USERS, 64, 0);
        char text[64];
        int n = snprintf(text, sizeof text,
                         "HTTP/1.1 %d x\r\nLocation: /\r\n\r\n", codes[i]);
        t->s->replies[1].data = text;
        t->s->replies[1].size = (size_t)n;
        assert_int_equal(talk_run(t), codes[i]);
        assert_int_equal(t->call.report.confirmed, 1);
        assert_int_equal(t->s->opens, 1);
        assert_int_equal(t->s->requests, 2);
        talk_resume(t);
        tidy(NULL);
    }
}

/* ---- resuming ------------------------------------------------------------ */

static void resume_leaves_out_exactly_so_many(void **state)
{
    uint32_t resume;
    (void)state;
    for (resume = 0; resume <= 3; resume++) {
        talk *t = talk_new(USERS, 64, 2);
        t->io.resume = resume;
        assert_int_equal(talk_run(t), SMH_DONE);
        assert_int_equal(t->s->requests, 3 - resume);
        assert_int_equal(t->s->opens, resume == 3 ? 0 : 1);
        assert_int_equal(t->call.report.resume, 3);
    }
}

static void resume_beyond_the_end_is_refused(void **state)
{
    static const uint32_t beyond[] = {4, 5, 0x80000000u, UINT32_MAX};
    size_t i;
    (void)state;
    for (i = 0; i < 4; i++) {
        talk *t = talk_new(USERS, 64, 0);
        t->io.resume = beyond[i];
        assert_int_equal(smh_revoke(&t->call, &t->scope, &t->io), SMH_E_RANGE);
        assert_int_equal(t->s->calls, 0);
        assert_int_equal(t->call.report.resume, beyond[i]);
        assert_int_equal(t->call.report.confirmed, 0);
    }
}

#if SMH_REQUESTS_MAX <= 1000
static void too_many_requests_are_refused(void **state)
{
    talk *t = talk_new(1, 64, 0);
    (void)state;
    t->scope.users = numbered('u', SMH_REQUESTS_MAX * 10, 6);
    assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
    assert_int_equal(t->call.report.requests, SMH_REQUESTS_MAX);
    t->scope.users = numbered('u', SMH_REQUESTS_MAX * 10 + 1, 6);
    assert_int_equal(smh_revoke(&t->call, &t->scope, &t->io), SMH_E_RANGE);
    assert_int_equal(t->s->calls, 0);
}
#endif

/* ---- pipelining ---------------------------------------------------------- */

/* The server answers nothing before so many requests have come. */
static void as_many_are_in_flight_as_allowed(void **state)
{
    unsigned allowed, held;
    (void)state;
    for (allowed = 0; allowed < 7; allowed++)
        for (held = 1; held < 7; held++) {
            talk *t = talk_new(55, 64, (uint16_t)allowed); /* six requests */
            unsigned most = allowed == 0 ? 1 : allowed;
            int r;
            t->s->hold = held;
            r = talk_run(t);
            assert_int_equal(r, held <= most ? SMH_DONE : SMH_E_TIMEOUT);
            assert_int_equal(t->s->requests, held <= most ? 6 : most);
            tidy(NULL);
        }
}

/* ---- kept connections ---------------------------------------------------- */

/* However a closed connection shows: at recv, or only at send. */
static void served_and_closed_is_served_to_the_end(void **state)
{
    static const int ways[][2] = {{SMH_E_CLOSED, 0},
                                  {SMH_E_NETWORK, 0},
                                  {SMH_AGAIN, SMH_E_CLOSED},
                                  {SMH_AGAIN, SMH_E_NETWORK},
                                  {SMH_E_CLOSED, SMH_E_NETWORK}};
    size_t i, j, way;
    unsigned each;
    (void)state;
    for (i = 0; i < 4; i++)
        for (j = 0; j < 5; j++)
            for (way = 0; way < 5; way++)
                for (each = 1; each < 4; each++) {
                    talk *t = talk_new(55, sizes[i], pipelines[j]);
                    if (way >= 2 && way <= 3 && pipelines[j] > 1)
                        continue; /* nothing left to send: it only hangs */
                    t->s->per_opening = each;
                    t->s->lost = ways[way][0];
                    t->s->deaf = ways[way][1];
                    assert_int_equal(talk_run(t), SMH_DONE);
                    assert_int_equal(t->s->opens, (6 + each - 1) / each);
                    assert_int_equal(t->s->at_once, t->s->opens - 1);
                    tidy(NULL);
                }
}

/* It gives so many answers in its life and then closes without one. */
static void one_that_does_not_answer_is_not_hammered(void **state)
{
    size_t i, j;
    unsigned answers;
    (void)state;
    for (i = 0; i < 4; i++)
        for (j = 0; j < 5; j++)
            for (answers = 0; answers < 3; answers++) {
                talk *t = talk_new(USERS, sizes[i], pipelines[j]);
                t->s->answers = answers;
                assert_int_equal(talk_run(t), SMH_E_CLOSED);
                assert_int_equal(t->call.report.confirmed, answers);
                assert_int_equal(t->s->opens, answers == 0 ? 1 : 2);
                talk_resume(t);
                tidy(NULL);
            }
}

/* Behind a loss and its first 204 as many go out as before: some request of a
 * later connection came before the one before it was answered. */
static unsigned more_in_flight_again(const server *s)
{
    unsigned i;
    for (i = 1; i < s->requests; i++)
        if (s->request[i].opening > 1 &&
            s->request[i].opening == s->request[i - 1].opening &&
            s->request[i].confirmed == s->request[i - 1].confirmed)
            return 1;
    return 0;
}

/* Each connection ends with its first, second... whole request, and what was
 * answered on it is lost but for what had come before. */
static void lost_answers_are_asked_for_again(void **state)
{
    static const int losses[] = {SMH_E_CLOSED, SMH_E_NETWORK};
    size_t i;
    unsigned depth, first, later, together = 0;
    (void)state;
    for (i = 0; i < 8; i++)
        for (depth = 2; depth < 8; depth++)
            for (first = 2; first <= depth && first <= 6; first++)
                for (later = 2; later < 5; later++) {
                    talk *t = talk_new(55, sizes[i % 4], (uint16_t)depth);
                    t->s->reset[0] = t->s->hold = first;
                    t->s->reset[1] = later;
                    t->s->lost = losses[i / 4];
                    t->s->lazy = depth % 3;
                    t->io.timeout_ms = t->s->patience = 100000;
                    assert_int_equal(talk_run(t), SMH_DONE);
                    assert_true(t->s->opens <= t->requests + 1);
                    assert_true(t->s->opens > 1);
                    together += more_in_flight_again(t->s);
                    tidy(NULL);
                }
    assert_true(together > 0);
}

/* It never answers: one more connection shows that, with one request on it. */
static void silent_end_of_many_is_tried_once_more(void **state)
{
    unsigned depth, reset;
    (void)state;
    for (depth = 1; depth < 5; depth++)
        for (reset = 1; reset <= depth; reset++) {
            talk *t = talk_new(55, 4096, (uint16_t)depth);
            t->s->hold = 100;
            t->s->reset[0] = reset;
            t->s->reset[1] = 1;
            assert_int_equal(talk_run(t), SMH_E_CLOSED);
            assert_int_equal(t->s->opens, depth > 1 ? 2 : 1);
            assert_int_equal(t->s->requests, depth > 1 ? depth + 1 : 1);
            tidy(NULL);
        }
}

/* The time is up between a loss and the opening that would follow: it is closed
 * once, and nothing more is called. */
static const smh_port_ops *prompt;

static int close_late(void *ctx, int at_once)
{
    ((server *)ctx)->clock += 1000;
    return (prompt->close)(ctx, at_once);
}

static void deadline_between_a_loss_and_its_reopening(void **state)
{
    talk *t = talk_new(USERS, 4096, 0);
    smh_port_ops ops = *t->io.port.ops;
    (void)state;
    prompt = t->io.port.ops;
    ops.close = close_late;
    t->io.port.ops = &ops;
    t->s->per_opening = 1;
    assert_int_equal(talk_run(t), SMH_E_TIMEOUT);
    assert_int_equal(t->call.report.confirmed, 1);
    assert_int_equal(t->s->opens, 1);
    assert_int_equal(t->s->closes, 1);
}

/* One byte of an answer is enough: the request may have been served. */
static void no_reopening_after_a_part_of_an_answer(void **state)
{
    static const bytes parts[] = {
        BYTES("H"),
        BYTES("HTTP/1.1 204 No Content\r\n"),
        BYTES("HTTP/1.1 204 No Content\r\nA: b\r\n\r"),
#if SMH_INTERIM_MAX > 0
        BYTES("HTTP/1.1 100 Continue\r\n\r\n"),
#endif
    };
    static const int losses[] = {SMH_E_CLOSED, SMH_E_NETWORK};
    size_t i, j, k;
    (void)state;
    for (i = 0; i < sizeof parts / sizeof *parts; i++)
        for (j = 0; j < 2; j++)
            for (k = 0; k < 4; k++) {
                talk *t = talk_new(USERS, sizes[k], 0);
                t->s->replies[1] = parts[i];
                t->s->per_opening = 2;
                t->s->lost = losses[j];
                assert_int_equal(talk_run(t), losses[j]);
                assert_int_equal(t->s->opens, 1);
                assert_int_equal(t->call.report.confirmed, 1);
                talk_resume(t);
                tidy(NULL);
            }
}

/* What is no stale connection is no reason to try again. */
static void no_reopening_after_other_errors(void **state)
{
    static const int losses[] = {SMH_E_TLS, SMH_E_MEMORY, SMH_E_RESOLVE};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        talk *t = talk_new(USERS, 64, 0);
        t->s->per_opening = 1;
        t->s->lost = losses[i];
        assert_int_equal(talk_run(t), losses[i]);
        assert_int_equal(t->s->opens, 1);
        talk_resume(t);
    }
}

/* ---- answers that come early --------------------------------------------- */

/* Before the first byte is sent, and after each one up to the last. */
static void early_refusal_is_the_result(void **state)
{
    static const bytes refusals[] = {
        BYTES("HTTP/1.1 414 URI Too Long\r\nConnection: close\r\n\r\n{}"),
        BYTES("HTTP/1.1 408\r\n")};
    static const int deaf[] = {0, SMH_AGAIN, SMH_E_CLOSED, SMH_E_NETWORK};
    size_t i, j, k, at, whole = talk_length(USERS);
    (void)state;
    for (i = 0; i < 2; i++)
        for (j = 0; j < 4; j++)
            for (k = 0; k < 4; k++)
                for (at = 0; at < whole; at += k == 0 ? 1 : 9) {
                    talk *t = talk_new(USERS, sizes[k], pipelines[j]);
                    t->s->greeting = refusals[i];
                    t->s->greeting_at = at;
                    t->s->greeting_only = 1;
                    t->s->deaf = deaf[j];
                    assert_int_equal(talk_run(t), i == 0 ? 414 : 408);
                    assert_int_equal(t->call.report.confirmed, 0);
                    talk_resume(t);
                    tidy(NULL);
                }
}

/* In the middle of the second request, on a connection that was good. */
static void early_refusal_of_a_later_request(void **state)
{
    size_t k, at, whole = talk_length(USERS);
    (void)state;
    for (k = 0; k < 4; k++)
        for (at = 1; at < whole; at += 3) {
            talk *t = talk_new(USERS, sizes[k], 0);
            t->s->greeting = (bytes)BYTES("HTTP/1.1 429 \r\n\r\n");
            t->s->greeting_at = whole + at;
            t->s->greeting_only = 1;
            t->s->deaf = SMH_E_NETWORK;
            assert_int_equal(talk_run(t), 429);
            assert_int_equal(t->call.report.confirmed, 1);
            talk_resume(t);
            tidy(NULL);
        }
}

#if SMH_INTERIM_MAX > 0
static void early_interim_answer_is_passed_over(void **state)
{
    size_t k, at, whole = talk_length(USERS);
    (void)state;
    for (k = 0; k < 4; k++)
        for (at = 0; at < whole; at += 3) {
            talk *t = talk_new(USERS, sizes[k], 0);
            t->s->greeting = (bytes)BYTES("HTTP/1.1 103\r\n\r\n");
            t->s->greeting_at = at;
            assert_int_equal(talk_run(t), SMH_DONE);
            tidy(NULL);
        }
}
#endif

/* Says 204 after so many bytes of the only request, and then answers it or
 * not. */
static void early_204(size_t size, size_t at, size_t cut, int only)
{
    talk *t = talk_new(1, size, 0);
    t->s->greeting = (bytes)BYTES("HTTP/1.1 204 No Content\r\n\r\n");
    t->s->greeting_at = at;
    t->s->greeting_only = only;
    t->s->cut = cut;
    assert_int_equal(talk_run(t), SMH_E_EXTRA);
    assert_int_equal(t->call.report.confirmed, 0);
    tidy(NULL);
}

/* A 204 to a request that is not out can confirm nothing, however it is cut:
 * not even if its last byte comes when the request is out. */
static void early_204_is_never_a_confirmation(void **state)
{
    size_t k, at, cut, whole = talk_length(1);
    (void)state;
    for (k = 0; k < 4; k++)
        for (at = 0; at <= (whole - 1) / sizes[k] * sizes[k]; at += 13)
            for (cut = 0; cut < 27; cut++) {
                early_204(sizes[k], at, cut, 0);
                early_204(sizes[k], at, cut, 1);
            }
}

/* Behind the answer to the first request comes something else with it.  (If it
 * comes later it is the answer to the second one, for all that a client can
 * see, or nobody reads it.) */
static void bytes_behind_an_answer_are_an_error(void **state)
{
    static const bytes extras[] = {BYTES("X"), BYTES("\r\n"),
                                   BYTES("HTTP/1.1 204 No Content\r\n\r\n"),
                                   BYTES("HTTP/1.1 404 Not Found\r\n\r\n"),
                                   BYTES("{\"code\":\"x\"}")};
    size_t i, users;
    (void)state;
    for (i = 0; i < 5; i++)
        for (users = 1; users <= USERS; users += USERS - 1) {
            talk *t = talk_new(users, 4096, 0);
            t->s->greeting = extras[i];
            t->s->greeting_at = talk_length(users);
            assert_int_equal(talk_run(t), SMH_E_EXTRA);
            assert_int_equal(t->s->requests, 1);
        }
}

/* ---- the end ------------------------------------------------------------- */

static void cancelling_at_each_step(void **state)
{
    static const uint16_t depth[] = {0, 3};
    size_t i, k;
    int steps, r = 0;
    (void)state;
    for (i = 0; i < 2; i++)
        for (k = 1; k < 4; k++)
            for (steps = 0; r != SMH_DONE || steps == 0; steps++) {
                talk *t = talk_new(USERS, sizes[k], depth[i]);
                t->s->lazy = 1;
                t->s->open_again = 2;
                t->s->close_again = 2;
                r = talk_step(t, steps);
                assert_true(r == SMH_DONE || r == SMH_E_CANCELLED);
                if (r == SMH_E_CANCELLED)
                    assert_int_equal(t->s->at_once, t->s->closes);
                talk_resume(t);
                tidy(NULL);
            }
}

static void slow_close_is_waited_for(void **state)
{
    talk *t = talk_new(USERS, 64, 0);
    (void)state;
    t->s->close_again = 5;
    assert_int_equal(talk_run(t), SMH_DONE);
    assert_int_equal(t->s->at_once, 0);
    t = talk_new(USERS, 64, 0);
    t->s->close_again = UINT_MAX;
    assert_int_equal(talk_run(t), SMH_DONE);
    assert_int_equal(t->s->at_once, 1);
    assert_true(t->s->clock >= t->io.timeout_ms);
}

/* Who has refused or failed may never take what the port still holds. */
static void all_but_a_success_is_closed_at_once(void **state)
{
    talk *t = talk_new(USERS, 64, 0);
    (void)state;
    t->s->reply = (bytes)BYTES("HTTP/1.1 500 x\r\n");
    assert_int_equal(talk_run(t), 500);
    assert_int_equal(t->s->at_once, 1);
    t = talk_new(USERS, 64, 0);
    t->s->reply = (bytes)BYTES("SSH-2.0");
    assert_int_equal(talk_run(t), SMH_E_ANSWER);
    assert_int_equal(t->s->at_once, 1);
}

/* ---- every call fails in every way --------------------------------------- */

typedef struct fault {
    int what;
    int stays;
    int result; /* what comes of it at worst */
} fault;

static const fault faults[] = {
    {SMH_AGAIN, 0, SMH_DONE},
    {SMH_AGAIN, 1, SMH_E_TIMEOUT},
    {FAULT_SHORT, 0, SMH_DONE},
    {FAULT_SHORT, 1, SMH_DONE},
    {FAULT_ZERO, 0, SMH_E_PORT},
    {FAULT_MANY, 0, SMH_E_PORT},
    {INT_MAX, 0, SMH_E_PORT},
    {INT_MIN, 0, SMH_E_PORT},
    {SMH_E_CANCELLED, 0, SMH_E_PORT},
    {SMH_E_CANCELLED - 1, 0, SMH_E_PORT},
    {-1000, 1, SMH_E_PORT},
    {SMH_E_CLOSED, 0, SMH_E_CLOSED},
    {SMH_E_CLOSED, 1, SMH_E_CLOSED},
    {SMH_E_NETWORK, 0, SMH_E_NETWORK},
    {SMH_E_NETWORK, 1, SMH_E_NETWORK},
    {SMH_E_TLS, 0, SMH_E_TLS},
    {SMH_E_MEMORY, 0, SMH_E_MEMORY},
    {SMH_E_RESOLVE, 0, SMH_E_RESOLVE},
};
enum { FAULTS = sizeof faults / sizeof *faults };

/* One call of a talk goes wrong.  The others end what can be ended; whatever
 * comes of it is true, and a second call does the rest. */
static void one_fault(talk *t, const fault *f, long at)
{
    int r;
    talk_again(t);
    t->s->fault_at = at;
    t->s->fault = f->what;
    t->s->fault_stays = f->stays;
    t->io.resume = 0;
    r = talk_run(t);
    if (f->result == SMH_DONE ||
        (t->s->fault_in == 'c' && t->per_opening == UINT_MAX))
        assert_int_equal(r, SMH_DONE); /* a close that fails is ignored */
    else if (t->s->opens <= 1)
        assert_int_equal(r, f->result);
    else
        assert_true(r == f->result || r == SMH_DONE);
    if (r != SMH_DONE)
        talk_resume(t);
}

static void every_call_fails(size_t size, uint16_t pipeline, unsigned answers)
{
    talk *t = talk_new(USERS, size, pipeline);
    long calls, at;
    size_t i;
    t->per_opening = answers;
    talk_again(t);
    assert_int_equal(talk_run(t), SMH_DONE);
    calls = (long)t->s->calls;
    for (i = 0; i < FAULTS; i++)
        for (at = (long)(i % (size == 1 ? 8 : 1)); at < calls;
             at += (long)((size == 1 ? 8 : 1) * thin()))
            one_fault(t, &faults[i], at);
    tidy(NULL);
}

static void every_call_fails_in_every_way(void **state)
{
    size_t i, j;
    (void)state;
    for (i = 0; i < 4; i++)
        for (j = 1; j < 5; j++)
            every_call_fails(sizes[i], pipelines[j], UINT_MAX);
}

/* The same with a server that closes after each answer, so that the reopening
 * is hit as well. */
static void every_call_fails_around_a_reopening(void **state)
{
    size_t i, j;
    (void)state;
    for (i = 1; i < 4; i++)
        for (j = 1; j < 4; j++)
            every_call_fails(sizes[i], pipelines[j], 1);
}

/* No answer makes up for it. */
static int take_all_and_more(void *ctx, const void *data, size_t size)
{
    (void)(prompt->send)(ctx, data, size);
    return (int)size + 1;
}

static void broken_contract_counts_before_an_answer(void **state)
{
    talk *t = talk_new(USERS, 4096, 0);
    smh_port_ops ops = *t->io.port.ops;
    (void)state;
    prompt = t->io.port.ops;
    ops.send = take_all_and_more;
    t->io.port.ops = &ops;
    t->s->reply = (bytes)BYTES("HTTP/1.1 414 x\r\n");
    assert_int_equal(talk_run(t), SMH_E_PORT);
}

/* A number of another layer is no answer of a port. */
static void results_of_other_layers_end_the_call(void **state)
{
    int n;
    long at;
    (void)state;
    for (n = SMH_E_ARGUMENT; n >= SMH_E_CANCELLED - 1; n--)
        for (at = 0; at < 8; at++) {
            talk *t = talk_new(USERS, 4096, 0);
            if (n <= SMH_E_RESOLVE && n >= SMH_E_MEMORY)
                continue; /* a port's own */
            t->s->fault_at = at;
            t->s->fault = n;
            assert_int_equal(talk_run(t), SMH_E_PORT);
            tidy(NULL);
        }
}

/* ---- the secret ---------------------------------------------------------- */

static void no_copy_of_the_secret_is_left_on_the_stack(void **state)
{
    static const int ends[] = {SMH_DONE, SMH_E_CLOSED, SMH_E_TIMEOUT, 404,
                               SMH_E_ANSWER};
    size_t i, k;
    (void)state;
    for (k = 0; k < 4; k++)
        for (i = 0; i < 5; i++) {
            talk *t = talk_new(USERS, sizes[k], 2);
            t->s->answers = ends[i] == SMH_E_CLOSED ? 1 : UINT_MAX;
            t->s->hold = ends[i] == SMH_E_TIMEOUT ? 3 : 0;
            if (ends[i] == 404)
                t->s->reply = (bytes)BYTES("HTTP/1.1 404 x\r\n");
            if (ends[i] == SMH_E_ANSWER)
                t->s->reply = (bytes)BYTES("HTTP/2");
            assert_int_equal(talk_on_painted_stack(t), ends[i]);
            tidy(NULL);
        }
}

int exchange_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(good_server_is_served_to_the_end),
        RUN(stepping_does_the_same_as_blocking),
        RUN(requests_share_a_send),
        RUN(part_of_a_shared_send_is_taken),
        RUN(way_to_a_lost_request_is_cut_into_steps),
        RUN(large_buffer_is_offered_in_part),
        RUN(all_three_lists_at_their_fullest),
        RUN(host_and_port_reach_the_port),
        RUN(any_status_is_the_result),
        RUN(resume_leaves_out_exactly_so_many),
        RUN(resume_beyond_the_end_is_refused),
#if SMH_REQUESTS_MAX <= 1000
        RUN(too_many_requests_are_refused),
#endif
        RUN(as_many_are_in_flight_as_allowed),
        RUN(served_and_closed_is_served_to_the_end),
        RUN(one_that_does_not_answer_is_not_hammered),
        RUN(lost_answers_are_asked_for_again),
        RUN(silent_end_of_many_is_tried_once_more),
        RUN(deadline_between_a_loss_and_its_reopening),
        RUN(no_reopening_after_a_part_of_an_answer),
        RUN(no_reopening_after_other_errors),
        RUN(early_refusal_is_the_result),
        RUN(early_refusal_of_a_later_request),
#if SMH_INTERIM_MAX > 0
        RUN(early_interim_answer_is_passed_over),
#endif
        RUN(early_204_is_never_a_confirmation),
        RUN(bytes_behind_an_answer_are_an_error),
        RUN(cancelling_at_each_step),
        RUN(slow_close_is_waited_for),
        RUN(all_but_a_success_is_closed_at_once),
        RUN(every_call_fails_in_every_way),
        RUN(every_call_fails_around_a_reopening),
        RUN(broken_contract_counts_before_an_answer),
        RUN(results_of_other_layers_end_the_call),
        RUN(no_copy_of_the_secret_is_left_on_the_stack),
    };
    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
