/* What a node is without; see lacks.h. */
#include "core/lacks.h"

#include "core/rights.h"
#include "core/tree_internal.h"

const char *const lack_names[] = {
    [LACK_OWNER] = "owner",         [LACK_GROUP] = "group",
    [LACK_INDICATOR] = "indicator", [LACK_UPDATE] = "update",
    [LACK_ACTIVITY] = "activity",   [LACK_DUE] = "due",
    [LACK_SECTOR] = "sector",       NULL,
};

bool result_is_open(const struct result *result)
{
    return !result->done && result->schedule != SCHEDULE_CLOSED;
}

bool lacks_owner(const struct node *node, int32_t day)
{
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->role == ROLE_OWNER && rights_current(a->from, a->to, day))
            return false;
    }
    return true;
}

bool lacks_group(const struct node *node, int32_t day)
{
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->holder == HOLDER_GROUP && rights_current(a->from, a->to, day))
            return false;
    }
    return node->n_aims == 0;
}

bool lacks_indicator(const struct node *node)
{
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (node->children[i]->kind == KIND_INDICATOR)
            return false;
    }
    for (uint32_t i = 0; i < node->n_incoming; i++) {
        if (node->incoming[i]->from->kind == KIND_INDICATOR)
            return false;
    }
    return true;
}

static bool is_activity(struct tree *tree, struct node *node, int32_t day, bool open)
{
    const struct result *result;

    if (!kind_is_work(node->kind) || node->stage == STAGE_PLANNED)
        return false;
    result = rules_result(tree, node, day);
    return open ? result_is_open(result) : result->schedule != SCHEDULE_CLOSED;
}

/* What is looked for below a node, and the number of the walk that marks where it was. */
struct search {
    struct tree *tree;
    int32_t day;
    uint32_t walk;
    bool open;
};

/* Goes down over children and contributions, by each node once. */
static bool find_activity(const struct search *search, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_children + node->n_incoming; i++) {
        struct node *part =
            i < node->n_children ? node->children[i] : node->incoming[i - node->n_children]->from;

        if (part->mark == search->walk)
            continue;
        part->mark = search->walk;
        if (is_activity(search->tree, part, search->day, search->open) ||
            find_activity(search, part))
            return true;
    }
    return false;
}

bool lacks_activity(struct tree *tree, struct node *node, int32_t day, const struct ids *related)
{
    struct search search = {.tree = tree, .day = day, .open = node->stage == STAGE_PLANNED};

    if (ids_have(related, node->id))
        return false;
    rules_result(tree, node, day); /* now, as working it out walks too */
    search.walk = tree_next_walk(tree);
    return !find_activity(&search, node);
}

static int add_related(struct tree *tree, struct node *node, int32_t day, struct ids *related)
{
    int r = 0;

    for (uint32_t i = 0; r == 0 && node->extra && i < node->extra->n_relations; i++) {
        const struct relation *relation = &node->extra->relations[i];
        struct node *other =
            relation->kind == RELATION_RELATED && relation->to_strategy == tree->strategy_id
                ? tree_node(tree, relation->to_node)
                : NULL;

        if (other && is_activity(tree, node, day, true))
            r = ids_add(related, other->id);
        if (r == 0 && other && is_activity(tree, other, day, true))
            r = ids_add(related, node->id);
    }
    return r;
}

int lacks_related(struct tree *tree, int32_t day, struct ids *ret_related)
{
    struct ids related = {0};
    struct node *node;
    int r = 0;

    for (size_t at = 0; r == 0 && (node = tree_next_node(tree, &at));)
        r = add_related(tree, node, day, &related);
    if (r < 0) {
        ids_done(&related);
        return r;
    }
    ids_order(&related);
    *ret_related = related;
    return 0;
}

static bool has(unsigned set, enum lack lack)
{
    return set & 1U << lack;
}

bool lacks_any(unsigned set, struct tree *tree, struct node *node, int32_t day,
               const struct ids *related)
{
    return (has(set, LACK_DUE) && !date_given(rules_due(node))) ||
           (has(set, LACK_SECTOR) && !node_sectors(node)) ||
           (has(set, LACK_OWNER) && lacks_owner(node, day)) ||
           (has(set, LACK_GROUP) && lacks_group(node, day)) ||
           (has(set, LACK_UPDATE) && rules_update_count(node, day) == 0) ||
           (has(set, LACK_INDICATOR) && lacks_indicator(node)) ||
           (has(set, LACK_ACTIVITY) && lacks_activity(tree, node, day, related));
}
