/* tls.h - what mbedTLS needs of the firmware: memory, random octets, the time
 *
 * Read by tls_config.h, too, so it names no type of mbedTLS.
 */
#ifndef TLS_H
#define TLS_H

#include <stddef.h>
#include <stdint.h>

/* Prepares the arena, its first size octets or all for 0, the random generator
 * and the clock, which shows now, seconds since 1970, or the board's for 0.
 * 0, or -1 if there are no random octets. */
int tls_start(size_t size, uint32_t now);

/* Random octets, for mbedTLS and everybody: 0, or an error. */
int tls_random(void *unused, unsigned char *data, size_t size);

/* The hooks named in tls_config.h. */
int64_t tls_time(int64_t *time);
int tls_no_print(const char *format, ...);
int tls_no_fprint(void *stream, const char *format, ...);
void tls_exit(int status);

#endif
