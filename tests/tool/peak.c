/* peak FILE PROGRAM [ARGUMENT]...: runs it, writes a line to FILE - the most
 * memory that it had at a time, in kB, its CPU time, user and system, and its
 * time, in us - and ends with its exit status. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long us(struct timeval t)
{
    return t.tv_sec * 1000000LL + t.tv_usec;
}

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    long long begun = now(), past;
    int status;
    pid_t child;
    FILE *file;
    if (argc < 3)
        return 2;
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        return 127;
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 126;
    past = now() - begun;
    file = fopen(argv[1], "w");
    if (!file ||
        fprintf(file, "%ld %lld %lld\n", usage.ru_maxrss,
                us(usage.ru_utime) + us(usage.ru_stime), past) < 0 ||
        fclose(file))
        return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 124;
}
