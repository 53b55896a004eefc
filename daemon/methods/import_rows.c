/* Rows as they should be, compared with those that are there; see import_internal.h. */
#include "methods/import_internal.h"

#include <errno.h>
#include <string.h>

static struct entries *record_entries(const struct record *record, const struct table *table)
{
    const struct import_plan *plan = record->planner->plan;

    return table->of_registry ? plan->registry_entries : plan->strategy_entries;
}

void record_fate(struct record *record, enum fate fate)
{
    uint8_t *known = &record->planner->fates[record->part][record->index];

    if (*known < fate)
        *known = (uint8_t)fate;
}

/* Notes that the document has this key; *ret_row is what the database has, or NULL. */
static int note_key(struct record *record, const struct row *row, const struct table *table,
                    struct existing_row **ret_row)
{
    struct import_plan *plan = record->planner->plan;
    struct existing_row *found = existing_find(plan->existing, table, row->key);

    if (found && found->seen == plan->number)
        return refuse_at(plan->refusal, row->place, "the same as an earlier one");
    /* What has a key of its own was looked for among its like before. */
    if (!found && !(row->own && part_key(record->part))) {
        int r = existing_put(plan->existing, table, row->key, 0, &found);

        if (r < 0)
            return r;
        found->planned = true;
    }
    if (found)
        found->seen = plan->number;
    *ret_row = found && !found->planned ? found : NULL;
    return 0;
}

/* Is the last entry what the database has? Then it goes again. */
static int drop_equal(struct entries *entries, const struct existing_row *row)
{
    const char *payload = entries->items[entries->count - 1].payload;
    unsigned char digest[HASH_SIZE];
    int r = digest_text(payload, strlen(payload), digest);

    if (r < 0)
        return r;
    if (memcmp(digest, row->digest, HASH_SIZE) != 0)
        return 0;
    entries_truncate(entries, entries->count - 1);
    return 1;
}

/* Organisations and persons are shared: a change of one (a reporter's affiliation, say) can give
 * rights in other strategies. A manager may add new ones; the rest is for admins. */
static int check_shared(const struct record *record, const struct table *table,
                        const struct place *place)
{
    const struct planner *planner = record->planner;

    if (!table->of_registry || planner->plan->is_admin ||
        planner->names[record->part].items[record->index].is_new)
        return 0;
    return refuse_at(planner->plan->refusal, place,
                     "is shared with other strategies and differs; changing it needs an admin");
}

int row_put(struct record *record, const struct row *row, int64_t *ret_id)
{
    const struct table *table = table_of(row->entity);
    struct entries *entries = record_entries(record, table);
    json_auto_t *payload = row->payload;
    struct existing_row *existing = NULL;
    int64_t id = 0;
    int r = payload ? note_key(record, row, table, &existing) : -ENOMEM;

    if (r == 0)
        r = entries_put(entries, table, existing ? existing->id : 0, existing != NULL, row->key,
                        STEAL(payload), row->secret, record->planner->plan->account, &id);
    if (r < 0)
        return r;
    r = existing && !row->secret ? drop_equal(entries, existing) : 0;
    if (r < 0)
        return r;
    if (r == 0 && check_shared(record, table, row->place) < 0)
        return -EINVAL;
    if (r == 0)
        record_fate(record, row->own && !existing ? FATE_ADDED : FATE_CHANGED);
    if (ret_id)
        *ret_id = id;
    return 0;
}

int payload_holder(json_t *payload, struct record *record, const json_t *item,
                   const struct place *place, const char **ret_kind, int64_t *ret_id)
{
    static const enum part parts[] = {PART_ORGANISATIONS, PART_PERSONS, PART_GROUPS};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const char *kind = holder_names[i], *key = field_text(item, kind);
        const struct place here = {place, kind, 0};
        int r = key ? names_resolve(record, parts[i], key, &here, ret_id) : 0;

        if (!key)
            continue;
        if (r == 0)
            r = payload_word(payload, "holder", kind);
        if (r == 0)
            r = payload_id(payload, "holder_id", *ret_id);
        *ret_kind = kind;
        return r;
    }
    return -EINVAL; /* the form was checked: there is one */
}
