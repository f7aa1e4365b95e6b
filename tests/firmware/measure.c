/* measure MACHINE IMAGE ARENA: what one image needs when it runs
 *
 * Prints a name and a number each: the least arena in which every handshake
 * worked (found by bisection, to STEP bytes), the deepest stack, and the
 * longest turn of the loop in millions of instructions, against nginx by the
 * kind of its key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/others.h"
#include "tests/support/standin.h"

enum { STEP = 128, SERVERS = 3 };

static const char *const certificates[SERVERS] = {"server", "server-rsa",
                                                  "chain"};
static qemu q;
static unsigned deepest;

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

/* The longest turn.  By -icount shift=0 an instruction takes 1 ns. */
static unsigned look(unsigned port)
{
    const char *gap, *stack;
    unsigned turn, used;
    q.icount = "shift=0,sleep=on";
    qemu_run(&q, port, ELEVEN);
    q.icount = NULL;
    qemu_check(&q, 0, "result 204");
    gap = strstr(q.text, "longest gap ");
    stack = strstr(q.text, "stack: ");
    assert_true(gap && stack);
    assert_int_equal(sscanf(gap, "longest gap %u", &turn), 1);
    assert_int_equal(sscanf(stack, "stack: %u", &used), 1);
    if (used > deepest)
        deepest = used;
    return turn;
}

/* As services are set up: nginx in front, which closes after each answer. */
static unsigned turn_with(const char *certificate, const char *more)
{
    front_setup setup = {0};
    front nginx = {0};
    standin behind = {0};
    unsigned turn;
    standin_start(&behind, q.directory, NULL, NULL);
    setup.certs = q.directory;
    setup.cert = certificate;
    setup.upstream = behind.port;
    setup.requests = 1;
    setup.server = more;
    assert_true(front_start(&nginx, &setup));
    turn = look(nginx.port);
    free(front_stop(&nginx));
    standin_stop(&behind);
    return turn;
}

static unsigned arena_enough(unsigned all)
{
    const char *more[] = {"--fault", "*:close-after", NULL};
    unsigned arena = 4096, i;
    for (i = 0; i < SERVERS; i++) {
        standin server = {0};
        standin_start(&server, q.directory, certificates[i], more);
        if (!works(&server, arena))
            arena = bisect(&server, arena, all);
        standin_stop(&server);
    }
    return arena;
}

static void measure(unsigned all)
{
    unsigned ecdsa = turn_with("server", NULL);
    unsigned chain = turn_with("chain", NULL);
    printf("run.ecdsa %u\n", chain > ecdsa ? chain : ecdsa);
    printf("run.rsa %u\n", turn_with("server-rsa", NULL));
    printf("run.p384 %u\n",
           turn_with("server-rsa", "ssl_ecdh_curve secp384r1;"));
    printf("run.stack %u\n", deepest);
    printf("run.arena %u\n", arena_enough(all));
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    q.machine = argv[1];
    q.image = argv[2];
    qemu_begin(&q);
    measure((unsigned)atoi(argv[3]));
    qemu_end(&q);
    return 0;
}
