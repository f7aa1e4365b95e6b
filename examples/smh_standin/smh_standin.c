/* smh_standin - a small HTTPS service that keeps tokens in memory and
 * answers as the service is documented to, strict about what it is sent,
 * with faults on demand.  For tests and for trying things out: --help. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "connection.h"
#include "options.h"
#include "service.h"
#include "text.h"

enum { LISTENERS = 2 };

typedef struct server {
    options options;
    service service;
    text secret;
    int listener[LISTENERS]; /* the service, and the admin port or -1 */
    connection *connections;
    FILE *log;
    size_t logged; /* bytes of the journal */
    struct pollfd *polled;
} server;

static int stop_pipe[2];

static void on_signal(int number)
{
    ssize_t ignored = write(stop_pipe[1], "", 1);
    (void)number;
    (void)ignored;
}

static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "smh_standin: %s: %s\n", what, why);
    exit(1);
}

static void read_secret(server *s)
{
    const char *file = s->options.secret_file;
    if (!text_read(&s->secret, file))
        give_up(file, strerror(errno));
    text_cut(&s->secret, strcspn(s->secret.data, "\r\n"));
    if (s->secret.size == 0)
        give_up(file, "no secret in its first line");
    s->service.secret = s->secret.data;
    s->service.library = s->options.library;
}

/* ---- sockets ------------------------------------------------------------- */

static void set_non_blocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void cannot_listen(const char *address, const char *port)
{
    fprintf(stderr, "smh_standin: cannot listen on %s, port %s: %s\n", address,
            port, strerror(errno));
    exit(1);
}

static int listen_on(const char *address, const char *port)
{
    struct addrinfo hints = {0}, *found;
    int fd, one = 1;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(address, port, &hints, &found) != 0)
        give_up(address, "want an IP address of this machine");
    fd = socket(found->ai_family, found->ai_socktype, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(fd, 128) != 0)
        cannot_listen(address, port);
    freeaddrinfo(found);
    set_non_blocking(fd);
    return fd;
}

static void tell_port(const char *what, int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char port[16];
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, NULL, 0, port,
                    sizeof port, NI_NUMERICSERV) != 0)
        give_up(what, "its number cannot be found out");
    printf("%s %s\n", what, port);
}

static void accept_all(server *s, int which)
{
    bool tls = which == 0 && !s->options.plain;
    int fd, one = 1;
    while ((fd = accept(s->listener[which], NULL, NULL)) >= 0) {
        unsigned long number = which == 0 ? ++s->service.connections : 0;
        connection *c = connection_new(fd, tls, number, &s->options.connection,
                                       &s->service);
        set_non_blocking(fd);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->next = s->connections;
        s->connections = c;
    }
}

/* ---- the loop ------------------------------------------------------------ */

static void step_all(server *s)
{
    connection **link = &s->connections;
    while (*link != NULL) {
        connection *c = *link;
        if (connection_step(c)) {
            link = &c->next;
            continue;
        }
        *link = c->next;
        connection_free(c);
    }
}

static void write_log(server *s)
{
    const text *journal = &s->service.journal;
    if (journal->size < s->logged)
        s->logged = 0;
    if (s->log == NULL || journal->size == s->logged)
        return;
    fwrite(journal->data + s->logged, 1, journal->size - s->logged, s->log);
    fflush(s->log);
    s->logged = journal->size;
}

static void add_polled(server *s, size_t *count, int fd, short events)
{
    s->polled =
        (struct pollfd *)text_room(s->polled, (*count + 1) * sizeof *s->polled);
    s->polled[*count].fd = fd;
    s->polled[*count].revents = 0;
    s->polled[(*count)++].events = events;
}

/* A connection that waits for a time, not for its peer, is left out of poll,
 * so that a peer that hung up does not wake it all the time. */
static bool wait_all(server *s)
{
    size_t count = 0;
    int timeout = -1;
    connection *c;
    add_polled(s, &count, stop_pipe[0], POLLIN);
    add_polled(s, &count, s->listener[0], POLLIN);
    add_polled(s, &count, s->listener[1], POLLIN);
    for (c = s->connections; c != NULL; c = c->next) {
        short events = connection_events(c);
        int ms = connection_timeout(c);
        add_polled(s, &count, events != 0 ? c->channel.fd : -1, events);
        if (ms >= 0 && (timeout < 0 || ms < timeout))
            timeout = ms;
    }
    return poll(s->polled, (nfds_t)count, timeout) >= 0 || errno == EINTR;
}

static void run(server *s)
{
    do {
        if (s->polled != NULL) {
            accept_all(s, 0);
            if (s->listener[1] >= 0)
                accept_all(s, 1);
        }
        step_all(s);
        write_log(s);
    } while (wait_all(s) && !(s->polled[0].revents & POLLIN));
}

static void start(server *s)
{
    struct sigaction action = {0};
    if (pipe(stop_pipe) != 0)
        give_up("no pipe", strerror(errno));
    set_non_blocking(stop_pipe[0]);
    set_non_blocking(stop_pipe[1]);
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    s->listener[0] = listen_on(s->options.address, s->options.port);
    s->listener[1] = s->options.admin != NULL
                         ? listen_on("127.0.0.1", s->options.admin)
                         : -1;
    tell_port("port", s->listener[0]);
    if (s->options.admin != NULL)
        tell_port("admin", s->listener[1]);
    fflush(stdout);
}

static void finish(server *s)
{
    while (s->connections != NULL) {
        connection *next = s->connections->next;
        connection_free(s->connections);
        s->connections = next;
    }
    tokens_clear(&s->service.tokens);
    text_free(&s->service.journal);
    text_free(&s->secret);
    free(s->polled);
    if (s->log != NULL)
        fclose(s->log);
    channel_teardown();
}

int main(int argc, char **argv)
{
    static server s;
    s.options.faults = &s.service.faults;
    options_take(&s.options, argc, argv);
    read_secret(&s);
    if (s.options.plain)
        s.options.tls.cert = NULL;
    if (!channel_setup(&s.options.tls))
        return 1;
    if (s.options.log != NULL && (s.log = fopen(s.options.log, "w")) == NULL)
        give_up(s.options.log, strerror(errno));
    start(&s);
    run(&s);
    finish(&s);
    return 0;
}
