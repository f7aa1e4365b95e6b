/* relay PORT: joins its standard input, a socket, with PORT of 127.0.0.1
 *
 * For QEMU's guestfwd.  Passes on how a connection ends, so that the firmware
 * sees what a real peer would do: an end as an end, a reset and a refusal as a
 * reset.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GUEST = 0, ROOM = 16384 };

static int reset(int fd)
{
    struct linger none = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return 1;
}

static int connect_to(const char *port)
{
    struct sockaddr_in address = {0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    return -1;
}

static int send_all(int fd, const char *data, ssize_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, (size_t)size, MSG_NOSIGNAL);
        if (n < 0)
            return -1;
        data += n;
        size -= n;
    }
    return 0;
}

/* 1: there may be more, 0: that was the end, -1: reset. */
static int pass(int from, int to)
{
    char data[ROOM];
    ssize_t n = recv(from, data, sizeof data, 0);
    if (n > 0)
        return send_all(to, data, n) == 0 ? 1 : -1;
    if (n < 0)
        return -1;
    shutdown(to, SHUT_WR);
    return 0;
}

int main(int argc, char **argv)
{
    int server = argc == 2 ? connect_to(argv[1]) : -1, i;
    struct pollfd ends[2] = {{GUEST, POLLIN, 0}, {server, POLLIN, 0}};
    if (server < 0)
        return reset(GUEST);
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        if (poll(ends, 2, -1) < 0)
            return 1;
        for (i = 0; i < 2; i++) {
            int more = 1;
            if (ends[i].fd >= 0 && ends[i].revents)
                more = pass(ends[i].fd, i ? GUEST : server);
            if (more < 0)
                return reset(GUEST), reset(server);
            if (more == 0)
                ends[i].fd = -1;
        }
    }
    return 0;
}
