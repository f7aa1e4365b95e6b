/* smh_lwip.h for the suite. */
#define SMH_LWIP_IMPLEMENTATION
#include "smh_lwip.h"

#include "lwip_net.h"

smh_port contract_port(const char *host, uint16_t port)
{
    static smh_lwip tcp;
    (void)host;
    (void)port;
    start_once();
    memset(&tcp, 0, sizeof tcp);
    tcp.resolve = pinned;
    return smh_lwip_port(&tcp);
}
