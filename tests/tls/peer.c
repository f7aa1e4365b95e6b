#include "peer.h"

#include <inttypes.h>
#include <mbedtls/net_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../../examples/smh_standin/versions.h"
#include "cmocka_all.h"
#include "words.h"

enum { TURNS_MAX = 200000, RANDOM_SEED = 20 };

/* ---- pipes --------------------------------------------------------------- */

static size_t held(const pipe_of *pipe)
{
    return pipe->to - pipe->from;
}

static size_t push(pipe_of *pipe, const void *bytes, size_t size)
{
    if (pipe->from == pipe->to)
        pipe->from = pipe->to = 0;
    if (size > PIPE_MAX - pipe->to)
        size = PIPE_MAX - pipe->to;
    memcpy(pipe->bytes + pipe->to, bytes, size);
    pipe->to += size;
    return size;
}

static size_t pull(pipe_of *pipe, void *bytes, size_t size)
{
    if (size > held(pipe))
        size = held(pipe);
    memcpy(bytes, pipe->bytes + pipe->from, size);
    pipe->from += size;
    return size;
}

/* ---- the server ---------------------------------------------------------- */

int peer_random(void *ctx, unsigned char *data, size_t size)
{
    (void)ctx;
    return getrandom(data, size, 0) == (ssize_t)size ? 0 : -1;
}

static int server_send(void *ctx, const unsigned char *bytes, size_t size)
{
    size_t moved = push(&((peer *)ctx)->down, bytes, size);
    return moved != 0 ? (int)moved : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int server_recv(void *ctx, unsigned char *bytes, size_t size)
{
    size_t moved = pull(&((peer *)ctx)->up, bytes, size);
    return moved != 0 ? (int)moved : MBEDTLS_ERR_SSL_WANT_READ;
}

const char *pki(const char *name)
{
    static char path[512];
    const char *dir = getenv("SMH_PKI");
    assert_non_null(dir);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

unsigned char *pki_read(const char *name, size_t *size)
{
    enum { MOST = 1 << 16 };
    unsigned char *data = (unsigned char *)malloc(MOST);
    FILE *file = fopen(pki(name), "rb");

    assert_non_null(file);
    *size = fread(data, 1, MOST - 1, file);
    data[*size] = '\0';
    fclose(file);
    return data;
}

void pki_dates(uint32_t *from, uint32_t *to)
{
    size_t size;
    unsigned char *text = pki_read("server.dates", &size);
    assert_int_equal(sscanf((char *)text, "%" SCNu32 " %" SCNu32, from, to), 2);
    free(text);
}

static void keep(peer *p, const unsigned char *secret, size_t size)
{
    if (p->secret_count < 8 && size <= sizeof p->secrets[0]) {
        memcpy(p->secrets[p->secret_count], secret, size);
        p->secret_sizes[p->secret_count++] = size;
    }
}

#if MBEDTLS_VERSION_NUMBER < 0x03000000
static int export_keys(void *ctx, const unsigned char *secret,
                       const unsigned char *block, size_t mac, size_t key,
                       size_t iv)
{
    (void)block;
    (void)mac;
    (void)key;
    (void)iv;
    keep((peer *)ctx, secret, 48);
    return 0;
}
#else
static void export_keys(void *ctx, mbedtls_ssl_key_export_type type,
                        const unsigned char *secret, size_t size,
                        const unsigned char client[32],
                        const unsigned char served[32],
                        mbedtls_tls_prf_types prf)
{
    (void)type;
    (void)client;
    (void)served;
    (void)prf;
    keep((peer *)ctx, secret, size);
}
#endif

/* Of mbedTLS's own, which no header of its users declares. */
#if MBEDTLS_VERSION_NUMBER < 0x03000000
int mbedtls_ssl_write_record(mbedtls_ssl_context *ssl, uint8_t flush);
#define MBEDTLS_PRIVATE(member) member
#else
int mbedtls_ssl_write_record(mbedtls_ssl_context *ssl, int flush);
#endif

/* The server does not ask what its certificate is for. */
static void load(peer *p)
{
    char name[80];
    unsigned char *data;
    size_t size;
    snprintf(name, sizeof name, "%s.pem", p->certificate);
    data = pki_read(name, &size);
    assert_int_equal(mbedtls_x509_crt_parse(&p->chain, data, size + 1), 0);
    p->chain.MBEDTLS_PRIVATE(ext_types) = 0;
    free(data);
    snprintf(name, sizeof name, "%s.key", p->certificate);
    data = pki_read(name, &size);
    assert_int_equal(mbedtls_pk_parse_key(&p->key, data, size + 1, NULL,
                                          0 WITH_RANDOM(peer_random, p)),
                     0);
    free(data);
}

static void configure(peer *p)
{
    mbedtls_ssl_config *config = &p->config;
    assert_int_equal(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_rng(config, peer_random, p);
    assert_int_equal(mbedtls_ssl_conf_own_cert(config, &p->chain, &p->key), 0);
    assert_int_equal(mbedtls_ssl_ticket_setup(&p->tickets,
                                              TICKET_KEY(peer_random, p),
                                              86400),
                     0);
    mbedtls_ssl_conf_session_tickets_cb(config, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, &p->tickets);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_tls13_key_exchange_modes(
        config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_ALL);
#endif
}

void peer_init(peer *p, const char *certificate)
{
    memset(p, 0, sizeof *p);
    p->certificate = certificate;
    p->answer = "HTTP/1.1 204 No Content\r\n\r\n";
    mbedtls_ssl_init(&p->ssl);
    mbedtls_ssl_config_init(&p->config);
    mbedtls_x509_crt_init(&p->chain);
    mbedtls_pk_init(&p->key);
    mbedtls_ssl_ticket_init(&p->tickets);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    assert_int_equal(psa_crypto_init(), 0);
#endif
    load(p);
    configure(p);
}

void peer_free(peer *p)
{
    mbedtls_ssl_free(&p->ssl);
    mbedtls_ssl_config_free(&p->config);
    mbedtls_x509_crt_free(&p->chain);
    mbedtls_pk_free(&p->key);
    mbedtls_ssl_ticket_free(&p->tickets);
}

static void accept_client(peer *p)
{
    mbedtls_ssl_free(&p->ssl);
    mbedtls_ssl_init(&p->ssl);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_conf_max_tls_version(&p->config,
                                     p->tls13 ? MBEDTLS_SSL_VERSION_TLS1_3
                                              : MBEDTLS_SSL_VERSION_TLS1_2);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(&p->config, p->renegotiation);
#endif
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    mbedtls_ssl_conf_export_keys_cb(&p->config, export_keys, p);
#endif
    if (p->alpn[0] != NULL)
        assert_int_equal(mbedtls_ssl_conf_alpn_protocols(&p->config, p->alpn),
                         0);
    assert_int_equal(mbedtls_ssl_setup(&p->ssl, &p->config), 0);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_set_export_keys_cb(&p->ssl, export_keys, p);
#endif
    mbedtls_ssl_set_bio(&p->ssl, p, server_send, server_recv, NULL);
    memset(&p->up, 0, sizeof p->up);
    memset(&p->down, 0, sizeof p->down);
    memset(p->first, 0, sizeof p->first);
    p->size = 0;
    p->idle = 1;
    p->done = p->notified = p->gone = 0;
}

static void shake(peer *p)
{
    int code;
    if (p->plain != NULL) {
        peer_raw(p, p->plain,
                 p->plain_size != 0 ? p->plain_size : strlen(p->plain));
        p->gone = p->plain[0] != '\0'; /* or it is silent */
        return;
    }
    code = mbedtls_ssl_handshake(&p->ssl);
    if (code == 0) {
        p->done = 1;
        p->handshakes++;
    } else if (code != MBEDTLS_ERR_SSL_WANT_READ &&
               code != MBEDTLS_ERR_SSL_WANT_WRITE) {
        p->gone = 1;
    }
}

/* Answers each request that has become whole. */
static void answer(peer *p, size_t before)
{
    size_t i;
    for (i = before < 3 ? 3 : before; i < p->size; i++) {
        if (memcmp(p->data + i - 3, "\r\n\r\n", 4) == 0)
            peer_say(p, p->answer, strlen(p->answer));
    }
}

void peer_turn(peer *p)
{
    int code;
    size_t before = p->size;
    if (!p->done && !p->gone)
        shake(p);
    if (!p->done || p->gone)
        return;
    code = mbedtls_ssl_read(&p->ssl, p->data + p->size, DATA_MAX - p->size);
    if (code > 0) {
        p->size += (size_t)code;
        if (p->answer != NULL)
            answer(p, before);
    } else if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        p->notified++;
    } else if (code != MBEDTLS_ERR_SSL_WANT_READ) {
        p->gone = 1;
    }
}

void peer_say(peer *p, const void *data, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)data;
    while (size != 0) {
        int moved = mbedtls_ssl_write(&p->ssl, bytes, size);

        assert_true(moved > 0);
        bytes += moved;
        size -= (size_t)moved;
    }
}

void peer_notify(peer *p)
{
    peer_turn(p); /* its handshake may not be over */
    assert_int_equal(mbedtls_ssl_close_notify(&p->ssl), 0);
    p->gone = 1;
}

void peer_ask_hello(peer *p)
{
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    assert_int_equal(mbedtls_ssl_renegotiate(&p->ssl), 0);
#else
    (void)p;
#endif
}

void peer_raw(peer *p, const void *bytes, size_t size)
{
    assert_int_equal(push(&p->down, bytes, size), size);
}

void peer_warn(peer *p)
{
    assert_int_equal(
        mbedtls_ssl_send_alert_message(&p->ssl, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                                       MBEDTLS_SSL_ALERT_MSG_USER_CANCELED),
        0);
}

void peer_messages(peer *p, const void *bytes, size_t size)
{
    p->ssl.MBEDTLS_PRIVATE(out_msgtype) = MBEDTLS_SSL_MSG_HANDSHAKE;
    p->ssl.MBEDTLS_PRIVATE(out_msglen) = size;
    memcpy(p->ssl.MBEDTLS_PRIVATE(out_msg), bytes, size);
    assert_int_equal(mbedtls_ssl_write_record(&p->ssl, 1), 0);
}

/* ---- the port below the client ------------------------------------------- */

/* Whether this call is one that the fault is for. */
static int strikes(const peer *p)
{
    return p->calls == p->fault_at ||
           (p->fault_stays && p->calls > p->fault_at);
}

/* What a call must say instead of doing anything, or 0.  Each kind of call
 * stutters by itself, or one could do so for ever beside another. */
static int faulty(peer *p, enum peer_call kind, size_t *size)
{
    static const int results[FAULT_COUNT] = {
        0, SMH_AGAIN, 0, SMH_E_CLOSED, SMH_E_NETWORK, SMH_E_MEMORY, 0, 0, 0};
    p->calls++;
    if (p->burst != 0 && *size > p->burst)
        *size = p->burst;
    p->stuttered[kind] = p->stutter && !p->stuttered[kind];
    if (p->stuttered[kind])
        return SMH_AGAIN;
    if (p->fault == NO_FAULT || !strikes(p))
        return 0;
    if (p->fault == FAULT_ONE)
        *size = 1;
    return results[p->fault];
}

/* Whether this call says something that no port may say. */
static int lies(const peer *p)
{
    return p->fault >= FAULT_ZERO && strikes(p);
}

/* Who waits before anything said AGAIN may wait for ever. */
static int blocked(peer *p, int result)
{
    p->idle = result != SMH_AGAIN;
    return result;
}

static int below_open(void *ctx, const char *host, uint16_t port)
{
    peer *p = (peer *)ctx;
    size_t size = 1;
    int result = faulty(p, PEER_OPEN, &size);
    (void)host;
    (void)port;
    p->opens += !p->opening;
    p->opening = 1;
    if (result != 0)
        return blocked(p, result);
    if (p->fault == FAULT_ZERO && lies(p))
        return 0;
    accept_client(p);
    return 1;
}

static int below_send(void *ctx, const void *data, size_t size)
{
    peer *p = (peer *)ctx;
    size_t asked_for = size;
    int result = faulty(p, PEER_SEND, &size);
    if (result != 0)
        return blocked(p, result);
    if (lies(p))
        return p->fault == FAULT_ZERO ? 0 : (int)asked_for + 1;
    if (p->room != 0) {
        if (held(&p->up) >= p->room)
            return blocked(p, SMH_AGAIN);
        if (size > p->room - held(&p->up))
            size = p->room - held(&p->up);
    }
    if (p->down.to == 0 && p->up.to + size <= sizeof p->first)
        memcpy(p->first + p->up.to, data, size);
    size = push(&p->up, data, size);
    if (p->fault != FAULT_SENT || !strikes(p))
        return (int)size;
    p->struck = 1;
    return SMH_E_CLOSED;
}

static int below_recv(void *ctx, void *data, size_t size)
{
    peer *p = (peer *)ctx;
    size_t asked_for = size;
    int result = faulty(p, PEER_RECV, &size);
    p->now++;
    if (++p->reads > p->reads_max && p->reads_max != 0)
        fail_msg("%u reads", p->reads);
    if (result != 0)
        return blocked(p, result);
    if (lies(p))
        return p->fault == FAULT_ZERO ? 0 : (int)asked_for + 1;
    if (held(&p->down) == 0 && p->room == 0)
        peer_turn(p);
    if (held(&p->down) == 0 && p->feed != NULL)
        p->feed(p);
    if (held(&p->down) == 0)
        return blocked(p, p->gone ? SMH_E_CLOSED : SMH_AGAIN);
    return (int)pull(&p->down, data, size);
}

static int below_close(void *ctx, int at_once)
{
    peer *p = (peer *)ctx;
    size_t size = 1;
    int result = at_once ? 0 : faulty(p, PEER_CLOSE, &size);
    if (result == SMH_AGAIN)
        return blocked(p, result);
    p->closes++;
    p->opening = 0;
    return 1;
}

static uint32_t below_now_ms(void *ctx)
{
    return ((peer *)ctx)->now;
}

static int below_wait(void *ctx, uint32_t ms)
{
    peer *p = (peer *)ctx;
    (void)ms;
    assert_false(p->idle);
    p->idle = 1;
    p->waits++;
    return 1;
}

static void below_explain(void *ctx, smh_text *text)
{
    smh_put_words(text, "pipe, calls ");
    smh_put_number(text, ((peer *)ctx)->calls, 10, 1);
}

smh_port peer_port(peer *p)
{
    static const smh_port_ops ops = {below_open,  below_send,   below_recv,
                                     below_close, below_now_ms, below_wait,
                                     0,           below_explain};
    smh_port port;
    port.ops = &ops;
    port.ctx = p;
    return port;
}

/* ---- the client's side --------------------------------------------------- */

void client_init(smh_mbedtls *tls, peer *p, const smh_mbedtls_options *more)
{
    smh_mbedtls_options options;
    unsigned char *ca = NULL;
    memset(&options, 0, sizeof options);
    if (more != NULL)
        options = *more;
    options.below = peer_port(p);
    if (options.f_rng == NULL)
        options.f_rng = peer_random;
    options.p_rng = p;
    if (options.ca == NULL && options.ca_chain == NULL) {
        ca = pki_read("ca.pem", &options.ca_size);
        options.ca_size++;
        options.ca = ca;
    }
    assert_int_equal(smh_mbedtls_init(tls, &options), 0);
    free(ca);
}

static int again(smh_mbedtls *tls, int result, unsigned *turns)
{
    smh_port port = smh_mbedtls_port(tls);
    if (result != SMH_AGAIN)
        return 0;
    assert_true(++*turns < TURNS_MAX);
    assert_int_equal(port.ops->wait(port.ctx, 1000), 1);
    return 1;
}

int client_open(smh_mbedtls *tls, const char *host)
{
    smh_port port = smh_mbedtls_port(tls);
    unsigned turns = 0;
    int result;
    do
        result = port.ops->open(port.ctx, host, 443);
    while (again(tls, result, &turns));
    assert_int_not_equal(result, 0);
    return result;
}

int client_send(smh_mbedtls *tls, const void *data, size_t size)
{
    smh_port port = smh_mbedtls_port(tls);
    const unsigned char *bytes = (const unsigned char *)data;
    unsigned turns = 0;
    int result = 1;
    while (size != 0 && result > 0) {
        do
            result = port.ops->send(port.ctx, bytes, size);
        while (again(tls, result, &turns));
        assert_int_not_equal(result, 0);
        if (result > 0) {
            assert_true((size_t)result <= size);
            bytes += result;
            size -= (size_t)result;
        }
    }
    return result;
}

int client_recv(smh_mbedtls *tls, void *data, size_t size)
{
    smh_port port = smh_mbedtls_port(tls);
    unsigned turns = 0;
    int result;
    do
        result = port.ops->recv(port.ctx, data, size);
    while (again(tls, result, &turns));
    assert_int_not_equal(result, 0);
    assert_true(result <= (int)size);
    return result;
}

int client_close(smh_mbedtls *tls, int at_once)
{
    smh_port port = smh_mbedtls_port(tls);
    unsigned turns = 0;
    int result;
    do {
        result = port.ops->close(port.ctx, at_once);
        assert_false(at_once && result == SMH_AGAIN);
    } while (again(tls, result, &turns));
    assert_int_not_equal(result, 0);
    return result;
}

const char *client_words(smh_mbedtls *tls)
{
    static char text[600];
    return client_explain(tls, text, sizeof text);
}

const char *client_explain(smh_mbedtls *tls, char *text, size_t size)
{
    return words_of(smh_mbedtls_port(tls), text, size);
}
