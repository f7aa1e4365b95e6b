/* tls_config.h - MBEDTLS_USER_CONFIG_FILE, over the defaults of 2.28 or 3.6 */
#include <limits.h> /* 2.28 forgets it */
#include <time.h>
time_t tls_time(time_t *time);

#define MBEDTLS_PLATFORM_MEMORY              /* pvPortMalloc(), cleared */
#define MBEDTLS_PLATFORM_TIME_MACRO tls_time /* dates by SNTP's clock */
#define MBEDTLS_PLATFORM_GMTIME_R_ALT        /* newlib's gmtime() allocates */
#define MBEDTLS_PLATFORM_MS_TIME_ALT         /* 3.6 knows Unix alone */
#define MBEDTLS_NO_PLATFORM_ENTROPY          /* there is no /dev/urandom */
#define MBEDTLS_ENTROPY_HARDWARE_ALT         /* but mbedtls_hardware_poll() */
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096     /* requests are short */
#define MBEDTLS_AES_ROM_TABLES               /* in flash, not in RAM */
#undef MBEDTLS_SSL_PROTO_TLS1_3              /* takes heap and flash */
#undef MBEDTLS_NET_C                         /* a port moves the bytes */
#undef MBEDTLS_TIMING_C                      /* only DTLS waits by it */
#undef MBEDTLS_FS_IO                         /* no files, so no keys in them */
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_PSA_ITS_FILE_C
