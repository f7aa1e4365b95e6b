/* smh_lwip.h where it is hard: any of lwIP's functions may fail, connections
 * end in each way, names lead nowhere; and nothing is left of it.  Over a tap
 * device without TLS; the peer is a socket of this machine. */
#include "smh_lwip.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../support/cmocka_all.h"
#include "../support/names.h"
#include "../support/words.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "net.h"
#include "resolve.h"
#define FAULTS_DECLARED_ONLY
#include "lwip_faults.h"

enum {
    LONG_MS = 10000,
    PATIENCE = 2000,
    LARGE = 0x18000,
    PIECE = 0x7FFF,
    STALLED = 100
};

/* To the IPv4 address of two of them there is no way. */
static const name known[] = {
    {"both.test", NET_SERVER_4, NET_SERVER_6, 0},
    {"four.test", NET_SERVER_4, NULL, 0},
    {"six.test", NULL, NET_SERVER_6, 0},
    {"gap.test", NET_ELSEWHERE_4, NULL, 0},
    {"turn.test", NET_ELSEWHERE_4, NET_SERVER_6, 0},
    {"nowhere.test", NULL, NULL, 0},
    {NULL, NULL, NULL, 0},
};

static smh_lwip tcp;
static const smh_port_ops *ops;
static int listener, peer; /* the peer's end of the connection, or -1 */
static uint16_t number;    /* where it listens */
static char large[LARGE];

/* ---- the port ------------------------------------------------------------ */

static int pinned(void *arg, const char *host, ip_addr_t *address)
{
    static const ip_addr_t none;
    (void)arg;
    if (host == NULL)
        return SMH_E_RESOLVE;
    assert_memory_equal(address, &none, sizeof none);
    return ipaddr_aton(strcmp(host, "six.test") == 0 ? NET_SERVER_6
                                                     : NET_SERVER_4,
                       address)
               ? 1
               : SMH_E_RESOLVE;
}

/* What is closed keeps its pcb for as long as lwIP sends or waits. */
static void forget_the_closed(void)
{
    struct tcp_pcb *pcb, *next;
    LOCK_TCPIP_CORE();
    while (tcp_tw_pcbs != NULL)
        tcp_abort(tcp_tw_pcbs);
    for (pcb = tcp_active_pcbs; pcb != NULL; pcb = next) {
        next = pcb->next;
        if (pcb->callback_arg == NULL)
            tcp_abort(pcb);
    }
    UNLOCK_TCPIP_CORE();
}

static void fresh(int (*resolve)(void *, const char *, ip_addr_t *))
{
    memset(&tcp, 0, sizeof tcp);
    memset(&lwip_faults, 0, sizeof lwip_faults);
    forget_the_closed();
    tcp.resolve = resolve;
    ops = smh_lwip_port(&tcp).ops;
}

static const char *why(void)
{
    static char text[120];
    return words_of(smh_lwip_port(&tcp), text, sizeof text);
}

/* The words, if they end with the address that was tried. */
static void assert_why(const char *words, const char *address, unsigned at,
                       const char *more)
{
    char text[160];
    snprintf(text, sizeof text, "%s%s:%u%s", words, address, at, more);
    assert_string_equal(why(), text);
}

static int open_name(const char *host, uint16_t at)
{
    int result;
    while ((result = (ops->open)(&tcp, host, at)) == SMH_AGAIN)
        assert_int_equal((ops->wait)(&tcp, LONG_MS), 1);
    return result;
}

static int put(const void *data, size_t size)
{
    return (ops->send)(&tcp, data, size);
}

static int get(size_t size)
{
    return (ops->recv)(&tcp, large, size);
}

static int get_some(size_t size)
{
    int result;
    while ((result = get(size)) == SMH_AGAIN)
        assert_int_equal((ops->wait)(&tcp, LONG_MS), 1);
    return result;
}

static int close_port(int at_once)
{
    return (ops->close)(&tcp, at_once);
}

static unsigned used(int pool)
{
    return lwip_stats.memp[pool]->used;
}

/* A connection that fails has no socket, even before its close. */
static void failed(int result, int expected)
{
    assert_int_equal(result, expected);
    assert_int_equal(tcp.opened, 0);
    assert_int_equal(tcp.want, 0);
    assert_int_equal(used(MEMP_NETCONN), 0);
    assert_int_equal(put("x", 1), SMH_E_CLOSED);
    assert_string_equal(why(), "not opened");
    assert_int_equal(close_port(0), 1);
}

static void connect_both(void)
{
    fresh(pinned);
    assert_int_equal(open_name("four.test", number), 1);
    assert_int_equal(tcp.want, 0);
    peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
}

static void say(const char *text)
{
    ssize_t size = (ssize_t)strlen(text);
    assert_int_equal(send(peer, text, strlen(text), 0), size);
}

static void reset(void)
{
    const struct linger none = {1, 0};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(peer);
    peer = -1;
}

/* ---- before and after each test ------------------------------------------ */

static int set_up(void **state)
{
    struct sockaddr_in6 address;
    socklen_t size = sizeof address;
    (void)state;
    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    listener = socket(AF_INET6, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 64), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    number = ntohs(address.sin6_port);
    peer = -1;
    fresh(pinned);
    return 0;
}

static unsigned left(void)
{
    forget_the_closed();
    return used(MEMP_NETCONN) + used(MEMP_TCP_PCB) + used(MEMP_TCP_SEG) +
           used(MEMP_NETBUF) + used(MEMP_PBUF) + used(MEMP_PBUF_POOL);
}

/* What is closed is free a moment later.  Looked at once a turn, since the next
 * frame may come at any time. */
static void settle(void)
{
    unsigned count;
    int turns;
    for (turns = 0; (count = left()) != 0 && turns < PATIENCE; turns++)
        poll(NULL, 0, 1);
    assert_int_equal(count, 0);
}

static int tear_down(void **state)
{
    (void)state;
    if (peer >= 0)
        close(peer);
    close(listener);
    settle();
    return 0;
}

/* ---- any function may fail ----------------------------------------------- */

static void break_next(lwip_fault *fault, int code)
{
    fault->at = fault->calls + 1;
    fault->code = code;
}

static void any_step_of_an_opening_may_fail(void **state)
{
    static const struct {
        lwip_fault *fault;
        int code, result;
        const char *why;
    } table[] = {
        {&lwip_faults.socket, ENFILE, SMH_E_MEMORY, "no socket is free"},
        {&lwip_faults.socket, ENOBUFS, SMH_E_MEMORY, "lwIP is out of memory"},
        {&lwip_faults.set_up, EIO, SMH_E_NETWORK, "lwIP failed, to "},
        {&lwip_faults.connect, ENOMEM, SMH_E_MEMORY, "lwIP is out of memory"},
        {&lwip_faults.connect, EIO, SMH_E_NETWORK, "lwIP failed, to "},
        {&lwip_faults.connect, EHOSTUNREACH, SMH_E_NETWORK, "no route, to "},
        {&lwip_faults.outcome, EIO, SMH_E_NETWORK, "lwIP failed, to "},
        {&lwip_faults.outcome, ENOTCONN, SMH_E_NETWORK,
         "not connected any more, to "},
    };
    char text[80];
    size_t i;
    int result;
    (void)state;
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        fresh(pinned);
        break_next(table[i].fault, table[i].code);
        result = open_name("four.test", number);
        assert_int_equal(tcp.diag.stage, SMH_STAGE_CONNECT);
        assert_int_equal(tcp.diag.code, table[i].code);
        snprintf(text, sizeof text, "connection: %s", table[i].why);
        if (table[i].result == SMH_E_MEMORY)
            assert_string_equal(why(), text);
        else
            assert_why(text, NET_SERVER_4, number, "");
        failed(result, table[i].result);
        assert_int_equal(open_name("four.test", number), 1);
        assert_int_equal(close_port(1), 1);
        forget_the_closed();
    }
}

/* lwIP says "in progress", but it might be quicker. */
static void a_connection_may_come_at_once(void **state)
{
    (void)state;
    break_next(&lwip_faults.connect, 0);
    assert_int_equal(open_name("four.test", number), 1);
    assert_int_equal(put("x", 1), 1);
    assert_int_equal(close_port(1), 1);
}

/* A poll that fails says nothing of the connection. */
static void a_poll_may_fail(void **state)
{
    (void)state;
    assert_int_equal((ops->open)(&tcp, "four.test", number), SMH_AGAIN);
    assert_int_equal((ops->wait)(&tcp, LONG_MS), 1);
    break_next(&lwip_faults.poll, EIO);
    assert_int_equal((ops->open)(&tcp, "four.test", number), SMH_AGAIN);
    break_next(&lwip_faults.poll, 0);
    assert_int_equal((ops->open)(&tcp, "four.test", number), SMH_AGAIN);
    assert_int_equal(lwip_faults.ms, 0); /* an opening does not wait */
    break_next(&lwip_faults.poll, EIO);
    assert_int_equal((ops->wait)(&tcp, LONG_MS), 1);
    assert_int_equal(lwip_faults.ms, LONG_MS);
    assert_int_equal((ops->open)(&tcp, "four.test", number), 1);
    assert_int_equal(close_port(1), 1);
}

/* All that lwIP has, and one more. */
static void sockets_may_run_out(void **state)
{
    smh_lwip others[MEMP_NUM_NETCONN];
    size_t i, count = 0;
    int result;
    (void)state;
    do {
        fresh(pinned);
        result = (ops->open)(&tcp, "four.test", number);
        if (result == SMH_AGAIN)
            others[count++] = tcp;
    } while (result == SMH_AGAIN && count < MEMP_NUM_NETCONN);
    if (result == SMH_AGAIN) {
        fresh(pinned);
        result = (ops->open)(&tcp, "four.test", number);
    }
    assert_int_equal(result, SMH_E_MEMORY);
    assert_int_equal(tcp.opened, 0);
    assert_string_equal(why(), "connection: lwIP is out of memory");
    for (i = 0; i < count; i++)
        assert_int_equal((ops->close)(&others[i], 1), 1);
    settle();
    assert_int_equal(open_name("four.test", number), 1);
    assert_int_equal(close_port(1), 1);
}

/* As long as it is told to, but no longer than what it waits for may be there
 * meanwhile. */
static void naps(void)
{
    lwip_faults.slept = 0;
    assert_int_equal((ops->wait)(&tcp, UINT32_MAX), 1);
    assert_int_equal(lwip_faults.slept, 10);
    assert_int_equal((ops->wait)(&tcp, 9), 1);
    assert_int_equal(lwip_faults.slept, 19);
}

/* Nothing tells when lwIP has memory again, so a wait is a nap. */
static void a_send_without_memory_is_repeated(void **state)
{
    static const int codes[] = {ENOMEM, ENOBUFS};
    char byte;
    size_t i;
    (void)state;
    for (i = 0; i < 2; i++) {
        connect_both();
        break_next(&lwip_faults.send, codes[i]);
        assert_int_equal(put("x", 1), SMH_AGAIN);
        assert_int_equal(tcp.want, SMH_WANT_READ | SMH_WANT_WRITE);
        break_next(&lwip_faults.poll, 0);
        naps();
        assert_int_equal(lwip_faults.poll.calls + 1, lwip_faults.poll.at);
        lwip_faults.poll.at = 0;
        assert_int_equal(put("x", 1), 1);
        assert_int_equal(tcp.want, 0);
        assert_int_equal(tcp.diag.sent, 1);
        assert_int_equal(recv(peer, &byte, 1, 0), 1);
        break_next(&lwip_faults.send,
                   codes[i]); /* a receive has its own wait */
        assert_int_equal(put("x", 1), SMH_AGAIN);
        assert_int_equal(get(1), SMH_AGAIN);
        assert_int_equal((ops->wait)(&tcp, 1), SMH_AGAIN);
        assert_int_equal(close_port(1), 1);
        close(peer);
    }
    peer = -1;
}

static void any_transfer_may_fail(void **state)
{
    static const struct {
        int code, result;
        const char *why;
    } table[] = {{EIO, SMH_E_NETWORK, "lwIP failed"},
                 {ENOTCONN, SMH_E_CLOSED, "not connected any more"},
                 {ENOMEM, SMH_E_MEMORY, "lwIP is out of memory"},
                 {ENOBUFS, SMH_E_MEMORY, "lwIP is out of memory"}};
    char text[80];
    size_t i;
    (void)state;
    for (i = 0; i < 4; i++) {
        connect_both();
        break_next(&lwip_faults.recv, table[i].code);
        assert_int_equal(get(1), table[i].result);
        snprintf(text, sizeof text, "receiving: %s", table[i].why);
        assert_string_equal(why(), text);
        if (table[i].result != SMH_E_MEMORY) {
            break_next(&lwip_faults.send, table[i].code);
            assert_int_equal(put("x", 1), table[i].result);
            snprintf(text, sizeof text, "sending: %s", table[i].why);
            assert_string_equal(why(), text);
        }
        assert_int_equal(tcp.want, 0);
        assert_int_equal(close_port(1), 1);
        close(peer);
    }
    peer = -1;
}

/* ---- ends ---------------------------------------------------------------- */

static void given_up(void)
{
    LOCK_TCPIP_CORE();
    tcp_abort(tcp_active_pcbs);
    UNLOCK_TCPIP_CORE();
}

static void closed_by_the_peer(void)
{
    close(peer);
    peer = -1;
}

/* lwIP tells why once or twice, and from then on that it is over.  Its thread
 * wakes who waits before it is done with an end: so this waits for its lock. */
static void an_end_is_told(void **state)
{
    static const struct {
        void (*end)(void);
        int result;
        const char *why;
    } table[] = {{reset, SMH_E_CLOSED, "receiving: reset by the server"},
                 {given_up, SMH_E_NETWORK, "receiving: no answer, given up"},
                 {closed_by_the_peer, SMH_E_CLOSED,
                  "receiving: closed by the server"}};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        connect_both();
        assert_int_equal(get(1), SMH_AGAIN);
        assert_int_equal(tcp.want, SMH_WANT_READ);
        table[i].end();
        assert_int_equal(get_some(1), table[i].result);
        assert_string_equal(why(), table[i].why);
        assert_int_equal(tcp.want, 0);
        LOCK_TCPIP_CORE();
        UNLOCK_TCPIP_CORE();
        get(1);
        assert_int_equal(get(1), SMH_E_CLOSED);
        assert_string_equal(why(), "receiving: not connected any more");
        assert_int_equal(close_port(0), 1);
        if (peer >= 0)
            reset();
    }
}

static void a_refusal_is_told(void **state)
{
    int result;
    (void)state;
    close(listener);
    result = open_name("four.test", number);
    assert_why("connection: refused by ", NET_SERVER_4, number, "");
    failed(result, SMH_E_NETWORK);
    result = open_name("six.test", number);
    assert_why("connection: refused by ", "[FD53:4D48::1]", number, "");
    failed(result, SMH_E_NETWORK);
}

static void it_may_be_closed_while_it_opens(void **state)
{
    int at_once;
    (void)state;
    for (at_once = 0; at_once < 2; at_once++) {
        assert_int_equal((ops->open)(&tcp, "four.test", number), SMH_AGAIN);
        assert_int_equal(tcp.want, SMH_WANT_WRITE);
        assert_why("connection, bytes sent 0, received 0, to ", NET_SERVER_4,
                   number, "");
        assert_int_equal(put("x", 1), SMH_E_CLOSED);
        assert_int_equal(get(1), SMH_E_CLOSED);
        assert_int_equal(close_port(at_once), 1);
        assert_int_equal(used(MEMP_NETCONN), 0);
        tcp.diag.sent = 1; /* a new opening counts anew */
        assert_int_equal((ops->open)(&tcp, "four.test", number), SMH_AGAIN);
        assert_int_equal(tcp.diag.sent, 0);
        assert_int_equal(close_port(at_once), 1);
    }
}

/* ---- bytes and waits ----------------------------------------------------- */

/* Larger than what is moved at once. */
static void any_size_may_be_offered(void **state)
{
    int sent, n;
    (void)state;
    connect_both();
    assert_true(tcp_nagle_disabled(tcp_active_pcbs));
    sent = put("x", 1);
    while ((n = put(large, sizeof large)) > 0)
        sent += n;
    assert_int_equal(n, SMH_AGAIN);
    assert_int_equal(lwip_faults.size, PIECE);
    assert_int_equal(tcp.diag.sent, sent);
    say("0123456789");
    assert_int_equal(get_some(1), 1);
    assert_int_equal(get_some(LARGE), 9);
    assert_int_equal(lwip_faults.size, PIECE);
    assert_memory_equal(large, "123456789", 9);
    assert_int_equal(tcp.diag.received, 10);
    assert_int_equal(close_port(1), 1);
}

/* Until there is no room, since the peer does not read. */
static void fill_the_room(void)
{
    int turns = 0;
    while (turns < STALLED) {
        turns = put(large, sizeof large) > 0 ? 0 : turns + 1;
        poll(NULL, 0, 1);
    }
}

static void wait_ends_with_room_or_an_answer(void **state)
{
    (void)state;
    connect_both();
    assert_int_equal(put("x", 1), 1);
    assert_int_equal((ops->wait)(&tcp, 1), 1); /* nothing to wait for */
    assert_int_equal(lwip_faults.slept, 0);
    fill_the_room();
    assert_int_equal(put(large, 1), SMH_AGAIN);
    assert_int_equal((ops->wait)(&tcp, 20), SMH_AGAIN);
    say("x");
    assert_int_equal((ops->wait)(&tcp, LONG_MS), 1);
    assert_int_equal(get(2), 1);
    assert_int_equal(put(large, 1), SMH_AGAIN);
    while (recv(peer, large, sizeof large, MSG_DONTWAIT) > 0)
        poll(NULL, 0, 1);
    assert_int_equal((ops->wait)(&tcp, LONG_MS), 1);
    assert_int_equal(put(large, 1), 1);
    assert_int_equal(close_port(1), 1);
}

static void at_once_what_is_unsent_is_dropped(void **state)
{
    (void)state;
    connect_both();
    fill_the_room();
    assert_int_equal(close_port(1), 1);
    while (recv(peer, large, sizeof large, 0) > 0)
        ;
    assert_int_equal(errno, ECONNRESET);
}

/* lwip_poll() takes an int: a longer wait is one of many. */
static void a_long_wait_is_not_over_early(void **state)
{
    (void)state;
    connect_both();
    assert_int_equal(get(1), SMH_AGAIN);
    break_next(&lwip_faults.poll, 0);
    assert_int_equal((ops->wait)(&tcp, UINT32_MAX), 1);
    break_next(&lwip_faults.poll, 0);
    assert_int_equal((ops->wait)(&tcp, PIECE + 1), 1);
    break_next(&lwip_faults.poll, 0);
    assert_int_equal((ops->wait)(&tcp, PIECE), SMH_AGAIN);
    assert_int_equal(close_port(1), 1);
}

static uint32_t clock_of(void *arg)
{
    return *(uint32_t *)arg;
}

static void the_clock_is_lwips_or_ones_own(void **state)
{
    uint32_t now = 0xABCDEF01, before = sys_now();
    (void)state;
    assert_true((ops->now_ms)(&tcp) - before <= sys_now() - before);
    tcp.now_ms = clock_of;
    tcp.arg = &now;
    assert_int_equal((ops->now_ms)(&tcp), now);
    assert_int_equal(open_name("four.test", number), 1);
    assert_int_equal((ops->now_ms)(&tcp), now);
    assert_int_equal(close_port(1), 1);
}

/* ---- names --------------------------------------------------------------- */

static void names_are_looked_up(void **state)
{
    static const char *const names[] = {"both.test", "four.test", "six.test"};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        fresh(NULL);
        assert_int_equal(open_name(names[i], number), 1);
        assert_int_equal(close_port(1), 1);
    }
}

static void names_that_lead_nowhere_are_told(void **state)
{
    static const struct {
        const char *host, *why, *address, *more;
    } table[] = {{"both.test", "connection: refused by ", "[FD53:4D48::1]",
                  ", the last of 2 addresses"},
                 {"four.test", "connection: refused by ", NET_SERVER_4, ""},
                 {"six.test", "connection: refused by ", "[FD53:4D48::1]", ""},
                 {"gap.test", "connection: no route, to ", NET_ELSEWHERE_4,
                  ""}};
    size_t i;
    int result;
    (void)state;
    close(listener);
    for (i = 0; i < 8; i++) { /* twice each, from the first family on */
        if (i % 2 == 0)
            fresh(NULL);
        result = open_name(table[i / 2].host, number);
        assert_why(table[i / 2].why, table[i / 2].address, number,
                   table[i / 2].more);
        assert_int_equal(tcp.diag.result, SMH_E_NETWORK);
        assert_int_equal(lwip_faults.look_up.calls, i % 2 == 0 ? 2 : 4);
        failed(result, SMH_E_NETWORK);
    }
    fresh(NULL);
    result = open_name("nowhere.test", number);
    assert_string_equal(why(), "look-up: name not found, or no DNS server");
    assert_int_equal(tcp.diag.result, SMH_E_RESOLVE);
    failed(result, SMH_E_RESOLVE);
}

/* While it is tried the first is forgotten. */
static void the_other_family_is_tried(void **state)
{
    (void)state;
    fresh(NULL);
    assert_int_equal((ops->open)(&tcp, "turn.test", number), SMH_AGAIN);
    assert_int_equal(tcp.diag.result, 0);
    assert_why("connection, bytes sent 0, received 0, to ", "[FD53:4D48::1]",
               number, ", the last of 2 addresses");
    assert_int_equal(open_name("turn.test", number), 1);
    assert_int_equal(close_port(1), 1);
}

/* For want of it no other family is tried. */
static void a_look_up_may_lack_memory(void **state)
{
    int result;
    (void)state;
    fresh(NULL);
    break_next(&lwip_faults.look_up, 0);
    result = open_name("both.test", number);
    assert_string_equal(why(), "look-up: out of memory");
    assert_int_equal(lwip_faults.look_up.calls, 1);
    failed(result, SMH_E_MEMORY);
    fresh(NULL);
    break_next(&lwip_faults.socket, ENFILE);
    result = open_name("both.test", number);
    assert_int_equal(lwip_faults.socket.calls, 1);
    failed(result, SMH_E_MEMORY);
}

/* No address at all, too, is an address left zero. */
static void a_resolver_without_an_address(void **state)
{
    static const struct {
        int answer, result;
        const char *why;
    } table[] = {{1, SMH_E_RESOLVE, "look-up: no address"},
                 {SMH_E_RESOLVE, SMH_E_RESOLVE, "look-up: no address"},
                 {SMH_E_MEMORY, SMH_E_MEMORY, "look-up: out of memory"},
                 {0, SMH_E_PORT, "look-up: resolve() returned what it may not"},
                 {2, SMH_E_PORT, "look-up: resolve() returned what it may not"},
                 {SMH_E_TLS, SMH_E_PORT,
                  "look-up: resolve() returned what it may not"}};
    size_t i;
    int result;
    (void)state;
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        fixed_answer to = {0, 0, 0};

        fresh(fixed);
        to.answer = table[i].answer;
        tcp.arg = &to;
        result = open_name("four.test", number);
        assert_string_equal(why(), table[i].why);
        failed(result, table[i].result);
        assert_int_equal(to.asked, 1);
        assert_int_equal(to.abandoned, 0);
    }
}

static void an_address_is_none_only_if_it_is_zero(void **state)
{
    static char addresses[][16] = {"0.0.0.0", "::",        "0.0.0.1", "1::",
                                   "0:0:1::", "::1:0:0:0", "::2"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        fresh(to_address);
        tcp.arg = addresses[i];
        if (i < 2)
            assert_int_equal((ops->open)(&tcp, "a.test", 1), SMH_E_RESOLVE);
        else
            assert_int_not_equal((ops->open)(&tcp, "a.test", 1), SMH_E_RESOLVE);
        assert_memory_equal(why(), i < 2 ? "look-up: no" : "connection", 10);
        assert_int_equal(close_port(1), 1);
    }
}

static void a_resolver_is_told_once_that_it_is_abandoned(void **state)
{
    int at_once;
    (void)state;
    for (at_once = 0; at_once < 2; at_once++) {
        fixed_answer to = {SMH_AGAIN, 0, 0};

        fresh(fixed);
        tcp.arg = &to;
        assert_int_equal((ops->open)(&tcp, "four.test", number), SMH_AGAIN);
        naps();
        assert_int_equal((ops->open)(&tcp, "four.test", number), SMH_AGAIN);
        assert_string_equal(why(), "look-up: no answer yet");
        assert_int_equal(close_port(at_once), 1);
        assert_int_equal(close_port(at_once), 1);
        assert_int_equal(to.asked, 2);
        assert_int_equal(to.abandoned, 1);
    }
}

/* ---- structs that were not opened ---------------------------------------- */

/* Its descriptor is 0, which is another one's. */
static void a_struct_that_was_never_opened(void **state)
{
    fixed_answer none = {SMH_E_RESOLVE, 0, 0};
    smh_lwip other;
    (void)state;
    connect_both();
    other = tcp;
    assert_int_equal(other.fd, 0);
    fresh(fixed);
    tcp.arg = &none;
    assert_string_equal(why(), "not opened");
    assert_int_equal(put("x", 1), SMH_E_CLOSED);
    assert_int_equal(get(1), SMH_E_CLOSED);
    assert_int_equal(close_port(1), 1);
    assert_int_equal(open_name("four.test", number), SMH_E_RESOLVE);
    assert_int_equal(close_port(1), 1);
    assert_int_equal((ops->send)(&other, "x", 1), 1);
    assert_int_equal((ops->close)(&other, 1), 1);
}

/* Its hooks may point anywhere, so they must not be called; and its descriptor
 * may be another one's. */
static void a_struct_that_was_not_zeroed(void **state)
{
    static const int bytes[] = {0x01, 0x55, 0xA5, 0xFF};
    smh_lwip other;
    size_t i;
    (void)state;
    connect_both();
    other = tcp;
    for (i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        memset(&tcp, bytes[i], sizeof tcp);
        tcp.fd = other.fd;
        (void)(ops->now_ms)(&tcp);
        assert_int_equal(put("x", 1), SMH_E_CLOSED);
        assert_int_equal(get(1), SMH_E_CLOSED);
        assert_int_equal(tcp.diag.stage, SMH_STAGE_NONE);
        assert_int_equal(close_port(0), 1);
        assert_int_equal((ops->open)(&tcp, "four.test", number), SMH_E_PORT);
        assert_int_equal(tcp.diag.stage, SMH_STAGE_SET_UP);
        assert_int_equal(tcp.diag.result, SMH_E_PORT);
        assert_int_equal(tcp.diag.code, 0);
        assert_int_equal(close_port(1), 1);
        assert_string_equal(why(), "not opened: the struct was not zeroed");
        assert_int_equal((ops->send)(&other, "x", 1), 1);
    }
    assert_int_equal((ops->close)(&other, 1), 1);
}

/* ---- main ---------------------------------------------------------------- */

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_step_of_an_opening_may_fail),
        TEST(a_connection_may_come_at_once),
        TEST(a_poll_may_fail),
        TEST(sockets_may_run_out),
        TEST(a_send_without_memory_is_repeated),
        TEST(any_transfer_may_fail),
        TEST(an_end_is_told),
        TEST(a_refusal_is_told),
        TEST(it_may_be_closed_while_it_opens),
        TEST(any_size_may_be_offered),
        TEST(wait_ends_with_room_or_an_answer),
        TEST(at_once_what_is_unsent_is_dropped),
        TEST(a_long_wait_is_not_over_early),
        TEST(the_clock_is_lwips_or_ones_own),
        TEST(names_are_looked_up),
        TEST(names_that_lead_nowhere_are_told),
        TEST(the_other_family_is_tried),
        TEST(a_look_up_may_lack_memory),
        TEST(a_resolver_without_an_address),
        TEST(an_address_is_none_only_if_it_is_zero),
        TEST(a_resolver_is_told_once_that_it_is_abandoned),
        TEST(a_struct_that_was_never_opened),
        TEST(a_struct_that_was_not_zeroed),
    };
    setvbuf(stdout, NULL, _IOLBF, 0); /* a test that hangs is named */
    net_start();
    names_start(known, NET_SERVER_4);
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests_name("smh_lwip", tests, NULL, NULL);
}
