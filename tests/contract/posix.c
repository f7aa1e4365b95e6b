/* smh_posix.h for the suite. */
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_POSIX_IMPLEMENTATION
#include "smh_posix.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "cmocka_all.h"
#include "contract.h"

static smh_posix tcp;

static smh_port dirty(int byte)
{
    memset(&tcp, byte, sizeof tcp);
    return smh_posix_port(&tcp);
}

static int pinned(void *arg, const char *host,
                  struct sockaddr_storage *addresses)
{
    struct sockaddr_in to;

    (void)arg;
    if (host == NULL || strcmp(host, "localhost") != 0)
        return SMH_E_RESOLVE;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memcpy(addresses, &to, sizeof to);
    return 1;
}

static smh_port fresh(void)
{
    static char arrived[16384];
    const char *size = getenv("CONTRACT_BUFFER");
    smh_port port = dirty(0);

    tcp.resolve = pinned;
    if (size != NULL) {
        tcp.buffer = arrived;
        tcp.size = (size_t)atoi(size);
        assert_in_range(tcp.size, 1, sizeof arrived);
    }
    return port;
}

static const smh_diag *diag(void)
{
    return &tcp.diag;
}

/* No descriptor is left. */
static void starve(int on)
{
    static struct rlimit all;
    struct rlimit few;
    int next;

    if (on) {
        getrlimit(RLIMIT_NOFILE, &all);
        next = dup(0);
        close(next);
        few = all;
        few.rlim_cur = (rlim_t)next;
        setrlimit(RLIMIT_NOFILE, &few);
    } else {
        setrlimit(RLIMIT_NOFILE, &all);
    }
}

const contract contract_port = {.port = fresh,
                                .diag = diag,
                                .starve = starve,
                                .dirty = dirty};
