/* ca.c - the CAs that are trusted: read here, so that what cannot be read is
 * told by the system, and what is no certificate by mbedTLS */
#include "ca.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/error.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CA_BLOCK = 65536, CA_MAX = 16 * 1024 * 1024 }; /* bytes */

const char *ca_of_system(void)
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

/* All that fd gives, with a NUL behind it, or NULL with errno. */
static char *read_all(int fd, size_t *size)
{
    char *text = NULL;
    ssize_t got = 1;
    for (*size = 0; got > 0; *size += (size_t)got) {
        char *more = realloc(text, *size + CA_BLOCK + 1);
        if (more == NULL || *size > CA_MAX) {
            errno = more != NULL ? EFBIG : ENOMEM;
            text = more != NULL ? more : text;
            got = -1;
            break;
        }
        text = more;
        got = signals_read(fd, text + *size, CA_BLOCK);
        if (got < 0)
            break;
    }
    if (got < 0) {
        free(text);
        return NULL;
    }
    text[*size] = '\0';
    return text;
}

static char *read_file(const char *name, size_t *size)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    char *text = fd >= 0 ? read_all(fd, size) : NULL;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return text;
}

static int refuse_content(const char *name, int code, struct verdict *verdict)
{
    char why[120] = "";
    if (code < 0)
        mbedtls_strerror(code, why, sizeof why);
    refuse(verdict, "--ca: %s: no certificate in it%s%s", name,
           why[0] != '\0' ? ": " : "", why);
    return advise(verdict, "give --ca a file with certificates in PEM or one "
                           "in DER");
}

int ca_load(const char *name, mbedtls_x509_crt *chain, struct verdict *verdict)
{
    size_t size;
    char *text = read_file(name, &size);
    int result = 0;
    if (text == NULL) {
        refuse(verdict, "--ca: %s: %s", name, strerror(errno));
        return advise(verdict, "check that --ca names a file that can be read");
    }
    psa_crypto_init(); /* before which mbedTLS 4 understands no key */
    if (size > 0)      /* of a PEM the NUL counts */
        result = mbedtls_x509_crt_parse(chain, (const unsigned char *)text,
                                        size + (strstr(text, "-----BEGIN ") !=
                                                NULL));
    free(text);
    /* Of a bundle, what this mbedTLS can read will do. */
    return chain->version != 0 ? 0 : refuse_content(name, result, verdict);
}
