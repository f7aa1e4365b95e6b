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

u32_t sys_now(void)
{
    return board_ms();
}

void net_assertion(void)
{
    startup_fatal("an assertion of lwIP");
}

uint32_t net_random(void)
{
    uint32_t value = 0;
    if (tls_random(NULL, (unsigned char *)&value, sizeof value) != 0)
        startup_fatal("no random bytes");
    return value;
}

static err_t output(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
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

/* NULL is 0.0.0.0. */
static ip_addr_t address_of(const char *text)
{
    ip_addr_t address = IPADDR4_INIT(0);
    if (text != NULL)
        ipaddr_aton(text, &address);
    return address;
}

int net_start(const config *what)
{
    ip_addr_t ip = address_of(what->ip);
    ip_addr_t mask = address_of(what->mask);
    ip_addr_t gateway = address_of(what->gateway);
    ip_addr_t dns = address_of(what->dns);
    lwip_init();
    if (netif_add(&interface, &ip, &mask, &gateway, NULL, start, netif_input) ==
        NULL)
        return -1;
    netif_set_default(&interface);
    netif_set_up(&interface);
    dns_setserver(0, &dns); /* until DHCP names one */
    return what->ip != NULL || dhcp_start(&interface) == ERR_OK ? 0 : -1;
}

void net_turn(void)
{
    struct pbuf *frame;
    while ((frame = board_eth_receive()) != NULL)
        if (interface.input(frame, &interface) != ERR_OK)
            pbuf_free(frame);
    sys_check_timeouts();
}

bool net_ready(void)
{
    return !ip4_addr_isany_val(*netif_ip4_addr(&interface));
}

int net_pinned(void *address, const char *host, ip_addr_t *to)
{
    return host != NULL && ipaddr_aton(address, to) ? 1 : SMH_E_RESOLVE;
}
