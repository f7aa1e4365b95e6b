#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cmocka_all.h"

enum { PATIENCE_MS = 10000 };

void (*peer_turn)(void);

static int listener = -1;
static int peer = -1;

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 1 if it is ready within ms; the stack goes on meanwhile. */
static int ready(int fd, short events, int ms)
{
    struct pollfd one = {fd, events, 0};
    long begun = now_ms();

    do {
        if (peer_turn != NULL)
            peer_turn();
        if (poll(&one, 1, peer_turn != NULL ? 0 : ms) > 0)
            return 1;
    } while (now_ms() - begun < ms);
    return 0;
}

static void drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

uint16_t peer_listen(const char *address)
{
    struct sockaddr_in to;
    socklen_t size = sizeof to;

    drop(&listener);
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    assert_int_equal(inet_pton(AF_INET, address, &to.sin_addr), 1);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&to, size), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&to, &size), 0);
    return ntohs(to.sin_port);
}

void peer_refuse(void)
{
    drop(&listener);
}

void peer_accept(void)
{
    drop(&peer);
    assert_true(ready(listener, POLLIN, PATIENCE_MS));
    peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
}

void peer_send(const void *data, size_t size)
{
    const char *at = (const char *)data;

    while (size > 0) {
        ssize_t n;

        assert_true(ready(peer, POLLOUT, PATIENCE_MS));
        n = send(peer, at, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        assert_true(n > 0);
        at += n;
        size -= (size_t)n;
    }
}

int peer_recv(void *data, size_t size, int ms)
{
    ssize_t n;

    if (!ready(peer, POLLIN, ms))
        return -2;
    n = recv(peer, data, size, 0);
    return n < 0 ? -1 : (int)n;
}

void peer_close(void)
{
    drop(&peer);
}

void peer_reset(void)
{
    struct linger none = {1, 0};

    if (peer >= 0)
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    drop(&peer);
}
