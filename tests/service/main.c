/* service [PATTERN]: all tests over real TLS, or those whose names match. */
#include <unistd.h>

#include "world.h"

int main(int argc, char **argv)
{
    int failed = 0;

    alarm(600); /* a hang is a failure too */
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    world_begin(NULL);
    world_start("server", NULL);
    failed += faults_tests();
    failed += batches_tests();
    failed += connection_tests();
    failed += certificates_tests();
    failed += nginx_tests();
    world_end(NULL);
    return failed != 0;
}
