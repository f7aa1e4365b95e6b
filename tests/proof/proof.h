/* What the harnesses share.  An entry is a function without arguments: CBMC
 * takes each value that it does not set as any, and shows that what is PROVEd
 * holds for all that are ASSUMEd; or, compiled for a planted fault, that it
 * does not. */
#ifndef PROOF_H
#define PROOF_H

#define SMH_TOKEN_IMPLEMENTATION
#include "smh_token.h"
#include <stdbool.h>

void __CPROVER_assert(_Bool ok, const char *claim);
void __CPROVER_assume(_Bool ok);
void *__CPROVER_allocate(unsigned long size, _Bool zero);
#define PROVE(ok, claim) __CPROVER_assert(ok, claim)
#define ASSUME(ok) __CPROVER_assume(ok)

/* What must happen for some values, or what is assumed leaves no proof. */
#ifdef FAULT
#define SEEN(ok, what) ((void)0)
#else
#define SEEN(ok, what) __CPROVER_assert(!(ok), "seen: " what)
#endif

#define ENTRY(name)                                                            \
    static void name##_all(void);                                              \
    void name(void);                                                           \
    void name(void)                                                            \
    {                                                                          \
        name##_all();                                                          \
        SEEN(true, "the end");                                                 \
    }                                                                          \
    static void name##_all(void)

/* Any value. */
bool nondet_bool(void);
unsigned char nondet_byte(void);
int nondet_int(void);
uint8_t nondet_uint8(void);
uint16_t nondet_uint16(void);
uint32_t nondet_uint32(void);
size_t nondet_size(void);
char nondet_char(void);

/* A reader that has not refused, as far as the exchange needs to know; the
 * proof of the reader shows that it stays so. */
static inline bool reader_is_sound(const smh_reader *r)
{
    unsigned digits = r->at < 10    ? 1u
                      : r->at == 10 ? 10u
                      : r->at == 11 ? 100u
                                    : 1000u;
    return r->at <= SMHI_FIELD + 1 && r->status < digits && r->cr <= 1 &&
           r->interim <= SMH_INTERIM_MAX &&
           (r->at < SMHI_FIELD || r->status == SMH_DONE ||
            (r->status >= 100 && r->status < 200)) &&
           (r->length != 0 || (r->at == 0 && r->interim == 0 && r->cr == 0));
}

#endif
