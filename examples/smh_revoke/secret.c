#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <mbedtls/platform_util.h>

#define VARIABLE "SMH_LIBRARY_SECRET="
#define SECRET_MAX 4096 /* octets */

extern char **environ;

static char secret[SECRET_MAX + 2];

void secret_harden(void)
{
    static const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    /* Out of the swap too, where the system lets us. */
    (void)!mlock(secret, sizeof secret);
}

/* The memory of the environment is what /proc/PID/environ shows: unsetenv()
 * alone would leave the secret there.  -1: too long. */
static int take_from_environment(void)
{
    size_t name = strlen(VARIABLE), length;
    char **entry;
    int fine = 0;

    for (entry = environ; *entry; entry++) {
        if (strncmp(*entry, VARIABLE, name) != 0)
            continue;
        length = strlen(*entry + name);
        if (length > SECRET_MAX)
            fine = -1;
        else if (secret[0] == '\0')
            memcpy(secret, *entry + name, length + 1);
        mbedtls_platform_zeroize(*entry + name, length);
    }
    unsetenv("SMH_LIBRARY_SECRET");
    return fine;
}

static void warn_if_public(int fd)
{
    struct stat info;

    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
        (info.st_mode & (S_IROTH | S_IWOTH)))
        fputs("smh_revoke: warning: every user of this machine can read or "
              "write the --secret-file: chmod o-rw\n",
              stderr);
}

/* No stdio: its buffer would keep a copy.  Octets read, or -1. */
static ssize_t read_whole(int fd)
{
    size_t size = 0;
    ssize_t got;

    while ((got = read(fd, secret + size, sizeof secret - size)) > 0)
        size += (size_t)got;
    return got < 0 ? -1 : (ssize_t)size;
}

/* The name stays untold: it may be the secret itself, given for its file. */
static int take_from_file(const char *name, int quiet, struct verdict *verdict)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read_whole(fd);
    size_t size = (size_t)got;

    if (got < 0)
        refuse(verdict, "--secret-file: cannot be read: %s", strerror(errno));
    else if (!quiet)
        warn_if_public(fd);
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return -1;
    if (size > 0 && secret[size - 1] == '\n')
        size--;
    if (size > 0 && secret[size - 1] == '\r')
        size--;
    if (size > SECRET_MAX || memchr(secret, '\n', size) ||
        memchr(secret, '\0', size))
        return refuse(verdict, "--secret-file: want one line of text");
    secret[size] = '\0';
    return size > 0 ? 0 : refuse(verdict, "--secret-file: empty");
}

const char *secret_load(const char *file, int quiet, struct verdict *verdict)
{
    int fits = take_from_environment();

    if (file) {
        mbedtls_platform_zeroize(secret, sizeof secret);
        if (take_from_file(file, quiet, verdict) != 0)
            return NULL;
    } else if (fits != 0) {
        refuse(verdict, "SMH_LIBRARY_SECRET: longer than %d octets",
               SECRET_MAX);
        return NULL;
    }
    return secret[0] != '\0' ? secret : NULL;
}

const char *secret_placeholder(void)
{
    memset(secret, '0', 64);
    secret[64] = '\0';
    return secret;
}

void secret_wipe(void)
{
    mbedtls_platform_zeroize(secret, sizeof secret);
}
