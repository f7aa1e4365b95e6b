/* doubtful.c - texts that may be ids, but hardly are what was meant */
#include "tool.h"

#include <string.h>

static bool is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        size_t length = *at < 0x80 ? 1 : utf8_length(at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

static bool is_quoted(const char *text)
{
    size_t length;
    if (text[0] != '"' && text[0] != '\'')
        return false;
    length = strlen(text);
    return length > 1 && text[length - 1] == text[0];
}

const char *doubtful_id(const char *id, const char **next)
{
    if (is_quoted(id)) {
        *next = "take the quotes away";
        return "an id in quotes";
    }
    if (!is_utf8(id)) {
        *next = "write the ids as UTF-8";
        return "not UTF-8";
    }
    return NULL;
}

/* user_id, User-ID, clientId, "session ids" and the like. */
static bool is_heading(const char *line)
{
    static const char *const columns[] = {"user", "client", "session"};
    char plain[12];
    size_t size = 0, i;
    for (; *line != '\0'; line++) {
        char letter = *line;
        if (letter == '_' || letter == '-' || letter == ' ')
            continue;
        if (size == sizeof plain - 1)
            return false;
        plain[size++] = letter >= 'A' && letter <= 'Z'
                            ? (char)(letter - 'A' + 'a')
                            : letter;
    }
    plain[size] = '\0';
    for (i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        size_t length = strlen(columns[i]);
        if (strncmp(plain, columns[i], length) == 0 &&
            (strcmp(plain + length, "id") == 0 ||
             strcmp(plain + length, "ids") == 0))
            return true;
    }
    return false;
}

const char *doubtful_line(const char *line, bool is_first, const char **next)
{
    *next = "delete that line";
    if (line[0] == '#')
        return "a comment";
    if (is_first && is_heading(line))
        return "looks like the heading of a column";
    return doubtful_id(line, next);
}
