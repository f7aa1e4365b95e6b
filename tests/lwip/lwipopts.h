/* lwipopts.h - lwIP of the tests on this machine, in three variants:
 *
 *   LWIP_TEST_SOCKETS   threads and sockets
 *   LWIP_TEST_RAW       no threads, and memory as scarce as on a small board
 *   LWIP_TEST_UNIT      no threads and a loopback; every pcb and pbuf by
 *                       malloc(), so that ASan sees a use after its end */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#if !defined(LWIP_TEST_SOCKETS)
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#else
#define NO_SYS 0
#define LWIP_SOCKET_SELECT 0
#ifndef LWIP_COMPAT_SOCKETS /* tests/build tries other choices */
#define LWIP_COMPAT_SOCKETS 0
#endif
#ifndef LWIP_POSIX_SOCKETS_IO_NAMES
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#endif
#define LWIP_SO_LINGER 1
#define LWIP_TCPIP_CORE_LOCKING 1
#define TCPIP_MBOX_SIZE 64
#define DEFAULT_TCP_RECVMBOX_SIZE 32
#define DEFAULT_ACCEPTMBOX_SIZE 8
#define DEFAULT_UDP_RECVMBOX_SIZE 8
#define MEMP_NUM_NETCONN 8
#define MEMP_NUM_NETBUF 8
#endif

#define MEM_ALIGNMENT 8 /* lwIP's structs hold pointers of 64 bits */
#ifndef LWIP_IPV4       /* compile.sh tries other choices */
#define LWIP_IPV4 1
#endif
#ifndef LWIP_IPV6
#define LWIP_IPV6 1
#endif
#ifndef LWIP_DNS
#define LWIP_DNS 1
#endif
#define IPV6_FRAG_COPYHEADER 1 /* needed where a pointer has 64 bits */
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_IPV6_MLD 0
#define LWIP_RAW 0
#define DNS_MAX_RETRIES 3
#define LWIP_TCP_RTO_TIME 1000 /* ms; the tests lose frames and want to end */

#if defined(LWIP_TEST_SOCKETS)
#define MEM_SIZE (64 * 1024)
#define MEMP_NUM_TCP_SEG 32
#define PBUF_POOL_SIZE 32
#define TCP_MSS 1460
#define TCP_WND (8 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#elif defined(LWIP_TEST_RAW)
#define MEM_SIZE 3000
#define MEMP_NUM_TCP_SEG 8
#define PBUF_POOL_SIZE 8
#define PBUF_POOL_BUFSIZE 600
#define TCP_MSS 536
#define TCP_WND 2048
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 6
#else
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_LOOPBACK 1
#define TCP_MSS 536
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#endif

/* What is never freed is counted. */
#define LWIP_STATS 1
#define MEMP_STATS 1
#define MEM_STATS 1

#ifdef LWIP_TEST_CHOICE
#include LWIP_TEST_CHOICE /* other options, by compile.sh */
#endif

#endif
