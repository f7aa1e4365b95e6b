/* peak FILE PROGRAM [ARGUMENT]...: runs it, writes the most memory that it had
 * at a time, in kB, to FILE, and ends with its exit status. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;
    pid_t child;
    FILE *file;
    if (argc < 3)
        return 2;
    child = fork();
    if (child == 0) {
        execv(argv[2], argv + 2);
        return 127;
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 126;
    file = fopen(argv[1], "w");
    if (!file || fprintf(file, "%ld\n", usage.ru_maxrss) < 0 || fclose(file))
        return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 124;
}
