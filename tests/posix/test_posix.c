/* smh_posix.h on real sockets of the loopback. */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_all.h"

enum { BIG = 1 << 16 };

/* ---- the way it should go ------------------------------------------------ */

static void bytes_are_counted_from_the_opening_on(void **state)
{
    char data[8];
    (void)state;
    connect_both();
    assert_int_equal(port.ops->send(port.ctx, "hello", 5), 5);
    assert_int_equal(send(peer, "world!", 6, 0), 6);
    assert_int_equal(receive(data, sizeof data), 6);
    assert_int_equal(tcp.diag.sent, 5);
    assert_int_equal(tcp.diag.received, 6);
    assert_int_equal(tcp.diag.result, 0);
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    drop(&peer);
    connect_both();
    assert_int_equal(tcp.diag.sent, 0);
    assert_int_equal(tcp.diag.received, 0);
}

static void over_ipv6(void **state)
{
    static const char *const six[] = {"::1", NULL};
    (void)state;
    drop(&listener);
    resolved = NULL;
    listener = listen_on("::1", 0);
    resolved = six;
    assert_int_equal(open_to("service.test"), 1);
    assert_int_equal(tcp.next, 1);
    says("connection, bytes sent 0, received 0, to [::1]:%u");
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    drop(&listener);
    assert_int_equal(open_to("service.test"), SMH_E_NETWORK);
    says("connection: Connection refused by [::1]:%u");
}

/* ---- several addresses --------------------------------------------------- */

static void the_next_address_is_tried(void **state)
{
    static const char *const addresses[] = {"::1", "127.0.0.2", "127.0.0.1",
                                            "127.0.0.3", NULL};
    (void)state;
    resolved = addresses;
    assert_int_equal(open_to("service.test"), 1);
    assert_int_equal(tcp.next, 3);
    says("connection, bytes sent 0, received 0, to 127.0.0.1:%u, number 3");
    port.ops->close(port.ctx, 0);
    drop(&listener);
    assert_int_equal(open_to("service.test"), SMH_E_NETWORK);
    assert_int_equal(tcp.next, 4);
    says("connection: Connection refused by 127.0.0.3:%u, the last of 4 "
         "addresses");
}

static void no_more_than_eight_addresses_are_tried(void **state)
{
    static const char *const addresses[] = {"127.0.0.2", "127.0.0.2",
                                            "127.0.0.2", "127.0.0.2",
                                            "127.0.0.2", "127.0.0.2",
                                            "127.0.0.2", "127.0.0.3",
                                            "127.0.0.1", NULL};
    struct sockaddr_storage found[SMH_POSIX_ADDRESSES + 1];
    (void)state;
    resolved = addresses;
    memset(found, 0, sizeof found);
    assert_int_equal(smh_posix_look_up("service.test", found), 0);
    assert_int_equal(found[SMH_POSIX_ADDRESSES - 1].ss_family, AF_INET);
    assert_int_equal(found[SMH_POSIX_ADDRESSES].ss_family, AF_UNSPEC);
    assert_int_equal(open_to("service.test"), SMH_E_NETWORK);
    says("connection: Connection refused by 127.0.0.3:%u, the last of 8 "
         "addresses");
}

/* Listens, and takes no more connections: silence is the answer. */
static void fill(int fillers[8])
{
    struct sockaddr_in to;
    size_t i;
    assert_int_equal(listen(listener, 0), 0);
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(number);
    for (i = 0; i < 8; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fillers[i], (struct sockaddr *)&to, sizeof to);
    }
}

static void a_silent_address_is_given_up_for_the_next(void **state)
{
    static const char *const addresses[] = {"127.0.0.1", "::1", NULL};
    int fillers[8];
    int other;
    size_t i;
    (void)state;
    fill(fillers);
    resolved = NULL;
    other = listen_on("::1", number);
    resolved = addresses;
    assert_int_equal(open_to("service.test"), 1);
    assert_int_equal(tcp.next, 2);
    drop(&other);
    for (i = 0; i < 8; i++)
        close(fillers[i]);
}

/* ---- a look-up of one's own ---------------------------------------------- */

/* What resolve() says: AGAIN as often as told, then result with addresses. */
static struct look_up {
    int again; /* below 0: for ever */
    int result;
    const char *addresses[SMH_POSIX_ADDRESSES];
    int asked, abandoned;
} look_up;

static void put(struct sockaddr_storage *to, const char *address)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    memset(&four, 0, sizeof four);
    memset(&six, 0, sizeof six);
    four.sin_family = AF_INET;
    six.sin6_family = AF_INET6;
    if (inet_pton(AF_INET, address, &four.sin_addr) == 1)
        memcpy(to, &four, sizeof four);
    else if (inet_pton(AF_INET6, address, &six.sin6_addr) == 1)
        memcpy(to, &six, sizeof six);
    else
        to->ss_family = AF_UNIX; /* no address of a host */
}

static int resolve(void *arg, const char *host,
                   struct sockaddr_storage *addresses)
{
    struct look_up *to = (struct look_up *)arg;
    int i;
    if (host == NULL) {
        assert_null(addresses);
        to->abandoned++;
        return SMH_E_RESOLVE;
    }
    to->asked++;
    assert_string_equal(host, "service.test");
    for (i = 0; i < SMH_POSIX_ADDRESSES; i++)
        assert_int_equal(addresses[i].ss_family, AF_UNSPEC);
    if (to->again != 0) {
        to->again--;
        return SMH_AGAIN;
    }
    for (i = 0; i < SMH_POSIX_ADDRESSES && to->addresses[i] != NULL; i++)
        put(&addresses[i], to->addresses[i]);
    return to->result;
}

static int with_look_up(void **state)
{
    set_up(state);
    memset(&look_up, 0, sizeof look_up);
    look_up.result = 1;
    look_up.addresses[0] = "127.0.0.1";
    tcp.resolve = resolve;
    tcp.arg = &look_up;
    return 0;
}

static void the_hook_is_called_until_it_knows(void **state)
{
    (void)state;
    look_up.again = 3;
    assert_int_equal(open_to("service.test"), 1);
    assert_int_equal(look_up.asked, 4);
    assert_int_equal(tcp.next, 1);
    port.ops->close(port.ctx, 0);
    assert_int_equal(open_to("service.test"), 1);
    assert_int_equal(look_up.asked, 5);
    port.ops->close(port.ctx, 0);
    assert_int_equal(look_up.abandoned, 0);
}

/* Not from a hook that has given its answer, whatever that was. */
static void the_hook_is_told_once_that_it_is_abandoned(void **state)
{
    int at_once;
    (void)state;
    for (at_once = 0; at_once < 2; at_once++) {
        look_up.again = 5;
        look_up.abandoned = 0;
        assert_int_equal(port.ops->open(port.ctx, "service.test", number),
                         SMH_AGAIN);
        assert_int_equal(tcp.diag.stage, SMH_STAGE_RESOLVE);
        assert_string_equal(words(), "look-up: no answer yet");
        assert_int_equal(port.ops->close(port.ctx, at_once), 1);
        assert_int_equal(look_up.abandoned, 1);
        assert_int_equal(port.ops->close(port.ctx, at_once), 1);
        assert_int_equal(look_up.abandoned, 1);
    }
    look_up.again = 0;
    look_up.result = SMH_E_RESOLVE;
    assert_int_equal(open_to("service.test"), SMH_E_RESOLVE);
    assert_int_equal(port.ops->close(port.ctx, 1), 1);
    assert_int_equal(look_up.abandoned, 1);
}

static void all_addresses_of_the_hook_are_tried_in_order(void **state)
{
    static const char *const all[] = {"::1",       "127.0.0.2", "nowhere",
                                      "127.0.0.3", "127.0.0.4", "127.0.0.5",
                                      "127.0.0.6", "127.0.0.1"};
    struct sockaddr_in last;
    (void)state;
    memcpy(look_up.addresses, all, sizeof all);
    assert_int_equal(open_to("service.test"), 1);
    assert_int_equal(tcp.next, SMH_POSIX_ADDRESSES);
    memcpy(&last, &tcp.addresses[SMH_POSIX_ADDRESSES - 1], sizeof last);
    assert_int_equal(ntohs(last.sin_port), number);
    port.ops->close(port.ctx, 0);
    look_up.addresses[1] = "127.0.0.1";
    assert_int_equal(open_to("service.test"), 1);
    assert_int_equal(tcp.next, 2);
    port.ops->close(port.ctx, 0);
    look_up.addresses[1] = "127.0.0.2";
    look_up.addresses[7] = "nowhere";
    assert_int_equal(open_to("service.test"), SMH_E_NETWORK);
    assert_int_equal(tcp.diag.code, EAFNOSUPPORT);
    assert_int_equal(tcp.next, SMH_POSIX_ADDRESSES);
    assert_string_equal(words(), "connection: Address family not supported by "
                                 "protocol");
}

static void the_addresses_end_at_the_first_gap(void **state)
{
    (void)state;
    look_up.addresses[0] = "127.0.0.2";
    look_up.addresses[2] = "127.0.0.1";
    assert_int_equal(open_to("service.test"), SMH_E_NETWORK);
    assert_int_equal(tcp.next, 1);
}

static void a_hook_without_an_address(void **state)
{
    int i;
    (void)state;
    look_up.addresses[0] = NULL;
    for (i = 0; i < 2; i++) {
        look_up.result = i == 0 ? 1 : SMH_E_RESOLVE;
        assert_int_equal(open_to("service.test"), SMH_E_RESOLVE);
        assert_int_equal(tcp.diag.stage, SMH_STAGE_RESOLVE);
        assert_int_equal(tcp.diag.result, SMH_E_RESOLVE);
        assert_string_equal(words(), "look-up: no address");
    }
}

static void a_hook_that_breaks_its_contract(void **state)
{
    static const int wrong[] = {0, 2, 204, INT_MAX, SMH_E_TLS, -1000};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        look_up.result = wrong[i];
        assert_int_equal(open_to("service.test"), SMH_E_PORT);
        assert_false(tcp.opened);
        assert_string_equal(words(),
                            "look-up: resolve() returned what it may not");
    }
    assert_int_equal(look_up.abandoned, 0);
}

static void a_hook_without_memory(void **state)
{
    (void)state;
    look_up.result = SMH_E_MEMORY;
    assert_int_equal(open_to("service.test"), SMH_E_MEMORY);
    assert_string_equal(words(), "look-up: out of memory");
}

static uint32_t ms_of(uint32_t ms, int expected);

/* Neither a spin nor a sleep beyond what the hook may have found meanwhile. */
static void while_the_hook_looks_up_a_wait_is_short(void **state)
{
    uint32_t before;
    int waits = 0;
    (void)state;
    look_up.again = -1;
    assert_int_equal(port.ops->open(port.ctx, "service.test", number),
                     SMH_AGAIN);
    assert_in_range(ms_of(5, SMH_AGAIN), 4, 5000);
    assert_in_range(ms_of(0, SMH_AGAIN), 0, 5000);
    before = port.ops->now_ms(port.ctx);
    do {
        assert_int_equal(port.ops->wait(port.ctx, UINT32_MAX), 1);
        waits++;
    } while (port.ops->now_ms(port.ctx) - before < 200);
    assert_in_range(waits, 1, 40);
}

/* ---- calls of one loop --------------------------------------------------- */

enum { CALLS = 3 };

static struct one_call {
    smh_posix tcp;
    smh_io io;
    smh_call call;
    char buffer[512];
    int result;
} calls[CALLS];

static void begin_call(struct one_call *c, uint32_t timeout_ms)
{
    memset(c, 0, sizeof *c);
    c->tcp.resolve = resolve;
    c->tcp.arg = &look_up;
    c->io.port = trusted(&c->tcp);
    c->io.buffer = c->buffer;
    c->io.size = sizeof c->buffer;
    c->io.timeout_ms = timeout_ms;
    c->result = smh_begin(&c->call, scope_of_alice(), &c->io);
    assert_int_equal(c->result, 0);
}

/* Answers what has come, which is a whole request: it fits one segment. */
static void serve(int fds[CALLS])
{
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    char request[1024];
    int i;
    for (i = 0; i < CALLS; i++) {
        if (fds[i] < 0)
            fds[i] = accept(listener, NULL, NULL);
        if (fds[i] >= 0 &&
            recv(fds[i], request, sizeof request, MSG_DONTWAIT) > 0)
            assert_true(send(fds[i], answer, sizeof answer - 1, 0) > 0);
    }
}

enum { DEADLINE_MS = 10000 };

static uint32_t behind_the_deadline(void *ctx)
{
    return port.ops->now_ms(ctx) + DEADLINE_MS;
}

/* Its own deadline is made to pass when they are done. */
static void
a_look_up_that_never_ends_costs_the_other_calls_nothing(void **state)
{
    struct look_up never;
    smh_port_ops late;
    int fds[CALLS] = {-1, -1, -1};
    int i;
    (void)state;
    memset(&never, 0, sizeof never);
    never.again = -1;
    assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    for (i = 0; i < CALLS; i++)
        begin_call(&calls[i], DEADLINE_MS);
    calls[1].tcp.arg = &never;
    while (calls[0].result == 0 || calls[2].result == 0) {
        for (i = 0; i < CALLS; i++)
            if (calls[i].result == 0)
                calls[i].result = smh_step(&calls[i].call);
        serve(fds);
        smh_posix_port(&calls[1].tcp).ops->wait(&calls[1].tcp, 1);
    }
    assert_int_equal(calls[0].result, SMH_DONE);
    assert_int_equal(calls[1].result, 0);
    assert_int_equal(calls[2].result, SMH_DONE);
    assert_int_equal(never.abandoned, 0);
    late = *calls[1].io.port.ops;
    late.now_ms = behind_the_deadline;
    calls[1].io.port.ops = &late;
    assert_int_equal(smh_step(&calls[1].call), SMH_E_TIMEOUT);
    assert_int_equal(never.abandoned, 1);
    for (i = 0; i < CALLS; i++)
        drop(&fds[i]);
}

static void a_blocking_call_ends_in_time_while_the_hook_looks_up(void **state)
{
    uint32_t before = port.ops->now_ms(port.ctx);
    int result = 0;
    (void)state;
    look_up.again = -1;
    begin_call(calls, 3000);
    while (result == 0) {
        result = smh_step(&calls->call);
        if (result == 0)
            result = smh_wait(&calls->call, UINT32_MAX);
    }
    assert_int_equal(result, SMH_E_TIMEOUT);
    assert_in_range(port.ops->now_ms(port.ctx) - before, 2999, 20000);
    assert_in_range(look_up.asked, 2, 600);
    assert_int_equal(look_up.abandoned, 1);
}

/* ---- the socket ---------------------------------------------------------- */

static void the_socket_is_as_it_should_be(void **state)
{
    int on = 0;
    socklen_t size = sizeof on;
    (void)state;
    connect_both();
    assert_true(fcntl(tcp.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(tcp.fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(getsockopt(tcp.fd, IPPROTO_TCP, TCP_NODELAY, &on, &size),
                     0);
    assert_true(on);
}

/* ---- descriptors --------------------------------------------------------- */

static void nothing_is_closed_that_was_not_opened(void **state)
{
    int zero = dup(0);
    (void)state;
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_int_equal(port.ops->close(port.ctx, 1), 1);
    assert_int_equal(fcntl(0, F_GETFD) >= 0, zero >= 0);
    drop(&zero);
    assert_int_equal(port.ops->wait(port.ctx, 10000), 1); /* for nothing */
    assert_string_equal(words(), "not opened");
}

static void descriptor_0_is_one_like_any_other(void **state)
{
    int zero = dup(0);
    (void)state;
    close(0);
    connect_both();
    assert_int_equal(tcp.fd, 0);
    assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_int_equal(fcntl(0, F_GETFD), -1);
    if (zero >= 0) {
        assert_int_equal(dup2(zero, 0), 0);
        drop(&zero);
    }
}

static void descriptors_above_fd_setsize_work(void **state)
{
    struct rlimit limit;
    char byte;
    int high;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < 2000)
        skip();
    limit.rlim_cur = 2000;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    connect_both();
    high = fcntl(tcp.fd, F_DUPFD_CLOEXEC, 1500);
    assert_true(high >= 1500);
    close(tcp.fd);
    tcp.fd = high;
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
    assert_int_equal(send(peer, "x", 1, 0), 1);
    assert_int_equal(port.ops->wait(port.ctx, 10000), 1);
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), 1);
}

static void no_descriptors_left(void **state)
{
    struct rlimit limit, few;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = limit;
    few.rlim_cur = (rlim_t)dup(0) + 0;
    close((int)few.rlim_cur);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_int_equal(open_to("service.test"), SMH_E_MEMORY);
    assert_int_equal(tcp.diag.code, EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_string_equal(words(), "connection: Too many open files");
}

/* ---- failures told apart ------------------------------------------------- */

static void refused(void **state)
{
    (void)state;
    drop(&listener);
    assert_int_equal(open_to("service.test"), SMH_E_NETWORK);
    assert_int_equal(tcp.diag.code, ECONNREFUSED);
    assert_int_equal(tcp.diag.stage, SMH_STAGE_CONNECT);
    says("connection: Connection refused by 127.0.0.1:%u");
    assert_false(tcp.opened);
}

static void unresolved(void **state)
{
    static const char *const hosts[] = {"", "name.invalid"};
    static const char *const loopback[] = {"127.0.0.1", NULL};
    size_t i;
    (void)state;
    resolved = NULL;
    for (i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (open_to(hosts[i]) != SMH_E_RESOLVE)
            fail_msg("%s: %s", hosts[i], words());
        assert_int_equal(tcp.diag.stage, SMH_STAGE_RESOLVE);
        assert_int_not_equal(tcp.diag.code, 0);
        assert_memory_equal(words(), "look-up: ", 9);
        assert_string_equal(words() + 9, gai_strerror(tcp.diag.code));
    }
    resolved = loopback;
    drop(&listener);
    assert_int_equal(open_to("service.test"), SMH_E_NETWORK);
    says("connection: Connection refused by 127.0.0.1:%u");
}

static void an_orderly_end(void **state)
{
    char byte;
    (void)state;
    connect_both();
    assert_int_equal(send(peer, "x", 1, 0), 1);
    drop(&peer);
    assert_int_equal(receive(&byte, 1), 1);
    assert_int_equal(receive(&byte, 1), SMH_E_CLOSED);
    assert_int_equal(tcp.diag.code, 0);
    assert_string_equal(words(), "receiving: closed by the server");
}

static void a_reset(void **state)
{
    char byte;
    (void)state;
    connect_both();
    reset();
    assert_int_equal(receive(&byte, 1), SMH_E_CLOSED);
    assert_int_equal(tcp.diag.code, ECONNRESET);
    assert_string_equal(words(), "receiving: Connection reset by peer");
}

/* Its hook may point anywhere, so it must not be called. */
static void a_struct_that_was_not_zeroed(void **state)
{
    static const int fills[] = {0x01, 0x5A, 0xA5, 0xFF};
    char byte = 'x';
    size_t i;
    (void)state;
    for (i = 0; i < sizeof fills / sizeof *fills; i++) {
        memset(&tcp, fills[i], sizeof tcp);
        assert_string_equal(words(), "not opened: the struct was not zeroed");
        assert_int_equal(port.ops->close(port.ctx, 0), 1);
        assert_int_equal(port.ops->send(port.ctx, &byte, 1), SMH_E_CLOSED);
        assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_E_CLOSED);
        assert_int_equal(open_to("service.test"), SMH_E_PORT);
        assert_int_equal(tcp.diag.stage, SMH_STAGE_SET_UP);
        assert_int_equal(tcp.diag.result, SMH_E_PORT);
        assert_int_equal(tcp.diag.code, 0);
        assert_int_equal(port.ops->close(port.ctx, 1), 1);
        assert_string_equal(words(), "not opened: the struct was not zeroed");
    }
}

/* ---- waiting ------------------------------------------------------------- */

static uint32_t ms_of(uint32_t ms, int expected)
{
    uint32_t before = port.ops->now_ms(port.ctx);
    assert_int_equal(port.ops->wait(port.ctx, ms), expected);
    return port.ops->now_ms(port.ctx) - before;
}

/* The peer does not read.  What is still on its way makes room when it has
 * arrived, so that there is none only if none comes. */
static void fill_the_room(void)
{
    static char data[BIG];
    struct pollfd room = {tcp.fd, POLLOUT, 0};
    int result;
    do
        while ((result = port.ops->send(port.ctx, data, sizeof data)) > 0)
            ;
    while (poll(&room, 1, 100) == 1);
    assert_int_equal(result, SMH_AGAIN);
}

/* Not ready for writing means nothing to who wants to read. */
static void only_what_is_wanted_is_waited_for(void **state)
{
    static char data[BIG];
    (void)state;
    connect_both();
    assert_int_equal(port.ops->recv(port.ctx, data, 1), SMH_AGAIN);
    assert_int_equal(tcp.want, SMH_WANT_READ);
    assert_in_range(ms_of(30, SMH_AGAIN), 29, 5000);
    assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
    assert_int_equal(tcp.want, 0); /* it moved: there may be more to do */
    assert_true(ms_of(10000, 1) < 5000);
    fill_the_room();
    assert_int_equal(tcp.want, SMH_WANT_READ | SMH_WANT_WRITE);
    assert_in_range(ms_of(30, SMH_AGAIN), 29, 5000);
    while (recv(peer, data, sizeof data, MSG_DONTWAIT) > 0)
        ;
    assert_true(ms_of(10000, 1) < 5000);
    assert_int_equal(tcp.want, 0); /* until it is tried again */
    assert_true(port.ops->send(port.ctx, data, 1) == 1);
}

static void on_signal(int number_of_signal)
{
    (void)number_of_signal;
}

static void a_signal_ends_a_wait(void **state)
{
    struct sigaction action;
    char byte;
    pid_t child, parent = getpid();
    int status, result, sent;
    (void)state;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    connect_both();
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
    child = fork();
    if (child == 0) {
        /* More than one, for the first may come before the wait. */
        for (sent = 0; sent < 50 && getppid() == parent; sent++) {
            poll(NULL, 0, 100);
            kill(parent, SIGUSR1);
        }
        _exit(0);
    }
    result = port.ops->wait(port.ctx, 10000);
    kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_int_equal(result, 1);
}

static void the_last_address_has_all_the_time(void **state)
{
    int fillers[8];
    size_t i;
    (void)state;
    fill(fillers);
    assert_int_equal(port.ops->open(port.ctx, "service.test", number),
                     SMH_AGAIN);
    assert_int_equal(tcp.want, SMH_WANT_WRITE);
    assert_in_range(ms_of(200, SMH_AGAIN), 199, 5000);
    assert_int_equal(tcp.vain, 0); /* nothing was to be read */
    assert_int_equal(port.ops->send(port.ctx, "x", 1), SMH_E_CLOSED);
    assert_int_equal(tcp.diag.stage, SMH_STAGE_NONE);
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_int_equal(tcp.want, 0);
    assert_int_equal(tcp.fd, -1); /* which poll() passes over */
    for (i = 0; i < 8; i++)
        close(fillers[i]);
}

/* ---- a buffer for what arrives ------------------------------------------- */

static char arrived[64];
static unsigned reads; /* system calls of the port */

ssize_t __real_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    reads += fd == tcp.fd;
    return __real_recv(fd, data, size, flags);
}

static int with_buffer(void **state)
{
    set_up(state);
    tcp.buffer = arrived;
    tcp.size = sizeof arrived;
    connect_both();
    reads = 0;
    return 0;
}

static int get(void *data, size_t size)
{
    return port.ops->recv(port.ctx, data, size);
}

/* The peer sends so many bytes, and they have arrived. */
static void arrives(size_t size)
{
    static char some[BIG];
    size_t i;
    for (i = 0; i < size; i++)
        some[i] = (char)('a' + i % 26);
    assert_int_equal(send(peer, some, size, 0), size);
    while (recv(tcp.fd, some, size, MSG_PEEK) < (ssize_t)size)
        ;
    reads = 0;
}

/* What is asked for, of so many that are left: all in one read, and then it is
 * known that there is no more. */
static void one_read_takes_all_that_has_come(void **state)
{
    char data[64];
    (void)state;
    arrives(40);
    assert_int_equal(get(data, 5), 5);
    assert_memory_equal(data, "abcde", 5);
    assert_int_equal(tcp.want, 0);
    assert_int_equal(get(data, 30), 30);
    assert_memory_equal(data, "fghij", 5);
    assert_int_equal(tcp.want, 0);
    assert_int_equal(get(data, sizeof data), 5);
    assert_memory_equal(data, "jklmn", 5);
    assert_int_equal(tcp.diag.received, 40);
    assert_int_equal(get(data, 1), SMH_AGAIN);
    assert_int_equal(tcp.want, SMH_WANT_READ);
    assert_int_equal(reads, 1);
    assert_int_equal(get(data, 1), SMH_AGAIN);
    assert_int_equal(tcp.want, SMH_WANT_READ);
    assert_int_equal(reads, 2);
    arrives(1); /* a read in vain says nothing of the next one */
    assert_int_equal(get(data, 1), 1);
}

static void more_than_the_buffer_holds(void **state)
{
    char data[200];
    (void)state;
    arrives(150);
    assert_int_equal(get(data, sizeof data), 64);
    assert_int_equal(get(data + 64, sizeof data), 64);
    assert_int_equal(get(data + 128, sizeof data), 22);
    assert_memory_equal(data + 60, "ijklmnopqr", 10);
    assert_memory_equal(data + 120, "qrstuvwxyzabc", 13);
    assert_int_equal(reads, 3);
    arrives(64); /* all of it, but who knows */
    assert_int_equal(get(data, 64), SMH_AGAIN);
    assert_int_equal(get(data, 64), 64);
    assert_int_equal(get(data, 64), SMH_AGAIN);
    assert_int_equal(reads, 2);
}

/* An answer to what was sent cannot be here at once; but a peer that speaks
 * without being asked is heard all the same. */
static void behind_a_send_one_read_is_spared(void **state)
{
    char data[64];
    int i;
    (void)state;
    arrives(1);
    assert_int_equal(get(data, 1), 1);
    assert_int_equal(get(data, 1), SMH_AGAIN);
    assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
    assert_int_equal(get(data, 1), SMH_AGAIN);
    assert_int_equal(reads, 1);
    for (i = 0; i < 3; i++) {
        assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
        assert_int_equal(get(data, 1), SMH_AGAIN);
        assert_int_equal(reads, 2 + i / 2);
    }
    arrives(1);
    for (i = 0; i < 2 && get(data, 1) == SMH_AGAIN; i++)
        assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
    assert_int_equal(tcp.diag.received, 2);
}

static void a_wait_in_vain_spares_a_read(void **state)
{
    char data[64];
    (void)state;
    assert_int_equal(get(data, 1), SMH_AGAIN);
    assert_int_equal(reads, 1);
    assert_int_equal(ms_of(5, SMH_AGAIN) < 5000, 1);
    assert_int_equal(get(data, 1), SMH_AGAIN);
    assert_int_equal(tcp.want, SMH_WANT_READ);
    assert_int_equal(reads, 1);
    assert_int_equal(ms_of(5, SMH_AGAIN) < 5000, 1);
    arrives(1);
    assert_int_equal(get(data, 1), SMH_AGAIN);
    assert_true(ms_of(10000, 1) < 5000);
    assert_int_equal(get(data, 1), 1);
    assert_int_equal(reads, 1);
}

/* Whatever is known, what has come meanwhile is read on the second call, with a
 * wait of the port's own in between or any other. */
static void nothing_that_comes_is_missed(void **state)
{
    char data[64];
    int own, sent;
    (void)state;
    for (own = 0; own < 2; own++)
        for (sent = 0; sent < 2; sent++) {
            arrives(1);
            assert_int_equal(receive(data, 1), 1);
            if (sent) {
                assert_int_equal(get(data, 1), SMH_AGAIN);
                assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
            }
            arrives(1);
            assert_int_equal(get(data, 1), SMH_AGAIN);
            assert_int_equal(tcp.want, SMH_WANT_READ);
            if (own)
                assert_true(ms_of(10000, 1) < 5000);
            assert_int_equal(get(data, 1), 1);
        }
    arrives(1);
    assert_int_equal(receive(data, 1), 1);
    assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
    arrives(1);
    assert_int_equal(get(data, 1), SMH_AGAIN);
    assert_int_equal(get(data, 1), 1);
}

static void an_end_is_seen_behind_what_came_before(void **state)
{
    char data[64];
    int rst;
    for (rst = 0; rst < 2; rst++) {
        arrives(10);
        assert_int_equal(get(data, 5), 5);
        if (rst)
            reset();
        else
            drop(&peer);
        assert_int_equal(get(data, 64), 5);
        assert_int_equal(receive(data, 1), SMH_E_CLOSED);
        assert_int_equal(tcp.diag.code, rst ? ECONNRESET : 0);
        tear_down(state);
        with_buffer(state);
    }
}

/* Nor what was known of it. */
static void nothing_of_a_connection_is_left_for_the_next(void **state)
{
    char data[64];
    int closed;
    (void)state;
    for (closed = 0; closed < 2; closed++) {
        arrives(10);
        assert_int_equal(receive(data, 5), 5);
        if (closed) {
            assert_int_equal(port.ops->close(port.ctx, 0), 1);
            assert_int_equal(get(data, 5), SMH_E_CLOSED);
        }
        drop(&peer);
        connect_both();
        arrives(3);
        assert_int_equal(get(data, 64), 3);
        assert_memory_equal(data, "abc", 3);
    }
}

/* As if they were still in the socket. */
static void nobody_sleeps_over_bytes_that_are_here(void **state)
{
    static char data[BIG];
    (void)state;
    arrives(10);
    assert_int_equal(get(data, 5), 5);
    while (port.ops->send(port.ctx, data, sizeof data) > 0)
        ;
    assert_int_equal(tcp.want, SMH_WANT_READ | SMH_WANT_WRITE);
    assert_true(ms_of(10000, 1) < 5000);
    assert_int_equal(get(data, 64), 5);
    assert_int_equal(tcp.want, 0);
}

/* ---- the end ------------------------------------------------------------- */

static void at_once_what_is_unsent_is_dropped(void **state)
{
    static char data[BIG];
    (void)state;
    connect_both();
    while (port.ops->send(port.ctx, data, sizeof data) > 0)
        ;
    assert_int_equal(port.ops->close(port.ctx, 1), 1);
    while (recv(peer, data, sizeof data, 0) > 0)
        ;
    assert_int_equal(errno, ECONNRESET);
}

#define HOOK(test)                                                             \
    cmocka_unit_test_setup_teardown(test, with_look_up, tear_down)
#define BUFFER(test)                                                           \
    cmocka_unit_test_setup_teardown(test, with_buffer, tear_down)
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_are_counted_from_the_opening_on),
        TEST(over_ipv6),
        TEST(the_next_address_is_tried),
        TEST(no_more_than_eight_addresses_are_tried),
        HOOK(the_hook_is_called_until_it_knows),
        HOOK(the_hook_is_told_once_that_it_is_abandoned),
        HOOK(all_addresses_of_the_hook_are_tried_in_order),
        HOOK(the_addresses_end_at_the_first_gap),
        HOOK(a_hook_without_an_address),
        HOOK(a_hook_that_breaks_its_contract),
        HOOK(a_hook_without_memory),
        HOOK(while_the_hook_looks_up_a_wait_is_short),
        HOOK(a_look_up_that_never_ends_costs_the_other_calls_nothing),
        HOOK(a_blocking_call_ends_in_time_while_the_hook_looks_up),
        TEST(the_socket_is_as_it_should_be),
        TEST(nothing_is_closed_that_was_not_opened),
        TEST(descriptor_0_is_one_like_any_other),
        TEST(descriptors_above_fd_setsize_work),
        TEST(no_descriptors_left),
        TEST(refused),
        TEST(unresolved),
        TEST(an_orderly_end),
        TEST(a_reset),
        TEST(a_struct_that_was_not_zeroed),
        TEST(only_what_is_wanted_is_waited_for),
        TEST(a_signal_ends_a_wait),
        TEST(a_silent_address_is_given_up_for_the_next),
        TEST(the_last_address_has_all_the_time),
        BUFFER(one_read_takes_all_that_has_come),
        BUFFER(more_than_the_buffer_holds),
        BUFFER(behind_a_send_one_read_is_spared),
        BUFFER(a_wait_in_vain_spares_a_read),
        BUFFER(nothing_that_comes_is_missed),
        BUFFER(an_end_is_seen_behind_what_came_before),
        BUFFER(nothing_of_a_connection_is_left_for_the_next),
        BUFFER(nobody_sleeps_over_bytes_that_are_here),
        TEST(at_once_what_is_unsent_is_dropped),
    };
    return cmocka_run_group_tests_name("posix", tests, NULL, NULL);
}
