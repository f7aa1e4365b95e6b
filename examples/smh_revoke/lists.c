/* lists.c - the lists of ids, read once
 *
 * Whatever comes from the command line, a file or a pipe is copied to a file
 * without a name, each id with a NUL behind it.  Checking, counting and sending
 * read that copy, so they cannot see different lists, and no list needs memory
 * but for the part that is mapped. */
#define _GNU_SOURCE /* memfd_create() */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/md.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_MAX 8192 /* bytes; the library knows the true limit */

/* A file that is read.  Its lines become ids where they are, and move together
 * at the start of the block. */
struct source {
    struct list *list;
    int fd;
    bool ended;
    size_t line;     /* from 1 */
    size_t ids;      /* bytes of ids, each with its NUL */
    size_t at, size; /* of the lines that are left */
    char block[65536 + 1];
};

/* ---- the copy ------------------------------------------------------------ */

/* In memory if there is no /tmp, as in an empty root. */
static FILE *nameless_file(void)
{
    const char *folder = getenv("TMPDIR");
    bool is_given = folder != NULL && *folder != '\0';
    char name[4096];
    int fd;
    snprintf(name, sizeof name, "%s/smh_revoke.XXXXXX",
             is_given ? folder : "/tmp");
    fd = mkstemp(name);
    if (fd >= 0)
        unlink(name);
#ifdef MFD_CLOEXEC
    else if (!is_given)
        fd = memfd_create("smh_revoke", 0);
#endif
    if (fd < 0)
        return NULL;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fdopen(fd, "w+");
}

static int refuse_copy(struct verdict *verdict)
{
    refuse(verdict, "the lists cannot be copied to a temporary file: %s",
           strerror(errno));
    return advise(verdict, "set TMPDIR to a directory with room for them");
}

/* Copies ids, each with its NUL. */
static int copy(struct list *list, const char *ids, size_t size,
                struct verdict *verdict)
{
    if (list->copy == NULL)
        list->copy = nameless_file();
    if (list->copy == NULL || fwrite(ids, 1, size, list->copy) < size)
        return refuse_copy(verdict);
    list->size += (off_t)size;
    return 0;
}

static void count(struct list *list, const char *id)
{
    if (list->count++ == 0)
        list->first = strdup(id);
}

/* ---- files, one id a line ------------------------------------------------ */

static const char *file_name(const struct list *list)
{
    return strcmp(list->file, "-") == 0 ? "stdin" : list->file;
}

static int refuse_file(const struct list *list, struct verdict *verdict)
{
    refuse(verdict, "--%ss %s: %s", list->name, file_name(list),
           strerror(errno));
    return advise(verdict, "check that --%ss names a file that can be read",
                  list->name);
}

/* An empty filter must not become none, and the user should know why. */
static int refuse_empty(const struct list *list, struct verdict *verdict)
{
    if (strcmp(list->name, "user") == 0) {
        refuse(verdict, "--users %s: no id in it", file_name(list));
        return advise(verdict, "put the users into it, one id a line");
    }
    refuse(verdict,
           "--%ss %s: no id in it; without a filter all %ss' tokens would go",
           list->name, file_name(list), list->name);
    return advise(verdict, "put ids into it, or leave --%ss out to mean that",
                  list->name);
}

static int refuse_line(const struct source *source, const char *why,
                       struct verdict *verdict)
{
    refuse(verdict, "%s:%zu: %s", file_name(source->list), source->line, why);
    return advise(verdict, "correct the line: want UTF-8 text, one id a line");
}

static int copy_ids(struct source *source, struct verdict *verdict)
{
    size_t size = source->ids;
    source->ids = 0;
    return copy(source->list, source->block, size, verdict);
}

/* Makes room for more, and reads it behind what is left. */
static int refill(struct source *source, struct verdict *verdict)
{
    size_t left = source->size - source->at;
    ssize_t got;
    if (copy_ids(source, verdict) != 0)
        return -1;
    memmove(source->block, source->block + source->at, left);
    source->at = 0;
    got = signals_read(source->fd, source->block + left,
                       sizeof source->block - 1 - left);
    if (got < 0)
        return refuse_file(source->list, verdict);
    source->ended = got == 0;
    source->size = left + (size_t)got;
    return 0;
}

/* A line without its end, not longer than ID_MAX + 2: 1, 0 behind the last one,
 * -1 if it is longer or cannot be read. */
static int next_line(struct source *source, char **line, size_t *length,
                     struct verdict *verdict)
{
    for (;;) {
        char *from = source->block + source->at;
        size_t left = source->size - source->at;
        char *end = memchr(from, '\n', left);
        if (end != NULL || (source->ended && left > 0)) {
            *line = from;
            *length = end != NULL ? (size_t)(end - from) : left;
            source->at += *length + (end != NULL);
            source->line++;
            return 1;
        }
        if (source->ended)
            return 0;
        if (left > ID_MAX + 2) {
            source->line++;
            return refuse_line(source, "longer than any id", verdict);
        }
        if (refill(source, verdict) != 0)
            return -1;
    }
}

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* What no list may have, whatever its owner says; the rest is checked by the
 * library. */
static int check_text(const struct source *source, const char *line,
                      size_t length, struct verdict *verdict)
{
    char why[40];
    size_t i;
    if (length == 0)
        return refuse_line(source, "empty line", verdict);
    if (length > ID_MAX)
        return refuse_line(source, "longer than any id", verdict);
    if (length >= 3 && memcmp(line, byte_order_mark, 3) == 0)
        return refuse_line(source, "byte order mark of a file that was joined",
                           verdict);
    for (i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)line[i];
        if (byte < 0x20 || byte == 0x7F) {
            snprintf(why, sizeof why, "control byte 0x%02x", byte);
            return refuse_line(source, why, verdict);
        }
    }
    return 0;
}

/* The NUL goes over the line's end, or behind what was read. */
static int take_line(struct source *source, char *line, size_t length,
                     struct verdict *verdict)
{
    struct list *list = source->list;
    const char *why = NULL, *next;
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (source->line == 1 && length >= 3 &&
        memcmp(line, byte_order_mark, 3) == 0) {
        line += 3;
        length -= 3;
    }
    if (check_text(source, line, length, verdict) != 0)
        return -1;
    line[length] = '\0';
    if (!list->literal)
        why = doubtful_line(line, source->line == 1, &next);
    if (why != NULL) {
        refuse(verdict, "%s:%zu: %s", file_name(list), source->line, why);
        return advise(verdict, "%s, or give --literal-ids", next);
    }
    count(list, line);
    memmove(source->block + source->ids, line, length + 1);
    source->ids += length + 1;
    return 0;
}

static int read_lines(struct source *source, struct verdict *verdict)
{
    char *line = NULL;
    size_t length = 0;
    int more;
    if (secret_came_from(source->fd)) {
        refuse(verdict,
               "--%ss and --secret-file are the same file: the secret "
               "would be taken for an id",
               source->list->name);
        return advise(verdict, "give the list and the secret in two files");
    }
    while ((more = next_line(source, &line, &length, verdict)) > 0)
        if (take_line(source, line, length, verdict) != 0)
            return -1;
    if (more < 0)
        return -1;
    return source->line == 0 ? refuse_empty(source->list, verdict)
                             : copy_ids(source, verdict);
}

static int read_file(struct list *list, struct verdict *verdict)
{
    static struct source source;
    bool own = strcmp(list->file, "-") != 0;
    int result;
    memset(&source, 0, offsetof(struct source, block));
    source.list = list;
    source.fd = own ? open(list->file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (source.fd < 0)
        return refuse_file(list, verdict);
    result = read_lines(&source, verdict);
    if (own)
        close(source.fd);
    return result;
}

/* ---- whole lists --------------------------------------------------------- */

static int take_given(struct list *list, struct verdict *verdict)
{
    const char *next;
    size_t i;
    for (i = 0; i < list->given; i++) {
        const char *id = list->words[i];
        const char *why = list->literal ? NULL : doubtful_id(id, &next);
        if (why != NULL) {
            refuse(verdict, "--%s, no. %zu: %s", list->name, i + 1, why);
            return advise(verdict, "%s, or give --literal-ids", next);
        }
        count(list, id);
        if (copy(list, id, strlen(id) + 1, verdict) != 0)
            return -1;
    }
    return 0;
}

int list_load(struct list *list, struct verdict *verdict)
{
    if (take_given(list, verdict) != 0 ||
        (list->file != NULL && read_file(list, verdict) != 0))
        return -1;
    if (list->copy != NULL && fflush(list->copy) != 0)
        return refuse_copy(verdict);
    return 0;
}

static void unmap(struct list *list)
{
    if (list->map != NULL)
        munmap(list->map, list->map_size);
    list->map = NULL;
}

void list_rewind(struct list *list, struct place place)
{
    unmap(list);
    list->place = place;
    list->next = place.at;
    list->part.count = 0;
}

/* Maps the copy from list->next on: pages that nobody looks at cost nothing. */
static char *map_rest(struct list *list, struct verdict *verdict)
{
    off_t page = (off_t)sysconf(_SC_PAGESIZE);
    off_t start = list->next - list->next % page;
    void *map;
    unmap(list);
    map = mmap(NULL, (size_t)(list->size - start), PROT_READ, MAP_PRIVATE,
               fileno(list->copy), start);
    if (map == MAP_FAILED) {
        refuse(verdict, "no memory for the %ss: %s", list->name,
               strerror(errno));
        return NULL;
    }
    list->map = map;
    list->map_size = (size_t)(list->size - start);
    return list->map + (list->next - start);
}

int list_next(struct list *list, size_t most, struct verdict *verdict)
{
    size_t left, i;
    char *id;
    list->place.before += list->part.count;
    list->place.at = list->next;
    list->part.count = 0;
    left = list->count - list->place.before;
    if (left == 0)
        return 0;
    if (most > left)
        most = left;
    if (list->items == NULL)
        list->items = malloc(most * sizeof *list->items);
    if (list->items == NULL)
        return refuse(verdict, "no memory for the %ss", list->name);
    id = map_rest(list, verdict);
    if (id == NULL)
        return -1;
    for (i = 0; i < most; i++) {
        list->items[i] = id;
        id += strlen(id) + 1;
    }
    list->next += id - list->items[0];
    list->part.items = list->items;
    list->part.count = most;
    return 1;
}

void list_free(struct list *list)
{
    unmap(list);
    free(list->words);
    free(list->items);
    free(list->first);
    if (list->copy != NULL)
        fclose(list->copy);
}

/* ---- which lists --------------------------------------------------------- */

static int hash_list(mbedtls_md_context_t *hash, const struct list *list)
{
    unsigned char block[16384];
    size_t size;
    if (list->copy != NULL) {
        rewind(list->copy);
        while ((size = fread(block, 1, sizeof block, list->copy)) > 0)
            if (mbedtls_md_update(hash, block, size) != 0)
                return -1;
        if (ferror(list->copy))
            return -1;
    }
    /* Where an id would begin: the list ends. */
    return mbedtls_md_update(hash, (const unsigned char *)"", 1);
}

/* By SHA-384, which on 64 bits takes little more than half of SHA-256. */
static int hash_lists(mbedtls_md_context_t *hash, const char *batching,
                      const struct list lists[3], unsigned char *bytes)
{
    const mbedtls_md_info_t *sha384 =
        mbedtls_md_info_from_type(MBEDTLS_MD_SHA384);
    int i;
    if (mbedtls_md_setup(hash, sha384, 0) != 0 || mbedtls_md_starts(hash) != 0)
        return -1;
    if (mbedtls_md_update(hash, (const unsigned char *)batching,
                          strlen(batching) + 1) != 0)
        return -1;
    for (i = 0; i < 3; i++)
        if (hash_list(hash, &lists[i]) != 0)
            return -1;
    return mbedtls_md_finish(hash, bytes);
}

int lists_hash(const char *batching, const struct list lists[3],
               char text[HASH_DIGITS + 1], struct verdict *verdict)
{
    mbedtls_md_context_t hash;
    unsigned char bytes[48];
    int result, i;
    mbedtls_md_init(&hash);
    result = hash_lists(&hash, batching, lists, bytes);
    mbedtls_md_free(&hash);
    if (result != 0)
        return refuse_copy(verdict);
    for (i = 0; i < HASH_DIGITS / 2; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}
