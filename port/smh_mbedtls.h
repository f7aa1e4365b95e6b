/* smh_mbedtls.h - a port of smh_token.h over another: TLS by mbedTLS - 0BSD

WHAT IT IS
    The secure port.  It verifies the server and encrypts, over any port that
    moves bytes: smh_posix.h, smh_lwip.h, smh_lwip_raw.h, or yours.  It is for
    mbedTLS 2.28 and later, tested with 2.28.3 and 3.6.6; 4.0.0, which Debian
    has not, was run by hand.  It allocates nothing itself; mbedTLS does.

WHAT CANNOT BE SWITCHED OFF
    TLS 1.2 or later; a certificate that one of your CAs has signed; the host's
    own name in it, as a name and not as a URI; its dates; a cipher suite that
    encrypts.  Each connection verifies all of this anew.

    This holds even if you bring an mbedtls_ssl_config.  The port overwrites
    those settings of it, its verify callback, its ALPN (only "http/1.1" is
    offered) and, if the options have CAs, its CAs and its CRL.  Its suites and
    curves stay, but a list with a suite that does not encrypt is refused.

DO THIS
    In one file, #define SMH_MBEDTLS_IMPLEMENTATION before the #include.

        static smh_posix tcp;                   all zero
        static smh_mbedtls tls;                 all zero
        smh_mbedtls_options options = { 0 };

        options.below   = smh_posix_port(&tcp);
        options.ca      = ca;
        options.ca_size = sizeof ca;
        options.f_rng   = smh_mbedtls_psa_random;
        smh_mbedtls_init(&tls, &options);
        io.port = smh_mbedtls_port(&tls);
        ...
        smh_mbedtls_free(&tls);

    If init fails, so does the call, and smh_explain() says why.  If mbedTLS has
    no PSA, take mbedtls_ctr_drbg_random and your seeded context.  Link
    -lmbedtls -lmbedx509 -lmbedcrypto (in 4.x: -ltfpsacrypto), in this order.

WHAT TO KNOW
    - If a call ends with SMH_E_TLS or SMH_E_MEMORY and diag.stage is at most
      SMH_STAGE_HANDSHAKE, this connection carried nothing of a request.  At a
      later stage, the request may have been carried out.
    - mbedTLS reports an untrusted certificate if it runs out of memory while it
      checks a signature.  If options.failed_allocs counts, the port says which
      it was; otherwise it names both.
    - If MBEDTLS_SSL_IN_CONTENT_LEN is less than 16384, small records are asked
      for (RFC 6066, 4) and only TLS 1.2 is spoken.  If the server does not
      comply, the connection ends with an error that says so.
    - A handshake takes one message per step, and no operation reads more than
      eight times from the port below, whatever a server sends.

LIMITS
    - Nobody asks whether a certificate is revoked: there is no OCSP, and
      must-staple is ignored.  A CRL counts only in a config of yours, if the
      options have no CAs.
    - A message is handled in one go, but for what MBEDTLS_ECP_RESTARTABLE lets
      mbedTLS divide: one ECDHE, or all the signatures of a chain, of which a
      hostile server may send MBEDTLS_X509_MAX_INTERMEDIATE_CA and one.  With
      TLS 1.3 a record may hold thousands of session tickets: 3.6 drops them in
      one step, unread.  A KeyUpdate ends the call (-0x7700): mbedTLS has none.

WHAT TO SET IN THE CONFIG
    On a small machine, as in examples/bare_metal/tls_config.h, which has suites
    for RSA and for ECDSA, as the server's kind may change.  To 3.6, MBEDTLS_:

    PEM_PARSE_C       only if the CA is a PEM; a DER needs none
    SHA1_C            if the CA has signed itself with SHA-1, as many public
                      ones have: without it "CA cannot be read (-0x262E)"
    HAVE_TIME_DATE    dates by mbedTLS's clock (HAVE_TIME), which has to be set
                      before the handshake; without it options.time is required
    PLATFORM_GMTIME_R_ALT
                      with HAVE_TIME_DATE and no heap: newlib's gmtime()
                      allocates, its gmtime_r() does not
    ENTROPY_HARDWARE_ALT, NO_PLATFORM_ENTROPY
                      random bytes come from your mbedtls_hardware_poll()
                      alone; no message ever tells that they are bad
    PLATFORM_MEMORY   calloc from a static array (MEMORY_BUFFER_ALLOC_C, for one
                      thread unless THREADING_C), or two functions of yours;
                      pvPortMalloc() does not clear what it gives, calloc must
    SSL_SESSION_TICKETS  leave it out: mbedTLS 4 takes heap for a ticket
    SSL_IN_CONTENT_LEN, SSL_OUT_CONTENT_LEN
                      the longest record, most of the heap (port/README.md)
*/
#ifndef SMH_MBEDTLS_H
#define SMH_MBEDTLS_H

#include "smh_token.h"
#include <mbedtls/version.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER < 0x021C0000
#error "smh_mbedtls.h needs mbedTLS 2.28 or later"
#endif
#if !defined(MBEDTLS_SSL_CLI_C) || !defined(MBEDTLS_X509_CRT_PARSE_C) ||       \
    !defined(MBEDTLS_SSL_SERVER_NAME_INDICATION)
#error "needs MBEDTLS_SSL_CLI_C, _X509_CRT_PARSE_C, _SSL_SERVER_NAME_INDICATION"
#endif
#if MBEDTLS_VERSION_NUMBER < 0x03000000 &&                                     \
    (!defined(MBEDTLS_X509_CHECK_KEY_USAGE) ||                                 \
     !defined(MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE))
#error "needs MBEDTLS_X509_CHECK_KEY_USAGE and _CHECK_EXTENDED_KEY_USAGE"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Zero it, then set what you need.  smh_mbedtls_init() copies it. */
typedef struct smh_mbedtls_options {
    smh_port below; /* The port that moves the bytes; required. */

    /* The CAs: one of ca and ca_chain is required, or a conf that has them. */
    const unsigned char *ca; /* A PEM with its terminating NUL, or one DER. */
    size_t ca_size;          /* Of ca in bytes; the NUL of a PEM counts. */
    mbedtls_x509_crt *ca_chain; /* Already parsed; it must stay.  mbedTLS 4
                                   parses only after psa_crypto_init(). */

    /* Fills data with random bytes and returns 0; p_rng is its argument.  It is
     * required before mbedTLS 4, unless there is a conf. */
    int (*f_rng)(void *p_rng, unsigned char *data, size_t size);
    void *p_rng;

    /* Yours, for this port alone, for example with a client certificate; free
     * it together with the port, as it points into it.  NULL: one that offers
     * ECDHE with an AEAD, and fast curves first. */
    mbedtls_ssl_config *conf;

    /* Returns the seconds since 1970 (UTC), or UINT32_MAX if it does not know;
     * then nobody is trusted.  mbedTLS's own clock, if any, counts as well. */
    uint32_t (*time)(void *ctx);

    /* Returns how many allocations have failed so far, which an allocator of
     * mbedtls_platform_set_calloc_free() can count.  NULL: nobody counts. */
    uint32_t (*failed_allocs)(void *ctx);

    void *ctx;           /* The argument of time and failed_allocs. */
    uint8_t ca_in_place; /* 1: ca is a DER that stays and is not copied. */
} smh_mbedtls_options;

/* What went wrong. */
#define SMH_MBEDTLS_REASONS(X)                                                 \
    X(NONE, "nothing went wrong")                                              \
    X(UNOPENED, "smh_mbedtls_init() or an opening is missing")                 \
    X(NO_PORT, "no port below given, or one without a callback")               \
    X(NO_CA, "no CA given, or none that could be read")                        \
    X(PEM_END, "CA: the size of a PEM must include its NUL")                   \
    X(PEM_OFF, "CA is a PEM, and mbedTLS has no MBEDTLS_PEM_PARSE_C")          \
    X(CA, "CA cannot be read")                                                 \
    X(NO_RNG, "no source of random bytes given")                               \
    X(RNG, "the source of random bytes failed")                                \
    X(NO_CLOCK, "no clock given, and mbedTLS has no MBEDTLS_HAVE_TIME_DATE")   \
    X(NULL_SUITE, "a cipher suite of the config does not encrypt")             \
    X(HOST, "no host, or one too long")                                        \
    X(MEMORY, "out of memory: the heap of mbedTLS is too small")               \
    X(BELOW, "the connection below failed")                                    \
    X(UNVERIFIED, "no certificate was verified")                               \
    X(NOTIFIED, "closed by the server")                                        \
    X(CUT, "closed without close_notify")                                      \
    X(CERTIFICATE, "certificate refused")                                      \
    X(ALERT, "the server refused")                                             \
    X(CODE, "mbedTLS failed")

#define SMHI_MBEDTLS_ENUM(name, text) SMH_MBEDTLS_##name,
enum { SMH_MBEDTLS_REASONS(SMHI_MBEDTLS_ENUM) SMH_MBEDTLS_REASON_COUNT };
#undef SMHI_MBEDTLS_ENUM

/* Zero it, then call smh_mbedtls_init().  Only the first five are yours to
 * read; they tell what happened since the last opening. */
typedef struct smh_mbedtls {
    smh_diag diag;  /* Its code is from mbedTLS, PSA or f_rng. */
    uint8_t reason; /* What went wrong: SMH_MBEDTLS_*. */
    uint8_t alert;  /* The fatal alert that the server sent, or 0. */
    uint32_t flags; /* MBEDTLS_X509_BADCERT_* of the whole chain, or 0. */
    uint32_t failed_allocs; /* Allocations that failed, if they are counted. */

    /* Private from here; an opening clears all before state. */
    size_t pending;            /* Bytes of the caller's that mbedTLS holds. */
    const unsigned char *rest; /* In mbedTLS's buffer: what it was told is */
    size_t rest_size;          /* sent, and is not. */
    uint8_t unsent;   /* It holds some that the port below must take. */
    uint8_t notified; /* The end was said. */
    uint8_t verified; /* The server's certificate is; flags say what of it. */
    uint8_t state;
    uint8_t blocked;        /* The port below said AGAIN to this operation. */
    uint8_t at_once;        /* There is more to do without waiting. */
    uint8_t reads;          /* That this operation may still make below. */
    uint8_t receiving;      /* Nothing is sent meanwhile. */
    int16_t broken;         /* What the port below failed with, or 0. */
    uint32_t failed_before; /* Allocations, before this opening. */
    mbedtls_x509_crt *trusted;
    mbedtls_ssl_config *config;
    smh_mbedtls_options options;
    const char *host; /* Of the caller, while it is being opened. */
    const char *alpn[2];
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    mbedtls_ecp_group_id curves[16]; /* 2.28 has 13, then comes 0 */
#endif
    char note[96]; /* Words of the certificate, cut off. */
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config own_config;
    mbedtls_x509_crt own_ca;
} smh_mbedtls;

#if defined(MBEDTLS_PSA_CRYPTO_C) || defined(MBEDTLS_PSA_CRYPTO_CLIENT) ||     \
    MBEDTLS_VERSION_NUMBER >= 0x04000000
#define SMHI_MBEDTLS_PSA
/* For options.f_rng: PSA's own generator, which smh_mbedtls_init() starts; it
 * needs no p_rng.  Threads may use it at the same time only if mbedTLS is built
 * with MBEDTLS_THREADING_C, as Debian's is; 3.6 by default is not. */
SMH_API int smh_mbedtls_psa_random(void *p_rng, unsigned char *data,
                                   size_t size);
#endif

/* Returns 0, or an SMH_E_*, which each opening then returns as well. */
SMH_API int smh_mbedtls_init(smh_mbedtls *tls,
                             const smh_mbedtls_options *options);

/* Returns the secure port. */
SMH_API smh_port smh_mbedtls_port(smh_mbedtls *tls);

/* Frees and wipes; the port must be closed. */
SMH_API void smh_mbedtls_free(smh_mbedtls *tls);

#ifdef __cplusplus
}
#endif
#endif /* SMH_MBEDTLS_H */

#if defined(SMH_MBEDTLS_IMPLEMENTATION) && !defined(SMH_MBEDTLS_IMPLEMENTED)
#define SMH_MBEDTLS_IMPLEMENTED

#include <string.h>
#include <mbedtls/error.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/pem.h>
#ifdef SMHI_MBEDTLS_PSA
#include <psa/crypto.h>
#endif
#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

#ifdef __cplusplus
extern "C" {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#endif

enum {
    SMHI_MBEDTLS_UNUSABLE,
    SMHI_MBEDTLS_READY,
    SMHI_MBEDTLS_CONNECTING, /* the port below is being opened */
    SMHI_MBEDTLS_SHAKING,
    SMHI_MBEDTLS_OPEN,
    SMHI_MBEDTLS_DEAD /* TLS is over: diag.result, or it is being closed */
};

/* ---- bytes: from below, and at random ------------------------------------ */

enum { SMHI_MBEDTLS_READS = 8 }; /* in one operation */

/* Each operation of the caller begins with this.  Reads are counted because
 * mbedTLS goes on, in one call, while a peer feeds it what it ignores. */
static void smhi_mbedtls_enter(smh_mbedtls *tls, int stage)
{
    tls->diag.stage = (uint8_t)stage;
    tls->broken = 0;
    tls->blocked = 0;
    tls->reads = SMHI_MBEDTLS_READS;
    tls->at_once = 0;
}

/* What the port below said, for mbedTLS: bytes, or one of two codes.  0 would
 * mean to mbedTLS that all is sent. */
static int smhi_mbedtls_moved(smh_mbedtls *tls, int moved, size_t size,
                              uint32_t *count, int again)
{
    if (moved > 0 && (size_t)moved <= size) {
        *count += (uint32_t)moved;
        return moved;
    }
    tls->blocked = moved == SMH_AGAIN;
    if (tls->blocked)
        return again;
    tls->broken = (int16_t)(moved < 0 ? moved : SMH_E_PORT);
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* While mbedTLS receives, what it wants to send is an alert, often in answer to
 * a handshake message.  It has to wait for the next operation, so that this one
 * ends and does not go through all the messages of a record.  In TLS 1.3 each
 * alert is the end, and made anew until it is out; and for a ticket a request
 * that is held has to be.  So there it is told that all is out. */
static int smhi_mbedtls_send_below(void *ctx, const unsigned char *data,
                                   size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    const smh_port *below = &tls->options.below;
    int moved;
    tls->unsent = 1;
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (tls->receiving && mbedtls_ssl_get_version_number(&tls->ssl) ==
                              MBEDTLS_SSL_VERSION_TLS1_3) {
        tls->rest = data;
        tls->rest_size = size;
        return (int)size;
    }
#endif
    if (tls->receiving)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    moved = (below->ops->send)(below->ctx, data, size);
    if (moved == SMH_E_CLOSED && tls->state == SMHI_MBEDTLS_SHAKING) {
        tls->reason = SMH_MBEDTLS_CUT;
        return (int)size; /* the server's last words are read next */
    }
    moved = smhi_mbedtls_moved(tls, moved, size, &tls->diag.sent,
                               MBEDTLS_ERR_SSL_WANT_WRITE);
    tls->unsent = (size_t)moved != size;
    return moved;
}

static int smhi_mbedtls_recv_below(void *ctx, unsigned char *data, size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    const smh_port *below = &tls->options.below;
    if (tls->reads == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    tls->reads--;
    return smhi_mbedtls_moved(tls, (below->ops->recv)(below->ctx, data, size),
                              size, &tls->diag.received,
                              MBEDTLS_ERR_SSL_WANT_READ);
}

#ifdef SMHI_MBEDTLS_PSA
SMH_API int smh_mbedtls_psa_random(void *p_rng, unsigned char *data,
                                   size_t size)
{
    (void)p_rng;
    return (int)psa_generate_random(data, size);
}
#endif

#if MBEDTLS_VERSION_NUMBER < 0x04000000
static int smhi_mbedtls_random(void *ctx, unsigned char *data, size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    int code = tls->options.f_rng(tls->options.p_rng, data, size);
    if (code != 0)
        tls->reason = SMH_MBEDTLS_RNG;
    return code;
}
#endif

/* ---- errors -------------------------------------------------------------- */

static int smhi_mbedtls_fail(smh_mbedtls *tls, int reason, int code, int result)
{
    tls->reason = (uint8_t)reason;
    tls->diag.code = code;
    tls->diag.result = (int16_t)result;
    return result;
}

/* Whether mbedTLS says by this code that an allocation failed.  Before 4.0 a
 * code may be the sum of a high one and a low one of 7 bits, which says so. */
static int smhi_mbedtls_is_memory(int code)
{
    static const int16_t codes[] = {
        MBEDTLS_ERR_SSL_ALLOC_FAILED,
        MBEDTLS_ERR_X509_ALLOC_FAILED,
#if MBEDTLS_VERSION_NUMBER < 0x04000000
        MBEDTLS_ERR_PK_ALLOC_FAILED,
        MBEDTLS_ERR_MD_ALLOC_FAILED,
        MBEDTLS_ERR_ECP_ALLOC_FAILED,
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
        if (-(-code & 0x7F) == codes[i])
            return 1;
#endif
    }
    return 0;
}

static uint32_t smhi_mbedtls_failed_allocs(const smh_mbedtls *tls)
{
    uint32_t (*count)(void *ctx) = tls->options.failed_allocs;
    return count != NULL ? count(tls->options.ctx) - tls->failed_before : 0;
}

/* Sends what is held back: with bytes unsent, a close_notify does not say the
 * end, it only sends them.  Returns 0, or a code. */
static int smhi_mbedtls_flush(smh_mbedtls *tls)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    while (tls->rest_size != 0) {
        int moved = smhi_mbedtls_send_below(tls, tls->rest, tls->rest_size);
        if (moved <= 0)
            return moved;
        tls->rest += moved;
        tls->rest_size -= (size_t)moved;
    }
#endif
    return tls->unsent ? mbedtls_ssl_close_notify(&tls->ssl) : 0;
}

/* The same of an alert, not a request: only what send tells counts as out. */
static void smhi_mbedtls_flush_alert(smh_mbedtls *tls)
{
    if (tls->pending == 0)
        (void)smhi_mbedtls_flush(tls);
}

/* TLS is over: nothing but a close may follow. */
static int smhi_mbedtls_fatal(smh_mbedtls *tls, int code)
{
    int reason = SMH_MBEDTLS_CODE;
    smhi_mbedtls_flush_alert(tls);
    tls->state = SMHI_MBEDTLS_DEAD;
    tls->failed_allocs = smhi_mbedtls_failed_allocs(tls);
    if (tls->reason == SMH_MBEDTLS_RNG) {
        reason = SMH_MBEDTLS_RNG;
    } else if (tls->reason == SMH_MBEDTLS_MEMORY ||
               smhi_mbedtls_is_memory(code) ||
               (tls->failed_allocs != 0 && tls->flags == 0)) {
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_MEMORY, code, SMH_E_MEMORY);
    } else if (tls->flags != 0) {
        reason = SMH_MBEDTLS_CERTIFICATE;
    } else if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        reason = SMH_MBEDTLS_ALERT;
#if MBEDTLS_VERSION_NUMBER < 0x04010000
        tls->alert = tls->ssl.MBEDTLS_PRIVATE(in_msg)[1];
#else
        tls->alert = (uint8_t)mbedtls_ssl_get_fatal_alert(&tls->ssl);
#endif
    }
    return smhi_mbedtls_fail(tls, reason, code, SMH_E_TLS);
}

/* What a result of mbedTLS, not above 0, means for the caller. */
static int smhi_mbedtls_result(smh_mbedtls *tls, int code)
{
    switch (code) {
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE:
    case MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS:
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
    case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET:
#endif
        tls->at_once |= !tls->blocked;
        return SMH_AGAIN;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_NOTIFIED, 0, SMH_E_CLOSED);
    }
    if (tls->broken == SMH_E_CLOSED)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_CUT, 0, SMH_E_CLOSED);
    if (tls->broken != 0)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_BELOW, 0, tls->broken);
    return smhi_mbedtls_fatal(tls, code);
}

/* ---- the certificate's dates --------------------------------------------- */

/* A number that grows with the date: six bits for each part but the year. */
static uint64_t smhi_mbedtls_pack(int year, int mon, int day, int hour, int min,
                                  int sec)
{
    return (uint64_t)(uint32_t)(year << 12 | mon << 6 | day) << 18 |
           (uint32_t)(hour << 12 | min << 6 | sec);
}

static uint64_t smhi_mbedtls_date(const mbedtls_x509_time *date)
{
    return smhi_mbedtls_pack(date->year, date->mon, date->day, date->hour,
                             date->min, date->sec);
}

/* The date of so many seconds since 1970 (Gregorian, UTC); if mbedTLS is asked
 * for it and does not know it, 1900. */
static uint64_t smhi_mbedtls_utc(uint32_t seconds)
{
#if defined(MBEDTLS_HAVE_TIME_DATE)
    mbedtls_time_t time = (mbedtls_time_t)seconds;
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    (void)mbedtls_platform_gmtime_r(&time, &tm);
    return smhi_mbedtls_pack(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                             tm.tm_hour, tm.tm_min, tm.tm_sec);
#else
    uint32_t day = seconds / 86400 + 719468; /* since 1 March of year 0 */
    uint32_t era = day / 146097;             /* 400 years */
    uint32_t of_era = day % 146097;
    uint32_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * of_year + 2) / 153; /* 0 is March */
    return smhi_mbedtls_pack((int)(year + era * 400 + (month >= 10)),
                             (int)(month < 10 ? month + 3 : month - 9),
                             (int)(of_year - (153 * month + 2) / 5 + 1),
                             (int)(seconds / 3600 % 24),
                             (int)(seconds / 60 % 60), (int)(seconds % 60));
#endif
}

/* The dates by the caller's clock. */
static uint32_t smhi_mbedtls_dates(const smh_mbedtls *tls,
                                   const mbedtls_x509_crt *crt)
{
    uint32_t seconds;
    uint64_t now;
    if (tls->options.time == NULL)
        return 0;
    seconds = tls->options.time(tls->options.ctx);
    now = smhi_mbedtls_utc(seconds);
    if (now < smhi_mbedtls_date(&crt->valid_from))
        return MBEDTLS_X509_BADCERT_FUTURE;
    if (now > smhi_mbedtls_date(&crt->valid_to) || seconds == UINT32_MAX)
        return MBEDTLS_X509_BADCERT_EXPIRED;
    return 0;
}

/* ---- the certificate's names --------------------------------------------- */

enum { SMHI_MBEDTLS_DNS = 2, SMHI_MBEDTLS_URI = 6 }; /* of GeneralName */

static int smhi_mbedtls_is(const mbedtls_x509_sequence *name, int kind)
{
    return name->buf.p != NULL &&
           (name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == kind;
}

/* From 3.x on mbedTLS takes a URI for the host if they are the same bytes.  No
 * URI is one, for it has a scheme and a colon. */
static int smhi_mbedtls_misnamed(const smh_mbedtls *tls,
                                 const mbedtls_x509_crt *crt)
{
    const mbedtls_x509_sequence *name = &crt->subject_alt_names;
    size_t size = strlen(tls->host);
    for (; name != NULL; name = name->next) {
        if (smhi_mbedtls_is(name, SMHI_MBEDTLS_URI) && name->buf.len == size &&
            memcmp(name->buf.p, tls->host, size) == 0)
            return 1;
    }
    return 0;
}

#if SMH_WORDS /* what to tell of it, while it is there */
/* The common name, or what else there is. */
static void smhi_mbedtls_put_name(smh_text *text, const mbedtls_x509_name *name)
{
    static const unsigned char common[] = {0x55, 4, 3};
    const mbedtls_x509_name *last = name;
    for (; name != NULL; name = name->next) {
        last = name;
        if (name->oid.len == 3 && memcmp(name->oid.p, common, 3) == 0)
            break;
    }
    if (last->val.p != NULL)
        smh_put_name(text, last->val.p, last->val.len);
}

static void smhi_mbedtls_put_names(smh_text *text, const mbedtls_x509_crt *crt)
{
    const mbedtls_x509_sequence *name = &crt->subject_alt_names;
    const char *before = "";
    if (name->buf.p == NULL)
        smhi_mbedtls_put_name(text, &crt->subject);
    for (; name != NULL; name = name->next) {
        if (!smhi_mbedtls_is(name, SMHI_MBEDTLS_DNS))
            continue;
        smh_put_words(text, before);
        smh_put_name(text, name->buf.p, name->buf.len);
        before = ", ";
    }
}

static void smhi_mbedtls_put_date(smh_text *text, uint64_t date)
{
    static const char *const before[] = {"-", "-", " ", ":", ":"};
    int i;
    smh_put_number(text, (uint32_t)(date >> 30), 10, 4);
    for (i = 0; i < 5; i++, date <<= 6) {
        smh_put_words(text, before[i]);
        smh_put_number(text, (uint32_t)(date >> 24) & 63, 10, 2);
    }
}

/* The date, and what the clock says now. */
static void smhi_mbedtls_put_dates(const smh_mbedtls *tls, smh_text *text,
                                   const mbedtls_x509_time *date)
{
    uint32_t seconds = 0;
#if defined(MBEDTLS_HAVE_TIME_DATE)
    seconds = (uint32_t)mbedtls_time(NULL);
#endif
    if (tls->options.time != NULL)
        seconds = tls->options.time(tls->options.ctx);
    smhi_mbedtls_put_date(text, smhi_mbedtls_date(date));
    smh_put_words(text, ", and the clock says ");
    smhi_mbedtls_put_date(text, smhi_mbedtls_utc(seconds));
}

/* One fault is noted in full: no trust before the dates before the name. */
static void smhi_mbedtls_note(smh_mbedtls *tls, const mbedtls_x509_crt *crt,
                              uint32_t flags)
{
    smh_text text;
    text.at = tls->note;
    text.room = sizeof tls->note - 1;
    if (tls->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        return;
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        smhi_mbedtls_put_name(&text, &crt->issuer);
    else if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        smhi_mbedtls_put_dates(tls, &text, &crt->valid_from);
    else if (flags & MBEDTLS_X509_BADCERT_EXPIRED &&
             !(tls->flags & MBEDTLS_X509_BADCERT_FUTURE))
        smhi_mbedtls_put_dates(tls, &text, &crt->valid_to);
    else if (*tls->note == '\0' && flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        smhi_mbedtls_put_names(&text, crt);
}
#endif

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
        smhi_mbedtls_failed_allocs(tls) != 0)
        tls->reason = SMH_MBEDTLS_MEMORY;
#if SMH_WORDS
    smhi_mbedtls_note(tls, crt, *flags);
#endif
    tls->flags |= *flags;
    tls->verified = depth == 0;
    return 0;
}

/* ---- set-up -------------------------------------------------------------- */

#if defined(MBEDTLS_CIPHER_NULL_CIPHER) ||                                     \
    defined(MBEDTLS_SSL_NULL_CIPHERSUITES)
#define SMHI_MBEDTLS_NULL
#endif
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) &&                                \
    MBEDTLS_SSL_IN_CONTENT_LEN < 16384
#define SMHI_MBEDTLS_SMALL
#endif

/* Whether a suite of this name sends in the clear. */
static int smhi_mbedtls_is_null(const char *name)
{
#ifdef SMHI_MBEDTLS_NULL
    return strstr(name, "-NULL-") != NULL;
#else
    (void)name;
    return 0;
#endif
}

static int smhi_mbedtls_has_null(const mbedtls_ssl_config *config)
{
#ifdef SMHI_MBEDTLS_NULL
    const int *suite = config->MBEDTLS_PRIVATE(ciphersuite_list)
#if MBEDTLS_VERSION_NUMBER < 0x03000000
                           [MBEDTLS_SSL_MINOR_VERSION_3]
#endif
        ;
    for (; suite != NULL && *suite != 0; suite++) {
        if (smhi_mbedtls_is_null(mbedtls_ssl_get_ciphersuite_name(*suite)))
            return 1;
    }
#endif
    (void)config;
    return 0;
}

/* Asks for the largest records that fit.  TLS 1.3 has no such agreement. */
static int smhi_mbedtls_small(mbedtls_ssl_config *config)
{
#ifdef SMHI_MBEDTLS_SMALL
    unsigned char code = MBEDTLS_SSL_MAX_FRAG_LEN_4096;
    while (code != MBEDTLS_SSL_MAX_FRAG_LEN_NONE &&
           mbedtls_ssl_conf_max_frag_len(config, code) != 0)
        code--;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
    if (code == MBEDTLS_SSL_MAX_FRAG_LEN_NONE)
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
#endif
    (void)config;
    return 0;
}

/* What may not be otherwise, whoever made the config.  Returns 0, or a code.
 * Nothing but HTTP/1.1 goes over this port, so nothing else is offered. */
static int smhi_mbedtls_enforce(smh_mbedtls *tls)
{
    mbedtls_ssl_config *config = tls->config;
    int code = 0;
    mbedtls_ssl_conf_endpoint(config, MBEDTLS_SSL_IS_CLIENT);
    mbedtls_ssl_conf_transport(config, MBEDTLS_SSL_TRANSPORT_STREAM);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_verify(config, smhi_mbedtls_verify, tls);
#if MBEDTLS_VERSION_NUMBER < 0x03000000 /* later ones know no older TLS */
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
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
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) /* nor taken up: no tickets, please */
    mbedtls_ssl_conf_tls13_key_exchange_modes(
        config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
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
    if ((code < 0 && smhi_mbedtls_is_memory(code)) ||
        (code != 0 && smhi_mbedtls_failed_allocs(tls) != 0))
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_MEMORY, code, SMH_E_MEMORY);
    if (code < 0) /* above 0: so many of a bundle are beyond this mbedTLS */
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_CA, code, SMH_E_TLS);
    return 0;
}

/* Returns the reason for what is missing, or 0. */
static int smhi_mbedtls_missing(const smh_mbedtls_options *options)
{
    const smh_port_ops *ops = options->below.ops;
    if (ops == NULL || ops->open == NULL || ops->send == NULL ||
        ops->recv == NULL || ops->close == NULL || ops->now_ms == NULL)
        return SMH_MBEDTLS_NO_PORT;
    if (options->ca_chain != NULL
            ? options->ca_chain->raw.p == NULL
            : options->ca == NULL && options->conf == NULL)
        return SMH_MBEDTLS_NO_CA; /* or nothing was parsed into it */
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
/* As in 3.x; 2.28 begins with the longest curve, which takes half as long more.
 * The list holds for certificates too, so none is left out. */
static void smhi_mbedtls_fast_first(smh_mbedtls *tls)
{
    static const mbedtls_ecp_group_id fast[] = {MBEDTLS_ECP_DP_CURVE25519,
                                                MBEDTLS_ECP_DP_SECP256R1,
                                                MBEDTLS_ECP_DP_SECP384R1};
    const mbedtls_ecp_group_id *curve;
    unsigned n = 0, turn, rank;
    for (turn = 0; turn <= 3; turn++) {
        for (curve = mbedtls_ecp_grp_id_list(); *curve != 0; curve++) {
            for (rank = 0; rank < 3 && fast[rank] != *curve; rank++)
                continue;
            if (rank == turn && n < sizeof tls->curves / sizeof *curve - 1)
                tls->curves[n++] = *curve;
        }
    }
    mbedtls_ssl_conf_curves(&tls->own_config, tls->curves);
}
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
static int smhi_mbedtls_defaults(smh_mbedtls *tls)
{
    mbedtls_ssl_config *config = &tls->own_config;
    int code = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
                                           MBEDTLS_SSL_TRANSPORT_STREAM,
                                           MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_ciphersuites(config, smhi_mbedtls_suites);
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    smhi_mbedtls_fast_first(tls);
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    smhi_mbedtls_prefer(config);
#endif
    return code;
}

/* For mbedTLS itself, or for its caller's generator. */
static int smhi_mbedtls_start_psa(smh_mbedtls *tls)
{
    int code = 0;
#ifdef SMHI_MBEDTLS_PSA
#if MBEDTLS_VERSION_NUMBER < 0x04000000 && !defined(MBEDTLS_USE_PSA_CRYPTO) && \
    !defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (tls->options.f_rng == smh_mbedtls_psa_random)
#endif
        code = (int)psa_crypto_init();
    if (code == PSA_ERROR_INSUFFICIENT_ENTROPY)
        tls->reason = SMH_MBEDTLS_RNG;
#endif
    return code == 0 ? 0 : smhi_mbedtls_fatal(tls, code);
}

static int smhi_mbedtls_configure(smh_mbedtls *tls)
{
    int code = 0;
    tls->config = tls->options.conf;
    if (tls->config == NULL) {
        tls->config = &tls->own_config;
        code = smhi_mbedtls_defaults(tls);
    } else if (smhi_mbedtls_has_null(tls->config)) {
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_NULL_SUITE, 0, SMH_E_TLS);
    }
    return code == 0 ? 0 : smhi_mbedtls_fatal(tls, code);
}

SMH_API int smh_mbedtls_init(smh_mbedtls *tls,
                             const smh_mbedtls_options *options)
{
    int result;
    memset(tls, 0, sizeof *tls);
    tls->options = *options;
    tls->trusted = options->ca_chain;
    tls->failed_before = smhi_mbedtls_failed_allocs(tls);
    tls->diag.stage = SMH_STAGE_SET_UP;
    mbedtls_ssl_config_init(&tls->own_config);
    mbedtls_x509_crt_init(&tls->own_ca);
    result = smhi_mbedtls_missing(options);
    if (result != 0)
        return smhi_mbedtls_fail(tls, result, 0, SMH_E_TLS);
    result = smhi_mbedtls_start_psa(tls);
    if (result == 0)
        result = smhi_mbedtls_configure(tls);
    if (result == 0 && options->ca != NULL)
        result = smhi_mbedtls_read_ca(tls);
    tls->state = result == 0 ? SMHI_MBEDTLS_READY : SMHI_MBEDTLS_UNUSABLE;
    tls->diag.stage = result == 0 ? SMH_STAGE_NONE : SMH_STAGE_SET_UP;
    return result;
}

/* ---- the port ------------------------------------------------------------ */

/* What is said where an open connection is needed and there is none: why it
 * came to nothing, or that nobody asked for it. */
static int smhi_mbedtls_unopened(smh_mbedtls *tls)
{
    int result = tls->diag.result;
    if (tls->state > SMHI_MBEDTLS_READY)
        return result != 0 ? result : (int)SMH_E_CLOSED;
    if (tls->state == SMHI_MBEDTLS_UNUSABLE && result != 0)
        return result;
    result = tls->state == SMHI_MBEDTLS_READY ? SMH_E_CLOSED : SMH_E_TLS;
    tls->diag.stage = SMH_STAGE_NONE;
    return smhi_mbedtls_fail(tls, SMH_MBEDTLS_UNOPENED, 0, result);
}

static int smhi_mbedtls_begin(smh_mbedtls *tls, const char *host)
{
    memset(tls, 0, offsetof(smh_mbedtls, state));
    tls->failed_before += smhi_mbedtls_failed_allocs(tls);
    tls->diag.stage = SMH_STAGE_SET_UP;
    tls->note[0] = '\0';
    if (host == NULL || strlen(host) > MBEDTLS_SSL_MAX_HOST_NAME_LEN)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_HOST, 0, SMH_E_TLS);
    tls->state = SMHI_MBEDTLS_CONNECTING;
    return 0;
}

static int smhi_mbedtls_open_below(smh_mbedtls *tls, const char *host,
                                   uint16_t port)
{
    const smh_port *below = &tls->options.below;
    int result = (below->ops->open)(below->ctx, host, port);
    if (result == SMH_AGAIN)
        return SMH_AGAIN;
    if (result <= 0)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_BELOW, 0,
                                 result == 0 ? SMH_E_PORT : result);
    tls->state = SMHI_MBEDTLS_SHAKING;
    return 0;
}

static int smhi_mbedtls_start(smh_mbedtls *tls, const char *host)
{
    int code = smhi_mbedtls_enforce(tls);
    tls->diag.stage = SMH_STAGE_SET_UP;
    mbedtls_ssl_init(&tls->ssl);
    if (code == 0)
        code = mbedtls_ssl_setup(&tls->ssl, tls->config);
    if (code == 0)
        code = mbedtls_ssl_set_hostname(&tls->ssl, host);
    if (code != 0)
        return smhi_mbedtls_fatal(tls, code);
    mbedtls_ssl_set_bio(&tls->ssl, tls, smhi_mbedtls_send_below,
                        smhi_mbedtls_recv_below, NULL);
    return 0;
}

/* Whether this connection may carry a secret, however the config looks now. */
static int smhi_mbedtls_judge(smh_mbedtls *tls)
{
    if (!tls->verified || tls->flags != 0)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_UNVERIFIED, 0, SMH_E_TLS);
    if (smhi_mbedtls_is_null(mbedtls_ssl_get_ciphersuite(&tls->ssl)))
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_NULL_SUITE, 0, SMH_E_TLS);
    if (tls->reason == SMH_MBEDTLS_CUT)
        return smhi_mbedtls_fail(tls, SMH_MBEDTLS_CUT, 0, SMH_E_CLOSED);
    tls->state = SMHI_MBEDTLS_OPEN;
    return 1;
}

/* One message; when the last one is through, a turn later, the verdict. */
static int smhi_mbedtls_shake(smh_mbedtls *tls)
{
    int code;
    uint32_t flags;
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    if (tls->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER)
#else
    if (mbedtls_ssl_is_handshake_over(&tls->ssl))
#endif
        return smhi_mbedtls_judge(tls);
    code = mbedtls_ssl_handshake_step(&tls->ssl);
    flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    if (flags != UINT32_MAX)
        tls->flags |= flags;
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
    if (tls->state == SMHI_MBEDTLS_READY)
        result = smhi_mbedtls_begin(tls, host);
    if (result == 0 && tls->state == SMHI_MBEDTLS_CONNECTING) {
        smhi_mbedtls_enter(tls, SMH_STAGE_CONNECT);
        result = smhi_mbedtls_open_below(tls, host, port);
        if (result == 0)
            result = smhi_mbedtls_start(tls, host);
    }
    if (result == 0 && tls->state == SMHI_MBEDTLS_SHAKING) {
        smhi_mbedtls_enter(tls, SMH_STAGE_HANDSHAKE);
        result = smhi_mbedtls_shake(tls);
    }
    return result != 0 ? result : smhi_mbedtls_unopened(tls);
}

/* After a receive that wants a turn at once this waits for it: a turn handles
 * one message of a handshake.  What mbedTLS holds goes out by itself and then
 * counts as taken: it would take any write for the repetition, even a longer
 * one, and for a new one if a receive in between has sent it. */
static int smhi_mbedtls_send(void *ctx, const void *data, size_t size)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    size_t most;
    int code;
    if (tls->state != SMHI_MBEDTLS_OPEN)
        return smhi_mbedtls_unopened(tls);
    if (tls->at_once)
        return SMH_AGAIN;
    smhi_mbedtls_enter(tls, SMH_STAGE_WRITE);
    code = smhi_mbedtls_flush(tls);
    if (code == 0 && tls->pending != 0) {
        code = (int)tls->pending;
        tls->pending = 0;
    } else if (code == 0) {
        most = (size_t)mbedtls_ssl_get_max_out_record_payload(&tls->ssl);
        if (size > most)
            size = most;
        code = mbedtls_ssl_write(&tls->ssl, (const unsigned char *)data, size);
        if (tls->unsent)
            tls->pending = size;
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
    smhi_mbedtls_flush_alert(tls);
    smhi_mbedtls_enter(tls, SMH_STAGE_READ);
    tls->receiving = 1;
    code = mbedtls_ssl_read(&tls->ssl, (unsigned char *)data, size);
    tls->receiving = 0;
    return code > 0 ? code : smhi_mbedtls_result(tls, code);
}

/* Says the end, once, behind what is unsent.  Returns 0, or a code. */
static int smhi_mbedtls_notify(smh_mbedtls *tls)
{
    int code = smhi_mbedtls_flush(tls);
    if (code == 0 && !tls->notified) {
        tls->notified = 1;
        code = mbedtls_ssl_close_notify(&tls->ssl);
    }
    return code;
}

static int smhi_mbedtls_close(void *ctx, int at_once)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    const smh_port *below = &tls->options.below;
    int result;
    if (tls->state < SMHI_MBEDTLS_CONNECTING)
        return 1;
    if (tls->state == SMHI_MBEDTLS_OPEN && !at_once) {
        smhi_mbedtls_enter(tls, SMH_STAGE_CLOSE);
        if (smhi_mbedtls_notify(tls) == MBEDTLS_ERR_SSL_WANT_WRITE)
            return SMH_AGAIN;
    }
    mbedtls_ssl_free(&tls->ssl);
    tls->state = SMHI_MBEDTLS_DEAD;
    tls->at_once = 0;
    result = (below->ops->close)(below->ctx, at_once);
    if (result == SMH_AGAIN)
        return SMH_AGAIN;
    tls->state = SMHI_MBEDTLS_READY;
    return result == 0 ? SMH_E_PORT : result;
}

/* Before init, or after one that failed, a call may ask all the same. */
static uint32_t smhi_mbedtls_now_ms(void *ctx)
{
    const smh_port *below = &((smh_mbedtls *)ctx)->options.below;
    return below->ops != NULL && below->ops->now_ms != NULL
               ? (below->ops->now_ms)(below->ctx)
               : 0;
}

static int smhi_mbedtls_wait(void *ctx, uint32_t ms)
{
    smh_mbedtls *tls = (smh_mbedtls *)ctx;
    const smh_port *below = &tls->options.below;
    if (tls->at_once) { /* this is the turn that a send waits for */
        tls->at_once = 0;
        return 1;
    }
    return below->ops->wait != NULL ? (below->ops->wait)(below->ctx, ms)
                                    : (int)SMH_E_PORT;
}

/* ---- words --------------------------------------------------------------- */

#if SMH_WORDS
static const struct smhi_mbedtls_fault {
    uint32_t flags;
    const char *words, *note;
} smhi_mbedtls_faults[] = {
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "not signed by a CA given",
     ": its issuer is "},
    {MBEDTLS_X509_BADCERT_FUTURE, "not valid yet", ": valid from "},
    {MBEDTLS_X509_BADCERT_EXPIRED, "expired", ": valid to "},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, "not for this host", ": it is for "},
    {MBEDTLS_X509_BADCERT_REVOKED, "revoked", NULL},
    {MBEDTLS_X509_BADCERT_MISSING, "there is none", NULL},
    {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
         MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
     "not for a server", NULL},
    {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK |
         MBEDTLS_X509_BADCERT_BAD_KEY,
     "signature or key too weak", NULL},
    {0, NULL, NULL}};

/* A note is of the first fault, which then is one of those that have one. */
static void smhi_mbedtls_say_faults(const smh_mbedtls *tls, smh_text *text)
{
    const struct smhi_mbedtls_fault *fault = smhi_mbedtls_faults;
    const char *before = ": ", *note = tls->note;
    for (; fault->flags != 0; fault++) {
        if ((tls->flags & fault->flags) == 0)
            continue;
        smh_put_words(text, before);
        smh_put_words(text, fault->words);
        if (fault == smhi_mbedtls_faults && tls->options.failed_allocs == NULL)
            smh_put_words(text, ", or out of memory"); /* who counts knows */
        if (*note != '\0') {
            smh_put_words(text, fault->note);
            smh_put_words(text, note);
            smh_put_words(text,
                          note[sizeof tls->note - 2] != '\0' ? "..." : "");
            if (fault->flags == MBEDTLS_X509_BADCERT_FUTURE)
                smh_put_words(text, ": is it set?"); /* the clock */
        }
        before = "; ";
        note = "";
    }
}

#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && !defined(SMHI_MBEDTLS_SMALL)
#define SMHI_MBEDTLS_VERSION ", no version of TLS in common"
#else
#define SMHI_MBEDTLS_VERSION ", no TLS 1.2 there: TLS 1.3 alone, perhaps"
#endif

typedef struct smhi_mbedtls_hint {
    int16_t code;
    const char *words;
} smhi_mbedtls_hint;

/* What the codes that are met most often mean here. */
static const smhi_mbedtls_hint smhi_mbedtls_codes[] = {
    {MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED, ": no CA given"},
    {MBEDTLS_ERR_PK_INVALID_PUBKEY,
     ": a key is not understood, or out of memory"},
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    {MBEDTLS_ERR_ERROR_GENERIC_ERROR, ": not known why, or out of memory"},
#else
    {PSA_ERROR_GENERIC_ERROR, ": not known why, or out of memory"},
    {MBEDTLS_ERR_SSL_HW_ACCEL_FAILED, ": not known why, or out of memory"},
#endif
    {MBEDTLS_ERR_SSL_INVALID_RECORD, ": what came is no TLS"},
    {MBEDTLS_ERR_SSL_BAD_INPUT_DATA,
     ": a record larger than MBEDTLS_SSL_IN_CONTENT_LEN"},
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    {MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, ": no TLS 1.2 or later there"},
#else
    {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, ": no TLS 1.2 or later there"},
    {MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE,
     ": a wrong signature, nothing in common, or out of memory"},
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_NUMBER < 0x03060700
    {MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER,
     ": RSA-PSS in TLS 1.2, perhaps, which mbedTLS up to 3.6.6 refuses"},
#endif
    {0, ""}};

/* What the alerts mean to a client without a certificate (RFC 8446, 6). */
static const smhi_mbedtls_hint smhi_mbedtls_alerts[] = {
    {40, ", no cipher suite, curve or signature in common, or it wants a client"
         " certificate"},
    {42, ", it wants a client certificate"},
    {70, SMHI_MBEDTLS_VERSION},
    {112, ", it does not know this host"},
    {116, ", it wants a client certificate"},
    {120, ", it does not speak HTTP/1.1"},
    {0, ""}};

static void smhi_mbedtls_say_hint(smh_text *text, const smhi_mbedtls_hint *hint,
                                  int code)
{
    while (hint->code != 0 && hint->code != code)
        hint++;
    smh_put_words(text, hint->words);
}

static void smhi_mbedtls_say_reason(const smh_mbedtls *tls, smh_text *text)
{
#define SMHI_MBEDTLS_TEXT(name, words) words,
    static const char *const reasons[] = {
        SMH_MBEDTLS_REASONS(SMHI_MBEDTLS_TEXT)};
#undef SMHI_MBEDTLS_TEXT
    int code = tls->diag.code;
    smh_put_words(text, reasons[tls->reason]);
    if (tls->reason == SMH_MBEDTLS_CERTIFICATE)
        smhi_mbedtls_say_faults(tls, text);
#if defined(SMHI_MBEDTLS_PSA) && !defined(MBEDTLS_THREADING_C)
    if (tls->reason == SMH_MBEDTLS_RNG && tls->diag.stage > SMH_STAGE_SET_UP &&
        tls->options.f_rng == smh_mbedtls_psa_random)
        smh_put_words(text, ": for threads it needs MBEDTLS_THREADING_C");
#endif
    if (tls->reason == SMH_MBEDTLS_CODE || tls->reason == SMH_MBEDTLS_CA)
        smhi_mbedtls_say_hint(text, smhi_mbedtls_codes, code);
    if (tls->alert != 0) {
        smh_put_words(text, ": alert ");
        smh_put_number(text, tls->alert, 10, 1);
        smhi_mbedtls_say_hint(text, smhi_mbedtls_alerts, tls->alert);
    }
    if (tls->failed_allocs != 0) {
        smh_put_words(text, ", allocations that failed: ");
        smh_put_number(text, tls->failed_allocs, 10, 1);
    }
    if (code != 0) {
        smh_put_words(text, code < 0 ? " (-0x" : " (0x");
        smh_put_number(text, (uint32_t)(code < 0 ? -code : code), 16, 4);
        smh_put_words(text, ")");
    }
}

/* The port below knows more if it failed, was cut off, or nothing went wrong
 * and so the time was up.  It knows all but where a handshake is. */
static void smhi_mbedtls_explain(void *ctx, smh_text *text)
{
    const smh_mbedtls *tls = (const smh_mbedtls *)ctx;
    const smh_port *below = &tls->options.below;
    int stage = tls->diag.stage, reason = tls->reason;
    int fine = reason == SMH_MBEDTLS_NONE;
    int more =
        stage >= SMH_STAGE_CONNECT && below->ops->explain != NULL &&
        (fine || reason == SMH_MBEDTLS_BELOW || reason == SMH_MBEDTLS_CUT);
    if (!more || (!fine && stage != SMH_STAGE_CONNECT)) {
        smh_put_diag(text, &tls->diag);
        if (!fine || stage < SMH_STAGE_CONNECT)
            smhi_mbedtls_say_reason(tls, text);
        smh_put_words(text, more ? "; " : "");
    } else if (stage == SMH_STAGE_HANDSHAKE) {
        smh_put_words(text, "handshake; ");
    }
    if (more)
        (below->ops->explain)(below->ctx, text);
}
#else
#define smhi_mbedtls_explain NULL
#endif

/* ---- the table ----------------------------------------------------------- */

SMH_API smh_port smh_mbedtls_port(smh_mbedtls *tls)
{
    static const smh_port_ops ops = {smhi_mbedtls_open,
                                     smhi_mbedtls_send,
                                     smhi_mbedtls_recv,
                                     smhi_mbedtls_close,
                                     smhi_mbedtls_now_ms,
                                     smhi_mbedtls_wait,
                                     1,
                                     smhi_mbedtls_explain};
    smh_port port;
    port.ops = &ops;
    port.ctx = tls;
    return port;
}

SMH_API void smh_mbedtls_free(smh_mbedtls *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->own_config);
    mbedtls_x509_crt_free(&tls->own_ca);
    mbedtls_platform_zeroize(tls, sizeof *tls);
}

#ifdef __cplusplus
#pragma GCC diagnostic pop
}
#endif
#endif /* SMH_MBEDTLS_IMPLEMENTATION */

/* LICENCE: 0BSD, word for word at the end of smh_token.h, which it needs. */
