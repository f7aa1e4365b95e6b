/* Texts that may be ids, but hardly are what was meant. */
#include "tool.h"

#include <string.h>

static int is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != '\0') {
        size_t length = *at < 0x80 ? 1 : utf8_length(at);

        if (length == 0)
            return 0;
        at += length;
    }
    return 1;
}

const char *doubtful_id(const char *id, const char **next)
{
    size_t length = strlen(id);

    if (length > 1 && (id[0] == '"' || id[0] == '\'') &&
        id[length - 1] == id[0]) {
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
static int is_heading(const char *line)
{
    static const char *const columns[] = {"user", "client", "session"};
    char plain[12];
    size_t size = 0, i;

    for (; *line != '\0'; line++) {
        char letter = *line;

        if (letter == '_' || letter == '-' || letter == ' ')
            continue;
        if (size == sizeof plain - 1)
            return 0;
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
            return 1;
    }
    return 0;
}

const char *doubtful_line(const char *line, int is_first, const char **next)
{
    *next = "delete that line";
    if (line[0] == '#')
        return "a comment";
    if (is_first && is_heading(line))
        return "a heading of a table";
    return doubtful_id(line, next);
}
