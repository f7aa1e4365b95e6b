/* smh_posix.h - a port of smh_token.h: TCP over POSIX sockets - 0BSD

WHAT IT IS
    Plain TCP for Unix-like systems.  It is not secure by itself: put
    smh_mbedtls.h over it, and smh_token.h takes the two together.

        static smh_posix tcp;              all zero
        options.below = smh_posix_port(&tcp);

    In one file, #define SMH_POSIX_IMPLEMENTATION before the #include.  With
    -std=c99 or c11 that file also begins with #define _POSIX_C_SOURCE 200809L,
    before its first #include, or getaddrinfo() and struct timespec are unknown;
    -std=gnu99 needs nothing.  lwIP's sockets have the same names as the
    system's, so they go into another file.

WHAT TO KNOW
    - Nothing blocks but wait, with one exception: getaddrinfo() looks the host
      up and blocks for as long as the system's resolver likes, whatever the
      deadline of the call, and with it every other call of the same loop.  A
      resolve hook replaces it.
    - The first SMH_POSIX_ADDRESSES addresses of the host are tried, in the
      resolver's order.  One that is silent for SMH_POSIX_PATIENCE_MS is given
      up for the next one.
    - It sets no signal handler and needs none: no SIGPIPE comes.
    - TLS reads a record in two steps, its five bytes of header and the rest,
      and each costs a system call.  With a buffer, 16 kB for example, one reads
      many records, and none asks again what the last one has told:
          static char arrived[16384];
          tcp.buffer = arrived;
          tcp.size = sizeof arrived;
      A close that comes right behind an answer may then be seen only when the
      next request is out.  That request is sent again on a new connection, as
      after any close, and counts as one that may have been carried out.
    - With a poll() of your own: after a step, wait for want (SMH_WANT_READ,
      SMH_WANT_WRITE) on fd, no longer than the deadline, and no longer than
      500 ms while diag.stage is SMH_STAGE_CONNECT.  While diag.stage is
      SMH_STAGE_RESOLVE, wait for what resolve waits for, or 10 ms.  Otherwise,
      if want is 0, do not wait.

A LOOK-UP OF YOUR OWN
    replaces that of the system, or pins the host to an address.  All TCP ports
    have the same hook.  resolve(arg, host, addresses) is called, again and
    again after SMH_AGAIN, until it returns
        1               It has filled addresses, which were all zero, from the
                        first on, without port numbers; the first that is still
                        zero ends them.
        SMH_AGAIN       It does not know yet.  smh_wait() and smh_revoke() ask
                        again about every 10 ms.
        SMH_E_RESOLVE   The host has no address, as 1 without an address.
        SMH_E_MEMORY    There was no memory to find out.
    Anything else ends the call with SMH_E_PORT.  If the opening is given up
    after SMH_AGAIN, resolve(arg, NULL, NULL) is called once, so that the hook
    can let go of its work; what it returns then is ignored.

    This one pins a name, with <arpa/inet.h> and <string.h>:

        static int pinned(void *arg, const char *host,
                          struct sockaddr_storage *addresses)
        {
            struct sockaddr_in to;
            memset(&to, 0, sizeof to);
            to.sin_family = AF_INET;
            if (host == NULL ||
                strcmp(host, "smh0example.api.tencentsmh.cn") != 0 ||
                inet_pton(AF_INET, (const char *)arg, &to.sin_addr) != 1)
                return SMH_E_RESOLVE;
            memcpy(addresses, &to, sizeof to);
            return 1;
        }

        static char address[] = "192.0.2.7";
        tcp.resolve = pinned;
        tcp.arg = address;
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

/* How many ms one address may be silent if another one is left. */
#ifndef SMH_POSIX_PATIENCE_MS
#define SMH_POSIX_PATIENCE_MS 5000
#endif

/* How many addresses of a host are tried. */
enum { SMH_POSIX_ADDRESSES = 8 };

/* Zero it, then set resolve, arg, buffer and size if you need them. */
typedef struct smh_posix {
    smh_diag diag; /* Its code is an errno; of a look-up it may be an EAI_*. */
    /* It is asked instead of getaddrinfo(): see above. */
    int (*resolve)(void *arg, const char *host,
                   struct sockaddr_storage *addresses);
    void *arg;      /* It is handed to resolve. */
    char *buffer;   /* Yours, for what arrives; NULL: none.  Under TLS it holds
                       what the network has seen, so nobody wipes it. */
    size_t size;    /* Of buffer in bytes. */
    int fd;         /* The socket; valid only if opened. */
    uint8_t opened; /* 1 while there is a socket. */
    uint8_t want;   /* What to wait for: SMH_WANT_READ | SMH_WANT_WRITE. */

    uint8_t opening; /* Private from here: the stage that goes on, or 0. */
    uint8_t vain;    /* SMHI_POSIX_VAIN and _VAIN_AGAIN. */
    size_t at, end;  /* What the buffer holds. */
    uint8_t next;    /* How many of the addresses were tried. */
    uint8_t eai;     /* 1 if diag.code is an EAI_*. */
    uint16_t mark;   /* It tells a struct that was not zeroed. */
    uint32_t begun;  /* When this address was begun, in ms. */
    struct sockaddr_storage addresses[SMH_POSIX_ADDRESSES];
} smh_posix;

/* What getaddrinfo() says of host, for a resolve hook that asks it in a thread:
 * 0, or an EAI_*. */
SMH_API int smh_posix_look_up(const char *host,
                              struct sockaddr_storage *addresses);

/* Returns the port of a struct, which stays where it is until close. */
SMH_API smh_port smh_posix_port(smh_posix *posix);

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
/* smh_posix.mark of a struct that has been opened. */
#define SMHI_POSIX_MARK 0x5053
/* smh_posix.vain: the next recv() would be in vain; so would be the one behind
 * the next send, whose answer cannot be here at once. */
#define SMHI_POSIX_VAIN 1
#define SMHI_POSIX_VAIN_AGAIN 2

#ifdef __cplusplus
extern "C" {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#endif

static uint32_t smhi_posix_now_ms(void *ctx)
{
    struct timespec now;
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec * 1000 + (uint32_t)(now.tv_nsec / 1000000);
}

/* Keeps what a stage came to, and returns it. */
static int smhi_posix_end(smh_posix *posix, int result, int code)
{
    posix->diag.result = (int16_t)result;
    posix->diag.code = code;
    return result;
}

static int smhi_posix_fail(smh_posix *posix, int code)
{
    switch (code) {
    case ECONNRESET:
    case EPIPE:
        return smhi_posix_end(posix, SMH_E_CLOSED, code);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
        return smhi_posix_end(posix, SMH_E_MEMORY, code);
    default:
        return smhi_posix_end(posix, SMH_E_NETWORK, code);
    }
}

/* poll() of what is wanted. */
static int smhi_posix_poll(const smh_posix *posix, int want, int ms)
{
    struct pollfd one;
    one.fd = posix->fd;
    one.events = (short)((want & SMH_WANT_READ ? POLLIN : 0) |
                         (want & SMH_WANT_WRITE ? POLLOUT : 0));
    one.revents = 0;
    return poll(&one, 1, ms);
}

/* ---- resolve ------------------------------------------------------------- */

static int smhi_posix_unresolved(smh_posix *posix, int eai)
{
    if (eai == EAI_SYSTEM && smhi_posix_fail(posix, errno) == SMH_E_MEMORY)
        return SMH_E_MEMORY;
    posix->eai = eai != EAI_SYSTEM;
    return smhi_posix_end(posix,
                          eai == EAI_MEMORY ? SMH_E_MEMORY : SMH_E_RESOLVE,
                          posix->eai ? eai : posix->diag.code);
}

SMH_API int smh_posix_look_up(const char *host,
                              struct sockaddr_storage *addresses)
{
    struct addrinfo hints, *list = NULL, *from;
    int i = 0, eai;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    eai = getaddrinfo(host, NULL, &hints, &list);
    if (eai != 0)
        return eai;
    for (from = list; from != NULL && i < SMH_POSIX_ADDRESSES;
         from = from->ai_next)
        memcpy(&addresses[i++], from->ai_addr, from->ai_addrlen);
    freeaddrinfo(list);
    return 0;
}

static int smhi_posix_ask(smh_posix *posix, const char *host)
{
    int eai = smh_posix_look_up(host, posix->addresses);
    return eai == 0 ? 1 : smhi_posix_unresolved(posix, eai);
}

/* 1 if there is an address that was not tried yet. */
static int smhi_posix_more(const smh_posix *posix)
{
    return posix->next < SMH_POSIX_ADDRESSES &&
           posix->addresses[posix->next].ss_family != AF_UNSPEC;
}

static int smhi_posix_hook(smh_posix *posix, const char *host)
{
    int result = (posix->resolve)(posix->arg, host, posix->addresses);
    if (result == 1 || result == SMH_AGAIN)
        return result;
    if (result != SMH_E_RESOLVE && result != SMH_E_MEMORY)
        result = SMH_E_PORT;
    return smhi_posix_end(posix, result, 0);
}

static int smhi_posix_find(smh_posix *posix, const char *host)
{
    int result;
    posix->diag.stage = SMH_STAGE_RESOLVE;
    result = posix->resolve != NULL ? smhi_posix_hook(posix, host)
                                    : smhi_posix_ask(posix, host);
    if (result == 1 && !smhi_posix_more(posix))
        result = smhi_posix_end(posix, SMH_E_RESOLVE, 0);
    posix->opening = (uint8_t)(result == 1           ? SMH_STAGE_CONNECT
                               : result == SMH_AGAIN ? SMH_STAGE_RESOLVE
                                                     : SMH_STAGE_NONE);
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
    posix->vain = 0;
    posix->at = posix->end = 0;
}

/* Gives up what an open has begun. */
static void smhi_posix_forget(smh_posix *posix)
{
    if (posix->opening == SMH_STAGE_RESOLVE)
        (posix->resolve)(posix->arg, NULL, NULL);
    posix->opening = SMH_STAGE_NONE;
}

/* The size of an address, or 0 if its family is unknown here. */
static socklen_t smhi_posix_size(const struct sockaddr_storage *to)
{
    return to->ss_family == AF_INET    ? sizeof(struct sockaddr_in)
           : to->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                       : 0;
}

static void smhi_posix_set_number(struct sockaddr_storage *to, uint16_t number)
{
    if (to->ss_family == AF_INET)
        ((struct sockaddr_in *)to)->sin_port = htons(number);
    else
        ((struct sockaddr_in6 *)to)->sin6_port = htons(number);
}

/* Returns 0, or errno. */
static int smhi_posix_set_up(int fd)
{
    int on = 1;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return errno;
#ifdef FD_CLOEXEC /* where there is no exec, as in Zephyr, there is none */
    fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
#ifdef SO_NOSIGPIPE
    if (setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) < 0)
        return errno;
#endif
    /* Only faster; nothing is lost if it fails. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return 0;
}

/* The ms left for this address: without end if it is the last. */
static uint32_t smhi_posix_patience(const smh_posix *posix)
{
    uint32_t passed = smhi_posix_now_ms(NULL) - posix->begun;
    if (!smhi_posix_more(posix))
        return UINT32_MAX;
    return passed < SMH_POSIX_PATIENCE_MS ? SMH_POSIX_PATIENCE_MS - passed : 0;
}

/* Returns 0 if connected, -1 if not yet, or errno. */
static int smhi_posix_connected(const smh_posix *posix)
{
    int code = 0;
    socklen_t size = sizeof code;
    if (smhi_posix_poll(posix, SMH_WANT_WRITE, 0) <= 0)
        return smhi_posix_patience(posix) == 0 ? ETIMEDOUT : -1;
    if (getsockopt(posix->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        return errno;
    return code;
}

/* Begins with the next address.  Returns 0, -1 or errno as above. */
static int smhi_posix_begin(smh_posix *posix, uint16_t number)
{
    struct sockaddr_storage *to = &posix->addresses[posix->next++];
    socklen_t size = smhi_posix_size(to);
    int type = SOCK_STREAM;
    int code;
#ifdef SOCK_CLOEXEC
    type |= SOCK_CLOEXEC; /* no gap for another thread's exec */
#endif
    posix->begun = smhi_posix_now_ms(NULL);
    if (size == 0)
        return EAFNOSUPPORT;
    smhi_posix_set_number(to, number);
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

static int smhi_posix_connect(smh_posix *posix, uint16_t number)
{
    int code = posix->opened ? smhi_posix_connected(posix)
                             : smhi_posix_begin(posix, number);
    while (code > 0 && smhi_posix_more(posix)) {
        smhi_posix_close_fd(posix);
        code = smhi_posix_begin(posix, number);
    }
    if (code < 0) {
        posix->want = SMH_WANT_WRITE;
        return SMH_AGAIN;
    }
    smhi_posix_forget(posix);
    posix->want = 0;
    if (code == 0)
        return 1;
    smhi_posix_close_fd(posix);
    /* A reset of what was never open is a refusal. */
    if (code == ECONNRESET || code == EPIPE)
        return smhi_posix_end(posix, SMH_E_NETWORK, code);
    return smhi_posix_fail(posix, code);
}

/* ---- the port ------------------------------------------------------------ */

/* Begins an opening; a struct that was not zeroed may hold any resolve. */
static int smhi_posix_start(smh_posix *posix)
{
    memset(&posix->diag, 0, sizeof posix->diag);
    posix->diag.stage = SMH_STAGE_SET_UP;
    if (posix->mark != SMHI_POSIX_MARK && posix->mark != 0)
        return smhi_posix_end(posix, SMH_E_PORT, 0);
    posix->mark = SMHI_POSIX_MARK;
    smhi_posix_close_fd(posix);
    memset(posix->addresses, 0, sizeof posix->addresses);
    posix->next = 0;
    posix->eai = 0;
    return 1;
}

static int smhi_posix_open(void *ctx, const char *host, uint16_t number)
{
    smh_posix *posix = (smh_posix *)ctx;
    int result = 1;
    if (posix->mark != SMHI_POSIX_MARK || posix->opening == SMH_STAGE_NONE)
        result = smhi_posix_start(posix);
    if (result == 1 && posix->opening != SMH_STAGE_CONNECT)
        result = smhi_posix_find(posix, host);
    if (result != 1)
        return result;
    posix->diag.stage = SMH_STAGE_CONNECT;
    return smhi_posix_connect(posix, number);
}

/* Begins a transfer.  Returns 1, or SMH_E_CLOSED if it is not open. */
static int smhi_posix_usable(smh_posix *posix, uint8_t stage)
{
    posix->diag.stage = SMH_STAGE_NONE;
    if (posix->mark != SMHI_POSIX_MARK || !posix->opened ||
        posix->opening != SMH_STAGE_NONE)
        return smhi_posix_end(posix, SMH_E_CLOSED, 0);
    posix->diag.stage = stage;
    return 1;
}

/* What a transfer came to: bytes, or errno told apart. */
static int smhi_posix_moved(smh_posix *posix, ssize_t moved, uint8_t want)
{
    int code = errno;
    posix->want = 0;
    if (moved > 0)
        return (int)moved;
    if (code != EAGAIN && code != EWOULDBLOCK && code != EINTR)
        return smhi_posix_fail(posix, code);
    posix->want = want;
    return SMH_AGAIN;
}

/* Whoever cannot send wants to see as well whether an answer says why. */
static int smhi_posix_send(void *ctx, const void *data, size_t size)
{
    smh_posix *posix = (smh_posix *)ctx;
    int result = smhi_posix_usable(posix, SMH_STAGE_WRITE);
    if (result != 1)
        return result;
    if (size > INT_MAX)
        size = INT_MAX;
    result = smhi_posix_moved(posix, send(posix->fd, data, size, MSG_NOSIGNAL),
                              SMH_WANT_READ | SMH_WANT_WRITE);
    if (result > 0)
        posix->diag.sent += (uint32_t)result;
    if (result > 0 && posix->vain == SMHI_POSIX_VAIN_AGAIN)
        posix->vain = SMHI_POSIX_VAIN;
    return result;
}

static int smhi_posix_read(smh_posix *posix, void *data, size_t size)
{
    ssize_t moved;
    if (size > INT_MAX)
        size = INT_MAX;
    moved = recv(posix->fd, data, size, 0);
    if (moved == 0) /* orderly */
        return smhi_posix_end(posix, SMH_E_CLOSED, 0);
    return smhi_posix_moved(posix, moved, SMH_WANT_READ);
}

/* Reads into the buffer, which is empty.  A short read has left nothing behind,
 * and a wait that ended with nothing has found nothing: then SMH_AGAIN is said
 * without a system call, once, and once more behind a send.  So whoever is told
 * by other means that there is something asks twice at most. */
static int smhi_posix_fill(smh_posix *posix)
{
    int result;
    if (posix->vain & SMHI_POSIX_VAIN) {
        posix->vain &= SMHI_POSIX_VAIN_AGAIN;
        posix->want = SMH_WANT_READ;
        return SMH_AGAIN;
    }
    result = smhi_posix_read(posix, posix->buffer, posix->size);
    posix->at = 0;
    posix->end = result > 0 ? (size_t)result : 0;
    posix->vain = 0;
    if (result == SMH_AGAIN)
        posix->vain = SMHI_POSIX_VAIN_AGAIN;
    else if (result > 0 && posix->end < posix->size)
        posix->vain = SMHI_POSIX_VAIN | SMHI_POSIX_VAIN_AGAIN;
    return result;
}

/* Takes from the buffer what it holds. */
static int smhi_posix_take(smh_posix *posix, void *data, size_t size)
{
    int result = posix->at < posix->end ? 1 : smhi_posix_fill(posix);
    if (result < 0)
        return result;
    if (size > posix->end - posix->at)
        size = posix->end - posix->at;
    memcpy(data, posix->buffer + posix->at, size);
    posix->at += size;
    return (int)size;
}

static int smhi_posix_recv(void *ctx, void *data, size_t size)
{
    smh_posix *posix = (smh_posix *)ctx;
    int result = smhi_posix_usable(posix, SMH_STAGE_READ);
    if (result != 1)
        return result;
    posix->want = 0;
    result = posix->buffer != NULL && posix->size != 0
                 ? smhi_posix_take(posix, data, size)
                 : smhi_posix_read(posix, data, size);
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
    if (posix->mark != SMHI_POSIX_MARK)
        return 1;
    if (posix->opened && at_once)
        setsockopt(posix->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    smhi_posix_forget(posix);
    smhi_posix_close_fd(posix);
    return 1;
}

/* The ms that may pass before it has to look again, whatever comes. */
static uint32_t smhi_posix_longest(const smh_posix *posix)
{
    uint32_t patience;
    if (posix->opening == SMH_STAGE_RESOLVE)
        return SMHI_POSIX_NAP;
    if (posix->opening == SMH_STAGE_NONE)
        return INT_MAX;
    patience = smhi_posix_patience(posix);
    return patience < INT_MAX ? patience : INT_MAX;
}

static int smhi_posix_wait(void *ctx, uint32_t ms)
{
    smh_posix *posix = (smh_posix *)ctx;
    uint32_t most = smhi_posix_longest(posix);
    uint32_t now = ms < most ? ms : most;
    int ready;
    if (posix->opening == SMH_STAGE_RESOLVE)
        return poll(NULL, 0, (int)now) == 0 && now == ms ? SMH_AGAIN : 1;
    if (!posix->opened || posix->want == 0)
        return 1;
    if (posix->want & SMH_WANT_READ && posix->at < posix->end)
        return 1;
    ready = smhi_posix_poll(posix, posix->want, (int)now);
    if (ready == 0 && posix->want & SMH_WANT_READ)
        posix->vain |= SMHI_POSIX_VAIN;
    if (ready == 0 && now == ms)
        return SMH_AGAIN;
    posix->want = 0;
    return 1;
}

/* ---- words --------------------------------------------------------------- */

#if SMH_WORDS
static const char *smhi_posix_why(const smh_posix *posix)
{
    const smh_diag *diag = &posix->diag;
    if (diag->code != 0)
        return posix->eai ? gai_strerror(diag->code) : strerror(diag->code);
    switch (diag->result) {
    case 0:
        return "no answer yet";
    case SMH_E_PORT:
        return "resolve() returned what it may not";
    case SMH_E_MEMORY:
        return "out of memory";
    case SMH_E_RESOLVE:
        return "no address";
    default:
        return "closed by the server";
    }
}

/* Adds the address of a connection, and how many there were. */
static void smhi_posix_put_address(smh_text *text, const smh_posix *posix)
{
    const struct sockaddr_storage *to = &posix->addresses[posix->next - 1];
    char name[64], number[8];
    if (getnameinfo((const struct sockaddr *)to, smhi_posix_size(to), name,
                    sizeof name, number, sizeof number,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    smh_put_words(text, posix->diag.code == ECONNREFUSED ? " by " : ", to ");
    smh_put_words(text, to->ss_family == AF_INET6 ? "[" : "");
    smh_put_words(text, name);
    smh_put_words(text, to->ss_family == AF_INET6 ? "]:" : ":");
    smh_put_words(text, number);
    if (posix->next == 1)
        return;
    smh_put_words(text,
                  smhi_posix_more(posix) ? ", number " : ", the last of ");
    smh_put_number(text, posix->next, 10, 1);
    smh_put_words(text, smhi_posix_more(posix) ? "" : " addresses");
}

static void smhi_posix_explain(void *ctx, smh_text *text)
{
    const smh_posix *posix = (const smh_posix *)ctx;
    const smh_diag *diag = &posix->diag;
    if (posix->mark != SMHI_POSIX_MARK || diag->stage == SMH_STAGE_NONE) {
        smh_put_words(text, posix->mark == SMHI_POSIX_MARK || posix->mark == 0
                                ? "not opened"
                                : "not opened: the struct was not zeroed");
        return;
    }
    smh_put_diag(text, diag);
    if (diag->result != 0 || diag->stage == SMH_STAGE_RESOLVE)
        smh_put_words(text, smhi_posix_why(posix));
    if (diag->stage == SMH_STAGE_CONNECT && diag->result != SMH_E_MEMORY)
        smhi_posix_put_address(text, posix);
}
#else
#define smhi_posix_explain NULL
#endif

/* ---- the table ----------------------------------------------------------- */

SMH_API smh_port smh_posix_port(smh_posix *posix)
{
    static const smh_port_ops ops = {smhi_posix_open,
                                     smhi_posix_send,
                                     smhi_posix_recv,
                                     smhi_posix_close,
                                     smhi_posix_now_ms,
                                     smhi_posix_wait,
                                     0,
                                     smhi_posix_explain};
    smh_port port;
    port.ops = &ops;
    port.ctx = posix;
    return port;
}

#ifdef __cplusplus
#pragma GCC diagnostic pop
}
#endif
#endif /* _POSIX_C_SOURCE */
#endif /* SMH_POSIX_IMPLEMENTATION */

/* LICENCE: 0BSD, word for word at the end of smh_token.h, which it needs. */
