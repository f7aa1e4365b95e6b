/* secret.c - the library's secret: where it comes from, and where it must not
 * go */
#define _DEFAULT_SOURCE /* MADV_DONTDUMP, MAP_ANONYMOUS */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <mbedtls/platform_util.h>

#define VARIABLE "SMH_LIBRARY_SECRET"
#define SECRET_MAX 4096 /* bytes */

extern char **environ;

static char secret[SECRET_MAX + 3]; /* room for CR LF, and to see more */
static struct stat origin;          /* of the file, if there is one */
static bool has_origin;

/* ---- memory -------------------------------------------------------------- */

/* Out of the swap, where the system lets us. */
static void lock(void *memory, size_t size)
{
    (void)!mlock(memory, size);
}

/* Pages of their own, so that nothing else is locked with them. */
char *secret_room(size_t size)
{
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return NULL;
    lock(room, size);
#ifdef MADV_DONTDUMP
    (void)!madvise(room, size, MADV_DONTDUMP);
#endif
    return room;
}

void secret_room_free(char *room, size_t size)
{
    if (room == NULL)
        return;
    mbedtls_platform_zeroize(room, size);
    munmap(room, size);
}

/* ---- shape --------------------------------------------------------------- */

/* NAME=, with or without export before it.  A secret of its own may well have
 * a "=", so the name has to speak of a secret or of SMH. */
static bool is_assignment(const char *text)
{
    size_t length, i;
    if (strncmp(text, "export ", 7) == 0)
        text += 7;
    length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                          "0123456789_");
    if (text[length] != '=')
        return false;
    if (strncmp(text, "SMH_", 4) == 0)
        return true;
    for (i = 0; i + 6 <= length; i++)
        if (strncasecmp(text + i, "secret", 6) == 0)
            return true;
    return false;
}

/* What stands around a secret and is no part of it.  source names where it
 * comes from; nothing of it is told. */
static int check_shape(const char *source, struct verdict *verdict)
{
    size_t length = strlen(secret);
    const char *what = NULL;
    if (strncmp(secret, "\xEF\xBB\xBF", 3) == 0)
        what = "a byte order mark before it";
    else if (length > 1 && (secret[0] == '"' || secret[0] == '\'') &&
             secret[length - 1] == secret[0])
        what = "quotes around it";
    else if (is_assignment(secret))
        what = "a name and \"=\" before it";
    if (what == NULL)
        return 0;
    refuse(verdict, "%s: the secret has %s", source, what);
    return advise(verdict, "give the secret alone, with nothing around it");
}

static int want_one_line(const char *source, struct verdict *verdict)
{
    refuse(verdict, "%s: want one line of text, %d bytes at most", source,
           SECRET_MAX);
    return advise(verdict, "give the secret alone, as the console shows it");
}

/* The bytes in secret become its text, without the end of a line. */
static int take_line(const char *source, size_t size, struct verdict *verdict)
{
    if (size == sizeof secret)
        return want_one_line(source, verdict);
    if (size > 0 && secret[size - 1] == '\n')
        size--;
    if (size > 0 && secret[size - 1] == '\r')
        size--;
    if (size > SECRET_MAX || memchr(secret, '\n', size) != NULL ||
        memchr(secret, '\0', size) != NULL)
        return want_one_line(source, verdict);
    secret[size] = '\0';
    if (size > 0)
        return check_shape(source, verdict);
    refuse(verdict, "%s: empty", source);
    return advise(verdict, "give the secret of the library");
}

/* ---- environment --------------------------------------------------------- */

static struct {
    bool is_set;
    size_t size; /* of the value; what is too long fills all of secret */
} environment;

/* The memory of the environment is what /proc/PID/environ shows: unsetenv()
 * alone would leave the secret there. */
static void take_from_environment(void)
{
    size_t name = strlen(VARIABLE "=");
    char **entry;
    for (entry = environ; *entry != NULL; entry++) {
        char *value = *entry + name;
        size_t length;
        if (strncmp(*entry, VARIABLE "=", name) != 0)
            continue;
        length = strlen(value);
        if (!environment.is_set) {
            environment.size = length < sizeof secret ? length : sizeof secret;
            memcpy(secret, value, environment.size);
        }
        environment.is_set = true;
        mbedtls_platform_zeroize(value, length);
    }
    unsetenv(VARIABLE);
}

void secret_harden(void)
{
    static const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    lock(secret, sizeof secret);
    take_from_environment();
}

/* ---- file ---------------------------------------------------------------- */

static void warn_if_public(void)
{
    if (S_ISREG(origin.st_mode) && (origin.st_mode & (S_IROTH | S_IWOTH)))
        fputs("smh_revoke: warning: every user of this machine can read or "
              "write the --secret-file: chmod o-rw\n",
              stderr);
}

/* No stdio: its buffer would keep a copy.  Bytes read, or -1. */
static ssize_t read_whole(int fd)
{
    size_t size = 0;
    ssize_t got;
    while ((got = signals_read(fd, secret + size, sizeof secret - size)) > 0)
        size += (size_t)got;
    return got < 0 ? -1 : (ssize_t)size;
}

/* The name stays untold: it may be the secret itself, given for its file. */
static int take_from_file(const char *name, bool quiet, struct verdict *verdict)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t got = -1;
    has_origin = fd >= 0 && fstat(fd, &origin) == 0;
    if (fd >= 0)
        got = isatty(fd) ? terminal_ask(fd, STDERR_FILENO,
                                        "smh_revoke: the library's secret (it "
                                        "is not shown): ",
                                        secret, sizeof secret)
                         : read_whole(fd);
    if (got < 0) {
        refuse(verdict, "--secret-file: cannot be read: %s", strerror(errno));
        advise(verdict, "check that --secret-file names a file that can be "
                        "read");
    } else if (!quiet && has_origin) {
        warn_if_public();
    }
    if (fd >= 0)
        close(fd);
    return got < 0 ? -1 : take_line("--secret-file", (size_t)got, verdict);
}

bool secret_came_from(int fd)
{
    struct stat info;
    return has_origin && fstat(fd, &info) == 0 &&
           info.st_dev == origin.st_dev && info.st_ino == origin.st_ino;
}

/* ---- terminal ------------------------------------------------------------ */

static int take_from_terminal(const char *host, struct verdict *verdict)
{
    char prompt[400], shown[300];
    int fd = terminal_open();
    ssize_t got;
    if (fd < 0) {
        refuse(verdict, "no secret, and no terminal to ask for it");
        return advise(verdict, "set " VARIABLE " or give --secret-file");
    }
    snprintf(prompt, sizeof prompt,
             "smh_revoke: the secret of the library at %s (it is not shown): ",
             escape(host, shown, sizeof shown));
    got = terminal_ask(fd, fd, prompt, secret, sizeof secret);
    if (got < 0)
        refuse(verdict, "the secret cannot be read from the terminal: %s",
               strerror(errno));
    close(fd);
    return got < 0 ? -1 : take_line("the terminal", (size_t)got, verdict);
}

/* ---- all of it ----------------------------------------------------------- */

const char *secret_load(const struct options *options, struct verdict *verdict)
{
    size_t size = environment.size;
    int result;
    if (options->secret_file != NULL) {
        mbedtls_platform_zeroize(secret, sizeof secret);
        result = take_from_file(options->secret_file, options->quiet, verdict);
    } else if (environment.is_set && (size > 0 || !options->dry_run)) {
        result = take_line(VARIABLE, size, verdict);
    } else if (options->dry_run) { /* of a usual length */
        memset(secret, '0', 64);
        secret[64] = '\0';
        result = 0;
    } else {
        result = take_from_terminal(options->name, verdict);
    }
    return result == 0 ? secret : NULL;
}

void secret_wipe(void)
{
    mbedtls_platform_zeroize(secret, sizeof secret);
}
