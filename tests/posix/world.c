#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "words.h"

smh_posix tcp;
smh_port port;
int listener = -1;
int peer = -1;
uint16_t number;
const char *const *resolved;
struct no_look_up no_look_up;

int listen_on(const char *address, uint16_t at)
{
    struct addrinfo hints;
    struct addrinfo *list;
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char host[64], service[8];
    int fd;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
    snprintf(service, sizeof service, "%u", at);
    assert_int_equal(getaddrinfo(address, service, &hints, &list), 0);
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, list->ai_addr, list->ai_addrlen), 0);
    freeaddrinfo(list);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &size), 0);
    assert_int_equal(getnameinfo((struct sockaddr *)&bound, size, host,
                                 sizeof host, service, sizeof service,
                                 NI_NUMERICHOST | NI_NUMERICSERV),
                     0);
    number = (uint16_t)atoi(service);
    return fd;
}

int set_up(void **state)
{
    static const char *const loopback[] = {"127.0.0.1", NULL};
    (void)state;
    memset(&tcp, 0, sizeof tcp);
    port = smh_posix_port(&tcp);
    resolved = NULL;
    no_look_up.eai = 0;
    listener = listen_on("127.0.0.1", 0);
    resolved = loopback;
    return 0;
}

void drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int tear_down(void **state)
{
    (void)state;
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    drop(&peer);
    drop(&listener);
    return 0;
}

int open_to(const char *host)
{
    int result;
    while ((result = port.ops->open(port.ctx, host, number)) == SMH_AGAIN)
        assert_int_equal(port.ops->wait(port.ctx, 10000), 1);
    return result;
}

void connect_both(void)
{
    assert_int_equal(open_to("service.test"), 1);
    peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
}

int receive(void *data, size_t size)
{
    int result;
    while ((result = port.ops->recv(port.ctx, data, size)) == SMH_AGAIN)
        assert_int_equal(port.ops->wait(port.ctx, 10000), 1);
    return result;
}

const char *words(void)
{
    static char text[200];
    return words_of(port, text, sizeof text);
}

void says(const char *format)
{
    char wanted[200];
    snprintf(wanted, sizeof wanted, format, (unsigned)number);
    assert_string_equal(words(), wanted);
}

void reset(void)
{
    struct linger none = {1, 0};
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &none,
                                sizeof none),
                     0);
    drop(&peer);
}

int __real_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list);

int __wrap_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list)
{
    const char *const *address;
    if (no_look_up.eai != 0) {
        errno = no_look_up.code;
        return no_look_up.eai;
    }
    if (resolved == NULL)
        return __real_getaddrinfo(host, service, hints, list);
    assert_int_equal(hints->ai_socktype, SOCK_STREAM);
    assert_int_equal(hints->ai_protocol, IPPROTO_TCP);
    for (address = resolved; *address != NULL; address++) {
        int result = __real_getaddrinfo(*address, service, hints, list);

        if (result != 0)
            return result;
        list = &(*list)->ai_next;
    }
    return 0;
}

smh_port trusted(smh_posix *of)
{
    static smh_port_ops ops;
    smh_port made = smh_posix_port(of);
    ops = *made.ops;
    ops.secure = 1;
    made.ops = &ops;
    return made;
}

const smh_scope *scope_of_alice(void)
{
    static const char *const ids[] = {"alice"};
    static const smh_list users = {ids, 1};
    static smh_scope scope;
    scope.host = "service.test";
    scope.port = number;
    scope.library_id = "smh0test";
    scope.library_secret = "secret";
    scope.users = &users;
    return &scope;
}
