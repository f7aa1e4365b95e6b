/* The port of a TLS modem in port/README.md, "modem.h", for the suite of the
 * contract: its driver here drives sockets instead of a modem, without TLS. */
#include "modem.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int one = -1; /* the socket, whose id is that of the last opening */
static short want;   /* what did not go on, for at_sleep() */

int at_open(const char *host, uint16_t port)
{
    static int last;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (strcmp(host, "localhost") != 0 || one >= 0)
        return 0;
    one = socket(AF_INET, SOCK_STREAM, 0);
    fcntl(one, F_SETFL, O_NONBLOCK);
    connect(one, (const struct sockaddr *)&to, sizeof to);
    return ++last;
}

static int ready(short events, int ms)
{
    struct pollfd socket = {.fd = one, .events = events};
    return poll(&socket, 1, ms) > 0 ? socket.revents : 0;
}

int at_state(int id)
{
    int code = 0;
    socklen_t size = sizeof code;
    char byte;
    (void)id;
    if (one < 0 || getsockopt(one, SOL_SOCKET, SO_ERROR, &code, &size) < 0 ||
        code != 0)
        return -1;
    if ((ready(POLLIN, 0) & POLLIN) && recv(one, &byte, 1, MSG_PEEK) <= 0)
        return -1;
    want = POLLOUT;
    return ready(POLLOUT, 0) ? 1 : 0;
}

static size_t moved(ssize_t bytes, short event)
{
    want = event;
    return bytes > 0 ? (size_t)bytes : 0;
}

size_t at_write(int id, const void *data, size_t size)
{
    (void)id;
    return moved(send(one, data, size, MSG_NOSIGNAL), POLLOUT);
}

size_t at_read(int id, void *data, size_t size)
{
    (void)id;
    return moved(recv(one, data, size, 0), POLLIN);
}

void at_drop(int id)
{
    (void)id;
    close(one);
    one = -1;
}

void at_sleep(uint32_t ms)
{
    ready((short)(want | POLLIN), ms < 60000 ? (int)ms : 60000);
}

uint32_t at_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec * 1000 + (uint32_t)(now.tv_nsec / 1000000);
}

smh_port contract_port(const char *host, uint16_t port)
{
    static modem state;
    static smh_port_ops ops;
    smh_port fresh = modem_port(&state);
    (void)host;
    (void)port;
    ops = *fresh.ops;
    ops.secure = 0;
    fresh.ops = &ops;
    return fresh;
}
