#include "names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cmocka_all.h"

enum { ETH = 14, IP = 20, UDP = 8, HEADER = 12, PORT = 53 };
enum { LOWER = ETH + IP + UDP, FRAME = 2048, ANSWER = 64 };
enum { TYPE_A = 1, TYPE_AAAA = 28, NO_SUCH_NAME = 3 };

static const name *known;
static int wire;
static struct sockaddr_un other_end;

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* ---- a question and its answer ------------------------------------------- */

/* The name of the question with dots; the bytes behind it, or NULL. */
static const uint8_t *read_name(const uint8_t *at, const uint8_t *end,
                                char *text)
{
    while (at < end && *at && *at < 64 && at + *at < end) {
        memcpy(text, at + 1, *at);
        text += *at;
        *text++ = '.';
        at += *at + 1;
    }
    text[at < end && !*at ? -1 : 0] = '\0';
    return at < end && !*at ? at + 1 : NULL;
}

static size_t add_answer(uint8_t *to, int type, const char *address)
{
    /* the question's name, its type, class IN, a TTL of one second */
    const uint8_t head[] = {0xc0, HEADER, 0, (uint8_t)type, 0, 1, 0, 0,
                            0,    1,      0};
    int size = type == TYPE_A ? 4 : 16;
    memcpy(to, head, sizeof head);
    to[sizeof head] = (uint8_t)size;
    inet_pton(type == TYPE_A ? AF_INET : AF_INET6, address,
              to + sizeof head + 1);
    return sizeof head + 1 + (size_t)size;
}

/* Turns a question into its answer: its bytes, or 0 if it is none. */
static size_t answer(uint8_t *message, size_t size)
{
    char asked[FRAME + 1];
    const uint8_t *end = message + size, *type;
    const name *of = known;
    const char *address;
    type = size < HEADER ? NULL : read_name(message + HEADER, end, asked);
    if (!type || end - type < 4)
        return 0;
    size = (size_t)(type + 4 - message);
    while (of->name && strcmp(asked, of->name) != 0)
        of++;
    message[2] = 0x84; /* an authoritative answer */
    message[3] = of->name ? 0 : NO_SUCH_NAME;
    memset(message + 6, 0, 6);
    poll(NULL, 0, of->late_ms);
    address = type[1] == TYPE_A      ? of->four
              : type[1] == TYPE_AAAA ? of->six
                                     : NULL;
    if (!address)
        return size;
    message[7] = 1;
    return size + add_answer(message + size, type[1], address);
}

/* ---- in UDP of the system ------------------------------------------------ */

static void *serve(void *unused)
{
    uint8_t message[FRAME + ANSWER];
    struct sockaddr_in peer;
    (void)unused;
    for (;;) {
        socklen_t size = sizeof peer;
        ssize_t n =
            recvfrom(wire, message, FRAME, 0, (struct sockaddr *)&peer, &size);
        if (n > 0 && (n = (ssize_t)answer(message, (size_t)n)) > 0)
            sendto(wire, message, (size_t)n, 0, (struct sockaddr *)&peer, size);
    }
    return NULL;
}

static void start(const name *names, int domain, const void *address,
                  socklen_t size, void *(*run)(void *))
{
    static pthread_t thread;
    known = names;
    wire = socket(domain, SOCK_DGRAM, 0);
    assert_int_equal(bind(wire, (const struct sockaddr *)address, size), 0);
    assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
}

void names_start(const name *names, const char *address)
{
    struct sockaddr_in own = {0};
    own.sin_family = AF_INET;
    own.sin_port = htons(PORT);
    inet_pton(AF_INET, address, &own.sin_addr);
    start(names, AF_INET, &own, sizeof own, serve);
}

/* ---- in frames of its own ------------------------------------------------ */

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    uint8_t keep[8];
    memcpy(keep, a, size);
    memcpy(a, b, size);
    memcpy(b, keep, size);
}

/* IPv4 without options, UDP to our port, as long as it says. */
static int is_question(const uint8_t *frame, size_t size)
{
    return size >= LOWER && get16(frame + 12) == 0x0800 && frame[ETH] == 0x45 &&
           frame[ETH + 9] == IPPROTO_UDP &&
           get16(frame + ETH + IP + 2) == PORT &&
           get16(frame + ETH + 2) >= IP + UDP &&
           get16(frame + ETH + 2) + ETH <= size;
}

static void sum_header(uint8_t *ip)
{
    unsigned sum = 0, i;
    put16(ip + 10, 0);
    for (i = 0; i < IP; i += 2)
        sum += get16(ip + i);
    sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
}

/* Turns the frame into that of its answer: its bytes, or 0 if there is none. */
static size_t answer_frame(uint8_t *frame)
{
    uint8_t *ip = frame + ETH, *udp = ip + IP;
    size_t size = answer(udp + UDP, get16(ip + 2) - IP - UDP);
    if (size == 0)
        return 0;
    swap(frame, frame + 6, 6);
    swap(ip + 12, ip + 16, 4);
    swap(udp, udp + 2, 2);
    put16(udp + 4, UDP + size);
    put16(udp + 6, 0); /* none, which IPv4 allows */
    put16(ip + 2, IP + UDP + size);
    sum_header(ip);
    return LOWER + size;
}

static void *serve_frames(void *unused)
{
    uint8_t frame[FRAME + ANSWER];
    ssize_t n;
    (void)unused;
    while ((n = recv(wire, frame, FRAME, 0)) > 0)
        if (is_question(frame, (size_t)n))
            sendto(wire, frame, answer_frame(frame), 0,
                   (struct sockaddr *)&other_end, sizeof other_end);
    return NULL;
}

static struct sockaddr_un path(const char *file)
{
    struct sockaddr_un address = {0};
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, file, sizeof address.sun_path - 1);
    return address;
}

void names_start_on_wire(const name *names, const char *own, const char *end)
{
    struct sockaddr_un address = path(own);
    other_end = path(end);
    start(names, AF_UNIX, &address, sizeof address, serve_frames);
}
