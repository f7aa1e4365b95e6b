#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *text_room(void *old, size_t size)
{
    void *room = realloc(old, size != 0 ? size : 1);
    if (room == NULL) {
        fputs("smh_standin: out of memory\n", stderr);
        exit(1);
    }
    return room;
}

static void reserve(text *t, size_t more)
{
    size_t need = t->size + more + 1;
    if (need <= t->room)
        return;
    t->room = need + need / 2;
    t->data = (char *)text_room(t->data, t->room);
}

void text_add(text *t, const char *data, size_t size)
{
    reserve(t, size);
    if (size != 0)
        memcpy(t->data + t->size, data, size);
    t->size += size;
    t->data[t->size] = '\0';
}

void text_printf(text *t, const char *format, ...)
{
    va_list args;
    int size;
    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    reserve(t, (size_t)size);
    va_start(args, format);
    vsnprintf(t->data + t->size, (size_t)size + 1, format, args);
    va_end(args);
    t->size += (size_t)size;
}

void text_cut(text *t, size_t size)
{
    if (size < t->size) {
        t->size = size;
        t->data[size] = '\0';
    }
}

void text_free(text *t)
{
    free(t->data);
    memset(t, 0, sizeof *t);
}

bool text_read(text *t, const char *file)
{
    FILE *from = fopen(file, "r");
    char part[4096];
    bool good;
    size_t n;
    if (from == NULL)
        return false;
    text_add(t, "", 0);
    while ((n = fread(part, 1, sizeof part, from)) > 0)
        text_add(t, part, n);
    good = !ferror(from);
    fclose(from);
    return good;
}

char *text_copy(const char *s)
{
    size_t size;
    if (s == NULL)
        return NULL;
    size = strlen(s) + 1;
    return (char *)memcpy(text_room(NULL, size), s, size);
}
