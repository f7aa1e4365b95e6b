/* smh_revoke - deletes all access tokens of users: `smh_revoke --help`.
 *
 * Everything is checked first, then users go out a chunk at a time, each chunk
 * in a call of its own.  It is driven by smh_step() rather than smh_revoke(), so
 * that a signal ends it and progress can be seen. */
#define SMH_TOKEN_IMPLEMENTATION
#define SMH_POSIX_IMPLEMENTATION
#define SMH_MBEDTLS_IMPLEMENTATION
#include "smh_token.h"
#include "smh_posix.h"
#include "smh_mbedtls.h"
#include "smh_revoke/tool.h"

#include <inttypes.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_MS = 100, BACKOFF_MS = 500, BACKOFF_MAX_MS = 30000 };

struct transport {
    smh_posix posix;
    smh_mbedtls tls;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt ca;
    const char *ca_name;
};

struct job {
    struct options options;
    struct verdict verdict;
    struct users users;
    size_t given[3]; /* ids of each list that came from the command line */
    smh_list lists[3];
    smh_scope scope;
    struct transport transport;
    smh_io io;
    smh_call call;
    uint64_t before; /* requests before the chunk */
    struct progress progress;
    int listing; /* the JSON object is begun */
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* The second signal ends the process at once. */
static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action, old;
    size_t i;

    memset(&action, 0, sizeof action);
    action.sa_handler = stop;
    action.sa_flags = (int)SA_RESETHAND;
    for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], NULL, &old) == 0 &&
            (signals[i] != SIGHUP || old.sa_handler != SIG_IGN))
            sigaction(signals[i], &action, NULL);
}

/* ---- how a call ended ---------------------------------------------------- */

static void explain_timeout(const struct job *job, char *text, size_t size)
{
    unsigned stage = job->transport.tls.diag.stage;

    snprintf(text, size, "no %s in %" PRIu64 " s",
             stage == SMH_MBEDTLS_CONNECT     ? "connection"
             : stage == SMH_MBEDTLS_HANDSHAKE ? "end of the TLS handshake"
                                              : "answer",
             job->options.timeout);
}

static void explain_tls(const smh_mbedtls *tls, char *text, size_t size)
{
    size_t length;

    smh_mbedtls_explain(tls, text, size);
    if (tls->diag.reason != SMH_MBEDTLS_CODE)
        return;
    length = strlen(text);
    if (length + 3 < size) {
        memcpy(text + length, ": ", 3);
        mbedtls_strerror(tls->diag.code, text + length + 2, size - length - 2);
    }
}

static void explain(const struct job *job, int result, char *text, size_t size)
{
    if (result > 0)
        snprintf(text, size, "%s", smh_strerror(result));
    else if (result == SMH_E_TIMEOUT)
        explain_timeout(job, text, size);
    else if (result == SMH_E_RESOLVE || result == SMH_E_NETWORK)
        smh_posix_explain(&job->transport.posix, text, size);
    else if (result == SMH_E_TLS || result == SMH_E_MEMORY ||
             result == SMH_E_CLOSED)
        explain_tls(&job->transport.tls, text, size);
}

/* What to do about a certificate: the fault that the port tells in full. */
static void advise_certificate(struct job *job, uint32_t flags)
{
    const char *ca = job->transport.ca_name;
    struct verdict *verdict = &job->verdict;

    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED && job->options.ca)
        advise(verdict, "check --ca: the server's CA is not in %s", ca);
    else if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        advise(verdict, "give the server's CA by --ca: it is not in %s", ca);
    else if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        advise(verdict, "set the clock of this machine, or wait until the "
                        "server's certificate is valid");
    else if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        advise(verdict, "check the clock of this machine; if it is right, the "
                        "server needs a new certificate");
    else if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        advise(verdict, "check --host: the certificate is for another name");
    else
        advise(verdict, "the server needs another certificate");
}

/* What to do about a connection that TLS ended; nothing if it was not TLS. */
static void advise_tls(struct job *job, int result)
{
    const smh_mbedtls_diag *diag = &job->transport.tls.diag;
    struct verdict *verdict = &job->verdict;

    if (result != SMH_E_TLS &&
        (result != SMH_E_CLOSED || diag->stage != SMH_MBEDTLS_HANDSHAKE))
        return;
    if (diag->stage > SMH_MBEDTLS_HANDSHAKE)
        advise(verdict, "check the way to --host: what came was not what the "
                        "server had sent, or it gave up");
    else if (diag->stage < SMH_MBEDTLS_HANDSHAKE ||
             diag->reason == SMH_MBEDTLS_RNG)
        advise(verdict, "check --host and the mbedTLS of this machine");
    else if (diag->reason == SMH_MBEDTLS_CERTIFICATE)
        advise_certificate(job, diag->flags);
    else if (diag->alert == MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME)
        advise(verdict, "check --host: the server does not know this name");
    else
        advise(verdict, "check the port of --host, and for a proxy on the way: "
                        "nothing there speaks TLS 1.2 or later with us");
}

static void conclude(struct job *job, int result)
{
    struct verdict *verdict = &job->verdict;

    verdict->result = result;
    verdict->exit = exit_of(result);
    verdict->error[0] = verdict->detail[0] = verdict->next[0] = '\0';
    if (result == SMH_DONE)
        return;
    if (result > 0)
        snprintf(verdict->error, sizeof verdict->error,
                 "the service answered %d", result);
    else if (result == SMH_E_CANCELLED)
        snprintf(verdict->error, sizeof verdict->error, "interrupted");
    else
        snprintf(verdict->error, sizeof verdict->error, "%s",
                 smh_strerror(result));
    explain(job, result, verdict->detail, sizeof verdict->detail);
    advise_tls(job, result);
}

/* ---- transport ----------------------------------------------------------- */

static const char *system_ca(void)
{
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
        "/etc/ssl/cert.pem",                  /* Alpine, BSD */
    };
    size_t i;

    for (i = 0; i < sizeof bundles / sizeof bundles[0]; i++)
        if (access(bundles[i], R_OK) == 0)
            return bundles[i];
    return NULL;
}

static int load_ca(struct job *job, mbedtls_x509_crt *ca)
{
    const char *name = job->options.ca ? job->options.ca : system_ca();
    char why[120];
    int result;

    if (!name) {
        refuse(&job->verdict, "no CA bundle found on this system");
        return advise(&job->verdict, "install ca-certificates or give --ca");
    }
    job->transport.ca_name = name;
    result = mbedtls_x509_crt_parse_file(ca, name);
    if (ca->version != 0) /* of a bundle, what this mbedTLS can read will do */
        return 0;
    mbedtls_strerror(result, why, sizeof why);
    refuse(&job->verdict, "--ca: %s: %s", name,
           result < 0 ? why : "no certificate in it");
    return advise(&job->verdict, "give --ca a file that can be read, with "
                                 "certificates in PEM or one in DER");
}

static void transport_init(struct transport *transport)
{
    mbedtls_x509_crt_init(&transport->ca);
    mbedtls_entropy_init(&transport->entropy);
    mbedtls_ctr_drbg_init(&transport->random);
}

static void transport_free(struct transport *transport)
{
    smh_mbedtls_free(&transport->tls);
    mbedtls_ctr_drbg_free(&transport->random);
    mbedtls_entropy_free(&transport->entropy);
    mbedtls_x509_crt_free(&transport->ca);
}

/* Sends by the TLS port, and notes how far the requests have got: those that
 * are in flight with the next to be confirmed. */
static int send_noted(void *ctx, const void *data, size_t size)
{
    struct job *job =
        (struct job *)((char *)ctx - offsetof(struct job, transport.tls));
    const smh_report *report = &job->call.report;
    uint64_t last = (uint64_t)report->resume + job->options.pipeline;

    if (last > report->requests)
        last = report->requests;
    job->verdict.sent = job->before + last;
    return smh_mbedtls_port(&job->transport.tls).ops->send(ctx, data, size);
}

static smh_port noting_port(smh_mbedtls *tls)
{
    static smh_port_ops ops;
    smh_port port = smh_mbedtls_port(tls);

    ops = *port.ops;
    ops.send = send_noted;
    port.ops = &ops;
    return port;
}

static int transport_open(struct job *job)
{
    struct transport *transport = &job->transport;
    smh_mbedtls_options options;
    int result;

    if (load_ca(job, &transport->ca) != 0)
        return -1;
    memset(&options, 0, sizeof options);
    options.lower = smh_posix_port(&transport->posix);
    options.ca_chain = &transport->ca;
    options.f_rng = mbedtls_ctr_drbg_random;
    options.p_rng = &transport->random;
    result = mbedtls_ctr_drbg_seed(&transport->random, mbedtls_entropy_func,
                                   &transport->entropy, NULL, 0) == 0
                 ? smh_mbedtls_init(&transport->tls, &options)
                 : SMH_E_TLS;
    if (result != 0) {
        conclude(job, result);
        return -1;
    }
    job->io.port = noting_port(&transport->tls);
    return 0;
}

/* ---- one chunk ----------------------------------------------------------- */

static void note_progress(struct job *job)
{
    progress_show(&job->progress, job->before + job->call.report.resume);
}

/* One try.  The time counts anew from each confirmation, so that it need not
 * fit the length of the lists.  Waits are short, for signals come unnoticed
 * between a look at stopped and a wait. */
static int run_call(struct job *job)
{
    smh_call *call = &job->call;
    int result = smh_begin(call, &job->scope, &job->io);
    uint32_t confirmed = 0;
    uint64_t since = now_ms();

    while (result == 0 && (result = smh_step(call)) == 0) {
        if (call->report.confirmed != confirmed)
            since = now_ms();
        confirmed = call->report.confirmed;
        note_progress(job);
        if (stopped) {
            result = smh_cancel(call);
        } else if (now_ms() - since > job->options.timeout * 1000) {
            result = smh_cancel(call);
            if (result ==
                SMH_E_CANCELLED) /* else it was over but for the end */
                result = SMH_E_TIMEOUT;
        } else {
            result = smh_wait(call, SLICE_MS);
        }
    }
    return result;
}

/* Returns early when it is stopped. */
static void pause_before_retry(struct job *job, unsigned attempt)
{
    static const struct timespec slice = {0, SLICE_MS * 1000000L};
    uint32_t random = 0, ms;
    uint64_t begun = now_ms();

    mbedtls_ctr_drbg_random(&job->transport.random, (unsigned char *)&random,
                            sizeof random);
    ms = smh_backoff(attempt, BACKOFF_MS, BACKOFF_MAX_MS, random);
    if (!job->options.quiet) {
        progress_clear(&job->progress);
        fprintf(stderr, "smh_revoke: %s; again in %.1f s (%u of %u)\n",
                job->verdict.error, ms / 1000.0, attempt,
                (unsigned)job->options.retries);
    }
    while (!stopped && now_ms() - begun < ms)
        nanosleep(&slice, NULL);
}

static void account(struct job *job, int result)
{
    const smh_report *report = &job->call.report;

    job->io.resume = report->resume;
    job->verdict.confirmed += report->confirmed;
    job->verdict.resume = job->before + report->resume;
    if (result < 400 || result > 499 || job->options.pipeline > 1)
        job->verdict.doubt = job->verdict.sent; /* it was not refused */
    conclude(job, result);
}

/* Tries go on where the last ended; one that got ahead counts as the first. */
static int revoke_chunk(struct job *job)
{
    unsigned attempt = 0;

    while (!stopped) {
        int result = run_call(job);

        if (job->call.report.confirmed > 0)
            attempt = 0;
        account(job, result);
        if (result == SMH_DONE)
            return 0;
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
    static const char *const names[] = {"user", "client", "session"};
    const struct options *options = &job->options;
    size_t list = plan->list, index = plan->index;

    if (list == 0)
        return refuse(&job->verdict, "%s", smh_strerror(result));
    list--;
    index += list == 0 ? job->users.before : 0;
    if (index < job->given[list] && result == SMH_E_ITEM)
        return refuse(&job->verdict,
                      "--%s, no. %zu: empty id: is the shell variable set?",
                      names[list], index + 1);
    if (index < job->given[list])
        return refuse(&job->verdict, "--%s, no. %zu: %s", names[list],
                      index + 1, smh_strerror(result));
    refuse(&job->verdict, "%s:%zu: %s", id_file_name(options->files[list]),
           index - job->given[list] + 1, smh_strerror(result));
    return advise(&job->verdict, "mend that line of the --%ss file",
                  names[list]);
}

typedef int visitor(struct job *job, const smh_plan *plan, uint32_t count);

static int each_chunk(struct job *job, visitor *visit)
{
    struct users *users = &job->users;
    smh_plan plan;
    int more = users_rewind(users, &job->verdict);

    job->before = 0;
    while (more == 0 && (more = users_next(users, &job->verdict)) > 0) {
        uint32_t count;
        int result;

        job->lists[0].items = (const char *const *)users->chunk.items;
        job->lists[0].count = users->chunk.count;
        result = smh_check(&job->scope, &plan);
        if (result != 0)
            return refuse_scope(job, result, &plan);
        count = smh_count(&plan);
        if (count == 0)
            return refuse(&job->verdict,
                          "more than %ld requests for %d users: split the "
                          "lists",
                          (long)SMH_REQUESTS_MAX, USERS_CHUNK);
        more = visit(job, &plan, count);
        job->before += count;
    }
    return more;
}

static int visit_count(struct job *job, const smh_plan *plan, uint32_t count)
{
    (void)plan;
    job->verdict.requests += count;
    return 0;
}

static int visit_show(struct job *job, const smh_plan *plan, uint32_t count)
{
    static char text[SMH_LINE_MAX + 512];
    smh_batch batch = {{0}, {0}, 0};

    (void)count;
    while (smh_next(plan, &batch)) {
        if (job->before + batch.index < job->options.resume)
            continue;
        smh_write(plan, &batch, 1, 0, text, sizeof text - 1);
        text[strcspn(text, "\r")] = '\0';
        if (!job->options.json) {
            puts(text);
            continue;
        }
        fputs(job->listing ? "," : "{\"dry_run\":[", stdout);
        job->listing = 1;
        json_string(text);
    }
    return 0;
}

static int visit_revoke(struct job *job, const smh_plan *plan, uint32_t count)
{
    uint64_t resume = job->options.resume;
    uint64_t skip = resume > job->before ? resume - job->before : 0;

    (void)plan;
    if (skip >= count)
        return 0;
    job->io.resume = (uint32_t)skip;
    return revoke_chunk(job);
}

/* ---- the job ------------------------------------------------------------- */

static int prepare_scope(struct job *job)
{
    static const char *const files[] = {"users", "clients", "sessions"};
    struct options *options = &job->options;
    smh_scope *scope = &job->scope;
    struct verdict *verdict = &job->verdict;
    int i;

    scope->host = options->name;
    scope->port = options->port;
    scope->library_id = options->library;
    scope->library_secret =
        secret_load(options->secret_file, options->quiet, verdict);
    if (verdict->error[0] == '\0' && !scope->library_secret) {
        if (!options->dry_run)
            return refuse(verdict, "no secret: set SMH_LIBRARY_SECRET or give "
                                   "--secret-file");
        scope->library_secret = secret_placeholder();
    }
    for (i = 0; i < 3; i++)
        job->given[i] = options->ids[i].count;
    for (i = 1; i < 3; i++)
        if (options->files[i] && ids_read(&options->ids[i], files[i],
                                          options->files[i], verdict) != 0)
            return -1;
    return verdict->error[0] == '\0' ? 0 : -1;
}

static int prepare_lists(struct job *job)
{
    struct options *options = &job->options;
    int i;

    for (i = 1; i < 3; i++) {
        job->lists[i].items = (const char *const *)options->ids[i].items;
        job->lists[i].count = options->ids[i].count;
    }
    job->scope.users = &job->lists[0];
    /* A filter that was asked for stays one, even if it came out empty: the
     * library refuses that. */
    if (options->files[1] || job->lists[1].count > 0)
        job->scope.clients = &job->lists[1];
    if (options->files[2] || job->lists[2].count > 0)
        job->scope.sessions = &job->lists[2];
    job->users.given = &options->ids[0];
    if (!options->files[0])
        return 0;
    return id_file_open(&job->users.file, "users", options->files[0],
                        &job->verdict);
}

static int prepare_io(struct job *job)
{
    const struct options *options = &job->options;

    job->io.size = (size_t)options->buffer;
    job->io.buffer = malloc(job->io.size);
    job->io.pipeline = (uint16_t)options->pipeline;
    job->io.timeout_ms = INT32_MAX; /* run_call() is stricter */
    if (!job->io.buffer)
        return refuse(&job->verdict, "--buffer: no memory for it");
    signal(SIGPIPE, SIG_IGN); /* who reads our messages may go, the work not */
    job->progress.shown = !options->quiet && isatty(STDERR_FILENO);
    job->progress.requests = job->verdict.requests;
    job->progress.skipped = options->resume;
    job->progress.begun = now_ms();
    return transport_open(job);
}

/* Checks everything before the first octet goes out. */
static int run(struct job *job)
{
    struct verdict *verdict = &job->verdict;

    if (prepare_scope(job) != 0 || prepare_lists(job) != 0 ||
        each_chunk(job, visit_count) != 0)
        return -1;
    if (job->options.resume > verdict->requests) {
        refuse(verdict,
               "--resume: there are only %" PRIu64
               " requests: not the same lists?",
               verdict->requests);
        return advise(verdict, "give the lists of the earlier run, or start "
                               "over without --resume");
    }
    verdict->resume = job->options.resume;
    if (job->options.dry_run)
        return each_chunk(job, visit_show);
    if (prepare_io(job) != 0 || each_chunk(job, visit_revoke) != 0)
        return -1;
    if (job->before != verdict->requests) {
        refuse(verdict, "%s: changed while it was read", job->options.files[0]);
        return advise(verdict, "let the list be finished");
    }
    return 0;
}

static void report(struct job *job)
{
    const struct options *options = &job->options;
    struct verdict *verdict = &job->verdict;

    progress_clear(&job->progress);
    if (stopped && verdict->exit == EXIT_INPUT)
        conclude(job, SMH_E_CANCELLED);
    if (options->json) {
        if (options->dry_run && verdict->exit == EXIT_CONFIRMED)
            fputs(job->listing ? "]," : "{\"dry_run\":[],", stdout);
        else
            putchar('{');
        report_as_json(verdict);
    }
    if (verdict->exit != EXIT_CONFIRMED ||
        !(options->json || options->quiet || options->dry_run))
        report_for_people(verdict);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("smh_revoke: cannot write to stdout\n", stderr);
        if (options->dry_run)
            verdict->exit = EXIT_INPUT;
    }
}

static void clean_up(struct job *job)
{
    int i;

    secret_wipe();
    id_file_close(&job->users.file);
    ids_free(&job->users.chunk);
    for (i = 0; i < 3; i++)
        ids_free(&job->options.ids[i]);
    free(job->io.buffer);
    transport_free(&job->transport);
}

int main(int argc, char **argv)
{
    static struct job job;
    struct options *options = &job.options;

    secret_harden();
    catch_signals();
    transport_init(&job.transport);
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
    clean_up(&job);
    return job.verdict.exit;
}
