/* text.h - a string that grows; out of memory ends the program */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct text {
    char *data; /* terminated, or NULL while empty */
    size_t size, room;
} text;

void text_add(text *t, const char *data, size_t size);
void text_printf(text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_cut(text *t, size_t size);
void text_free(text *t);

/* Adds the whole file; false and errno if it cannot be read.  Empty is "". */
bool text_read(text *t, const char *file);

char *text_copy(const char *s); /* the caller frees it; NULL gives NULL */
void *text_room(void *old, size_t size);

#endif
