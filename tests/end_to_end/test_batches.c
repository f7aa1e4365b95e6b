/* What is deleted is exactly what was asked for, whatever the ids, the
 * numbers and the buffer; the server sees exactly the lines that the writer
 * shows masked. */
#include "world.h"

/* The requests of the journal are those of smh_write(), masked, in order. */
static void check_lines(void)
{
    char *journal = standin_journal(&w.server), *at = journal;
    static char line[16384];
    smh_plan plan;
    smh_batch batch;
    memset(&batch, 0, sizeof batch);
    assert_int_equal(smh_check(&w.scope, &plan), 0);
    while (smh_next(&plan, &batch)) {
        size_t size = smh_write(&plan, &batch, 1, 0, line, sizeof line - 1);
        line[size] = '\0';
        *strstr(line, " HTTP/1.1") = '\0';
        at = strstr(at, " DELETE ");
        assert_non_null(at);
        assert_memory_equal(++at, line, strlen(line));
        at += strlen(line);
        assert_memory_equal(at, " 204\n", 5);
    }
    assert_null(strstr(at, " DELETE "));
    free(journal);
}

static void check_all_done(uint32_t requests)
{
    revoke_as(SMH_DONE);
    assert_int_equal(w.call.report.confirmed, w.call.report.requests);
    if (requests)
        assert_int_equal(w.call.report.requests, requests);
    assert_int_equal(requests_seen(), w.call.report.requests);
    model_revoke(0, w.call.report.requests);
    check_left();
    check_lines();
}

static void one_user(void **state)
{
    (void)state;
    token("alice", "phone", "1");
    token("alice", NULL, NULL);
    token("alic", "phone", "1");
    token("alice2", "phone", "1");
    token("Alice", "phone", "1");
    token("bob", "alice", "alice");
    token(NULL, "alice", "alice");
    check_all_done(1);
}

static void both_filters_must_match(void **state)
{
    static const char *const phone[] = {"phone"};
    static const char *const sessions[] = {"1", "2"};
    (void)state;
    give_ids(SMH_CLIENTS, phone, 1);
    give_ids(SMH_SESSIONS, sessions, 2);
    token("alice", "phone", "1");
    token("alice", "phone", "3");
    token("alice", "laptop", "1");
    token("alice", "phone", NULL);
    token("alice", NULL, "2");
    token("bob", "phone", "2");
    token("alice", "phone", "2");
    check_all_done(1);
}

/* A wrong encoding of one of the first would hit one of the others, or be
 * refused. */
static const char *const odd[] = {
    "a b", "a+b", "a%20b", "a%2Cb", "a&user_id=c", "a=b",    "a/b",
    "..",  "a?b", "a#b",   "a\"b",  "\303\244",    "a\001b", "a\r\nb",
    "-",   "%",   "a;b",   "a\\b",  "\377\376",    "***",    "<a>",
    "a~b", "a'b", "a(b)",  "a:b",   "[a]",         "{a}",    "a|b^c`d",
};
static const char *const near_odd[] = {
    "a", "b", "ab", "c", "a%2Bb", "a,b", "a%252Cb", "a%2520b", "A B", "_", "a~",
};
enum {
    ODD = sizeof odd / sizeof *odd,
    NEAR = sizeof near_odd / sizeof *near_odd
};

static void odd_ids(void **state)
{
    unsigned i;
    int kind;
    for (kind = SMH_USERS; kind <= SMH_SESSIONS; kind++) {
        world_reset(state);
        give_ids(kind, odd, ODD);
        for (i = 0; i < ODD + NEAR; i++) {
            const char *id = i < ODD ? odd[i] : near_odd[i - ODD];
            token(kind == SMH_USERS ? id : "alice",
                  kind == SMH_CLIENTS ? id : NULL,
                  kind == SMH_SESSIONS ? id : NULL);
        }
        check_all_done(kind == SMH_USERS ? 3 : 1);
    }
}

static void full_lists(void **state)
{
    unsigned i;
    (void)state;
    number_ids(SMH_USERS, 10, 0);
    number_ids(SMH_CLIENTS, 100, 0);
    number_ids(SMH_SESSIONS, 100, 0);
    for (i = 0; i < 100; i++) {
        token(w.scope.users->items[i % 10], w.scope.clients->items[i],
              w.scope.sessions->items[99 - i]);
        token("user-010", w.scope.clients->items[i], NULL);
    }
    check_all_done(1);
}

static void longer_lists(void **state)
{
    unsigned i;
    (void)state;
    number_ids(SMH_USERS, 25, 0);
    number_ids(SMH_CLIENTS, 150, 0);
    number_ids(SMH_SESSIONS, 101, 0);
    for (i = 0; i < 600; i += thin()) {
        char user[16], client[16], session[16];
        sprintf(user, "user-%03u", i * 7 % 26);
        sprintf(client, "client-%03u", i * 11 % 155);
        sprintf(session, "session-%03u", i * 13 % 103);
        token(user, client, session);
    }
    check_all_done(12);
}

static void twenty_five_users(void **state)
{
    unsigned i;
    (void)state;
    number_ids(SMH_USERS, 25, 0);
    for (i = 0; i < 25; i++)
        token(w.scope.users->items[i], NULL, NULL);
    token("user-025", NULL, NULL);
    check_all_done(3);
}

/* 10 users, 100 clients and 100 sessions of 64 bytes: many lines of 8000
 * bytes, the same through any buffer. */
static void any_buffer_sends_the_same(void **state)
{
    static const size_t sizes[] = {64, 999, 8200, 65536};
    char *first = NULL, *journal;
    size_t i;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        world_reset(state);
        number_ids(SMH_USERS, 10, 64);
        number_ids(SMH_CLIENTS, 100, 64);
        number_ids(SMH_SESSIONS, 100, 64);
        token(w.scope.users->items[9], w.scope.clients->items[99],
              w.scope.sessions->items[99]);
        token(w.scope.users->items[0], w.scope.clients->items[50], NULL);
        w.io.size = sizes[i];
        w.io.timeout_ms = 600000;
        check_all_done(0);
        journal = standin_journal(&w.server);
        journal[0] =
            '-'; /* behind the facts of the handshake all is the same */
        if (first)
            assert_string_equal(strchr(first, '\n'), strchr(journal, '\n'));
        free(first);
        first = journal;
    }
    free(first);
}

/* Even a byte at a time, in and out. */
static void a_buffer_of_one_byte(void **state)
{
    (void)state;
    token("alice", NULL, NULL);
    token("bob", NULL, NULL);
    w.io.size = 1;
    check_all_done(1);
}

static void wrong_secrets_and_libraries(void **state)
{
    (void)state;
    token("alice", NULL, NULL);
    w.scope.library_secret = "wrong";
    revoke_as(404);
    w.scope.library_secret = STANDIN_SECRET "x";
    revoke_as(404);
    w.scope.library_secret = STANDIN_SECRET;
    w.scope.library_id = "smh0other";
    revoke_as(404);
    assert_int_equal(w.call.report.confirmed, 0);
    check_left();
}

/* Only what the resume point leaves out is left out. */
static void resume_skips_what_is_confirmed(void **state)
{
    uint32_t resume;
    unsigned i;
    for (resume = 0; resume <= 3; resume++) {
        world_reset(state);
        number_ids(SMH_USERS, 25, 0);
        for (i = 0; i < 25; i++)
            token(w.scope.users->items[i], NULL, NULL);
        w.io.resume = resume;
        revoke_as(SMH_DONE);
        assert_int_equal(requests_seen(), 3 - resume);
        model_revoke(resume, 3);
        check_left();
    }
    w.io.resume = 4;
    revoke_as(SMH_E_RANGE);
    assert_int_equal(requests_seen(), 0);
}

int batches_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_user, world_reset),
        cmocka_unit_test_setup(both_filters_must_match, world_reset),
        cmocka_unit_test_setup(odd_ids, world_reset),
        cmocka_unit_test_setup(full_lists, world_reset),
        cmocka_unit_test_setup(longer_lists, world_reset),
        cmocka_unit_test_setup(twenty_five_users, world_reset),
        cmocka_unit_test_setup(any_buffer_sends_the_same, world_reset),
        cmocka_unit_test_setup(a_buffer_of_one_byte, world_reset),
        cmocka_unit_test_setup(wrong_secrets_and_libraries, world_reset),
        cmocka_unit_test_setup(resume_skips_what_is_confirmed, world_reset),
    };
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
