/* The bytes of one request, from any offset into any window. */
#include "unit.h"

typedef struct letter {
    smh_scope scope;
    smh_plan plan;
    smh_batch batch;
    size_t size;
    char *text; /* the request as a whole, ends with the page */
} letter;

/* The first request of a scope. */
static letter *letter_of(smh_scope scope, int masked)
{
    letter *l = (letter *)take(sizeof *l);
    l->scope = scope;
    assert_int_equal(smh_check(&l->scope, &l->plan), 0);
    assert_int_equal(smh_next(&l->plan, &l->batch), 1);
    l->size = smh_write(&l->plan, &l->batch, masked, 0, NULL, 0);
    l->text = edge(l->size);
    assert_int_equal(smh_write(&l->plan, &l->batch, masked, 0, l->text,
                               l->size),
                     l->size);
    return l;
}

static smh_scope three_lists(void)
{
    smh_scope scope = usual();
    scope.users = numbered('u', 3, 4);
    scope.clients = numbered('c', 4, 5);
    scope.sessions = numbered('s', 5, 6);
    return scope;
}

static decoded *decoded_letter(const letter *l)
{
    decoded *d = (decoded *)take(sizeof *d);
    decode(d, l->text, l->size);
    if (d->wrong != NULL)
        fail_msg("not a request: %s", d->wrong);
    assert_int_equal(d->length, l->size);
    return d;
}

static void assert_text(const letter *l, const char *want)
{
    assert_int_equal(l->size, strlen(want));
    assert_memory_equal(l->text, want, l->size);
}

/* ---- what is said -------------------------------------------------------- */

static void request_is_to_the_letter(void **state)
{
    smh_scope scope = three_lists();
    (void)state;
    scope.port = 8443;
    assert_text(letter_of(scope, 0),
                "DELETE /api/v1/token/smh0lib?library_secret=" SECRET_ENCODED
                "&user_id=uuuu" SMH_COMMA "uuu1" SMH_COMMA "uuu2"
                "&client_id=ccccc" SMH_COMMA "cccc1" SMH_COMMA "cccc2" SMH_COMMA
                "cccc3&session_id=ssssss" SMH_COMMA "sssss1" SMH_COMMA
                "sssss2" SMH_COMMA "sssss3" SMH_COMMA "sssss4 HTTP/1.1\r\n"
                "Host: smh.example:8443\r\n\r\n");
}

static void unused_filters_are_left_out(void **state)
{
    smh_scope scope = usual();
    letter *l = letter_of(scope, 0);
    (void)state;
    assert_text(l, "DELETE /api/v1/token/smh0lib?library_secret=" SECRET_ENCODED
                   "&user_id=alice HTTP/1.1\r\nHost: smh.example\r\n\r\n");
    scope.sessions = numbered('s', 1, 1);
    assert_text(letter_of(scope, 0),
                "DELETE /api/v1/token/smh0lib?library_secret=" SECRET_ENCODED
                "&user_id=alice&session_id=s HTTP/1.1\r\n"
                "Host: smh.example\r\n\r\n");
}

static void host_has_its_port_unless_it_is_443(void **state)
{
    static const struct {
        const char *host, *want;
        uint16_t port;
    } cases[] = {
        {"a.example", "a.example", 0},
        {"a.example", "a.example", 443},
        {"a.example", "a.example:1", 1},
        {"a.example", "a.example:10", 10},
        {"a.example", "a.example:80", 80},
        {"a.example", "a.example:442", 442},
        {"a.example", "a.example:4430", 4430},
        {"a.example", "a.example:9999", 9999},
        {"a.example", "a.example:10000", 10000},
        {"a.example", "a.example:65535", 65535},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        smh_scope scope = usual();
        scope.host = edge_text(cases[i].host);
        scope.port = cases[i].port;
        assert_string_equal(decoded_letter(letter_of(scope, 0))->host,
                            cases[i].want);
    }
}

static void every_port_number_is_written(void **state)
{
    smh_scope scope = usual();
    smh_plan plan;
    smh_batch none = {0};
    uint32_t port;
    (void)state;
    assert_int_equal(smh_check(&scope, &plan), 0);
    for (port = 0; port < 65536; port++) {
        char text[256] = "", want[40], number[8] = "";
        scope.port = (uint16_t)port;
        if (port != 0 && port != 443)
            snprintf(number, sizeof number, ":%u", (unsigned)port);
        snprintf(want, sizeof want, "Host: smh.example%s\r\n\r\n", number);
        assert_true(smh_write(&plan, &none, 1, 0, text, sizeof text - 1) <
                    sizeof text);
        assert_string_equal(strstr(text, "Host: "), want);
    }
}

static void rfc_3986_vectors(void **state)
{
    static const struct {
        const char *id, *sent;
    } cases[] = {
        /* 2.3 and the examples of 2.1, 2.4, 2.5 */
        {"ABCXYZabcxyz0189-._~", "ABCXYZabcxyz0189-._~"},
        {":/?#[]@!$&'()*+;=", "%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B"
                              "%3B%3D"},
        {"a b", "a%20b"},
        {"100%", "100%25"},
        {"%41", "%2541"},
        {"\xC3\x80", "%C3%80"},
        {"\xE3\x82\xA2", "%E3%82%A2"},
        {"x\r\ny", "x%0D%0Ay"},
        {"a\tb\x7f"
         "c",
         "a%09b%7Fc"},
        {"\"<>\\^`{|}", "%22%3C%3E%5C%5E%60%7B%7C%7D"},
        {"\xff\x80", "%FF%80"},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        smh_scope scope = usual();
        char want[200];
        scope.users = list_from(&cases[i].id, 1);
        snprintf(want, sizeof want,
                 "DELETE /api/v1/token/smh0lib?library_secret=%s&user_id=%s"
                 " HTTP/1.1\r\nHost: smh.example\r\n\r\n",
                 SECRET_ENCODED, cases[i].sent);
        assert_text(letter_of(scope, 0), want);
    }
}

/* All 255 bytes in the secret and an id of each list. */
static void every_byte_comes_back(void **state)
{
    int c, k;
    (void)state;
    for (c = 1; c < 256; c++)
        for (k = 0; k < 4; k++) {
            smh_scope scope = three_lists();
            char *text = edge_text("x?y"), **items = take(sizeof *items);
            letter *l;
            items[0] = text;
            text[1] = (char)c;
            if (c == ',' && k < 3)
                continue;
            if (k < 3)
                *(k == 0   ? &scope.users
                  : k == 1 ? &scope.clients
                           : &scope.sessions) =
                    list_from((const char *const *)items, 1);
            else
                scope.library_secret = text;
            l = letter_of(scope, 0);
            assert_true(decoded_is(decoded_letter(l), &l->scope, &l->batch));
        }
}

/* Bytes that may begin or end an id stand there as they are. */
static void every_byte_at_the_ends_comes_back(void **state)
{
    int c;
    (void)state;
    for (c = '!'; c < 256; c++) {
        smh_scope scope = usual();
        char *text = edge_text("?"), *const item = text;
        letter *l;
        if (c == 127 || c == ',')
            continue;
        text[0] = (char)c;
        scope.library_secret = text;
        scope.users = list_from((const char *const *)&item, 1);
        l = letter_of(scope, 0);
        assert_true(decoded_is(decoded_letter(l), &l->scope, &l->batch));
    }
}

/* ---- windows ------------------------------------------------------------- */

/* Every offset, window sizes around it: nothing but the window is written. */
static void any_window_shows_its_part(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 3, 7, 64, 4000};
    letter *l = letter_of(three_lists(), 0);
    char *page = edge(PAGE);
    size_t at, i;
    (void)state;
    for (at = 0; at <= l->size + 3; at++)
        for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t size = sizes[i], left = at < l->size ? l->size - at : 0;
            size_t n = size < left ? size : left, j;
            char *window = page + PAGE - size;
            memset(page, 'w', PAGE);
            assert_int_equal(smh_write(&l->plan, &l->batch, 0, at, window,
                                       size),
                             l->size);
            assert_memory_equal(window, l->text + (n == 0 ? 0 : at), n);
            for (j = 0; j < PAGE; j++)
                if (page + j < window || page + j >= window + n)
                    assert_true(page[j] == 'w');
        }
}

static void far_offsets_write_nothing(void **state)
{
    letter *l = letter_of(usual(), 0);
    char window[64];
    size_t back, j;
    (void)state;
    for (back = 0; back < 300; back++) {
        memset(window, 'w', sizeof window);
        assert_int_equal(smh_write(&l->plan, &l->batch, 0, SIZE_MAX - back,
                                   window, sizeof window),
                         l->size);
        for (j = 0; j < sizeof window; j++)
            assert_true(window[j] == 'w');
    }
}

/* Puts a request together through a buffer of one size. */
static void assert_pieces(const letter *l, char *whole, size_t size)
{
    char *window = edge(size);
    size_t at;
    for (at = 0; at < l->size; at += size) {
        size_t n = l->size - at < size ? l->size - at : size;
        assert_int_equal(smh_write(&l->plan, &l->batch, 0, at, window, size),
                         l->size);
        memcpy(whole + at, window, n);
    }
    assert_memory_equal(whole, l->text, l->size);
}

static void every_buffer_size_gives_the_same_bytes(void **state)
{
    letter *l = letter_of(three_lists(), 0);
    char *whole = edge(l->size);
    size_t size;
    (void)state;
    for (size = 1; size <= l->size + 1; size += thin())
        assert_pieces(l, whole, size);
}

static void full_lists_go_through_small_and_large_buffers(void **state)
{
    smh_scope scope = usual();
    letter *l;
    char *whole;
    (void)state;
    scope.users = numbered('u', 10, SMH_LINE_MAX > 4000 ? 64 : 5);
    scope.clients = numbered('c', 100, SMH_LINE_MAX > 4000 ? 64 : 5);
    scope.sessions = numbered('s', 100, SMH_LINE_MAX > 4000 ? 64 : 5);
    l = letter_of(scope, 0);
    assert_true(decoded_is(decoded_letter(l), &l->scope, &l->batch));
    whole = edge(l->size);
    assert_pieces(l, whole, 64);
    assert_pieces(l, whole, 65536);
}

/* ---- inputs -------------------------------------------------------------- */

static const smh_list *at_edges(const smh_list *list)
{
    char **items = (char **)(void *)edge(list->count * sizeof *items);
    size_t i;
    for (i = 0; i < list->count; i++)
        items[i] = edge_text(list->items[i]);
    return list_from((const char *const *)items, list->count);
}

/* A read beyond any input is a fault of the page behind it. */
static void nothing_is_read_beyond_its_end(void **state)
{
    smh_scope scope = three_lists();
    letter *inside = letter_of(scope, 0), *l;
    (void)state;
    scope.host = edge_text(scope.host);
    scope.library_id = edge_text(scope.library_id);
    scope.library_secret = edge_text(scope.library_secret);
    scope.users = at_edges(scope.users);
    scope.clients = at_edges(scope.clients);
    scope.sessions = at_edges(scope.sessions);
    l = letter_of(scope, 0);
    assert_int_equal(l->size, inside->size);
    assert_memory_equal(l->text, inside->text, l->size);
    assert_int_equal(smh_next(&l->plan, &l->batch),
                     smh_next(&inside->plan, &inside->batch));
}

static void random_scopes_come_back(void **state)
{
    unsigned i, j, k;
    (void)state;
    chance_seed(11);
    for (i = 0; i < 2000; i += thin()) {
        smh_scope scope = usual();
        const smh_list *lists[3] = {NULL, NULL, NULL};
        letter *l;
        for (k = 0; k < 3; k++) {
            size_t count = k == 0 ? 1 + chance(12) : chance(5);
            char **items = (char **)take((count + 1) * sizeof *items);
            for (j = 0; j < count; j++)
                items[j] = random_text(1, 8);
            if (count > 0)
                lists[k] = list_from((const char *const *)items, count);
        }
        scope.users = lists[0];
        scope.clients = lists[1];
        scope.sessions = lists[2];
        scope.library_secret = random_text(1, 20);
        l = letter_of(scope, 0);
        assert_true(decoded_is(decoded_letter(l), &l->scope, &l->batch));
        tidy(NULL);
    }
}

/* ---- the masked rendering ------------------------------------------------ */

static int contains(const char *text, size_t size, const char *part)
{
    size_t n = strlen(part), i;
    for (i = 0; i + n <= size; i++)
        if (memcmp(text + i, part, n) == 0)
            return 1;
    return 0;
}

static void masked_rendering_has_no_secret(void **state)
{
    letter *l = letter_of(three_lists(), 1);
    size_t at;
    char window[5];
    (void)state;
    assert_true(contains(l->text, l->size, "?library_secret=***&user_id="));
    assert_false(contains(l->text, l->size, SECRET));
    assert_false(contains(l->text, l->size, SECRET_ENCODED));
    for (at = 0; at + sizeof window <= l->size; at++) {
        smh_write(&l->plan, &l->batch, 1, at, window, sizeof window);
        assert_memory_equal(window, l->text + at, sizeof window);
    }
}

/* Not even its length shows. */
static void masked_rendering_does_not_depend_on_the_secret(void **state)
{
    smh_scope scope = three_lists();
    letter *l = letter_of(scope, 1), *other;
    unsigned i;
    (void)state;
    chance_seed(5);
    for (i = 0; i < 50; i++) {
        scope.library_secret = random_text(1, 16);
        other = letter_of(scope, 1);
        assert_int_equal(other->size, l->size);
        assert_memory_equal(other->text, l->text, l->size);
    }
}

static void masked_rendering_is_the_same_elsewhere(void **state)
{
    letter *open = letter_of(three_lists(), 0);
    letter *masked = letter_of(three_lists(), 1);
    size_t before = strlen("DELETE /api/v1/token/smh0lib?library_secret=");
    size_t cut = strlen(SECRET_ENCODED);
    (void)state;
    assert_int_equal(open->size - cut, masked->size - 3);
    assert_memory_equal(open->text, masked->text, before);
    assert_memory_equal(open->text + before + cut, masked->text + before + 3,
                        open->size - before - cut);
}

int writer_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(request_is_to_the_letter),
        RUN(unused_filters_are_left_out),
        RUN(host_has_its_port_unless_it_is_443),
        RUN(every_port_number_is_written),
        RUN(rfc_3986_vectors),
        RUN(every_byte_comes_back),
        RUN(every_byte_at_the_ends_comes_back),
        RUN(any_window_shows_its_part),
        RUN(far_offsets_write_nothing),
        RUN(every_buffer_size_gives_the_same_bytes),
        RUN(full_lists_go_through_small_and_large_buffers),
        RUN(nothing_is_read_beyond_its_end),
        RUN(random_scopes_come_back),
        RUN(masked_rendering_has_no_secret),
        RUN(masked_rendering_does_not_depend_on_the_secret),
        RUN(masked_rendering_is_the_same_elsewhere),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
