/* semihosting.c - what a debugger or QEMU does for the program */
#include "board.h"
#include "semihosting.h"

#include <string.h>

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_READ = 0x06,
    SYS_TIME = 0x11,
    SYS_EXIT_EXTENDED = 0x20
};

#define OPEN_BINARY 1 /* "rb" */
#define APPLICATION_EXIT 0x20026

uintptr_t semihosting(uintptr_t operation, const void *block)
{
    register uintptr_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = block;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

/* SYS_READ says how many bytes it did not read. */
int semihosting_read(const char *path, void *data, size_t size)
{
    uintptr_t block[3] = {(uintptr_t)path, OPEN_BINARY, strlen(path)};
    uintptr_t file = semihosting(SYS_OPEN, block), left;
    if (file == (uintptr_t)-1)
        return -1;
    block[0] = file;
    block[1] = (uintptr_t)data;
    block[2] = size;
    left = semihosting(SYS_READ, block);
    block[0] = file;
    semihosting(SYS_CLOSE, block);
    return left <= size ? (int)(size - left) : -1;
}

int board_random(void *data, size_t size)
{
    int got = semihosting_read("/dev/urandom", data, size);
    return got >= 0 && (size_t)got == size ? 0 : -1;
}

/* A line of a file of the host, without its end. */
int board_secret(char *text, size_t size)
{
    int got = semihosting_read("secret", text, size - 1);
    if (got <= 0)
        return -1;
    text[got] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    return 0;
}

extern volatile uint32_t kept; /* in RAM that a reset leaves: sections.ld */

uint32_t board_kept(void)
{
    return kept;
}

void board_keep(uint32_t word)
{
    kept = word;
}

uint32_t board_time(void)
{
    return (uint32_t)semihosting(SYS_TIME, NULL);
}

void board_print(const char *text)
{
    semihosting(SYS_WRITE0, text);
}

void board_exit(int status)
{
    uintptr_t block[2] = {APPLICATION_EXIT, (uintptr_t)status};
    for (;;)
        semihosting(SYS_EXIT_EXTENDED, block);
}
