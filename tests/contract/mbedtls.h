/* smh_mbedtls.h over smh_posix.h for the suite. */
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_mbedtls.h"

#include <stdio.h>

/* The port below is the one that posix.h gives to the suite. */
smh_port below_port(const char *host, uint16_t port);
#define contract_port below_port
#include "posix.h"
#undef contract_port

smh_port contract_port(const char *host, uint16_t port)
{
    static smh_mbedtls tls;
    static mbedtls_x509_crt ca;
    smh_mbedtls_options options = {0};
    char path[512];
    smh_mbedtls_free(&tls);
    mbedtls_x509_crt_free(&ca);
    mbedtls_x509_crt_init(&ca);
    snprintf(path, sizeof path, "%s/ca.pem", getenv("SMH_PKI"));
    psa_crypto_init();
    mbedtls_x509_crt_parse_file(&ca, path);
    options.below = below_port(host, port);
    options.ca_chain = &ca;
    options.f_rng = smh_mbedtls_psa_random;
    smh_mbedtls_init(&tls, &options);
    return smh_mbedtls_port(&tls);
}
