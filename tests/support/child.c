#include "child.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_all.h"

enum { STOP_MS = 30000, DESCRIPTORS = 256 };

/* execvp() takes char *const *, and changes nothing. */
static void execute(const char *const *argv, int keep)
{
    union {
        const char *const *from;
        char *const *to;
    } plain;
    int fd;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (fd = 3; fd < DESCRIPTORS; fd++)
        if (fd != keep)
            close(fd);
    plain.from = argv;
    execvp(argv[0], plain.to);
    perror(argv[0]);
    _exit(127);
}

void child_start(child *c, const char *const *argv, int keep)
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0) {
        dup2(out[1], 1);
        execute(argv, keep);
    }
    close(out[1]);
    c->out = fdopen(out[0], "r");
    assert_non_null(c->out);
}

static int status_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int child_stop(child *c)
{
    int status = -1, ms;
    pid_t ended = 0;
    if (c->pid <= 0)
        return -1;
    kill(c->pid, SIGTERM);
    for (ms = 0; ms < STOP_MS && ended == 0; ms += 5) {
        ended = waitpid(c->pid, &status, WNOHANG);
        if (ended == 0)
            poll(NULL, 0, 5);
    }
    if (ended == 0) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, &status, 0);
    }
    fclose(c->out);
    memset(c, 0, sizeof *c);
    return status_of(status);
}

int child_run(const char *const *argv)
{
    child c;
    int status;
    child_start(&c, argv, -1);
    while (fgetc(c.out) != EOF)
        continue;
    fclose(c.out);
    return waitpid(c.pid, &status, 0) == c.pid ? status_of(status) : -1;
}

char *temp_make(void)
{
    const char *base = getenv("TMPDIR");
    char *dir = (char *)malloc(256);
    assert_non_null(dir);
    snprintf(dir, 256, "%s/smh-test-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(dir));
    return dir;
}

void temp_remove(char *dir)
{
    const char *argv[] = {"rm", "-rf", dir, NULL};
    if (dir)
        child_run(argv);
    free(dir);
}

const char *temp_path(const char *dir, const char *name)
{
    static char paths[8][320];
    static unsigned last;
    char *path = paths[last++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

void temp_write(const char *path, const char *text)
{
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    assert_true(fputs(text, to) >= 0);
    assert_int_equal(fclose(to), 0);
}

static int bound(const char *host, unsigned *port)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    assert_int_equal(inet_pton(AF_INET, host, &address.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

int closed_port(unsigned *port)
{
    return bound("127.0.0.1", port);
}

int free_port_of(const char *host, unsigned *port)
{
    int fd = bound(host, port);
    assert_int_equal(listen(fd, 64), 0);
    return fd;
}

int free_port(unsigned *port)
{
    return free_port_of("127.0.0.1", port);
}
