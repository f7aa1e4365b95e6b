/* What is refused before a byte is sent: all that would have widened a
 * deletion, and all that would have said something else. */
#include "scripted.h"
#include "unit.h"

/* The call ends at once with this result; the port is never touched. */
static void assert_not_begun(const smh_scope *scope, int want)
{
    server *s = (server *)take(sizeof *s);
    char buffer[64];
    smh_io io = {0};
    smh_call call;
    server_init(s);
    io.port = server_port(s, 1);
    io.buffer = buffer;
    io.size = sizeof buffer;
    assert_int_equal(smh_begin(&call, scope, &io), want);
    assert_int_equal(smh_step(&call), want);
    assert_int_equal(smh_wait(&call, UINT32_MAX), want);
    assert_int_equal(smh_cancel(&call), want);
    assert_int_equal(smh_revoke(&call, scope, &io), want);
    assert_int_equal(call.report.result, want);
    assert_int_equal(call.report.confirmed, 0);
    assert_int_equal(s->calls + s->waits, 0);
}

static void assert_refused(smh_scope scope, int want, unsigned list,
                           size_t index)
{
    smh_plan plan;
    memset(&plan, 0xA5, sizeof plan);
    assert_int_equal(smh_check(&scope, &plan), want);
    assert_int_equal(plan.list, list);
    if (list != 0)
        assert_int_equal(plan.index, index);
    assert_not_begun(&scope, want);
}

static void assert_accepted(smh_scope scope)
{
    smh_plan plan;
    memset(&plan, 0xA5, sizeof plan);
    assert_int_equal(smh_check(&scope, &plan), 0);
    assert_ptr_equal(plan.scope, &scope);
    assert_int_equal(plan.list, 0);
}

static void set_list(smh_scope *scope, int k, const smh_list *list)
{
    *(k == 0   ? &scope->users
      : k == 1 ? &scope->clients
               : &scope->sessions) = list;
}

/* Three good ids in list k, one of them replaced. */
static smh_scope with_id(int k, size_t index, const char *id)
{
    const char **items = (const char **)take(3 * sizeof *items);
    smh_scope scope = usual();
    scope.users = numbered('u', 2, 2);
    scope.clients = numbered('c', 2, 2);
    scope.sessions = numbered('s', 2, 2);
    items[0] = items[1] = items[2] = "good";
    items[index] = id;
    set_list(&scope, k, list_from(items, 3));
    return scope;
}

/* In every list and at every place in it. */
static void assert_id_refused(const char *id, int want)
{
    int k;
    size_t i;
    for (k = 0; k < 3; k++)
        for (i = 0; i < 3; i++)
            assert_refused(with_id(k, i, id), want, (unsigned)k + 1, i);
}

/* ---- lists --------------------------------------------------------------- */

static void usual_scope_is_accepted(void **state)
{
    (void)state;
    assert_accepted(usual());
    assert_accepted(with_id(0, 0, "x"));
    assert_accepted(with_id(2, 2, "x"));
}

static void empty_list_is_not_no_filter(void **state)
{
    static const char *const none[1] = {"x"};
    int k;
    (void)state;
    for (k = 0; k < 3; k++) {
        smh_scope scope = usual();
        scope.clients = numbered('c', 4, 2);
        scope.sessions = numbered('s', 5, 2);
        set_list(&scope, k, list_from(none, 0));
        assert_refused(scope, SMH_E_LIST, (unsigned)k + 1, 0);
        set_list(&scope, k, list_from(NULL, 0));
        assert_refused(scope, SMH_E_LIST, (unsigned)k + 1, 0);
        set_list(&scope, k, list_from(NULL, 3));
        assert_refused(scope, SMH_E_LIST, (unsigned)k + 1, 0);
    }
}

static void users_are_required(void **state)
{
    smh_scope scope = usual();
    (void)state;
    scope.users = NULL;
    assert_refused(scope, SMH_E_USERS, SMH_USERS, 0);
    scope.clients = numbered('c', 1, 2);
    scope.sessions = numbered('s', 1, 2);
    assert_refused(scope, SMH_E_USERS, SMH_USERS, 0);
}

static void null_id_is_refused(void **state)
{
    (void)state;
    assert_id_refused(NULL, SMH_E_ITEM);
}

static void empty_id_is_refused(void **state)
{
    (void)state;
    assert_id_refused("", SMH_E_ITEM);
}

static void comma_is_refused(void **state)
{
    (void)state;
    assert_id_refused(",", SMH_E_COMMA);
    assert_id_refused("a,b", SMH_E_COMMA);
    assert_id_refused(",a", SMH_E_COMMA);
    assert_id_refused("a,", SMH_E_COMMA);
}

/* A service that trims would see an empty filter, or another id. */
static void blank_ends_are_refused(void **state)
{
    int c;
    (void)state;
    for (c = 1; c < 128; c++) {
        char only[2] = {0}, first[3] = {0}, last[3] = {0};
        if (c > ' ' && c < 127)
            continue;
        only[0] = first[0] = last[1] = (char)c;
        first[1] = last[0] = 'x';
        assert_id_refused(only, SMH_E_BLANK);
        assert_id_refused(first, SMH_E_BLANK);
        assert_id_refused(edge_text(last), SMH_E_BLANK);
    }
}

/* Each code point alone, first, last and in the middle of an id. */
static void assert_ends(unsigned code, int want)
{
    char c[4], first[8], last[8], middle[8];
    utf8(code, c);
    snprintf(first, sizeof first, "%sx", c);
    snprintf(last, sizeof last, "x%s", c);
    snprintf(middle, sizeof middle, "x%sx", c);
    if (want != 0) {
        assert_id_refused(edge_text(c), want);
        assert_id_refused(edge_text(first), want);
        assert_id_refused(edge_text(last), want);
    } else {
        assert_accepted(with_id(1, 1, edge_text(c)));
        assert_accepted(with_id(1, 1, edge_text(first)));
        assert_accepted(with_id(1, 1, edge_text(last)));
    }
    assert_accepted(with_id(1, 1, edge_text(middle)));
    tidy(NULL);
}

static void unicode_blank_ends_are_refused(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; i < blank_count; i++)
        assert_ends(blanks[i], SMH_E_BLANK);
}

/* Two bytes are a blank, whatever comes third. */
static void short_blanks_are_refused_before_anything(void **state)
{
    int c;
    (void)state;
    for (c = 0; c < 256; c++) {
        char nel[4] = "\xC2\x85", nbsp[4] = "\xC2\xA0";
        nel[2] = nbsp[2] = (char)c;
        assert_id_refused(nel, SMH_E_BLANK);
        assert_id_refused(nbsp, SMH_E_BLANK);
    }
}

static void other_code_points_are_accepted(void **state)
{
    unsigned code;
    size_t i = 0;
    (void)state;
    for (code = 0x80; code < 0x10000; code++) {
        unsigned near = i < blank_count ? blanks[i] : UINT_MAX;
        if (code == near)
            i++;
        else if (code + 2 > near || code % 61 == 0 ||
                 (i > 0 && code < blanks[i - 1] + 3))
            assert_ends(code, 0);
    }
    assert_int_equal(i, blank_count);
}

/* Half a code point at the end of a text is none, and nothing is read behind
 * it. */
static void cut_code_points_are_accepted(void **state)
{
    static const char *const cut[] = {"x\xE2",     "x\xE2\x80", "\xE3\x80",
                                      "x\xEF\xBB", "\xC2",      "x\xC2",
                                      "\x80\x80x", "\x85",      "x\xA0"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof cut / sizeof *cut; i++)
        assert_accepted(with_id(2, 2, edge_text(cut[i])));
}

/* An encoded separator is an id with a percent sign, no separator. */
static void percent_cannot_smuggle(void **state)
{
    smh_scope scope = with_id(1, 1, "a%2Cb&user_id=*%0D%0A");
    smh_plan plan;
    smh_batch batch = {0};
    char text[1024];
    decoded *d = (decoded *)take(sizeof *d);
    size_t n;
    (void)state;
    assert_int_equal(smh_check(&scope, &plan), 0);
    assert_int_equal(smh_next(&plan, &batch), 1);
    n = smh_write(&plan, &batch, 0, 0, text, sizeof text);
    decode(d, text, n);
    assert_true(decoded_is(d, &scope, &batch));
}

/* ---- what is too long ---------------------------------------------------- */

static char *long_text(size_t n, char c)
{
    char *text = edge(n + 1);
    memset(text, c, n);
    text[n] = '\0';
    return text;
}

/* By our own count of the bytes. */
static void longest_ids_fit_and_longer_ones_do_not(void **state)
{
    static const char kinds[] = "x/";
    int k, kind;
    (void)state;
    for (k = 0; k < 3; k++)
        for (kind = 0; kind < 2; kind++) {
            smh_scope scope = with_id(k, 2, "x");
            size_t left = IDS_ROOM - strlen(SMH_COMMA);
            size_t width = kind == 0 ? 1 : 3,
                   others = 2 * (2 + strlen(SMH_COMMA));
            char *fits = long_text((left - others) / width, kinds[kind]);
            char *no = long_text((left - others) / width + 1, kinds[kind]);
            assert_accepted(with_id(k, 2, fits));
            scope = with_id(k, 2, no);
            assert_int_equal(smh_check(&scope, &(smh_plan){0}), SMH_E_LONG);
            assert_not_begun(&scope, SMH_E_LONG);
        }
}

static void too_long_an_id_is_named(void **state)
{
    static const size_t sizes[] = {SMH_LINE_MAX, 21845,  32768, 65533,
                                   65534,        65535,  65536, 65537,
                                   65600,        131072, 200000};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *text = long_text(sizes[i], '/');
        assert_refused(with_id(0, 1, text), SMH_E_LONG, SMH_USERS, 1);
        assert_refused(with_id(1, 2, text), SMH_E_LONG, SMH_CLIENTS, 2);
        assert_refused(with_id(2, 0, text), SMH_E_LONG, SMH_SESSIONS, 0);
    }
}

static void too_long_a_library_or_secret_is_refused(void **state)
{
    static const size_t sizes[] = {SMH_LINE_MAX, 32768, 65535,
                                   65536,        65537, 100000};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        smh_scope scope = usual();
        scope.library_id = long_text(sizes[i], 'l');
        assert_refused(scope, SMH_E_LONG, 0, 0);
        scope = usual();
        scope.library_secret = long_text(sizes[i], 's');
        assert_refused(scope, SMH_E_LONG, 0, 0);
    }
}

/* All three lists and the longest port, with host, library id and secret of so
 * many bytes. */
static smh_scope fixed_of(size_t host, size_t library, size_t secret)
{
    smh_scope scope = usual();
    scope.port = 65535;
    scope.clients = numbered('c', 1, 1);
    scope.sessions = numbered('s', 1, 1);
    scope.host = long_text(host, 'h');
    scope.library_id = long_text(library, 'l');
    scope.library_secret = long_text(secret, 's');
    return scope;
}

/* What is kept for all but the ids is what the writer needs at the most. */
static void fixed_part_has_the_bound_of_the_writer(void **state)
{
    size_t empty = strlen("DELETE /api/v1/token/?library_secret=&user_id="
                          "&client_id=&session_id= HTTP/1.1\r\nHost: :65535"
                          "\r\n\r\n");
    size_t room = 512 - empty, host;
    (void)state;
    for (host = 1; host <= 255; host += 127) {
        size_t rest = room - host;
        smh_scope scope = fixed_of(host, 1, rest - 1);
        smh_plan plan;
        smh_batch none = {0};
        assert_int_equal(smh_check(&scope, &plan), 0);
        assert_int_equal(smh_write(&plan, &none, 0, 0, NULL, 0), 512);
        assert_accepted(fixed_of(host, rest - 1, 1));
        assert_accepted(fixed_of(host, rest / 2, rest - rest / 2));
        assert_refused(fixed_of(host, 1, rest), SMH_E_LONG, 0, 0);
        assert_refused(fixed_of(host, rest, 1), SMH_E_LONG, 0, 0);
        assert_refused(fixed_of(host, rest + 1, 1), SMH_E_LONG, 0, 0);
        assert_refused(fixed_of(host, rest, 0), SMH_E_SECRET, 0, 0);
        assert_refused(fixed_of(host, rest / 2 + 1, rest - rest / 2),
                       SMH_E_LONG, 0, 0);
    }
}

/* The line must hold the longest id of each list together. */
static void longest_ids_must_fit_together(void **state)
{
    smh_scope scope = with_id(0, 0, "x");
    size_t size = IDS_ROOM / 3 - strlen(SMH_COMMA);
    (void)state;
    scope.users = numbered('u', 1, size);
    scope.clients = numbered('c', 1, size);
    scope.sessions = numbered('s', 1, size);
    assert_accepted(scope);
    scope.users = numbered('u', 1, size + 3);
    assert_int_equal(smh_check(&scope, &(smh_plan){0}), SMH_E_LONG);
    assert_not_begun(&scope, SMH_E_LONG);
}

/* ---- library and secret -------------------------------------------------- */

/* An empty one or a dot segment would be another call of the service. */
static void library_that_is_another_path_is_refused(void **state)
{
    static const char *const bad[] = {NULL,
                                      "",
                                      ".",
                                      "..",
                                      " ",
                                      " a",
                                      "a ",
                                      "\t",
                                      "a\n",
                                      "\r\n",
                                      "a\x7f",
                                      "\x01"
                                      "a"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        smh_scope scope = usual();
        scope.library_id = bad[i];
        assert_refused(scope, SMH_E_LIBRARY, 0, 0);
    }
}

/* Nothing else survives every proxy on the way: one that decodes the path makes
 * another call of a slash. */
static void library_takes_unreserved_bytes_alone(void **state)
{
    static const char *const good[] = {"a",   "smh0example", "...", ".a",
                                       "..a", "a.",          "-_~", "Z9"};
    static const char *const bad[] = {"a/b",  "../b", "%2e", "%2F",
                                      "a?b#", "a,b",  "a\\", "a;b"};
    int c;
    size_t i;
    (void)state;
    for (c = 1; c < 256; c++) {
        smh_scope scope = usual();
        char id[4] = "a?b";
        int plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL;
        id[1] = (char)c;
        scope.library_id = id;
        assert_int_equal(smh_check(&scope, &(smh_plan){0}),
                         plain ? 0 : SMH_E_LIBRARY);
    }
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        smh_scope scope = usual();
        scope.library_id = edge_text(good[i]);
        assert_accepted(scope);
    }
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        smh_scope scope = usual();
        scope.library_id = bad[i];
        assert_refused(scope, SMH_E_LIBRARY, 0, 0);
    }
}

static void empty_secret_is_refused(void **state)
{
    static const char *const bad[] = {NULL,
                                      "",
                                      " ",
                                      "\t",
                                      " a",
                                      "a ",
                                      "a\r\n",
                                      "\na",
                                      "a\x1f",
                                      "\x7f",
                                      "\xEF\xBB\xBF"
                                      "a",
                                      "a\xC2\xA0"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        smh_scope scope = usual();
        scope.library_secret = bad[i];
        assert_refused(scope, SMH_E_SECRET, 0, 0);
    }
}

static void secret_has_any_byte_between_its_ends(void **state)
{
    int c;
    (void)state;
    for (c = 1; c < 256; c++) {
        smh_scope scope = usual();
        char secret[4] = "a?b";
        secret[1] = (char)c;
        scope.library_secret = secret;
        assert_accepted(scope);
    }
}

/* ---- host ---------------------------------------------------------------- */

static void host_tricks_are_refused(void **state)
{
    static const char *const bad[] = {NULL,        "",
                                      " ",         "a b",
                                      " a",        "a ",
                                      "user@a",    "user:word@a",
                                      "a/b",       "a/",
                                      "a?b",       "a#b",
                                      "a\\b",      "a:443",
                                      "a:",        ":443",
                                      "https://a", "a\r\nX: b",
                                      "a\n",       "\ta",
                                      "a%41",      "a,b",
                                      "a;b",       "a\"b",
                                      "<a>",       "a=b",
                                      "a&b",       "a|b",
                                      "::1",       "2001:db8::1",
                                      "[",         "]",
                                      "[]",        "[::1",
                                      "::1]",      "[::1]:443",
                                      "[::1]a",    "a[::1]",
                                      "[[::1]]",   "[::1%25eth0]",
                                      "[::1/64]",  "[ ::1]",
                                      "[::1]\r\n", "a]",
                                      "[a@b]",     "\xC3\xA4.example",
                                      "a\x7f"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        smh_scope scope = usual();
        scope.host = bad[i];
        assert_refused(scope, SMH_E_HOST, 0, 0);
    }
}

static void good_hosts_are_accepted(void **state)
{
    static const char *const good[] = {"a",
                                       "localhost",
                                       "smh0example.api.tencentsmh.cn",
                                       "A-b.C-9.example",
                                       "0x7f.example",
                                       "1.2.3.4.in-addr.arpa",
                                       "a.b1",
                                       "x--1",
                                       "-"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        smh_scope scope = usual();
        scope.host = edge_text(good[i]);
        assert_accepted(scope);
    }
}

/* An address, or what a resolver somewhere takes for one; and no TLS takes a
 * dot at the end. */
static void addresses_are_refused(void **state)
{
    static const char *const bad[] = {
        "192.0.2.1",  "127.1",      "1",           "0x7f000001",
        "0x7f.1",     "a.1",        "a.example.9", "[::1]",
        "2001.db8.1", "a.0x7f",     "a.",          ".",
        "..",         "a.example.", "a..",         "0"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        smh_scope scope = usual();
        scope.host = edge_text(bad[i]);
        assert_refused(scope, SMH_E_HOST, 0, 0);
    }
}

/* All 255 bytes: only letters, digits and what names are made of. */
static void host_takes_only_what_names_are_made_of(void **state)
{
    int c;
    (void)state;
    for (c = 1; c < 256; c++) {
        int plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z') || c == '-' || c == '.';
        smh_scope scope = usual();
        char host[4] = "a?b";
        host[1] = (char)c;
        scope.host = host;
        if (c == '_' || c == '~') /* unreserved: no name, but no harm */
            continue;
        assert_int_equal(smh_check(&scope, &(smh_plan){0}),
                         plain ? 0 : SMH_E_HOST);
    }
}

static void host_has_an_end(void **state)
{
    smh_scope scope = usual();
    (void)state;
    scope.host = long_text(SMH_LINE_MAX > 1000 ? 255 : 100, 'a');
    assert_accepted(scope);
    scope.host = long_text(256, 'a');
    assert_refused(scope, SMH_E_HOST, 0, 0);
    scope.host = long_text(70000, 'a');
    assert_refused(scope, SMH_E_HOST, 0, 0);
}

/* ---- arguments and port -------------------------------------------------- */

static void missing_arguments_are_refused(void **state)
{
    server *s = (server *)take(sizeof *s);
    smh_scope scope = usual();
    char buffer[8];
    smh_io io = {0}, bad;
    smh_call call;
    (void)state;
    assert_not_begun(NULL, SMH_E_ARGUMENT);
    server_init(s);
    io.port = server_port(s, 1);
    io.buffer = buffer;
    io.size = sizeof buffer;
    bad = io;
    bad.buffer = NULL;
    assert_int_equal(smh_revoke(&call, &scope, &bad), SMH_E_BUFFER);
    bad = io;
    bad.size = 0;
    assert_int_equal(smh_revoke(&call, &scope, &bad), SMH_E_BUFFER);
    assert_int_equal(smh_begin(&call, &scope, NULL), SMH_E_ARGUMENT);
    assert_int_equal(smh_step(&call), SMH_E_ARGUMENT);
    assert_int_equal(smh_wait(&call, UINT32_MAX), SMH_E_ARGUMENT);
    assert_int_equal(smh_cancel(&call), SMH_E_ARGUMENT);
    assert_int_equal(smh_revoke(&call, NULL, NULL), SMH_E_ARGUMENT);
    assert_int_equal(s->calls, 0);
}

static void assert_port_refused(const smh_port_ops *ops)
{
    smh_scope scope = usual();
    char buffer[8];
    smh_io io = {0};
    smh_call call;
    io.port.ops = ops;
    io.buffer = buffer;
    io.size = sizeof buffer;
    assert_int_equal(smh_begin(&call, &scope, &io), SMH_E_NO_PORT);
    assert_int_equal(smh_step(&call), SMH_E_NO_PORT);
    assert_int_equal(smh_wait(&call, UINT32_MAX), SMH_E_NO_PORT);
    assert_int_equal(smh_cancel(&call), SMH_E_NO_PORT);
}

static void port_without_a_callback_is_refused(void **state)
{
    smh_port_ops good = *server_port(NULL, 1).ops, ops;
    (void)state;
    assert_port_refused(NULL);
    ops = good;
    ops.open = NULL;
    assert_port_refused(&ops);
    ops = good;
    ops.send = NULL;
    assert_port_refused(&ops);
    ops = good;
    ops.recv = NULL;
    assert_port_refused(&ops);
    ops = good;
    ops.close = NULL;
    assert_port_refused(&ops);
    ops = good;
    ops.now_ms = NULL;
    assert_port_refused(&ops);
}

/* Only a program that was compiled for it talks in the clear. */
static void port_that_is_not_secure_is_refused(void **state)
{
    server *s = (server *)take(sizeof *s);
    smh_scope scope = usual();
    char buffer[8];
    smh_io io = {0};
    smh_call call;
    (void)state;
    server_init(s);
    io.port = server_port(s, 0);
    io.buffer = buffer;
    io.size = sizeof buffer;
#ifdef SMH_ALLOW_PLAINTEXT
    assert_int_equal(smh_revoke(&call, &scope, &io), SMH_DONE);
    assert_int_equal(s->requests, 1);
#else
    assert_int_equal(smh_revoke(&call, &scope, &io), SMH_E_INSECURE);
    assert_int_equal(s->calls + s->waits, 0);
#endif
}

int scope_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(usual_scope_is_accepted),
        RUN(empty_list_is_not_no_filter),
        RUN(users_are_required),
        RUN(null_id_is_refused),
        RUN(empty_id_is_refused),
        RUN(comma_is_refused),
        RUN(blank_ends_are_refused),
        RUN(unicode_blank_ends_are_refused),
        RUN(short_blanks_are_refused_before_anything),
        RUN(other_code_points_are_accepted),
        RUN(cut_code_points_are_accepted),
        RUN(percent_cannot_smuggle),
        RUN(longest_ids_fit_and_longer_ones_do_not),
        RUN(too_long_an_id_is_named),
        RUN(too_long_a_library_or_secret_is_refused),
        RUN(fixed_part_has_the_bound_of_the_writer),
        RUN(longest_ids_must_fit_together),
        RUN(library_that_is_another_path_is_refused),
        RUN(library_takes_unreserved_bytes_alone),
        RUN(empty_secret_is_refused),
        RUN(secret_has_any_byte_between_its_ends),
        RUN(host_tricks_are_refused),
        RUN(good_hosts_are_accepted),
        RUN(addresses_are_refused),
        RUN(host_takes_only_what_names_are_made_of),
        RUN(host_has_an_end),
        RUN(missing_arguments_are_refused),
        RUN(port_without_a_callback_is_refused),
        RUN(port_that_is_not_secure_is_refused),
    };
    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
