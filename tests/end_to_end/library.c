/* The header and the ports under test. */
#define SMH_TOKEN_IMPLEMENTATION
#include "smh_token.h"
#define SMH_POSIX_IMPLEMENTATION
#include "smh_posix.h"
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_mbedtls.h"
