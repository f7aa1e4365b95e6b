#define _GNU_SOURCE /* SO_REUSEPORT, POLLRDHUP */
#include "others.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmocka_all.h"

static const char *some(const char *text)
{
    return text ? text : "";
}

/* Hitch refuses to stay root, and nginx's workers would become nobody. */
static const char *user(const char *line)
{
    return geteuid() == 0 ? line : "";
}

/* ---- their configurations ------------------------------------------------ */

/* The request line is not logged: the secret is in it. */
static const char nginx_config[] =
    "daemon off;\n"
    "worker_processes 1;\n"
    "%s"
    "pid nginx.pid;\n"
    "error_log error.log;\n"
    "events { worker_connections 64; }\n"
    "http {\n"
    "    log_format facts '$connection $connection_requests $status '\n"
    "                     '$ssl_session_reused $ssl_protocol';\n"
    "    access_log access.log facts;\n"
    "    client_body_temp_path body;\n"
    "    proxy_temp_path proxy;\n"
    "    fastcgi_temp_path fastcgi;\n"
    "    uwsgi_temp_path uwsgi;\n"
    "    scgi_temp_path scgi;\n"
    "    upstream standin { server 127.0.0.1:%u; keepalive 4; }\n"
    "    %s\n"
    "    server {\n"
    "        listen %s:%u ssl;\n"
    "        ssl_certificate server.pem;\n"
    "        ssl_certificate_key server.pem;\n"
    "        ssl_protocols %s;\n"
    "        keepalive_requests %u;\n"
    "        %s\n"
    "        location / {\n"
    "            proxy_pass http://standin;\n"
    "            proxy_http_version 1.1;\n"
    "            proxy_set_header Connection '';\n"
    "            proxy_set_header Host $http_host;\n"
    "            %s\n"
    "        }\n"
    "    }\n"
    "}\n";

static void nginx_write(const front *f, const front_setup *s, FILE *to)
{
    const char *address = s->address ? s->address : "127.0.0.1";
    const char *versions = !s->version                      ? "TLSv1.2 TLSv1.3"
                           : strcmp(s->version, "1.2") == 0 ? "TLSv1.2"
                                                            : "TLSv1.3";
    fprintf(to, nginx_config, user("user www-data;\n"), s->upstream,
            some(s->http), address, f->port, versions,
            s->requests ? s->requests : 1000000, some(s->server),
            some(s->location));
}

/* It counts no requests of a connection by itself. */
static const char haproxy_config[] =
    "global\n"
    "    maxconn 64\n"
    "    nbthread 1\n"
    "defaults\n"
    "    mode http\n"
    "    timeout connect 10s\n"
    "    timeout client 60s\n"
    "    timeout server 60s\n"
    "frontend tls\n"
    "    bind fd@%d ssl crt %s ssl-min-ver TLSv%s ssl-max-ver TLSv%s %s\n"
    "    tcp-request session set-var(sess.requests) int(0)\n"
    "    http-request set-var(sess.requests) var(sess.requests),add(1)\n"
    "    http-after-response set-header Connection close"
    " if { var(sess.requests) -m int ge %u }\n"
    "    default_backend standin\n"
    "backend standin\n"
    "    server standin 127.0.0.1:%u\n"
    "    %s\n";

static void haproxy_write(const front *f, const front_setup *s, FILE *to)
{
    fprintf(to, haproxy_config, f->fd, temp_path(f->dir, "server.pem"),
            s->version ? s->version : "1.2", s->version ? s->version : "1.3",
            some(s->server), s->requests ? s->requests : 1000000, s->upstream,
            some(s->location));
}

/* Whether its master answers. */
static int haproxy_answers(const front *f)
{
    struct sockaddr_un address = {0};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), answered;
    char byte;
    address.sun_family = AF_UNIX;
    assert_true(strlen(f->dir) + 8 < sizeof address.sun_path);
    sprintf(address.sun_path, "%s/master", f->dir);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        send(fd, "show version\n", 13, MSG_NOSIGNAL);
    answered = recv(fd, &byte, 1, 0) == 1;
    close(fd);
    return answered;
}

static void hitch_write(const front *f, const front_setup *s, FILE *to)
{
    fprintf(to,
            "frontend = \"[127.0.0.1]:%u\"\n"
            "backend = \"[127.0.0.1]:%u\"\n"
            "pem-file = \"%s\"\n"
            "tls-protos = TLSv%s TLSv%s\n"
            "workers = 1\n"
            "%s%s\n",
            f->port, s->upstream, temp_path(f->dir, "server.pem"),
            s->version ? s->version : "1.2", s->version ? s->version : "1.3",
            user("user = \"www-data\"\n"), some(s->server));
}

static void node_write(const front *f, const front_setup *s, FILE *to)
{
    fprintf(to,
            "{\"fd\": %d, \"upstream\": %u, \"pem\": \"%s\", \"requests\": %u,"
            " \"options\": {\"minVersion\": \"TLSv%s\","
            " \"maxVersion\": \"TLSv%s\"%s%s}}\n",
            f->fd, s->upstream, temp_path(f->dir, "server.pem"), s->requests,
            s->version ? s->version : "1.2", s->version ? s->version : "1.3",
            s->server ? ", " : "", some(s->server));
}

/* ---- begin and end ------------------------------------------------------- */

static const struct {
    const char *name, *program;
    const char *command; /* of the shell; $0 is the directory */
    const char *ready;   /* what it says then, if it opens its port itself */
    void (*write)(const front *f, const front_setup *setup, FILE *to);
    int reload; /* a signal */
} kinds[FRONTS] = {
    {"nginx", "/usr/sbin/nginx",
     "exec /usr/sbin/nginx -p \"$0\" -c \"$0/config\" -e error.log", NULL,
     nginx_write, SIGHUP},
    {"haproxy", "/usr/sbin/haproxy",
     "exec /usr/sbin/haproxy -W -S \"$0/master\" -f \"$0/config\" "
     ">\"$0/error.log\" 2>&1",
     NULL, haproxy_write, SIGUSR2},
    {"hitch", "/usr/sbin/hitch",
     "exec /usr/sbin/hitch --config \"$0/config\" 2>&1", " online", hitch_write,
     SIGHUP},
    {"node", "/usr/bin/node",
     "exec /usr/bin/node tests/support/node.js \"$0/config\" "
     "2>\"$0/error.log\"",
     NULL, node_write, SIGHUP},
};

const char *front_name(int kind)
{
    return kinds[kind].name;
}

/* A port that another program can take although it is ours. */
static int shared_port(unsigned *port)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void append(FILE *to, const char *certs, const char *name,
                   const char *suffix)
{
    char file[64];
    FILE *from;
    int c;
    snprintf(file, sizeof file, "%s%s", name, suffix);
    from = fopen(temp_path(certs, file), "r");
    assert_non_null(from);
    while ((c = fgetc(from)) != EOF)
        fputc(c, to);
    fclose(from);
}

static void write_certificate(const front *f, const char *certs,
                              const char *cert)
{
    FILE *to = fopen(temp_path(f->dir, "server.pem"), "w");
    assert_non_null(to);
    append(to, certs, cert, ".pem");
    append(to, certs, cert, ".key");
    assert_int_equal(fclose(to), 0);
}

static void write_config(const front *f, const front_setup *setup)
{
    FILE *to = fopen(temp_path(f->dir, "config"), "w");
    assert_non_null(to);
    kinds[f->kind].write(f, setup, to);
    assert_int_equal(fclose(to), 0);
}

/* HAProxy's master loses them while it starts, again behind a reload. */
static void await_signals(const front *f)
{
    while (f->kind == FRONT_HAPROXY && !haproxy_answers(f))
        poll(NULL, 0, 5);
}

static void await(const front *f, const char *words)
{
    char line[200] = "";
    while (words && !strstr(line, words))
        assert_non_null(fgets(line, sizeof line, f->process.out));
}

/* It takes over a socket that listens already, as one nginx does from another:
 * so the port is its own and clients need not wait for it.  That must not
 * block, or of two workers that a client wakes one would stay in accept().
 * Hitch cannot: it opens a port that is ours until then. */
int front_start(front *f, const front_setup *setup)
{
    const char *argv[] = {"sh", "-c", kinds[setup->kind].command, NULL, NULL};
    const char *address = setup->address ? setup->address : "127.0.0.1";
    char sockets[16];
    if (access(kinds[setup->kind].program, X_OK) != 0)
        return 0;
    f->kind = setup->kind;
    argv[3] = f->dir = temp_make();
    chmod(f->dir, 0755);
    f->fd = f->kind == FRONT_HITCH ? shared_port(&f->port)
                                   : free_port_of(address, &f->port);
    assert_int_equal(fcntl(f->fd, F_SETFL, O_NONBLOCK), 0);
    write_certificate(f, setup->certs, setup->cert);
    write_config(f, setup);
    snprintf(sockets, sizeof sockets, "%d;", f->fd);
    setenv("NGINX", sockets, 1);
    child_start(&f->process, argv, f->fd);
    unsetenv("NGINX");
    await(f, kinds[f->kind].ready);
    close(f->fd);
    return 1;
}

void front_reload(const front *f, const char *certs, const char *cert)
{
    write_certificate(f, certs, cert);
    await_signals(f);
    assert_int_equal(kill(f->process.pid, kinds[f->kind].reload), 0);
}

int await_end(int fd, int ms)
{
    struct pollfd one = {fd, POLLRDHUP, 0};
    return poll(&one, 1, ms) == 1;
}

char *front_stop(front *f)
{
    char *log = (char *)calloc(1, 65536);
    FILE *from;
    assert_non_null(log);
    await_signals(f);
    assert_int_equal(child_stop(&f->process), 0);
    from = fopen(temp_path(f->dir, "access.log"), "r");
    if (from) {
        assert_true(fread(log, 1, 65535, from) < 65535);
        fclose(from);
    }
    temp_remove(f->dir);
    f->dir = NULL;
    return log;
}

/* ---- OpenSSL ------------------------------------------------------------- */

unsigned s_server_start(child *c, const char *certs, const char *name)
{
    char cert[300], key[300], line[200] = "";
    /* What it says of a client that refuses it is of no interest. */
    const char *argv[] = {"sh",
                          "-c",
                          "exec openssl s_server -accept 127.0.0.1:0 -www"
                          " -cert \"$0\" -key \"$1\" 2>/dev/null",
                          cert,
                          key,
                          NULL};
    snprintf(cert, sizeof cert, "%s/%s.pem", certs, name);
    snprintf(key, sizeof key, "%s/%s.key", certs, name);
    child_start(c, argv, -1);
    while (strncmp(line, "ACCEPT ", 7) != 0)
        assert_non_null(fgets(line, sizeof line, c->out));
    return (unsigned)atoi(strrchr(line, ':') + 1);
}
