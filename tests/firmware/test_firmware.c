/* test_firmware MACHINE IMAGE: the firmware revokes, and refuses, in QEMU
 *
 * SMH_STANDIN, FIRMWARE_PKI and FIRMWARE_RELAY name the programs and the folder
 * of certificates.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu.h"
#include "smh_token.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/names.h"
#include "tests/support/others.h"
#include "tests/support/outcomes.h"
#include "tests/support/standin.h"

/* Exit statuses, as in examples/bare_metal/startup.h. */
enum { DONE, SERVICE, USAGE, NETWORK, TLS };

#define PINNED "address=" QEMU_HOST " "
#define ALICE PINNED "user=alice "

static qemu q;
static standin server;
static unsigned deepest, closest; /* bytes of stack: used, left */

/* ---- around a case ------------------------------------------------------- */

static void fill(void)
{
    standin_reset(&server);
    standin_token(&server, "alice", "phone", "1");
    standin_token(&server, "alice", "tablet", "2");
    standin_token(&server, "bob", "phone", "3");
}

#define ALL "alice phone 1\nalice tablet 2\nbob phone 3\n"

static int begin(void **state)
{
    (void)state;
    qemu_begin(&q);
    standin_start(&server, q.directory, "server", NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    standin_stop(&server);
    qemu_end(&q);
    printf("# stack: %u bytes at the deepest, %u left\n", deepest, closest);
    return 0;
}

static int before_each(void **state)
{
    (void)state;
    q.icount = q.wire = q.patience = NULL;
    fill();
    return 0;
}

/* How deep the stack went, if the run came to its report. */
static void look_at_stack(void)
{
    const char *line = strstr(q.text, "stack: ");
    unsigned used, size;
    if (!line)
        return;
    assert_int_equal(sscanf(line, "stack: %u of %u", &used, &size), 2);
    assert_true(used + used / 4 <= size);
    if (used > deepest)
        deepest = used;
    closest = size - deepest;
}

#define run_on(port, ...) (qemu_run(&q, port, __VA_ARGS__), look_at_stack())
#define run(...) run_on(server.port, __VA_ARGS__)

static void check_result(int status, int result)
{
    char text[32];
    snprintf(text, sizeof text, "result %d: ", result);
    qemu_check(&q, status, text);
}

#define check_tokens(wanted) standin_left(&server, wanted)
#define check_journal(part, count)                                             \
    assert_int_equal(standin_seen(&server, part), count)

/* ---- what is revoked ----------------------------------------------------- */

static void revokes_a_device(void **state)
{
    (void)state;
    run(ALICE "client=phone");
    check_result(DONE, SMH_DONE);
    check_tokens("alice tablet 2\nbob phone 3\n");
    check_journal("ECDHE-ECDSA", 1);
}

static void revokes_a_session_through_a_small_buffer(void **state)
{
    (void)state;
    run(ALICE "session=2 buffer=7");
    check_result(DONE, SMH_DONE);
    check_tokens("alice phone 1\nbob phone 3\n");
}

/* Another server with the same CA. */
static void run_with(const char *certificate, const char *arguments)
{
    standin other = {0};
    standin_start(&other, q.directory, certificate, NULL);
    standin_token(&other, "alice", "phone", "1");
    run_on(other.port, "%s", arguments);
    assert_int_equal(standin_seen(&other, " DELETE "), q.status == DONE);
    standin_stop(&other);
}

static void takes_an_rsa_certificate(void **state)
{
    (void)state;
    run_with("server-rsa", ALICE);
    check_result(DONE, SMH_DONE);
}

static void takes_an_intermediate_authority(void **state)
{
    (void)state;
    run_with("chain", ALICE);
    check_result(DONE, SMH_DONE);
}

static const char *fill_25(void)
{
    static char arguments[1024];
    char *to = arguments + sprintf(arguments, PINNED);
    unsigned i;
    standin_reset(&server);
    standin_token(&server, "u00", "phone", "1");
    for (i = 1; i <= 25; i++) {
        char user[8];
        snprintf(user, sizeof user, "u%02u", i);
        standin_token(&server, user, "phone", "1");
        standin_token(&server, user, "tablet", "2");
        to += sprintf(to, "user=%s ", user);
    }
    standin_token(&server, "u26", "phone", "1");
    return arguments;
}

static void revoke_25(const char *more, const char *faults,
                      unsigned connections)
{
    const char *users = fill_25();
    standin_faults(&server, faults);
    run("%s%s", users, more);
    qemu_check(&q, DONE, "requests: 3 confirmed 3 resume 3");
    check_tokens("u00 phone 1\nu26 phone 1\n");
    check_journal("TLSv1.2", connections);
}

static void revokes_25_users_over_one_connection(void **state)
{
    (void)state;
    revoke_25("", "", 1);
    check_journal(" DELETE ", 3);
}

static void revokes_25_users_pipelined(void **state)
{
    (void)state;
    revoke_25("pipeline=3", "", 1);
    check_journal(" DELETE ", 3);
}

/* Each with a handshake of its own. */
static void opens_again_what_is_closed_after_each_answer(void **state)
{
    (void)state;
    revoke_25("", "*:close-after", 3);
    check_journal(" resumed", 0);
}

static void goes_on_where_it_failed(void **state)
{
    const char *users = fill_25();
    (void)state;
    standin_faults(&server, "2:status:503");
    run("%s", users);
    qemu_check(&q, SERVICE, "requests: 3 confirmed 1 resume 1");
    standin_faults(&server, "");
    run("%sresume=1", users);
    qemu_check(&q, DONE, "requests: 3 confirmed 2 resume 3");
    check_tokens("u00 phone 1\nu26 phone 1\n");
}

/* ---- who is refused ------------------------------------------------------ */

static void refuse(const char *certificate, const char *words)
{
    run_with(certificate, ALICE);
    qemu_check(&q, TLS, words);
}

static void refuses_another_name(void **state)
{
    (void)state;
    refuse("other-name", "other.test");
}

static void refuses_another_authority(void **state)
{
    (void)state;
    refuse("other-ca", "other-ca-root");
}

static void refuses_the_self_signed(void **state)
{
    (void)state;
    refuse("self-signed", "self-signed");
}

static void refuses_the_expired(void **state)
{
    (void)state;
    refuse("expired", "expired");
}

static void refuses_the_not_yet_valid(void **state)
{
    (void)state;
    refuse("future", "not valid yet");
}

/* The server is OpenSSL's: the stand-in's mbedTLS does not serve with it. */
static void refuses_a_certificate_of_a_client(void **state)
{
    child other;
    (void)state;
    run_on(s_server_start(&other, q.directory, "client-only"), ALICE);
    child_stop(&other);
    qemu_check(&q, TLS, "certificate refused: not for a server");
}

static void refuses_an_authority_that_may_not_sign(void **state)
{
    (void)state;
    refuse("unfit", "no-signer");
}

/* The same by the board's clock: in 2001, and in 2096. */
static void refuses_by_its_own_clock(void **state)
{
    (void)state;
    run(ALICE "clock=1000000000");
    qemu_check(&q, TLS, "2001");
    run(ALICE "clock=4000000000");
    qemu_check(&q, TLS, "expired");
    check_journal(" DELETE ", 0);
    check_tokens(ALL);
}

static void refuses_what_would_widen_a_deletion(void **state)
{
    (void)state;
    run(ALICE "client=");
    check_result(USAGE, SMH_E_ITEM);
    run(PINNED "user=alice%%2Cbob");
    check_result(USAGE, SMH_E_COMMA);
    check_journal("TLSv1.2", 0);
    check_tokens(ALL);
}

static void names_want_of_memory_for_what_it_is(void **state)
{
    static const unsigned arenas[] = {4096, 6144, 8192, 9216, 10240, 11264};
    unsigned i;
    (void)state;
    for (i = 0; i < sizeof arenas / sizeof *arenas; i++) {
        run(ALICE "arena=%u", arenas[i]);
        if (q.status != DONE)
            qemu_check(&q, TLS, "out of memory");
    }
}

/* ---- what a network does ------------------------------------------------- */

static void tells_a_closed_port(void **state)
{
    unsigned port;
    int fd = closed_port(&port);
    (void)state;
    run_on(port, ALICE);
    close(fd);
    assert_int_equal(q.status, NETWORK);
}

static void reaches_nothing_else(void **state)
{
    (void)state;
    run("address=10.0.2.2 port=%u user=alice timeout=3000", server.port);
    assert_int_equal(q.status, NETWORK);
    check_journal("TLSv1.2", 0);
}

/* While it waits for the answer the loop turns, at each tick at least. */
static void gives_up_on_silence(void **state)
{
    const char *loop;
    (void)state;
    standin_faults(&server, "1:silent");
    run(ALICE "timeout=6000");
    check_result(NETWORK, SMH_E_TIMEOUT);
    loop = strstr(q.text, "loop: ");
    assert_non_null(loop);
    assert_in_range(atoi(loop + 6), 1000, 2000000);
}

static void gives_up_on_a_stalled_handshake(void **state)
{
    (void)state;
    standin_faults(&server, "1:handshake-stall");
    run(ALICE "timeout=2000");
    check_result(NETWORK, SMH_E_TIMEOUT);
}

/* Whatever it does, the result is the one of any other machine. */
static void bears_what_servers_do_wrong(void **state)
{
    char fault[64];
    size_t i;
    (void)state;
    for (i = 0; i < outcome_count; i++) {
        const outcome *o = &outcomes[i];
        const char *result;
        fill();
        snprintf(fault, sizeof fault, "1:%s", o->fault);
        standin_faults(&server, fault);
        run(ALICE);
        result = strstr(q.text, "result ");
        if (!result || !outcome_allows(o, 1, atoi(result + 7)))
            fail_msg("%s:\n%s", fault, q.text);
        check_tokens(o->done ? "bob phone 3\n" : ALL);
    }
}

static void tells_a_wrong_secret(void **state)
{
    (void)state;
    run(ALICE "secret=another");
    check_result(SERVICE, 404);
    check_tokens(ALL);
}

/* Idle time is left out, so the firmware's clock runs far ahead, and only
 * QEMU's side repeats in real time: seconds as a rule, minutes when it has
 * bad luck. */
static void bears_the_loss_of_20_percent(void **state)
{
    unsigned seed, dropped = 0;
    (void)state;
    q.icount = "shift=5,sleep=off";
    q.patience = "300";
    for (seed = 1; seed <= 3; seed++) {
        fill();
        run(ALICE "drop=20 seed=%u timeout=2000000000", seed);
        check_result(DONE, SMH_DONE);
        check_tokens("bob phone 3\n");
        dropped += (unsigned)atoi(strstr(q.text, "dropped: ") + 9);
    }
    assert_true(dropped >= 3);
}

/* QEMU's user network lets no look-up out, so the name server hangs on the same
 * wire. */
static void finds_its_address_and_the_host(void **state)
{
    static const name names[] = {{"server.test", QEMU_HOST, NULL, 0},
                                 {NULL, NULL, NULL, 0}};
    (void)state;
    q.wire = temp_path(q.directory, "names");
    names_start_on_wire(names, q.wire, temp_path(q.directory, "qemu"));
    run("user=alice dhcp=1");
    check_result(DONE, SMH_DONE);
    check_tokens("bob phone 3\n");
    run("user=alice host=nobody.test");
    check_result(NETWORK, SMH_E_RESOLVE);
}

/* Without the rig: it takes its address by DHCP, and the secret from a file in
 * the working directory, which stands for protected storage.  QEMU's network
 * has no name server for it. */
static void the_example_itself_runs(void **state)
{
    const char *rigged = q.image;
    char path[600], here[600];
    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "%.*sexample.elf",
             (int)(strrchr(q.image, '/') + 1 - q.image), q.image);
    q.image = path;
    run(" ");
    qemu_check(&q, USAGE, "no secret of the library");
    assert_int_equal(chdir(q.directory), 0);
    run(" ");
    assert_int_equal(chdir(here), 0);
    check_result(NETWORK, SMH_E_RESOLVE);
    q.image = rigged;
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup(name, before_each)
    const struct CMUnitTest tests[] = {
        CASE(revokes_a_device),
        CASE(revokes_a_session_through_a_small_buffer),
        CASE(takes_an_rsa_certificate),
        CASE(takes_an_intermediate_authority),
        CASE(revokes_25_users_over_one_connection),
        CASE(revokes_25_users_pipelined),
        CASE(opens_again_what_is_closed_after_each_answer),
        CASE(goes_on_where_it_failed),
        CASE(refuses_another_name),
        CASE(refuses_another_authority),
        CASE(refuses_the_self_signed),
        CASE(refuses_the_expired),
        CASE(refuses_the_not_yet_valid),
        CASE(refuses_a_certificate_of_a_client),
        CASE(refuses_an_authority_that_may_not_sign),
        CASE(refuses_by_its_own_clock),
        CASE(refuses_what_would_widen_a_deletion),
        CASE(names_want_of_memory_for_what_it_is),
        CASE(tells_a_closed_port),
        CASE(reaches_nothing_else),
        CASE(gives_up_on_silence),
        CASE(gives_up_on_a_stalled_handshake),
        CASE(bears_what_servers_do_wrong),
        CASE(tells_a_wrong_secret),
        CASE(bears_the_loss_of_20_percent),
        CASE(finds_its_address_and_the_host),
        CASE(the_example_itself_runs),
    };

    if (argc != 3)
        return 2;
    q.machine = argv[1];
    q.image = argv[2];
    return cmocka_run_group_tests_name(argv[2], tests, begin, end);
}
