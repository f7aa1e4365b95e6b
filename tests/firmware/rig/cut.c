/* cut.c - the power is cut once, where a test wants it
 *
 * Places are counted: before and behind each frame's way through the driver,
 * before and behind each word that is kept, and at each tick that finds the
 * processor at work.  At the one that was asked for the firmware waits for the
 * test, by reading a FIFO, and resets the processor.
 */
#include "arguments.h"
#include "board.h"
#include "semihosting.h"
#include "text.h"

#include "fifo.h"

#define AIRCR (*(volatile uint32_t *)0xe000ed0cu)
#define SYSRESETREQ 0x05fa0004u

extern volatile uint32_t kept[2]; /* sections.ld; the second is ours */

static uint32_t places;
static volatile int is_idle;

static void place(void)
{
    char byte;
    if (asked.cut == 0 || kept[1] != 0 || ++places != asked.cut)
        return;
    kept[1] = 1;
    semihosting_read(asked.gate, &byte, 1);
    AIRCR = SYSRESETREQ;
    for (;;)
        continue;
}

void __real_systick_irq(void);
void __wrap_systick_irq(void);
void __real_board_idle(void);
void __wrap_board_idle(void);
void __real_board_keep(uint32_t word);
void __wrap_board_keep(uint32_t word);

void __wrap_systick_irq(void)
{
    __real_systick_irq();
    if (!is_idle)
        place();
}

void __wrap_board_idle(void)
{
    is_idle = 1;
    __real_board_idle();
    is_idle = 0;
}

void __wrap_board_keep(uint32_t word)
{
    place();
    __real_board_keep(word);
    place();
}

struct pbuf *__real_fifo_get_frame(fifo *in, size_t size);
struct pbuf *__wrap_fifo_get_frame(fifo *in, size_t size);
void __real_fifo_put_frame(fifo *out, const struct pbuf *frame);
void __wrap_fifo_put_frame(fifo *out, const struct pbuf *frame);

struct pbuf *__wrap_fifo_get_frame(fifo *in, size_t size)
{
    struct pbuf *frame;
    place();
    frame = __real_fifo_get_frame(in, size);
    place();
    return frame;
}

void __wrap_fifo_put_frame(fifo *out, const struct pbuf *frame)
{
    place();
    __real_fifo_put_frame(out, frame);
    place();
}

/* Its last words, behind those of main(). */
unsigned __real_startup_stack_size(void);
unsigned __wrap_startup_stack_size(void);

unsigned __wrap_startup_stack_size(void)
{
    if (asked.cut != 0)
        text_print("places: %lu kept: %lu\n", (unsigned long)places,
                   (unsigned long)kept[0]);
    return __real_startup_stack_size();
}
