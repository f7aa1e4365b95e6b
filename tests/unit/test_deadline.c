/* One deadline for the whole call, whatever the clock and the port do. */
#include "unit.h"
#include "talk.h"

enum { TIMEOUT = 1000 };

/* ---- the clock ----------------------------------------------------------- */

static talk *slow_talk(uint32_t clock)
{
    talk *t = talk_new(21, 7, 2);
    t->io.timeout_ms = TIMEOUT;
    t->s->patience = TIMEOUT;
    t->s->clock = clock;
    t->s->lazy = 1;
    return t;
}

/* The clock may begin anywhere and wrap anywhere. */
static void wrap_of_the_clock_changes_nothing(void **state)
{
    talk *plain = slow_talk(0), *t;
    uint32_t before, took;
    (void)state;
    assert_int_equal(talk_run(plain), SMH_DONE);
    took = plain->s->clock;
    assert_true(took > 20 && took < TIMEOUT);
    for (before = 0; before <= took + 1; before++) {
        t = slow_talk(0u - before);
        assert_int_equal(talk_run(t), SMH_DONE);
        assert_int_equal(t->s->clock, took - before);
        assert_int_equal(t->s->calls, plain->s->calls);
        assert_int_equal(t->s->waits, plain->s->waits);
    }
    t = slow_talk(0x7fffffffu - took / 2);
    assert_int_equal(talk_run(t), SMH_DONE);
    assert_int_equal(t->s->calls, plain->s->calls);
}

/* Nothing happens any more; when is it over? */
static void assert_over_in_time(uint32_t begun, uint32_t timeout, uint32_t want)
{
    talk *t = slow_talk(begun);
    t->io.timeout_ms = timeout;
    t->s->patience = want;
    t->s->hold = 100;
    assert_int_equal(talk_run(t), SMH_E_TIMEOUT);
    assert_int_equal(t->s->clock - begun, want);
    assert_int_equal(t->s->at_once, 1);
}

static void silence_ends_with_the_deadline(void **state)
{
    static const uint32_t begun[] = {0,           1,           0x7fffff00u,
                                     0x80000000u, 0xffffff00u, UINT32_MAX};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof begun / sizeof *begun; i++) {
        assert_over_in_time(begun[i], 50, 50);
        assert_over_in_time(begun[i], 1000, 1000);
        assert_over_in_time(begun[i], 0, SMH_TIMEOUT_MS);
        assert_over_in_time(begun[i], 0x7fffffffu, 0x7fffffffu);
        assert_over_in_time(begun[i], 0x80000000u, 0x80000000u);
        assert_over_in_time(begun[i], UINT32_MAX, UINT32_MAX);
    }
}

/* Only a 204 gives more time: a server that drips gets none for what it says,
 * and not for an interim answer either. */
static void dripping_does_not_put_it_off(void **state)
{
    static const bytes drips[] = {
        BYTES("HTTP/1.1 204 No Content\r\nX-Request-Id: 0123456789abcdef\r\n"),
        BYTES("HTTP/1.1 404"),
#if SMH_INTERIM_MAX > 0
        BYTES("HTTP/1.1 103 \r\n\r\nHTTP/1.1 204 No Content\r\nX: y\r\n"),
#endif
    };
    size_t i;
    uint32_t timeout;
    (void)state;
    for (i = 0; i < sizeof drips / sizeof *drips; i++)
        for (timeout = 1; timeout < 300; timeout += 7) {
            talk *t = talk_new(21, 4096, 0);
            t->s->reply = drips[i];
            t->s->recv_most = 1;
            t->s->lazy = 3;
            t->io.timeout_ms = timeout;
            t->s->patience = timeout;
            assert_int_equal(talk_run(t), SMH_E_TIMEOUT);
            assert_int_equal(t->s->clock, timeout);
            t->io.timeout_ms = 100000;
            talk_resume(t);
        }
}

/* A call with many requests takes as long as it takes, if none of them takes
 * longer than allowed. */
static void time_counts_anew_from_each_204(void **state)
{
    uint32_t each = 0, timeout;
    int r = SMH_E_TIMEOUT;
    (void)state;
    for (timeout = 100; r == SMH_E_TIMEOUT && timeout < 2000; timeout += 10) {
        talk *t = talk_new(55, 4096, 0); /* six requests */
        t->s->lazy = 100;
        t->io.timeout_ms = timeout;
        t->s->patience = timeout;
        r = talk_run(t);
        each = timeout;
        if (r == SMH_DONE)
            assert_true(t->s->clock > 4 * each);
    }
    assert_int_equal(r, SMH_DONE);
}

/* The clock is asked before anything is looked at. */
static smh_list late_list;
static const char *const late_ids[] = {"alice"};

static uint32_t now_and_fill(void *ctx)
{
    late_list.items = late_ids;
    late_list.count = 1;
    return ((server *)ctx)->clock;
}

static void measuring_is_within_the_limit(void **state)
{
    talk *t = talk_new(1, 64, 0);
    smh_port_ops ops = *t->io.port.ops;
    (void)state;
    ops.now_ms = now_and_fill;
    t->io.port.ops = &ops;
    t->scope.users = &late_list;
    late_list.count = 0;
    assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
    t->s->clock += t->io.timeout_ms;
    assert_int_equal(smh_step(&t->call), SMH_E_TIMEOUT);
    assert_int_equal(t->s->calls, 0);
}

/* A peer that feeds for ever gives the caller a turn all the same: a signal or
 * the deadline ends it. */
static void fed_for_ever_is_ended_at_the_next_step(void **state)
{
    static char flood[4096];
    talk *t = talk_new(1, 4096, 0);
    int steps;
    (void)state;
    memset(flood, 'x', sizeof flood);
    memcpy(flood, "HTTP/1.1 204 ", 13);
    t->s->reply.data = flood;
    t->s->reply.size = sizeof flood;
    t->s->recv_most = 1;
    assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
    for (steps = 0; steps < 5; steps++) {
        unsigned long receives = t->s->receives;
        assert_int_equal(smh_step(&t->call), 0);
        assert_true(t->s->receives - receives <= 8);
        assert_int_equal(smh_wait(&t->call, UINT32_MAX), 0);
        assert_int_equal(t->s->waits, 0);
    }
    t->s->clock += t->io.timeout_ms;
    assert_int_equal(smh_step(&t->call), SMH_E_TIMEOUT);
    talk_again(t);
    t->s->reply.data = flood;
    t->s->reply.size = sizeof flood;
    t->s->recv_most = 1;
    assert_int_equal(talk_step(t, 3), SMH_E_CANCELLED);
}

/* Without a wait the clock is looked at before each call; here each takes 1
 * ms. */
static void busy_port_meets_the_deadline_too(void **state)
{
    uint32_t timeout, started = 0xfffffff0u;
    (void)state;
    for (timeout = 1; timeout < 60; timeout++) {
        talk *t = talk_new(21, 7, 3);
        t->s->hold = 100;
        t->s->clock = started;
        t->s->tick = 1;
        t->io.timeout_ms = timeout;
        t->s->patience = timeout;
        assert_int_equal(talk_run(t), SMH_E_TIMEOUT);
        assert_true(t->s->clock - started >= timeout);
        assert_true(t->s->clock - started <= timeout + 3);
        assert_int_equal(t->s->at_once, 1);
    }
}

/* Stepping alone, with a clock that goes on by itself. */
static void stepping_meets_the_deadline(void **state)
{
    talk *t = slow_talk(0xffffff80u);
    int steps, r;
    (void)state;
    t->s->hold = 100;
    r = smh_begin(&t->call, &t->scope, &t->io);
    for (steps = 0; r == 0 && steps < 1000; steps++) {
        r = smh_step(&t->call);
        t->s->clock += 100;
    }
    assert_int_equal(r, SMH_E_TIMEOUT);
    assert_int_equal(steps, 11);
    assert_false(t->s->is_open);
}

static void deadline_before_the_first_step(void **state)
{
    talk *t = slow_talk(5);
    (void)state;
    assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
    t->s->clock += TIMEOUT;
    assert_int_equal(smh_wait(&t->call, UINT32_MAX), 0);
    assert_int_equal(t->s->waits, 0);
    assert_int_equal(smh_step(&t->call), SMH_E_TIMEOUT);
    assert_int_equal(t->s->calls, 0);
}

/* Cancelled before anything was opened: there is nothing to close. */
static void cancelled_before_the_first_step(void **state)
{
    talk *t = slow_talk(5);
    (void)state;
    assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
    assert_int_equal(smh_cancel(&t->call), SMH_E_CANCELLED);
    assert_int_equal(smh_step(&t->call), SMH_E_CANCELLED);
    assert_int_equal(t->s->calls, 0);
}

/* A wait of less than what is left is no deadline; one of all that is left, or
 * of more, is. */
static void wait_ends_early_if_wished(void **state)
{
    static const uint32_t rests[] = {400, 401, UINT32_MAX};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        talk *t = talk_new(21, 4096, 2);
        t->s->clock = UINT32_MAX - 100;
        t->s->hold = 100;
        assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
        assert_int_equal(smh_step(&t->call), 0);
        t->s->patience = 600;
        assert_int_equal(smh_wait(&t->call, 0), 0);
        assert_int_equal(t->s->waits, 0);
        assert_int_equal(smh_wait(&t->call, 1), 0);
        assert_int_equal(smh_wait(&t->call, 599), 0);
        assert_int_equal(t->s->waits, 2);
        assert_int_equal(t->s->clock, 499);
        assert_int_equal(smh_step(&t->call), 0);
        assert_int_equal(smh_wait(&t->call, rests[i]), 0);
        assert_int_equal(t->s->clock, 899);
        assert_int_equal(smh_step(&t->call), SMH_E_TIMEOUT);
        assert_null(t->s->broken_rule);
    }
}

/* So it is if the clock stands still. */
static void wait_for_the_rest_is_the_deadline(void **state)
{
    talk *t = slow_talk(0);
    (void)state;
    t->s->hold = 100;
    t->s->wait_sticks = 1;
    t->s->wait_returns = SMH_AGAIN;
    assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
    assert_int_equal(smh_step(&t->call), 0);
    assert_int_equal(smh_wait(&t->call, TIMEOUT - 1), 0);
    assert_int_equal(smh_step(&t->call), 0);
    assert_int_equal(smh_wait(&t->call, TIMEOUT), 0);
    assert_int_equal(smh_step(&t->call), SMH_E_TIMEOUT);
    assert_int_equal(t->s->clock, 0);
}

/* ---- ports that never say anything else ---------------------------------- */

static void port_that_says_again_for_ever(void **state)
{
    long at;
    (void)state;
    for (at = 0; at < 30; at++) {
        talk *t = talk_new(21, 64, 2);
        int r;
        t->s->fault_at = at;
        t->s->fault = SMH_AGAIN;
        t->s->fault_stays = 1;
        r = talk_run(t);
        assert_true(r == SMH_E_TIMEOUT || r == SMH_DONE);
        if (t->s->calls <= (unsigned long)at)
            break;
        assert_int_equal(t->s->clock, t->io.timeout_ms);
        assert_int_equal(t->s->at_once, 1);
        assert_true(t->s->waits <= 2);
    }
}

/* A wait that always hopes, and goes on by a ms each time. */
static void wait_that_returns_1_for_ever(void **state)
{
    talk *t = talk_new(21, 64, 2);
    (void)state;
    t->s->hold = 100;
    t->s->wait_returns = 1;
    assert_int_equal(talk_run(t), SMH_E_TIMEOUT);
    assert_int_equal(t->s->clock, t->io.timeout_ms);
}

static void wait_that_fails(void **state)
{
    static const struct {
        int answer, result;
    } rows[] = {
        {SMH_E_NETWORK, SMH_E_NETWORK}, {SMH_E_MEMORY, SMH_E_MEMORY},
        {SMH_E_HOST, SMH_E_PORT},       {2, SMH_E_PORT},
        {INT_MAX, SMH_E_PORT},          {-99, SMH_E_PORT},
        {INT_MIN, SMH_E_PORT},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        talk *t = talk_new(21, 64, 2);
        t->s->hold = 100;
        t->s->wait_returns = rows[i].answer;
        assert_int_equal(talk_run(t), rows[i].result);
        assert_int_equal(t->s->waits, 1);
    }
}

/* Waits in slices, to look at a signal in between, fail as well. */
static void slice_that_fails(void **state)
{
    static const int answers[] = {SMH_E_NETWORK, SMH_E_MEMORY, SMH_E_HOST, 2};
    size_t i;
    (void)state;
    for (i = 0; i < 5; i++) {
        talk *t = talk_new(21, 4096, 2);
        smh_port_ops ops = *t->io.port.ops;
        t->s->hold = 100;
        if (i == 4)
            ops.wait = NULL;
        else
            t->s->wait_returns = answers[i];
        t->io.port.ops = &ops;
        assert_int_equal(smh_begin(&t->call, &t->scope, &t->io), 0);
        assert_int_equal(smh_wait(&t->call, 10), 0); /* nothing to wait for */
        assert_int_equal(smh_step(&t->call), 0);
        assert_int_equal(smh_wait(&t->call, 10), 0);
        assert_int_equal(smh_step(&t->call), i < 2 ? answers[i] : SMH_E_PORT);
        assert_int_equal(t->s->at_once, 1);
    }
}

/* Who only steps needs no wait; who waits is told. */
static void port_without_a_wait(void **state)
{
    talk *t = talk_new(21, 64, 2);
    smh_port_ops ops = *t->io.port.ops;
    (void)state;
    ops.wait = NULL;
    t->io.port.ops = &ops;
    t->s->lazy = 1;
    assert_int_equal(talk_step(t, INT_MAX), SMH_DONE);
    talk_again(t);
    t->s->lazy = 1;
    assert_int_equal(talk_run(t), SMH_E_PORT);
    assert_int_equal(t->s->at_once, 1);
}

/* ---- a clock that stands still ------------------------------------------- */

static void stuck_clock_is_found_by_counting(void **state)
{
    talk *t = talk_new(21, 64, 2);
    (void)state;
    t->s->hold = 100;
    t->s->wait_returns = 1;
    t->s->wait_sticks = 1;
    assert_int_equal(talk_run(t), SMH_E_CLOCK);
    assert_int_equal(t->s->waits, SMH_SPINS_MAX);
    assert_int_equal(t->s->at_once, 1);
}

/* Whoever waits in slices finds it by the same count. */
static void stuck_clock_is_found_in_slices(void **state)
{
    talk *t = talk_new(21, 4096, 2);
    int r;
    (void)state;
    t->s->hold = 100;
    t->s->wait_returns = 1;
    t->s->wait_sticks = 1;
    r = smh_begin(&t->call, &t->scope, &t->io);
    while (r == 0 && (r = smh_step(&t->call)) == 0)
        r = smh_wait(&t->call, 10);
    assert_int_equal(r, SMH_E_CLOCK);
    assert_int_equal(t->s->waits, SMH_SPINS_MAX);
}

/* Before the connection is open and while it closes, too. */
static void stuck_clock_at_either_end(void **state)
{
    talk *t = talk_new(21, 64, 2);
    (void)state;
    t->s->open_again = UINT_MAX;
    t->s->wait_returns = 1;
    t->s->wait_sticks = 1;
    assert_int_equal(talk_run(t), SMH_E_CLOCK);
    t = talk_new(21, 64, 2);
    t->s->close_again = UINT_MAX;
    t->s->wait_returns = 1;
    t->s->wait_sticks = 1;
    assert_int_equal(talk_run(t), SMH_DONE);
    assert_int_equal(t->s->at_once, 1);
}

/* Whoever waited for all that was left has met the deadline, whatever the clock
 * says of it. */
static void stuck_clock_and_honest_wait_meet_the_deadline(void **state)
{
    static const uint32_t timeouts[] = {1, 1000, UINT32_MAX};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        talk *t = talk_new(21, 64, 2);
        t->io.timeout_ms = t->s->patience = timeouts[i];
        t->s->hold = 100;
        t->s->wait_sticks = 1;
        assert_int_equal(talk_run(t), SMH_E_TIMEOUT);
        assert_int_equal(t->s->waits, 1);
    }
}

/* A tick now and then starts the counting anew. */
static void slow_clock_is_not_stuck(void **state)
{
#if SMH_SPINS_MAX <= 100
    talk *t = talk_new(21, 64, 0);
    int r = smh_begin(&t->call, &t->scope, &t->io);
    unsigned i;
    (void)state;
    t->s->hold = 100;
    t->s->wait_returns = 1;
    t->s->wait_sticks = 1;
    for (i = 0; i < 2000 && r == 0; i++) {
        t->s->clock += i % (SMH_SPINS_MAX - 2) == 0;
        r = smh_step(&t->call);
        r = r == 0 ? smh_wait(&t->call, UINT32_MAX) : r;
    }
    assert_int_equal(r, 0);
    assert_int_equal(smh_cancel(&t->call), SMH_E_CANCELLED);
#else
    (void)state;
#endif
}

int deadline_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(wrap_of_the_clock_changes_nothing),
        RUN(silence_ends_with_the_deadline),
        RUN(dripping_does_not_put_it_off),
        RUN(time_counts_anew_from_each_204),
        RUN(measuring_is_within_the_limit),
        RUN(fed_for_ever_is_ended_at_the_next_step),
        RUN(busy_port_meets_the_deadline_too),
        RUN(stepping_meets_the_deadline),
        RUN(deadline_before_the_first_step),
        RUN(cancelled_before_the_first_step),
        RUN(wait_ends_early_if_wished),
        RUN(wait_for_the_rest_is_the_deadline),
        RUN(port_that_says_again_for_ever),
        RUN(wait_that_returns_1_for_ever),
        RUN(wait_that_fails),
        RUN(slice_that_fails),
        RUN(port_without_a_wait),
        RUN(stuck_clock_is_found_by_counting),
        RUN(stuck_clock_is_found_in_slices),
        RUN(stuck_clock_at_either_end),
        RUN(stuck_clock_and_honest_wait_meet_the_deadline),
        RUN(slow_clock_is_not_stuck),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
