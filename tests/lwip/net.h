/* net.h - lwIP on the tap device of tests/lwip/netns.sh, its only link */
#ifndef NET_H
#define NET_H

#include <stdint.h>

/* Addresses of the machine's side, which serves, and of lwIP's side. */
#define NET_SERVER_4 "10.86.83.1"
#define NET_CLIENT_4 "10.86.83.2"
#define NET_SERVER_6 "fd53:4d48::1"
#define NET_CLIENT_6 "fd53:4d48::2"
/* Nobody: on the same link, and on no link. */
#define NET_NOBODY_4 "10.86.83.77"
#define NET_ELSEWHERE_4 "192.0.2.1"

/* Starts lwIP on $SMH_TAP, with the server's side as its DNS server. */
void net_start(void);

/* Loses percent of the frames, both ways, from the next on; the same seed loses
 * the same ones.  How many were lost since the last call. */
unsigned net_lose(unsigned percent, uint32_t seed);

/* Without threads: takes a frame to lwIP, after 1 ms of waiting at most, and
 * calls its timers.  For smh_lwip_raw.turn. */
void net_turn(void *unused);

#endif
