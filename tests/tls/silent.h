/* silent.h - the TLS port compiled without words */
#ifndef SILENT_H
#define SILENT_H

#include "smh_mbedtls.h"

int silent_init(smh_mbedtls *tls, const smh_mbedtls_options *options);
smh_port silent_port(smh_mbedtls *tls);
size_t silent_size(void); /* of a smh_mbedtls */

#endif
