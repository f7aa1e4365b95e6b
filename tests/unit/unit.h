/* What the unit tests share: chance, memory at the edge of a page, scopes. */
#ifndef UNIT_H
#define UNIT_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "decode.h"
#include "smh_token.h"
#include "thin.h"

/* A test that frees what it took from here, also when it fails. */
#define RUN(f) cmocka_unit_test_teardown(f, tidy)

enum { PAGE = 4096 };

/* The same numbers in every run: 0 to below - 1. */
uint32_t chance(uint32_t below);
void chance_seed(uint32_t seed);

/* Zeroed memory until the end of the test. */
void *take(size_t size);
int tidy(void **state);

/* size bytes whose last one is the last before an unmapped page, and the like
 * of a text, its NUL included. */
char *edge(size_t size);
char *edge_text(const char *text);

/* count ids of width bytes: a letter, digits, and letters behind them. */
const smh_list *numbered(char letter, size_t count, size_t width);
const smh_list *list_from(const char *const *items, size_t count);

/* A scope with a host, a library, a secret that no other text looks like, and
 * one user. */
#define SECRET "Zq9/&=7#Kx,%w2 Vb+"
#define SECRET_ENCODED "Zq9%2F%26%3D7%23Kx%2C%25w2%20Vb%2B"
smh_scope usual(void);

/* Any bytes that an id may have. */
char *random_text(size_t least, size_t most);

/* One function per layer: runs its tests and says how many failed. */
int scope_tests(void);
int batches_tests(void);
int writer_tests(void);
int reader_tests(void);
int exchange_tests(void);
int deadline_tests(void);
int helpers_tests(void);
int words_tests(void);

#endif
