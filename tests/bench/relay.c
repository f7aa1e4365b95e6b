/* relay PORT TO MS: joins who connects to PORT of 127.0.0.1 with TO, at a round
 * trip of MS
 *
 * A byte is passed on half of MS after it came, and the first ones not before
 * MS more, in which the SYN and its answer would have travelled.  There is no
 * loss and no limit of bandwidth.  A line comes when it listens; after SIGTERM
 * it says what went through, in lines of a name and a number.  "out" is from
 * who connected; a trip is an answer that something was sent for, and the
 * connection itself.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS = 16, ROOM = 16384, HELD_MAX = 1 << 22, HEAD = 5 };

typedef long long ns;

typedef struct chunk {
    struct chunk *next;
    ns due;
    size_t size, gone; /* size 0: the end */
    char data[ROOM];
} chunk;

/* One direction of a connection. */
typedef struct way {
    int from, to;
    bool ended, shut; /* at its beginning; at its end, too */
    chunk *first, **last;
    size_t held;
    unsigned char head[HEAD]; /* of the TLS record that comes */
    size_t in_head, in_body;
} way;

typedef struct pair {
    bool used;
    ns ready;
    way ways[2]; /* out, in */
    int spoke;   /* the way of the last byte */
} pair;

static pair pairs[PAIRS];
static ns trip;
static unsigned long connections, trips, bytes[2], records[2];
static volatile sig_atomic_t ended;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void end(int number)
{
    (void)number;
    ended = 1;
}

static ns now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct sockaddr_in local(const char *port)
{
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int at_once(int fd)
{
    static const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static int listen_at(const char *port)
{
    static const int on = 1;
    struct sockaddr_in address = local(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, PAIRS) != 0)
        die("relay: listen");
    return fd;
}

/* ---- connections --------------------------------------------------------- */

static void way_begin(way *w, int from, int to)
{
    memset(w, 0, sizeof *w);
    w->from = from;
    w->to = to;
    w->last = &w->first;
}

static void begin(int listener, const char *to)
{
    struct sockaddr_in address = local(to);
    int client = accept(listener, NULL, NULL), server, i;
    for (i = 0; i < PAIRS && pairs[i].used; i++)
        continue;
    if (client < 0 || i == PAIRS)
        die("relay: accept");
    server = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(server, (struct sockaddr *)&address, sizeof address) != 0)
        die("relay: connect");
    at_once(client);
    at_once(server);
    way_begin(&pairs[i].ways[0], client, server);
    way_begin(&pairs[i].ways[1], server, client);
    pairs[i].used = true;
    pairs[i].spoke = 1;
    pairs[i].ready = now() + trip;
    connections++;
    trips++;
}

static void count(pair *p, int k, const chunk *c)
{
    way *w = &p->ways[k];
    size_t i = 0;
    bytes[k] += c->size;
    if (k == 1 && p->spoke == 0)
        trips++;
    p->spoke = k;
    while (i < c->size) {
        size_t body = c->size - i < w->in_body ? c->size - i : w->in_body;
        i += body;
        w->in_body -= body;
        if (i == c->size)
            break;
        w->head[w->in_head++] = (unsigned char)c->data[i++];
        if (w->in_head == HEAD) {
            w->in_head = 0;
            w->in_body = (size_t)w->head[3] << 8 | w->head[4];
            records[k]++;
        }
    }
}

static void take(pair *p, int k)
{
    way *w = &p->ways[k];
    chunk *c = malloc(sizeof *c);
    ssize_t n;
    if (!c)
        die("relay");
    n = recv(w->from, c->data, sizeof c->data, 0);
    c->next = NULL;
    c->size = n > 0 ? (size_t)n : 0;
    c->gone = 0;
    c->due = now();
    if (c->due < p->ready)
        c->due = p->ready;
    c->due += trip / 2;
    w->ended = n <= 0;
    w->held += c->size;
    *w->last = c;
    w->last = &c->next;
    if (c->size != 0)
        count(p, k, c);
}

/* What an end does not take any more is thrown away. */
static void pass(way *w)
{
    chunk *c = w->first;
    ssize_t n = send(w->to, c->data + c->gone, c->size - c->gone, MSG_NOSIGNAL);
    if (c->size == 0)
        shutdown(w->to, SHUT_WR);
    w->shut = c->size == 0;
    c->gone = n < 0 ? c->size : c->gone + (size_t)n;
    if (c->gone < c->size)
        return;
    w->held -= c->size;
    w->first = c->next;
    if (!w->first)
        w->last = &w->first;
    free(c);
}

/* ---- all of them --------------------------------------------------------- */

static ns watch(const way *w, fd_set *from, fd_set *to, ns time, ns until)
{
    if (!w->ended && w->held < HELD_MAX)
        FD_SET(w->from, from);
    if (w->first && w->first->due <= time)
        FD_SET(w->to, to);
    else if (w->first && w->first->due < until)
        return w->first->due;
    return until;
}

static void serve(pair *p, const fd_set *from, const fd_set *to)
{
    int k;
    for (k = 0; k < 2; k++) {
        way *w = &p->ways[k];
        if (w->first && w->first->due <= now() && FD_ISSET(w->to, to))
            pass(w);
        if (!w->ended && FD_ISSET(w->from, from))
            take(p, k);
    }
    if (!p->ways[0].shut || !p->ways[1].shut)
        return;
    close(p->ways[0].from);
    close(p->ways[0].to);
    p->used = false;
}

static void turn(int listener, const char *server, const sigset_t *mask)
{
    ns time = now(), until = time + 1000000000LL;
    struct timespec wait = {0};
    fd_set from, to;
    int i, k;
    FD_ZERO(&from);
    FD_ZERO(&to);
    FD_SET(listener, &from);
    for (i = 0; i < PAIRS; i++)
        for (k = 0; pairs[i].used && k < 2; k++)
            until = watch(&pairs[i].ways[k], &from, &to, time, until);
    wait.tv_sec = (until - time) / 1000000000LL;
    wait.tv_nsec = (until - time) % 1000000000LL;
    if (pselect(FD_SETSIZE, &from, &to, NULL, &wait, mask) < 0)
        return;
    for (i = 0; i < PAIRS; i++)
        if (pairs[i].used)
            serve(&pairs[i], &from, &to);
    if (FD_ISSET(listener, &from))
        begin(listener, server);
}

int main(int argc, char **argv)
{
    struct sigaction action = {0};
    sigset_t term, none;
    int listener;
    if (argc != 4)
        return 2;
    listener = listen_at(argv[1]);
    trip = atoll(argv[3]) * 1000000LL;
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    action.sa_handler = end;
    sigaction(SIGTERM, &action, NULL);
    puts("listens 1");
    fflush(stdout);
    while (!ended)
        turn(listener, argv[2], &none);
    printf("connections %lu\ntrips %lu\nout.bytes %lu\nin.bytes %lu\n"
           "out.records %lu\nin.records %lu\n",
           connections, trips, bytes[0], bytes[1], records[0], records[1]);
    return 0;
}
