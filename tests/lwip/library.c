/* The header and its ports, in a file of their own: lwIP's socket headers and
 * the system's do not mix. */
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_LWIP_IMPLEMENTATION
#define SMH_LWIP_RAW_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "lwip/opt.h"
#include "lwip_faults.h"
#if NO_SYS
#include "smh_lwip_raw.h"
#else
#include "smh_lwip.h"
#endif
#ifndef LWIP_TEST_UNIT
#include "smh_mbedtls.h"
#endif
