/* smh_mbedtls.h - a port of smh_token.h over another: TLS by mbedTLS - 0BSD

WHAT IT IS
    The secure port: it verifies the server and encrypts, over any port that
    moves octets (smh_posix.h, smh_lwip.h, smh_lwip_raw.h, yours).  For mbedTLS
    2.28 and later, tested with 2.28.3 and 3.6.6; there is code for 4.x that no
    test runs.  It allocates nothing itself; mbedTLS does.

WHAT CANNOT BE SWITCHED OFF
    TLS 1.2 at least; a certificate that one of your CAs has signed; the host's
    own name, or its address, in the certificate, and a URI is neither; its
    dates; a suite that encrypts.  Each connection verifies all of it anew.  This
    holds too if you bring an mbedtls_ssl_config: these settings of it are
    overwritten, its verify callback, its ALPN ("http/1.1" and nothing else, for
    nothing else is spoken) and, if options has CAs, its CAs and CRL among them.
    Its suites and curves stay; a list with a suite that does not encrypt is
    refused.

DO THIS
    In one file, #define SMH_MBEDTLS_IMPLEMENTATION before the #include.

        static smh_posix tcp;                   all zero
        static smh_mbedtls tls;                 all zero
        smh_mbedtls_options options = { 0 };

        options.lower   = smh_posix_port(&tcp);
        options.ca      = ca;
        options.ca_size = sizeof ca;
        options.f_rng   = mbedtls_ctr_drbg_random;
        options.p_rng   = &drbg;
        if (smh_mbedtls_init(&tls, &options) != 0)
            puts(smh_mbedtls_explain(&tls, text, sizeof text));
        io.port = smh_mbedtls_port(&tls);
        ...
        smh_mbedtls_free(&tls);

    Link -lmbedtls -lmbedx509 -lmbedcrypto in this order; in 4.x the last one is
    -ltfpsacrypto.

WHAT TO KNOW
    - SMH_E_TLS, or SMH_E_MEMORY, with diag.stage up to SMH_MBEDTLS_HANDSHAKE:
      this connection carried nothing of a request.  With a later stage the
      handshake was over, and the request may have been carried out.
    - The heap: mbedTLS reports an untrusted certificate when it runs out of
      memory while it checks a signature.  Install an allocator that counts its
      failures (mbedtls_platform_set_calloc_free()) and let options.failed
      return their number, and the port says which it was; else it names both.
    - An address as host ([::1], 192.0.2.1) must stand in the certificate as an
      iPAddress; it is not sent as a server name (RFC 6066, 3).
    - If MBEDTLS_SSL_IN_CONTENT_LEN is less than 16384, small records are asked
      for (RFC 6066, 4) and TLS is held at 1.2.  A server may not obey; then a
      long record ends in an error, which smh_mbedtls_explain() tells.
    - If mbedTLS is built without MBEDTLS_HAVE_TIME_DATE, options.time is
      required.
    - Without a config of yours it offers ECDHE with an AEAD: AES-GCM, ChaCha20-
      Poly1305, AES-CCM, and the fast curves first.
    - A handshake goes one message a step, and an operation reads eight times at
      most from the port below, so that a loop gets its turns whatever a server
      sends.  A message is not divided (LIMITS).
    - An mbedtls_ssl_config of yours belongs to this port while it is in use;
      free it with the port, for it points there.

LIMITS
    - Nobody asks whether a certificate is revoked: no OCSP, and must-staple is
      ignored.  A CRL counts only in a config of yours, if options has no CAs.
    - A client certificate needs a config of yours (mbedtls_ssl_conf_own_cert()).
    - A message is not divided: the longest step checks one signature, makes one
      ECDHE, or checks all the signatures of a chain, of which a hostile server
      may send as many as MBEDTLS_X509_MAX_INTERMEDIATE_CA and one.  With TLS 1.3
      it may also pack some thousand session tickets into a record; they are
      dropped in one step, unread.

WHAT TO SET IN THE CONFIG
    For a small machine; examples/bare_metal/tls_config.h is all of it, for 2.28
    and 3.6.  The names begin with MBEDTLS_.

    KEY_EXCHANGE_ECDHE_ECDSA_ENABLED, KEY_EXCHANGE_ECDHE_RSA_ENABLED
                      both, if the server's kind of certificate may change;
                      with the curves ECP_DP_SECP256R1 and 384R1_ENABLED
    GCM_C, AES_C      with SHA256_C and, for the 256 bit suites, SHA512_C
    PEM_PARSE_C       only if the CA is a PEM; a DER needs none
    X509_CHECK_KEY_USAGE, X509_CHECK_EXTENDED_KEY_USAGE
                      in 2.28, or a client's certificate would do; 3.x always
                      checks
    HAVE_TIME_DATE    dates by mbedTLS's clock (HAVE_TIME), which has to be set
                      before the handshake; without it options.time is required
    PLATFORM_GMTIME_R_ALT
                      with HAVE_TIME_DATE and no heap: newlib's gmtime()
                      allocates, its gmtime_r() does not
    ENTROPY_HARDWARE_ALT, NO_PLATFORM_ENTROPY
                      random octets come from your mbedtls_hardware_poll()
                      alone; no message ever tells that they are bad
    PLATFORM_MEMORY   where calloc comes from: MEMORY_BUFFER_ALLOC_C takes a
                      static array, for one thread unless THREADING_C;
                      mbedtls_platform_set_calloc_free() takes two functions
                      over an RTOS's heap.  pvPortMalloc() does not clear what
                      it gives, calloc must.
    SSL_IN_CONTENT_LEN, SSL_OUT_CONTENT_LEN
                      the longest record, most of the heap

    Measured (README.md, "Sizes"): the least heap that does is about 29 kB with
    records of 16384 octets in and 4096 out, 17 kB with 4096 both ways; leave a
    third more for longer chains.  Stack, of a whole firmware on a Cortex-M3:
    3.4 kB with mbedTLS 2.28, 2.2 kB with 3.6.

OPTIONS
    Macros, defined before the #include in the file of the implementation; they
    save code on small machines and change no type.

    SMH_MBEDTLS_IPV6       1    0: refuse a host like [::1]
*/
#ifndef SMH_MBEDTLS_H
#define SMH_MBEDTLS_H

#include "smh_token.h"

#if defined(__has_include)
#if __has_include(<mbedtls/build_info.h>)
#include <mbedtls/build_info.h>
#else
#include <mbedtls/version.h>
#endif
#else
#include <mbedtls/version.h>
#endif
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER < 0x021C0000
#error "smh_mbedtls.h needs mbedTLS 2.28 or later"
#endif
#if !defined(MBEDTLS_SSL_CLI_C) || !defined(MBEDTLS_X509_CRT_PARSE_C)
#error "smh_mbedtls.h needs MBEDTLS_SSL_CLI_C and MBEDTLS_X509_CRT_PARSE_C"
#endif
#if MBEDTLS_VERSION_NUMBER < 0x03000000 &&                                     \
    (!defined(MBEDTLS_X509_CHECK_KEY_USAGE) ||                                 \
     !defined(MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE))
#error "needs MBEDTLS_X509_CHECK_KEY_USAGE and _CHECK_EXTENDED_KEY_USAGE"
#endif
#if !defined(MBEDTLS_SSL_SERVER_NAME_INDICATION)
#error "smh_mbedtls.h needs MBEDTLS_SSL_SERVER_NAME_INDICATION"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Zero it, then set what is required and what you want.  Copied by init. */
typedef struct smh_mbedtls_options {
    smh_port lower; /* what moves the octets; required */

    /* The CAs, one of the two; with a conf that has them, none. */
    const unsigned char *ca; /* PEM with its terminating NUL, or one DER */
    size_t ca_size;          /* the NUL included */
    mbedtls_x509_crt *ca_chain;

    /* Random octets, 0 for success; required before mbedTLS 4 without conf. */
    int (*f_rng)(void *p_rng, unsigned char *data, size_t size);
    void *p_rng;

    mbedtls_ssl_config *conf;      /* yours, for this port alone, or NULL */
    uint32_t (*time)(void *ctx);   /* the clock: seconds since 1970, or NULL */
    uint32_t (*failed)(void *ctx); /* allocations failed so far, or NULL */
    void *ctx;                     /* of time and failed */
    uint8_t ca_in_place; /* a DER that stays where it is: not copied */
} smh_mbedtls_options;

/* Where it is, or what failed. */
enum {
    SMH_MBEDTLS_SET_UP = 1,
    SMH_MBEDTLS_CONNECT, /* the port below */
    SMH_MBEDTLS_HANDSHAKE,
    SMH_MBEDTLS_WRITE,
    SMH_MBEDTLS_READ,
    SMH_MBEDTLS_CLOSE
};

/* Why, if code and flags do not say it. */
#define SMH_MBEDTLS_REASONS(X)                                                 \
    X(NONE, "no error")                                                        \
    X(LOWER, "no port below")                                                  \
    X(NO_CA, "no CA given")                                                    \
    X(PEM_END, "CA: the size of a PEM must include its NUL")                   \
    X(PEM_OFF,                                                                 \
      "CA is a PEM, and mbedTLS is built without MBEDTLS_PEM_PARSE_C")         \
    X(CA, "CA cannot be read")                                                 \
    X(NO_RNG, "no source of random octets given")                              \
    X(RNG, "source of random octets failed")                                   \
    X(NO_CLOCK, "no clock given, and mbedTLS is built without"                 \
                " MBEDTLS_HAVE_TIME_DATE")                                     \
    X(NULL_SUITE, "a cipher suite of the config does not encrypt")             \
    X(HOST, "host is neither a name nor an address")                           \
    X(MEMORY, "out of memory: the heap of mbedTLS is too small")               \
    X(BELOW, "the connection below failed")                                    \
    X(UNVERIFIED, "no certificate was verified")                               \
    X(NOTIFIED, "closed by the server")                                        \
    X(CUT, "connection closed by the server without TLS's end")                \
    X(CERTIFICATE, "certificate refused")                                      \
    X(ALERT, "the server refused")                                             \
    X(CODE, "mbedTLS failed")

#define SMHI_MBEDTLS_ENUM(name, text) SMH_MBEDTLS_##name,
enum { SMH_MBEDTLS_REASONS(SMHI_MBEDTLS_ENUM) SMH_MBEDTLS_REASON_COUNT };
#undef SMHI_MBEDTLS_ENUM

enum { SMH_MBEDTLS_NOTE = 96 };

/* What happened since the last opening; stays after the close. */
typedef struct smh_mbedtls_diag {
    uint8_t stage;     /* SMH_MBEDTLS_SET_UP.. */
    uint8_t reason;    /* SMH_MBEDTLS_NONE.. */
    uint8_t alert;     /* the fatal alert of the server, or 0 */
    int16_t result;    /* SMH_E_*, or 0 */
    int code;          /* of mbedTLS, PSA or f_rng, or 0 */
    uint32_t flags;    /* MBEDTLS_X509_BADCERT_*, or 0 */
    uint32_t failed;   /* allocations, if options.failed counts */
    uint32_t received; /* octets below TLS */
    uint32_t sent;
} smh_mbedtls_diag;

/* Zero it, then call smh_mbedtls_init(). */
typedef struct smh_mbedtls {
    /* private; what is small comes first, where it is reached in less code */
    int16_t below; /* what the port below said to the last operation */
    uint8_t state;
    uint8_t blocked;   /* the port below said AGAIN to it */
    uint8_t at_once;   /* there is more to do without waiting */
    uint8_t unsent;    /* mbedTLS holds octets that the port below must take */
    uint8_t pending;   /* they are of the caller's data */
    uint8_t notified;  /* the end was said */
    uint8_t verified;  /* certificate, name and dates */
    uint8_t ip_size;   /* 0: host is a name */
    uint8_t noted;     /* octets of note */
    uint8_t reads;     /* of the port below, that this operation may make yet */
    uint8_t receiving; /* nothing is sent meanwhile */
    smh_mbedtls_diag diag;     /* yours to read */
    mbedtls_x509_crt *trusted; /* what is known of the CAs */
    mbedtls_ssl_config *config;
    uint32_t failed; /* allocations before this opening */
    smh_mbedtls_options options;
    unsigned char ip[16];
    unsigned char note[SMH_MBEDTLS_NOTE]; /* of the certificate */
    const char *host; /* of the caller, while it is being opened */
    const char *alpn[2];
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config own_config;
    mbedtls_x509_crt own_ca;
} smh_mbedtls;

/* 0, or SMH_E_*; then smh_mbedtls_explain() says why, and the port cannot be
 * opened. */
SMH_API int smh_mbedtls_init(smh_mbedtls *tls,
                             const smh_mbedtls_options *options);

SMH_API smh_port smh_mbedtls_port(smh_mbedtls *tls);

/* Frees and wipes; the port must be closed. */
SMH_API void smh_mbedtls_free(smh_mbedtls *tls);

/* What went wrong, in words: always terminated, cut off at size; returns text,
 * or "" if size is 0. */
SMH_API const char *smh_mbedtls_explain(const smh_mbedtls *tls, char *text,
                                        size_t size);

#ifdef __cplusplus
}
#endif
#endif /* SMH_MBEDTLS_H */

#if defined(SMH_MBEDTLS_IMPLEMENTATION) && !defined(SMH_MBEDTLS_IMPLEMENTED)
#define SMH_MBEDTLS_IMPLEMENTED

#ifndef SMH_MBEDTLS_IPV6
#define SMH_MBEDTLS_IPV6 1
#endif

#include <string.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h> /* for two error codes */
#include <mbedtls/platform_util.h>
#if defined(MBEDTLS_HAVE_TIME_DATE)
#include <mbedtls/platform_time.h>
#endif
#if MBEDTLS_VERSION_NUMBER >= 0x04000000 || defined(MBEDTLS_USE_PSA_CRYPTO) || \
    defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define SMHI_MBEDTLS_PSA
#include <psa/crypto.h>
#endif
#if MBEDTLS_VERSION_NUMBER < 0x04000000 /* for codes of failed allocations */
#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/dhm.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#endif
#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SMHI_MBEDTLS_UNUSABLE,
    SMHI_MBEDTLS_READY,
    SMHI_MBEDTLS_BELOW, /* is being opened */
    SMHI_MBEDTLS_SHAKING,
    SMHI_MBEDTLS_OPEN,
    SMHI_MBEDTLS_DEAD, /* TLS failed: diag.result */
    SMHI_MBEDTLS_CLOSING
};

/* ---- errors -------------------------------------------------------------- */

static int smhi_mbedtls_fail(smh_mbedtls *tls, int reason, int code, int result)
{
    tls->diag.reason = (uint8_t)reason;
    tls->diag.code = code;
    tls->diag.result = (int16_t)result;
    return result;
}

/* Whether mbedTLS says by this code that an allocation failed.  Before 4.0 a
 * code may be the sum of a high one and a low one of 7 bits. */
static int smhi_mbedtls_is_memory(int code)
{
    static const int16_t codes[] = {
        MBEDTLS_ERR_SSL_ALLOC_FAILED,
        MBEDTLS_ERR_X509_ALLOC_FAILED,
#if MBEDTLS_VERSION_NUMBER < 0x04000000
        MBEDTLS_ERR_PK_ALLOC_FAILED,
        MBEDTLS_ERR_MD_ALLOC_FAILED,
        MBEDTLS_ERR_ECP_ALLOC_FAILED,
        MBEDTLS_ERR_DHM_ALLOC_FAILED,
        MBEDTLS_ERR_CIPHER_ALLOC_FAILED,
        MBEDTLS_ERR_PEM_ALLOC_FAILED,
        MBEDTLS_ERR_MPI_ALLOC_FAILED,
        MBEDTLS_ERR_ASN1_ALLOC_FAILED,
#endif
#ifdef SMHI_MBEDTLS_PSA
        PSA_ERROR_INSUFFICIENT_MEMORY,
#endif
    };
    size_t i;

    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (code == codes[i])
            return 1;
#if MBEDTLS_VERSION_NUMBER < 0x04000000
        if (-(-code & 0x7F) == codes[i] || -(-code & 0x7F80) == codes[i])
            return 1;
#endif
    }
    return 0;
}

static uint32_t smhi_mbedtls_failures(const smh_mbedtls *tls)
{
    const smh_mbedtls_options *options = &tls->options;

    return options->failed != NULL ? options->failed(options->ctx) : 0;
}

/* An alert that is held back goes out.  0, or a code.  With octets unsent,
 * mbedtls_ssl_close_notify() does not say the end: it only sends them. */
static int smhi_mbedtls_flush(smh_mbedtls *tls)
{
    return tls->unsent && !tls->pending ? mbedtls_ssl_close_notify(&tls->ssl)
                                        : 0;
}

/* TLS is over: nothing but a close may follow. */
static int smhi_mbedtls_fatal(smh_mbedtls *tls, int code)
{
    smh_mbedtls_diag *diag = &tls->diag;

    (void)smhi_mbedtls_flush(tls);
    tls->state = SMHI_MBEDTLS_DEAD;
    diag->failed = smhi_mbedtls_failures(tls) - tls->failed;
    if (diag->reason == SMH_MBEDTLS_RNG)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_RNG, code, SMH_E_TLS);
    if (diag->reason == SMH_MBEDTLS_MEMORY || smhi_mbedtls_is_memory(code) ||
        (diag->failed != 0 && diag->flags == 0))
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_MEMORY, code, SMH_E_MEMORY);
    if (diag->flags != 0)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_CERTIFICATE, code, SMH_E_TLS);
    if (code != MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_CODE, code, SMH_E_TLS);
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    diag->alert = tls->ssl.MBEDTLS_PRIVATE(in_msg)[1];
#elif MBEDTLS_VERSION_NUMBER >= 0x04010000
    code = mbedtls_ssl_get_fatal_alert(&tls->ssl);
    diag->alert = (uint8_t)(code > 0 ? code : 0);
    code = MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE;
#endif
    return smhi_mbedtls_fail(tls, SMH_MBEDTLS_ALERT, code, SMH_E_TLS);
}

/* What a result of mbedTLS, not above 0, means for the caller. */
static int smhi_mbedtls_result(smh_mbedtls *tls, int code)
{
    switch (code) {
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE:
#ifdef MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS
    case MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS:
#endif
#ifdef MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS
    case MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS:
#endif
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
    case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET:
#endif
        tls->at_once |= !tls->blocked;
        return SMH_AGAIN;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_NOTIFIED, code, SMH_E_CLOSED);
    default:
        break;
    }
    if (tls->below == SMH_E_CLOSED)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_CUT, code, SMH_E_CLOSED);
    if (tls->below != 0)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_BELOW, code, tls->below);
    return smhi_mbedtls_fatal(tls, code);
}

/* ---- octets below TLS ---------------------------------------------------- */

enum { SMHI_MBEDTLS_READS = 8 }; /* in one operation */

/* Each operation of the caller begins with this.  A send comes after a receive
 * that may want a turn at once.  Reads are counted because mbedTLS goes on, in
 * one call, for as long as a peer feeds it what it ignores. */
static void smhi_mbedtls_enter(smh_mbedtls *tls, int stage)
{
    tls->diag.stage = (uint8_t)stage;
    tls->below = 0;
    tls->blocked = 0;
    tls->reads = SMHI_MBEDTLS_READS;
    if (stage != SMH_MBEDTLS_WRITE)
        tls->at_once = 0;
}

/* What the port below said, for mbedTLS: octets, or one of two codes.  0 would
 * mean to mbedTLS that all is sent. */
static int smhi_mbedtls_moved(smh_mbedtls *tls, int moved, size_t size,
                              int want, int broken)
{
    if (moved > 0 && (size_t)moved <= size)
        return moved;
    if (moved == SMH_AGAIN) {
        tls->blocked = 1;
        return want;
    }
    tls->below = (int16_t)(moved < 0 ? moved : SMH_E_PORT);
    return broken;
}

/* While mbedTLS receives, what it wants to send is an alert, often the answer to
 * a handshake message.  It has to wait for the next operation, so that this one
 * ends and does not go through all the messages of a record. */
static int smhi_mbedtls_send_below(void *ctx, const unsigned char *data,
                                   size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    const smh_port *lower = &tls->options.lower;
    int moved;

    tls->unsent = 1;
    tls->at_once |= tls->receiving;
    if (tls->receiving)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    moved = (lower->ops->send)(lower->ctx, data, size);
    moved = smhi_mbedtls_moved(tls, moved, size, MBEDTLS_ERR_SSL_WANT_WRITE,
                               MBEDTLS_ERR_NET_SEND_FAILED);
    tls->unsent = moved < 0 || (size_t)moved < size;
    if (moved > 0)
        tls->diag.sent += (uint32_t)moved;
    return moved;
}

static int smhi_mbedtls_recv_below(void *ctx, unsigned char *data, size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    const smh_port *lower = &tls->options.lower;
    int moved;

    if (tls->reads == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    tls->reads--;
    moved = (lower->ops->recv)(lower->ctx, data, size);
    moved = smhi_mbedtls_moved(tls, moved, size, MBEDTLS_ERR_SSL_WANT_READ,
                               MBEDTLS_ERR_NET_RECV_FAILED);
    if (moved > 0)
        tls->diag.received += (uint32_t)moved;
    return moved;
}

#if MBEDTLS_VERSION_NUMBER < 0x04000000
static int smhi_mbedtls_random(void *ctx, unsigned char *data, size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    int code = tls->options.f_rng(tls->options.p_rng, data, size);

    if (code != 0)
        tls->diag.reason = SMH_MBEDTLS_RNG;
    return code;
}
#endif

/* ---- the certificate ----------------------------------------------------- */

/* Seconds since 1970 (UTC), at the ends what fits.  In between, 2100 alone
 * divides by four and has no leap day. */
static uint32_t smhi_mbedtls_seconds(const mbedtls_x509_time *date)
{
    int early = date->mon < 3; /* years that begin in March end in a leap day */
    uint32_t year = (uint32_t)(date->year - early);
    uint32_t month = (uint32_t)(date->mon + (early ? 9 : -3));
    uint32_t day = 365 * year + year / 4 - (year > 2099) +
                   (153 * month + 2) / 5 + (uint32_t)date->day - 719484;

    if (date->year < 1970)
        return 0;
    if (date->year > 2105)
        return UINT32_MAX - 1;
    return ((day * 24 + (uint32_t)date->hour) * 60 + (uint32_t)date->min) * 60 +
           (uint32_t)date->sec;
}

/* The dates by the caller's clock. */
static uint32_t smhi_mbedtls_dates(const smh_mbedtls *tls,
                                   const mbedtls_x509_crt *crt)
{
    uint32_t now;

    if (tls->options.time == NULL)
        return 0;
    now = tls->options.time(tls->options.ctx);
    if (now < smhi_mbedtls_seconds(&crt->valid_from))
        return MBEDTLS_X509_BADCERT_FUTURE;
    if (now > smhi_mbedtls_seconds(&crt->valid_to))
        return MBEDTLS_X509_BADCERT_EXPIRED;
    return 0;
}

/* Tags of GeneralName. */
enum { SMHI_MBEDTLS_DNS = 2, SMHI_MBEDTLS_URI = 6, SMHI_MBEDTLS_IP = 7 };

static int smhi_mbedtls_name_kind(const mbedtls_x509_sequence *name)
{
    return name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
}

static int smhi_mbedtls_has(const mbedtls_x509_crt *crt, int kind,
                            const void *value, size_t size)
{
    const mbedtls_x509_sequence *name = &crt->subject_alt_names;

    for (; name != NULL && name->buf.p != NULL; name = name->next) {
        if (smhi_mbedtls_name_kind(name) == kind && name->buf.len == size &&
            memcmp(name->buf.p, value, size) == 0)
            return 1;
    }
    return 0;
}

/* What mbedTLS gets wrong of the server's names: it has no address to compare,
 * and from 3.x on takes a URI for the host if they are the same octets.  No URI
 * is, for a URI has a scheme and a colon. */
static int smhi_mbedtls_misnamed(const smh_mbedtls *tls,
                                 const mbedtls_x509_crt *crt)
{
    if (tls->ip_size != 0)
        return !smhi_mbedtls_has(crt, SMHI_MBEDTLS_IP, tls->ip, tls->ip_size);
    return smhi_mbedtls_has(crt, SMHI_MBEDTLS_URI, tls->host,
                            strlen(tls->host));
}

/* ---- what to tell of it: noted raw, made into words by explain ----------- */

/* Adds kind, length and octets, if there is room. */
static void smhi_mbedtls_add(smh_mbedtls *tls, int kind,
                             const unsigned char *data, size_t size)
{
    size_t room = SMH_MBEDTLS_NOTE - tls->noted;
    unsigned char *to = tls->note + tls->noted;

    if (room < 2)
        return;
    if (size > room - 2)
        size = room - 2;
    to[0] = (unsigned char)kind;
    to[1] = (unsigned char)size;
    memcpy(to + 2, data, size);
    tls->noted = (uint8_t)(tls->noted + 2 + size);
}

/* The common name, or what else there is. */
static void smhi_mbedtls_add_name(smh_mbedtls *tls,
                                  const mbedtls_x509_name *name)
{
    static const unsigned char common[] = {0x55, 4, 3};
    const mbedtls_x509_name *last = name;

    for (; name != NULL; name = name->next) {
        last = name;
        if (name->oid.len == 3 && memcmp(name->oid.p, common, 3) == 0)
            break;
    }
    if (last->val.p != NULL)
        smhi_mbedtls_add(tls, SMHI_MBEDTLS_DNS, last->val.p, last->val.len);
}

static void smhi_mbedtls_add_names(smh_mbedtls *tls,
                                   const mbedtls_x509_crt *crt)
{
    const mbedtls_x509_sequence *name = &crt->subject_alt_names;

    if (name->buf.p == NULL)
        smhi_mbedtls_add_name(tls, &crt->subject);
    for (; name != NULL && name->buf.p != NULL; name = name->next) {
        int kind = smhi_mbedtls_name_kind(name);

        if (kind == SMHI_MBEDTLS_DNS || kind == SMHI_MBEDTLS_IP)
            smhi_mbedtls_add(tls, kind, name->buf.p, name->buf.len);
    }
}

/* One fault is noted in full: no trust before the dates before the name. */
static void smhi_mbedtls_note(smh_mbedtls *tls, const mbedtls_x509_crt *crt,
                              uint32_t flags)
{
    const mbedtls_x509_time *date = NULL;

    if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        date = &crt->valid_from;
    else if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        date = &crt->valid_to;
    if (tls->diag.flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        return;
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
        tls->noted = 0;
        smhi_mbedtls_add_name(tls, &crt->issuer);
    } else if (date != NULL) {
        tls->noted = 0;
        smhi_mbedtls_add(tls, 0, (const unsigned char *)date, sizeof *date);
    } else if (tls->noted == 0 && flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) {
        smhi_mbedtls_add_names(tls, crt);
    }
}

/* Called by mbedTLS for each certificate from the root to the server's at
 * depth 0.  It only ever adds flags. */
static int smhi_mbedtls_verify(void *ctx, mbedtls_x509_crt *crt, int depth,
                               uint32_t *flags)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;

    *flags |= smhi_mbedtls_dates(tls, crt);
    if (depth == 0 && smhi_mbedtls_misnamed(tls, crt))
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    if (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED &&
        smhi_mbedtls_failures(tls) != tls->failed)
        tls->diag.reason = SMH_MBEDTLS_MEMORY;
    smhi_mbedtls_note(tls, crt, *flags);
    tls->diag.flags |= *flags;
    tls->verified = depth == 0 && tls->diag.flags == 0;
    return 0;
}

/* ---- host ---------------------------------------------------------------- */

/* 16 and more: none */
static unsigned smhi_mbedtls_digit(int character)
{
    unsigned digit = (unsigned)character - '0';
    unsigned letter = ((unsigned)character | 32) - 'a';

    return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

/* Octets of the address that host is: 0 if it is a name, -1 if neither. */
static int smhi_mbedtls_address(const char *host, unsigned char *ip)
{
    int six = SMH_MBEDTLS_IPV6 && *host == '[';
    int size = six ? 16 : 4;
    int at = 0;
    int gap = -1; /* where :: is */

    if (!six && host[strspn(host, "0123456789.")] != '\0')
        return *host == '[' ? -1 : 0;
    host += six;
    memset(ip, 0, 16);
    for (;;) {
        unsigned base = six ? 16 : 10;
        unsigned group = 0;
        unsigned digit;
        const char *first = host;

        if (six && host[0] == ':' && host[1] == ':' && gap < 0) {
            gap = at;
            first = host += 2;
            if (*host == ']')
                break;
        }
        for (; (digit = smhi_mbedtls_digit(*host)) < base; host++)
            group = group * base + digit;
        if (host == first || host - first > 4 || at == size ||
            (!six && (group > 255 || (host - first > 1 && *first == '0'))))
            return -1;
        if (six)
            ip[at++] = (unsigned char)(group >> 8);
        ip[at++] = (unsigned char)group;
        if (*host != (six ? ':' : '.'))
            break;
        if (!six || host[1] != ':')
            host++;
    }
    if (strcmp(host, six ? "]" : "") != 0 || (gap < 0) != (at == size))
        return -1;
    if (gap >= 0) {
        memmove(ip + gap + 16 - at, ip + gap, (size_t)(at - gap));
        memset(ip + gap, 0, (size_t)(16 - at));
    }
    return size;
}

/* ---- set-up -------------------------------------------------------------- */

#if defined(MBEDTLS_CIPHER_NULL_CIPHER) ||                                     \
    defined(MBEDTLS_SSL_NULL_CIPHERSUITES)
/* Whether a suite of this name sends in the clear. */
static int smhi_mbedtls_is_null(const char *name)
{
    return name != NULL && strstr(name, "-NULL-") != NULL;
}

static int smhi_mbedtls_has_null(const mbedtls_ssl_config *config)
{
    const int *suite = config->MBEDTLS_PRIVATE(ciphersuite_list)
#if MBEDTLS_VERSION_NUMBER < 0x03000000
                           [MBEDTLS_SSL_MINOR_VERSION_3]
#endif
        ;

    for (; suite != NULL && *suite != 0; suite++) {
        if (smhi_mbedtls_is_null(mbedtls_ssl_get_ciphersuite_name(*suite)))
            return 1;
    }
    return 0;
}
#else /* mbedTLS has no such suite */
static int smhi_mbedtls_is_null(const char *name)
{
    (void)name;
    return 0;
}

static int smhi_mbedtls_has_null(const mbedtls_ssl_config *config)
{
    (void)config;
    return 0;
}
#endif

#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) &&                                \
    MBEDTLS_SSL_IN_CONTENT_LEN < 16384
/* The largest records that fit.  TLS 1.3 has no such agreement. */
static int smhi_mbedtls_small(mbedtls_ssl_config *config)
{
    unsigned char code = MBEDTLS_SSL_MAX_FRAG_LEN_4096;

    while (code != MBEDTLS_SSL_MAX_FRAG_LEN_NONE &&
           mbedtls_ssl_conf_max_frag_len(config, code) != 0)
        code--;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
    if (code == MBEDTLS_SSL_MAX_FRAG_LEN_NONE)
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    return 0;
}
#else
static int smhi_mbedtls_small(mbedtls_ssl_config *config)
{
    (void)config;
    return 0;
}
#endif

/* What may not be otherwise, whoever made the config.  0, or a code.  Nothing
 * but HTTP/1.1 goes over this port, so nothing else is offered. */
static int smhi_mbedtls_enforce(smh_mbedtls *tls)
{
    mbedtls_ssl_config *config = tls->config;
    int code = 0;

    mbedtls_ssl_conf_endpoint(config, MBEDTLS_SSL_IS_CLIENT);
    mbedtls_ssl_conf_transport(config, MBEDTLS_SSL_TRANSPORT_STREAM);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_verify(config, smhi_mbedtls_verify, tls);
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
#else
    mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
    if (tls->trusted != NULL)
        mbedtls_ssl_conf_ca_chain(config, tls->trusted, NULL);
#if defined(MBEDTLS_SSL_SESSION_TICKETS) /* no session is ever kept */
    mbedtls_ssl_conf_session_tickets(config,
                                     MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    if (tls->options.f_rng != NULL)
        mbedtls_ssl_conf_rng(config, smhi_mbedtls_random, tls);
#endif
#if defined(MBEDTLS_SSL_ALPN)
    tls->alpn[0] = "http/1.1";
    code = mbedtls_ssl_conf_alpn_protocols(config, tls->alpn);
#endif
    return code != 0 ? code : smhi_mbedtls_small(config);
}

static int smhi_mbedtls_read_ca(smh_mbedtls *tls)
{
    static const char begin[] = "-----BEGIN";
    const smh_mbedtls_options *options = &tls->options;
    const unsigned char *ca = options->ca;
    size_t size = options->ca_size;
    int code;

    if (size > sizeof begin && memcmp(ca, begin, sizeof begin - 1) == 0) {
#if !defined(MBEDTLS_PEM_PARSE_C)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_PEM_OFF, 0, SMH_E_TLS);
#else
        if (ca[size - 1] != '\0')
            return smhi_mbedtls_fail(tls, SMH_MBEDTLS_PEM_END, 0, SMH_E_TLS);
#endif
    }
    code = options->ca_in_place
               ? mbedtls_x509_crt_parse_der_nocopy(&tls->own_ca, ca, size)
               : mbedtls_x509_crt_parse(&tls->own_ca, ca, size);
    tls->trusted = &tls->own_ca;
    if (code >= 0) /* above 0: so many of a bundle are beyond this mbedTLS */
        return 0;
    if (smhi_mbedtls_is_memory(code))
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_MEMORY, code, SMH_E_MEMORY);
    return smhi_mbedtls_fail(tls, SMH_MBEDTLS_CA, code, SMH_E_TLS);
}

/* What is missing: a reason, or 0. */
static int smhi_mbedtls_missing(const smh_mbedtls_options *options)
{
    if (options->lower.ops == NULL)
        return SMH_MBEDTLS_LOWER;
    if (options->ca == NULL && options->ca_chain == NULL &&
        options->conf == NULL)
        return SMH_MBEDTLS_NO_CA;
    if (options->ca_chain != NULL && options->ca_chain->raw.p == NULL)
        return SMH_MBEDTLS_NO_CA; /* nothing was parsed into it */
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    if (options->f_rng == NULL && options->conf == NULL)
        return SMH_MBEDTLS_NO_RNG;
#endif
#if !defined(MBEDTLS_HAVE_TIME_DATE)
    if (options->time == NULL)
        return SMH_MBEDTLS_NO_CLOCK;
#endif
    return SMH_MBEDTLS_NONE;
}

/* ECDHE with an AEAD, and of what is here mbedTLS offers what it is built
 * with.  The last ones are for a build that has no GCM. */
static const int smhi_mbedtls_suites[] = {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_AES_128_CCM_SHA256,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CCM,
    0};

#if MBEDTLS_VERSION_NUMBER < 0x03000000
/* 3.x has this order by itself; 2.28 begins with the longest curve, which makes
 * a handshake half as long again.  The list holds for certificates too, so none
 * is left out, and mbedTLS takes no curve that it is not built with. */
static const mbedtls_ecp_group_id smhi_mbedtls_curves[] = {
#if defined(MBEDTLS_ECP_DP_CURVE25519_ENABLED)
    MBEDTLS_ECP_DP_CURVE25519,
#endif
#if defined(MBEDTLS_ECP_DP_SECP256R1_ENABLED)
    MBEDTLS_ECP_DP_SECP256R1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED)
    MBEDTLS_ECP_DP_SECP384R1,
#endif
#if defined(MBEDTLS_ECP_DP_CURVE448_ENABLED)
    MBEDTLS_ECP_DP_CURVE448,
#endif
#if defined(MBEDTLS_ECP_DP_SECP521R1_ENABLED)
    MBEDTLS_ECP_DP_SECP521R1,
#endif
#if defined(MBEDTLS_ECP_DP_BP256R1_ENABLED)
    MBEDTLS_ECP_DP_BP256R1,
#endif
#if defined(MBEDTLS_ECP_DP_BP384R1_ENABLED)
    MBEDTLS_ECP_DP_BP384R1,
#endif
#if defined(MBEDTLS_ECP_DP_BP512R1_ENABLED)
    MBEDTLS_ECP_DP_BP512R1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP256K1_ENABLED)
    MBEDTLS_ECP_DP_SECP256K1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP224R1_ENABLED)
    MBEDTLS_ECP_DP_SECP224R1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP224K1_ENABLED)
    MBEDTLS_ECP_DP_SECP224K1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP192R1_ENABLED)
    MBEDTLS_ECP_DP_SECP192R1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP192K1_ENABLED)
    MBEDTLS_ECP_DP_SECP192K1,
#endif
    MBEDTLS_ECP_DP_NONE};
#endif

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
/* PKCS #1 before PSS, the other way round than by default: a server of TLS 1.2
 * takes the first that it has, and mbedTLS 3.6.6 refuses PSS in TLS 1.2. */
static void smhi_mbedtls_prefer(mbedtls_ssl_config *config)
{
    static const uint16_t algorithms[] = {
        MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
        MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
        MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
        MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
        MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
        MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
        MBEDTLS_TLS1_3_SIG_NONE};

    mbedtls_ssl_conf_sig_algs(config, algorithms);
}
#endif

/* What a config of the caller's may have otherwise. */
static int smhi_mbedtls_defaults(mbedtls_ssl_config *config)
{
    int code = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
                                           MBEDTLS_SSL_TRANSPORT_STREAM,
                                           MBEDTLS_SSL_PRESET_DEFAULT);

    mbedtls_ssl_conf_ciphersuites(config, smhi_mbedtls_suites);
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    mbedtls_ssl_conf_curves(config, smhi_mbedtls_curves);
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    smhi_mbedtls_prefer(config);
#endif
    return code;
}

static int smhi_mbedtls_configure(smh_mbedtls *tls)
{
    int code = 0;

#ifdef SMHI_MBEDTLS_PSA
    code = (int)psa_crypto_init();
    if (code == PSA_ERROR_INSUFFICIENT_ENTROPY)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_RNG, code, SMH_E_TLS);
    if (code != 0)
        return smhi_mbedtls_fatal(tls, code);
#endif
    tls->config = tls->options.conf;
    if (tls->config == NULL) {
        tls->config = &tls->own_config;
        code = smhi_mbedtls_defaults(tls->config);
    } else if (smhi_mbedtls_has_null(tls->config)) {
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_NULL_SUITE, 0, SMH_E_TLS);
    }
    return code == 0 ? 0 : smhi_mbedtls_fatal(tls, code);
}

int smh_mbedtls_init(smh_mbedtls *tls, const smh_mbedtls_options *options)
{
    int result;

    memset(tls, 0, sizeof *tls);
    tls->options = *options;
    tls->trusted = options->ca_chain;
    tls->failed = smhi_mbedtls_failures(tls);
    tls->diag.stage = SMH_MBEDTLS_SET_UP;
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_config_init(&tls->own_config);
    mbedtls_x509_crt_init(&tls->own_ca);
    result = smhi_mbedtls_missing(options);
    if (result != 0)
        return smhi_mbedtls_fail(tls, result, 0, SMH_E_TLS);
    result = smhi_mbedtls_configure(tls);
    if (result == 0 && options->ca != NULL)
        result = smhi_mbedtls_read_ca(tls);
    tls->state = result == 0 ? SMHI_MBEDTLS_READY : SMHI_MBEDTLS_UNUSABLE;
    return result;
}

/* ---- the port ------------------------------------------------------------ */

/* What is said where an open connection is needed and there is none. */
static int smhi_mbedtls_unopened(const smh_mbedtls *tls)
{
    return tls->diag.result != 0 ? tls->diag.result : (int)SMH_E_TLS;
}

static int smhi_mbedtls_begin(smh_mbedtls *tls, const char *host)
{
    int size = smhi_mbedtls_address(host, tls->ip);

    memset(&tls->diag, 0, sizeof tls->diag);
    tls->unsent = tls->pending = tls->notified = tls->verified = 0;
    tls->noted = 0;
    tls->failed = smhi_mbedtls_failures(tls);
    tls->diag.stage = SMH_MBEDTLS_SET_UP;
    tls->ip_size = (uint8_t)(size > 0 ? size : 0);
    if (size < 0 || strlen(host) > MBEDTLS_SSL_MAX_HOST_NAME_LEN)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_HOST, 0, SMH_E_TLS);
    tls->state = SMHI_MBEDTLS_BELOW;
    return 0;
}

static int smhi_mbedtls_open_below(smh_mbedtls *tls, const char *host,
                                   uint16_t port)
{
    const smh_port *lower = &tls->options.lower;
    int result = (lower->ops->open)(lower->ctx, host, port);

    if (result > 0) {
        tls->state = SMHI_MBEDTLS_SHAKING;
        return 0;
    }
    if (result == SMH_AGAIN)
        return SMH_AGAIN;
    return smhi_mbedtls_fail(tls, SMH_MBEDTLS_BELOW, 0,
                             result == 0 ? SMH_E_PORT : result);
}

static int smhi_mbedtls_start(smh_mbedtls *tls, const char *host)
{
    int code = smhi_mbedtls_enforce(tls);

    tls->diag.stage = SMH_MBEDTLS_SET_UP;
    mbedtls_ssl_init(&tls->ssl);
    if (code == 0)
        code = mbedtls_ssl_setup(&tls->ssl, tls->config);
    /* An address is compared by smhi_mbedtls_verify(). */
    if (code == 0)
        code = mbedtls_ssl_set_hostname(&tls->ssl,
                                        tls->ip_size != 0 ? NULL : host);
    if (code != 0)
        return smhi_mbedtls_fatal(tls, code);
    mbedtls_ssl_set_bio(&tls->ssl, tls, smhi_mbedtls_send_below,
                        smhi_mbedtls_recv_below, NULL);
    return 0;
}

static int smhi_mbedtls_is_over(smh_mbedtls *tls)
{
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    return tls->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#else
    return mbedtls_ssl_is_handshake_over(&tls->ssl);
#endif
}

/* Whether this connection may carry a secret, however the config looks now. */
static int smhi_mbedtls_judge(smh_mbedtls *tls)
{
    int reason = SMH_MBEDTLS_NONE;

    if (!tls->verified || tls->diag.flags != 0)
        reason = SMH_MBEDTLS_UNVERIFIED;
    else if (smhi_mbedtls_is_null(mbedtls_ssl_get_ciphersuite(&tls->ssl)))
        reason = SMH_MBEDTLS_NULL_SUITE;
    tls->state = reason == 0 ? SMHI_MBEDTLS_OPEN : SMHI_MBEDTLS_DEAD;
    return reason == 0 ? 1 : smhi_mbedtls_fail(tls, reason, 0, SMH_E_TLS);
}

/* One message; when the last one is through, a turn later, the verdict. */
static int smhi_mbedtls_shake(smh_mbedtls *tls)
{
    int code;
    uint32_t flags;

    if (smhi_mbedtls_is_over(tls))
        return smhi_mbedtls_judge(tls);
    code = mbedtls_ssl_handshake_step(&tls->ssl);
    flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    if (flags != UINT32_MAX)
        tls->diag.flags |= flags;
    if (code != 0)
        return smhi_mbedtls_result(tls, code);
    tls->at_once = 1;
    return SMH_AGAIN;
}

static int smhi_mbedtls_open(void *ctx, const char *host, uint16_t port)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    int result = 0;

    tls->host = host;
    if (tls->state == SMHI_MBEDTLS_READY) {
        result = smhi_mbedtls_begin(tls, host);
        if (result != 0)
            return result;
    }
    if (tls->state == SMHI_MBEDTLS_BELOW) {
        smhi_mbedtls_enter(tls, SMH_MBEDTLS_CONNECT);
        result = smhi_mbedtls_open_below(tls, host, port);
        if (result == 0)
            result = smhi_mbedtls_start(tls, host);
    }
    if (result == 0 && tls->state == SMHI_MBEDTLS_SHAKING) {
        smhi_mbedtls_enter(tls, SMH_MBEDTLS_HANDSHAKE);
        result = smhi_mbedtls_shake(tls);
    }
    return result != 0 ? result : smhi_mbedtls_unopened(tls);
}

/* After a receive that wants a turn at once this waits for it: a turn handles
 * one message of a handshake.  While mbedTLS holds unsent octets, it takes a
 * write for the repetition of the one that left them. */
static int smhi_mbedtls_send(void *ctx, const void *data, size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    int code;

    if (tls->state != SMHI_MBEDTLS_OPEN)
        return smhi_mbedtls_unopened(tls);
    if (tls->at_once)
        return SMH_AGAIN;
    smhi_mbedtls_enter(tls, SMH_MBEDTLS_WRITE);
    code = smhi_mbedtls_flush(tls);
    if (code == 0) {
        code = mbedtls_ssl_write(&tls->ssl, (const unsigned char *)data, size);
        tls->pending = tls->unsent;
    }
    return code > 0 ? code : smhi_mbedtls_result(tls, code);
}

/* It reads even if nothing can be sent: what comes may say why. */
static int smhi_mbedtls_recv(void *ctx, void *data, size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    int code;

    if (tls->state != SMHI_MBEDTLS_OPEN)
        return smhi_mbedtls_unopened(tls);
    (void)smhi_mbedtls_flush(tls);
    smhi_mbedtls_enter(tls, SMH_MBEDTLS_READ);
    tls->receiving = 1;
    code = mbedtls_ssl_read(&tls->ssl, (unsigned char *)data, size);
    tls->receiving = 0;
    return code > 0 ? code : smhi_mbedtls_result(tls, code);
}

/* Says the end, once, behind what is unsent.  0, or a code. */
static int smhi_mbedtls_notify(smh_mbedtls *tls)
{
    int code = 0;

    while (code == 0 && (!tls->notified || tls->unsent)) {
        if (!tls->unsent)
            tls->notified = 1;
        code = mbedtls_ssl_close_notify(&tls->ssl);
    }
    return code;
}

static int smhi_mbedtls_close(void *ctx, int at_once)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    const smh_port *lower = &tls->options.lower;
    int result;

    if (tls->state < SMHI_MBEDTLS_BELOW)
        return 1;
    if (tls->state == SMHI_MBEDTLS_OPEN && !at_once) {
        smhi_mbedtls_enter(tls, SMH_MBEDTLS_CLOSE);
        if (smhi_mbedtls_notify(tls) == MBEDTLS_ERR_SSL_WANT_WRITE)
            return SMH_AGAIN;
    }
    if (tls->state != SMHI_MBEDTLS_CLOSING) {
        mbedtls_ssl_free(&tls->ssl);
        tls->state = SMHI_MBEDTLS_CLOSING;
    }
    tls->at_once = 0;
    result = (lower->ops->close)(lower->ctx, at_once);
    if (result == SMH_AGAIN)
        return SMH_AGAIN;
    tls->state = SMHI_MBEDTLS_READY;
    return result == 0 ? SMH_E_PORT : result;
}

static uint32_t smhi_mbedtls_now_ms(void *ctx)
{
    const smh_port *lower = &((smh_mbedtls *)ctx)->options.lower;

    /* before init, or after one that failed, a call may ask all the same */
    return lower->ops != NULL ? (lower->ops->now_ms)(lower->ctx) : 0;
}

static int smhi_mbedtls_wait(void *ctx, uint32_t ms)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    const smh_port *lower = &tls->options.lower;

    if (tls->at_once) { /* this is the turn that a send waits for */
        tls->at_once = 0;
        return 1;
    }
    return lower->ops->wait != NULL ? (lower->ops->wait)(lower->ctx, ms)
                                    : (int)SMH_E_PORT;
}

smh_port smh_mbedtls_port(smh_mbedtls *tls)
{
    static const smh_port_ops ops = {smhi_mbedtls_open,
                                     smhi_mbedtls_send,
                                     smhi_mbedtls_recv,
                                     smhi_mbedtls_close,
                                     smhi_mbedtls_now_ms,
                                     smhi_mbedtls_wait,
                                     1};
    smh_port port;

    port.ops = &ops;
    port.ctx = tls;
    return port;
}

void smh_mbedtls_free(smh_mbedtls *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->own_config);
    mbedtls_x509_crt_free(&tls->own_ca);
    mbedtls_platform_zeroize(tls, sizeof *tls);
}

/* ---- words --------------------------------------------------------------- */

typedef struct smhi_mbedtls_text {
    char *to;
    size_t room; /* for characters before the NUL */
} smhi_mbedtls_text;

static void smhi_mbedtls_char(smhi_mbedtls_text *text, int octet)
{
    if (text->room == 0)
        return;
    text->room--;
    *text->to++ = (char)octet;
    *text->to = '\0';
}

static void smhi_mbedtls_say(smhi_mbedtls_text *text, const char *words)
{
    while (*words != '\0')
        smhi_mbedtls_char(text, *words++);
}

/* Of a stranger's certificate: nothing that a terminal or a log would obey. */
static void smhi_mbedtls_quote(smhi_mbedtls_text *text,
                               const unsigned char *data, size_t size)
{
    size_t i;

    smhi_mbedtls_char(text, '"');
    for (i = 0; i < size; i++) {
        int safe = data[i] >= 0x20 && data[i] < 0x7F && data[i] != '"';

        smhi_mbedtls_char(text, safe ? data[i] : '?');
    }
    smhi_mbedtls_char(text, '"');
}

static void smhi_mbedtls_number(smhi_mbedtls_text *text, uint32_t number,
                                uint32_t base, int digits)
{
    if (number >= base || digits > 1)
        smhi_mbedtls_number(text, number / base, base, digits - 1);
    smhi_mbedtls_char(text, "0123456789ABCDEF"[number % base]);
}

/* Seconds since 1970 in the form of a certificate (Gregorian, UTC). */
static void smhi_mbedtls_date(uint32_t seconds, mbedtls_x509_time *date)
{
    uint32_t day = seconds / 86400 + 719468; /* since 1 March of year 0 */
    uint32_t era = day / 146097;             /* 400 years */
    uint32_t of_era = day % 146097;
    uint32_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * of_year + 2) / 153; /* 0 is March */

    seconds %= 86400;
    date->sec = (int)(seconds % 60);
    date->min = (int)(seconds / 60 % 60);
    date->hour = (int)(seconds / 3600);
    date->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    date->mon = (int)(month < 10 ? month + 3 : month - 9);
    date->year = (int)(year + era * 400 + (month >= 10));
}

static void smhi_mbedtls_say_date(smhi_mbedtls_text *text,
                                  const mbedtls_x509_time *date)
{
    smhi_mbedtls_number(text, (uint32_t)date->year, 10, 4);
    smhi_mbedtls_char(text, '-');
    smhi_mbedtls_number(text, (uint32_t)date->mon, 10, 2);
    smhi_mbedtls_char(text, '-');
    smhi_mbedtls_number(text, (uint32_t)date->day, 10, 2);
    smhi_mbedtls_char(text, ' ');
    smhi_mbedtls_number(text, (uint32_t)date->hour, 10, 2);
    smhi_mbedtls_char(text, ':');
    smhi_mbedtls_number(text, (uint32_t)date->min, 10, 2);
    smhi_mbedtls_char(text, ':');
    smhi_mbedtls_number(text, (uint32_t)date->sec, 10, 2);
}

/* The date that was noted, and what the clock says now. */
static void smhi_mbedtls_say_dates(const smh_mbedtls *tls,
                                   smhi_mbedtls_text *text)
{
    mbedtls_x509_time date;

    memcpy(&date, tls->note + 2, sizeof date);
    smhi_mbedtls_say_date(text, &date);
#if defined(MBEDTLS_HAVE_TIME_DATE)
    smhi_mbedtls_date((uint32_t)mbedtls_time(NULL), &date);
#endif
    if (tls->options.time != NULL)
        smhi_mbedtls_date(tls->options.time(tls->options.ctx), &date);
    smhi_mbedtls_say(text, ", and the clock says ");
    smhi_mbedtls_say_date(text, &date);
    if (tls->diag.flags & MBEDTLS_X509_BADCERT_FUTURE)
        smhi_mbedtls_say(text, ": is it set?");
}

static void smhi_mbedtls_say_ip(smhi_mbedtls_text *text,
                                const unsigned char *ip, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        if (size == 16) {
            smhi_mbedtls_say(text, i != 0 && i % 2 == 0 ? ":" : "");
            smhi_mbedtls_number(text, ip[i], 16, 2);
        } else {
            smhi_mbedtls_say(text, i != 0 ? "." : "");
            smhi_mbedtls_number(text, ip[i], 10, 1);
        }
    }
}

static void smhi_mbedtls_say_names(const smh_mbedtls *tls,
                                   smhi_mbedtls_text *text)
{
    size_t at = 0;

    while (at + 2 <= tls->noted) {
        const unsigned char *name = tls->note + at;

        smhi_mbedtls_say(text, at != 0 ? ", " : "");
        if (name[0] == SMHI_MBEDTLS_IP)
            smhi_mbedtls_say_ip(text, name + 2, name[1]);
        else
            smhi_mbedtls_quote(text, name + 2, name[1]);
        at += 2u + name[1];
    }
    if (tls->noted + 2 > SMH_MBEDTLS_NOTE)
        smhi_mbedtls_say(text, "...");
}

/* What is noted, for the first of the faults that have a note. */
static void smhi_mbedtls_say_note(const smh_mbedtls *tls, uint32_t flag,
                                  smhi_mbedtls_text *text)
{
    switch (flag) {
    case MBEDTLS_X509_BADCERT_NOT_TRUSTED:
        smhi_mbedtls_say(text, ": its issuer is ");
        smhi_mbedtls_say_names(tls, text);
        break;
    case MBEDTLS_X509_BADCERT_FUTURE:
        smhi_mbedtls_say(text, ": valid from ");
        smhi_mbedtls_say_dates(tls, text);
        break;
    case MBEDTLS_X509_BADCERT_EXPIRED:
        smhi_mbedtls_say(text, ": valid to ");
        smhi_mbedtls_say_dates(tls, text);
        break;
    case MBEDTLS_X509_BADCERT_CN_MISMATCH:
        smhi_mbedtls_say(text, ": it is for ");
        smhi_mbedtls_say_names(tls, text);
        break;
    default:
        break;
    }
}

static void smhi_mbedtls_say_faults(const smh_mbedtls *tls,
                                    smhi_mbedtls_text *text)
{
    static const struct {
        uint32_t flags;
        const char *words;
    } faults[] = {
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "not signed by a CA given"},
        {MBEDTLS_X509_BADCERT_FUTURE, "not valid yet"},
        {MBEDTLS_X509_BADCERT_EXPIRED, "expired"},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, "not for this host"},
        {MBEDTLS_X509_BADCERT_REVOKED, "revoked"},
        {MBEDTLS_X509_BADCERT_MISSING, "there is none"},
        {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
             MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
         "not for a server"},
        {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK |
             MBEDTLS_X509_BADCERT_BAD_KEY,
         "signature or key too weak"},
    };
    const char *before = ": ";
    uint32_t noted = tls->noted != 0 ? UINT32_MAX : 0;
    size_t i;

    for (i = 0; i < sizeof faults / sizeof *faults; i++) {
        if ((tls->diag.flags & faults[i].flags) == 0)
            continue;
        smhi_mbedtls_say(text, before);
        smhi_mbedtls_say(text, faults[i].words);
        if (i == 0 && tls->options.failed == NULL)
            smhi_mbedtls_say(text, ", or out of memory"); /* who counts knows */
        smhi_mbedtls_say_note(tls, faults[i].flags & noted, text);
        before = "; ";
        noted = 0;
    }
}

/* What the codes that are met most often mean here. */
static void smhi_mbedtls_say_code(const smh_mbedtls_diag *diag,
                                  smhi_mbedtls_text *text)
{
    static const struct {
        int code;
        const char *words;
    } hints[] = {
        {MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED, ": no CA given"},
#ifdef MBEDTLS_ERR_ERROR_GENERIC_ERROR
        {MBEDTLS_ERR_ERROR_GENERIC_ERROR, ": not known why, or out of memory"},
#endif
#ifdef MBEDTLS_ERR_PK_INVALID_PUBKEY
        {MBEDTLS_ERR_PK_INVALID_PUBKEY,
         ": a key is not understood, or out of memory"},
#endif
        {MBEDTLS_ERR_SSL_INVALID_RECORD, ": what came is no TLS"},
        {MBEDTLS_ERR_SSL_BAD_INPUT_DATA,
         ": a record larger than MBEDTLS_SSL_IN_CONTENT_LEN"},
#if MBEDTLS_VERSION_NUMBER < 0x03000000
        {MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, ": no TLS 1.2 there"},
#else
        {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, ": no TLS 1.2 or 1.3 there"},
#endif
    };
    int code = diag->code;
    size_t i;

    for (i = 0; i < sizeof hints / sizeof *hints; i++) {
        if (code == hints[i].code && (diag->reason == SMH_MBEDTLS_CODE ||
                                      diag->reason == SMH_MBEDTLS_CA))
            smhi_mbedtls_say(text, hints[i].words);
    }
    smhi_mbedtls_say(text, code < 0 ? " (-0x" : " (0x");
    smhi_mbedtls_number(text, (uint32_t)(code < 0 ? -code : code), 16, 4);
    smhi_mbedtls_char(text, ')');
}

static void smhi_mbedtls_say_alert(int alert, smhi_mbedtls_text *text)
{
    smhi_mbedtls_say(text, ": alert ");
    smhi_mbedtls_number(text, (uint32_t)alert, 10, 1);
    if (alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE)
        smhi_mbedtls_say(text,
                         ", no cipher suite, curve or signature in common");
    if (alert == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION)
        smhi_mbedtls_say(text, ", no version of TLS in common");
    if (alert == MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME)
        smhi_mbedtls_say(text, ", it does not know this host");
    if (alert == MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL)
        smhi_mbedtls_say(text, ", it does not speak HTTP/1.1");
}

/* When a deadline has passed, this is what there is to say. */
static void smhi_mbedtls_say_octets(const smh_mbedtls_diag *diag,
                                    smhi_mbedtls_text *text)
{
    smhi_mbedtls_say(text, ", octets sent ");
    smhi_mbedtls_number(text, diag->sent, 10, 1);
    smhi_mbedtls_say(text, ", received ");
    smhi_mbedtls_number(text, diag->received, 10, 1);
}

const char *smh_mbedtls_explain(const smh_mbedtls *tls, char *text, size_t size)
{
    static const char *const stages[] = {
        "not opened: ", "set-up: ",  "connection: ", "handshake: ",
        "writing: ",    "reading: ", "closing: "};
#define SMHI_MBEDTLS_TEXT(name, words) words,
    static const char *const reasons[] = {
        SMH_MBEDTLS_REASONS(SMHI_MBEDTLS_TEXT)};
#undef SMHI_MBEDTLS_TEXT
    const smh_mbedtls_diag *diag = &tls->diag;
    smhi_mbedtls_text out;

    if (size == 0)
        return "";
    out.to = text;
    out.room = size - 1;
    *text = '\0';
    smhi_mbedtls_say(&out, stages[diag->stage]);
    smhi_mbedtls_say(&out, reasons[diag->reason]);
    if (diag->reason == SMH_MBEDTLS_CERTIFICATE)
        smhi_mbedtls_say_faults(tls, &out);
    if (diag->reason == SMH_MBEDTLS_BELOW) {
        smhi_mbedtls_say(&out, ": ");
        smhi_mbedtls_say(&out, smh_strerror(diag->result));
    }
    if (diag->reason == SMH_MBEDTLS_NONE && diag->sent != 0)
        smhi_mbedtls_say_octets(diag, &out);
    if (diag->alert != 0)
        smhi_mbedtls_say_alert(diag->alert, &out);
    if (diag->failed != 0) {
        smhi_mbedtls_say(&out, ", allocations that failed: ");
        smhi_mbedtls_number(&out, diag->failed, 10, 1);
    }
    if (diag->code != 0)
        smhi_mbedtls_say_code(diag, &out);
    return text;
}

#ifdef __cplusplus
}
#endif
#endif /* SMH_MBEDTLS_IMPLEMENTATION */

/* LICENCE: 0BSD, word for word at the end of smh_token.h, which it needs. */
