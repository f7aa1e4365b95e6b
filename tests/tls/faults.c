#include "faults.h"

#ifdef SMHI_MBEDTLS_PSA
#include <psa/crypto.h>
#endif

fault_of fault;

/* Whether this call fails: of is what it works on, a part of the client. */
static int fails(enum faulty_call call, const void *of)
{
    const char *at = (const char *)of, *client = (const char *)fault.client;
    if (fault.call != call || at < client ||
        at >= client + sizeof *fault.client)
        return 0;
    fault.count++;
    return 1;
}

#define WRAP(call, name, parameters, of, arguments)                            \
    int __real_##name parameters;                                              \
    int __wrap_##name parameters;                                              \
    int __wrap_##name parameters                                               \
    {                                                                          \
        return fails(call, of) ? fault.code : __real_##name arguments;         \
    }

WRAP(FAULT_DEFAULTS, mbedtls_ssl_config_defaults,
     (mbedtls_ssl_config * config, int endpoint, int transport, int preset),
     config, (config, endpoint, transport, preset))
WRAP(FAULT_ALPN, mbedtls_ssl_conf_alpn_protocols,
     (mbedtls_ssl_config * config, const char **protocols), config,
     (config, protocols))
WRAP(FAULT_PARSE, mbedtls_x509_crt_parse,
     (mbedtls_x509_crt * chain, const unsigned char *bytes, size_t size), chain,
     (chain, bytes, size))
WRAP(FAULT_PARSE_IN_PLACE, mbedtls_x509_crt_parse_der_nocopy,
     (mbedtls_x509_crt * chain, const unsigned char *bytes, size_t size), chain,
     (chain, bytes, size))
WRAP(FAULT_SETUP, mbedtls_ssl_setup,
     (mbedtls_ssl_context * ssl, const mbedtls_ssl_config *config), ssl,
     (ssl, config))
WRAP(FAULT_HOSTNAME, mbedtls_ssl_set_hostname,
     (mbedtls_ssl_context * ssl, const char *host), ssl, (ssl, host))
WRAP(FAULT_STEP, mbedtls_ssl_handshake_step, (mbedtls_ssl_context * ssl), ssl,
     (ssl))
WRAP(FAULT_READ, mbedtls_ssl_read,
     (mbedtls_ssl_context * ssl, unsigned char *bytes, size_t size), ssl,
     (ssl, bytes, size))
WRAP(FAULT_WRITE, mbedtls_ssl_write,
     (mbedtls_ssl_context * ssl, const unsigned char *bytes, size_t size), ssl,
     (ssl, bytes, size))
WRAP(FAULT_NOTIFY, mbedtls_ssl_close_notify, (mbedtls_ssl_context * ssl), ssl,
     (ssl))
#ifdef SMHI_MBEDTLS_PSA
WRAP(FAULT_PSA, psa_crypto_init, (void), fault.client, ())
#endif
