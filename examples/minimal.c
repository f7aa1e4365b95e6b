/* minimal - deletes all access tokens of some users, and says how it went.
 *
 *     SMH_LIBRARY_SECRET=... minimal HOST PORT CA-FILE LIBRARY USER...
 *
 * as in `minimal smh0example.api.tencentsmh.cn 443
 * /etc/ssl/certs/ca-certificates.crt smh0example alice`.  To build it:
 *
 *     gcc -std=c99 -D_POSIX_C_SOURCE=200809L -I. -Iport -o minimal \
 *         examples/minimal.c -lmbedtls -lmbedx509 -lmbedcrypto
 */
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_POSIX_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_token.h"
#include "smh_posix.h"
#include "smh_mbedtls.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char secret[256];
static smh_posix tcp;
static smh_mbedtls tls;
static mbedtls_x509_crt ca;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;

/* 0, or SMH_E_*. */
static int set_up_tls(const char *ca_file)
{
    smh_mbedtls_options options = {0};

    mbedtls_x509_crt_init(&ca);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    if (mbedtls_x509_crt_parse_file(&ca, ca_file) < 0 ||
        mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0))
        return SMH_E_TLS;
    options.lower = smh_posix_port(&tcp);
    options.ca_chain = &ca;
    options.f_rng = mbedtls_ctr_drbg_random;
    options.p_rng = &drbg;
    return smh_mbedtls_init(&tls, &options);
}

static void wipe(char *text)
{
    for (volatile char *at = text; *at; at++)
        *at = 0;
}

/* Takes the secret out of the environment, where others can read it. */
static int take_secret(void)
{
    char *from = getenv("SMH_LIBRARY_SECRET");

    if (!from || strlen(from) >= sizeof secret)
        return 0;
    strcpy(secret, from);
    wipe(from);
    return unsetenv("SMH_LIBRARY_SECRET") == 0;
}

/* What the ports know of it. */
static const char *explain(void)
{
    static char why[256];

    return tls.diag.reason == SMH_MBEDTLS_BELOW
               ? smh_posix_explain(&tcp, why, sizeof why)
               : smh_mbedtls_explain(&tls, why, sizeof why);
}

int main(int argc, char **argv)
{
    static char buffer[1024];
    const smh_list users = {(const char *const *)argv + 5, (size_t)argc - 5};
    smh_scope scope = {0};
    smh_io io = {0};
    smh_call call;
    int result;

    if (argc < 6) {
        fputs("usage: minimal HOST PORT CA-FILE LIBRARY USER...\n", stderr);
        return 2;
    }
    if (!take_secret()) {
        fputs("SMH_LIBRARY_SECRET is not set, or too long\n", stderr);
        return 2;
    }
    if (set_up_tls(argv[3]) != 0) {
        fprintf(stderr, "cannot set up TLS with the CAs of %s\n", argv[3]);
        return 2;
    }
    scope.host = argv[1];
    scope.port = (uint16_t)strtoul(argv[2], NULL, 10);
    scope.library_id = argv[4];
    scope.library_secret = secret;
    scope.users = &users;
    io.port = smh_mbedtls_port(&tls);
    io.buffer = buffer;
    io.size = sizeof buffer;

    result = smh_revoke(&call, &scope, &io);
    wipe(secret);
    if (result == SMH_DONE)
        puts("done: their tokens are gone");
    else
        fprintf(stderr, "%s (%d); %u of %u requests are done: io.resume = %u\n",
                smh_strerror(result), result, (unsigned)call.report.resume,
                (unsigned)call.report.requests, (unsigned)call.report.resume);
    if (result <= SMH_E_TIMEOUT && result >= SMH_E_MEMORY)
        fprintf(stderr, "%s\n", explain());
    smh_mbedtls_free(&tls);
    return result == SMH_DONE ? 0 : 1;
}
