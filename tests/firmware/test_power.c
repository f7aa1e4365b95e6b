/* test_power MACHINE IMAGE: the power is cut at about a hundred places of a
 * run, and the firmware does the rest at its next start, and nothing else
 *
 * A run revokes 25 users by a request each.  At the cut, the stand-in's journal
 * says how many requests have arrived: all but the last of these were confirmed
 * before it was sent.  Tokens that their users get now must stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "qemu.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/standin.h"

enum { USERS = 25, CUTS = 100, ROOM = 4096 };

static qemu q;
static standin server;
static const char *gate; /* a FIFO that the firmware reads at the cut */

static int begin(void **state)
{
    (void)state;
    qemu_begin(&q);
    standin_start(&server, q.directory, "server", NULL);
    gate = strdup(temp_path(q.directory, "gate"));
    assert_int_equal(mkfifo(gate, 0600), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    standin_stop(&server);
    qemu_end(&q);
    return 0;
}

static void give(unsigned user, const char *client)
{
    char name[16];
    snprintf(name, sizeof name, "u%02u", user);
    standin_token(&server, name, client, "1");
}

/* By -icount an instruction takes the same time in each run, so that the
 * places of all runs are about the same. */
static void start(unsigned long cut, unsigned count)
{
    char users[ROOM] = "";
    unsigned i;
    standin_reset(&server);
    for (i = 0; i <= USERS + 1; i++)
        give(i, "old");
    for (i = 1; i <= count; i++)
        sprintf(users + strlen(users), " user=u%02u", i);
    q.icount = "shift=0,sleep=on";
    qemu_start(&q, server.port,
               "address=" QEMU_HOST " cut=%lu gate=%s times=10%s", cut, gate,
               users);
}

/* The firmware has come to the cut, and waits: the FIFO, or -1 if it has ended
 * without. */
static int wait_for_cut(void)
{
    static const struct timespec ms = {0, 1000000};
    unsigned tries;
    for (tries = 0; tries < 60000; tries++) {
        int fd = open(gate, O_WRONLY | O_NONBLOCK);
        if (fd >= 0)
            return fd;
        assert_int_equal(errno, ENXIO);
        nanosleep(&ms, NULL);
    }
    return -1;
}

/* At a place: how many requests had arrived. */
static unsigned cut_at(unsigned long place)
{
    char left[ROOM] = "u00 old 1\nu26 old 1\n";
    unsigned arrived, i;
    int fd;
    start(place, USERS);
    fd = wait_for_cut();
    assert_true(fd >= 0);
    arrived = standin_seen(&server, " DELETE ");
    for (i = 1; i < arrived; i++) {
        give(i, "new");
        sprintf(left + strlen(left), "u%02u new 1\n", i);
    }
    close(fd);
    qemu_wait(&q);
    qemu_check(&q, 0, "requests: 25 ");
    qemu_check(&q, 0, " resume 25 ");
    standin_left(&server, left);
    assert_in_range(standin_seen(&server, " DELETE "), USERS, USERS + 1);
    return arrived;
}

/* Without a cut: how many requests it sent. */
static unsigned run(unsigned users)
{
    start(0xffffffff, users);
    qemu_wait(&q);
    qemu_check(&q, 0, "result 204");
    return standin_seen(&server, " DELETE ");
}

/* The number behind these words. */
static unsigned long told(const char *words)
{
    const char *at = strstr(q.text, words);
    assert_non_null(at);
    return strtoul(at + strlen(words), NULL, 10);
}

/* The next runs find this word kept. */
static void keep(unsigned long word)
{
    static char loader[80];
    snprintf(loader, sizeof loader,
             "loader,addr=0x203ffff8,data=%lu,data-len=4", word);
    q.loader = loader;
}

static void an_order_stays_done_and_is_not_taken_for_another(void **state)
{
    unsigned long word;
    (void)state;
    assert_int_equal(run(USERS), USERS);
    word = told(" kept: ");
    keep(word);
    assert_int_equal(run(USERS), 0);
    assert_int_equal(run(USERS - 1), USERS - 1);
    keep(word - 1);
    assert_int_equal(run(USERS), USERS);
    q.loader = NULL;
}

static void does_the_rest_and_nothing_else(void **state)
{
    unsigned long places, i;
    unsigned at[USERS + 1] = {0}, none = 0;
    (void)state;
    assert_int_equal(run(USERS), USERS);
    standin_left(&server, "u00 old 1\nu26 old 1\n");
    places = told("places: ");
    assert_true(places > CUTS);
    for (i = 0; i < CUTS; i++)
        at[cut_at(1 + i * (places - places / 20) / CUTS)]++;
    for (i = 0; i <= USERS; i++)
        none += at[i] == 0;
    printf("# %lu places; none of %d cuts behind %u of the requests\n", places,
           CUTS, none);
    assert_true(none <= USERS / 5);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_stays_done_and_is_not_taken_for_another),
        cmocka_unit_test(does_the_rest_and_nothing_else),
    };
    if (argc != 3)
        return 2;
    q.machine = argv[1];
    q.image = argv[2];
    return cmocka_run_group_tests_name(argv[2], tests, begin, end);
}
