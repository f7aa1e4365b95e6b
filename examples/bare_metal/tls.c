/* tls.c - what mbedTLS needs of the firmware: memory, random bytes, time */
#define _POSIX_C_SOURCE 200809L /* gmtime_r() */

#include "board.h"
#include "startup.h"
#include "tls.h"

#include <time.h>

#include "mbedtls/ctr_drbg.h"
#include "mbedtls/ecp.h"
#include "mbedtls/memory_buffer_alloc.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha1.h"

/* Multiplications of an elliptic curve in one turn.  By the window of
 * tls_config.h a P-384 point takes 272 at least. */
enum { SLICE = 280 };

/* All that mbedTLS may allocate; BOARD_TLS_ARENA comes from the Makefile. */
static unsigned char arena[BOARD_TLS_ARENA] __attribute__((aligned(8)));
static mbedtls_ctr_drbg_context generator;

static int seed(void *unused, unsigned char *data, size_t size)
{
    (void)unused;
    return board_random(data, size) == 0 ? 0 : -1;
}

int tls_start(void)
{
    mbedtls_memory_buffer_alloc_init(arena, sizeof arena);
    mbedtls_ctr_drbg_init(&generator);
    mbedtls_ecp_set_max_ops(SLICE);
    return mbedtls_ctr_drbg_seed(&generator, seed, NULL, NULL, 0) == 0 ? 0 : -1;
}

int tls_random(void *unused, unsigned char *data, size_t size)
{
    (void)unused;
    return mbedtls_ctr_drbg_random(&generator, data, size);
}

/* Nothing that is signed by SHA-1 is trusted, so nothing needs it computed. */
int mbedtls_internal_sha1_process(mbedtls_sha1_context *context,
                                  const unsigned char block[64])
{
    (void)context;
    (void)block;
    return -1;
}

int64_t tls_time(int64_t *time)
{
    int64_t now = board_time();
    if (time != NULL)
        *time = now;
    return now;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *time, struct tm *tm)
{
    time_t seconds = (time_t)*time;
    return gmtime_r(&seconds, tm);
}

#ifdef MBEDTLS_PLATFORM_MS_TIME_ALT
mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return board_ms();
}
#endif

/* mbedTLS prints only what it found wrong with its arena, and then exits. */
int tls_no_print(const char *format, ...)
{
    (void)format;
    return 0;
}

int tls_no_fprint(void *stream, const char *format, ...)
{
    (void)stream;
    (void)format;
    return 0;
}

void tls_exit(int status)
{
    (void)status;
    startup_fatal("mbedTLS found its memory damaged");
}
