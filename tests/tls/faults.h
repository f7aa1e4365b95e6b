/* faults.h - functions of mbedTLS that fail when the client calls them */
#ifndef FAULTS_H
#define FAULTS_H

#include "smh_mbedtls.h"

enum faulty_call {
    FAULT_NOWHERE,
    FAULT_PSA,
    FAULT_DEFAULTS,
    FAULT_ALPN,
    FAULT_PARSE,
    FAULT_PARSE_IN_PLACE,
    FAULT_SETUP,
    FAULT_HOSTNAME,
    FAULT_STEP,
    FAULT_READ,
    FAULT_WRITE,
    FAULT_NOTIFY
};

typedef struct fault_of {
    const smh_mbedtls *client; /* the server's calls do not fail */
    enum faulty_call call;
    int code; /* that it returns */
    unsigned count;
} fault_of;

extern fault_of fault;

#endif
