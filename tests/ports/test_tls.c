/* How smh_mbedtls.h moves octets: over a port below that fails in every way at
 * every call, and with a server that does what servers do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "peer.h"

static const char request[] =
    "DELETE /api/v1/token/smh0?library_secret=S3CR3T&user_id=alice HTTP/1.1\r\n"
    "Host: standin.test\r\n\r\n";
enum { REQUEST = sizeof request - 1, ANSWER = 27 };

static peer server;
static smh_mbedtls client;

static int set_up(void **state)
{
    (void)state;
    peer_init(&server, "server");
    client_init(&client, &server, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_close(&client, 1);
    smh_mbedtls_free(&client);
    peer_free(&server);
    return 0;
}

/* Request and answer on the open connection: 1, or the first error. */
static int exchange(void)
{
    char answer[64];
    int got = 0;
    int result = client_send(&client, request, REQUEST);

    while (result > 0 && got < ANSWER) {
        result =
            client_recv(&client, answer + got, sizeof answer - (size_t)got);
        got += result > 0 ? result : 0;
    }
    if (result > 0)
        assert_memory_equal(answer, server.answer, ANSWER);
    return result > 0 ? 1 : result;
}

static int whole(void)
{
    int result = client_open(&client, "standin.test");

    if (result > 0)
        result = exchange();
    if (result > 0)
        result = client_close(&client, 0);
    return result;
}

/* The server has the request, whole and once. */
static void assert_received(void)
{
    int turn;

    for (turn = 0; turn < 100; turn++)
        peer_turn(&server);
    assert_int_equal(server.size, REQUEST);
    assert_memory_equal(server.data, request, REQUEST);
}

/* What arrived is a beginning of the request, and nothing else ever. */
static void assert_prefix(void)
{
    assert_true(server.size <= REQUEST);
    assert_memory_equal(server.data, request, server.size);
}

/* ---- the way it should go ------------------------------------------------ */

static void moves_a_request_and_its_answer(void **state)
{
    (void)state;
    assert_int_equal(smh_mbedtls_port(&client).ops->secure, 1);
    assert_int_equal(whole(), 1);
    assert_received();
    assert_int_equal(server.notified, 1);
    assert_int_equal(client.diag.result, 0);
    assert_int_equal(server.closes, 1);
    assert_true(client.diag.sent > REQUEST && client.diag.received > ANSWER);
}

static void moves_octet_by_octet_with_again_before_each(void **state)
{
    (void)state;
    server.burst = 1;
    server.stutter = 1;
    assert_int_equal(whole(), 1);
    assert_received();
    assert_int_equal(server.notified, 1);
}

static void waits_below_only_if_it_is_blocked_there(void **state)
{
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    /* A handshake goes by messages: between them there is no waiting. */
    assert_true(server.waits < 6);
}

static void a_long_answer_goes_through_a_small_buffer(void **state)
{
    enum { LONG = 40000 };
    static char answer[LONG + 1];
    char piece[7];
    int got = 0;

    (void)state;
    memset(answer, 'a', LONG);
    server.answer = answer;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    assert_true(client_send(&client, request, REQUEST) > 0);
    while (got < LONG) {
        int result = client_recv(&client, piece, sizeof piece);

        assert_true(result > 0 && piece[0] == 'a');
        got += result;
    }
    assert_int_equal(got, LONG);
}

static void a_long_request_is_cut_into_records(void **state)
{
    enum { LONG = 40000 };
    static char data[LONG];
    int turn;

    (void)state;
    memset(data, 'q', LONG);
    assert_int_equal(client_open(&client, "standin.test"), 1);
    assert_true(client_send(&client, data, LONG) > 0);
    for (turn = 0; turn < 100; turn++)
        peer_turn(&server);
    assert_int_equal(server.size, LONG);
    assert_memory_equal(server.data, data, LONG);
}

/* ---- faults of the port below -------------------------------------------- */

/* One fault at each call in turn, until the whole goes by without one. */
static void every_call(enum fault fault, int stays, const int *allowed)
{
    unsigned at;

    for (at = 1;; at++) {
        int result;
        size_t i;

        server.fault = fault;
        server.fault_stays = stays;
        server.fault_at = at;
        server.calls = 0;
        result = whole();
        for (i = 0; allowed[i] != 0 && allowed[i] != result; i++)
            ;
        if (allowed[i] == 0)
            fail_msg("fault %d at call %u: %d, %s", fault, at, result,
                     client_words(&client));
        assert_prefix();
        if (result == 1)
            assert_received();
        server.fault = NO_FAULT;
        client_close(&client, 1);
        assert_int_equal(server.opens, server.closes);
        if (server.calls < at)
            return;
    }
}

static void again_at_any_call(void **state)
{
    static const int allowed[] = {1, 0};

    (void)state;
    every_call(FAULT_AGAIN, 0, allowed);
    every_call(FAULT_ONE, 0, allowed);
}

static void closed_at_any_call(void **state)
{
    static const int allowed[] = {1, SMH_E_CLOSED, 0};

    (void)state;
    every_call(FAULT_CLOSED, 0, allowed);
    every_call(FAULT_CLOSED, 1, allowed);
}

static void broken_at_any_call(void **state)
{
    static const int network[] = {1, SMH_E_NETWORK, 0};
    static const int memory[] = {1, SMH_E_MEMORY, 0};

    (void)state;
    every_call(FAULT_NETWORK, 0, network);
    every_call(FAULT_NETWORK, 1, network);
    every_call(FAULT_MEMORY, 1, memory);
}

static void lying_at_any_call(void **state)
{
    static const int allowed[] = {1, SMH_E_PORT, 0};

    (void)state;
    every_call(FAULT_ZERO, 0, allowed);
    every_call(FAULT_ZERO, 1, allowed);
    every_call(FAULT_TOO_MANY, 0, allowed);
    every_call(FAULT_TOO_MANY, 1, allowed);
}

static void an_early_answer_is_read_after_a_failed_send(void **state)
{
    char answer[64];

    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_say(&server, server.answer, ANSWER);
    server.gone = 1;
    server.calls = 0;
    server.fault_at = 1;
    server.fault = FAULT_CLOSED;
    assert_int_equal(client_send(&client, request, REQUEST), SMH_E_CLOSED);
    assert_int_equal(client_recv(&client, answer, sizeof answer), ANSWER);
}

/* ---- the same arguments -------------------------------------------------- */

static smh_port open_with_room(size_t room)
{
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    server.room = room;
    return smh_mbedtls_port(&client);
}

static void a_full_port_takes_the_record_once(void **state)
{
    smh_port port = open_with_room(10);
    char copy[REQUEST];

    (void)state;
    memcpy(copy, request, REQUEST);
    assert_int_equal(port.ops->send(port.ctx, copy, REQUEST), SMH_AGAIN);
    /* The answer is received into the same memory, which is then made anew. */
    memset(copy, '#', REQUEST);
    assert_int_equal(port.ops->recv(port.ctx, copy, REQUEST), SMH_AGAIN);
    assert_int_equal(port.ops->send(port.ctx, memcpy(copy, request, REQUEST),
                                    REQUEST),
                     SMH_AGAIN);
    server.room = 0;
    assert_true(client_send(&client, copy, REQUEST) > 0);
    assert_received();
}

#if defined(MBEDTLS_SSL_RENEGOTIATION)
/* mbedTLS flushes our half-sent record when it must refuse a renegotiation. */
static void a_record_flushed_by_a_receive_is_not_sent_twice(void **state)
{
    smh_port port = open_with_room(10);
    char octet;

    (void)state;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    peer_ask_hello(&server);
    server.room = PIPE_MAX; /* and the server does not turn */
    assert_int_equal(port.ops->recv(port.ctx, &octet, 1), SMH_AGAIN);
    server.room = 0;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), REQUEST);
    assert_received();
}

/* Its refusal is half sent when our record comes, and must not swallow it. */
static void a_record_behind_a_half_sent_alert_is_not_lost(void **state)
{
    smh_port port = open_with_room(10);
    char octet;

    (void)state;
    peer_ask_hello(&server);
    assert_int_equal(port.ops->recv(port.ctx, &octet, 1), SMH_AGAIN);
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    server.room = 20;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    server.room = 0;
    assert_true(client_send(&client, request, REQUEST) > 0);
    assert_received();
}

static void the_end_is_said_behind_a_half_sent_alert(void **state)
{
    smh_port port = open_with_room(10);
    char octet;

    (void)state;
    peer_ask_hello(&server);
    assert_int_equal(port.ops->recv(port.ctx, &octet, 1), SMH_AGAIN);
    assert_int_equal(port.ops->close(port.ctx, 0), SMH_AGAIN);
    server.room = 0;
    assert_int_equal(client_close(&client, 0), 1);
    peer_turn(&server);
    peer_turn(&server);
    assert_int_equal(server.notified, 1);
}
#endif

/* ---- the end ------------------------------------------------------------- */

static void the_servers_end_is_told_from_a_cut(void **state)
{
    char octet;

    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_notify(&server);
    assert_int_equal(client_recv(&client, &octet, 1), SMH_E_CLOSED);
    assert_int_equal(client.diag.reason, SMH_MBEDTLS_NOTIFIED);
    client_close(&client, 0);

    assert_int_equal(client_open(&client, "standin.test"), 1);
    server.gone = 1;
    assert_int_equal(client_recv(&client, &octet, 1), SMH_E_CLOSED);
    assert_int_equal(client.diag.reason, SMH_MBEDTLS_CUT);
    assert_non_null(strstr(client_words(&client), "without TLS's end"));
}

static void an_orderly_end_waits_and_one_at_once_does_not(void **state)
{
    smh_port port = open_with_room(10);

    (void)state;
    assert_int_equal(port.ops->close(port.ctx, 0), SMH_AGAIN);
    assert_int_equal(port.ops->close(port.ctx, 0), SMH_AGAIN);
    assert_int_equal(port.ops->close(port.ctx, 1), 1);
    assert_int_equal(server.closes, 1);
    assert_int_equal(port.ops->close(port.ctx, 1), 1);
    assert_int_equal(server.closes, 1);
}

static void the_end_is_said_once(void **state)
{
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    server.burst = 3;
    server.stutter = 1;
    assert_int_equal(client_close(&client, 0), 1);
    peer_turn(&server);
    peer_turn(&server);
    assert_int_equal(server.notified, 1);
}

static void it_can_be_closed_at_any_stage(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    unsigned at;
    int result = SMH_AGAIN;

    (void)state;
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    for (at = 0; result == SMH_AGAIN; at++) {
        unsigned i;

        for (i = 0; i <= at && result == SMH_AGAIN; i++)
            result = port.ops->open(port.ctx, "standin.test", 443);
        assert_int_equal(client_close(&client, (int)at % 2), 1);
        assert_int_equal(server.opens, server.closes);
        if (result == SMH_AGAIN && at > 100)
            fail();
    }
    assert_int_equal(whole(), 1);
}

static void nothing_works_before_it_is_open(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    char octet = 'x';

    (void)state;
    assert_int_equal(port.ops->send(port.ctx, &octet, 1), SMH_E_TLS);
    assert_int_equal(port.ops->recv(port.ctx, &octet, 1), SMH_E_TLS);
    assert_int_equal(server.calls, 0);
}

/* Who forgot a piece hears of it; nobody jumps to NULL. */
static void a_missing_piece_is_told(void **state)
{
    static smh_mbedtls none;
    smh_port_ops ops = *client.options.lower.ops;
    smh_port port = smh_mbedtls_port(&none);

    (void)state;
    assert_int_equal(port.ops->now_ms(port.ctx), 0);
    ops.wait = NULL;
    client.options.lower.ops = &ops;
    port = smh_mbedtls_port(&client);
    assert_int_equal(port.ops->wait(port.ctx, 1), SMH_E_PORT);
}

/* ---- sessions ------------------------------------------------------------ */

static uint32_t octets_of_opening(const char *host)
{
    assert_int_equal(client_open(&client, host), 1);
    return client.diag.received;
}

/* Resumed: the server's certificate does not come again. */
static void a_session_is_offered_again(void **state)
{
    uint32_t full;

    (void)state;
    full = octets_of_opening("standin.test");
    assert_int_equal(exchange(), 1);
    assert_int_equal(client_close(&client, 0), 1);
    assert_true(octets_of_opening("standin.test") < full / 2);
    assert_int_equal(exchange(), 1);
    assert_int_equal(client_close(&client, 1), 1);
    assert_true(octets_of_opening("standin.test") < full / 2);
    assert_int_equal(exchange(), 1);
}

static void no_session_is_kept_if_none_is_wanted(void **state)
{
    uint32_t full;

    (void)state;
    client.options.no_session = 1;
    full = octets_of_opening("standin.test");
    assert_int_equal(exchange(), 1);
    client_close(&client, 0);
    assert_true(octets_of_opening("standin.test") > full / 2);
}

static void a_session_is_for_its_host_alone(void **state)
{
    uint32_t full;

    (void)state;
    full = octets_of_opening("standin.test");
    assert_int_equal(exchange(), 1);
    client_close(&client, 0);
    assert_true(octets_of_opening("localhost") > full / 2);
    client_close(&client, 0);
    assert_int_equal(client_open(&client, "other.test"), SMH_E_TLS);
}

static void a_session_is_dropped_when_it_fails(void **state)
{
    uint32_t full;

    (void)state;
    full = octets_of_opening("standin.test");
    assert_int_equal(exchange(), 1);
    client_close(&client, 0);
    server.calls = 0;
    server.fault = FAULT_CLOSED;
    server.fault_at = 4;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_CLOSED);
    server.fault = NO_FAULT;
    client_close(&client, 1);
    assert_true(octets_of_opening("standin.test") > full / 2);
    assert_int_equal(exchange(), 1);
}

static void a_session_is_kept_while_there_is_no_network(void **state)
{
    uint32_t full;

    (void)state;
    full = octets_of_opening("standin.test");
    assert_int_equal(exchange(), 1);
    client_close(&client, 0);
    server.calls = 0;
    server.fault = FAULT_NETWORK;
    server.fault_at = 1;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_NETWORK);
    server.fault = NO_FAULT;
    client_close(&client, 1);
    assert_true(octets_of_opening("standin.test") < full / 2);
}

/* ---- TLS 1.3 ------------------------------------------------------------- */

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
static int set_up_13(void **state)
{
    set_up(state);
    server.tls13 = 1;
    return 0;
}

static void it_speaks_tls_1_3(void **state)
{
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    assert_string_equal(mbedtls_ssl_get_version(&client.ssl), "TLSv1.3");
}
#endif

#define IN(set, test) cmocka_unit_test_setup_teardown(test, set, tear_down)
#define BOTH(set)                                                              \
    IN(set, moves_a_request_and_its_answer),                                   \
        IN(set, moves_octet_by_octet_with_again_before_each),                  \
        IN(set, waits_below_only_if_it_is_blocked_there),                      \
        IN(set, a_long_answer_goes_through_a_small_buffer),                    \
        IN(set, a_long_request_is_cut_into_records),                           \
        IN(set, again_at_any_call), IN(set, closed_at_any_call),               \
        IN(set, broken_at_any_call), IN(set, lying_at_any_call),               \
        IN(set, an_early_answer_is_read_after_a_failed_send),                  \
        IN(set, a_full_port_takes_the_record_once),                            \
        IN(set, the_servers_end_is_told_from_a_cut),                           \
        IN(set, an_orderly_end_waits_and_one_at_once_does_not),                \
        IN(set, the_end_is_said_once), IN(set, it_can_be_closed_at_any_stage), \
        IN(set, nothing_works_before_it_is_open),                              \
        IN(set, a_missing_piece_is_told), IN(set, a_session_is_offered_again), \
        IN(set, no_session_is_kept_if_none_is_wanted),                         \
        IN(set, a_session_is_for_its_host_alone),                              \
        IN(set, a_session_is_dropped_when_it_fails),                           \
        IN(set, a_session_is_kept_while_there_is_no_network)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(set_up),
#if defined(MBEDTLS_SSL_RENEGOTIATION)
        IN(set_up, a_record_flushed_by_a_receive_is_not_sent_twice),
        IN(set_up, a_record_behind_a_half_sent_alert_is_not_lost),
        IN(set_up, the_end_is_said_behind_a_half_sent_alert),
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        IN(set_up_13, it_speaks_tls_1_3),
        BOTH(set_up_13),
#endif
    };

    return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
