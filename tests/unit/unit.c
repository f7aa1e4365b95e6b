#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "unit.h"

#include <sys/mman.h>

/* ---- chance -------------------------------------------------------------- */

static uint32_t chance_state = 1;

void chance_seed(uint32_t seed)
{
    chance_state = seed | 1;
}

uint32_t chance(uint32_t below)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 17;
    chance_state ^= chance_state << 5;
    return chance_state % below;
}

/* ---- memory -------------------------------------------------------------- */

typedef struct block {
    struct block *next;
    size_t mapped; /* bytes of a mapping, 0 if it is of the heap */
} block;

static block *blocks;

static void *own(void *memory, size_t mapped)
{
    block *b = (block *)memory;
    b->next = blocks;
    b->mapped = mapped;
    blocks = b;
    return b + 1;
}

void *take(size_t size)
{
    void *memory = calloc(1, sizeof(block) + size);
    if (memory == NULL)
        abort();
    return own(memory, 0);
}

int tidy(void **state)
{
    (void)state;
    while (blocks != NULL) {
        block *b = blocks;
        blocks = b->next;
        if (b->mapped == 0)
            free(b);
        else if (munmap(b, b->mapped) != 0)
            abort();
    }
    return 0;
}

char *edge(size_t size)
{
    size_t span = (sizeof(block) + size + PAGE - 1) / PAGE * PAGE;
    char *memory = (char *)mmap(NULL, span + PAGE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + span, PAGE, PROT_NONE) != 0)
        abort();
    own(memory, span + PAGE);
    return memory + span - size;
}

char *edge_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return (char *)memcpy(edge(size), text, size);
}

/* ---- scopes -------------------------------------------------------------- */

const smh_list *list_from(const char *const *items, size_t count)
{
    smh_list *list = (smh_list *)take(sizeof *list);
    list->items = items;
    list->count = count;
    return list;
}

const smh_list *numbered(char letter, size_t count, size_t width)
{
    const char **items = (const char **)take(count * sizeof *items);
    char *text = (char *)take(count * (width + 1));
    size_t i;
    for (i = 0; i < count; i++, text += width + 1) {
        size_t digit = width, n = i;
        memset(text, letter, width);
        for (; n != 0 && digit > 1; n /= 10)
            text[--digit] = (char)('0' + n % 10);
        items[i] = text;
    }
    return list_from(items, count);
}

smh_scope usual(void)
{
    static const char *const alice[] = {"alice"};
    static const smh_list users = {alice, 1};
    smh_scope scope;
    memset(&scope, 0, sizeof scope);
    scope.host = "smh.example";
    scope.library_id = "smh0lib";
    scope.library_secret = SECRET;
    scope.users = &users;
    return scope;
}

char *random_text(size_t least, size_t most)
{
    size_t n = least + chance((uint32_t)(most - least + 1)), i;
    char *text = (char *)take(n + 1);
    do
        for (i = 0; i < n; i++)
            do
                text[i] = (char)chance(256);
            while (text[i] == '\0' || text[i] == ',');
    while (blank_at_an_end(text));
    return text;
}
