/* arch/cc.h - what lwIP wants from the compiler */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdint.h>

/* The texts of the assertions would take 12 kB of flash. */
void net_assertion(void) __attribute__((noreturn));
#define LWIP_PLATFORM_ASSERT(text) net_assertion()
#define LWIP_PLATFORM_DIAG(arguments)                                          \
    do {                                                                       \
    } while (0)

#define LWIP_NO_INTTYPES_H 1
#define X8_F "02x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "u"

/* Seeded from the TLS random generator, so that ports and ids are no guess. */
uint32_t net_random(void);
#define LWIP_RAND() net_random()

#endif
