/* smh_posix.h where a call of the system fails: the linker puts the functions
 * here in the place of the system's. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cmocka_all.h"

/* ---- what fails ---------------------------------------------------------- */

enum {
    SOCKET = 100, /* as numbers that are no command of fcntl() */
    OPTION,       /* setsockopt() */
    CONNECT,
    INTERRUPTED, /* connect(), which goes on all the same */
    AT_ONCE,     /* connect() does not fail, but comes to its end */
    PENDING,     /* what SO_ERROR tells */
    ASK,         /* getsockopt() itself */
    POLL,
    SEND,
    RECV,
    CLOSE
};

static struct fault {
    int call;  /* one of these, or a command of fcntl() */
    int code;  /* its errno */
    int times; /* how often, from the next one on */
} fault;

static unsigned closes;
static size_t asked;      /* bytes of the last send() or recv() */
static int polled;        /* ms of the last poll() */
static uint32_t clock_ms; /* 0: the system's */

/* 1 if this call has to fail: errno is set. */
static int fails(int call)
{
    if (fault.call != call || fault.times == 0)
        return 0;
    fault.times--;
    errno = fault.code;
    return 1;
}

static void spoil(int call, int code, int times)
{
    fault.call = call;
    fault.code = code;
    fault.times = times;
}

int __real_fcntl(int fd, int command, ...);
int __real_connect(int fd, const struct sockaddr *to, socklen_t size);
int __real_socket(int family, int type, int protocol);
int __real_getsockopt(int fd, int level, int name, void *value,
                      socklen_t *size);
int __real_setsockopt(int fd, int level, int name, const void *value,
                      socklen_t size);
int __real_poll(struct pollfd *fds, nfds_t count, int ms);
ssize_t __real_send(int fd, const void *data, size_t size, int flags);
ssize_t __real_recv(int fd, void *data, size_t size, int flags);
int __real_close(int fd);
int __real_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_fcntl(int fd, int command, ...);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t size);
int __wrap_socket(int family, int type, int protocol);
int __wrap_getsockopt(int fd, int level, int name, void *value,
                      socklen_t *size);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
                      socklen_t size);
int __wrap_poll(struct pollfd *fds, nfds_t count, int ms);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);
int __wrap_close(int fd);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_fcntl(int fd, int command, ...)
{
    va_list rest;
    int value;
    va_start(rest, command);
    value = command == F_GETFL ? 0 : va_arg(rest, int);
    va_end(rest);
    return fails(command) ? -1 : __real_fcntl(fd, command, value);
}

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t size)
{
    struct pollfd one;
    int result;
    if (fails(CONNECT))
        return -1;
    result = __real_connect(fd, to, size);
    if (fails(INTERRUPTED))
        return -1;
    if (!fails(AT_ONCE))
        return result;
    one.fd = fd;
    one.events = POLLOUT;
    return __real_poll(&one, 1, 10000) == 1 ? 0 : -1;
}

int __wrap_socket(int family, int type, int protocol)
{
    return fails(SOCKET) ? -1 : __real_socket(family, type, protocol);
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
    if (fails(ASK))
        return -1;
    if (!fails(PENDING))
        return __real_getsockopt(fd, level, name, value, size);
    memcpy(value, &fault.code, sizeof fault.code);
    return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value,
                      socklen_t size)
{
    return fails(OPTION) ? -1 : __real_setsockopt(fd, level, name, value, size);
}

/* With an errno of 0 the time is up. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
    polled = ms;
    if (fails(POLL))
        return fault.code != 0 ? -1 : 0;
    return __real_poll(fds, count, ms);
}

/* What is told to be endless has one byte. */
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    asked = size;
    return fails(SEND)
               ? -1
               : __real_send(fd, data, size < INT_MAX ? size : 1, flags);
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    asked = size;
    return fails(RECV)
               ? -1
               : __real_recv(fd, data, size < INT_MAX ? size : 1, flags);
}

int __wrap_close(int fd)
{
    int result = __real_close(fd);
    closes++;
    return fails(CLOSE) ? -1 : result;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock_ms == 0 || clock != CLOCK_MONOTONIC)
        return __real_clock_gettime(clock, now);
    now->tv_sec = clock_ms / 1000;
    now->tv_nsec = (long)(clock_ms % 1000) * 1000000 + 999999;
    return 0;
}

static int without_fault(void **state)
{
    fault.times = 0;
    clock_ms = 0;
    return set_up(state);
}

/* Of a descriptor: it tells whether one is left open. */
static int lowest_free(void)
{
    int fd = dup(0);
    assert_true(fd >= 0);
    __real_close(fd);
    return fd;
}

/* ---- what the caller of a whole call is told ----------------------------- */

/* With this fault a call ends so, and everything is closed again. */
static void a_call_ends(int result, const char *format)
{
    static char buffer[512];
    char told[200], wanted[200];
    int before = lowest_free();
    smh_call call;
    smh_io io;
    memset(&io, 0, sizeof io);
    io.port = trusted(&tcp);
    io.buffer = buffer;
    io.size = sizeof buffer;
    io.timeout_ms = 10000;
    assert_int_equal(smh_revoke(&call, scope_of_alice(), &io), result);
    snprintf(wanted, sizeof wanted, format, (unsigned)number);
    assert_string_equal(smh_explain(&call, told, sizeof told), wanted);
    assert_int_equal(lowest_free(), before);
}

/* Faults of an opening, and what is known then. */
static const struct opening {
    int call, code, result;
    const char *told;
} openings[] = {
    {SOCKET, EMFILE, SMH_E_MEMORY, "Too many open files"},
    {SOCKET, ENFILE, SMH_E_MEMORY, "Too many open files in system"},
    {SOCKET, ENOBUFS, SMH_E_MEMORY, "No buffer space available"},
    {SOCKET, EACCES, SMH_E_NETWORK, "Permission denied, to 127.0.0.1:%u"},
    {F_GETFL, EBADF, SMH_E_NETWORK, "Bad file descriptor, to 127.0.0.1:%u"},
    {F_SETFL, EINVAL, SMH_E_NETWORK, "Invalid argument, to 127.0.0.1:%u"},
    {CONNECT, ENETUNREACH, SMH_E_NETWORK,
     "Network is unreachable, to 127.0.0.1:%u"},
    {CONNECT, EPERM, SMH_E_NETWORK, "Operation not permitted, to 127.0.0.1:%u"},
    {CONNECT, EADDRNOTAVAIL, SMH_E_NETWORK,
     "Cannot assign requested address, to 127.0.0.1:%u"},
    {CONNECT, ENOMEM, SMH_E_MEMORY, "Cannot allocate memory"},
    {ASK, ENOBUFS, SMH_E_MEMORY, "No buffer space available"},
    {PENDING, ETIMEDOUT, SMH_E_NETWORK,
     "Connection timed out, to 127.0.0.1:%u"},
    {PENDING, EHOSTUNREACH, SMH_E_NETWORK, "No route to host, to 127.0.0.1:%u"},
    /* A reset of what was never open. */
    {PENDING, ECONNRESET, SMH_E_NETWORK,
     "Connection reset by peer, to 127.0.0.1:%u"},
    {PENDING, EPIPE, SMH_E_NETWORK, "Broken pipe, to 127.0.0.1:%u"},
};
enum { OPENINGS = sizeof openings / sizeof *openings };

static void the_caller_is_told_why_nothing_was_opened(void **state)
{
    char format[200];
    size_t i;
    (void)state;
    for (i = 0; i < OPENINGS; i++) {
        spoil(openings[i].call, openings[i].code, 1);
        snprintf(format, sizeof format, "%s: connection: %s",
                 smh_strerror(openings[i].result), openings[i].told);
        a_call_ends(openings[i].result, format);
        assert_int_equal(fault.times, 0);
    }
}

static const char *const twice[] = {"127.0.0.1", "127.0.0.1", NULL};

static void whatever_fails_the_next_address_is_tried(void **state)
{
    int before = lowest_free();
    size_t i;
    (void)state;
    resolved = twice;
    for (i = 0; i < OPENINGS; i++) {
        spoil(openings[i].call, openings[i].code, 1);
        connect_both();
        says("connection, bytes sent 0, received 0, to 127.0.0.1:%u, the last "
             "of 2 addresses");
        assert_int_equal(port.ops->close(port.ctx, 0), 1);
        drop(&peer);
        assert_int_equal(lowest_free(), before);
    }
}

static void the_caller_is_told_why_nothing_was_found(void **state)
{
    static const struct {
        int eai, code, result;
        const char *told;
    } rows[] = {
        {EAI_SYSTEM, EMFILE, SMH_E_MEMORY, "Too many open files"},
        {EAI_SYSTEM, EIO, SMH_E_RESOLVE, "Input/output error"},
        {EAI_MEMORY, 0, SMH_E_MEMORY, "Memory allocation failure"},
        {EAI_AGAIN, 0, SMH_E_RESOLVE, "Temporary failure in name resolution"},
    };
    char format[200];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        no_look_up.eai = rows[i].eai;
        no_look_up.code = rows[i].code;
        snprintf(format, sizeof format, "%s: look-up: %s",
                 smh_strerror(rows[i].result), rows[i].told);
        a_call_ends(rows[i].result, format);
    }
}

static const struct {
    int code, result;
    const char *told;
} losses[] = {
    {ECONNRESET, SMH_E_CLOSED, "Connection reset by peer"},
    {EPIPE, SMH_E_CLOSED, "Broken pipe"},
    {ETIMEDOUT, SMH_E_NETWORK, "Connection timed out"},
    {EHOSTUNREACH, SMH_E_NETWORK, "No route to host"},
    {ENOBUFS, SMH_E_MEMORY, "No buffer space available"},
    {ENOMEM, SMH_E_MEMORY, "Cannot allocate memory"},
};
enum { LOSSES = sizeof losses / sizeof *losses };

static void the_caller_is_told_why_no_answer_came(void **state)
{
    char format[200];
    size_t i;
    (void)state;
    for (i = 0; i < LOSSES; i++) {
        spoil(RECV, losses[i].code, 1);
        snprintf(format, sizeof format, "%s: receiving: %s",
                 smh_strerror(losses[i].result), losses[i].told);
        a_call_ends(losses[i].result, format);
    }
}

/* Of a call, its last read tells more, for an answer may have come. */
static void a_send_that_fails_says_why(void **state)
{
    char format[200];
    size_t i;
    (void)state;
    for (i = 0; i < LOSSES; i++) {
        connect_both();
        spoil(SEND, losses[i].code, 1);
        assert_int_equal(port.ops->send(port.ctx, "x", 1), losses[i].result);
        snprintf(format, sizeof format, "sending: %s", losses[i].told);
        says(format);
        assert_int_equal(tcp.diag.sent, 0);
        drop(&peer);
    }
}

/* ---- what is no failure -------------------------------------------------- */

/* Both ways, over a connection that has just been opened. */
static void it_works(void)
{
    char byte;
    connect_both();
    assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
    assert_int_equal(recv(peer, &byte, 1, 0), 1);
    assert_int_equal(send(peer, "y", 1, 0), 1);
    assert_int_equal(receive(&byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(tcp.diag.sent, 1);
    assert_int_equal(tcp.diag.received, 1);
    assert_int_equal(port.ops->close(port.ctx, 1), 1);
    drop(&peer);
}

static void what_only_helps_may_fail(void **state)
{
    static const struct {
        int call, code, times;
    } rows
        [] =
            {
                {INTERRUPTED, EINTR, 1}, /* it goes on by itself */
                {AT_ONCE, 0, 1},          {POLL, EINTR, 1},
                {POLL, EINTR, 2},         {F_SETFD, EINVAL, 1},
                {OPTION, ENOPROTOOPT, 2}, /* TCP_NODELAY and SO_LINGER */
            };
    int before = lowest_free();
    size_t i;
    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        spoil(rows[i].call, rows[i].code, rows[i].times);
        it_works();
        assert_int_equal(fault.times, 0);
        assert_int_equal(lowest_free(), before);
    }
}

/* With a poll() of one's own. */
static void an_opening_needs_no_wait(void **state)
{
    struct pollfd one;
    (void)state;
    spoil(POLL, 0, 1);
    assert_int_equal(port.ops->open(port.ctx, "service.test", number),
                     SMH_AGAIN);
    assert_int_equal(tcp.want, SMH_WANT_WRITE);
    one.fd = tcp.fd;
    one.events = POLLOUT;
    assert_int_equal(__real_poll(&one, 1, 10000), 1);
    assert_int_equal(port.ops->open(port.ctx, "service.test", number), 1);
    assert_int_equal(polled, 0);
    assert_int_equal(tcp.want, 0);
}

static void an_interrupted_transfer_is_tried_again(void **state)
{
    static const int codes[] = {EAGAIN, EINTR};
    char byte;
    size_t i;
    (void)state;
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        connect_both();
        spoil(SEND, codes[i], 1);
        assert_int_equal(port.ops->send(port.ctx, "x", 1), SMH_AGAIN);
        assert_int_equal(tcp.want, SMH_WANT_READ | SMH_WANT_WRITE);
        assert_int_equal(port.ops->send(port.ctx, "x", 1), 1);
        assert_int_equal(send(peer, "y", 1, 0), 1);
        assert_int_equal(port.ops->wait(port.ctx, 10000), 1);
        spoil(RECV, codes[i], 1);
        assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
        assert_int_equal(tcp.want, SMH_WANT_READ);
        assert_int_equal(receive(&byte, 1), 1);
        drop(&peer);
    }
}

/* Its number may be another's already. */
static void an_interrupted_close_is_not_repeated(void **state)
{
    (void)state;
    connect_both();
    closes = 0;
    spoil(CLOSE, EINTR, 1);
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_int_equal(closes, 1);
}

static int never(void *arg, const char *host,
                 struct sockaddr_storage *addresses)
{
    (void)arg;
    (void)host;
    (void)addresses;
    return SMH_AGAIN;
}

/* Nothing says that its time is up, nor when the hook has its answer. */
static void an_interrupted_wait_ends_early(void **state)
{
    (void)state;
    tcp.resolve = never;
    assert_int_equal(port.ops->open(port.ctx, "service.test", number),
                     SMH_AGAIN);
    spoil(POLL, EINTR, 1);
    assert_int_equal(port.ops->wait(port.ctx, 1), 1);
    assert_int_equal(port.ops->wait(port.ctx, 1), SMH_AGAIN);
    assert_int_equal(port.ops->wait(port.ctx, UINT32_MAX), 1);
    assert_int_equal(polled, 10);
}

/* The opening goes on: how long does a wait without limit ask poll() for? */
static int patience(void)
{
    assert_int_equal(port.ops->open(port.ctx, "service.test", number),
                     SMH_AGAIN);
    assert_int_equal(port.ops->wait(port.ctx, UINT32_MAX), 1);
    return polled;
}

/* Of two; the last has all that the call has. */
static void the_first_address_has_its_time(void **state)
{
    enum { PATIENCE_MS = 150 }; /* as tests/tls/library.c has it */
    (void)state;
    resolved = twice;
    clock_ms = UINT32_MAX - 100; /* it wraps meanwhile */
    spoil(POLL, 0, INT_MAX);
    assert_int_equal(patience(), PATIENCE_MS);
    clock_ms += PATIENCE_MS - 1;
    assert_int_equal(patience(), 1);
    assert_int_equal(tcp.next, 1);
    clock_ms += 1;
    assert_int_equal(patience(), INT_MAX);
    assert_int_equal(tcp.next, 2);
    clock_ms += PATIENCE_MS;
    assert_int_equal(patience(), INT_MAX);
    assert_int_equal(port.ops->open(port.ctx, "service.test", number),
                     SMH_AGAIN);
    assert_int_equal(port.ops->wait(port.ctx, 7), SMH_AGAIN);
    assert_int_equal(polled, 7);
}

/* Nobody is in a hurry to try the next one. */
static void over_the_first_address_a_wait_is_a_wait(void **state)
{
    char byte;
    (void)state;
    resolved = twice;
    clock_ms = 1;
    connect_both();
    assert_int_equal(tcp.next, 1);
    clock_ms = 1000;
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
    spoil(POLL, 0, 2);
    assert_int_equal(port.ops->wait(port.ctx, 10000), SMH_AGAIN);
    assert_int_equal(polled, 10000);
    assert_int_equal(port.ops->wait(port.ctx, UINT32_MAX), 1);
    assert_int_equal(polled, INT_MAX);
}

static void the_clock_counts_ms(void **state)
{
    static const uint32_t times[] = {1, 999, 1000, 123456789, UINT32_MAX};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof times / sizeof *times; i++) {
        clock_ms = times[i];
        assert_int_equal(port.ops->now_ms(port.ctx), clock_ms);
    }
}

/* ---- limits -------------------------------------------------------------- */

/* Neither is what the port returns more than an int. */
static void no_more_than_an_int_is_asked_for(void **state)
{
    char byte = 'x';
    (void)state;
    connect_both();
    assert_int_equal(port.ops->send(port.ctx, &byte, (size_t)INT_MAX + 1), 1);
    assert_int_equal(asked, INT_MAX);
    assert_int_equal(send(peer, "y", 1, 0), 1);
    assert_int_equal(receive(&byte, (size_t)INT_MAX + 1), 1);
    assert_int_equal(asked, INT_MAX);
}

/* A buffer of no size is none. */
static void an_empty_buffer_is_no_buffer(void **state)
{
    static char nothing[1] = {'n'};
    (void)state;
    tcp.buffer = nothing;
    it_works();
    assert_int_equal(nothing[0], 'n');
}

/* After a close there is no connection to tell of. */
static void a_transfer_without_a_connection(void **state)
{
    (void)state;
    connect_both();
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_int_equal(port.ops->send(port.ctx, "x", 1), SMH_E_CLOSED);
    assert_int_equal(tcp.diag.code, 0);
    assert_string_equal(words(), "not opened");
}

#define TEST(test)                                                             \
    cmocka_unit_test_setup_teardown(test, without_fault, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_caller_is_told_why_nothing_was_opened),
        TEST(whatever_fails_the_next_address_is_tried),
        TEST(the_caller_is_told_why_nothing_was_found),
        TEST(the_caller_is_told_why_no_answer_came),
        TEST(a_send_that_fails_says_why),
        TEST(what_only_helps_may_fail),
        TEST(an_opening_needs_no_wait),
        TEST(an_interrupted_transfer_is_tried_again),
        TEST(an_interrupted_close_is_not_repeated),
        TEST(an_interrupted_wait_ends_early),
        TEST(the_first_address_has_its_time),
        TEST(over_the_first_address_a_wait_is_a_wait),
        TEST(the_clock_counts_ms),
        TEST(no_more_than_an_int_is_asked_for),
        TEST(an_empty_buffer_is_no_buffer),
        TEST(a_transfer_without_a_connection),
    };
    return cmocka_run_group_tests_name("posix faults", tests, NULL, NULL);
}
