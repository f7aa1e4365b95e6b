/* semihosting.h - what a debugger or QEMU does for the program
 *
 * Only for tests: on a part without a debugger these calls fault.
 */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stddef.h>

/* The command line, terminated: 0, or -1 if it is longer than size - 1. */
int semihosting_command_line(char *text, size_t size);

/* Octets of the host's file, at most size; -1 if it cannot be read. */
int semihosting_read(const char *path, void *data, size_t size);

#endif
