/* smh_lwip.h, or smh_lwip_raw.h where there are no threads, for the suite: lwIP
 * on the tap device of tests/lwip/netns.sh. */
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_LWIP_IMPLEMENTATION
#define SMH_LWIP_RAW_IMPLEMENTATION
#include "lwip/opt.h"
#include "tests/lwip/lwip_faults.h"
#if NO_SYS
#include "smh_lwip_raw.h"
typedef smh_lwip_raw lwip_tcp;
#define lwip_tcp_port smh_lwip_raw_port
#else
#include "smh_lwip.h"
typedef smh_lwip lwip_tcp;
#define lwip_tcp_port smh_lwip_port
#endif

#include <string.h>

#include "contract.h"
#include "tests/lwip/net.h"

static lwip_tcp tcp;

static smh_port dirty(int byte)
{
    memset(&tcp, byte, sizeof tcp);
    return lwip_tcp_port(&tcp);
}

static int pinned(void *arg, const char *host, ip_addr_t *address)
{
    (void)arg;
    return host != NULL && strcmp(host, "localhost") == 0 &&
                   ipaddr_aton(NET_SERVER_4, address)
               ? 1
               : SMH_E_RESOLVE;
}

static smh_port fresh(void)
{
    smh_port port = dirty(0);

    tcp.resolve = pinned;
#if NO_SYS
    tcp.turn = net_turn;
#endif
    return port;
}

static const smh_diag *diag(void)
{
    return &tcp.diag;
}

#if NO_SYS
static void turn(void)
{
    net_turn(NULL);
}
#endif

/* No socket and no pcb is left. */
static void starve(int on)
{
    lwip_faults.socket_fails_at = on ? lwip_faults.sockets + 1 : 0;
}

const contract contract_port = {
    .port = fresh,
    .address = NET_SERVER_4,
    .start = net_start,
#if NO_SYS
    .turn = turn,
#endif
    .diag = diag,
    .starve = starve,
    .dirty = dirty,
};
