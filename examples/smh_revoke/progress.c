/* progress.c - how far it is, on a terminal */
#include "tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { REPAINT_MS = 100, LINE_MS = 10000 };

uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, bool quiet, uint64_t requests,
                    uint64_t skipped)
{
    const char *terminal = getenv("TERM");
    progress->shown = !quiet && isatty(STDERR_FILENO);
    progress->plain = terminal == NULL || strcmp(terminal, "dumb") == 0;
    progress->requests = requests;
    progress->skipped = skipped;
    progress->begun = now_ms();
    if (progress->plain)
        progress->painted = progress->begun;
}

/* Columns of the terminal; one stays free, for in the last one it may wrap. */
static size_t columns(void)
{
#ifdef TIOCGWINSZ
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        return window.ws_col - 1u;
#endif
    return 79;
}

static void put_time_left(char *text, size_t size, uint64_t seconds)
{
    if (seconds >= 3600)
        snprintf(text, size, ", %" PRIu64 " h %" PRIu64 " min left",
                 seconds / 3600, seconds / 60 % 60);
    else if (seconds >= 60)
        snprintf(text, size, ", %" PRIu64 " min %" PRIu64 " s left",
                 seconds / 60, seconds % 60);
    else
        snprintf(text, size, ", %" PRIu64 " s left", seconds);
}

/* The parts that the terminal has room for, the most important one first. */
static void put_parts(const struct progress *progress, uint64_t done,
                      uint64_t now)
{
    uint64_t fresh = done - progress->skipped;
    double rate = (double)fresh * 1000 / (double)(now - progress->begun + 1);
    char parts[4][60] = {"", " requests", "", ""};
    size_t room = columns(), i;
    snprintf(parts[0], sizeof parts[0], "%" PRIu64 " of %" PRIu64, done,
             progress->requests);
    snprintf(parts[2], sizeof parts[2], ", %.0f/s", rate);
    if (fresh > 0)
        put_time_left(parts[3], sizeof parts[3],
                      (uint64_t)((double)(progress->requests - done) / rate));
    for (i = 0; i < 4 && strlen(parts[i]) <= room; i++) {
        fputs(parts[i], stderr);
        room -= strlen(parts[i]);
    }
}

void progress_show(struct progress *progress, uint64_t done)
{
    uint64_t now = now_ms();
    uint64_t pause = progress->plain ? LINE_MS : REPAINT_MS;
    if (!progress->shown || now - progress->painted < pause)
        return;
    progress->painted = now;
    if (!progress->plain)
        fputc('\r', stderr);
    put_parts(progress, done, now);
    fputs(progress->plain ? "\n" : "\033[K", stderr);
}

void progress_clear(const struct progress *progress)
{
    if (progress->shown && !progress->plain)
        fputs("\r\033[K", stderr);
}
