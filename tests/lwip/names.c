#include "names.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net.h"

enum {
    HEADER = 12,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    NO_SUCH_NAME = 3,
    MESSAGE_MAX = 512,
    LATE_MS = 400
};

static const struct {
    const char *name, *four, *six;
    int late_ms;
} names[] = {
    {"both.test", NET_SERVER_4, NET_SERVER_6, 0},
    {"four.test", NET_SERVER_4, NULL, 0},
    {"six.test", NULL, NET_SERVER_6, 0},
    {"gap.test", NET_ELSEWHERE_4, NET_SERVER_6, 0},
    {"late.test", NET_SERVER_4, NULL, LATE_MS},
    {"later.test", NET_SERVER_4, NULL, LATE_MS},
};
enum { NAMES = sizeof names / sizeof *names };

/* The name of the question with dots; the bytes behind it, or NULL. */
static const unsigned char *read_name(const unsigned char *at,
                                      const unsigned char *end, char *name)
{
    while (at < end && *at && *at < 64 && at + *at < end) {
        memcpy(name, at + 1, *at);
        name += *at;
        *name++ = '.';
        at += *at + 1;
    }
    name[at < end && !*at ? -1 : 0] = '\0';
    return at < end && !*at ? at + 1 : NULL;
}

static size_t add_answer(unsigned char *to, int type, const char *address)
{
    /* the question's name, its type, class IN, a TTL of one second */
    const unsigned char head[] = {0xc0, HEADER, 0, (unsigned char)type,
                                  0,    1,      0, 0,
                                  0,    1,      0};
    int size = type == TYPE_A ? 4 : 16;

    memcpy(to, head, sizeof head);
    to[sizeof head] = (unsigned char)size;
    inet_pton(type == TYPE_A ? AF_INET : AF_INET6, address,
              to + sizeof head + 1);
    return sizeof head + 1 + (size_t)size;
}

/* Turns a question into its answer: its bytes, or 0 if it is none. */
static size_t answer(unsigned char *message, size_t size)
{
    char name[MESSAGE_MAX + 1];
    const unsigned char *end = message + size;
    const unsigned char *type = read_name(message + HEADER, end, name);
    const char *address;
    size_t i = 0;

    if (!type || end - type < 4)
        return 0;
    size = (size_t)(type + 4 - message);
    while (i < NAMES && strcmp(name, names[i].name) != 0)
        i++;
    message[2] = 0x84; /* an authoritative answer */
    message[3] = i < NAMES ? 0 : NO_SUCH_NAME;
    memset(message + 6, 0, 6);
    if (i == NAMES)
        return size;
    poll(NULL, 0, names[i].late_ms);
    address = type[1] == TYPE_A ? names[i].four : names[i].six;
    if (!address)
        return size;
    message[7] = 1;
    return size + add_answer(message + size, type[1], address);
}

static void *serve(void *unused)
{
    unsigned char message[MESSAGE_MAX + 64];
    struct sockaddr_in address, peer;
    socklen_t peer_size;
    ssize_t size;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)unused;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(53);
    inet_pton(AF_INET, NET_SERVER_4, &address.sin_addr);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("names");
        exit(1);
    }
    for (;;) {
        peer_size = sizeof peer;
        size = recvfrom(fd, message, MESSAGE_MAX, 0, (struct sockaddr *)&peer,
                        &peer_size);
        if (size < HEADER)
            continue;
        size = (ssize_t)answer(message, (size_t)size);
        if (size > 0)
            sendto(fd, message, (size_t)size, 0, (struct sockaddr *)&peer,
                   peer_size);
    }
    return NULL;
}

void names_start(void)
{
    static pthread_t thread;

    pthread_create(&thread, NULL, serve, NULL);
}
