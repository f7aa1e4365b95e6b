/* minimal - deletes all access tokens of some users, and says how it went.
 *
 *     SMH_LIBRARY_SECRET=$(cat FILE) minimal HOST PORT CA LIBRARY USER...
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

#include <stdio.h>
#include <stdlib.h>

static char buffer[1024], secret[256], why[400];
static smh_posix tcp;
static smh_mbedtls tls;
static mbedtls_x509_crt ca;

int main(int argc, char **argv)
{
    char *from = getenv("SMH_LIBRARY_SECRET"), *end = NULL;
    unsigned long port = argc < 6 ? 0 : strtoul(argv[2], &end, 10);
    if (port < 1 || port > 65535 || *end != '\0' || from == NULL ||
        strlen(from) >= sizeof secret) {
        puts("SMH_LIBRARY_SECRET=$(cat FILE) minimal HOST PORT CA LIBRARY "
             "USER...\nwhere PORT is a number from 1 to 65535");
        return 2;
    }

    /* Others could read it in the environment of this process. */
    strcpy(secret, from);
    mbedtls_platform_zeroize(from, strlen(from));

    /* What is wrong here, a CA that cannot be read included, the call says. */
    psa_crypto_init();
    mbedtls_x509_crt_parse_file(&ca, argv[3]);
    smh_mbedtls_options options = {smh_posix_port(&tcp), .ca_chain = &ca,
                                   .f_rng = smh_mbedtls_psa_random};
    smh_mbedtls_init(&tls, &options);

    smh_list users = {(const char *const *)argv + 5, (size_t)argc - 5};
    smh_scope scope = {argv[1], argv[4], secret, &users,
                       .port = (uint16_t)port};
    smh_io io = {smh_mbedtls_port(&tls), buffer, sizeof buffer, .resume = 0};
    smh_call call;
    int result = smh_revoke(&call, &scope, &io);
    mbedtls_platform_zeroize(secret, sizeof secret);

    /* After a failure, a call with .resume = call.report.resume does the rest:
     * that many requests are confirmed. */
    puts(smh_explain(&call, why, sizeof why));
    smh_mbedtls_free(&tls);
    return result == SMH_DONE ? 0 : 1;
}
