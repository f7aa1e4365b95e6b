/* channel.h - the bytes of one connection, over TLS or plain, never
 * blocking */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/ssl.h>

#include "text.h"

typedef struct channel_options {
    const char *cert, *key; /* PEM files */
    const char *version;    /* the only one spoken: 1.1, 1.2, 1.3; or NULL */
    unsigned max_fragment;  /* bytes of a record at most; 0: 16384 */
} channel_options;

enum { CHANNEL_AGAIN = -1, CHANNEL_END = -2, CHANNEL_FAILED = -3 };

typedef struct channel {
    int fd;
    bool tls, resumed;
    int error;      /* of mbedTLS */
    short want;     /* POLLIN or POLLOUT of the last AGAIN */
    char name[256]; /* SNI */
    mbedtls_ssl_context ssl;
} channel;

/* Once, before any channel; false after a line on stderr. */
bool channel_setup(const channel_options *options);
/* Random bytes need no key and no certificate. */
bool channel_random(unsigned char *to, size_t size);
void channel_teardown(void);

void channel_init(channel *c, int fd, bool tls);
int channel_open(channel *c); /* 1, AGAIN or FAILED */
int channel_read(channel *c, void *to, size_t size);
/* After AGAIN the same size must be offered again. */
int channel_write(channel *c, const void *from, size_t size);
void channel_notify(channel *c);
void channel_free(channel *c);

/* "version suite SNI resumed" of an open one */
void channel_facts(const channel *c, text *to);

#endif
