/* Any command line and any file of ids through the tool's own reading of them.
 * Of the input, the first byte says how; then come words that end with NUL, up
 * to a word \1; behind it is the file. */
#define _GNU_SOURCE /* memfd_create() */
#include "../../examples/smh_revoke/tool.h"
#include "fuzz.h"

#include <getopt.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS = 40, ROOM = 600, FILE_MAX = 200000, ID_MAX = 8192 };

/* What an error must not repeat: it may be the secret. */
#define MARK "S3CR3T"
#define USUAL "--host\0h.example:8443\0--library\0l\0"
#define IDS(text) SEED("\0\1\0" text)

const seed seeds[] = {
    SEED("\0" USUAL "--user\0alice\0--client=c\0--session\0s"),
    SEED("\0" USUAL "--users\0-\0--timeout\0"
         "86400\0--retries=0\0--json"),
    SEED("\0" USUAL "--user=u\0--connect\0[::1]:1\0--resume\0"
         "1:0123456789abcdef"),
    SEED("\0" USUAL "--user=u\0--connect\0"
         "127.0.0.1\0--buffer\0"
         "1"),
    SEED("\0--secret=" MARK "\0" MARK "\0--" MARK "\0-" MARK "\0--json=1"),
    SEED("\0--host=http://u@1.2.3.4./?\0--host\0--check\0--dry-run\0-hV"),
    IDS("alice\nbob\r\ncarol"),
    IDS("\xEF\xBB\xBF"
        "alice\n"),
    IDS("User ID\n#x\n\"q\"\n"),
    IDS("a\n\nb\n"),
    SEED("\xff\1\0\xC3\xA4\xff\n'q'\n"),
    SEED(
        "\xfe\1\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
};
const size_t seed_count = sizeof seeds / sizeof *seeds;

static char room[ROOM + 2];
static char file[FILE_MAX];
static size_t file_size;

/* ---- the command line ---------------------------------------------------- */

static void check_numbers(const struct options *o)
{
    must(o->timeout >= 1 && o->timeout <= 86400, "a timeout");
    must(o->retries <= 1000, "retries");
    must(o->pipeline >= 1 && o->pipeline <= 65535, "a pipeline");
    must(o->buffer >= 1 && o->buffer <= 16777216, "a buffer");
    must(o->resume == 0 || o->resume_hash != NULL, "whose resume point");
    must(o->resume_hash == NULL || strlen(o->resume_hash) == HASH_DIGITS,
         "a whole hash");
}

/* A host that the tool takes is one to the library. */
static void check_taken(const struct options *o)
{
    static const char *const user = "u";
    const smh_list users = {&user, 1};
    smh_scope scope = {0};
    smh_plan plan;
    scope.host = o->name;
    scope.library_id = "l";
    scope.library_secret = "s";
    scope.users = &users;
    must(smh_check(&scope, &plan) == 0, "a host to the library, too");
    must(strncmp(o->host, o->name, strlen(o->name)) == 0, "as it was given");
    must(o->check || o->ids[0].count > 0 || o->files[0] != NULL, "of users");
    must(o->connect == NULL || o->address.ss_family == AF_INET ||
             o->address.ss_family == AF_INET6,
         "an address to go to");
    check_numbers(o);
}

static void check_options(int argc, char **argv)
{
    static struct options o;
    static struct verdict verdict;
    int result, i;
    memset(&o, 0, sizeof o);
    memset(&verdict, 0, sizeof verdict);
    optind = 1;
    result = options_parse(&o, argc, argv, &verdict);
    must((result == 0) == (verdict.error[0] == '\0'), "refused with a reason");
    must(result == 0 || verdict.next[0] != '\0', "and with advice");
    must(strstr(verdict.error, MARK) == NULL, "no value is repeated");
    if (result == 0 && !o.help && !o.version)
        check_taken(&o);
    for (i = 0; i < 3; i++)
        free(o.ids[i].items);
}

/* ---- the file of ids ----------------------------------------------------- */

/* The next id in words of the manual: its bytes in id.  1, 0 behind the last,
 * -1 if that line is refused. */
static int next_id(size_t *at, char *id, bool literal)
{
    const char *line = file + *at, *end, *next;
    size_t n, i;
    bool is_first = *at == 0;
    if (*at == file_size)
        return 0;
    end = memchr(line, '\n', file_size - *at);
    n = end != NULL ? (size_t)(end - line) : file_size - *at;
    *at += n + (end != NULL);
    n -= n > 0 && line[n - 1] == '\r';
    if (n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
        if (!is_first)
            return -1;
        line += 3;
        n -= 3;
    }
    if (n == 0 || n > ID_MAX ||
        (n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0))
        return -1;
    for (i = 0; i < n; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 127)
            return -1;
    memcpy(id, line, n);
    id[n] = '\0';
    return literal || doubtful_line(id, is_first, &next) == NULL ? 1 : -1;
}

static void check_parts(struct list *list, size_t most, bool literal)
{
    static const struct place start = {0, 0};
    static struct verdict verdict;
    char id[ID_MAX + 1];
    size_t at = 0, i;
    list_rewind(list, start);
    while (list_next(list, most, &verdict) > 0)
        for (i = 0; i < list->part.count; i++) {
            must(next_id(&at, id, literal) == 1, "no more ids than lines");
            must(strcmp(list->part.items[i], id) == 0, "the id of the line");
        }
    must(at == file_size, "no fewer ids than lines");
}

static void check_file(int fd, bool literal, size_t most)
{
    static struct verdict verdict;
    struct list list = {0};
    char name[40], id[ID_MAX + 1];
    size_t at = 0;
    int want = 1;
    memset(&verdict, 0, sizeof verdict);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    list.name = "user";
    list.file = name;
    list.literal = literal;
    while (want == 1)
        want = next_id(&at, id, literal);
    if (file_size == 0)
        want = -1;
    must(list_load(&list, &verdict) == want, "taken, or refused, as it should");
    must((want == 0) == (verdict.error[0] == '\0'), "with a reason");
    if (want == 0)
        check_parts(&list, most, literal);
    list_free(&list);
}

/* So often that it crosses the blocks in which it is read. */
static void make_file(int fd, const uint8_t *data, size_t size, unsigned times)
{
    file_size = 0;
    while (times-- > 0 && file_size + size <= sizeof file) {
        memcpy(file + file_size, data, size);
        file_size += size;
    }
    must(ftruncate(fd, 0) == 0 &&
             pwrite(fd, file, file_size, 0) == (ssize_t)file_size,
         "the file is there");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    char *argv[WORDS + 2] = {room};
    int argc = 1;
    char *p = room, *end;
    if (size == 0 || size > ROOM)
        return 0;
    if (fd < 0)
        fd = memfd_create("ids", 0);
    memset(room, 0, sizeof room);
    memcpy(room, data + 1, size - 1);
    end = room + size - 1;
    for (; p < end && strcmp(p, "\1") != 0; p += strlen(p) + 1)
        if (argc <= WORDS)
            argv[argc++] = p;
    check_options(argc, argv);
    if (p + 2 > end)
        return 0;
    make_file(fd, data + 1 + (p + 2 - room), (size_t)(end - p - 2),
              data[0] < 128 ? 1 : data[0]);
    check_file(fd, data[0] & 1, 1u + data[0] / 2);
    return 0;
}
