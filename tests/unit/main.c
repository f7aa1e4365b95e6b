/* unit [PATTERN]: all tests of the header, or those whose names match. */
#include "unit.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    int failed = 0;
    alarm(300 * thin()); /* a hang is a failure too */
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    failed += scope_tests();
    failed += batches_tests();
    failed += writer_tests();
    failed += reader_tests();
    failed += exchange_tests();
    failed += deadline_tests();
    failed += helpers_tests();
    failed += words_tests();
    return failed != 0;
}
