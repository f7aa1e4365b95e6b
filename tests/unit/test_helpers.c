/* Retries and pauses. */
#include "unit.h"

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
    assert_pause(2, 2500, 5001, 5000);
    assert_pause(2, 2501, 5001, 5001);
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

/* The same word gives the same pause: 5000 to 2501 ms here, word by word, and
 * from 0 again behind half of it. */
static void any_word_picks_its_pause(void **state)
{
    static const uint32_t rows[][2] = {
        {0, 5000},    {1, 4999},           {2499, 2501}, {2500, 2500},
        {2501, 5000}, {2502, 4999},        {4095, 3406}, {4096, 5000},
        {8191, 3406}, {0xFFFFF000u, 5000},
    };
    static const uint32_t small[] = {7, 6, 5, 4};
    size_t i;
    uint32_t word;
    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(smh_backoff(1, 5000, 5000, rows[i][0]), rows[i][1]);
    for (word = 0; word < 16; word++)
        assert_int_equal(smh_backoff(1, 7, 9, word), small[word % 4]);
}

int helpers_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(only_what_may_pass_is_retryable),
        RUN(pause_doubles_up_to_its_cap),
        RUN(pause_has_no_overflow),
        RUN(any_word_picks_its_pause),
    };
    return cmocka_run_group_tests_name("helpers", tests, NULL, NULL);
}
