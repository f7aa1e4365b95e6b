/* Which servers smh_mbedtls.h accepts, which it refuses, and in what words;
 * none that it refuses gets a byte of the caller's data. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmocka_all.h"
#include "peer.h"
#include "silent.h"
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

static peer server;
static smh_mbedtls client;
static smh_mbedtls_options options;
static uint32_t clock_says;

static uint32_t read_clock(void *ctx)
{
    return *(const uint32_t *)ctx;
}

static void set_clock(uint32_t says)
{
    options.time = read_clock;
    options.ctx = &clock_says;
    clock_says = says;
}

/* For the next begin(); to be freed at the end. */
static unsigned char *trust(const char *pem)
{
    size_t size;
    unsigned char *ca = pki_read(pem, &size);
    options.ca = ca;
    options.ca_size = size + 1;
    return ca;
}

static void begin(const char *certificate)
{
    peer_init(&server, certificate);
    client_init(&client, &server, &options);
}

static void end(void)
{
    client_close(&client, 1);
    smh_mbedtls_free(&client);
    peer_free(&server);
}

static int fresh(void **state)
{
    (void)state;
    memset(&options, 0, sizeof options);
    return 0;
}

static void assert_says(const char *words)
{
    if (strstr(client_words(&client), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", client_words(&client), words);
}

static void accepts(const char *certificate, const char *host)
{
    begin(certificate);
    if (client_open(&client, host) != 1)
        fail_msg("%s for %s: %s", certificate, host, client_words(&client));
    assert_int_equal(client_send(&client, "GET\r\n\r\n", 7) > 0, 1);
    assert_int_equal(client_close(&client, 0), 1);
    end();
}

/* Refused with flags, and the words; a caller that goes on sends nothing. */
static void refuses(const char *certificate, const char *host, uint32_t flags,
                    const char *words)
{
    smh_port port;
    begin(certificate);
    port = smh_mbedtls_port(&client);
    assert_int_equal(client_open(&client, host), SMH_E_TLS);
    assert_int_equal(client.flags, flags);
    assert_says(words);
    assert_int_equal(port.ops->send(port.ctx, "secret", 6), SMH_E_TLS);
    peer_turn(&server);
    assert_int_equal(server.size, 0);
    assert_int_equal(server.done, 0);
    end();
}

static void accepts_what_is_good(void **state)
{
    (void)state;
    accepts("server", "standin.test");
    accepts("server", "STANDIN.test");
    accepts("server", "localhost");
    accepts("server-rsa", "standin.test");
    accepts("chain", "standin.test");
    accepts("no-ip", "standin.test");
}

static void a_wildcard_stands_for_one_label(void **state)
{
    (void)state;
    accepts("wildcard", "library.standin.test");
    refuses("wildcard", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "\"*.standin.test\"");
    refuses("wildcard", "a.b.standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "\"*.standin.test\"");
}

/* A host is a name: no address of a certificate matters, and none is told. */
static void an_address_is_no_name(void **state)
{
    (void)state;
    refuses("ip-only", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "not for this host (-0x2700)");
    accepts("spelled", "abc.standin.test");
}

/* The header lets nothing else through; who opens the port himself hears. */
static void what_cannot_be_a_host_is_refused_before_the_network(void **state)
{
    smh_port port;
    char name[MBEDTLS_SSL_MAX_HOST_NAME_LEN + 2];
    (void)state;
    begin("server");
    port = smh_mbedtls_port(&client);
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(client_open(&client, name), SMH_E_TLS);
    assert_int_equal(client.reason, SMH_MBEDTLS_HOST);
    assert_int_equal(client.diag.stage, SMH_STAGE_SET_UP);
    assert_string_equal(client_words(&client),
                        "set-up: no host, or one too long");
    assert_int_equal(port.ops->open(port.ctx, NULL, 443), SMH_E_TLS);
    assert_int_equal(client.reason, SMH_MBEDTLS_HOST);
    assert_int_equal(server.opens, 0);
    name[sizeof name - 2] = '\0'; /* the longest that can be one */
    assert_int_equal(client_open(&client, name), SMH_E_TLS);
    assert_int_equal(client.flags, MBEDTLS_X509_BADCERT_CN_MISMATCH);
    assert_int_equal(server.opens, 1);
    end();
}

static void another_name(void **state)
{
    (void)state;
    refuses("other-name", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "not for this host: it is for \"other.test\"");
    refuses("server", "standin.test.", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "\"standin.test\"");
}

/* A certificate without names is for its common name, among other titles. */
static void a_common_name_is_told(void **state)
{
    (void)state;
    refuses("titled", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "not for this host: it is for \"common.test\"");
    accepts("titled", "common.test");
}

/* Who has no common name is told by the last title, who has none is not. */
static void without_a_common_name(void **state)
{
    (void)state;
    refuses("untitled", "standin.test", MBEDTLS_X509_BADCERT_NOT_TRUSTED,
            "not signed by a CA given, or out of memory: its issuer is "
            "\"Somebody\" (-0x2700)");
    refuses("nameless", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "certificate refused: not for this host (-0x2700)");
}

/* mbedTLS 3.x takes it for the host, and no URI can be one. */
static void a_uri_is_no_host(void **state)
{
    (void)state;
    refuses("uri", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "not for this host");
    refuses("uri-and-name", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "not for this host");
    accepts("uri-and-other", "standin.test");
}

static void an_issuer_must_be_allowed_to_sign(void **state)
{
    (void)state;
    refuses("unfit", "standin.test", MBEDTLS_X509_BADCERT_NOT_TRUSTED,
            "its issuer is \"SMH test no-signer\"");
}

static void a_client_is_no_server(void **state)
{
    (void)state;
    refuses("client-only", "standin.test", MBEDTLS_X509_BADCERT_EXT_KEY_USAGE,
            "handshake: certificate refused: not for a server (-0x");
}

static void no_ca_that_is_known(void **state)
{
    (void)state;
    refuses("self-signed", "standin.test", MBEDTLS_X509_BADCERT_NOT_TRUSTED,
            "its issuer is \"SMH test self-signed\"");
    refuses("other-ca", "standin.test", MBEDTLS_X509_BADCERT_NOT_TRUSTED,
            "its issuer is \"SMH test other-ca-root\"");
}

/* The key of another CA that has the same name. */
static void a_namesake_of_the_ca(void **state)
{
    unsigned char *ca = trust("namesake.pem");
    (void)state;
    refuses("server", "standin.test", MBEDTLS_X509_BADCERT_NOT_TRUSTED,
            "its issuer is \"SMH test ca\"");
    free(ca);
}

/* A fault of a certificate below does not take its words away. */
static void the_ca_that_is_missing_above_a_chain(void **state)
{
    unsigned char *ca = trust("other-ca-root.pem");
    (void)state;
    set_clock(1000);
    refuses("chain", "standin.test",
            MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_FUTURE,
            "its issuer is \"SMH test ca\"; not valid yet");
    free(ca);
}

/* Each fault is named, the first in full, and nothing of an earlier opening. */
static void all_faults_are_named(void **state)
{
    (void)state;
    set_clock(1000);
    refuses("other-ca", "a.test",
            MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_FUTURE |
                MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "its issuer is \"SMH test other-ca-root\"; not valid yet; not for"
            " this host (-0x2700)");
    begin("server");
    assert_string_equal(client_words(&client),
                        "not opened: nothing went wrong");
    assert_int_equal(client.diag.stage, SMH_STAGE_NONE);
    assert_int_equal(client_open(&client, "a.test"), SMH_E_TLS);
    assert_says("handshake: certificate refused: not valid yet: valid from 20");
    assert_says("says 1970-01-01 00:16:40: is it set?; not for this host (-");
    client_close(&client, 1);
    client.options.time = NULL;
    assert_int_equal(client_open(&client, "a.test"), SMH_E_TLS);
    assert_says("refused: not for this host: it is for \"");
    end();
}

/* What no server here is guilty of is put into the flags instead. */
static void each_fault_has_its_words(void **state)
{
    static const struct {
        uint32_t flag;
        const char *words;
    } faults[] = {
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED,
         ": not signed by a CA given, or out of memory"},
        {MBEDTLS_X509_BADCERT_FUTURE, ": not valid yet"},
        {MBEDTLS_X509_BADCERT_EXPIRED, ": expired"},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, ": not for this host"},
        {MBEDTLS_X509_BADCERT_REVOKED, ": revoked"},
        {MBEDTLS_X509_BADCERT_MISSING, ": there is none"},
        {MBEDTLS_X509_BADCERT_KEY_USAGE, ": not for a server"},
        {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, ": not for a server"},
        {MBEDTLS_X509_BADCERT_NS_CERT_TYPE, ": not for a server"},
        {MBEDTLS_X509_BADCERT_BAD_MD, ": signature or key too weak"},
        {MBEDTLS_X509_BADCERT_BAD_PK, ": signature or key too weak"},
        {MBEDTLS_X509_BADCERT_BAD_KEY, ": signature or key too weak"},
        {MBEDTLS_X509_BADCERT_OTHER, ""},
    };
    char words[200];
    size_t i;
    (void)state;
    begin("nameless");
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    for (i = 0; i < sizeof faults / sizeof *faults; i++) {
        client.flags = faults[i].flag;
        snprintf(words, sizeof words,
                 "handshake: certificate refused%s (-0x2700)", faults[i].words);
        assert_string_equal(client_words(&client), words);
    }
    end();
}

static uint32_t failed_so_far;

static uint32_t count_failed(void *ctx)
{
    (void)ctx;
    return failed_so_far;
}

/* What failed before an opening is none of its business. */
static void only_allocations_of_this_opening_count(void **state)
{
    (void)state;
    options.failed_allocs = count_failed;
    begin("other-ca");
    failed_so_far += 7;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(client.failed_allocs, 0);
    assert_says("refused: not signed by a CA given: its issuer");
    end();
}

/* What failed is told, not an allocation that mbedTLS did without. */
static uint32_t fails_at_each_call(void *ctx)
{
    (void)ctx;
    return failed_so_far++;
}

static void a_failed_allocation_hides_no_fault(void **state)
{
    char words[200];
    (void)state;
    options.failed_allocs = fails_at_each_call;
    begin("other-name");
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(client.reason, SMH_MBEDTLS_CERTIFICATE);
    assert_int_not_equal(client.failed_allocs, 0);
    snprintf(words, sizeof words,
             "handshake: certificate refused: not for this host: it is for "
             "\"other.test\", allocations that failed: %u (-0x2700)",
             (unsigned)client.failed_allocs);
    assert_string_equal(client_words(&client), words);
    end();
    set_clock(UINT32_MAX);
    refuses("server", "standin.test", MBEDTLS_X509_BADCERT_EXPIRED,
            "handshake: certificate refused: expired: valid to ");
}

#if defined(MBEDTLS_HAVE_TIME_DATE)
static void dates_by_the_clock_of_mbedtls(void **state)
{
    (void)state;
    begin("expired");
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(client.flags, MBEDTLS_X509_BADCERT_EXPIRED);
    assert_says("expired: valid to 20");
    assert_says(", and the clock says 20");
    end();
    refuses("future", "standin.test", MBEDTLS_X509_BADCERT_FUTURE,
            "not valid yet: valid from 20");
}
#endif

static void dates_by_the_callers_clock(void **state)
{
    (void)state;
    set_clock(0);
    refuses("server", "standin.test", MBEDTLS_X509_BADCERT_FUTURE,
            "and the clock says 1970-01-01 00:00:00: is it set?");
    clock_says = 951782399; /* date -u -d '2000-02-28 23:59:59' +%s */
    refuses("server", "standin.test", MBEDTLS_X509_BADCERT_FUTURE,
            "and the clock says 2000-02-28 23:59:59: is it set?");
    clock_says = 4107542400u; /* 2100-03-01 */
    refuses("server", "standin.test", MBEDTLS_X509_BADCERT_EXPIRED,
            "and the clock says 2100-03-01 00:00:00");
    clock_says = UINT32_MAX; /* what a clock says that failed */
    refuses("server", "standin.test", MBEDTLS_X509_BADCERT_EXPIRED,
            "and the clock says 2106-02-07 06:28:15");
}

/* Of two that have not begun, or have ended, the server's is told. */
static void the_dates_of_the_server_are_told(void **state)
{
    uint32_t dates[2];
    int i;
    (void)state;
    pki_dates(&dates[0], &dates[1]);
    for (i = 0; i < 2; i++) {
        char date[40], words[200];
        time_t seconds = (time_t)dates[i];
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", gmtime(&seconds));
        snprintf(words, sizeof words,
                 "handshake: certificate refused: %s %s, and the clock says %s",
                 i == 0 ? "not valid yet: valid from" : "expired: valid to",
                 date, i == 0 ? "1970" : "2100");
        set_clock(i == 0 ? 0 : 4107542400u);
        refuses("server", "standin.test",
                i == 0 ? MBEDTLS_X509_BADCERT_FUTURE
                       : MBEDTLS_X509_BADCERT_EXPIRED,
                words);
    }
}

/* A clock that does not know trusts nobody, however long a certificate is
 * valid. */
static void no_date_is_right_for_no_clock(void **state)
{
    unsigned char *ca = trust("far.pem");
    (void)state;
    set_clock(UINT32_MAX - 1);
    accepts("far", "standin.test");
    clock_says = UINT32_MAX;
    refuses("far", "standin.test", MBEDTLS_X509_BADCERT_EXPIRED, "expired");
    free(ca);
}

/* It is 1970 until the CA has been judged, and told of. */
static unsigned reads;

static uint32_t set_meanwhile(void *ctx)
{
    return reads++ < 2 ? 0 : *(const uint32_t *)ctx;
}

/* The first that was found stays in full. */
static void a_clock_that_is_set_in_the_handshake(void **state)
{
    (void)state;
    options.time = set_meanwhile;
    options.ctx = &clock_says;
    clock_says = UINT32_MAX;
    reads = 0;
    refuses("server", "standin.test",
            MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCERT_EXPIRED,
            "says 1970-01-01 00:00:00: is it set?; expired (-0x2700)");
    clock_says = (uint32_t)time(NULL);
    reads = 0;
    refuses("server", "other.test",
            MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "says 1970-01-01 00:00:00: is it set?; not for this host "
            "(-0x2700)");
}

/* To the second, at both ends of the certificate's time. */
static void dates_to_the_second(void **state)
{
    static const char host[] = "standin.test";
    uint32_t from, to;
    (void)state;
    pki_dates(&from, &to);
    set_clock(from - 1);
    begin("server");
    assert_int_equal(client_open(&client, host), SMH_E_TLS);
    assert_int_equal(client.flags, MBEDTLS_X509_BADCERT_FUTURE);
    client_close(&client, 1);
    clock_says = to + 1;
    assert_int_equal(client_open(&client, host), SMH_E_TLS);
    assert_int_equal(client.flags, MBEDTLS_X509_BADCERT_EXPIRED);
    client_close(&client, 1);
    clock_says = to;
    assert_int_equal(client_open(&client, host), 1);
    client_close(&client, 1);
    clock_says = from;
    assert_int_equal(client_open(&client, host), 1);
    end();
}

/* ---- set-up: nothing that would not verify ------------------------------- */

/* The error stays: an opening returns it, and there is nothing else to ask. */
static void set_up_fails(int reason, const char *words)
{
    assert_int_equal(smh_mbedtls_init(&client, &options), SMH_E_TLS);
    assert_int_equal(client.reason, reason);
    assert_int_equal(client.diag.stage, SMH_STAGE_SET_UP);
    assert_string_equal(client_words(&client), words);
    server.opens = 0;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(client.reason, reason);
    assert_string_equal(client_words(&client), words);
    assert_int_equal(server.opens, 0);
    assert_int_equal(client_close(&client, 0), 1);
    assert_int_equal(server.closes, 0);
    smh_mbedtls_free(&client);
}

static void set_up_needs_each_callback(void **state)
{
    smh_port_ops ops[5];
    size_t i;
    (void)state;
    peer_init(&server, "server");
    for (i = 0; i < 5; i++)
        ops[i] = *peer_port(&server).ops;
    ops[0].open = NULL;
    ops[1].send = NULL;
    ops[2].recv = NULL;
    ops[3].close = NULL;
    ops[4].now_ms = NULL;
    for (i = 0; i < 5; i++) {
        options.below.ops = &ops[i];
        set_up_fails(SMH_MBEDTLS_NO_PORT,
                     "set-up: no port below given, or one without a callback");
    }
    assert_int_equal(smh_mbedtls_init(&client, &options), SMH_E_TLS);
    assert_int_equal(smh_mbedtls_port(&client).ops->now_ms(
                         smh_mbedtls_port(&client).ctx),
                     0);
    peer_free(&server);
}

static void what_set_up_must_have(void **state)
{
    static const smh_port_ops none_set;
    static mbedtls_x509_crt none;
    size_t size;
    unsigned char *ca = pki_read("ca.pem", &size);
    (void)state;
    peer_init(&server, "server");
    set_up_fails(SMH_MBEDTLS_NO_PORT,
                 "set-up: no port below given, or one without a callback");
    options.below.ops = &none_set; /* a table that was never filled in */
    set_up_fails(SMH_MBEDTLS_NO_PORT,
                 "set-up: no port below given, or one without a callback");
    options.below = peer_port(&server);
    set_up_fails(SMH_MBEDTLS_NO_CA,
                 "set-up: no CA given, or none that could be read");
    mbedtls_x509_crt_init(&none);
    options.ca_chain = &none; /* nothing was parsed into it */
    set_up_fails(SMH_MBEDTLS_NO_CA,
                 "set-up: no CA given, or none that could be read");
    options.ca_chain = NULL;
    options.ca = ca;
    options.ca_size = size + 1;
#if MBEDTLS_VERSION_MAJOR < 4 /* which has its own */
    set_up_fails(SMH_MBEDTLS_NO_RNG, "set-up: no source of random bytes given");
#endif
    options.f_rng = peer_random;
    options.p_rng = &server;
    options.ca_size = size;
    set_up_fails(SMH_MBEDTLS_PEM_END,
                 "set-up: CA: the size of a PEM must include its NUL");
    options.ca_size = 10;
    set_up_fails(SMH_MBEDTLS_CA, "set-up: CA cannot be read (-0x2180)");
    options.ca_size = 0;
    set_up_fails(SMH_MBEDTLS_CA, "set-up: CA cannot be read (-0x2180)");
    options.ca_size = sizeof "-----BEGIN";
    set_up_fails(SMH_MBEDTLS_CA, "set-up: CA cannot be read (-0x2180)");
    options.ca_size++;
    set_up_fails(SMH_MBEDTLS_PEM_END,
                 "set-up: CA: the size of a PEM must include its NUL");
    ca[9] = 'M'; /* no PEM at all */
    set_up_fails(SMH_MBEDTLS_CA, "set-up: CA cannot be read (-0x2180)");
    free(ca);
    peer_free(&server);
}

/* A call over a port that could not be set up ends with the port's error. */
/* Nothing of one that failed is left. */
static void set_up_can_be_tried_again(void **state)
{
    size_t size;
    unsigned char *ca = pki_read("ca.pem", &size);
    (void)state;
    peer_init(&server, "server");
    assert_int_equal(smh_mbedtls_init(&client, &options), SMH_E_TLS);
    options.below = peer_port(&server);
    options.f_rng = peer_random;
    options.ca = ca;
    options.ca_size = size + 1;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    assert_int_equal(client.diag.result, 0);
    assert_string_equal(client_words(&client),
                        "not opened: nothing went wrong");
    assert_int_equal(client_open(&client, "standin.test"), 1);
    free(ca);
    end();
}

static void a_call_says_what_set_up_lacked(void **state)
{
    static const char *const ids[] = {"alice"};
    static const smh_list users = {ids, 1};
    char text[200], buffer[200];
    smh_scope scope;
    smh_call call;
    smh_io io;
    (void)state;
    peer_init(&server, "server");
    memset(&scope, 0, sizeof scope);
    memset(&io, 0, sizeof io);
    scope.host = "standin.test";
    scope.library_id = "smh0";
    scope.library_secret = "S3CR3T";
    scope.users = &users;
    options.below = peer_port(&server);
    assert_int_equal(smh_mbedtls_init(&client, &options), SMH_E_TLS);
    io.port = smh_mbedtls_port(&client);
    io.buffer = buffer;
    io.size = sizeof buffer;
    assert_int_equal(smh_revoke(&call, &scope, &io), SMH_E_TLS);
    assert_string_equal(smh_explain(&call, text, sizeof text),
                        "TLS failed: set-up: no CA given, or none that could "
                        "be read");
    assert_int_equal(server.opens, 0);
    smh_mbedtls_free(&client);
    peer_free(&server);
}

static void an_unused_struct_is_harmless(void **state)
{
    static smh_mbedtls zero;
    smh_port port = smh_mbedtls_port(&zero);
    char byte = 'x';
    (void)state;
    assert_string_equal(client_words(&zero), "not opened: nothing went wrong");
    assert_int_equal(port.ops->open(port.ctx, "standin.test", 443), SMH_E_TLS);
    assert_int_equal(port.ops->send(port.ctx, &byte, 1), SMH_E_TLS);
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_string_equal(
        client_words(&zero),
        "not opened: smh_mbedtls_init() or an opening is missing");
    smh_mbedtls_free(&zero);
}

static void a_der_may_stay_where_it_is(void **state)
{
    size_t size;
    unsigned char *der = pki_read("ca.der", &size);
    (void)state;
    options.ca = der;
    options.ca_size = size;
    accepts("server", "standin.test");
    options.ca_in_place = 1;
    accepts("server", "standin.test");
    begin("server");
    assert_ptr_equal(client.own_ca.raw.p, der);
    end();
    free(der);
}

static void a_parsed_chain_will_do(void **state)
{
    mbedtls_x509_crt chain;
    size_t size;
    unsigned char *ca = pki_read("ca.pem", &size);
    (void)state;
    mbedtls_x509_crt_init(&chain);
    assert_int_equal(mbedtls_x509_crt_parse(&chain, ca, size + 1), 0);
    options.ca_chain = &chain;
    accepts("server", "standin.test");
    refuses("other-ca", "standin.test", MBEDTLS_X509_BADCERT_NOT_TRUSTED,
            "other-ca-root");
    mbedtls_x509_crt_free(&chain);
    free(ca);
}

/* ---- a config of the caller's -------------------------------------------- */

static int trusts_all(void *ctx, mbedtls_x509_crt *crt, int depth,
                      uint32_t *flags)
{
    (void)ctx;
    (void)crt;
    (void)depth;
    *flags = 0;
    return 0;
}

/* All that can be switched off is switched off. */
static void careless(mbedtls_ssl_config *config)
{
    mbedtls_ssl_config_init(config);
    assert_int_equal(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_endpoint(config, MBEDTLS_SSL_IS_SERVER);
    mbedtls_ssl_conf_transport(config, MBEDTLS_SSL_TRANSPORT_DATAGRAM);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_verify(config, trusts_all, NULL);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
#endif
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_1);
#endif
    options.conf = config;
}

static void a_careless_config_is_made_careful(void **state)
{
    mbedtls_ssl_config config;
    (void)state;
    careless(&config);
    accepts("server", "standin.test");
    refuses("other-name", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "other.test");
    refuses("self-signed", "standin.test", MBEDTLS_X509_BADCERT_NOT_TRUSTED,
            "self-signed");
    mbedtls_ssl_config_free(&config);
}

#if defined(MBEDTLS_SSL_RENEGOTIATION)
static void no_config_negotiates_twice(void **state)
{
    mbedtls_ssl_config config;
    char byte;
    uint32_t sent;
    int turn;
    (void)state;
    careless(&config);
    begin("server");
    server.renegotiation = MBEDTLS_SSL_RENEGOTIATION_ENABLED;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    sent = client.diag.sent;
    peer_ask_hello(&server);
    for (turn = 0; turn < 10; turn++) {
        smh_port port = smh_mbedtls_port(&client);
        (void)port.ops->recv(port.ctx, &byte, 1);
        peer_turn(&server);
    }
    assert_in_range(client.diag.sent - sent, 20, 40); /* a refusal */
    end();
    mbedtls_ssl_config_free(&config);
}
#endif

/* Suites of its own stay; what it speaks over TLS does not. */
static void a_config_keeps_its_suites(void **state)
{
    static const int suites[] = {
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, 0};
    mbedtls_ssl_config config;
    (void)state;
    careless(&config);
    mbedtls_ssl_conf_ciphersuites(&config, suites);
    begin("server");
#if defined(MBEDTLS_SSL_ALPN)
    {
        static const char *protocols[] = {"h2", NULL};
        assert_int_equal(mbedtls_ssl_conf_alpn_protocols(&config, protocols),
                         0);
        server.alpn[0] = "http/1.1";
    }
#endif
    assert_int_equal(client_open(&client, "standin.test"), 1);
    assert_string_equal(mbedtls_ssl_get_ciphersuite(&client.ssl),
                        "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384");
    end();
    mbedtls_ssl_config_free(&config);
}

#if MBEDTLS_VERSION_MAJOR < 4 /* which has its own */
/* Its random bytes will do, if the options have none. */
static void a_config_has_its_own_random_bytes(void **state)
{
    mbedtls_ssl_config config;
    size_t size;
    unsigned char *ca = pki_read("ca.pem", &size);
    (void)state;
    careless(&config);
    mbedtls_ssl_conf_rng(&config, peer_random, NULL);
    peer_init(&server, "server");
    options.below = peer_port(&server);
    options.ca = ca;
    options.ca_size = size + 1;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    assert_int_equal(client_open(&client, "standin.test"), 1);
    end();
    mbedtls_ssl_config_free(&config);
    free(ca);
}
#endif

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
/* What is stricter stays. */
static void a_config_for_tls_1_3_alone(void **state)
{
    mbedtls_ssl_config config;
    (void)state;
    careless(&config);
    mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_3);
    begin("server");
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(client.reason, SMH_MBEDTLS_ALERT);
    client_close(&client, 1);
    server.tls13 = 1;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    end();
    mbedtls_ssl_config_free(&config);
}
#endif

/* Even if it is changed between two connections. */
static void a_config_that_is_changed_meanwhile(void **state)
{
    mbedtls_ssl_config config;
    (void)state;
    careless(&config);
    begin("other-name");
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_verify(&config, trusts_all, NULL);
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    end();
    mbedtls_ssl_config_free(&config);
}

/* Changed in the middle of a handshake, it still proves nothing. */
static void a_server_that_was_never_verified(void **state)
{
    mbedtls_ssl_config config;
    smh_port port;
    int result = SMH_AGAIN;
    (void)state;
    careless(&config);
    begin("other-name");
    port = smh_mbedtls_port(&client);
    while (result == SMH_AGAIN) {
        mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
        result = port.ops->open(port.ctx, "standin.test", 443);
    }
    assert_int_equal(result, SMH_E_TLS);
    assert_int_equal(client.reason, SMH_MBEDTLS_UNVERIFIED);
    assert_says("no certificate was verified");
    assert_int_equal(port.ops->send(port.ctx, "secret", 6), SMH_E_TLS);
    peer_turn(&server);
    assert_int_equal(server.size, 0);
    end();
    mbedtls_ssl_config_free(&config);
}

/* A chain that is good, of a client: mbedTLS looks at that behind the chain,
 * and has been told in between to go on. */
static void a_fault_behind_the_chain_counts(void **state)
{
    mbedtls_ssl_config config;
    smh_port port;
    int result = SMH_AGAIN;
    (void)state;
    careless(&config);
    begin("client-only");
    port = smh_mbedtls_port(&client);
    while (result == SMH_AGAIN) {
        result = port.ops->open(port.ctx, "standin.test", 443);
        mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    }
    assert_int_equal(result, SMH_E_TLS);
    assert_int_equal(client.verified, 1);
    assert_int_equal(client.flags, MBEDTLS_X509_BADCERT_EXT_KEY_USAGE);
    assert_int_equal(client.reason, SMH_MBEDTLS_UNVERIFIED);
    assert_string_equal(client_words(&client),
                        "handshake: no certificate was verified");
    assert_int_equal(port.ops->send(port.ctx, "secret", 6), SMH_E_TLS);
    peer_turn(&server);
    assert_int_equal(server.size, 0);
    end();
    mbedtls_ssl_config_free(&config);
}

static void a_config_without_a_ca(void **state)
{
    mbedtls_ssl_config config;
    (void)state;
    careless(&config);
    peer_init(&server, "server");
    options.below = peer_port(&server);
    options.f_rng = peer_random;
    options.p_rng = &server;
    assert_int_equal(smh_mbedtls_init(&client, &options), 0);
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(server.size, 0);
    assert_says("handshake: ");
    end();
    mbedtls_ssl_config_free(&config);
}

#if MBEDTLS_VERSION_NUMBER < 0x03000000 && defined(MBEDTLS_SSL_PROTO_TLS1_1)
static void tls_1_1_is_refused(void **state)
{
    mbedtls_ssl_config config;
    (void)state;
    careless(&config);
    begin("server-rsa");
    mbedtls_ssl_conf_max_version(&server.config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_2);
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_says("no TLS 1.2 or later there");
    end();
    mbedtls_ssl_config_free(&config);
}
#endif

/* ---- other failures, in words -------------------------------------------- */

#if MBEDTLS_VERSION_MAJOR < 4
static int no_random(void *ctx, unsigned char *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return -0x34;
}

static void a_random_source_that_fails(void **state)
{
    (void)state;
    options.f_rng = no_random;
    begin("server");
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_says("the source of random bytes failed (-0x0034)");
    end();
}
#endif

static void a_server_that_speaks_no_tls(void **state)
{
    static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    (void)state;
    begin("server");
    server.plain = http;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_says("no TLS");
    end();
}

/* Each in its own words, and an alert that has none in no other's. */
static void an_alert_is_named(void **state)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define VERSION "no version of TLS in common"
#else
#define VERSION "no TLS 1.2 there: TLS 1.3 alone, perhaps"
#endif
    static const struct {
        unsigned char alert;
        const char *words;
    } alerts[] = {
        {40, "40, no cipher suite, curve or signature in common, or it wants a"
             " client certificate (-0x7780)"},
        {7, "7 (-0x7780)"},
        {42, "42, it wants a client certificate (-0x7780)"},
        {50, "50 (-0x7780)"},
        {70, "70, " VERSION " (-0x7780)"},
        {80, "80 (-0x7780)"},
        {112, "112, it does not know this host (-0x7780)"},
        {116, "116, it wants a client certificate (-0x7780)"},
        {120, "120, it does not speak HTTP/1.1 (-0x7780)"},
    };
    unsigned char alert[] = {21, 3, 3, 0, 2, 2, 0};
    char words[160];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof alerts / sizeof *alerts; i++) {
        begin("server");
        alert[6] = alerts[i].alert;
        server.plain = (const char *)alert;
        server.plain_size = sizeof alert;
        assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
        assert_int_equal(client.reason, SMH_MBEDTLS_ALERT);
        assert_int_equal(client.alert, alert[6]);
        snprintf(words, sizeof words, "handshake: the server refused: alert %s",
                 alerts[i].words);
        assert_string_equal(client_words(&client), words);
        end();
    }
}

/* Where a server of TLS 1.3 misses a client's certificate. */
static void an_alert_behind_the_handshake_is_named(void **state)
{
    char byte;
    (void)state;
    begin("server");
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    mbedtls_ssl_send_alert_message(&server.ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                   116);
    assert_int_equal(client_recv(&client, &byte, 1), SMH_E_TLS);
    assert_int_equal(client.alert, 116);
    assert_string_equal(client_words(&client),
                        "receiving: the server refused: alert 116, it wants a"
                        " client certificate (-0x7780)");
    end();
}

static void a_server_that_closes_in_the_handshake(void **state)
{
    (void)state;
    begin("server");
    server.fault = FAULT_CLOSED;
    server.fault_at = 4;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_CLOSED);
    assert_string_equal(
        client_words(&client),
        "handshake: closed without close_notify; pipe, calls 4");
    end();
}

/* Of its connection the port below knows all, of a handshake TLS knows more;
 * and if nobody below has words, it is still told where it failed. */
static void what_fails_below_is_told_by_both(void **state)
{
    smh_port_ops mute;
    smh_port port;
    (void)state;
    begin("server");
    port = smh_mbedtls_port(&client);
    mute = *client.options.below.ops;
    mute.explain = NULL;
    server.fault = FAULT_AGAIN;
    server.fault_at = 1;
    assert_int_equal(port.ops->open(port.ctx, "standin.test", 443), SMH_AGAIN);
    assert_string_equal(client_words(&client), "pipe, calls 1");
    client.options.below.ops = &mute;
    assert_string_equal(client_words(&client),
                        "connection, bytes sent 0, received 0");
    server.fault = FAULT_NETWORK;
    server.fault_at = 2;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_NETWORK);
    assert_string_equal(client_words(&client),
                        "connection: the connection below failed");
    client.options.below.ops = peer_port(&server).ops;
    assert_string_equal(client_words(&client), "pipe, calls 2");
    client_close(&client, 1);
    server.calls = 0;
    server.fault_at = 3;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_NETWORK);
    assert_string_equal(
        client_words(&client),
        "handshake: the connection below failed; pipe, calls 3");
    end();
}

/* What a deadline leaves behind. */
static void a_silent_server(void **state)
{
    smh_port_ops mute;
    smh_port port;
    int i;
    (void)state;
    begin("server");
    server.plain = "";
    port = smh_mbedtls_port(&client);
    for (i = 0; i < 5; i++)
        assert_int_equal(port.ops->open(port.ctx, "standin.test", 443),
                         SMH_AGAIN);
    assert_says("handshake; pipe, calls ");
    mute = *client.options.below.ops;
    mute.explain = NULL;
    client.options.below.ops = &mute;
    assert_says("handshake, bytes sent ");
    assert_says(", received 0");
    client.options.below.ops = peer_port(&server).ops;
    end();
}

/* A stranger chooses the text of a certificate. */
static void text_of_a_certificate_is_made_safe(void **state)
{
    const char *c;
    int quotes = 0;
    (void)state;
    begin("nasty");
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_says("it is for \"%s%n?[2J????");
    for (c = client_words(&client); *c != '\0'; c++) {
        assert_true(*c >= ' ' && *c < 0x7F);
        quotes += *c == '"';
    }
    assert_int_equal(quotes, 2); /* around the name, none in it */
    end();
}

static void cut_off(const char *certificate)
{
    char text[600], whole[600];
    size_t length, size;
    begin(certificate);
    client_open(&client, "a.standin.test");
    client_explain(&client, whole, sizeof whole);
    length = strlen(whole);
    assert_in_range(length, 40, sizeof whole / 2);
    for (size = 1; size < sizeof text; size++) {
        memset(text, '#', sizeof text);
        client_explain(&client, text, size);
        assert_int_equal(strlen(text), size - 1 < length ? size - 1 : length);
        assert_int_equal(text[size], '#');
        assert_memory_equal(text, whole, strlen(text));
    }
    end();
}

static void words_are_cut_off_at_any_size(void **state)
{
    (void)state;
    cut_off("server");
    cut_off("expired");
    cut_off("other-ca");
    cut_off("many");
}

/* Of many names the first are told, and that there are more. */
static void more_names_than_there_is_room_for(void **state)
{
    char text[400];
    (void)state;
    refuses("many", "standin.test", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "it is for \"name-1.some.domain.test\", ");
    begin("many");
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    client_explain(&client, text, sizeof text);
    assert_non_null(strstr(text, "... (-0x2700)"));
    assert_null(strstr(text, "name-8"));
    assert_null(strchr(text, '\n'));
    end();
}

/* ---- PSA's generator, and a port without words --------------------------- */

#if defined(MBEDTLS_PSA_CRYPTO_C)
static void psas_generator_needs_nothing_else(void **state)
{
    unsigned char first[32], second[32];
    (void)state;
    mbedtls_psa_crypto_free();
    assert_int_not_equal(smh_mbedtls_psa_random(NULL, first, 32), 0);
    options.f_rng = smh_mbedtls_psa_random;
    accepts("server", "standin.test");
    assert_int_equal(smh_mbedtls_psa_random(NULL, first, 32), 0);
    assert_int_equal(smh_mbedtls_psa_random(NULL, second, 32), 0);
    assert_memory_not_equal(first, second, 32);

#if MBEDTLS_VERSION_MAJOR < 4 /* which needs PSA for all else, too */
    begin("server");
    mbedtls_psa_crypto_free();
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(client.reason, SMH_MBEDTLS_RNG);
#if defined(MBEDTLS_THREADING_C)
    assert_says("the source of random bytes failed (-0x");
#else
    assert_says("random bytes failed: for threads it needs MBEDTLS_THREADING_C "
                "(-0x");
#endif
    end();
#endif
}

#if !defined(MBEDTLS_USE_PSA_CRYPTO) && !defined(MBEDTLS_SSL_PROTO_TLS1_3)
static void psa_is_started_for_nobody_else(void **state)
{
    unsigned char byte;
    (void)state;
    mbedtls_psa_crypto_free();
    accepts("server", "standin.test");
    assert_int_not_equal(smh_mbedtls_psa_random(NULL, &byte, 1), 0);
}
#endif
#endif

/* With SMH_WORDS 0 all is the same, types too, but for the words. */
static void a_port_without_words(void **state)
{
    smh_port port;
    int result = SMH_AGAIN;
    size_t size;
    unsigned char *ca = pki_read("ca.der", &size);
    (void)state;
    peer_init(&server, "other-name");
    options.below = peer_port(&server);
    options.ca = ca;
    options.ca_size = size;
    options.f_rng = peer_random;
    options.p_rng = &server;
    assert_int_equal(silent_size(), sizeof client);
    assert_int_equal(silent_init(&client, &options), 0);
    free(ca);
    port = silent_port(&client);
    assert_null(port.ops->explain);
    while (result == SMH_AGAIN)
        result = port.ops->open(port.ctx, "standin.test", 443);
    assert_int_equal(result, SMH_E_TLS);
    assert_int_equal(client.reason, SMH_MBEDTLS_CERTIFICATE);
    assert_int_equal(client.flags, MBEDTLS_X509_BADCERT_CN_MISMATCH);
    assert_string_equal(client.note, "");
    end();
}

#define TEST(test) cmocka_unit_test_setup(test, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(accepts_what_is_good),
        TEST(a_wildcard_stands_for_one_label),
        TEST(an_address_is_no_name),
        TEST(what_cannot_be_a_host_is_refused_before_the_network),
        TEST(another_name),
        TEST(a_common_name_is_told),
        TEST(without_a_common_name),
        TEST(a_uri_is_no_host),
        TEST(an_issuer_must_be_allowed_to_sign),
        TEST(a_client_is_no_server),
        TEST(no_ca_that_is_known),
        TEST(a_namesake_of_the_ca),
        TEST(the_ca_that_is_missing_above_a_chain),
        TEST(all_faults_are_named),
        TEST(each_fault_has_its_words),
        TEST(only_allocations_of_this_opening_count),
        TEST(a_failed_allocation_hides_no_fault),
#if defined(MBEDTLS_HAVE_TIME_DATE)
        TEST(dates_by_the_clock_of_mbedtls),
#endif
        TEST(dates_by_the_callers_clock),
        TEST(the_dates_of_the_server_are_told),
        TEST(no_date_is_right_for_no_clock),
        TEST(a_clock_that_is_set_in_the_handshake),
        TEST(dates_to_the_second),
        TEST(set_up_needs_each_callback),
        TEST(what_set_up_must_have),
        TEST(set_up_can_be_tried_again),
        TEST(a_call_says_what_set_up_lacked),
        TEST(an_unused_struct_is_harmless),
        TEST(a_der_may_stay_where_it_is),
        TEST(a_parsed_chain_will_do),
        TEST(a_careless_config_is_made_careful),
#if defined(MBEDTLS_SSL_RENEGOTIATION)
        TEST(no_config_negotiates_twice),
#endif
        TEST(a_config_keeps_its_suites),
#if MBEDTLS_VERSION_MAJOR < 4
        TEST(a_config_has_its_own_random_bytes),
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        TEST(a_config_for_tls_1_3_alone),
#endif
        TEST(a_config_that_is_changed_meanwhile),
        TEST(a_server_that_was_never_verified),
        TEST(a_fault_behind_the_chain_counts),
        TEST(a_config_without_a_ca),
#if MBEDTLS_VERSION_NUMBER < 0x03000000 && defined(MBEDTLS_SSL_PROTO_TLS1_1)
        TEST(tls_1_1_is_refused),
#endif
#if MBEDTLS_VERSION_MAJOR < 4
        TEST(a_random_source_that_fails),
#endif
        TEST(a_server_that_speaks_no_tls),
        TEST(an_alert_is_named),
        TEST(an_alert_behind_the_handshake_is_named),
        TEST(a_server_that_closes_in_the_handshake),
        TEST(what_fails_below_is_told_by_both),
        TEST(a_silent_server),
        TEST(text_of_a_certificate_is_made_safe),
        TEST(words_are_cut_off_at_any_size),
        TEST(more_names_than_there_is_room_for),
#if defined(MBEDTLS_PSA_CRYPTO_C)
        TEST(psas_generator_needs_nothing_else),
#if !defined(MBEDTLS_USE_PSA_CRYPTO) && !defined(MBEDTLS_SSL_PROTO_TLS1_3)
        TEST(psa_is_started_for_nobody_else),
#endif
#endif
        TEST(a_port_without_words),
    };
    return cmocka_run_group_tests_name("certificates", tests, NULL, NULL);
}
