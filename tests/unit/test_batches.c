/* Which ids go into one request: the cross product exactly once, within
 * limits. */
#include "unit.h"

#include <time.h>

/* What a naive walk over all requests of a scope found. */
typedef struct tour {
    uint32_t requests;
    size_t product;  /* ids of the three lists multiplied; none counts as 1 */
    size_t max_line; /* the longest request line */
    unsigned char *times; /* how often each triple came */
} tour;

static size_t at_least_one(size_t n)
{
    return n == 0 ? 1 : n;
}

/* Bytes of the request line of one batch, counted id by id. */
static size_t naive_line(const smh_scope *scope, const smh_batch *batch)
{
    size_t n = bare_line(scope), i;
    int k;
    for (k = 0; k < 3; k++)
        for (i = 0; i < batch->n[k]; i++) {
            n += encoded_size(list_of(scope, k)->items[batch->at[k] + i]);
            n += i == 0 ? 0 : strlen(SMH_COMMA);
        }
    return n;
}

static void assert_within_limits(const smh_scope *scope, const smh_batch *batch)
{
    static const size_t most[3] = {10, 100, 100};
    int k;
    for (k = 0; k < 3; k++) {
        size_t count = count_of(scope, k);
        assert_true(batch->n[k] <= most[k]);
        assert_true((batch->n[k] == 0) == (count == 0));
        assert_true(batch->at[k] + batch->n[k] <= count);
    }
}

static void mark(tour *t, const smh_scope *scope, const smh_batch *batch)
{
    size_t clients = at_least_one(count_of(scope, 1));
    size_t sessions = at_least_one(count_of(scope, 2));
    size_t u, c, s;
    for (u = 0; u < batch->n[0]; u++)
        for (c = 0; c < at_least_one(batch->n[1]); c++)
            for (s = 0; s < at_least_one(batch->n[2]); s++) {
                size_t i = (batch->at[0] + u) * clients + batch->at[1] + c;
                t->times[i * sessions + batch->at[2] + s]++;
            }
}

/* The line as the writer measures it is the line as we count it. */
static void assert_line(tour *t, const smh_plan *plan, const smh_batch *batch)
{
    static char text[SMH_LINE_MAX + 400];
    size_t want = naive_line(plan->scope, batch), n;
    n = smh_write(plan, batch, 0, 0, text, sizeof text);
    assert_true(n < sizeof text);
    assert_memory_equal(text + want, "\r\n", 2);
    assert_ptr_equal(memchr(text, '\r', n), text + want);
    assert_true(want <= SMH_LINE_MAX);
    t->max_line = want > t->max_line ? want : t->max_line;
}

static tour walk(const smh_scope *scope)
{
    tour t = {0, 1, 0, NULL};
    smh_plan plan;
    smh_batch batch = {0};
    size_t i;
    for (i = 0; i < 3; i++)
        t.product *= at_least_one(count_of(scope, (int)i));
    t.times = (unsigned char *)take(t.product);
    assert_int_equal(smh_check(scope, &plan), 0);
    while (smh_next(&plan, &batch)) {
        assert_int_equal(batch.index, t.requests);
        t.requests++;
        assert_within_limits(scope, &batch);
        assert_line(&t, &plan, &batch);
        mark(&t, scope, &batch);
    }
    for (i = 0; i < t.product; i++)
        assert_int_equal(t.times[i], 1);
    assert_int_equal(smh_count(&plan),
                     t.requests <= SMH_REQUESTS_MAX ? t.requests : 0);
    return t;
}

/* ---- the naive reference ------------------------------------------------- */

/* Into how many runs list k falls if each may have so many bytes. */
static size_t runs(const smh_scope *scope, int k, size_t bytes, size_t most)
{
    size_t count = count_of(scope, k), i, n = 1, ids = 0, used = 0;
    for (i = 0; i < count; i++) {
        size_t cost =
            encoded_size(list_of(scope, k)->items[i]) + strlen(SMH_COMMA);
        if (ids == most || (ids > 0 && used + cost > bytes)) {
            n++;
            ids = used = 0;
        }
        ids++;
        used += cost;
    }
    return n;
}

/* Requests of a plan that gives each list one fixed share of the line: the best
 * of all such plans in sixteenths. */
static size_t naive_requests(const smh_scope *scope)
{
    size_t room = IDS_ROOM;
    size_t best = SIZE_MAX, u, c;
    for (u = 0; u <= 16; u++)
        for (c = 0; u + c <= 16; c++) {
            size_t n = runs(scope, 0, room * u / 16, 10) *
                       runs(scope, 1, room * c / 16, 100) *
                       runs(scope, 2, room * (16 - u - c) / 16, 100);
            best = n < best ? n : best;
        }
    return best;
}

/* ---- tests --------------------------------------------------------------- */

static const smh_list *random_list(size_t count, size_t least, size_t most)
{
    char **items = (char **)take((count + 1) * sizeof *items);
    size_t i;
    for (i = 0; i < count; i++)
        items[i] = random_text(least, most);
    return count == 0 ? NULL : list_from((const char *const *)items, count);
}

/* No more than twice what the best fixed shares need, where a line takes more
 * than a handful of ids, and two more for ends. */
static size_t assert_thrifty(const smh_scope *scope, const tour *t)
{
    size_t naive = naive_requests(scope);
    assert_true(t->requests <= (IDS_ROOM > 1000 ? 2 : 4) * naive + 2);
    return naive;
}

static void random_lists_are_covered_exactly_once(void **state)
{
    static const size_t counts[] = {3, 14, 40, 130};
    size_t all = 0, naive = 0;
    unsigned i;
    (void)state;
    chance_seed(21);
    for (i = 0; i < 3000; i += thin()) {
        smh_scope scope = usual();
        size_t most = 1 + chance(IDS_ROOM > 1000 ? 60 : 20);
        size_t least = 1 + chance((uint32_t)most);
        tour t;
        scope.users = random_list(1 + chance(30), least, most);
        scope.clients =
            random_list(chance((uint32_t)counts[chance(4)]), least, most);
        scope.sessions =
            random_list(chance((uint32_t)counts[chance(4)]), least, most);
        t = walk(&scope);
        naive += assert_thrifty(&scope, &t);
        all += t.requests;
        tidy(NULL);
    }
    /* In all hardly more than a plan needs that tries all shares. */
    assert_true(thin() > 1 || IDS_ROOM < 1000 || all * 10 <= naive * 11);
}

/* Long and short ids mixed, close to what a line holds. */
static void odd_lengths_are_covered_exactly_once(void **state)
{
    unsigned i;
    (void)state;
    chance_seed(22);
    for (i = 0; i < 300; i += thin()) {
        smh_scope scope = usual();
        size_t room = (IDS_ROOM - 30) / 9;
        scope.users =
            random_list(1 + chance(25), 1, 1 + chance((uint32_t)room));
        scope.clients = random_list(chance(25), 1, 1 + chance((uint32_t)room));
        scope.sessions = random_list(chance(25), 1, 1 + chance((uint32_t)room));
        walk(&scope);
        tidy(NULL);
    }
}

static uint32_t requests(size_t users, size_t clients, size_t sessions)
{
    smh_scope scope = usual();
    scope.users = numbered('u', users, 4);
    scope.clients = clients == 0 ? NULL : numbered('c', clients, 4);
    scope.sessions = sessions == 0 ? NULL : numbered('s', sessions, 4);
    return walk(&scope).requests;
}

static void counts_meet_the_three_limits(void **state)
{
    (void)state;
    assert_int_equal(requests(1, 0, 0), 1);
    assert_int_equal(requests(10, 0, 0), 1);
    assert_int_equal(requests(11, 0, 0), 2);
    assert_int_equal(requests(25, 0, 0), 3);
    assert_int_equal(requests(1, 1, 1), 1);
#if SMH_LINE_MAX >= 8000
    assert_int_equal(requests(1, 100, 0), 1);
    assert_int_equal(requests(1, 101, 0), 2);
    assert_int_equal(requests(1, 0, 100), 1);
    assert_int_equal(requests(1, 0, 101), 2);
    assert_int_equal(requests(10, 100, 100), 1);
    assert_int_equal(requests(11, 101, 101), 8);
    assert_int_equal(requests(30, 300, 200), 18);
#endif
}

/* What brought the limit of the line about: full lists of UUIDs. */
static void full_lists_of_uuids_fit_the_line(void **state)
{
    smh_scope scope = usual();
    size_t count = SMH_LINE_MAX >= 8000 ? 100 : 30;
    size_t width = SMH_LINE_MAX >= 8000 ? 36 : 8;
    tour t;
    (void)state;
    scope.users = numbered('u', count, width);
    scope.clients = numbered('c', count, width);
    scope.sessions = numbered('s', count, width);
    t = walk(&scope);
    assert_thrifty(&scope, &t);
#if SMH_LINE_MAX == 8000
    assert_true(t.requests <= 40); /* 10 without the limit */
#endif
}

static void line_is_filled_to_the_end(void **state)
{
    smh_scope scope = usual();
    tour t;
    (void)state;
    scope.users = numbered('u', 2, IDS_ROOM / 2 - strlen(SMH_COMMA));
    t = walk(&scope);
    assert_int_equal(t.requests, 1);
    assert_true(t.max_line >= IDS_ROOM);
    scope.users = numbered('u', 2, IDS_ROOM / 2 - strlen(SMH_COMMA) + 1);
    assert_int_equal(walk(&scope).requests, 2);
}

/* No byte of an id parts ids but the comma. */
static void any_byte_of_an_id_takes_its_place(void **state)
{
    char *text = (char *)take(IDS_ROOM / 2 + 1);
    const char *items[2];
    int c;
    (void)state;
    memset(text, 'x', IDS_ROOM / 2);
    items[0] = items[1] = text;
    for (c = 1; c < 256; c++) {
        smh_scope scope = usual();
        smh_plan plan;
        text[1] = (char)c;
        scope.users = list_from(items, 2);
        if (c != ',') {
            assert_int_equal(smh_check(&scope, &plan), 0);
            assert_int_equal(smh_count(&plan), 2);
        }
    }
}

static uint32_t third_of(smh_scope scope, smh_batch *batch)
{
    smh_plan plan;
    memset(batch, 0, sizeof *batch);
    assert_int_equal(smh_check(&scope, &plan), 0);
    while (batch->index < 2)
        assert_int_equal(smh_next(&plan, batch), 1);
    return smh_count(&plan);
}

/* A resume point must hold when what was wrong was put right. */
static void only_ids_move_the_batches(void **state)
{
    smh_scope scope = usual();
    smh_batch was, is;
    uint32_t count;
    (void)state;
    scope.users = numbered('u', 40, 30);
    scope.clients = numbered('c', 70, 9);
    count = third_of(scope, &was);
    scope.library_secret = random_text(120, 120);
    assert_int_equal(third_of(scope, &is), count);
    assert_memory_equal(&is, &was, sizeof is);
    scope.library_id = "l";
    scope.library_secret = "s";
    scope.host = "another.host.example";
    scope.port = 8443;
    assert_int_equal(third_of(scope, &is), count);
    assert_memory_equal(&is, &was, sizeof is);
}

/* A list that shares a line with two small ones gets half of it at least. */
static void half_of_the_line_is_any_list_s(void **state)
{
    smh_scope scope = usual();
    const smh_list *big;
    size_t room;
    (void)state;
    scope.clients = numbered('c', 1, 1);
    scope.sessions = numbered('s', 1, 1);
    room = IDS_ROOM / 2 - 8;
    big = numbered('b', 5, room / 5 - strlen(SMH_COMMA));
    scope.users = big;
    assert_int_equal(walk(&scope).requests, 1);
    scope.users = scope.clients;
    scope.clients = big;
    assert_int_equal(walk(&scope).requests, 1);
    scope.clients = scope.users;
    scope.sessions = big;
    assert_int_equal(walk(&scope).requests, 1);
}

/* But one id may need more, in any list. */
static void one_id_has_more_than_half_of_the_line(void **state)
{
    smh_scope scope = usual();
    (void)state;
    scope.users = numbered('u', 3, IDS_ROOM / 5 * 3);
    scope.clients = numbered('c', 1, IDS_ROOM / 5);
    assert_int_equal(walk(&scope).requests, 3);
    scope.users = scope.clients;
    scope.clients = numbered('c', 3, IDS_ROOM / 5 * 3);
    scope.sessions = numbered('s', 1, 1);
    assert_int_equal(walk(&scope).requests, 3);
}

#if SMH_LINE_MAX == 8000
/* A saved resume point must mean the same with the next release, so these never
 * change: for so many ids of such widths in each list the number of requests,
 * what the one in the middle holds, and a sum over all of them. */
static const struct {
    size_t count[3], width[3];
    uint32_t requests;
    unsigned n[3], at[3];
    uint32_t sum;
} pinned[] = {
    {{1, 0, 0}, {5, 0, 0}, 1, {1, 0, 0}, {0, 0, 0}, 0x83218FA4},
    {{25, 0, 0}, {8, 0, 0}, 3, {10, 0, 0}, {10, 0, 0}, 0x82D17816},
    {{10, 100, 100}, {36, 36, 36}, 3, {10, 96, 4}, {0, 0, 96}, 0x31A29163},
    {{100, 100, 0}, {36, 36, 0}, 10, {10, 100, 0}, {50, 0, 0}, 0x2C63BEF7},
    {{25, 0, 250}, {8, 0, 8}, 9, {10, 0, 100}, {10, 0, 100}, 0x5772F980},
    {{3, 5, 7}, {2000, 1000, 500}, 15, {1, 2, 6}, {1, 2, 0}, 0xF08F6237},
    {{30, 3, 0}, {374, 4992, 0}, 15, {6, 1, 0}, {12, 1, 0}, 0x6B5676FF},
    {{7, 7, 7}, {2400, 2400, 2400}, 343, {1, 1, 1}, {3, 3, 3}, 0x1AFE29E9},
    {{11, 101, 101}, {4, 4, 4}, 8, {1, 100, 100}, {10, 0, 0}, 0x98615309},
    {{2, 300, 3}, {64, 64, 64}, 6, {2, 56, 3}, {0, 168, 0}, 0x972B5E09},
    {{12, 130, 9}, {1, 63, 700}, 10, {2, 58, 5}, {10, 0, 0}, 0x034322EB},
    {{30, 3, 0}, {374, 3000, 0}, 11, {9, 1, 0}, {9, 2, 0}, 0x9FED3A50},
    {{30, 3, 0}, {374, 3744, 0}, 12, {9, 1, 0}, {18, 0, 0}, 0xECA2AF7F},
    {{21, 0, 1}, {3700, 0, 80}, 21, {1, 0, 1}, {10, 0, 0}, 0x10DA6C11},
};

/* FNV-1a over the six numbers of each batch in turn. */
static uint32_t sum_of(uint32_t sum, const smh_batch *batch)
{
    int k;
    for (k = 0; k < 3; k++) {
        sum = (sum ^ batch->n[k]) * 16777619u;
        sum = (sum ^ (uint32_t)batch->at[k]) * 16777619u;
    }
    return sum;
}

static void resume_points_outlive_a_release(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; i < sizeof pinned / sizeof *pinned; i++) {
        const size_t *count = pinned[i].count, *width = pinned[i].width;
        smh_scope scope = usual();
        smh_plan plan;
        smh_batch batch = {0};
        uint32_t sum = 2166136261u;
        int k;
        scope.users = numbered('u', count[0], width[0]);
        if (count[1] != 0)
            scope.clients = numbered('c', count[1], width[1]);
        if (count[2] != 0)
            scope.sessions = numbered('s', count[2], width[2]);
        assert_int_equal(smh_check(&scope, &plan), 0);
        while (smh_next(&plan, &batch)) {
            sum = sum_of(sum, &batch);
            for (k = 0; k < 3 && batch.index == pinned[i].requests / 2; k++) {
                assert_int_equal(batch.n[k], pinned[i].n[k]);
                assert_int_equal(batch.at[k], pinned[i].at[k]);
            }
        }
        assert_int_equal(batch.index, pinned[i].requests);
        assert_int_equal(sum, pinned[i].sum);
    }
}
#endif

/* Many short ids of the outer list beside an inner one that needs more than
 * half of the room. */
static void long_inner_ids_leave_the_line_whole(void **state)
{
    smh_scope scope = usual();
    size_t comma = strlen(SMH_COMMA);
    (void)state;
    scope.users = numbered('u', 30, IDS_ROOM / 20 - comma);
    scope.clients = numbered('c', 3, IDS_ROOM * 2 / 3 - comma);
    walk(&scope);
    scope.sessions = scope.clients;
    scope.clients = NULL;
    walk(&scope);
    scope.clients = numbered('c', 30, IDS_ROOM / 40 - comma);
    walk(&scope);
}

static void same_scope_gives_the_same_batches(void **state)
{
    smh_scope scope = usual();
    smh_plan one, two;
    smh_batch a = {0}, b = a;
    (void)state;
    chance_seed(23);
    scope.users = random_list(35, 1, 9);
    scope.clients = random_list(60, 1, 9);
    scope.sessions = random_list(60, 1, 9);
    memset(&one, 0x11, sizeof one);
    memset(&two, 0xEE, sizeof two);
    assert_int_equal(smh_check(&scope, &one), 0);
    assert_int_equal(smh_check(&scope, &two), 0);
    while (smh_next(&one, &a)) {
        assert_int_equal(smh_next(&two, &b), 1);
        assert_memory_equal(a.at, b.at, sizeof a.at);
        assert_memory_equal(a.n, b.n, sizeof a.n);
    }
    assert_int_equal(smh_next(&two, &b), 0);
}

static void behind_the_last_batch_is_nothing(void **state)
{
    smh_scope scope = usual();
    smh_plan plan;
    smh_batch batch = {0};
    int i;
    (void)state;
    scope.clients = numbered('c', 3, 2);
    assert_int_equal(smh_check(&scope, &plan), 0);
    assert_int_equal(smh_next(&plan, &batch), 1);
    for (i = 0; i < 4; i++) {
        assert_int_equal(smh_next(&plan, &batch), 0);
        assert_int_equal(batch.index, 1);
    }
}

static const smh_list *the_same(size_t count)
{
    const char **items = (const char **)take(count * sizeof *items);
    size_t i;
    for (i = 0; i < count; i++)
        items[i] = "x";
    return list_from(items, count);
}

/* More than anybody sends is 0, and no call begins; it ends soon. */
static void count_has_an_end(void **state)
{
    smh_scope scope = usual();
    smh_plan plan;
    (void)state;
    scope.users = the_same(SMH_REQUESTS_MAX > 1000 ? 1000 : 10000);
    assert_int_equal(smh_check(&scope, &plan), 0);
    assert_int_equal(smh_count(&plan), SMH_REQUESTS_MAX > 1000 ? 100 : 1000);
#if SMH_REQUESTS_MAX <= 1000
    scope.users = the_same(SMH_REQUESTS_MAX * 10 + 1);
    assert_int_equal(smh_check(&scope, &plan), 0);
    assert_int_equal(smh_count(&plan), 0);
    scope.clients = scope.sessions = scope.users = the_same(200000);
    assert_int_equal(smh_check(&scope, &plan), 0);
    assert_int_equal(smh_count(&plan), 0);
#endif
}

int batches_tests(void)
{
    const struct CMUnitTest tests[] = {
        RUN(random_lists_are_covered_exactly_once),
        RUN(odd_lengths_are_covered_exactly_once),
        RUN(counts_meet_the_three_limits),
        RUN(full_lists_of_uuids_fit_the_line),
        RUN(line_is_filled_to_the_end),
        RUN(any_byte_of_an_id_takes_its_place),
        RUN(only_ids_move_the_batches),
        RUN(half_of_the_line_is_any_list_s),
        RUN(one_id_has_more_than_half_of_the_line),
#if SMH_LINE_MAX == 8000
        RUN(resume_points_outlive_a_release),
#endif
        RUN(long_inner_ids_leave_the_line_whole),
        RUN(same_scope_gives_the_same_batches),
        RUN(behind_the_last_batch_is_nothing),
        RUN(count_has_an_end),
    };
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
