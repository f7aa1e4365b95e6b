/* FreeRTOS.h - what examples/freertos uses of the kernel, declared as in its
 * manual: Debian has no FreeRTOS to compile against */
#ifndef FREERTOS_H
#define FREERTOS_H

#include "FreeRTOSConfig.h"

#include <stddef.h>
#include <stdint.h>

typedef uint32_t TickType_t;

#define configTICK_RATE_HZ 1000
#define pdMS_TO_TICKS(ms)                                                      \
    ((TickType_t)((uint64_t)(ms)*configTICK_RATE_HZ / 1000))

void *pvPortMalloc(size_t size);
void vPortFree(void *memory);

#endif
