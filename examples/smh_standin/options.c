#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smh_token.h"

enum { LINE_MAX_DEFAULT = 8000 };

/* In the order of rows[]. */
enum {
    OPT_ADDRESS,
    OPT_PORT,
    OPT_ADMIN,
    OPT_LIBRARY,
    OPT_SECRET_FILE,
    OPT_CERT,
    OPT_KEY,
    OPT_TLS,
    OPT_LOG,
    OPT_FAULT,
    OPT_LINE_MAX,
    OPT_MAX_REQUESTS,
    OPT_MAX_FRAGMENT,
    OPT_PLAIN,
    OPT_HELP,
    OPT_VERSION,
    OPT_COUNT
};

static const struct row {
    const char *name;
    const char *wanted; /* of a value; NULL: it takes none */
} rows[] = {
    {"address", "an IP address of this machine"},
    {"port", "a number from 0 to 65535 (0: any free port)"},
    {"admin-port", "a number from 0 to 65535 (0: any free port)"},
    {"library", "the id of a library"},
    {"secret-file", "a file with the secret in its first line"},
    {"cert", "a PEM file with the certificate"},
    {"key", "a PEM file with the certificate's key"},
    {"tls", "1.1, 1.2 or 1.3"},
    {"log", "a file to write"},
    {"fault", "N:KIND or N:KIND:ARG: N is a number from 1 or *, KIND and what "
              "ARG it needs stand in --help"},
    {"line-max", "a number from 64 to 65536"},
    {"max-requests-per-connection", "a number from 0 to 1000000 (0: any)"},
    {"max-fragment", "512, 1024, 2048 or 4096"},
    {"plain", NULL},
    {"help", NULL},
    {"version", NULL},
};

/* ---- what is told -------------------------------------------------------- */

#define FAULT_HELP(id, name, missing, text)                                    \
    printf("    %-16s %s\n", name, text);

static void help(void)
{
    fputs(
        "usage: smh_standin --library ID --secret-file FILE "
        "--cert FILE --key FILE\n"
        "       smh_standin --library ID --secret-file FILE --plain\n"
        "    --address ADDR   to listen on (127.0.0.1)\n"
        "    --port N         0: the kernel's choice (0)\n"
        "    --plain          no TLS, whatever the certificate\n"
        "    --admin-port N   another on 127.0.0.1, plain, no faults\n"
        "    --fault SPEC     N:KIND[:ARG], may be repeated\n"
        "    --log FILE       what GET /standin/log tells\n"
        "    --line-max N     bytes of a request line, 64 to 65536 (8000)\n"
        "    --max-requests-per-connection N    0: any (0)\n"
        "    --max-fragment N 512, 1024, 2048 or 4096 bytes of a record\n"
        "    --tls V          1.1, 1.2 or 1.3, and no other version\n"
        "    -h, --help       this text\n"
        "    -V, --version    the version of smh_token.h it came with\n"
        "Prints \"port N\", and \"admin N\" if asked for, when it is ready; "
        "ends on\n"
        "SIGTERM and SIGINT.  Exit status 2: the options are wrong; 1: it "
        "cannot start.\n\n"
        "A token is made by a GET on either port; with \"admin N\",\n"
        "and %20 for a blank:\n\n"
        "    curl -G http://127.0.0.1:N/api/v1/token -d library_id=ID \\\n"
        "        -d library_secret=SECRET -d user_id=alice "
        "-d client_id=phone\n\n"
        "GET  /standin/tokens     a line \"user client session\" each\n"
        "GET  /standin/log        number connection method target status, and\n"
        "                         tls connection version suite name "
        "full|resumed\n"
        "POST /standin/faults?fault=SPEC&...  replaces all, numbers begin at "
        "1\n"
        "POST /standin/reset      forgets tokens, faults, log and numbers\n\n"
        "Faults, as in 3:delay:200; N counts revocations, * stands for all.\n"
        "Those with a * below happen instead of the revocation.\n",
        stdout);
    FAULTS(FAULT_HELP)
}

static void refuse(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

static void refuse(const char *format, ...)
{
    va_list args;
    fputs("smh_standin: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
}

static void want(const struct row *row, const char *value)
{
    refuse("--%s \"%s\": want %s", row->name, value, row->wanted);
}

/* ---- values -------------------------------------------------------------- */

static unsigned long number(const struct row *row, const char *value,
                            unsigned long low, unsigned long high)
{
    size_t digits = strspn(value, "0123456789");
    unsigned long n = strtoul(value, NULL, 10);
    if (digits == 0 || digits > 9 || value[digits] != '\0' || n < low ||
        n > high)
        want(row, value);
    return n;
}

static const char *port(const struct row *row, const char *value)
{
    number(row, value, 0, 65535);
    return value;
}

static unsigned fragment(const struct row *row, const char *value)
{
    unsigned long n = number(row, value, 512, 4096);
    if ((n & (n - 1)) != 0)
        want(row, value);
    return (unsigned)n;
}

static const char *tls_version(const struct row *row, const char *value)
{
    if (strncmp(value, "1.", 2) != 0 || value[2] < '1' || value[2] > '3' ||
        value[3] != '\0')
        want(row, value);
    return value;
}

static const char **text_member(options *o, int which)
{
    switch (which) {
    case OPT_ADDRESS:
        return &o->address;
    case OPT_LIBRARY:
        return &o->library;
    case OPT_SECRET_FILE:
        return &o->secret_file;
    case OPT_CERT:
        return &o->tls.cert;
    case OPT_KEY:
        return &o->tls.key;
    default:
        return &o->log;
    }
}

static void set_value(options *o, int which, const char *value)
{
    const struct row *row = &rows[which];
    if (*value == '\0')
        want(row, value);
    switch (which) {
    case OPT_PORT:
        o->port = port(row, value);
        break;
    case OPT_ADMIN:
        o->admin = port(row, value);
        break;
    case OPT_TLS:
        o->tls.version = tls_version(row, value);
        break;
    case OPT_FAULT:
        if (!faults_add(o->faults, value))
            want(row, value);
        break;
    case OPT_LINE_MAX:
        o->connection.line_max = number(row, value, 64, 65536);
        break;
    case OPT_MAX_REQUESTS:
        o->connection.max_requests = number(row, value, 0, 1000000);
        break;
    case OPT_MAX_FRAGMENT:
        o->tls.max_fragment = fragment(row, value);
        break;
    default:
        *text_member(o, which) = value;
    }
}

/* ---- all of it ----------------------------------------------------------- */

/* The values that getopt_long() gives for an option are above all letters. */
enum { FIRST = 256 };

static void set_flag(options *o, int which)
{
    if (which == OPT_PLAIN) {
        o->plain = true;
        return;
    }
    if (which == OPT_HELP)
        help();
    else
        puts("smh_standin " SMH_TOKEN_VERSION);
    exit(0);
}

static void refuse_word(const char *word)
{
    refuse("%s is not an option; --help lists them", word);
}

/* What getopt_long() does not take: value is the option's if it knows it. */
static void refuse_option(const char *word, int value)
{
    const struct row *row = &rows[value < FIRST ? 0 : value - FIRST];
    if (value > 0 && value < FIRST)
        refuse("-%c is not an option; --help lists them", value);
    if (value < FIRST)
        refuse_word(word);
    if (row->wanted == NULL)
        refuse("--%s takes no value", row->name);
    refuse("--%s lacks its value: want %s", row->name, row->wanted);
}

/* getopt_long() takes abbreviations; here they are refused, or a new option
 * could change what a script means. */
static void take_option(options *o, char **argv, int which)
{
    bool apart = optarg != NULL && optarg == argv[optind - 1];
    const char *word = argv[optind - 1 - apart] + 2;
    if (strcspn(word, "=") != strlen(rows[which].name))
        refuse_word(word - 2);
    if (rows[which].wanted != NULL)
        set_value(o, which, optarg);
    else
        set_flag(o, which);
}

static void complete(const options *o)
{
    if (o->library == NULL)
        refuse("--library is missing: want %s", rows[OPT_LIBRARY].wanted);
    if (o->secret_file == NULL)
        refuse("--secret-file is missing: want %s",
               rows[OPT_SECRET_FILE].wanted);
    if (!o->plain && o->tls.cert == NULL)
        refuse("--cert and --key are missing, or --plain for no TLS");
    if ((o->tls.cert == NULL) != (o->tls.key == NULL))
        refuse("--cert and --key go together: want both");
}

static void list_for_getopt(struct option *list)
{
    int i;
    for (i = 0; i < OPT_COUNT; i++) {
        list[i].name = rows[i].name;
        list[i].has_arg =
            rows[i].wanted != NULL ? required_argument : no_argument;
        list[i].val = FIRST + i;
    }
}

void options_take(options *o, int argc, char **argv)
{
    struct option list[OPT_COUNT + 1] = {{0}};
    int found;
    list_for_getopt(list);
    o->address = "127.0.0.1";
    o->port = "0";
    o->connection.line_max = LINE_MAX_DEFAULT;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "+:hV", list, NULL)) != -1) {
        if (found == '?' || found == ':')
            refuse_option(argv[optind - 1], optopt);
        else if (found == 'h' || found == 'V')
            set_flag(o, found == 'h' ? OPT_HELP : OPT_VERSION);
        else
            take_option(o, argv, found - FIRST);
    }
    if (optind < argc)
        refuse_word(argv[optind]);
    complete(o);
}
