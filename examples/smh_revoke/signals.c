/* signals.c - the first signal ends the work, the second one the process */
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
enum { ENDING = sizeof ending / sizeof ending[0] };

static volatile sig_atomic_t came;

static void note(int signal_number)
{
    (void)signal_number;
    came = 1;
}

void signals_catch(void)
{
    struct sigaction action = {0}, old;
    size_t i;
    action.sa_handler = note;
    action.sa_flags = (int)SA_RESETHAND;
    for (i = 0; i < ENDING; i++)
        if (sigaction(ending[i], NULL, &old) == 0 &&
            (ending[i] != SIGHUP || old.sa_handler != SIG_IGN))
            sigaction(ending[i], &action, NULL);
}

bool signals_came(void)
{
    return came;
}

void signals_hold(sigset_t *before)
{
    sigset_t set;
    size_t i;
    sigemptyset(&set);
    for (i = 0; i < ENDING; i++)
        sigaddset(&set, ending[i]);
    sigprocmask(SIG_BLOCK, &set, before);
}

/* One that comes between a look at it and read() would not be noticed before
 * there is something to read. */
ssize_t signals_read_held(int fd, const sigset_t *waiting, void *data,
                          size_t size)
{
    fd_set readable;
    errno = EINTR;
    if (came)
        return -1;
    FD_ZERO(&readable);
    FD_SET(fd, &readable);
    if (pselect(fd + 1, &readable, NULL, NULL, NULL, waiting) < 0)
        return -1;
    return read(fd, data, size);
}

ssize_t signals_read(int fd, void *data, size_t size)
{
    sigset_t before;
    ssize_t got;
    int why;
    if (fd >= FD_SETSIZE) /* not to be held: only pselect() lets them through */
        return read(fd, data, size);
    signals_hold(&before);
    got = signals_read_held(fd, &before, data, size);
    why = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = why;
    return got;
}
