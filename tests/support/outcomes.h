/* outcomes.h - what servers do wrong, and what must come of it: the one table
 * for all who meet a stand-in with faults */
#ifndef OUTCOMES_H
#define OUTCOMES_H

#include <stddef.h>

typedef struct outcome {
    const char *fault; /* of the stand-in, without the number of the request */
    /* on the wire */
    int status;         /* of the first head; 0: there is none */
    const char *behind; /* it */
    int done;           /* whether the request was carried out */
    /* the library's */
    int first; /* result, if it meets the first request */
    int later; /* and if it meets another one */
    int also;  /* another result that is right, depending on how bytes fall */
    int again; /* requests that are sent once more, if it meets another one */
} outcome;

extern const outcome outcomes[];
extern const size_t outcome_count;

/* Whether result may come of it at the nth request. */
int outcome_allows(const outcome *o, unsigned n, int result);

#endif
