#include "peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "examples/smh_standin/channel.h"

enum { FILLERS = 8, RECEIVE_BUFFER = 1 << 15 };

static int listener = -1;
static bool secure, connected, opened, mute;
static channel peer;
static int fillers[FILLERS];

/* ---- certificates -------------------------------------------------------- */

void peer_serve(const char *name)
{
    static bool set_up;
    char cert[512], key[512];
    channel_options options = {.cert = cert, .key = key};
    const char *dir = getenv("SMH_PKI");
    peer_cut();
    if (set_up)
        channel_teardown();
    set_up = secure = name != NULL;
    if (!secure)
        return;
    if (dir == NULL)
        fail_msg("SMH_PKI is not set");
    snprintf(cert, sizeof cert, "%s/%s.pem", dir, name);
    snprintf(key, sizeof key, "%s/%s.key", dir, name);
    assert_true(channel_setup(&options));
}

/* ---- listening ----------------------------------------------------------- */

/* A socket bound to a free port. */
static int bound(struct sockaddr_in *to)
{
    const char *address = getenv("SMH_CONTRACT_ADDRESS");
    socklen_t size = sizeof *to;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memset(to, 0, sizeof *to);
    to->sin_family = AF_INET;
    if (inet_pton(AF_INET, address != NULL ? address : "127.0.0.1",
                  &to->sin_addr) != 1)
        fail_msg("SMH_CONTRACT_ADDRESS is no IPv4 address: %s", address);
    assert_int_equal(bind(fd, (struct sockaddr *)to, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)to, &size), 0);
    return fd;
}

uint16_t peer_listen(void)
{
    struct sockaddr_in to;
    int small = RECEIVE_BUFFER; /* it is soon full, where nobody reads */
    peer_cut();
    if (listener >= 0)
        close(listener);
    listener = bound(&to);
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(listen(listener, 5), 0);
    return ntohs(to.sin_port);
}

uint16_t peer_nobody(void)
{
    static int fd = -1;
    struct sockaddr_in to;
    if (fd >= 0)
        close(fd);
    fd = bound(&to);
    return ntohs(to.sin_port);
}

/* With one connection in its queue, a backlog of 0 is full. */
static void fill(void)
{
    struct sockaddr_in to;
    socklen_t size = sizeof to;
    int i;
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&to, &size), 0);
    for (i = 0; i < FILLERS; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fillers[i], (struct sockaddr *)&to, size);
    }
}

static void empty(void)
{
    int i, fd;
    for (i = 0; i < FILLERS; i++)
        close(fillers[i]);
    while ((fd = accept(listener, NULL, NULL)) >= 0)
        close(fd);
    assert_int_equal(listen(listener, 5), 0);
}

void peer_mute(bool on)
{
    mute = on;
    if (on)
        fill();
    else
        empty();
}

/* ---- the connection ------------------------------------------------------ */

/* Not what fills the queue of one that is mute: with room in it, a SYN that is
 * repeated after a second would be answered. */
static void accept_one(void)
{
    int fd = mute ? -1 : accept(listener, NULL, NULL);
    int on = 1;
    if (fd < 0)
        return;
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    channel_init(&peer, fd, secure);
    connected = true;
}

bool peer_turn(void)
{
    if (!connected)
        accept_one();
    if (connected && !opened)
        opened = channel_open(&peer) == 1;
    return opened;
}

static int result_of(int result)
{
    return result > 0                ? result
           : result == CHANNEL_AGAIN ? PEER_AGAIN
           : result == CHANNEL_END   ? PEER_END
                                     : PEER_FAILED;
}

int peer_send(const void *data, size_t size)
{
    assert_true(opened);
    return result_of(channel_write(&peer, data, size));
}

int peer_recv(void *data, size_t size)
{
    assert_true(opened);
    return result_of(channel_read(&peer, data, size));
}

void peer_end(void)
{
    assert_true(opened);
    channel_notify(&peer);
    if (!secure)
        shutdown(peer.fd, SHUT_WR);
}

void peer_close(void)
{
    peer_end();
    peer_cut();
}

void peer_cut(void)
{
    if (connected)
        channel_free(&peer);
    connected = opened = false;
}

void peer_reset(void)
{
    struct linger none = {1, 0};
    if (connected)
        setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    peer_cut();
}
