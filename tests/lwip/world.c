#include "world.h"

#define FAULTS_DECLARED_ONLY
#include "lwip_faults.h"

#include <string.h>

#include "../support/cmocka_all.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"

enum { SETTLE_TURNS = 2000, SETTLE_MS = 500, ANSWER_SIZE = 27 };

world_state world;

static struct tcp_pcb *listener;
static mem_size_t memory_at_rest;

/* ---- what lwIP wants of a system ----------------------------------------- */

u32_t sys_now(void);
u32_t sys_now(void)
{
    return world.now;
}

unsigned int lwip_port_rand(void);
unsigned int lwip_port_rand(void)
{
    static unsigned int state = 1;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* ---- faults -------------------------------------------------------------- */

err_t fault_tcp_write(struct tcp_pcb *pcb, const void *data, u16_t size,
                      u8_t flags)
{
    unsigned n = ++world.writes;
    world.write_size = size;
    assert_true(size <= tcp_sndbuf(pcb));
    assert_true(flags & TCP_WRITE_FLAG_COPY);
    assert_true(tcp_nagle_disabled(pcb));
    if (world.fail_for && n >= world.fail_at &&
        n - world.fail_at < world.fail_for)
        return world.write_fails ? world.write_fails : ERR_MEM;
    return tcp_write(pcb, data, size, flags);
}

err_t fault_tcp_close(struct tcp_pcb *pcb)
{
    if (world.close_fails && world.close_fails--)
        return ERR_MEM;
    return tcp_close(pcb);
}

struct tcp_pcb *fault_tcp_new_ip_type(u8_t type)
{
    return world.no_pcb ? NULL : tcp_new_ip_type(type);
}

err_t fault_tcp_connect(struct tcp_pcb *pcb, const ip_addr_t *address,
                        u16_t port, tcp_connected_fn connected)
{
    return world.connect_fails ? world.connect_fails
                               : tcp_connect(pcb, address, port, connected);
}

static struct pbuf *part(const struct pbuf *of, uint16_t from, uint16_t size)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, size, PBUF_RAM);
    assert_non_null(p);
    if (size)
        assert_int_equal(pbuf_copy_partial(of, p->payload, size, from), size);
    return p;
}

static err_t recut(void *arg, struct tcp_pcb *pcb, struct pbuf *data, err_t err)
{
    struct pbuf *chain;
    uint16_t cut = world.cut;
    if (data && cut && cut < data->tot_len) {
        chain = part(data, 0, 0);
        pbuf_cat(chain, part(data, 0, cut));
        pbuf_cat(chain, part(data, 0, 0));
        pbuf_cat(chain, part(data, cut, (uint16_t)(data->tot_len - cut)));
        pbuf_cat(chain, part(data, 0, 0));
        pbuf_free(data);
        data = chain;
    }
    return world.received(arg, pcb, data, err);
}

void fault_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn received)
{
    world.received = received;
    tcp_recv(pcb, received ? recut : NULL);
}

err_t fault_dns_gethostbyname_addrtype(const char *name, ip_addr_t *address,
                                       dns_found_callback found, void *arg,
                                       u8_t type)
{
    question *q = &world.asked[world.questions++];
    assert_true(world.questions <= WORLD_QUESTIONS);
    assert_true(strlen(name) < sizeof q->name);
    strcpy(q->name, name);
    q->found = found;
    q->arg = arg;
    q->type = type;
    if (world.dns_result == ERR_OK)
        ipaddr_aton("127.0.0.1", address);
    return world.dns_result;
}

void world_answer(size_t which, const char *address)
{
    const question *q = &world.asked[which];
    ip_addr_t found;
    if (address)
        assert_true(ipaddr_aton(address, &found));
    q->found(q->name, address ? &found : NULL, q->arg);
}

/* ---- the server ---------------------------------------------------------- */

static void answer_one(struct tcp_pcb *pcb)
{
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    uint16_t first = world.split ? world.split : ANSWER_SIZE;
    world.served++;
    assert_int_equal(tcp_write(pcb, answer, first, 0), ERR_OK);
    tcp_output(pcb);
    if (first == ANSWER_SIZE)
        return;
    assert_int_equal(tcp_write(pcb, answer + first,
                               (uint16_t)(ANSWER_SIZE - first), 0),
                     ERR_OK);
    tcp_output(pcb);
}

static void take_byte(struct tcp_pcb *pcb, char byte)
{
    world.matched =
        byte == "\r\n\r\n"[world.matched] ? world.matched + 1u : byte == '\r';
    if (world.matched < 4)
        return;
    world.matched = 0;
    if (!world.mute)
        answer_one(pcb);
}

static err_t server_received(void *arg, struct tcp_pcb *pcb, struct pbuf *data,
                             err_t err)
{
    uint16_t i;
    (void)arg;
    (void)err;
    if (!data) {
        world.ends++;
        world.peer = NULL;
        return tcp_close(pcb);
    }
    if (world.deaf)
        return ERR_MEM; /* lwIP keeps it and offers it again */
    for (i = 0; i < data->tot_len; i++)
        take_byte(pcb, (char)pbuf_get_at(data, i));
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    return ERR_OK;
}

static void server_lost(void *arg, err_t err)
{
    (void)arg;
    (void)err;
    world.resets++;
    world.peer = NULL;
}

static err_t server_accepted(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    (void)err;
    world.peer = pcb;
    world.matched = 0;
    tcp_nagle_disable(pcb);
    tcp_recv(pcb, server_received);
    tcp_err(pcb, server_lost);
    return ERR_OK;
}

static void listen_for_all(void)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
    assert_int_equal(tcp_bind(pcb, IP_ANY_TYPE, WORLD_PORT), ERR_OK);
    listener = tcp_listen(pcb);
    assert_non_null(listener);
    tcp_accept(listener, server_accepted);
}

size_t world_send(size_t size, size_t first)
{
    static unsigned char bytes[1024];
    uint16_t room = tcp_sndbuf(world.peer);
    size_t i;
    size = size < room ? size : room;
    assert_true(size <= sizeof bytes);
    for (i = 0; i < size; i++)
        bytes[i] = (unsigned char)(first + i);
    if (size == 0 || tcp_write(world.peer, bytes, (uint16_t)size,
                               TCP_WRITE_FLAG_COPY) != ERR_OK)
        return 0;
    tcp_output(world.peer);
    return size;
}

/* ---- turns, beginning and end -------------------------------------------- */

void world_turn(void *unused)
{
    (void)unused;
    netif_poll_all();
    sys_check_timeouts();
    world.now++;
    world.turns++;
    if (world.on_turn)
        world.on_turn();
}

void world_turns(unsigned count)
{
    while (count--)
        world_turn(NULL);
}

/* Until nothing is sent any more and no pcb waits. */
static void settle(void)
{
    int i;
    world.on_turn = NULL;
    for (i = 0; i < SETTLE_TURNS && (tcp_active_pcbs || tcp_tw_pcbs); i++) {
        world_turn(NULL);
        world.now += SETTLE_MS;
    }
    assert_null(tcp_active_pcbs);
    assert_null(tcp_tw_pcbs);
    world.now += SETTLE_MS; /* the timer of TCP stops */
    world_turns(2);
}

int world_begin(void **state)
{
    static int started;
    uint32_t now = world.now;
    (void)state;
    while (tcp_active_pcbs) /* a test failed */
        tcp_abort(tcp_active_pcbs);
    memset(&world, 0, sizeof world);
    world.now = now;
    world.dns_result = ERR_INPROGRESS;
    if (!started) {
        started = 1;
        lwip_init();
        listen_for_all();
    }
    memory_at_rest = lwip_stats.mem.used;
    return 0;
}

int world_end(void **state)
{
    (void)state;
    settle();
    assert_int_equal(lwip_stats.memp[MEMP_TCP_PCB]->used, 0);
    assert_int_equal(lwip_stats.memp[MEMP_TCP_SEG]->used, 0);
    assert_int_equal(lwip_stats.memp[MEMP_PBUF]->used, 0);
    assert_int_equal(lwip_stats.memp[MEMP_PBUF_POOL]->used, 0);
    assert_int_equal(lwip_stats.mem.used, memory_at_rest);
    return 0;
}
