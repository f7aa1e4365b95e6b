/* host.c - --host and --connect: what they are, or should have been */
#include "tool.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define HOST_MAX 255 /* bytes of a name (RFC 1035, 2.3.4) */

static bool is_port(const char *text, uint16_t *port)
{
    unsigned long value = 0;
    if (*text == '\0' || strspn(text, DIGITS) != strlen(text) ||
        strlen(text) > 5)
        return false;
    for (; *text != '\0'; text++)
        value = value * 10 + (unsigned long)(*text - '0');
    *port = (uint16_t)value;
    return value >= 1 && value <= 65535;
}

static bool has_blank(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
            return true;
    return false;
}

/* Whether a resolver might take it for an IPv4 address: its last label begins
 * with a digit. */
static bool is_number(const char *name)
{
    const char *dot = strrchr(name, '.');
    return strspn(dot != NULL ? dot + 1 : name, DIGITS) > 0;
}

static int refuse_address(struct verdict *verdict)
{
    refuse(verdict, "--host: an address: want the name that is in the "
                    "certificate");
    return advise(verdict, "give the name by --host and the address by "
                           "--connect");
}

/* What stands there besides a name and its port. */
static int check_around(const char *host, struct verdict *verdict)
{
    const char *first = strchr(host, ':');
    if (host[0] == '\0')
        return refuse(verdict, "--host: empty: is the shell variable set?");
    if (has_blank(host))
        return refuse(verdict, "--host: a blank in it: want the name alone");
    if (strstr(host, "://") != NULL)
        return refuse(verdict, "--host: want the name alone, without the "
                               "scheme (what stands before \"://\")");
    if (strpbrk(host, "/?#") != NULL)
        return refuse(verdict,
                      "--host: want the name alone, without the path "
                      "(from \"%c\" on)",
                      *strpbrk(host, "/?#"));
    if (strchr(host, '@') != NULL)
        return refuse(verdict, "--host: want the name alone, without a user "
                               "(what stands before \"@\")");
    if (strpbrk(host, "[]") != NULL ||
        (first != NULL && strchr(first + 1, ':') != NULL))
        return refuse_address(verdict);
    return 0;
}

static int check_name(const char *name, struct verdict *verdict)
{
    size_t length = strlen(name);
    if (length == 0)
        return refuse(verdict, "--host: no name before the port");
    if (length > HOST_MAX)
        return refuse(verdict, "--host: longer than the %d bytes of a name",
                      HOST_MAX);
    if (name[length - 1] == '.')
        return refuse(verdict, "--host: want the name without the dot at its "
                               "end");
    if (strspn(name, LETTERS DIGITS "-._~") < length)
        return refuse(verdict, "--host: want a name of letters, digits, \"-\", "
                               "\"_\", \"~\" and \".\" (others as xn--...)");
    if (!is_number(name))
        return 0;
    if (strspn(name, DIGITS "xXabcdefABCDEF.") == length)
        return refuse_address(verdict);
    return refuse(verdict, "--host: its last label begins with a digit, which "
                           "a resolver may take for an address");
}

static int split_host(struct options *options, struct verdict *verdict)
{
    const char *host = options->host;
    size_t length = strcspn(host, ":");
    if (check_around(host, verdict) != 0)
        return -1;
    if (host[length] == ':' && !is_port(host + length + 1, &options->port))
        return refuse(verdict, "--host: want a port from 1 to 65535 behind "
                               "the \":\"");
    if (length >= sizeof options->name)
        length = sizeof options->name - 1;
    memcpy(options->name, host, length);
    options->name[length] = '\0';
    return check_name(options->name, verdict);
}

int host_split(struct options *options, struct verdict *verdict)
{
    if (split_host(options, verdict) == 0)
        return 0;
    return advise(verdict,
                  "give it as in --host smh0example.api.tencentsmh.cn");
}

/* An address of either family, IPv6 in brackets, up to end. */
static bool take_address(const char *text, const char *end,
                         struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    size_t length = (size_t)(end - text);
    char name[INET6_ADDRSTRLEN];
    bool six = length > 1 && text[0] == '[' && end[-1] == ']';
    if (six)
        length -= 2;
    if (length >= sizeof name)
        return false;
    memcpy(name, text + six, length);
    name[length] = '\0';
    address->ss_family = six ? AF_INET6 : AF_INET;
    return inet_pton(address->ss_family, name,
                     six ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) == 1;
}

static bool split_connect(struct options *options)
{
    const char *text = options->connect;
    const char *bracket = strchr(text, ']');
    const char *start = bracket != NULL ? bracket : text;
    const char *end = start + strcspn(start, ":");
    options->connect_port = options->port;
    return take_address(text, end, &options->address) &&
           (*end == '\0' || is_port(end + 1, &options->connect_port));
}

int connect_split(struct options *options, struct verdict *verdict)
{
    if (split_connect(options))
        return 0;
    refuse(verdict, "--connect: want an address, IPv6 in brackets, and a "
                    "port from 1 to 65535 behind a \":\" if it is another one");
    return advise(verdict, "as in --connect 192.0.2.1 or --connect "
                           "[2001:db8::1]:8443");
}
