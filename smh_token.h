/* smh_token.h - v0.2.0 - cut a user off at Smart Media Hosting (SMH) - 0BSD

Calls "Delete All Access Tokens for a Specific User" of the service,

    DELETE /api/v1/token/{LibraryId}?library_secret=...&user_id=...

for any number of users, clients and sessions, in batches that the service
accepts, over any transport that is authenticated and encrypted.  No allocation,
no globals, no libc.  It carries the library's secret, so it belongs in a back
end or a gateway, never in an app.

CONTENTS
    DO THIS, EXAMPLE, BARE METAL, HOW IT WORKS, RESULTS, BUFFER AND TIME,
    LIMITS, A PORT OF YOUR OWN, OPTIONS, THREADS, SECRETS; API, code, HISTORY.

DO THIS
    in one C or C++ file; everywhere else only the #include

        #define SMH_TOKEN_IMPLEMENTATION
        #include "smh_token.h"

EXAMPLE
    with a port from port/, or your own

        static char buffer[1024];
        static const char *const ids[] = { "alice" };
        smh_list  users = { ids, 1 };
        smh_scope scope = { 0 };
        smh_io    io    = { 0 };
        smh_call  call;
        char      why[200];

        scope.host           = "smh0example.api.tencentsmh.cn";
        scope.library_id     = "smh0example";
        scope.library_secret = secret;
        scope.users          = &users;
        io.port   = port;
        io.buffer = buffer;
        io.size   = sizeof buffer;

        int result = smh_revoke(&call, &scope, &io);
        if (result != SMH_DONE)
            report(smh_explain(&call, why, sizeof why), call.report.resume);

    In C++ the two zeroed structs are written = {}.

BARE METAL
    the same without blocking; other_work() gives the network stack its turns

        result = smh_begin(&call, &scope, &io);
        while (result == 0) {
            result = smh_step(&call);
            other_work();
        }

HOW IT WORKS
    Data flows one way, and each layer knows only the one before it:

        scope -> batches -> writer -> exchange -> port (TLS -> TCP)
                            reader ---^

        smh_begin()   The scope is checked and its requests are counted.
                      Nothing is sent; the secret is where you keep it.
        smh_step()    The port is opened: name, connection, handshake, and the
                      certificate is verified.
                      Requests are written into your buffer, secret included,
                      and sent.  Answers are read into the same buffer.
                      A 204 confirms the oldest request in flight.  A connection
                      that was of use and is lost is opened again.
        the end       The buffer is wiped, then the port is closed.

RESULTS
    A call and its steps return > 0, the HTTP status of the service; 0, not
    finished yet; or < 0, one of SMH_E_*.  A result stays.  Only SMH_DONE (204)
    is success: a 204 was read for every request.  It does not say whether there
    were any tokens.

    After anything else, call.report says how many requests are confirmed and
    how many of the others may have been carried out; repeating those is
    harmless.  smh_explain() says in words what is known.  A second call with
    the same lists and smh_io.resume = call.report.resume does the rest and
    nothing else.

    What a request holds depends on the lists, SMH_LINE_MAX and SMH_COMMA alone.
    So a resume point outlives another host or secret, and a later release of
    this header, but no change of those three, nor of the library for which the
    requests are confirmed.

BUFFER AND TIME
    Your buffer may have any size from 1 byte; requests and answers share it.
    One that takes a whole request makes one TLS record of it, or of several if
    they are pipelined; one of 64 bytes makes many, each written from the first
    byte on: 20 times the work for 210 ids of 16 bytes.  All can ask the same.

    smh_io.timeout_ms counts from smh_begin(), and anew from each 204.  So it
    fits any number of requests, and a server that only drips gains nothing.

LIMITS
    HTTP/1.1 does not say which request an answer belongs to: a server that
    answers a request twice, and sends its second 204 late, confirms the next
    request by it.

    Header fields are skipped, not read.  A server that says "Connection: close"
    and then answers 408 or 503 to what follows, instead of closing, ends the
    call with that status; a second call goes on from report.resume.

A PORT OF YOUR OWN
    is a const table of callbacks, smh_port_ops, and a context for them.  Its
    contract is written beside the members.  None of them blocks but wait.
    Except for now_ms and explain they return

        > 0             bytes moved, or 1 for "done" (open, close, wait)
        SMH_AGAIN       nothing could be done now; call again
        SMH_E_CLOSED    the peer ended the connection
        another SMH_E_  it failed: RESOLVE, NETWORK, TLS or MEMORY

    and never 0, which means three things in three libraries.

OPTIONS
    macros for the file of the implementation; none changes a type
    SMH_TOKEN_IMPLEMENTATION   emits the code
    SMH_TOKEN_STATIC           makes every function static (in every file)
    SMH_ALLOW_PLAINTEXT        allows a port that is not secure
    SMH_WORDS          1       0: no words, here and in the ports; explanations
                               and smh_strerror() are then empty
    SMH_LINE_MAX       8000    bytes of a request, 1024 to 32000: its line then
                               fits a server's limit (RFC 9110, 4.1); 512 of
                               them are for all but the ids
    SMH_COMMA          ","     what separates ids, "," or "%2C"
    SMH_TIMEOUT_MS     30000   for each 204, if smh_io.timeout_ms is 0
    SMH_REQUESTS_MAX   1000000 requests of a call, from 1
    SMH_ANSWER_MAX     65535   bytes of an answer and its interim ones, from 64
    SMH_INTERIM_MAX    8       1xx answers before each answer, 0 to 255
    SMH_SPINS_MAX      1000000 turns of smh_wait(), from 1, without a tick of
                               the clock before it counts as stuck

THREADS, SECRETS
    A call borrows scope, lists, io, buffer and port until you have asked your
    last question about it, and writes only to the buffer.  Calls share nothing,
    so one per thread needs no lock.  The secret stays where you keep it; no
    copy of it outlives a call.
*/
#ifndef SMH_TOKEN_H
#define SMH_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define SMH_TOKEN_VERSION "0.2.0"
#define SMH_TOKEN_VERSION_NUMBER 0x000200 /* a byte each: 0, 2, 0 */

#if !defined(SMH_TOKEN_STATIC)
#define SMH_API extern
#elif defined(__GNUC__)
#define SMH_API static __attribute__((unused))
#else
#define SMH_API static
#endif

#ifndef SMH_WORDS
#define SMH_WORDS 1
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- results ------------------------------------------------------------- */

/* One table makes the enum and the texts of smh_strerror().  From ARGUMENT to
 * RANGE the input is at fault and nothing was sent. */
#define SMH_RESULTS(X)                                                         \
    X(SMH_AGAIN, -1, "not now, call again")                                    \
    X(SMH_E_ARGUMENT, -2, "scope or io missing")                               \
    X(SMH_E_BUFFER, -3, "io.buffer missing, or io.size 0")                     \
    X(SMH_E_NO_PORT, -4, "io.port not set, or without a callback")             \
    X(SMH_E_INSECURE, -5, "port not authenticated and encrypted")              \
    X(SMH_E_HOST, -6, "host: want a name alone, no address")                   \
    X(SMH_E_LIBRARY, -7,                                                       \
      "library id: want A-Z a-z 0-9 - . _ ~, and not . or ..")                 \
    X(SMH_E_SECRET, -8, "library secret empty, or white space at an end")      \
    X(SMH_E_USERS, -9, "no users given")                                       \
    X(SMH_E_LIST, -10, "list given but empty (no filter: NULL)")               \
    X(SMH_E_ITEM, -11, "id NULL or empty")                                     \
    X(SMH_E_BLANK, -12, "id with white space or a control byte at an end")     \
    X(SMH_E_COMMA, -13, "id with a comma, which separates ids")                \
    X(SMH_E_LONG, -14, "too long for a request line")                          \
    X(SMH_E_RANGE, -15, "too many requests, or resume past the end")           \
    X(SMH_E_PORT, -16, "port breaks its contract")                             \
    X(SMH_E_CLOCK, -17, "clock of the port stands still")                      \
    X(SMH_E_TIMEOUT, -18, "deadline passed")                                   \
    X(SMH_E_RESOLVE, -19, "host name not resolved")                            \
    X(SMH_E_NETWORK, -20, "network failed")                                    \
    X(SMH_E_CLOSED, -21, "server closed before its answer was whole")          \
    X(SMH_E_TLS, -22, "TLS failed")                                            \
    X(SMH_E_MEMORY, -23, "port out of memory")                                 \
    X(SMH_E_ANSWER, -24, "answer is not HTTP/1.x, or beyond a limit")          \
    X(SMH_E_EXTRA, -25, "server sent more than was asked")                     \
    X(SMH_E_CANCELLED, -26, "cancelled")

#define SMHI_ENUM(name, value, text) name = (value),
enum { SMH_RESULTS(SMHI_ENUM) SMH_PENDING = 0, SMH_DONE = 204 };
#undef SMHI_ENUM

/* Returns a text for any result, a status included; it is never NULL. */
SMH_API const char *smh_strerror(int result);

/* Returns 1 if the same call may succeed later: after 429, 500, 502, 503, 504,
 * and what a network does (TIMEOUT, RESOLVE, NETWORK, CLOSED).  Else 0. */
SMH_API int smh_retryable(int result);

/* Returns the ms to wait before repetition attempt, from 1: base_ms doubled
 * each time, up to cap_ms.  random, any 32 bits, picks from the upper half. */
SMH_API uint32_t smh_backoff(unsigned attempt, uint32_t base_ms,
                             uint32_t cap_ms, uint32_t random);

/* ---- words: how a port says what it knows -------------------------------- */

/* A text that grows up to the end of its buffer and is cut off there. */
typedef struct smh_text {
    char *at;    /* Where the next byte goes, and the NUL is. */
    size_t room; /* The bytes that still fit before the NUL. */
} smh_text;

/* What a port is at, or where it failed. */
enum {
    SMH_STAGE_NONE,
    SMH_STAGE_SET_UP,
    SMH_STAGE_RESOLVE,
    SMH_STAGE_CONNECT,
    SMH_STAGE_HANDSHAKE,
    SMH_STAGE_WRITE,
    SMH_STAGE_READ,
    SMH_STAGE_CLOSE
};

/* What a port may wait for, in its member want. */
enum { SMH_WANT_READ = 1, SMH_WANT_WRITE = 2 };

/* What happened since the last opening; it stays after the close. */
typedef struct smh_diag {
    uint8_t stage;     /* SMH_STAGE_*: the last thing tried. */
    int16_t result;    /* The SMH_E_* that it came to, or 0. */
    int32_t code;      /* The same in numbers of the system below, or 0. */
    uint32_t received; /* Bytes from below. */
    uint32_t sent;     /* Bytes that were taken below. */
} smh_diag;

#if SMH_WORDS
SMH_API void smh_put_words(smh_text *text, const char *words);

/* Adds a number to the base 10 or 16, of at least so many digits. */
SMH_API void smh_put_number(smh_text *text, uint32_t number, unsigned base,
                            int digits);

/* Adds a stranger's name in quotes, without what a terminal or a log obeys. */
SMH_API void smh_put_name(smh_text *text, const void *name, size_t size);

/* Adds the stage and ": "; or, if nothing went wrong there, the stage and how
 * many bytes there were, which is what to say when the time is up. */
SMH_API void smh_put_diag(smh_text *text, const smh_diag *diag);
#endif

/* ---- scope: what to revoke ----------------------------------------------- */

/* One that is given must not be empty, so that an empty one cannot mean all. */
typedef struct smh_list {
    const char *const *items; /* Opaque ids; they are sent percent-encoded. */
    size_t count;             /* How many there are, from 1. */
} smh_list;

/* The numbers of the three lists in smh_plan.list. */
enum { SMH_USERS = 1, SMH_CLIENTS, SMH_SESSIONS };

/* Zero it, then set what you need. */
typedef struct smh_scope {
    const char *host;           /* The library's own: a name, without scheme,
                                   port or path.  An address is refused; a
                                   port's resolve hook pins a name to one. */
    const char *library_id;     /* Unreserved bytes (RFC 3986, 2.3). */
    const char *library_secret; /* It is sent percent-encoded. */
    const smh_list *users;      /* Whose tokens go; required. */
    const smh_list *clients;    /* Only tokens of these go; NULL: no filter. */
    const smh_list *sessions;   /* Only tokens of these go; NULL: no filter. */
    uint16_t port;              /* Of TCP; 0 means 443. */
} smh_scope;

/* A checked scope. */
typedef struct smh_plan {
    uint8_t list;           /* The list at fault, SMH_USERS.., or 0. */
    uint16_t inner[3];      /* Private: bytes that the lists inside need. */
    size_t index;           /* The id at fault in that list, from 0. */
    const smh_scope *scope; /* Borrowed. */
} smh_plan;

/* Returns 0, or the first error; plan->list and plan->index say where it is. */
SMH_API int smh_check(const smh_scope *scope, smh_plan *plan);

/* ---- batches: which ids go into one request ------------------------------ */

/* Zero it, then call smh_next(). */
typedef struct smh_batch {
    uint8_t n[3];     /* Users, clients and sessions: at most 10, 100, 100. */
    uint16_t room[2]; /* Private: bytes that users, clients leave. */
    size_t at[3];     /* Where the first of each is in its list. */
    uint32_t index;   /* How many requests come before this one. */
} smh_batch;

/* Goes to the next batch.  Returns 1, or 0 after the last.  The same lists
 * always give the same batches, which cover users x clients x sessions exactly
 * once. */
SMH_API int smh_next(const smh_plan *plan, smh_batch *batch);

/* Returns the number of batches; 0 stands for more than SMH_REQUESTS_MAX. */
SMH_API uint32_t smh_count(const smh_plan *plan);

/* ---- writer: the bytes of one request ------------------------------------ */

/* Writes the bytes of the request from offset on into window, size of them at
 * most, and returns the whole length.  A size of 0 measures; window may then be
 * NULL.  If masked, the secret is shown as "***", for people to read. */
SMH_API size_t smh_write(const smh_plan *plan, const smh_batch *batch,
                         int masked, size_t offset, char *window, size_t size);

/* ---- reader: the status of one answer ------------------------------------ */

/* Zero it before the first answer. */
typedef struct smh_reader {
    uint16_t length; /* Bytes of the answer so far, interim ones included. */
    uint16_t status; /* As far as it has been read. */
    uint8_t at;      /* Private from here: the place in the grammar, */
    uint8_t cr;      /* whether the last byte was a CR, */
    uint8_t interim; /* and the 1xx answers so far. */
} smh_reader;

/* Takes one byte.  Returns 0: more, please.  204: its blank line has come, and
 * the next byte begins another answer.  Another status: its status line has
 * come, and what follows cannot be framed.  SMH_E_ANSWER: this is not HTTP/1.x,
 * is beyond a limit, or comes after such a status or error. */
SMH_API int smh_read(smh_reader *reader, unsigned char byte);

/* ---- port: what moves the bytes ------------------------------------------ */

/* The contract; A PORT OF YOUR OWN above lists what these return.  None
 * looks at data after its return: what is taken is copied, and wiped when it is
 * out or the port is closed. */
typedef struct smh_port_ops {
    /* Resolves, connects, shakes hands.  It is called until it does not return
     * SMH_AGAIN, and again in the same call when a connection was lost. */
    int (*open)(void *ctx, const char *host, uint16_t port);

    /* Takes some of size bytes.  After SMH_AGAIN the same bytes are offered
     * again, unless close comes, with more behind them if recv has made room in
     * between: who holds bytes must remember how many were offered. */
    int (*send)(void *ctx, const void *data, size_t size);

    /* Gives up to size bytes.  SMH_E_CLOSED comes only when all that arrived
     * has been read, also after send has failed.  Like open, it reads a port
     * below it at most 8 times, so that a limit of time or smh_cancel() counts
     * soon whatever the peer sends. */
    int (*recv)(void *ctx, void *data, size_t size);

    /* Closes in an orderly way, called again after SMH_AGAIN; or at once if
     * at_once, in the middle of anything, and then never says SMH_AGAIN.  It
     * comes whenever open was called, whatever came of it.  A failure is
     * ignored. */
    int (*close)(void *ctx, int at_once);

    /* Returns a clock that never goes back, in ms.  It may wrap, and ticks
     * every 100 ms at least. */
    uint32_t (*now_ms)(void *ctx);

    /* Blocks, for smh_wait() and smh_revoke(); NULL if those are not used.  It
     * is called only after an SMH_AGAIN: it returns 1 as soon as that may have
     * changed (too early is fine), and SMH_AGAIN only when all of ms, up to
     * 2^32 - 1, have passed: then the time is up. */
    int (*wait)(void *ctx, uint32_t ms);

    /* 1 only if, before open returns 1, the peer's chain to a CA of yours, its
     * name and its dates are verified, and all is encrypted; many a modem has
     * to be told to.  Else 0. */
    uint8_t secure;

    /* Adds, for smh_explain(), what this port and the one below it know of what
     * went wrong; NULL if they have no words. */
    void (*explain)(void *ctx, smh_text *text);
} smh_port_ops;

typedef struct smh_port {
    const smh_port_ops *ops; /* One table for all ports of a kind. */
    void *ctx;               /* The state of this one. */
} smh_port;

/* ---- exchange: the call -------------------------------------------------- */

/* Zero it, then set the first three. */
typedef struct smh_io {
    smh_port port;       /* What moves the bytes; secure. */
    char *buffer;        /* Yours, for requests and answers; what was written
                            there is wiped when a call ends. */
    size_t size;         /* Of buffer in bytes, from 1. */
    uint32_t timeout_ms; /* To the first 204 from smh_begin(), and to each next
                            one; 0 means SMH_TIMEOUT_MS. */
    uint32_t resume;     /* Requests to leave out: an earlier report.resume, if
                            it still holds: see RESULTS. */
    uint16_t pipeline;   /* Requests in flight at most, which share sends as far
                            as buffer has room; 0 and 1 mean one, and so it is
                            after a loss until the next 204.  Between steps it
                            may grow: begin with 1 after a failed call. */
} smh_io;

typedef struct smh_report {
    int result;         /* As returned at the end. */
    uint32_t requests;  /* In all. */
    uint32_t confirmed; /* Answered 204 in this call. */
    uint32_t resume;    /* Where a next call goes on; all before are confirmed,
                           earlier calls included. */
    uint32_t in_doubt;  /* Requests from there on that may have been carried
                           out: their last byte was offered to the port.  One
                           that was refused counts as well. */
} smh_report;

/* How far sending has come. */
typedef struct smh_cursor {
    uint16_t awaited; /* Requests that are out as a whole and not answered. */
    uint16_t offset;  /* Bytes of the next one that are out. */
    smh_batch batch;  /* That one. */
} smh_cursor;

/* Complete so that you can allocate it; only report and plan are yours to read.
 */
typedef struct smh_call {
    uint8_t state;
    uint8_t lively;    /* This connection may be opened again: a 204 came by it,
                          or more than one request was in flight. */
    uint8_t lost;      /* One was, and no 204 has come since. */
    uint8_t early;     /* The answer began before its request was out. */
    uint8_t expired;   /* There is no more time, whatever the clock says. */
    uint8_t busy;      /* The last step ended, and not by SMH_AGAIN. */
    uint8_t opened;    /* The port was asked to open. */
    int8_t broken;     /* Why sending failed, or 0. */
    smh_reader reader; /* Of the next answer. */
    uint16_t size;     /* Of a window: what fits the int that comes back. */
    uint16_t dirty;    /* Bytes of the buffer to wipe. */
    smh_cursor sent;   /* What was taken by the port. */
    const smh_io *io;  /* Borrowed. */
    smh_report report;
    smh_batch done; /* Where this connection began. */
    uint32_t begun; /* ms, when it began or the last 204 came. */
    uint32_t left;  /* ms to the deadline at the last wait. */
    uint32_t spins; /* Waits since that changed. */
    smh_plan plan;
} smh_call;

/* The blocking call: begins, steps, waits to the end.  Returns the result. */
SMH_API int smh_revoke(smh_call *call, const smh_scope *scope,
                       const smh_io *io);

/* Starts the clock, checks all.  Returns 0, or the result if that is all. */
SMH_API int smh_begin(smh_call *call, const smh_scope *scope, const smh_io *io);

/* Goes on until a callback says SMH_AGAIN, for 8 turns at most.  Returns 0, or
 * the result. */
SMH_API int smh_step(smh_call *call);

/* Blocks in the port until another step makes sense (not at all if the last one
 * did not end with SMH_AGAIN), the time is up, or ms have passed, to look at a
 * signal or show progress; UINT32_MAX: no sooner.  Returns 0, or the result. */
SMH_API int smh_wait(smh_call *call, uint32_t ms);

/* Ends the call: wipes the buffer and closes at once.  Returns the result. */
SMH_API int smh_cancel(smh_call *call);

/* Says in words how a call ended: its result, then what each port knows,
 * uppermost first.  Returns text, cut off at size; "" if that is 0. */
SMH_API const char *smh_explain(const smh_call *call, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif /* SMH_TOKEN_H */

#if defined(SMH_TOKEN_IMPLEMENTATION) && !defined(SMH_TOKEN_IMPLEMENTED)
#define SMH_TOKEN_IMPLEMENTED

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#endif

#ifndef SMH_LINE_MAX
#define SMH_LINE_MAX 8000
#endif
#ifndef SMH_COMMA
#define SMH_COMMA ","
#endif
#ifndef SMH_TIMEOUT_MS
#define SMH_TIMEOUT_MS 30000
#endif
#ifndef SMH_REQUESTS_MAX
#define SMH_REQUESTS_MAX 1000000
#endif
#ifndef SMH_ANSWER_MAX
#define SMH_ANSWER_MAX 65535
#endif
#ifndef SMH_INTERIM_MAX
#define SMH_INTERIM_MAX 8
#endif
#ifndef SMH_SPINS_MAX
#define SMH_SPINS_MAX 1000000
#endif

#if SMH_LINE_MAX < 1024 || SMH_LINE_MAX > 32000
#error "SMH_LINE_MAX: want 1024 to 32000 bytes"
#elif SMH_TIMEOUT_MS < 1 || SMH_TIMEOUT_MS > 4294967295
#error "SMH_TIMEOUT_MS: want 1 to 4294967295 ms"
#elif SMH_REQUESTS_MAX < 1 || SMH_REQUESTS_MAX > 4294967295
#error "SMH_REQUESTS_MAX: want 1 to 4294967295 requests"
#elif SMH_ANSWER_MAX < 64 || SMH_ANSWER_MAX > 65535
#error "SMH_ANSWER_MAX: want 64 to 65535 bytes"
#elif SMH_INTERIM_MAX < 0 || SMH_INTERIM_MAX > 255
#error "SMH_INTERIM_MAX: want 0 to 255 answers"
#elif SMH_SPINS_MAX < 1 || SMH_SPINS_MAX > 4294967295
#error "SMH_SPINS_MAX: want 1 to 4294967295 turns"
#endif

/* Only "," and "%2C" part the ids; a compiler can compare but their sizes. */
enum { SMHI_COMMA_SIZE = sizeof SMH_COMMA - 1 };
enum { SMHI_COMMA_OK = 1 / (SMHI_COMMA_SIZE == 1 || SMHI_COMMA_SIZE == 3) };

/* Bytes of a request for all but the ids, and for them.  Always the same, so
 * that a resume point holds when host or secret were put right. */
#define SMHI_FIXED_MAX 512
#define SMHI_ROOM (SMH_LINE_MAX - SMHI_FIXED_MAX)

/* What stands between host, library id, secret and ids. */
#define SMHI_TO_LIBRARY "DELETE /api/v1/token/"
#define SMHI_TO_SECRET "?library_secret="
#define SMHI_TO_USERS "&user_id="
#define SMHI_TO_CLIENTS "&client_id="
#define SMHI_TO_SESSIONS "&session_id="
#define SMHI_TO_HOST " HTTP/1.1\r\nHost: "
#define SMHI_END "\r\n\r\n"
enum {
    SMHI_LITERALS = sizeof SMHI_TO_LIBRARY SMHI_TO_SECRET SMHI_TO_USERS
                        SMHI_TO_CLIENTS SMHI_TO_SESSIONS SMHI_TO_HOST
                    ":65535" SMHI_END -
                    1
};

/* Through volatile, or a compiler may leave out a last write. */
static void smhi_wipe(void *memory, size_t size)
{
    volatile unsigned char *p = (volatile unsigned char *)memory;
    while (size-- != 0)
        *p++ = 0;
}

/* RFC 3986, 2.3 */
static int smhi_unreserved(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

/* Bytes of the blank that text, which is not empty, begins with, or 0: ASCII's
 * blank and control bytes, and in UTF-8 what Unicode counts as White_Space,
 * U+200B and U+FEFF.  A row is the first three bytes and how many more follow
 * it; of U+0085 and U+00A0, which have two, any third one. */
static int smhi_blank(const char *text)
{
    static const uint32_t rows[] = {0xC28500FF, 0xC2A000FF, 0xE19A8000,
                                    0xE280800B, 0xE280A801, 0xE280AF00,
                                    0xE2819F00, 0xE3808000, 0xEFBBBF00};
    const unsigned char *p = (const unsigned char *)text;
    uint32_t three = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8;
    unsigned i;
    if (p[0] <= ' ' || p[0] == 127)
        return 1;
    if (p[1] != '\0')
        three |= p[2];
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        if (three - (rows[i] >> 8) <= (rows[i] & 255))
            return p[0] < 0xE0 ? 2 : 3;
    return 0;
}

/* ---- scope --------------------------------------------------------------- */

static const smh_list *smhi_list(const smh_plan *plan, int k)
{
    const smh_scope *scope = plan->scope;
    return k == 0 ? scope->users : k == 1 ? scope->clients : scope->sessions;
}

/* Bytes of an encoded text, counted no further than needed to see that it fits
 * no line; or why it cannot be sent: a service that trims would take a blank
 * for empty, and an empty filter for none; a separator would make two ids of
 * one, and nothing escapes it. */
static int smhi_cost(const char *text, char separator)
{
    const char *p = text;
    int n = 0;
    if (text == NULL || *text == '\0')
        return SMH_E_ITEM;
    for (; *p != '\0'; p++) {
        int plain = smhi_unreserved(*p);
        int blank = plain ? 0 : smhi_blank(p);
        if (*p == separator)
            return SMH_E_COMMA;
        if (blank != 0 && (p == text || p[blank] == '\0'))
            return SMH_E_BLANK;
        if (n <= SMH_LINE_MAX)
            n += plain ? 1 : 3;
    }
    return n;
}

/* The length of what stands in a Host field by itself (RFC 9110, 7.2), or 0: no
 * user, no port, no path, no line end.  The last label is not empty, as TLS
 * takes no dot at the end, and begins with no digit, or a resolver might take
 * it all for an address (RFC 1123, 2.1). */
static size_t smhi_host(const char *host)
{
    size_t n, last = 0;
    for (n = 0; smhi_unreserved(host[n]); n++)
        if (host[n] == '.')
            last = n + 1;
    if (host[n] != '\0' || n > 255 || last == n ||
        (host[last] >= '0' && host[last] <= '9'))
        return 0;
    return n;
}

/* The length of one segment of a path, to any proxy, or 0: what is encoded
 * there (a slash) may be decoded on its way, and a dot segment goes away (RFC
 * 3986, 6.2.2.3). */
static size_t smhi_segment(const char *id)
{
    size_t n = 0;
    while (smhi_unreserved(id[n]))
        n++;
    if (id[n] != '\0' || (n < 3 && id[0] == '.' && id[n - 1] == '.'))
        return 0;
    return n;
}

/* All but the ids fits SMHI_FIXED_MAX, whatever port and lists there are. */
static int smhi_check_fixed(const smh_scope *scope)
{
    size_t left = SMHI_FIXED_MAX - SMHI_LITERALS;
    size_t n = scope->host != NULL ? smhi_host(scope->host) : 0;
    int cost;
    if (n == 0)
        return SMH_E_HOST;
    left -= n;
    n = scope->library_id != NULL ? smhi_segment(scope->library_id) : 0;
    if (n == 0)
        return SMH_E_LIBRARY;
    if (n > left)
        return SMH_E_LONG;
    cost = smhi_cost(scope->library_secret, '\0');
    if (cost < 0)
        return SMH_E_SECRET;
    return (size_t)cost > left - n ? SMH_E_LONG : 0;
}

/* The longest ids of all lists must fit a line together. */
static int smhi_check_lists(smh_plan *plan)
{
    int need = 0;
    for (plan->list = 3; plan->list > 0; plan->list--) {
        const smh_list *list = smhi_list(plan, plan->list - 1);
        int inner = need;
        plan->inner[plan->list - 1] = (uint16_t)inner;
        if (list == NULL && plan->list > 1)
            continue;
        plan->index = 0;
        if (list == NULL)
            return SMH_E_USERS;
        if (list->items == NULL || list->count == 0)
            return SMH_E_LIST;
        for (; plan->index < list->count; plan->index++) {
            int cost = smhi_cost(list->items[plan->index], ',');
            if (cost < 0)
                return cost;
            cost += SMHI_COMMA_SIZE;
            if (cost > SMHI_ROOM - inner)
                return SMH_E_LONG;
            if (inner + cost > need)
                need = inner + cost;
        }
    }
    return 0;
}

SMH_API int smh_check(const smh_scope *scope, smh_plan *plan)
{
    int r = SMH_E_ARGUMENT;
    smhi_wipe(plan, sizeof *plan);
    plan->scope = scope;
    if (scope != NULL)
        r = smhi_check_fixed(scope);
    return r == 0 ? smhi_check_lists(plan) : r;
}

/* ---- batches ------------------------------------------------------------- */

/* An odometer: sessions turn fastest.  A list moves on only when every list
 * inside it has come round, or the product would get holes.  Returns which. */
static int smhi_turn(const smh_plan *plan, smh_batch *batch)
{
    int k;
    for (k = 2;; k--) {
        const smh_list *list = smhi_list(plan, k);
        batch->at[k] += batch->n[k];
        if (k == 0 || (list != NULL && batch->at[k] < list->count))
            return k;
        batch->at[k] = 0;
    }
}

/* Takes ids of list k, at least one, while they leave half of the room to the
 * lists inside, or what their longest ids need.  Returns the room left. */
static int smhi_fill(const smh_plan *plan, smh_batch *batch, int k, int room)
{
    const smh_list *list = smhi_list(plan, k);
    int inner = (int)plan->inner[k], left = room, n, most = k == 0 ? 10 : 100;
    if (inner != 0 && inner < room / 2)
        inner = room / 2;
    for (n = 0; list != NULL && n < most; n++) {
        size_t at = batch->at[k] + (size_t)n;
        int cost;
        if (at == list->count)
            break;
        cost = smhi_cost(list->items[at], ',') + SMHI_COMMA_SIZE;
        if (n > 0 && cost > left - inner)
            break;
        left -= cost;
    }
    batch->n[k] = (uint8_t)n;
    return left;
}

/* The same place and room give the same ids, so a list that has not moved keeps
 * its share. */
SMH_API int smh_next(const smh_plan *plan, smh_batch *batch)
{
    int k = 0, room = SMHI_ROOM;
    if (batch->n[0] != 0) {
        batch->index++;
        k = smhi_turn(plan, batch);
    }
    if (k > 0)
        room = (int)batch->room[k - 1];
    for (; k < 3; k++) {
        room = smhi_fill(plan, batch, k, room);
        if (batch->n[0] == 0)
            return 0;
        if (k < 2)
            batch->room[k] = (uint16_t)room;
    }
    return 1;
}

SMH_API uint32_t smh_count(const smh_plan *plan)
{
    smh_batch batch;
    smhi_wipe(&batch, sizeof batch);
    while (smh_next(plan, &batch))
        if (batch.index == SMH_REQUESTS_MAX)
            return 0;
    return batch.index;
}

/* ---- writer -------------------------------------------------------------- */

typedef struct smhi_sink {
    char *window;
    size_t size;
    size_t offset; /* of the window in the request */
    size_t length; /* of the request so far */
} smhi_sink;

static void smhi_put(smhi_sink *sink, char c)
{
    size_t at = sink->length++;
    if (at >= sink->offset && at - sink->offset < sink->size)
        sink->window[at - sink->offset] = c;
}

static void smhi_puts(smhi_sink *sink, const char *text)
{
    while (*text != '\0')
        smhi_put(sink, *text++);
}

static void smhi_encode(smhi_sink *sink, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned c = (unsigned char)*text;
        if (!smhi_unreserved(*text)) {
            smhi_put(sink, '%');
            smhi_put(sink, "0123456789ABCDEF"[c >> 4]);
            c = (unsigned char)"0123456789ABCDEF"[c & 15];
        }
        smhi_put(sink, (char)c);
    }
}

static void smhi_put_ids(smhi_sink *sink, const smh_list *list, size_t at,
                         size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) {
        if (i > 0)
            smhi_puts(sink, SMH_COMMA);
        smhi_encode(sink, list->items[at + i]);
    }
}

/* n / 10 as a product, right for 16 bits: a division would cost 300 bytes of
 * library on a Cortex-M0+. */
static void smhi_put_port(smhi_sink *sink, uint32_t n)
{
    char text[7], *p = text + sizeof text - 1;
    *p = '\0';
    while (n != 0) {
        uint32_t tenth = n * 52429 >> 19;
        *--p = (char)('0' + (n - tenth * 10));
        n = tenth;
    }
    *--p = ':';
    smhi_puts(sink, p);
}

SMH_API size_t smh_write(const smh_plan *plan, const smh_batch *batch,
                         int masked, size_t offset, char *window, size_t size)
{
    const smh_scope *scope = plan->scope;
    smhi_sink sink;
    int k;
    sink.window = window;
    sink.size = size;
    sink.offset = offset;
    sink.length = 0;
    smhi_puts(&sink, SMHI_TO_LIBRARY);
    smhi_puts(&sink, scope->library_id);
    smhi_puts(&sink, SMHI_TO_SECRET);
    if (masked)
        smhi_puts(&sink, "***");
    else
        smhi_encode(&sink, scope->library_secret);
    for (k = 0; k < 3; k++) {
        const smh_list *list = smhi_list(plan, k);
        if (list != NULL) {
            smhi_puts(&sink, k == 0   ? SMHI_TO_USERS
                             : k == 1 ? SMHI_TO_CLIENTS
                                      : SMHI_TO_SESSIONS);
            smhi_put_ids(&sink, list, batch->at[k], batch->n[k]);
        }
    }
    smhi_puts(&sink, SMHI_TO_HOST);
    smhi_puts(&sink, scope->host);
    if (scope->port != 0 && scope->port != 443)
        smhi_put_port(&sink, scope->port);
    smhi_puts(&sink, SMHI_END);
    return sink.length;
}

/* ---- reader -------------------------------------------------------------- */

/* smh_reader.at; below SMHI_CODE it is the place in the status line. */
enum {
    SMHI_CODE = 12, /* behind the status code; + 1: in the reason phrase */
    SMHI_FIELD = 14 /* at the start of a field line; + 1: in it */
};

/* RFC 9112, 4: HTTP-version SP status-code, to the letter. */
static int smhi_read_lead(smh_reader *reader, unsigned char c)
{
    unsigned at = reader->at++;
    if (at == 7 || at > 8 ? c < '0' || c > '9' : c != "HTTP/1.0 "[at])
        return SMH_E_ANSWER;
    if (at > 8)
        reader->status = (uint16_t)(reader->status * 10u + c - '0');
    return 0;
}

/* The status line is whole.  Nobody asked for another protocol (101). */
static int smhi_read_status(smh_reader *reader)
{
    unsigned status = reader->status;
    if (status < 100 || status == 101 || status > 599)
        return SMH_E_ANSWER;
    if (status < 200)
        return reader->interim++ == SMH_INTERIM_MAX ? SMH_E_ANSWER : 0;
    return status == SMH_DONE ? 0 : (int)status;
}

/* The head is whole, and a 1xx or 204 has no more (RFC 9112, 6.3). */
static int smhi_read_end(smh_reader *reader)
{
    reader->at = 0;
    if (reader->status < 200) {
        reader->status = 0;
        return 0;
    }
    smhi_wipe(reader, sizeof *reader);
    return SMH_DONE;
}

/* Lines end with CR LF and nothing else: who is lenient here sees other lines
 * than a proxy on the way. */
static int smhi_read_byte(smh_reader *reader, unsigned char byte)
{
    unsigned at = reader->at;
    if (at < SMHI_CODE)
        return smhi_read_lead(reader, byte);
    if (reader->cr != (byte == '\n'))
        return SMH_E_ANSWER;
    reader->cr = byte == '\r';
    if (byte == '\r')
        return 0;
    if (byte == '\n') {
        reader->at = SMHI_FIELD;
        return at == SMHI_FIELD  ? smhi_read_end(reader)
               : at < SMHI_FIELD ? smhi_read_status(reader)
                                 : 0;
    }
    reader->at = (uint8_t)(at | 1);
    if (at == SMHI_CODE && byte != ' ')
        return SMH_E_ANSWER;
    return (byte < ' ' && byte != '\t') || byte == 127 ? SMH_E_ANSWER : 0;
}

/* Behind a refusal or an error nothing can be framed: no byte counts. */
SMH_API int smh_read(smh_reader *reader, unsigned char byte)
{
    int r = SMH_E_ANSWER;
    if (reader->length != SMH_ANSWER_MAX) {
        reader->length++;
        r = smhi_read_byte(reader, byte);
    }
    if (r != 0 && r != SMH_DONE)
        reader->length = SMH_ANSWER_MAX;
    return r;
}

/* ---- exchange ------------------------------------------------------------ */

/* smh_call.state; from OPENING to CLOSING the port needs a close. */
enum { SMHI_READY, SMHI_OPENING, SMHI_TALKING, SMHI_CLOSING, SMHI_OVER };

/* Of a step.  A port over another makes at most 8 reads below in one callback,
 * so a step makes at most 64. */
enum { SMHI_TURNS = 8 };

/* The first cause stays.  Nothing more is sent, so the secret may go. */
static void smhi_finish(smh_call *call, int result)
{
    if (call->state < SMHI_CLOSING) {
        call->report.result = result;
        call->state = call->state == SMHI_READY ? SMHI_OVER : SMHI_CLOSING;
        smhi_wipe(call->io->buffer, call->dirty);
    }
}

static uint32_t smhi_now(const smh_io *io)
{
    return (io->port.ops->now_ms)(io->port.ctx);
}

/* ms to the deadline; the difference is right across a wrap of the clock. */
static uint32_t smhi_left(const smh_call *call)
{
    const smh_io *io = call->io;
    uint32_t most = io->timeout_ms != 0 ? io->timeout_ms : SMH_TIMEOUT_MS;
    uint32_t past = smhi_now(io) - call->begun;
    return call->expired || past >= most ? 0 : most - past;
}

/* What a callback that was offered size bytes may answer: 1 to size, SMH_AGAIN
 * or an error of its own. */
static int smhi_answered(int n, size_t size)
{
    if (n > 0 ? (size_t)n <= size
              : n == SMH_AGAIN || (n <= SMH_E_RESOLVE && n >= SMH_E_MEMORY))
        return n;
    return SMH_E_PORT;
}

/* A turn of a step: it returns 1 to go on, SMH_AGAIN, or the result.  Before it
 * opens it goes past what is confirmed, a request each turn. */
static int smhi_open(smh_call *call)
{
    const smh_scope *scope = call->plan.scope;
    const smh_port *port = &call->io->port;
    uint16_t number = scope->port != 0 ? scope->port : 443;
    int r;
    if (call->done.index != call->report.resume)
        return smh_next(&call->plan, &call->done);
    call->state = SMHI_OPENING;
    call->opened = 1;
    r = smhi_answered((port->ops->open)(port->ctx, scope->host, number), 1);
    if (r > 0) {
        call->sent.awaited = 0;
        call->sent.offset = 0;
        call->sent.batch = call->done;
        call->broken = 0;
        call->lively = 0;
        call->state = SMHI_TALKING;
    }
    return r;
}

/* A connection that the server has closed is opened again if it was of use or
 * may have taken answers with it; what is not confirmed is sent again.  One
 * that came to nothing is an error, or a server that only closes would be
 * hammered. */
static int smhi_lost(smh_call *call, int error)
{
    const smh_port *port = &call->io->port;
    if (call->broken != 0)
        error = call->broken;
    if (!call->lively || call->reader.length != 0 ||
        (error != SMH_E_CLOSED && error != SMH_E_NETWORK))
        return error;
    (port->ops->close)(port->ctx, 1);
    call->lost = 1;
    call->state = SMHI_READY;
    return 1;
}

/* Behind a loss one goes alone, until a 204 shows that the server takes them
 * (RFC 9112, 9.3.2). */
static int smhi_may_send(const smh_call *call)
{
    const smh_cursor *sent = &call->sent;
    return sent->batch.n[0] != 0 &&
           (sent->awaited == 0 ||
            (!call->lost && sent->awaited < call->io->pipeline));
}

/* Writes what the window takes of the next request, and moves sending behind
 * it.  Returns the bytes written. */
static size_t smhi_pack_one(smh_call *call, char *window, size_t size)
{
    smh_cursor *sent = &call->sent;
    size_t n =
        smh_write(&call->plan, &sent->batch, 0, sent->offset, window, size) -
        sent->offset;
    if (sent->awaited != 0)
        call->lively = 1;
    if (n > size) {
        sent->offset = (uint16_t)(sent->offset + size);
        return size;
    }
    sent->offset = 0;
    sent->awaited++;
    smh_next(&call->plan, &sent->batch);
    return n;
}

/* The same of as many requests as fit the buffer's first size bytes and may be
 * in flight. */
static size_t smhi_pack(smh_call *call, size_t size)
{
    size_t n = 0;
    while (n != size && smhi_may_send(call))
        n += smhi_pack_one(call, call->io->buffer + n, size - n);
    return n;
}

/* Writes the window anew each time, for it may have been read into; and once
 * more to find the place if the port takes a part.  If sending fails, an answer
 * may say why, so reading goes on. */
static int smhi_send(smh_call *call)
{
    const smh_port *port = &call->io->port;
    smh_cursor from = call->sent;
    size_t n = call->size;
    int r = 0;
    while ((n = smhi_pack(call, n)) != (size_t)r) {
        if (n > call->dirty)
            call->dirty = (uint16_t)n;
        /* Noted before the port takes it, for after SMH_AGAIN it may hold bytes
         * and send them with its close. */
        if (call->report.in_doubt < call->sent.awaited)
            call->report.in_doubt = call->sent.awaited;
        r = (port->ops->send)(port->ctx, call->io->buffer, n);
        r = smhi_answered(r, n);
        if ((size_t)r == n)
            return 1;
        call->sent = from;
        if (r < 0) {
            if (r >= SMH_E_PORT) /* or SMH_AGAIN */
                return r;
            call->broken = (int8_t)r;
            call->sent.batch.n[0] = 0; /* so nothing more goes out here */
            return 1;
        }
        n = (size_t)r;
    }
    return r != 0 ? 1 : SMH_AGAIN;
}

/* A 204 counts for the oldest request that was out when the answer began, and
 * only if nothing that nobody asked for comes with it. */
static int smhi_confirm(smh_call *call, int more)
{
    int last = call->sent.awaited == 1 && call->sent.offset == 0;
    if (call->early || (last && more))
        return SMH_E_EXTRA;
    call->lively = 1;
    call->lost = 0;
    call->begun = smhi_now(call->io);
    call->sent.awaited--;
    call->report.confirmed++;
    call->report.resume++;
    call->report.in_doubt--;
    return call->report.resume == call->report.requests ? SMH_DONE : 0;
}

/* Takes a byte that came, with more behind it or not. */
static int smhi_take(smh_call *call, char byte, int more)
{
    int r;
    if (call->reader.at == 0)
        call->early = call->sent.awaited == 0;
    r = smh_read(&call->reader, (unsigned char)byte);
    return r == SMH_DONE ? smhi_confirm(call, more) : r;
}

static int smhi_recv(smh_call *call)
{
    const smh_io *io = call->io;
    int n = (io->port.ops->recv)(io->port.ctx, io->buffer, call->size), i;
    n = smhi_answered(n, call->size);
    if (n < 0)
        return smhi_lost(call, n);
    if ((size_t)n > call->dirty)
        call->dirty = (uint16_t)n;
    for (i = 0; i < n;) {
        char byte = io->buffer[i++];
        int r = smhi_take(call, byte, i < n);
        if (r != 0)
            return r;
    }
    return 1;
}

/* Reading first shows an early answer or a stale connection in time. */
static int smhi_talk(smh_call *call)
{
    int r = smhi_recv(call);
    return r == SMH_AGAIN ? smhi_send(call) : r;
}

/* Orderly if all is done in time; else nobody need take what is still held. */
static int smhi_close(smh_call *call)
{
    const smh_port *port = &call->io->port;
    int at_once = call->report.result != SMH_DONE || smhi_left(call) == 0;
    if ((port->ops->close)(port->ctx, at_once) == SMH_AGAIN && !at_once)
        return SMH_AGAIN;
    call->state = SMHI_OVER;
    return 1;
}

/* A turn of a step, by where the call is. */
static void smhi_go(smh_call *call)
{
    int r;
    if (call->state == SMHI_CLOSING)
        r = smhi_close(call);
    else if (smhi_left(call) == 0)
        r = SMH_E_TIMEOUT;
    else if (call->state == SMHI_TALKING)
        r = smhi_talk(call);
    else
        r = smhi_open(call);
    if (r != SMH_AGAIN && r != 1)
        smhi_finish(call, r);
    call->busy = r != SMH_AGAIN;
}

SMH_API int smh_step(smh_call *call)
{
    int turns = SMHI_TURNS;
    call->busy = 1;
    while (call->busy && turns-- != 0 && call->state != SMHI_OVER)
        smhi_go(call);
    return call->state == SMHI_OVER ? call->report.result : 0;
}

/* Counts the requests and goes to the first that is wanted, in one pass; the
 * result if there is none. */
static int smhi_locate(smh_call *call)
{
    uint32_t resume = call->io->resume;
    smh_batch *batch = &call->sent.batch;
    while (smh_next(&call->plan, batch)) {
        if (batch->index == SMH_REQUESTS_MAX)
            return SMH_E_RANGE;
        if (batch->index == resume)
            call->done = *batch;
    }
    if (resume > batch->index)
        return SMH_E_RANGE;
    call->report.requests = batch->index;
    return resume == batch->index ? SMH_DONE : 0;
}

static int smhi_check_io(smh_call *call)
{
    const smh_io *io = call->io;
    const smh_port_ops *ops;
    if (io == NULL)
        return SMH_E_ARGUMENT;
    call->report.resume = io->resume;
    call->size = (uint16_t)(io->size < 32767 ? io->size : 32767);
    if (io->buffer == NULL || io->size == 0)
        return SMH_E_BUFFER;
    ops = io->port.ops;
    if (ops == NULL || ops->open == NULL || ops->send == NULL ||
        ops->recv == NULL || ops->close == NULL || ops->now_ms == NULL)
        return SMH_E_NO_PORT;
#ifndef SMH_ALLOW_PLAINTEXT
    if (!ops->secure)
        return SMH_E_INSECURE;
#endif
    call->begun = smhi_now(io);
    return 0;
}

SMH_API int smh_begin(smh_call *call, const smh_scope *scope, const smh_io *io)
{
    int r;
    smhi_wipe(call, sizeof *call);
    call->io = io;
    r = smhi_check_io(call);
    if (r == 0)
        r = smh_check(scope, &call->plan);
    if (r == 0)
        r = smhi_locate(call);
    call->report.result = r;
    call->state = r == 0 ? SMHI_READY : SMHI_OVER;
    call->busy = 1; /* nothing to wait for yet */
    return r;
}

/* A wait for all that is left, answered with SMH_AGAIN, is the deadline, even
 * if the clock stands still; a clock that stands still while the port always
 * sees something to do is found by counting. */
SMH_API int smh_wait(smh_call *call, uint32_t ms)
{
    const smh_io *io = call->io;
    uint32_t left;
    int r = SMH_E_PORT;
    if (call->state == SMHI_OVER)
        return call->report.result;
    if (call->busy)
        return 0;
    left = smhi_left(call);
    if (left != call->left)
        call->spins = 0;
    call->left = left;
    if (ms > left)
        ms = left;
    if (call->spins++ == SMH_SPINS_MAX)
        r = SMH_E_CLOCK;
    else if (ms == 0)
        r = 1;
    else if (io->port.ops->wait != NULL)
        r = smhi_answered((io->port.ops->wait)(io->port.ctx, ms), 1);
    if (r > 0 || (r == SMH_AGAIN && ms < left))
        return 0;
    if (r != SMH_AGAIN)
        smhi_finish(call, r);
    call->expired = 1;
    return 0;
}

SMH_API int smh_revoke(smh_call *call, const smh_scope *scope, const smh_io *io)
{
    int r = smh_begin(call, scope, io);
    while (r == 0) {
        r = smh_step(call);
        if (r == 0)
            r = smh_wait(call, UINT32_MAX);
    }
    return r;
}

SMH_API int smh_cancel(smh_call *call)
{
    if (call->state != SMHI_OVER) {
        smhi_finish(call, SMH_E_CANCELLED);
        call->expired = 1;
    }
    return smh_step(call);
}

/* ---- words and retries --------------------------------------------------- */

#if SMH_WORDS
static void smhi_put_char(smh_text *text, char c)
{
    if (text->room == 0)
        return;
    text->room--;
    *text->at++ = c;
    *text->at = '\0';
}

SMH_API void smh_put_words(smh_text *text, const char *words)
{
    while (*words != '\0')
        smhi_put_char(text, *words++);
}

/* By subtraction: see smhi_put_port(). */
SMH_API void smh_put_number(smh_text *text, uint32_t number, unsigned base,
                            int digits)
{
    uint32_t powers[10], power = 1;
    int n = 0, most = base == 16 ? 8 : 10;
    do {
        powers[n++] = power;
        power *= base;
    } while (n < most && (n < digits || power <= number));
    while (n-- > 0) {
        unsigned digit = 0;
        for (; number >= powers[n]; number -= powers[n])
            digit++;
        smhi_put_char(text, "0123456789ABCDEF"[digit]);
    }
}

SMH_API void smh_put_name(smh_text *text, const void *name, size_t size)
{
    const char *p = (const char *)name;
    smhi_put_char(text, '"');
    for (; size != 0; size--, p++)
        smhi_put_char(text, *p >= ' ' && *p < 127 && *p != '"' ? *p : '?');
    smhi_put_char(text, '"');
}

SMH_API void smh_put_diag(smh_text *text, const smh_diag *diag)
{
    static const char stages[][12] = {"not opened", "set-up",    "look-up",
                                      "connection", "handshake", "sending",
                                      "receiving",  "closing"};
    smh_put_words(text, stages[diag->stage]);
    if (diag->result != 0 || diag->stage < SMH_STAGE_CONNECT) {
        smh_put_words(text, ": ");
        return;
    }
    smh_put_words(text, ", bytes sent ");
    smh_put_number(text, diag->sent, 10, 1);
    smh_put_words(text, ", received ");
    smh_put_number(text, diag->received, 10, 1);
}
#endif

SMH_API const char *smh_strerror(int result)
{
#if SMH_WORDS
#define SMHI_TEXT(name, value, text) text "\0"
    const char *p = SMH_RESULTS(SMHI_TEXT);
#undef SMHI_TEXT
    if (result >= 0)
        return result == 0             ? "not finished"
               : result == SMH_DONE    ? "done"
               : result < 400          ? "not 204, nothing is certain"
               : result == 404         ? "404: wrong host, library id or secret"
               : result == 429         ? "429: too many requests, try later"
               : result < 500          ? "the service refused"
               : smh_retryable(result) ? "the service failed, try later"
                                       : "the service failed";
    while (++result < 0 && *p != '\0')
        while (*p++ != '\0')
            continue;
    return *p != '\0' ? p : "unknown result";
#else
    (void)result;
    return "";
#endif
}

/* A port that this call has not opened would tell of an earlier one, and a
 * status says all there is. */
SMH_API const char *smh_explain(const smh_call *call, char *text, size_t size)
{
    if (size == 0)
        return "";
    *text = '\0';
#if SMH_WORDS
    {
        int result = call->report.result;
        smh_text out;
        out.at = text;
        out.room = size - 1;
        smh_put_words(&out, smh_strerror(result));
        if (result < 0 && call->opened && call->io->port.ops->explain != NULL) {
            smh_put_words(&out, ": ");
            (call->io->port.ops->explain)(call->io->port.ctx, &out);
        }
    }
#else
    (void)call;
#endif
    return text;
}

SMH_API int smh_retryable(int result)
{
    return result == 429 || (result >= 500 && result <= 504 && result != 501) ||
           (result <= SMH_E_TIMEOUT && result >= SMH_E_CLOSED);
}

SMH_API uint32_t smh_backoff(unsigned attempt, uint32_t base_ms,
                             uint32_t cap_ms, uint32_t random)
{
    uint32_t ms = base_ms < cap_ms ? base_ms : cap_ms;
    uint32_t mask = 0;
    while (attempt-- > 1 && ms != 0 && ms < cap_ms)
        ms = ms <= cap_ms / 2 ? ms * 2 : cap_ms;
    while (mask < ms / 2)
        mask = mask * 2 + 1;
    random &= mask; /* folded, not divided: see smhi_put_port() */
    return ms - (random > ms / 2 ? random - ms / 2 - 1 : random);
}

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif /* SMH_TOKEN_IMPLEMENTATION */

/*
HISTORY
    0.2.0  one vocabulary.  What a user of 0.1 must change:
           - smh_explain() says what the four explain() of the ports said;
             SMH_STAGE_*, SMH_WANT_* and smh_diag replace those of the ports,
             and a port's struct begins with diag, without resolver, addresses
           - a host is a name: a port's resolve hook pins it to an address, and
             any SMH_E_* of it but RESOLVE and MEMORY is PORT now; the hooks of
             the lwIP ports too are called with host NULL when they are
             abandoned, and without LWIP_DNS they are needed
           - smh_port_ops has explain as its last member; NULL will do.  What is
             offered again after SMH_AGAIN may be longer
           - the numbers of SMH_E_* have moved; USERS, BUFFER and NO_PORT are
             new, where ARGUMENT, LIST and PORT said it before; a port without
             descriptors says MEMORY, and one that is not open CLOSED
           - smh_report.in_doubt says how many requests may have been carried
             out
           - smh_mbedtls_options: lower is below, failed is failed_allocs, and
             f_rng may be smh_mbedtls_psa_random; reason, alert, flags and
             failed_allocs are members of smh_mbedtls beside diag, LOWER is
             NO_PORT, and SMH_MBEDTLS_IPV6 is gone
           - smh_revoke: --connect in place of an address in --host; --json has
             no detail, for error says it all; a HASH of 0.1 does not hold
    0.1.1  fixes what was dangerous in 0.1.0: a library id with a slash and an
           id of Unicode's white space could widen a deletion; a peer could hold
           a step for ever; kept TLS sessions outlived their certificates; and
           smh_revoke with stderr closed deleted tokens of others.  timeout_ms
           counts anew from each 204; smh_revoke takes 100,000 users a call and
           wants N:HASH
    0.1.0  first version

LICENCE (0BSD)
    Copyright (C) 2026 the smh_token.h authors

    Permission to use, copy, modify, and/or distribute this software for any
    purpose with or without fee is hereby granted.

    THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
    WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
    MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
    ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
    WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
    ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR
    IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
*/
