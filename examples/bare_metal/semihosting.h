/* semihosting.h - what a debugger or QEMU does for the program
 *
 * Only for tests: on a part without a debugger these calls fault.
 */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

/* One operation, and what it returns. */
uintptr_t semihosting(uintptr_t operation, const void *block);

/* Reads the host's file, size bytes at most: how many, or -1. */
int semihosting_read(const char *path, void *data, size_t size);

#endif
