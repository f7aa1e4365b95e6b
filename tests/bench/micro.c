/* micro WHAT SIZE: builds one request, or reads one answer, within measure(),
 * whose instructions callgrind counts; see jobs below for WHAT.  SIZE is that
 * of a buffer. */
#include <curl/curl.h>
#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMH_TOKEN_IMPLEMENTATION
#include "smh_token.h"

enum { USERS = 10, OTHERS = 100, ID = 16, ROOM = 8192 };

/* As nginx answers. */
static const char answer[] = "HTTP/1.1 204 No Content\r\n"
                             "Server: nginx/1.22.1\r\n"
                             "Date: Mon, 30 Nov 2026 09:31:25 GMT\r\n"
                             "Connection: keep-alive\r\n"
                             "\r\n";
enum { ANSWER = sizeof answer - 1 };

static char ids[OTHERS][ID + 1];
static const char *items[OTHERS];
static const smh_list users = {items, USERS}, others = {items, OTHERS};
static const smh_scope scope = {"smh0example.api.tencentsmh.cn",
                                "smh0example",
                                "0123456789abcdef0123456789abcdef01234567",
                                &users,
                                &others,
                                &others,
                                0};

static char buffer[ROOM], request[ROOM], built[ROOM];
static size_t size, length, taken;

/* ---- a network that takes all and answers nothing ------------------------ */

static int take_open(void *ctx, const char *host, uint16_t port)
{
    (void)ctx, (void)host, (void)port;
    return 1;
}

static int take_send(void *ctx, const void *data, size_t n)
{
    (void)ctx;
    memcpy(built + taken, data, n);
    taken += n;
    return (int)n;
}

static int take_recv(void *ctx, void *data, size_t n)
{
    (void)ctx, (void)data, (void)n;
    return SMH_AGAIN;
}

static int take_close(void *ctx, int at_once)
{
    (void)ctx, (void)at_once;
    return 1;
}

static uint32_t take_now(void *ctx)
{
    (void)ctx;
    return 0;
}

static const smh_port_ops take = {.open = take_open,
                                  .send = take_send,
                                  .recv = take_recv,
                                  .close = take_close,
                                  .now_ms = take_now,
                                  .secure = 1};

/* ---- what is measured ---------------------------------------------------- */

static int build_ours(void)
{
    const smh_io io = {.port = {&take, NULL}, .buffer = buffer, .size = size};
    smh_call call;
    int r = smh_begin(&call, &scope, &io);
    while (r == 0 && taken < length)
        r = smh_step(&call);
    return r == 0;
}

static char *put(char *at, const char *text)
{
    return at + snprintf(at, (size_t)(built + sizeof built - at), "%s", text);
}

static char *put_list(char *at, const char *name, const smh_list *list)
{
    size_t i;
    at = put(at, name);
    for (i = 0; i < list->count; i++) {
        char *id = curl_easy_escape(NULL, list->items[i], 0);
        at = put(i > 0 ? put(at, ",") : at, id);
        curl_free(id);
    }
    return at;
}

/* As people write it who have libcurl. */
static int build_curl(void)
{
    char *secret = curl_easy_escape(NULL, scope.library_secret, 0);
    char *at = built + snprintf(built, sizeof built,
                                "DELETE /api/v1/token/%s?library_secret=%s",
                                scope.library_id, secret);
    curl_free(secret);
    at = put_list(at, "&user_id=", scope.users);
    at = put_list(at, "&client_id=", scope.clients);
    at = put_list(at, "&session_id=", scope.sessions);
    at += snprintf(at, (size_t)(built + sizeof built - at),
                   " HTTP/1.1\r\nHost: %s\r\n\r\n", scope.host);
    taken = (size_t)(at - built);
    return 1;
}

static int copy(const char *from, size_t n)
{
    for (taken = 0; taken < n; taken += size)
        memcpy(built + taken, from + taken,
               n - taken < size ? n - taken : size);
    taken = n;
    return 1;
}

static int build_memcpy(void)
{
    return copy(request, length);
}

static int read_ours(void)
{
    smh_reader reader = {0};
    int r = 0;
    size_t i;
    for (i = 0; r == 0 && i < ANSWER; i++)
        r = smh_read(&reader, (unsigned char)answer[i]);
    return r == SMH_DONE && i == ANSWER;
}

static int whole;
static int on_whole(llhttp_t *parser)
{
    whole = parser->status_code == 204;
    return 0;
}

static int read_llhttp(void)
{
    llhttp_settings_t settings;
    llhttp_t parser;
    size_t i;
    llhttp_settings_init(&settings);
    settings.on_message_complete = on_whole;
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    for (i = 0; i < ANSWER; i += size)
        if (llhttp_execute(&parser, answer + i,
                           ANSWER - i < size ? ANSWER - i : size) != HPE_OK)
            return 0;
    return whole;
}

static int read_memcpy(void)
{
    return copy(answer, ANSWER);
}

static const struct job {
    const char *name;
    int (*run)(void);
    int builds; /* a request, and not reads an answer */
} jobs[] = {
    {"build.ours", build_ours, 1},     {"build.curl", build_curl, 1},
    {"build.memcpy", build_memcpy, 1}, {"read.ours", read_ours, 0},
    {"read.llhttp", read_llhttp, 0},   {"read.memcpy", read_memcpy, 0},
};

__attribute__((noinline)) static int measure(const struct job *job)
{
    return job->run();
}

/* ---- all of it ----------------------------------------------------------- */

static void prepare(void)
{
    smh_plan plan;
    smh_batch batch = {0};
    int i;
    for (i = 0; i < OTHERS; i++) {
        snprintf(ids[i], sizeof ids[i], "id-%013d", i);
        items[i] = ids[i];
    }
    if (smh_check(&scope, &plan) == 0 && smh_next(&plan, &batch))
        length = smh_write(&plan, &batch, 0, 0, request, sizeof request);
}

int main(int argc, char **argv)
{
    size_t i;
    if (argc != 3)
        return 2;
    size = (size_t)atoi(argv[2]);
    prepare();
    for (i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        const struct job *job = &jobs[i];
        if (strcmp(job->name, argv[1]) != 0)
            continue;
        return !(size > 0 && size <= ROOM && length > 0 && measure(job) &&
                 (!job->builds ||
                  (taken == length && memcmp(built, request, length) == 0)));
    }
    return 2;
}
