/* service.h - the service's calls on tokens, and the stand-in's own */
#ifndef SERVICE_H
#define SERVICE_H

#include "faults.h"
#include "http.h"
#include "tokens.h"

typedef struct service {
    const char *library, *secret;
    tokens tokens;
    faults faults;
    text journal;
    unsigned long connections, revocations, answers;
} service;

uint64_t service_now(void); /* ms, never goes back */

/* Answers a complete request. */
void service_answer(service *s, const http_request *request, http_answer *a);

/* Writes the target, complete or not, with the secret masked. */
void service_mask(const service *s, const http_request *request, text *to);

#endif
