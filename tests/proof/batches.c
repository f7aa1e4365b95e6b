/* The batches: they fit, and have each user, client and session exactly once.
 * The cost of an id is abstract, so the texts are never looked at. */
#include "proof.h"

/* More than fill takes of one list; and few enough for all batches. */
enum { MANY = 128, FEW = 3 };

static smh_list lists[3];
static smh_scope scope;
static smh_plan plan;

/* Lists of up to most ids, whose texts nobody looks at. */
static void any_plan(size_t most)
{
    static const char *const texts[MANY];
    int k;
    for (k = 0; k < 3; k++) {
        size_t n = nondet_size();
        ASSUME(n > 0 && n <= most);
        lists[k].count = n;
        lists[k].items = texts;
    }
    scope.users = &lists[0];
    scope.clients = nondet_bool() ? &lists[1] : NULL;
    scope.sessions = nondet_bool() ? &lists[2] : NULL;
    plan.scope = &scope;
}

/* What is true of list k of a batch that smh_next() made. */
static bool is_inside(const smh_batch *b, int k)
{
    const smh_list *list = smhi_list(&plan, k);
    if (list == NULL)
        return b->at[k] == 0 && b->n[k] == 0;
    return b->at[k] < list->count && b->n[k] > 0 &&
           b->n[k] <= list->count - b->at[k] && b->n[k] <= (k == 0 ? 10 : 100);
}

/* ---- one list: smhi_fill() ----------------------------------------------- */

/* How many ids a list has left; more than 10, so that this limit is seen, and
 * more than 100 takes too long for each run. */
#ifndef SPAN
#define SPAN 12
#endif

static int longest, inner, asked, rest, rest_before;

int some_cost(const char *text, char separator);

/* Any that the longest allows.  What is left of the room goes down as
 * smhi_fill() does it: two sums of a hundred numbers are hard to compare.  What
 * is proved of an id helps with the next one. */
int some_cost(const char *text, char separator)
{
    int cost = nondet_int();
    ASSUME(cost >= 1 && cost <= longest - SMHI_COMMA_SIZE);
    PROVE(rest >= inner && rest <= SMHI_ROOM, "each id leaves as much");
    ASSUME(rest >= inner && rest <= SMHI_ROOM);
    rest_before = rest;
    rest -= cost + SMHI_COMMA_SIZE;
    asked++;
    (void)text;
    (void)separator;
    return cost;
}

ENTRY(batches_fill)
{
    smh_batch b;
    int k = nondet_int(), room = nondet_int(), left, n;
    const smh_list *list;
    ASSUME(k >= 0 && k < 3);
    any_plan(MANY);
    list = smhi_list(&plan, k);
    longest = list == NULL ? 0 : nondet_int();
    plan.inner[k] = nondet_uint16();
    ASSUME(longest >= 0 && longest <= SMHI_ROOM && plan.inner[k] <= SMHI_ROOM);
    ASSUME(room >= longest && room <= SMHI_ROOM &&
           (int)plan.inner[k] <= room - longest);
    ASSUME(b.at[k] < lists[k].count || (k == 0 && b.at[k] == lists[k].count));
    ASSUME(lists[k].count - b.at[k] <= SPAN);
    inner = (int)plan.inner[k];
    asked = 0;
    rest = rest_before = room;
    left = smhi_fill(&plan, &b, k, room);
    n = (int)b.n[k];
    PROVE(n > 0 || list == NULL || b.at[k] == list->count, "it takes one");
    PROVE(n <= (k == 0 ? 10 : 100), "and not too many");
    PROVE(list == NULL ? n == 0 : b.n[k] <= list->count - b.at[k],
          "all inside of the list");
    PROVE(left >= (int)plan.inner[k], "it leaves what the lists inside need");
    PROVE(left == (n == asked ? rest : rest_before), "and all else");
}

/* ---- all lists: smh_check(), smh_next() ---------------------------------- */

/* The cost of the few ids of small lists: each is one byte of ids. */
static char ids[3 * FEW];
static int costs[3 * FEW];
static const char *items[3][FEW];

int own_cost(const char *text, char separator);

int own_cost(const char *text, char separator)
{
    (void)separator;
    return text == NULL ? SMH_E_ITEM : costs[text - ids];
}

static void few(size_t users, size_t clients, size_t sessions)
{
    int i;
    any_plan(FEW);
    ASSUME(lists[0].count <= users && lists[1].count <= clients &&
           lists[2].count <= sessions);
    for (i = 0; i < 3 * FEW; i++) {
        costs[i] = nondet_int();
        ASSUME(costs[i] >= SMH_E_CANCELLED && costs[i] != 0 &&
               costs[i] <= SMH_LINE_MAX + 3);
        items[i / FEW][i % FEW] = &ids[i];
    }
    for (i = 0; i < 3; i++)
        lists[i].items = items[i];
}

ENTRY(batches_check)
{
    int k = nondet_int(), need;
    size_t i = nondet_size();
    few(FEW, FEW, FEW);
    ASSUME(k >= 0 && k < 3 && i < lists[k].count);
    if (smhi_check_lists(&plan) != 0)
        return;
    need = (int)plan.inner[k];
    if (smhi_list(&plan, k) != NULL) {
        PROVE(costs[k * FEW + (int)i] > 0, "each id that is accepted is legal");
        need += costs[k * FEW + (int)i] + SMHI_COMMA_SIZE;
    }
    PROVE(need <= (k > 0 ? (int)plan.inner[k - 1] : SMHI_ROOM),
          "there is room for it and the longest inside");
}

int some_fill(const smh_plan *p, smh_batch *b, int k, int room);

/* What batches_fill shows of it. */
int some_fill(const smh_plan *p, smh_batch *b, int k, int room)
{
    const smh_list *list = smhi_list(p, k);
    int left = nondet_int();
    PROVE(room == (k == 0 ? SMHI_ROOM : (int)b->room[k - 1]),
          "it gets what the list outside left");
    PROVE(list == NULL || b->at[k] < list->count ||
              (k == 0 && b->at[k] == list->count),
          "it begins inside of its list, or behind the last user");
    b->n[k] = nondet_uint8();
    ASSUME(left >= 0 && left <= room);
    if (k == 0 && b->at[k] == list->count)
        ASSUME(b->n[k] == 0);
    else
        ASSUME(is_inside(b, k));
    return left;
}

static bool is_last(const smh_batch *b, int k)
{
    const smh_list *list = smhi_list(&plan, k);
    return list == NULL || b->at[k] + b->n[k] == list->count;
}

/* Where list k is behind b: it goes on if all inside were at their end, begins
 * anew if it was at its end itself, and else stays. */
static bool has_turned(const smh_batch *b, const smh_batch *now, int k)
{
    bool inside = (k > 1 || is_last(b, 2)) && (k > 0 || is_last(b, 1));
    if (!inside)
        return now->at[k] == b->at[k] && now->n[k] == b->n[k] &&
               (k == 2 || now->room[k] == b->room[k]);
    return now->at[k] == (k > 0 && is_last(b, k) ? 0 : b->at[k] + b->n[k]);
}

ENTRY(batches_turn)
{
    smh_batch b, now;
    int r;
    any_plan(SIZE_MAX);
    ASSUME(is_inside(&b, 0) && is_inside(&b, 1) && is_inside(&b, 2));
    ASSUME(b.index != UINT32_MAX && b.room[0] <= SMHI_ROOM &&
           b.room[1] <= b.room[0]);
    now = b;
    r = smh_next(&plan, &now);
    PROVE(now.index == b.index + 1, "batches are counted");
    PROVE(r == !(is_last(&b, 0) && is_last(&b, 1) && is_last(&b, 2)),
          "there is another unless all lists are at their end");
    PROVE(r == (now.n[0] != 0), "behind the last there are no users");
    if (r == 0)
        return;
    PROVE(is_inside(&now, 0) && is_inside(&now, 1) && is_inside(&now, 2),
          "a batch is inside of its lists");
    PROVE(has_turned(&b, &now, 0) && has_turned(&b, &now, 1) &&
              has_turned(&b, &now, 2),
          "it is the one behind the other");
}

ENTRY(batches_first)
{
    smh_batch b;
    int k;
    any_plan(SIZE_MAX);
    smhi_wipe(&b, sizeof b);
    PROVE(smh_next(&plan, &b) == 1 && b.index == 0 && b.at[0] == 0 &&
              b.at[1] == 0 && b.at[2] == 0,
          "the first batch begins all lists");
    for (k = 0; k < 3; k++)
        PROVE(is_inside(&b, k), "and is inside of them");
}

/* ---- all batches of small lists ------------------------------------------ */

static bool has(const smh_batch *b, int k, size_t i)
{
    if (smhi_list(&plan, k) == NULL)
        return true;
    return i >= b->at[k] && i - b->at[k] < b->n[k];
}

ENTRY(batches_once)
{
    smh_batch b = {{0}, {0}, {0}, 0};
    size_t i = nondet_size(), j = nondet_size(), l = nondet_size();
    int times = 0;
    few(2, 2, 2);
    ASSUME(i < lists[0].count && j < lists[1].count && l < lists[2].count);
    ASSUME(smhi_check_lists(&plan) == 0);
    while (smh_next(&plan, &b))
        times += has(&b, 0, i) && has(&b, 1, j) && has(&b, 2, l);
    PROVE(times == 1, "each triple is in exactly one batch");
}
