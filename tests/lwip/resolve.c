#include "resolve.h"

#include "smh_token.h"

int fixed(void *arg, const char *host, ip_addr_t *address)
{
    fixed_answer *to = (fixed_answer *)arg;
    to->asked += host != NULL;
    to->abandoned += host == NULL && address == NULL;
    return to->answer;
}

int to_address(void *arg, const char *host, ip_addr_t *address)
{
    (void)host;
    return ipaddr_aton((const char *)arg, address) ? 1 : SMH_E_MEMORY;
}
