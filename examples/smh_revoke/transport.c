/* The way to the service: TLS by mbedTLS over POSIX sockets, and in words what
 * went wrong there. */
#define SMH_POSIX_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_posix.h"
#include "smh_mbedtls.h"
#include "resolve.h"
#include "tool.h"

#include <errno.h>
#include <inttypes.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static smh_posix posix;
static smh_mbedtls tls;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_x509_crt ca;
static const char *ca_name;
static const struct options *options;
static const struct watcher *watcher;

/* ---- how a call ended ---------------------------------------------------- */

static void explain_timeout(char *text, size_t size)
{
    unsigned stage = tls.diag.stage;

    snprintf(text, size, "no %s in %" PRIu64 " s",
             posix.diag.stage == SMH_POSIX_RESOLVE
                 ? "answer from the name servers of this machine"
             : stage == SMH_MBEDTLS_CONNECT   ? "connection"
             : stage == SMH_MBEDTLS_HANDSHAKE ? "end of the TLS handshake"
                                              : "answer",
             options->timeout);
}

static void explain_tls(char *text, size_t size)
{
    size_t length;

    smh_mbedtls_explain(&tls, text, size);
    if (tls.diag.reason != SMH_MBEDTLS_CODE)
        return;
    length = strlen(text);
    if (length + 3 < size) {
        memcpy(text + length, ": ", 3);
        mbedtls_strerror(tls.diag.code, text + length + 2, size - length - 2);
    }
}

static void explain(int result, char *text, size_t size)
{
    if (result > 0)
        snprintf(text, size, "%s", smh_strerror(result));
    else if (result == SMH_E_TIMEOUT)
        explain_timeout(text, size);
    else if (result == SMH_E_RESOLVE || result == SMH_E_NETWORK)
        smh_posix_explain(&posix, text, size);
    else if (result == SMH_E_TLS || result == SMH_E_MEMORY ||
             result == SMH_E_CLOSED)
        explain_tls(text, size);
}

/* What to do about a certificate: the fault that the port tells in full. */
static void advise_certificate(struct verdict *verdict, uint32_t flags)
{
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED && options->ca)
        advise(verdict, "check --ca: the server's CA is not in %s", ca_name);
    else if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        advise(verdict, "give the server's CA by --ca: it is not in %s",
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

/* What to do about a connection that TLS ended; nothing if it was not TLS. */
static void advise_tls(struct verdict *verdict, int result)
{
    const smh_mbedtls_diag *diag = &tls.diag;

    if (result != SMH_E_TLS &&
        (result != SMH_E_CLOSED || diag->stage != SMH_MBEDTLS_HANDSHAKE))
        return;
    if (diag->stage > SMH_MBEDTLS_HANDSHAKE)
        advise(verdict, "check the way to --host: what came was not what the "
                        "server had sent, or it gave up");
    else if (diag->stage < SMH_MBEDTLS_HANDSHAKE ||
             diag->reason == SMH_MBEDTLS_RNG)
        advise(verdict, "check --host and the mbedTLS of this machine");
    else if (diag->reason == SMH_MBEDTLS_CERTIFICATE)
        advise_certificate(verdict, diag->flags);
    else if (diag->alert == MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME)
        advise(verdict, "check --host: the server does not know this name");
    else
        advise(verdict, "check --host and its port: the server there, or a "
                        "proxy on the way, does not agree with this TLS");
}

void transport_conclude(struct verdict *verdict, int result)
{
    verdict->result = result;
    verdict->exit = exit_of(result);
    verdict->error[0] = verdict->detail[0] = verdict->next[0] = '\0';
    if (result == SMH_DONE)
        return;
    if (result > 0)
        snprintf(verdict->error, sizeof verdict->error,
                 "the service answered %d", result);
    else if (result == SMH_E_CANCELLED)
        snprintf(verdict->error, sizeof verdict->error, "interrupted");
    else
        snprintf(verdict->error, sizeof verdict->error, "%s",
                 smh_strerror(result));
    explain(result, verdict->detail, sizeof verdict->detail);
    advise_tls(verdict, result);
    if (result == SMH_E_TIMEOUT && posix.diag.stage == SMH_POSIX_RESOLVE)
        advise(verdict, "check the name servers of this machine (in "
                        "/etc/resolv.conf)");
}

/* ---- the port ------------------------------------------------------------ */

static const char *system_ca(void)
{
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
        "/etc/ssl/cert.pem",                  /* Alpine, BSD */
    };
    size_t i;

    for (i = 0; i < sizeof bundles / sizeof bundles[0]; i++)
        if (access(bundles[i], R_OK) == 0)
            return bundles[i];
    return NULL;
}

/* mbedTLS's words for what it cannot open lead astray. */
static int is_readable(const char *name)
{
    FILE *file = fopen(name, "rb");
    int fine = file && (fgetc(file) != EOF || !ferror(file));

    if (file)
        fclose(file);
    return fine;
}

static int load_ca(struct verdict *verdict)
{
    char why[120];
    int result;

    ca_name = options->ca ? options->ca : system_ca();
    if (!ca_name) {
        refuse(verdict, "no CA bundle found on this system");
        return advise(verdict, "install ca-certificates or give --ca");
    }
    if (!is_readable(ca_name)) {
        refuse(verdict, "--ca: %s: %s", ca_name, strerror(errno));
        return advise(verdict, "give --ca a file that can be read");
    }
    result = mbedtls_x509_crt_parse_file(&ca, ca_name);
    if (ca.version != 0) /* of a bundle, what this mbedTLS can read will do */
        return 0;
    mbedtls_strerror(result, why, sizeof why);
    refuse(verdict, "--ca: %s: %s", ca_name,
           result < 0 ? why : "no certificate in it");
    return advise(verdict, "give --ca a file with certificates in PEM or one "
                           "in DER");
}

static int open_watched(void *ctx, const char *host, uint16_t port)
{
    watcher->opening(watcher->arg);
    return smh_mbedtls_port(&tls).ops->open(ctx, host, port);
}

static int send_watched(void *ctx, const void *data, size_t size)
{
    watcher->sending(watcher->arg);
    return smh_mbedtls_port(&tls).ops->send(ctx, data, size);
}

static smh_port watched_port(void)
{
    static smh_port_ops ops;
    smh_port port = smh_mbedtls_port(&tls);

    ops = *port.ops;
    ops.open = open_watched;
    ops.send = send_watched;
    port.ops = &ops;
    return port;
}

void transport_init(void)
{
    mbedtls_x509_crt_init(&ca);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
}

void transport_free(void)
{
    smh_mbedtls_free(&tls);
    mbedtls_ctr_drbg_free(&drbg);
    mbedtls_entropy_free(&entropy);
    mbedtls_x509_crt_free(&ca);
}

int transport_open(const struct options *wanted, const struct watcher *by,
                   smh_port *port, struct verdict *verdict)
{
    smh_mbedtls_options setting;
    int result;

    options = wanted;
    watcher = by;
    if (load_ca(verdict) != 0)
        return -1;
    posix.resolve = resolve_beside;
    posix.arg = &posix;
    memset(&setting, 0, sizeof setting);
    setting.lower = smh_posix_port(&posix);
    setting.ca_chain = &ca;
    setting.f_rng = mbedtls_ctr_drbg_random;
    setting.p_rng = &drbg;
    result = mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL,
                                   0) == 0
                 ? smh_mbedtls_init(&tls, &setting)
                 : SMH_E_TLS;
    if (result != 0) {
        transport_conclude(verdict, result);
        return -1;
    }
    *port = watched_port();
    return 0;
}

uint32_t transport_random(void)
{
    uint32_t random = 0;

    mbedtls_ctr_drbg_random(&drbg, (unsigned char *)&random, sizeof random);
    return random;
}
