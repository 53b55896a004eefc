/*
 * The tree itself: its nodes, how they are found, put and ended, and which results a change
 * clears. tree_settle.c ties the nodes together, the other tree_*.c files hold what hangs on them.
 * The tree owns its nodes through nodes_by_id; tree_free() frees everything.
 */
#include "core/hash.h"

#include "core/array.h"
#include "core/tree_internal.h"

#include <math.h>

int code_compare(const char *a, const char *b)
{
    return strverscmp(a, b);
}

static bool same_date(struct date a, struct date b)
{
    return a.year == b.year && a.month == b.month && a.day == b.day;
}

struct node *tree_node(const struct tree *tree, int64_t id)
{
    return index_by_id(&tree->nodes_by_id, id);
}

struct node *tree_node_by_code(const struct tree *tree, const char *code)
{
    return code && *code ? index_by_code(&tree->nodes_by_code, code) : tree->root;
}

struct node *tree_next_node(const struct tree *tree, size_t *at)
{
    const struct index *index = &tree->nodes_by_id;

    while (*at < index->room)
        if (index->slots[(*at)++])
            return index->slots[*at - 1];
    return NULL;
}

void node_invalidate(struct node *node)
{
    for (; node && node->result.valid; node = node->parent) {
        node->result.valid = false;
        node->changes++;
        if (node->parent)
            blocks_forget(node->parent, node);
        for (uint32_t i = 0; i < node->n_outgoing; i++)
            node_invalidate(node->outgoing[i]->to);
    }
}

/* A start is passed down to everything below that has none of its own. */
static void invalidate_below(struct node *node)
{
    node_invalidate(node);
    for (uint32_t i = 0; i < node->n_children; i++)
        invalidate_below(node->children[i]);
}

uint32_t tree_next_walk(const struct tree *tree)
{
    struct node *node;

    if (++tree->root->mark == 0) {
        for (size_t at = 0; (node = tree_next_node(tree, &at));)
            node->mark = 0;
        tree->root->mark = 1;
    }
    return tree->root->mark;
}

int tree_unsettle(struct tree *tree, struct node *node)
{
    if (node->unsettled)
        return 0;

    int r = ARRAY_RESERVE(tree->unsettled, tree->n_unsettled);
    if (r < 0)
        return r;
    tree->unsettled[tree->n_unsettled++] = node;
    node->unsettled = true;
    return 0;
}

void node_detach(struct node *node)
{
    struct node *parent = node->parent;

    blocks_free(parent);
    for (uint32_t i = 0; i < parent->n_children; i++) {
        if (parent->children[i] != node)
            continue;
        ARRAY_REMOVE(parent->children, parent->n_children, i);
        break;
    }
    node->parent = NULL;
}

void node_free(struct node *node)
{
    for (uint32_t i = 0; i < node->n_closings; i++)
        closing_done(&node->closings[i]);
    for (uint32_t i = 0; i < node->n_assignments; i++)
        free(node->assignments[i].share);
    for (uint32_t i = 0; i < node->n_links; i++)
        link_done(&node->links[i]);
    free(node->latest);
    extra_free(node->extra);
    texts_done(&node->titles);
    free(node->children);
    free(node->incoming);
    free(node->outgoing);
    free(node->updates);
    free(node->blocks);
    free(node->closings);
    free(node->assignments);
    free(node->links);
    free(node->aims);
    free(node->code);
    free(node);
}

/* A node with nothing but its id, in nodes_by_id. */
static int node_new(struct tree *tree, int64_t id, struct node **ret_node)
{
    struct node *node = calloc(1, sizeof *node);

    if (!node)
        return -ENOMEM;
    node->id = id;
    node->weight = (double)NAN;
    if (index_put_id(&tree->nodes_by_id, node) < 0) {
        free(node);
        return -ENOMEM;
    }
    tree->node_count++;
    *ret_node = node;
    return 0;
}

static bool row_is_sound(const struct node_row *row)
{
    return row->id > 0 && row->code && *row->code && row->kind > KIND_STRATEGY &&
           row->kind <= KIND_INDICATOR &&
           (isnan(row->weight) || (row->weight > 0 && isfinite(row->weight)));
}

/* The row's owned parts, copied before anything is changed. */
struct owned {
    char *code;
    struct words *sectors;
    struct texts titles;
};

static int owned_init(const struct node_row *row, struct owned *ret_owned)
{
    AUTO(free_ptr) char *code = strdup(row->code);
    AUTO(free_ptr) struct words *sectors = NULL;
    struct texts titles;

    if (!code || words_copy(row->sectors, &sectors) < 0)
        return -ENOMEM;
    int r = texts_copy(&row->titles, &titles);
    if (r < 0)
        return r;
    *ret_owned = (struct owned){STEAL(code), STEAL(sectors), titles};
    return 0;
}

static void owned_done(struct owned *owned)
{
    free(owned->code);
    free(owned->sectors);
    texts_done(&owned->titles);
}

/* What the node has beside its own fields, made before anything is changed. */
static int make_room(struct node *node, const struct node_row *row)
{
    if ((row->sectors || span_given(row->due_after)) && !node_extra(node))
        return -ENOMEM;
    return measure_put(node, row);
}

static void assign_row(struct node *node, const struct node_row *row, const struct owned *owned)
{
    free(node->code);
    node->code = owned->code;
    texts_done(&node->titles);
    node->titles = owned->titles;
    if (node->extra) {
        free(node->extra->sectors);
        node->extra->sectors = owned->sectors;
        node->extra->due_after = row->due_after;
    }
    node->kind = (uint8_t)row->kind;
    node->stage = (uint8_t)row->stage;
    node->start = row->start;
    node->due = row->due;
    node->weight = row->weight;
    node->cadence = row->cadence;
    node->seq_from = row->seq_from;
    node->parent_id = row->parent_id;
    node->ended = false;
}

/* What of an existing node does not hold any more once it becomes `row`. */
static void loosen(struct node *node, const struct node_row *row)
{
    if (node->parent_id != row->parent_id || !same_date(node->start, row->start))
        invalidate_below(node);
    else
        node_invalidate(node);
    blocks_free(node); /* of another kind it may have no parts */
    if (node->parent && (node->parent_id != row->parent_id || strcmp(node->code, row->code) != 0))
        node_detach(node); /* tree_settle() finds its place again */
}

int tree_put_node(struct tree *tree, const struct node_row *row)
{
    struct node *node = tree_node(tree, row->id);
    struct owned owned;

    if (!row_is_sound(row))
        return -EINVAL;
    if (!node) {
        int r = node_new(tree, row->id, &node);
        if (r < 0)
            return r;
    }
    int r = owned_init(row, &owned);
    if (r == 0 && (r = make_room(node, row)) < 0)
        owned_done(&owned);
    if (r < 0)
        return r;
    loosen(node, row);
    index_take_code(&tree->nodes_by_code, node);
    assign_row(node, row, &owned);
    r = index_put_code(&tree->nodes_by_code, node);
    if (r < 0)
        return r;
    return node->parent ? 0 : tree_unsettle(tree, node);
}

void tree_end_node(struct tree *tree, int64_t id)
{
    struct node *node = tree_node(tree, id);

    if (!node || node == tree->root)
        return;
    if (tree_unsettle(tree, node) < 0)
        tree->out_of_memory = true;
    index_take_code(&tree->nodes_by_code, node);
    node->ended = tree->has_ended = true;
}

int copy_string(const char *from, char **ret_copy)
{
    char *copy = from ? strdup(from) : NULL;

    if (from && !copy)
        return -ENOMEM;
    *ret_copy = copy;
    return 0;
}

static void strategy_done(struct strategy *strategy)
{
    free(strategy->key);
    free(strategy->alias);
    free(strategy->issuer);
    free(strategy->time_zone);
    free(strategy->calendar);
    free(strategy->language);
    for (size_t i = 0; i < strategy->n_sectors; i++) {
        free(strategy->sectors[i].key);
        texts_done(&strategy->sectors[i].titles);
    }
    free(strategy->sectors);
    *strategy = (struct strategy){0};
}

static int copy_sectors(const struct strategy *from, struct strategy *copy)
{
    copy->sectors = calloc(from->n_sectors + 1, sizeof *copy->sectors);
    if (!copy->sectors)
        return -ENOMEM;
    for (; copy->n_sectors < from->n_sectors; copy->n_sectors++) {
        struct sector *sector = &copy->sectors[copy->n_sectors];
        if (copy_string(from->sectors[copy->n_sectors].key, &sector->key) < 0)
            return -ENOMEM;
        if (texts_copy(&from->sectors[copy->n_sectors].titles, &sector->titles) < 0) {
            free(sector->key);
            return -ENOMEM;
        }
    }
    return 0;
}

static int strategy_copy(const struct strategy *from, struct strategy *ret_copy)
{
    struct strategy copy = *from;

    copy.key = copy.alias = copy.issuer = copy.time_zone = copy.calendar = copy.language = NULL;
    copy.sectors = NULL;
    copy.n_sectors = 0;
    if (copy_string(from->key, &copy.key) < 0 || copy_string(from->alias, &copy.alias) < 0 ||
        copy_string(from->issuer, &copy.issuer) < 0 ||
        copy_string(from->time_zone, &copy.time_zone) < 0 ||
        copy_string(from->calendar, &copy.calendar) < 0 ||
        copy_string(from->language, &copy.language) < 0 || copy_sectors(from, &copy) < 0) {
        strategy_done(&copy);
        return -ENOMEM;
    }
    *ret_copy = copy;
    return 0;
}

int tree_put_strategy(struct tree *tree, const struct strategy *row, const struct texts *titles,
                      int64_t seq_from)
{
    struct node *root = tree->root;
    struct strategy strategy;
    struct texts copied;

    int r = texts_copy(titles, &copied);
    if (r < 0)
        return r;
    r = strategy_copy(row, &strategy);
    if (r < 0) {
        texts_done(&copied);
        return r;
    }
    if (same_date(root->start, row->period_start) && root->cadence == row->cadence)
        node_invalidate(root);
    else
        invalidate_below(root);
    strategy_done(&tree->strategy);
    tree->strategy = strategy;
    texts_done(&root->titles);
    root->titles = copied;
    root->start = row->period_start;
    root->due = row->period_end;
    root->cadence = row->cadence;
    root->seq_from = seq_from;
    return 0;
}

int tree_new(int32_t strategy_id, struct tree **ret_tree)
{
    static uint64_t births;
    AUTO(tree_freep) struct tree *tree = calloc(1, sizeof *tree);

    if (!tree)
        return -ENOMEM;
    tree->strategy_id = strategy_id;
    tree->birth = ++births;
    tree->fresh = true;
    int r = node_new(tree, 0, &tree->root);
    if (r < 0)
        return r;
    tree->root->kind = KIND_STRATEGY;
    tree->root->code = strdup("");
    if (!tree->root->code)
        return -ENOMEM;
    r = tree_unsettle(tree, tree->root);
    if (r < 0)
        return r;
    *ret_tree = STEAL(tree);
    return 0;
}

bool tree_free_some(struct tree *tree, size_t nodes)
{
    struct index *index = &tree->nodes_by_id;

    tree_free_people(tree);
    tree_free_extras(tree);
    while (index->room > 0 && nodes > 0) {
        struct node *node = index->slots[--index->room];
        if (!node)
            continue;
        for (uint32_t i = 0; i < node->n_outgoing; i++)
            free(node->outgoing[i]);
        node_free(node);
        nodes--;
    }
    if (index->room > 0)
        return false;
    free(index->slots);
    free(tree->nodes_by_code.slots);
    strategy_done(&tree->strategy);
    free(tree->unsettled);
    free(tree);
    return true;
}

void tree_free(struct tree *tree)
{
    if (tree)
        (void)!tree_free_some(tree, SIZE_MAX);
}
