/* What is said, and how a port adds to it. */
#include "unit.h"
#include "talk.h"

#if SMH_WORDS

#define SMH_NUMBER(name, value, text) name,
static const int results[] = {SMH_RESULTS(SMH_NUMBER)};
enum { RESULTS = sizeof results / sizeof *results };

static void every_result_has_its_own_words(void **state)
{
    size_t i, j;
    (void)state;
    for (i = 0; i < RESULTS; i++) {
        assert_int_equal(results[i], -1 - (int)i);
        assert_true(strlen(smh_strerror(results[i])) > 4);
        for (j = 0; j < i; j++)
            assert_string_not_equal(smh_strerror(results[i]),
                                    smh_strerror(results[j]));
    }
    assert_non_null(strstr(smh_strerror(SMH_E_COMMA), "comma"));
    assert_non_null(strstr(smh_strerror(SMH_AGAIN), "again"));
    assert_non_null(strstr(smh_strerror(SMH_PENDING), "not finished"));
    assert_non_null(strstr(smh_strerror(SMH_E_EXTRA), "more than"));
}

static void any_number_has_words(void **state)
{
    static const int odd[] = {0,   1,   99,      100,     204,    200, 301,
                              404, 414, 429,     499,     500,    503, 599,
                              600, -24, INT_MIN, INT_MAX, -32768, 1000};
    size_t i;
    int n;
    (void)state;
    for (i = 0; i < sizeof odd / sizeof *odd; i++) {
        assert_non_null(smh_strerror(odd[i]));
        assert_true(*smh_strerror(odd[i]) != '\0');
    }
    for (n = SMH_E_CANCELLED - 1; n > -100; n--)
        assert_string_equal(smh_strerror(n), "unknown result");
}

static void words_do_not_call_failure_success(void **state)
{
    int i;
    (void)state;
    for (i = -40; i < 700; i++)
        if (i != SMH_DONE)
            assert_string_not_equal(smh_strerror(i), smh_strerror(SMH_DONE));
    assert_non_null(strstr(smh_strerror(404), "secret"));
    assert_non_null(strstr(smh_strerror(429), "later"));
    assert_string_not_equal(smh_strerror(500), smh_strerror(400));
    assert_string_equal(smh_strerror(499), smh_strerror(400));
    assert_string_equal(smh_strerror(399), smh_strerror(200));
    assert_string_not_equal(smh_strerror(399), smh_strerror(400));
    assert_string_equal(smh_strerror(500), smh_strerror(504));
    assert_string_not_equal(smh_strerror(500), smh_strerror(501));
    assert_string_equal(smh_strerror(501), smh_strerror(599));
    assert_string_not_equal(smh_strerror(501), smh_strerror(499));
}

/* ---- a bounded text ------------------------------------------------------ */

typedef struct sheet {
    char text[80];
    smh_text out;
} sheet;

/* For size bytes with the NUL; what lies behind is watched. */
static sheet *sheet_of(size_t size)
{
    sheet *s = (sheet *)take(sizeof *s);
    memset(s->text, 'g', sizeof s->text);
    s->text[0] = '\0';
    s->out.at = s->text;
    s->out.room = size - 1;
    return s;
}

/* The text is want, cut off at size. */
static void assert_sheet(const sheet *s, const char *want, size_t size)
{
    size_t n = strlen(want) < size ? strlen(want) : size - 1;
    assert_int_equal(strlen(s->text), n);
    assert_memory_equal(s->text, want, n);
    assert_ptr_equal(s->out.at, s->text + n);
    assert_int_equal(s->text[size], 'g');
}

static void text_is_cut_off_at_its_end(void **state)
{
    size_t size;
    (void)state;
    for (size = 1; size < 60; size++) {
        sheet *s = sheet_of(size);
        smh_put_words(&s->out, "one ");
        smh_put_number(&s->out, 4294967295u, 10, 1);
        smh_put_name(&s->out, "two", 3);
        smh_put_words(&s->out, "");
        smh_put_number(&s->out, 0xBEEF, 16, 6);
        assert_sheet(s, "one 4294967295\"two\"00BEEF", size);
        tidy(NULL);
    }
}

static void numbers_are_as_printf_has_them(void **state)
{
    static const uint32_t edges[] = {0,          1,           9,
                                     10,         11,          15,
                                     16,         99,          100,
                                     255,        256,         4095,
                                     65535,      999999999,   1000000000,
                                     0xFFFFFFFu, 0x10000000u, UINT32_MAX - 1,
                                     UINT32_MAX};
    size_t i, count = sizeof edges / sizeof *edges;
    (void)state;
    chance_seed(31);
    for (i = 0; i < 3000; i++) {
        uint32_t n = i < count ? edges[i] : chance(UINT32_MAX) >> chance(32);
        unsigned char digits = (unsigned char)(1 + chance(8));
        char want[300];
        sheet *s = sheet_of(60);
        smh_put_number(&s->out, n, 10, digits);
        snprintf(want, sizeof want, "%0*lu", digits, (unsigned long)n);
        assert_sheet(s, want, 60);
        s = sheet_of(60);
        smh_put_number(&s->out, n, 16, digits);
        snprintf(want, sizeof want, "%0*lX", digits, (unsigned long)n);
        assert_sheet(s, want, 60);
        tidy(NULL);
    }
}

/* Nothing of a stranger's name is left that a terminal or a log obeys. */
static void names_are_quoted(void **state)
{
    int c;
    (void)state;
    for (c = 0; c < 256; c++) {
        char name[3] = {'a', (char)c, 'b'}, want[6] = "\"a?b\"";
        sheet *s = sheet_of(20);
        if (c >= ' ' && c < 127 && c != '"')
            want[2] = (char)c;
        smh_put_name(&s->out, name, 3);
        assert_sheet(s, want, 20);
        tidy(NULL);
    }
}

static void assert_diag(uint8_t stage, int16_t result, uint32_t sent,
                        uint32_t received, const char *want)
{
    smh_diag diag = {0};
    sheet *s = sheet_of(79);
    diag.stage = stage;
    diag.result = result;
    diag.sent = sent;
    diag.received = received;
    smh_put_diag(&s->out, &diag);
    assert_sheet(s, want, 79);
}

static void diag_tells_stage_or_bytes(void **state)
{
    (void)state;
    assert_diag(SMH_STAGE_NONE, 0, 0, 0, "not opened: ");
    assert_diag(SMH_STAGE_SET_UP, 0, 0, 0, "set-up: ");
    assert_diag(SMH_STAGE_RESOLVE, 0, 0, 0, "look-up: ");
    assert_diag(SMH_STAGE_CONNECT, 0, 7, 4294967295u,
                "connection, bytes sent 7, received 4294967295");
    assert_diag(SMH_STAGE_CONNECT, SMH_E_NETWORK, 0, 0, "connection: ");
    assert_diag(SMH_STAGE_HANDSHAKE, SMH_E_TLS, 0, 0, "handshake: ");
    assert_diag(SMH_STAGE_HANDSHAKE, 0, 517, 0,
                "handshake, bytes sent 517, received 0");
    assert_diag(SMH_STAGE_WRITE, 0, 0, 3, "sending, bytes sent 0, received 3");
    assert_diag(SMH_STAGE_READ, SMH_E_CLOSED, 1, 1, "receiving: ");
    assert_diag(SMH_STAGE_CLOSE, SMH_E_CLOSED, 1, 1, "closing: ");
}

/* ---- how a call ended ---------------------------------------------------- */

static void assert_explained(const talk *t, const char *want)
{
    size_t size;
    char text[200];
    assert_string_equal(smh_explain(&t->call, text, 0), "");
    for (size = 1; size <= strlen(want) + 2; size++) {
        size_t n = strlen(want) < size ? strlen(want) : size - 1;
        memset(text, 'g', sizeof text);
        assert_ptr_equal(smh_explain(&t->call, text, size), text);
        assert_int_equal(strlen(text), n);
        assert_memory_equal(text, want, n);
        assert_int_equal(text[size], 'g');
    }
}

static void failure_below_is_asked_of_the_port(void **state)
{
    talk *t = talk_new(1, 64, 0);
    (void)state;
    t->s->answers = 0;
    assert_int_equal(talk_run(t), SMH_E_CLOSED);
    assert_explained(t, "server closed before its answer was whole: opened 1");
    t = talk_new(1, 64, 0);
    t->s->hold = 9;
    assert_int_equal(talk_run(t), SMH_E_TIMEOUT);
    assert_explained(t, "deadline passed: opened 1");
}

static void what_no_port_knows_is_not_asked(void **state)
{
    talk *t = talk_new(1, 64, 0);
    smh_port_ops ops = *t->io.port.ops;
    (void)state;
    assert_int_equal(talk_run(t), SMH_DONE);
    assert_explained(t, "done");
    t = talk_new(1, 64, 0);
    t->s->reply = (bytes)BYTES("HTTP/1.1 404 x\r\n");
    assert_int_equal(talk_run(t), 404);
    assert_explained(t, "404: wrong host, library id or secret");
    t = talk_new(1, 64, 0);
    t->s->hold = 9;
    assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
    assert_int_equal(smh_step(&t->call), 0);
    assert_explained(t, "not finished");
    t->io.resume = 9;
    assert_int_equal(smh_revoke(&t->call, &t->scope, &t->io), SMH_E_RANGE);
    assert_explained(t, smh_strerror(SMH_E_RANGE));
    t->io.resume = 0;
    assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
    assert_int_equal(smh_cancel(&t->call), SMH_E_CANCELLED);
    assert_explained(t, smh_strerror(SMH_E_CANCELLED)); /* not opened yet */
    t->io.port.ops = NULL;
    assert_int_equal(smh_revoke(&t->call, &t->scope, &t->io), SMH_E_NO_PORT);
    assert_explained(t, smh_strerror(SMH_E_NO_PORT));
    assert_int_equal(smh_revoke(&t->call, &t->scope, NULL), SMH_E_ARGUMENT);
    assert_explained(t, smh_strerror(SMH_E_ARGUMENT));
    t = talk_new(1, 64, 0);
    ops.explain = NULL;
    t->io.port.ops = &ops;
    t->s->answers = 0;
    assert_int_equal(talk_run(t), SMH_E_CLOSED);
    assert_explained(t, smh_strerror(SMH_E_CLOSED));
}

int words_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_result_has_its_own_words),
        RUN(any_number_has_words),
        RUN(words_do_not_call_failure_success),
        RUN(text_is_cut_off_at_its_end),
        RUN(numbers_are_as_printf_has_them),
        RUN(names_are_quoted),
        RUN(diag_tells_stage_or_bytes),
        RUN(failure_below_is_asked_of_the_port),
        RUN(what_no_port_knows_is_not_asked),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}

#else

/* Without words everything is asked as before, and nothing is said. */
static void nothing_is_said(void **state)
{
    talk *t = talk_new(1, 64, 0);
    char text[8] = "ggggggg";
    (void)state;
    t->s->answers = 0;
    assert_int_equal(talk_run(t), SMH_E_CLOSED);
    assert_string_equal(smh_strerror(SMH_E_CLOSED), "");
    assert_string_equal(smh_explain(&t->call, text, 0), "");
    assert_ptr_equal(smh_explain(&t->call, text, sizeof text), text);
    assert_string_equal(text, "");
}

int words_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(nothing_is_said),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}

#endif
