/* names.h - a DNS server at the machine's end of the tap device, in a thread */
#ifndef NAMES_H
#define NAMES_H

/* Answers by the name asked for, always the same:
 *
 *   both.test    the server's IPv4 and IPv6 address
 *   four.test    IPv4 only
 *   six.test     IPv6 only
 *   gap.test     an IPv4 address without a route, and the server's IPv6 address
 *   late.test    as four.test, 400 ms late; later.test the same
 *   others       no such name */
void names_start(void);

#endif
