/* net.c - lwIP on the board's Ethernet controller */
#include "board.h"
#include "net.h"
#include "startup.h"
#include "text.h"
#include "tls.h"

#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"

static struct netif interface;
static uint32_t drop_percent, drop_seed, drop_count;

u32_t sys_now(void)
{
    return board_ms();
}

uint32_t net_random(void)
{
    uint32_t value = 0;

    if (tls_random(NULL, (unsigned char *)&value, sizeof value) != 0)
        startup_fatal("no random octets");
    return value;
}

/* Loss of frames for the tests, the same ones for the same seed. */
static int dropped(void)
{
    drop_seed = drop_seed * 1664525u + 1013904223u;
    if ((drop_seed >> 16) % 100 >= drop_percent)
        return 0;
    drop_count++;
    return 1;
}

unsigned net_dropped(void)
{
    return drop_count;
}

static err_t output(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    if (dropped())
        return ERR_OK;
    return board_eth_send(frame) == 0 ? ERR_OK : ERR_IF;
}

static err_t start(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->hwaddr_len = 6;
    netif->flags =
        NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = output;
    return board_eth_init(netif->hwaddr) == 0 ? ERR_OK : ERR_IF;
}

static ip_addr_t address_of(const char *text, const char *otherwise)
{
    ip_addr_t address = IPADDR4_INIT(0);

    ipaddr_aton(text != NULL ? text : otherwise, &address);
    return address;
}

/* Without arguments, what QEMU's user network expects. */
int net_start(const arguments *args)
{
    ip_addr_t ip = address_of(args->ip, "10.0.2.15");
    ip_addr_t mask = address_of(args->mask, "255.255.255.0");
    ip_addr_t gateway = address_of(args->gateway, "10.0.2.2");
    ip_addr_t dns = address_of(args->dns, "10.0.2.3");

    drop_percent = (uint32_t)args->drop;
    drop_seed = (uint32_t)args->seed;
    lwip_init();
    if (args->dhcp)
        ip = mask = gateway = address_of(NULL, "0.0.0.0");
    if (netif_add(&interface, &ip, &mask, &gateway, NULL, start, netif_input) ==
        NULL)
        return -1;
    netif_set_default(&interface);
    netif_set_up(&interface);
    dns_setserver(0, &dns);
    return !args->dhcp || dhcp_start(&interface) == ERR_OK ? 0 : -1;
}

void net_turn(void)
{
    struct pbuf *frame;

    while ((frame = board_eth_receive()) != NULL)
        if (dropped() || interface.input(frame, &interface) != ERR_OK)
            pbuf_free(frame);
    sys_check_timeouts();
}

int net_ready(void)
{
    return !ip4_addr_isany_val(*netif_ip4_addr(&interface));
}

int net_pinned(void *arg, const char *host, ip_addr_t *address)
{
    const arguments *args = arg;

    (void)host;
    return ipaddr_aton(args->address, address) ? 1 : SMH_E_RESOLVE;
}
