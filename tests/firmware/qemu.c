#include "qemu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/standin.h"

enum { OPTIONS = 40, ROOM = 2048 };

typedef struct line {
    const char *argv[OPTIONS];
    unsigned count;
} line;

static void add(line *l, const char *option, const char *value)
{
    assert_true(l->count + 3 < OPTIONS);
    l->argv[l->count++] = option;
    l->argv[l->count++] = value;
}

#define COMMON                                                                 \
    "enable=on,target=native,arg=fw,arg=host=server.test,"                     \
    "arg=library=" STANDIN_LIBRARY ",arg=secret-file="

/* "a b" becomes "arg=a,arg=b". */
static const char *semihosting(const qemu *q, const char *format, va_list args)
{
    static char text[2 * ROOM];
    char arguments[ROOM], *at = arguments;
    size_t n;
    assert_true(vsnprintf(arguments, sizeof arguments, format, args) < ROOM);
    strcpy(text, COMMON);
    strcat(text, q->directory);
    strcat(text, "/secret");
    while (*(at += strspn(at, " "))) {
        n = strcspn(at, " ");
        strcat(text, ",arg=");
        strncat(text, at, n);
        at += n;
    }
    return text;
}

/* The controller's end, through a hub if there is a second participant. */
static void add_network(line *l, const qemu *q, unsigned port)
{
    static char user[ROOM], wire[ROOM], nic[64];
    const char *model =
        strcmp(q->machine, "lm3s6965evb") == 0 ? "stellaris" : "lan9118";
    snprintf(user, sizeof user,
             "user,id=user,restrict=on,guestfwd=tcp:" QEMU_HOST
             ":443-cmd:%s %u",
             getenv("FIRMWARE_RELAY"), port);
    snprintf(nic, sizeof nic, "nic,netdev=%s,model=%s",
             q->wire ? "board" : "user", model);
    add(l, "-netdev", user);
    if (q->wire) {
        snprintf(wire, sizeof wire,
                 "dgram,id=wire,local.type=unix,local.path=%s/qemu,"
                 "remote.type=unix,remote.path=%s",
                 q->directory, q->wire);
        add(l, "-netdev", wire);
        add(l, "-netdev", "hubport,id=hub0,hubid=0,netdev=user");
        add(l, "-netdev", "hubport,id=hub1,hubid=0,netdev=wire");
        add(l, "-netdev", "hubport,id=board,hubid=0");
    }
    add(l, "-net", nic);
}

static void capture(qemu *q)
{
    child *c = &q->run;
    size_t size;
    int status;
    size = fread(q->text, 1, sizeof q->text - 1, c->out);
    q->text[size] = '\0';
    while (fgetc(c->out) != EOF)
        continue;
    fclose(c->out);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    q->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void qemu_begin(qemu *q)
{
    const char *copy[] = {"cp", "-r", NULL, NULL, NULL};
    q->directory = temp_make();
    copy[2] = temp_path(getenv("FIRMWARE_PKI"), ".");
    copy[3] = q->directory;
    assert_int_equal(child_run(copy), 0);
}

void qemu_end(qemu *q)
{
    temp_remove(q->directory);
}

static void start(qemu *q, unsigned port, const char *format, va_list args)
{
    /* Semihosting speaks on standard error. */
    line l = {{"sh", "-c", "exec timeout -k 5 \"$@\" 2>&1", "sh"}, 4};
    add(&l, q->patience ? q->patience : "60", "qemu-system-arm");
    add(&l, "-M", q->machine);
    add(&l, "-kernel", q->image);
    add(&l, "-display", "none");
    add(&l, "-monitor", "none");
    add(&l, "-serial", "none");
    add(&l, "-semihosting-config", semihosting(q, format, args));
    if (q->icount)
        add(&l, "-icount", q->icount);
    if (q->loader)
        add(&l, "-device", q->loader);
    add_network(&l, q, port);
    child_start(&q->run, l.argv, -1);
}

void qemu_start(qemu *q, unsigned port, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    start(q, port, format, args);
    va_end(args);
}

void qemu_wait(qemu *q)
{
    capture(q);
    if (standin_told(q->text))
        fail_msg("the secret is shown");
    if (q->status == 124 || q->status < 0)
        fail_msg("no end, or QEMU itself ended: %s", q->text);
}

void qemu_run(qemu *q, unsigned port, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    start(q, port, format, args);
    va_end(args);
    qemu_wait(q);
}

void qemu_check(const qemu *q, int status, const char *text)
{
    if (q->status != status || !strstr(q->text, text))
        fail_msg("exit %d, not %d with \"%s\":\n%s", q->status, status, text,
                 q->text);
}
