/* cortex_m.h - the few registers of a Cortex-M that the firmware uses */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define SYST_CSR REGISTER(0xe000e010) /* control */
#define SYST_RVR REGISTER(0xe000e014) /* reload value */
#define SYST_CVR REGISTER(0xe000e018) /* current value */
#define NVIC_ISER(n) REGISTER(0xe000e100 + 4 * (n))

static inline void irq_enable(unsigned irq)
{
    NVIC_ISER(irq / 32) = 1u << irq % 32;
}

/* clock.c: starts the tick of 1 ms. */
void clock_start(uint32_t core_hz);

#endif
