/* config.h - what the firmware is to do */
#ifndef CONFIG_H
#define CONFIG_H

#include "smh_token.h"

/* config_read() sets what is not NULL. */
typedef struct config {
    smh_scope scope;                       /* What to revoke. */
    const char *address;                   /* Of the host; NULL: asks DNS. */
    const char *ip, *mask, *gateway, *dns; /* Ours; no ip: asks DHCP. */
} config;

/* Returns 0, or -1 and a word on the console. */
int config_read(config *what);

#endif
