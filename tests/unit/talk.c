#include "talk.h"
#include "unit.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define TALK_SECRET "Zq9/&=7#"
#define TALK_SECRET_ENCODED "Zq9%2F%26%3D7%23"

static smh_scope talk_scope(size_t users)
{
    smh_scope scope = usual();
    scope.host = "h";
    scope.library_id = "l";
    scope.library_secret = TALK_SECRET;
    scope.users = numbered('u', users, 3);
    return scope;
}

talk *talk_new(size_t users, size_t size, uint16_t pipeline)
{
    talk *t = (talk *)take(sizeof *t);
    t->s = (server *)take(sizeof *t->s);
    t->scope = talk_scope(users);
    t->page = edge(size + 64);
    t->io.port = server_port(t->s, 1);
    t->io.buffer = t->page + 64;
    t->io.size = size;
    t->io.timeout_ms = 1000;
    t->io.pipeline = pipeline;
    t->per_opening = UINT_MAX;
    talk_count(t);
    talk_again(t);
    return t;
}

void talk_count(talk *t)
{
    smh_plan plan;
    assert_int_equal(smh_check(&t->scope, &plan), 0);
    t->requests = smh_count(&plan);
    assert_true(t->requests > 0 && t->requests <= SERVER_REQUESTS);
}

void talk_again(talk *t)
{
    server_init(t->s);
    t->s->per_opening = t->per_opening;
    t->s->host = t->scope.host;
    t->s->low = t->io.buffer;
    t->s->high = t->io.buffer + t->io.size;
    t->s->patience = t->io.timeout_ms;
    memset(t->page, 'g', 64 + t->io.size);
    memset(&t->call, 0xA5, sizeof t->call);
}

size_t talk_length(size_t users)
{
    smh_scope scope = talk_scope(users);
    smh_plan plan;
    smh_batch batch = {0};
    assert_int_equal(smh_check(&scope, &plan), 0);
    assert_int_equal(smh_next(&plan, &batch), 1);
    return smh_write(&plan, &batch, 0, 0, NULL, 0);
}

/* ---- what must be true --------------------------------------------------- */

static void assert_clean(const talk *t)
{
    size_t i;
    for (i = 0; i < 64; i++)
        assert_true(t->page[i] == 'g');
    for (i = 0; i < t->io.size; i++)
        assert_true(t->io.buffer[i] == (i < t->s->soiled ? '\0' : 'g'));
    assert_false(has_piece(&t->call, sizeof t->call, TALK_SECRET));
    assert_false(has_piece(&t->call, sizeof t->call, TALK_SECRET_ENCODED));
}

/* The result stays, and the port is left alone. */
static void assert_sticks(talk *t, int result)
{
    unsigned long calls = t->s->calls + t->s->waits;
    assert_int_equal(t->call.report.result, result);
    assert_int_equal(smh_step(&t->call), result);
    assert_int_equal(smh_wait(&t->call, UINT32_MAX), result);
    assert_int_equal(smh_cancel(&t->call), result);
    assert_int_equal(smh_step(&t->call), result);
    assert_int_equal(t->s->calls + t->s->waits, calls);
}

static void assert_true_report(const talk *t, int result)
{
    const smh_report *report = &t->call.report;
    assert_int_equal(report->requests, t->requests);
    assert_int_equal(report->resume, t->io.resume + report->confirmed);
    assert_true((result == SMH_DONE) == (report->resume == t->requests));
    assert_true(report->confirmed <= t->s->confirmed);
    if (result != SMH_E_EXTRA)
        assert_int_equal(report->confirmed, t->s->confirmed);
}

/* What the server got whole and has not confirmed to us may have been carried
 * out, and without faults nothing else. */
static void assert_true_doubt(const talk *t, const unsigned *times)
{
    const smh_report *report = &t->call.report;
    uint32_t i, whole = report->resume;
    for (i = report->resume; i < t->requests; i++)
        if (times[i] > 0)
            whole = i + 1;
    assert_true(report->in_doubt >= whole - report->resume);
    assert_true(report->in_doubt <= 1u || report->in_doubt <= t->io.pipeline);
    assert_true(report->resume + report->in_doubt <= t->requests);
    if (t->s->fault_at < 0 && t->s->deaf == 0 && t->s->lazy == 0)
        assert_int_equal(report->in_doubt, whole - report->resume);
}

static void assert_true_requests(const talk *t)
{
    unsigned times[SERVER_REQUESTS] = {0};
    uint32_t i;
    const char *wrong =
        server_audit(t->s, &t->scope, t->io.resume, times, t->requests);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    for (i = 0; i < t->io.resume; i++)
        assert_int_equal(times[i], 0);
    for (; i < t->call.report.resume; i++)
        assert_true(times[i] > 0);
    assert_true_doubt(t, times);
}

static int check(talk *t, int result)
{
    assert_true(result == SMH_DONE || result != 0);
    if (t->s->broken_rule != NULL)
        fail_msg("contract of the port: %s", t->s->broken_rule);
    assert_false(t->s->is_open);
    assert_clean(t);
    assert_true(t->s->largest <= 32767);
    assert_true_report(t, result);
    assert_true_requests(t);
    assert_sticks(t, result);
    return result;
}

/* ---- ways to run --------------------------------------------------------- */

int talk_run(talk *t)
{
    return check(t, smh_revoke(&t->call, &t->scope, &t->io));
}

int talk_step(talk *t, int steps)
{
    int r = smh_begin(&t->call, &t->scope, &t->io);
    while (r == 0 && steps-- > 0) {
        unsigned long calls = t->s->calls, receives = t->s->receives;
        r = smh_step(&t->call);
        assert_true(t->s->calls > calls);
        assert_true(t->s->receives - receives <= 8);
        if (t->s->calls > 1000000)
            fail_msg("steps without end");
    }
    return check(t, r != 0 ? r : smh_cancel(&t->call));
}

void talk_resume(talk *t)
{
    uint32_t resume = t->call.report.resume;
    talk_again(t);
    t->io.resume = resume;
    t->s->per_opening = UINT_MAX;
    assert_int_equal(talk_run(t), SMH_DONE);
    assert_int_equal(t->s->requests, t->requests - resume);
    assert_int_equal(t->call.report.resume, t->requests);
}

/* ---- a painted stack ----------------------------------------------------- */

enum { STACK = 1 << 18 };

typedef struct runner {
    talk *t;
    int result;
} runner;

static void *run(void *argument)
{
    runner *r = (runner *)argument;
    r->result = smh_revoke(&r->t->call, &r->t->scope, &r->t->io);
    return NULL;
}

/* The stack is mapped a second time, or no checker of memory would let us look
 * below its end. */
static char *map(FILE *file)
{
    char *memory = (char *)mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_SHARED,
                                fileno(file), 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

static int run_on(char *stack, talk *t)
{
    runner r = {NULL, 0};
    pthread_attr_t how;
    pthread_t thread;
    r.t = t;
    assert_int_equal(pthread_attr_init(&how), 0);
    assert_int_equal(pthread_attr_setstack(&how, stack, STACK), 0);
    assert_int_equal(pthread_create(&thread, &how, run, &r), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&how), 0);
    return r.result;
}

int talk_on_painted_stack(talk *t)
{
    FILE *file = tmpfile();
    char *stack, *look;
    int result;
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), STACK), 0);
    stack = map(file);
    look = map(file);
    memset(look, 0xA5, STACK);
    result = run_on(stack, t);
    assert_true(memchr(look, 'h', STACK) != NULL || result != 0);
    assert_false(has_piece(look, STACK, TALK_SECRET));
    assert_false(has_piece(look, STACK, TALK_SECRET_ENCODED));
    munmap(stack, STACK);
    munmap(look, STACK);
    fclose(file);
    return check(t, result);
}
