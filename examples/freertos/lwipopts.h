/* lwipopts.h - what revoking asks of it: lines to merge into yours */
#include <stdint.h>
#include <sys/time.h>
void clock_set(uint32_t seconds);
uint32_t board_random32(void);

#define NO_SYS 0 /* sockets, and a thread of lwIP's own */
#define LWIP_SOCKET 1
#define LWIP_DNS 1                   /* or a resolve hook in smh_lwip */
#define LWIP_ERRNO_STDINCLUDE 1      /* newlib's, one for each task */
#define LWIP_TIMEVAL_PRIVATE 0       /* newlib has its struct timeval */
#define MEM_ALIGNMENT 4              /* by default 1, and then a fault */
#define LWIP_SO_LINGER 1             /* a close at once drops what is left */
#define LWIP_RAND() board_random32() /* rand() repeats at each start */

#define TCPIP_THREAD_STACKSIZE 1024 /* words; by default 0, as these: */
#define TCPIP_MBOX_SIZE 16
#define DEFAULT_TCP_RECVMBOX_SIZE 8 /* TCP_WND / TCP_MSS at least */
#define DEFAULT_UDP_RECVMBOX_SIZE 4
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS) /* may be less than a record of TLS */

#define SNTP_SERVER_DNS 1     /* the server is a name */
#define SNTP_CHECK_RESPONSE 2 /* only an answer that gives this back, */
#define SNTP_GET_SYSTEM_TIME(s, us)                                            \
    ((s) = board_random32(), (us) = board_random32() % 1000000) /* a cookie */
#define SNTP_SET_SYSTEM_TIME(seconds) clock_set(seconds)
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1) /* SNTP's */
