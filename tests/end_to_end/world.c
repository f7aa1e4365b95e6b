#include "world.h"

#include <arpa/inet.h>
#include <netinet/in.h>

world w;

static struct {
    char ca[8192];
    char text[3][IDS_MAX][ID_ROOM];
    const char *items[3][IDS_MAX];
    smh_list lists[3];
} own;

/* ---- begin and end ------------------------------------------------------- */

int world_begin(void **state)
{
    const char *argv[] = {"tests/end_to_end/pki.sh", NULL, NULL};
    (void)state;
    w.dir = temp_make();
    argv[1] = w.dir;
    assert_int_equal(child_run(argv), 0);
    return 0;
}

int world_end(void **state)
{
    (void)state;
    standin_stop(&w.server);
    temp_remove(w.dir);
    memset(&w, 0, sizeof w);
    return 0;
}

void world_start(const char *cert, const char *const *more)
{
    standin_stop(&w.server);
    standin_start(&w.server, w.dir, cert, more);
    w.scope.port = (uint16_t)w.server.port;
}

/* ---- the client ---------------------------------------------------------- */

/* Any host is at w.address. */
static int pinned(void *arg, const char *host,
                  struct sockaddr_storage *addresses)
{
    struct sockaddr_in *four = (struct sockaddr_in *)addresses;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)addresses;
    (void)arg;
    if (host == NULL)
        return SMH_E_RESOLVE;
    four->sin_family = AF_INET;
    if (inet_pton(AF_INET, w.address, &four->sin_addr) == 1)
        return 1;
    memset(four, 0, sizeof *four);
    six->sin6_family = AF_INET6;
    return inet_pton(AF_INET6, w.address, &six->sin6_addr) == 1 ? 1
                                                                : SMH_E_PORT;
}

static void read_ca(void)
{
    FILE *from = fopen(temp_path(w.dir, w.ca), "r");
    size_t size;
    assert_non_null(from);
    size = fread(own.ca, 1, sizeof own.ca - 1, from);
    fclose(from);
    own.ca[size] = '\0';
    w.options.ca = (const unsigned char *)own.ca;
    w.options.ca_size = size + 1;
}

static void forget_tokens(void);

int world_reset(void **state)
{
    static const char *const alice[] = {"alice"};
    (void)state;
    if (w.server.process.pid)
        standin_reset(&w.server);
    forget_tokens();
    w.address = NULL;
    w.ca = "ca.pem";
    memset(&w.options, 0, sizeof w.options);
    w.options.f_rng = smh_mbedtls_psa_random;
    memset(&w.scope, 0, sizeof w.scope);
    w.scope.host = "localhost";
    w.scope.port = (uint16_t)w.server.port;
    w.scope.library_id = STANDIN_LIBRARY;
    w.scope.library_secret = STANDIN_SECRET;
    give_ids(SMH_USERS, alice, 1);
    memset(&w.io, 0, sizeof w.io);
    w.io.buffer = w.buffer;
    w.io.size = 1024;
    w.io.timeout_ms = 60000;
    w.arrived_size = 0;
    return 0;
}

void client_begin(void)
{
    memset(&w.tcp, 0, sizeof w.tcp);
    memset(&w.tls, 0, sizeof w.tls);
    memset(w.buffer, 'x', w.io.size);
    w.tcp.buffer = w.arrived;
    w.tcp.size = w.arrived_size;
    if (w.address != NULL)
        w.tcp.resolve = pinned;
    w.options.below = smh_posix_port(&w.tcp);
    if (!w.options.ca_chain)
        read_ca();
    assert_int_equal(smh_mbedtls_init(&w.tls, &w.options), 0);
    w.io.port = smh_mbedtls_port(&w.tls);
}

void client_end(void)
{
    const smh_report *report = &w.call.report;
    size_t i = 0;
    /* What was written is wiped, and nothing else. */
    while (i < w.io.size && w.buffer[i] == '\0')
        i++;
    assert_true(i > 0 || report->confirmed + report->in_doubt == 0);
    for (; i < w.io.size; i++)
        assert_int_equal(w.buffer[i], 'x');
    assert_int_equal(w.tcp.opened, 0);
    smh_explain(&w.call, w.words, sizeof w.words);
    assert_false(standin_told(w.words));
    w.flags = w.tls.flags;
    smh_mbedtls_free(&w.tls);
}

int revoke(void)
{
    int result;
    client_begin();
    result = smh_revoke(&w.call, &w.scope, &w.io);
    client_end();
    assert_int_equal(w.call.report.result, result);
    if (w.call.report.requests)
        assert_int_equal(w.call.report.resume,
                         w.io.resume + w.call.report.confirmed);
    if (result == SMH_DONE)
        assert_int_equal(w.call.report.resume, w.call.report.requests);
    return result;
}

void revoke_as(int wanted)
{
    int result = revoke();
    if (result != wanted)
        fail_msg("%d, not %d: %s, %s", result, wanted, smh_strerror(result),
                 w.words);
}

/* ---- lists --------------------------------------------------------------- */

static void set_list(int kind, unsigned count)
{
    smh_list *list = &own.lists[kind - 1];
    list->items = own.items[kind - 1];
    list->count = count;
    *(kind == SMH_USERS     ? &w.scope.users
      : kind == SMH_CLIENTS ? &w.scope.clients
                            : &w.scope.sessions) = list;
}

void give_ids(int kind, const char *const *ids, unsigned count)
{
    unsigned i;
    for (i = 0; i < count; i++)
        own.items[kind - 1][i] = ids[i];
    set_list(kind, count);
}

void number_ids(int kind, unsigned count, unsigned width)
{
    static const char *const names[] = {"user", "client", "session"};
    unsigned i;
    for (i = 0; i < count; i++) {
        char *text = own.text[kind - 1][i];
        int size = snprintf(text, ID_ROOM, "%s-%03u", names[kind - 1], i);
        while ((unsigned)size < width)
            text[size++] = '.';
        text[size] = '\0';
        own.items[kind - 1][i] = text;
    }
    set_list(kind, count);
}

/* ---- the model ----------------------------------------------------------- */

enum { TOKENS_MAX = 2048 };

static struct {
    char *id[3];
} tokens[TOKENS_MAX];
static unsigned token_count;

static char *copy(const char *s)
{
    return s ? strcpy((char *)malloc(strlen(s) + 1), s) : NULL;
}

static void forget(unsigned i)
{
    int k;
    for (k = 0; k < 3; k++)
        free(tokens[i].id[k]);
    token_count--;
    memmove(&tokens[i], &tokens[i + 1], (token_count - i) * sizeof tokens[0]);
}

static void forget_tokens(void)
{
    while (token_count)
        forget(token_count - 1);
}

void token(const char *user, const char *client, const char *session)
{
    assert_true(token_count < TOKENS_MAX);
    standin_token(&w.server, user, client, session);
    tokens[token_count].id[0] = copy(user);
    tokens[token_count].id[1] = copy(client);
    tokens[token_count++].id[2] = copy(session);
}

static int among(const char *id, const smh_list *list, size_t at, size_t n)
{
    size_t i;
    for (i = at; id && list && i < at + n; i++)
        if (strcmp(list->items[i], id) == 0)
            return 1;
    return list == NULL;
}

static int hit(const smh_batch *b, char *const *id)
{
    return among(id[0], w.scope.users, b->at[0], b->n[0]) &&
           among(id[1], w.scope.clients, b->at[1], b->n[1]) &&
           among(id[2], w.scope.sessions, b->at[2], b->n[2]);
}

void model_revoke(uint32_t from, uint32_t end)
{
    smh_plan plan;
    smh_batch batch;
    unsigned i;
    memset(&batch, 0, sizeof batch);
    assert_int_equal(smh_check(&w.scope, &plan), 0);
    while (smh_next(&plan, &batch) && batch.index < end)
        for (i = token_count; batch.index >= from && i-- > 0;)
            if (hit(&batch, tokens[i].id))
                forget(i);
}

static char *put_id(char *to, const char *id)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    if (!id || strcmp(id, "-") == 0)
        return to + sprintf(to, id ? "%%2D" : "-");
    for (; *id; id++)
        to += sprintf(to, strchr(plain, *id) ? "%c" : "%%%02X",
                      (unsigned)(unsigned char)*id);
    return to;
}

void check_left(void)
{
    char *wanted = (char *)malloc(TOKENS_MAX * 3 * (3 * ID_ROOM + 1));
    char *to = wanted;
    unsigned i;
    *to = '\0';
    for (i = 0; i < token_count; i++) {
        to = put_id(to, tokens[i].id[0]);
        *to++ = ' ';
        to = put_id(to, tokens[i].id[1]);
        *to++ = ' ';
        to = put_id(to, tokens[i].id[2]);
        *to++ = '\n';
        *to = '\0';
    }
    standin_left(&w.server, wanted);
    free(wanted);
}

void fill_users(unsigned count)
{
    unsigned i;
    number_ids(SMH_USERS, count, 0);
    for (i = 0; i < count; i += 3)
        token(w.scope.users->items[i], "phone", NULL);
    token("bob", NULL, NULL);
}

void check_done(unsigned requests)
{
    assert_int_equal(w.call.report.confirmed, requests);
    model_revoke(0, requests);
    check_left();
}

/* ---- what the stand-in saw ----------------------------------------------- */

unsigned seen(const char *part)
{
    return standin_seen(&w.server, part);
}

unsigned requests_seen(void)
{
    return seen(" DELETE ");
}
