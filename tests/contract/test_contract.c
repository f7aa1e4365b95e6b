/* The contract of smh_port_ops, on any port: see contract.h. */
#include "contract.h"

#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "peer.h"
#include "words.h"

enum { BIG = 1 << 16, FLOOD = 64 << 20, WAIT_MS = 10000 };

static smh_port port;
static uint16_t number;
static unsigned char data[BIG];

static const char *host(void)
{
    return contract_port.host != NULL ? contract_port.host : "localhost";
}

static void serve(void)
{
    number = peer_listen(contract_port.address != NULL ? contract_port.address
                                                       : "127.0.0.1");
}

static int set_up(void **state)
{
    (void)state;
    peer_turn = contract_port.turn;
    serve();
    port = (contract_port.port)();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal((port.ops->close)(port.ctx, 1), 1);
    peer_reset();
    return 0;
}

static uint32_t now(void)
{
    return (port.ops->now_ms)(port.ctx);
}

/* The stack goes on for some ms. */
static void pass(uint32_t ms)
{
    uint32_t begun = now();

    while (now() - begun < ms)
        if (contract_port.turn != NULL)
            (contract_port.turn)();
}

/* What a port may answer to size bytes. */
static int sound(int result, size_t size)
{
    assert_int_not_equal(result, 0);
    if (result > 0)
        assert_true((size_t)result <= size);
    else if (result != SMH_AGAIN)
        assert_in_range(-result, -SMH_E_RESOLVE, -SMH_E_MEMORY);
    return result;
}

/* Waits behind an SMH_AGAIN. */
static void until_ready(void)
{
    if (port.ops->wait != NULL)
        assert_int_equal((port.ops->wait)(port.ctx, WAIT_MS), 1);
    else
        pass(1);
}

static int open_port(void)
{
    int result;

    while ((result = sound((port.ops->open)(port.ctx, host(), number), 1)) ==
           SMH_AGAIN)
        until_ready();
    return result;
}

static void connect_both(void)
{
    assert_int_equal(open_port(), 1);
    peer_accept();
}

static int put(const void *from, size_t size)
{
    return sound((port.ops->send)(port.ctx, from, size), size);
}

static int get(void *to, size_t size)
{
    return sound((port.ops->recv)(port.ctx, to, size), size);
}

static int get_some(void *to, size_t size)
{
    int result;

    while ((result = get(to, size)) == SMH_AGAIN)
        until_ready();
    return result;
}

static int close_port(int at_once)
{
    int result;

    while ((result = (port.ops->close)(port.ctx, at_once)) == SMH_AGAIN) {
        assert_false(at_once);
        until_ready();
    }
    return result;
}

/* No two neighbours are the same, nor are the bytes of two rounds. */
static unsigned char byte_at(size_t at)
{
    return (unsigned char)(at * 7 + (at >> 8) * 31);
}

static const char *words(void)
{
    static char text[400];

    return words_of(port, text, sizeof text);
}

/* ---- the way it should go ------------------------------------------------ */

static void bytes_go_both_ways(void **state)
{
    char text[8];

    (void)state;
    assert_true(port.ops->secure == 0 || port.ops->secure == 1);
    connect_both();
    assert_in_range(put("x", 1), 1, 1);
    assert_int_equal(peer_recv(text, sizeof text, WAIT_MS), 1);
    assert_int_equal(text[0], 'x');
    peer_send("yz", 2);
    assert_int_equal(get_some(text, 1), 1);
    assert_int_equal(text[0], 'y');
    assert_int_equal(get_some(text, sizeof text), 1);
    assert_int_equal(text[0], 'z');
    if (contract_port.diag == NULL)
        return;
    assert_true((contract_port.diag)()->sent >= 1);
    assert_true((contract_port.diag)()->received >= 2);
    assert_int_equal((contract_port.diag)()->result, 0);
}

static void silence_is_again_and_never_0(void **state)
{
    int i;

    (void)state;
    connect_both();
    for (i = 0; i < 20; i++)
        assert_int_equal(get(data, sizeof data), SMH_AGAIN);
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

/* What the peer has read is as it was sent. */
static size_t drain(size_t at)
{
    static unsigned char got[BIG];
    int n, i;

    while ((n = peer_recv(got, sizeof got, 20)) > 0)
        for (i = 0; i < n; i++)
            if (got[i] != byte_at(at++))
                fail_msg("another byte at %zu", at - 1);
    return at;
}

static void after_again_the_same_bytes_are_sent(void **state)
{
    size_t out = 0, in = 0, stalls = 0;

    (void)state;
    connect_both();
    while (stalls < 3) {
        int result = offer(out, 10000);

        if (result == SMH_AGAIN) {
            assert_int_equal(get(data, 1), SMH_AGAIN); /* may come between */
            result = offer(out, 10000);
        }
        if (result > 0) {
            out += (size_t)result;
            assert_true(out < FLOOD);
            continue;
        }
        assert_int_equal(result, SMH_AGAIN);
        stalls++;
        in = drain(in);
        until_ready();
    }
    while (in < out) {
        size_t before = in;

        in = drain(in);
        assert_true(in > before);
    }
    assert_int_equal(in, out);
}

static void it_can_be_opened_again(void **state)
{
    int at_once;

    (void)state;
    for (at_once = 0; at_once < 2; at_once++) {
        connect_both();
        assert_int_equal(put("x", 1), 1);
        assert_int_equal(close_port(at_once), 1);
        connect_both();
        peer_send("y", 1);
        assert_int_equal(get_some(data, 1), 1);
        assert_int_equal(close_port(at_once), 1);
    }
}

static void nothing_moves(void)
{
    assert_int_equal(put("x", 1), SMH_E_CLOSED);
    assert_int_equal(get(data, 1), SMH_E_CLOSED);
    if (contract_port.diag != NULL)
        assert_int_equal((contract_port.diag)()->stage, SMH_STAGE_NONE);
    if (port.ops->explain != NULL)
        assert_memory_equal(words(), "not opened", 10);
}

/* ---- ends ---------------------------------------------------------------- */

static void all_is_read_before_the_end(void **state)
{
    size_t at = 0, i;
    int n;

    (void)state;
    connect_both();
    for (i = 0; i < 1000; i++)
        data[i] = byte_at(i);
    peer_send(data, 1000);
    peer_close();
    while ((n = get_some(data, 7)) > 0)
        for (i = 0; i < (size_t)n; i++)
            assert_int_equal(data[i], byte_at(at++));
    assert_int_equal(n, SMH_E_CLOSED);
    assert_int_equal(at, 1000);
    assert_int_equal(get(data, 7), SMH_E_CLOSED);
}

/* The peer is gone; what it had said is still there. */
static void all_is_read_though_sending_fails(void **state)
{
    int n, i;
    size_t all = 0;

    (void)state;
    connect_both();
    peer_send("0123456789", 10);
    peer_close();
    pass(50);
    for (i = 0; i < 200 && (n = put("x", 1), n > 0 || n == SMH_AGAIN); i++)
        pass(10);
    assert_true(n < 0 && n != SMH_AGAIN);
    while ((n = get_some(data, 3)) > 0)
        all += (size_t)n;
    assert_int_equal(n, SMH_E_CLOSED);
    assert_int_equal(all, 10);
}

static void a_reset_is_an_end(void **state)
{
    (void)state;
    connect_both();
    peer_reset();
    assert_int_equal(get_some(data, 1), SMH_E_CLOSED);
}

static void an_orderly_close_sends_all(void **state)
{
    size_t out = 0, in = 0;
    int n;

    (void)state;
    connect_both();
    while (out < 1000 && (n = offer(out, 1000 - out)) > 0)
        out += (size_t)n;
    assert_int_equal(close_port(0), 1);
    while ((n = peer_recv(data, sizeof data, WAIT_MS)) > 0)
        in += (size_t)n;
    assert_int_equal(n, 0);
    assert_int_equal(in, out);
}

static void a_close_at_once_is_at_once(void **state)
{
    int i;

    (void)state;
    assert_int_equal((port.ops->close)(port.ctx, 1), 1); /* never opened */
    if ((port.ops->open)(port.ctx, host(), number) == SMH_AGAIN)
        nothing_moves();
    assert_int_equal((port.ops->close)(port.ctx, 1), 1); /* while it opens */
    serve();
    connect_both();
    for (i = 0; i < 100000 && offer(0, sizeof data) > 0; i++)
        continue;
    assert_int_equal((port.ops->close)(port.ctx, 1), 1); /* with much to send */
    assert_int_equal((port.ops->close)(port.ctx, 1), 1); /* twice */
    assert_int_equal((port.ops->close)(port.ctx, 0), 1); /* the other way */
}

/* ---- failures ------------------------------------------------------------ */

static void refused(void **state)
{
    int at_once;

    (void)state;
    peer_refuse();
    for (at_once = 0; at_once < 2; at_once++) {
        assert_int_equal(open_port(), SMH_E_NETWORK);
        assert_int_equal(close_port(at_once), 1);
        if (port.ops->explain != NULL)
            assert_non_null(strstr(words(), "connection: "));
    }
    serve();
    connect_both();
}

static void unresolved(void **state)
{
    int result;

    (void)state;
    while ((result = sound((port.ops->open)(port.ctx, "name.invalid", number),
                           1)) == SMH_AGAIN)
        until_ready();
    assert_int_equal(result, SMH_E_RESOLVE);
    if (port.ops->explain != NULL)
        assert_non_null(strstr(words(), "look-up: "));
    assert_int_equal(close_port(0), 1);
    connect_both();
}

static void nothing_left_to_open_with(void **state)
{
    (void)state;
    if (contract_port.starve == NULL)
        skip();
    (contract_port.starve)(1);
    assert_int_equal(open_port(), SMH_E_MEMORY);
    assert_int_equal(close_port(0), 1);
    (contract_port.starve)(0);
    if (port.ops->explain != NULL)
        assert_true(strlen(words()) > 0);
    connect_both();
}

/* ---- misuse -------------------------------------------------------------- */

static void nothing_moves_unless_it_is_open(void **state)
{
    (void)state;
    if (port.ops->explain != NULL)
        assert_memory_equal(words(), "not opened", 10);
    nothing_moves();
    connect_both();
    assert_int_equal(close_port(0), 1);
    nothing_moves();
    assert_int_equal(close_port(0), 1);
    connect_both();
}

static void a_struct_that_was_not_zeroed(void **state)
{
    static const int bytes[] = {0x01, 0x55, 0xA5, 0xFF};
    size_t i;

    (void)state;
    if (contract_port.dirty == NULL)
        skip();
    for (i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        port = (contract_port.dirty)(bytes[i]);
        (void)now();
        nothing_moves();
        assert_int_equal((port.ops->close)(port.ctx, 0), 1);
        assert_int_equal((port.ops->open)(port.ctx, host(), number),
                         SMH_E_PORT);
        if (port.ops->explain != NULL)
            assert_non_null(strstr(words(), "not zeroed"));
        assert_int_equal((port.ops->close)(port.ctx, 1), 1);
    }
}

/* ---- wait and clock ------------------------------------------------------ */

static void a_wait_is_not_too_long_and_no_spin(void **state)
{
    uint32_t begun;
    int waits = 0, timeouts = 0;

    (void)state;
    if (port.ops->wait == NULL)
        skip();
    connect_both();
    assert_int_equal(get(data, 1), SMH_AGAIN);
    for (begun = now(); now() - begun < 300; waits++) {
        uint32_t before = now();

        if ((port.ops->wait)(port.ctx, 30) == SMH_AGAIN) {
            assert_true(now() - before >= 29);
            timeouts++;
        }
        assert_int_equal(get(data, 1), SMH_AGAIN);
    }
    assert_in_range(waits, 1, 400);
    assert_true(timeouts > 0);
    begun = now();
    (void)(port.ops->wait)(port.ctx, 0);
    assert_true(now() - begun < 1000);
}

static void a_wait_ends_when_something_comes(void **state)
{
    uint32_t begun;
    int end;

    (void)state;
    if (port.ops->wait == NULL)
        skip();
    connect_both();
    for (end = 0; end < 2; end++) {
        assert_int_equal(get(data, 1), SMH_AGAIN);
        if (end)
            peer_close();
        else
            peer_send("x", 1);
        begun = now();
        assert_int_equal((port.ops->wait)(port.ctx, UINT32_MAX), 1);
        assert_true(now() - begun < 5000);
        assert_int_equal(get_some(data, 1), end ? SMH_E_CLOSED : 1);
    }
}

static void the_clock_ticks_and_never_goes_back(void **state)
{
    uint32_t last = now(), begun = last, longest = 0;

    (void)state;
    connect_both();
    while (now() - begun < 500) {
        uint32_t next = now();

        assert_true(next - last < UINT32_MAX / 2);
        if (next - last > longest)
            longest = next - last;
        last = next;
        pass(1);
    }
    assert_true(longest > 0 && longest <= 400);
}

/* ---- words --------------------------------------------------------------- */

static void words_are_cut_off_at_any_size(void **state)
{
    char text[402], whole[400];
    size_t size;

    (void)state;
    if (port.ops->explain == NULL)
        skip();
    peer_refuse();
    assert_int_equal(open_port(), SMH_E_NETWORK);
    strcpy(whole, words());
    for (size = 1; size < sizeof whole; size++) {
        memset(text, '#', sizeof text);
        words_of(port, text, size);
        assert_true(strlen(text) ==
                    (strlen(whole) < size ? strlen(whole) : size - 1));
        assert_memory_equal(text, whole, strlen(text));
        assert_int_equal(text[size], '#');
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_go_both_ways),
        TEST(silence_is_again_and_never_0),
        TEST(after_again_the_same_bytes_are_sent),
        TEST(it_can_be_opened_again),
        TEST(all_is_read_before_the_end),
        TEST(all_is_read_though_sending_fails),
        TEST(a_reset_is_an_end),
        TEST(an_orderly_close_sends_all),
        TEST(a_close_at_once_is_at_once),
        TEST(refused),
        TEST(unresolved),
        TEST(nothing_left_to_open_with),
        TEST(nothing_moves_unless_it_is_open),
        TEST(a_struct_that_was_not_zeroed),
        TEST(a_wait_is_not_too_long_and_no_spin),
        TEST(a_wait_ends_when_something_comes),
        TEST(the_clock_ticks_and_never_goes_back),
        TEST(words_are_cut_off_at_any_size),
    };

    if (contract_port.start != NULL)
        (contract_port.start)();
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests_name("contract", tests, NULL, NULL);
}
