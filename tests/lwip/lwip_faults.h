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

/* Numbers of calls so far, and of the one that has no memory, or 0. */
extern struct lwip_faults {
    unsigned sends, send_fails_at, sockets, socket_fails_at;
} lwip_faults;

#ifndef FAULTS_DECLARED_ONLY

struct lwip_faults lwip_faults;

#if NO_SYS

#include "lwip/tcp.h"

static err_t fault_write(struct tcp_pcb *pcb, const void *data, u16_t size,
                         u8_t flags)
{
    if (++lwip_faults.sends == lwip_faults.send_fails_at)
        return ERR_MEM;
    return tcp_write(pcb, data, size, flags);
}

static struct tcp_pcb *fault_new(u8_t type)
{
    if (++lwip_faults.sockets == lwip_faults.socket_fails_at)
        return NULL;
    return tcp_new_ip_type(type);
}

#define tcp_write fault_write
#define tcp_new_ip_type fault_new

#else

#include "lwip/errno.h"
#include "lwip/sockets.h"

static ssize_t fault_send(int fd, const void *data, size_t size, int flags)
{
    if (++lwip_faults.sends != lwip_faults.send_fails_at)
        return lwip_send(fd, data, size, flags);
    errno = ENOMEM;
    return -1;
}

static int fault_socket(int domain, int type, int protocol)
{
    if (++lwip_faults.sockets != lwip_faults.socket_fails_at)
        return lwip_socket(domain, type, protocol);
    errno = ENFILE;
    return -1;
}

#define lwip_send fault_send
#define lwip_socket fault_socket

#endif
#endif
#endif
#endif
