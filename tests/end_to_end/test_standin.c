/* The stand-in is as strict as it says, and its faults happen. */
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/outcomes.h"
#include "world.h"

#define SECRET STANDIN_SECRET_ENCODED
#define PATH "/api/v1/token/" STANDIN_LIBRARY
#define KEYS PATH "?library_secret=" SECRET
#define CREATE                                                                 \
    "/api/v1/token?library_id=" STANDIN_LIBRARY "&library_secret=" SECRET
#define TEN ",1,2,3,4,5,6,7,8,9,0"
#define LINE(target) "DELETE " target " HTTP/1.1\r\n"
#define HOST "Host: a.test\r\n"
#define CLOSE "Connection: close\r\n\r\n"

static standin server;
static char *dir;

static int start(void **state)
{
    (void)state;
    dir = temp_make();
    standin_start(&server, dir, NULL, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    standin_stop(&server);
    temp_remove(dir);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    standin_reset(&server);
    return 0;
}

static int answer_to(const char *request)
{
    return web_send(server.port, request, strlen(request), NULL);
}

#define check_tokens(wanted) standin_left(&server, wanted)

/* ---- what is refused ----------------------------------------------------- */

typedef struct row {
    int status;
    const char *request;
} row;

static void check_rows(const row *rows, size_t count)
{
    size_t i;
    standin_token(&server, "u", "c", "s");
    for (i = 0; i < count; i++) {
        int status = answer_to(rows[i].request);
        if (status != rows[i].status)
            fail_msg("%d, not %d: %s", status, rows[i].status, rows[i].request);
    }
    check_tokens("u c s\n");
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof rows / sizeof *rows)
#define USER KEYS "&user_id=u"

static void refuses_what_rfc_9112_forbids(void **state)
{
    static const row rows[] = {
        {400, " " LINE(USER) HOST CLOSE},
        {400, "\r\n" LINE(USER) HOST CLOSE},
        {400, "DELETE  " USER " HTTP/1.1\r\n" HOST CLOSE},
        {400, "DELETE " USER "  HTTP/1.1\r\n" HOST CLOSE},
        {400, "DELETE " USER "\r\n" HOST CLOSE},
        {400, "DELETE " USER " HTTP/1.1 \r\n" HOST CLOSE},
        {400, "DELETE " USER " HTTP/1.1\n" HOST CLOSE},
        {400, "DELETE " USER " HTTP/1.1\r\r\n" HOST CLOSE},
        {400, "DELETE " USER " http/1.1\r\n" HOST CLOSE},
        {505, "DELETE " USER " HTTP/1.0\r\n" HOST CLOSE},
        {400, "DEL(TE " USER " HTTP/1.1\r\n" HOST CLOSE},
        {400, LINE("http://a.test" USER) HOST CLOSE},
        {400, LINE(USER) CLOSE},
        {400, LINE(USER) HOST HOST CLOSE},
        {400, LINE(USER) "Host:\r\n" CLOSE},
        {400, LINE(USER) "Host: a b\r\n" CLOSE},
        {400, LINE(USER) "Host: a.test:\r\n" CLOSE},
        {400, LINE(USER) "Host: a.test:x\r\n" CLOSE},
        {400, LINE(USER) "Host: u@a.test\r\n" CLOSE},
        {400, LINE(USER) "Host: ::1\r\n" CLOSE},
        {400, LINE(USER) "Host: [::1]\r\n" CLOSE},
        {400, LINE(USER) "Host: [::1]:8443\r\n" CLOSE},
        {400, LINE(USER) "Host : a.test\r\n" CLOSE},
        {400, LINE(USER) " Host: a.test\r\n" CLOSE},
        {400, LINE(USER) HOST "X: a\r\n b\r\n" CLOSE},
        {400, LINE(USER) HOST "X: a\001b\r\n" CLOSE},
        {400, LINE(USER) HOST "X: a\rb\r\n" CLOSE},
        {400, LINE(USER) HOST "X: a\n" CLOSE},
        {400, LINE(USER) HOST "X\r\n" CLOSE},
        {400, LINE(USER) HOST "Content-Length: 1\r\n" CLOSE "x"},
        {400, LINE(USER) HOST "Content-Length: -0\r\n" CLOSE},
        {400, LINE(USER) HOST "Content-Length:\r\n" CLOSE},
        {400,
         LINE(USER) HOST "Content-Length: 0\r\nContent-Length: 0\r\n" CLOSE},
        {400, LINE(USER) HOST "Transfer-Encoding: chunked\r\n" CLOSE},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void refuses_what_rfc_3986_forbids(void **state)
{
    static const row rows[] = {
        {400, LINE(KEYS "&user_id=a b") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a\"b") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a#b") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a[b") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a\177") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a\303\244") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a\tb") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a%") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a%4") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a%4g") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a%00") HOST CLOSE},
        {400, LINE(KEYS "&user_id=a+b") HOST CLOSE},
        {400, LINE("/api/v1/./token/x?user_id=u") HOST CLOSE},
        {400, LINE("/api/v1/token/%2e%2e?user_id=u") HOST CLOSE},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void refuses_what_is_not_documented(void **state)
{
    static const row rows[] = {
        {400, LINE(PATH) HOST CLOSE},
        {400, LINE(PATH "?") HOST CLOSE},
        {400, LINE(KEYS) HOST CLOSE},
        {400, LINE(PATH "?user_id=u") HOST CLOSE},
        {400, LINE(PATH "?library_secret=&user_id=u") HOST CLOSE},
        {400, LINE(KEYS "&user_id=") HOST CLOSE},
        {400, LINE(KEYS "&user_id") HOST CLOSE},
        {400, LINE(KEYS "&&user_id=u") HOST CLOSE},
        {400, LINE(KEYS "&user_id=u&") HOST CLOSE},
        {400, LINE(KEYS "&=u") HOST CLOSE},
        {400, LINE(KEYS "&user_id=,u") HOST CLOSE},
        {400, LINE(KEYS "&user_id=u,") HOST CLOSE},
        {400, LINE(KEYS "&user_id=u,,v") HOST CLOSE},
        {400, LINE(KEYS "&user_id=u%2C%2Cv") HOST CLOSE},
        {400, LINE(KEYS "&user_id=u" TEN) HOST CLOSE},
        {400, LINE(USER "&client_id=") HOST CLOSE},
        {400, LINE(USER "&session_id=") HOST CLOSE},
        {400, LINE(USER "&user_id=v") HOST CLOSE},
        {400, LINE(USER "&space_id=v") HOST CLOSE},
        {400, LINE(KEYS "&user%5Fid=u") HOST CLOSE},
        {404, LINE(PATH "?library_secret=x&user_id=u") HOST CLOSE},
        {404, LINE("/api/v1/token/x?library_secret=" SECRET "&user_id=u")
                  HOST CLOSE},
        {400,
         LINE("/api/v1/token?library_secret=" SECRET "&user_id=u") HOST CLOSE},
        {400,
         LINE("/api/v1/token/?library_secret=" SECRET "&user_id=u") HOST CLOSE},
        {404, LINE("/api/v1/tokens") HOST CLOSE},
        {404, LINE("/") HOST CLOSE},
        {403, LINE(PATH "/acctk01") HOST CLOSE},
        {404, "PUT " USER " HTTP/1.1\r\n" HOST CLOSE},
        {400, "POST " CREATE "&user_id=u&period=1x HTTP/1.1\r\n" HOST CLOSE},
        {400, "POST " CREATE "&user_id= HTTP/1.1\r\n" HOST CLOSE},
        {404, "POST " CREATE "x&user_id=u HTTP/1.1\r\n" HOST CLOSE},
    };
    (void)state;
    CHECK_ROWS(rows);
}

/* ---- what is taken ------------------------------------------------------- */

static void deletes_what_is_documented(void **state)
{
    static const char *const tokens[][3] = {
        {"u", "c", "s"},   {"u", "c", "t"},  {"u", "d", "s"},
        {"u", NULL, NULL}, {"v", "c", "s"},  {"w", "c", "s"},
        {NULL, "c", "s"},  {"-", NULL, "s"}, {"u%", " ", ","},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof tokens / sizeof *tokens; i++)
        standin_token(&server, tokens[i][0], tokens[i][1], tokens[i][2]);
    answer_to(LINE(KEYS "&user_id=x,u&session_id=s&client_id=c") HOST CLOSE);
    check_tokens("u c t\nu d s\nu - -\nv c s\nw c s\n- c s\n%2D - s\n"
                 "u%25 %20 %2C\n");
    answer_to(LINE(USER "&client_id=c,d") HOST CLOSE);
    check_tokens("u - -\nv c s\nw c s\n- c s\n%2D - s\nu%25 %20 %2C\n");
    answer_to(LINE(KEYS "&user_id=u,v%2c%75%25,-") HOST CLOSE);
    check_tokens("w c s\n- c s\n");
    assert_int_equal(answer_to(LINE(KEYS "&user_id=x") HOST CLOSE), 204);
}

/* curl calls it by an address as well. */
static void takes_a_name_or_what_reads_like_one(void **state)
{
    static const char *const hosts[] = {"localhost", "A-b_c.test:65535",
                                        "127.0.0.1", "127.0.0.1:8443"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char request[256];
        snprintf(request, sizeof request, "%sHost: %s\r\n%s", LINE(USER),
                 hosts[i], CLOSE);
        standin_token(&server, "u", "c", "s");
        assert_int_equal(answer_to(request), 204);
        check_tokens("");
    }
}

/* lighttpd adds it on the way. */
static void takes_a_length_of_nothing(void **state)
{
    (void)state;
    standin_token(&server, "u", "c", "s");
    assert_int_equal(answer_to(LINE(USER) HOST "Content-Length: 0\r\n" CLOSE),
                     204);
    check_tokens("");
}

static void renews_and_deletes_one(void **state)
{
    char name[80], target[200], *body;
    (void)state;
    assert_int_equal(web_call(server.port, "GET", CREATE "&user_id=u&period=60",
                              &body),
                     200);
    assert_int_equal(sscanf(body,
                            "{\"accessToken\":\"%79[a-z0-9]\","
                            "\"expiresIn\":60}",
                            name),
                     1);
    free(body);
    snprintf(target, sizeof target, "%s/%s", PATH, name);
    assert_int_equal(web_call(server.port, "POST", target, NULL), 200);
    assert_int_equal(web_call(server.port, "DELETE", target, NULL), 204);
    assert_int_equal(web_call(server.port, "DELETE", target, NULL), 403);
    check_tokens("");
}

static void tokens_end_with_their_period(void **state)
{
    (void)state;
    web_call(server.port, "POST", CREATE "&user_id=u&period=4", NULL);
    web_call(server.port, "POST", CREATE "&user_id=v&period=600", NULL);
    check_tokens("u - -\nv - -\n");
    poll(NULL, 0, 4100);
    check_tokens("v - -\n");
}

static void limits_a_request_line(void **state)
{
    char request[16384];
    int more, at;
    (void)state;
    for (more = 0; more < 2; more++) {
        at = sprintf(request, "DELETE %s", USER);
        memset(request + at, 'x', 8000);
        strcpy(request + 8000 + more - 9, " HTTP/1.1\r\n" HOST CLOSE);
        assert_int_equal(answer_to(request), more ? 414 : 204);
    }
}

/* ---- answers ------------------------------------------------------------- */

static void answers_a_pipeline_in_order(void **state)
{
    char *all;
    (void)state;
    standin_token(&server, "u", "c", "s");
    web_send(server.port,
             LINE(USER) HOST "\r\n" LINE("/x") HOST
             "\r\n" LINE(USER "&user_id=v") HOST CLOSE,
             strlen(LINE(USER) HOST "\r\n" LINE("/x") HOST
                    "\r\n" LINE(USER "&user_id=v") HOST CLOSE),
             &all);
    /* all is what is behind the first head */
    assert_true(strncmp(all, "HTTP/1.1 404 ", 13) == 0);
    assert_non_null(strstr(all, "}HTTP/1.1 400 "));
    assert_non_null(strstr(all, "X-Request-Id: "));
    free(all);
    check_tokens("");
}

static void check_spoiled(const char *fault, int status, const char *behind,
                          int done)
{
    char *body, *tokens;
    int got;
    standin_reset(&server);
    standin_token(&server, "u", NULL, NULL);
    standin_faults(&server, fault);
    got = web_call(server.port, "DELETE", USER, &body);
    tokens = standin_tokens(&server);
    if (got != status || !strstr(body, behind) ||
        lines_with(tokens, "u") != (done ? 0 : 1))
        fail_msg("%s: %d %s %s", fault, got, body, tokens);
    free(body);
    free(tokens);
}

static void spoils_answers_as_told(void **state)
{
    char fault[64];
    size_t i;
    (void)state;
    for (i = 0; i < outcome_count; i++) {
        const outcome *o = &outcomes[i];
        snprintf(fault, sizeof fault, "1:%s", o->fault);
        check_spoiled(fault, o->status, o->behind, o->done);
    }
    check_spoiled("1:status:204", 204, "", 0);
    check_spoiled("2:status:500", 204, "", 1);
    check_spoiled("*:status:500", 500, "", 0);
    check_spoiled("1:drip 1:delay:20", 204, "", 1);
    check_spoiled("1:lost 1:status:500", 0, "", 0);
    check_spoiled("1:handshake-stall", 204, "", 1);
    check_spoiled("1:refuse-after", 204, "", 1);
}

/* What is behind the first head of three answers to one connection. */
static char *ask_thrice(const char *fault)
{
    static const char three[] = LINE(USER) HOST "\r\n" LINE(KEYS "&user_id=v")
        HOST "\r\n" LINE(KEYS "&user_id=w") HOST "\r\n";
    char *all;
    standin_reset(&server);
    standin_token(&server, "u", NULL, NULL);
    standin_token(&server, "v", NULL, NULL);
    standin_token(&server, "w", NULL, NULL);
    standin_faults(&server, fault);
    assert_int_equal(web_send(server.port, three, sizeof three - 1, &all), 204);
    return all;
}

/* As Node does with maxRequestsPerSocket: it says that it closes, and answers
 * 503 to what is on its way already. */
static void refuses_after_the_last_request(void **state)
{
    static const char *const faults[] = {"*:refuse-after:2", "2:refuse-after"};
    size_t i;
    (void)state;
    for (i = 0; i < 2; i++) {
        char *all = ask_thrice(faults[i]);
        assert_true(strncmp(all, "HTTP/1.1 204 ", 13) == 0);
        assert_int_equal(lines_with(all, "Connection: close"), 2);
        assert_int_equal(lines_with(all, "HTTP/1.1 503 "), 1);
        check_tokens("w - -\n");
        free(all);
    }
}

static void loses_an_answer_with_the_connection(void **state)
{
    char *all = ask_thrice("2:lost");
    (void)state;
    assert_null(strstr(all, "HTTP/1.1"));
    check_tokens("w - -\n");
    assert_int_equal(standin_seen(&server, "user_id=v -"), 1);
    free(all);
}

static void masks_the_secret(void **state)
{
    static const char wanted[] =
        "1 1 DELETE " PATH "?library_secret=***&user_id=u 204\n"
        "2 2 DELETE *** 204\n"
        "3 3 DELETE *** 404\n";
    char *journal;
    (void)state;
    web_call(server.port, "DELETE", USER, NULL);
    web_call(server.port, "DELETE", KEYS "&user_id=" SECRET, NULL);
    web_call(server.port, "DELETE", "/" SECRET "?x=%5A" SECRET, NULL);
    journal = standin_journal(&server);
    assert_string_equal(journal, wanted);
    free(journal);
}

/* ---- over TLS, and the command line -------------------------------------- */

static void make_certificates(void)
{
    const char *argv[] = {"examples/smh_standin/pki.sh", dir, NULL};
    if (access(temp_path(dir, "ca.pem"), R_OK) != 0)
        assert_int_equal(child_run(argv), 0);
}

/* What is not TLS ends a handshake at once, unless that stalls and reads
 * nothing.  The first look at the journal comes back when the connection is
 * accepted, the second one when it has had its turn. */
static bool stalls(const standin *s)
{
    unsigned before = standin_seen(s, " failed"), after;
    int fd = web_connect(s->port);
    assert_int_equal(send(fd, "not TLS", 7, MSG_NOSIGNAL), 7);
    standin_seen(s, " failed");
    after = standin_seen(s, " failed");
    close(fd);
    return after == before;
}

static void stalls_one_handshake_or_each(void **state)
{
    standin secure = {0};
    (void)state;
    make_certificates();
    standin_start(&secure, dir, "server", NULL);
    assert_false(stalls(&secure));
    standin_faults(&secure, "1:handshake-stall");
    assert_true(stalls(&secure));
    assert_false(stalls(&secure));
    standin_faults(&secure, "*:handshake-stall");
    assert_true(stalls(&secure));
    assert_true(stalls(&secure));
    standin_stop(&secure);
}

typedef struct line {
    int status;
    const char *options; /* $D: a directory */
    const char *said;
} line;

static void check_line(const line *l)
{
    char command[1024], said[1024] = "";
    const char *argv[] = {"sh", "-c", command, NULL};
    FILE *from;
    int status;
    snprintf(command, sizeof command,
             "D=%s; timeout 60 \"$SMH_STANDIN\" %s >$D/said 2>&1", dir,
             l->options);
    status = child_run(argv);
    from = fopen(temp_path(dir, "said"), "r");
    assert_non_null(from);
    said[fread(said, 1, sizeof said - 1, from)] = '\0';
    fclose(from);
    if (status != l->status || !strstr(said, l->said))
        fail_msg("%s: %d, not %d: %s", l->options, status, l->status, said);
}

#define GOOD "--library l --secret-file $D/secret "
#define PAIR "--cert $D/server.pem --key $D/server.key "
#define ANY_PORT "a number from 0 to 65535"

static void checks_its_options(void **state)
{
    static const line lines[] = {
        {0, "-h", "usage: smh_standin"},
        {0, "--help", "--max-fragment N"},
        {0, "-V", "smh_standin " SMH_TOKEN_VERSION "\n"},
        {0, "--version", "smh_standin " SMH_TOKEN_VERSION "\n"},
        {2, GOOD, "--cert and --key are missing, or --plain"},
        {2, "--plain --secret-file x", "--library is missing"},
        {2, "--plain --library x", "--secret-file is missing"},
        {2, GOOD "--cert x", "--cert and --key go together"},
        {2, GOOD "--plain --key x", "--cert and --key go together"},
        {2, "--port", "--port lacks its value: want " ANY_PORT},
        {2, "--admin-port", "--admin-port lacks its value: want " ANY_PORT},
        {2, "--plain=1", "--plain takes no value"},
        {2, "--wrong", "--wrong is not an option; --help lists them"},
        {2, "--adm 0", "--adm is not an option"},
        {2, "--max 0", "--max is not an option"},
        {2, "-x", "-x is not an option"},
        {2, "word", "word is not an option"},
        {2, "--port 65536", "--port \"65536\": want " ANY_PORT},
        {2, "--port 70000", "--port \"70000\": want " ANY_PORT},
        {2, "--port -1", "--port \"-1\": want " ANY_PORT},
        {2, "--port ''", "--port \"\": want " ANY_PORT},
        {2, "--port 1x", "--port \"1x\": want " ANY_PORT},
        {2, "--port 4294967297", "--port \"4294967297\": want " ANY_PORT},
        {2, "--admin-port 70000", "--admin-port \"70000\": want " ANY_PORT},
        {2, "--max-fragment 100", "want 512, 1024, 2048 or 4096"},
        {2, "--max-fragment 1000", "want 512, 1024, 2048 or 4096"},
        {2, "--max-fragment 8192", "want 512, 1024, 2048 or 4096"},
        {2, "--line-max 5", "want a number from 64 to 65536"},
        {2, "--line-max 65537", "want a number from 64 to 65536"},
        {2, "--tls 1.0", "want 1.1, 1.2 or 1.3"},
        {2, "--tls 1.4", "want 1.1, 1.2 or 1.3"},
        {2, "--tls 1.22", "want 1.1, 1.2 or 1.3"},
        {2, "--tls 1", "want 1.1, 1.2 or 1.3"},
        {2, "--fault 1:none", "want N:KIND or N:KIND:ARG"},
        {2, "--fault 0:reset", "want N:KIND or N:KIND:ARG"},
        {2, "--library ''", "--library \"\": want the id of a library"},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof lines / sizeof *lines; i++)
        check_line(&lines[i]);
}

static void names_the_file_that_is_wrong(void **state)
{
    static const line lines[] = {
        {1, "--library l --plain --secret-file $D/none",
         "/none: No such file or directory"},
        {1, "--library l --plain --secret-file $D", ": Is a directory"},
        {1, "--library l --plain --secret-file /dev/null",
         "/dev/null: no secret in its first line"},
        {1, GOOD "--plain --log $D", ": Is a directory"},
        {1, GOOD "--plain --address 192.0.2.1", "cannot listen on 192.0.2.1"},
        {1, GOOD "--plain --address nowhere", "nowhere: want an IP address"},
        {1, GOOD "--cert $D/none --key $D/server.key",
         "/none: No such file or directory"},
        {1, GOOD "--cert $D --key $D/server.key", ": Is a directory"},
        {1, GOOD "--cert $D/server.key --key $D/server.key",
         "/server.key: no certificate to read: "},
        {1, GOOD "--cert $D/server.pem --key $D/none",
         "/none: No such file or directory"},
        {1, GOOD "--cert $D/server.pem --key $D/server.pem",
         "/server.pem: no private key to read: "},
        {1, GOOD "--cert $D/server.pem --key $D/server-rsa.key",
         "/server-rsa.key is not the key of the certificate in "},
        {1, GOOD "--cert $D/server.pem --key $D/expired.key",
         "/expired.key is not the key of the certificate in "},
    };
    size_t i;
    (void)state;
    make_certificates();
    for (i = 0; i < sizeof lines / sizeof *lines; i++)
        check_line(&lines[i]);
}

int standin_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(refuses_what_rfc_9112_forbids, reset),
        cmocka_unit_test_setup(refuses_what_rfc_3986_forbids, reset),
        cmocka_unit_test_setup(refuses_what_is_not_documented, reset),
        cmocka_unit_test_setup(deletes_what_is_documented, reset),
        cmocka_unit_test_setup(renews_and_deletes_one, reset),
        cmocka_unit_test_setup(tokens_end_with_their_period, reset),
        cmocka_unit_test_setup(limits_a_request_line, reset),
        cmocka_unit_test_setup(answers_a_pipeline_in_order, reset),
        cmocka_unit_test_setup(spoils_answers_as_told, reset),
        cmocka_unit_test_setup(takes_a_name_or_what_reads_like_one, reset),
        cmocka_unit_test_setup(takes_a_length_of_nothing, reset),
        cmocka_unit_test_setup(refuses_after_the_last_request, reset),
        cmocka_unit_test_setup(loses_an_answer_with_the_connection, reset),
        cmocka_unit_test_setup(masks_the_secret, reset),
        cmocka_unit_test(stalls_one_handshake_or_each),
        cmocka_unit_test(checks_its_options),
        cmocka_unit_test(names_the_file_that_is_wrong),
    };
    return cmocka_run_group_tests_name("stand-in", tests, start, stop);
}
