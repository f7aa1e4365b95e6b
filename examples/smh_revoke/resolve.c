/* resolve.c - looks host names up in a thread that can be left behind:
 * getaddrinfo() takes its own time, and neither a deadline nor a signal ends it */
#include "resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Belongs to the thread and to who asked: freed by the last of them. */
struct lookup {
    pthread_mutex_t lock;
    bool over;    /* one of them has let go of it */
    int resolver; /* EAI_*, or 0 */
    int code;     /* errno, if that is EAI_SYSTEM */
    char host[300];
    struct sockaddr_storage addresses[SMH_POSIX_ADDRESSES];
};

static void look_up(struct lookup *lookup)
{
    struct addrinfo hints, *list = NULL, *at;
    int i = 0;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    lookup->resolver = getaddrinfo(lookup->host, NULL, &hints, &list);
    if (lookup->resolver == EAI_SYSTEM)
        lookup->code = errno;
    if (lookup->resolver != 0)
        return;
    for (at = list; at != NULL && i < SMH_POSIX_ADDRESSES; at = at->ai_next)
        if (at->ai_addrlen <= sizeof lookup->addresses[i])
            memcpy(&lookup->addresses[i++], at->ai_addr, at->ai_addrlen);
    freeaddrinfo(list);
}

/* Who lets go as the second frees it. */
static void let_go(struct lookup *lookup)
{
    bool last;
    pthread_mutex_lock(&lookup->lock);
    last = lookup->over;
    lookup->over = true;
    pthread_mutex_unlock(&lookup->lock);
    if (last) {
        pthread_mutex_destroy(&lookup->lock);
        free(lookup);
    }
}

static void *run(void *arg)
{
    look_up(arg);
    let_go(arg);
    return NULL;
}

/* Signals stay with the main thread. */
static int start_thread(struct lookup *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int result;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&thread, &attributes, run, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return result;
}

static struct lookup *begin(const char *host)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL || strlen(host) >= sizeof lookup->host ||
        pthread_mutex_init(&lookup->lock, NULL) != 0) {
        free(lookup);
        return NULL;
    }
    strcpy(lookup->host, host);
    if (start_thread(lookup) == 0)
        return lookup;
    pthread_mutex_destroy(&lookup->lock);
    free(lookup);
    return NULL;
}

static bool is_over(struct lookup *lookup)
{
    bool over;
    pthread_mutex_lock(&lookup->lock);
    over = lookup->over;
    pthread_mutex_unlock(&lookup->lock);
    return over;
}

static const char *why = "";
static unsigned count;

/* What a look-up that failed has come to. */
static int conclude(int resolver, int code)
{
    why = resolver == 0            ? ""
          : resolver == EAI_SYSTEM ? strerror(code)
                                   : gai_strerror(resolver);
    return resolver == 0            ? 1
           : resolver == EAI_MEMORY ? SMH_E_MEMORY
                                    : SMH_E_RESOLVE;
}

int resolve_beside(void *arg, const char *host,
                   struct sockaddr_storage *addresses)
{
    static struct lookup *lookup;
    int result;
    (void)arg;
    if (host != NULL && lookup == NULL)
        lookup = begin(host);
    if (lookup == NULL)
        return conclude(EAI_MEMORY, 0);
    if (host != NULL && !is_over(lookup))
        return SMH_AGAIN;
    result = SMH_E_RESOLVE;
    if (host != NULL) {
        count++;
        result = conclude(lookup->resolver, lookup->code);
        memcpy(addresses, lookup->addresses, sizeof lookup->addresses);
    }
    let_go(lookup);
    lookup = NULL;
    return result;
}

const char *resolve_why(void)
{
    return why;
}

unsigned resolve_count(void)
{
    return count;
}

/* ---- pinned -------------------------------------------------------------- */

static struct sockaddr_storage pin;

void resolve_pin(const char *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memset(&v4, 0, sizeof v4);
    memset(&v6, 0, sizeof v6);
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        memcpy(&pin, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
        memcpy(&pin, &v6, sizeof v6);
}

int resolve_pinned(void *arg, const char *host,
                   struct sockaddr_storage *addresses)
{
    (void)arg;
    if (host == NULL)
        return SMH_E_RESOLVE;
    count++;
    *addresses = pin;
    return 1;
}
