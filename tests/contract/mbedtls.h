/* smh_mbedtls.h over smh_posix.h for the suite. */
#define SMH_POSIX_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_posix.h"
#include "smh_mbedtls.h"

#include <stdio.h>
#include <stdlib.h>

smh_port contract_port(const char *host, uint16_t port)
{
    static smh_posix tcp;
    static char arrived[16384];
    const char *size = getenv("CONTRACT_BUFFER");
    static smh_mbedtls tls;
    smh_mbedtls_options options = {0};
    static mbedtls_x509_crt ca;
    char path[512];
    (void)host;
    (void)port;
    smh_mbedtls_free(&tls);
    mbedtls_x509_crt_free(&ca);
    mbedtls_x509_crt_init(&ca);
    snprintf(path, sizeof path, "%s/ca.pem", getenv("SMH_PKI"));
    psa_crypto_init();
    mbedtls_x509_crt_parse_file(&ca, path);
    memset(&tcp, 0, sizeof tcp);
    tcp.buffer = arrived;
    tcp.size = size != NULL ? (size_t)atoi(size) : 0;
    options.below = smh_posix_port(&tcp);
    options.ca_chain = &ca;
    options.f_rng = smh_mbedtls_psa_random;
    smh_mbedtls_init(&tls, &options);
    return smh_mbedtls_port(&tls);
}
