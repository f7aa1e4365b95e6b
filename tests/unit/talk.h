/* A whole call with a scripted server, and what must be true after any of
 * them. */
#ifndef TALK_H
#define TALK_H

#include "scripted.h"

typedef struct talk {
    smh_scope scope;
    smh_io io;
    smh_call call;
    server *s;
    char *page; /* the buffer ends with it, before an unmapped one */
    uint32_t requests;
    unsigned per_opening; /* what talk_again() sets */
} talk;

/* A call for so many users, with a buffer of size bytes and a second of
 * time. */
talk *talk_new(size_t users, size_t size, uint16_t pipeline);

/* After a change of the scope. */
void talk_count(talk *t);

/* The same call with a new server. */
void talk_again(talk *t);

/* Runs the call and checks all that must be true, whatever came of it. */
int talk_run(talk *t);

/* The same by steps; cancels after so many. */
int talk_step(talk *t, int steps);

/* A second call from where this one ended, with a good server: it does the rest
 * and nothing else. */
void talk_resume(talk *t);

/* The same as talk_run() on a stack of its own; looks for the secret in it. */
int talk_on_painted_stack(talk *t);

/* Bytes of the first request for so many users. */
size_t talk_length(size_t users);

#endif
