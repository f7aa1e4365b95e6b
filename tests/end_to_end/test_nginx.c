/* A server that somebody else wrote, set up as services are: nginx in front,
 * the stand-in behind it. */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/others.h"
#include "world.h"

static nginx front;

static void front_start(const char *cert, const char *http, const char *server,
                        const char *location)
{
    nginx_setup setup = {0};
    world_reset(NULL);
    setup.certs = w.dir;
    setup.cert = cert;
    setup.upstream = w.server.port;
    setup.http = http;
    setup.server = server;
    setup.location = location;
    if (!nginx_start(&front, &setup))
        skip();
    w.scope.port = (uint16_t)front.port;
}

static unsigned front_stop(const char *part)
{
    char *log = nginx_stop(&front);
    unsigned n = lines_with(log, part);
    free(log);
    return n;
}

static void check_served(unsigned requests)
{
    check_done(requests);
    assert_int_equal(requests_seen(), requests);
}

static void keeps_the_connection(void **state)
{
    static const char *const certs[] = {"server", "server-rsa", "chain"};
    unsigned i;
    (void)state;
    for (i = 0; i < 3; i++) {
        front_start(certs[i], NULL, NULL, NULL);
        fill_users(45);
        w.io.pipeline = (uint16_t)(i * 4);
        revoke_as(SMH_DONE);
        check_served(5);
        assert_int_equal(front_stop(" 5 204 "), 1);
    }
}

/* mbedTLS 3.6.6 offers RSA-PSS, which TLS 1.3 needs, but refuses it in TLS 1.2:
 * a server that likes it best and has no TLS 1.3 cannot be talked to. */
static int refuses_pss(const char *cert, const char *versions)
{
    return MBEDTLS_VERSION_NUMBER == 0x03060600 &&
           strcmp(cert, "server-rsa") == 0 && !strstr(versions, "1.3");
}

/* Of what the client offers the server takes what it likes best itself. */
static void prefers_what_it_likes(void **state)
{
    static const char *const certs[] = {"server", "server-rsa"};
    static const char *const versions[] = {"TLSv1.2", "TLSv1.2 TLSv1.3"};
    char server[100];
    unsigned i;
    (void)state;
    for (i = 0; i < 4; i++) {
        snprintf(server, sizeof server,
                 "ssl_prefer_server_ciphers on; ssl_protocols %s;",
                 versions[i / 2]);
        front_start(certs[i % 2], NULL, server, NULL);
        if (revoke() != SMH_DONE && !refuses_pss(certs[i % 2], versions[i / 2]))
            fail_msg("%s %s: %s", certs[i % 2], server, w.words);
        assert_int_equal(front_stop(" 204 "), w.call.report.confirmed);
    }
}

/* After every so many requests nginx closes, and says so in the answer. */
static void is_opened_again(void **state)
{
    static const char *const limits[] = {"keepalive_requests 1;",
                                         "keepalive_requests 3;"};
    static const uint16_t pipelines[] = {1, 2, 20};
    unsigned i;
    char *log;
    (void)state;
    for (i = 0; i < 6; i++) {
        front_start("server", NULL, limits[i % 2], NULL);
        fill_users(100);
        w.io.pipeline = pipelines[i / 2];
        revoke_as(SMH_DONE);
        check_served(10);
        log = nginx_stop(&front);
        assert_int_equal(lines_with(log, " 1 204 "), i % 2 ? 4 : 10);
        assert_int_equal(lines_with(log, " 204 . "), 10); /* none resumed */
        free(log);
    }
}

static void odd_bytes_pass_through(void **state)
{
    static const char *const odd[] = {"a b",    "a+b", "a%2Cb", "a&b=c",
                                      "a/../b", "a?b", "a#b",   "\303\244",
                                      "\377",   "a\nb"};
    unsigned i;
    (void)state;
    front_start("server", NULL, NULL, NULL);
    give_ids(SMH_USERS, odd, 10);
    for (i = 0; i < 10; i++)
        token(odd[i], NULL, NULL);
    token("a", NULL, NULL);
    token("b", NULL, NULL);
    revoke_as(SMH_DONE);
    check_served(1);
    front_stop(" ");
}

/* nginx refuses a line longer than its buffer while the line still comes in. */
static void refuses_a_long_line(void **state)
{
    static const size_t sizes[] = {64, 700, 65536};
    unsigned i;
    (void)state;
    for (i = 0; i < 3; i++) {
        front_start("server", NULL,
                    "client_header_buffer_size 512;"
                    "large_client_header_buffers 2 1k;",
                    NULL);
        number_ids(SMH_USERS, 10, 60);
        number_ids(SMH_CLIENTS, 100, 60);
        token(w.scope.users->items[0], w.scope.clients->items[0], NULL);
        w.io.size = sizes[i];
        revoke_as(414);
        assert_int_equal(w.call.report.confirmed, 0);
        assert_int_equal(requests_seen(), 0);
        check_left();
        assert_int_equal(front_stop(" 414 "), 1);
    }
}

/* What nginx's own buffers hold, the library sends in one line. */
static void takes_a_full_line(void **state)
{
    unsigned i;
    (void)state;
    front_start("server", NULL, NULL, NULL);
    number_ids(SMH_USERS, 10, 60);
    number_ids(SMH_CLIENTS, 100, 60);
    number_ids(SMH_SESSIONS, 3, 60);
    for (i = 0; i < 100; i += 9)
        token(w.scope.users->items[i % 10], w.scope.clients->items[i],
              w.scope.sessions->items[i % 3]);
    revoke_as(SMH_DONE);
    check_served(w.call.report.requests);
    front_stop(" ");
}

static void wants_a_client_certificate(void **state)
{
    char server[300];
    (void)state;
    snprintf(server, sizeof server,
             "ssl_verify_client on; ssl_client_certificate %s/ca.pem;", w.dir);
    front_start("server", NULL, server, NULL);
    fill_users(25);
    revoke_as(400);
    assert_int_equal(requests_seen(), 0);
    check_left();
    assert_int_equal(front_stop(" 400 "), 1);
}

/* As the manual says: wait for the backoff, then resume. */
static void limits_the_rate(void **state)
{
    unsigned attempt = 0;
    int result;
    (void)state;
    front_start("server",
                "limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;",
                "limit_req zone=z; limit_req_status 429;", NULL);
    fill_users(25);
    while ((result = revoke()) != SMH_DONE && attempt < 40) {
        assert_int_equal(result, 429);
        assert_true(smh_retryable(result));
        w.io.resume = w.call.report.resume;
        poll(NULL, 0, (int)smh_backoff(++attempt, 60, 300, 12345));
    }
    assert_int_equal(result, SMH_DONE);
    assert_int_equal(w.call.report.resume, 3);
    assert_int_equal(requests_seen(), 3);
    model_revoke(0, 3);
    check_left();
    assert_int_equal(front_stop(" 429 "), attempt);
    assert_in_range(attempt, 1, 39);
}

static struct {
    unsigned recv, in_vain;
} calls; /* of the system, by the port of TCP */

ssize_t __real_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    ssize_t got = __real_recv(fd, data, size, flags);
    calls.recv += fd == w.tcp.fd;
    calls.in_vain += fd == w.tcp.fd && got < 0;
    return got;
}

/* TLS takes a record in two parts, and asks again behind the last one: without
 * a buffer that is two calls a request at least, with one it is one at most,
 * however the answers come in. */
static void is_read_through_a_buffer(void **state)
{
    static const char *users[200000];
    unsigned requests = 20000 / thin(), i;
    smh_list many = {users, requests * 10};
    (void)state;
    for (i = 0; i < many.count; i++)
        users[i] = "alice";
    front_start("server", "keepalive_requests 20000;", "access_log off;",
                "return 204;");
    w.scope.users = &many;
    w.io.pipeline = 32;
    w.io.size = 16384;
    for (i = 0; i < 2; i++) {
        w.arrived_size = i * sizeof w.arrived;
        memset(&calls, 0, sizeof calls);
        revoke_as(SMH_DONE);
        assert_int_equal(w.call.report.confirmed, requests);
        if (i == 0)
            assert_true(calls.recv > 2 * requests);
    }
    assert_in_range(calls.in_vain, 0, 10);
    assert_in_range(calls.recv, 1, requests + 100);
    assert_int_equal(front_stop(" "), 0);
}

static void has_nothing_behind_it(void **state)
{
    unsigned port, live = w.server.port;
    int fd = free_port(&port);
    (void)state;
    close(fd);
    w.server.port = port;
    front_start("server", NULL, NULL, NULL);
    w.server.port = live;
    revoke_as(502);
    assert_true(smh_retryable(502));
    assert_int_equal(front_stop(" 502 "), 1);
}

static void waits_too_long_for_it(void **state)
{
    (void)state;
    front_start("server", NULL, "proxy_read_timeout 1s;", NULL);
    fill_users(25);
    standin_faults(&w.server, "2:silent");
    revoke_as(504);
    assert_int_equal(w.call.report.confirmed, 1);
    model_revoke(0, 1);
    check_left();
    assert_int_equal(front_stop(" 504 "), 1);
}

static void is_not_trusted_blindly(void **state)
{
    (void)state;
    front_start("other-ca", NULL, NULL, NULL);
    revoke_as(SMH_E_TLS);
    assert_non_null(strstr(w.words, "its issuer is"));
    assert_int_equal(requests_seen(), 0);
    front_stop(" ");
}

static void tls_versions(void **state)
{
    int has_1_3 = MBEDTLS_VERSION_NUMBER >= 0x03000000;
    (void)state;
    front_start("server", NULL, "ssl_protocols TLSv1.2;", NULL);
    fill_users(25);
    revoke_as(SMH_DONE);
    check_served(3);
    assert_int_equal(front_stop(" TLSv1.2"), 3);

    front_start("server", NULL, "ssl_protocols TLSv1.3; keepalive_requests 1;",
                NULL);
    fill_users(25);
    revoke_as(has_1_3 ? SMH_DONE : SMH_E_TLS);
    assert_int_equal(requests_seen(), has_1_3 ? 3 : 0);
    assert_int_equal(front_stop(" . TLSv1.3"), has_1_3 ? 3 : 0);
}

static int stop_front(void **state)
{
    (void)state;
    if (front.process.pid)
        free(nginx_stop(&front));
    return 0;
}

int nginx_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(keeps_the_connection, stop_front),
        cmocka_unit_test_teardown(prefers_what_it_likes, stop_front),
        cmocka_unit_test_teardown(is_opened_again, stop_front),
        cmocka_unit_test_teardown(odd_bytes_pass_through, stop_front),
        cmocka_unit_test_teardown(refuses_a_long_line, stop_front),
        cmocka_unit_test_teardown(takes_a_full_line, stop_front),
        cmocka_unit_test_teardown(wants_a_client_certificate, stop_front),
        cmocka_unit_test_teardown(limits_the_rate, stop_front),
        cmocka_unit_test_teardown(is_read_through_a_buffer, stop_front),
        cmocka_unit_test_teardown(has_nothing_behind_it, stop_front),
        cmocka_unit_test_teardown(waits_too_long_for_it, stop_front),
        cmocka_unit_test_teardown(is_not_trusted_blindly, stop_front),
        cmocka_unit_test_teardown(tls_versions, stop_front),
    };
    world_start(NULL, NULL);
    return cmocka_run_group_tests_name("nginx", tests, NULL, NULL);
}
