/* Under names of its own, beside the one with words. */
#define SMH_WORDS 0
#define smh_mbedtls_init silent_init
#define smh_mbedtls_port silent_port
#define smh_mbedtls_free silent_free
#define smh_mbedtls_psa_random silent_psa_random
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_mbedtls.h"

size_t silent_size(void);
size_t silent_size(void)
{
    return sizeof(smh_mbedtls);
}
