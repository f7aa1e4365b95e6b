/* A port on lwIP, over a tap device and real TLS, against the stand-in and
 * nginx.  $PKI is where examples/smh_standin/pki.sh wrote, $SMH_STANDIN the
 * stand-in, $SMH_TAP the device. */
#include "lwip/opt.h"
#if NO_SYS
#include "lwip/tcp.h"
#include "smh_lwip_raw.h"
#else
#include "smh_lwip.h"
#endif
#include "smh_mbedtls.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../support/cmocka_all.h"
#include "../support/names.h"
#include "../support/others.h"
#include "../support/standin.h"
#include "../support/words.h"
#include "net.h"
#include "resolve.h"
#define FAULTS_DECLARED_ONLY
#include "lwip_faults.h"

#if NO_SYS
typedef smh_lwip_raw lwip_tcp;
#define lwip_tcp_port smh_lwip_raw_port
#else
typedef smh_lwip lwip_tcp;
#define lwip_tcp_port smh_lwip_port
#endif

enum {
    USERS = 25,
    REQUESTS = 3,
    QUICK_MS = 700,
    LONG_MS = 60000,
    LOSS_PERCENT = 5
};

static const char *const ids[USERS] = {"u00", "u01", "u02", "u03", "u04",
                                       "u05", "u06", "u07", "u08", "u09",
                                       "u10", "u11", "u12", "u13", "u14",
                                       "u15", "u16", "u17", "u18", "u19",
                                       "u20", "u21", "u22", "u23", "u24"};

/* What the name server knows: there is no way to the address of gap.test. */
static const name known[] = {
    {"both.test", NET_SERVER_4, NET_SERVER_6, 0},
    {"four.test", NET_SERVER_4, NULL, 0},
    {"six.test", NULL, NET_SERVER_6, 0},
    {"gap.test", NET_ELSEWHERE_4, NET_SERVER_6, 0},
    {"late.test", NET_SERVER_4, NULL, 400},
    {"later.test", NET_SERVER_4, NULL, 400},
    {NULL, NULL, NULL, 0},
};

/* Names that are not looked up but pinned, if the certificate has them. */
#define FOUR "four.test"
#define SIX "six.test"
#define ELSEWHERE "gap.test"
#define NOBODY "late.test"

static standin server;

/* One call: what is set, and what came of it. */
typedef struct attempt {
    const char *host;
    unsigned port;
    size_t users, size;
    uint32_t timeout_ms, resume;
    uint16_t pipeline;
    lwip_tcp tcp;
    smh_mbedtls tls;
    mbedtls_x509_crt ca;
    smh_list list;
    smh_scope scope;
    smh_io io;
    smh_call call;
    smh_report report;
    char why[120];
} attempt;

static int pinned(void *arg, const char *host, ip_addr_t *address)
{
    static const char *const names[][2] = {{FOUR, NET_SERVER_4},
                                           {SIX, NET_SERVER_6},
                                           {ELSEWHERE, NET_ELSEWHERE_4},
                                           {NOBODY, NET_NOBODY_4}};
    size_t i;
    (void)arg;
    for (i = 0; host != NULL && i < sizeof names / sizeof *names; i++)
        if (strcmp(host, names[i][0]) == 0)
            return ipaddr_aton(names[i][1], address) ? 1 : SMH_E_RESOLVE;
    return SMH_E_RESOLVE;
}

/* As most tests want it. */
static attempt usual(void)
{
    attempt c;
    memset(&c, 0, sizeof c);
    c.host = FOUR;
    c.port = server.port;
    c.users = USERS;
    c.size = 512;
    c.timeout_ms = LONG_MS;
    c.tcp.resolve = pinned;
#if NO_SYS
    c.tcp.turn = net_turn;
#endif
    return c;
}

static void start_tls(attempt *c)
{
    smh_mbedtls_options options = {0};
    mbedtls_x509_crt_init(&c->ca);
    psa_crypto_init();
    assert_int_equal(
        mbedtls_x509_crt_parse_file(&c->ca, temp_path(getenv("PKI"), "ca.pem")),
        0);
    options.below = lwip_tcp_port(&c->tcp);
    options.ca_chain = &c->ca;
    options.f_rng = smh_mbedtls_psa_random;
    assert_int_equal(smh_mbedtls_init(&c->tls, &options), 0);
}

/* What the TCP port knows; what is over it has words of its own. */
static void tell(attempt *c)
{
    words_of(lwip_tcp_port(&c->tcp), c->why, sizeof c->why);
}

static void clean_up(attempt *c)
{
    c->report = c->call.report;
    smh_mbedtls_free(&c->tls);
    mbedtls_x509_crt_free(&c->ca);
    tell(c);
    if (c->report.result != SMH_DONE)
        print_message("%d: %s\n", c->report.result, c->why);
}

/* Everything but the steps. */
static void begin(attempt *c)
{
    static char buffer[16384];
    start_tls(c);
    c->list.items = ids;
    c->list.count = c->users;
    c->scope.host = c->host;
    c->scope.port = (uint16_t)c->port;
    c->scope.library_id = STANDIN_LIBRARY;
    c->scope.library_secret = STANDIN_SECRET;
    c->scope.users = &c->list;
    c->io.port = smh_mbedtls_port(&c->tls);
    c->io.buffer = buffer;
    c->io.size = c->size;
    c->io.timeout_ms = c->timeout_ms;
    c->io.resume = c->resume;
    c->io.pipeline = c->pipeline;
}

static int run(attempt *c)
{
    begin(c);
    smh_revoke(&c->call, &c->scope, &c->io);
    clean_up(c);
    return c->report.result;
}

/* ---- what the server has ------------------------------------------------- */

static void tokens_for_all(const standin *s)
{
    size_t i;
    standin_reset(s);
    for (i = 0; i < USERS; i++)
        standin_token(s, ids[i], "phone", NULL);
    standin_token(s, "somebody else", "phone", NULL);
}

/* 1 besides those that were not to go. */
static unsigned tokens_left(const standin *s)
{
    char *tokens = standin_tokens(s);
    unsigned left = lines_with(tokens, "phone");
    assert_int_equal(lines_with(tokens, "somebody"), 1);
    free(tokens);
    return left - 1;
}

static unsigned journal_lines(const standin *s, const char *part)
{
    char *journal = standin_journal(s);
    unsigned lines = lines_with(journal, part);
    free(journal);
    return lines;
}

static unsigned connections(void)
{
    return journal_lines(&server, "tls ");
}

static void done(attempt *c)
{
    tokens_for_all(&server);
    assert_int_equal(run(c), SMH_DONE);
    assert_int_equal(tokens_left(&server), 0);
}

/* The server does as told; the result is this, and how many users' tokens are
 * left is told by the report. */
static void comes_to(attempt *c, const char *faults, int result)
{
    tokens_for_all(&server);
    standin_faults(&server, faults);
    assert_int_equal(run(c), result);
    assert_true(tokens_left(&server) <= USERS - 10 * c->report.confirmed);
}

/* ---- what works ---------------------------------------------------------- */

static void batches_go_over_one_connection(void **state)
{
    attempt c = usual();
    (void)state;
    done(&c);
    assert_int_equal(c.report.requests, REQUESTS);
    assert_int_equal(c.report.confirmed, REQUESTS);
    assert_int_equal(connections(), 1);
    assert_true(c.tcp.diag.sent > 0 && c.tcp.diag.received > 0);
    assert_non_null(strstr(c.why, ", bytes sent "));
#if !NO_SYS
    assert_int_equal(c.tcp.fd, LWIP_SOCKET_OFFSET); /* 0, if lwIP is ours */
#endif
}

static void requests_are_pipelined(void **state)
{
    attempt c = usual();
    (void)state;
    c.pipeline = REQUESTS;
    done(&c);
    assert_int_equal(connections(), 1);
}

static void any_buffer_does(void **state)
{
    static const size_t sizes[] = {1, 64, 16384};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        attempt c = usual();

        c.size = sizes[i];
        c.users = 3;
        tokens_for_all(&server);
        assert_int_equal(run(&c), SMH_DONE);
        assert_int_equal(tokens_left(&server), USERS - 3);
    }
}

static void ipv6_works(void **state)
{
    attempt c = usual();
    (void)state;
    c.host = SIX;
    done(&c);
}

static void interim_answers_and_drips_are_read(void **state)
{
    attempt c = usual();
    (void)state;
    comes_to(&c, "1:interim:3 2:drip:1 3:delay:300", SMH_DONE);
    assert_int_equal(tokens_left(&server), 0);
}

/* Records of 16 kB come through a window of any size. */
static void large_records_are_read(void **state)
{
    attempt c = usual();
    (void)state;
    comes_to(&c, "1:headers:60", SMH_DONE);
    assert_true(c.tcp.diag.received > 60000);
    c = usual();
    comes_to(&c, "1:big:200", 503);
}

static void break_at(lwip_fault *fault, unsigned at, int code)
{
    memset(&lwip_faults, 0, sizeof lwip_faults);
    fault->at = at;
    fault->code = code;
}

static void memory_may_be_short(void **state)
{
    unsigned all, at;
    attempt c = usual();
    (void)state;
    memset(&lwip_faults, 0, sizeof lwip_faults);
    done(&c);
    all = lwip_faults.send.calls;
    assert_true(all > REQUESTS);
    for (at = 1; at <= all; at++) {
        c = usual();
        break_at(&lwip_faults.send, at, ENOMEM);
        done(&c);
    }
    c = usual();
    break_at(&lwip_faults.socket, 1, ENFILE);
    assert_int_equal(run(&c), SMH_E_MEMORY);
    assert_string_equal(c.why, NO_SYS ? "connection: lwIP is out of memory"
                                      : "connection: no socket is free");
    memset(&lwip_faults, 0, sizeof lwip_faults);
}

#if NO_SYS

static attempt *victim;
static unsigned turns_left;

static void turn_and_lose(void *unused)
{
    net_turn(unused);
    if (turns_left && --turns_left == 0 && victim->tcp.pcb)
        tcp_abort(victim->tcp.pcb);
}

/* lwIP gives up the connection under the handshake, a request, an answer. */
static void any_turn_may_lose_the_connection(void **state)
{
    unsigned at = 1;
    (void)state;
    do {
        attempt c = usual();
        victim = &c;
        turns_left = at++;
        c.tcp.turn = turn_and_lose;
        tokens_for_all(&server);
        if (run(&c) == SMH_DONE)
            continue;
        assert_int_equal(c.report.result, SMH_E_NETWORK);
        assert_non_null(strstr(c.why, ": no answer, given up"));
        c.resume = c.report.resume;
        assert_int_equal(run(&c), SMH_DONE);
        assert_int_equal(tokens_left(&server), 0);
    } while (turns_left == 0);
    assert_true(at > 10);
}

#endif

/* While the server takes its time, there are many. */
static void steps_do_not_block(void **state)
{
    unsigned steps = 0;
    attempt c = usual();
    (void)state;
    tokens_for_all(&server);
    standin_faults(&server, "2:delay:3000");
    begin(&c);
    assert_int_equal(smh_begin(&c.call, &c.scope, &c.io), 0);
    while (smh_step(&c.call) == 0) {
        steps += c.call.report.confirmed == 1;
#if NO_SYS
        net_turn(NULL);
#else
        poll(NULL, 0, 1);
#endif
    }
    clean_up(&c);
    assert_int_equal(c.report.result, SMH_DONE);
    assert_true(steps > 100);
}

/* ---- what a server does wrong -------------------------------------------- */

static void a_stale_connection_is_opened_again(void **state)
{
    attempt c = usual();
    (void)state;
    comes_to(&c, "1:close-after 2:no-notify", SMH_DONE);
    assert_int_equal(connections(), 3);
    assert_int_equal(journal_lines(&server, "resumed"), 0);
    assert_int_equal(tokens_left(&server), 0);
}

static void a_reset_is_told_and_resumed(void **state)
{
    attempt c = usual();
    (void)state;
    comes_to(&c, "2:reset 3:reset", SMH_E_CLOSED);
    assert_string_equal(c.why, "receiving: reset by the server");
    assert_int_equal(c.report.resume, 1);
    c = usual();
    c.resume = 1;
    assert_int_equal(run(&c), SMH_DONE);
    assert_int_equal(tokens_left(&server), 0);
}

static void an_answer_cut_off_is_told(void **state)
{
    attempt c = usual();
    (void)state;
    comes_to(&c, "1:close-middle:5", SMH_E_CLOSED);
    assert_int_equal(c.report.confirmed, 0);
}

/* On any address and a free port. */
static int listen_anywhere(unsigned *port)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return fd;
}

/* Takes one connection, says no more, and waits for the other end. */
static void *hang_up(void *listener)
{
    int fd = accept(*(int *)listener, NULL, NULL);
    char bytes[256];
    shutdown(fd, SHUT_WR);
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    close(fd);
    return NULL;
}

static void an_end_without_a_word_is_told(void **state)
{
    attempt c = usual();
    int fd = listen_anywhere(&c.port);
    pthread_t thread;
    (void)state;
    pthread_create(&thread, NULL, hang_up, &fd);
    assert_int_equal(run(&c), SMH_E_CLOSED);
    assert_string_equal(c.why, "receiving: closed by the server");
    pthread_join(thread, NULL);
    close(fd);
}

/* What the peer has not read, and lwIP not sent, never goes out. */
static void a_close_at_once_resets(void **state)
{
    static char bytes[4096];
    attempt c = usual();
    smh_port port = lwip_tcp_port(&c.tcp);
    int listener = listen_anywhere(&c.port), fd, result;
    (void)state;
    while ((result = port.ops->open(&c.tcp, FOUR, (uint16_t)c.port)) ==
           SMH_AGAIN)
        port.ops->wait(&c.tcp, LONG_MS);
    assert_int_equal(result, 1);
    while (port.ops->send(&c.tcp, bytes, sizeof bytes) > 0)
        continue;
    assert_int_equal(port.ops->close(&c.tcp, 1), 1);
    fd = accept(listener, NULL, NULL);
    while ((result = (int)recv(fd, bytes, sizeof bytes, 0)) > 0)
        continue;
    assert_int_equal(result, -1);
    close(fd);
    close(listener);
}

static void silence_ends_with_the_deadline(void **state)
{
    static const char *const faults[] = {"1:silent", "1:handshake-stall"};
    size_t i;
    (void)state;
    for (i = 0; i < 2; i++) {
        attempt c = usual();

        c.timeout_ms = QUICK_MS;
        comes_to(&c, faults[i], SMH_E_TIMEOUT);
    }
}

/* ---- what a network does wrong ------------------------------------------- */

static void fails_with(attempt *c, int result, const char *why)
{
    if (result == SMH_E_TIMEOUT)
        c->timeout_ms = QUICK_MS;
    tokens_for_all(&server);
    assert_int_equal(run(c), result);
    assert_string_equal(c->why, why);
    assert_int_equal(tokens_left(&server), USERS);
}

static void fails(const char *host, unsigned port, int result, const char *why)
{
    attempt c = usual();
    c.host = host;
    c.port = port;
    fails_with(&c, result, why);
}

static void a_closed_port_is_told(void **state)
{
    char why[96];
    unsigned port;
    int fd = closed_port(&port);
    (void)state;
    snprintf(why, sizeof why, "connection: refused by " NET_SERVER_4 ":%u",
             port);
    fails(FOUR, port, SMH_E_NETWORK, why);
    snprintf(why, sizeof why, "connection: refused by [FD53:4D48::1]:%u", port);
    fails(SIX, port, SMH_E_NETWORK, why);
    close(fd);
}

static void no_way_is_told(void **state)
{
    (void)state;
    fails(ELSEWHERE, 443, SMH_E_NETWORK,
          "connection: no route, to " NET_ELSEWHERE_4 ":443");
    fails(NOBODY, 443, SMH_E_TIMEOUT,
          "connection, bytes sent 0, received 0, to " NET_NOBODY_4 ":443");
}

static void lost_frames_only_cost_time(void **state)
{
    static const uint32_t seeds[] = {1, 20, 300};
    unsigned lost = 0;
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        attempt c = usual();

        c.timeout_ms = 2 * LONG_MS; /* RTO doubles with each loss in a row */
        net_lose(LOSS_PERCENT, seeds[i]);
        done(&c);
        lost += net_lose(0, 0);
    }
    assert_true(lost > 0);
}

static void a_link_that_dies_ends_with_the_deadline(void **state)
{
    attempt c = usual();
    (void)state;
    c.timeout_ms = QUICK_MS;
    tokens_for_all(&server);
    net_lose(100, 1);
    assert_int_equal(run(&c), SMH_E_TIMEOUT);
    net_lose(0, 0);
    assert_int_equal(tokens_left(&server), USERS);
}

/* ---- names --------------------------------------------------------------- */

#if LWIP_DNS

static void names_are_looked_up(void **state)
{
    static const char *const names[] = {"both.test", "four.test", "six.test",
                                        "gap.test", "late.test"};
    size_t i;
    (void)state;
    for (i = 0; i < 5; i++) {
        attempt c = usual();

        c.host = names[i];
        c.tcp.resolve = NULL;
        done(&c);
    }
}

static void names_that_lead_nowhere_are_told(void **state)
{
    char why[96];
    unsigned port;
    int fd = closed_port(&port);
    attempt c = usual();
    (void)state;
    snprintf(why, sizeof why, "look-up: name not found%s",
             NO_SYS ? "" : ", or no DNS server");
    c.host = "nowhere.test";
    c.tcp.resolve = NULL;
    fails_with(&c, SMH_E_RESOLVE, why);
    c = usual();
    c.port = port;
    c.tcp.resolve = NULL;
    snprintf(why, sizeof why, "connection: refused by " NET_SERVER_4 ":%u",
             port);
    fails_with(&c, SMH_E_NETWORK, why);
    close(fd);
}

/* When the answer comes the call is over, and its memory in other hands. */
static void names_may_come_too_late(void **state)
{
    attempt *late = (attempt *)malloc(sizeof *late);
    attempt c = usual();
    (void)state;
    assert_non_null(late);
    *late = usual();
    late->host = "later.test";
    late->tcp.resolve = NULL;
    late->timeout_ms = 50;
    tokens_for_all(&server);
    assert_int_equal(run(late), SMH_E_TIMEOUT);
    free(late);
    assert_int_equal(run(&c), SMH_DONE);
    c = usual();
    standin_faults(&server, "1:delay:800"); /* the answer comes meanwhile */
    assert_int_equal(run(&c), SMH_DONE);
}

#else

static void names_need_dns(void **state)
{
    attempt c = usual();
    (void)state;
    c.tcp.resolve = NULL;
    fails_with(&c, SMH_E_RESOLVE,
               "look-up: lwIP was built without DNS: set resolve");
}

#endif

static int resolve(void *arg, const char *host, ip_addr_t *address)
{
    int *turns = (int *)arg;
    if (*turns > 0 && (*turns)--)
        return SMH_AGAIN;
    if (host == NULL || strcmp(host, "six.test") != 0)
        return SMH_E_RESOLVE;
    return ipaddr_aton(NET_SERVER_6, address) ? 1 : SMH_E_RESOLVE;
}

static void a_resolver_of_ones_own_goes_first(void **state)
{
    int turns = 3;
    attempt c = usual();
    (void)state;
    c.tcp.resolve = resolve;
    c.tcp.arg = &turns;
    c.host = "six.test";
    done(&c);
    c = usual();
    c.tcp.resolve = resolve;
    c.tcp.arg = &turns;
    c.host = "four.test";
    assert_int_equal(run(&c), SMH_E_RESOLVE);
    assert_string_equal(c.why, "look-up: no address");
}

/* Over TLS, too, which must not take it for a connection. */
static void a_resolver_that_breaks_its_contract(void **state)
{
    static const int wrong[] = {0, 2, 204, SMH_E_TLS};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fixed_answer to = {0, 0, 0};
        attempt c = usual();

        to.answer = wrong[i];
        c.tcp.resolve = fixed;
        c.tcp.arg = &to;
        assert_int_equal(run(&c), SMH_E_PORT);
        assert_int_equal(to.asked, 1);
        assert_int_equal(to.abandoned, 0);
    }
}

#if !NO_SYS

static void a_resolver_that_takes_its_time_is_not_asked_in_a_spin(void **state)
{
    fixed_answer to = {SMH_AGAIN, 0, 0};
    attempt c = usual();
    (void)state;
    c.tcp.resolve = fixed;
    c.tcp.arg = &to;
    c.timeout_ms = 3000;
    assert_int_equal(run(&c), SMH_E_TIMEOUT);
    assert_in_range(to.asked, 2, 600);
    assert_int_equal(to.abandoned, 1);
}

#endif

/* ---- another server, and what is not to be trusted ----------------------- */

static void start_other(standin *s, const char *cert)
{
    static const char *const any[] = {"--address", "::", NULL};
    standin_start(s, getenv("PKI"), cert, any);
}

static void a_wrong_certificate_stops_it(void **state)
{
    static const char *const certs[] = {"other-name", "expired", "other-ca"};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        standin other = {0};
        attempt c = usual();

        start_other(&other, certs[i]);
        c.port = other.port;
        assert_int_equal(run(&c), SMH_E_TLS);
        assert_int_equal(journal_lines(&other, "DELETE"), 0);
        standin_stop(&other);
    }
}

/* It closes the connection after every second request. */
static void nginx_is_served_from(void **state)
{
    front_setup setup = {0};
    standin behind = {0};
    front nginx;
    attempt c = usual();
    (void)state;
    start_other(&behind, NULL);
    tokens_for_all(&behind);
    setup.certs = getenv("PKI");
    setup.cert = "chain";
    setup.address = NET_SERVER_4;
    setup.upstream = behind.port;
    setup.requests = 2;
    assert_true(front_start(&nginx, &setup));
    c.port = nginx.port;
    assert_int_equal(run(&c), SMH_DONE);
    assert_int_equal(tokens_left(&behind), 0);
    free(front_stop(&nginx));
    standin_stop(&behind);
}

/* ---- main ---------------------------------------------------------------- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_go_over_one_connection),
        cmocka_unit_test(requests_are_pipelined),
        cmocka_unit_test(any_buffer_does),
        cmocka_unit_test(ipv6_works),
        cmocka_unit_test(interim_answers_and_drips_are_read),
        cmocka_unit_test(large_records_are_read),
        cmocka_unit_test(memory_may_be_short),
#if NO_SYS
        cmocka_unit_test(any_turn_may_lose_the_connection),
#endif
        cmocka_unit_test(steps_do_not_block),
        cmocka_unit_test(a_stale_connection_is_opened_again),
        cmocka_unit_test(a_reset_is_told_and_resumed),
        cmocka_unit_test(an_answer_cut_off_is_told),
        cmocka_unit_test(an_end_without_a_word_is_told),
        cmocka_unit_test(a_close_at_once_resets),
        cmocka_unit_test(silence_ends_with_the_deadline),
        cmocka_unit_test(a_closed_port_is_told),
        cmocka_unit_test(no_way_is_told),
        cmocka_unit_test(lost_frames_only_cost_time),
        cmocka_unit_test(a_link_that_dies_ends_with_the_deadline),
#if LWIP_DNS
        cmocka_unit_test(names_are_looked_up),
        cmocka_unit_test(names_that_lead_nowhere_are_told),
        cmocka_unit_test(names_may_come_too_late),
#else
        cmocka_unit_test(names_need_dns),
#endif
        cmocka_unit_test(a_resolver_of_ones_own_goes_first),
        cmocka_unit_test(a_resolver_that_breaks_its_contract),
#if !NO_SYS
        cmocka_unit_test(a_resolver_that_takes_its_time_is_not_asked_in_a_spin),
#endif
        cmocka_unit_test(a_wrong_certificate_stops_it),
        cmocka_unit_test(nginx_is_served_from),
    };
    int failed;
    net_start();
    names_start(known, NET_SERVER_4);
    start_other(&server, "chain");
    cmocka_set_test_filter(getenv("ONLY"));
    failed = cmocka_run_group_tests_name("lwip", tests, NULL, NULL);
    standin_stop(&server);
    return failed;
}
