/* clock.c - milliseconds, counted by SysTick */
#include "board.h"
#include "cortex_m.h"

static volatile uint32_t now;

void systick_irq(void);

void systick_irq(void)
{
    now++;
}

void clock_start(uint32_t core_hz)
{
    SYST_RVR = core_hz / 1000 - 1;
    SYST_CVR = 0;
    SYST_CSR = 7; /* from the core's clock, with interrupt, on */
}

uint32_t board_ms(void)
{
    return now;
}

void board_idle(void)
{
    __asm volatile("dsb\n\twfi" ::: "memory");
}
