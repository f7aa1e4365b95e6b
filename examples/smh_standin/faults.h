/* faults.h - what is to go wrong, by the number of the revocation request */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/*  name, argument if none is given (-1: it must be), what it does */
#define FAULTS(X)                                                              \
    X(DELAY, "delay", -1, "MS: wait before the answer")                        \
    X(DRIP, "drip", 1, "[MS]: a byte of the answer each MS")                   \
    X(INTERIM, "interim", 1, "[N]: N interim answers first")                   \
    X(HEADERS, "headers", -1, "KB: an answer with that much of fields")        \
    X(RETRY_AFTER, "retry-after", -1, "S: an answer with that Retry-After")    \
    X(JUNK, "junk", 0, "bytes behind the answer")                              \
    X(CLOSE_AFTER, "close-after", 0, "close behind the answer, unannounced")   \
    X(NO_NOTIFY, "no-notify", 0, "the same, without close_notify")             \
    X(CLOSE_MIDDLE, "close-middle", 0, "[N]: close after N bytes, or half")    \
    X(REFUSE_AFTER, "refuse-after", 1,                                         \
      "[N]: announce a close at its Nth request, then 503")                    \
    X(LOST, "lost", 0, "carried out, then a reset instead of the answer")      \
    X(STALL, "handshake-stall", 0,                                             \
      "if this request is next: no handshake, once (*: ever)")                 \
    X(CLOSE_BEFORE, "close-before", 0, "close instead of an answer *")         \
    X(RESET, "reset", 0, "reset the connection instead of an answer *")        \
    X(SILENT, "silent", 0, "never answer *")                                   \
    X(STATUS, "status", -1, "CODE: answer with that status *")                 \
    X(BIG, "big", -1, "KB: answer 503 with that much of body *")               \
    X(GARBAGE, "garbage", 0, "answer with what is not HTTP *")                 \
    X(EARLY, "early", -1, "CODE: answer before the request is complete *")     \
    X(EARLY_CLOSE, "early-close", -1, "CODE: the same, then close *")

#define FAULT_ENUM(id, name, missing, text) FAULT_##id,
enum { FAULTS(FAULT_ENUM) FAULT_KINDS };

/* What happens to one request: an argument of each kind, or -1. */
typedef struct fault {
    long arg[FAULT_KINDS];
} fault;

enum { FAULTS_MAX = 256 };

typedef struct faults {
    struct {
        unsigned long number; /* of the request; 0: all */
        int kind;
        long arg;
    } list[FAULTS_MAX];
    size_t count;
    unsigned long stalled; /* the number that stalled a handshake before */
} faults;

/* "N:KIND[:ARG]"; false if it is not of that form. */
bool faults_add(faults *all, const char *text);
void faults_find(const faults *all, unsigned long number, fault *found);

/* Whether the handshake is to stall that comes before the request next. */
bool faults_stall(faults *all, unsigned long next);

/* Whether the service is left out: the kinds with a * above. */
bool fault_instead(const fault *f);

#endif
