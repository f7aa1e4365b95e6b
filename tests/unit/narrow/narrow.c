/* The header where size_t has 16 bits: on this machine, which calls one so and
 * has room for the longest texts; and on an ATmega1284P in simavr. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVR__
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
enum { LONGEST = 8000 };
#else
#include <stdio.h>
#define size_t uint16_t
enum { LONGEST = 65535 };
#endif

#define SMH_TOKEN_IMPLEMENTATION
#include "smh_token.h"

#define CHECK(ok)                                                              \
    do {                                                                       \
        if (!(ok))                                                             \
            return __LINE__;                                                   \
    } while (0)

static char text[(long)LONGEST + 1];
static const char *items[] = {"alice", "b b"};

static smh_scope usual(void)
{
    static smh_list users;
    smh_scope scope = {0};
    items[1] = "b b";
    users.items = items;
    users.count = 2;
    scope.host = "smh0test.example.com";
    scope.library_id = "smh0test";
    scope.library_secret = "s/s";
    scope.users = &users;
    return scope;
}

static int checked(const smh_scope *scope)
{
    smh_plan plan;
    return smh_check(scope, &plan);
}

/* As a library id, which takes no "%" at all, as a secret and as an id. */
static int refused(void)
{
    smh_scope scope = usual();
    int result;
    scope.library_id = text;
    result = checked(&scope);
    CHECK(result == SMH_E_LONG || result == SMH_E_LIBRARY);
    scope = usual();
    scope.library_secret = text;
    CHECK(checked(&scope) == SMH_E_LONG);
    scope = usual();
    items[1] = text;
    CHECK(checked(&scope) == SMH_E_LONG);
    return 0;
}

/* Three times as long they are just below and beyond 2^16, with and without
 * what else a request has. */
static int long_texts_are_refused(void)
{
    static const uint16_t sizes[] = {2700,  5000,  7999,  21700, 21800, 21820,
                                     21830, 21840, 21845, 21846, 22000, 32767,
                                     32768, 43690, 43691, 65535};
    static const char letters[] = "%x";
    unsigned i, k;
    int bad;
    for (k = 0; k < 2; k++)
        for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            if ((long)sizes[i] > (long)LONGEST || (k == 1 && sizes[i] < 7999))
                continue;
            memset(text, letters[k], sizes[i]);
            text[sizes[i]] = '\0';
            bad = refused();
            if (bad)
                return bad;
        }
    return 0;
}

static int a_request_is_written(void)
{
    static const char golden[] =
        "DELETE "
        "/api/v1/token/smh0test?library_secret=s%2Fs&user_id=alice,b%20b "
        "HTTP/1.1\r\n";
    static char whole[300], pieces[300];
    smh_scope scope = usual();
    smh_plan plan;
    smh_batch batch = {0};
    size_t size, at;
    CHECK(smh_check(&scope, &plan) == 0);
    CHECK(smh_count(&plan) == 1);
    CHECK(smh_next(&plan, &batch) == 1);
    size = smh_write(&plan, &batch, 0, 0, whole, sizeof whole);
    CHECK(size > sizeof golden && size < sizeof whole);
    CHECK(memcmp(whole, golden, sizeof golden - 1) == 0);
    CHECK(memcmp(whole + size - 4, "\r\n\r\n", 4) == 0);
    for (at = 0; at < size; at = (size_t)(at + 7))
        CHECK(smh_write(&plan, &batch, 0, at, pieces + at, 7) == size);
    CHECK(memcmp(whole, pieces, size) == 0);
    CHECK(smh_write(&plan, &batch, 0, 65535, pieces, 7) == size);
    CHECK(smh_next(&plan, &batch) == 0);
    return 0;
}

static int an_answer_is_read(void)
{
    static const char answer[] = "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n";
    smh_reader reader;
    unsigned i;
    memset(&reader, 0, sizeof reader);
    for (i = 0; i + 2 < sizeof answer; i++)
        CHECK(smh_read(&reader, (unsigned char)answer[i]) == 0);
    CHECK(smh_read(&reader, (unsigned char)answer[i]) == 204);
    return 0;
}

/* 0, or the line of the first check that failed. */
static int all(void)
{
    int bad = long_texts_are_refused();
    if (!bad)
        bad = a_request_is_written();
    return bad ? bad : an_answer_is_read();
}

#ifdef __AVR__

static void say(const char *words)
{
    for (; *words; words++) {
        while (!(UCSR0A & (1 << UDRE0)))
            ;
        UDR0 = (uint8_t)*words;
    }
}

int main(void)
{
    char line[] = "failed at line 000\n";
    int bad = all();
    UCSR0B = 1 << TXEN0;
    line[15] = (char)('0' + bad / 100);
    line[16] = (char)('0' + bad / 10 % 10);
    line[17] = (char)('0' + bad % 10);
    say(bad ? line : "narrow: passed\n");
    cli(); /* with which simavr ends */
    sleep_mode();
    return 0;
}

#else

int main(void)
{
    int bad = all();
    if (bad)
        fprintf(stderr, "narrow.c:%d: failed\n", bad);
    else
        puts("narrow: passed");
    return bad != 0;
}

#endif
