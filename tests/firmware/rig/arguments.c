/* arguments.c - the firmware's configuration, from the command line */
#include "arguments.h"
#include "config.h"
#include "semihosting.h"
#include "text.h"

#include <string.h>

arguments asked;

static int refuse(const char *what, const char *name)
{
    text_print("%s: %s\n", what, name);
    return -1;
}

/* The name of a pair in front of '=', or NULL. */
static const char *value_of(const char *pair, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(pair, name, length) != 0 || pair[length] != '=')
        return NULL;
    return pair + length + 1;
}

/* A line of a file, without its end. */
static int read_secret(arguments *args, const char *path)
{
    int size = semihosting_read(path, args->secret, sizeof args->secret - 1);
    if (size < 0)
        return refuse("cannot read", path);
    args->secret[size] = '\0';
    args->secret[strcspn(args->secret, "\r\n")] = '\0';
    args->scope.library_secret = args->secret;
    return 0;
}

static unsigned hex(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) & 15;
}

/* %XX is a byte: blanks and commas cannot come in another way. */
static void decode(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (text[0] == '%' && text[1] && text[2]) {
            *to++ = (char)(hex(text[1]) << 4 | hex(text[2]));
            text += 2;
        } else {
            *to++ = *text;
        }
    *to = '\0';
}

/* Ids of one list lie side by side, so its arguments must be, too. */
static int add_id(arguments *args, unsigned list, const char *id)
{
    smh_list *to = &args->lists[list];
    size_t used =
        args->lists[0].count + args->lists[1].count + args->lists[2].count;
    if (used == ARGUMENTS_IDS)
        return refuse("too many ids", id);
    if (to->count == 0)
        to->items = &args->ids[used];
    if (to->items + to->count != &args->ids[used])
        return refuse("keep the ids of a list together", id);
    args->ids[used] = id;
    to->count++;
    return 0;
}

static int add_ids(arguments *args, unsigned list, const char *id)
{
    unsigned long times = args->times;
    do
        if (add_id(args, list, id) != 0)
            return -1;
    while (times-- > 1);
    return 0;
}

#define TEXT(name, member)                                                     \
    {                                                                          \
        name, offsetof(arguments, member), 0                                   \
    }
#define NUMBER(name, max)                                                      \
    {                                                                          \
#name, offsetof(arguments, name), max                                  \
    }

static const struct field {
    const char *name;
    size_t at;
    unsigned long max; /* 0: a text */
} fields[] = {
    TEXT("host", scope.host),
    TEXT("library", scope.library_id),
    TEXT("secret", scope.library_secret),
    TEXT("address", address),
    TEXT("ip", ip),
    TEXT("gateway", gateway),
    TEXT("mask", mask),
    TEXT("dns", dns),
    TEXT("gate", gate),
    NUMBER(port, 65535),
    NUMBER(dhcp, 1),
    NUMBER(clock, 0xffffffff),
    NUMBER(timeout, 0x7fffffff),
    NUMBER(pipeline, 65535),
    NUMBER(resume, 0xffffffff),
    NUMBER(buffer, 65535),
    NUMBER(arena, 1 << 20),
    NUMBER(drop, 100),
    NUMBER(seed, 0xffffffff),
    NUMBER(times, ARGUMENTS_IDS),
    NUMBER(cut, 0xffffffff),
};

/* A number of digits only: 0, or -1 if it is not one or above max. */
static int to_number(const char *text, unsigned long max, unsigned long *value)
{
    unsigned long sum = 0;
    if (*text == '\0')
        return -1;
    for (; *text; text++) {
        unsigned long digit = (unsigned long)(*text - '0');
        if (*text < '0' || *text > '9' || sum > (max - digit) / 10)
            return -1;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return 0;
}

static int set(arguments *args, const struct field *field, const char *value)
{
    unsigned long number;
    if (field->max == 0) {
        memcpy((char *)args + field->at, &value, sizeof value);
        return 0;
    }
    if (to_number(value, field->max, &number) != 0)
        return refuse("not a number in range", field->name);
    memcpy((char *)args + field->at, &number, sizeof number);
    return 0;
}

/* What is refused is not shown: a misspelt secret is a secret, too. */
static int take(arguments *args, const char *pair)
{
    static const char *const lists[] = {"user", "client", "session"};
    const char *value;
    unsigned i;
    for (i = 0; i < sizeof fields / sizeof *fields; i++)
        if ((value = value_of(pair, fields[i].name)) != NULL)
            return set(args, &fields[i], value);
    for (i = 0; i < 3; i++)
        if ((value = value_of(pair, lists[i])) != NULL)
            return add_ids(args, i, value);
    if ((value = value_of(pair, "secret-file")) != NULL)
        return read_secret(args, value);
    return refuse("argument", "unknown");
}

/* Without arguments, what QEMU's user network expects. */
static void configure(const arguments *args, config *what)
{
    what->scope = args->scope;
    what->scope.port = (uint16_t)args->port;
    what->scope.users = &args->lists[0];
    what->scope.clients = args->lists[1].count ? &args->lists[1] : NULL;
    what->scope.sessions = args->lists[2].count ? &args->lists[2] : NULL;
    what->address = args->address;
    what->dns = args->dns ? args->dns : "10.0.2.3";
    if (args->dhcp)
        return;
    what->ip = args->ip ? args->ip : "10.0.2.15";
    what->mask = args->mask ? args->mask : "255.255.255.0";
    what->gateway = args->gateway ? args->gateway : "10.0.2.2";
}

static int command_line(char *text, size_t size)
{
    enum { SYS_GET_CMDLINE = 0x15 };
    uintptr_t block[2] = {(uintptr_t)text, size};
    return semihosting(SYS_GET_CMDLINE, block) == 0 ? 0 : -1;
}

int config_read(config *what)
{
    char *at = asked.text, *word;
    int more;
    if (command_line(at, ARGUMENTS_TEXT) != 0)
        return refuse("arguments", "too long");
    do {
        word = at;
        at += strcspn(at, " ");
        more = *at != '\0';
        *at++ = '\0';
        decode(word);
        if (word != asked.text && take(&asked, word) != 0) /* 1st: our name */
            return -1;
    } while (more);
    configure(&asked, what);
    return 0;
}
