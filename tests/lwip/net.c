#include "net.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

enum { FRAME_MAX = 1514 };

/* Debian's liblwip 2.1.3 has pbufs of 592 bytes in its pool and writes 1536 to
 * them: a heap overflow, which ASan finds.  A pbuf from the heap is as long as
 * asked. */
#if MEM_LIBC_MALLOC
#define FRAME_KIND PBUF_RAM
#else
#define FRAME_KIND PBUF_POOL
#endif

static struct netif tap;
static int tap_fd;
static pthread_mutex_t loss_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t loss_state;
static unsigned loss_percent, loss_count;

/* ---- loss ---------------------------------------------------------------- */

unsigned net_lose(unsigned percent, uint32_t seed)
{
    unsigned count;
    pthread_mutex_lock(&loss_lock);
    count = loss_count;
    loss_count = 0;
    loss_percent = percent;
    loss_state = seed;
    pthread_mutex_unlock(&loss_lock);
    return count;
}

static int lost(void)
{
    int result;
    pthread_mutex_lock(&loss_lock);
    loss_state = loss_state * 1664525u + 1013904223u;
    result = (loss_state >> 16) % 100 < loss_percent;
    loss_count += (unsigned)result;
    pthread_mutex_unlock(&loss_lock);
    return result;
}

/* ---- frames -------------------------------------------------------------- */

static err_t frame_out(struct netif *netif, struct pbuf *frame)
{
    unsigned char bytes[FRAME_MAX];
    (void)netif;
    if (frame->tot_len > sizeof bytes)
        return ERR_IF;
    pbuf_copy_partial(frame, bytes, frame->tot_len, 0);
    if (!lost() &&
        write(tap_fd, bytes, frame->tot_len) != (ssize_t)frame->tot_len)
        return ERR_IF;
    return ERR_OK;
}

/* 1 if there was a frame within ms. */
static int frame_in(int ms)
{
    unsigned char bytes[FRAME_MAX];
    struct pollfd one = {tap_fd, POLLIN, 0};
    struct pbuf *frame;
    ssize_t size;
    if (poll(&one, 1, ms) <= 0)
        return 0;
    size = read(tap_fd, bytes, sizeof bytes);
    if (size <= 0 || lost())
        return 1;
    frame = pbuf_alloc(PBUF_RAW, (u16_t)size, FRAME_KIND);
    if (!frame)
        return 1; /* what a driver does, too */
    pbuf_take(frame, bytes, (u16_t)size);
    if (tap.input(frame, &tap) != ERR_OK)
        pbuf_free(frame);
    return 1;
}

/* ---- start --------------------------------------------------------------- */

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void open_tap(void)
{
    const char *name = getenv("SMH_TAP");
    struct ifreq request;
    memset(&request, 0, sizeof request);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (!name || strlen(name) >= sizeof request.ifr_name)
        die("SMH_TAP");
    strcpy(request.ifr_name, name);
    tap_fd = open("/dev/net/tun", O_RDWR);
    if (tap_fd < 0 || ioctl(tap_fd, TUNSETIFF, &request) != 0)
        die("/dev/net/tun");
}

static err_t tap_set_up(struct netif *netif)
{
    static const u8_t mac[6] = {0x02, 0x53, 0x4d, 0x48, 0x00, 0x02};
    netif->name[0] = 't';
    netif->name[1] = 'p';
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = frame_out;
    netif->mtu = 1500;
    netif->hwaddr_len = sizeof mac;
    memcpy(netif->hwaddr, mac, sizeof mac);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP |
                   NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/* Not made the default: what is not on this link has no route. */
static void add_tap(netif_input_fn input)
{
    ip4_addr_t address, mask, none;
    ip6_addr_t six;
    s8_t at = 1; /* 0 is the link's own */
    ip4addr_aton(NET_CLIENT_4, &address);
    ip4addr_aton("255.255.255.0", &mask);
    ip4_addr_set_zero(&none);
    netif_add(&tap, &address, &mask, &none, NULL, tap_set_up, input);
    netif_create_ip6_linklocal_address(&tap, 1);
    ip6addr_aton(NET_CLIENT_6, &six);
    netif_ip6_addr_set(&tap, at, &six);
    netif_ip6_addr_set_state(&tap, at, IP6_ADDR_PREFERRED);
    netif_set_up(&tap);
}

static void set_dns_server(void)
{
#if LWIP_DNS
    ip_addr_t server;

    ipaddr_aton(NET_SERVER_4, &server);
    dns_setserver(0, &server);
#endif
}

#if NO_SYS

void net_start(void)
{
    srand((unsigned)time(NULL) ^ (unsigned)getpid()); /* of LWIP_RAND() */
    open_tap();
    lwip_init();
    add_tap(ethernet_input);
    set_dns_server();
}

void net_turn(void *unused)
{
    (void)unused;
    frame_in(1);
    sys_check_timeouts();
}

#else

static void *receive_all(void *unused)
{
    (void)unused;
    for (;;)
        frame_in(-1);
    return NULL;
}

static void started(void *semaphore)
{
    add_tap(tcpip_input);
    set_dns_server();
    sys_sem_signal((sys_sem_t *)semaphore);
}

void net_start(void)
{
    static pthread_t receiver;
    sys_sem_t ready;
    srand((unsigned)time(NULL) ^ (unsigned)getpid());
    open_tap();
    sys_sem_new(&ready, 0);
    tcpip_init(started, &ready);
    sys_sem_wait(&ready);
    sys_sem_free(&ready);
    pthread_create(&receiver, NULL, receive_all, NULL);
}

#endif
