/* Servers that somebody else wrote, set up as services are: one of them in
 * front, with TLS, and the stand-in behind it. */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/others.h"
#include "world.h"

enum { HAS_TLS_1_3 = MBEDTLS_VERSION_NUMBER >= 0x03000000 };

static front stranger;

static front_setup usual(int kind)
{
    front_setup setup = {0};
    world_reset(NULL);
    w.ca = "roots.pem";
    setup.kind = kind;
    setup.certs = w.dir;
    setup.cert = "server";
    setup.upstream = w.server.port;
    return setup;
}

static void stranger_start(const front_setup *setup)
{
    if (!front_start(&stranger, setup))
        skip();
    w.scope.port = (uint16_t)stranger.port;
}

/* Lines of nginx's log that hold part. */
static unsigned stranger_stop(const char *part)
{
    char *log = front_stop(&stranger);
    unsigned n = lines_with(log, part);
    free(log);
    return n;
}

static int stop_stranger(void **state)
{
    (void)state;
    if (stranger.process.pid)
        free(front_stop(&stranger));
    return 0;
}

static int kind_of(void **state)
{
    return *(const int *)*state;
}

/* ---- the client, counted ------------------------------------------------- */

static struct {
    unsigned openings;
    int asked;          /* something was sent since the last one */
    const char *reload; /* to this certificate behind a send, or NULL */
    smh_port_ops ops;
} port;

static void reload(const char *cert);

static int count_open(void *ctx, const char *host, uint16_t number)
{
    int result = smh_mbedtls_port(&w.tls).ops->open(ctx, host, number);
    port.openings += result == 1;
    port.asked = 0;
    return result;
}

static int count_send(void *ctx, const void *data, size_t size)
{
    int result = smh_mbedtls_port(&w.tls).ops->send(ctx, data, size);
    port.asked |= result > 0;
    if (result > 0 && port.reload && w.call.report.resume > 2) {
        reload(port.reload);
        port.reload = NULL;
    }
    return result;
}

static void counted_begin(void)
{
    client_begin();
    port.asked = 0;
    port.ops = *w.io.port.ops;
    port.ops.open = count_open;
    port.ops.send = count_send;
    w.io.port.ops = &port.ops;
}

/* Every request came as it was written here, and no other: once, and perhaps
 * again if there was a loss with others in flight.  Returns how many came. */
static unsigned check_journal(unsigned most)
{
    char *journal = standin_journal(&w.server), line[1024];
    smh_plan plan;
    smh_batch batch;
    unsigned total = 0, n;
    memset(&batch, 0, sizeof batch);
    assert_int_equal(smh_check(&w.scope, &plan), 0);
    while (smh_next(&plan, &batch)) {
        smh_write(&plan, &batch, 1, 0, line, sizeof line);
        strcpy(strstr(line, " HTTP/1.1"), " 204\n");
        n = lines_with(journal, line);
        assert_in_range(n, 1, most);
        total += n;
    }
    assert_int_equal(lines_with(journal, " DELETE "), total);
    free(journal);
    return total;
}

/* ---- the matrix ---------------------------------------------------------- */

enum { CELLS = HAS_TLS_1_3 ? 32 : 16 };

typedef struct cell {
    const char *cert, *version;
    unsigned limit; /* requests of a connection */
    uint16_t pipeline;
    int reload;
    unsigned requests;
} cell;

static cell cell_of(unsigned i)
{
    cell c;
    c.cert = i & 1 ? "chain-rsa" : "chain";
    c.limit = i & 2 ? 1 : 7;
    c.pipeline = i & 4 ? 8 : 1;
    c.reload = i & 8 ? 1 : 0;
    c.version = i & 16 ? "1.3" : "1.2";
    c.requests = c.limit == 1 ? 8 : 20;
    return c;
}

/* What hitch carries is limited by the stand-in.  The buffer takes what is in
 * flight, so that no connection waits for the rest of a request. */
static void cell_start(int kind, const cell *c)
{
    char limit[12];
    const char *const more[] = {"--max-requests-per-connection", limit, NULL};
    front_setup setup;
    snprintf(limit, sizeof limit, "%u", c->limit);
    world_start(NULL, kind == FRONT_HITCH ? more : NULL);
    setup = usual(kind);
    setup.cert = c->cert;
    setup.version = c->version;
    setup.requests = c->limit;
    stranger_start(&setup);
    w.io.pipeline = c->pipeline;
    w.io.size = 4096;
    fill_users(c->requests * 10);
}

/* These take of what is offered what they like best, unless told otherwise. */
static int chooses(int kind)
{
    return kind == FRONT_HAPROXY || kind == FRONT_NODE;
}

/* That is RSA-PSS, which mbedTLS 3.6.6 offers, as TLS 1.3 needs it, but refuses
 * in TLS 1.2. */
static int refuses_pss(int choosing, const char *cert, const char *version)
{
    return MBEDTLS_VERSION_NUMBER == 0x03060600 && choosing &&
           strstr(cert, "rsa") && version && strcmp(version, "1.2") == 0;
}

static void check_refused(int result, const char *words)
{
    if (result != SMH_E_TLS || !strstr(w.words, words))
        fail_msg("%d: %s, not %s", result, w.words, words);
    assert_int_equal(w.call.report.confirmed, 0);
    assert_int_equal(requests_seen(), 0);
    check_left();
}

static int shows(const char *cert)
{
    static const char look[] = "openssl s_client -connect 127.0.0.1:$0 2>&1"
                               " </dev/null | grep -q \"subject.*$1$\"";
    char number[12];
    const char *argv[] = {"sh", "-c", look, number, cert, NULL};
    snprintf(number, sizeof number, "%u", stranger.port);
    return child_run(argv) == 0;
}

/* Nginx and HAProxy then end a connection behind the last answer that was asked
 * for; by the others the call goes on. */
static int ends_on_reload(int kind)
{
    return kind == FRONT_NGINX || kind == FRONT_HAPROXY;
}

/* With a request in flight. */
static void reload(const char *cert)
{
    front_reload(&stranger, w.dir, cert);
    while (!shows(cert))
        continue;
    if (ends_on_reload(stranger.kind))
        assert_true(await_end(w.tcp.fd, 20000));
}

/* Node answers 503 behind the last request that it takes, and leaves it to the
 * client to close; hitch drops whom its old process has just accepted. */
static int may_end_with(const cell *c, int result)
{
    return result == SMH_DONE ||
           (stranger.kind == FRONT_NODE && result == 503) ||
           (stranger.kind == FRONT_HITCH && c->reload &&
            result == SMH_E_CLOSED);
}

/* Calls until all is done, as their reports say. */
static unsigned revoke_through(const cell *c)
{
    char cert[32];
    unsigned made = 0;
    int result;
    snprintf(cert, sizeof cert, "new-%s", c->cert);
    port.reload = c->reload ? cert : NULL;
    port.openings = 0;
    do {
        counted_begin();
        result = smh_revoke(&w.call, &w.scope, &w.io);
        client_end();
        if (!may_end_with(c, result))
            fail_msg("%d: %s", result, w.words);
        w.io.resume = w.call.report.resume;
        made++;
    } while (result != SMH_DONE);
    assert_int_equal(w.io.resume, c->requests);
    assert_null(port.reload);
    return made;
}

static void check_connections(const cell *c, unsigned calls, unsigned came)
{
    unsigned least = (c->requests + c->limit - 1) / c->limit;
    int kind = stranger.kind, exact = c->pipeline == 1 && !c->reload;
    char *log = front_stop(&stranger), part[32];
    assert_in_range(port.openings, least, exact ? least : 2 * least);
    if (c->pipeline == 1 && c->limit > 1 && c->reload && ends_on_reload(kind))
        assert_int_equal(port.openings, least + 1);
    if (kind == FRONT_NODE)
        assert_int_equal(calls, port.openings);
    snprintf(part, sizeof part, " 204 . TLSv%s\n",
             c->version); /* none resumed */
    if (kind == FRONT_NGINX) {
        assert_int_equal(lines_with(log, " 1 204 "), port.openings);
        assert_int_equal(lines_with(log, part), came);
    }
    free(log);
}

typedef struct sums {
    unsigned cells, refused, requests, came, connections, calls;
} sums;

static void try_cell(int kind, const cell *c, sums *all)
{
    unsigned calls, came;
    cell_start(kind, c);
    all->cells++;
    if (refuses_pss(chooses(kind), c->cert, c->version)) {
        check_refused(revoke(), "RSA-PSS in TLS 1.2, perhaps, which mbedTLS up "
                                "to 3.6.6 refuses (-0x6600)");
        stranger_stop(" ");
        all->refused++;
        return;
    }
    calls = revoke_through(c);
    model_revoke(0, c->requests);
    check_left();
    came = check_journal(c->pipeline == 1 ? 1 : 3);
    check_connections(c, calls, came);
    all->requests += c->requests;
    all->came += came;
    all->connections += port.openings;
    all->calls += calls;
}

/* Of a thin matrix, too, each server meets each value. */
static void exactly_the_right_tokens_are_gone(void **state)
{
    unsigned stride = thin() / 2 | 1;
    unsigned i = (unsigned)kind_of(state) % stride;
    sums all = {0};
    for (; i < CELLS; i += stride) {
        cell c = cell_of(i);
        try_cell(kind_of(state), &c, &all);
    }
    world_start(NULL, NULL);
    print_message("%s: %u cells, %u refused; %u requests, %u behind it, over "
                  "%u connections in %u calls\n",
                  front_name(kind_of(state)), all.cells, all.refused,
                  all.requests, all.came, all.connections, all.calls);
}

/* ---- what they agree on -------------------------------------------------- */

static void keeps_the_connection(void **state)
{
    static const char *const certs[] = {"server", "server-rsa", "chain"};
    unsigned i;
    for (i = 0; i < 3; i++) {
        front_setup setup = usual(kind_of(state));
        setup.cert = certs[i];
        stranger_start(&setup);
        fill_users(45);
        w.io.pipeline = (uint16_t)(i * 4);
        port.openings = 0;
        counted_begin();
        assert_int_equal(smh_revoke(&w.call, &w.scope, &w.io), SMH_DONE);
        client_end();
        check_done(5);
        assert_int_equal(check_journal(1), 5);
        assert_int_equal(port.openings, 1);
        stranger_stop(" ");
    }
}

/* Of what the client offers the server takes what it likes best itself. */
static void prefers_what_it_likes(void **state)
{
    static const char *const certs[] = {"server", "server-rsa"};
    static const char *const versions[] = {"1.2", NULL};
    static const char *const server[FRONTS] = {"ssl_prefer_server_ciphers on;",
                                               NULL,
                                               "prefer-server-ciphers = on",
                                               NULL};
    unsigned i;
    for (i = 0; i < 4; i++) {
        front_setup setup = usual(kind_of(state));
        setup.cert = certs[i % 2];
        setup.version = versions[i / 2];
        setup.server = server[kind_of(state)];
        stranger_start(&setup);
        token("bob", NULL, NULL);
        if (refuses_pss(1, setup.cert, setup.version)) {
            check_refused(revoke(), "RSA-PSS in TLS 1.2, perhaps");
        } else {
            revoke_as(SMH_DONE);
            check_done(1);
        }
        stranger_stop(" ");
    }
}

static void odd_bytes_pass_through(void **state)
{
    static const char *const odd[] = {"a b",    "a+b", "a%2Cb", "a&b=c",
                                      "a/../b", "a?b", "a#b",   "\303\244",
                                      "\377",   "a\nb"};
    front_setup setup = usual(kind_of(state));
    unsigned i;
    stranger_start(&setup);
    give_ids(SMH_USERS, odd, 10);
    for (i = 0; i < 10; i++)
        token(odd[i], NULL, NULL);
    token("a", NULL, NULL);
    token("b", NULL, NULL);
    revoke_as(SMH_DONE);
    check_done(1);
    check_journal(1);
}

/* What their own buffers hold, the library sends in one line. */
static void takes_a_full_line(void **state)
{
    front_setup setup = usual(kind_of(state));
    unsigned i;
    stranger_start(&setup);
    number_ids(SMH_USERS, 10, 60);
    number_ids(SMH_CLIENTS, 100, 60);
    number_ids(SMH_SESSIONS, 3, 60);
    for (i = 0; i < 100; i += 9)
        token(w.scope.users->items[i % 10], w.scope.clients->items[i],
              w.scope.sessions->items[i % 3]);
    revoke_as(SMH_DONE);
    check_done(w.call.report.requests);
    assert_int_equal(requests_seen(), w.call.report.requests);
}

static void is_not_trusted_blindly(void **state)
{
    front_setup setup = usual(kind_of(state));
    setup.cert = "other-ca";
    stranger_start(&setup);
    check_refused(revoke(), "its issuer is");
}

static void speaks_tls_1_3_alone(void **state)
{
    front_setup setup = usual(kind_of(state));
    setup.version = "1.3";
    stranger_start(&setup);
    fill_users(25);
    if (HAS_TLS_1_3) {
        revoke_as(SMH_DONE);
        check_done(3);
    } else {
        check_refused(revoke(), "the server refused: alert 70, no TLS 1.2 "
                                "there: TLS 1.3 alone, perhaps");
    }
}

/* Any mbedTLS takes RSA-PSS from a CA, none a key that is for RSA-PSS alone. */
static void has_a_certificate_with_pss(void **state)
{
    static const char *const certs[] = {"pss-signed", "pss-key"};
    static const char *const versions[] = {"1.2", "1.3"};
    unsigned i;
    for (i = 0; i < (HAS_TLS_1_3 ? 4 : 2); i++) {
        front_setup setup = usual(kind_of(state));
        int signed_by = i % 2 == 0;
        setup.cert = certs[i % 2];
        setup.version = versions[i / 2];
        stranger_start(&setup);
        if (signed_by &&
            !refuses_pss(chooses(setup.kind), "rsa", setup.version))
            revoke_as(SMH_DONE);
        else
            check_refused(revoke(), signed_by ? "RSA-PSS in TLS 1.2, perhaps"
                                              : "alert 40, no cipher suite, "
                                                "curve or signature in common");
        stranger_stop(" ");
    }
}

/* ---- what each does by itself -------------------------------------------- */

typedef struct verdict {
    const char *server; /* its configuration */
    int result;
    const char *words;
} verdict;

/* With the server set up for it, %s being the folder of the certificates. */
static void begin_with(int kind, const verdict *v)
{
    static char text[400];
    front_setup setup = usual(kind);
    snprintf(text, sizeof text, v->server, w.dir);
    setup.server = text;
    stranger_start(&setup);
    token("alice", NULL, NULL);
}

static void check_verdict(const verdict *v, int result)
{
    if (result != v->result || !strstr(w.words, v->words))
        fail_msg("%d: %s, not %d: %s", result, w.words, v->result, v->words);
    if (result == SMH_DONE)
        model_revoke(0, 1);
    assert_int_equal(w.call.report.confirmed, result == SMH_DONE);
    check_left();
}

/* Who takes a client's certificate for his own affair answers in HTTP; the
 * others end the handshake: with TLS 1.3, after the client's part of it. */
static void wants_a_client_certificate(void **state)
{
    static const verdict verdicts[FRONTS] = {
        {"ssl_verify_client on; ssl_client_certificate %s/ca.pem;", 400,
         "the service refused"},
        {"verify required ca-file %s/ca.pem", SMH_E_TLS,
         "it wants a client certificate"},
        {"client-verify = required\nclient-verify-ca = \"%s/ca.pem\"",
         SMH_E_TLS, "it wants a client certificate"},
        {"\"requestCert\": true", SMH_E_TLS, "it wants a client certificate"}};
    const verdict *v = &verdicts[kind_of(state)];
    begin_with(kind_of(state), v);
    check_verdict(v, revoke());
}

/* Nginx offers HTTP/1.1 whatever it is told; HAProxy, and Node before its
 * version 19, speak it if nothing was agreed on. */
static void offers_http_2(void **state)
{
    static const verdict verdicts[FRONTS] = {
        {"http2_max_concurrent_streams 8;", SMH_DONE, "done"},
        {"alpn h2", SMH_DONE, "done"},
        {"alpn-protos = \"h2\"", SMH_E_CLOSED, "closed by the server"},
        {"\"ALPNProtocols\": [\"h2\"]", SMH_E_TLS,
         "alert 120, it does not speak HTTP/1.1"}};
    static const verdict old_node = {"", SMH_DONE, "done"};
    const verdict *v = &verdicts[kind_of(state)];
    int result;
    begin_with(kind_of(state), v);
    result = revoke();
    if (kind_of(state) == FRONT_NODE && result == SMH_DONE)
        v = &old_node;
    check_verdict(v, result);
}

/* They refuse a line longer than their buffer while it still comes in. */
static void refuses_a_long_line(void **state)
{
    static const verdict verdicts[FRONTS] = {
        {"client_header_buffer_size 512; large_client_header_buffers 2 1k;",
         414, "the service refused"},
        {0},
        {0},
        {"\"maxHeaderSize\": 4096", 431, "the service refused"}};
    static const size_t sizes[] = {64, 700, 65536};
    const verdict *v = &verdicts[kind_of(state)];
    unsigned i;
    for (i = 0; i < 3; i++) {
        begin_with(kind_of(state), v);
        number_ids(SMH_USERS, 10, 60);
        number_ids(SMH_CLIENTS, 100, 60);
        w.io.size = sizes[i];
        check_verdict(v, revoke());
        assert_int_equal(requests_seen(), 0);
        stranger_stop(" ");
    }
}

/* Who stops in the middle of a request is told so or not. */
static void waits_for_the_rest(void **state)
{
    static const verdict verdicts[FRONTS] = {
        {"client_header_timeout 4s;", SMH_E_CLOSED, "closed by the server"},
        {"\n    timeout http-request 4s", 408, "the service refused"},
        {0},
        {"\"headersTimeout\": 4000,"
         " \"connectionsCheckingInterval\": 100",
         408, "the service refused"}};
    const verdict *v = &verdicts[kind_of(state)];
    begin_with(kind_of(state), v);
    w.io.size = 8;
    counted_begin();
    assert_int_equal(smh_begin(&w.call, &w.scope, &w.io), 0);
    while (!port.asked) {
        assert_int_equal(smh_step(&w.call), 0);
        assert_int_equal(smh_wait(&w.call, UINT32_MAX), 0);
    }
    assert_true(await_end(w.tcp.fd, 20000));
    while (smh_step(&w.call) == 0)
        smh_wait(&w.call, UINT32_MAX);
    client_end();
    check_verdict(v, w.call.report.result);
    assert_int_equal(requests_seen(), 0);
}

static void has_nothing_behind_it(void **state)
{
    static const int results[FRONTS] = {502, 503, SMH_E_CLOSED, 502};
    front_setup setup = usual(kind_of(state));
    int fd = closed_port(&setup.upstream);
    setup.location = setup.kind == FRONT_HAPROXY ? "retries 0" : NULL;
    stranger_start(&setup);
    revoke_as(results[setup.kind]);
    close(fd);
    assert_true(smh_retryable(results[setup.kind]));
}

static void waits_too_long_for_it(void **state)
{
    static const char *const location[FRONTS] = {"proxy_read_timeout 4s;",
                                                 "timeout server 4s"};
    front_setup setup = usual(kind_of(state));
    setup.location = location[setup.kind];
    stranger_start(&setup);
    fill_users(25);
    standin_faults(&w.server, "2:silent");
    revoke_as(504);
    assert_int_equal(w.call.report.confirmed, 1);
    model_revoke(0, 1);
    check_left();
}

/* As the manual says: wait for the backoff, then resume. */
static void limits_the_rate(void **state)
{
    front_setup setup = usual(kind_of(state));
    unsigned attempt = 0;
    int result;
    setup.http = "limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;";
    setup.server = "limit_req zone=z; limit_req_status 429;";
    stranger_start(&setup);
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
    assert_int_equal(stranger_stop(" 429 "), attempt);
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
    front_setup setup = usual(kind_of(state));
    for (i = 0; i < many.count; i++)
        users[i] = "alice";
    setup.server = "access_log off;";
    setup.location = "return 204;";
    stranger_start(&setup);
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
    assert_int_equal(stranger_stop(" "), 0);
}

static int kinds[FRONTS] = {FRONT_NGINX, FRONT_HAPROXY, FRONT_HITCH,
                            FRONT_NODE};

#define AGAINST(test, name, kind)                                              \
    {                                                                          \
#test " (" name ")", test, NULL, stop_stranger, &kinds[kind]           \
    }
#define EACH(test)                                                             \
    AGAINST(test, "nginx", FRONT_NGINX),                                       \
        AGAINST(test, "haproxy", FRONT_HAPROXY),                               \
        AGAINST(test, "hitch", FRONT_HITCH), AGAINST(test, "node", FRONT_NODE)

int strangers_tests(void)
{
    const struct CMUnitTest tests[] = {
        EACH(exactly_the_right_tokens_are_gone),
        EACH(keeps_the_connection),
        EACH(prefers_what_it_likes),
        EACH(odd_bytes_pass_through),
        EACH(takes_a_full_line),
        EACH(is_not_trusted_blindly),
        EACH(speaks_tls_1_3_alone),
        EACH(has_a_certificate_with_pss),
        EACH(wants_a_client_certificate),
        EACH(offers_http_2),
        AGAINST(refuses_a_long_line, "nginx", FRONT_NGINX),
        AGAINST(refuses_a_long_line, "node", FRONT_NODE),
        AGAINST(waits_for_the_rest, "nginx", FRONT_NGINX),
        AGAINST(waits_for_the_rest, "haproxy", FRONT_HAPROXY),
        AGAINST(waits_for_the_rest, "node", FRONT_NODE),
        EACH(has_nothing_behind_it),
        AGAINST(waits_too_long_for_it, "nginx", FRONT_NGINX),
        AGAINST(waits_too_long_for_it, "haproxy", FRONT_HAPROXY),
        AGAINST(limits_the_rate, "nginx", FRONT_NGINX),
        AGAINST(is_read_through_a_buffer, "nginx", FRONT_NGINX),
    };
    world_start(NULL, NULL);
    return cmocka_run_group_tests_name("strangers", tests, NULL, NULL);
}
