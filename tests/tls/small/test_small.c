/* The TLS port on a small mbedTLS (config.h), over real sockets to a server of
 * OpenSSL. */
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_POSIX_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_posix.h"
#include "smh_mbedtls.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/memory_buffer_alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "cmocka_all.h"
#include "words.h"

enum { ARENA = 1 << 16, STEP = 512, LONGEST_RECORD = 2048, SLICE = 250 };

static unsigned char arena[ARENA];
static unsigned char ca[2000];
static size_t ca_size;
static mbedtls_ctr_drbg_context drbg;
static child server;
static uint16_t number;
static smh_posix tcp;
static smh_mbedtls tls;
static smh_mbedtls_options options;
static uint32_t clock_says;
static char text[600];

static const char *pki(const char *name, const char *end)
{
    static char path[4][512];
    static unsigned last;
    last = (last + 1) % 4;
    snprintf(path[last], sizeof path[0], "%s/%s%s", getenv("SMH_PKI"), name,
             end);
    return path[last];
}

static void load(const char *name, const char *end)
{
    FILE *file = fopen(pki(name, end), "rb");
    assert_non_null(file);
    ca_size = fread(ca, 1, sizeof ca - 1, file);
    ca[ca_size] = '\0';
    fclose(file);
}

/* Answers each GET by a page of some kB, and prints where it listens. */
static void serve_with(const char *name, const char *ciphers)
{
    static const char command[] =
        "exec openssl s_server -accept 127.0.0.1:0 -www -cert $0.pem"
        " -cert_chain $0.pem -key $0.key -cipher $1 2>/dev/null";
    const char *argv[] = {"sh", "-c", command, pki(name, ""), ciphers, NULL};
    char line[200] = "";
    const char *colon;
    child_start(&server, argv, -1);
    while (strncmp(line, "ACCEPT ", 7) != 0)
        assert_non_null(fgets(line, sizeof line, server.out));
    colon = strrchr(line, ':');
    assert_non_null(colon);
    number = (uint16_t)atoi(colon + 1);
}

static void serve(const char *name)
{
    serve_with(name, "DEFAULT");
}

static uint32_t read_clock(void *ctx)
{
    return *(const uint32_t *)ctx;
}

static int seed(void *ctx, unsigned char *data, size_t size)
{
    FILE *file = fopen("/dev/urandom", "rb");
    size_t got = fread(data, 1, size, file);
    (void)ctx;
    fclose(file);
    return got == size ? 0 : -1;
}

static void begin(size_t heap)
{
    mbedtls_memory_buffer_alloc_init(arena, heap);
    mbedtls_ctr_drbg_init(&drbg);
    assert_int_equal(mbedtls_ctr_drbg_seed(&drbg, seed, NULL, NULL, 0), 0);
    load("ca", ".der");
    memset(&tcp, 0, sizeof tcp);
    memset(&options, 0, sizeof options);
    options.below = smh_posix_port(&tcp);
    options.ca = ca;
    options.ca_size = ca_size;
    options.ca_in_place = 1;
    options.f_rng = mbedtls_ctr_drbg_random;
    options.p_rng = &drbg;
    options.time = read_clock;
    options.ctx = &clock_says;
    clock_says = (uint32_t)time(NULL);
}

static void end(void)
{
    smh_port port = smh_mbedtls_port(&tls);
    port.ops->close(port.ctx, 1);
    smh_mbedtls_free(&tls);
    mbedtls_ctr_drbg_free(&drbg);
    mbedtls_memory_buffer_alloc_free();
}

static int settle(smh_port port, int result)
{
    if (result == SMH_AGAIN)
        assert_int_equal(port.ops->wait(port.ctx, 10000), 1);
    return result == SMH_AGAIN;
}

static int open_it(void)
{
    smh_port port = smh_mbedtls_port(&tls);
    int result;
    do
        result = port.ops->open(port.ctx, "localhost", number);
    while (settle(port, result));
    return result;
}

static const char *words(void)
{
    return words_of(smh_mbedtls_port(&tls), text, sizeof text);
}

static void a_page_comes_in_small_records(void **state)
{
    static const char get[] = "GET / HTTP/1.0\r\n\r\n";
    static char page[1 << 15];
    smh_port port;
    size_t got = 0;
    int result;
    (void)state;
    serve("server");
    begin(ARENA);
    assert_int_equal(smh_mbedtls_init(&tls, &options), 0);
    port = smh_mbedtls_port(&tls);
    if (open_it() != 1)
        fail_msg("%s", words());
    do
        result = port.ops->send(port.ctx, get, sizeof get - 1);
    while (settle(port, result));
    assert_int_equal(result, sizeof get - 1);
    do {
        result = port.ops->recv(port.ctx, page + got, sizeof page - got);
        assert_true(result <= LONGEST_RECORD);
        got += result > 0 ? (size_t)result : 0;
    } while (result > 0 || settle(port, result));
    assert_int_equal(result, SMH_E_CLOSED);
    assert_true(got > LONGEST_RECORD);
    end();
    child_stop(&server);
}

static void set_up_says_what_this_build_lacks(void **state)
{
    (void)state;
    begin(ARENA);
    options.time = NULL;
    assert_int_equal(smh_mbedtls_init(&tls, &options), SMH_E_TLS);
    assert_non_null(strstr(words(), "no clock given"));
    options.time = read_clock;
    load("ca", ".pem");
    options.ca_size = ca_size + 1;
    assert_int_equal(smh_mbedtls_init(&tls, &options), SMH_E_TLS);
    assert_non_null(strstr(words(), "mbedTLS has no MBEDTLS_PEM_PARSE_C"));
    end();
}

static void refuses(const char *name, const char *why)
{
    serve(name);
    begin(ARENA);
    assert_int_equal(smh_mbedtls_init(&tls, &options), 0);
    assert_int_equal(open_it(), SMH_E_TLS);
    if (strstr(words(), why) == NULL)
        fail_msg("%s", words());
    end();
    child_stop(&server);
}

static void dates_are_checked_without_a_clock_of_mbedtls(void **state)
{
    (void)state;
    refuses("expired", "expired: valid to ");
    refuses("future", "not valid yet: valid from ");
    refuses("other-ca", "its issuer is \"SMH test other-ca-root\"");
    refuses("other-name", "it is for \"other.test\"");
}

/* On both sides of each place where the calendar turns: `date -u -d`. */
static void the_calendar_of_the_port(void **state)
{
    static const struct {
        uint32_t seconds;
        const char *date;
    } days[] = {{0, "1970-01-01 00:00:00"},
                {5097599, "1970-02-28 23:59:59"},
                {5097600, "1970-03-01 00:00:00"},
                {26006399, "1970-10-28 23:59:59"},
                {31535999, "1970-12-31 23:59:59"},
                {31536000, "1971-01-01 00:00:00"},
                {68169599, "1972-02-28 23:59:59"},
                {68169600, "1972-02-29 00:00:00"},
                {68256000, "1972-03-01 00:00:00"},
                {951782400, "2000-02-29 00:00:00"},
                {951868800, "2000-03-01 00:00:00"},
                {978307199, "2000-12-31 23:59:59"},
                {4107542399u, "2100-02-28 23:59:59"},
                {4107542400u, "2100-03-01 00:00:00"},
                {UINT32_MAX, "2106-02-07 06:28:15"}};
    char expected[100];
    size_t i;
    (void)state;
    serve("server");
    begin(ARENA);
    assert_int_equal(smh_mbedtls_init(&tls, &options), 0);
    for (i = 0; i < sizeof days / sizeof *days; i++) {
        clock_says = days[i].seconds;
        assert_int_equal(open_it(), SMH_E_TLS);
        snprintf(expected, sizeof expected, ", and the clock says %s%s",
                 days[i].date, clock_says >> 31 ? "" : ": is it set?");
        if (strstr(words(), expected) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", words(), expected);
        smh_mbedtls_port(&tls).ops->close(&tls, 1);
    }
    end();
}

static void a_certificate_is_for_what_it_says(void **state)
{
    (void)state;
    refuses("client-only", "certificate refused: not for a server");
    refuses("unfit", "its issuer is \"SMH test no-signer\"");
}

/* mbedTLS has the suite, and so has the server, which has no other. */
static void nothing_is_sent_in_the_clear(void **state)
{
    (void)state;
    serve_with("server", "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0");
    begin(ARENA);
    assert_int_equal(smh_mbedtls_init(&tls, &options), 0);
    assert_int_equal(open_it(), SMH_E_TLS);
    assert_int_equal(tls.alert, 40);
    end();
}

/* Init refuses its list; if it is changed later, the suite that was agreed on
 * counts. */
static void a_config_that_would_not_encrypt_is_refused(void **state)
{
    static const int good[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                               0};
    static const int clear[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                MBEDTLS_TLS_ECDHE_ECDSA_WITH_NULL_SHA, 0};
    mbedtls_ssl_config config;
    (void)state;
    serve_with("server", "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0");
    begin(ARENA);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT,
                                MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    options.conf = &config;
    assert_int_equal(smh_mbedtls_init(&tls, &options), SMH_E_TLS);
    assert_string_equal(
        words(), "set-up: a cipher suite of the config does not encrypt");
    mbedtls_ssl_conf_ciphersuites(&config, clear);
    assert_int_equal(smh_mbedtls_init(&tls, &options), SMH_E_TLS);
    mbedtls_ssl_conf_ciphersuites(&config, good);
    assert_int_equal(smh_mbedtls_init(&tls, &options), 0);
    mbedtls_ssl_conf_ciphersuites(&config, clear);
    assert_int_equal(open_it(), SMH_E_TLS);
    assert_non_null(strstr(words(), "does not encrypt"));
    mbedtls_ssl_config_free(&config);
    end();
}

/* One that was never filled in has no list, and nothing is offered. */
static void a_config_without_suites(void **state)
{
    mbedtls_ssl_config config;
    (void)state;
    begin(ARENA);
    mbedtls_ssl_config_init(&config);
    options.conf = &config;
    assert_int_equal(smh_mbedtls_init(&tls, &options), 0);
    end();
}

int __real_mbedtls_ssl_conf_max_frag_len(mbedtls_ssl_config *config,
                                         unsigned char code);
int __wrap_mbedtls_ssl_conf_max_frag_len(mbedtls_ssl_config *config,
                                         unsigned char code);

static int no_size_fits;

int __wrap_mbedtls_ssl_conf_max_frag_len(mbedtls_ssl_config *config,
                                         unsigned char code)
{
    return no_size_fits ? MBEDTLS_ERR_SSL_BAD_INPUT_DATA
                        : __real_mbedtls_ssl_conf_max_frag_len(config, code);
}

/* As where the longest record is shorter than what can be asked for. */
static void a_record_that_nobody_can_ask_for(void **state)
{
    (void)state;
    serve("server");
    begin(ARENA);
    no_size_fits = 1;
    assert_int_equal(smh_mbedtls_init(&tls, &options), 0);
    assert_int_equal(open_it(), SMH_E_TLS);
    no_size_fits = 0;
    assert_int_equal(tls.reason, SMH_MBEDTLS_CODE);
    assert_int_equal(tls.diag.sent, 0);
    assert_string_equal(words(), "set-up: mbedTLS failed: a record larger than "
                                 "MBEDTLS_SSL_IN_CONTENT_LEN (-0x7100)");
    end();
}

/* Nobody counts the failures of this allocator, so both are named. */
static void starve(const char *name)
{
    size_t heap;
    int failed = 0;
    int result = 0;
    serve(name);
    for (heap = 2048; heap < ARENA && result != 1; heap += STEP) {
        begin(heap);
        result = smh_mbedtls_init(&tls, &options);
        if (result == 0)
            result = open_it();
        if (result != 1 && strstr(words(), "out of memory") == NULL)
            fail_msg("%zu: %d, %s", heap, result, words());
        failed += result != 1;
        end();
    }
    assert_int_equal(result, 1);
    assert_true(failed > 5);
    child_stop(&server);
}

static void a_small_arena_is_not_an_untrusted_server(void **state)
{
    (void)state;
    starve("server-rsa");
    mbedtls_ecp_set_max_ops(SLICE);
    starve("server");
}

/* ---- a handshake in slices ----------------------------------------------- */

static smh_port below;
static int blocked; /* since the last opening */

static int note(int result)
{
    blocked |= result == SMH_AGAIN;
    return result;
}

static int open_below(void *ctx, const char *host, uint16_t port)
{
    return note(below.ops->open(ctx, host, port));
}

static int send_below(void *ctx, const void *data, size_t size)
{
    return note(below.ops->send(ctx, data, size));
}

static int recv_below(void *ctx, void *data, size_t size)
{
    return note(below.ops->recv(ctx, data, size));
}

/* Whoever waits while there is something to compute waits for nothing. */
static int wait_below(void *ctx, uint32_t ms)
{
    assert_true(blocked);
    return below.ops->wait(ctx, ms);
}

static unsigned turns_of_a_handshake(unsigned slice)
{
    smh_port_ops ops;
    smh_port port;
    unsigned turns = 0;
    int result;
    mbedtls_ecp_set_max_ops(slice);
    begin(ARENA);
    below = options.below;
    ops = *below.ops;
    ops.open = open_below;
    ops.send = send_below;
    ops.recv = recv_below;
    ops.wait = wait_below;
    options.below.ops = &ops;
    assert_int_equal(smh_mbedtls_init(&tls, &options), 0);
    port = smh_mbedtls_port(&tls);
    do {
        turns++;
        blocked = 0;
        result = port.ops->open(port.ctx, "localhost", number);
    } while (settle(port, result));
    if (result != 1)
        fail_msg("%s", words());
    end();
    return turns;
}

static void a_handshake_in_slices_does_not_wait_between_them(void **state)
{
    unsigned whole, sliced;
    (void)state;
    serve("server");
    whole = turns_of_a_handshake(0);
    sliced = turns_of_a_handshake(SLICE);
    if (sliced < 2 * whole)
        fail_msg("%u turns, and %u in slices", whole, sliced);
}

static void certificates_are_refused_in_slices_as_well(void **state)
{
    (void)state;
    mbedtls_ecp_set_max_ops(SLICE);
    refuses("expired", "expired: valid to ");
    refuses("other-ca", "its issuer is \"SMH test other-ca-root\"");
    refuses("unfit", "its issuer is \"SMH test no-signer\"");
}

static int tear_down(void **state)
{
    (void)state;
    mbedtls_ecp_set_max_ops(0);
    child_stop(&server);
    return 0;
}

#define TEST(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_comes_in_small_records),
        TEST(set_up_says_what_this_build_lacks),
        TEST(dates_are_checked_without_a_clock_of_mbedtls),
        TEST(the_calendar_of_the_port),
        TEST(a_certificate_is_for_what_it_says),
        TEST(nothing_is_sent_in_the_clear),
        TEST(a_config_that_would_not_encrypt_is_refused),
        TEST(a_config_without_suites),
        TEST(a_record_that_nobody_can_ask_for),
        TEST(a_small_arena_is_not_an_untrusted_server),
        TEST(a_handshake_in_slices_does_not_wait_between_them),
        TEST(certificates_are_refused_in_slices_as_well),
    };
    return cmocka_run_group_tests_name("small", tests, NULL, NULL);
}
