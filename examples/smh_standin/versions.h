/* What a server must say differently to mbedTLS 2.28, 3 and 4. */
#ifndef VERSIONS_H
#define VERSIONS_H

#include <mbedtls/version.h>
#if MBEDTLS_VERSION_MAJOR > 2
#include <psa/crypto.h>
#endif

/* Only mbedTLS 3 wants random bytes to handle a key, and 4 has its own. */
#if MBEDTLS_VERSION_MAJOR == 3
#define WITH_RANDOM(f_rng, p_rng) , f_rng, p_rng
#else
#define WITH_RANDOM(f_rng, p_rng)
#endif

#if MBEDTLS_VERSION_MAJOR < 4
#define TICKET_KEY(f_rng, p_rng) f_rng, p_rng, MBEDTLS_CIPHER_AES_256_GCM
#else
#define TICKET_KEY(f_rng, p_rng) PSA_ALG_GCM, PSA_KEY_TYPE_AES, 256
#define mbedtls_ssl_conf_rng(config, f_rng, p_rng) ((void)(f_rng))
#endif

#endif
