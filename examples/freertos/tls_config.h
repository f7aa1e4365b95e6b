/* tls_config.h - MBEDTLS_USER_CONFIG_FILE, over the defaults of 2.28 or 3.6 */
#include <limits.h> /* 2.28 forgets it */

#define MBEDTLS_PLATFORM_MEMORY          /* pvPortMalloc(), cleared */
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096 /* requests are short */
#define MBEDTLS_AES_ROM_TABLES           /* in flash, not in RAM */
#undef MBEDTLS_HAVE_TIME_DATE            /* options.time checks the dates: */
#undef MBEDTLS_HAVE_TIME                 /* newlib's gmtime() allocates */
#undef MBEDTLS_ENTROPY_C                 /* the TRNG seeds the generator */
#undef MBEDTLS_PSA_CRYPTO_C              /* TLS 1.2 does without PSA, which */
#undef MBEDTLS_SSL_PROTO_TLS1_3          /* takes flash and heap; these also */
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C      /* ask for PSA */
#undef MBEDTLS_PSA_ITS_FILE_C
#undef MBEDTLS_LMS_C
#undef MBEDTLS_FS_IO    /* no files */
#undef MBEDTLS_NET_C    /* a port moves the bytes */
#undef MBEDTLS_TIMING_C /* only DTLS waits by it */
