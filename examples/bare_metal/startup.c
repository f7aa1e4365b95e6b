/* startup.c - vectors, reset, and how deep the stack went */
#include "board.h"
#include "startup.h"

#include <string.h>

/* From the linker script. */
extern uint32_t data_image[], data_begin[], data_end[], bss_begin[], bss_end[],
    stack_begin[], stack_end[];

int main(void);
void reset(void);
void systick_irq(void);

#define PAINT 0xa5a5a5a5u
#define IRQS 48

static void fault(void)
{
    board_print("fault: the processor stopped the program\n");
    board_exit(EXIT_FAULT);
}

void startup_fatal(const char *what)
{
    board_print("fatal: ");
    board_print(what);
    board_print("\n");
    board_exit(EXIT_FAULT);
}

typedef void handler(void);

static const struct {
    uint32_t *stack;
    handler *core[15];
    handler *irq[IRQS];
} vectors __attribute__((section(".vectors"), used)) = {
    stack_end,
    {reset, fault, fault, fault, fault, fault, NULL, NULL, NULL, NULL, fault,
     fault, NULL, fault, systick_irq},
    {[0 ... IRQS - 1] = board_irq},
};

/* Runs before there are any variables.  A loop may become a call of
 * memset(): 16 words of the stack stay unpainted for it. */
void reset(void)
{
    uint32_t *word;
    const uint32_t *from = data_image;
    for (word = stack_begin; word < (uint32_t *)__builtin_frame_address(0) - 16;
         word++)
        *word = PAINT;
    for (word = data_begin; word < data_end; word++)
        *word = *from++;
    for (word = bss_begin; word < bss_end; word++)
        *word = 0;
    board_exit(main());
}

unsigned startup_stack_used(void)
{
    const uint32_t *word = stack_begin;
    while (word < stack_end && *word == PAINT)
        word++;
    return (unsigned)((stack_end - word) * 4);
}

unsigned startup_stack_size(void)
{
    return (unsigned)((stack_end - stack_begin) * 4);
}
