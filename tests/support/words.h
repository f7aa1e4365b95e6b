/* words.h - what a port says of itself, without the words of a call */
#ifndef WORDS_H
#define WORDS_H

#include "smh_token.h"

/* Returns text, of size bytes, "" if the port has no words. */
static const char *words_of(smh_port port, char *text, size_t size)
{
    smh_text out;
    out.at = text;
    out.room = size - 1;
    text[0] = '\0';
    if (port.ops->explain != NULL)
        (port.ops->explain)(port.ctx, &out);
    return text;
}

#endif
