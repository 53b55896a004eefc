/*
 * One journal's slot by itself: its life, where it stands, its day; see store.h. The store owns its
 * slots, a slot its tree or registry.
 */
#include "db/slot.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "db/zone.h"

struct slot *slot_new(struct store *store, int32_t id, const char *key)
{
    struct slot *slot = calloc(1, sizeof(*slot));

    if (!slot || slot_rename(slot, key) < 0) {
        free(slot);
        return NULL;
    }
    slot->store = store;
    slot->id = id;
    slot->queue_end = &slot->queue;
    return slot;
}

void slot_free(struct slot *slot)
{
    refresh_cancel(slot);
    tree_free(slot->tree);
    registry_free(slot->registry);
    free(slot->key);
    free(slot);
}

int slot_rename(struct slot *slot, const char *key)
{
    char *copy = strdup(key);

    if (!copy)
        return -ENOMEM;
    free(slot->key);
    slot->key = copy;
    return 0;
}

bool slot_loaded(const struct slot *slot)
{
    return slot->tree || slot->registry;
}

int64_t slot_seq(const struct slot *slot)
{
    return slot->tree ? slot->tree->seq : slot->registry->seq;
}

const unsigned char *slot_hash(const struct slot *slot)
{
    return slot->tree ? slot->tree->hash : slot->registry->hash;
}

int32_t slot_today(struct slot *slot)
{
    int64_t now = time(NULL); /* asked for by every call and line: the cheapest clock */
    const char *zone = slot->tree ? slot->tree->strategy.time_zone : NULL;

    if (!zone)
        zone = "UTC";
    /* A clock that was set back a good deal is noticed too. */
    if (now >= slot->day_until || now < slot->day_until - 90000 ||
        strcmp(slot->day_zone, zone) != 0) {
        zone_day(zone, now, &slot->day, &slot->day_until);
        snprintf(slot->day_zone, sizeof(slot->day_zone), "%s", zone);
    }
    return slot->day;
}
