/* wraps.c - what the tests do to the firmware without its knowledge
 *
 * The linker (--wrap) puts each of these before the function that it names.
 */
#include "arguments.h"
#include "board.h"
#include "text.h"

#include "smh_token.h"

#include "lwip/pbuf.h"

/* ---- the call: pipeline, resume point, buffer, limit of time ------------- */

int __real_smh_begin(smh_call *call, const smh_scope *scope, const smh_io *io);
int __wrap_smh_begin(smh_call *call, const smh_scope *scope, const smh_io *io);

int __wrap_smh_begin(smh_call *call, const smh_scope *scope, const smh_io *io)
{
    static smh_io changed;
    changed = *io;
    changed.timeout_ms = (uint32_t)asked.timeout;
    if (asked.resume != 0)
        changed.resume = (uint32_t)asked.resume;
    changed.pipeline = (uint16_t)asked.pipeline;
    if (asked.buffer != 0 && asked.buffer < changed.size)
        changed.size = asked.buffer;
    return __real_smh_begin(call, scope, &changed);
}

/* ---- memory and clock ---------------------------------------------------- */

void __real_mbedtls_memory_buffer_alloc_init(unsigned char *arena, size_t size);
void __wrap_mbedtls_memory_buffer_alloc_init(unsigned char *arena, size_t size);

void __wrap_mbedtls_memory_buffer_alloc_init(unsigned char *arena, size_t size)
{
    if (asked.arena != 0 && asked.arena < size)
        size = asked.arena;
    __real_mbedtls_memory_buffer_alloc_init(arena, size);
}

uint32_t __real_board_time(void);
uint32_t __wrap_board_time(void);

/* It goes on from the time that was asked for. */
uint32_t __wrap_board_time(void)
{
    static uint32_t begun;
    uint32_t now = __real_board_time();
    if (begun == 0)
        begun = now;
    return asked.clock != 0 ? (uint32_t)asked.clock + now - begun : now;
}

/* ---- loss of frames, the same ones for the same seed --------------------- */

static unsigned drops;

static int is_dropped(void)
{
    static uint32_t state;
    if (state == 0)
        state = (uint32_t)asked.seed;
    state = state * 1664525u + 1013904223u;
    if ((state >> 16) % 100 >= asked.drop)
        return 0;
    drops++;
    return 1;
}

struct pbuf *__real_board_eth_receive(void);
struct pbuf *__wrap_board_eth_receive(void);
int __real_board_eth_send(const struct pbuf *frame);
int __wrap_board_eth_send(const struct pbuf *frame);

struct pbuf *__wrap_board_eth_receive(void)
{
    struct pbuf *frame = __real_board_eth_receive();
    while (frame != NULL && is_dropped()) {
        pbuf_free(frame);
        frame = __real_board_eth_receive();
    }
    return frame;
}

int __wrap_board_eth_send(const struct pbuf *frame)
{
    return is_dropped() ? 0 : __real_board_eth_send(frame);
}

void __real_board_exit(int status) __attribute__((noreturn));
void __wrap_board_exit(int status) __attribute__((noreturn));

void __wrap_board_exit(int status)
{
    if (asked.drop != 0)
        text_print("dropped: %u frames\n", drops);
    __real_board_exit(status);
}
