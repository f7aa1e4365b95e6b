/* http.h - reads requests byte by byte, as strictly as RFC 9112 allows, and
 * writes answers */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

enum { HTTP_COMPLETE = 1 };

/* Zero it before each request, then set line_max. */
typedef struct http_request {
    size_t line_max; /* bytes of a request line, its end not counted */
    char method[16];
    text target, name, value;
    char host[256];
    const char *wrong; /* in words */
    size_t line, head; /* bytes so far */
    unsigned hosts, lengths;
    bool has_body, close, query;
    int state;
} http_request;

/* 0: more.  HTTP_COMPLETE.  Else the status of a refusal, and
 * request->wrong. */
int http_feed(http_request *request, unsigned char byte);
void http_request_free(http_request *request);

typedef struct http_answer {
    int status;
    bool close; /* announce it */
    const char *type;
    unsigned long id;
    text fields, body;
} http_answer;

/* An error in the service's form; code NULL: the usual one of that status. */
void http_error(http_answer *answer, int status, const char *code,
                const char *message);
void http_write(const http_answer *answer, text *to);
void http_answer_free(http_answer *answer);

#endif
