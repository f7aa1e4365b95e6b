/* main.c - a super-loop that revokes tokens while it does its other work
 *
 * Shows the calls in their order: memory and random octets for TLS, the
 * network, the ports one on the other, then one step of the revocation in each
 * turn.  README.md says what to replace on a real board.
 */
#include "board.h"
#include "net.h"
#include "arguments.h"
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

static arguments args;
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

static int ports_start(void)
{
    smh_mbedtls_options how = {0};

    if (args.address) {
        tcp.resolve = net_pinned;
        tcp.arg = &args;
    }
    how.lower = smh_lwip_raw_port(&tcp);
    how.ca = ca_begin;
    how.ca_size = (size_t)(ca_end - ca_begin);
    how.ca_in_place = 1;
    how.f_rng = tls_random;
    how.time = certificate_time;
    return smh_mbedtls_init(&tls, &how);
}

static int network_wait(void)
{
    uint32_t begun = board_ms();

    while (!net_ready()) {
        if (board_ms() - begun > LEASE_MS)
            return SMH_E_NETWORK;
        turn();
    }
    return 0;
}

static int revoke(void)
{
    smh_io io = {0};
    int result;

    io.port = smh_mbedtls_port(&tls);
    io.buffer = buffer;
    io.size = args.buffer && args.buffer < sizeof buffer ? args.buffer
                                                         : sizeof buffer;
    io.timeout_ms = (uint32_t)args.timeout;
    io.resume = (uint32_t)args.resume;
    io.pipeline = (uint16_t)args.pipeline;
    result = smh_begin(&call, &args.scope, &io);
    while (result == 0) {
        turn();
        result = smh_step(&call);
    }
    return result;
}

/* ---- the end ------------------------------------------------------------- */

static void report(int result)
{
    char text[256];

    text_print("result %ld: %s\n", (long)result, smh_strerror(result));
    text_print("tls: %s\n", smh_mbedtls_explain(&tls, text, sizeof text));
    text_print("tcp: %s\n", smh_lwip_raw_explain(&tcp, text, sizeof text));
    text_print("requests: %lu confirmed %lu resume %lu\n",
               (unsigned long)call.report.requests,
               (unsigned long)call.report.confirmed,
               (unsigned long)call.report.resume);
    text_print("loop: %lu turns, longest gap %lu ms\n",
               (unsigned long)work.turns, (unsigned long)work.longest);
    text_print("stack: %u of %u\n", startup_stack_used(), startup_stack_size());
    if (args.drop)
        text_print("dropped: %u frames\n", net_dropped());
}

static int exit_status(int result)
{
    if (result == SMH_DONE)
        return EXIT_DONE;
    if (result > 0)
        return EXIT_SERVICE;
    if (result <= SMH_E_ARGUMENT && result >= SMH_E_INSECURE)
        return EXIT_USAGE;
    return result == SMH_E_TLS || result == SMH_E_MEMORY ? EXIT_TLS
                                                         : EXIT_NETWORK;
}

int main(void)
{
    int result;

    board_init();
    if (arguments_read(&args) != 0)
        return EXIT_USAGE;
    if (tls_start(args.arena, (uint32_t)args.clock) != 0)
        startup_fatal("no random octets");
    if (net_start(&args) != 0)
        startup_fatal("no Ethernet controller");
    result = network_wait();
    if (result == 0)
        result = ports_start();
    if (result == 0)
        result = revoke();
    report(result);
    return exit_status(result);
}
