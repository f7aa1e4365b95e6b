/* The reader against RFC 9112. */
#include "proof.h"

/* ---- an automaton of the RFC alone --------------------------------------- */

/* What has been read of
 *     status-line = HTTP-version SP status-code SP [ reason-phrase ]  (4)
 *     HTTP-version = "HTTP/" DIGIT "." DIGIT                           (2.3)
 * each line ended by CR LF, and of field lines, of which nothing is asked but
 * that they are text, and an empty one (2.1, 5).  One thing is not by the
 * letter: the SP before a reason that is absent may be absent too. */
enum {
    IN_VERSION,
    IN_CODE,
    BEHIND_CODE,
    IN_REASON,
    STATUS_LF,
    AT_LINE,
    IN_LINE,
    LINE_LF,
    EMPTY_LF,
    STOPPED
};

typedef struct automaton {
    uint8_t place;
    unsigned n; /* bytes of the version or digits of the code */
    unsigned code;
    unsigned interim; /* answers 1xx */
    uint32_t bytes;
} automaton;

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* HTAB / SP / VCHAR / obs-text (RFC 9110, 5.5) */
static bool is_text(unsigned char c)
{
    return c == 0x09 || (c >= 0x20 && c <= 0x7E) || c >= 0x80;
}

static bool is_version(unsigned n, unsigned char c)
{
    static const char want[] = {'H', 'T', 'T', 'P', '/', '1', '.'};
    return n < 7    ? c == (unsigned char)want[n]
           : n == 7 ? is_digit(c)
                    : c == ' ';
}

static int stop(automaton *a, int result)
{
    a->place = STOPPED;
    return result;
}

static int status_line(automaton *a)
{
    a->place = AT_LINE;
    if (a->code < 100 || a->code > 599 || a->code == 101)
        return stop(a, SMH_E_ANSWER);
    if (a->code > 199)
        return a->code == 204 ? 0 : stop(a, (int)a->code);
    if (a->interim == SMH_INTERIM_MAX)
        return stop(a, SMH_E_ANSWER);
    a->interim++;
    return 0;
}

static int empty_line(automaton *a)
{
    bool last = a->code == 204;
    a->place = IN_VERSION;
    a->n = 0;
    a->code = 0;
    if (last) {
        a->interim = 0;
        a->bytes = 0;
    }
    return last ? 204 : 0;
}

static int go_to(automaton *a, bool legal, uint8_t place)
{
    if (!legal)
        return stop(a, SMH_E_ANSWER);
    a->place = place;
    return 0;
}

static int next_digit(automaton *a, unsigned char c)
{
    if (!is_digit(c))
        return stop(a, SMH_E_ANSWER);
    a->code = a->code * 10 + c - '0';
    return go_to(a, true, ++a->n == 3 ? BEHIND_CODE : IN_CODE);
}

static int next_of_version(automaton *a, unsigned char c)
{
    bool legal = is_version(a->n, c);
    bool last = ++a->n == 9;
    if (last)
        a->n = 0;
    return go_to(a, legal, last ? IN_CODE : IN_VERSION);
}

static int next(automaton *a, unsigned char c)
{
    if (a->place == STOPPED || a->bytes == SMH_ANSWER_MAX)
        return stop(a, SMH_E_ANSWER);
    a->bytes++;
    switch (a->place) {
    case IN_VERSION:
        return next_of_version(a, c);
    case IN_CODE:
        return next_digit(a, c);
    case BEHIND_CODE:
        return go_to(a, c == ' ' || c == 13, c == 13 ? STATUS_LF : IN_REASON);
    case IN_REASON:
        return go_to(a, is_text(c) || c == 13, c == 13 ? STATUS_LF : IN_REASON);
    case STATUS_LF:
        return c == 10 ? status_line(a) : stop(a, SMH_E_ANSWER);
    case AT_LINE:
        return go_to(a, is_text(c) || c == 13, c == 13 ? EMPTY_LF : IN_LINE);
    case IN_LINE:
        return go_to(a, is_text(c) || c == 13, c == 13 ? LINE_LF : IN_LINE);
    case LINE_LF:
        return go_to(a, c == 10, AT_LINE);
    default:
        return c == 10 ? empty_line(a) : stop(a, SMH_E_ANSWER);
    }
}

/* What an automaton may be in; a->n counts only in the first two places. */
static bool is_possible(const automaton *a)
{
    static const unsigned powers[] = {1, 10, 100, 1000};
    unsigned n = a->place == IN_VERSION || a->place == IN_CODE ? a->n : 0;
    if (a->place == STOPPED)
        return true;
    if (a->place > STOPPED || n >= (a->place == IN_VERSION ? 9u : 3u) ||
        a->interim > SMH_INTERIM_MAX || a->bytes > SMH_ANSWER_MAX)
        return false;
    if (a->bytes == 0)
        return a->place == IN_VERSION && n == 0 && a->code == 0 &&
               a->interim == 0;
    if (a->place == IN_VERSION)
        return a->code == 0 && (n != 0 || a->interim != 0);
    if (a->place < AT_LINE)
        return a->code < powers[a->place == IN_CODE ? n : 3];
    return a->code == 204 || (a->code >= 100 && a->code < 200 &&
                              a->code != 101 && a->interim != 0);
}

/* ---- the relation of both ------------------------------------------------ */

static bool is_at(const smh_reader *r, const automaton *a)
{
    bool lf =
        a->place == STATUS_LF || a->place == LINE_LF || a->place == EMPTY_LF;
    if (r->cr != lf)
        return false;
    switch (a->place) {
    case IN_VERSION:
        return r->at == a->n;
    case IN_CODE:
        return r->at == 9 + a->n;
    case BEHIND_CODE:
        return r->at == SMHI_CODE;
    case STATUS_LF:
        return (r->at | 1) == SMHI_CODE + 1;
    case IN_REASON:
        return r->at == SMHI_CODE + 1;
    case AT_LINE:
    case EMPTY_LF:
        return r->at == SMHI_FIELD;
    default:
        return r->at == SMHI_FIELD + 1;
    }
}

static bool are_related(const smh_reader *r, const automaton *a)
{
    if (a->place == STOPPED)
        return r->length == SMH_ANSWER_MAX;
    return is_at(r, a) && r->length == a->bytes && r->status == a->code &&
           r->interim == a->interim;
}

/* ---- entries ------------------------------------------------------------- */

ENTRY(reader_begin)
{
    smh_reader r;
    automaton a = {0};
    smhi_wipe(&r, sizeof r);
    PROVE(is_possible(&a) && are_related(&r, &a), "a zeroed reader is related");
}

ENTRY(reader_step)
{
    smh_reader r;
    automaton a;
    unsigned char c = nondet_byte();
    int got, want;
    ASSUME(is_possible(&a) && are_related(&r, &a));
    got = smh_read(&r, c);
    want = next(&a, c);
    PROVE(got == want, "reader and automaton say the same");
    PROVE(is_possible(&a) && are_related(&r, &a), "they stay related");
    PROVE(a.place == STOPPED || reader_is_sound(&r), "the reader stays sound");
}

/* Sentences of a grammar: an interim answer, then a 204.  In the pattern d is
 * any digit, x a byte of text, t any more of it, and ( ) a line that comes any
 * number of times; all of them together have BYTES at most. */
#define LINES "(xt\r\n)\r\n"
enum { BYTES = 37 };

ENTRY(reader_grammar)
{
    static const char pattern[] =
        "HTTP/1.d 1dd t\r\n" LINES "HTTP/1.d 204 t\r\n" LINES;
    smh_reader r = {0};
    unsigned at = 0, i, line = 0;
    int result = 0;
    for (i = 0; i < BYTES; i++) {
        unsigned char c = nondet_byte();
        if (pattern[at] == '(') {
            line = ++at;
            if (nondet_bool())
                at += sizeof "xt\r\n)" - 1;
        }
        if (pattern[at] == 't' && nondet_bool())
            at++;
        if (pattern[at] == 'd')
            ASSUME(is_digit(c) && !(at == 11 && r.status == 10 && c == '1'));
        else if (pattern[at] == 't' || pattern[at] == 'x')
            ASSUME(is_text(c));
        else
            c = (unsigned char)pattern[at];
        if (pattern[at] != 't')
            at++;
        if (pattern[at] == ')')
            at = line - 1;
        PROVE(result == 0, "nothing is said before the end");
        result = smh_read(&r, c);
        if (at == sizeof pattern - 1)
            break;
    }
    PROVE((at == sizeof pattern - 1) == (result == SMH_DONE),
          "at its end it is a 204");
}
