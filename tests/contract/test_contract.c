/* The contract of smh_port_ops, on any port: see contract.h.  Port and peer
 * take turns in one thread; a stack without one of its own moves only while the
 * port waits. */
#include "contract.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "peer.h"

enum {
    BIG = 1 << 17,
    FLOOD = 64 << 20,
    TURN_MS = 10,
    STALLED = 20, /* turns without a byte */
    LONG_MS = 10000,
    PATIENCE_MS = 100000
};

static const char host[] = "localhost";
static smh_port port;
static uint16_t number;
static bool closed; /* nobody has opened it since its close */
static long begun;
static unsigned char data[BIG + 1];

/* Of this machine, to judge the port's clock by. */
static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int set_up(void **state)
{
    (void)state;
    begun = now_ms();
    number = peer_listen();
    port = contract_port(host, number);
    closed = true;
    assert_true(port.ops->secure <= 1);
    peer_serve(port.ops->secure ? "server" : NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal((port.ops->close)(port.ctx, 1), 1);
    peer_reset();
    return 0;
}

/* ---- the port, and what it may answer ------------------------------------ */

/* To size bytes, at this stage. */
static int sound(int result, size_t size, int stage)
{
    assert_int_not_equal(result, 0);
    if (result > 0)
        assert_true((size_t)result <= size);
    else if (result == SMH_E_TLS)
        assert_int_equal(port.ops->secure, 1);
    else if (result == SMH_E_RESOLVE)
        assert_int_equal(stage, SMH_STAGE_CONNECT);
    else if (result != SMH_AGAIN)
        assert_in_range(-result, -SMH_E_NETWORK, -SMH_E_MEMORY);
    return result;
}

static int wait_ms(uint32_t ms)
{
    int result = (port.ops->wait)(port.ctx, ms);
    if (result != 1)
        assert_int_equal(result, SMH_AGAIN);
    return result;
}

static void be_patient(void)
{
    if (now_ms() - begun > PATIENCE_MS)
        fail_msg("nothing more happens");
}

/* Both ends go on for a moment, behind an SMH_AGAIN. */
static void go_on(void)
{
    be_patient();
    peer_turn();
    if (port.ops->wait != NULL)
        (void)wait_ms(TURN_MS);
    else
        poll(NULL, 0, 1);
}

static int try_open(const char *name, uint16_t at)
{
    closed = false;
    return sound((port.ops->open)(port.ctx, name, at), 1, SMH_STAGE_CONNECT);
}

static int open_port(const char *name, uint16_t at)
{
    int result;
    while ((result = try_open(name, at)) == SMH_AGAIN)
        go_on();
    return result;
}

static int put(const void *from, size_t size)
{
    return sound((port.ops->send)(port.ctx, from, size), size, SMH_STAGE_WRITE);
}

/* Into data, and not behind. */
static int get(size_t size)
{
    int result;
    data[size] = '#';
    result =
        sound((port.ops->recv)(port.ctx, data, size), size, SMH_STAGE_READ);
    assert_int_equal(data[size], '#');
    return result;
}

static int get_some(size_t size)
{
    int result;
    while ((result = get(size)) == SMH_AGAIN)
        go_on();
    return result;
}

static int close_port(int at_once)
{
    int result;
    while ((result = (port.ops->close)(port.ctx, at_once)) == SMH_AGAIN) {
        assert_false(at_once);
        go_on();
    }
    closed = true;
    return result;
}

static void connect_both(void)
{
    peer_cut();
    assert_int_equal(open_port(host, number), 1);
    while (!peer_turn()) {
        assert_int_equal(get(1), SMH_AGAIN);
        go_on();
    }
}

static uint32_t port_ms(void)
{
    return (port.ops->now_ms)(port.ctx);
}

/* ---- the peer ------------------------------------------------------------ */

static void say(const void *from, size_t size)
{
    assert_int_equal(peer_send(from, size), size);
}

/* What the port has to do that has nothing else to do.  One that is closed
 * opens a connection that is refused. */
static void idle(void)
{
    be_patient();
    if (closed) {
        assert_true(open_port(host, peer_nobody()) < 0);
        assert_int_equal(close_port(1), 1);
    } else if (get(1) == SMH_AGAIN) {
        go_on();
    }
}

static int hear(void *to, size_t size)
{
    int n;
    while ((n = peer_recv(to, size)) == PEER_AGAIN)
        idle();
    return n;
}

/* No two neighbours are the same, nor are the bytes of two rounds. */
static unsigned char byte_at(size_t at)
{
    return (unsigned char)(at * 7 + (at >> 8) * 31);
}

static void assert_bytes(const unsigned char *got, int size, size_t at)
{
    int i;
    for (i = 0; i < size; i++)
        if (got[i] != byte_at(at + (size_t)i))
            fail_msg("another byte at %zu", at + (size_t)i);
}

/* Offers the bytes from at on, and wipes them: what is taken is copied. */
static int offer(size_t at, size_t size)
{
    size_t i;
    int result;
    for (i = 0; i < size; i++)
        data[i] = byte_at(at + i);
    result = put(data, size);
    memset(data, 0, size);
    return result;
}

/* Offers until there is no room, since nobody reads; the last offer came to
 * SMH_AGAIN. */
static size_t stall(size_t at, size_t size)
{
    int turns = 0;
    while (turns < STALLED) {
        int result = offer(at, size);
        if (result > 0) {
            at += (size_t)result;
            turns = 0;
        } else {
            assert_int_equal(result, SMH_AGAIN);
            go_on();
            turns++;
        }
        assert_true(at < FLOOD);
    }
    return at;
}

/* What the peer has to read now is as it was sent. */
static size_t drain(size_t at)
{
    static unsigned char got[BIG];
    int n;
    while ((n = peer_recv(got, sizeof got)) > 0) {
        assert_bytes(got, n, at);
        at += (size_t)n;
    }
    assert_int_equal(n, PEER_AGAIN);
    return at;
}

/* The same up to the end of the connection, which is returned. */
static int drain_all(size_t *at)
{
    static unsigned char got[BIG];
    int n;
    while ((n = hear(got, sizeof got)) > 0) {
        assert_bytes(got, n, *at);
        *at += (size_t)n;
    }
    return n;
}

/* ---- the way it should go ------------------------------------------------ */

static void bytes_go_both_ways(void **state)
{
    char byte;
    (void)state;
    connect_both();
    assert_int_equal(put("x", 1), 1);
    assert_int_equal(hear(&byte, 1), 1);
    assert_int_equal(byte, 'x');
    say("yz", 2);
    assert_int_equal(get_some(1), 1);
    assert_int_equal(data[0], 'y');
    assert_int_equal(get_some(8), 1);
    assert_int_equal(data[0], 'z');
}

static void silence_is_again_and_never_0(void **state)
{
    int i;
    (void)state;
    connect_both();
    for (i = 0; i < 20; i++)
        assert_int_equal(get(BIG), SMH_AGAIN);
}

static const size_t sizes[] = {1,     2,     255,   256,   257,   1000,  16383,
                               16384, 16385, 32767, 32768, 65535, 65536, BIG};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void any_size_is_sent(void **state)
{
    size_t out = 0, in = 0, i, end;
    (void)state;
    connect_both();
    for (i = 0; i < SIZES; i++)
        for (end = out + sizes[i]; in < end; in = drain(in)) {
            int result = out < end ? offer(out, end - out) : get(1);

            if (result > 0) {
                out += (size_t)result;
                continue;
            }
            assert_int_equal(result, SMH_AGAIN);
            go_on();
        }
}

static void any_size_is_received(void **state)
{
    static unsigned char bytes[4 * BIG];
    size_t out = 0, in = 0, i;
    int n;
    (void)state;
    for (i = 0; i < sizeof bytes; i++)
        bytes[i] = byte_at(i);
    connect_both();
    for (i = 0; in < sizeof bytes; i++) {
        /* what is offered again after AGAIN must be of the same size */
        size_t piece = sizeof bytes - out < 5000 ? sizeof bytes - out : 5000;

        if (piece != 0 && (n = peer_send(bytes + out, piece)) != PEER_AGAIN)
            out += (size_t)n;
        n = get(sizes[i % SIZES]);
        if (n == SMH_AGAIN) {
            go_on();
            continue;
        }
        assert_true(n > 0);
        assert_bytes(data, n, in);
        in += (size_t)n;
    }
}

/* With more behind them, and a receive in between. */
static void after_again_the_same_bytes_are_sent(void **state)
{
    size_t out = 0, in = 0;
    int round, result;
    (void)state;
    connect_both();
    for (round = 0; round < 3; round++) {
        out = stall(out, 5000);
        assert_int_equal(get(1), SMH_AGAIN);
        if (round == 1) {
            say("y", 1);
            assert_int_equal(get_some(1), 1);
        }
        while ((result = offer(out, 10000)) == SMH_AGAIN) {
            in = drain(in);
            go_on();
        }
        assert_true(result > 0);
        out += (size_t)result;
    }
    while ((in = drain(in)) < out)
        idle();
    assert_int_equal(in, out);
}

static int descriptors(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void it_can_be_opened_again_and_again(void **state)
{
    int i, before = 0;
    (void)state;
    for (i = 0; i < 40; i++) {
        connect_both();
        assert_int_equal(put("x", 1), 1);
        say("yz", 2); /* the second is not left to the next one */
        assert_int_equal(get_some(1), 1);
        assert_int_equal(data[0], 'y');
        assert_int_equal(close_port(i % 2), 1);
        if (i == 1)
            before = descriptors();
    }
    assert_int_equal(descriptors(), before);
}

/* ---- ends ---------------------------------------------------------------- */

static void ended(void)
{
    assert_int_equal(get_some(7), SMH_E_CLOSED);
    assert_int_equal(get_some(1), SMH_E_CLOSED);
}

/* The peer has said size bytes, and ended in this way. */
static void read_all(size_t size, void (*end)(void))
{
    unsigned char bytes[1000];
    size_t at = 0, i;
    int n;
    for (i = 0; i < size; i++)
        bytes[i] = byte_at(i);
    connect_both();
    if (size > 0)
        say(bytes, size);
    end();
    for (; (n = get_some(7)) > 0; at += (size_t)n)
        assert_bytes(data, n, at);
    assert_int_equal(n, SMH_E_CLOSED);
    assert_int_equal(at, size);
    if (end != peer_end) /* which TLS tells once, while TCP goes on */
        ended();
    assert_int_equal(close_port(0), 1);
}

static void all_is_read_before_the_end(void **state)
{
    static void (*const ends[])(void) = {peer_end, peer_close, peer_cut};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof ends / sizeof *ends; i++) {
        read_all(0, ends[i]);
        read_all(1000, ends[i]);
    }
}

/* It had arrived before the reset did. */
static void all_is_read_before_a_reset(void **state)
{
    size_t all = 0;
    int n;
    (void)state;
    connect_both();
    assert_int_equal(get(1), SMH_AGAIN);
    say("0123456789", 10);
    go_on();
    peer_reset();
    poll(NULL, 0, 50);
    go_on(); /* so that the stack has seen both */
    while ((n = get_some(3)) > 0)
        all += (size_t)n;
    assert_int_equal(n, SMH_E_CLOSED);
    assert_int_equal(all, 10);
    ended();
}

/* The peer is gone; what it had said is still there. */
static void all_is_read_though_sending_fails(void **state)
{
    int n;
    size_t all = 0;
    (void)state;
    connect_both();
    say("0123456789", 10);
    peer_close();
    while ((n = put("x", 1)) > 0 || n == SMH_AGAIN)
        if (n == SMH_AGAIN)
            go_on();
        else
            poll(NULL, 0, 1);
    assert_true(n == SMH_E_CLOSED || n == SMH_E_NETWORK);
    while ((n = get_some(3)) > 0)
        all += (size_t)n;
    assert_int_equal(n, SMH_E_CLOSED);
    assert_int_equal(all, 10);
    ended();
}

static void a_reset_is_an_end(void **state)
{
    int n;
    (void)state;
    connect_both();
    peer_reset();
    assert_int_equal(get_some(1), SMH_E_CLOSED);
    ended();
    n = put("x", 1);
    assert_true(n == SMH_E_CLOSED || n == SMH_E_NETWORK);
    assert_int_equal(close_port(0), 1);
    connect_both();
}

static void an_orderly_close_sends_all(void **state)
{
    size_t out = 0, in = 0;
    (void)state;
    connect_both();
    while (out < 1000) {
        int result = offer(out, 1000 - out);
        if (result > 0)
            out += (size_t)result;
        else
            go_on();
    }
    assert_int_equal(close_port(0), 1);
    assert_int_equal(drain_all(&in), PEER_END);
    assert_int_equal(in, out);
}

/* What was offered last may go out as well. */
static void an_orderly_close_sends_what_was_held_up(void **state)
{
    enum { MORE = 5000 };
    size_t out, in = 0;
    int result;

    (void)state;
    connect_both();
    out = stall(0, MORE);
    while ((result = (port.ops->close)(port.ctx, 0)) == SMH_AGAIN) {
        in = drain(in);
        go_on();
    }
    assert_int_equal(result, 1);
    closed = true;
    assert_int_equal(drain_all(&in), PEER_END);
    assert_in_range(in, out, out + MORE);
}

static void a_close_at_once_is_at_once(void **state)
{
    int n;
    (void)state;
    connect_both();
    (void)stall(0, BIG);
    assert_int_equal(close_port(1), 1);
    do { /* nothing more is asked of the port for this */
        be_patient();
        poll(NULL, 0, 1);
        n = peer_recv(data, BIG);
    } while (n > 0 || n == PEER_AGAIN);
    assert_int_equal(close_port(1), 1); /* twice */
    assert_int_equal(close_port(0), 1); /* the other way */
    connect_both();
}

/* ---- openings ------------------------------------------------------------ */

static void nothing_moves(void)
{
    assert_int_equal(put("x", 1), SMH_E_CLOSED);
    assert_int_equal(get(1), SMH_E_CLOSED);
}

static void it_can_be_closed_while_it_opens(void **state)
{
    int at_once, i;
    (void)state;
    for (at_once = 0; at_once < 2; at_once++) {
        peer_mute(true);
        for (i = 0; i < 5; i++) {
            assert_int_equal(try_open(host, number), SMH_AGAIN);
            go_on();
        }
        nothing_moves();
        assert_int_equal(try_open(host, number), SMH_AGAIN);
        assert_int_equal(close_port(at_once), 1);
        nothing_moves();
        peer_mute(false);
        connect_both();
        assert_int_equal(close_port(1), 1);
    }
}

static void refused(void **state)
{
    int i, before = 0;
    (void)state;
    for (i = 0; i < 40; i++) {
        assert_int_equal(open_port(host, peer_nobody()), SMH_E_NETWORK);
        assert_int_equal(close_port(i % 2), 1);
        nothing_moves();
        if (i == 1)
            before = descriptors();
    }
    assert_int_equal(descriptors(), before);
    connect_both();
}

/* A name server that is silent takes the time that its clients give it. */
static void look_up_in_vain(void)
{
    assert_int_equal(open_port("name.invalid", number), SMH_E_RESOLVE);
    begun = now_ms();
}

static void unresolved(void **state)
{
    (void)state;
    look_up_in_vain();
    assert_int_equal(close_port(0), 1);
    connect_both();
}

static void nothing_moves_unless_it_is_open(void **state)
{
    int at_once;
    (void)state;
    for (at_once = 0; at_once < 2; at_once++) {
        assert_int_equal(close_port(at_once), 1);
        nothing_moves();
        connect_both();
        assert_int_equal(close_port(at_once), 1);
        nothing_moves();
    }
}

/* ---- what secure means --------------------------------------------------- */

static void another_peer_is_not_trusted(void **state)
{
    static const char *const bad[] = {"self-signed", "other-ca", "unfit",
                                      "other-name",  "expired",  "future"};
    size_t i;
    (void)state;
    if (!port.ops->secure)
        skip();
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        peer_serve(bad[i]);
        if (open_port(host, number) != SMH_E_TLS)
            fail_msg("%s is trusted", bad[i]);
        assert_true(put("x", 1) < SMH_AGAIN);
        assert_true(get(1) < SMH_AGAIN);
        assert_int_equal(close_port(1), 1);
    }
    peer_serve("server");
    connect_both();
}

static void a_peer_without_tls_is_not_trusted(void **state)
{
    int result;
    bool said = false;
    (void)state;
    if (!port.ops->secure)
        skip();
    peer_serve(NULL);
    while ((result = try_open(host, number)) == SMH_AGAIN) {
        if (peer_turn() && !said)
            said = peer_send("HTTP/1.1 204 No Content\r\n\r\n", 27) == 27;
        go_on();
    }
    assert_int_equal(result, SMH_E_TLS);
}

/* ---- wait and clock ------------------------------------------------------ */

/* Returns the ms that it took. */
static long time_of(uint32_t ms, int *result)
{
    long before = now_ms();
    *result = wait_ms(ms);
    return now_ms() - before;
}

/* Too early is fine, but not for ever. */
static void waits_are_as_long_as_asked(int (*again)(void))
{
    long before = now_ms();
    int waits = 0, timeouts = 0, result;
    do {
        long took = time_of(30, &result);

        if (result == SMH_AGAIN) {
            assert_true(took >= 29);
            timeouts++;
        }
        assert_int_equal(again(), SMH_AGAIN);
        be_patient();
        waits++;
    } while (timeouts == 0 || now_ms() - before < 300);
    assert_in_range(waits, 1, 400);
    for (before = now_ms(), waits = 0; waits < 20; waits++) {
        wait_ms(0);
        assert_int_equal(again(), SMH_AGAIN);
    }
    assert_true(now_ms() - before < LONG_MS);
}

static int get_1(void)
{
    return get(1);
}

static int open_again(void)
{
    return try_open(host, number);
}

static void a_wait_is_not_too_long_and_no_spin(void **state)
{
    (void)state;
    if (port.ops->wait == NULL)
        skip();
    peer_mute(true);
    assert_int_equal(open_again(), SMH_AGAIN);
    waits_are_as_long_as_asked(open_again);
    assert_int_equal(close_port(1), 1);
    peer_mute(false);
    connect_both();
    assert_int_equal(get(1), SMH_AGAIN);
    waits_are_as_long_as_asked(get_1);
}

/* Twice: the second wait has no limit. */
static void wait_for(int event, int end)
{
    int result;
    long took;
    assert_int_equal(get(1), SMH_AGAIN);
    if (event == 0)
        say("x", 1);
    else if (event == 1)
        peer_close();
    else
        peer_reset();
    took = time_of(end ? UINT32_MAX : LONG_MS, &result);
    assert_int_equal(result, 1);
    assert_true(took < LONG_MS / 2);
    assert_int_equal(get_some(1), event == 0 ? 1 : SMH_E_CLOSED);
}

static void a_wait_ends_when_something_comes(void **state)
{
    int event, end;
    (void)state;
    if (port.ops->wait == NULL)
        skip();
    for (event = 0; event < 3; event++)
        for (end = 0; end < 2; end++) {
            connect_both();
            wait_for(event, end);
            assert_int_equal(close_port(1), 1);
        }
}

/* The peer says something later, in a process of its own. */
static void a_wait_without_limit_has_none(void **state)
{
    pid_t later;
    int result, status;
    (void)state;
    if (port.ops->wait == NULL)
        skip();
    connect_both();
    result = get(1);
    later = fork();
    if (later == 0) {
        poll(NULL, 0, 300);
        _exit(peer_send("x", 1) != 1);
    }
    assert_true(later > 0);
    for (; result == SMH_AGAIN; result = get(1))
        assert_int_equal((port.ops->wait)(port.ctx, UINT32_MAX), 1);
    assert_int_equal(result, 1);
    assert_int_equal(waitpid(later, &status, 0), later);
    assert_int_equal(status, 0);
}

/* A peer that does not read may say why. */
static void a_wait_to_send_ends_when_something_comes(void **state)
{
    size_t out, in = 0;
    int result;
    (void)state;
    if (port.ops->wait == NULL)
        skip();
    connect_both();
    out = stall(0, 5000);
    do {
        assert_int_equal(get(1), SMH_AGAIN);
        result = offer(out, 5000); /* the peer's kernel may find some room */
        out += result > 0 ? (size_t)result : 0;
    } while (result > 0);
    say("x", 1);
    assert_true(time_of(LONG_MS, &result) < LONG_MS / 2);
    assert_int_equal(result, 1);
    assert_int_equal(get_some(1), 1);
    while (offer(out, 5000) == SMH_AGAIN) {
        in = drain(in);
        assert_true(time_of(LONG_MS, &result) < LONG_MS / 2);
        assert_int_equal(result, 1);
    }
}

/* It is held to that of this machine, read before and after it, so that no
 * pause of this program counts. */
static void the_clock_ticks_and_never_goes_back(void **state)
{
    enum { TICK_MS = 100, DRIFT_MS = 50 };
    long before = now_ms();
    uint32_t first = port_ms(), last = 0;
    long after = now_ms();

    (void)state;
    while (now_ms() - before < 500) {
        long least = now_ms() - after;
        uint32_t passed = port_ms() - first;
        assert_true(passed >= last && passed < UINT32_MAX / 2);
        assert_true(passed + TICK_MS + DRIFT_MS >= (uint32_t)least);
        assert_true(passed <=
                    (uint32_t)(now_ms() - before) + TICK_MS + DRIFT_MS);
        last = passed;
        poll(NULL, 0, 1);
    }
}

/* ---- words --------------------------------------------------------------- */

/* Adds what the port says to "> ", of size bytes at most with the NUL. */
static void explain(char *text, size_t size)
{
    smh_text out;
    strcpy(text, "> ");
    out.at = text + 2;
    out.room = size - 3;
    (port.ops->explain)(port.ctx, &out);
    assert_ptr_equal(out.at, text + strlen(text));
    assert_int_equal(out.room, size - 1 - strlen(text));
}

static void words_are_cut_off_at_any_size(void)
{
    char whole[600], text[602];
    size_t size, length;
    explain(whole, sizeof whole);
    length = strlen(whole);
    assert_in_range(length, 3, sizeof whole - 2);
    for (size = 3; size < length + 3; size++) {
        memset(text, '#', sizeof text);
        explain(text, size);
        assert_int_equal(strlen(text), length < size ? length : size - 1);
        assert_memory_equal(text, whole, strlen(text));
        assert_int_equal(text[size], '#');
    }
}

static void there_are_words_at_any_time(void **state)
{
    (void)state;
    if (port.ops->explain == NULL)
        skip();
    words_are_cut_off_at_any_size();
    assert_int_equal(open_port(host, peer_nobody()), SMH_E_NETWORK);
    words_are_cut_off_at_any_size();
    assert_int_equal(close_port(0), 1);
    words_are_cut_off_at_any_size();
    look_up_in_vain();
    words_are_cut_off_at_any_size();
    assert_int_equal(close_port(0), 1);
    connect_both();
    words_are_cut_off_at_any_size();
    peer_close();
    assert_int_equal(get_some(1), SMH_E_CLOSED);
    words_are_cut_off_at_any_size();
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_go_both_ways),
        TEST(silence_is_again_and_never_0),
        TEST(any_size_is_sent),
        TEST(any_size_is_received),
        TEST(after_again_the_same_bytes_are_sent),
        TEST(it_can_be_opened_again_and_again),
        TEST(all_is_read_before_the_end),
        TEST(all_is_read_before_a_reset),
        TEST(all_is_read_though_sending_fails),
        TEST(a_reset_is_an_end),
        TEST(an_orderly_close_sends_all),
        TEST(an_orderly_close_sends_what_was_held_up),
        TEST(a_close_at_once_is_at_once),
        TEST(it_can_be_closed_while_it_opens),
        TEST(refused),
        TEST(unresolved),
        TEST(nothing_moves_unless_it_is_open),
        TEST(another_peer_is_not_trusted),
        TEST(a_peer_without_tls_is_not_trusted),
        TEST(a_wait_is_not_too_long_and_no_spin),
        TEST(a_wait_ends_when_something_comes),
        TEST(a_wait_without_limit_has_none),
        TEST(a_wait_to_send_ends_when_something_comes),
        TEST(the_clock_ticks_and_never_goes_back),
        TEST(there_are_words_at_any_time),
    };
    setvbuf(stdout, NULL, _IOLBF, 0); /* a test that hangs is named */
    signal(SIGPIPE, SIG_DFL);
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests_name("contract", tests, NULL, NULL);
}
