/* startup.h - the ends a program comes to, and its stack */
#ifndef STARTUP_H
#define STARTUP_H

/* Exit statuses, the same as those of smh_revoke. */
enum {
    EXIT_DONE = 0,    /* every request answered 204 */
    EXIT_SERVICE = 1, /* the service answered otherwise */
    EXIT_USAGE = 2,   /* arguments, or ids that cannot be said safely */
    EXIT_NETWORK = 3,
    EXIT_TLS = 4,
    EXIT_FAULT = 6 /* the firmware itself failed */
};

/* Ends the program because what must never happen did. */
void startup_fatal(const char *what) __attribute__((noreturn));

/* Octets of the stack that were used so far, and its size. */
unsigned startup_stack_used(void);
unsigned startup_stack_size(void);

#endif
