#include "tool.h"

#include <inttypes.h>
#include <stdarg.h>
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
     "build with a smaller SMH_LINE_MAX, for the service wants shorter "
     "requests"},
    {429, 429, EXIT_ANSWER, "wait, and allow more --retries"},
    {500, 599, EXIT_ANSWER, "wait, and allow more --retries"},
    {1, 999, EXIT_ANSWER, "check --host: is it this service?"},
    {SMH_E_RANGE, SMH_E_ARGUMENT, EXIT_INPUT, NULL},
    {SMH_E_ANSWER, SMH_E_ANSWER, EXIT_ANSWER,
     "check --host: what answers there is not this service"},
    {SMH_E_EXTRA, SMH_E_EXTRA, EXIT_ANSWER,
     "check --host, and what stands between here and there"},
    {SMH_E_TLS, SMH_E_TLS, EXIT_TLS, NULL},
    {SMH_E_INSECURE, SMH_E_INSECURE, EXIT_TLS, "build it with TLS"},
    {SMH_E_MEMORY, SMH_E_MEMORY, EXIT_TLS, "free some memory"},
    {SMH_E_RESOLVE, SMH_E_RESOLVE, EXIT_NETWORK,
     "check --host and the name servers of this machine"},
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
static int others_next(const struct verdict *verdict)
{
    return verdict->result == 414 || verdict->exit == EXIT_INPUT;
}

static void what_next(const struct verdict *verdict, char *text, size_t size)
{
    const char *what = verdict->next[0] != '\0'
                           ? verdict->next
                           : meaning_of(verdict->result)->advice;
    const char *then = what ? "; then " : "";

    if (!what)
        what = "";
    if (verdict->result == 0)
        snprintf(text, size, "%s",
                 *what ? what : "mend that, and run it again");
    else if (others_next(verdict))
        snprintf(text, size, "%s%sstart over without --resume", what, then);
    else if (verdict->resume == 0)
        snprintf(text, size, "%s%srun it again", what, then);
    else
        snprintf(text, size,
                 "%s%sgo on with the same lists and --resume %" PRIu64, what,
                 then, verdict->resume);
}

static uint64_t in_doubt(const struct verdict *verdict)
{
    return verdict->doubt > verdict->resume ? verdict->doubt - verdict->resume
                                            : 0;
}

/* ---- for people ---------------------------------------------------------- */

static void say_all_confirmed(const struct verdict *verdict)
{
    int one = verdict->requests == 1;

    printf("%s%" PRIu64 " request%s confirmed%s\n", one ? "" : "all ",
           verdict->requests, one ? "" : "s",
           verdict->resume > verdict->confirmed ? ", earlier runs included"
                                                : "");
}

/* Of the requests that are not confirmed. */
static void say_what_is_certain(const struct verdict *verdict)
{
    uint64_t first = verdict->resume + 1;

    if (verdict->sent == 0)
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
    else if (verdict->sent < first && first <= verdict->requests)
        fprintf(stderr, "        request %" PRIu64 " was not sent\n", first);
}

void report_for_people(const struct verdict *verdict)
{
    char next[sizeof verdict->next + 80];

    if (verdict->exit == EXIT_CONFIRMED) {
        say_all_confirmed(verdict);
        return;
    }
    fprintf(stderr, "smh_revoke: %s\n", verdict->error);
    if (verdict->detail[0] != '\0')
        fprintf(stderr, "  why:  %s\n", verdict->detail);
    if (verdict->result == 0) {
        fputs("  done: nothing was sent\n", stderr);
    } else {
        fprintf(stderr,
                "  done: %" PRIu64 " of %" PRIu64 " requests are confirmed\n",
                verdict->resume, verdict->requests);
        say_what_is_certain(verdict);
    }
    what_next(verdict, next, sizeof next);
    fprintf(stderr, "  next: %s\n", next);
}

/* ---- for programs -------------------------------------------------------- */

/* Octets of the UTF-8 character at text, 0 if there is none. */
static size_t utf8_length(const unsigned char *text)
{
    unsigned low = 0x80, high = 0xBF;
    size_t length, i;

    if (text[0] < 0x80)
        return 1;
    if (text[0] < 0xC2 || text[0] > 0xF4)
        return 0;
    length = text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    if (text[0] == 0xE0)
        low = 0xA0;
    if (text[0] == 0xED)
        high = 0x9F;
    if (text[0] == 0xF0)
        low = 0x90;
    if (text[0] == 0xF4)
        high = 0x8F;
    for (i = 1; i < length; i++) {
        if (text[i] < low || text[i] > high)
            return 0;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

void json_string(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length;

    putchar('"');
    for (; *at; at += length ? length : 1) {
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
    if (text && text[0] != '\0')
        json_string(text);
    else
        fputs("null", stdout);
}

void report_as_json(const struct verdict *verdict)
{
    char next[sizeof verdict->next + 80] = "";

    if (verdict->exit != EXIT_CONFIRMED)
        what_next(verdict, next, sizeof next);
    if (verdict->result > 0)
        printf("\"status\":%d", verdict->result);
    else
        fputs("\"status\":null", stdout);
    printf(",\"requests\":%" PRIu64 ",\"confirmed\":%" PRIu64
           ",\"resume\":%" PRIu64 ",\"in_doubt\":%" PRIu64,
           verdict->requests, verdict->confirmed, verdict->resume,
           in_doubt(verdict));
    json_member("error", verdict->error);
    json_member("detail", verdict->detail);
    json_member("next", next);
    printf(",\"exit\":%d}\n", verdict->exit);
}

/* ---- while it runs ------------------------------------------------------- */

#define REPAINT_MS 100

uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void show_time_left(uint64_t seconds)
{
    if (seconds >= 3600)
        fprintf(stderr, ", %" PRIu64 " h %" PRIu64 " min left", seconds / 3600,
                seconds / 60 % 60);
    else if (seconds >= 60)
        fprintf(stderr, ", %" PRIu64 " min %" PRIu64 " s left", seconds / 60,
                seconds % 60);
    else
        fprintf(stderr, ", %" PRIu64 " s left", seconds);
}

void progress_show(struct progress *progress, uint64_t done)
{
    uint64_t now = now_ms();
    uint64_t fresh = done - progress->skipped;
    double rate;

    if (!progress->shown || now - progress->painted < REPAINT_MS)
        return;
    progress->painted = now;
    rate = (double)fresh * 1000 / (double)(now - progress->begun + 1);
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " requests, %.0f/s", done,
            progress->requests, rate);
    if (fresh > 0)
        show_time_left((uint64_t)((double)(progress->requests - done) / rate));
    fputs("\033[K", stderr);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}
