#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists in memory ----------------------------------------------------- */

int ids_add(struct ids *ids, const char *text)
{
    if (ids->count == ids->room) {
        size_t room = ids->room ? ids->room * 2 : 16;
        char **items = realloc(ids->items, room * sizeof *items);

        if (!items)
            return -1;
        ids->items = items;
        ids->room = room;
    }
    ids->items[ids->count] = strdup(text);
    if (!ids->items[ids->count])
        return -1;
    ids->count++;
    return 0;
}

void ids_clear(struct ids *ids)
{
    while (ids->count > 0)
        free(ids->items[--ids->count]);
}

void ids_free(struct ids *ids)
{
    ids_clear(ids);
    free(ids->items);
    ids->items = NULL;
    ids->room = 0;
}

/* ---- files, one id a line ------------------------------------------------ */

static FILE *spool(FILE *from)
{
    char block[4096];
    size_t size;
    FILE *to = tmpfile();

    while (to && (size = fread(block, 1, sizeof block, from)) > 0)
        fwrite(block, 1, size, to);
    if (to && (ferror(from) || fflush(to) != 0 || ferror(to))) {
        fclose(to);
        to = NULL;
    }
    if (from != stdin)
        fclose(from);
    return to;
}

const char *id_file_name(const char *name)
{
    return strcmp(name, "-") == 0 ? "stdin" : name;
}

static int refuse_file(const struct id_file *file, struct verdict *verdict)
{
    refuse(verdict, "--%s %s: %s", file->option, file->name, strerror(errno));
    return advise(verdict, "check that --%s names a file that can be read",
                  file->option);
}

int id_file_open(struct id_file *file, const char *option, const char *name,
                 struct verdict *verdict)
{
    file->option = option;
    file->name = id_file_name(name);
    file->line = 0;
    file->stream = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    if (file->stream && fseeko(file->stream, 0, SEEK_CUR) != 0) {
        file->stream = spool(file->stream);
        if (file->stream)
            rewind(file->stream);
    }
    if (!file->stream)
        return refuse_file(file, verdict);
    file->start = ftello(file->stream);
    return 0;
}

void id_file_close(struct id_file *file)
{
    if (file->stream && file->stream != stdin)
        fclose(file->stream);
    file->stream = NULL;
}

/* An empty filter must not become none, and the user should know why. */
static int refuse_empty(const struct id_file *file, struct verdict *verdict)
{
    if (strcmp(file->option, "users") == 0) {
        refuse(verdict, "--users %s: no id in it", file->name);
        return advise(verdict, "put the users into it, one id a line");
    }
    refuse(verdict,
           "--%s %s: no id in it; without a filter all %s' tokens would go",
           file->option, file->name, file->option);
    return advise(verdict, "mend the file, or leave --%s out to mean that",
                  file->option);
}

static int refuse_line(const struct id_file *file, const char *why,
                       struct verdict *verdict)
{
    refuse(verdict, "%s:%zu: %s", file->name, file->line, why);
    return advise(verdict, "mend the line: want UTF-8 text, one id a line");
}

static const char byte_order_mark[] = "\xEF\xBB\xBF";

static int is_marked(const struct id_file *file, size_t length)
{
    return length >= 3 && memcmp(file->id, byte_order_mark, 3) == 0;
}

/* What only a file can get wrong; the rest is checked by the library. */
static int check_line(const struct id_file *file, size_t length,
                      struct verdict *verdict)
{
    char why[40];
    size_t i;

    if (length == 0)
        return refuse_line(file, "empty line", verdict);
    if (is_marked(file, length))
        return refuse_line(file, "byte order mark of a file that was joined",
                           verdict);
    for (i = 0; i < length; i++) {
        unsigned char octet = (unsigned char)file->id[i];

        if (octet < 0x20 || octet == 0x7F) {
            snprintf(why, sizeof why, "control byte 0x%02x", octet);
            return refuse_line(file, why, verdict);
        }
    }
    return 1;
}

static size_t trim(struct id_file *file, size_t length)
{
    if (length > 0 && file->id[length - 1] == '\r')
        length--;
    if (file->line == 1 && is_marked(file, length)) {
        length -= 3;
        memmove(file->id, file->id + 3, length);
    }
    file->id[length] = '\0';
    return length;
}

int id_file_next(struct id_file *file, struct verdict *verdict)
{
    size_t length = 0;
    int octet;

    file->line++;
    while ((octet = getc(file->stream)) != EOF && octet != '\n') {
        if (length == ID_MAX)
            return refuse_line(file, "longer than any id", verdict);
        file->id[length++] = (char)octet;
    }
    if (octet == EOF && ferror(file->stream))
        return refuse_file(file, verdict);
    if (octet == EOF && length == 0)
        return file->line > 1 ? 0 : refuse_empty(file, verdict);
    return check_line(file, trim(file, length), verdict);
}

int ids_read(struct ids *ids, const char *option, const char *name,
             struct verdict *verdict)
{
    static struct id_file file;
    int more = id_file_open(&file, option, name, verdict);

    while (more == 0 && (more = id_file_next(&file, verdict)) > 0)
        more = ids_add(ids, file.id) == 0
                   ? 0
                   : refuse(verdict, "%s: no memory for it", name);
    id_file_close(&file);
    return more;
}

/* ---- users, a chunk at a time -------------------------------------------- */

int users_rewind(struct users *users, struct verdict *verdict)
{
    struct id_file *file = &users->file;

    ids_clear(&users->chunk);
    users->before = 0;
    file->line = 0;
    if (file->stream && fseeko(file->stream, file->start, SEEK_SET) != 0)
        return refuse_file(file, verdict);
    return 0;
}

/* Like id_file_next(): the next user is in *id. */
static int next_user(struct users *users, const char **id,
                     struct verdict *verdict)
{
    size_t at = users->before + users->chunk.count;

    *id = users->file.id;
    if (at < users->given->count) {
        *id = users->given->items[at];
        return 1;
    }
    return users->file.stream ? id_file_next(&users->file, verdict) : 0;
}

int users_next(struct users *users, struct verdict *verdict)
{
    const char *id;
    int more = 1;

    users->before += users->chunk.count;
    ids_clear(&users->chunk);
    while (users->chunk.count < USERS_CHUNK &&
           (more = next_user(users, &id, verdict)) > 0)
        if (ids_add(&users->chunk, id) != 0)
            return refuse(verdict, "no memory for the users");
    return more < 0 ? -1 : users->chunk.count > 0;
}
