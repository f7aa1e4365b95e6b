/* tool.h - what the parts of smh_revoke share */
#ifndef TOOL_H
#define TOOL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "smh_token.h"

/* ---- report.c: how it went, for people and for programs ------------------ */

enum {
    EXIT_CONFIRMED = 0,
    EXIT_ANSWER = 1,
    EXIT_INPUT = 2,
    EXIT_NETWORK = 3,
    EXIT_TLS = 4,
    EXIT_INTERRUPTED = 5,
    EXIT_OUTPUT = 6
};

enum { HASH_DIGITS = 16 };

struct verdict {
    int exit;           /* EXIT_* */
    int result;         /* of the last call: a status or SMH_E_*; 0: no call */
    uint64_t requests;  /* in all */
    uint64_t confirmed; /* answered 204 in this run */
    uint64_t resume;    /* where a next run goes on */
    uint64_t doubt;     /* those up to this may have been carried out */
    bool sent;          /* some of a request, and so the secret, may be out */
    bool refused;       /* by a status 4xx: it was not carried out */
    const char *host;   /* as given; NULL: not known */
    const char *library;
    uint64_t counts[3]; /* users, clients, sessions */
    const char *first_user;
    char lists[HASH_DIGITS + 1]; /* their hash; "" if they were not read */
    char error[600];             /* "" if all went well */
    char next[400];              /* advice, or "" for what fits the result */
};

/* Illegal input: keeps the first reason.  -1, always. */
int refuse(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What to do about it: keeps the first advice.  -1, always. */
int advise(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The EXIT_* of a result. */
int exit_of(int result);

void say_all_confirmed(FILE *stream, const struct verdict *verdict);
void report_for_people(const struct verdict *verdict);

/* The members of the object without its opening brace. */
void report_as_json(const struct verdict *verdict);
void json_string(const char *text);

/* ---- progress.c: on a terminal, while it runs ---------------------------- */

struct progress {
    bool shown;        /* stderr is a terminal and nobody wants quiet */
    bool plain;        /* that takes no control codes: a line now and then */
    uint64_t requests; /* in all */
    uint64_t skipped;  /* by --resume */
    uint64_t begun;    /* ms */
    uint64_t painted;  /* ms */
};

uint64_t now_ms(void);
void progress_begin(struct progress *progress, bool quiet, uint64_t requests,
                    uint64_t skipped);
void progress_show(struct progress *progress, uint64_t done);
void progress_clear(const struct progress *progress);

/* ---- text.c: texts that somebody else has made --------------------------- */

/* Bytes of the UTF-8 character at text, 0 if there is none. */
size_t utf8_length(const unsigned char *text);

/* The text in room, for a terminal: nothing in it that one would obey; cut off
 * with "..." at size, 12 at least.  Returns room. */
const char *escape(const char *text, char *room, size_t size);

/* ---- doubtful.c: texts that hardly are the ids that were meant ----------- */

/* What it looks like, or NULL; *next is what to do about it. */
const char *doubtful_id(const char *id, const char **next);
const char *doubtful_line(const char *line, bool is_first, const char **next);

/* ---- lists.c: the lists of ids, read once -------------------------------- */

/* Users go out this many at a time.  Request numbers depend on it, and so do
 * resume points: it stays. */
#define USERS_CHUNK 100000

/* In a list. */
struct place {
    size_t before; /* ids before it */
    off_t at;      /* where it is in the copy */
};

struct list {
    const char *name;   /* "user", "client" or "session" */
    const char *file;   /* with ids, or NULL; "-" is stdin */
    const char **words; /* ids of the command line: these come first */
    size_t given;       /* how many */
    bool literal;       /* takes doubtful ids */

    size_t count;       /* in all, from here on set by list_load() */
    char *first;        /* the first one */
    FILE *copy;         /* of all, each with a NUL behind it */
    off_t size;         /* of that */
    smh_list part;      /* what list_next() has found */
    struct place place; /* of the part */
    off_t next;         /* where the next part begins */
    const char **items;
    char *map;
    size_t map_size;
};

/* Reads command line and file, once.  0 or -1. */
int list_load(struct list *list, struct verdict *verdict);
void list_free(struct list *list);

/* The next ids become list->part, most of them at most: 1, 0 behind the last
 * one, -1 refused.  most is the same in each call. */
void list_rewind(struct list *list, struct place place);
int list_next(struct list *list, size_t most, struct verdict *verdict);

/* Of all that resume points depend on: batching says how batches are made. */
int lists_hash(const char *batching, const struct list lists[3],
               char text[HASH_DIGITS + 1], struct verdict *verdict);

/* ---- options.c: the command line ----------------------------------------- */

struct words {
    const char **items;
    size_t count;
};

struct options {
    const char *host;                /* as given; options_parse() splits it */
    char name[300];                  /* the host without its port */
    uint16_t port;                   /* 0: none given */
    const char *connect;             /* as given, or NULL; split, too */
    struct sockaddr_storage address; /* of connect, without its port */
    uint16_t connect_port; /* its port, or that of host; 0: none given */
    const char *library;
    const char *ca;
    const char *secret_file;
    struct words ids[3];  /* users, clients, sessions of the command line */
    const char *files[3]; /* more of them, or NULL */
    uint64_t timeout;     /* s */
    uint64_t retries;
    uint64_t pipeline;
    uint64_t buffer;
    uint64_t resume;
    const char *resume_hash; /* or NULL */
    bool literal_ids;
    bool dry_run;
    bool json;
    bool quiet;
    bool check;
    bool verbose;
    bool help;
    bool version;
};

/* 0 or -1. */
int options_parse(struct options *options, int argc, char **argv,
                  struct verdict *verdict);
void options_help(void);

/* ---- host.c: --host and --connect ---------------------------------------- */

/* Each splits what was given: 0 or -1. */
int host_split(struct options *options, struct verdict *verdict);
int connect_split(struct options *options, struct verdict *verdict);

/* ---- secret.c: the library's secret -------------------------------------- */

/* No core dumps, no looking into the process by its own user, and no secret in
 * the environment any more. */
void secret_harden(void);

/* Memory that is kept out of swap and dumps as far as the system lets us. */
char *secret_room(size_t size);
void secret_room_free(char *room, size_t size);

/* From the file, the environment or the terminal.  For a dry run without one,
 * something of a usual length.  NULL if it is refused. */
const char *secret_load(const struct options *options, struct verdict *verdict);

/* Whether fd is open on the file that it was read from. */
bool secret_came_from(int fd);
void secret_wipe(void);

/* ---- signals.c ----------------------------------------------------------- */

/* SIGINT, SIGTERM, and SIGHUP unless that is ignored; the second one ends the
 * process at once. */
void signals_catch(void);
bool signals_came(void);

/* Keeps them from coming, until the mask of before is set again. */
void signals_hold(sigset_t *before);

/* read(), or -1 with EINTR if one has come, or comes first.  The other form is
 * for who holds them, with an fd below FD_SETSIZE; it lets through what waiting
 * has not. */
ssize_t signals_read(int fd, void *data, size_t size);
ssize_t signals_read_held(int fd, const sigset_t *waiting, void *data,
                          size_t size);

/* ---- terminal.c ---------------------------------------------------------- */

/* One line, which is not shown; out gets the prompt.  Bytes with those of the
 * line's end, or -1 with errno: EINTR if a signal came first. */
ssize_t terminal_ask(int in, int out, const char *prompt, char *line,
                     size_t size);

/* The terminal of the process, or -1. */
int terminal_open(void);

/* ---- transport.c: TLS over TCP ------------------------------------------- */

void transport_init(void);
void transport_free(void);

/* 0 with the port, or -1. */
int transport_open(const struct options *options, smh_port *port,
                   struct verdict *verdict);
uint32_t transport_random(void);

/* Whether the last connection got so far that a request could go out. */
bool transport_carried(void);

/* How often a connection was begun. */
unsigned transport_openings(void);

/* smh_explain(), and a word more. */
void transport_explain(const smh_call *call, char *text, size_t size);

/* Where the last connection goes, how, and what was verified by what. */
void transport_show(FILE *stream);

/* What to do about what ended the call, if the transport knows. */
void transport_advise(struct verdict *verdict, int result);

#endif
