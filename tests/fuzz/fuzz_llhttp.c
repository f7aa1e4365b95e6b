/* Any answer through the header's reader and through llhttp, which Node.js
 * reads HTTP with.  Where the two do not say the same, a row names the sentence
 * that decides; a difference without one is a fault. */
#include "decode.h"
#include "fuzz.h"

#include <llhttp.h>
#include <string.h>

typedef struct verdict {
    int result;  /* as smh_read() says it */
    size_t at;   /* the byte that brought it */
    int error;   /* llhttp's, or 0 */
    size_t head; /* where llhttp sees the head of a 204 end, or 0 */
} verdict;

typedef struct difference {
    const char *sentence;
    seed example;
    int (*fits)(const char *data, const verdict *ours, const verdict *theirs);
} difference;

/* ---- the two readers ----------------------------------------------------- */

static verdict read_ours(const char *data, size_t size)
{
    smh_reader reader = {0};
    verdict v = {0, 0, 0, 0};
    for (; v.at < size; v.at++) {
        v.result = smh_read(&reader, (unsigned char)data[v.at]);
        if (v.result != 0)
            break;
    }
    return v;
}

static int status, head, whole;

static int on_status(llhttp_t *parser)
{
    status = parser->status_code;
    return 0;
}

static int on_head(llhttp_t *parser)
{
    head = parser->status_code == SMH_DONE;
    return 0;
}

static int on_whole(llhttp_t *parser)
{
    whole = parser->status_code == SMH_DONE;
    return 0;
}

/* A status counts from the end of its line, 204 from the blank one. */
static verdict read_theirs(const char *data, size_t size)
{
    llhttp_settings_t settings;
    llhttp_t parser;
    verdict v = {0, 0, 0, 0};
    llhttp_settings_init(&settings);
    settings.on_status_complete = on_status;
    settings.on_headers_complete = on_head;
    settings.on_message_complete = on_whole;
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    status = head = whole = 0;
    for (; v.at < size && v.result == 0; v.at++) {
        v.error = (int)llhttp_execute(&parser, data + v.at, 1);
        if (head && v.head == 0)
            v.head = v.at;
        if (v.error != HPE_OK)
            v.result = SMH_E_ANSWER;
        else if (whole)
            v.result = SMH_DONE;
        else if (data[v.at] == '\n' && status >= 200 && status != SMH_DONE)
            v.result = status;
    }
    v.at -= v.result != 0;
    return v;
}

/* ---- what decides -------------------------------------------------------- */

/* Where the line of that byte begins, and whether it is a status line. */
static size_t line_of(const char *data, size_t at)
{
    while (at > 0 && data[at - 1] != '\n')
        at--;
    return at;
}

static int is_first(const char *data, size_t line)
{
    return line == 0 ||
           (line >= 4 && memcmp(data + line - 4, "\r\n\r\n", 4) == 0);
}

static int refused(const verdict *ours, const verdict *theirs)
{
    return ours->result == SMH_E_ANSWER && theirs->result != SMH_E_ANSWER;
}

static int bare_lf(const char *data, const verdict *ours, const verdict *theirs)
{
    return refused(ours, theirs) && data[ours->at] == '\n' &&
           (ours->at == 0 || data[ours->at - 1] != '\r');
}

static int bare_cr(const char *data, const verdict *ours, const verdict *theirs)
{
    return refused(ours, theirs) && ours->at > 0 &&
           data[ours->at - 1] == '\r' && data[ours->at] != '\n';
}

static int control(const char *data, const verdict *ours, const verdict *theirs)
{
    return refused(ours, theirs) && data[ours->at] != '\r' &&
           data[ours->at] != '\n' &&
           ((unsigned char)data[ours->at] < ' ' || data[ours->at] == 127);
}

static int form(const char *data, const verdict *ours, const verdict *theirs)
{
    size_t line = line_of(data, ours->at);
    return refused(ours, theirs) && is_first(data, line) &&
           ours->at - line < 13;
}

/* The first digit of a status that is refused at the end of its line, or 0. */
static char digit(const char *data, const verdict *ours, const verdict *theirs)
{
    return refused(ours, theirs) && data[ours->at] == '\n'
               ? data[line_of(data, ours->at) + 9]
               : '\0';
}

static int code(const char *data, const verdict *ours, const verdict *theirs)
{
    char first = digit(data, ours, theirs);
    return first == '0' || first > '5';
}

static int upgrade(const char *data, const verdict *ours, const verdict *theirs)
{
    return digit(data, ours, theirs) == '1' &&
           memcmp(data + line_of(data, ours->at) + 9, "101", 3) == 0;
}

static int interim(const char *data, const verdict *ours, const verdict *theirs)
{
    return digit(data, ours, theirs) == '1';
}

static int minor(const char *data, const verdict *ours, const verdict *theirs)
{
    (void)data;
    return ours->result != SMH_E_ANSWER && theirs->error == HPE_INVALID_VERSION;
}

/* In a field line that the header skips. */
static int field(const char *data, const verdict *ours, const verdict *theirs)
{
    return ours->result != SMH_E_ANSWER &&
           (theirs->error == HPE_INVALID_HEADER_TOKEN ||
            theirs->error == HPE_UNEXPECTED_SPACE) &&
           !is_first(data, line_of(data, theirs->at));
}

static int framing(const char *data, const verdict *ours, const verdict *theirs)
{
    (void)data;
    return (ours->result == SMH_DONE && theirs->head == ours->at) ||
           (ours->result != SMH_E_ANSWER &&
            (theirs->error == HPE_INVALID_CONTENT_LENGTH ||
             theirs->error == HPE_UNEXPECTED_CONTENT_LENGTH ||
             theirs->error == HPE_INVALID_TRANSFER_ENCODING));
}

/* Fields of a 1xx that end the connection for llhttp, or give it a body. */
static int hint(const char *data, const verdict *ours, const verdict *theirs)
{
    return ours->result != SMH_E_ANSWER && theirs->result <= 0 &&
           theirs->head == 0 && theirs->at > sizeof "HTTP/1.1 1" &&
           data[9] == '1';
}

#define LINE "HTTP/1.1 204 No Content\r\n"
#define ASK "HTTP/1.1 103 Early Hints\r\n\r\n"

/* The first row that fits counts. */
static const difference differences[] = {
    {"RFC 9112, 2.2: a recipient MAY recognize a single LF: we do not",
     SEED("HTTP/1.1 404 Not Found\n"), bare_lf},
    {"RFC 9112, 2.2: a recipient of a bare CR MUST consider it invalid",
     SEED("HTTP/1.1 404\rx\r\n"), bare_cr},
    {"RFC 9112, 4, and RFC 9110, 5.5: no CTL but HTAB is legal",
     SEED("HTTP/1.1 204 N\1\r\n\r\n"), control},
    {"RFC 9112, 4: status-line = HTTP-version SP status-code SP [reason]",
     SEED("\r\n" LINE "\r\n"), form},
    {"RFC 9110, 15: values outside the range 100..599 are invalid",
     SEED("HTTP/1.1 600 x\r\n\r\n"), code},
    {"RFC 9110, 7.8: 101 only if the client has asked for an upgrade",
     SEED("HTTP/1.1 101 x\r\nX: y\r\n"), upgrade},
    {"RFC 9110, 15.2: one or more 1xx; without a limit it would never end",
     SEED(ASK ASK ASK ASK ASK ASK ASK ASK ASK), interim},
    {"RFC 9110, 2.5: a higher minor version is read as the highest known",
     SEED("HTTP/1.7 204 x\r\n\r\n"), minor},
    {"RFC 9112, 5: field lines; we skip them (LIMITS in the manual)",
     SEED(LINE "no colon\r\n\r\n"), field},
    {"RFC 9112, 6.3: a 204 ends at the first empty line, whatever fields",
     SEED(LINE "Content-Length: 5\r\n\r\n"), framing},
    {"RFC 9110, 15.2: a 1xx ends with its head, and the final answer follows",
     SEED("HTTP/1.1 103 x\r\nConnection: close\r\n\r\n" LINE "\r\n"), hint},
};

enum { ROWS = sizeof differences / sizeof *differences };

static const difference *find(const char *data, const verdict *ours,
                              const verdict *theirs)
{
    size_t i;
    for (i = 0; i < ROWS; i++)
        if (differences[i].fits(data, ours, theirs))
            return &differences[i];
    return NULL;
}

/* Where a 204 ends is where the next answer begins. */
static int is_same(const verdict *ours, const verdict *theirs)
{
    return ours->result == theirs->result &&
           (ours->result != SMH_DONE || ours->at == theirs->at);
}

/* Each row is needed, and is what its example needs. */
static int check_rows(void)
{
    size_t i;
    for (i = 0; i < ROWS; i++) {
        const seed *s = &differences[i].example;
        verdict ours = read_ours(s->data, s->size);
        verdict theirs = read_theirs(s->data, s->size);
        must(!is_same(&ours, &theirs) &&
                 find(s->data, &ours, &theirs) == &differences[i],
             differences[i].sentence);
    }
    return 1;
}

const seed seeds[] = {
    SEED(LINE "X: y\r\n\r\n"),
    SEED("HTTP/1.0 404\r\n\r\n"),
    SEED(ASK LINE "\r\n"),
    SEED(LINE "Connection: close\r\n\r\n" LINE "\r\n"),
    SEED(LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    SEED("HTTP/1.1 503 x\r\nX: y\r\n z\r\n\r\n"),
    SEED("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
};
const size_t seed_count = sizeof seeds / sizeof *seeds;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int checked;
    const char *text = (const char *)data;
    verdict ours = read_ours(text, size), theirs = read_theirs(text, size);
    if (!checked)
        checked = check_rows();
    must(is_same(&ours, &theirs) || find(text, &ours, &theirs) != NULL,
         "a sentence decides");
    return 0;
}
