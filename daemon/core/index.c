/*
 * Linear probing; a taken slot is closed by moving up what was pushed past it, so that no search
 * meets gravestones. At most three slots of four are used. What differs between the two indexes
 * is a node's hash. See index.h.
 */
#include "core/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/tree.h"

#define FIRST_ROOM 8

/* The multiplier is 2^64 divided by the golden ratio: it spreads ids that follow each other. */
static uint64_t scatter(uint64_t value)
{
    return value * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
    return scatter(hash);
}

static uint64_t hash_of_id(const struct node *node)
{
    return scatter((uint64_t)node->id);
}

static uint64_t hash_of_code(const struct node *node)
{
    return hash_text(node->code);
}

/* The value's upper half, scaled to the room. */
static size_t home(const struct index *index, uint64_t value)
{
    return (size_t)((value >> 32) * index->room >> 32);
}

static size_t after(const struct index *index, size_t slot)
{
    return slot + 1 < index->room ? slot + 1 : 0;
}

struct node *index_by_id(const struct index *index, int64_t id)
{
    if (!index->slots)
        return NULL;

    size_t slot = home(index, scatter((uint64_t)id));
    while (index->slots[slot] && index->slots[slot]->id != id)
        slot = after(index, slot);
    return index->slots[slot];
}

struct node *index_by_code(const struct index *index, const char *code)
{
    if (!index->slots)
        return NULL;

    size_t slot = home(index, hash_text(code));
    while (index->slots[slot] && strcmp(index->slots[slot]->code, code) != 0)
        slot = after(index, slot);
    return index->slots[slot];
}

static void place(struct index *index, uint64_t (*hash)(const struct node *), struct node *node)
{
    size_t slot = home(index, hash(node));

    while (index->slots[slot])
        slot = after(index, slot);
    index->slots[slot] = node;
}

static int grow(struct index *index, uint64_t (*hash)(const struct node *))
{
    struct index grown = {
        .room = index->room ? index->room + index->room / 2 : FIRST_ROOM,
        .count = index->count,
    };

    grown.slots = calloc(grown.room, sizeof(struct node *));
    if (!grown.slots)
        return -ENOMEM;
    for (size_t i = 0; i < index->room; i++)
        if (index->slots[i])
            place(&grown, hash, index->slots[i]);
    free(index->slots);
    *index = grown;
    return 0;
}

static int put(struct index *index, uint64_t (*hash)(const struct node *), struct node *node)
{
    int r = index->count + 1 > index->room / 4 * 3 ? grow(index, hash) : 0;

    if (r < 0)
        return r;
    place(index, hash, node);
    index->count++;
    return 0;
}

int index_put_id(struct index *index, struct node *node)
{
    return put(index, hash_of_id, node);
}

int index_put_code(struct index *index, struct node *node)
{
    return put(index, hash_of_code, node);
}

/* How far it is from one slot on to another. */
static size_t distance(const struct index *index, size_t from, size_t to)
{
    return to >= from ? to - from : to + index->room - from;
}

static void close_gap(struct index *index, uint64_t (*hash)(const struct node *), size_t gap)
{
    struct node **slots = index->slots;

    for (size_t i = after(index, gap); slots[i]; i = after(index, i)) {
        if (distance(index, home(index, hash(slots[i])), i) < distance(index, gap, i))
            continue; /* its home lies behind the gap: it may not come before that */
        slots[gap] = slots[i];
        gap = i;
    }
    slots[gap] = NULL;
}

static void take(struct index *index, uint64_t (*hash)(const struct node *),
                 const struct node *node)
{
    if (!index->slots)
        return;

    size_t slot = home(index, hash(node));
    while (index->slots[slot] && index->slots[slot] != node)
        slot = after(index, slot);
    if (!index->slots[slot])
        return;
    close_gap(index, hash, slot);
    index->count--;
}

void index_take_id(struct index *index, const struct node *node)
{
    take(index, hash_of_id, node);
}

void index_take_code(struct index *index, const struct node *node)
{
    if (node->code)
        take(index, hash_of_code, node);
}
