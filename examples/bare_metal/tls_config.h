/* tls_config.h - a TLS 1.2 client in a static arena, for mbedTLS 2.28 and 3.6
 *
 * ECDHE with ECDSA or RSA certificates, AES-GCM, SHA-256 and SHA-384, P-256 and
 * P-384, and nothing else.  Certificates' dates are checked.
 */
#ifndef TLS_CONFIG_H
#define TLS_CONFIG_H

/* Nothing of the C library that allocates or prints. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_PLATFORM_SNPRINTF_MACRO text_format
#define MBEDTLS_PLATFORM_PRINTF_MACRO tls_no_print
#define MBEDTLS_PLATFORM_FPRINTF_MACRO tls_no_fprint
#define MBEDTLS_PLATFORM_EXIT_MACRO tls_exit
#define MBEDTLS_PLATFORM_STD_EXIT_SUCCESS 0
#define MBEDTLS_PLATFORM_STD_EXIT_FAILURE 1
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h> /* stderr, which memory_buffer_alloc.c names */
#include "text.h"
#include "tls.h"

/* The clock; without HAVE_TIME_DATE no date would be checked at all. */
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_TIME_TYPE_MACRO int64_t
#define MBEDTLS_PLATFORM_TIME_MACRO tls_time
#define MBEDTLS_PLATFORM_GMTIME_R_ALT

/* Random bytes come from board_random() alone: tls.c seeds this with them. */
#define MBEDTLS_CTR_DRBG_C

/* The protocol.  BOARD_TLS_RECORD below 16384 needs a server that agrees to
 * shorter records (max_fragment_length); the TLS port asks for them. */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_SSL_IN_CONTENT_LEN BOARD_TLS_RECORD
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096 /* the agreement is the lesser one */
#define MBEDTLS_SSL_CIPHERSUITES                                               \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,                           \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,                         \
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,                       \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384

/* Certificates. */
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_CHECK_KEY_USAGE /* 3.x has no choice */
#define MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE
#define MBEDTLS_X509_REMOVE_INFO
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_OID_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_RSA_NO_CRT /* that is for private keys */

/* Arithmetic, small before fast. */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_MPI_MAX_SIZE 512 /* RSA of 4096 bits */
#define MBEDTLS_MPI_WINDOW_SIZE 1
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECP_RESTARTABLE /* with ECDSA; tls.c says how much at once */

/* Ciphers and digests, their tables in flash. */
#define MBEDTLS_CIPHER_C
#define MBEDTLS_GCM_C
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_C
#define MBEDTLS_SHA512_SMALLER
#define MBEDTLS_SHA1_C /* many roots have signed themselves with it: */
#define MBEDTLS_SHA1_PROCESS_ALT /* it is known by name, and never computed */

#ifdef MBEDTLS_VERSION_MAJOR /* 3.x says it before it reads this file */
#define MBEDTLS_SHA224_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#define MBEDTLS_ECP_WINDOW_SIZE 3 /* it is slower than 2.28, but smaller */
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT /* GCM has no use for it */
#else
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_SHA224_C
#define MBEDTLS_ECDH_LEGACY_CONTEXT /* 3.x adds it to ECP_RESTARTABLE */
#include "mbedtls/check_config.h"
#endif

#endif
