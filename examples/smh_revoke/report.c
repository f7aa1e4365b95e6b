#include "tool.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int refuse(struct verdict *verdict, const char *format, ...)
{
    va_list list;
    if (verdict->error[0] != '\0')
        return -1;
    verdict->exit = EXIT_INPUT;
    if (verdict->result != 0) /* a list has changed, and 204 is not the end */
        verdict->result = SMH_E_ARGUMENT;
    va_start(list, format);
    vsnprintf(verdict->error, sizeof verdict->error, format, list);
    va_end(list);
    return -1;
}

int advise(struct verdict *verdict, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (verdict->next[0] == '\0')
        vsnprintf(verdict->next, sizeof verdict->next, format, list);
    va_end(list);
    return -1;
}

/* ---- what a result means ------------------------------------------------- */

/* The first row that fits counts.  Advice is what to do before another run. */
static const struct meaning {
    int low, high, exit;
    const char *advice;
} meanings[] = {
    {SMH_DONE, SMH_DONE, EXIT_CONFIRMED, NULL},
    {200, 299, EXIT_ANSWER,
     "check --host: only 204 means that tokens are gone"},
    {300, 399, EXIT_ANSWER,
     "check --host: redirects are not followed, they would take the secret "
     "elsewhere"},
    {400, 400, EXIT_ANSWER,
     "check --library, the secret and the ids (with other ids, start over "
     "without --resume)"},
    {401, 403, EXIT_ANSWER,
     "look at the library's console: it may be expired or not ready"},
    {404, 404, EXIT_ANSWER,
     "check --host, --library and the secret: one of them is wrong, and the "
     "service does not say which"},
    {408, 408, EXIT_ANSWER, NULL},
    {414, 414, EXIT_ANSWER,
     "the service wants shorter requests: build with a smaller limit, as in "
     "make -B CFLAGS=-DSMH_LINE_MAX=4000"},
    {429, 429, EXIT_ANSWER, "wait, and allow more --retries"},
    {501, 501, EXIT_ANSWER, "check --host: is it this service?"},
    {500, 504, EXIT_ANSWER, "wait, and allow more --retries"},
    {1, 999, EXIT_ANSWER, "check --host: is it this service?"},
    {SMH_E_RANGE, SMH_E_ARGUMENT, EXIT_INPUT, NULL},
    {SMH_E_ANSWER, SMH_E_ANSWER, EXIT_ANSWER,
     "check --host: what answers there is not this service"},
    {SMH_E_EXTRA, SMH_E_EXTRA, EXIT_ANSWER,
     "check --host, and what stands between here and there"},
    {SMH_E_TLS, SMH_E_TLS, EXIT_TLS, NULL},
    {SMH_E_MEMORY, SMH_E_MEMORY, EXIT_TLS, "free some memory, or descriptors"},
    {SMH_E_RESOLVE, SMH_E_RESOLVE, EXIT_NETWORK,
     "check --host and the name servers of this machine (in "
     "/etc/resolv.conf), or give the address by --connect"},
    {SMH_E_NETWORK, SMH_E_NETWORK, EXIT_NETWORK,
     "check --host, its port, and the way there"},
    {SMH_E_TIMEOUT, SMH_E_TIMEOUT, EXIT_NETWORK,
     "check the way to --host, or give it more time with --timeout"},
    {SMH_E_CANCELLED, SMH_E_CANCELLED, EXIT_INTERRUPTED, NULL},
    {-999, 999, EXIT_NETWORK, NULL},
};

static const struct meaning *meaning_of(int result)
{
    const struct meaning *row = meanings;
    while (result < row->low || result > row->high)
        row++;
    return row;
}

int exit_of(int result)
{
    return meaning_of(result)->exit;
}

/* Whether the same lists no longer make the same requests. */
static bool others_next(const struct verdict *verdict)
{
    return verdict->result == 414 || verdict->exit == EXIT_INPUT;
}

/* Who has to go by a proxy should hear why nothing is reached without it. */
static const char *proxy_note(const struct verdict *verdict)
{
    static const char *const names[] = {"HTTPS_PROXY", "https_proxy"};
    size_t i;
    for (i = 0; verdict->exit == EXIT_NETWORK && i < 2; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return i == 0 ? " (HTTPS_PROXY is set, but this tool goes by no "
                            "proxy)"
                          : " (https_proxy is set, but this tool goes by no "
                            "proxy)";
    }
    return "";
}

static void what_next(const struct verdict *verdict, char *text, size_t size)
{
    const char *what = verdict->next[0] != '\0'
                           ? verdict->next
                           : meaning_of(verdict->result)->advice;
    const char *note = proxy_note(verdict);
    const char *then = what != NULL ? "; then " : "";
    if (what == NULL)
        what = "";
    if (verdict->result == 0)
        snprintf(text, size, "%s",
                 *what != '\0' ? what : "correct that, and run it again");
    else if (others_next(verdict))
        snprintf(text, size, "%s%sstart over without --resume", what, then);
    else if (verdict->resume == 0)
        snprintf(text, size, "%s%s%srun it again", what, note, then);
    else
        snprintf(text, size,
                 "%s%s%sgo on with the same lists and --resume %" PRIu64 ":%s",
                 what, note, then, verdict->resume, verdict->lists);
}

static uint64_t in_doubt(const struct verdict *verdict)
{
    return verdict->doubt > verdict->resume ? verdict->doubt - verdict->resume
                                            : 0;
}

/* ---- for people ---------------------------------------------------------- */

static void say_number(FILE *stream, uint64_t number, const char *what)
{
    fprintf(stream, "%" PRIu64 " %s%s", number, what, number == 1 ? "" : "s");
}

/* Which users, and which filters. */
static void say_lists(FILE *stream, const struct verdict *verdict)
{
    char first[80];
    say_number(stream, verdict->counts[0], "user");
    if (verdict->first_user != NULL)
        fprintf(stream, ", %s\"%s\"",
                verdict->counts[0] == 1 ? "" : "the first ",
                escape(verdict->first_user, first, sizeof first));
    if (verdict->counts[1] + verdict->counts[2] > 0)
        fputs("; only tokens of ", stream);
    if (verdict->counts[1] > 0)
        say_number(stream, verdict->counts[1], "client");
    if (verdict->counts[1] > 0 && verdict->counts[2] > 0)
        fputs(" and ", stream);
    if (verdict->counts[2] > 0)
        say_number(stream, verdict->counts[2], "session");
}

void say_all_confirmed(FILE *stream, const struct verdict *verdict)
{
    char host[320];
    fputs(verdict->requests == 1 ? "confirmed: " : "confirmed: all ", stream);
    say_number(stream, verdict->requests, "request");
    if (verdict->resume > verdict->confirmed)
        fputs(", earlier runs included", stream);
    fputs(" (", stream);
    say_lists(stream, verdict);
    fprintf(stream,
            ") at %s; a 204 does not say whether there were any tokens\n",
            escape(verdict->host, host, sizeof host));
}

/* Of the requests that are not confirmed. */
static void say_what_is_certain(const struct verdict *verdict)
{
    uint64_t first = verdict->resume + 1;
    if (!verdict->sent)
        fputs("        the secret was not sent\n", stderr);
    else if (in_doubt(verdict) == 1)
        fprintf(stderr,
                "        request %" PRIu64 " may have been carried out; "
                "repeating it is harmless\n",
                first);
    else if (in_doubt(verdict) > 1)
        fprintf(stderr,
                "        requests %" PRIu64 " to %" PRIu64 " may have been "
                "carried out; repeating them is harmless\n",
                first, verdict->doubt);
    else if (!verdict->refused && first <= verdict->requests)
        fprintf(stderr,
                "        request %" PRIu64 " was not carried out: it was not "
                "sent to its end\n",
                first);
}

static void say_line(const char *head, const char *text)
{
    char shown[800];
    fprintf(stderr, "%s%s\n", head, escape(text, shown, sizeof shown));
}

void report_for_people(const struct verdict *verdict)
{
    char next[sizeof verdict->next + 200];
    if (verdict->exit == EXIT_CONFIRMED) {
        say_all_confirmed(stdout, verdict);
        return;
    }
    say_line("smh_revoke: ", verdict->error);
    if (verdict->result == 0 || verdict->requests == 0) {
        fputs("  done: nothing was sent\n", stderr);
    } else {
        fprintf(stderr, "  done: %" PRIu64 " of ", verdict->resume);
        say_number(stderr, verdict->requests, "request");
        fputs(" confirmed\n", stderr);
        say_what_is_certain(verdict);
    }
    what_next(verdict, next, sizeof next);
    say_line("  next: ", next);
}

/* ---- for programs -------------------------------------------------------- */

void json_string(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length;
    putchar('"');
    for (; *at != '\0'; at += length != 0 ? length : 1) {
        length = utf8_length(at);
        if (length == 0)
            fputs("\\ufffd", stdout);
        else if (*at < 0x20 || *at == 0x7F)
            printf("\\u%04x", *at);
        else {
            if (*at == '"' || *at == '\\')
                putchar('\\');
            fwrite(at, 1, length, stdout);
        }
    }
    putchar('"');
}

static void json_member(const char *name, const char *text)
{
    printf(",\"%s\":", name);
    if (text != NULL && text[0] != '\0')
        json_string(text);
    else
        fputs("null", stdout);
}

/* RFC 3339, in UTC. */
static void json_time(const char *name)
{
    time_t now = time(NULL);
    struct tm parts;
    char text[40] = "";
    if (gmtime_r(&now, &parts) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    json_member(name, text);
}

static void json_number(const char *name, uint64_t number)
{
    printf(",\"%s\":%" PRIu64, name, number);
}

/* A filter of none is no filter. */
static void json_filter(const char *name, uint64_t count)
{
    if (count > 0)
        json_number(name, count);
    else
        printf(",\"%s\":null", name);
}

/* What was asked for, and of whom. */
static void json_job(const struct verdict *verdict)
{
    json_time("time");
    json_member("version", SMH_TOKEN_VERSION);
    json_member("host", verdict->host);
    json_member("library", verdict->library);
    json_number("users", verdict->counts[0]);
    json_member("first_user", verdict->first_user);
    json_filter("clients", verdict->counts[1]);
    json_filter("sessions", verdict->counts[2]);
    json_member("lists", verdict->lists);
}

/* first and last: the requests that this run has confirmed, from 1. */
static void json_requests(const struct verdict *verdict)
{
    char token[60] = "";
    json_number("requests", verdict->requests);
    json_number("confirmed", verdict->confirmed);
    if (verdict->confirmed > 0) {
        json_number("first", verdict->resume - verdict->confirmed + 1);
        json_number("last", verdict->resume);
    } else {
        fputs(",\"first\":null,\"last\":null", stdout);
    }
    json_number("resume", verdict->resume);
    if (verdict->lists[0] != '\0')
        snprintf(token, sizeof token, "%" PRIu64 ":%s", verdict->resume,
                 verdict->lists);
    json_member("resume_token", token);
    json_number("in_doubt", in_doubt(verdict));
}

void report_as_json(const struct verdict *verdict)
{
    char next[sizeof verdict->next + 200] = "";
    if (verdict->exit != EXIT_CONFIRMED)
        what_next(verdict, next, sizeof next);
    if (verdict->result > 0)
        printf("\"status\":%d", verdict->result);
    else
        fputs("\"status\":null", stdout);
    json_job(verdict);
    json_requests(verdict);
    json_member("error", verdict->error);
    json_member("next", next);
    printf(",\"exit\":%d}\n", verdict->exit);
}
