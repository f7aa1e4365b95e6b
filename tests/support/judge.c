#include "judge.h"
#include "decode.h"

#include <stdlib.h>
#include <string.h>

/* May a line hold these bytes? */
static int is_line(const char *p, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++)
        if (p[i] != '\t' && (unsigned char)p[i] < ' ')
            return 0;
        else if (p[i] == 127)
            return 0;
    return 1;
}

/* May these bytes begin a status line? */
static int is_status_line(const char *p, size_t n)
{
    static const char form[] = "HTTP/1.# ### ";
    size_t i;
    for (i = 0; i < n && form[i] != '\0'; i++)
        if (form[i] == '#' ? strchr("0123456789", p[i]) == NULL || p[i] == '\0'
                           : p[i] != form[i])
            return 0;
    return 1;
}

/* What a whole status line of n bytes means: 0 goes on. */
static int code_of(const char *p, size_t n, int *interim)
{
    int code = n < 12 ? 0 : atoi(p + 9);
    if (code < 100 || code > 599 || code == 101)
        return SMH_E_ANSWER;
    if (code < 200)
        return ++*interim > SMH_INTERIM_MAX ? SMH_E_ANSWER : 0;
    return code == 204 ? 0 : code;
}

/* The bytes of the line at p up to CR LF, or all; *whole: it has its end. */
static size_t line_at(const char *p, size_t n, int *whole)
{
    size_t i;
    *whole = 0;
    for (i = 0; i + 1 < n; i++)
        if (p[i] == '\r' && p[i + 1] == '\n') {
            *whole = 1;
            return i;
        }
    return n > 0 && p[n - 1] == '\r' ? n - 1 : n;
}

int judge(const char *p, size_t n)
{
    int is_first = 1, is_final = 0, interim = 0, whole = 1, r;
    while (whole && n > 0) {
        size_t line = line_at(p, n, &whole);
        if (!is_line(p, line) || (is_first && !is_status_line(p, line)))
            return SMH_E_ANSWER;
        if (is_first && !whole && line < n && line < 12)
            return SMH_E_ANSWER; /* its CR comes too early */
        if (is_first && whole) {
            r = code_of(p, line, &interim);
            if (r != 0)
                return r;
            is_final = p[9] == '2';
        }
        if (whole && line == 0 && is_final)
            return 204;
        is_first = whole && line == 0;
        p += line + 2;
        n -= whole ? line + 2 : n;
    }
    return 0;
}
