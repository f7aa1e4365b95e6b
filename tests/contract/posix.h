/* smh_posix.h for the suite. */
#define SMH_POSIX_IMPLEMENTATION
#include "smh_posix.h"

smh_port contract_port(const char *host, uint16_t port)
{
    static smh_posix tcp;

    (void)host;
    (void)port;
    memset(&tcp, 0, sizeof tcp);
    return smh_posix_port(&tcp);
}
