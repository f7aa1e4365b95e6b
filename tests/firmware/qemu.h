/* qemu.h - runs of the firmware: QEMU, its wire, and what came of it */
#ifndef QEMU_H
#define QEMU_H

#include "tests/support/child.h"

/* The host's address in the guest's network. */
#define QEMU_HOST "10.0.2.100"

typedef struct qemu {
    const char *machine, *image; /* of all runs */
    char *directory;             /* of certificates, and the secret's file */
    const char *icount;          /* NULL: the time of the machine */
    const char *wire;            /* a second participant, or NULL */
    const char *loader;          /* a word in RAM, as QEMU's loader wants it */
    const char *patience;        /* s, as text; NULL: a minute */
    child run;                   /* the one that goes on */
    int status;                  /* of the last run: -1, or the exit's */
    char text[8192];             /* what it said */
} qemu;

/* Makes the directory, with what is in $FIRMWARE_PKI, and removes it. */
void qemu_begin(qemu *q);
void qemu_end(qemu *q);

/* Runs the image for server.test, library and secret of the stand-in with
 * the other arguments of tests/firmware/rig/arguments.h, a blank between
 * them.  QEMU_HOST:443 is port of 127.0.0.1, and the rest of the world out
 * of reach.  Fails the test if the run shows the secret or does not end. */
void qemu_run(qemu *q, unsigned port, const char *format, ...);

/* The same in two: what a test does in between, the run may wait for. */
void qemu_start(qemu *q, unsigned port, const char *format, ...);
void qemu_wait(qemu *q);

/* Fails the test, and shows the run, unless it ended with status and said
 * text. */
void qemu_check(const qemu *q, int status, const char *text);

#endif
