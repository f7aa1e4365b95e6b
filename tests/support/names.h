/* names.h - a name server in a thread of the test, until the test ends */
#ifndef NAMES_H
#define NAMES_H

/* What it says of a name: its addresses, NULL if it has none of that family,
 * and how late.  Of any other name, that there is none. */
typedef struct name {
    const char *name, *four, *six;
    int late_ms;
} name;

/* At port 53 of an IPv4 address.  The table ends with a name of NULL. */
void names_start(const name *names, const char *address);

/* On a wire without a network of the system: datagrams of whole Ethernet frames
 * between two Unix sockets, its own and the other end's. */
void names_start_on_wire(const name *names, const char *own, const char *end);

#endif
