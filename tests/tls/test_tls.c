/* How smh_mbedtls.h moves bytes: over a port below that fails in every way at
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

static void moves_a_single_byte(void **state)
{
    char byte = 'x';
    (void)state;
    server.answer = NULL;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    assert_int_equal(client_send(&client, &byte, 1), 1);
    peer_turn(&server);
    peer_turn(&server);
    assert_int_equal(server.size, 1);
    assert_int_equal(server.data[0], 'x');
    peer_say(&server, "y", 1);
    assert_int_equal(client_recv(&client, &byte, 1), 1);
    assert_int_equal(byte, 'y');
}

static void moves_byte_by_byte_with_again_before_each(void **state)
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

/* What was taken is said right, though the port below was full. */
static void a_request_longer_than_a_record_through_a_full_port(void **state)
{
    enum { LONG = 40000 };
    static char data[LONG];
    smh_port port = smh_mbedtls_port(&client);
    int most, turn;

    (void)state;
    for (turn = 0; turn < LONG; turn++)
        data[turn] = (char)turn;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    server.room = 100;
    assert_int_equal(port.ops->send(port.ctx, data, LONG), SMH_AGAIN);
    server.room = 0;
    most = mbedtls_ssl_get_max_out_record_payload(&client.ssl);
    assert_in_range(most, 16000, 16384);
    assert_int_equal(port.ops->send(port.ctx, data, LONG), most);
    assert_true(client_send(&client, data + most, LONG - (size_t)most) > 0);
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
    every_call(FAULT_CLOSED, 1, allowed); /* an end is for good */
}

/* Not even behind the last message of a handshake. */
static void what_was_closed_is_not_opened(void **state)
{
    unsigned at = 0;
    int result;
    (void)state;
    do {
        server.fault = FAULT_CLOSED;
        server.fault_stays = 1;
        server.fault_at = ++at;
        server.calls = 0;
        result = client_open(&client, "standin.test");
        assert_int_equal(result, server.calls < at ? 1 : SMH_E_CLOSED);
        assert_int_equal(client.diag.stage, result == 1 || at > 1
                                                ? SMH_STAGE_HANDSHAKE
                                                : SMH_STAGE_CONNECT);
        server.fault = NO_FAULT;
        client_close(&client, 1);
    } while (result != 1);
}

/* A handshake goes on to what the server says last, and then it is over. */
static void what_goes_out_of_a_closed_port_opens_nothing(void **state)
{
    unsigned at = 0;
    int result;
    (void)state;
    do {
        server.fault = FAULT_SENT;
        server.fault_at = ++at;
        server.struck = 0;
        server.calls = 0;
        result = client_open(&client, "standin.test");
        assert_int_equal(result, server.struck ? SMH_E_CLOSED : 1);
        if (server.struck) {
            peer_turn(&server);
            assert_true(server.done);
            assert_non_null(
                strstr(client_words(&client),
                       "handshake: closed without close_notify; pipe"));
        }
        server.fault = NO_FAULT;
        client_close(&client, 1);
    } while (server.calls >= at);
    assert_true(at > 4);
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

/* And so is the alert that says why; the failed send is over. */
static void an_alert_is_read_after_a_failed_send(void **state)
{
    static const int kinds[] = {FAULT_CLOSED, FAULT_NETWORK};
    static const int results[] = {SMH_E_CLOSED, SMH_E_NETWORK};
    char byte;
    int i;
    (void)state;
    for (i = 0; i < 2; i++) {
        client_close(&client, 1);
        server.fault = NO_FAULT;
        assert_int_equal(client_open(&client, "standin.test"), 1);
        peer_turn(&server);
        mbedtls_ssl_send_alert_message(&server.ssl,
                                       MBEDTLS_SSL_ALERT_LEVEL_FATAL, 116);
        server.calls = 0;
        server.fault_at = 1;
        server.fault = (enum fault)kinds[i];
        assert_int_equal(client_send(&client, request, REQUEST), results[i]);
        assert_int_equal(client_recv(&client, &byte, 1), SMH_E_TLS);
        assert_int_equal(client.reason, SMH_MBEDTLS_ALERT);
        assert_int_equal(client.diag.stage, SMH_STAGE_READ);
    }
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

/* Only what a send has told is out: an answer to more would come too early. */
static void a_receive_sends_nothing_of_a_request(void **state)
{
    smh_port port = open_with_room(10);
    uint32_t sent;
    char byte;
    (void)state;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    sent = client.diag.sent;
    server.room = 0;
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
    assert_int_equal(client.diag.sent, sent);
    assert_int_equal(client_send(&client, request, REQUEST), REQUEST);
    assert_received();
}

/* mbedTLS sends what it holds and says that it took all. */
static void a_longer_repetition_counts_what_is_held(void **state)
{
    enum { HELD = 40 };
    smh_port port = open_with_room(10);

    (void)state;
    assert_int_equal(port.ops->send(port.ctx, request, HELD), SMH_AGAIN);
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    server.room = 0;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), HELD);
    assert_int_equal(port.ops->send(port.ctx, request + HELD, REQUEST - HELD),
                     REQUEST - HELD);
    assert_received();
}

#if defined(MBEDTLS_SSL_RENEGOTIATION)
/* mbedTLS would flush it when it must refuse a renegotiation. */
static void a_half_sent_record_goes_on_behind_a_receive(void **state)
{
    smh_port port = open_with_room(10);
    char byte;
    (void)state;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    peer_ask_hello(&server);
    server.room = PIPE_MAX; /* and the server does not turn */
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
    server.room = 0;
    assert_true(client_send(&client, request, REQUEST) > 0);
    assert_received();
}

/* Its refusal is half sent when our record comes, and must not swallow it. */
static void a_record_behind_a_half_sent_alert_is_not_lost(void **state)
{
    smh_port port = open_with_room(10);
    char byte;
    (void)state;
    peer_ask_hello(&server);
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
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
    char byte;
    (void)state;
    peer_ask_hello(&server);
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
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
    char byte;
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_notify(&server);
    assert_int_equal(client_recv(&client, &byte, 1), SMH_E_CLOSED);
    assert_int_equal(client.reason, SMH_MBEDTLS_NOTIFIED);
    assert_string_equal(client_words(&client),
                        "receiving: closed by the server");
    client_close(&client, 0);

    assert_int_equal(client_open(&client, "standin.test"), 1);
    server.gone = 1;
    server.calls = (unsigned)-1;
    assert_int_equal(client_recv(&client, &byte, 1), SMH_E_CLOSED);
    assert_int_equal(client.reason, SMH_MBEDTLS_CUT);
    assert_string_equal(
        client_words(&client),
        "receiving: closed without close_notify; pipe, calls 0");
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

/* Behind half a record nobody could read the end. */
static void a_close_sends_what_is_half_sent(void **state)
{
    smh_port port = open_with_room(10);
    (void)state;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    assert_int_equal(port.ops->close(port.ctx, 0), SMH_AGAIN);
    server.room = PIPE_MAX;
    assert_int_equal(port.ops->close(port.ctx, 0), 1);
    assert_int_equal(server.closes, 1);
    peer_turn(&server);
    assert_received();
    peer_turn(&server);
    assert_int_equal(server.notified, 1);
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

static int closes_with;

static int close_below(void *ctx, int at_once)
{
    (void)ctx;
    (void)at_once;
    return closes_with;
}

/* What the port below says to a close is passed on, but for what it may not
 * say; after AGAIN it is asked again, and TLS is not. */
static void the_close_of_the_port_below_counts(void **state)
{
    static const int says[] = {1, SMH_E_NETWORK, 0};
    static const int passed_on[] = {1, SMH_E_NETWORK, SMH_E_PORT};
    smh_port port = smh_mbedtls_port(&client);
    const smh_port_ops *plain = client.options.below.ops;
    smh_port_ops ops = *plain;
    unsigned i;
    (void)state;
    ops.close = close_below;
    for (i = 0; i < 3; i++) {
        assert_int_equal(client_open(&client, "standin.test"), 1);
        client.options.below.ops = &ops;
        closes_with = SMH_AGAIN;
        assert_int_equal(port.ops->close(port.ctx, 0), SMH_AGAIN);
        assert_int_equal(port.ops->send(port.ctx, "x", 1), SMH_E_CLOSED);
        closes_with = says[i];
        assert_int_equal(port.ops->close(port.ctx, 0), passed_on[i]);
        assert_int_equal(port.ops->close(port.ctx, 0), 1); /* it was closed */
        client.options.below.ops = plain;
    }
}

/* Also where a handshake would have gone on at once. */
static void a_close_waits_for_the_port_below(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    const smh_port_ops *plain = client.options.below.ops;
    smh_port_ops ops = *plain;
    (void)state;
    ops.close = close_below;
    assert_int_equal(port.ops->open(port.ctx, "standin.test", 443), SMH_AGAIN);
    assert_true(client.at_once);
    client.options.below.ops = &ops;
    closes_with = SMH_AGAIN;
    server.idle = 0;
    assert_int_equal(port.ops->close(port.ctx, 0), SMH_AGAIN);
    assert_int_equal(port.ops->wait(port.ctx, 1000), 1);
    assert_int_equal(server.waits, 1);
    client.options.below.ops = plain;
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

/* While the port below is being opened, and while hands are shaken. */
static void nothing_works_while_it_is_being_opened(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    char byte = 'x';
    unsigned turns;
    (void)state;
    for (turns = 1; turns < 4; turns++) {
        unsigned i;
        server.fault = FAULT_AGAIN;
        server.fault_at = 1;
        server.calls = 0;
        for (i = 0; i < turns; i++)
            assert_int_equal(port.ops->open(port.ctx, "standin.test", 443),
                             SMH_AGAIN);
        assert_int_equal(client.diag.stage,
                         turns == 1 ? SMH_STAGE_CONNECT : SMH_STAGE_HANDSHAKE);
        assert_int_equal(port.ops->send(port.ctx, &byte, 1), SMH_E_CLOSED);
        assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_E_CLOSED);
        assert_int_equal(client.reason, SMH_MBEDTLS_NONE);
        assert_int_equal(client_open(&client, "standin.test"), 1);
        assert_int_equal(client_close(&client, 0), 1);
        server.calls = 0;
        for (i = 0; i < turns; i++)
            assert_int_equal(port.ops->open(port.ctx, "standin.test", 443),
                             SMH_AGAIN);
        assert_int_equal(client_close(&client, 0), 1);
        assert_int_equal(server.opens, server.closes);
        assert_int_equal(server.opening, 0);
    }
}

/* What an earlier opening failed with is no longer said. */
static void nothing_works_after_a_failed_opening_is_closed(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    char byte = 'x';
    (void)state;
    assert_int_equal(client_open(&client, "other.test"), SMH_E_TLS);
    assert_int_equal(client_close(&client, 0), 1);
    assert_int_equal(port.ops->send(port.ctx, &byte, 1), SMH_E_CLOSED);
    assert_int_equal(client.reason, SMH_MBEDTLS_UNOPENED);
    assert_int_equal(client.diag.stage, SMH_STAGE_NONE);
    assert_int_equal(client.diag.code, 0);
    assert_int_equal(client.diag.result, SMH_E_CLOSED);
}

static void nothing_works_before_it_is_open(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    char byte = 'x';
    (void)state;
    assert_int_equal(port.ops->send(port.ctx, &byte, 1), SMH_E_CLOSED);
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_E_CLOSED);
    assert_int_equal(server.calls, 0);
    assert_string_equal(
        client_words(&client),
        "not opened: smh_mbedtls_init() or an opening is missing");
    assert_int_equal(whole(), 1);
    assert_int_equal(port.ops->send(port.ctx, &byte, 1), SMH_E_CLOSED);
    assert_int_equal(client.diag.stage, SMH_STAGE_NONE);
    assert_int_equal(whole(), 1);
    assert_int_equal(client.reason, SMH_MBEDTLS_NONE);
    assert_int_equal(client.diag.result, 0);
}

/* Who forgot a piece hears of it; nobody jumps to NULL. */
static void a_missing_piece_is_told(void **state)
{
    static smh_mbedtls none;
    smh_port_ops ops = *client.options.below.ops;
    smh_port port = smh_mbedtls_port(&none);
    (void)state;
    assert_int_equal(port.ops->now_ms(port.ctx), 0);
    ops.wait = NULL;
    client.options.below.ops = &ops;
    port = smh_mbedtls_port(&client);
    assert_int_equal(port.ops->wait(port.ctx, 1), SMH_E_PORT);
}

/* ---- every connection anew ----------------------------------------------- */

static uint32_t clock_says;

static uint32_t read_clock(void *ctx)
{
    (void)ctx;
    return clock_says;
}

/* The certificate comes again, though the server offers to resume. */
static void a_second_connection_is_a_whole_handshake(void **state)
{
    uint32_t first;
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    first = client.diag.received;
    assert_int_equal(exchange(), 1);
    assert_int_equal(client_close(&client, 0), 1);
    assert_int_equal(client_open(&client, "standin.test"), 1);
    assert_true(client.diag.received > first - 100);
    assert_int_equal(exchange(), 1);
}

static void a_certificate_that_has_expired_meanwhile_is_refused(void **state)
{
    uint32_t from, to;
    (void)state;
    pki_dates(&from, &to);
    client.options.time = read_clock;
    clock_says = to;
    assert_int_equal(whole(), 1);
    clock_says = to + 1;
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(client.flags, MBEDTLS_X509_BADCERT_EXPIRED);
}

static void no_secret_of_a_connection_outlives_it(void **state)
{
    const unsigned char *bytes = (const unsigned char *)&client;
    size_t i;
    unsigned k;
    (void)state;
    assert_int_equal(whole(), 1);
    assert_true(server.secret_count > 0);
    for (k = 0; k < server.secret_count; k++) {
        size_t size = server.secret_sizes[k];

        for (i = 0; i + size <= sizeof client; i++)
            assert_true(memcmp(bytes + i, server.secrets[k], size) != 0);
    }
}

/* ---- what is offered ----------------------------------------------------- */

/* Two bytes of the ClientHello, and a step further. */
static unsigned two(size_t *at)
{
    assert_true(*at + 2 <= sizeof server.first);
    *at += 2;
    return server.first[*at - 2] * 256u + server.first[*at - 1];
}

/* Where the suites are; their length in bytes. */
static size_t offered_suites(size_t *at)
{
    assert_int_equal(client_open(&client, "standin.test"), 1);
    *at = 5 + 4 + 2 + 32;
    *at += 1u + server.first[*at];
    return two(at);
}

/* Where the extension is, or 0; its length in bytes. */
static size_t offered(unsigned extension, size_t *at)
{
    size_t size = offered_suites(at);
    size_t end;
    *at += size;
    *at += 1u + server.first[*at];
    end = two(at);
    end += *at;
    while (*at < end) {
        unsigned kind = two(at);
        size = two(at);
        if (kind == extension)
            return size;
        *at += size;
    }
    *at = 0;
    return 0;
}

static void assert_not_offered(unsigned extension)
{
    size_t at;
    (void)offered(extension, &at);
    assert_int_equal(at, 0);
}

/* No session is kept, so none is asked for. */
static void no_session_ticket_is_asked_for(void **state)
{
    enum { SESSION_TICKET = 35 };
    (void)state;
    assert_not_offered(SESSION_TICKET);
}

/* In TLS 1.3 a session goes on by such a key; a server should send no tickets
 * for one to a client that takes none (RFC 8446, 4.2.9). */
static void no_pre_shared_key_is_taken(void **state)
{
    enum { PSK_KEY_EXCHANGE_MODES = 45 };
    (void)state;
    assert_not_offered(PSK_KEY_EXCHANGE_MODES);
}

/* In this order: AES-128, ChaCha20, AES-256, each for ECDSA before RSA, and CCM
 * for ECDSA alone. */
static void only_ecdhe_with_an_aead_is_offered(void **state)
{
    static const unsigned expected[] = {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        0x1301,
        0x1303,
        0x1302,
        0x1304,
#endif
        0xC02B,
        0xC02F,
        0xCCA9,
        0xCCA8,
        0xC02C,
        0xC030,
        0xC0AC,
        0xC0AD
    };
    size_t at, n = 0;
    size_t left = offered_suites(&at);
    (void)state;
    for (; left != 0; left -= 2) {
        unsigned suite = two(&at);
        if (suite == MBEDTLS_SSL_EMPTY_RENEGOTIATION_INFO)
            continue;
        assert_true(n < sizeof expected / sizeof *expected);
        assert_int_equal(suite, expected[n++]);
    }
    assert_int_equal(n, sizeof expected / sizeof *expected);
}

/* The fast curves first, and none is lost. */
static void curves_are_offered_by_speed(void **state)
{
    enum { X25519 = 29, P256 = 23, P384 = 24, P521 = 25, SUPPORTED = 10 };
    size_t at;
    size_t size = offered(SUPPORTED, &at);

    (void)state;
    assert_int_equal(two(&at), size - 2);
    assert_int_equal(two(&at), X25519);
    assert_int_equal(two(&at), P256);
    assert_int_equal(two(&at), P384);
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    {
        const mbedtls_ecp_group_id *group = mbedtls_ecp_grp_id_list();
        size_t count = 0;
        while (group[count] != MBEDTLS_ECP_DP_NONE)
            count++;
        assert_int_equal(size - 2, 2 * count);
    }
#else
    assert_true(size - 2 > 2 * 3);
#endif
}

#if defined(MBEDTLS_SSL_ALPN)
static void http_1_1_is_what_it_speaks(void **state)
{
    enum { ALPN = 16 };
    size_t at;

    (void)state;
    assert_int_equal(offered(ALPN, &at), 11);
    assert_memory_equal(server.first + at, "\0\011\010http/1.1", 11);
}

static void a_server_of_http_2_alone_is_told(void **state)
{
    (void)state;
    server.alpn[0] = "h2";
    assert_int_equal(client_open(&client, "standin.test"), SMH_E_TLS);
    assert_int_equal(client.alert, 120);
    assert_non_null(
        strstr(client_words(&client), "alert 120, it does not speak HTTP/1.1"));
}
#endif

/* ---- a peer that never stops --------------------------------------------- */

enum { TIMEOUT = 2000, READS = 64, READS_OF_ONE = 8 };

static void feed_warnings(peer *p)
{
    static const unsigned char bytes[] = {21, 3, 3, 0, 2, 1, 90};
    if (p->plain != NULL)
        peer_raw(p, bytes, sizeof bytes);
    else if (p->done)
        peer_warn(p);
}

static void feed_change_cipher_spec(peer *p)
{
    static const unsigned char bytes[] = {20, 3, 3, 0, 1, 1};
    if (p->plain != NULL || p->done)
        peer_raw(p, bytes, sizeof bytes);
}

static void feed_empty_records(peer *p)
{
    static const unsigned char bytes[] = {22, 3, 3, 0, 0};
    if (p->plain != NULL)
        peer_raw(p, bytes, sizeof bytes);
    else if (p->done)
        assert_int_equal(mbedtls_ssl_write(&p->ssl, bytes, 0), 0);
}

/* Three empty records are what mbedTLS bears in a row. */
static void feed_warnings_and_empty_records(peer *p)
{
    static unsigned turn;
    if (++turn % 3 == 0)
        feed_warnings(p);
    else
        feed_empty_records(p);
}

static void feed_hello_requests(peer *p)
{
    static const unsigned char bytes[400];
    if (p->plain != NULL) {
        peer_raw(p, "\026\003\003\001\220", 5);
        peer_raw(p, bytes, sizeof bytes);
    } else if (p->done) {
        peer_messages(p, bytes, sizeof bytes);
    }
}

/* RFC 8446, 4.6.1, with all that may be empty left empty. */
static const unsigned char ticket[] = {4, 0, 0, 14, 0, 0, 0, 60, 0,
                                       0, 0, 0, 0,  0, 1, 7, 0,  0};

/* As many as one record holds, for a client that wants none. */
static void feed_tickets(peer *p)
{
    unsigned char bytes[900 * sizeof ticket];
    size_t i;
    for (i = 0; i < sizeof bytes; i++)
        bytes[i] = ticket[i % sizeof ticket];
    if (p->done)
        peer_messages(p, bytes, sizeof bytes);
}

static void feed_large_records(peer *p)
{
    static const unsigned char bytes[DATA_MAX / 4];
    if (p->done)
        peer_say(p, bytes, sizeof bytes);
}

static void (*const feeds[])(peer *) = {
    feed_warnings,       feed_change_cipher_spec,
    feed_empty_records,  feed_warnings_and_empty_records,
    feed_hello_requests, feed_tickets,
    feed_large_records,
};
enum { FEEDS = sizeof feeds / sizeof *feeds };

enum { USERS = 120 };
static const char *user[USERS];
static smh_list users = {user, 0};
static char buffer[8192];
static smh_scope scope;
static smh_io io;
static smh_call call;

static void begin_call(size_t count)
{
    size_t i;
    for (i = 0; i < USERS; i++)
        user[i] = "a user of some length";
    memset(&scope, 0, sizeof scope);
    memset(&io, 0, sizeof io);
    scope.host = "standin.test";
    scope.library_id = "smh0";
    scope.library_secret = "S3CR3T";
    users.count = count;
    scope.users = &users;
    io.port = smh_mbedtls_port(&client);
    io.buffer = buffer;
    io.size = sizeof buffer;
    io.timeout_ms = TIMEOUT;
    server.answer = NULL;
    server.now = 0;
    assert_int_equal(smh_begin(&call, &scope, &io), 0);
}

static int one_step(void)
{
    server.reads = 0;
    server.reads_max = READS;
    return smh_step(&call);
}

/* Has the server all requests of the call, each byte once and in order? */
static void assert_all_received(void)
{
    static char expected[8192];
    smh_batch batch = {0};
    size_t size = 0;
    while (smh_next(&call.plan, &batch))
        size += smh_write(&call.plan, &batch, 0, 0, expected + size,
                          sizeof expected - size);
    assert_int_equal(server.size, size);
    assert_memory_equal(server.data, expected, size);
}

/* The pipeline has more room at each step, as answers make it, so that more is
 * offered again than mbedTLS holds back. */
static void a_pipeline_goes_through_a_full_port(void **state)
{
    const char *answer = server.answer;
    size_t room;
    int result, turn = 0;
    (void)state;
    for (room = 100; room < 1200; room += 100) {
        server.room = 0;
        server.size = 0;
        begin_call(USERS);
        io.timeout_ms = 100000; /* of reads */
        server.answer = answer;
        do {
            result = smh_step(&call);
            if (client.diag.stage > SMH_STAGE_HANDSHAKE) {
                server.room = room;
                io.pipeline++;
            }
            if (turn++ % 3 == 0)
                peer_turn(&server);
        } while (result == 0);
        assert_int_equal(result, SMH_DONE);
        assert_all_received();
    }
}

/* It reads nothing more, and refuses what it has. */
static void feed_a_refusal_of_half_a_request(peer *p)
{
    static const char refusal[] = "HTTP/1.1 414 URI Too Long\r\n";
    if (p->done && p->room != 0) {
        peer_say(p, refusal, sizeof refusal - 1);
        p->feed = NULL;
    } else if (p->done) {
        p->room = 10;
    }
}

/* Who waited until the rest is taken would wait for the deadline. */
static void a_refusal_of_half_a_request_ends_the_call(void **state)
{
    int result, turn = 0;
    (void)state;
    begin_call(1);
    server.feed = feed_a_refusal_of_half_a_request;
    while ((result = one_step()) == 0) {
        assert_true(turn++ < 100);
        assert_int_equal(smh_wait(&call, UINT32_MAX), 0);
    }
    assert_int_equal(result, 414);
    assert_int_equal(server.closes, 1);
}

/* Ends by its deadline, or before it where mbedTLS bears no more. */
static void ends_in_time(void (*feed)(peer *), size_t burst)
{
    int result;
    client_close(&client, 1);
    server.burst = burst;
    server.feed = feed;
    begin_call(1);
    for (;;) {
        result = one_step();
        if (result != 0)
            break;
        assert_int_equal(smh_wait(&call, UINT32_MAX), 0);
    }
    assert_true(server.now <= TIMEOUT + READS);
    if (feed == feed_warnings)
        assert_int_equal(result, SMH_E_TIMEOUT);
    else
        assert_true(result == SMH_E_TIMEOUT || result == SMH_E_TLS ||
                    result == SMH_E_ANSWER);
}

static void nothing_holds_a_call_in_the_handshake(void **state)
{
    size_t i;
    (void)state;
    server.plain = "";
    for (i = 0; i < FEEDS; i++) {
        ends_in_time(feeds[i], 0);
        ends_in_time(feeds[i], 1);
    }
}

static void nothing_holds_a_call_behind_the_handshake(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; i < FEEDS - 1; i++) {
        ends_in_time(feeds[i], 0);
        ends_in_time(feeds[i], 1);
    }
}

static void a_call_can_be_cancelled_between_two_steps(void **state)
{
    int plain, i;
    (void)state;
    server.feed = feed_warnings;
    for (plain = 0; plain < 2; plain++) {
        client_close(&client, 1);
        server.plain = plain ? "" : NULL;
        begin_call(1);
        for (i = 0; i < 20; i++)
            assert_int_equal(one_step(), 0);
        assert_true(plain || server.done);
        server.reads = 0;
        server.reads_max = 1;
        assert_int_equal(smh_cancel(&call), SMH_E_CANCELLED);
        assert_int_equal(server.reads, 0);
    }
}

/* Whatever comes, in whatever pieces. */
static void one_operation_reads_eight_times_at_most(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    char bytes[100];
    size_t i, burst;
    int turn;
    (void)state;
    for (i = 0; i < FEEDS; i++) {
        for (burst = 0; burst < 2; burst++) {
            client_close(&client, 1);
            server.feed = NULL;
            server.burst = burst;
            server.reads_max = 0;
            assert_int_equal(client_open(&client, "standin.test"), 1);
            server.feed = feeds[i];
            server.reads_max = READS_OF_ONE;
            for (turn = 0; turn < 40; turn++) {
                server.reads = 0;
                (void)port.ops->recv(port.ctx, bytes, sizeof bytes);
                /* which before 4.0 it ignores */
                if (MBEDTLS_VERSION_MAJOR < 4 && feeds[i] == feed_warnings)
                    assert_int_equal(server.reads, READS_OF_ONE);
            }
            server.reads = 0;
            assert_int_not_equal(port.ops->close(port.ctx, 0), 0);
            assert_int_equal(server.reads, 0);
        }
    }
}

/* The same in a handshake that comes about in the end. */
static void one_turn_of_a_handshake_reads_eight_times_at_most(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    int result = SMH_AGAIN;
    (void)state;
    server.burst = 1;
    server.reads_max = READS_OF_ONE;
    while (result == SMH_AGAIN) {
        server.reads = 0;
        result = port.ops->open(port.ctx, "standin.test", 443);
        if (result == SMH_AGAIN)
            assert_int_equal(port.ops->wait(port.ctx, 1000), 1);
    }
    assert_int_equal(result, 1);
    assert_int_equal(server.reads, 0); /* nothing but the verdict */
}

/* A send does nothing in a step that has had its message. */
static void a_send_waits_for_the_next_turn(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    char byte;
    unsigned calls;
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    server.feed = feed_warnings;
    assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
    calls = server.calls;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    assert_int_equal(server.calls, calls);
    server.waits = 0;
    assert_int_equal(port.ops->wait(port.ctx, 1000), 1);
    assert_int_equal(server.waits, 0);
    server.feed = NULL;
    assert_int_equal(client_send(&client, request, REQUEST), REQUEST);
    assert_received();
}

#if defined(MBEDTLS_SSL_RENEGOTIATION)
/* A record of 50 is refused one by one, and each refusal goes out. */
static void one_hello_request_a_turn(void **state)
{
    static const unsigned char requests[4 * 50];
    smh_port port = smh_mbedtls_port(&client);
    char byte;
    uint32_t before, refusal = 0;
    int turn;
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    peer_messages(&server, requests, sizeof requests);
    server.room = PIPE_MAX; /* the server does not turn */
    for (turn = 0; turn < 50; turn++) {
        before = client.diag.sent;
        assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
        if (turn == 0)
            assert_int_equal(client.diag.sent, before);
        if (turn == 1)
            refusal = client.diag.sent - before;
        if (turn > 0)
            assert_int_equal(client.diag.sent - before, refusal);
        assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    }
    assert_in_range(refusal, 20, 40);
    server.room = 0;
    assert_true(client_send(&client, request, REQUEST) > 0);
}
#endif

/* The server hears why, though nothing is sent while it is read. */
static void a_record_that_is_spoilt_is_answered_by_an_alert(void **state)
{
    static const unsigned char spoilt[40] = {23, 3, 3, 0, 35};
    char byte;
    int code;
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    peer_raw(&server, spoilt, sizeof spoilt);
    assert_int_equal(client_recv(&client, &byte, 1), SMH_E_TLS);
    do
        code = mbedtls_ssl_read(&server.ssl, server.data, DATA_MAX);
    while (code == MBEDTLS_ERR_SSL_WANT_READ && server.up.to > server.up.from);
    assert_int_equal(code, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
}

/* ---- TLS 1.3 ------------------------------------------------------------- */

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
static int set_up_13(void **state)
{
    set_up(state);
    server.tls13 = 1;
    return 0;
}

static void tickets_do_no_harm(void **state)
{
    char answer[64];
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    feed_tickets(&server);
    assert_true(client_send(&client, request, REQUEST) > 0);
    assert_int_equal(client_recv(&client, answer, sizeof answer), ANSWER);
}

/* As mbedTLS 4 does: it looks at tickets. */
static void want_tickets(void)
{
#if defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED)
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &client.own_config,
        MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

static void open_with_tickets(void)
{
    want_tickets();
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
}

/* mbedTLS goes on with a handshake then, and sends what it holds. */
static void a_ticket_behind_half_a_record_sends_nothing_twice(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    uint32_t sent;
    char byte;
    int turn;
    (void)state;
    open_with_tickets();
    feed_tickets(&server);
    server.room = 10;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    sent = client.diag.sent;
    server.room = 0;
    for (turn = 0; turn < 10; turn++)
        assert_int_equal(port.ops->recv(port.ctx, &byte, 1), SMH_AGAIN);
    assert_int_equal(client.diag.sent, sent);
    assert_int_equal(client_send(&client, request, REQUEST), REQUEST);
    assert_received();
}

static void feed_a_ticket_behind_half_a_record(peer *p)
{
    if (p->done && p->room != 0) {
        peer_messages(p, ticket, sizeof ticket);
        p->feed = NULL;
    } else if (p->done) {
        p->room = 10;
    }
}

/* And the call goes on when there is room again, if little at a time. */
static void a_ticket_behind_half_a_record_holds_no_call(void **state)
{
    int turn;
    (void)state;
    want_tickets();
    begin_call(1);
    server.feed = feed_a_ticket_behind_half_a_record;
    for (turn = 0; turn < 100; turn++) {
        if (turn == 20) {
            server.room = 0;
            server.burst = 7;
        }
        server.stutter = turn > 20 && turn % 2 == 0;
        assert_int_equal(one_step(), 0);
        assert_int_equal(smh_wait(&call, UINT32_MAX), 0);
    }
    assert_null(server.feed);
    peer_turn(&server);
    assert_all_received();
}

/* And an answer behind it is read. */
static void an_early_answer_behind_a_ticket_is_read(void **state)
{
    static const enum fault kinds[] = {NO_FAULT, FAULT_CLOSED, FAULT_NETWORK};
    static const int results[] = {SMH_AGAIN, SMH_E_CLOSED, SMH_E_NETWORK};
    smh_port port = smh_mbedtls_port(&client);
    char answer[64];
    int i;
    (void)state;
    for (i = 0; i < 6; i++) {
        client_close(&client, 1);
        server.room = 0;
        server.fault = NO_FAULT;
        open_with_tickets();
        server.room = 10;
        if (i < 3)
            assert_int_equal(port.ops->send(port.ctx, request, REQUEST),
                             SMH_AGAIN);
        peer_messages(&server, ticket, sizeof ticket);
        peer_say(&server, server.answer, ANSWER);
        server.calls = 0;
        server.fault_at = 1;
        server.fault = kinds[i % 3];
        assert_int_equal(port.ops->send(port.ctx, request, REQUEST),
                         results[i % 3]);
        assert_int_equal(client_recv(&client, answer, sizeof answer), ANSWER);
    }
}

static const unsigned char bad_ticket[] = {4, 0, 0, 1, 0};

/* One alert answers it, though the port below does not take it at once. */
static void a_bad_ticket_ends_it(void **state)
{
    char answer[64];
    (void)state;
    open_with_tickets();
    server.stutter = 1;
    peer_messages(&server, bad_ticket, sizeof bad_ticket);
    assert_int_equal(client_recv(&client, answer, sizeof answer), SMH_E_TLS);
}

/* No alert goes out within the record, nor what is left of it. */
static void a_bad_ticket_behind_half_a_record_ends_it(void **state)
{
    smh_port port = smh_mbedtls_port(&client);
    uint32_t sent;
    char byte;
    (void)state;
    open_with_tickets();
    server.room = 10;
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_AGAIN);
    sent = client.diag.sent;
    server.room = PIPE_MAX; /* and the server does not turn */
    peer_messages(&server, bad_ticket, sizeof bad_ticket);
    assert_int_equal(client_recv(&client, &byte, 1), SMH_E_TLS);
    assert_int_equal(port.ops->send(port.ctx, request, REQUEST), SMH_E_TLS);
    assert_int_equal(client_close(&client, 0), 1);
    assert_int_equal(client.diag.sent, sent);
}

/* RFC 8446, 4.6.3; mbedTLS knows no such message. */
static void a_key_update_ends_it(void **state)
{
    static const unsigned char key_update[] = {24, 0, 0, 1, 0};
    char byte;
    (void)state;
    assert_int_equal(client_open(&client, "standin.test"), 1);
    peer_turn(&server);
    peer_messages(&server, key_update, sizeof key_update);
    assert_int_equal(client_recv(&client, &byte, 1), SMH_E_TLS);
    assert_string_equal(client_words(&client),
                        "receiving: mbedTLS failed (-0x7700)");
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
    IN(set, moves_a_request_and_its_answer), IN(set, moves_a_single_byte),     \
        IN(set, moves_byte_by_byte_with_again_before_each),                    \
        IN(set, waits_below_only_if_it_is_blocked_there),                      \
        IN(set, again_at_any_call), IN(set, closed_at_any_call),               \
        IN(set, what_was_closed_is_not_opened),                                \
        IN(set, what_goes_out_of_a_closed_port_opens_nothing),                 \
        IN(set, broken_at_any_call), IN(set, lying_at_any_call),               \
        IN(set, an_early_answer_is_read_after_a_failed_send),                  \
        IN(set, a_full_port_takes_the_record_once),                            \
        IN(set, a_receive_sends_nothing_of_a_request),                         \
        IN(set, a_longer_repetition_counts_what_is_held),                      \
        IN(set, a_pipeline_goes_through_a_full_port),                          \
        IN(set, the_servers_end_is_told_from_a_cut),                           \
        IN(set, an_orderly_end_waits_and_one_at_once_does_not),                \
        IN(set, the_end_is_said_once), IN(set, it_can_be_closed_at_any_stage), \
        IN(set, nothing_works_before_it_is_open),                              \
        IN(set, nothing_works_while_it_is_being_opened),                       \
        IN(set, nothing_works_after_a_failed_opening_is_closed),               \
        IN(set, a_close_waits_for_the_port_below),                             \
        IN(set, a_close_sends_what_is_half_sent),                              \
        IN(set, a_refusal_of_half_a_request_ends_the_call),                    \
        IN(set, an_alert_is_read_after_a_failed_send),                         \
        IN(set, a_missing_piece_is_told),                                      \
        IN(set, a_request_longer_than_a_record_through_a_full_port),           \
        IN(set, the_close_of_the_port_below_counts),                           \
        IN(set, a_second_connection_is_a_whole_handshake),                     \
        IN(set, a_certificate_that_has_expired_meanwhile_is_refused),          \
        IN(set, no_secret_of_a_connection_outlives_it),                        \
        IN(set, only_ecdhe_with_an_aead_is_offered),                           \
        IN(set, curves_are_offered_by_speed),                                  \
        IN(set, no_session_ticket_is_asked_for),                               \
        IN(set, no_pre_shared_key_is_taken),                                   \
        IN(set, nothing_holds_a_call_in_the_handshake),                        \
        IN(set, nothing_holds_a_call_behind_the_handshake),                    \
        IN(set, a_call_can_be_cancelled_between_two_steps),                    \
        IN(set, one_operation_reads_eight_times_at_most),                      \
        IN(set, one_turn_of_a_handshake_reads_eight_times_at_most),            \
        IN(set, a_send_waits_for_the_next_turn),                               \
        IN(set, a_record_that_is_spoilt_is_answered_by_an_alert)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(set_up),
#if defined(MBEDTLS_SSL_RENEGOTIATION)
        IN(set_up, a_half_sent_record_goes_on_behind_a_receive),
        IN(set_up, a_record_behind_a_half_sent_alert_is_not_lost),
        IN(set_up, the_end_is_said_behind_a_half_sent_alert),
        IN(set_up, one_hello_request_a_turn),
#endif
#if defined(MBEDTLS_SSL_ALPN)
        IN(set_up, http_1_1_is_what_it_speaks),
        IN(set_up, a_server_of_http_2_alone_is_told),
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        IN(set_up_13, it_speaks_tls_1_3),
        IN(set_up_13, tickets_do_no_harm),
        IN(set_up_13, a_ticket_behind_half_a_record_sends_nothing_twice),
        IN(set_up_13, a_ticket_behind_half_a_record_holds_no_call),
        IN(set_up_13, an_early_answer_behind_a_ticket_is_read),
        IN(set_up_13, a_key_update_ends_it),
        IN(set_up_13, a_bad_ticket_ends_it),
        IN(set_up_13, a_bad_ticket_behind_half_a_record_ends_it),
        BOTH(set_up_13),
#endif
    };
    return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
