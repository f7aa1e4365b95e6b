/* Whatever mbedTLS fails with at whatever call: the caller hears which it was,
 * nothing is sent, and the next opening is as good as the first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "faults.h"
#include "peer.h"
#include <mbedtls/error.h>
#include <mbedtls/pem.h>
#ifdef SMHI_MBEDTLS_PSA
#include <psa/crypto.h>
#endif

#define MEMORY "out of memory: the heap of mbedTLS is too small"

enum { INTERNAL = MBEDTLS_ERR_SSL_INTERNAL_ERROR }; /* of which no word tells */

static peer server;
static smh_mbedtls client;
static smh_mbedtls_options options;
static unsigned char *ca;

static int set_up(void **state)
{
    (void)state;
    memset(&fault, 0, sizeof fault);
    memset(&options, 0, sizeof options);
    peer_init(&server, "server");
    ca = pki_read("ca.pem", &options.ca_size);
    options.ca_size++;
    options.ca = ca;
    options.below = peer_port(&server);
    options.f_rng = peer_random;
    fault.client = &client;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fault.call = FAULT_NOWHERE;
    client_close(&client, 1);
    smh_mbedtls_free(&client);
    peer_free(&server);
    free(ca);
    return 0;
}

/* Behind the words stands the code, whose numbers 4.0 has changed. */
static void assert_told(int reason, int code, int result, int stage,
                        const char *words)
{
    char all[200];
    snprintf(all, sizeof all, code != 0 ? "%s (%s0x%04X)" : "%s", words,
             code < 0 ? "-" : "", (unsigned)abs(code));
    assert_string_equal(client_words(&client), all);
    assert_int_equal(client.reason, reason);
    assert_int_equal(client.diag.code, code);
    assert_int_equal(client.diag.result, result);
    assert_int_equal(client.diag.stage, stage);
    assert_int_equal(client.flags, 0);
    assert_int_equal(client.alert, 0);
    assert_int_equal(client.failed_allocs, 0);
}

/* It fails so, an opening says the same, and none touches the network. */
static void init_fails(enum faulty_call call, int code, int reason, int result,
                       const char *words)
{
    fault.call = call;
    fault.code = code;
    fault.count = 0;
    assert_int_equal(smh_mbedtls_init(&client, &options), result);
    assert_int_equal(fault.count, 1);
    assert_told(reason, code, result, SMH_STAGE_SET_UP, words);
    fault.call = FAULT_NOWHERE;
    assert_int_equal(client_open(&client, "standin.test"), result);
    assert_told(reason, code, result, SMH_STAGE_SET_UP, words);
    assert_int_equal(client_close(&client, 0), 1);
    assert_int_equal(server.opens, 0);
    assert_int_equal(server.closes, 0);
    smh_mbedtls_free(&client);
}

static void the_defaults_of_mbedtls_fail(void **state)
{
    (void)state;
    init_fails(FAULT_DEFAULTS, MBEDTLS_ERR_SSL_ALLOC_FAILED, SMH_MBEDTLS_MEMORY,
               SMH_E_MEMORY, "set-up: " MEMORY);
    init_fails(FAULT_DEFAULTS, INTERNAL, SMH_MBEDTLS_CODE, SMH_E_TLS,
               "set-up: mbedTLS failed");
}

static uint32_t seven(void *ctx)
{
    (void)ctx;
    return 7;
}

/* What failed before is none of its business. */
static void the_ca_cannot_be_parsed(void **state)
{
    enum { BEYOND = MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE };
    (void)state;
    options.failed_allocs = seven;
    init_fails(FAULT_PARSE, MBEDTLS_ERR_X509_ALLOC_FAILED, SMH_MBEDTLS_MEMORY,
               SMH_E_MEMORY, "set-up: " MEMORY);
    init_fails(FAULT_PARSE, BEYOND, SMH_MBEDTLS_CA, SMH_E_TLS,
               "set-up: CA cannot be read");
#if MBEDTLS_VERSION_MAJOR < 4
    init_fails(FAULT_PARSE, MBEDTLS_ERR_ERROR_GENERIC_ERROR, SMH_MBEDTLS_CA,
               SMH_E_TLS,
               "set-up: CA cannot be read: not known why, or out of memory");
#endif
    options.ca_in_place = 1;
    init_fails(FAULT_PARSE_IN_PLACE, BEYOND, SMH_MBEDTLS_CA, SMH_E_TLS,
               "set-up: CA cannot be read");
}

/* Of a bundle, some may be of a kind that this mbedTLS does not know. */
static void some_of_a_bundle_are_beyond_it(void **state)
{
    (void)state;
    for (fault.code = 1; fault.code < 200; fault.code++) {
        fault.call = FAULT_PARSE;
        assert_int_equal(smh_mbedtls_init(&client, &options), 0);
        assert_told(SMH_MBEDTLS_NONE, 0, 0, SMH_STAGE_NONE,
                    "not opened: nothing went wrong");
        smh_mbedtls_free(&client);
    }
}

#ifdef SMHI_MBEDTLS_PSA
static void psa_does_not_start(void **state)
{
    (void)state;
    options.f_rng = smh_mbedtls_psa_random;
    init_fails(FAULT_PSA, PSA_ERROR_INSUFFICIENT_ENTROPY, SMH_MBEDTLS_RNG,
               SMH_E_TLS, "set-up: the source of random bytes failed");
    init_fails(FAULT_PSA, PSA_ERROR_INSUFFICIENT_MEMORY, SMH_MBEDTLS_MEMORY,
               SMH_E_MEMORY, "set-up: " MEMORY);
    init_fails(FAULT_PSA, PSA_ERROR_HARDWARE_FAILURE, SMH_MBEDTLS_CODE,
               SMH_E_TLS, "set-up: mbedTLS failed");
}
#endif

/* The error of an opening, which each operation returns until it is closed. */
static void fails(enum faulty_call call, int code, int reason, int result,
                  int stage, const char *words)
{
    smh_port port = smh_mbedtls_port(&client);
    uint32_t sent;
    char byte = 'x';
    fault.call = call;
    fault.code = code;
    fault.count = 0;
    assert_int_equal(client_open(&client, "standin.test"), result);
    assert_int_equal(fault.count, 1);
    assert_told(reason, code, result, stage, words);
    fault.call = FAULT_NOWHERE;
    sent = client.diag.sent;
    assert_int_equal(port.ops->open(port.ctx, "standin.test", 443), result);
    assert_int_equal(port.ops->send(port.ctx, &byte, 1), result);
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), result);
    assert_told(reason, code, result, stage, words);
    assert_int_equal(client.diag.sent, sent);
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_int_equal(server.opens, server.closes);
    assert_int_equal(client_open(&client, "standin.test"), 1);
    assert_told(SMH_MBEDTLS_NONE, 0, 0, SMH_STAGE_HANDSHAKE,
                client_words(&client));
    assert_int_equal(client_close(&client, 0), 1);
}

static void a_connection_cannot_be_set_up(void **state)
{
    static const enum faulty_call calls[] = {
        FAULT_SETUP,
        FAULT_HOSTNAME,
#if defined(MBEDTLS_SSL_ALPN)
        FAULT_ALPN
#endif
    };
    size_t i;
    (void)state;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    for (i = 0; i < sizeof calls / sizeof *calls; i++) {
        fails(calls[i], MBEDTLS_ERR_SSL_ALLOC_FAILED, SMH_MBEDTLS_MEMORY,
              SMH_E_MEMORY, SMH_STAGE_SET_UP, "set-up: " MEMORY);
        fails(calls[i], INTERNAL, SMH_MBEDTLS_CODE, SMH_E_TLS, SMH_STAGE_SET_UP,
              "set-up: mbedTLS failed");
    }
}

/* By itself, or as the low part of what a caller of it says. */
static void every_code_for_memory_is_known(void **state)
{
    static const int codes[] = {
        MBEDTLS_ERR_SSL_ALLOC_FAILED,
        MBEDTLS_ERR_X509_ALLOC_FAILED,
#if MBEDTLS_VERSION_MAJOR < 4
        MBEDTLS_ERR_PK_ALLOC_FAILED,
        MBEDTLS_ERR_MD_ALLOC_FAILED,
        MBEDTLS_ERR_ECP_ALLOC_FAILED,
        MBEDTLS_ERR_CIPHER_ALLOC_FAILED,
        MBEDTLS_ERR_PEM_ALLOC_FAILED,
        MBEDTLS_ERR_MPI_ALLOC_FAILED,
        MBEDTLS_ERR_ASN1_ALLOC_FAILED,
        MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_ALLOC_FAILED,
        MBEDTLS_ERR_RSA_PUBLIC_FAILED + MBEDTLS_ERR_MPI_ALLOC_FAILED,
#endif
#ifdef SMHI_MBEDTLS_PSA
        PSA_ERROR_INSUFFICIENT_MEMORY,
#endif
    };
    size_t i;
    (void)state;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        fails(FAULT_STEP, codes[i], SMH_MBEDTLS_MEMORY, SMH_E_MEMORY,
              SMH_STAGE_HANDSHAKE, "handshake: " MEMORY);
    }
}

/* A code has its own words, and one that has none no other's. */
static void what_a_code_means_is_told(void **state)
{
    static const struct {
        int code;
        const char *words;
    } codes[] = {
        {MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED, ": no CA given"},
#if MBEDTLS_VERSION_MAJOR < 4
        {MBEDTLS_ERR_ERROR_GENERIC_ERROR, ": not known why, or out of memory"},
        {MBEDTLS_ERR_PK_INVALID_PUBKEY,
         ": a key is not understood, or out of memory"},
        {MBEDTLS_ERR_PK_INVALID_PUBKEY + MBEDTLS_ERR_ASN1_OUT_OF_DATA, ""},
#else
        {PSA_ERROR_GENERIC_ERROR, ": not known why, or out of memory"},
        {MBEDTLS_ERR_SSL_HW_ACCEL_FAILED, ": not known why, or out of memory"},
#endif
        {MBEDTLS_ERR_SSL_INVALID_RECORD, ": what came is no TLS"},
        {MBEDTLS_ERR_SSL_BAD_INPUT_DATA,
         ": a record larger than MBEDTLS_SSL_IN_CONTENT_LEN"},
#if MBEDTLS_VERSION_NUMBER < 0x03000000
        {MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION,
#else
        {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION,
#endif
         ": no TLS 1.2 or later there"},
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_NUMBER < 0x03060700
        {MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER,
         ": RSA-PSS in TLS 1.2, perhaps, which mbedTLS up to 3.6.6 refuses"},
#endif
        {INTERNAL, ""},
        {-0x11, ""}, /* of LMS in 3.x, beside one for memory */
        {12, ""},
    };
    char words[160];
    size_t i;
    (void)state;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        snprintf(words, sizeof words, "handshake: mbedTLS failed%s",
                 codes[i].words);
        fails(FAULT_STEP, codes[i].code, SMH_MBEDTLS_CODE, SMH_E_TLS,
              SMH_STAGE_HANDSHAKE, words);
    }
}

/* As in a handshake that is computed in slices: nobody waits for bytes. */
static void a_step_that_is_not_finished_goes_on(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    (void)state;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    fault.call = FAULT_STEP;
    fault.code = MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS;
    assert_int_equal(port.ops->open(port.ctx, "standin.test", 443), SMH_AGAIN);
    assert_int_equal(port.ops->wait(port.ctx, 1000), 1);
    assert_int_equal(server.waits, 0);
    assert_int_equal(fault.count, 1);
    fault.call = FAULT_NOWHERE;
    assert_int_equal(client_open(&client, "standin.test"), 1);
}

/* One operation fails, and the connection carries nothing any more. */
static void fails_open(enum faulty_call call, int code, int result, int stage,
                       const char *words)
{
    smh_port port = smh_mbedtls_port(&client);
    int reason = result == SMH_E_MEMORY ? SMH_MBEDTLS_MEMORY : SMH_MBEDTLS_CODE;
    char byte = 'x';
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    fault.call = call;
    fault.code = code;
    assert_int_equal(stage == SMH_STAGE_WRITE
                         ? port.ops->send(port.ctx, &byte, 1)
                         : port.ops->recv(port.ctx, &byte, 1),
                     result);
    fault.call = FAULT_NOWHERE;
    assert_told(reason, code, result, stage, words);
    assert_int_equal(port.ops->send(port.ctx, &byte, 1), result);
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), result);
    assert_told(reason, code, result, stage, words);
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    peer_turn(&server);
    assert_int_equal(server.size, 0);
    assert_int_equal(server.notified, 0);
}

static void an_open_connection_fails(void **state)
{
    (void)state;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    fails_open(FAULT_WRITE, INTERNAL, SMH_E_TLS, SMH_STAGE_WRITE,
               "sending: mbedTLS failed");
    fails_open(FAULT_WRITE, MBEDTLS_ERR_SSL_ALLOC_FAILED, SMH_E_MEMORY,
               SMH_STAGE_WRITE, "sending: " MEMORY);
    fails_open(FAULT_READ, INTERNAL, SMH_E_TLS, SMH_STAGE_READ,
               "receiving: mbedTLS failed");
    fails_open(FAULT_READ, MBEDTLS_ERR_SSL_ALLOC_FAILED, SMH_E_MEMORY,
               SMH_STAGE_READ, "receiving: " MEMORY);
    fails_open(FAULT_WRITE, 0, SMH_E_TLS, SMH_STAGE_WRITE,
               "sending: mbedTLS failed");
    /* What a second empty record in a row is to 2.28. */
    fails_open(FAULT_READ, 0, SMH_E_TLS, SMH_STAGE_READ,
               "receiving: mbedTLS failed");
}

/* It is closed all the same. */
static void the_end_cannot_be_said(void **state)
{
    (void)state;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    assert_int_equal(client_open(&client, "standin.test"), 1);
    fault.call = FAULT_NOTIFY;
    fault.code = INTERNAL;
    assert_int_equal(client_close(&client, 0), 1);
    assert_int_equal(fault.count, 1);
    assert_int_equal(client.diag.stage, SMH_STAGE_CLOSE);
    assert_int_equal(server.closes, 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_defaults_of_mbedtls_fail),
        TEST(the_ca_cannot_be_parsed),
        TEST(some_of_a_bundle_are_beyond_it),
#ifdef SMHI_MBEDTLS_PSA
        TEST(psa_does_not_start),
#endif
        TEST(a_connection_cannot_be_set_up),
        TEST(every_code_for_memory_is_known),
        TEST(what_a_code_means_is_told),
        TEST(a_step_that_is_not_finished_goes_on),
        TEST(an_open_connection_fails),
        TEST(the_end_cannot_be_said),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
