/* transport.c - the way to the service: TLS by mbedTLS over POSIX sockets, and
 * what to do about what went wrong there */
#define SMH_POSIX_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_posix.h"
#include "smh_mbedtls.h"
#include "ca.h"
#include "resolve.h"
#include "tool.h"

#include <mbedtls/error.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static smh_posix posix;
static char arrived[16384];
static smh_mbedtls tls;
static mbedtls_x509_crt ca;
static const char *ca_name;
enum { CHAIN_MAX = MBEDTLS_X509_MAX_VERIFY_CHAIN_SIZE };
static mbedtls_x509_crt chain[CHAIN_MAX]; /* from the server's to the root */
static const struct options *options;

/* ---- what to do ---------------------------------------------------------- */

/* About a certificate: the first of its faults. */
static void advise_certificate(struct verdict *verdict, uint32_t flags)
{
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED && options->ca != NULL)
        advise(verdict, "check --host and --ca: the server's CA is not in %s",
               ca_name);
    else if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        advise(verdict,
               "check --host, and who signed its certificate: the CA is not in "
               "%s; only if it is yours, give it by --ca",
               ca_name);
    else if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        advise(verdict, "set the clock of this machine, or wait until the "
                        "server's certificate is valid");
    else if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        advise(verdict, "check the clock of this machine; if it is right, the "
                        "server needs a new certificate");
    else if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        advise(verdict, "check --host: the certificate is for another name");
    else
        advise(verdict, "the server needs another certificate");
}

#define CLIENT_CERTIFICATE                                                     \
    "check --host and the port: what answers there wants a client "            \
    "certificate, and this tool has none"
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
#define NO_VERSION                                                             \
    "check --host and the port: what answers there has neither TLS 1.2 nor "   \
    "1.3"
#else
#define NO_VERSION                                                             \
    "check --host and the port, or build with mbedTLS 3.6: this one has no "   \
    "TLS 1.3"
#endif
#define NO_TLS                                                                 \
    "check the port, and for a proxy on the way: what answers there speaks "   \
    "no TLS"

/* The last one, with 0, is for all others. */
struct hint {
    int code;
    const char *advice;
};

/* About an alert of the server. */
static const struct hint alerts[] = {
    {40,
     "ask who runs the server which suites, curves and signatures it "
     "takes, and whether it wants a client certificate: this tool has none"},
    {42, CLIENT_CERTIFICATE},
    {70, NO_VERSION},
    {112, "check --host: the server does not know this name"},
    {116, CLIENT_CERTIFICATE},
    {120, "check the port: what answers there does not speak HTTP/1.1"},
    {0, "ask who runs the server: it refused us, and its log may say why"},
};

/* About a code of mbedTLS. */
static const struct hint codes[] = {
    {MBEDTLS_ERR_SSL_INVALID_RECORD, NO_TLS},
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    {MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, NO_VERSION},
#else
    {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, NO_VERSION},
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_NUMBER < 0x03060700
    {MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER,
     "if the server signs by RSA-PSS in TLS 1.2: build with mbedTLS 2.28, or "
     "let it speak TLS 1.3"},
#endif
    {0, "ask who runs the server, and look what stands between here and "
        "there"},
};

static void advise_by(struct verdict *verdict, const struct hint *hint,
                      int code)
{
    while (hint->code != 0 && hint->code != code)
        hint++;
    advise(verdict, "%s", hint->advice);
}

/* About TLS that failed. */
static void advise_tls(struct verdict *verdict)
{
    if (tls.reason == SMH_MBEDTLS_CERTIFICATE)
        advise_certificate(verdict, tls.flags);
    else if (tls.reason == SMH_MBEDTLS_ALERT)
        advise_by(verdict, alerts, tls.alert);
    else if (tls.diag.stage > SMH_STAGE_HANDSHAKE)
        advise(verdict, "check the way to --host: what came was not what the "
                        "server had sent, or it gave up");
    else if (tls.diag.stage < SMH_STAGE_HANDSHAKE ||
             tls.reason == SMH_MBEDTLS_RNG)
        advise(verdict, "check the mbedTLS of this machine");
    else
        advise_by(verdict, codes, tls.diag.code);
}

void transport_advise(struct verdict *verdict, int result)
{
    if (result == SMH_E_TLS)
        advise_tls(verdict);
    else if (result == SMH_E_CLOSED && tls.diag.stage == SMH_STAGE_HANDSHAKE)
        advise(verdict, "check the port, and for a proxy on the way: it ended "
                        "the connection within the handshake");
    else if (result == SMH_E_TIMEOUT && posix.diag.stage == SMH_STAGE_RESOLVE)
        advise(verdict, "check the name servers of this machine (in "
                        "/etc/resolv.conf)");
    else if (result == SMH_E_NETWORK && options->connect != NULL)
        advise(verdict, "check --connect, its port, and the way there");
}

/* And what the ports cannot know: why the look-up failed, and mbedTLS's own
 * words for its code. */
void transport_explain(const smh_call *call, char *text, size_t size)
{
    int result = call->report.result;
    char why[160];
    size_t length = strlen(smh_explain(call, text, size));
    if (result == SMH_E_RESOLVE && *resolve_why() != '\0') {
        snprintf(text, size, "%s: %s", smh_strerror(result), resolve_why());
    } else if (result == SMH_E_TLS && tls.reason == SMH_MBEDTLS_CODE) {
        mbedtls_strerror(tls.diag.code, why, sizeof why);
        if (why[0] != '\0') /* it may be built without words */
            snprintf(text + length, size - length, ": %s", why);
    }
}

/* ---- what there is to see ------------------------------------------------ */

static void show_address(FILE *stream)
{
    struct sockaddr_storage there;
    socklen_t size = sizeof there;
    char host[80], port[16];
    if (posix.opened &&
        getpeername(posix.fd, (struct sockaddr *)&there, &size) == 0 &&
        getnameinfo((struct sockaddr *)&there, size, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        fprintf(stream, "  address      %s, port %s\n", host, port);
}

static void show_date(FILE *stream, const char *word,
                      const mbedtls_x509_time *t)
{
    fprintf(stream, "%s %04d-%02d-%02dT%02d:%02d:%02dZ", word, t->year, t->mon,
            t->day, t->hour, t->min, t->sec);
}

static void forget_chain(void)
{
    int i;
    for (i = 0; i < CHAIN_MAX; i++)
        mbedtls_x509_crt_free(&chain[i]);
}

/* Called by mbedTLS for each certificate from the root on, instead of the port,
 * which judges it all the same: what is refused is freed before the end. */
static int keep_certificate(void *ctx, mbedtls_x509_crt *cert, int depth,
                            uint32_t *flags)
{
    const mbedtls_ssl_config *config = tls.config;
    (void)ctx;
    mbedtls_x509_crt_parse_der(&chain[depth], cert->raw.p, cert->raw.len);
    return config->MBEDTLS_PRIVATE(f_vrfy)(config->MBEDTLS_PRIVATE(p_vrfy),
                                           cert, depth, flags);
}

static void show_chain(FILE *stream)
{
    const mbedtls_x509_crt *cert = chain;
    char name[256], shown[300];
    for (; cert < chain + CHAIN_MAX && cert->raw.p != NULL; cert++) {
        if (mbedtls_x509_dn_gets(name, sizeof name, &cert->subject) < 0)
            strcpy(name, "?");
        fprintf(stream, "  certificate  %s\n",
                escape(name, shown, sizeof shown));
        if (mbedtls_x509_dn_gets(name, sizeof name, &cert->issuer) < 0)
            strcpy(name, "?");
        fprintf(stream, "               by %s\n",
                escape(name, shown, sizeof shown));
        show_date(stream, "               valid from", &cert->valid_from);
        show_date(stream, " to", &cert->valid_to);
        putc('\n', stream);
    }
}

static void show_clock(FILE *stream)
{
    time_t now = time(NULL);
    struct tm parts;
    char text[40] = "?";
    if (gmtime_r(&now, &parts) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    fprintf(stream, "  this clock   %s\n", text);
}

/* A suite has only what is open; a chain, what came so far as to be judged. */
void transport_show(FILE *stream)
{
    const char *suite = mbedtls_ssl_get_ciphersuite(&tls.ssl);
    char shown[320];
    fprintf(stream, "  host         %s\n",
            escape(options->host, shown, sizeof shown));
    show_address(stream);
    if (suite != NULL)
        fprintf(stream, "  TLS          %s, %s\n",
                mbedtls_ssl_get_version(&tls.ssl), suite);
    show_chain(stream);
    fprintf(stream, "  trusted CAs  %s\n",
            escape(ca_name, shown, sizeof shown));
    show_clock(stream);
}

/* ---- the port ------------------------------------------------------------ */

static int load_ca(struct verdict *verdict)
{
    ca_name = options->ca != NULL ? options->ca : ca_of_system();
    if (ca_name != NULL)
        return ca_load(ca_name, &ca, verdict);
    refuse(verdict, "no CA bundle found on this system");
    return advise(verdict, "install ca-certificates or give --ca");
}

/* To the port of --connect, whatever that of --host is. */
static int open_there(void *ctx, const char *host, uint16_t port)
{
    if (options->connect_port != 0)
        port = options->connect_port;
    return smh_posix_port(&posix).ops->open(ctx, host, port);
}

/* For --check and --verbose: within one step a connection may open, fail and be
 * closed.  The context of TLS is there from the first step of a handshake on,
 * and the certificates come later. */
static int open_and_show(void *ctx, const char *host, uint16_t port)
{
    int result = smh_mbedtls_port(&tls).ops->open(ctx, host, port);
    if (result == SMH_AGAIN && tls.diag.stage == SMH_STAGE_HANDSHAKE &&
        tls.ssl.MBEDTLS_PRIVATE(f_vrfy) == NULL) {
        forget_chain();
        mbedtls_ssl_set_verify(&tls.ssl, keep_certificate, NULL);
    }
    if (!options->check && (result == 1 || result == SMH_E_TLS)) {
        fprintf(stderr, "smh_revoke: %s\n",
                result == 1 ? "connected" : "not connected");
        transport_show(stderr);
    }
    return result;
}

/* TCP, pinned by --connect if that is given. */
static smh_port tcp_port(void)
{
    static struct sockaddr_storage there;
    static smh_port_ops ops;
    smh_port port = smh_posix_port(&posix);
    posix.resolve = options->connect != NULL ? resolve_pinned : resolve_beside;
    posix.buffer = arrived;
    posix.size = sizeof arrived;
    if (options->connect == NULL)
        return port;
    there = options->address;
    posix.arg = &there;
    ops = *port.ops;
    ops.open = open_there;
    port.ops = &ops;
    return port;
}

void transport_init(void)
{
    mbedtls_x509_crt_init(&ca);
}

void transport_free(void)
{
    smh_mbedtls_free(&tls);
    mbedtls_x509_crt_free(&ca);
    forget_chain();
}

/* What cannot be set up is told by the first call. */
int transport_open(const struct options *wanted, smh_port *port,
                   struct verdict *verdict)
{
    static smh_port_ops ops;
    smh_mbedtls_options setting = {0};
    options = wanted;
    if (load_ca(verdict) != 0)
        return -1;
    setting.below = tcp_port();
    setting.ca_chain = &ca;
    setting.f_rng = smh_mbedtls_psa_random;
    (void)smh_mbedtls_init(&tls, &setting);
    *port = smh_mbedtls_port(&tls);
    ops = *port->ops;
    if (options->verbose || options->check)
        ops.open = open_and_show;
    port->ops = &ops;
    return 0;
}

bool transport_carried(void)
{
    return tls.diag.stage > SMH_STAGE_HANDSHAKE;
}

unsigned transport_openings(void)
{
    return resolve_count();
}

uint32_t transport_random(void)
{
    uint32_t random = 0;
    smh_mbedtls_psa_random(NULL, (unsigned char *)&random, sizeof random);
    return random;
}
