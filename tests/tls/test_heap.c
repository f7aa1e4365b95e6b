/* Memory: a heap that is too small is never called an untrusted certificate,
 * and what was freed holds no secret. */
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "heap.h"
#include "peer.h"

static const char request[] =
    "DELETE /api/v1/token/smh0?library_secret=S3CR3T&user_id=alice HTTP/1.1\r\n"
    "Host: standin.test\r\n\r\n";
enum { REQUEST = sizeof request - 1, ANSWER = 27, STEP = 397 };

static peer server;
static smh_mbedtls client;
static smh_mbedtls_options options;

static uint32_t failures(void *ctx)
{
    (void)ctx;
    return (uint32_t)heap.failed;
}

static void begin(const char *certificate, int count)
{
    memset(&heap, 0, sizeof heap);
    memset(&options, 0, sizeof options);
    options.failed_allocs = count ? failures : NULL;
    peer_init(&server, certificate);
}

/* The server's part runs within calls of the client's; it is left alone. */
static smh_port_ops watched;
static const smh_port_ops *plain;

static int unwatched_recv(void *ctx, void *data, size_t size)
{
    int result;
    heap.on = 0;
    result = plain->recv(ctx, data, size);
    heap.on = 1;
    return result;
}

static int unwatched_open(void *ctx, const char *host, uint16_t port)
{
    int result;
    heap.on = 0;
    result = plain->open(ctx, host, port);
    heap.on = 1;
    return result;
}

/* By what is closed; PSA, where it is used, keeps some. */
static void assert_nothing_is_held(int result)
{
#if !defined(MBEDTLS_USE_PSA_CRYPTO) && !defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (result == 1)
        assert_int_equal(heap.used, 0);
#endif
    (void)result;
}

/* From nothing to nothing, in a heap of its own: as client_open(). */
static int whole(void)
{
    char answer[64];
    int result;
    memset(&client, 0, sizeof client);
    heap.calls = heap.failed = heap.peak = 0;
    client_init(&client, &server, &options);
    plain = client.options.below.ops;
    watched = *plain;
    watched.recv = unwatched_recv;
    watched.open = unwatched_open;
    client.options.below.ops = &watched;
    heap.on = 1;
    result = client_open(&client, "standin.test");
    if (result == 1)
        result = client_send(&client, request, REQUEST);
    if (result > 0)
        result = client_recv(&client, answer, sizeof answer);
    if (result > 0)
        result = client_close(&client, 0);
    heap.on = 0;
    assert_nothing_is_held(result);
    return result;
}

static void end(void)
{
    client_close(&client, 1);
    smh_mbedtls_free(&client);
    assert_nothing_is_held(1);
}

/* What mbedTLS says may mean something else as well; who counts knows. */
static void assert_memory_is_said(int result, size_t at)
{
    const char *words = client_words(&client);
    int vague = result == SMH_E_TLS && options.failed_allocs == NULL &&
                strstr(words, ", or out of memory") != NULL;
    if ((result != SMH_E_MEMORY && !vague) ||
        strstr(words, "out of memory") == NULL ||
        (strstr(words, "not signed") != NULL && !vague))
        fail_msg("at %zu: %d, %s", at, result, words);
}

/* From no heap at all to enough. */
static void starve(const char *certificate, int tls13, int count)
{
    size_t enough;
    size_t failed = 0;
    size_t limit;
    begin(certificate, count);
    server.tls13 = tls13;
    assert_int_equal(whole(), 1);
    enough = heap.peak;
    end();
    for (limit = 1; limit <= enough; limit += STEP) {
        int result;

        heap.limit = limit;
        result = whole();
        heap.limit = 0;
        if (result != 1) {
            assert_memory_is_said(result, limit);
            failed++;
        }
        end();
    }
    assert_true(failed > 50);
    peer_free(&server);
}

/* One single allocation fails, the next has room again: each of the first
 * ones, then ever fewer. */
static void fail_each(const char *certificate, int tls13, int count)
{
    size_t at, last;
    begin(certificate, count);
    server.tls13 = tls13;
    assert_int_equal(whole(), 1);
    last = heap.calls;
    end();
    for (at = 1; at <= last; at += 1 + at / 40) {
        int result;

        heap.fail_at = at;
        result = whole();
        heap.fail_at = 0;
        if (result != 1)
            assert_memory_is_said(result, at);
        end();
    }
    peer_free(&server);
}

static void a_starved_heap_is_not_an_untrusted_server(void **state)
{
    (void)state;
    starve("server", 0, 0);
    starve("server-rsa", 0, 0);
    starve("chain", 0, 0);
}

static void nor_if_the_caller_counts(void **state)
{
    (void)state;
    starve("server", 0, 1);
}

static void nor_if_one_allocation_fails(void **state)
{
    (void)state;
    fail_each("server", 0, 1);
    fail_each("chain", 0, 1);
}

/* Nothing was sent, and that is what is said. */
static void a_heap_too_small_to_begin_with(void **state)
{
    (void)state;
    begin("server", 0);
    heap.limit = 1;
    assert_int_equal(whole(), SMH_E_MEMORY);
    heap.limit = 0;
    assert_int_equal(client.diag.stage, SMH_STAGE_SET_UP);
    assert_int_equal(client.diag.sent, 0);
    end();
    peer_free(&server);
}

/* Each allocation of init by itself. */
static void init_fails_each(const char *name, int in_place, int count)
{
    unsigned char *ca;
    size_t at = 0, failed = 0, size;
    begin("server", count);
    ca = pki_read(name, &size);
    options.below = peer_port(&server);
    options.f_rng = peer_random;
    options.ca = ca;
    options.ca_size = in_place ? size : size + 1;
    options.ca_in_place = (uint8_t)in_place;
    do {
        int result;
        heap.on = 1;
        heap.calls = heap.failed = 0;
        heap.fail_at = ++at;
        result = smh_mbedtls_init(&client, &options);
        heap.on = 0;
        if (MBEDTLS_VERSION_MAJOR >= 4 && count == 0 && result == SMH_E_TLS)
            /* of a code that may mean it */
            assert_non_null(strstr(client_words(&client), "or out of memory"));
        else
            assert_int_equal(result, heap.failed != 0 ? SMH_E_MEMORY : 0);
        assert_int_equal(client.diag.result, result);
        failed += heap.failed;
        if (result == SMH_E_MEMORY)
            assert_memory_equal(client_words(&client),
                                "set-up: out of memory: the heap of mbedTLS is "
                                "too small (",
                                57);
        end();
    } while (heap.failed != 0);
    assert_true(failed > 5);
    free(ca);
    peer_free(&server);
}

static void a_ca_is_not_unreadable_for_want_of_memory(void **state)
{
    (void)state;
    init_fails_each("ca.pem", 0, 0);
    init_fails_each("ca.pem", 0, 1);
    init_fails_each("ca.der", 1, 0);
    /* Of a bundle, mbedTLS passes over what it has no memory for. */
    init_fails_each("chain.pem", 0, 1);
}

/* With failures counted, what is really refused is still told. */
static void an_untrusted_server_is_not_a_starved_heap(void **state)
{
    (void)state;
    begin("other-ca", 1);
    assert_int_equal(whole(), SMH_E_TLS);
    assert_non_null(
        strstr(client_words(&client), "not signed by a CA given: its issuer"));
    end();
    peer_free(&server);
}

/* Sent, half sent, or not at all: no block that is freed holds it. */
static void no_secret_is_left_in_the_heap(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    (void)state;
    begin("server", 0);
    heap.secret = "S3CR3T";
    assert_int_equal(whole(), 1);
    end();
    assert_int_equal(heap.found, 0);

    client_init(&client, &server, &options);
    heap.on = 1;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    server.room = 10;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    assert_int_equal(port.ops->close(port.ctx, 1), 1);
    smh_mbedtls_free(&client);
    heap.on = 0;
    assert_int_equal(heap.found, 0);
    peer_free(&server);
}

/* What the server says is wiped as well. */
static void no_answer_is_left_in_the_heap(void **state)
{
    (void)state;
    begin("server", 0);
    heap.secret = "204 No Content";
    assert_int_equal(whole(), 1);
    end();
    assert_int_equal(heap.found, 0);
    peer_free(&server);
}

/* Whoever forgets to close has no leak. */
static void what_is_freed_open_holds_nothing(void **state)
{
    (void)state;
    begin("server", 0);
    client_init(&client, &server, &options);
    heap.on = 1;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    smh_mbedtls_free(&client);
    heap.on = 0;
    mbedtls_ssl_free(&server.ssl); /* which was watched as well */
    assert_nothing_is_held(1);
    peer_free(&server);
}

static void what_is_freed_is_wiped(void **state)
{
    static const smh_mbedtls zero;
    (void)state;
    begin("server", 0);
    assert_int_equal(whole(), 1);
    end();
    assert_memory_equal(&client, &zero, sizeof zero);
    peer_free(&server);
}

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
static void the_same_with_tls_1_3(void **state)
{
    (void)state;
    starve("server", 1, 0);
    fail_each("server", 1, 0);
    fail_each("server", 1, 1);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_starved_heap_is_not_an_untrusted_server),
        cmocka_unit_test(nor_if_the_caller_counts),
        cmocka_unit_test(nor_if_one_allocation_fails),
        cmocka_unit_test(a_heap_too_small_to_begin_with),
        cmocka_unit_test(a_ca_is_not_unreadable_for_want_of_memory),
        cmocka_unit_test(an_untrusted_server_is_not_a_starved_heap),
        cmocka_unit_test(no_secret_is_left_in_the_heap),
        cmocka_unit_test(no_answer_is_left_in_the_heap),
        cmocka_unit_test(what_is_freed_open_holds_nothing),
        cmocka_unit_test(what_is_freed_is_wiped),
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        cmocka_unit_test(the_same_with_tls_1_3),
#endif
    };
    return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
