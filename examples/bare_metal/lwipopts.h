/* lwipopts.h - lwIP without an operating system, all memory in static pools */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* One thread; interrupts only wake it and never call lwIP. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

/* The C library's takes a table. */
#define LWIP_NO_CTYPE_H 1

/* No heap of the C library. */
#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#define MEM_ALIGNMENT 4

/* What is being sent is copied here: TCP_SND_BUF and the headers. */
#define MEM_SIZE (4 * 1024)

/* What was received: two full frames and some small ones.  Small parts waste
 * less than parts as long as a frame. */
#define PBUF_POOL_SIZE 14
#define PBUF_POOL_BUFSIZE 512

#define TCP_MSS 1460
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 8
#define MEMP_NUM_TCP_SEG 12
#define MEMP_NUM_PBUF 8

/* One connection, and two that still close. */
#define MEMP_NUM_TCP_PCB 3
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_UDP_PCB 3
#define ARP_TABLE_SIZE 4

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_RAW 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0

/* A lease is taken without asking the neighbours, which saves seconds. */
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define DHCP_DOES_ARP_CHECK 0

#define LWIP_DNS 1
#define DNS_TABLE_SIZE 2
#define DNS_MAX_NAME_LENGTH 128

#define LWIP_STATS 0
#define LWIP_NETIF_TX_SINGLE_PBUF 0

#endif
