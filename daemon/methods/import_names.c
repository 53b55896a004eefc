/* What records are known by, and the ids they have or get; see import_internal.h. */
#include "core/hash.h"

#include "methods/import_internal.h"

#include <errno.h>
#include <string.h>

static struct name *name_find(const struct planner *planner, enum part part, const char *key)
{
    struct name *name = NULL;

    HASH_BY_STRING(by_key, planner->names[part].by_key, key, name);
    return name;
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

int names_collect(struct planner *planner, enum part part)
{
    const struct staged_part *staged = &planner->document->parts[part];
    struct names *names = &planner->names[part];

    names->items = calloc(staged->count ? staged->count : 1, sizeof(*names->items));
    if (!names->items)
        return -ENOMEM;
    for (size_t i = 0; i < staged->count; i++) {
        struct name *name = &names->items[i], *twin;

        name->key = staged->records[i].key;
        twin = name_find(planner, part, name->key);
        if (twin)
            return refuse_twice(planner, part, i, (size_t)(twin - names->items));
        name->id = known_id(planner, part, name->key);
        name->is_new = name->id == 0;
        if (HASH_PUT_STRING(by_key, names->by_key, key, name) < 0)
            return -ENOMEM;
    }
    return 0;
}

void names_done(struct planner *planner)
{
    for (int part = 0; part < PART_COUNT; part++) {
        HASH_CLEAR(by_key, planner->names[part].by_key);
        free(planner->names[part].items);
    }
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
    const struct name *name = name_find(record->planner, part, key);
    int64_t id = name ? name->id : known_id(record->planner, part, key);

    if (id == 0)
        return refuse_at(record->planner->plan->refusal, place, "no %s \"%s\"", what[part], key);
    *ret_id = id;
    return 0;
}
