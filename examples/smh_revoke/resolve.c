/* resolve.c - looks host names up in a thread that can be left behind:
 * getaddrinfo() takes its own time, and no deadline, no signal ends it */
#include "resolve.h"

#include <errno.h>
#include <netdb.h>
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
    struct lookup *lookup = arg;
    lookup->resolver = smh_posix_look_up(lookup->host, lookup->addresses);
    lookup->code = errno;
    let_go(lookup);
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

int resolve_pinned(void *arg, const char *host,
                   struct sockaddr_storage *addresses)
{
    if (host == NULL)
        return SMH_E_RESOLVE;
    count++;
    memcpy(addresses, arg, sizeof *addresses);
    return 1;
}
