/* smh_revoke - deletes all access tokens of users: `smh_revoke --help`.
 *
 * Everything is checked first, then users go out a chunk at a time, each chunk
 * in a call of its own.  smh_step() drives it rather than smh_revoke(), so
 * that a signal ends it and progress can be seen. */
#define SMH_TOKEN_IMPLEMENTATION
#include "smh_token.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_MS = 100, BACKOFF_MS = 500, BACKOFF_MAX_MS = 30000 };

struct job {
    struct options options;
    struct verdict verdict;
    struct list lists[3];
    smh_scope scope;
    smh_io io;
    smh_call call;
    struct place start;    /* of the first chunk that is looked at */
    uint64_t start_before; /* requests before that */
    uint64_t before;       /* requests before the chunk */
    unsigned openings;     /* of connections before the call */
    unsigned served;       /* when the last 204 of the call came */
    struct progress progress;
    bool listing;   /* the JSON object is begun */
    smh_batch told; /* for --verbose: the next request to be told */
};

/* A request's line with the secret masked, until the next call. */
static const char *masked_line(const smh_plan *plan, const smh_batch *batch)
{
    static char text[SMH_LINE_MAX + 512];
    smh_write(plan, batch, 1, 0, text, sizeof text - 1);
    text[strcspn(text, "\r")] = '\0';
    return text;
}

/* ---- one chunk ----------------------------------------------------------- */

static void tell_request(struct job *job, int status)
{
    fprintf(stderr, "smh_revoke: request %" PRIu64 ": %d to %s\n",
            job->before + job->told.index + 1, status,
            masked_line(&job->call.plan, &job->told));
    smh_next(&job->call.plan, &job->told);
}

static void begin_to_tell(struct job *job)
{
    memset(&job->told, 0, sizeof job->told);
    do
        smh_next(&job->call.plan, &job->told);
    while (job->told.index < job->io.resume);
}

/* For --verbose: what the last step has brought. */
static void tell(struct job *job, int result)
{
    const smh_call *call = &job->call;
    while (job->told.index < call->report.resume)
        tell_request(job, SMH_DONE);
    if (result > 0 && result != SMH_DONE)
        tell_request(job, result);
}

/* One try.  Waits are short, for signals come unnoticed between a look at
 * them and a wait.  Behind a failure one request at a time goes out until a
 * 204 comes (RFC 9112, 9.3.2). */
static int run_call(struct job *job, bool behind_failure)
{
    smh_call *call = &job->call;
    int result;
    job->openings = job->served = transport_openings();
    job->io.pipeline = behind_failure ? 1 : (uint16_t)job->options.pipeline;
    result = smh_begin(call, &job->scope, &job->io);
    if (job->options.verbose && result == 0)
        begin_to_tell(job);
    while (result == 0) {
        uint32_t confirmed = call->report.confirmed;
        result = smh_step(call);
        if (call->report.confirmed > confirmed) {
            job->served = transport_openings();
            job->io.pipeline = (uint16_t)job->options.pipeline;
        }
        if (job->options.verbose)
            tell(job, result);
        if (result != 0)
            break;
        progress_show(&job->progress, job->before + call->report.resume);
        result = signals_came() ? smh_cancel(call) : smh_wait(call, SLICE_MS);
    }
    return result;
}

/* Comes back early when a signal does. */
static void pause_before_retry(struct job *job, unsigned attempt)
{
    static const struct timespec slice = {0, SLICE_MS * 1000000L};
    uint64_t begun = now_ms();
    uint32_t ms =
        smh_backoff(attempt, BACKOFF_MS, BACKOFF_MAX_MS, transport_random());
    if (!job->options.quiet) {
        progress_clear(&job->progress);
        fprintf(stderr, "smh_revoke: %s; again in %.1f s (%u of %u)\n",
                job->verdict.error, ms / 1000.0, attempt,
                (unsigned)job->options.retries);
    }
    while (!signals_came() && now_ms() - begun < ms)
        nanosleep(&slice, NULL);
}

static void conclude(struct job *job, int result)
{
    struct verdict *verdict = &job->verdict;
    verdict->result = result;
    verdict->exit = exit_of(result);
    verdict->error[0] = verdict->next[0] = '\0';
    if (result == SMH_DONE)
        return;
    if (result > 0)
        snprintf(verdict->error, sizeof verdict->error,
                 "the service answered %d", result);
    else if (result == SMH_E_CANCELLED)
        snprintf(verdict->error, sizeof verdict->error, "interrupted");
    else
        transport_explain(&job->call, verdict->error, sizeof verdict->error);
    transport_advise(verdict, result);
}

/* A connection is opened again only if a request was out as a whole, so the
 * last one tells whether any of them could carry one. */
static void account(struct job *job, int result)
{
    const smh_report *report = &job->call.report;
    struct verdict *verdict = &job->verdict;
    uint64_t resume = job->before + report->resume;
    uint32_t in_doubt = report->in_doubt;
    job->io.resume = report->resume;
    verdict->confirmed += report->confirmed;
    verdict->resume = resume;
    verdict->refused = result >= 400 && result <= 499 && result != 408;
    if (report->confirmed > 0 || report->in_doubt > 0 || transport_carried())
        verdict->sent = true;
    if (verdict->refused && job->options.pipeline <= 1 &&
        transport_openings() - job->openings <= 1)
        in_doubt = 0; /* the only one in flight, and that on one connection */
    if (in_doubt > 0 && verdict->doubt < resume + in_doubt)
        verdict->doubt = resume + in_doubt;
    conclude(job, result);
}

/* Some servers end a connection after so many requests by answering 408 or 503
 * to the next one.  That is no refusal, and a new connection is no new try. */
static bool connection_used_up(const struct job *job, int result)
{
    return (result == 408 || result == 503) && job->served > job->openings &&
           job->served == transport_openings();
}

/* Tries go on where the last ended; one that got ahead counts as the first. */
static int revoke_chunk(struct job *job)
{
    unsigned attempt = 0;
    int calls = 0;
    while (!signals_came()) {
        int result = run_call(job, calls++ > 0);
        if (job->call.report.confirmed > 0)
            attempt = 0;
        account(job, result);
        if (result == SMH_DONE)
            return 0;
        if (connection_used_up(job, result))
            continue;
        if (!smh_retryable(result) || attempt >= job->options.retries)
            return -1;
        pause_before_retry(job, ++attempt);
    }
    conclude(job, SMH_E_CANCELLED);
    return -1;
}

/* ---- passes over all users ----------------------------------------------- */

/* Which id it is, in words of the command line. */
static int refuse_scope(struct job *job, int result, const smh_plan *plan)
{
    const struct list *list;
    size_t index;
    if (plan->list == 0)
        return refuse(&job->verdict, "%s%s",
                      result == SMH_E_LONG ? "--library and the secret: " : "",
                      smh_strerror(result));
    list = &job->lists[plan->list - 1];
    index = list->place.before + plan->index;
    if (index < list->given && result == SMH_E_ITEM)
        return refuse(&job->verdict,
                      "--%s, no. %zu: empty id: is the shell variable set?",
                      list->name, index + 1);
    if (index < list->given)
        return refuse(&job->verdict, "--%s, no. %zu: %s", list->name, index + 1,
                      smh_strerror(result));
    refuse(&job->verdict, "%s:%zu: %s",
           strcmp(list->file, "-") == 0 ? "stdin" : list->file,
           index - list->given + 1, smh_strerror(result));
    return advise(&job->verdict, "correct that line of the --%ss file",
                  list->name);
}

static int refuse_count(struct job *job)
{
    const struct list *lists = job->lists;
    refuse(&job->verdict,
           "%zu users, %zu clients and %zu sessions make more than %ld "
           "requests for one run",
           lists[0].part.count, lists[1].count, lists[2].count,
           (long)SMH_REQUESTS_MAX);
    return advise(&job->verdict,
                  "split the longest of the lists over several runs");
}

typedef int visitor(struct job *job);

/* From the place and the number of requests at which the job starts. */
static int each_chunk(struct job *job, visitor *visit)
{
    struct list *users = &job->lists[0];
    int more = 0;
    list_rewind(users, job->start);
    job->before = job->start_before;
    while (more == 0 &&
           (more = list_next(users, USERS_CHUNK, &job->verdict)) > 0)
        more = visit(job);
    return more;
}

/* The start moves to the last chunk that begins no later than what --resume
 * leaves out ends. */
static int visit_count(struct job *job)
{
    smh_plan plan;
    uint32_t count;
    int result = smh_check(&job->scope, &plan);
    if (result != 0)
        return refuse_scope(job, result, &plan);
    count = smh_count(&plan);
    if (count == 0)
        return refuse_count(job);
    if (job->verdict.requests <= job->options.resume) {
        job->start = job->lists[0].place;
        job->start_before = job->verdict.requests;
    }
    job->verdict.requests += count;
    return 0;
}

static int visit_show(struct job *job)
{
    const char *text;
    smh_plan plan;
    smh_batch batch = {0};
    smh_check(&job->scope, &plan);
    while (smh_next(&plan, &batch)) {
        if (ferror(stdout) || signals_came()) {
            /* what follows would hide a gap */
            if (signals_came())
                conclude(job, SMH_E_CANCELLED);
            return -1;
        }
        if (job->before + batch.index < job->options.resume)
            continue;
        text = masked_line(&plan, &batch);
        if (!job->options.json) {
            puts(text);
            continue;
        }
        fputs(job->listing ? "," : "{\"dry_run\":[", stdout);
        job->listing = true;
        json_string(text);
    }
    job->before += batch.index;
    return 0;
}

static int visit_revoke(struct job *job)
{
    uint64_t resume = job->options.resume;
    if (resume == job->verdict.requests)
        return 0;
    job->io.resume =
        resume > job->before ? (uint32_t)(resume - job->before) : 0;
    if (revoke_chunk(job) != 0)
        return -1;
    job->before += job->call.report.requests;
    return 0;
}

/* ---- the job ------------------------------------------------------------- */

static int prepare_list(struct job *job, int i)
{
    static const char *const names[] = {"user", "client", "session"};
    const struct options *options = &job->options;
    struct list *list = &job->lists[i];
    list->name = names[i];
    list->file = options->files[i];
    list->words = options->ids[i].items;
    list->given = options->ids[i].count;
    list->literal = options->literal_ids;
    if (list_load(list, &job->verdict) != 0)
        return -1;
    job->verdict.counts[i] = list->count;
    return i == SMH_USERS - 1 ? 0 : list_next(list, list->count, &job->verdict);
}

/* All that the batches depend on, and so what a resume point does; and the
 * library: what was confirmed for one is not for another. */
static int hash_lists(struct job *job)
{
    char batching[SMH_LINE_MAX];
    snprintf(batching, sizeof batching,
             "smh_revoke: SMH_LINE_MAX %ld, SMH_COMMA %s, chunk %d, library %s",
             (long)SMH_LINE_MAX, SMH_COMMA, USERS_CHUNK, job->options.library);
    return lists_hash(batching, job->lists, job->verdict.lists, &job->verdict);
}

static int prepare_lists(struct job *job)
{
    int i;
    for (i = 0; i < 3; i++)
        if (prepare_list(job, i) < 0)
            return -1;
    job->verdict.first_user = job->lists[0].first;
    job->scope.users = &job->lists[0].part;
    if (job->lists[1].count > 0)
        job->scope.clients = &job->lists[1].part;
    if (job->lists[2].count > 0)
        job->scope.sessions = &job->lists[2].part;
    return hash_lists(job);
}

static int prepare_scope(struct job *job)
{
    const struct options *options = &job->options;
    smh_scope *scope = &job->scope;
    scope->host = options->name;
    scope->port = options->port;
    scope->library_id = options->library;
    job->verdict.host = options->host;
    job->verdict.library = options->library;
    scope->library_secret = secret_load(options, &job->verdict);
    return scope->library_secret != NULL ? prepare_lists(job) : -1;
}

static int check_resume(struct job *job)
{
    const struct options *options = &job->options;
    struct verdict *verdict = &job->verdict;
    if (options->resume_hash != NULL &&
        strcmp(options->resume_hash, verdict->lists) != 0)
        refuse(verdict,
               "--resume %" PRIu64 ":%s: other lists or another library than "
               "those of the run that printed this, or another order, or a "
               "build of this tool with another SMH_LINE_MAX or SMH_COMMA: "
               "these are %s",
               options->resume, options->resume_hash, verdict->lists);
    else if (options->resume > verdict->requests)
        refuse(verdict,
               "--resume: N is %" PRIu64 ", but these lists make only %" PRIu64
               " requests",
               options->resume, verdict->requests);
    else
        return 0;
    return advise(verdict, "give the lists and the library of the earlier run, "
                           "or start over without --resume");
}

static int prepare_io(struct job *job)
{
    const struct options *options = &job->options;
    job->io.size = (size_t)options->buffer;
    job->io.buffer = secret_room(job->io.size);
    job->io.pipeline = (uint16_t)options->pipeline;
    job->io.timeout_ms = (uint32_t)options->timeout * 1000;
    if (job->io.buffer == NULL)
        return refuse(&job->verdict, "--buffer: no memory for it");
    signal(SIGPIPE, SIG_IGN); /* who reads our messages may go, the work not */
    progress_begin(&job->progress, options->quiet || options->verbose,
                   job->verdict.requests, options->resume);
    return transport_open(options, &job->io.port, &job->verdict);
}

/* Of opening or closing, until it is done or the time is up. */
static int wait_for_port(struct job *job, uint64_t begun)
{
    const smh_port *port = &job->io.port;
    if (signals_came())
        return SMH_E_CANCELLED;
    if (now_ms() - begun >= job->options.timeout * 1000)
        return SMH_E_TIMEOUT;
    (void)port->ops->wait(port->ctx, SLICE_MS);
    return SMH_AGAIN;
}

/* --check: a connection that carries nothing. */
static int check_connection(struct job *job)
{
    const struct options *options = &job->options;
    const smh_port *port = &job->io.port;
    uint64_t begun = now_ms();
    int result = SMH_AGAIN;
    if (transport_open(options, &job->io.port, &job->verdict) != 0)
        return -1;
    while (result == SMH_AGAIN) {
        result = port->ops->open(port->ctx, options->name,
                                 options->port != 0 ? options->port : 443);
        if (result == SMH_AGAIN)
            result = wait_for_port(job, begun);
    }
    job->call.io = &job->io; /* for smh_explain() */
    job->call.opened = 1;
    job->call.report.result = result == 1 ? SMH_DONE : result;
    conclude(job, job->call.report.result);
    if (!options->quiet)
        transport_show(stdout);
    while (port->ops->close(port->ctx, result != 1) == SMH_AGAIN)
        if (wait_for_port(job, begun) != SMH_AGAIN)
            result = 0;
    if (job->verdict.exit == EXIT_CONFIRMED && !options->quiet)
        puts("verified: chain, name and dates; no request was sent");
    return 0;
}

/* Checks everything before the first byte goes out. */
static int run(struct job *job)
{
    if (job->options.check) {
        job->verdict.host = job->options.host;
        return check_connection(job);
    }
    if (prepare_scope(job) != 0 || each_chunk(job, visit_count) != 0 ||
        check_resume(job) != 0)
        return -1;
    job->verdict.resume = job->options.resume;
    if (job->options.dry_run)
        return each_chunk(job, visit_show);
    return prepare_io(job) != 0 ? -1 : each_chunk(job, visit_revoke);
}

/* What stdout was to show is lost; what was done is not.  stdout may be closed:
 * see keep_descriptors(). */
static void check_stdout(struct job *job)
{
    struct verdict *verdict = &job->verdict;
    bool failed = fflush(stdout) != 0;
    const char *why = failed ? strerror(errno) : "not all of it went out";
    if (!failed && !ferror(stdout))
        return;
    fprintf(stderr, "smh_revoke: stdout cannot be written: %s\n", why);
    if (verdict->exit != EXIT_CONFIRMED)
        return;
    verdict->exit = EXIT_OUTPUT;
    if (verdict->requests > 0 && !job->options.dry_run) {
        fputs("  done: ", stderr);
        say_all_confirmed(stderr, verdict);
        fputs("  next: check where stdout goes; no request is left to be "
              "sent\n",
              stderr);
    } else {
        fputs("  next: check where stdout goes, and run it again\n", stderr);
    }
}

static void report(struct job *job)
{
    const struct options *options = &job->options;
    struct verdict *verdict = &job->verdict;
    progress_clear(&job->progress);
    if (signals_came() && verdict->exit == EXIT_INPUT)
        conclude(job, SMH_E_CANCELLED);
    if (options->json) {
        if (job->listing)
            fputs("],", stdout);
        else
            fputs(options->dry_run && verdict->exit == EXIT_CONFIRMED
                      ? "{\"dry_run\":[],"
                      : "{",
                  stdout);
        report_as_json(verdict);
    }
    if (verdict->exit != EXIT_CONFIRMED ||
        !(options->json || options->quiet || options->dry_run ||
          options->check))
        report_for_people(verdict);
}

static void clean_up(struct job *job)
{
    int i;
    secret_wipe();
    secret_room_free(job->io.buffer, job->io.size);
    for (i = 0; i < 3; i++)
        list_free(&job->lists[i]);
    transport_free();
}

/* Standard descriptors that are closed would be given to the next files, and a
 * message would end in one of them.  What takes their place fails where it is
 * used, as they would. */
static int keep_descriptors(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
    int fd;
    for (fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    static struct job job;
    struct options *options = &job.options;
    if (keep_descriptors() != 0)
        return EXIT_INPUT;
    secret_harden();
    signals_catch();
    transport_init();
    if (options_parse(options, argc, argv, &job.verdict) != 0)
        report(&job);
    else if (options->help)
        options_help();
    else if (options->version)
        puts("smh_revoke " SMH_TOKEN_VERSION);
    else {
        run(&job);
        report(&job);
    }
    check_stdout(&job);
    clean_up(&job);
    return job.verdict.exit;
}
