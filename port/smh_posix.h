/* smh_posix.h - a port of smh_token.h: TCP over POSIX sockets - 0BSD

WHAT IT IS
    Plain TCP for Unix-like systems.  It is not secure by itself: put
    smh_mbedtls.h over it, and smh_token.h takes the two together.

        static smh_posix tcp;              all zero
        options.lower = smh_posix_port(&tcp);

    In one file, #define SMH_POSIX_IMPLEMENTATION before the #include.  With
    -std=c99 or c11 that file also begins, before its first #include, with
    #define _POSIX_C_SOURCE 200809L, or struct timespec and getaddrinfo() are
    unknown; -std=gnu99 needs nothing.

WHAT TO KNOW
    - Nothing blocks but wait, with one exception: the look-up of the host name
      is getaddrinfo(), which takes the system resolver's own time, whatever the
      deadline of the call.  A literal address is not looked up.
    - Every address of the host is tried, in the resolver's order; one that is
      silent for SMH_POSIX_PATIENCE_MS is given up for the next one.
    - It sets no signal handler and needs none: no SIGPIPE.
    - With a poll() of your own: after a step, wait for want (SMH_POSIX_READ,
      SMH_POSIX_WRITE) on fd, for no longer than the deadline, and for 500 ms at
      the most while diag.stage is SMH_POSIX_CONNECT.  If it is 0, do not wait.
*/
#ifndef SMH_POSIX_H
#define SMH_POSIX_H

#include "smh_token.h"

struct addrinfo;

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

/* Zero it. */
typedef struct smh_posix {
    smh_posix_diag diag;
    int fd; /* valid if opened */
    uint8_t opened;
    uint8_t want;          /* SMH_POSIX_READ | SMH_POSIX_WRITE */
    struct addrinfo *list; /* private: of getaddrinfo, until connected */
    struct addrinfo *next;
    uint32_t begun; /* ms, of this address */
} smh_posix;

SMH_API smh_port smh_posix_port(smh_posix *posix);

/* What went wrong, in words: always terminated, cut off at size; returns text,
 * or "" if size is 0. */
SMH_API const char *smh_posix_explain(const smh_posix *posix, char *text,
                                      size_t size);

#ifdef __cplusplus
}
#endif
#endif /* SMH_POSIX_H */

#if defined(SMH_POSIX_IMPLEMENTATION) && !defined(SMH_POSIX_IMPLEMENTED)
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

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* then there is SO_NOSIGPIPE */
#endif

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

/* The host as getaddrinfo wants it: an IPv6 address comes in brackets. */
static int smhi_posix_resolve(smh_posix *posix, const char *host, uint16_t port)
{
    struct addrinfo hints;
    char address[80];
    char service[8];
    size_t size = strlen(host);
    int result;

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    hints.ai_flags = AI_NUMERICSERV;
    if (host[0] == '[') {
        if (size < 3 || size - 2 >= sizeof address)
            return smhi_posix_resolve_failed(posix, EAI_NONAME);
        memcpy(address, host + 1, size - 2);
        address[size - 2] = '\0';
        host = address;
        hints.ai_flags |= AI_NUMERICHOST;
        hints.ai_family = AF_INET6;
    }
    snprintf(service, sizeof service, "%u", (unsigned)port);
    result = getaddrinfo(host, service, &hints, &posix->list);
    if (result != 0) {
        posix->list = NULL;
        return smhi_posix_resolve_failed(posix, result);
    }
    posix->next = posix->list;
    return 1;
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

static void smhi_posix_forget(smh_posix *posix)
{
    if (posix->list != NULL)
        freeaddrinfo(posix->list);
    posix->list = posix->next = NULL;
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

    if (posix->next == NULL)
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
static int smhi_posix_begin(smh_posix *posix)
{
    const struct addrinfo *to = posix->next;
    int type = to->ai_socktype;
    int code;

#ifdef SOCK_CLOEXEC
    type |= SOCK_CLOEXEC; /* no gap for another thread's exec */
#endif
    posix->next = to->ai_next;
    posix->begun = smhi_posix_now_ms(NULL);
    if (posix->diag.addresses < UINT8_MAX)
        posix->diag.addresses++;
    posix->fd = socket(to->ai_family, type, to->ai_protocol);
    if (posix->fd < 0)
        return errno;
    posix->opened = 1;
    code = smhi_posix_set_up(posix->fd);
    if (code != 0)
        return code;
    /* An interrupted connect goes on by itself, like one in progress. */
    if (connect(posix->fd, to->ai_addr, to->ai_addrlen) < 0 &&
        errno != EINPROGRESS && errno != EINTR)
        return errno;
    return smhi_posix_connected(posix);
}

static int smhi_posix_connect(smh_posix *posix)
{
    int code =
        posix->opened ? smhi_posix_connected(posix) : smhi_posix_begin(posix);

    while (code > 0 && posix->next != NULL) {
        smhi_posix_close_fd(posix);
        code = smhi_posix_begin(posix);
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

    if (posix->list == NULL) {
        smhi_posix_close_fd(posix);
        memset(&posix->diag, 0, sizeof posix->diag);
        posix->diag.stage = SMH_POSIX_RESOLVE;
        result = smhi_posix_resolve(posix, host, port);
        if (result < 0)
            return result;
        posix->diag.stage = SMH_POSIX_CONNECT;
    }
    return smhi_posix_connect(posix);
}

/* What a transfer came to: octets, or errno told apart. */
static int smhi_posix_moved(smh_posix *posix, ssize_t moved, int want)
{
    if (moved > 0) {
        posix->want &= (uint8_t)~want;
        return (int)moved;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return smhi_posix_fail(posix, errno);
    posix->want |= (uint8_t)want;
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
                              SMH_POSIX_WRITE);
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
    posix->want = 0; /* a step receives first: what it wants starts here */
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

static int smhi_posix_wait(void *ctx, uint32_t ms)
{
    smh_posix *posix = (smh_posix *)ctx;
    uint32_t most = posix->list != NULL ? smhi_posix_patience(posix) : INT_MAX;
    uint32_t now = ms < most ? ms : most;

    if (!posix->opened || posix->want == 0)
        return 1;
    if (now > INT_MAX)
        now = INT_MAX;
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
                      : diag->result != 0   ? "closed by the server"
                                            : "no error";

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
#endif /* SMH_POSIX_IMPLEMENTATION */

/* LICENCE: 0BSD, word for word at the end of smh_token.h, which it needs. */
