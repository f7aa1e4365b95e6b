/* lwip_net.h - what both ports on lwIP want: the stack, started once, on the
 * tap device of tests/lwip/netns.sh, and the host at its other end */
#include <string.h>

#include "tests/lwip/net.h"

static int pinned(void *arg, const char *host, ip_addr_t *address)
{
    (void)arg;
    return host != NULL && strcmp(host, "localhost") == 0 &&
                   ipaddr_aton(NET_SERVER_4, address)
               ? 1
               : SMH_E_RESOLVE;
}

static void start_once(void)
{
    static int started;
    if (!started)
        net_start();
    started = 1;
}
