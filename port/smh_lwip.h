/* smh_lwip.h - a port of smh_token.h: TCP over lwIP's sockets - 0BSD

WHAT IT IS
    Plain TCP for lwIP 2.1 or later with NO_SYS=0, under an RTOS or a Unix.  It
    is not secure by itself: put smh_mbedtls.h over it, and smh_token.h takes
    the two together.  It allocates nothing itself; lwIP does.

        static smh_lwip tcp;               all zero
        options.below = smh_lwip_port(&tcp);

    In one file, #define SMH_LWIP_IMPLEMENTATION before the #include.

WHAT TO KNOW
    - Nothing blocks but wait, with one exception: with LWIP_DNS the look-up of
      the host is lwip_getaddrinfo(), which takes lwIP's own time (seconds, if
      no server answers), whatever the deadline of the call.  A resolve hook
      replaces it.
    - A host is looked up in lwIP's first family (LWIP_DNS_ADDRTYPE_DEFAULT),
      and in the other one if no connection came of it.
    - Any thread but lwIP's own may call, and one at a time uses a struct.  With
      LWIP_NETCONN_SEM_PER_THREAD it calls lwip_socket_thread_init() first.
    - The deadline is the call's own: neither LWIP_SO_RCVTIMEO nor
      LWIP_SO_SNDTIMEO nor select is used.
    - LWIP_SO_LINGER 1 makes a close at once drop what was not sent yet; without
      it lwIP goes on sending that.
    - Only names with lwip_ are used: LWIP_COMPAT_SOCKETS may be anything.
    - With an lwip_poll() of your own: after a step, wait for want
      (SMH_WANT_READ, SMH_WANT_WRITE) on fd, no longer than the deadline.
      While diag.stage is SMH_STAGE_RESOLVE, wait for what resolve waits for, or
      10 ms, and as long if lwIP ran out of memory.  Otherwise, if want is 0, do
      not wait.

A LOOK-UP OF YOUR OWN
    replaces DNS, or pins the host to an address.  All TCP ports have the same
    hook.  resolve(arg, host, address) is called, again and again after
    SMH_AGAIN, until it returns
        1               It has filled address, which was all zero.
        SMH_AGAIN       It does not know yet.  smh_wait() and smh_revoke() ask
                        again about every 10 ms.
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
    DEFAULT_TCP_RECVMBOX_SIZE  segments that wait to be read.  The default is 0,
                      with which FreeRTOS can make no socket.  Take TCP_WND /
                      TCP_MSS or more; what finds no room is kept by lwIP and
                      offered again, later.
    TCPIP_MBOX_SIZE   messages to lwIP's thread, frames of the driver included;
                      0 by default, with which tcpip_init() fails there, too.
    TCPIP_THREAD_STACKSIZE     of that thread; 0 by default, likewise.
    MEMP_NUM_NETCONN  sockets of all your threads; without a free one the call
                      ends in SMH_E_MEMORY.  This port uses one at a time.
    LWIP_SOCKET_POLL  1, the default.
    MEMP_NUM_TCP_PCB  one, and one more for each connection that still closes.
    LWIP_DNS          0 needs a resolve hook.

ERRNO
    The port reads errno after each call, so the thread must find lwIP's there.
    LWIP_ERRNO_STDINCLUDE      takes that of your C library, which is one for
                      each thread if the library and the RTOS agree on it:
                      newlib with FreeRTOS wants configUSE_NEWLIB_REENTRANT 1 in
                      FreeRTOSConfig.h.
    LWIP_ERRNO_INCLUDE         names another header instead of <errno.h>.
    LWIP_PROVIDE_ERRNO         lwIP's own numbers, and one global for all
                      threads unless errno is a macro: right only where one
                      thread uses sockets.  With more, one may see the error of
                      another, and end a call that had not failed.
*/
#ifndef SMH_LWIP_H
#define SMH_LWIP_H

#include "smh_token.h"

#include "lwip/opt.h"
#include "lwip/init.h"
#include "lwip/ip_addr.h"

#if LWIP_VERSION < 0x02010000
#error "smh_lwip.h needs lwIP 2.1.0 or later"
#endif
#if NO_SYS || !LWIP_SOCKET
#error "smh_lwip.h needs sockets; smh_lwip_raw.h is the port without them"
#endif
#if !LWIP_TCP
#error "smh_lwip.h needs TCP: define LWIP_TCP 1 in lwipopts.h"
#endif
#if !LWIP_SOCKET_POLL
#error "smh_lwip.h needs lwip_poll(): define LWIP_SOCKET_POLL 1"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Zero it, then set resolve, now_ms and arg if you need them. */
typedef struct smh_lwip {
    smh_diag diag; /* Its code is lwIP's errno; of a look-up an EAI_*. */
    /* It is asked instead of DNS: see above. */
    int (*resolve)(void *arg, const char *host, ip_addr_t *address);
    uint32_t (*now_ms)(void *arg); /* A clock; NULL means sys_now(). */
    void *arg;                     /* It is handed to both. */
    int fd;         /* The socket, from 0; valid only if opened. */
    uint8_t opened; /* 1 while there is a socket. */
    uint8_t want;   /* What to wait for: SMH_WANT_READ | SMH_WANT_WRITE. */

    uint8_t opening;     /* Private from here: the stage that goes on, or 0. */
    uint8_t starved;     /* 1 if nothing tells when the wait is over. */
    uint8_t first_stage; /* How the first family of addresses failed, or 0. */
    uint16_t number;     /* Of the peer's port. */
    uint16_t mark;       /* It tells a struct that was not zeroed. */
    int32_t first_code;  /* Its errno or EAI_*. */
    ip_addr_t address;   /* What is connected to. */
} smh_lwip;

/* Returns the port of a struct, which stays where it is until close. */
SMH_API smh_port smh_lwip_port(smh_lwip *lwip);

#ifdef __cplusplus
}
#endif
#endif /* SMH_LWIP_H */

#if defined(SMH_LWIP_IMPLEMENTATION) && !defined(SMH_LWIP_IMPLEMENTED)
#define SMH_LWIP_IMPLEMENTED

#ifdef SMH_POSIX_H
#error "smh_posix.h and lwIP's sockets have the same names: use two files"
#else

#include "lwip/errno.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#if LWIP_DNS
#include "lwip/dns.h"
#include "lwip/netdb.h"
#endif
#if defined(LWIP_SOCKET_EXTERNAL_HEADERS) && LWIP_SOCKET_EXTERNAL_HEADERS
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#endif
#include <string.h>

#ifndef EWOULDBLOCK
#error "smh_lwip.h needs errno: see LWIP_PROVIDE_ERRNO in its manual"
#endif

#ifdef __cplusplus
extern "C" {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#endif

/* Bytes moved at once: fits an int of 16 bits. */
#define SMHI_LWIP_PIECE 0x7FFF
/* ms of a sleep while lwIP has no memory or resolve() no answer, since nothing
 * tells when they have. */
#define SMHI_LWIP_NAP 10
/* smh_lwip.mark of a struct that has been opened. */
#define SMHI_LWIP_MARK 0x4C53

typedef union smhi_lwip_name {
    struct sockaddr any;
#if LWIP_IPV4
    struct sockaddr_in four;
#endif
#if LWIP_IPV6
    struct sockaddr_in6 six;
#endif
} smhi_lwip_name;

/* A struct that was not zeroed may hold any hook. */
static int smhi_lwip_zeroed(const smh_lwip *p)
{
    return p->mark == 0 || p->mark == SMHI_LWIP_MARK;
}

static uint32_t smhi_lwip_now_ms(void *ctx)
{
    const smh_lwip *p = (const smh_lwip *)ctx;
    return p->now_ms != NULL && smhi_lwip_zeroed(p) ? (p->now_ms)(p->arg)
                                                    : sys_now();
}

/* Keeps what a stage came to, and returns it. */
static int smhi_lwip_end(smh_lwip *p, int result, int code)
{
    p->diag.result = (int16_t)result;
    p->diag.code = code;
    return result;
}

static int smhi_lwip_fail(smh_lwip *p, int code)
{
    switch (code) {
    case ENOMEM:
    case ENOBUFS:
    case ENFILE:
        return smhi_lwip_end(p, SMH_E_MEMORY, code);
    case ECONNRESET:
    case ENOTCONN:
        if (p->diag.stage != SMH_STAGE_CONNECT)
            return smhi_lwip_end(p, SMH_E_CLOSED, code);
        /* fall through */
    default:
        return smhi_lwip_end(p, SMH_E_NETWORK, code);
    }
}

/* lwip_poll() of what is wanted. */
static int smhi_lwip_poll(const smh_lwip *p, int want, int ms)
{
    struct pollfd one;
    one.fd = p->fd;
    one.events = (short)((want & SMH_WANT_READ ? POLLIN : 0) |
                         (want & SMH_WANT_WRITE ? POLLOUT : 0));
    one.revents = 0;
    return lwip_poll(&one, 1, ms);
}

/* ---- resolve ------------------------------------------------------------- */

#if LWIP_DNS

static int smhi_lwip_family(const smh_lwip *p)
{
    int second = p->first_stage != 0;
    int six = LWIP_DNS_ADDRTYPE_DEFAULT == LWIP_DNS_ADDRTYPE_IPV6 ||
              LWIP_DNS_ADDRTYPE_DEFAULT == LWIP_DNS_ADDRTYPE_IPV6_IPV4;
    return six != second ? AF_INET6 : AF_INET;
}

/* Both sides keep addresses in the order of the network. */
static void smhi_lwip_copy(ip_addr_t *to, const struct sockaddr *from)
{
    smhi_lwip_name name;
#if LWIP_IPV6
    if (from->sa_family == AF_INET6) {
        memcpy(&name.six, from, sizeof name.six);
        memcpy(ip_2_ip6(to)->addr, &name.six.sin6_addr, 16);
        IP_SET_TYPE_VAL(*to, IPADDR_TYPE_V6);
    }
#endif
#if LWIP_IPV4
    if (from->sa_family == AF_INET) {
        memcpy(&name.four, from, sizeof name.four);
        memcpy(&ip_2_ip4(to)->addr, &name.four.sin_addr, 4);
        IP_SET_TYPE_VAL(*to, IPADDR_TYPE_V4);
    }
#endif
}

static int smhi_lwip_ask(smh_lwip *p, const char *host)
{
    struct addrinfo hints;
    struct addrinfo *found = NULL;
    int code;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = smhi_lwip_family(p);
    hints.ai_socktype = SOCK_STREAM;
    code = lwip_getaddrinfo(host, NULL, &hints, &found);
    if (code != 0)
        return smhi_lwip_end(p,
                             code == EAI_MEMORY ? SMH_E_MEMORY : SMH_E_RESOLVE,
                             code);
    smhi_lwip_copy(&p->address, found->ai_addr);
    lwip_freeaddrinfo(found);
    return 1;
}

#else

static int smhi_lwip_ask(smh_lwip *p, const char *host)
{
    (void)host;
    return smhi_lwip_end(p, SMH_E_RESOLVE, 0);
}

#endif

static int smhi_lwip_hook(smh_lwip *p, const char *host)
{
    int result = (p->resolve)(p->arg, host, &p->address);
    if (result == SMH_AGAIN)
        return SMH_AGAIN;
    if (result == 1 && ip_addr_isany_val(p->address))
        result = SMH_E_RESOLVE;
    if (result == 1)
        return 1;
    if (result != SMH_E_RESOLVE && result != SMH_E_MEMORY)
        result = SMH_E_PORT;
    return smhi_lwip_end(p, result, 0);
}

static int smhi_lwip_find(smh_lwip *p, const char *host)
{
    p->diag.stage = SMH_STAGE_RESOLVE;
    return p->resolve != NULL ? smhi_lwip_hook(p, host)
                              : smhi_lwip_ask(p, host);
}

/* ---- connect ------------------------------------------------------------- */

static void smhi_lwip_close_fd(smh_lwip *p)
{
    if (p->opened)
        lwip_close(p->fd);
    p->opened = p->want = 0;
}

/* Gives up what an open has begun. */
static void smhi_lwip_forget(smh_lwip *p)
{
    if (p->opening == SMH_STAGE_RESOLVE)
        (p->resolve)(p->arg, NULL, NULL);
    p->opening = SMH_STAGE_NONE;
}

/* Returns the size of name. */
static socklen_t smhi_lwip_fill(const smh_lwip *p, smhi_lwip_name *name)
{
    const ip_addr_t *address = &p->address;
    memset(name, 0, sizeof *name);
#if LWIP_IPV6
    if (IP_IS_V6_VAL(*address)) {
        name->six.sin6_family = AF_INET6;
        name->six.sin6_port = lwip_htons(p->number);
        memcpy(&name->six.sin6_addr, ip_2_ip6(address)->addr, 16);
        name->six.sin6_scope_id = ip6_addr_zone(ip_2_ip6(address));
        return sizeof name->six;
    }
#endif
#if LWIP_IPV4
    name->four.sin_family = AF_INET;
    name->four.sin_port = lwip_htons(p->number);
    memcpy(&name->four.sin_addr, &ip_2_ip4(address)->addr, 4);
    return sizeof name->four;
#endif
}

static int smhi_lwip_connect(smh_lwip *p)
{
    smhi_lwip_name name;
    socklen_t size = smhi_lwip_fill(p, &name);
    int on = 1;
    p->diag.stage = SMH_STAGE_CONNECT;
    smhi_lwip_end(p, 0, 0);
    p->fd = lwip_socket(name.any.sa_family, SOCK_STREAM, IPPROTO_TCP);
    if (p->fd < 0)
        return smhi_lwip_fail(p, errno);
    p->opened = 1;
    if (lwip_fcntl(p->fd, F_SETFL, O_NONBLOCK) < 0)
        return smhi_lwip_fail(p, errno);
    /* Only faster; nothing is lost if it fails. */
    lwip_setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    p->want = SMH_WANT_WRITE;
    if (lwip_connect(p->fd, &name.any, size) < 0 && errno != EINPROGRESS)
        return smhi_lwip_fail(p, errno);
    return SMH_AGAIN;
}

static int smhi_lwip_connected(smh_lwip *p)
{
    int code = 0;
    socklen_t size = sizeof code;
    if (smhi_lwip_poll(p, SMH_WANT_WRITE, 0) <= 0)
        return SMH_AGAIN;
    if (lwip_getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        return smhi_lwip_fail(p, errno);
    if (code != 0)
        return smhi_lwip_fail(p, code);
    p->want = 0;
    return 1;
}

/* ---- the port ------------------------------------------------------------ */

/* Begins an opening. */
static int smhi_lwip_start(smh_lwip *p)
{
    memset(&p->diag, 0, sizeof p->diag);
    p->diag.stage = SMH_STAGE_SET_UP;
    if (!smhi_lwip_zeroed(p))
        return smhi_lwip_end(p, SMH_E_PORT, 0);
    p->mark = SMHI_LWIP_MARK;
    memset(&p->address, 0, sizeof p->address);
    p->first_stage = 0;
    return 1;
}

static int smhi_lwip_try(smh_lwip *p, const char *host)
{
    int result;
    if (p->opened)
        return smhi_lwip_connected(p);
    result = smhi_lwip_find(p, host);
    return result == 1 ? smhi_lwip_connect(p) : result;
}

/* 1 if the host has another family of addresses left to try. */
static int smhi_lwip_other(smh_lwip *p, int result)
{
    if (!(LWIP_IPV4 && LWIP_IPV6) || p->resolve != NULL ||
        p->first_stage != 0 ||
        (result != SMH_E_RESOLVE && result != SMH_E_NETWORK))
        return 0;
    smhi_lwip_close_fd(p);
    p->first_stage = p->diag.stage;
    p->first_code = p->diag.code;
    return 1;
}

/* The first failure says more than that there is no second address. */
static int smhi_lwip_first(smh_lwip *p)
{
    int result =
        p->first_stage == SMH_STAGE_CONNECT ? SMH_E_NETWORK : SMH_E_RESOLVE;
    p->diag.stage = p->first_stage;
    p->first_stage = 0;
    return smhi_lwip_end(p, result, (int)p->first_code);
}

static int smhi_lwip_open(void *ctx, const char *host, uint16_t number)
{
    smh_lwip *p = (smh_lwip *)ctx;
    int result = 1;
    if (p->mark != SMHI_LWIP_MARK || p->opening == SMH_STAGE_NONE)
        result = smhi_lwip_start(p);
    p->number = number;
    if (result == 1)
        result = smhi_lwip_try(p, host);
    if (smhi_lwip_other(p, result))
        result = smhi_lwip_try(p, host);
    if (result == SMH_E_RESOLVE && p->first_stage != 0)
        result = smhi_lwip_first(p);
    p->opening = result == SMH_AGAIN ? p->diag.stage : (uint8_t)SMH_STAGE_NONE;
    p->starved = p->opening == SMH_STAGE_RESOLVE;
    if (result != 1 && result != SMH_AGAIN && result != SMH_E_PORT)
        smhi_lwip_close_fd(p);
    return result;
}

/* Begins a transfer.  Returns 1, or SMH_E_CLOSED if it is not open. */
static int smhi_lwip_usable(smh_lwip *p, uint8_t stage)
{
    p->diag.stage = SMH_STAGE_NONE;
    if (p->mark != SMHI_LWIP_MARK || !p->opened || p->opening != SMH_STAGE_NONE)
        return smhi_lwip_end(p, SMH_E_CLOSED, 0);
    p->diag.stage = stage;
    return 1;
}

/* What a transfer came to: bytes, or errno told apart.  Whoever cannot send
 * wants to see as well whether an answer says why. */
static int smhi_lwip_moved(smh_lwip *p, long moved, int code, uint8_t want)
{
    p->want = 0;
    if (moved > 0)
        return (int)moved;
    if (moved == 0) /* orderly */
        return smhi_lwip_end(p, SMH_E_CLOSED, 0);
    p->starved = want != SMH_WANT_READ && (code == ENOMEM || code == ENOBUFS);
    if (code != EWOULDBLOCK && !p->starved)
        return smhi_lwip_fail(p, code);
    p->want = want;
    return SMH_AGAIN;
}

static int smhi_lwip_send(void *ctx, const void *data, size_t size)
{
    smh_lwip *p = (smh_lwip *)ctx;
    int result = smhi_lwip_usable(p, SMH_STAGE_WRITE);
    long moved;
    if (result != 1)
        return result;
    if (size > SMHI_LWIP_PIECE)
        size = SMHI_LWIP_PIECE;
    moved = lwip_send(p->fd, data, size, 0);
    result = smhi_lwip_moved(p, moved, errno, SMH_WANT_READ | SMH_WANT_WRITE);
    if (result > 0)
        p->diag.sent += (uint32_t)result;
    return result;
}

static int smhi_lwip_recv(void *ctx, void *data, size_t size)
{
    smh_lwip *p = (smh_lwip *)ctx;
    int result = smhi_lwip_usable(p, SMH_STAGE_READ);
    long moved;
    if (result != 1)
        return result;
    if (size > SMHI_LWIP_PIECE)
        size = SMHI_LWIP_PIECE;
    moved = lwip_recv(p->fd, data, size, 0);
    result = smhi_lwip_moved(p, moved, errno, SMH_WANT_READ);
    if (result > 0)
        p->diag.received += (uint32_t)result;
    return result;
}

static int smhi_lwip_close(void *ctx, int at_once)
{
    smh_lwip *p = (smh_lwip *)ctx;
#if LWIP_SO_LINGER
    const struct linger none = {1, 0};
#endif
    (void)at_once;
    if (p->mark != SMHI_LWIP_MARK)
        return 1;
#if LWIP_SO_LINGER
    if (p->opened && at_once)
        lwip_setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
#endif
    smhi_lwip_forget(p);
    smhi_lwip_close_fd(p);
    return 1;
}

static int smhi_lwip_wait(void *ctx, uint32_t ms)
{
    smh_lwip *p = (smh_lwip *)ctx;
    uint32_t now = ms < SMHI_LWIP_PIECE ? ms : SMHI_LWIP_PIECE;
    if (p->starved) {
        sys_msleep(now < SMHI_LWIP_NAP ? now : SMHI_LWIP_NAP);
        return 1;
    }
    if (p->want == 0)
        return 1;
    if (smhi_lwip_poll(p, p->want, (int)now) == 0 && now == ms)
        return SMH_AGAIN;
    return 1;
}

/* ---- words --------------------------------------------------------------- */

#if SMH_WORDS
static const char *smhi_lwip_unresolved(const smh_lwip *p)
{
    if (p->diag.result == 0)
        return "no answer yet";
    if (p->diag.result == SMH_E_PORT)
        return "resolve() returned what it may not";
    if (p->diag.result == SMH_E_MEMORY)
        return "out of memory";
    if (p->diag.code != 0)
        return "name not found, or no DNS server";
    return LWIP_DNS || p->resolve != NULL
               ? "no address"
               : "lwIP was built without DNS: set resolve";
}

static const char *smhi_lwip_why(const smh_lwip *p)
{
    switch (p->diag.code) {
    case 0:
        return "closed by the server";
    case ENOMEM:
    case ENOBUFS:
        return "lwIP is out of memory";
    case ENFILE:
        return "no socket is free";
    case EHOSTUNREACH:
        return "no route";
    case ECONNABORTED:
        return "no answer, given up";
    case ECONNRESET:
        return p->diag.stage == SMH_STAGE_CONNECT ? "refused"
                                                  : "reset by the server";
    case ENOTCONN:
        return "not connected any more";
    default:
        return "lwIP failed";
    }
}

/* Adds the address of a connection, and how many there were. */
static void smhi_lwip_put_address(smh_text *text, const smh_lwip *p)
{
    char address[IPADDR_STRLEN_MAX];
    smh_put_words(text, p->diag.code == ECONNRESET ? " by " : ", to ");
    smh_put_words(text, IP_IS_V6_VAL(p->address) ? "[" : "");
    smh_put_words(text, ipaddr_ntoa_r(&p->address, address, sizeof address));
    smh_put_words(text, IP_IS_V6_VAL(p->address) ? "]:" : ":");
    smh_put_number(text, p->number, 10, 1);
    if (p->first_stage == SMH_STAGE_CONNECT)
        smh_put_words(text, ", the last of 2 addresses");
}

static void smhi_lwip_explain(void *ctx, smh_text *text)
{
    const smh_lwip *p = (const smh_lwip *)ctx;
    const smh_diag *diag = &p->diag;
    if (p->mark != SMHI_LWIP_MARK || diag->stage == SMH_STAGE_NONE) {
        smh_put_words(text, smhi_lwip_zeroed(p)
                                ? "not opened"
                                : "not opened: the struct was not zeroed");
        return;
    }
    smh_put_diag(text, diag);
    if (diag->stage == SMH_STAGE_RESOLVE)
        smh_put_words(text, smhi_lwip_unresolved(p));
    else if (diag->result != 0)
        smh_put_words(text, smhi_lwip_why(p));
    if (diag->stage == SMH_STAGE_CONNECT && diag->result != SMH_E_MEMORY)
        smhi_lwip_put_address(text, p);
}
#else
#define smhi_lwip_explain NULL
#endif

/* ---- the table ----------------------------------------------------------- */

SMH_API smh_port smh_lwip_port(smh_lwip *lwip)
{
    static const smh_port_ops ops = {smhi_lwip_open,
                                     smhi_lwip_send,
                                     smhi_lwip_recv,
                                     smhi_lwip_close,
                                     smhi_lwip_now_ms,
                                     smhi_lwip_wait,
                                     0,
                                     smhi_lwip_explain};
    smh_port port;
    port.ops = &ops;
    port.ctx = lwip;
    return port;
}

#ifdef __cplusplus
#pragma GCC diagnostic pop
}
#endif
#endif /* SMH_POSIX_H */
#endif /* SMH_LWIP_IMPLEMENTATION */

/* LICENCE: 0BSD, word for word at the end of smh_token.h, which it needs. */
