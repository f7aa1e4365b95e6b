/* text.c - texts that somebody else has made */
#include "tool.h"

#include <stdio.h>
#include <string.h>

size_t utf8_length(const unsigned char *text)
{
    unsigned low = 0x80, high = 0xBF;
    size_t length, i;
    if (text[0] < 0x80)
        return 1;
    if (text[0] < 0xC2 || text[0] > 0xF4)
        return 0;
    length = text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    if (text[0] == 0xE0)
        low = 0xA0;
    if (text[0] == 0xED)
        high = 0x9F;
    if (text[0] == 0xF0)
        low = 0x90;
    if (text[0] == 0xF4)
        high = 0x8F;
    for (i = 1; i < length; i++) {
        if (text[i] < low || text[i] > high)
            return 0;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

/* Control characters of C1, line separators, marks that turn the direction of
 * text or are not seen: nothing that a terminal should be given. */
static bool is_odd(const unsigned char *text)
{
    if (text[0] == 0xC2)
        return text[1] < 0xA0;
    if (text[0] == 0xE2 && text[1] == 0x80)
        return (text[2] >= 0x8B && text[2] <= 0x8F) ||
               (text[2] >= 0xA8 && text[2] <= 0xAE);
    if (text[0] == 0xE2 && text[1] == 0x81)
        return text[2] >= 0xA0 && text[2] <= 0xAF;
    return text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF;
}

const char *escape(const char *text, char *room, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t used = 0;
    while (*at != '\0' && used + 8 < size) {
        size_t length = utf8_length(at);
        if (length == 0 || *at < 0x20 || *at == 0x7F || is_odd(at)) {
            used += (size_t)snprintf(room + used, size - used, "\\x%02x", *at);
            length = 1;
            if (is_odd(at)) /* what follows belongs to it */
                for (; (at[1] & 0xC0) == 0x80 && used + 8 < size; at++)
                    used += (size_t)snprintf(room + used, size - used,
                                             "\\x%02x", at[1]);
        } else {
            memcpy(room + used, at, length);
            used += length;
        }
        at += length;
    }
    if (*at != '\0')
        used += (size_t)snprintf(room + used, size - used, "...");
    room[used] = '\0';
    return room;
}
