/* revoke_task.c - a task that revokes over lwIP's sockets and mbedTLS, to be
 * started when the interface is up: README.md says the rest */
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
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/platform.h"

static smh_lwip tcp; /* static, as a task's stack is small */
static smh_mbedtls tls;
static mbedtls_ctr_drbg_context generator;
static smh_call call;
static char buffer[1024], why[256];
static uint32_t failed;         /* allocations; only this task uses mbedTLS */
static uint32_t set_to, set_at; /* s since 1970, or 0; ms of sys_now() */

/* mbedTLS's heap: that of FreeRTOS. */
static void *heap_calloc(size_t count, size_t size)
{
    void *memory = NULL;
    if (size == 0 || count <= SIZE_MAX / size)
        memory = pvPortMalloc(count * size);
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

/* Called by lwIP's thread.  Nobody vouches for an answer of SNTP, but a time
 * before this firmware was built is none. */
void clock_set(uint32_t seconds)
{
    if (seconds < BUILT)
        return;
    taskENTER_CRITICAL();
    set_to = seconds;
    set_at = sys_now();
    taskEXIT_CRITICAL();
}

static uint32_t clock_now(void *unused)
{
    uint32_t now;
    (void)unused;
    taskENTER_CRITICAL();
    now = set_to == 0 ? UINT32_MAX : set_to + (sys_now() - set_at) / 1000;
    taskEXIT_CRITICAL();
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

static void tls_init(void)
{
    smh_mbedtls_options options = {.below = smh_lwip_port(&tcp),
                                   .ca = board_ca,
                                   .ca_size = board_ca_size,
                                   .ca_in_place = 1,
                                   .p_rng = &generator,
                                   .time = clock_now,
                                   .failed_allocs = heap_failed};
    mbedtls_platform_set_calloc_free(heap_calloc, vPortFree);
    mbedtls_ctr_drbg_init(&generator);
    if (mbedtls_ctr_drbg_seed(&generator, board_random, NULL, NULL, 0) == 0)
        options.f_rng = mbedtls_ctr_drbg_random; /* if not, the port says so */
    smh_mbedtls_init(&tls, &options);
}

void revoke_task(void *scope)
{
    smh_io io = {.buffer = buffer, .size = sizeof buffer};
    unsigned attempt = 1;
    int result;
    clock_wait();
    tls_init();
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
