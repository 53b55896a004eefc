/* Registries of the past, shared and kept; see moment_registry.h. */
#include "db/moment_registry.h"

#include <errno.h>
#include <string.h>

static void past_free_unused(struct past_registry *past)
{
    if (past->uses > 0 || past->shelved)
        return;
    registry_free(past->registry);
    free(past);
}

static void take_off(struct past_shelf *shelf, size_t i)
{
    struct past_registry *past = shelf->items[i];

    memmove(&shelf->items[i], &shelf->items[i + 1],
            (PAST_REGISTRIES - 1 - i) * sizeof(struct past_registry *));
    shelf->items[PAST_REGISTRIES - 1] = NULL;
    if (!past)
        return;
    past->shelved = false;
    past_free_unused(past);
}

struct past_registry *past_shelf_find(struct past_shelf *shelf, int64_t seq,
                                      const struct registry *present)
{
    for (size_t i = 0; i < PAST_REGISTRIES && shelf->items[i]; i++) {
        struct past_registry *past = shelf->items[i];

        if (memcmp(past->present, present->hash, sizeof(past->present)) != 0) {
            take_off(shelf, i--);
        } else if (past->seq == seq) {
            past->uses++;
            return past;
        }
    }
    return NULL;
}

int past_shelf_add(struct past_shelf *shelf, struct registry *registry, int64_t seq,
                   const struct registry *present, struct past_registry **ret_past)
{
    struct past_registry *past = calloc(1, sizeof(*past));

    if (!past) {
        registry_free(registry);
        return -ENOMEM;
    }
    *past = (struct past_registry){.registry = registry, .seq = seq, .uses = 1, .shelved = true};
    memcpy(past->present, present->hash, sizeof(past->present));
    take_off(shelf, PAST_REGISTRIES - 1);
    memmove(&shelf->items[1], &shelf->items[0],
            (PAST_REGISTRIES - 1) * sizeof(struct past_registry *));
    shelf->items[0] = past;
    *ret_past = past;
    return 0;
}

void past_registry_leave(struct past_registry *past)
{
    if (!past)
        return;
    past->uses--;
    past_free_unused(past);
}

void past_shelf_done(struct past_shelf *shelf)
{
    while (shelf->items[0])
        take_off(shelf, 0);
}
