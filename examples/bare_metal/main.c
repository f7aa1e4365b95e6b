/* main.c - a super-loop that revokes tokens while it does its other work
 *
 * Shows the calls in their order: memory and random bytes for TLS, the
 * network, the ports one on the other, then one step of the revocation in each
 * turn.  README.md says what to replace on a real board.
 */
#include "board.h"
#include "config.h"
#include "net.h"
#include "startup.h"
#include "text.h"
#include "tls.h"

/* Their implementations are objects of their own: see the Makefile. */
#include "smh_token.h"
#include "smh_lwip_raw.h"
#include "smh_mbedtls.h"

#define LEASE_MS 10000 /* how long DHCP may take */

/* ca.S: stays in flash, not even copied to be parsed. */
extern const unsigned char ca_begin[], ca_end[];

static config what;
static smh_lwip_raw tcp;
static smh_mbedtls tls;
static smh_call call;
static char buffer[1024];

/* ---- the other work ------------------------------------------------------ */

/* What a product does in its loop; here only the turns are counted and the
 * longest time without one, which is what a light that blinks would show. */
static struct {
    uint32_t turns, last, longest; /* ms */
} work;

static void other_work(void)
{
    uint32_t now = board_ms(), gap = now - work.last;
    if (work.turns++ > 0 && gap > work.longest)
        work.longest = gap;
    work.last = now;
}

/* Turns the rest of the firmware once, and sleeps until something happens. */
static void turn(void)
{
    net_turn();
    other_work();
    board_idle();
}

/* ---- the revocation ------------------------------------------------------ */

static uint32_t certificate_time(void *unused)
{
    (void)unused;
    return (uint32_t)tls_time(NULL);
}

/* ---- what outlives a reset ----------------------------------------------- */

/* FNV-1a of the text and its end. */
static uint32_t hash_text(uint32_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    while (*text++ != '\0');
    return hash;
}

/* No id is empty, so that one is the end. */
static uint32_t hash_list(uint32_t hash, const smh_list *list)
{
    size_t i;
    for (i = 0; list != NULL && i < list->count; i++)
        hash = hash_text(hash, list->items[i]);
    return hash_text(hash, "");
}

/* The word that is kept for a resume point: half of it is the point, the other
 * half a hash of that and of all for which it holds.  A point that does not fit
 * is not recognized, and costs a repetition. */
static uint32_t word_of(uint32_t point)
{
    const smh_scope *scope = &what.scope;
    uint32_t hash = hash_text(2166136261u ^ point, scope->library_id);
    hash = hash_list(hash, scope->users);
    hash = hash_list(hash, scope->clients);
    hash = hash_list(hash, scope->sessions);
    return (hash & 0xffff0000u) | (point & 0xffffu);
}

/* 0 if nothing was kept, or something for other lists. */
static uint32_t resume_point(void)
{
    uint32_t word = board_kept(), point = word & 0xffffu;
    return word == word_of(point) ? point : 0;
}

static void keep(void)
{
    static uint32_t last;
    if (call.report.resume == last)
        return;
    last = call.report.resume;
    board_keep(word_of(last));
}

static smh_port_ops ops;
static int (*send_on)(void *ctx, const void *data, size_t size);

/* A step may read a 204 and send the next request: what is confirmed is kept
 * before anything more goes out. */
static int keep_and_send(void *ctx, const void *data, size_t size)
{
    keep();
    return send_on(ctx, data, size);
}

static smh_port port_that_keeps(smh_port port)
{
    ops = *port.ops;
    send_on = ops.send;
    ops.send = keep_and_send;
    port.ops = &ops;
    return port;
}

/* ---- the call ------------------------------------------------------------ */

/* What cannot be set up is told by the call. */
static smh_port ports_start(void)
{
    smh_mbedtls_options how = {0};
    if (what.address != NULL) {
        tcp.resolve = net_pinned;
        tcp.arg = (void *)(uintptr_t)what.address;
    }
    how.below = smh_lwip_raw_port(&tcp);
    how.ca = ca_begin;
    how.ca_size = (size_t)(ca_end - ca_begin);
    how.ca_in_place = 1;
    how.f_rng = tls_random;
    how.time = certificate_time;
    smh_mbedtls_init(&tls, &how);
    return port_that_keeps(smh_mbedtls_port(&tls));
}

/* 0, or -1 if nobody gives us an address. */
static int network_wait(void)
{
    uint32_t begun = board_ms();
    while (!net_ready()) {
        if (board_ms() - begun > LEASE_MS)
            return -1;
        turn();
    }
    return 0;
}

static int revoke(const smh_io *io)
{
    int result = smh_begin(&call, &what.scope, io);
    while (result == 0) {
        turn();
        result = smh_step(&call);
        keep();
    }
    return result;
}

/* ---- the end ------------------------------------------------------------- */

static void report(int result)
{
    const smh_report *counts = &call.report;
    char text[256];
    text_print("result %ld: ", (long)result);
    board_print(smh_explain(&call, text, sizeof text));
    text_print("\nrequests: %lu confirmed %lu resume %lu in doubt %lu\n",
               (unsigned long)counts->requests,
               (unsigned long)counts->confirmed, (unsigned long)counts->resume,
               (unsigned long)counts->in_doubt);
    text_print("loop: %lu turns, longest gap %lu ms\n",
               (unsigned long)work.turns, (unsigned long)work.longest);
    text_print("stack: %u of %u\n", startup_stack_used(), startup_stack_size());
}

static int exit_status(int result)
{
    if (result == SMH_DONE)
        return EXIT_DONE;
    if (result > 0 || result == SMH_E_ANSWER || result == SMH_E_EXTRA)
        return EXIT_SERVICE;
    if (result <= SMH_E_ARGUMENT && result >= SMH_E_RANGE)
        return EXIT_USAGE;
    return result == SMH_E_TLS || result == SMH_E_MEMORY ? EXIT_TLS
                                                         : EXIT_NETWORK;
}

int main(void)
{
    smh_io io = {0};
    int result;
    board_init();
    if (config_read(&what) != 0)
        return EXIT_USAGE;
    if (tls_start() != 0)
        startup_fatal("no random bytes");
    if (net_start(&what) != 0)
        startup_fatal("no Ethernet controller");
    if (network_wait() != 0) {
        board_print("no address by DHCP\n");
        return EXIT_NETWORK;
    }
    io.port = ports_start();
    io.buffer = buffer;
    io.size = sizeof buffer;
    io.resume = resume_point();
    result = revoke(&io);
    report(result);
    return exit_status(result);
}
