#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>

#include "versions.h"

enum { TICKET_SECONDS = 3600 };

/* Handshakes run one at a time in one thread, so one of them is the current. */
static struct {
    mbedtls_ssl_config config;
    mbedtls_x509_crt cert;
    mbedtls_pk_context key;
    mbedtls_ssl_ticket_context tickets;
    mbedtls_ssl_cache_context cache;
    channel *current;
} tls;

/* ---- what the handshake tells -------------------------------------------- */

static int note_name(void *ctx, mbedtls_ssl_context *ssl,
                     const unsigned char *name, size_t size)
{
    channel *c = tls.current;
    (void)ctx;
    (void)ssl;
    if (size >= sizeof c->name)
        return -1;
    memcpy(c->name, name, size);
    c->name[size] = '\0';
    return 0;
}

static int note_ticket(void *ctx, mbedtls_ssl_session *session,
                       unsigned char *ticket, size_t size)
{
    int result = mbedtls_ssl_ticket_parse(ctx, session, ticket, size);
    if (result == 0)
        tls.current->resumed = true;
    return result;
}

#if MBEDTLS_VERSION_MAJOR > 2
static int note_cached(void *ctx, unsigned char const *id, size_t size,
                       mbedtls_ssl_session *session)
{
    int result = mbedtls_ssl_cache_get(ctx, id, size, session);
#else
static int note_cached(void *ctx, mbedtls_ssl_session *session)
{
    int result = mbedtls_ssl_cache_get(ctx, session);
#endif
    if (result == 0)
        tls.current->resumed = true;
    return result;
}

/* ---- set-up -------------------------------------------------------------- */

static bool fails(int result, const char *what)
{
    char words[160];
    if (result == 0)
        return false;
    mbedtls_strerror(result, words, sizeof words);
    fprintf(stderr, "smh_standin: %s: %s\n", what, words);
    return true;
}

static int random_bytes(void *ctx, unsigned char *to, size_t size)
{
    (void)ctx;
    return getrandom(to, size, 0) == (ssize_t)size
               ? 0
               : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* mbedTLS counts the end of PEM as well. */
static size_t size_of(const text *t)
{
    return t->size + (strstr(t->data, "-----BEGIN ") != NULL);
}

static int parse_cert(const text *t)
{
    int result =
        mbedtls_x509_crt_parse(&tls.cert, (const unsigned char *)t->data,
                               size_of(t));
    /* > 0: so many certificates of the file are bad */
    return result > 0 ? MBEDTLS_ERR_X509_INVALID_FORMAT : result;
}

static int parse_key(const text *t)
{
    return mbedtls_pk_parse_key(&tls.key, (const unsigned char *)t->data,
                                size_of(t), NULL,
                                0 WITH_RANDOM(random_bytes, NULL));
}

static bool load(const char *file, const char *what, int (*parse)(const text *))
{
    text t = {0};
    char name[400];
    bool good = text_read(&t, file);
    snprintf(name, sizeof name, "%s: no %s to read", file, what);
    if (good)
        good = !fails(parse(&t), name);
    else
        fprintf(stderr, "smh_standin: %s: %s\n", file, strerror(errno));
    text_free(&t);
    return good;
}

static bool set_certificate(const char *cert, const char *key)
{
    if (!load(cert, "certificate", parse_cert) ||
        !load(key, "private key", parse_key))
        return false;
    if (mbedtls_pk_check_pair(&tls.cert.pk,
                              &tls.key WITH_RANDOM(random_bytes, NULL)) != 0) {
        fprintf(stderr,
                "smh_standin: %s is not the key of the certificate in %s\n",
                key, cert);
        return false;
    }
    return !fails(mbedtls_ssl_conf_own_cert(&tls.config, &tls.cert, &tls.key),
                  "certificate");
}

static bool set_versions(const char *version)
{
    char minor = '2';
    if (version != NULL)
        minor = version[2];
#if MBEDTLS_VERSION_MAJOR > 2
    if (minor == '1')
        return false;
    mbedtls_ssl_conf_min_tls_version(&tls.config,
                                     minor == '3' ? MBEDTLS_SSL_VERSION_TLS1_3
                                                  : MBEDTLS_SSL_VERSION_TLS1_2);
    if (version)
        mbedtls_ssl_conf_max_tls_version(&tls.config,
                                         minor == '3'
                                             ? MBEDTLS_SSL_VERSION_TLS1_3
                                             : MBEDTLS_SSL_VERSION_TLS1_2);
#else
    if (minor == '3')
        return false;
    mbedtls_ssl_conf_min_version(&tls.config, 3, minor - '0' + 1);
    if (version != NULL)
        mbedtls_ssl_conf_max_version(&tls.config, 3, minor - '0' + 1);
#endif
    return true;
}

static int set_max_fragment(unsigned bytes)
{
    unsigned char code = MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
    for (; bytes >= 512 && bytes <= 4096; bytes /= 2)
        code++;
    return mbedtls_ssl_conf_max_frag_len(&tls.config, code);
}

static bool set_sessions(void)
{
    if (fails(mbedtls_ssl_ticket_setup(&tls.tickets,
                                       TICKET_KEY(random_bytes, NULL),
                                       TICKET_SECONDS),
              "tickets"))
        return false;
    mbedtls_ssl_conf_session_tickets_cb(&tls.config, mbedtls_ssl_ticket_write,
                                        note_ticket, &tls.tickets);
    mbedtls_ssl_conf_session_cache(&tls.config, &tls.cache, note_cached,
                                   mbedtls_ssl_cache_set);
    return true;
}

static bool set_config(const channel_options *o)
{
    if (fails(mbedtls_ssl_config_defaults(&tls.config, MBEDTLS_SSL_IS_SERVER,
                                          MBEDTLS_SSL_TRANSPORT_STREAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT),
              "configuration"))
        return false;
    mbedtls_ssl_conf_rng(&tls.config, random_bytes, NULL);
    mbedtls_ssl_conf_sni(&tls.config, note_name, NULL);
    if (!set_versions(o->version)) {
        fprintf(stderr, "smh_standin: --tls %s: this mbedTLS has no TLS %s\n",
                o->version, o->version);
        return false;
    }
    return !fails(set_max_fragment(o->max_fragment), "maximal fragment") &&
           set_certificate(o->cert, o->key) && set_sessions();
}

bool channel_setup(const channel_options *options)
{
    mbedtls_ssl_config_init(&tls.config);
    mbedtls_x509_crt_init(&tls.cert);
    mbedtls_pk_init(&tls.key);
    mbedtls_ssl_ticket_init(&tls.tickets);
    mbedtls_ssl_cache_init(&tls.cache);
#if MBEDTLS_VERSION_MAJOR > 2
    if (psa_crypto_init() != PSA_SUCCESS)
        return false;
#endif
    return options->cert == NULL || set_config(options);
}

bool channel_random(unsigned char *to, size_t size)
{
    return !fails(random_bytes(NULL, to, size), "random");
}

void channel_teardown(void)
{
    mbedtls_ssl_cache_free(&tls.cache);
    mbedtls_ssl_ticket_free(&tls.tickets);
    mbedtls_ssl_config_free(&tls.config);
    mbedtls_pk_free(&tls.key);
    mbedtls_x509_crt_free(&tls.cert);
#if MBEDTLS_VERSION_MAJOR > 2
    mbedtls_psa_crypto_free();
#endif
}

/* ---- bytes --------------------------------------------------------------- */

static int bio_send(void *ctx, const unsigned char *from, size_t size)
{
    ssize_t n = send(((channel *)ctx)->fd, from, size, MSG_NOSIGNAL);
    if (n >= 0)
        return (int)n;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE
                                             : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int bio_recv(void *ctx, unsigned char *to, size_t size)
{
    ssize_t n = recv(((channel *)ctx)->fd, to, size, 0);
    if (n >= 0)
        return (int)n;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
                                             : MBEDTLS_ERR_NET_RECV_FAILED;
}

static int result_of(channel *c, int result)
{
    switch (result) {
    case MBEDTLS_ERR_SSL_WANT_READ:
        c->want = POLLIN;
        return CHANNEL_AGAIN;
    case MBEDTLS_ERR_SSL_WANT_WRITE:
        c->want = POLLOUT;
        return CHANNEL_AGAIN;
    case 0:
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return CHANNEL_END;
    }
    if (result < 0) {
        c->error = result;
        return CHANNEL_FAILED;
    }
    return result;
}

void channel_init(channel *c, int fd, bool with_tls)
{
    memset(c, 0, sizeof *c);
    c->fd = fd;
    c->tls = with_tls;
    mbedtls_ssl_init(&c->ssl);
    if (!with_tls)
        return;
    c->error = mbedtls_ssl_setup(&c->ssl, &tls.config);
    mbedtls_ssl_set_bio(&c->ssl, c, bio_send, bio_recv, NULL);
}

int channel_open(channel *c)
{
    int result;
    if (!c->tls)
        return 1;
    if (c->error != 0)
        return CHANNEL_FAILED;
    tls.current = c;
    result = mbedtls_ssl_handshake(&c->ssl);
    if (result == 0)
        return 1;
    result = result_of(c, result);
    if (result == CHANNEL_END)
        c->error = MBEDTLS_ERR_SSL_CONN_EOF;
    return result == CHANNEL_AGAIN ? CHANNEL_AGAIN : CHANNEL_FAILED;
}

int channel_read(channel *c, void *to, size_t size)
{
    return result_of(c, c->tls ? mbedtls_ssl_read(&c->ssl, to, size)
                               : bio_recv(c, to, size));
}

int channel_write(channel *c, const void *from, size_t size)
{
    return result_of(c, c->tls ? mbedtls_ssl_write(&c->ssl, from, size)
                               : bio_send(c, from, size));
}

void channel_notify(channel *c)
{
    if (c->tls)
        mbedtls_ssl_close_notify(&c->ssl);
}

void channel_free(channel *c)
{
    close(c->fd);
    mbedtls_ssl_free(&c->ssl);
}

void channel_facts(const channel *c, text *to)
{
    text_printf(to, "%s %s %s %s", mbedtls_ssl_get_version(&c->ssl),
                mbedtls_ssl_get_ciphersuite(&c->ssl),
                *c->name != '\0' ? c->name : "-",
                c->resumed ? "resumed" : "full");
}
