/* ca.h - the CAs that are trusted */
#ifndef CA_H
#define CA_H

#include "tool.h"

#include <mbedtls/x509_crt.h>

/* The bundle of this system, or NULL. */
const char *ca_of_system(void);

/* Reads the certificates of a file into chain: 0 or -1. */
int ca_load(const char *name, mbedtls_x509_crt *chain, struct verdict *verdict);

#endif
