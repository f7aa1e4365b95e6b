/* Connections: kept, closed, opened again; requests in flight; time; the
 * kinds of server that cannot be talked to. */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

/* As a program with a loop of its own does it. */
static int poll_for(const smh_posix *tcp, int ms)
{
    struct pollfd one;
    one.fd = tcp->fd;
    one.events = (short)((tcp->want & SMH_WANT_READ ? POLLIN : 0) |
                         (tcp->want & SMH_WANT_WRITE ? POLLOUT : 0));
    return poll(&one, 1, ms);
}

static void wait_for(const smh_posix *tcp)
{
    if (tcp->want)
        poll_for(tcp, 500);
}

/* ---- kept and closed ----------------------------------------------------- */

static void one_connection_serves_all(void **state)
{
    (void)state;
    fill_users(45);
    revoke_as(SMH_DONE);
    check_done(5);
    assert_int_equal(seen("tls "), 1);
    assert_int_equal(seen("5 1 DELETE "), 1);
}

static void an_announced_close_is_survived(void **state)
{
    static const char *const two[] = {"--max-requests-per-connection", "2",
                                      NULL};
    uint16_t pipeline;
    world_start("server", two);
    for (pipeline = 1; pipeline <= 8; pipeline = (uint16_t)(pipeline * 2)) {
        world_reset(state);
        fill_users(45);
        w.io.pipeline = pipeline;
        revoke_as(SMH_DONE);
        check_done(5);
        assert_int_equal(seen("tls "), 3);
        assert_int_equal(seen(" resumed"), 0);
    }
    world_start("server", NULL);
}

/* ---- in flight ----------------------------------------------------------- */

/* Steps until so many are in flight, and some more that must not add any. */
static void send_as_many(uint32_t wanted)
{
    unsigned more = 0;
    client_begin();
    assert_int_equal(smh_begin(&w.call, &w.scope, &w.io), 0);
    while (more < 5) {
        assert_int_equal(smh_step(&w.call), 0);
        assert_in_range(w.call.report.in_doubt, 0, wanted);
        if (w.call.report.in_doubt < wanted)
            wait_for(&w.tcp);
        else if (++more)
            poll(NULL, 0, 10);
    }
    assert_int_equal(smh_cancel(&w.call), SMH_E_CANCELLED);
    client_end();
    assert_int_equal(w.call.report.confirmed, 0);
}

static void as_many_are_in_flight_as_allowed(void **state)
{
    static const uint16_t pipelines[] = {0, 1, 2, 8, 20, 100, 65535};
    static const size_t sizes[] = {64, 65536};
    unsigned i;
    for (i = 0; i < 14; i += thin()) {
        uint16_t pipeline = pipelines[i / 2];
        world_reset(state);
        fill_users(200);
        standin_faults(&w.server, "1:silent");
        w.io.pipeline = pipeline;
        w.io.size = sizes[i % 2];
        send_as_many(pipeline > 20 ? 20 : pipeline < 2 ? 1 : pipeline);
        check_left();
        revoke_as(SMH_DONE);
        check_done(20);
        assert_int_equal(requests_seen(), 1 + 20);
        assert_int_equal(seen("tls "), 2);
    }
}

/* Each is closed after its third answer; what is not confirmed is sent
 * again. */
static void what_is_in_flight_is_sent_again(void **state)
{
    static const char *const three[] = {"--max-requests-per-connection", "3",
                                        NULL};
    static const uint16_t pipelines[] = {2, 8, 100};
    unsigned i;
    world_start("server", three);
    for (i = 0; i < 3; i++) {
        world_reset(state);
        fill_users(200);
        w.io.pipeline = pipelines[i];
        revoke_as(SMH_DONE);
        check_done(20);
        assert_int_equal(requests_seen(), 20);
        assert_int_equal(seen("tls "), 7);
    }
    world_start("server", NULL);
}

/* A reset may take with it what was answered: whoever had more than one request
 * in flight asks once more. */
static void what_a_reset_took_is_sent_again(void **state)
{
    static const char *const faults[] = {"1:delay:100 2:reset",
                                         "1:delay:100 2:close-before",
                                         "1:delay:100 7:reset",
                                         "1:delay:100 8:close-before"};
    static const uint16_t pipelines[] = {2, 8, 100};
    unsigned i;
    for (i = 0; i < 12; i++) {
        world_reset(state);
        fill_users(200);
        standin_faults(&w.server, faults[i % 4]);
        w.io.pipeline = pipelines[i / 4];
        revoke_as(SMH_DONE);
        check_done(20);
        assert_int_equal(seen("tls "), 2);
    }
    world_reset(state);
    fill_users(25);
    standin_faults(&w.server, "1:reset");
    revoke_as(SMH_E_CLOSED);
    assert_int_equal(seen("tls "), 1);
    check_left();
}

typedef struct client {
    smh_posix tcp;
    smh_mbedtls tls;
    smh_mbedtls_options options;
    smh_scope scope;
    smh_list users;
    smh_io io;
    smh_call call;
    char buffer[256];
    int result;
} client;

static void start_client(client *c, const char *const *user)
{
    memset(c, 0, sizeof *c);
    c->options = w.options;
    c->options.below = smh_posix_port(&c->tcp);
    assert_int_equal(smh_mbedtls_init(&c->tls, &c->options), 0);
    c->users.items = user;
    c->users.count = 1;
    c->scope = w.scope;
    c->scope.users = &c->users;
    c->io = w.io;
    c->io.port = smh_mbedtls_port(&c->tls);
    c->io.buffer = c->buffer;
    c->io.size = sizeof c->buffer;
    c->result = smh_begin(&c->call, &c->scope, &c->io);
}

/* One turn of all: how many are at work still. */
static unsigned turn(client *clients, unsigned count)
{
    unsigned busy = 0, i;
    for (i = 0; i < count; i++) {
        if (clients[i].result == 0)
            clients[i].result = smh_step(&clients[i].call);
        busy += clients[i].result == 0;
    }
    return busy;
}

static void many_calls_in_one_loop(void **state)
{
    enum { CLIENTS = 50 };
    client *clients = (client *)calloc(CLIENTS, sizeof *clients);
    unsigned count = CLIENTS / thin(), i;
    (void)state;
    fill_users(CLIENTS);
    client_begin(); /* for the CA that it reads */
    smh_mbedtls_free(&w.tls);
    for (i = 0; i < count; i++)
        start_client(&clients[i], &w.scope.users->items[i]);
    while (turn(clients, count) > 0)
        poll(NULL, 0, 1);
    for (i = 0; i < count; i++) {
        assert_int_equal(clients[i].result, SMH_DONE);
        smh_mbedtls_free(&clients[i].tls);
    }
    free(clients);
    assert_int_equal(requests_seen(), count);
    assert_int_equal(seen("tls "), count);
}

/* A loop that waits for what the port wants never waits in vain: not even if a
 * step ends in the middle of a request of many windows. */
static void a_loop_of_its_own_waits_for_what_is_wanted(void **state)
{
    static const size_t sizes[] = {16, 64, 1024};
    unsigned i;
    for (i = 0; i < 3; i++) {
        int result;
        world_reset(state);
        fill_users(45);
        w.io.size = sizes[i];
        w.io.pipeline = 3;
        client_begin();
        result = smh_begin(&w.call, &w.scope, &w.io);
        while (result == 0 && (result = smh_step(&w.call)) == 0)
            if (w.tcp.want)
                assert_int_equal(poll_for(&w.tcp, 5000 * (int)thin()), 1);
        client_end();
        assert_int_equal(result, SMH_DONE);
        check_done(5);
    }
}

/* ---- time ---------------------------------------------------------------- */

/* Never before the deadline; behind it only by what a busy machine takes. */
static void check_deadline(const char *fault, unsigned requests)
{
    enum { BUSY_MS = 20000 };
    uint32_t ms = 3000 + 300 * thin(), begun, passed;
    world_reset(NULL);
    fill_users(25);
    standin_faults(&w.server, fault);
    w.io.timeout_ms = ms;
    begun = smh_posix_port(&w.tcp).ops->now_ms(NULL);
    revoke_as(SMH_E_TIMEOUT);
    passed = smh_posix_port(&w.tcp).ops->now_ms(NULL) - begun;
    assert_in_range(passed, ms, ms + BUSY_MS);
    assert_int_equal(requests_seen(), requests);
    assert_int_equal(w.call.report.confirmed, requests ? requests - 1 : 0);
}

static void the_deadline_holds(void **state)
{
    (void)state;
    check_deadline("1:silent", 1);
    check_deadline("2:silent", 2);
    check_deadline("1:handshake-stall", 0);
    check_deadline("2:drip:1000", 2); /* a byte now and then is no excuse */
    check_deadline("2:delay:100000", 2);
}

/* At any step, and the rest is done by another call. */
static void cancelled_at_any_step(void **state)
{
    int steps, result = 0;
    for (steps = 0; result != SMH_DONE; steps++) {
        int i;
        world_reset(state);
        fill_users(25);
        w.io.size = 200;
        client_begin();
        result = smh_begin(&w.call, &w.scope, &w.io);
        for (i = 0; i < steps && result == 0; i++) {
            result = smh_step(&w.call);
            if (result == 0)
                wait_for(&w.tcp);
        }
        if (result == 0)
            result = smh_cancel(&w.call);
        if (result != SMH_DONE) /* or only the close was missing */
            assert_int_equal(result, SMH_E_CANCELLED);
        if (steps > 0)
            client_end();
        else
            smh_mbedtls_free(&w.tls);
        w.io.resume = w.call.report.resume;
        revoke_as(SMH_DONE);
        model_revoke(0, 3);
        check_left();
    }
    assert_in_range(steps, 6, 200);
}

/* ---- servers of other kinds ---------------------------------------------- */

static void nobody_listens(void **state)
{
    unsigned port;
    int fd = closed_port(&port);
    (void)state;
    w.scope.port = (uint16_t)port;
    revoke_as(SMH_E_NETWORK);
    close(fd);
    assert_non_null(strstr(w.words, "connection: Connection refused by "));
}

static void a_name_that_cannot_be(void **state)
{
    (void)state;
    w.scope.host = "a-label-of-more-than-63-bytes-is-not-asked-for-"
                   "anywhere-but-refused-at-once";
    revoke_as(SMH_E_RESOLVE);
    assert_non_null(strstr(w.words, "look-up: "));
}

/* Connected by the kernel, and then nothing, ever. */
static void nobody_accepts(void **state)
{
    unsigned port;
    int fd = free_port(&port);
    (void)state;
    w.scope.port = (uint16_t)port;
    w.io.timeout_ms = 200;
    revoke_as(SMH_E_TIMEOUT);
    close(fd);
}

static void a_server_without_tls(void **state)
{
    world_start(NULL, NULL);
    world_reset(state);
    revoke_as(SMH_E_TLS);
    assert_int_equal(requests_seen(), 0);
    assert_int_equal(w.call.report.confirmed, 0);
    world_start("server", NULL);
}

static void only_tls(const char *version, int wanted)
{
    const char *const more[] = {"--tls", version, NULL};
    world_start("server", more);
    world_reset(NULL);
    revoke_as(wanted);
    assert_int_equal(requests_seen(), wanted == SMH_DONE);
}

static void tls_1_2_at_least(void **state)
{
    (void)state;
    only_tls("1.2", SMH_DONE);
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    only_tls("1.1", SMH_E_TLS);
#else
    only_tls("1.3", SMH_DONE);
    standin_faults(&w.server, "*:close-after");
    fill_users(25);
    revoke_as(SMH_DONE);
    check_done(3);
    assert_int_equal(seen("TLSv1.3 "), 4);
    assert_int_equal(seen(" resumed"), 0);
#endif
    world_start("server", NULL);
}

static void small_records(void **state)
{
    static const char *const small[] = {"--max-fragment", "512", NULL};
    world_start("server", small);
    world_reset(state);
    fill_users(25);
    standin_faults(&w.server, "2:headers:50");
    w.io.size = 65536;
    revoke_as(SMH_DONE);
    check_done(3);
    world_start("server", NULL);
}

/* Refused before it is all there, with the connection closed behind the
 * answer. */
static void a_line_too_long_for_the_server(void **state)
{
    static const char *const short_line[] = {"--line-max", "400", NULL};
    static const size_t sizes[] = {64, 1000, 65536};
    unsigned i;
    world_start("server", short_line);
    for (i = 0; i < 3; i++) {
        world_reset(state);
        number_ids(SMH_USERS, 10, 60);
        number_ids(SMH_CLIENTS, 90, 60);
        w.io.size = sizes[i];
        revoke_as(414);
        assert_int_equal(w.call.report.confirmed, 0);
    }
    world_start("server", NULL);
}

static int has_ipv6(void)
{
    struct sockaddr_in6 address = {0};
    int fd = socket(AF_INET6, SOCK_STREAM, 0), r;
    address.sin6_family = AF_INET6;
    address.sin6_addr.s6_addr[15] = 1;
    r = bind(fd, (struct sockaddr *)&address, sizeof address);
    close(fd);
    return r == 0;
}

static void over_ipv6(void **state)
{
    static const char *const six[] = {"--address", "::1", NULL};
    (void)state;
    if (!has_ipv6())
        skip();
    world_start("server", six);
    w.address = "::1"; /* of localhost */
    revoke_as(SMH_DONE);
    assert_int_equal(requests_seen(), 1);
    world_start("server", NULL);
}

int connection_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_connection_serves_all, world_reset),
        cmocka_unit_test_setup(an_announced_close_is_survived, world_reset),
        cmocka_unit_test_setup(as_many_are_in_flight_as_allowed, world_reset),
        cmocka_unit_test_setup(what_is_in_flight_is_sent_again, world_reset),
        cmocka_unit_test_setup(what_a_reset_took_is_sent_again, world_reset),
        cmocka_unit_test_setup(many_calls_in_one_loop, world_reset),
        cmocka_unit_test_setup(a_loop_of_its_own_waits_for_what_is_wanted,
                               world_reset),
        cmocka_unit_test_setup(the_deadline_holds, world_reset),
        cmocka_unit_test_setup(cancelled_at_any_step, world_reset),
        cmocka_unit_test_setup(nobody_listens, world_reset),
        cmocka_unit_test_setup(a_name_that_cannot_be, world_reset),
        cmocka_unit_test_setup(nobody_accepts, world_reset),
        cmocka_unit_test_setup(a_server_without_tls, world_reset),
        cmocka_unit_test_setup(tls_1_2_at_least, world_reset),
        cmocka_unit_test_setup(small_records, world_reset),
        cmocka_unit_test_setup(a_line_too_long_for_the_server, world_reset),
        cmocka_unit_test_setup(over_ipv6, world_reset),
    };
    return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
