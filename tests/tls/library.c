/* The header and the ports under test. */
#define SMH_POSIX_PATIENCE_MS 150
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_POSIX_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_posix.h"
#include "smh_mbedtls.h"
