/* peer.h - the other end of a port under test: a server on this machine */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>
#include <stdint.h>

/* Called while the peer waits; NULL: nobody. */
extern void (*peer_turn)(void);

/* Listens on a free port of address, which is returned. */
uint16_t peer_listen(const char *address);
/* Listens no more: from now on it refuses. */
void peer_refuse(void);

/* The next connection; all that follows is about it. */
void peer_accept(void);
void peer_send(const void *data, size_t size);
/* Returns how many bytes came, 1 to size; 0 at the end, -1 for a reset, -2 if
 * nothing came for ms. */
int peer_recv(void *data, size_t size, int ms);
void peer_close(void);
void peer_reset(void);

#endif
