/* world.h - a client on smh_posix.h, a server on the loopback, and a resolver
 * that says what it is told */
#ifndef WORLD_H
#define WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "smh_posix.h"

extern smh_posix tcp;
extern smh_port port;      /* of tcp */
extern int listener, peer; /* descriptors of the server, or -1 */
extern uint16_t number;    /* where it listens */

/* What the resolver says of any name; NULL: the system's is asked. */
extern const char *const *resolved; /* addresses, ends with NULL */

/* What it fails with, if eai is not 0, and errno then. */
extern struct no_look_up {
    int eai, code;
} no_look_up;

/* Before and after each test: listens on 127.0.0.1, to which all names lead. */
int set_up(void **state);
int tear_down(void **state);

/* Listens on that port of that address, on a free one if at is 0. */
int listen_on(const char *address, uint16_t at);
void drop(int *fd);

/* Ends the peer's side with a RST. */
void reset(void);

/* The blocking forms of the port's functions. */
int open_to(const char *host);
int receive(void *data, size_t size);
void connect_both(void);

/* What the port says of itself, and that it says this, with the number of the
 * port for %u. */
const char *words(void);
void says(const char *format);

/* A port that says it is secure, since this is about other things. */
smh_port trusted(smh_posix *of);

/* One request to the server. */
const smh_scope *scope_of_alice(void);

#endif
