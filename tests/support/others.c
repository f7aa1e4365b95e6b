#include "others.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_all.h"

/* ---- nginx --------------------------------------------------------------- */

static const char program[] = "/usr/sbin/nginx";

/* The request line is not logged: the secret is in it. */
static const char config[] =
    "daemon off;\n"
    "worker_processes 1;\n"
    "%s" /* user */
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
    "        ssl_certificate %s/%s.pem;\n"
    "        ssl_certificate_key %s/%s.key;\n"
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

static const char *some(const char *text)
{
    return text ? text : "";
}

static void write_config(const nginx *n, const nginx_setup *s,
                         const char *address)
{
    const char *user = geteuid() == 0 ? "user www-data;\n" : "";
    FILE *to = fopen(temp_path(n->dir, "nginx.conf"), "w");
    assert_non_null(to);
    fprintf(to, config, user, s->upstream, some(s->http), address, n->port,
            s->certs, s->cert, s->certs, s->cert, some(s->server),
            some(s->location));
    fclose(to);
}

/* It takes over a socket that listens already, as one nginx does from
 * another: so the port is its own and clients need not wait for it. */
int nginx_start(nginx *n, const nginx_setup *setup)
{
    const char *argv[] = {program,      "-p", NULL,        "-c",
                          "nginx.conf", "-e", "error.log", NULL};
    const char *address = setup->address ? setup->address : "127.0.0.1";
    char sockets[16];
    int fd;
    if (access(program, X_OK) != 0)
        return 0;
    n->dir = temp_make();
    chmod(n->dir, 0755);
    fd = free_port_of(address, &n->port);
    write_config(n, setup, address);
    argv[2] = n->dir;
    snprintf(sockets, sizeof sockets, "%d;", fd);
    setenv("NGINX", sockets, 1);
    child_start(&n->process, argv, fd);
    unsetenv("NGINX");
    close(fd);
    return 1;
}

char *nginx_stop(nginx *n)
{
    char *log = (char *)calloc(1, 65536);
    FILE *from;
    assert_non_null(log);
    assert_int_equal(child_stop(&n->process), 0);
    from = fopen(temp_path(n->dir, "access.log"), "r");
    assert_non_null(from);
    assert_true(fread(log, 1, 65535, from) < 65535);
    fclose(from);
    temp_remove(n->dir);
    n->dir = NULL;
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
