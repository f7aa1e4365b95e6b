/* smh_posix.h for the suite. */
#define SMH_POSIX_IMPLEMENTATION
#include "smh_posix.h"

#include <stdlib.h>

smh_port contract_port(const char *host, uint16_t port)
{
    static smh_posix tcp;
    static char arrived[16384];
    const char *size = getenv("CONTRACT_BUFFER");
    (void)host;
    (void)port;
    memset(&tcp, 0, sizeof tcp);
    tcp.buffer = arrived;
    tcp.size = size != NULL ? (size_t)atoi(size) : 0;
    return smh_posix_port(&tcp);
}
