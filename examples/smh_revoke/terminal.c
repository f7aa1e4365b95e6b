/* terminal.c - one line from a terminal that does not show it */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

/* What would end or stop the process while the terminal is silent.  Those that
 * have a handler end the wait. */
static void hold_signals(sigset_t *before, sigset_t *waiting)
{
    signals_hold(before);
    *waiting = *before;
    sigaddset(waiting, SIGQUIT);
    sigaddset(waiting, SIGTSTP);
    sigprocmask(SIG_BLOCK, waiting, NULL);
}

static void say(int fd, const char *text)
{
    (void)!write(fd, text, strlen(text));
}

/* Asks again after an empty line: it may have been pasted with a command. */
static ssize_t ask(int in, int out, const char *prompt, const sigset_t *waiting,
                   char *line, size_t size)
{
    for (;;) {
        ssize_t got;
        say(out, prompt);
        got = signals_read_held(in, waiting, line, size);
        say(out, "\n");
        if (got != 1 || line[0] != '\n')
            return got;
        say(out, "smh_revoke: that was an empty line\n");
    }
}

/* What was typed before the prompt, or behind the line, is thrown away: a shell
 * would run it, and it may be the secret. */
ssize_t terminal_ask(int in, int out, const char *prompt, char *line,
                     size_t size)
{
    struct termios shown, silent;
    sigset_t before, waiting;
    ssize_t got = -1;
    int why;
    if (tcgetattr(in, &shown) != 0)
        return -1;
    hold_signals(&before, &waiting);
    silent = shown;
    silent.c_lflag &= (tcflag_t) ~(ECHO | ECHONL);
    silent.c_lflag |= ICANON | ISIG;
    if (tcsetattr(in, TCSAFLUSH, &silent) == 0)
        got = ask(in, out, prompt, &waiting, line, size);
    why = errno;
    tcsetattr(in, TCSAFLUSH, &shown);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = why;
    return got;
}

int terminal_open(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    return fd >= 0 && fd < FD_SETSIZE ? fd : -1;
}
