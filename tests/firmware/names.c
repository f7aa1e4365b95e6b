/* names SOCKET PEER: a name server on QEMU's wire
 *
 * QEMU's user network with restrict=on lets no look-up out.  This program hangs
 * on the same wire, by datagrams of whole Ethernet frames between two Unix
 * sockets, and answers each question for an A record with 10.0.2.100, or for a
 * name that begins with "no" that there is none.  Prints "ready 0" when it
 * listens.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ETH = 14, IP = 20, UDP = 8, DNS = 12, PORT = 53 };
enum { HEADERS = ETH + IP + UDP, FRAME = 2048 };

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    uint8_t keep[8];

    memcpy(keep, a, size);
    memcpy(a, b, size);
    memcpy(b, keep, size);
}

/* IPv4 without options, UDP to our port, a whole question. */
static int is_question(const uint8_t *frame, size_t size)
{
    return size >= HEADERS + DNS + 6 && get16(frame + 12) == 0x0800 &&
           frame[ETH] == 0x45 && frame[ETH + 9] == 17 &&
           get16(frame + ETH + IP + 2) == PORT &&
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

/* Turns the question into its answer: the frame's size. */
static size_t answer(uint8_t *frame)
{
    static const uint8_t record[] = {0xc0, DNS, 0, 1, 0,  1, 0, 0,
                                     0,    60,  0, 4, 10, 0, 2, 100};
    uint8_t *ip = frame + ETH, *udp = ip + IP, *dns = udp + UDP;
    size_t size = get16(ip + 2) - IP - UDP;
    int known = memcmp(dns + DNS + 1, "no", 2) != 0;

    put16(dns + 2, known ? 0x8580 : 0x8583);
    put16(dns + 6, (unsigned)known);
    memcpy(dns + size, record, sizeof record);
    size += known ? sizeof record : 0;
    swap(frame, frame + 6, 6);
    swap(ip + 12, ip + 16, 4);
    swap(udp, udp + 2, 2);
    put16(udp + 4, (unsigned)(UDP + size));
    put16(udp + 6, 0); /* none, which IPv4 allows */
    put16(ip + 2, (unsigned)(IP + UDP + size));
    sum_header(ip);
    return HEADERS + size;
}

static struct sockaddr_un path(const char *name)
{
    struct sockaddr_un address = {0};

    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, name, sizeof address.sun_path - 1);
    return address;
}

int main(int argc, char **argv)
{
    static uint8_t frame[FRAME + 64];
    struct sockaddr_un own, peer;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    ssize_t size;

    if (argc != 3)
        return 2;
    own = path(argv[1]);
    peer = path(argv[2]);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) != 0)
        return 1;
    printf("ready 0\n");
    fflush(stdout);
    while ((size = recv(fd, frame, FRAME, 0)) > 0)
        if (is_question(frame, (size_t)size))
            sendto(fd, frame, answer(frame), 0, (struct sockaddr *)&peer,
                   sizeof peer);
    return 1;
}
