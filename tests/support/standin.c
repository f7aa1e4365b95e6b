#include "standin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_all.h"

enum { WEB_ROOM = 4096 };

/* ---- start and stop ------------------------------------------------------ */

static unsigned read_port(FILE *from, const char *what)
{
    char word[32];
    unsigned port = 0;
    if (fscanf(from, "%31s %u", word, &port) != 2 || strcmp(word, what) != 0)
        fail_msg("the stand-in does not tell its %s", what);
    return port;
}

void standin_start(standin *s, const char *dir, const char *cert,
                   const char *const *more)
{
    const char *argv[32] = {getenv("SMH_STANDIN"),
                            "--library",
                            STANDIN_LIBRARY,
                            "--secret-file",
                            NULL,
                            "--admin-port",
                            "0"};
    char pem[64], key[64];
    size_t n = 7;
    assert_non_null(argv[0]);
    argv[4] = temp_path(dir, "secret");
    temp_write(argv[4], STANDIN_SECRET "\n");
    if (cert) {
        snprintf(pem, sizeof pem, "%s.pem", cert);
        snprintf(key, sizeof key, "%s.key", cert);
        argv[n++] = "--cert";
        argv[n++] = temp_path(dir, pem);
        argv[n++] = "--key";
        argv[n++] = temp_path(dir, key);
    } else {
        argv[n++] = "--plain";
    }
    while (more && *more && n < 31)
        argv[n++] = *more++;
    child_start(&s->process, argv, -1);
    s->port = read_port(s->process.out, "port");
    s->admin = read_port(s->process.out, "admin");
}

void standin_stop(standin *s)
{
    if (s->process.pid)
        assert_int_equal(child_stop(&s->process), 0);
}

/* ---- a small client ------------------------------------------------------ */

int web_connect(unsigned port)
{
    struct sockaddr_in address = {0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    return fd;
}

static char *read_all(int fd)
{
    size_t size = 0, room = WEB_ROOM;
    char *all = (char *)malloc(room);
    ssize_t n;
    assert_non_null(all);
    while ((n = recv(fd, all + size, room - size - 1, 0)) > 0) {
        size += (size_t)n;
        if (room - size < 2)
            all = (char *)realloc(all, room *= 2);
        assert_non_null(all);
    }
    all[size] = '\0';
    return all;
}

int web_send(unsigned port, const char *bytes, size_t size, char **body)
{
    int fd = web_connect(port), status = 0;
    char *answer, *at;
    assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
    answer = read_all(fd);
    close(fd);
    sscanf(answer, "HTTP/1.1 %d ", &status);
    at = strstr(answer, "\r\n\r\n");
    if (body) {
        *body = answer;
        memmove(answer, at ? at + 4 : "", strlen(at ? at + 4 : "") + 1);
    } else {
        free(answer);
    }
    return status;
}

int web_call(unsigned port, const char *method, const char *target, char **body)
{
    size_t room = strlen(target) + 128;
    char *request = (char *)malloc(room);
    int size, status;
    assert_non_null(request);
    size = snprintf(request, room,
                    "%s %s HTTP/1.1\r\nHost: localhost\r\n"
                    "Connection: close\r\n\r\n",
                    method, target);
    status = web_send(port, request, (size_t)size, body);
    free(request);
    return status;
}

/* ---- the admin port ------------------------------------------------------ */

void standin_reset(const standin *s)
{
    assert_int_equal(web_call(s->admin, "POST", "/standin/reset", NULL), 204);
}

void standin_faults(const standin *s, const char *faults)
{
    char target[512];
    int n = snprintf(target, sizeof target, "/standin/faults");
    char mark = '?';
    while (*faults && n < (int)sizeof target - 64) {
        int size = (int)strcspn(faults, " ");
        n += snprintf(target + n, sizeof target - (size_t)n, "%cfault=%.*s",
                      mark, size, faults);
        faults += size + (faults[size] == ' ');
        mark = '&';
    }
    assert_int_equal(web_call(s->admin, "POST", target, NULL), 204);
}

static char *add_field(char *to, const char *name, const char *value)
{
    if (!value)
        return to;
    to += sprintf(to, "&%s=", name);
    for (; *value; value++)
        to += sprintf(to, "%%%02x", (unsigned)(unsigned char)*value);
    return to;
}

void standin_token(const standin *s, const char *user, const char *client,
                   const char *session)
{
    char target[4096], *to = target;
    to += sprintf(to, "/api/v1/token?grant=all");
    to = add_field(to, "library_id", STANDIN_LIBRARY);
    to = add_field(to, "library_secret", STANDIN_SECRET);
    to = add_field(to, "user_id", user);
    to = add_field(to, "client_id", client);
    add_field(to, "session_id", session);
    assert_int_equal(web_call(s->admin, "POST", target, NULL), 200);
}

static char *get(const standin *s, const char *target)
{
    char *body;
    assert_int_equal(web_call(s->admin, "GET", target, &body), 200);
    return body;
}

char *standin_tokens(const standin *s)
{
    return get(s, "/standin/tokens");
}

int standin_told(const char *text)
{
    return strstr(text, STANDIN_SECRET) || strstr(text, STANDIN_SECRET_ENCODED);
}

char *standin_journal(const standin *s)
{
    char *journal = get(s, "/standin/log");
    assert_false(standin_told(journal));
    return journal;
}

unsigned lines_with(const char *text, const char *part)
{
    unsigned n = 0;
    while ((text = strstr(text, part)) != NULL) {
        n++;
        text += strcspn(text, "\n");
    }
    return n;
}

void standin_left(const standin *s, const char *wanted)
{
    char *tokens = standin_tokens(s);
    assert_string_equal(tokens, wanted);
    free(tokens);
}

unsigned standin_seen(const standin *s, const char *part)
{
    char *journal = standin_journal(s);
    unsigned n = lines_with(journal, part);
    free(journal);
    return n;
}
