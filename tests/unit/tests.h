/* One function per layer: runs its tests and says how many failed. */
#ifndef TESTS_H
#define TESTS_H

int scope_tests(void);
int batches_tests(void);
int writer_tests(void);
int reader_tests(void);
int exchange_tests(void);
int deadline_tests(void);
int helpers_tests(void);
int words_tests(void);

#endif
