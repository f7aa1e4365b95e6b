#include "tool.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, ID, NUMBER, TEXT, RESUME }; /* from NUMBER on: given once */

#define AT(member) offsetof(struct options, member)
#define COUNT (sizeof known / sizeof known[0])

static const struct known {
    const char *name;
    enum kind kind;
    size_t at; /* the member of struct options */
    uint64_t low, high;
} known[] = {
    {"host", TEXT, AT(host), 0, 0},
    {"library", TEXT, AT(library), 0, 0},
    {"connect", TEXT, AT(connect), 0, 0},
    {"ca", TEXT, AT(ca), 0, 0},
    {"user", ID, AT(ids[0]), 0, 0},
    {"users", TEXT, AT(files[0]), 0, 0},
    {"client", ID, AT(ids[1]), 0, 0},
    {"clients", TEXT, AT(files[1]), 0, 0},
    {"session", ID, AT(ids[2]), 0, 0},
    {"sessions", TEXT, AT(files[2]), 0, 0},
    {"secret-file", TEXT, AT(secret_file), 0, 0},
    {"timeout", NUMBER, AT(timeout), 1, 86400},
    {"retries", NUMBER, AT(retries), 0, 1000},
    {"pipeline", NUMBER, AT(pipeline), 1, 65535},
    {"buffer", NUMBER, AT(buffer), 1, 16777216},
    {"resume", RESUME, AT(resume), 0, UINT64_C(1000000000000)},
    {"literal-ids", FLAG, AT(literal_ids), 0, 0},
    {"dry-run", FLAG, AT(dry_run), 0, 0},
    {"json", FLAG, AT(json), 0, 0},
    {"quiet", FLAG, AT(quiet), 0, 0},
    {"check", FLAG, AT(check), 0, 0},
    {"verbose", FLAG, AT(verbose), 0, 0},
    {"help", FLAG, AT(help), 0, 0},
    {"version", FLAG, AT(version), 0, 0},
};

static const char *const help[] = {
    "usage: smh_revoke --host HOST[:PORT] --library ID USERS [OPTION]...\n"
    "Deletes all access tokens of users at Smart Media Hosting (SMH).\n"
    "\n"
    "  --host HOST[:PORT]  the library's own host, a name (port 443)\n"
    "  --library ID        the media library\n"
    "\n"
    "Whose tokens; users are required, a filter narrows it down:\n"
    "  --user ID           a user; may be repeated\n"
    "  --users FILE        users, one id a line; - is stdin\n"
    "  --client ID         only tokens of this client; may be repeated\n"
    "  --clients FILE      only tokens of these clients\n"
    "  --session ID        only tokens of this session; may be repeated\n"
    "  --sessions FILE     only tokens of these sessions\n"
    "Files have one id a line and no empty lines.  All of it is read once and\n"
    "checked before anything is sent.\n"
    "  --literal-ids       takes for ids what is refused otherwise: a first\n"
    "                      line such as user_id or \"User ID\", comments\n"
    "                      (#...), quotes, and what is not UTF-8\n",
    "\n"
    "The library's secret is the value of SMH_LIBRARY_SECRET; if that is not\n"
    "set, it is asked for on the terminal and not shown.  Or:\n"
    "  --secret-file FILE  its only line; /dev/stdin works too\n"
    "\n"
    "How:\n"
    "  --connect ADDRESS[:PORT]\n"
    "                      connects there, HOST is not looked up; the\n"
    "                      certificate must be HOST's; [IPv6] in brackets\n"
    "  --ca FILE           trusted CAs, PEM or DER (the system's)\n"
    "  --timeout SECONDS   for each request to be confirmed (30)\n"
    "  --retries N         tries again after 429, 500, 502, 503, 504 and\n"
    "                      network failures, N times in a row, with growing\n"
    "                      pauses (3)\n"
    "  --pipeline N        requests sent ahead of their answers (1); 100 ms\n"
    "                      away, 32 take little more time than one, but\n"
    "                      nobody has seen how the live service takes it\n"
    "  --buffer BYTES      of the working buffer (16384)\n"
    "  --resume N:HASH     leaves out the first N requests, which an earlier\n"
    "                      run has confirmed; it printed N:HASH, and HASH\n"
    "                      stands for its lists and library: others are\n"
    "                      refused\n"
    "  --dry-run           shows the requests and sends nothing\n"
    "  --json              one JSON object on stdout\n"
    "  --quiet             only errors\n"
    "  --verbose           on stderr, each connection as --check shows it, "
    "and\n"
    "                      each request, its secret masked, with its answer\n"
    "  --check             connects and shows address, TLS, certificates, CA\n"
    "                      and clock, also if the certificate is refused;\n"
    "                      needs only --host and sends no request\n"
    "  -h, --help; -V, --version\n",
    "\n"
    "Exit status:\n"
    "  0  every request confirmed by 204 (or nothing was to be sent)\n"
    "  1  the service answered otherwise\n"
    "  2  usage or illegal input\n"
    "  3  network\n"
    "  4  TLS, or memory\n"
    "  5  interrupted\n"
    "  6  like 0, but stdout could not be written\n",
    "\n"
    "Examples:\n"
    "  smh_revoke --host smh0example.api.tencentsmh.cn --library smh0example "
    "\\\n"
    "      --user alice --client alices-phone\n"
    "  ... --users leavers.txt --dry-run\n"
    "  ... --users leavers.txt --json >record.json\n"
    "  ... --users leavers.txt --resume 120:0123456789abcdef\n",
};

void options_help(void)
{
    size_t i;
    for (i = 0; i < sizeof help / sizeof help[0]; i++)
        fputs(help[i], stdout);
}

/* ---- values -------------------------------------------------------------- */

static int parse_number(const char *text, uint64_t low, uint64_t high,
                        uint64_t *number)
{
    uint64_t value = 0;
    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > high)
            return -1;
    }
    *number = value;
    return value < low ? -1 : 0;
}

static int add_word(struct words *words, const char *text)
{
    const char **items =
        realloc(words->items, (words->count + 1) * sizeof *items);
    if (items == NULL)
        return -1;
    words->items = items;
    words->items[words->count++] = text;
    return 0;
}

/* N:HASH, or 0, which holds for all lists. */
static int parse_resume(struct options *options, const char *text,
                        uint64_t high, struct verdict *verdict)
{
    char number[24];
    size_t length = strcspn(text, ":");
    const char *hash = text + length + (text[length] == ':');
    if (length < sizeof number) {
        memcpy(number, text, length);
        number[length] = '\0';
    }
    if (length >= sizeof number ||
        parse_number(number, 0, high, &options->resume) != 0 ||
        (text[length] == ':' &&
         (strspn(hash, "0123456789abcdef") != HASH_DIGITS ||
          hash[HASH_DIGITS] != '\0')))
        return refuse(verdict, "--resume: want N:HASH, as the run before has "
                               "printed it");
    if (text[length] == '\0' && options->resume > 0)
        return refuse(verdict,
                      "--resume %s: a number alone does not tell whose "
                      "requests are confirmed: want N:HASH, as the run before "
                      "has printed it",
                      number);
    options->resume_hash = text[length] == ':' ? hash : NULL;
    return 0;
}

static int set_value(struct options *options, const struct known *option,
                     const char *text, struct verdict *verdict)
{
    void *member = (char *)options + option->at;
    switch (option->kind) {
    case FLAG:
        *(bool *)member = true;
        return 0;
    case TEXT:
        *(const char **)member = text;
        return 0;
    case NUMBER:
        if (parse_number(text, option->low, option->high, member) == 0)
            return 0;
        return refuse(verdict, "--%s: want a whole number from %llu to %llu",
                      option->name, (unsigned long long)option->low,
                      (unsigned long long)option->high);
    case RESUME:
        return parse_resume(options, text, option->high, verdict);
    default:
        if (add_word(member, text) == 0)
            return 0;
        return refuse(verdict, "--%s: no memory for it", option->name);
    }
}

/* ---- all of it ----------------------------------------------------------- */

static void set_defaults(struct options *options)
{
    options->timeout = 30;
    options->retries = 3;
    options->pipeline = 1;
    options->buffer = 16384;
}

/* Only whole names count, or a new option could change what a script means. */
static const struct known *find(const char *name, size_t length)
{
    size_t i;
    for (i = 0; i < COUNT; i++)
        if (strlen(known[i].name) == length &&
            memcmp(known[i].name, name, length) == 0)
            return &known[i];
    return NULL;
}

/* Nothing of a value is told: who guesses an option may give the secret. */
static int refuse_name(const char *word, struct verdict *verdict)
{
    static const char secret[] = "--secret";
    if (strncmp(word, secret, sizeof secret - 1) == 0)
        return refuse(verdict, "the secret has no option: set "
                               "SMH_LIBRARY_SECRET or give --secret-file");
    if (strspn(word, "abcdefghijklmnopqrstuvwxyz-") != strcspn(word, "=") ||
        strcspn(word, "=") > 20)
        return refuse(verdict, "a word that begins with -- is no option");
    return refuse(verdict, "%.*s: no such option", (int)strcspn(word, "="),
                  word);
}

/* A word where an option should be; it may be the secret. */
static int refuse_word(const struct known *before, struct verdict *verdict)
{
    if (before == NULL)
        return refuse(verdict, "the first word is not an option");
    return refuse(verdict, "after --%s%s comes a word that is not an option",
                  before->name, before->kind == FLAG ? "" : " and its value");
}

/* With ID unset, `--client $ID --quiet` in a script would mean another id. */
static int refuse_swallowed(const struct known *option, const char *text,
                            struct verdict *verdict)
{
    const struct known *next = find(text + 2, strcspn(text + 2, "="));
    return refuse(verdict,
                  "--%s: its value is missing before %s%s (an id that begins "
                  "with -- goes into a file)",
                  option->name, next != NULL ? "--" : "",
                  next != NULL ? next->name : "--");
}

static int complete(struct options *options, struct verdict *verdict)
{
    if (options->help || options->version)
        return 0;
    if (options->host == NULL)
        return refuse(verdict, "--host is missing");
    if (options->check && (options->dry_run || options->json))
        return refuse(verdict, "--check goes with neither --dry-run nor "
                               "--json");
    if (options->library == NULL && !options->check)
        return refuse(verdict, "--library is missing");
    if (options->ids[0].count == 0 && options->files[0] == NULL &&
        !options->check)
        return refuse(verdict, "no user: --user or --users is missing");
    if (host_split(options, verdict) != 0)
        return -1;
    return options->connect != NULL ? connect_split(options, verdict) : 0;
}

static void list_for_getopt(struct option *list)
{
    size_t i;
    for (i = 0; i < COUNT; i++) {
        list[i].name = known[i].name;
        list[i].has_arg =
            known[i].kind == FLAG ? no_argument : required_argument;
    }
}

/* What getopt_long() does not take: a name, or its value, is wrong. */
static void refuse_option(const char *word, int letter, struct verdict *verdict)
{
    const struct known *option = find(word + 2, strcspn(word + 2, "="));
    if (word[1] != '-')
        refuse(verdict, "-%c: no such option", letter);
    else if (option == NULL)
        refuse_name(word, verdict);
    else if (option->kind == FLAG)
        refuse(verdict, "--%s: takes no value", option->name);
    else
        refuse(verdict, "--%s: its value is missing", option->name);
}

/* getopt_long() takes abbreviations; here they are refused. */
static const struct known *take_option(struct options *options, char **argv,
                                       bool *given, struct verdict *verdict)
{
    bool apart = optarg != NULL && optarg == argv[optind - 1];
    const char *word = argv[optind - 1 - apart];
    const struct known *option = find(word + 2, strcspn(word + 2, "="));
    if (option == NULL)
        refuse_name(word, verdict);
    else if (apart && optarg[0] == '-' && optarg[1] == '-')
        refuse_swallowed(option, optarg, verdict);
    else if (given[option - known] && option->kind >= NUMBER)
        refuse(verdict, "--%s is given twice", option->name);
    else
        given[option - known] =
            set_value(options, option, optarg, verdict) == 0;
    return option;
}

/* Goes on after an error, so that --json counts wherever it stands. */
int options_parse(struct options *options, int argc, char **argv,
                  struct verdict *verdict)
{
    struct option list[COUNT + 1] = {{NULL, 0, NULL, 0}};
    bool given[COUNT] = {false};
    const struct known *before = NULL; /* the option that came last */
    set_defaults(options);
    list_for_getopt(list);
    opterr = 0;
    while (optind < argc) {
        const char *word = argv[optind];
        int found = getopt_long(argc, argv, "+:hV", list, NULL);
        if (found == 0)
            before = take_option(options, argv, given, verdict);
        else if (found == 'h')
            options->help = true;
        else if (found == 'V')
            options->version = true;
        else if (found != -1)
            refuse_option(word, optopt, verdict);
        else
            refuse_word(before, verdict);
        if (found == -1 && argv[optind] == word)
            optind++;
    }
    if (verdict->error[0] == '\0')
        complete(options, verdict);
    return verdict->error[0] == '\0'
               ? 0
               : advise(verdict, "smh_revoke --help shows the options");
}
