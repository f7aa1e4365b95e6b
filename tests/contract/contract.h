/* contract.h - what a port under test tells the suite, in one file of C that
 * also holds the implementation of smh_token.h and of the port:
 *
 *     static smh_port my_port(void) { ... }
 *     const contract contract_port = {.port = my_port};
 *
 * Only port is needed.  What depends on a member that is NULL is skipped. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "smh_token.h"

typedef struct contract {
    /* Returns a new port, closed; the one before is over. */
    smh_port (*port)(void);
    /* The name that is opened, which the port takes to address; NULL means
     * "localhost". */
    const char *host;
    /* Where the suite serves, an address of this machine; NULL means
     * "127.0.0.1". */
    const char *address;
    /* Starts the network stack, once. */
    void (*start)(void);
    /* Moves the stack, if nothing else does while the suite waits. */
    void (*turn)(void);
    /* Returns the smh_diag of the last port. */
    const smh_diag *(*diag)(void);
    /* Takes all descriptors, sockets or memory that an opening needs, or gives
     * them back. */
    void (*starve)(int on);
    /* Returns a new port, its whole struct filled with this byte. */
    smh_port (*dirty)(int byte);
} contract;

extern const contract contract_port;

#endif
