#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { LINGER_MS = 2000, REFUSE_MS = 300 };

enum {
    OPENING,
    STALLED, /* no handshake, ever */
    SERVING,
    CLOSING,   /* what is in out, then a close */
    DROPPING,  /* the same, without close_notify */
    DEAF,      /* reads, never answers */
    LINGERING, /* has closed, reads so that no reset overtakes the answer */
    OVER
};

connection *connection_new(int fd, bool tls, unsigned long number,
                           const connection_options *options, service *s)
{
    connection *c = (connection *)text_room(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    channel_init(&c->channel, fd, tls);
    c->number = number;
    c->options = options;
    c->service = s;
    c->request.line_max = options->line_max;
    return c;
}

void connection_free(connection *c)
{
    channel_free(&c->channel);
    http_request_free(&c->request);
    text_free(&c->out);
    free(c);
}

static bool go(connection *c, int state)
{
    c->state = state;
    return true;
}

/* ---- journal ------------------------------------------------------------- */

static void note_request(connection *c, int status)
{
    text *to = &c->service->journal;
    if (c->request.target.size >= 9 &&
        strncmp(c->request.target.data, "/standin/", 9) == 0)
        return;
    text_printf(to, c->revocation != 0 ? "%lu " : "- ", c->revocation);
    text_printf(to, c->number != 0 ? "%lu " : "- ", c->number);
    text_printf(to, "%s ",
                *c->request.method != '\0' ? c->request.method : "-");
    service_mask(c->service, &c->request, to);
    text_printf(to, status != 0 ? " %d\n" : " -\n", status);
}

static void note_handshake(connection *c, bool good)
{
    text *to = &c->service->journal;
    if (!c->channel.tls)
        return;
    text_printf(to, "tls %lu ", c->number);
    if (good)
        channel_facts(&c->channel, to);
    else
        text_printf(to, "failed -0x%04x", (unsigned)-c->channel.error);
    text_add(to, "\n", 1);
}

/* ---- answers ------------------------------------------------------------- */

static long fault_arg(const connection *c, int kind)
{
    return c->revocation != 0 ? c->fault.arg[kind] : -1;
}

static void pad(text *to, long kilobytes, const char *head, const char *tail)
{
    char line[1024];
    size_t size = sizeof line - strlen(head) - strlen(tail);
    memset(line, '.', sizeof line);
    for (; kilobytes > 0; kilobytes--) {
        text_add(to, head, strlen(head));
        text_add(to, line, size);
        text_add(to, tail, strlen(tail));
    }
}

static void write_interim(connection *c)
{
    long i, count = fault_arg(c, FAULT_INTERIM);
    for (i = 0; i < count; i++) {
        if (i % 2 == 0)
            text_printf(&c->out,
                        "HTTP/1.1 103 Early Hints\r\nLink: </%ld>\r\n"
                        "\r\n",
                        i);
        else
            text_printf(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    }
}

/* A fault's own answer. */
static void spoil(connection *c, http_answer *a)
{
    static const int kinds[] = {FAULT_STATUS, FAULT_EARLY, FAULT_EARLY_CLOSE};
    size_t i;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (fault_arg(c, kinds[i]) >= 0)
            http_error(a, (int)fault_arg(c, kinds[i]), NULL, "as told to");
    if (a->status >= 300 && a->status < 400)
        text_printf(&a->fields, "Location: https://localhost:1/stolen\r\n");
    if (fault_arg(c, FAULT_BIG) >= 0) {
        http_error(a, 503, NULL, "as told to");
        pad(&a->body, fault_arg(c, FAULT_BIG), "", "\n");
    }
}

/* How the connection goes on behind what is in out now. */
static void end_answer(connection *c)
{
    long middle = fault_arg(c, FAULT_CLOSE_MIDDLE);
    if (fault_arg(c, FAULT_JUNK) >= 0)
        text_printf(&c->out, "junk");
    if (middle >= 0) {
        text_cut(&c->out, middle != 0 ? (size_t)middle : c->out.size / 2);
        c->state = CLOSING;
    }
    if (fault_arg(c, FAULT_CLOSE_AFTER) >= 0 ||
        fault_arg(c, FAULT_EARLY_CLOSE) >= 0)
        c->state = CLOSING;
    if (fault_arg(c, FAULT_NO_NOTIFY) >= 0)
        c->state = DROPPING;
    if (fault_arg(c, FAULT_DELAY) >= 0)
        c->due = service_now() + (uint64_t)fault_arg(c, FAULT_DELAY);
}

/* No answer, and what the kernel has not delivered yet is lost as well. */
static void reset(connection *c)
{
    static const struct linger at_once = {1, 0};
    setsockopt(c->channel.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    note_request(c, 0);
    c->state = OVER;
}

/* True from the last request on that the connection is to serve; serve() closes
 * it a little later. */
static bool refuses_more(connection *c)
{
    long served = fault_arg(c, FAULT_REFUSE_AFTER);
    if (served >= 0 && c->requests >= (unsigned long)served)
        c->refusing = true;
    return c->refusing;
}

static void send_answer(connection *c, http_answer *a)
{
    unsigned long max = c->options->max_requests;
    bool last = a->close || (max != 0 && c->requests + 1 >= max);
    a->id = ++c->service->answers;
    c->requests++;
    a->close = refuses_more(c) || last;
    note_request(c, a->status);
    write_interim(c);
    if (fault_arg(c, FAULT_HEADERS) >= 0)
        pad(&a->fields, fault_arg(c, FAULT_HEADERS), "X-Pad: ", "\r\n");
    if (fault_arg(c, FAULT_RETRY_AFTER) >= 0)
        text_printf(&a->fields, "Retry-After: %ld\r\n",
                    fault_arg(c, FAULT_RETRY_AFTER));
    if (fault_arg(c, FAULT_GARBAGE) >= 0)
        text_printf(&c->out, "SSH-2.0-this is no HTTP\r\n\r\n");
    else
        http_write(a, &c->out);
    if (last)
        c->state = CLOSING;
    c->due = 0;
    end_answer(c);
}

/* True if there is to be no answer. */
static bool swallow(connection *c)
{
    if (fault_arg(c, FAULT_RESET) >= 0) {
        reset(c);
        return true;
    }
    if (fault_arg(c, FAULT_SILENT) >= 0)
        c->state = DEAF;
    else if (fault_arg(c, FAULT_CLOSE_BEFORE) >= 0)
        c->state = CLOSING;
    else
        return false;
    note_request(c, 0);
    return true;
}

/* ---- requests ------------------------------------------------------------ */

static bool misdirected(const connection *c)
{
    const char *name = c->channel.name;
    size_t size = strlen(name);
    return size != 0 &&
           (strncasecmp(c->request.host, name, size) != 0 ||
            (c->request.host[size] != '\0' && c->request.host[size] != ':'));
}

static void compose(connection *c, int status)
{
    http_answer a = {0};
    a.close = c->request.close;
    if (status != HTTP_COMPLETE) {
        a.close = true;
        http_error(&a, status, NULL, c->request.wrong);
    } else if (c->refusing) {
        http_error(&a, 503, NULL, "the connection has served its last request");
    } else if (!c->early && misdirected(c)) {
        http_error(&a, 421, NULL, "Host is not the name of the handshake");
    } else if (c->revocation != 0 && fault_instead(&c->fault)) {
        spoil(c, &a);
    } else {
        service_answer(c->service, &c->request, &a);
    }
    if (fault_arg(c, FAULT_LOST) >= 0)
        reset(c);
    else
        send_answer(c, &a);
    http_answer_free(&a);
}

static void next_request(connection *c)
{
    http_request_free(&c->request);
    memset(&c->request, 0, sizeof c->request);
    c->request.line_max = c->options->line_max;
    c->revocation = 0;
    c->early = false;
}

static void finish_request(connection *c, int status)
{
    if (c->early) {
        if (status != HTTP_COMPLETE || c->request.close)
            c->state = CLOSING;
    } else if (status != HTTP_COMPLETE || !swallow(c)) {
        compose(c, status);
    }
}

static bool is_revocation(const connection *c)
{
    return c->number != 0 && c->request.query &&
           strcmp(c->request.method, "DELETE") == 0;
}

/* The number is known as soon as the query begins. */
static void begin_revocation(connection *c)
{
    c->revocation = ++c->service->revocations;
    faults_find(&c->service->faults, c->revocation, &c->fault);
    if (fault_arg(c, FAULT_EARLY) >= 0 ||
        fault_arg(c, FAULT_EARLY_CLOSE) >= 0) {
        c->early = true;
        compose(c, HTTP_COMPLETE);
    }
}

/* Until an answer is to be sent or the input is used up. */
static bool take_requests(connection *c)
{
    bool progress = false;
    while (c->state == SERVING && c->out.size == 0 && c->in_at < c->in_size) {
        int status = http_feed(&c->request, (unsigned char)c->in[c->in_at++]);
        progress = true;
        if (c->revocation == 0 && is_revocation(c))
            begin_revocation(c);
        if (status != 0)
            finish_request(c, status);
        if (status != 0 && c->out.size == 0)
            next_request(c);
    }
    return progress;
}

/* ---- bytes in and out ---------------------------------------------------- */

static bool fill(connection *c)
{
    int n;
    if (c->in_at < c->in_size || c->in_ended || c->out.size != 0)
        return false;
    n = channel_read(&c->channel, c->in, sizeof c->in);
    if (n == CHANNEL_AGAIN)
        return false;
    c->in_at = 0;
    c->in_size = n > 0 ? (size_t)n : 0;
    c->in_ended = n < 0;
    if (n == CHANNEL_FAILED)
        c->state = OVER;
    return true;
}

static void sent(connection *c, size_t n)
{
    c->out_at += n;
    if (c->out_at < c->out.size) {
        if (fault_arg(c, FAULT_DRIP) >= 0)
            c->due = service_now() + (uint64_t)fault_arg(c, FAULT_DRIP);
        return;
    }
    text_cut(&c->out, 0);
    c->out_at = 0;
    if (!c->early)
        next_request(c);
    if (c->refusing)
        c->due = service_now() + REFUSE_MS;
}

static bool flush(connection *c)
{
    int n;
    if (c->out.size == 0 || service_now() < c->due)
        return false;
    c->due = 0;
    if (!c->out_blocked)
        c->out_try =
            fault_arg(c, FAULT_DRIP) >= 0 ? 1 : c->out.size - c->out_at;
    n = channel_write(&c->channel, c->out.data + c->out_at, c->out_try);
    c->out_blocked = n == CHANNEL_AGAIN;
    if (c->out_blocked)
        return false;
    if (n < 0)
        return go(c, OVER);
    sent(c, (size_t)n);
    return true;
}

static bool close_down(connection *c)
{
    if (c->out.size != 0)
        return false;
    if (c->state == CLOSING)
        channel_notify(&c->channel);
    shutdown(c->channel.fd, SHUT_WR);
    c->due = service_now() + LINGER_MS;
    return go(c, LINGERING);
}

/* ---- states -------------------------------------------------------------- */

static bool open_up(connection *c)
{
    service *s = c->service;
    int result;
    if (c->channel.tls && !c->asked) {
        c->asked = true;
        if (faults_stall(&s->faults, s->revocations + 1))
            return go(c, STALLED);
    }
    result = channel_open(&c->channel);
    if (result == CHANNEL_AGAIN)
        return false;
    note_handshake(c, result > 0);
    return go(c, result > 0 ? SERVING : OVER);
}

static bool serve(connection *c)
{
    bool progress = fill(c);
    progress = take_requests(c) || progress;
    progress = flush(c) || progress;
    if (c->state != SERVING || c->out.size != 0 || c->in_at < c->in_size)
        return progress;
    if (c->in_ended)
        return go(c, OVER);
    if (c->refusing && service_now() >= c->due)
        return go(c, CLOSING);
    return progress;
}

/* Reads and forgets, below TLS: nothing is said to the peer any more. */
static bool discard(connection *c)
{
    ssize_t n = recv(c->channel.fd, c->in, sizeof c->in, 0);
    if (n > 0)
        return true;
    if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
        (c->state == LINGERING && service_now() >= c->due))
        return go(c, OVER);
    return false;
}

bool connection_step(connection *c)
{
    static bool (*const step[])(connection *) = {
        open_up, discard, serve, NULL, NULL, discard, discard,
    };
    bool progress = true;
    while (progress && c->state != OVER) {
        if (c->state == CLOSING || c->state == DROPPING)
            progress = flush(c) || close_down(c);
        else
            progress = step[c->state](c);
    }
    return c->state != OVER;
}

short connection_events(const connection *c)
{
    if (c->state == OPENING)
        return c->channel.want;
    if (c->out.size != 0)
        return (short)(c->out_blocked ? c->channel.want : 0);
    return POLLIN;
}

int connection_timeout(const connection *c)
{
    uint64_t now;
    if (c->due == 0 || c->out_blocked)
        return -1;
    now = service_now();
    return c->due > now ? (int)(c->due - now) : 0;
}
