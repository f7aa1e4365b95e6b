/* Answers written from RFC 9112 and from what other clients got wrong. */
#include "judge.h"
#include "scripted.h"
#include "unit.h"

/* The verdict falls with the last byte, not before; 0: it has not fallen
 * yet. */
typedef struct sample {
    const char *data;
    size_t size;
    int verdict;
    int interim; /* 1xx answers in it */
} sample;

#define S(text, verdict)                                                       \
    {                                                                          \
        text, sizeof(text) - 1, verdict, 0                                     \
    }
#define I(text, verdict, interim)                                              \
    {                                                                          \
        text, sizeof(text) - 1, verdict, interim                               \
    }
#define BAD SMH_E_ANSWER

static const sample samples[] = {
    /* what servers send */
    S("HTTP/1.1 204 No Content\r\n\r\n", 204),
    S("HTTP/1.0 204 No Content\r\n\r\n", 204),
    S("HTTP/1.9 204 x\r\n\r\n", 204),
    S("HTTP/1.1 204 No Content\r\nServer: nginx\r\nX: y\r\n\r\n", 204),
    S("HTTP/1.1 404 Not Found\r\n", 404),
    S("HTTP/1.1 200 OK\r\n", 200),
    S("HTTP/1.1 205 Reset Content\r\n", 205),
    S("HTTP/1.1 301 Moved\r\n", 301),
    S("HTTP/1.1 500 Internal Server Error\r\n", 500),
    S("HTTP/1.1 599 x\r\n", 599),
    /* the reason phrase may be missing, empty or odd */
    S("HTTP/1.1 204 \r\n\r\n", 204),
    S("HTTP/1.1 204\r\n\r\n", 204),
    S("HTTP/1.1 404\r\n", 404),
    S("HTTP/1.1 404 \r\n", 404),
    S("HTTP/1.1 204  two blanks\r\n\r\n", 204),
    S("HTTP/1.1 204 a\tb\r\n\r\n", 204),
    S("HTTP/1.1 204 \xC3\xA9t\xE9\x80\xFF\r\n\r\n", 204),
    S("HTTP/1.1 204 HTTP/1.1 500\r\n\r\n", 204),
    S("HTTP/1.1 404 204\r\n", 404),
    /* field lines are passed over, folded and odd ones too */
    S("HTTP/1.1 204 x\r\nA:\r\n\r\n", 204),
    S("HTTP/1.1 204 x\r\nA: b\r\n folded\r\n\r\n", 204),
    S("HTTP/1.1 204 x\r\n\tA: b\r\n\r\n", 204),
    S("HTTP/1.1 204 x\r\n \r\n\r\n", 204),
    S("HTTP/1.1 204 x\r\nA: \x80\xFF\r\n\r\n", 204),
    S("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", 204),
    /* not there yet */
    S("", 0),
    S("H", 0),
    S("HTTP/1.1 20", 0),
    S("HTTP/1.1 204", 0),
    S("HTTP/1.1 204\r", 0),
    S("HTTP/1.1 204 No Content\r\n", 0),
    S("HTTP/1.1 204 No Content\r\n\r", 0),
    S("HTTP/1.1 204 No Content\r\nX: y\r\n", 0),
    S("HTTP/1.1 404 Not Found\r", 0),
    /* another protocol */
    S("S", BAD), /* SSH-2.0 */
    S("h", BAD),
    S("\r", BAD),
    S("\n", BAD),
    S(" ", BAD),
    S("\x16", BAD), /* a TLS record */
    S("\x00", BAD),
    S("HTTP/2", BAD),
    S("HTTP/0", BAD),
    S("HTTP/10", BAD),
    S("HTTP/1,", BAD),
    S("HTTP/1.x", BAD),
    S("HTTP/1.\x2f", BAD),
    S("HTTP/1.:", BAD),
    S("HTTP/1.1\t", BAD),
    S("HTTP/1.1\r", BAD),
    S("HTTP/1.10", BAD),
    S("HTTPS", BAD),
    S("I", BAD), /* ICY 200 */
    /* three digits and nothing like them */
    S("HTTP/1.1  ", BAD),
    S("HTTP/1.1 +", BAD),
    S("HTTP/1.1 -", BAD),
    S("HTTP/1.1 2x", BAD),
    S("HTTP/1.1 20 ", BAD),
    S("HTTP/1.1 20\r", BAD),
    S("HTTP/1.1 2040", BAD),
    S("HTTP/1.1 4294", BAD), /* 4294967496 is 200 in 32 bits */
    S("HTTP/1.1 0020", BAD),
    S("HTTP/1.1 0x", BAD),
    S("HTTP/1.1 20\xB4", BAD),
    S("HTTP/1.1 204\t", BAD),
    S("HTTP/1.1 204.", BAD),
    S("HTTP/1.1 204O", BAD),
    S("HTTP/1.1 204\n", BAD),
    S("HTTP/1.1 204\x00", BAD),
    S("HTTP/1.1 204:", BAD),
    S("HTTP/1.1 204\x1f", BAD),
    S("HTTP/1.1 204\xFF", BAD),
    /* out of range */
    S("HTTP/1.1 000 x\r\n", BAD),
    S("HTTP/1.1 020 x\r\n", BAD),
    S("HTTP/1.1 099 x\r\n", BAD),
    S("HTTP/1.1 600 x\r\n", BAD),
    S("HTTP/1.1 999 x\r\n", BAD),
    S("HTTP/1.1 101 Switching Protocols\r\n", BAD),
    /* line ends */
    S("HTTP/1.1 204 x\n", BAD),
    S("HTTP/1.1 204 x\r\r", BAD),
    S("HTTP/1.1 204 x\rX", BAD),
    S("HTTP/1.1 204 x\r ", BAD),
    S("HTTP/1.1 204\rX", BAD),
    S("HTTP/1.1 204\r\n\rX", BAD),
    S("HTTP/1.1 204\r\n\r\r", BAD),
    S("HTTP/1.1 204\r\n\n", BAD),
    S("HTTP/1.1 204\r\nA: b\n", BAD),
    S("HTTP/1.1 204\r\nA: b\rc", BAD),
    S("HTTP/1.1 204\r\nA: b\r\n\n", BAD),
    S("HTTP/1.1 404 x\n", BAD),
    /* NUL and controls */
    S("HTTP/1.1 204 \x00", BAD),
    S("HTTP/1.1 204 x\x00", BAD),
    S("HTTP/1.1 204 x\x01", BAD),
    S("HTTP/1.1 204 x\x1f", BAD),
    S("HTTP/1.1 204 x\x7f", BAD),
    S("HTTP/1.1 204 x\x0b", BAD),
    S("HTTP/1.1 204\r\n\x00", BAD),
    S("HTTP/1.1 204\r\nA\x00", BAD),
    S("HTTP/1.1 204\r\nA: \x08", BAD),
    S("HTTP/1.1 204\r\nA: b\x7f", BAD),
    S("HTTP/1.1 404 x\x00", BAD),
    /* interim answers are passed over whole */
    I("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n\r\n", 204, 1),
    I("HTTP/1.1 103\r\nLink: x\r\n\r\nHTTP/1.1 204\r\n\r\n", 204, 1),
    I("HTTP/1.1 199 \r\n\r\nHTTP/1.1 204 \r\n\r\n", 204, 1),
    I("HTTP/1.1 102 x\r\n\r\nHTTP/1.1 404 x\r\n", 404, 1),
    I("HTTP/1.1 100\r\n\r\nHTTP/1.1 103\r\n\r\nHTTP/1.1 204\r\n\r\n", 204, 2),
    I("HTTP/1.1 100\r\n\r\nHTTP/1.1 101\r\n", BAD, 1),
    I("HTTP/1.1 100\r\n\r\nX", BAD, 1),
    I("HTTP/1.1 100\r\n\r\n\r", BAD, 1),
    I("HTTP/1.1 100 x\r\nA\x00", BAD, 1),
    I("HTTP/1.1 100 x\r\n\n", BAD, 1),
    I("HTTP/1.1 100 x\r\n\r\n", 0, 1),
    I("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 204 x\r\n", 0, 1),
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static int is_within_limits(const sample *s)
{
    return s->size <= SMH_ANSWER_MAX && s->interim <= SMH_INTERIM_MAX;
}

/* Feeds bytes until a verdict falls; says how many it took. */
static int feed(smh_reader *reader, const char *data, size_t size,
                size_t *taken)
{
    int r = 0;
    for (*taken = 0; r == 0 && *taken < size; ++*taken)
        r = smh_read(reader, (unsigned char)data[*taken]);
    return r;
}

static void samples_get_their_verdicts(void **state)
{
    size_t i, taken;
    (void)state;
    for (i = 0; i < SAMPLES; i++) {
        smh_reader reader = {0};
        int r = feed(&reader, samples[i].data, samples[i].size, &taken);
        if (!is_within_limits(&samples[i]))
            continue;
        if (r != samples[i].verdict || taken != samples[i].size)
            fail_msg("sample %d: %s: %d after %d", (int)i, samples[i].data, r,
                     (int)taken);
    }
}

static void every_code_gets_its_verdict(void **state)
{
    int code;
    size_t taken;
    (void)state;
    for (code = 0; code < 1000; code++) {
        smh_reader reader = {0};
        char text[32];
        int n = snprintf(text, sizeof text, "HTTP/1.1 %03d \r\n\r\n", code);
        int want = code < 100 || code > 599 || code == 101 ? SMH_E_ANSWER
                   : code >= 200                           ? code
                   : SMH_INTERIM_MAX == 0                  ? SMH_E_ANSWER
                                                           : 0;
        assert_int_equal(feed(&reader, text, (size_t)n, &taken), want);
    }
}

/* One after the other on a connection, the same reader. */
static void reader_begins_anew_after_204(void **state)
{
    static const char text[] = "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n";
    smh_reader reader = {0};
    size_t taken;
    int i;
    (void)state;
    for (i = 0; i < 3000; i++)
        assert_int_equal(feed(&reader, text, sizeof text - 1, &taken), 204);
    assert_int_equal(feed(&reader, "HTTP/1.1 503 \r\n", 15, &taken), 503);
}

/* ---- limits -------------------------------------------------------------- */

/* An answer with a field that makes it size bytes long. */
static char *answer_of(size_t size)
{
    static const char head[] = "HTTP/1.1 204\r\nA: ";
    char *text = (char *)take(size + 1);
    memset(text, 'x', size);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + size - 4, "\r\n\r\n", 4);
    return text;
}

static void answer_has_an_end(void **state)
{
    smh_reader reader = {0};
    size_t taken;
    int i;
    (void)state;
    for (i = 0; i < 2; i++)
        assert_int_equal(feed(&reader, answer_of(SMH_ANSWER_MAX),
                              SMH_ANSWER_MAX, &taken),
                         204);
    assert_int_equal(feed(&reader, answer_of(SMH_ANSWER_MAX + 1),
                          SMH_ANSWER_MAX + 1, &taken),
                     SMH_E_ANSWER);
    assert_int_equal(taken, SMH_ANSWER_MAX + 1);
}

/* Interim answers count into the length of what they announce. */
static void interim_answers_count_into_the_length(void **state)
{
#if SMH_INTERIM_MAX > 0
    static const char interim[] = "HTTP/1.1 100\r\n\r\n";
    size_t left = SMH_ANSWER_MAX - (sizeof interim - 1), taken;
    smh_reader reader = {0};
    assert_int_equal(feed(&reader, interim, sizeof interim - 1, &taken), 0);
    assert_int_equal(feed(&reader, answer_of(left), left, &taken), 204);
    assert_int_equal(feed(&reader, interim, sizeof interim - 1, &taken), 0);
    assert_int_equal(feed(&reader, answer_of(left + 1), left + 1, &taken),
                     SMH_E_ANSWER);
#endif
    (void)state;
}

static void interim_answers_have_an_end(void **state)
{
    static const char interim[] = "HTTP/1.1 100\r\n\r\n";
    smh_reader reader = {0};
    size_t taken;
    int i, round;
    (void)state;
    for (round = 0; round < 2; round++) {
        for (i = 0; i < SMH_INTERIM_MAX; i++)
            assert_int_equal(feed(&reader, interim, sizeof interim - 1, &taken),
                             0);
        assert_int_equal(feed(&reader, "HTTP/1.1 204\r\n\r\n", 16, &taken),
                         204);
    }
    for (i = 0; i < SMH_INTERIM_MAX; i++)
        assert_int_equal(feed(&reader, interim, sizeof interim - 1, &taken), 0);
    assert_int_equal(feed(&reader, interim, sizeof interim - 1, &taken),
                     SMH_E_ANSWER);
    assert_int_equal(taken, 14);
}

/* ---- against a reference ------------------------------------------------- */

static void assert_judged(const char *data, size_t size)
{
    smh_reader reader = {0};
    size_t taken;
    int r = feed(&reader, data, size, &taken);
    if (size <= SMH_ANSWER_MAX && r != judge(data, size))
        fail_msg("%.*s: %d, not %d", (int)size, data, r, judge(data, size));
}

static void reference_knows_the_samples(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; i < SAMPLES; i++)
        if (is_within_limits(&samples[i]))
            assert_int_equal(judge(samples[i].data, samples[i].size),
                             samples[i].verdict);
}

/* Every byte value at every place of the samples that are no errors. */
static void every_byte_at_every_place(void **state)
{
    char text[256];
    size_t i, at;
    int c;
    (void)state;
    for (i = 0; i < SAMPLES; i++) {
        if (samples[i].verdict < 0 || samples[i].size > 60)
            continue;
        for (at = 0; at < samples[i].size; at++)
            for (c = 0; c < 256; c++) {
                memcpy(text, samples[i].data, samples[i].size);
                text[at] = (char)c;
                assert_judged(text, samples[i].size);
            }
    }
}

static void random_pieces_in_random_order(void **state)
{
    static const sample pieces[] = {S("HTTP/1.1 ", 0),
                                    S("HTTP/1.0 ", 0),
                                    S("204", 0),
                                    S("204 ", 0),
                                    S("100 ", 0),
                                    S("404 ", 0),
                                    S("\r\n", 0),
                                    S("\r\n\r\n", 0),
                                    S("\r", 0),
                                    S("\n", 0),
                                    S("A: b", 0),
                                    S("\x00", 0),
                                    S(" ", 0),
                                    S("2", 0),
                                    S("HTTP/1.1 204 x\r\n", 0),
                                    S("HTTP/1.1 100 x\r\n\r\n", 0)};
    char text[256];
    unsigned round;
    (void)state;
    chance_seed(31);
    for (round = 0; round < 300000; round += thin()) {
        size_t n = 0, count = 1 + chance(8);
        while (count-- > 0) {
            const sample *piece =
                &pieces[chance(3) == 0 ? 14 + chance(2) : chance(16)];
            memcpy(text + n, piece->data, piece->size);
            n += piece->size;
        }
        assert_judged(text, n);
    }
}

/* ---- through the exchange, cut at every byte ----------------------------- */

static int through_the_exchange(server *s, const sample *it, size_t cut,
                                size_t most)
{
    static char buffer[512];
    smh_scope scope = usual();
    smh_io io = {0};
    smh_call call;
    server_init(s);
    s->reply.data = it->data;
    s->reply.size = it->size;
    s->reply.good = it->verdict == 204;
    s->per_opening = 1; /* the end of what is too short */
    s->cut = cut;
    s->recv_most = most;
    io.port = server_port(s, 1);
    io.buffer = buffer;
    io.size = most < sizeof buffer ? most : sizeof buffer;
    smh_revoke(&call, &scope, &io);
    assert_null(s->broken_rule);
    assert_int_equal(call.report.confirmed, it->verdict == 204);
    return call.report.result;
}

static void verdict_does_not_depend_on_the_cut(void **state)
{
    server *s = (server *)take(sizeof *s);
    size_t i, cut, most;
    (void)state;
    for (i = 0; i < SAMPLES; i++) {
        const sample *it = &samples[i];
        int want = it->verdict != 0 ? it->verdict : SMH_E_CLOSED;
        if (!is_within_limits(it))
            continue;
        for (cut = 0; cut <= it->size; cut++)
            assert_int_equal(through_the_exchange(s, it, cut, INT_MAX), want);
        for (most = 1; most < it->size; most += thin())
            assert_int_equal(through_the_exchange(s, it, 0, most), want);
    }
}

/* Who feeds on hears no 204 behind what was none. */
static void nothing_counts_behind_a_refusal(void **state)
{
    static const char *const rows[] = {
        "HTTP/1.1 404 Not Found\r\n\r\nHTTP/1.1 204 OK\r\n\r\n",
        "HTTP/1.1 500\r\nX: y\r\n\r\n",
        "XTTP/1.1 204 OK\r\n\r\n",
        "HTTP/1.1 204\nHTTP/1.1 204\r\n\r\n",
        "HTTP/1.1 204 \x01\r\n\r\nHTTP/1.1 204\r\n\r\n",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        smh_reader reader = {0};
        const char *p;
        int first = 0;
        for (p = rows[i]; *p != '\0'; p++) {
            int r = smh_read(&reader, (unsigned char)*p);
            assert_int_not_equal(r, SMH_DONE);
            if (first != 0)
                assert_int_equal(r, SMH_E_ANSWER);
            first = first != 0 ? first : r;
        }
        assert_int_not_equal(first, 0);
    }
}

/* Whatever its code. */
static void nothing_counts_behind_any_refusal(void **state)
{
    int code;
    (void)state;
    for (code = 200; code < 1000; code++) {
        smh_reader reader = {0};
        char text[32];
        size_t taken;
        int n = snprintf(text, sizeof text, "HTTP/1.1 %03d\r\n", code);
        if (code == SMH_DONE)
            continue;
        assert_int_not_equal(feed(&reader, text, (size_t)n, &taken), 0);
        assert_int_equal(smh_read(&reader, '\r'), SMH_E_ANSWER);
        assert_int_equal(smh_read(&reader, '\n'), SMH_E_ANSWER);
    }
}

int reader_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(samples_get_their_verdicts),
        RUN(every_code_gets_its_verdict),
        RUN(reader_begins_anew_after_204),
        RUN(nothing_counts_behind_a_refusal),
        RUN(nothing_counts_behind_any_refusal),
        RUN(answer_has_an_end),
        RUN(interim_answers_count_into_the_length),
        RUN(interim_answers_have_an_end),
        RUN(reference_knows_the_samples),
        RUN(every_byte_at_every_place),
        RUN(random_pieces_in_random_order),
        RUN(verdict_does_not_depend_on_the_cut),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
