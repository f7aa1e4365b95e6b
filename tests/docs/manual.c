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
        report(smh_strerror(result), call.report.resume);
    return turns > 1 ? result : 0;
}

#include "readme.inc"

static int run(const char *example, smh_port port, const char *secret)
{
    if (strcmp(example, "blocking") == 0)
        return blocking(port, secret);
    if (strcmp(example, "stepping") == 0)
        return stepping(port, secret);
    return cut_off(port, secret, "alice");
}

/* The name of the example leads to the loopback. */
static int open_loopback(void *ctx, const char *host, uint16_t port)
{
    (void)host;
    (void)port;
    return smh_posix_port(&tcp).ops->open(ctx, "127.0.0.1", loopback_port);
}

static int set_up(const char *ca_file)
{
    static smh_port_ops ops;
    static mbedtls_x509_crt ca;
    static mbedtls_entropy_context entropy;
    static mbedtls_ctr_drbg_context drbg;
    smh_mbedtls_options options = {0};

    options.lower = smh_posix_port(&tcp);
    ops = *options.lower.ops;
    ops.open = open_loopback;
    options.lower.ops = &ops;
    mbedtls_x509_crt_init(&ca);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    if (mbedtls_x509_crt_parse_file(&ca, ca_file) != 0 ||
        mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0))
        return SMH_E_TLS;
    options.ca_chain = &ca;
    options.f_rng = mbedtls_ctr_drbg_random;
    options.p_rng = &drbg;
    return smh_mbedtls_init(&tls, &options);
}

int main(int argc, char **argv)
{
    char why[256];
    int result;

    if (argc != 5 || set_up(argv[2]) != 0)
        return 2;
    loopback_port = (uint16_t)strtoul(argv[1], NULL, 10);
    result = run(argv[4], smh_mbedtls_port(&tls), argv[3]);
    if (result != SMH_DONE)
        fprintf(stderr, "%d: %s\n", result,
                smh_mbedtls_explain(&tls, why, sizeof why));
    return result == SMH_DONE ? 0 : 1;
}
