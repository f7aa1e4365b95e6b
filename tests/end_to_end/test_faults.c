/* Whatever goes wrong with whichever request: the right result, nothing
 * claimed that was not confirmed, and a second call that resumes does
 * exactly the rest. */
#include "tests/support/outcomes.h"
#include "world.h"

enum { USERS = 25, REQUESTS = 3 };

/* 25 users with a phone and a laptop each, whose phones are to go. */
static void fill_world(void)
{
    static const char *const phone[] = {"phone"};
    unsigned i;
    world_reset(NULL);
    number_ids(SMH_USERS, USERS, 70);
    give_ids(SMH_CLIENTS, phone, 1);
    for (i = 0; i < USERS; i++) {
        token(w.scope.users->items[i], "phone", "s");
        token(w.scope.users->items[i], "laptop", NULL);
    }
    token("user-000", "phone", NULL);
    token(NULL, "phone", NULL);
}

/* With one request in flight it is known what happened on the server. */
static void check_strictly(const outcome *o, unsigned n, int result)
{
    uint32_t done = n - 1 + (o->done ? 1u : 0u);
    if (result == SMH_DONE) {
        assert_int_equal(requests_seen(), REQUESTS + o->again);
        model_revoke(0, REQUESTS);
    } else {
        assert_int_equal(requests_seen(), n);
        model_revoke(0, done);
        assert_in_range(w.call.report.confirmed, n - 1, done);
    }
    check_left();
}

static void check_resumed(void)
{
    uint32_t resume = w.call.report.resume;
    unsigned before = requests_seen();
    standin_faults(&w.server, "");
    w.io.resume = resume;
    revoke_as(SMH_DONE);
    assert_int_equal(requests_seen() - before, REQUESTS - resume);
    model_revoke(0, REQUESTS);
    check_left();
}

static void check_fault(const outcome *o, unsigned n, size_t size,
                        uint16_t pipeline)
{
    char fault[64];
    int result;
    fill_world();
    snprintf(fault, sizeof fault, "%u:%s", n, o->fault);
    standin_faults(&w.server, fault);
    w.io.size = size;
    w.io.pipeline = pipeline;
    result = revoke();
    if (pipeline == 1) {
        if (!outcome_allows(o, n, result))
            fail_msg("%s: %d %s", fault, result, w.words);
        check_strictly(o, n, result);
    }
    assert_true(result == SMH_DONE || w.call.report.confirmed < REQUESTS);
    check_resumed();
}

static void check_faults(size_t size, uint16_t pipeline)
{
    size_t i;
    unsigned n;
    for (i = 0; i < outcome_count; i++)
        for (n = 1; n <= REQUESTS; n++)
            if ((i + n) % thin() == 0)
                check_fault(&outcomes[i], n, size, pipeline);
}

static void with_a_buffer_of_64_bytes(void **state)
{
    (void)state;
    check_faults(64, 1);
}

static void with_a_buffer_of_64_kilobytes(void **state)
{
    (void)state;
    check_faults(65536, 1);
}

static void with_requests_in_flight(void **state)
{
    (void)state;
    check_faults(200, 8);
}

/* In flight, what was asked for behind a failure may still be carried out,
 * but a status that comes is the one of the oldest request. */
static void in_flight_the_first_failure_counts(void **state)
{
    (void)state;
    fill_world();
    standin_faults(&w.server, "2:status:429 3:status:500");
    w.io.pipeline = 8;
    revoke_as(429);
    assert_int_equal(w.call.report.confirmed, 1);
    check_resumed();
}

static void every_answer_closed_is_served_to_the_end(void **state)
{
    static const char *const faults[] = {"*:close-after", "*:no-notify"};
    uint16_t pipeline;
    (void)state;
    for (pipeline = 1; pipeline <= 3; pipeline = (uint16_t)(pipeline + 2)) {
        fill_world();
        standin_faults(&w.server, faults[pipeline / 2]);
        w.io.pipeline = pipeline;
        revoke_as(SMH_DONE);
        model_revoke(0, REQUESTS);
        check_left();
        assert_int_equal(seen("tls "), REQUESTS);
        assert_int_equal(seen(" resumed"), 0);
    }
}

/* A server that never answers is not hammered. */
static void no_answer_is_not_asked_for_again(void **state)
{
    (void)state;
    fill_world();
    standin_faults(&w.server, "*:close-before");
    revoke_as(SMH_E_CLOSED);
    assert_int_equal(requests_seen(), 1);

    fill_world();
    standin_faults(&w.server, "2:close-before 3:close-before");
    revoke_as(SMH_E_CLOSED);
    assert_int_equal(requests_seen(), 3);
    assert_int_equal(w.call.report.confirmed, 1);
    check_resumed();
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    fill_world();
    standin_faults(&w.server, "1:status:307");
    revoke_as(307);
    assert_int_equal(requests_seen(), 1);
    assert_int_equal(seen("tls "), 1);
}

int faults_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_buffer_of_64_bytes),
        cmocka_unit_test(with_a_buffer_of_64_kilobytes),
        cmocka_unit_test(with_requests_in_flight),
        cmocka_unit_test(in_flight_the_first_failure_counts),
        cmocka_unit_test(every_answer_closed_is_served_to_the_end),
        cmocka_unit_test(no_answer_is_not_asked_for_again),
        cmocka_unit_test(a_redirect_is_not_followed),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
