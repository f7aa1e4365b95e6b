#include "service.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "channel.h"
#include "uri.h"

enum { PERIOD = 86400 };

typedef struct job {
    service *s;
    const http_request *request;
    uri uri;
    http_answer *answer;
} job;

uint64_t service_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool refuse(job *j, int status, const char *code, const char *message)
{
    http_error(j->answer, status, code, message);
    return false;
}

static void done(job *j)
{
    j->answer->status = 204;
}

static void text_answer(job *j)
{
    j->answer->status = 200;
    j->answer->type = "text/plain";
}

/* ---- what is demanded of queries ----------------------------------------- */

static bool known(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Every field is one of names, not empty, and there only once.  The empty
 * secret and library are left to credentials(), which has a code for each. */
static bool only_fields(job *j, const char *const *names)
{
    const uri_field *f = j->uri.field;
    size_t i;
    for (i = 0; i < j->uri.fields; i++, f++) {
        if (!known(f->name, names))
            return refuse(j, 400, "UnknownField", "a field is not documented");
        if (uri_value(&j->uri, f->name) != f->value)
            return refuse(j, 400, "DuplicateField", "a field comes twice");
        if (*f->value == '\0' && strncmp(f->name, "library_", 8) != 0)
            return refuse(j, 400, "EmptyField", "a field is empty");
    }
    return true;
}

static bool no_fields(job *j)
{
    static const char *const none[] = {NULL};
    return only_fields(j, none);
}

static bool credentials(job *j, const char *library)
{
    const char *secret = uri_value(&j->uri, "library_secret");
    bool has_library = library != NULL && *library != '\0',
         has_secret = secret != NULL && *secret != '\0';
    if (!has_library && !has_secret)
        return refuse(j, 400, "EmptyLibraryIdOrSecret", "both are empty");
    if (!has_library)
        return refuse(j, 400, "EmptyLibraryId", "the library id is empty");
    if (!has_secret)
        return refuse(j, 400, "EmptyLibrarySecret", "the secret is empty");
    if (strcmp(library, j->s->library) != 0 ||
        strcmp(secret, j->s->secret) != 0)
        return refuse(j, 404, "WrongLibraryIdOrSecret", "no such pair");
    return true;
}

/* Splits the value of a list at its commas, in place. */
static bool take_list(job *j, const char *name, size_t max, id_list *list)
{
    char *s = uri_value(&j->uri, name);
    list->count = 0;
    while (s != NULL) {
        char *comma = strchr(s, ',');
        if (comma != NULL)
            *comma = '\0';
        if (*s == '\0')
            return refuse(j, 400, "EmptyItem", "a list has an empty item");
        if (list->count == max)
            return refuse(j, 400, "TooManyItems", "a list is too long");
        list->id[list->count++] = s;
        s = comma != NULL ? comma + 1 : NULL;
    }
    return true;
}

/* ---- the calls ----------------------------------------------------------- */

static void revoke(job *j)
{
    static const char *const names[] = {"library_secret", "user_id",
                                        "client_id", "session_id", NULL};
    id_list users, clients, sessions;
    if (!only_fields(j, names) || !credentials(j, j->uri.segment[3]) ||
        !take_list(j, "user_id", 10, &users) ||
        !take_list(j, "client_id", 100, &clients) ||
        !take_list(j, "session_id", 100, &sessions))
        return;
    if (users.count == 0) {
        refuse(j, 400, "EmptyUserId", "a user is required");
        return;
    }
    tokens_revoke(&j->s->tokens, &users, &clients, &sessions);
    done(j);
}

static void tell_token(job *j, token *one)
{
    tokens_extend(&j->s->tokens, one,
                  service_now() + (uint64_t)one->period * 1000);
    j->answer->status = 200;
    j->answer->type = "application/json";
    text_printf(&j->answer->body, "{\"accessToken\":\"%s\",\"expiresIn\":%lu}",
                one->name, (unsigned long)one->period);
}

static bool name_token(token *one)
{
    unsigned char random[(TOKEN_NAME - 7) / 2];
    size_t i;
    if (!channel_random(random, sizeof random))
        return false;
    strcpy(one->name, "acctk01");
    for (i = 0; i < sizeof random; i++) {
        one->name[7 + 2 * i] = "0123456789abcdef"[random[i] >> 4];
        one->name[8 + 2 * i] = "0123456789abcdef"[random[i] & 15];
    }
    return true;
}

static bool take_period(job *j, uint32_t *period)
{
    const char *value = uri_value(&j->uri, "period");
    unsigned long n = value != NULL ? strtoul(value, NULL, 10) : PERIOD;
    if (value != NULL && (strspn(value, "0123456789") != strlen(value) ||
                          n == 0 || strlen(value) > 9))
        return refuse(j, 400, "BadPeriod", "period is not a number of seconds");
    *period = (uint32_t)n;
    return true;
}

static void create(job *j)
{
    static const char *const names[] = {"library_id", "library_secret",
                                        "space_id",   "user_id",
                                        "client_id",  "session_id",
                                        "period",     "grant",
                                        NULL};
    uint32_t period;
    token *one;
    if (!only_fields(j, names) ||
        !credentials(j, uri_value(&j->uri, "library_id")) ||
        !take_period(j, &period))
        return;
    one = tokens_create(&j->s->tokens, uri_value(&j->uri, "user_id"),
                        uri_value(&j->uri, "client_id"),
                        uri_value(&j->uri, "session_id"));
    one->period = period;
    if (name_token(one)) {
        tell_token(j, one);
        return;
    }
    tokens_delete(&j->s->tokens, one);
    refuse(j, 500, NULL, "no random bytes");
}

static void one_token(job *j)
{
    token *one = tokens_find(&j->s->tokens, j->uri.segment[4]);
    if (!no_fields(j))
        return;
    if (strcmp(j->uri.segment[3], j->s->library) != 0)
        refuse(j, 404, "LibraryNotFound", "no such library");
    else if (one == NULL)
        refuse(j, 403, "InvalidAccessToken", "no such token");
    else if (*j->request->method == 'P')
        tell_token(j, one);
    else {
        tokens_delete(&j->s->tokens, one);
        done(j);
    }
}

/* DELETE without a library, which is what an empty one makes of the call. */
static void revoke_nowhere(job *j)
{
    credentials(j, NULL);
}

/* ---- the stand-in's own calls -------------------------------------------- */

static void list_tokens(job *j)
{
    if (!no_fields(j))
        return;
    text_answer(j);
    tokens_list(&j->s->tokens, &j->answer->body);
}

static void show_journal(job *j)
{
    if (!no_fields(j))
        return;
    text_answer(j);
    text_add(&j->answer->body, j->s->journal.data, j->s->journal.size);
}

/* Replaces all faults; the next revocation is number 1 again. */
static void set_faults(job *j)
{
    faults all = {0};
    size_t i;
    for (i = 0; i < j->uri.fields; i++) {
        if (strcmp(j->uri.field[i].name, "fault") != 0 ||
            !faults_add(&all, j->uri.field[i].value)) {
            refuse(j, 400, "BadFault",
                   "want fault=N:KIND[:ARG]&... as in --help");
            return;
        }
    }
    j->s->faults = all;
    j->s->revocations = 0;
    done(j);
}

/* Forgets tokens, faults, log and numbers. */
static void reset(job *j)
{
    if (!no_fields(j))
        return;
    tokens_clear(&j->s->tokens);
    memset(&j->s->faults, 0, sizeof j->s->faults);
    text_cut(&j->s->journal, 0);
    j->s->connections = 0;
    j->s->revocations = 0;
    done(j);
}

/* ---- routes -------------------------------------------------------------- */

static const struct route {
    const char *method, *path; /* "*" stands for any segment */
    void (*call)(job *);
} routes[] = {
    {"GET", "api/v1/token", create},
    {"POST", "api/v1/token", create},
    {"POST", "api/v1/token/*/*", one_token},
    {"DELETE", "api/v1/token/*/*", one_token},
    {"DELETE", "api/v1/token/*", revoke},
    {"DELETE", "api/v1/token", revoke_nowhere},
    {"GET", "standin/tokens", list_tokens},
    {"GET", "standin/log", show_journal},
    {"POST", "standin/faults", set_faults},
    {"POST", "standin/reset", reset},
};

static bool matches(const char *path, const uri *u)
{
    size_t i;
    for (i = 0; i < u->segments; i++) {
        size_t n = strcspn(path, "/");
        if (*path != '*' && (n == 0 || strlen(u->segment[i]) != n ||
                             strncmp(u->segment[i], path, n) != 0))
            return false;
        path += n + (path[n] == '/');
    }
    return *path == '\0';
}

static void call_route(job *j)
{
    size_t i;
    for (i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(routes[i].method, j->request->method) == 0 &&
            matches(routes[i].path, &j->uri)) {
            routes[i].call(j);
            return;
        }
    }
    refuse(j, 404, "NotFound", "no such route");
}

void service_answer(service *s, const http_request *request, http_answer *a)
{
    const char *wrong;
    job j = {0};
    j.s = s;
    j.request = request;
    j.answer = a;
    wrong = uri_parse(&j.uri, request->target.data);
    tokens_expire(&s->tokens, service_now());
    if (wrong != NULL)
        refuse(&j, 400, NULL, wrong);
    else
        call_route(&j);
    uri_free(&j.uri);
}

/* ---- what may be shown --------------------------------------------------- */

/* The secret in another place, or in another form, than it belongs to. */
static bool hides_secret(const service *s, const char *target)
{
    char *copy = text_copy(target);
    bool hides = !uri_decode(copy) || strstr(copy, s->secret) != NULL;
    free(copy);
    return hides;
}

void service_mask(const service *s, const http_request *request, text *to)
{
    static const char field[] = "library_secret=";
    const char *target = request->target.size != 0 ? request->target.data : "";
    const char *at = strstr(target, field);
    text masked = {0};
    if (at != NULL) {
        at += sizeof field - 1;
        text_add(&masked, target, (size_t)(at - target));
        text_printf(&masked, "***%s", at + strcspn(at, "&"));
    } else {
        text_printf(&masked, "%s", *target != '\0' ? target : "-");
    }
    if (hides_secret(s, masked.data)) {
        text_cut(&masked, 0);
        text_printf(&masked, "***");
    }
    text_add(to, masked.data, masked.size);
    text_free(&masked);
}
