/* words.h - what a port says of itself, without the words of a call */
#ifndef WORDS_H
#define WORDS_H

#include "smh_token.h"

/* Returns text, of size bytes, "" if the port has no words. */
static const char *words_of(smh_port of, char *text, size_t size)
{
    smh_text out;
    out.at = text;
    out.room = size - 1;
    text[0] = '\0';
    if (of.ops->explain != NULL)
        (of.ops->explain)(of.ctx, &out);
    return text;
}

#endif
