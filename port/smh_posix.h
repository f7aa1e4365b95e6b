/* smh_posix.h - a port of smh_token.h: TCP over POSIX sockets - 0BSD

WHAT IT IS
    Plain TCP for Unix-like systems.  It is not secure by itself: put
    smh_mbedtls.h over it, and smh_token.h takes the two together.

        static smh_posix tcp;              all zero
        options.lower = smh_posix_port(&tcp);

    In one file, #define SMH_POSIX_IMPLEMENTATION before the #include.  With
    -std=c99 or c11 that file also begins, before its first #include, with
    #define _POSIX_C_SOURCE 200809L, or struct timespec and getaddrinfo() are
    unknown; -std=gnu99 needs nothing.  lwIP's sockets have the same names as
    the system's, so they go into another file.

WHAT TO KNOW
    - Nothing blocks but wait, with one exception: getaddrinfo(), which looks
      the host name up, blocks for as long as the system's resolver likes,
      whatever the deadline of the call, and with it every other call of the
      same loop.  A literal address is not looked up, and resolve(), if set,
      replaces the look-up.
    - The first SMH_POSIX_ADDRESSES addresses of the host are tried, in the
      resolver's order; one that is silent for SMH_POSIX_PATIENCE_MS is given up
      for the next one.
    - It sets no signal handler and needs none: no SIGPIPE.
    - With a poll() of your own: after a step, wait for want (SMH_POSIX_READ,
      SMH_POSIX_WRITE) on fd, for no longer than the deadline, and for 500 ms at
      the most while diag.stage is SMH_POSIX_CONNECT.  If it is 0, do not wait;
      while diag.stage is SMH_POSIX_RESOLVE, wait for what resolve() waits for.

A LOOK-UP OF YOUR OWN
    resolve(arg, host, addresses) is called with one host, once or again and
    again, until it returns
        1               addresses has up to SMH_POSIX_ADDRESSES of them from
                        the first on, without a port number; it was all zero at
                        first, and AF_UNSPEC, which is 0, ends the list
        SMH_AGAIN       not known yet
        SMH_E_RESOLVE   no address, as 1 with an empty list
    0 and other numbers above 0 are SMH_E_PORT.  An IPv6 host has its brackets.
    If the opening is given up after SMH_AGAIN, resolve(arg, NULL, NULL) comes
    once, so that it lets go of its work; what that returns is ignored.  While
    it says SMH_AGAIN, smh_wait() and smh_revoke() ask about every 10 ms.

    This one pins a name to an address, with <arpa/inet.h> and <string.h>:

        static int pinned(void *arg, const char *host,
                          struct sockaddr_storage *addresses)
        {
            struct sockaddr_in to;

            memset(&to, 0, sizeof to);
            to.sin_family = AF_INET;
            if (host == NULL || strcmp(host, "smh0example.example.com") != 0 ||
                inet_pton(AF_INET, (const char *)arg, &to.sin_addr) != 1)
                return SMH_E_RESOLVE;
            memcpy(addresses, &to, sizeof to);
            return 1;
        }

        tcp.resolve = pinned;
        tcp.arg = (void *)"192.0.2.7";
*/
#ifndef SMH_POSIX_H
#define SMH_POSIX_H

#ifdef LWIP_HDR_SOCKETS_H
#error "smh_posix.h and lwIP's sockets have the same names: use two files"
#else

#include "smh_token.h"

#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ms for one address, if another one is left */
#ifndef SMH_POSIX_PATIENCE_MS
#define SMH_POSIX_PATIENCE_MS 5000
#endif

enum {
    SMH_POSIX_IDLE,
    SMH_POSIX_RESOLVE,
    SMH_POSIX_CONNECT,
    SMH_POSIX_SEND,
    SMH_POSIX_RECV
};
enum { SMH_POSIX_READ = 1, SMH_POSIX_WRITE = 2 };
enum { SMH_POSIX_ADDRESSES = 8 }; /* of a host that are tried */

/* What happened since the last opening; stays after the close. */
typedef struct smh_posix_diag {
    uint8_t stage;     /* SMH_POSIX_RESOLVE.., the last thing tried */
    uint8_t addresses; /* that were tried */
    int result;        /* the SMH_E_* of that stage, or 0 */
    int code;          /* errno, or 0 */
    int resolver;      /* EAI_*, or 0 */
    uint32_t received; /* octets */
    uint32_t sent;
} smh_posix_diag;

/* Zero it, then set what you need of the first two. */
typedef struct smh_posix {
    /* Instead of getaddrinfo(): 1, SMH_AGAIN or SMH_E_RESOLVE, see above. */
    int (*resolve)(void *arg, const char *host,
                   struct sockaddr_storage *addresses);
    void *arg;

    smh_posix_diag diag;
    int fd; /* valid if opened */
    uint8_t opened;
    uint8_t want; /* SMH_POSIX_READ | SMH_POSIX_WRITE */

    uint8_t opening; /* private from here: the stage that goes on, or 0 */
    uint8_t next;    /* of the addresses */
    uint32_t begun;  /* ms, of this address */
    struct sockaddr_storage addresses[SMH_POSIX_ADDRESSES];
} smh_posix;

SMH_API smh_port smh_posix_port(smh_posix *posix);

/* What went wrong, in words: always terminated, cut off at size; returns text,
 * or "" if size is 0. */
SMH_API const char *smh_posix_explain(const smh_posix *posix, char *text,
                                      size_t size);

#ifdef __cplusplus
}
#endif
#endif /* LWIP_HDR_SOCKETS_H */
#endif /* SMH_POSIX_H */

#if defined(SMH_POSIX_IMPLEMENTATION) && !defined(SMH_POSIX_IMPLEMENTED) &&    \
    !defined(LWIP_HDR_SOCKETS_H)
#define SMH_POSIX_IMPLEMENTED

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if !defined(CLOCK_MONOTONIC) || !defined(AI_NUMERICHOST)
#error "smh_posix.h: #define _POSIX_C_SOURCE 200809L before the first #include"
#else

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* then there is SO_NOSIGPIPE */
#endif
/* ms of a sleep while resolve() knows nothing: nothing tells when it does. */
#define SMHI_POSIX_NAP 10

#ifdef __cplusplus
extern "C" {
#endif

static uint32_t smhi_posix_now_ms(void *ctx)
{
    struct timespec now;

    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec * 1000 + (uint32_t)(now.tv_nsec / 1000000);
}

static int smhi_posix_fail(smh_posix *posix, int code)
{
    posix->diag.code = code;
    switch (code) {
    case ECONNRESET:
    case EPIPE:
        posix->diag.result = SMH_E_CLOSED;
        break;
    case ENOMEM:
    case ENOBUFS:
        posix->diag.result = SMH_E_MEMORY;
        break;
    default:
        posix->diag.result = SMH_E_NETWORK;
    }
    return posix->diag.result;
}

/* poll() of what is wanted. */
static int smhi_posix_poll(const smh_posix *posix, int want, int ms)
{
    struct pollfd one;

    one.fd = posix->fd;
    one.events = (short)((want & SMH_POSIX_READ ? POLLIN : 0) |
                         (want & SMH_POSIX_WRITE ? POLLOUT : 0));
    one.revents = 0;
    return poll(&one, 1, ms);
}

/* ---- resolve ------------------------------------------------------------- */

static int smhi_posix_resolve_failed(smh_posix *posix, int resolver)
{
    posix->diag.resolver = resolver;
    posix->diag.code = resolver == EAI_SYSTEM ? errno : 0;
    posix->diag.result = resolver == EAI_MEMORY ? SMH_E_MEMORY : SMH_E_RESOLVE;
    return posix->diag.result;
}

static void smhi_posix_copy(smh_posix *posix, const struct addrinfo *from)
{
    int i = 0;

    for (; from != NULL && i < SMH_POSIX_ADDRESSES; from = from->ai_next)
        if (from->ai_addrlen <= sizeof posix->addresses[i])
            memcpy(&posix->addresses[i++], from->ai_addr, from->ai_addrlen);
}

/* The host as getaddrinfo wants it: an IPv6 address comes in brackets. */
static int smhi_posix_ask(smh_posix *posix, const char *host)
{
    struct addrinfo hints;
    struct addrinfo *list = NULL;
    char address[80];
    size_t size = strlen(host);
    int result;

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    if (host[0] == '[') {
        if (size < 3 || size - 2 >= sizeof address)
            return smhi_posix_resolve_failed(posix, EAI_NONAME);
        memcpy(address, host + 1, size - 2);
        address[size - 2] = '\0';
        host = address;
        hints.ai_flags = AI_NUMERICHOST;
        hints.ai_family = AF_INET6;
    }
    result = getaddrinfo(host, NULL, &hints, &list);
    if (result != 0)
        return smhi_posix_resolve_failed(posix, result);
    smhi_posix_copy(posix, list);
    freeaddrinfo(list);
    return 1;
}

/* 1 if there is an address that was not tried yet. */
static int smhi_posix_more(const smh_posix *posix)
{
    return posix->next < SMH_POSIX_ADDRESSES &&
           posix->addresses[posix->next].ss_family != AF_UNSPEC;
}

static int smhi_posix_find(smh_posix *posix, const char *host)
{
    int result = posix->resolve
                     ? posix->resolve(posix->arg, host, posix->addresses)
                     : smhi_posix_ask(posix, host);

    if (result == 1 && !smhi_posix_more(posix))
        result = SMH_E_RESOLVE;
    if (result == 0 || result > 1)
        result = SMH_E_PORT;
    posix->opening = (uint8_t)(result == 1           ? SMH_POSIX_CONNECT
                               : result == SMH_AGAIN ? SMH_POSIX_RESOLVE
                                                     : SMH_POSIX_IDLE);
    posix->diag.result = result < 0 && result != SMH_AGAIN ? result : 0;
    return result;
}

/* ---- connect ------------------------------------------------------------- */

static void smhi_posix_close_fd(smh_posix *posix)
{
    if (posix->opened)
        close(posix->fd); /* even if interrupted: the number may be another's */
    posix->opened = 0;
    posix->fd = -1;
    posix->want = 0;
}

/* Gives up what an open has begun. */
static void smhi_posix_forget(smh_posix *posix)
{
    if (posix->opening == SMH_POSIX_RESOLVE && posix->resolve)
        posix->resolve(posix->arg, NULL, NULL);
    posix->opening = SMH_POSIX_IDLE;
}

/* Octets of the address with its port number, or 0: of no family known here. */
static socklen_t smhi_posix_fill(struct sockaddr_storage *to, uint16_t port)
{
    if (to->ss_family == AF_INET) {
        ((struct sockaddr_in *)to)->sin_port = htons(port);
        return sizeof(struct sockaddr_in);
    }
    if (to->ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)to)->sin6_port = htons(port);
        return sizeof(struct sockaddr_in6);
    }
    return 0;
}

/* 0, or errno. */
static int smhi_posix_set_up(int fd)
{
    int on = 1;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return errno;
#ifdef SO_NOSIGPIPE
    if (setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) < 0)
        return errno;
#endif
    /* Only faster; nothing is lost if it fails. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return 0;
}

/* ms left for this address, or for ever if it is the last */
static uint32_t smhi_posix_patience(const smh_posix *posix)
{
    uint32_t passed = smhi_posix_now_ms(NULL) - posix->begun;

    if (!smhi_posix_more(posix))
        return UINT32_MAX;
    return passed < SMH_POSIX_PATIENCE_MS ? SMH_POSIX_PATIENCE_MS - passed : 0;
}

/* 0 connected, -1 not yet, or errno. */
static int smhi_posix_connected(const smh_posix *posix)
{
    int code = 0;
    socklen_t size = sizeof code;

    if (smhi_posix_poll(posix, SMH_POSIX_WRITE, 0) <= 0)
        return smhi_posix_patience(posix) == 0 ? ETIMEDOUT : -1;
    if (getsockopt(posix->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        return errno;
    return code;
}

/* Begins with the next address; 0, -1 or errno as above. */
static int smhi_posix_begin(smh_posix *posix, uint16_t port)
{
    struct sockaddr_storage *to = &posix->addresses[posix->next++];
    socklen_t size = smhi_posix_fill(to, port);
    int type = SOCK_STREAM;
    int code;

#ifdef SOCK_CLOEXEC
    type |= SOCK_CLOEXEC; /* no gap for another thread's exec */
#endif
    posix->begun = smhi_posix_now_ms(NULL);
    posix->diag.addresses++;
    if (size == 0)
        return EAFNOSUPPORT;
    posix->fd = socket(to->ss_family, type, IPPROTO_TCP);
    if (posix->fd < 0)
        return errno;
    posix->opened = 1;
    code = smhi_posix_set_up(posix->fd);
    if (code != 0)
        return code;
    /* An interrupted connect goes on by itself, like one in progress. */
    if (connect(posix->fd, (struct sockaddr *)to, size) < 0 &&
        errno != EINPROGRESS && errno != EINTR)
        return errno;
    return smhi_posix_connected(posix);
}

static int smhi_posix_connect(smh_posix *posix, uint16_t port)
{
    int code = posix->opened ? smhi_posix_connected(posix)
                             : smhi_posix_begin(posix, port);

    while (code > 0 && smhi_posix_more(posix)) {
        smhi_posix_close_fd(posix);
        code = smhi_posix_begin(posix, port);
    }
    if (code < 0) {
        posix->want = SMH_POSIX_WRITE;
        return SMH_AGAIN;
    }
    smhi_posix_forget(posix);
    posix->want = 0;
    if (code == 0)
        return 1;
    smhi_posix_close_fd(posix);
    return smhi_posix_fail(posix, code);
}

/* ---- the port ------------------------------------------------------------ */

static int smhi_posix_open(void *ctx, const char *host, uint16_t port)
{
    smh_posix *posix = (smh_posix *)ctx;
    int result;

    if (posix->opening == SMH_POSIX_IDLE) {
        smhi_posix_close_fd(posix);
        memset(&posix->diag, 0, sizeof posix->diag);
        memset(posix->addresses, 0, sizeof posix->addresses);
        posix->next = 0;
        posix->diag.stage = SMH_POSIX_RESOLVE;
    }
    if (posix->opening != SMH_POSIX_CONNECT) {
        result = smhi_posix_find(posix, host);
        if (result != 1)
            return result;
        posix->diag.stage = SMH_POSIX_CONNECT;
    }
    return smhi_posix_connect(posix, port);
}

/* What a transfer came to: octets, or errno told apart.  Whoever cannot send
 * wants to see as well whether an answer says why. */
static int smhi_posix_moved(smh_posix *posix, ssize_t moved, int want)
{
    posix->want = 0;
    if (moved > 0)
        return (int)moved;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return smhi_posix_fail(posix, errno);
    posix->want = (uint8_t)want;
    return SMH_AGAIN;
}

static int smhi_posix_send(void *ctx, const void *data, size_t size)
{
    smh_posix *posix = (smh_posix *)ctx;
    int result;

    posix->diag.stage = SMH_POSIX_SEND;
    if (!posix->opened)
        return smhi_posix_fail(posix, ENOTCONN);
    if (size > INT_MAX)
        size = INT_MAX;
    result = smhi_posix_moved(posix, send(posix->fd, data, size, MSG_NOSIGNAL),
                              SMH_POSIX_READ | SMH_POSIX_WRITE);
    if (result > 0)
        posix->diag.sent += (uint32_t)result;
    return result;
}

static int smhi_posix_recv(void *ctx, void *data, size_t size)
{
    smh_posix *posix = (smh_posix *)ctx;
    ssize_t moved;
    int result;

    posix->diag.stage = SMH_POSIX_RECV;
    posix->want = 0;
    if (!posix->opened)
        return smhi_posix_fail(posix, ENOTCONN);
    if (size > INT_MAX)
        size = INT_MAX;
    moved = recv(posix->fd, data, size, 0);
    if (moved == 0) { /* orderly */
        posix->diag.code = 0;
        return posix->diag.result = SMH_E_CLOSED;
    }
    result = smhi_posix_moved(posix, moved, SMH_POSIX_READ);
    if (result > 0)
        posix->diag.received += (uint32_t)result;
    return result;
}

/* At once: what is not sent yet must not go out after the call is over. */
static int smhi_posix_close(void *ctx, int at_once)
{
    smh_posix *posix = (smh_posix *)ctx;
    struct linger none;

    none.l_onoff = 1;
    none.l_linger = 0;
    if (posix->opened && at_once)
        setsockopt(posix->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    smhi_posix_forget(posix);
    smhi_posix_close_fd(posix);
    return 1;
}

/* ms that may pass before it has to look again, whatever comes */
static uint32_t smhi_posix_longest(const smh_posix *posix)
{
    uint32_t patience;

    if (posix->opening == SMH_POSIX_RESOLVE)
        return SMHI_POSIX_NAP;
    if (posix->opening == SMH_POSIX_IDLE)
        return INT_MAX;
    patience = smhi_posix_patience(posix);
    return patience < INT_MAX ? patience : INT_MAX;
}

static int smhi_posix_wait(void *ctx, uint32_t ms)
{
    smh_posix *posix = (smh_posix *)ctx;
    uint32_t most = smhi_posix_longest(posix);
    uint32_t now = ms < most ? ms : most;

    if (posix->opening == SMH_POSIX_RESOLVE)
        return poll(NULL, 0, (int)now) == 0 && now == ms ? SMH_AGAIN : 1;
    if (!posix->opened || posix->want == 0)
        return 1;
    if (smhi_posix_poll(posix, posix->want, (int)now) == 0 && now == ms)
        return SMH_AGAIN;
    posix->want = 0;
    return 1;
}

smh_port smh_posix_port(smh_posix *posix)
{
    static const smh_port_ops ops = {smhi_posix_open,
                                     smhi_posix_send,
                                     smhi_posix_recv,
                                     smhi_posix_close,
                                     smhi_posix_now_ms,
                                     smhi_posix_wait,
                                     0};
    smh_port port;

    port.ops = &ops;
    port.ctx = posix;
    return port;
}

/* ---- words --------------------------------------------------------------- */

const char *smh_posix_explain(const smh_posix *posix, char *text, size_t size)
{
    static const char *const stages[] = {
        "not opened", "look-up", "connection", "sending", "receiving",
    };
    const smh_posix_diag *diag = &posix->diag;
    const char *why = diag->code != 0       ? strerror(diag->code)
                      : diag->resolver != 0 ? gai_strerror(diag->resolver)
                      : diag->result == 0   ? "no error"
                      : diag->stage == SMH_POSIX_RESOLVE
                          ? "no address"
                          : "closed by the server";

    if (size == 0)
        return "";
    if (diag->stage == SMH_POSIX_CONNECT && diag->addresses > 1)
        snprintf(text, size, "connection: %s (the last of %d addresses)", why,
                 diag->addresses);
    else
        snprintf(text, size, "%s: %s", stages[diag->stage], why);
    return text;
}

#ifdef __cplusplus
}
#endif
#endif /* _POSIX_C_SOURCE */
#endif /* SMH_POSIX_IMPLEMENTATION */

/* LICENCE: 0BSD, word for word at the end of smh_token.h, which it needs. */
