/* arguments.h - what the firmware was asked for
 *
 * From the semihosting command line, so that one image serves every test.
 *
 *     host=NAME port=N library=ID secret=TEXT | secret-file=FILE
 *     user=ID... client=ID... session=ID...
 *     address=IP       of the host, instead of DNS
 *     ip=IP gateway=IP mask=IP dns=IP | dhcp=1
 *     clock=SECONDS    since 1970, instead of the board's
 *     timeout=MS pipeline=N resume=N buffer=BYTES arena=BYTES
 *     drop=PERCENT seed=N    of the frames, both ways
 *     times=N          each id behind it so often: more requests
 *     cut=N gate=FILE  the power, see cut.c
 *
 * %XX stands for a byte, as in %20.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "smh_token.h"

#ifndef ARGUMENTS_IDS
#define ARGUMENTS_IDS 32
#endif
enum { ARGUMENTS_TEXT = 768, ARGUMENTS_SECRET = 80 };

typedef struct arguments {
    smh_scope scope;
    const char *address, *ip, *gateway, *mask, *dns;
    const char *gate;
    unsigned long dhcp, clock, timeout, pipeline, resume, buffer, arena;
    unsigned long drop, seed, port, times, cut;
    smh_list lists[3]; /* of users, clients, sessions */
    const char *ids[ARGUMENTS_IDS];
    char text[ARGUMENTS_TEXT];
    char secret[ARGUMENTS_SECRET];
} arguments;

/* Filled by config_read(). */
extern arguments asked;

#endif
