/* smh_lwip_raw.h for the suite. */
#define SMH_LWIP_RAW_IMPLEMENTATION
#include "smh_lwip_raw.h"

#include "lwip_net.h"

smh_port contract_port(const char *host, uint16_t port)
{
    static smh_lwip_raw tcp;
    (void)host;
    (void)port;
    start_once();
    memset(&tcp, 0, sizeof tcp);
    tcp.resolve = pinned;
    tcp.turn = net_turn;
    return smh_lwip_raw_port(&tcp);
}
