#include "http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "uri.h"

enum { HEAD_MAX = 8192 };

enum { METHOD, TARGET, VERSION, LINE_LF, FIELD, NAME, VALUE, VALUE_LF, END_LF };

static int refuse(http_request *r, int status, const char *wrong)
{
    r->wrong = wrong;
    return status;
}

static bool is_token(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static int go(http_request *r, int state)
{
    r->state = state;
    return 0;
}

/* ---- request line -------------------------------------------------------- */

static int feed_method(http_request *r, unsigned char byte)
{
    size_t size = strlen(r->method);
    if (byte == ' ' && size != 0)
        return go(r, TARGET);
    if (!is_token(byte) || size + 1 == sizeof r->method)
        return refuse(r, 400, "the method is not a known token");
    r->method[size] = (char)byte;
    return 0;
}

static int feed_target(http_request *r, unsigned char byte)
{
    if (byte == ' ' && r->target.size != 0)
        return go(r, VERSION);
    if (!uri_legal(byte))
        return refuse(r, 400, "the target has a byte that RFC 3986 forbids");
    if (byte == '?')
        r->query = true;
    text_add(&r->target, (const char *)&byte, 1);
    return 0;
}

static int feed_version(http_request *r, unsigned char byte)
{
    if (byte != '\r') {
        if (byte < ' ' || byte > '~' || r->value.size == 8)
            return refuse(r, 400, "the request line does not end in a version");
        text_add(&r->value, (const char *)&byte, 1);
        return 0;
    }
    if (r->value.size != 8 || strncmp(r->value.data, "HTTP/", 5) != 0)
        return refuse(r, 400, "the request line does not end in a version");
    if (strcmp(r->value.data, "HTTP/1.1") != 0)
        return refuse(r, 505, "only HTTP/1.1 is spoken here");
    return go(r, LINE_LF);
}

/* ---- fields -------------------------------------------------------------- */

static bool has_element(const char *list, const char *element)
{
    size_t size = strlen(element);
    while (*list != '\0') {
        size_t n;
        list += strspn(list, " \t,");
        n = strcspn(list, " \t,");
        if (n == size && strncasecmp(list, element, n) == 0)
            return true;
        list += n;
    }
    return false;
}

/* RFC 9110, 7.2: uri-host [ ":" port ].  The service's host is a name, so
 * [IPv6] is none; 127.0.0.1 has the bytes of one. */
static bool good_host(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    size_t n = strspn(s, letters);
    if (n == 0 || s[n] == '\0')
        return n > 0;
    s += n + 1;
    n = strspn(s, "0123456789");
    return s[-1] == ':' && n > 0 && n <= 5 && s[n] == '\0';
}

static int take_field(http_request *r)
{
    const char *name = r->name.data;
    const char *value = r->value.size != 0 ? r->value.data : "";
    if (strcasecmp(name, "Host") == 0) {
        if (r->hosts++ != 0 || !good_host(value) ||
            strlen(value) >= sizeof r->host)
            return refuse(r, 400, "Host is doubled or not a name");
        strcpy(r->host, value);
    } else if (strcasecmp(name, "Content-Length") == 0) {
        if (r->lengths++ != 0 || strspn(value, "0123456789") != strlen(value) ||
            *value == '\0')
            return refuse(r, 400, "Content-Length is doubled or no number");
        r->has_body = r->has_body || strspn(value, "0") != strlen(value);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        r->has_body = true;
    } else if (strcasecmp(name, "Connection") == 0) {
        r->close = r->close || has_element(value, "close");
    }
    return go(r, FIELD);
}

static int feed_field(http_request *r, unsigned char byte)
{
    if (byte == '\r')
        return go(r, END_LF);
    text_cut(&r->name, 0);
    text_cut(&r->value, 0);
    if (!is_token(byte))
        return refuse(r, 400, "a field does not begin with its name");
    text_add(&r->name, (const char *)&byte, 1);
    return go(r, NAME);
}

static int feed_name(http_request *r, unsigned char byte)
{
    if (byte == ':')
        return go(r, VALUE);
    if (!is_token(byte))
        return refuse(r, 400, "a field name is not a token");
    text_add(&r->name, (const char *)&byte, 1);
    return 0;
}

static int feed_value(http_request *r, unsigned char byte)
{
    size_t size = r->value.size;
    if (byte == '\r') {
        while (size != 0 && strchr(" \t", r->value.data[size - 1]) != NULL)
            size--;
        text_cut(&r->value, size);
        return go(r, VALUE_LF);
    }
    if ((byte < ' ' && byte != '\t') || byte > '~')
        return refuse(r, 400, "a field value has a byte that is not text");
    if (size != 0 || (byte != ' ' && byte != '\t'))
        text_add(&r->value, (const char *)&byte, 1);
    return 0;
}

static int feed_lf(http_request *r, unsigned char byte)
{
    if (byte != '\n')
        return refuse(r, 400, "a CR is not followed by LF");
    if (r->state == LINE_LF)
        return go(r, FIELD);
    if (r->state == VALUE_LF)
        return take_field(r);
    if (r->hosts == 0)
        return refuse(r, 400, "Host is missing");
    if (r->has_body)
        return refuse(r, 400, "a body is not part of any call");
    return HTTP_COMPLETE;
}

int http_feed(http_request *r, unsigned char byte)
{
    static int (*const feed[])(http_request *, unsigned char) = {
        feed_method, feed_target, feed_version, feed_lf, feed_field,
        feed_name,   feed_value,  feed_lf,      feed_lf,
    };
    if (r->state < LINE_LF && byte != '\r' && ++r->line > r->line_max)
        return refuse(r, 414, "the request line is too long");
    if (r->state > LINE_LF && ++r->head > HEAD_MAX)
        return refuse(r, 431, "the fields are too long");
    return feed[r->state](r, byte);
}

void http_request_free(http_request *r)
{
    text_free(&r->target);
    text_free(&r->name);
    text_free(&r->value);
}

/* ---- answers ------------------------------------------------------------- */

static const struct status {
    int status;
    const char *reason, *code;
} statuses[] = {
    {200, "OK", "OK"},
    {204, "No Content", "NoContent"},
    {302, "Found", "Found"},
    {400, "Bad Request", "BadRequest"},
    {403, "Forbidden", "LibraryServiceExpired"},
    {404, "Not Found", "NotFound"},
    {408, "Request Timeout", "ReadRequestTimeout"},
    {414, "URI Too Long", "URITooLong"},
    {421, "Misdirected Request", "MisdirectedRequest"},
    {429, "Too Many Requests", "RateLimitExceeded"},
    {431, "Request Header Fields Too Large", "RequestHeaderFieldsTooLarge"},
    {500, "Internal Server Error", "InternalServerError"},
    {502, "Bad Gateway", "BadGateway"},
    {503, "Service Unavailable", "ServerOverloaded"},
    {504, "Gateway Timeout", "RequestTimeout"},
    {505, "HTTP Version Not Supported", "HTTPVersionNotSupported"},
};

static const struct status *find_status(int status)
{
    static const struct status other = {0, "Other", "Other"};
    size_t i;
    for (i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return &statuses[i];
    return &other;
}

void http_error(http_answer *a, int status, const char *code,
                const char *message)
{
    a->status = status;
    a->type = "application/json";
    text_cut(&a->body, 0);
    text_printf(&a->body, "{\"code\":\"%s\",\"message\":\"%s\"}",
                code != NULL ? code : find_status(status)->code, message);
}

static void write_date(text *to)
{
    time_t now = time(NULL);
    struct tm parts;
    char date[64];
    if (gmtime_r(&now, &parts) != NULL &&
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts) != 0)
        text_printf(to, "Date: %s\r\n", date);
}

void http_write(const http_answer *a, text *to)
{
    bool bodiless = a->status < 200 || a->status == 204 || a->status == 304;
    text_printf(to, "HTTP/1.1 %03d %s\r\nX-Request-Id: %08lx\r\n", a->status,
                find_status(a->status)->reason, a->id);
    write_date(to);
    text_add(to, a->fields.data, a->fields.size);
    if (a->close)
        text_printf(to, "Connection: close\r\n");
    if (!bodiless)
        text_printf(to, "Content-Type: %s\r\nContent-Length: %zu\r\n", a->type,
                    a->body.size);
    text_add(to, "\r\n", 2);
    if (!bodiless)
        text_add(to, a->body.data, a->body.size);
}

void http_answer_free(http_answer *a)
{
    text_free(&a->fields);
    text_free(&a->body);
}
