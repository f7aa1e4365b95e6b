/* text.c - the little of printf that mbedTLS and the console need */
#include "board.h"
#include "text.h"

#include <string.h>

typedef struct sink {
    char *text;
    size_t size, length;
} sink;

static void put(sink *out, char c)
{
    if (out->length + 1 < out->size)
        out->text[out->length] = c;
    out->length++;
}

static void put_padded(sink *out, const char *text, size_t width, char pad)
{
    size_t length = strlen(text);
    for (; width > length; width--)
        put(out, pad);
    while (*text != '\0')
        put(out, *text++);
}

/* Into the end of digits, which holds a number of 32 bits and a sign. */
static const char *to_text(char digits[12], unsigned long value, unsigned base,
                           char ten)
{
    char *at = digits + 11;
    *at = '\0';
    do {
        unsigned digit = (unsigned)(value % base);
        *--at = (char)(digit < 10 ? '0' + digit : ten + (digit - 10));
    } while ((value /= base) != 0);
    return at;
}

static void put_signed(sink *out, long value, size_t width, char pad)
{
    char digits[12];
    if (value < 0) {
        put(out, '-');
        width -= width > 0;
    }
    put_padded(out,
               to_text(digits,
                       value < 0 ? 0ul - (unsigned long)value
                                 : (unsigned long)value,
                       10, 'a'),
               width, pad);
}

/* int, long and size_t are all of 32 bits here. */
static void convert(sink *out, char kind, size_t width, char pad, va_list *args)
{
    char digits[12] = {0};
    switch (kind) {
    case 's':
        put_padded(out, va_arg(*args, const char *), width, ' ');
        break;
    case 'c':
        put(out, (char)va_arg(*args, int));
        break;
    case 'd':
    case 'i':
        put_signed(out, va_arg(*args, long), width, pad);
        break;
    case 'u':
        put_padded(out, to_text(digits, va_arg(*args, unsigned long), 10, 'a'),
                   width, pad);
        break;
    case 'x':
    case 'X':
        put_padded(out,
                   to_text(digits, va_arg(*args, unsigned long), 16,
                           kind == 'x' ? 'a' : 'A'),
                   width, pad);
        break;
    default:
        put(out, kind);
    }
}

static void format(sink *out, const char *format, va_list *args)
{
    for (; *format != '\0'; format++) {
        size_t width = 0;
        char pad = ' ';
        if (*format != '%') {
            put(out, *format);
            continue;
        }
        if (*++format == '0')
            pad = '0';
        for (; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (size_t)(*format - '0');
        while (*format == 'l' || *format == 'z')
            format++;
        if (*format == '\0')
            return;
        convert(out, *format, width, pad, args);
    }
}

int text_format(char *text, size_t size, const char *form, ...)
{
    sink out = {text, size, 0};
    va_list args;
    va_start(args, form);
    format(&out, form, &args);
    va_end(args);
    if (size > 0)
        text[out.length < size ? out.length : size - 1] = '\0';
    return (int)out.length;
}

void text_print(const char *form, ...)
{
    char line[161];
    sink out = {line, sizeof line, 0};
    va_list args;
    va_start(args, form);
    format(&out, form, &args);
    va_end(args);
    line[out.length < sizeof line ? out.length : sizeof line - 1] = '\0';
    board_print(line);
}
