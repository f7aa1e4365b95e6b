/* smh_lwip_raw.h where it is hard: lwIP without memory, connections that end at
 * any step, answers cut at every byte, names that come too late. */
#include "smh_lwip_raw.h"

#include <stdlib.h>
#include <string.h>

#include "../support/cmocka_all.h"
#include "../support/words.h"
#include "lwip/stats.h"
#include "resolve.h"
#include "world.h"

enum { USERS = 25, REQUESTS = 3, TIMEOUT_MS = 5000, ANSWER_SIZE = 27 };

static const char *const ids[USERS] = {"u00", "u01", "u02", "u03", "u04",
                                       "u05", "u06", "u07", "u08", "u09",
                                       "u10", "u11", "u12", "u13", "u14",
                                       "u15", "u16", "u17", "u18", "u19",
                                       "u20", "u21", "u22", "u23", "u24"};

/* ---- a whole call -------------------------------------------------------- */

static smh_lwip_raw tcp;
static smh_call call;
static smh_io io;
static char buffer[4096];

/* Of the two names that are no business of DNS. */
static int pinned(void *arg, const char *host, ip_addr_t *address)
{
    static const ip_addr_t none;
    (void)arg;
    if (host != NULL)
        assert_memory_equal(address, &none, sizeof none);
    return host != NULL &&
                   ipaddr_aton(strcmp(host, "six.test") == 0 ? "::1"
                                                             : "127.0.0.1",
                               address)
               ? 1
               : SMH_E_RESOLVE;
}

static void set_up(const char *host, size_t size)
{
    static smh_scope scope;
    static const smh_list users = {ids, USERS};
    memset(&scope, 0, sizeof scope);
    memset(&tcp, 0, sizeof tcp);
    memset(&io, 0, sizeof io);
    scope.host = host;
    scope.port = WORLD_PORT;
    scope.library_id = "smh0example";
    scope.library_secret = "secret";
    scope.users = &users;
    tcp.turn = world_turn;
    if (strcmp(host, "server.test") != 0)
        tcp.resolve = pinned;
    io.port = smh_lwip_raw_port(&tcp);
    io.buffer = buffer;
    io.size = size;
    io.timeout_ms = TIMEOUT_MS;
    assert_int_equal(smh_begin(&call, &scope, &io), 0);
}

/* As a loop does it: a step, a turn. */
static int steps(void)
{
    int result;
    while ((result = smh_step(&call)) == 0)
        world_turn(NULL);
    return result;
}

static int blocking(void)
{
    int result;
    while ((result = smh_step(&call)) == 0)
        if ((result = smh_wait(&call, UINT32_MAX)) != 0)
            return result;
    return result;
}

static const char *why_of(const smh_lwip_raw *p)
{
    static char text[120];
    smh_lwip_raw at = *p;
    return words_of(smh_lwip_raw_port(&at), text, sizeof text);
}

static const char *why(void)
{
    return why_of(&tcp);
}

static void either_way_works(void **state)
{
    static const char *const hosts[] = {"four.test", "six.test"};
    size_t i;
    (void)state;
    for (i = 0; i < 2; i++) {
        set_up(hosts[i], 64);
        tcp.turn = NULL; /* only wait needs it */
        assert_int_equal(steps(), SMH_DONE);
        set_up(hosts[i], sizeof buffer);
        io.pipeline = REQUESTS;
        assert_int_equal(blocking(), SMH_DONE);
        assert_memory_equal(why(), "receiving, bytes sent ", 22);
        assert_int_equal(io.port.ops->secure, 0);
    }
    assert_int_equal(world.served, 4 * REQUESTS);
    world_turns(10);
    assert_int_equal(world.ends, 4);
    assert_int_equal(world.resets, 0);
}

static void wait_needs_the_turn(void **state)
{
    (void)state;
    set_up("four.test", 64);
    tcp.turn = NULL;
    assert_int_equal(smh_step(&call), 0);
    assert_int_equal(io.port.ops->wait(&tcp, 10), SMH_E_PORT);
    assert_int_equal(smh_cancel(&call), SMH_E_CANCELLED);
}

/* ---- no memory ----------------------------------------------------------- */

static void any_write_may_lack_memory(void **state)
{
    unsigned all, at, lasts;
    (void)state;
    set_up("four.test", 16);
    assert_int_equal(steps(), SMH_DONE);
    all = world.writes;
    assert_true(all > 10);
    for (lasts = 1; lasts <= 64; lasts *= 8) {
        for (at = 1; at <= all; at++) {
            set_up("four.test", 16);
            world.writes = 0;
            world.fail_at = at;
            world.fail_for = lasts;
            assert_int_equal(at & 1 ? steps() : blocking(), SMH_DONE);
        }
    }
}

static void no_memory_at_all_ends_with_the_deadline(void **state)
{
    (void)state;
    set_up("four.test", 64);
    world.fail_at = 1;
    world.fail_for = 1u << 30;
    assert_int_equal(steps(), SMH_E_TIMEOUT);
    set_up("four.test", 64);
    assert_int_equal(blocking(), SMH_E_TIMEOUT);
}

static void set_up_may_fail(void **state)
{
    static const struct {
        err_t code;
        int result;
        const char *why;
    } table[] = {{ERR_MEM, SMH_E_MEMORY, "connection: lwIP is out of memory"},
                 {ERR_BUF, SMH_E_MEMORY, "connection: no local port is free"},
                 {ERR_RTE, SMH_E_NETWORK,
                  "connection: no route, to 127.0.0.1:80"},
                 {ERR_IF, SMH_E_NETWORK,
                  "connection: lwIP failed, to 127.0.0.1:80"}};
    size_t i;
    (void)state;
    for (i = 0; i < 4; i++) {
        set_up("four.test", 64);
        world.connect_fails = table[i].code;
        assert_int_equal(steps(), table[i].result);
        assert_string_equal(why(), table[i].why);
        assert_int_equal(tcp.diag.code, table[i].code);
    }
    set_up("four.test", 64);
    world.no_pcb = 1;
    assert_int_equal(steps(), SMH_E_MEMORY);
    assert_string_equal(why(), table[0].why);
}

/* ---- connections that end ------------------------------------------------ */

static unsigned end_at;

static void reset_by_the_server(void)
{
    if (world.turns == end_at && world.peer)
        tcp_abort(world.peer);
}

static void give_up(void)
{
    if (world.turns == end_at && tcp.pcb)
        tcp_abort(tcp.pcb);
}

static void closed_by_the_server(void)
{
    struct tcp_pcb *pcb = world.peer;
    if (world.turns == end_at && pcb) {
        world.peer = NULL;
        tcp_close(pcb);
    }
}

static int expected(int result)
{
    return result == SMH_DONE || result == SMH_E_CLOSED ||
           result == SMH_E_NETWORK;
}

/* Whatever happens at whichever turn: an end, and the rest can be done. */
static void any_turn_may_end_it(void **state)
{
    static void (*const ends[])(void) = {reset_by_the_server, give_up,
                                         closed_by_the_server};
    unsigned all, i, at;
    uint32_t resume;
    (void)state;
    set_up("four.test", 64);
    assert_int_equal(steps(), SMH_DONE);
    all = world.turns;
    for (i = 0; i < 3; i++) {
        for (at = 1; at <= all; at++) {
            set_up("four.test", 64);
            world.turns = world.served = 0;
            world.on_turn = ends[i];
            end_at = at;
            assert_true(expected(at & 1 ? steps() : blocking()));
            assert_true(call.report.resume <= world.served);
            resume = call.report.resume;
            world.on_turn = NULL;
            set_up("four.test", 64);
            io.resume = resume;
            assert_int_equal(smh_begin(&call, call.plan.scope, &io),
                             resume == REQUESTS ? SMH_DONE : 0);
            assert_int_equal(steps(), SMH_DONE);
        }
    }
}

static void any_turn_may_be_the_last(void **state)
{
    unsigned all, at, i;
    (void)state;
    set_up("four.test", 64);
    assert_int_equal(steps(), SMH_DONE);
    all = world.turns;
    for (at = 0; at < all; at++) {
        set_up("four.test", 64);
        for (i = 0; i < at && smh_step(&call) == 0; i++)
            world_turn(NULL);
        if (call.report.result == 0)
            assert_int_equal(smh_cancel(&call), SMH_E_CANCELLED);
        assert_null(tcp.pcb);
        assert_null(tcp.queue);
    }
}

/* ---- answers in pieces --------------------------------------------------- */

static void answers_may_be_cut_anywhere(void **state)
{
    static const size_t sizes[] = {1, 2, 64};
    uint16_t cut;
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        for (cut = 1; cut < ANSWER_SIZE; cut++) {
            world.cut = cut;
            world.split = 0;
            set_up("four.test", sizes[i]);
            assert_int_equal(steps(), SMH_DONE);
            world.split = cut;
            world.cut = 1;
            set_up("four.test", sizes[i]);
            io.pipeline = REQUESTS;
            assert_int_equal(blocking(), SMH_DONE);
        }
    }
}

/* ---- the port by itself -------------------------------------------------- */

static void open_port(void)
{
    const smh_port_ops *ops = smh_lwip_raw_port(&tcp).ops;
    int result;
    memset(&tcp, 0, sizeof tcp);
    tcp.turn = world_turn;
    tcp.resolve = pinned;
    while ((result = ops->open(&tcp, "four.test", WORLD_PORT)) == SMH_AGAIN)
        assert_true(ops->wait(&tcp, 100) == 1);
    assert_int_equal(result, 1);
    world_turns(3);
    assert_non_null(world.peer);
    world.mute = 1;
}

static int close_port(int at_once)
{
    return smh_lwip_raw_port(&tcp).ops->close(&tcp, at_once);
}

static int receive(void *data, size_t size)
{
    return smh_lwip_raw_port(&tcp).ops->recv(&tcp, data, size);
}

/* All that comes, in pieces of size; bytes from first on are 0, 1, 2.. */
static size_t receive_all(size_t size, size_t first)
{
    unsigned char data[64];
    size_t all = first;
    int n, i;
    while ((n = receive(data, size)) > 0) {
        for (i = 0; i < n; i++)
            assert_int_equal(data[i], (unsigned char)(all + (size_t)i));
        all += (size_t)n;
    }
    return all - first;
}

static int send_some(const void *data, size_t size)
{
    return smh_lwip_raw_port(&tcp).ops->send(&tcp, data, size);
}

static int wait_for(uint32_t ms)
{
    return smh_lwip_raw_port(&tcp).ops->wait(&tcp, ms);
}

/* Nobody listens, or lwIP gives up. */
static void a_connection_that_fails_is_told(void **state)
{
    const smh_port_ops *ops = smh_lwip_raw_port(&tcp).ops;
    int given_up, result;
    (void)state;
    for (given_up = 0; given_up < 2; given_up++) {
        uint16_t number = given_up ? WORLD_PORT : WORLD_PORT + 1;

        memset(&tcp, 0, sizeof tcp);
        tcp.resolve = pinned;
        tcp.turn = world_turn;
        assert_int_equal(ops->open(&tcp, "six.test", number), SMH_AGAIN);
        assert_int_equal(ops->open(&tcp, "six.test", number), SMH_AGAIN);
        assert_string_equal(why(), given_up
                                       ? "connection, bytes sent 0, received "
                                         "0, to [::1]:80"
                                       : "connection, bytes sent 0, received "
                                         "0, to [::1]:81");
        if (given_up)
            tcp_abort(tcp.pcb);
        while ((result = ops->open(&tcp, "six.test", number)) == SMH_AGAIN)
            assert_int_equal(wait_for(100), 1);
        assert_int_equal(result, SMH_E_NETWORK);
        assert_int_equal(tcp.diag.code, given_up ? ERR_ABRT : ERR_RST);
        assert_string_equal(why(), given_up ? "connection: no answer, given "
                                              "up, to [::1]:80"
                                            : "connection: refused by "
                                              "[::1]:81");
        assert_null(tcp.pcb);
        assert_int_equal(close_port(0), 1);
    }
}

static void lose_it(int how)
{
    struct tcp_pcb *pcb = world.peer;
    if (how == 0)
        tcp_abort(pcb);
    else if (how == 1)
        tcp_abort(tcp.pcb);
    else
        tcp_close(pcb);
    world.peer = NULL;
}

/* What had come is read before, and a wait ends. */
static void an_end_is_told(void **state)
{
    static const struct {
        int result;
        const char *why;
    } table[] = {{SMH_E_CLOSED, "receiving: reset by the server"},
                 {SMH_E_NETWORK, "receiving: no answer, given up"},
                 {SMH_E_CLOSED, "receiving: closed by the server"}};
    int how;
    (void)state;
    for (how = 0; how < 3; how++) {
        open_port();
        assert_int_equal(world_send(20, 0), 20);
        world_turns(5);
        lose_it(how);
        world_turns(5);
        if (how < 2) {
            assert_int_equal(send_some("x", 1), table[how].result);
            assert_memory_equal(why(), "sending: ", 9);
            assert_string_equal(why() + 9, table[how].why + 11);
        }
        assert_int_equal(receive_all(7, 0), 20);
        assert_int_equal(receive(buffer, 1), table[how].result);
        assert_string_equal(why(), table[how].why);
        assert_int_equal(close_port(0), 1);
        open_port();
        assert_int_equal(receive(buffer, 1), SMH_AGAIN);
        lose_it(how);
        assert_int_equal(wait_for(1000), 1);
        assert_int_equal(receive(buffer, 1), table[how].result);
        assert_int_equal(close_port(0), 1);
    }
}

/* Not for want of memory: it is over, but for what had come. */
static void a_write_that_fails_is_told(void **state)
{
    (void)state;
    open_port();
    assert_int_equal(world_send(20, 0), 20);
    world_turns(5);
    world.writes = 0;
    world.fail_at = world.fail_for = 1;
    world.write_fails = ERR_CONN;
    assert_int_equal(send_some("x", 1), SMH_E_NETWORK);
    assert_string_equal(why(), "sending: lwIP failed");
    assert_int_equal(tcp.diag.code, ERR_CONN);
    assert_int_equal(send_some("x", 1), SMH_E_NETWORK);
    assert_int_equal(world.writes, 1);
    assert_int_equal(tcp.diag.sent, 0);
    assert_int_equal(receive_all(7, 0), 20);
    assert_int_equal(close_port(0), 1);
    world_turns(300);
    assert_int_equal(world.ends, 1);
}

/* Until there is no room, since the server takes nothing. */
static size_t fill_the_room(void)
{
    size_t before = tcp.diag.sent, out = 0;
    int n, idle = 0;
    while (idle < 600) { /* longer than an ACK is held back */
        if ((n = send_some(buffer, sizeof buffer)) > 0)
            out += (size_t)n;
        idle = n > 0 ? 0 : idle + 1;
        world_turn(NULL);
    }
    assert_int_equal(send_some(buffer, sizeof buffer), SMH_AGAIN);
    assert_int_equal(tcp.diag.sent - before, out);
    return out;
}

static void wait_ends_with_room_or_an_answer(void **state)
{
    uint32_t begun;
    (void)state;
    memset(buffer, 'x', sizeof buffer);
    open_port();
    world.deaf = 1;
    assert_true(fill_the_room() > TCP_SND_BUF);
    assert_int_equal(tcp.want, SMH_WANT_READ | SMH_WANT_WRITE);
    begun = world.now;
    assert_int_equal(wait_for(10), SMH_AGAIN);
    assert_int_equal(world.now - begun, 10);
    assert_int_equal(world_send(1, 0), 1);
    assert_int_equal(wait_for(1000), 1);
    assert_int_equal(receive(buffer, sizeof buffer), 1);
    assert_int_equal(receive(buffer, sizeof buffer), SMH_AGAIN);
    assert_int_equal(tcp.want, SMH_WANT_READ);
    world.deaf = 0;
    assert_int_equal(wait_for(2000), SMH_AGAIN); /* room is not asked for */
    world.deaf = 1;
    fill_the_room();
    world.deaf = 0;
    assert_int_equal(wait_for(UINT32_MAX), 1);
    assert_true(send_some(buffer, sizeof buffer) > 0);
    assert_int_equal(tcp.want, 0);
    assert_int_equal(wait_for(1), 1); /* nothing to wait for */
    assert_int_equal(close_port(1), 1);
}

/* Larger than what is moved at once. */
static void any_size_may_be_offered(void **state)
{
    static char large[0x18000];
    (void)state;
    open_port();
    assert_int_equal(send_some(large, sizeof large), TCP_SND_BUF);
    assert_int_equal(world_send(20, 0), 20);
    world_turns(5);
    assert_int_equal(receive(large, sizeof large), 20);
    tcp.pcb->snd_buf = 0xFFFF;
    world.writes = 0;
    world.fail_at = world.fail_for = 1;
    world.write_fails = ERR_CONN;
    assert_int_equal(send_some(large, sizeof large), SMH_E_NETWORK);
    assert_int_equal(world.write_size, 0x7FFF);
    assert_int_equal(close_port(1), 1);
}

/* Nothing of the last connection is left to the next one. */
static void it_may_be_opened_again(void **state)
{
    const smh_port_ops *ops = smh_lwip_raw_port(&tcp).ops;
    int i;
    (void)state;
    open_port();
    for (i = 0; i < 2; i++) {
        assert_int_equal(receive(buffer, 1), SMH_AGAIN);
        assert_int_equal(wait_for(10), SMH_AGAIN);
        assert_int_equal(tcp.diag.sent + tcp.diag.received, 0);
        assert_int_equal(send_some("x", 1), 1);
        assert_int_equal(world_send(2, 0), 2);
        world_turns(5);
        assert_int_equal(receive(buffer, 1), 1);
        assert_int_equal(tcp.want, 0);
        lose_it(2);
        world_turns(5);
        assert_int_equal(close_port(i), 1);
        assert_int_equal(tcp.want, 0);
        while (ops->open(&tcp, "four.test", WORLD_PORT) == SMH_AGAIN)
            assert_int_equal(wait_for(10), 1);
        world_turns(3);
    }
    assert_int_equal(close_port(0), 1);
}

/* The half that fits, if lwIP has no memory for the whole. */
static void less_is_written_where_all_does_not_fit(void **state)
{
    (void)state;
    open_port();
    world.writes = 0;
    world.fail_at = 1;
    world.fail_for = 2;
    assert_int_equal(send_some(buffer, 64), 16);
    assert_int_equal(world.writes, 3);
    assert_int_equal(close_port(0), 1);
}

static void it_may_be_closed_while_it_opens(void **state)
{
    const smh_port_ops *ops = smh_lwip_raw_port(&tcp).ops;
    int at_once;
    (void)state;
    for (at_once = 0; at_once < 2; at_once++) {
        memset(&tcp, 0, sizeof tcp);
        tcp.resolve = pinned;
        assert_int_equal(ops->open(&tcp, "four.test", WORLD_PORT), SMH_AGAIN);
        assert_int_equal(send_some("x", 1), SMH_E_CLOSED);
        assert_int_equal(receive(buffer, 1), SMH_E_CLOSED);
        assert_string_equal(why(), "not opened");
        assert_int_equal(close_port(at_once), 1);
        assert_null(tcp.pcb);
        assert_int_equal(lwip_stats.memp[MEMP_TCP_PCB]->used, 0);
    }
}

/* As much as the server can get rid of while nothing is taken. */
static size_t fill_the_window(size_t out)
{
    size_t before;
    do {
        before = out;
        world_turns(600); /* longer than an ACK is held back */
        out += world_send(500, out);
    } while (out != before);
    assert_true(tcp.queue->tot_len <= TCP_WND);
    assert_true(tcp.queue->tot_len > TCP_WND - TCP_MSS);
    return out;
}

static void the_window_opens_as_bytes_are_taken(void **state)
{
    static const size_t sizes[] = {1, 7, 64};
    size_t out, in, i;
    (void)state;
    for (i = 0; i < 3; i++) {
        open_port();
        for (out = in = 0; in < 20000; in += receive_all(sizes[i], in))
            out = fill_the_window(out);
        world_turns(500);
        in += receive_all(sizes[i], in);
        assert_int_equal(in, out);
        assert_int_equal(tcp.pcb->rcv_wnd, TCP_WND);
        assert_int_equal(tcp.diag.received, in);
        assert_int_equal(close_port(0), 1);
        world_turns(300);
    }
    assert_int_equal(world.resets, 0);
}

/* Were it not given up first, lwIP would reset the connection. */
static void unread_data_does_not_spoil_the_close(void **state)
{
    (void)state;
    open_port();
    assert_int_equal(world_send(100, 0), 100);
    world_turns(5);
    assert_int_equal(close_port(0), 1);
    world_turns(300);
    assert_int_equal(world.ends, 1);
    assert_int_equal(world.resets, 0);
}

static void a_close_at_once_resets(void **state)
{
    (void)state;
    open_port();
    assert_int_equal(close_port(1), 1);
    world_turns(5);
    assert_int_equal(world.ends, 0);
    assert_int_equal(world.resets, 1);
    assert_int_equal(close_port(1), 1); /* harmless */
}

static void close_may_lack_memory(void **state)
{
    const smh_port_ops *ops = smh_lwip_raw_port(&tcp).ops;
    (void)state;
    open_port();
    world.close_fails = 2;
    assert_int_equal(receive(buffer, 1), SMH_AGAIN);
    assert_int_equal(close_port(0), SMH_AGAIN);
    assert_int_equal(tcp.want, 0);
    assert_int_equal(ops->wait(&tcp, 10), 1);
    assert_int_equal(close_port(0), SMH_AGAIN);
    assert_int_equal(close_port(0), 1);

    open_port(); /* the pcb ends between two tries */
    world.close_fails = 1;
    assert_int_equal(close_port(0), SMH_AGAIN);
    tcp_abort(world.peer);
    world_turns(5);
    assert_null(tcp.pcb);
    assert_int_equal(close_port(0), 1);

    open_port();
    world.close_fails = 1;
    assert_int_equal(close_port(0), SMH_AGAIN);
    assert_int_equal(close_port(1), 1);
    assert_null(tcp.pcb);
}

static void the_queue_has_an_end(void **state)
{
    struct pbuf *one, *two, *fits;
    (void)state;
    open_port();
    one = pbuf_alloc(PBUF_RAW, 40000, PBUF_RAM);
    two = pbuf_alloc(PBUF_RAW, 0x10000 - 40000, PBUF_RAM);
    fits = pbuf_alloc(PBUF_RAW, 0xFFFF - 40000, PBUF_RAM);
    assert_int_equal(world.received(&tcp, tcp.pcb, one, ERR_OK), ERR_OK);
    assert_int_equal(world.received(&tcp, tcp.pcb, two, ERR_OK), ERR_MEM);
    assert_int_equal(world.received(&tcp, tcp.pcb, fits, ERR_OK), ERR_OK);
    memset(buffer, 1, sizeof buffer);
    while (receive(buffer, sizeof buffer) > 0) {
    }
    assert_int_equal(world.received(&tcp, tcp.pcb, two, ERR_OK), ERR_OK);
    assert_int_equal(close_port(1), 1);
}

static uint32_t stuck(void *arg)
{
    (void)arg;
    return 7;
}

static uint32_t stuck_later(void *arg)
{
    (void)arg;
    return world.turns < 10 ? world.turns : 10;
}

static void wait_ends_though_the_clock_stands(void **state)
{
    (void)state;
    open_port();
    tcp.now_ms = stuck;
    assert_int_equal(receive(buffer, 1), SMH_AGAIN);
    assert_int_equal(wait_for(500), 1);
    world.turns = 0;
    tcp.now_ms = stuck_later;
    assert_int_equal(wait_for(500), 1);
    assert_int_equal(close_port(1), 1);
}

/* ---- names --------------------------------------------------------------- */

static smh_lwip_raw *fresh(void)
{
    smh_lwip_raw *p = (smh_lwip_raw *)calloc(1, sizeof *p);
    assert_non_null(p);
    p->turn = world_turn;
    return p;
}

static int open_name(smh_lwip_raw *p)
{
    return smh_lwip_raw_port(p).ops->open(p, "server.test", WORLD_PORT);
}

static void drop(smh_lwip_raw *p)
{
    assert_int_equal(smh_lwip_raw_port(p).ops->close(p, 1), 1);
    free(p);
}

static void a_late_answer_finds_nobody(void **state)
{
    smh_lwip_raw *p = fresh();
    (void)state;
    assert_int_equal(open_name(p), SMH_AGAIN);
    assert_int_equal(open_name(p), SMH_AGAIN);
    assert_int_equal(world.questions, 1);
    drop(p);
    world_answer(0, "127.0.0.1");

    set_up("server.test", 64);
    assert_int_equal(smh_step(&call), 0);
    assert_int_equal(smh_cancel(&call), SMH_E_CANCELLED);
    memset(&tcp, 0xa5, sizeof tcp);
    world_answer(1, NULL);
    assert_int_equal(tcp.look_up, 0xa5);
}

static void a_late_answer_is_not_the_next_ones(void **state)
{
    smh_lwip_raw *p = fresh();
    (void)state;
    assert_int_equal(open_name(p), SMH_AGAIN);
    assert_int_equal(smh_lwip_raw_port(p).ops->close(p, 0), 1);
    assert_int_equal(open_name(p), SMH_AGAIN);
    world_answer(0, "192.0.2.1");
    assert_int_equal(open_name(p), SMH_AGAIN);
    assert_null(p->pcb);
    world_answer(1, "127.0.0.1");
    assert_int_equal(open_name(p), SMH_AGAIN);
    assert_non_null(p->pcb);
    drop(p);
}

static void many_may_wait(void **state)
{
    smh_lwip_raw *p[3];
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        p[i] = fresh();
        assert_int_equal(open_name(p[i]), SMH_AGAIN);
    }
    drop(p[1]);
    world_answer(1, "127.0.0.1");
    assert_int_equal(open_name(p[0]), SMH_AGAIN);
    assert_null(p[0]->pcb);
    world_answer(0, "127.0.0.1");
    world_answer(2, "127.0.0.1");
    for (i = 0; i < 3; i += 2) {
        assert_int_equal(open_name(p[i]), SMH_AGAIN);
        world_turns(5);
        assert_int_equal(open_name(p[i]), 1);
        drop(p[i]);
    }
}

static void a_known_name_goes_on_at_once(void **state)
{
    smh_lwip_raw *p = fresh();
    (void)state;
    world.dns_result = ERR_OK;
    assert_int_equal(open_name(p), SMH_AGAIN);
    assert_non_null(p->pcb);
    drop(p);

    p = fresh(); /* it leads nowhere: the other family */
    world.connect_fails = ERR_RTE;
    assert_int_equal(open_name(p), SMH_E_NETWORK);
    assert_int_equal(world.questions, 3);
    assert_int_equal(world.asked[2].type, LWIP_DNS_ADDRTYPE_IPV6);
    drop(p);

    p = fresh(); /* and nobody waits for it any more */
    world.dns_result = ERR_INPROGRESS;
    assert_int_equal(open_name(p), SMH_AGAIN);
    drop(p);
    world_answer(3, "127.0.0.1");
}

static void a_wait_for_a_name_is_no_spin(void **state)
{
    uint32_t begun;
    fixed_answer to = {SMH_AGAIN, 0, 0};
    (void)state;
    memset(&tcp, 0, sizeof tcp);
    tcp.turn = world_turn;
    assert_int_equal(open_name(&tcp), SMH_AGAIN);
    begun = world.now;
    assert_int_equal(wait_for(10), SMH_AGAIN);
    assert_int_equal(world.now - begun, 10);
    world_answer(0, NULL);
    assert_int_equal(wait_for(10), 1);
    assert_int_equal(open_name(&tcp), SMH_AGAIN);
    assert_string_equal(why(), "look-up: no answer yet");
    assert_int_equal(close_port(0), 1);

    tcp.resolve = fixed;
    tcp.arg = &to;
    assert_int_equal(open_name(&tcp), SMH_AGAIN);
    assert_int_equal(wait_for(10), 1); /* it is asked after each turn */
    assert_int_equal(close_port(0), 1);
}

/* Whatever family came of the last opening. */
static void each_opening_begins_with_the_first_family(void **state)
{
    int i;
    (void)state;
    memset(&tcp, 0, sizeof tcp);
    for (i = 0; i < 2; i++) {
        world.questions = 0;
        assert_int_equal(open_name(&tcp), SMH_AGAIN);
        assert_int_equal(world.asked[0].type, LWIP_DNS_ADDRTYPE_IPV4);
        world_answer(0, NULL);
        assert_int_equal(open_name(&tcp), SMH_AGAIN);
        assert_int_equal(world.asked[1].type, LWIP_DNS_ADDRTYPE_IPV6);
        assert_int_equal(close_port(1), 1);
    }
}

static void look_ups_may_fail(void **state)
{
    static const struct {
        err_t code;
        int result;
        const char *why;
    } table[] = {{ERR_MEM, SMH_E_MEMORY, "look-up: lwIP is out of memory"},
                 {ERR_VAL, SMH_E_RESOLVE, "look-up: no DNS server is set"},
                 {ERR_ARG, SMH_E_RESOLVE, "look-up: name not found"},
                 {ERR_IF, SMH_E_RESOLVE, "look-up: lwIP failed"}};
    size_t i;
    (void)state;
    for (i = 0; i < 4; i++) {
        set_up("server.test", 64);
        world.dns_result = table[i].code;
        assert_int_equal(steps(), table[i].result);
        assert_string_equal(why(), table[i].why);
    }
}

/* The first answer is of IPv4, the second of IPv6. */
static int answered_by(const char *four, const char *six)
{
    int result;
    world.questions = 0;
    set_up("server.test", 64);
    assert_int_equal(smh_step(&call), 0);
    assert_int_equal(world.asked[0].type, LWIP_DNS_ADDRTYPE_IPV4);
    world_answer(0, four);
    while ((result = smh_step(&call)) == 0 && world.questions < 2)
        world_turn(NULL);
    if (result != 0)
        return result;
    assert_int_equal(world.asked[1].type, LWIP_DNS_ADDRTYPE_IPV6);
    assert_string_equal(world.asked[1].name, "server.test");
    world_answer(1, six);
    return blocking();
}

static void the_other_family_is_tried(void **state)
{
    (void)state;
    assert_int_equal(answered_by("127.0.0.1", NULL), SMH_DONE);
    assert_int_equal(answered_by(NULL, "::1"), SMH_DONE);
    assert_int_equal(answered_by(NULL, NULL), SMH_E_RESOLVE);
    assert_string_equal(why(), "look-up: name not found");
    world.connect_fails = ERR_RTE;
    assert_int_equal(answered_by("192.0.2.1", NULL), SMH_E_NETWORK);
    assert_string_equal(why(), "connection: no route, to 192.0.2.1:80");
    assert_int_equal(tcp.diag.result, SMH_E_NETWORK);
    assert_int_equal(answered_by("192.0.2.1", "::1"), SMH_E_NETWORK);
    assert_string_equal(why(), "connection: no route, to [::1]:80, the last of "
                               "2 addresses");
    assert_int_equal(answered_by(NULL, "::1"), SMH_E_NETWORK);
    assert_string_equal(why(), "connection: no route, to [::1]:80");
    world.connect_fails = ERR_MEM; /* which it would want as well */
    assert_int_equal(answered_by("192.0.2.1", NULL), SMH_E_MEMORY);
    assert_int_equal(world.questions, 1);
}

static int resolve(void *arg, const char *host, ip_addr_t *address)
{
    int *turns = (int *)arg;
    assert_string_equal(host, "server.test");
    if ((*turns)-- > 0)
        return SMH_AGAIN;
    return ipaddr_aton("127.0.0.1", address) ? 1 : SMH_E_RESOLVE;
}

static void a_resolver_of_ones_own_goes_first(void **state)
{
    int turns = 5;
    (void)state;
    set_up("server.test", 64);
    tcp.resolve = resolve;
    tcp.arg = &turns;
    assert_int_equal(blocking(), SMH_DONE);
    assert_int_equal(world.questions, 0);
}

static void a_resolver_that_breaks_its_contract(void **state)
{
    static const int wrong[] = {0, 2, 204, SMH_E_TLS, -1000};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fixed_answer to = {0, 0, 0};
        smh_lwip_raw *p = fresh();

        to.answer = wrong[i];
        p->resolve = fixed;
        p->arg = &to;
        assert_int_equal(open_name(p), SMH_E_PORT);
        assert_null(p->pcb);
        assert_string_equal(why_of(p),
                            "look-up: resolve() returned what it may not");
        drop(p);
        assert_int_equal(to.abandoned, 0);
    }
}

/* No address at all, too, is an address left zero. */
static void a_resolver_without_an_address(void **state)
{
    static const struct {
        int answer, result;
        const char *why;
    } table[] = {{1, SMH_E_RESOLVE, "look-up: no address"},
                 {SMH_E_RESOLVE, SMH_E_RESOLVE, "look-up: no address"},
                 {SMH_E_MEMORY, SMH_E_MEMORY, "look-up: out of memory"}};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        fixed_answer to = {0, 0, 0};
        smh_lwip_raw *p = fresh();

        to.answer = table[i].answer;
        p->resolve = fixed;
        p->arg = &to;
        assert_int_equal(open_name(p), table[i].result);
        assert_string_equal(why_of(p), table[i].why);
        drop(p);
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
        smh_lwip_raw *p = fresh();

        p->resolve = to_address;
        p->arg = addresses[i];
        if (i < 2)
            assert_int_equal(open_name(p), SMH_E_RESOLVE);
        else
            assert_int_not_equal(open_name(p), SMH_E_RESOLVE);
        assert_memory_equal(why_of(p), i < 2 ? "look-up: no" : "connection",
                            10);
        drop(p);
    }
}

/* Its hooks may point anywhere, so they must not be called. */
static void a_struct_that_was_not_zeroed(void **state)
{
    static const int bytes[] = {0x01, 0x55, 0xA5, 0xFF};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        const smh_port_ops *ops = smh_lwip_raw_port(&tcp).ops;

        memset(&tcp, bytes[i], sizeof tcp);
        assert_int_equal(ops->now_ms(&tcp), world.now);
        assert_int_equal(send_some("x", 1), SMH_E_CLOSED);
        assert_int_equal(receive(buffer, 1), SMH_E_CLOSED);
        assert_int_equal(wait_for(1), SMH_E_PORT);
        assert_int_equal(close_port(0), 1);
        assert_int_equal(open_name(&tcp), SMH_E_PORT);
        assert_int_equal(tcp.diag.stage, SMH_STAGE_SET_UP);
        assert_int_equal(tcp.diag.result, SMH_E_PORT);
        assert_int_equal(tcp.diag.code, 0);
        assert_int_equal(close_port(1), 1);
        assert_string_equal(why(), "not opened: the struct was not zeroed");
    }
}

static void a_struct_that_was_never_opened(void **state)
{
    (void)state;
    memset(&tcp, 0, sizeof tcp);
    assert_string_equal(why(), "not opened");
    assert_int_equal(send_some("x", 1), SMH_E_CLOSED);
    assert_int_equal(receive(buffer, 1), SMH_E_CLOSED);
    assert_int_equal(close_port(0), 1);
}

static void a_resolver_is_told_once_that_it_is_abandoned(void **state)
{
    int at_once;
    (void)state;
    for (at_once = 0; at_once < 2; at_once++) {
        fixed_answer to = {SMH_AGAIN, 0, 0};
        smh_lwip_raw *p = fresh();
        smh_port port = smh_lwip_raw_port(p);

        p->resolve = fixed;
        p->arg = &to;
        assert_int_equal(open_name(p), SMH_AGAIN);
        assert_int_equal(open_name(p), SMH_AGAIN);
        assert_string_equal(why_of(p), "look-up: no answer yet");
        assert_int_equal(port.ops->close(p, at_once), 1);
        assert_int_equal(port.ops->close(p, at_once), 1);
        assert_int_equal(to.asked, 2);
        assert_int_equal(to.abandoned, 1);
        free(p);
    }
}

/* ---- main ---------------------------------------------------------------- */

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(either_way_works),
        TEST(wait_needs_the_turn),
        TEST(any_write_may_lack_memory),
        TEST(no_memory_at_all_ends_with_the_deadline),
        TEST(set_up_may_fail),
        TEST(any_turn_may_end_it),
        TEST(any_turn_may_be_the_last),
        TEST(answers_may_be_cut_anywhere),
        TEST(a_connection_that_fails_is_told),
        TEST(an_end_is_told),
        TEST(a_write_that_fails_is_told),
        TEST(wait_ends_with_room_or_an_answer),
        TEST(any_size_may_be_offered),
        TEST(it_may_be_opened_again),
        TEST(less_is_written_where_all_does_not_fit),
        TEST(it_may_be_closed_while_it_opens),
        TEST(the_window_opens_as_bytes_are_taken),
        TEST(unread_data_does_not_spoil_the_close),
        TEST(a_close_at_once_resets),
        TEST(close_may_lack_memory),
        TEST(the_queue_has_an_end),
        TEST(wait_ends_though_the_clock_stands),
        TEST(a_late_answer_finds_nobody),
        TEST(a_late_answer_is_not_the_next_ones),
        TEST(many_may_wait),
        TEST(a_known_name_goes_on_at_once),
        TEST(a_wait_for_a_name_is_no_spin),
        TEST(each_opening_begins_with_the_first_family),
        TEST(look_ups_may_fail),
        TEST(the_other_family_is_tried),
        TEST(a_resolver_of_ones_own_goes_first),
        TEST(a_resolver_that_breaks_its_contract),
        TEST(a_resolver_without_an_address),
        TEST(an_address_is_none_only_if_it_is_zero),
        TEST(a_struct_that_was_not_zeroed),
        TEST(a_struct_that_was_never_opened),
        TEST(a_resolver_is_told_once_that_it_is_abandoned),
    };
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests_name("smh_lwip_raw", tests, NULL, NULL);
}
