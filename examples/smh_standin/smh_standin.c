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
#include "service.h"

enum { LISTENERS = 2, SECRET_MAX = 4096, LINE_MAX_DEFAULT = 8000 };

typedef struct options {
    channel_options tls;
    connection_options connection;
    const char *address, *port, *admin, *library, *secret_file, *log;
    bool plain;
} options;

typedef struct server {
    options options;
    service service;
    char secret[SECRET_MAX];
    int listener[LISTENERS]; /* the service, and the admin port or -1 */
    connection *connections;
    FILE *log;
    size_t logged; /* octets of the journal */
    struct pollfd *polled;
} server;

static int stop_pipe[2];

static void on_signal(int number)
{
    ssize_t ignored = write(stop_pipe[1], "", 1);

    (void)number;
    (void)ignored;
}

/* ---- command line -------------------------------------------------------- */

#define FAULT_HELP(id, name, missing, text)                                    \
    fprintf(to, "    %-16s %s\n", name, text);

static void help(FILE *to)
{
    fputs(
        "usage: smh_standin --library ID --secret-file FILE "
        "--cert FILE --key FILE\n"
        "       smh_standin --library ID --secret-file FILE --plain\n"
        "    --address ADDR   to listen on (127.0.0.1)\n"
        "    --port N         0: the kernel's choice (0)\n"
        "    --plain          no TLS\n"
        "    --admin-port N   another on 127.0.0.1, plain, no faults\n"
        "    --fault SPEC     N:KIND[:ARG], may be repeated\n"
        "    --log FILE       what GET /standin/log tells\n"
        "    --line-max N     octets of a request line (8000)\n"
        "    --max-requests-per-connection N\n"
        "    --max-fragment N 512, 1024, 2048 or 4096 octets of a record\n"
        "    --tls V          1.1, 1.2 or 1.3, and no other version\n"
        "Prints \"port N\", and \"admin N\" if asked for, when it is ready; "
        "ends on\n"
        "SIGTERM and SIGINT.\n\n"
        "A token is made by a GET on either port; with \"admin N\",\n"
        "and %20 for a blank:\n\n"
        "    curl -G http://127.0.0.1:N/api/v1/token -d library_id=ID \\\n"
        "        -d library_secret=SECRET -d user_id=alice "
        "-d client_id=phone\n\n"
        "GET  /standin/tokens     a line \"user client session\" each\n"
        "GET  /standin/log        number connection method target status, and\n"
        "                         tls connection version suite name "
        "full|resumed\n"
        "POST /standin/faults?fault=SPEC&...  replaces all, numbers begin at "
        "1\n"
        "POST /standin/reset      forgets tokens, faults, log and numbers\n\n"
        "Faults, as in 3:delay:200; N counts revocations, * stands for all.\n"
        "Those with a * below happen instead of the revocation.\n",
        to);
    FAULTS(FAULT_HELP)
}

static void usage(const char *what, const char *which)
{
    fprintf(stderr, "smh_standin: %s %s\n", what, which);
    exit(2);
}

static unsigned long number(const char *s, const char *option)
{
    char *end;
    unsigned long n = strtoul(s, &end, 10);

    if (*s < '0' || *s > '9' || *end || n > 1000000)
        usage("not a number for", option);
    return n;
}

static bool is(const char *arg, const char *option)
{
    return strcmp(arg, option) == 0;
}

static const char **text_option(options *o, const char *arg)
{
    const struct {
        const char *name, **to;
    } texts[] = {
        {"--cert", &o->tls.cert},   {"--key", &o->tls.key},
        {"--tls", &o->tls.version}, {"--address", &o->address},
        {"--port", &o->port},       {"--admin-port", &o->admin},
        {"--library", &o->library}, {"--secret-file", &o->secret_file},
        {"--log", &o->log},
    };
    size_t i;

    for (i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is(arg, texts[i].name))
            return texts[i].to;
    return NULL;
}

static void take_option(server *s, const char *arg, const char *value)
{
    options *o = &s->options;
    const char **to = text_option(o, arg);

    if (!value)
        usage("no value for", arg);
    if (to)
        *to = value;
    else if (is(arg, "--fault")) {
        if (!faults_add(&s->service.faults, value))
            usage("not a fault:", value);
    } else if (is(arg, "--line-max"))
        o->connection.line_max = number(value, arg);
    else if (is(arg, "--max-requests-per-connection"))
        o->connection.max_requests = number(value, arg);
    else if (is(arg, "--max-fragment"))
        o->tls.max_fragment = (unsigned)number(value, arg);
    else
        usage("unknown option", arg);
}

static void take_options(server *s, char **argv)
{
    options *o = &s->options;

    o->address = "127.0.0.1";
    o->port = "0";
    o->connection.line_max = LINE_MAX_DEFAULT;
    while (*++argv) {
        if (is(*argv, "--help")) {
            help(stdout);
            exit(0);
        }
        if (is(*argv, "--plain")) {
            o->plain = true;
            continue;
        }
        take_option(s, argv[0], argv[1]);
        argv++;
    }
    if (!o->library || !o->secret_file || (!o->plain && !o->tls.cert) ||
        !o->tls.key != !o->tls.cert)
        usage("wanted: library, secret-file and cert with key, see", "--help");
}

static void read_secret(server *s)
{
    FILE *from = fopen(s->options.secret_file, "r");

    if (!from || !fgets(s->secret, sizeof s->secret, from))
        usage("cannot read", s->options.secret_file);
    fclose(from);
    s->secret[strcspn(s->secret, "\r\n")] = '\0';
    if (!*s->secret)
        usage("no secret in", s->options.secret_file);
    s->service.secret = s->secret;
    s->service.library = s->options.library;
}

/* ---- sockets ------------------------------------------------------------- */

static void set_non_blocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int listen_on(const char *address, const char *port)
{
    struct addrinfo hints = {0}, *found;
    int fd, one = 1;

    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(address, port, &hints, &found) != 0)
        usage("not an address with a port:", address);
    fd = socket(found->ai_family, found->ai_socktype, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(fd, 128) != 0)
        usage("cannot listen:", strerror(errno));
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
        usage("no name of", what);
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

    while (*link) {
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
    if (!s->log || journal->size == s->logged)
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
    for (c = s->connections; c; c = c->next) {
        short events = connection_events(c);
        int ms = connection_timeout(c);

        add_polled(s, &count, events ? c->channel.fd : -1, events);
        if (ms >= 0 && (timeout < 0 || ms < timeout))
            timeout = ms;
    }
    return poll(s->polled, (nfds_t)count, timeout) >= 0 || errno == EINTR;
}

static void run(server *s)
{
    do {
        if (s->polled) {
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
        usage("no pipe:", strerror(errno));
    set_non_blocking(stop_pipe[0]);
    set_non_blocking(stop_pipe[1]);
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    s->listener[0] = listen_on(s->options.address, s->options.port);
    s->listener[1] =
        s->options.admin ? listen_on("127.0.0.1", s->options.admin) : -1;
    tell_port("port", s->listener[0]);
    if (s->options.admin)
        tell_port("admin", s->listener[1]);
    fflush(stdout);
}

static void finish(server *s)
{
    while (s->connections) {
        connection *next = s->connections->next;

        connection_free(s->connections);
        s->connections = next;
    }
    tokens_clear(&s->service.tokens);
    text_free(&s->service.journal);
    free(s->polled);
    if (s->log)
        fclose(s->log);
    channel_teardown();
}

int main(int argc, char **argv)
{
    static server s;

    (void)argc;
    take_options(&s, argv);
    read_secret(&s);
    if (s.options.plain)
        s.options.tls.cert = NULL;
    if (!channel_setup(&s.options.tls))
        return 1;
    if (s.options.log && !(s.log = fopen(s.options.log, "w")))
        usage("cannot write", s.options.log);
    start(&s);
    run(&s);
    finish(&s);
    return 0;
}
