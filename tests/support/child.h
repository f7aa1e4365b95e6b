/* child.h - programs that a test starts and ends by itself; a failure to do so
 * fails the test */
#ifndef CHILD_H
#define CHILD_H

#include <stdio.h>
#include <sys/types.h>

typedef struct child {
    pid_t pid; /* 0: none */
    FILE *out; /* its standard output */
} child;

/* It gets no other descriptors than 0 to 2 and keep, if keep > 2, and a
 * SIGKILL when the test dies. */
void child_start(child *c, const char *const *argv, int keep);

/* SIGTERM, and SIGKILL if that does nothing.  The exit status, or -1. */
int child_stop(child *c);

/* Starts and waits: the exit status, or -1. */
int child_run(const char *const *argv);

/* A new directory below $TMPDIR, removed with all in it by temp_remove(). */
char *temp_make(void);
void temp_remove(char *dir);

/* "dir/name" until the next eight calls. */
const char *temp_path(const char *dir, const char *name);
void temp_write(const char *path, const char *text);

/* A socket that listens on a free port of 127.0.0.1, or of an IPv4 address. */
int free_port(unsigned *port);
int free_port_of(const char *host, unsigned *port);
/* One that does not listen: nobody else does there until it is closed. */
int closed_port(unsigned *port);

#endif
