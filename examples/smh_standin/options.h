/* options.h - the command line, checked */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "channel.h"
#include "connection.h"
#include "faults.h"

typedef struct options {
    channel_options tls;
    connection_options connection;
    faults *faults; /* the caller's; --fault adds to them */
    const char *address, *port, *admin, *library, *secret_file, *log;
    bool plain;
} options;

/* What is wrong with the command line ends the program with status 2, --help
 * and --version end it with 0. */
void options_take(options *o, int argc, char **argv);

#endif
