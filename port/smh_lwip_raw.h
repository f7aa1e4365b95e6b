/* smh_lwip_raw.h - a port of smh_token.h: TCP by lwIP's callbacks - 0BSD

WHAT IT IS
    Plain TCP for lwIP 2.1 or later without an operating system (NO_SYS=1).  It
    is not secure by itself: put smh_mbedtls.h over it, and smh_token.h takes
    the two together.  It allocates nothing itself; lwIP does.

        static smh_lwip_raw tcp;           all zero
        tcp.turn = turn_the_stack;         only for smh_wait() and smh_revoke()
        options.below = smh_lwip_raw_port(&tcp);

    In one file, #define SMH_LWIP_RAW_IMPLEMENTATION before the #include.

    turn_the_stack() takes what the driver has received to lwIP and calls
    sys_check_timeouts(); it may sleep until the next interrupt.  A loop that
    steps the call and turns the stack itself leaves it NULL; then smh_wait()
    and smh_revoke() end the call with SMH_E_PORT.

    On a Pico W in poll mode, where cyw43_arch_poll() takes no argument:

        static void turn_the_stack(void *arg) { (void)arg; cyw43_arch_poll(); }

WHAT TO KNOW
    - Nothing blocks but wait, names included.
    - Call only where lwIP runs: from the main loop, never from an interrupt.
      With NO_SYS=0 that is the tcpip thread, or LOCK_TCPIP_CORE() around
      smh_begin(), smh_step() and smh_cancel(); smh_wait() and smh_revoke()
      would keep the lock, and smh_lwip.h is the better port.
    - Where lwIP runs in an interrupt (a Pico W in threadsafe_background mode),
      cyw43_arch_lwip_begin() and cyw43_arch_lwip_end() go around each of these
      three; turn stays NULL, and smh_wait() and smh_revoke() are not for you.
    - It takes a plain tcp_pcb, not altcp_tls, which by default goes on with a
      server that it could not verify, and takes mbedTLS's allocator for itself.
    - Once close was called, and the exchange always calls it, the struct may be
      freed.  lwIP cannot cancel a look-up: its late answer finds a struct by a
      number, not by an address, and after the close finds none.
    - A host is looked up in lwIP's first family (LWIP_DNS_ADDRTYPE_DEFAULT),
      and in the other one if no connection came of it.
    - The window opens as bytes are read, so it may be smaller than a TLS
      record.

A LOOK-UP OF YOUR OWN
    replaces DNS, or pins the host to an address.  All TCP ports have the same
    hook.  resolve(arg, host, address) is called, again and again after
    SMH_AGAIN, until it returns
        1               It has filled address, which was all zero.
        SMH_AGAIN       It does not know yet.  smh_wait() and smh_revoke() ask
                        again after each turn of the stack.
        SMH_E_RESOLVE   The host has no address, as 1 without an address.
        SMH_E_MEMORY    There was no memory to find out.
    Anything else ends the call with SMH_E_PORT.  If the opening is given up
    after SMH_AGAIN, resolve(arg, NULL, NULL) is called once, so that the hook
    can let go of its work; what it returns then is ignored.

    This one pins every host, with lwIP's ipaddr_aton():

        static int pinned(void *arg, const char *host, ip_addr_t *address)
        {
            return host != NULL && ipaddr_aton((const char *)arg, address)
                       ? 1
                       : SMH_E_RESOLVE;
        }

        static char address[] = "192.0.2.7";
        tcp.resolve = pinned;
        tcp.arg = address;

WHAT TO SET IN LWIPOPTS.H
    TCP_WND           what waits to be read is at most that much.  lwIP keeps it
    PBUF_POOL_SIZE    in pbufs of the pool, a whole one for each small segment;
                      without one left the driver can receive nothing.
    TCP_SND_BUF       what is on its way is at most that much, copied to the
    MEM_SIZE          heap, which needs room for it and its headers.
    MEMP_NUM_TCP_PCB  one, and one more for each connection that still closes.
    LWIP_DNS          0 needs a resolve hook.
    LWIP_RAND()       to be seeded before lwip_init(), or each boot uses the
                      same local ports.
*/
#ifndef SMH_LWIP_RAW_H
#define SMH_LWIP_RAW_H

#include "smh_token.h"

#include "lwip/opt.h"
#include "lwip/err.h"
#include "lwip/init.h"
#include "lwip/ip_addr.h"

#if LWIP_VERSION < 0x02010000
#error "smh_lwip_raw.h needs lwIP 2.1.0 or later"
#endif
#if !LWIP_TCP
#error "smh_lwip_raw.h needs TCP: define LWIP_TCP 1 in lwipopts.h"
#endif
#if !LWIP_CALLBACK_API
#error "smh_lwip_raw.h needs callbacks: define LWIP_CALLBACK_API 1"
#endif
#if TCP_SND_BUF < 256
#error "TCP_SND_BUF is too small: what is sent waits there for its ACK"
#endif
#if !MEM_LIBC_MALLOC && !MEM_USE_POOLS && MEM_SIZE < 512
#error "MEM_SIZE is too small: lwIP copies what is sent into its heap"
#endif
#if !MEMP_MEM_MALLOC && PBUF_POOL_SIZE < 2
#error "PBUF_POOL_SIZE is too small: received data waits in pbufs of the pool"
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct tcp_pcb;
struct pbuf;

/* Zero it, then set turn, resolve, now_ms and arg if you need them. */
typedef struct smh_lwip_raw {
    smh_diag diag; /* Its code is an ERR_* of lwIP. */
    /* What is small comes early, where it is reached in less code. */
    uint8_t want;        /* What to wait for: SMH_WANT_READ | SMH_WANT_WRITE. */
    uint8_t state;       /* Private from here to number. */
    uint8_t look_up;     /* What DNS or resolve was asked and said. */
    uint8_t ended;       /* 1 if the peer's FIN has come. */
    uint8_t first_stage; /* How the first family of addresses failed, or 0. */
    int8_t first_code;   /* Its ERR_*. */
    uint16_t mark;       /* It tells a struct that was not zeroed. */
    uint16_t look_at;    /* The number of the look-up. */
    uint16_t number;     /* Of the peer's port. */

    /* It turns the stack once: driver and sys_check_timeouts(). */
    void (*turn)(void *arg);
    /* It is asked instead of DNS: see above. */
    int (*resolve)(void *arg, const char *host, ip_addr_t *address);
    uint32_t (*now_ms)(void *arg); /* A clock; NULL means sys_now(). */
    void *arg;                     /* It is handed to all three. */

    ip_addr_t address; /* Private from here. */
    struct tcp_pcb *pcb;
    struct pbuf *queue;        /* What was received and not yet read; ours. */
    struct smh_lwip_raw *next; /* Another one that waits for DNS. */
} smh_lwip_raw;

/* Returns the port of a struct, which stays where it is until close. */
SMH_API smh_port smh_lwip_raw_port(smh_lwip_raw *tcp);

#ifdef __cplusplus
}
#endif
#endif /* SMH_LWIP_RAW_H */

#if defined(SMH_LWIP_RAW_IMPLEMENTATION) && !defined(SMH_LWIP_RAW_IMPLEMENTED)
#define SMH_LWIP_RAW_IMPLEMENTED

#include "lwip/dns.h"
#include "lwip/pbuf.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include <string.h>

#ifdef __cplusplus
extern "C" {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#endif

enum { SMHI_LWIP_RAW_CLOSED, SMHI_LWIP_RAW_CONNECTING, SMHI_LWIP_RAW_OPEN };
enum {
    SMHI_LWIP_RAW_ASKED = 1,
    SMHI_LWIP_RAW_FOUND,
    SMHI_LWIP_RAW_UNKNOWN,
    SMHI_LWIP_RAW_HOOK /* resolve() has said SMH_AGAIN */
};

/* Bytes moved at once: fits u16_t and an int of 16 bits. */
#define SMHI_LWIP_RAW_PIECE 0x7FFF
/* Turns of the stack in one wait if the clock does not tick meanwhile. */
#define SMHI_LWIP_RAW_TURNS 256
/* smh_lwip_raw.mark of a struct that has been opened. */
#define SMHI_LWIP_RAW_MARK 0x5253

/* A struct that was not zeroed may hold any hook. */
static int smhi_lwip_raw_zeroed(const smh_lwip_raw *p)
{
    return p->mark == 0 || p->mark == SMHI_LWIP_RAW_MARK;
}

static uint32_t smhi_lwip_raw_now_ms(void *ctx)
{
    const smh_lwip_raw *p = (const smh_lwip_raw *)ctx;
    return p->now_ms != NULL && smhi_lwip_raw_zeroed(p) ? (p->now_ms)(p->arg)
                                                        : sys_now();
}

/* Keeps what a stage came to, and returns it. */
static int smhi_lwip_raw_end(smh_lwip_raw *p, int result, err_t code)
{
    p->diag.result = (int16_t)result;
    p->diag.code = code;
    return result;
}

static int smhi_lwip_raw_fail(smh_lwip_raw *p, err_t code)
{
    int result = SMH_E_NETWORK;
    if (code == ERR_MEM || code == ERR_BUF)
        result = SMH_E_MEMORY;
    else if (p->diag.stage == SMH_STAGE_RESOLVE)
        result = SMH_E_RESOLVE;
    else if (p->state == SMHI_LWIP_RAW_OPEN &&
             (code == ERR_RST || code == ERR_CLSD))
        result = SMH_E_CLOSED;
    return smhi_lwip_raw_end(p, result, code);
}

/* ---- the pcb ------------------------------------------------------------- */

static err_t smhi_lwip_raw_received(void *arg, struct tcp_pcb *pcb,
                                    struct pbuf *data, err_t err)
{
    smh_lwip_raw *p = (smh_lwip_raw *)arg;
    (void)pcb;
    (void)err;
    if (data == NULL)
        p->ended = 1;
    else if (p->queue == NULL)
        p->queue = data;
    else if ((uint32_t)p->queue->tot_len + data->tot_len > 0xFFFF)
        return ERR_MEM; /* lwIP keeps it and offers it again */
    else
        pbuf_cat(p->queue, data);
    return ERR_OK;
}

static err_t smhi_lwip_raw_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)pcb;
    (void)err; /* always ERR_OK: a failure is told to smhi_lwip_raw_lost() */
    ((smh_lwip_raw *)arg)->state = SMHI_LWIP_RAW_OPEN;
    return ERR_OK;
}

/* lwIP has freed the pcb. */
static void smhi_lwip_raw_lost(void *arg, err_t err)
{
    smh_lwip_raw *p = (smh_lwip_raw *)arg;
    p->pcb = NULL;
    p->diag.code = err;
}

static void smhi_lwip_raw_attach(struct tcp_pcb *pcb, smh_lwip_raw *p)
{
    tcp_arg(pcb, p);
    tcp_recv(pcb, p != NULL ? smhi_lwip_raw_received : NULL);
    tcp_err(pcb, p != NULL ? smhi_lwip_raw_lost : NULL);
}

static void smhi_lwip_raw_abort(smh_lwip_raw *p)
{
    struct tcp_pcb *pcb = p->pcb;
    p->pcb = NULL;
    if (pcb != NULL) {
        smhi_lwip_raw_attach(pcb, NULL);
        tcp_abort(pcb);
    }
}

static int smhi_lwip_raw_connect(smh_lwip_raw *p)
{
    err_t err;
    p->diag.stage = SMH_STAGE_CONNECT;
    p->pcb = tcp_new_ip_type(IP_GET_TYPE(&p->address));
    if (p->pcb == NULL)
        return smhi_lwip_raw_fail(p, ERR_MEM);
    smhi_lwip_raw_attach(p->pcb, p);
    tcp_nagle_disable(p->pcb);
    p->state = SMHI_LWIP_RAW_CONNECTING;
    err = tcp_connect(p->pcb, &p->address, p->number, smhi_lwip_raw_connected);
    return err == ERR_OK ? SMH_AGAIN : smhi_lwip_raw_fail(p, err);
}

/* ---- the address --------------------------------------------------------- */

#if LWIP_DNS

/* The structs that wait for an answer, and the number of the last question. */
static smh_lwip_raw *smhi_lwip_raw_waiting;
static uint16_t smhi_lwip_raw_last;

static smh_lwip_raw *smhi_lwip_raw_take(uint16_t number)
{
    smh_lwip_raw **at = &smhi_lwip_raw_waiting;
    smh_lwip_raw *p;
    while (*at != NULL && (*at)->look_at != number)
        at = &(*at)->next;
    p = *at;
    if (p != NULL)
        *at = p->next;
    return p;
}

/* The question's number is all that lwIP knows of us. */
static void smhi_lwip_raw_answered(const char *name, const ip_addr_t *address,
                                   void *arg)
{
    smh_lwip_raw *p = smhi_lwip_raw_take((uint16_t)(uintptr_t)arg);
    (void)name;
    if (p == NULL)
        return;
    p->look_up = address != NULL ? SMHI_LWIP_RAW_FOUND : SMHI_LWIP_RAW_UNKNOWN;
    if (address != NULL)
        ip_addr_copy(p->address, *address);
}

static err_t smhi_lwip_raw_query(smh_lwip_raw *p, const char *host)
{
    void *number = (void *)(uintptr_t)p->look_at;
#if LWIP_IPV4 && LWIP_IPV6
    uint8_t six = LWIP_DNS_ADDRTYPE_DEFAULT == LWIP_DNS_ADDRTYPE_IPV6 ||
                  LWIP_DNS_ADDRTYPE_DEFAULT == LWIP_DNS_ADDRTYPE_IPV6_IPV4;
    return dns_gethostbyname_addrtype(host, &p->address, smhi_lwip_raw_answered,
                                      number,
                                      six != (p->first_stage != 0)
                                          ? LWIP_DNS_ADDRTYPE_IPV6
                                          : LWIP_DNS_ADDRTYPE_IPV4);
#else
    return dns_gethostbyname(host, &p->address, smhi_lwip_raw_answered, number);
#endif
}

static void smhi_lwip_raw_forget(smh_lwip_raw *p)
{
    if (p->look_up == SMHI_LWIP_RAW_ASKED)
        smhi_lwip_raw_take(p->look_at);
    p->look_up = 0;
}

static int smhi_lwip_raw_ask(smh_lwip_raw *p, const char *host)
{
    err_t err;
    if (p->look_up == SMHI_LWIP_RAW_ASKED)
        return SMH_AGAIN;
    if (p->look_up == SMHI_LWIP_RAW_FOUND)
        return 1;
    if (p->look_up == SMHI_LWIP_RAW_UNKNOWN)
        return smhi_lwip_raw_fail(p, ERR_ARG);
    p->look_at = ++smhi_lwip_raw_last;
    p->next = smhi_lwip_raw_waiting;
    smhi_lwip_raw_waiting = p;
    p->look_up = SMHI_LWIP_RAW_ASKED;
    err = smhi_lwip_raw_query(p, host);
    if (err == ERR_INPROGRESS)
        return SMH_AGAIN;
    smhi_lwip_raw_forget(p);
    if (err != ERR_OK)
        return smhi_lwip_raw_fail(p, err);
    p->look_up = SMHI_LWIP_RAW_FOUND;
    return 1;
}

#else

static void smhi_lwip_raw_forget(smh_lwip_raw *p)
{
    p->look_up = 0;
}

static int smhi_lwip_raw_ask(smh_lwip_raw *p, const char *host)
{
    (void)host;
    return smhi_lwip_raw_fail(p, ERR_OK);
}

#endif

static int smhi_lwip_raw_hook(smh_lwip_raw *p, const char *host)
{
    int result = (p->resolve)(p->arg, host, &p->address);
    p->look_up = result == SMH_AGAIN ? SMHI_LWIP_RAW_HOOK : 0;
    if (result == SMH_AGAIN)
        return SMH_AGAIN;
    if (result == 1 && ip_addr_isany_val(p->address))
        result = SMH_E_RESOLVE;
    if (result == 1)
        return 1;
    if (result != SMH_E_RESOLVE && result != SMH_E_MEMORY)
        result = SMH_E_PORT;
    return smhi_lwip_raw_end(p, result, ERR_OK);
}

static int smhi_lwip_raw_find(smh_lwip_raw *p, const char *host)
{
    p->diag.stage = SMH_STAGE_RESOLVE;
    return p->resolve != NULL ? smhi_lwip_raw_hook(p, host)
                              : smhi_lwip_raw_ask(p, host);
}

/* ---- the port ------------------------------------------------------------ */

/* Back to where open begins; the diag stays. */
static void smhi_lwip_raw_reset(smh_lwip_raw *p)
{
    smhi_lwip_raw_abort(p);
    if (p->look_up == SMHI_LWIP_RAW_HOOK)
        (p->resolve)(p->arg, NULL, NULL);
    smhi_lwip_raw_forget(p);
    if (p->queue != NULL)
        pbuf_free(p->queue);
    p->queue = NULL;
    p->state = SMHI_LWIP_RAW_CLOSED;
    p->ended = p->want = 0;
}

static int smhi_lwip_raw_try(smh_lwip_raw *p, const char *host)
{
    int result;
    if (p->state == SMHI_LWIP_RAW_OPEN)
        return 1;
    if (p->state == SMHI_LWIP_RAW_CONNECTING)
        return p->pcb != NULL ? SMH_AGAIN
                              : smhi_lwip_raw_fail(p, (err_t)p->diag.code);
    result = smhi_lwip_raw_find(p, host);
    return result == 1 ? smhi_lwip_raw_connect(p) : result;
}

/* 1 if the host has another family of addresses left to try. */
static int smhi_lwip_raw_other(smh_lwip_raw *p, int result)
{
    uint8_t stage = p->diag.stage;
    if (!(LWIP_IPV4 && LWIP_IPV6) || p->look_up == 0 || p->first_stage != 0 ||
        (result != SMH_E_RESOLVE && result != SMH_E_NETWORK))
        return 0;
    smhi_lwip_raw_reset(p);
    p->first_stage = stage;
    p->first_code = (int8_t)p->diag.code;
    smhi_lwip_raw_end(p, 0, ERR_OK);
    return 1;
}

/* Begins an opening. */
static int smhi_lwip_raw_start(smh_lwip_raw *p)
{
    const smh_diag none = {SMH_STAGE_SET_UP, 0, 0, 0, 0};
    p->diag = none;
    if (!smhi_lwip_raw_zeroed(p))
        return smhi_lwip_raw_end(p, SMH_E_PORT, ERR_OK);
    p->mark = SMHI_LWIP_RAW_MARK;
    p->first_stage = 0;
    memset(&p->address, 0, sizeof p->address);
    return 1;
}

/* The first failure says more than that there is no second address. */
static int smhi_lwip_raw_first(smh_lwip_raw *p)
{
    p->diag.stage = p->first_stage;
    p->first_stage = 0;
    return smhi_lwip_raw_fail(p, p->first_code);
}

static int smhi_lwip_raw_open(void *ctx, const char *host, uint16_t number)
{
    smh_lwip_raw *p = (smh_lwip_raw *)ctx;
    int result = 1;
    if (p->mark != SMHI_LWIP_RAW_MARK ||
        (p->state == SMHI_LWIP_RAW_CLOSED && p->look_up == 0))
        result = smhi_lwip_raw_start(p);
    p->number = number;
    if (result == 1)
        result = smhi_lwip_raw_try(p, host);
    if (smhi_lwip_raw_other(p, result))
        result = smhi_lwip_raw_try(p, host);
    if (result == SMH_E_RESOLVE && p->first_stage != 0)
        result = smhi_lwip_raw_first(p);
    return result;
}

/* Begins a transfer.  Returns 1, or SMH_E_CLOSED if it is not open. */
static int smhi_lwip_raw_usable(smh_lwip_raw *p, uint8_t stage)
{
    p->diag.stage = SMH_STAGE_NONE;
    if (p->mark != SMHI_LWIP_RAW_MARK || p->state != SMHI_LWIP_RAW_OPEN)
        return smhi_lwip_raw_end(p, SMH_E_CLOSED, ERR_OK);
    p->diag.stage = stage;
    return 1;
}

/* Why nothing more can come or go: an SMH_E_*. */
static int smhi_lwip_raw_gone(smh_lwip_raw *p)
{
    const err_t closed = ERR_CLSD;
    return smhi_lwip_raw_fail(p,
                              p->diag.code != 0 ? (err_t)p->diag.code : closed);
}

/* lwIP takes all or nothing: less may fit where this much does not. */
static uint16_t smhi_lwip_raw_write(smh_lwip_raw *p, const void *data,
                                    uint16_t n)
{
    err_t err = ERR_MEM;
    while (n > 0) {
        err = tcp_write(p->pcb, data, n, TCP_WRITE_FLAG_COPY);
        if (err != ERR_MEM)
            break;
        n /= 2;
    }
    if (err != ERR_OK && err != ERR_MEM) {
        p->diag.code = err;
        return 0;
    }
    tcp_output(p->pcb); /* what it cannot do now, lwIP's timer repeats */
    return n;
}

static int smhi_lwip_raw_send(void *ctx, const void *data, size_t size)
{
    smh_lwip_raw *p = (smh_lwip_raw *)ctx;
    int result = smhi_lwip_raw_usable(p, SMH_STAGE_WRITE);
    uint16_t room, n;
    if (result != 1)
        return result;
    if (p->pcb == NULL || p->diag.code != 0)
        return smhi_lwip_raw_gone(p);
    room = tcp_sndbuf(p->pcb);
    room = room < SMHI_LWIP_RAW_PIECE ? room : SMHI_LWIP_RAW_PIECE;
    n = smhi_lwip_raw_write(p, data, size < room ? (uint16_t)size : room);
    if (p->diag.code != 0)
        return smhi_lwip_raw_gone(p);
    if (n == 0) {
        /* an answer may say why */
        p->want = SMH_WANT_READ | SMH_WANT_WRITE;
        return SMH_AGAIN;
    }
    p->want = 0;
    p->diag.sent += n;
    return n;
}

/* The bytes taken from the queue; at least 1, since it holds some. */
static uint16_t smhi_lwip_raw_take_data(smh_lwip_raw *p, void *data, uint16_t n)
{
    n = pbuf_copy_partial(p->queue, data, n, 0);
    p->queue = pbuf_free_header(p->queue, n);
    if (p->queue != NULL && p->queue->tot_len == 0) {
        pbuf_free(p->queue); /* empty pbufs at the end of a chain */
        p->queue = NULL;
    }
    if (p->pcb != NULL)
        tcp_recved(p->pcb, n);
    return n;
}

static int smhi_lwip_raw_recv(void *ctx, void *data, size_t size)
{
    const uint16_t piece = SMHI_LWIP_RAW_PIECE;
    smh_lwip_raw *p = (smh_lwip_raw *)ctx;
    int result = smhi_lwip_raw_usable(p, SMH_STAGE_READ);
    uint16_t n;
    if (result != 1)
        return result;
    if (p->queue != NULL) {
        n = smhi_lwip_raw_take_data(p, data,
                                    size < piece ? (uint16_t)size : piece);
        p->want = 0;
        p->diag.received += n;
        return n;
    }
    if (p->pcb == NULL || p->ended)
        return smhi_lwip_raw_gone(p);
    p->want = SMH_WANT_READ;
    return SMH_AGAIN;
}

/* Hands the connection back to lwIP, which sends what is left and a FIN.  What
 * was not read is given up first, or lwIP would send a reset instead. */
static err_t smhi_lwip_raw_finish(smh_lwip_raw *p)
{
    err_t err;
    if (p->queue != NULL) {
        tcp_recved(p->pcb, p->queue->tot_len);
        pbuf_free(p->queue);
        p->queue = NULL;
    }
    smhi_lwip_raw_attach(p->pcb, NULL);
    err = tcp_close(p->pcb);
    if (err == ERR_OK)
        p->pcb = NULL;
    else
        smhi_lwip_raw_attach(p->pcb, p);
    return err;
}

static int smhi_lwip_raw_close(void *ctx, int at_once)
{
    smh_lwip_raw *p = (smh_lwip_raw *)ctx;
    if (p->mark != SMHI_LWIP_RAW_MARK)
        return 1;
    if (!at_once && p->pcb != NULL && smhi_lwip_raw_finish(p) != ERR_OK) {
        p->want = 0; /* nothing tells when it may work */
        return SMH_AGAIN;
    }
    smhi_lwip_raw_reset(p);
    return 1;
}

/* 1 if the last AGAIN may have changed. */
static int smhi_lwip_raw_ready(const smh_lwip_raw *p)
{
    if (p->state == SMHI_LWIP_RAW_CLOSED)
        return p->look_up != SMHI_LWIP_RAW_ASKED;
    if (p->state == SMHI_LWIP_RAW_CONNECTING)
        return p->pcb == NULL;
    if (p->want == 0 || p->pcb == NULL)
        return 1;
    if (p->queue != NULL || p->ended)
        return 1;
    return (p->want & SMH_WANT_WRITE) != 0 && tcp_sndbuf(p->pcb) > 0;
}

static int smhi_lwip_raw_wait(void *ctx, uint32_t ms)
{
    smh_lwip_raw *p = (smh_lwip_raw *)ctx;
    uint32_t begun = smhi_lwip_raw_now_ms(p);
    uint32_t now = begun, then = begun;
    int turns = 0;
    if (p->turn == NULL || p->mark != SMHI_LWIP_RAW_MARK)
        return SMH_E_PORT;
    while (turns < SMHI_LWIP_RAW_TURNS) {
        (p->turn)(p->arg);
        if (smhi_lwip_raw_ready(p))
            return 1;
        now = smhi_lwip_raw_now_ms(p);
        if ((uint32_t)(now - begun) >= ms)
            return SMH_AGAIN;
        turns = now == then ? turns + 1 : 0;
        then = now;
    }
    return 1; /* the clock stands still: for smh_wait() to judge */
}

/* ---- words --------------------------------------------------------------- */

#if SMH_WORDS
static const char *smhi_lwip_raw_unresolved(const smh_lwip_raw *p)
{
    switch (p->diag.code) {
    case ERR_OK:
        break;
    case ERR_MEM:
        return "lwIP is out of memory";
    case ERR_VAL:
        return "no DNS server is set";
    case ERR_ARG:
        return "name not found";
    default:
        return "lwIP failed";
    }
    if (p->diag.result == 0)
        return "no answer yet";
    if (p->diag.result == SMH_E_PORT)
        return "resolve() returned what it may not";
    if (p->diag.result == SMH_E_MEMORY)
        return "out of memory";
    return LWIP_DNS || p->resolve != NULL
               ? "no address"
               : "lwIP was built without DNS: set resolve";
}

static const char *smhi_lwip_raw_why(const smh_lwip_raw *p)
{
    switch (p->diag.code) {
    case ERR_MEM:
        return "lwIP is out of memory";
    case ERR_BUF:
        return "no local port is free";
    case ERR_RTE:
        return "no route";
    case ERR_ABRT:
        return "no answer, given up";
    case ERR_RST:
        return p->diag.stage == SMH_STAGE_CONNECT ? "refused"
                                                  : "reset by the server";
    case ERR_CLSD:
        return "closed by the server";
    default:
        return "lwIP failed";
    }
}

/* Adds the address of a connection, and how many there were. */
static void smhi_lwip_raw_put_address(smh_text *text, const smh_lwip_raw *p)
{
    char address[IPADDR_STRLEN_MAX];
    smh_put_words(text, p->diag.code == ERR_RST ? " by " : ", to ");
    smh_put_words(text, IP_IS_V6_VAL(p->address) ? "[" : "");
    smh_put_words(text, ipaddr_ntoa_r(&p->address, address, sizeof address));
    smh_put_words(text, IP_IS_V6_VAL(p->address) ? "]:" : ":");
    smh_put_number(text, p->number, 10, 1);
    if (p->first_stage == SMH_STAGE_CONNECT)
        smh_put_words(text, ", the last of 2 addresses");
}

static void smhi_lwip_raw_explain(void *ctx, smh_text *text)
{
    const smh_lwip_raw *p = (const smh_lwip_raw *)ctx;
    const smh_diag *diag = &p->diag;
    if (p->mark != SMHI_LWIP_RAW_MARK || diag->stage == SMH_STAGE_NONE) {
        smh_put_words(text, smhi_lwip_raw_zeroed(p)
                                ? "not opened"
                                : "not opened: the struct was not zeroed");
        return;
    }
    smh_put_diag(text, diag);
    if (diag->stage == SMH_STAGE_RESOLVE)
        smh_put_words(text, smhi_lwip_raw_unresolved(p));
    else if (diag->result != 0)
        smh_put_words(text, smhi_lwip_raw_why(p));
    if (diag->stage == SMH_STAGE_CONNECT && diag->result != SMH_E_MEMORY)
        smhi_lwip_raw_put_address(text, p);
}
#else
#define smhi_lwip_raw_explain NULL
#endif

/* ---- the table ----------------------------------------------------------- */

SMH_API smh_port smh_lwip_raw_port(smh_lwip_raw *tcp)
{
    static const smh_port_ops ops = {smhi_lwip_raw_open,
                                     smhi_lwip_raw_send,
                                     smhi_lwip_raw_recv,
                                     smhi_lwip_raw_close,
                                     smhi_lwip_raw_now_ms,
                                     smhi_lwip_raw_wait,
                                     0,
                                     smhi_lwip_raw_explain};
    smh_port port;
    port.ops = &ops;
    port.ctx = tcp;
    return port;
}

#ifdef __cplusplus
#pragma GCC diagnostic pop
}
#endif
#endif /* SMH_LWIP_RAW_IMPLEMENTATION */

/* LICENCE: 0BSD, word for word at the end of smh_token.h, which it needs. */
