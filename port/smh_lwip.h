/* smh_lwip.h - a port of smh_token.h: TCP over lwIP's sockets - 0BSD

WHAT IT IS
    Plain TCP for lwIP 2.1 or later with NO_SYS=0, under an RTOS or a Unix.  It
    is not secure by itself: put smh_mbedtls.h over it, and smh_token.h takes
    the two together.  It allocates nothing itself; lwIP does.

        static smh_lwip tcp;               all zero
        options.lower = smh_lwip_port(&tcp);

    In one file, #define SMH_LWIP_IMPLEMENTATION before the #include.

WHAT TO KNOW
    - Nothing blocks but wait, with one exception: with LWIP_DNS the look-up of
      a name is lwip_getaddrinfo(), which takes lwIP's own time (seconds, if
      no server answers), whatever the deadline of the call.  An address is not
      looked up, and resolve(), if set, replaces the look-up.
    - A name is looked up in lwIP's first family (LWIP_DNS_ADDRTYPE_DEFAULT),
      and in the other one if no connection came of it.
    - Any thread but lwIP's own may call, and one at a time uses a struct.  With
      LWIP_NETCONN_SEM_PER_THREAD it calls lwip_socket_thread_init() first.
    - The deadline is the call's own: neither LWIP_SO_RCVTIMEO nor
      LWIP_SO_SNDTIMEO nor select is used.
    - LWIP_SO_LINGER 1 makes a close at once drop what was not sent yet; without
      it lwIP goes on sending that.
    - Only names with lwip_ are used: LWIP_COMPAT_SOCKETS may be anything.
    - With an lwip_poll() of your own: after a step, wait for want
      (SMH_LWIP_READ, SMH_LWIP_WRITE) on fd, for no longer than the deadline.
      If want is 0, do not wait.

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
    LWIP_DNS          0: a host is an address, or resolve() knows it.

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

enum {
    SMH_LWIP_IDLE,
    SMH_LWIP_RESOLVE,
    SMH_LWIP_CONNECT,
    SMH_LWIP_SEND,
    SMH_LWIP_RECV
};
enum { SMH_LWIP_READ = 1, SMH_LWIP_WRITE = 2 };

/* What happened since the last opening; stays after the close. */
typedef struct smh_lwip_diag {
    uint8_t stage;     /* SMH_LWIP_RESOLVE.., the last thing tried */
    int result;        /* the SMH_E_* of that stage, or 0 */
    int code;          /* errno of lwIP, of RESOLVE: EAI_*; or 0 */
    uint32_t received; /* octets */
    uint32_t sent;     /* that lwIP took */
} smh_lwip_diag;

/* Zero it, then set what you need of the first three. */
typedef struct smh_lwip {
    /* Instead of DNS: 1, SMH_AGAIN (called again) or SMH_E_RESOLVE. */
    int (*resolve)(void *arg, const char *host, ip_addr_t *address);
    uint32_t (*now_ms)(void *arg); /* NULL: sys_now() */
    void *arg;                     /* of both */

    smh_lwip_diag diag;
    int fd; /* valid if opened; 0 is a socket like any other */
    uint8_t opened;
    uint8_t want; /* SMH_LWIP_READ | SMH_LWIP_WRITE */

    uint8_t named; /* private from here: the address came from DNS */
    uint8_t starved;
    uint8_t first_stage; /* how the first family of addresses failed, or 0 */
    int first_code;
} smh_lwip;

SMH_API smh_port smh_lwip_port(smh_lwip *lwip);

/* What went wrong, in words: always terminated, cut off at size; returns text,
 * or "" if size is 0. */
SMH_API const char *smh_lwip_explain(const smh_lwip *lwip, char *text,
                                     size_t size);

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
#endif

/* Octets moved at once: fits an int of 16 bits. */
#define SMHI_LWIP_PIECE 0x7FFF
/* ms of a sleep while lwIP has no memory or resolve() no answer, since nothing
 * tells when they have. */
#define SMHI_LWIP_NAP 10

typedef union smhi_lwip_name {
    struct sockaddr any;
#if LWIP_IPV4
    struct sockaddr_in four;
#endif
#if LWIP_IPV6
    struct sockaddr_in6 six;
#endif
} smhi_lwip_name;

static uint32_t smhi_lwip_now_ms(void *ctx)
{
    const smh_lwip *p = (const smh_lwip *)ctx;

    return p->now_ms ? p->now_ms(p->arg) : sys_now();
}

static int smhi_lwip_result(const smh_lwip *p, int code)
{
    if (p->diag.stage == SMH_LWIP_RESOLVE)
        return SMH_E_RESOLVE;
    if (code == ENOMEM || code == ENOBUFS || code == ENFILE)
        return SMH_E_MEMORY;
    if (p->diag.stage != SMH_LWIP_CONNECT &&
        (code == ECONNRESET || code == ENOTCONN || code == EPIPE))
        return SMH_E_CLOSED;
    return SMH_E_NETWORK;
}

static int smhi_lwip_fail(smh_lwip *p, int code)
{
    p->diag.code = code;
    p->diag.result = smhi_lwip_result(p, code);
    return p->diag.result;
}

/* lwip_poll() of what is wanted. */
static int smhi_lwip_poll(const smh_lwip *p, int want, int ms)
{
    struct pollfd one;

    one.fd = p->fd;
    one.events = (short)((want & SMH_LWIP_READ ? POLLIN : 0) |
                         (want & SMH_LWIP_WRITE ? POLLOUT : 0));
    one.revents = 0;
    return lwip_poll(&one, 1, ms);
}

/* ---- resolve ------------------------------------------------------------ */

/* 1 if the host is an address: IPv6 comes in brackets. */
static int smhi_lwip_number(const char *host, ip_addr_t *address)
{
    char text[IPADDR_STRLEN_MAX];
    size_t size = strlen(host);

    if (*host != '[')
        return ipaddr_aton(host, address);
    if (size < 3 || size - 2 >= sizeof text)
        return 0;
    memcpy(text, host + 1, size - 2);
    text[size - 2] = '\0';
    return ipaddr_aton(text, address);
}

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
        IP_SET_TYPE(to, IPADDR_TYPE_V6);
    }
#endif
#if LWIP_IPV4
    if (from->sa_family == AF_INET) {
        memcpy(&name.four, from, sizeof name.four);
        memcpy(&ip_2_ip4(to)->addr, &name.four.sin_addr, 4);
        IP_SET_TYPE(to, IPADDR_TYPE_V4);
    }
#endif
}

static int smhi_lwip_ask(smh_lwip *p, const char *host, ip_addr_t *address)
{
    struct addrinfo hints;
    struct addrinfo *found = NULL;
    int code;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = smhi_lwip_family(p);
    hints.ai_socktype = SOCK_STREAM;
    p->named = 1;
    code = lwip_getaddrinfo(host, NULL, &hints, &found);
    if (code != 0)
        return smhi_lwip_fail(p, code);
    smhi_lwip_copy(address, found->ai_addr);
    lwip_freeaddrinfo(found);
    return 1;
}

#else

static int smhi_lwip_ask(smh_lwip *p, const char *host, ip_addr_t *address)
{
    (void)host;
    (void)address;
    return smhi_lwip_fail(p, 0);
}

#endif

static int smhi_lwip_find(smh_lwip *p, const char *host, ip_addr_t *address)
{
    p->diag.stage = SMH_LWIP_RESOLVE;
    if (p->resolve) {
        int result = p->resolve(p->arg, host, address);

        p->starved = result == SMH_AGAIN;
        p->diag.result = result == 0 || result > 1 ? SMH_E_PORT : result;
        return p->diag.result;
    }
    if (smhi_lwip_number(host, address))
        return 1;
    return smhi_lwip_ask(p, host, address);
}

/* ---- connect ------------------------------------------------------------ */

static void smhi_lwip_close_fd(smh_lwip *p)
{
    if (p->opened)
        lwip_close(p->fd);
    p->opened = p->want = p->starved = 0;
}

/* Octets of name, or 0 if lwIP was built without this family. */
static socklen_t smhi_lwip_fill(smhi_lwip_name *name, const ip_addr_t *address,
                                uint16_t port)
{
    memset(name, 0, sizeof *name);
#if LWIP_IPV6
    if (IP_IS_V6(address)) {
        name->six.sin6_family = AF_INET6;
        name->six.sin6_port = lwip_htons(port);
        memcpy(&name->six.sin6_addr, ip_2_ip6(address)->addr, 16);
        name->six.sin6_scope_id = ip6_addr_zone(ip_2_ip6(address));
        return sizeof name->six;
    }
#endif
#if LWIP_IPV4
    if (IP_IS_V4(address)) {
        name->four.sin_family = AF_INET;
        name->four.sin_port = lwip_htons(port);
        memcpy(&name->four.sin_addr, &ip_2_ip4(address)->addr, 4);
        return sizeof name->four;
    }
#endif
    return 0;
}

static int smhi_lwip_connect(smh_lwip *p, const ip_addr_t *address,
                             uint16_t port)
{
    smhi_lwip_name name;
    socklen_t size = smhi_lwip_fill(&name, address, port);
    int on = 1;

    p->diag.stage = SMH_LWIP_CONNECT;
    p->diag.result = 0;
    p->fd = lwip_socket(name.any.sa_family, SOCK_STREAM, IPPROTO_TCP);
    if (p->fd < 0)
        return smhi_lwip_fail(p, errno);
    p->opened = 1;
    if (lwip_fcntl(p->fd, F_SETFL, O_NONBLOCK) < 0)
        return smhi_lwip_fail(p, errno);
    /* Only faster; nothing is lost if it fails. */
    lwip_setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    p->want = SMH_LWIP_WRITE;
    if (lwip_connect(p->fd, &name.any, size) == 0)
        return 1;
    return errno == EINPROGRESS ? SMH_AGAIN : smhi_lwip_fail(p, errno);
}

static int smhi_lwip_connected(smh_lwip *p)
{
    int code = 0;
    socklen_t size = sizeof code;

    if (smhi_lwip_poll(p, SMH_LWIP_WRITE, 0) <= 0)
        return SMH_AGAIN;
    if (lwip_getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        return smhi_lwip_fail(p, errno);
    if (code != 0)
        return smhi_lwip_fail(p, code);
    p->want = 0;
    return 1;
}

/* ---- the port ----------------------------------------------------------- */

static int smhi_lwip_try(smh_lwip *p, const char *host, uint16_t port)
{
    ip_addr_t address;
    int result;

    if (p->opened)
        return smhi_lwip_connected(p);
    memset(&address, 0, sizeof address);
    result = smhi_lwip_find(p, host, &address);
    return result == 1 ? smhi_lwip_connect(p, &address, port) : result;
}

/* 1 if a name has another family of addresses left to try. */
static int smhi_lwip_other(smh_lwip *p, int result)
{
    if (!(LWIP_IPV4 && LWIP_IPV6) || !p->named || p->first_stage ||
        (result != SMH_E_RESOLVE && result != SMH_E_NETWORK))
        return 0;
    smhi_lwip_close_fd(p);
    p->first_stage = p->diag.stage;
    p->first_code = p->diag.code;
    return 1;
}

static int smhi_lwip_open(void *ctx, const char *host, uint16_t port)
{
    smh_lwip *p = (smh_lwip *)ctx;
    int result;

    if (!p->opened) {
        memset(&p->diag, 0, sizeof p->diag);
        p->named = p->first_stage = 0;
    }
    result = smhi_lwip_try(p, host, port);
    if (smhi_lwip_other(p, result))
        result = smhi_lwip_try(p, host, port);
    if (result != SMH_E_RESOLVE || !p->first_stage)
        return result;
    p->diag.stage = p->first_stage; /* the first failure says more */
    return smhi_lwip_fail(p, p->first_code);
}

/* What a transfer came to: octets, or errno told apart.  Whoever cannot send
 * wants to see as well whether an answer says why. */
static int smhi_lwip_moved(smh_lwip *p, long moved, int code, uint8_t want)
{
    p->want = 0;
    if (moved > 0)
        return (int)moved;
    p->starved = want != SMH_LWIP_READ && (code == ENOMEM || code == ENOBUFS);
    if (code != EWOULDBLOCK && code != EAGAIN && !p->starved)
        return smhi_lwip_fail(p, code);
    p->want = want;
    return SMH_AGAIN;
}

static int smhi_lwip_send(void *ctx, const void *data, size_t size)
{
    smh_lwip *p = (smh_lwip *)ctx;
    long moved;
    int result;

    p->diag.stage = SMH_LWIP_SEND;
    if (!p->opened)
        return smhi_lwip_fail(p, ENOTCONN);
    if (size > SMHI_LWIP_PIECE)
        size = SMHI_LWIP_PIECE;
    moved = lwip_send(p->fd, data, size, 0);
    result =
        smhi_lwip_moved(p, moved, errno, SMH_LWIP_READ | SMH_LWIP_WRITE);
    if (result > 0)
        p->diag.sent += (uint32_t)result;
    return result;
}

static int smhi_lwip_recv(void *ctx, void *data, size_t size)
{
    smh_lwip *p = (smh_lwip *)ctx;
    long moved;
    int result;

    p->diag.stage = SMH_LWIP_RECV;
    p->want = p->starved = 0;
    if (!p->opened)
        return smhi_lwip_fail(p, ENOTCONN);
    if (size > SMHI_LWIP_PIECE)
        size = SMHI_LWIP_PIECE;
    moved = lwip_recv(p->fd, data, size, 0);
    if (moved == 0) { /* orderly */
        p->diag.code = 0;
        return p->diag.result = SMH_E_CLOSED;
    }
    result = smhi_lwip_moved(p, moved, errno, SMH_LWIP_READ);
    if (result > 0)
        p->diag.received += (uint32_t)result;
    return result;
}

static int smhi_lwip_close(void *ctx, int at_once)
{
    smh_lwip *p = (smh_lwip *)ctx;
#if LWIP_SO_LINGER
    struct linger none;

    none.l_onoff = 1;
    none.l_linger = 0;
    if (p->opened && at_once)
        lwip_setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
#endif
    (void)at_once;
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
    if (!p->opened || p->want == 0)
        return 1;
    if (smhi_lwip_poll(p, p->want, (int)now) == 0 && now == ms)
        return SMH_AGAIN;
    return 1;
}

smh_port smh_lwip_port(smh_lwip *lwip)
{
    static const smh_port_ops ops = {smhi_lwip_open,
                                     smhi_lwip_send,
                                     smhi_lwip_recv,
                                     smhi_lwip_close,
                                     smhi_lwip_now_ms,
                                     smhi_lwip_wait,
                                     0};
    smh_port port;

    port.ops = &ops;
    port.ctx = lwip;
    return port;
}

/* ---- words -------------------------------------------------------------- */

static const char *smhi_lwip_why(const smh_lwip *p)
{
    if (p->diag.result >= 0)
        return "no error";
    if (p->diag.stage == SMH_LWIP_RESOLVE)
        return p->diag.code != 0 ? "name not found, or no DNS server"
                                 : "no address";
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
        return p->diag.stage == SMH_LWIP_CONNECT ? "refused"
                                                 : "reset by the server";
    case ENOTCONN:
        return "not connected any more";
    default:
        return "lwIP failed";
    }
}

static char *smhi_lwip_say(char *to, const char *end, const char *words)
{
    while (*words && to < end)
        *to++ = *words++;
    *to = '\0';
    return to;
}

const char *smh_lwip_explain(const smh_lwip *lwip, char *text, size_t size)
{
    static const char *const stages[] = {
        "not opened: ", "look-up: ", "connection: ", "sending: ", "receiving: ",
    };
    const char *end;

    if (size == 0)
        return "";
    end = text + size - 1;
    smhi_lwip_say(smhi_lwip_say(text, end, stages[lwip->diag.stage]), end,
                  smhi_lwip_why(lwip));
    return text;
}

#ifdef __cplusplus
}
#endif
#endif /* SMH_POSIX_H */
#endif /* SMH_LWIP_IMPLEMENTATION */

/* LICENCE: 0BSD, word for word at the end of smh_token.h, which it needs. */
