/* Words, retries and pauses. */
#include "support.h"
#include "tests.h"

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
    (void)state;
    for (i = 0; i < sizeof odd / sizeof *odd; i++) {
        assert_non_null(smh_strerror(odd[i]));
        assert_true(*smh_strerror(odd[i]) != '\0');
    }
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
}

static void only_what_may_pass_is_retryable(void **state)
{
    static const int yes[] = {429,           500,          502,
                              503,           504,          SMH_E_RESOLVE,
                              SMH_E_NETWORK, SMH_E_CLOSED, SMH_E_TIMEOUT};
    size_t found = 0, i;
    int n;
    (void)state;
    for (n = -100; n < 1000; n++) {
        int want = 0;
        for (i = 0; i < sizeof yes / sizeof *yes; i++)
            want |= yes[i] == n;
        assert_int_equal(smh_retryable(n), want);
        found += (size_t)want;
    }
    assert_int_equal(found, sizeof yes / sizeof *yes);
}

/* The largest and the smallest pause that any random word gives. */
static void assert_pause(unsigned attempt, uint32_t base, uint32_t cap,
                         uint32_t most)
{
    uint32_t least = most - most / 2, seen_most = 0, seen_least = UINT32_MAX;
    unsigned i;
    for (i = 0; i < 2000; i++) {
        uint32_t word = i == 0   ? UINT32_MAX
                        : i == 1 ? 0
                        : i == 2 ? most / 2
                                 : chance(UINT32_MAX);
        uint32_t ms = smh_backoff(attempt, base, cap, word);
        seen_most = ms > seen_most ? ms : seen_most;
        seen_least = ms < seen_least ? ms : seen_least;
    }
    assert_int_equal(seen_most, most);
    assert_int_equal(seen_least, least);
}

static void pause_doubles_up_to_its_cap(void **state)
{
    (void)state;
    chance_seed(3);
    assert_pause(1, 100, 5000, 100);
    assert_pause(2, 100, 5000, 200);
    assert_pause(3, 100, 5000, 400);
    assert_pause(6, 100, 5000, 3200);
    assert_pause(7, 100, 5000, 5000);
    assert_pause(8, 100, 5000, 5000);
    assert_pause(UINT_MAX, 100, 5000, 5000);
    assert_pause(0, 100, 5000, 100);
}

static void pause_has_no_overflow(void **state)
{
    (void)state;
    assert_pause(1, 0, 0, 0);
    assert_pause(UINT_MAX, 0, 5000, 0);
    assert_pause(9, 7000, 5000, 5000);
    assert_pause(9, 1, 0, 0);
    assert_pause(2, 0x80000000u, UINT32_MAX, UINT32_MAX);
    assert_pause(32, 1, UINT32_MAX, 0x80000000u);
    assert_pause(33, 1, UINT32_MAX, UINT32_MAX);
    assert_pause(2, 0x7fffffffu, UINT32_MAX, 0xfffffffeu);
    assert_pause(2, UINT32_MAX, UINT32_MAX, UINT32_MAX);
}

int helpers_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_result_has_its_own_words),
        RUN(any_number_has_words),
        RUN(words_do_not_call_failure_success),
        RUN(only_what_may_pass_is_retryable),
        RUN(pause_doubles_up_to_its_cap),
        RUN(pause_has_no_overflow),
    };
    return cmocka_run_group_tests_name("helpers", tests, NULL, NULL);
}
