/* manual PORT CA-FILE SECRET EXAMPLE - an example of smh_token.h's manual or of
 * README.md, word for word, against a server on port PORT of the loopback that
 * has the certificate of the host in the example. */
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_POSIX_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_token.h"
#include "smh_posix.h"
#include "smh_mbedtls.h"

#include "context.h"

#include <stdlib.h>
#include <string.h>

static smh_posix tcp;
static smh_mbedtls tls;
static uint16_t loopback_port;

static unsigned turns;

void other_work(void)
{
    turns++;
}

void report(const char *text, uint32_t resume)
{
    fprintf(stderr, "%s, resume at %u\n", text, (unsigned)resume);
}

static int blocking(smh_port port, const char *secret)
{
#include "blocking.inc"
    return result;
}

static int stepping(smh_port port, const char *secret)
{
#include "stepping.inc"
    if (result != SMH_DONE)
        report(smh_explain(&call, why, sizeof why), call.report.resume);
    return turns > 1 ? result : 0;
}

#include "readme.inc"

static int run(const char *example, smh_port port, const char *secret)
{
    if (strcmp(example, "blocking") == 0)
        return blocking(port, secret);
    if (strcmp(example, "stepping") == 0)
        return stepping(port, secret);
    return cut_off(port, secret, "alice") == 0 ? SMH_DONE : SMH_E_NETWORK;
}

/* The host of the example is at the loopback, its port that of the server. */
static int open_there(void *ctx, const char *host, uint16_t port)
{
    (void)host;
    (void)port;
    return (smh_posix_port(&tcp).ops->open)(ctx, "127.0.0.1", loopback_port);
}

static int set_up(const char *ca_file)
{
    static smh_port_ops ops;
    static mbedtls_x509_crt ca;
    smh_mbedtls_options options = {0};
    options.below = smh_posix_port(&tcp);
    ops = *options.below.ops;
    ops.open = open_there;
    options.below.ops = &ops;
    mbedtls_x509_crt_init(&ca);
    psa_crypto_init();
    if (mbedtls_x509_crt_parse_file(&ca, ca_file) != 0)
        return SMH_E_TLS;
    options.ca_chain = &ca;
    options.f_rng = smh_mbedtls_psa_random;
    return smh_mbedtls_init(&tls, &options);
}

int main(int argc, char **argv)
{
    if (argc != 5 || set_up(argv[2]) != 0)
        return 2;
    loopback_port = (uint16_t)strtoul(argv[1], NULL, 10);
    return run(argv[4], smh_mbedtls_port(&tls), argv[3]) == SMH_DONE ? 0 : 1;
}
