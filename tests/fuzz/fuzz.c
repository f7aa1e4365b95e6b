#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz: does not hold: %s\n", what);
    abort();
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned word)
{
    const seed *s = &seeds[word / 16 % seed_count];
    if (word % 16 == 0 && s->size <= max) {
        memcpy(data, s->data, s->size);
        size = s->size;
    }
    return LLVMFuzzerMutate(data, size, max);
}
