/* net.h - lwIP on the board's Ethernet controller */
#ifndef NET_H
#define NET_H

#include "arguments.h"

#include "lwip/ip_addr.h"

/* Starts lwIP and the interface: 0, or -1. */
int net_start(const arguments *args);

/* Takes frames to lwIP and runs its timers. */
void net_turn(void);

/* 1 once there is an address: at once, or when DHCP has one. */
int net_ready(void);

/* Frames that were dropped on purpose (drop= of arguments.h). */
unsigned net_dropped(void);

/* A hook of smh_lwip_raw: the address that args (arg) pins the host to. */
int net_pinned(void *arg, const char *host, ip_addr_t *address);

#endif
