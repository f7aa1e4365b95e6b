/* measure MACHINE IMAGE ARENA: what one image needs when it runs
 *
 * Prints a name and a number each: the least arena in which every handshake
 * worked (found by bisection, to STEP bytes), the deepest stack, and the
 * longest turn of the loop in millions of instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/standin.h"

enum { STEP = 128, SERVERS = 3 };

static const char *const certificates[SERVERS] = {"server", "server-rsa",
                                                  "chain"};
static qemu q;
static standin servers[SERVERS];
static unsigned deepest, longest;

/* 11 users are two requests, and the server closes after each. */
#define ELEVEN                                                                 \
    "user=0 user=1 user=2 user=3 user=4 user=5 user=6 user=7 user=8 user=9 "   \
    "user=10 address=" QEMU_HOST

static int works(const standin *s, unsigned arena)
{
    qemu_run(&q, s->port, ELEVEN " arena=%u", arena);
    if (q.status != 0 && !strstr(q.text, "out of memory"))
        fail_msg("arena of %u: not for want of memory:\n%s", arena, q.text);
    return q.status == 0;
}

/* least fails, most works. */
static unsigned bisect(const standin *s, unsigned least, unsigned most)
{
    while (most - least > STEP) {
        unsigned middle = least + (most - least) / (2 * STEP) * STEP;
        if (middle == least)
            middle += STEP;
        if (works(s, middle))
            most = middle;
        else
            least = middle;
    }
    return most;
}

/* By -icount shift=0 an instruction takes 1 ns. */
static void look(const standin *s)
{
    const char *gap, *stack;
    unsigned value = 0;
    q.icount = "shift=0,sleep=on";
    qemu_run(&q, s->port, ELEVEN);
    q.icount = NULL;
    qemu_check(&q, 0, "result 204");
    gap = strstr(q.text, "longest gap ");
    stack = strstr(q.text, "stack: ");
    assert_true(gap && stack);
    if (sscanf(gap, "longest gap %u", &value) == 1 && value > longest)
        longest = value;
    if (sscanf(stack, "stack: %u", &value) == 1 && value > deepest)
        deepest = value;
}

int main(int argc, char **argv)
{
    const char *more[] = {"--fault", "*:close-after", NULL};
    unsigned arena = 4096, all, i;
    if (argc != 4)
        return 2;
    q.machine = argv[1];
    q.image = argv[2];
    qemu_begin(&q);
    all = (unsigned)atoi(argv[3]);
    for (i = 0; i < SERVERS; i++) {
        standin_start(&servers[i], q.directory, certificates[i], more);
        look(&servers[i]);
        if (!works(&servers[i], arena))
            arena = bisect(&servers[i], arena, all);
        standin_stop(&servers[i]);
    }
    printf("run.arena %u\nrun.stack %u\nrun.turn %u\n", arena, deepest,
           longest);
    qemu_end(&q);
    return 0;
}
