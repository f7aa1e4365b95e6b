/* smh_token.h - v0.1.0 - cut a user off at Smart Media Hosting (SMH) - 0BSD, see end of file

WHAT IT DOES
    Calls "Delete All Access Tokens for a Specific User" of SMH:

        DELETE /api/v1/token/{LibraryId}?library_secret=...&user_id=...

    for any number of users, clients and sessions, in batches the service
    accepts, over any transport that is authenticated and encrypted.  No
    allocation, no globals, no libc.  It carries the library's secret, so it
    belongs into a back end or a gateway, never into an app.

WHAT IT NEVER DOES
    Widen a deletion: what cannot be said safely is refused before a byte is
    sent.  Claim what did not happen: done means that a 204 was read for every
    batch.  Follow a redirect.  Print, log or keep the secret: the buffer that
    held it is wiped on every way out.

DO THIS
    In one C or C++ file:

        #define SMH_TOKEN_IMPLEMENTATION
        #include "smh_token.h"

    and everywhere else only the #include.  Take a port from port/, or write one
    (THE PORT below).

EXAMPLE
        static char buffer[1024];
        static const char *const ids[] = { "alice" };
        smh_list  users = { ids, 1 };
        smh_scope scope = { 0 };
        smh_io    io    = { 0 };
        smh_call  call;

        scope.host           = "smh0example.api.tencentsmh.cn";
        scope.library_id     = "smh0example";
        scope.library_secret = secret;
        scope.users          = &users;
        io.port   = port;
        io.buffer = buffer;
        io.size   = sizeof buffer;

        int result = smh_revoke(&call, &scope, &io);
        if (result != SMH_DONE)
            report(smh_strerror(result), call.report.resume);

BARE METAL
    The same without blocking; the loop does its other work meanwhile:

        result = smh_begin(&call, &scope, &io);
        while (result == 0) {
            result = smh_step(&call);
            other_work();
        }

RESULTS
    Everywhere: > 0 is the HTTP status of the service, 0 is not finished yet,
    < 0 is one of SMH_E_* and stays.  Only SMH_DONE (204) is success.  After
    anything else call.report says how many requests are confirmed, and
    smh_io.resume = call.report.resume in a second call with the same lists does
    the rest and nothing else.  If an id is at fault, call.plan.list and
    call.plan.index name it.

YOUR BUFFER
    Any size from 1 octet.  Request and answer share it.  A buffer for the whole
    request makes one TLS record of it, a 64-octet one makes many; neither limits
    what can be asked.

THE PORT
    A const table of callbacks and a context (smh_port).  None of them blocks
    except wait; now_ms and wait apart, all of them return
        > 0             octets moved, or 1 for "done" (open, close)
        SMH_AGAIN       nothing could be done now, call again
        SMH_E_CLOSED    the peer ended the connection
        other SMH_E_*   it failed: RESOLVE, NETWORK, TLS or MEMORY
    and never 0.  Neither data nor its address may be kept after the return; after
    SMH_AGAIN the same octets are offered again.

        secure   1 if peer and data are authenticated and encrypted, else 0
        open     resolve, connect, handshake; called until it is not AGAIN
        send     some of size octets
        recv     up to size octets
        close    the end, orderly, or at once if at_once: then never AGAIN.
                 Called once open was called, whatever came of it
        now_ms   a clock that never goes back, in ms, free to wrap; a step of
                 100 ms or less
        wait     only for smh_wait and smh_revoke: 1 as soon as the last AGAIN
                 may have changed (too early is fine), SMH_AGAIN when ms passed

OPTIONS
    Macros, defined before the #include.  I: in the file of the implementation;
    none changes a type or a signature.

    SMH_TOKEN_IMPLEMENTATION  -      I  emit the code
    SMH_TOKEN_STATIC          -      I  make every function static
    SMH_ALLOW_PLAINTEXT       -      I  allow a port that is not secure
    SMH_LINE_MAX              8000   I  octets of a request line from DELETE to
                                        HTTP/1.1, 256..32000 (RFC 9110, 4.1)
    SMH_COMMA                 ","    I  what separates ids, "," or "%2C"
    SMH_ANSWER_MAX            65535  I  octets of an answer with its interim ones,
                                        64..65535
    SMH_INTERIM_MAX           8      I  1xx answers before each answer, 0..255
    SMH_TIMEOUT_MS            30000  I  for a whole call, if smh_io.timeout_ms is 0
    SMH_SPINS_MAX             1000000 I turns of smh_wait without a tick of the
                                        clock before the clock counts as stuck

MEMORY, THREADS, SECRETS
    A call borrows scope, lists, io and buffer until it is finished, and writes
    only to the buffer.  Calls share nothing: one per thread needs no lock.  The
    secret stays where you keep it; no copy of it outlives a call.
*/
#ifndef SMH_TOKEN_H
#define SMH_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define SMH_TOKEN_VERSION "0.1.0"

#ifdef SMH_TOKEN_STATIC
#if defined(__GNUC__)
#define SMH_API static __attribute__((unused))
#else
#define SMH_API static
#endif
#else
#define SMH_API extern
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- results ----------------------------------------------------------- */

#define SMH_DONE 204

/* One table makes the enum and the texts of smh_strerror(). */
#define SMH_RESULTS(X)                                                         \
    X(SMH_AGAIN, -1, "not now, call again")                                    \
    X(SMH_E_ARGUMENT, -2, "scope, io, buffer or its size is missing")          \
    X(SMH_E_HOST, -3, "host: want a name, an IPv4 or a [IPv6] address alone")  \
    X(SMH_E_LIBRARY, -4, "library id: empty, a dot, or a blank at an end")     \
    X(SMH_E_SECRET, -5, "library secret: empty, or a blank at an end")         \
    X(SMH_E_LIST, -6, "list is empty (no filter is a NULL list)")              \
    X(SMH_E_ITEM, -7, "id is NULL or empty")                                   \
    X(SMH_E_BLANK, -8, "id begins or ends with a blank or control byte")       \
    X(SMH_E_COMMA, -9, "id has a comma, the service's separator")              \
    X(SMH_E_LONG, -10, "id, library id or secret too long for a request")      \
    X(SMH_E_RANGE, -11, "resume is past the end: not the same lists?")         \
    X(SMH_E_INSECURE, -12, "port is not authenticated and encrypted")          \
    X(SMH_E_PORT, -13, "port breaks its contract")                             \
    X(SMH_E_CLOCK, -14, "clock of the port stands still")                      \
    X(SMH_E_TIMEOUT, -15, "deadline passed")                                   \
    X(SMH_E_CANCELLED, -16, "cancelled")                                       \
    X(SMH_E_RESOLVE, -17, "host name not resolved")                            \
    X(SMH_E_NETWORK, -18, "network failed")                                    \
    X(SMH_E_CLOSED, -19, "server closed before its answer was complete")       \
    X(SMH_E_TLS, -20, "TLS failed: server not verified")                       \
    X(SMH_E_MEMORY, -21, "port is out of memory")                              \
    X(SMH_E_ANSWER, -22, "answer is not HTTP/1.x")                             \
    X(SMH_E_EXTRA, -23, "server sent more than was asked")

#define SMHI_ENUM(name, value, text) name = value,
enum { SMH_RESULTS(SMHI_ENUM) SMH_PENDING = 0 };
#undef SMHI_ENUM

/* A text for any result, a status included; never NULL, never the secret. */
SMH_API const char *smh_strerror(int result);

/* 1 if the same call may succeed later: 429, 500, 502, 503, 504, and what a
 * network does (RESOLVE, NETWORK, CLOSED, TIMEOUT); else 0. */
SMH_API int smh_retryable(int result);

/* ms to wait before try number attempt (1 is the first repetition): doubles from
 * base_ms up to cap_ms, of which random, any 32 bits, picks the upper half. */
SMH_API uint32_t smh_backoff(unsigned attempt, uint32_t base_ms,
                             uint32_t cap_ms, uint32_t random);

/* ---- scope: what to revoke --------------------------------------------- */

typedef struct smh_list {
    const char *const *items; /* opaque ids, sent percent-encoded (RFC 3986) */
    size_t count;
} smh_list;

enum { SMH_USERS = 1, SMH_CLIENTS = 2, SMH_SESSIONS = 3 };

/* Zero it, then set.  A NULL filter means none: all of a user's tokens go.  A list
 * that is given must not be empty, so that an empty one cannot mean all. */
typedef struct smh_scope {
    const char *host;           /* name, IPv4 or [IPv6]; no port, no scheme */
    const char *library_id;     /* sent percent-encoded */
    const char *library_secret; /* yours; only its encoding enters the buffer */
    const smh_list *users;      /* whose tokens; required */
    const smh_list *clients;    /* only tokens of these clients, or NULL */
    const smh_list *sessions;   /* only tokens of these sessions, or NULL */
    uint16_t port;              /* 0: 443 */
} smh_scope;

/* A checked scope: every other function takes this. */
typedef struct smh_plan {
    const smh_scope *scope; /* borrowed */
    size_t index;           /* the id at fault in list, from 0 */
    uint8_t list;           /* SMH_USERS.. if a list is at fault, else 0 */
    uint16_t room;          /* private from here: octets for ids in a line */
    uint16_t longest[3];    /* octets of the longest id of each list */
    uint16_t total[3];      /* octets of each list, at most 65535 */
} smh_plan;

/* 0, or the first error of the scope; plan->list and plan->index say where. */
SMH_API int smh_check(const smh_scope *scope, smh_plan *plan);

/* ---- batches: which ids go into one request ----------------------------- */

/* Zero it, then call smh_next(). */
typedef struct smh_batch {
    size_t at[3];   /* first user, client, session */
    uint32_t index; /* requests before this one */
    uint8_t n[3];   /* users, clients, sessions; at most 10, 100, 100 */
} smh_batch;

/* Goes to the next batch: 1, or 0 behind the last.  The same scope always gives the
 * same batches, and they cover users x clients x sessions exactly once. */
SMH_API int smh_next(const smh_plan *plan, smh_batch *batch);

/* How many requests the plan takes; UINT32_MAX stands for that many or more. */
SMH_API uint32_t smh_count(const smh_plan *plan);

/* ---- writer: the octets of one request ---------------------------------- */

/* Writes the octets of the request from offset on into window, size octets at most,
 * and returns the whole length.  A size of 0 measures; window may then be NULL.  If
 * masked, the secret is shown as "***", for people to read. */
SMH_API size_t smh_write(const smh_plan *plan, const smh_batch *batch,
                         int masked, size_t offset, char *window, size_t size);

/* ---- reader: the status of one answer ----------------------------------- */

/* Zero it before the first answer. */
typedef struct smh_reader {
    uint16_t length; /* octets of the answer so far, interim ones included */
    uint16_t status;
    uint8_t at; /* private */
    uint8_t interim;
} smh_reader;

/* Takes one octet.  0: more, please.  204: its blank line has come, the next octet
 * begins another answer.  Another status: its status line has come; what follows
 * cannot be framed.  SMH_E_ANSWER: not HTTP/1.x, or beyond the limits. */
SMH_API int smh_read(smh_reader *reader, unsigned char octet);

/* ---- port: how octets travel -------------------------------------------- */

/* See THE PORT above. */
typedef struct smh_port_ops {
    int (*open)(void *ctx, const char *host, uint16_t port);
    int (*send)(void *ctx, const void *data, size_t size);
    int (*recv)(void *ctx, void *data, size_t size);
    int (*close)(void *ctx, int at_once);
    uint32_t (*now_ms)(void *ctx);
    int (*wait)(void *ctx, uint32_t ms);
    uint8_t secure;
} smh_port_ops;

typedef struct smh_port {
    const smh_port_ops *ops;
    void *ctx;
} smh_port;

/* ---- exchange: the call -------------------------------------------------- */

/* Zero it, then set the first three. */
typedef struct smh_io {
    smh_port port;
    char *buffer;        /* wiped when the call is over */
    size_t size;         /* octets, from 1 */
    uint32_t timeout_ms; /* for all of it, from smh_begin(); 0: SMH_TIMEOUT_MS */
    uint32_t resume;     /* requests to leave out: an earlier report.resume */
    uint16_t pipeline;   /* requests in flight at most; 0 and 1: one */
} smh_io;

typedef struct smh_report {
    int result;         /* as returned; 0 while not finished */
    uint32_t requests;  /* in all */
    uint32_t confirmed; /* answered 204 in this call */
    uint32_t resume;    /* where a next call goes on: all before are confirmed */
} smh_report;

/* Complete so that you can allocate it; only report and plan are yours to read. */
typedef struct smh_call {
    smh_report report;
    smh_plan plan;
    const smh_io *io;
    smh_batch sent;  /* being sent */
    smh_batch done;  /* the next to be confirmed */
    size_t offset;   /* octets of sent that are out */
    uint32_t begun;  /* ms */
    uint32_t tick;   /* ms, the clock at the last wait */
    uint32_t spins;  /* waits since it moved */
    smh_reader reader;
    int16_t broken;  /* why sending failed */
    uint8_t state;
    uint8_t opened;  /* the port needs a close */
    uint8_t served;  /* an answer was confirmed since the last opening */
    uint8_t expired; /* no more time, whatever the clock says */
} smh_call;

/* The blocking call: begin, step and wait until it is over. */
SMH_API int smh_revoke(smh_call *call, const smh_scope *scope, const smh_io *io);

/* Checks everything and starts the clock.  0, or the result if that is all. */
SMH_API int smh_begin(smh_call *call, const smh_scope *scope, const smh_io *io);

/* Goes on until every callback says SMH_AGAIN.  0, or the result. */
SMH_API int smh_step(smh_call *call);

/* Blocks in the port until another step makes sense or the time is up.  0, or the
 * result. */
SMH_API int smh_wait(smh_call *call);

/* Ends the call now: closes at once, wipes the buffer.  The result. */
SMH_API int smh_cancel(smh_call *call);

#ifdef __cplusplus
}
#endif
#endif /* SMH_TOKEN_H */
