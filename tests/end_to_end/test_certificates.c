/* Which servers are trusted: a good one is asked, of any other nothing is
 * asked, and the words say why. */
#include <unistd.h>

#include "world.h"

typedef struct row {
    const char *cert, *host;
    const char *words; /* of the refusal, or NULL: it is trusted */
    uint32_t flags;
} row;

enum {
    UNTRUSTED = MBEDTLS_X509_BADCERT_NOT_TRUSTED,
    EXPIRED = MBEDTLS_X509_BADCERT_EXPIRED,
    FUTURE = MBEDTLS_X509_BADCERT_FUTURE,
    MISMATCH = MBEDTLS_X509_BADCERT_CN_MISMATCH
};

static const row rows[] = {
    {"server", "localhost", NULL, 0},
    {"server", "LocalHost", NULL, 0},
    {"server", "standin.test", NULL, 0},
    {"server", "tandin.test", "not for this host", MISMATCH},
    {"server", "a.standin.test", "not for this host", MISMATCH},
    {"server-rsa", "localhost", NULL, 0},
    {"chain", "localhost", NULL, 0},
    {"ip-only", "localhost", "not for this host", MISMATCH},
    {"no-ip", "localhost", NULL, 0},
    {"no-ip", "other.test",
     "not for this host: it is for \"localhost\", "
     "\"standin.test\"",
     MISMATCH},
    {"wildcard", "a.standin.test", NULL, 0},
    {"wildcard", "standin.test", "it is for \"*.standin.test\"", MISMATCH},
    {"wildcard", "a.b.standin.test", "not for this host", MISMATCH},
    {"wildcard", "localhost", "not for this host", MISMATCH},
    {"other-name", "localhost", "it is for \"other.test\"", MISMATCH},
    {"other-name", "other.test", NULL, 0},
    {"expired", "localhost", "expired: valid to ", EXPIRED},
    {"future", "localhost", "not valid yet: valid from ", FUTURE},
    {"self-signed", "localhost",
     "not signed by a CA given, or out of memory: its issuer is \"SMH test "
     "self-signed\"",
     UNTRUSTED},
    {"other-ca", "localhost",
     "not signed by a CA given, or out of memory: its issuer is \"SMH test "
     "other-ca-root\"",
     UNTRUSTED},
    {"other-ca", "other.test", "not signed by a CA given",
     UNTRUSTED | MISMATCH},
};

static void check_refused(const row *r, int result)
{
    if (result != SMH_E_TLS || !strstr(w.words, r->words) ||
        !strstr(w.words, "handshake: ") || w.flags != r->flags)
        fail_msg("%s as %s: %d %x %s", r->cert, r->host, result,
                 (unsigned)w.flags, w.words);
    assert_int_equal(requests_seen(), 0);
    assert_int_equal(seen("tls 1 failed"), seen("tls 1 "));
    assert_int_equal(w.call.report.confirmed, 0);
}

static void check_trusted(const row *r, int result)
{
    if (result != SMH_DONE)
        fail_msg("%s as %s: %d %s", r->cert, r->host, result, w.words);
    assert_int_equal(requests_seen(), 1);
    model_revoke(0, 1);
}

/* The name of the handshake is the host. */
static void check_name(const row *r)
{
    char part[64];
    snprintf(part, sizeof part, " %s full\n", r->host);
    assert_int_equal(seen(part), 1);
}

static void check_row(const row *r)
{
    int result;
    world_start(r->cert, NULL);
    world_reset(NULL);
    token("alice", "phone", NULL);
    token("bob", "phone", NULL);
    w.scope.host = r->host;
    w.address = "127.0.0.1";
    result = revoke();
    if (r->words) {
        check_refused(r, result);
    } else {
        check_trusted(r, result);
        check_name(r);
    }
    check_left();
}

static void each_certificate_as_it_deserves(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
}

static void other_ca_is_trusted_if_given(void **state)
{
    world_start("other-ca", NULL);
    world_reset(state);
    w.ca = "other-ca-root.pem";
    revoke_as(SMH_DONE);
}

static void an_intermediate_alone_is_a_ca_if_given(void **state)
{
    world_start("chain", NULL);
    world_reset(state);
    w.ca = "intermediate.pem";
    revoke_as(SMH_DONE);
}

static void a_missing_intermediate_is_named(void **state)
{
    char *leaf = (char *)malloc(4096);
    FILE *from = fopen(temp_path(w.dir, "chain.pem"), "r");
    leaf[fread(leaf, 1, 4095, from)] = '\0';
    fclose(from);
    strstr(leaf, "-----END CERTIFICATE-----\n")[26] = '\0';
    temp_write(temp_path(w.dir, "leaf.pem"), leaf);
    assert_int_equal(symlink("chain.key", temp_path(w.dir, "leaf.key")), 0);
    free(leaf);
    world_start("leaf", NULL);
    world_reset(state);
    revoke_as(SMH_E_TLS);
    assert_non_null(strstr(w.words, "its issuer is \"SMH test intermediate\""));
    assert_int_equal(requests_seen(), 0);
}

/* The clock of the options counts, besides mbedTLS's own. */
static uint32_t clock_of(void *ctx)
{
    return *(uint32_t *)ctx;
}

static void the_clock_given_counts(void **state)
{
    uint32_t now = 1000;
    world_start("server", NULL);
    world_reset(state);
    w.options.time = clock_of;
    w.options.ctx = &now;
    revoke_as(SMH_E_TLS);
    assert_non_null(strstr(w.words, "not valid yet"));
    assert_non_null(strstr(w.words, "the clock says 1970-01-01 00:16:40: "
                                    "is it set?"));
    now = 0xFFFFFFFF;
    revoke_as(SMH_E_TLS);
    assert_non_null(strstr(w.words, "expired"));
    assert_int_equal(requests_seen(), 0);
}

int certificates_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_certificate_as_it_deserves),
        cmocka_unit_test(other_ca_is_trusted_if_given),
        cmocka_unit_test(an_intermediate_alone_is_a_ca_if_given),
        cmocka_unit_test(a_missing_intermediate_is_named),
        cmocka_unit_test(the_clock_given_counts),
    };
    return cmocka_run_group_tests_name("certificates", tests, NULL, NULL);
}
