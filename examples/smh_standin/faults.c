#include "faults.h"

#include <stdlib.h>
#include <string.h>

#define FAULT_ROW(id, name, missing, text) {name, missing},
static const struct kind {
    const char *name;
    long missing;
} kinds[] = {FAULTS(FAULT_ROW)};

static int find_kind(const char *name, size_t size)
{
    int i;
    for (i = 0; i < FAULT_KINDS; i++)
        if (strlen(kinds[i].name) == size &&
            strncmp(kinds[i].name, name, size) == 0)
            return i;
    return -1;
}

bool faults_add(faults *all, const char *s)
{
    unsigned long number = 0;
    char *end;
    size_t size;
    int kind;
    long arg;
    if (*s >= '1' && *s <= '9')
        number = strtoul(s, &end, 10);
    else if (*s == '*')
        end = strchr(s, ':');
    else
        return false;
    if (end == NULL || *end != ':' || all->count == FAULTS_MAX)
        return false;
    s = end + 1;
    size = strcspn(s, ":");
    kind = find_kind(s, size);
    if (kind < 0)
        return false;
    arg =
        s[size] != '\0' ? strtol(s + size + 1, &end, 10) : kinds[kind].missing;
    if (arg < 0 || (s[size] != '\0' && (end == s + size + 1 || *end != '\0')))
        return false;
    all->list[all->count].number = number;
    all->list[all->count].kind = kind;
    all->list[all->count++].arg = arg;
    return true;
}

void faults_find(const faults *all, unsigned long number, fault *found)
{
    size_t i;
    for (i = 0; i < FAULT_KINDS; i++)
        found->arg[i] = -1;
    for (i = 0; i < all->count; i++)
        if (all->list[i].number == 0 || all->list[i].number == number)
            found->arg[all->list[i].kind] = all->list[i].arg;
}

bool faults_stall(faults *all, unsigned long next)
{
    size_t i;
    for (i = 0; i < all->count; i++) {
        if (all->list[i].kind != FAULT_STALL)
            continue;
        if (all->list[i].number == 0)
            return true;
        if (all->list[i].number == next && all->stalled != next) {
            all->stalled = next;
            return true;
        }
    }
    return false;
}

bool fault_instead(const fault *f)
{
    int i;
    for (i = FAULT_CLOSE_BEFORE; i < FAULT_KINDS; i++)
        if (f->arg[i] >= 0)
            return true;
    return false;
}
