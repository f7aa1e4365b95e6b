/* What the examples of the manual and of README.md take for granted. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "smh_token.h"
#include "smh_posix.h"
#include "smh_mbedtls.h"

#include <stdio.h>

int cut_off(smh_port port, const char *secret, const char *user);
void other_work(void);
void report(const char *text, uint32_t resume);

#endif
