/* What records are known by, and the ids they have or get; see import_internal.h. */
#include "core/hash.h"

#include "methods/import_internal.h"

#include <errno.h>
#include <string.h>

/* What is looked for by others, and so has to be told apart. */
static bool is_named(int part)
{
    return part != PART_STRATEGY && part != PART_CLOSINGS;
}

static int table_open(struct names *names, enum part part, size_t count)
{
    size_t room = 16;

    while (room < 2 * count)
        room *= 2;
    if (count >= UINT32_MAX)
        return -ENOMEM;
    names->mask = room - 1;
    names->slots = calloc(room, sizeof(*names->slots));
    if (part != PART_UPDATES)
        names->items = calloc(count ? count : 1, sizeof(*names->items));
    return names->slots && (names->items || part == PART_UPDATES) ? 0 : -ENOMEM;
}

int names_open(struct planner *planner)
{
    int r = 0;

    for (int part = 0; part < PART_COUNT && r == 0; part++)
        if (is_named(part))
            r = table_open(&planner->names[part], (enum part)part,
                           planner->document->parts[part].count);
    return r;
}

void names_done(struct planner *planner)
{
    for (int part = 0; part < PART_COUNT; part++) {
        free(planner->names[part].slots);
        free(planner->names[part].items);
    }
}

/* Where the key is, or the empty slot where it would be. */
static uint32_t *find_slot(const struct planner *planner, enum part part, const char *key)
{
    const struct staged *records = planner->document->parts[part].records;
    const struct names *names = &planner->names[part];
    unsigned hash;
    size_t at;

    HASH_VALUE(key, strlen(key), hash);
    for (at = hash & names->mask; names->slots[at]; at = (at + 1) & names->mask) {
        if (strcmp(records[names->slots[at] - 1].key, key) == 0)
            break;
    }
    return &names->slots[at];
}

uint32_t names_number_of(const struct planner *planner, enum part part, const char *key)
{
    return *find_slot(planner, part, key);
}

const struct name *names_find(const struct planner *planner, enum part part, const char *key)
{
    uint32_t number = *find_slot(planner, part, key);

    return number ? &planner->names[part].items[number - 1] : NULL;
}

/* The id of what is there already; 0: nothing is. */
static int64_t known_id(const struct planner *planner, enum part part, const char *key)
{
    const struct import_plan *plan = planner->plan;
    const struct organisation *organisation;
    const struct person *person;
    const struct group *group;
    const struct node *node;

    switch (part) {
    case PART_ORGANISATIONS:
        organisation = registry_organisation_by_key(plan->registry, key);
        return organisation ? organisation->id : 0;
    case PART_PERSONS:
        person = registry_person_by_key(plan->registry, key);
        return person ? person->id : 0;
    case PART_GROUPS:
        group = plan->tree ? tree_group_by_key(plan->tree, key) : NULL;
        return group ? group->id : 0;
    case PART_NODES:
        node = plan->tree && *key ? tree_node_by_code(plan->tree, key) : NULL;
        return node ? node->id : 0;
    default:
        return 0;
    }
}

static int refuse_twice(struct planner *planner, enum part part, size_t index, size_t first)
{
    struct place part_place;
    const struct place record = place_of(part, index, &part_place);
    const struct place key = {&record, part_key(part), 0};

    return refuse_at(planner->plan->refusal, &key, "the same as that of %s[%zu]", part_names[part],
                     first);
}

int names_add(struct planner *planner, enum part part, size_t index)
{
    const char *key = planner->document->parts[part].records[index].key;
    struct names *names = &planner->names[part];
    uint32_t *slot = find_slot(planner, part, key);

    if (*slot)
        return refuse_twice(planner, part, index, *slot - 1);
    *slot = (uint32_t)index + 1;
    if (names->items) {
        int64_t id = known_id(planner, part, key);

        names->items[index] = (struct name){.key = key, .id = id, .is_new = id == 0};
    }
    return 0;
}

int64_t names_number(struct planner *planner, enum part part, int64_t next)
{
    struct names *names = &planner->names[part];

    for (size_t i = 0; i < planner->document->parts[part].count; i++) {
        if (names->items[i].is_new)
            names->items[i].id = next++;
    }
    return next;
}

int names_resolve(struct record *record, enum part part, const char *key, const struct place *place,
                  int64_t *ret_id)
{
    static const char *const what[] = {[PART_ORGANISATIONS] = "organisation",
                                       [PART_PERSONS] = "person",
                                       [PART_GROUPS] = "group",
                                       [PART_NODES] = "node"};
    const struct name *name = names_find(record->planner, part, key);
    int64_t id = name ? name->id : known_id(record->planner, part, key);

    if (id == 0)
        return refuse_at(record->planner->plan->refusal, place, "no %s \"%s\"", what[part], key);
    *ret_id = id;
    return 0;
}

int names_take_organisation(struct record *record, json_t *payload, const char *column,
                            const json_t *item, const char *name, const struct place *place)
{
    const char *key = field_text(item, name);
    const struct place here = {place, name, 0};
    int64_t id;
    int r = key ? names_resolve(record, PART_ORGANISATIONS, key, &here, &id) : 0;

    return !key || r < 0 ? r : payload_id(payload, column, id);
}

int ids_note(struct record *record, int64_t id)
{
    int64_t **ids = &record->planner->ids[record->part];

    if (!*ids)
        *ids = calloc(record->planner->document->parts[record->part].count, sizeof(**ids));
    if (!*ids)
        return -ENOMEM;
    (*ids)[record->index] = id;
    return 0;
}

/* Is what is corrected of the same node? */
static bool is_of_node(const struct record *record, const struct existing_row *row, uint32_t number,
                       int64_t node_id)
{
    const struct staged *staged = record->planner->document->parts[record->part].records;
    json_auto_t *json = row ? json_loads(row->text, 0, NULL) : NULL;

    if (row)
        return json_integer_value(json_object_get(json, "node_id")) == node_id;
    return strcmp(staged_node(&staged[number - 1]), staged_node(&staged[record->index])) == 0;
}

int ids_find_superseded(struct record *record, const char *key, int64_t node_id, int64_t *ret_id)
{
    const struct table *table = table_of(record->part == PART_UPDATES ? "update" : "observation");
    const struct existing_row *row = existing_find(record->planner->plan->existing, table, key);
    uint32_t number = row ? 0 : names_number_of(record->planner, record->part, key);
    int64_t *ids = record->planner->ids[record->part];
    int64_t id = row ? row->tip : number && ids ? ids[number - 1] : 0;

    if (id < 0)
        return record_refuse(record, "supersedes", "\"%s\" was corrected already", key);
    if (id == 0)
        return record_refuse(record, "supersedes", "there is no earlier \"%s\"", key);
    if (!is_of_node(record, row, number, node_id))
        return record_refuse(record, "supersedes", "\"%s\" is of another node", key);
    if (number)
        ids[number - 1] = -id;
    *ret_id = id;
    return 0;
}
