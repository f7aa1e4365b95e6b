/* tls.h - what mbedTLS needs of the firmware: memory, random bytes, the time
 *
 * Read by tls_config.h, too, so it names no type of mbedTLS.
 */
#ifndef TLS_H
#define TLS_H

#include <stddef.h>
#include <stdint.h>

/* Prepares the arena and the random generator: 0, or -1 if there are no random
 * bytes. */
int tls_start(void);

/* Random bytes, for mbedTLS and everybody: 0, or an error. */
int tls_random(void *unused, unsigned char *data, size_t size);

/* The hooks named in tls_config.h. */
int64_t tls_time(int64_t *time);
int tls_no_print(const char *format, ...);
int tls_no_fprint(void *stream, const char *format, ...);
void tls_exit(int status);

#endif
