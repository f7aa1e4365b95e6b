/* lwip_faults.h - included before a port: what it calls of lwIP comes through
 * here, where a test can make it fail */
#ifndef LWIP_FAULTS_H
#define LWIP_FAULTS_H

#include "lwip/opt.h"

#if defined(LWIP_TEST_UNIT)

#include "lwip/dns.h"
#include "lwip/tcp.h"

err_t fault_tcp_write(struct tcp_pcb *pcb, const void *data, u16_t size,
                      u8_t flags);
err_t fault_tcp_close(struct tcp_pcb *pcb);
struct tcp_pcb *fault_tcp_new_ip_type(u8_t type);
err_t fault_tcp_connect(struct tcp_pcb *pcb, const ip_addr_t *address,
                        u16_t port, tcp_connected_fn connected);
void fault_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn received);
err_t fault_dns_gethostbyname_addrtype(const char *name, ip_addr_t *address,
                                       dns_found_callback found, void *arg,
                                       u8_t type);

#ifndef FAULTS_DECLARED_ONLY
#define tcp_write fault_tcp_write
#define tcp_close fault_tcp_close
#define tcp_new_ip_type fault_tcp_new_ip_type
#define tcp_connect fault_tcp_connect
#define tcp_recv fault_tcp_recv
#define dns_gethostbyname_addrtype fault_dns_gethostbyname_addrtype
#endif

#else

/* Calls so far, and the one that fails, from 1, or 0; without sockets for lack
 * of memory, else with this errno. */
typedef struct lwip_fault {
    unsigned calls, at;
    int code;
} lwip_fault;

extern struct lwip_faults {
    lwip_fault send, socket;
    lwip_fault look_up, set_up, connect, outcome, recv, poll; /* sockets only */
    size_t size;    /* of the last send or receive */
    int ms;         /* of the last poll */
    unsigned slept; /* ms */
} lwip_faults;

#ifndef FAULTS_DECLARED_ONLY

struct lwip_faults lwip_faults;

#if NO_SYS

#include "lwip/tcp.h"

static err_t fault_write(struct tcp_pcb *pcb, const void *data, u16_t size,
                         u8_t flags)
{
    if (++lwip_faults.send.calls == lwip_faults.send.at)
        return ERR_MEM;
    return tcp_write(pcb, data, size, flags);
}

static struct tcp_pcb *fault_new(u8_t type)
{
    if (++lwip_faults.socket.calls == lwip_faults.socket.at)
        return NULL;
    return tcp_new_ip_type(type);
}

#define tcp_write fault_write
#define tcp_new_ip_type fault_new

#else

#include "lwip/errno.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"

static int fault_due(lwip_fault *fault)
{
    if (++fault->calls != fault->at)
        return 0;
    errno = fault->code;
    return 1;
}

static int fault_socket(int domain, int type, int protocol)
{
    return fault_due(&lwip_faults.socket) ? -1
                                          : lwip_socket(domain, type, protocol);
}

static int fault_fcntl(int fd, int what, int flags)
{
    return fault_due(&lwip_faults.set_up) ? -1 : lwip_fcntl(fd, what, flags);
}

/* With an errno of 0 it says that it is connected already. */
static int fault_connect(int fd, const struct sockaddr *name, socklen_t size)
{
    int due = fault_due(&lwip_faults.connect), result;
    if (due && lwip_faults.connect.code != 0)
        return -1;
    result = lwip_connect(fd, name, size);
    return due ? 0 : result;
}

static int fault_getsockopt(int fd, int level, int what, void *value,
                            socklen_t *size)
{
    return fault_due(&lwip_faults.outcome)
               ? -1
               : lwip_getsockopt(fd, level, what, value, size);
}

static ssize_t fault_send(int fd, const void *data, size_t size, int flags)
{
    lwip_faults.size = size;
    return fault_due(&lwip_faults.send) ? -1 : lwip_send(fd, data, size, flags);
}

static ssize_t fault_recv(int fd, void *data, size_t size, int flags)
{
    lwip_faults.size = size;
    return fault_due(&lwip_faults.recv) ? -1 : lwip_recv(fd, data, size, flags);
}

/* With an errno of 0 the time is up. */
static int fault_poll(struct pollfd *all, nfds_t count, int ms)
{
    lwip_faults.ms = ms;
    if (fault_due(&lwip_faults.poll))
        return lwip_faults.poll.code != 0 ? -1 : 0;
    return lwip_poll(all, count, ms);
}

static void fault_sleep(u32_t ms)
{
    lwip_faults.slept += ms;
    sys_msleep(ms);
}

#define lwip_socket fault_socket
#define lwip_fcntl fault_fcntl
#define lwip_connect fault_connect
#define lwip_getsockopt fault_getsockopt
#define lwip_send fault_send
#define lwip_recv fault_recv
#define lwip_poll fault_poll
#define sys_msleep fault_sleep

#if LWIP_DNS

static int fault_getaddrinfo(const char *host, const char *service,
                             const struct addrinfo *hints,
                             struct addrinfo **found)
{
    return fault_due(&lwip_faults.look_up)
               ? EAI_MEMORY
               : lwip_getaddrinfo(host, service, hints, found);
}

#define lwip_getaddrinfo fault_getaddrinfo

#endif
#endif
#endif
#endif
#endif
