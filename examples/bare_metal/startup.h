/* startup.h - the ends a program comes to, and its stack */
#ifndef STARTUP_H
#define STARTUP_H

/* Exit statuses.  Up to 4 they are those of smh_revoke, whose 5 and 6 have no
 * meaning here. */
enum {
    EXIT_DONE = 0,    /* Every request is confirmed by 204. */
    EXIT_SERVICE = 1, /* The service answered otherwise. */
    EXIT_USAGE = 2,   /* The input is at fault, and nothing was sent. */
    EXIT_NETWORK = 3,
    EXIT_TLS = 4,
    EXIT_FAULT = 7 /* The firmware itself failed. */
};

/* Ends the program because what must never happen did. */
void startup_fatal(const char *what) __attribute__((noreturn));

/* Bytes of the stack that were used so far, and its size. */
unsigned startup_stack_used(void);
unsigned startup_stack_size(void);

#endif
