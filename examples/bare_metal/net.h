/* net.h - lwIP on the board's Ethernet controller */
#ifndef NET_H
#define NET_H

#include <stdbool.h>

#include "config.h"

#include "lwip/ip_addr.h"

/* Starts lwIP and the interface: 0, or -1. */
int net_start(const config *what);

/* Takes frames to lwIP and runs its timers. */
void net_turn(void);

/* True once there is an address: at once, or when DHCP has one. */
bool net_ready(void);

/* A resolve hook of smh_lwip_raw: every host is at address, a text. */
int net_pinned(void *address, const char *host, ip_addr_t *to);

#endif
