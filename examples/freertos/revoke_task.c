/* revoke_task.c - a task that revokes over lwIP's sockets and mbedTLS: start
 * it by revoke_start() when the interface is up; README.md says the rest */
#define _POSIX_C_SOURCE 200809L /* gmtime_r() */
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_LWIP_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "board.h"
#include "FreeRTOS.h"
#include "task.h"
#include "smh_lwip.h"
#include "smh_mbedtls.h"
#include "lwip/apps/sntp.h"
#include "lwip/tcpip.h"
#include "mbedtls/platform.h"

static smh_lwip tcp; /* static, as a task's stack is small */
static smh_mbedtls tls;
static smh_call call;
static char buffer[1024], why[256];

/* ---- mbedTLS's heap: that of FreeRTOS ------------------------------------ */

static uint32_t failed; /* allocations; only this task uses mbedTLS */

static void *heap_calloc(size_t count, size_t size)
{
    void *memory = size != 0 && count > SIZE_MAX / size
                       ? NULL
                       : pvPortMalloc(count * size);
    if (memory == NULL)
        failed++;
    else
        memset(memory, 0, count * size); /* pvPortMalloc() does not */
    return memory;
}

static uint32_t heap_failed(void *unused)
{
    (void)unused;
    return failed;
}

/* ---- the clock: SNTP ----------------------------------------------------- */

static uint32_t set_to, set_at; /* s since 1970, or 0; ms of sys_now() */

/* Called by lwIP's thread.  Nobody vouches for an answer of SNTP, but a time
 * before this firmware was built is none. */
void clock_set(uint32_t seconds)
{
    SYS_ARCH_DECL_PROTECT(level);
    if (seconds < BUILT)
        return;
    SYS_ARCH_PROTECT(level);
    set_to = seconds;
    set_at = sys_now();
    SYS_ARCH_UNPROTECT(level);
}

static uint32_t clock_now(void *unused)
{
    uint32_t now;
    SYS_ARCH_DECL_PROTECT(level);
    (void)unused;
    SYS_ARCH_PROTECT(level);
    now = set_to == 0 ? UINT32_MAX : set_to + (sys_now() - set_at) / 1000;
    SYS_ARCH_UNPROTECT(level);
    return now;
}

static void clock_wait(void)
{
    LOCK_TCPIP_CORE(); /* SNTP belongs to lwIP's thread */
    sntp_setservername(0, "pool.ntp.org");
    sntp_init();
    UNLOCK_TCPIP_CORE();
    while (clock_now(NULL) == UINT32_MAX)
        vTaskDelay(pdMS_TO_TICKS(100));
}

/* ---- what tls_config.h leaves to us -------------------------------------- */

time_t tls_time(time_t *time)
{
    time_t now = (time_t)clock_now(NULL);
    if (time != NULL)
        *time = now;
    return now;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *time, struct tm *tm)
{
    return gmtime_r(time, tm);
}

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return sys_now();
}
#endif

int mbedtls_hardware_poll(void *unused, unsigned char *data, size_t size,
                          size_t *got);
int mbedtls_hardware_poll(void *unused, unsigned char *data, size_t size,
                          size_t *got)
{
    (void)unused;
    *got = size;
    return board_random(data, size);
}

/* ---- the task ------------------------------------------------------------ */

static void revoke_task(void *scope)
{
    smh_mbedtls_options options = {0};
    smh_io io = {.buffer = buffer, .size = sizeof buffer};
    unsigned attempt = 1;
    int result;
    clock_wait();
    mbedtls_platform_set_calloc_free(heap_calloc, vPortFree);
    options.below = smh_lwip_port(&tcp);
    options.ca = board_ca;
    options.ca_size = board_ca_size;
    options.ca_in_place = 1;
    options.f_rng = smh_mbedtls_psa_random;
    options.time = clock_now;
    options.failed_allocs = heap_failed;
    smh_mbedtls_init(&tls, &options);
    io.port = smh_mbedtls_port(&tls);

    /* Networks recover: what is left is asked again, each minute at last. */
    while (smh_retryable(result = smh_revoke(&call, scope, &io))) {
        uint32_t ms = smh_backoff(attempt++, 1000, 60000, LWIP_RAND());
        board_report(result, smh_explain(&call, why, sizeof why));
        io.resume = call.report.resume;
        vTaskDelay(pdMS_TO_TICKS(ms));
    }
    board_report(result, smh_explain(&call, why, sizeof why));
    smh_mbedtls_free(&tls);
    vTaskDelete(NULL);
}

int revoke_start(smh_scope *scope)
{
    return xTaskCreate(revoke_task, "revoke", STACK_WORDS, scope,
                       tskIDLE_PRIORITY + 1, NULL) == pdPASS;
}
