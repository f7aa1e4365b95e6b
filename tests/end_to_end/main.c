/* end_to_end [PATTERN]: all tests over real TLS and of the stand-in, or those
 * whose names match. */
#include <unistd.h>

#include "world.h"

int main(int argc, char **argv)
{
    int failed = 0;
    alarm(1800); /* a hang is a failure too */
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    failed += standin_tests();
    world_begin(NULL);
    world_start("server", NULL);
    failed += faults_tests();
    failed += batches_tests();
    failed += connection_tests();
    failed += certificates_tests();
    failed += strangers_tests();
    world_end(NULL);
    return failed != 0;
}
