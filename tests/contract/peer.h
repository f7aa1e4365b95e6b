/* peer.h - the other end of a port under test: a server on this machine, plain
 * or with TLS, that does what it can when it is told to and never blocks */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is said instead of bytes. */
enum { PEER_AGAIN = -1, PEER_END = -2, PEER_FAILED = -3 };

/* Serves over TLS with NAME.pem and NAME.key of $SMH_PKI; NULL: plain. */
void peer_serve(const char *name);

/* Listens on a free port, which is returned, of $SMH_CONTRACT_ADDRESS; NULL
 * means 127.0.0.1.  The listener before, if any, is over. */
uint16_t peer_listen(void);
/* A port where nobody listens. */
uint16_t peer_nobody(void);
/* The listener takes no more connections, and does not refuse them: silence.
 * Or it does again. */
void peer_mute(bool on);

/* Accepts, if there is no connection, and goes on with its handshake.  Returns
 * whether it is open; all that follows is about it. */
bool peer_turn(void);
int peer_send(const void *data, size_t size); /* bytes, or PEER_* */
int peer_recv(void *data, size_t size);       /* the same */
/* Says the end, and still reads; or closes as well; or closes alone; or by a
 * reset. */
void peer_end(void);
void peer_close(void);
void peer_cut(void);
void peer_reset(void);

#endif
