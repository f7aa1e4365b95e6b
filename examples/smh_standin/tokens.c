#include "tokens.h"

#include <stdlib.h>
#include <string.h>

#include "uri.h"

/* FNV-1a */
static token **chain_of(tokens *all, const char *user)
{
    uint32_t hash = 2166136261u;
    for (; user != NULL && *user != '\0'; user++)
        hash = (hash ^ (unsigned char)*user) * 16777619u;
    return &all->chains[hash % TOKENS_CHAINS];
}

token *tokens_create(tokens *all, const char *user, const char *client,
                     const char *session)
{
    token *one = (token *)text_room(NULL, sizeof *one);
    token **chain = chain_of(all, user);
    memset(one, 0, sizeof *one);
    one->user = text_copy(user);
    one->client = text_copy(client);
    one->session = text_copy(session);
    one->chain = *chain;
    *chain = one;
    one->older = all->newest;
    *(all->newest != NULL ? &all->newest->newer : &all->oldest) = one;
    all->newest = one;
    return one;
}

token *tokens_find(tokens *all, const char *name)
{
    token *one;
    for (one = all->oldest; one != NULL; one = one->newer)
        if (strcmp(one->name, name) == 0)
            return one;
    return NULL;
}

void tokens_delete(tokens *all, token *one)
{
    token **link = chain_of(all, one->user);
    while (*link != one)
        link = &(*link)->chain;
    *link = one->chain;
    *(one->older != NULL ? &one->older->newer : &all->oldest) = one->newer;
    *(one->newer != NULL ? &one->newer->older : &all->newest) = one->older;
    free(one->user);
    free(one->client);
    free(one->session);
    free(one);
}

static bool passes(const id_list *filter, const char *id)
{
    size_t i;
    for (i = 0; id != NULL && i < filter->count; i++)
        if (strcmp(filter->id[i], id) == 0)
            return true;
    return filter->count == 0;
}

void tokens_revoke(tokens *all, const id_list *users, const id_list *clients,
                   const id_list *sessions)
{
    size_t i;
    for (i = 0; i < users->count; i++) {
        token *next, *one = *chain_of(all, users->id[i]);
        for (; one != NULL; one = next) {
            next = one->chain;
            if (one->user != NULL && strcmp(one->user, users->id[i]) == 0 &&
                passes(clients, one->client) && passes(sessions, one->session))
                tokens_delete(all, one);
        }
    }
}

void tokens_extend(tokens *all, token *one, uint64_t ends)
{
    one->ends = ends;
    if (ends < all->first_end)
        all->first_end = ends;
}

void tokens_expire(tokens *all, uint64_t now)
{
    token *next, *one;
    if (now < all->first_end)
        return;
    all->first_end = UINT64_MAX;
    for (one = all->oldest; one != NULL; one = next) {
        next = one->newer;
        if (one->ends <= now)
            tokens_delete(all, one);
        else if (one->ends < all->first_end)
            all->first_end = one->ends;
    }
}

void tokens_clear(tokens *all)
{
    while (all->oldest != NULL)
        tokens_delete(all, all->oldest);
}

static void list_id(text *to, const char *id, char end)
{
    if (id == NULL)
        text_add(to, "-", 1);
    else if (strcmp(id, "-") == 0)
        text_add(to, "%2D", 3);
    else
        uri_encode(to, id);
    text_add(to, &end, 1);
}

void tokens_list(const tokens *all, text *to)
{
    const token *one;
    for (one = all->oldest; one != NULL; one = one->newer) {
        list_id(to, one->user, ' ');
        list_id(to, one->client, ' ');
        list_id(to, one->session, '\n');
    }
}
