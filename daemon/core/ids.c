/* A sorted array; see ids.h. */
#include "core/ids.h"

#include "core/array.h"

int ids_add(struct ids *ids, int64_t id)
{
    if (ARRAY_RESERVE(ids->items, ids->count) < 0)
        return -ENOMEM;
    ids->items[ids->count++] = id;
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

void ids_order(struct ids *ids)
{
    if (ids->count > 1)
        qsort(ids->items, ids->count, sizeof(*ids->items), compare_ids);
}

bool ids_have(const struct ids *ids, int64_t id)
{
    return ids->count > 0 &&
           bsearch(&id, ids->items, ids->count, sizeof(*ids->items), compare_ids) != NULL;
}

void ids_done(struct ids *ids)
{
    free(ids->items);
    *ids = (struct ids){0};
}
