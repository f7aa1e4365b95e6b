/* What the harnesses share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

typedef struct seed {
    const char *data;
    size_t size;
} seed;

#define SEED(text)                                                             \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned word);

/* Each harness has its own; the mutator begins with one of them now and
 * then. */
extern const seed seeds[];
extern const size_t seed_count;

/* Stops with the words if it does not hold. */
void must(int holds, const char *what);

#endif
