/* What the parts of smh_revoke share. */
#ifndef TOOL_H
#define TOOL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "smh_token.h"

/* ---- report.c: how it went, for people and for programs ------------------ */

enum {
    EXIT_CONFIRMED = 0,
    EXIT_ANSWER = 1,
    EXIT_INPUT = 2,
    EXIT_NETWORK = 3,
    EXIT_TLS = 4,
    EXIT_INTERRUPTED = 5
};

struct verdict {
    int exit;           /* EXIT_* */
    int result;         /* of the last call: a status or SMH_E_*; 0: no call */
    uint64_t requests;  /* in all */
    uint64_t confirmed; /* answered 204 in this run */
    uint64_t resume;    /* where a next run goes on */
    uint64_t sent;      /* none behind this one began to go out; 0: none did */
    uint64_t doubt;     /* those up to this may have been carried out */
    char error[400];    /* "" if all went well */
    char detail[400];   /* what the ports know of it */
    char next[400];     /* advice, or "" for what fits the result */
};

/* Illegal input: keeps the first reason.  -1, always. */
int refuse(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What to do about it: keeps the first advice.  -1, always. */
int advise(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The EXIT_* of a result. */
int exit_of(int result);

void report_for_people(const struct verdict *verdict);

/* The members of the object without its opening brace. */
void report_as_json(const struct verdict *verdict);
void json_string(const char *text);

struct progress {
    int shown;         /* stderr is a terminal and nobody wants quiet */
    uint64_t requests; /* in all */
    uint64_t skipped;  /* by --resume */
    uint64_t begun;    /* ms */
    uint64_t painted;  /* ms */
};

uint64_t now_ms(void);
void progress_show(struct progress *progress, uint64_t done);
void progress_clear(struct progress *progress);

/* ---- ids.c: lists of ids, from the command line and from files ----------- */

struct ids {
    char **items;
    size_t count;
    size_t room;
};

/* Copies text.  0, or -1 if there is no memory. */
int ids_add(struct ids *ids, const char *text);
void ids_clear(struct ids *ids);
void ids_free(struct ids *ids);

#define ID_MAX 8192 /* octets; the library knows the true limit */

struct id_file {
    FILE *stream;       /* NULL: none */
    const char *option; /* that gave the name */
    const char *name;
    off_t start;
    size_t line; /* of id, from 1 */
    char id[ID_MAX + 1];
};

/* For messages. */
const char *id_file_name(const char *name);

/* "-" is stdin.  What cannot be read twice is copied to a temporary file. */
int id_file_open(struct id_file *file, const char *option, const char *name,
                 struct verdict *verdict);
void id_file_close(struct id_file *file);

/* 1: file->id is the next one, 0: the end, -1: refused. */
int id_file_next(struct id_file *file, struct verdict *verdict);

/* Adds all ids of the file of that name. */
int ids_read(struct ids *ids, const char *option, const char *name,
             struct verdict *verdict);

/* Any number of users, USERS_CHUNK of them in memory.  Request numbers depend
 * on this number, and so do resume points. */
#define USERS_CHUNK 1000

struct users {
    const struct ids *given; /* on the command line: these come first */
    struct id_file file;
    struct ids chunk;
    size_t before; /* users before the chunk */
};

int users_rewind(struct users *users, struct verdict *verdict);

/* 1: the next chunk is there, 0: that was the last, -1: refused. */
int users_next(struct users *users, struct verdict *verdict);

/* ---- options.c: the command line ----------------------------------------- */

struct options {
    const char *host; /* as given; options_parse() splits it */
    char name[300];   /* the host without its port */
    uint16_t port;    /* 0: none given */
    const char *library;
    const char *ca;
    const char *secret_file;
    struct ids ids[3];    /* users, clients, sessions of the command line */
    const char *files[3]; /* more of them, or NULL */
    uint64_t timeout;     /* s */
    uint64_t retries;
    uint64_t pipeline;
    uint64_t buffer;
    uint64_t resume;
    int dry_run;
    int json;
    int quiet;
    int help;
    int version;
};

/* 0 or -1. */
int options_parse(struct options *options, int argc, char **argv,
                  struct verdict *verdict);
void options_help(void);

/* ---- secret.c: the library's secret -------------------------------------- */

/* No core dumps, and no looking into the process by its own user. */
void secret_harden(void);

/* From the file, or from the environment if file is NULL; taken out of the
 * environment in any case.  NULL without a reason in verdict: there is none. */
const char *secret_load(const char *file, int quiet, struct verdict *verdict);

/* Something of a usual length for --dry-run. */
const char *secret_placeholder(void);
void secret_wipe(void);

#endif
