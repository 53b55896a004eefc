/*
 * What few nodes have: sectors, relations, measures, nudges, reviews (groups have these too); and
 * drafts of updates. A node owns its extra, a group its reviews, the tree the drafts.
 */
#include "core/hash.h"

#include "core/array.h"
#include "core/tree_internal.h"

struct extra *node_extra(struct node *node)
{
    if (!node->extra)
        node->extra = calloc(1, sizeof *node->extra);
    return node->extra;
}

void reviews_done(struct reviews *reviews)
{
    for (uint32_t i = 0; i < reviews->count; i++)
        free(reviews->items[i].note);
    free(reviews->items);
    *reviews = (struct reviews){0};
}

static void nudge_free(struct nudge *nudge)
{
    if (!nudge)
        return;
    free(nudge->note);
    free(nudge);
}

void extra_free(struct extra *extra)
{
    if (!extra)
        return;
    measure_free(extra->measure);
    reviews_done(&extra->reviews);
    nudge_free(extra->nudge);
    free(extra->relations);
    free(extra->sectors);
    free(extra);
}

const struct words *node_sectors(const struct node *node)
{
    return node->extra ? node->extra->sectors : NULL;
}

const struct sector *tree_sector(const struct tree *tree, const char *key)
{
    for (size_t i = 0; i < tree->strategy.n_sectors; i++)
        if (strcmp(tree->strategy.sectors[i].key, key) == 0)
            return &tree->strategy.sectors[i];
    return NULL;
}

/* --- relations --- */

static struct relation *find_relation(const struct node *node, int64_t id)
{
    for (uint32_t i = 0; node->extra && i < node->extra->n_relations; i++)
        if (node->extra->relations[i].id == id)
            return &node->extra->relations[i];
    return NULL;
}

int tree_put_relation(struct tree *tree, int64_t node_id, const struct relation *row)
{
    struct node *node = tree_node(tree, node_id);
    struct extra *extra = node ? node_extra(node) : NULL;
    struct relation *relation;

    if (!extra)
        return node ? -ENOMEM : -ENOENT;
    relation = find_relation(node, row->id);
    if (!relation) {
        if (ARRAY_RESERVE(extra->relations, extra->n_relations) < 0)
            return -ENOMEM;
        relation = &extra->relations[extra->n_relations++];
    }
    *relation = *row;
    return 0;
}

void tree_end_relation(struct tree *tree, int64_t node_id, int64_t id)
{
    struct node *node = tree_node(tree, node_id);
    struct relation *relation = node ? find_relation(node, id) : NULL;

    if (relation)
        ARRAY_REMOVE(node->extra->relations, node->extra->n_relations,
                     relation - node->extra->relations);
}

/* --- reviews --- */

const struct reviews *node_reviews(const struct node *node)
{
    return node->extra ? &node->extra->reviews : NULL;
}

const struct review *reviews_last(const struct reviews *reviews, int32_t day)
{
    for (uint32_t i = reviews ? reviews->count : 0; i-- > 0;)
        if (date_last_day(reviews->items[i].date) <= day)
            return &reviews->items[i];
    return NULL;
}

static void reviews_end(struct reviews *reviews, int64_t id)
{
    for (uint32_t i = 0; i < reviews->count; i++) {
        if (reviews->items[i].id != id)
            continue;
        free(reviews->items[i].note);
        ARRAY_REMOVE(reviews->items, reviews->count, i);
        return;
    }
}

static bool is_later(const struct review *a, const struct review *b)
{
    int32_t day = date_last_day(a->date), other = date_last_day(b->date);

    return day > other || (day == other && a->id > b->id);
}

static int reviews_put(struct reviews *reviews, const struct review *row)
{
    AUTO(free_ptr) char *note = NULL;

    if (copy_string(row->note, &note) < 0)
        return -ENOMEM;
    reviews_end(reviews, row->id);
    if (ARRAY_RESERVE(reviews->items, reviews->count) < 0)
        return -ENOMEM;
    uint32_t place = reviews->count;
    while (place > 0 && is_later(&reviews->items[place - 1], row))
        place--;
    ARRAY_OPEN(reviews->items, reviews->count, place);
    reviews->items[place] = *row;
    reviews->items[place].note = STEAL(note);
    return 0;
}

static struct group_reviews *find_group_reviews(const struct tree *tree, int64_t group_id)
{
    struct group_reviews *found = NULL;

    HASH_BY_ID(tree->group_reviews, group_id, found);
    return found;
}

const struct reviews *group_reviews(const struct tree *tree, int64_t group_id)
{
    const struct group_reviews *found = find_group_reviews(tree, group_id);

    return found ? &found->reviews : NULL;
}

static int make_group_reviews(struct tree *tree, int64_t group_id, struct reviews **ret_reviews)
{
    struct group_reviews empty = {.id = group_id}, *found = find_group_reviews(tree, group_id);

    if (!found) {
        int r = HASH_PUT_PLAIN(tree->group_reviews, &empty);
        if (r < 0)
            return r;
        found = find_group_reviews(tree, group_id);
    }
    *ret_reviews = &found->reviews;
    return 0;
}

/* Whose reviews: 0; -ENOENT; -ENOMEM. */
static int find_reviews(struct tree *tree, bool of_group, int64_t id, struct reviews **ret_reviews)
{
    struct node *node = of_group ? NULL : tree_node(tree, id);

    if (of_group)
        return make_group_reviews(tree, id, ret_reviews);
    if (!node || !node_extra(node))
        return node ? -ENOMEM : -ENOENT;
    *ret_reviews = &node->extra->reviews;
    return 0;
}

int tree_put_review(struct tree *tree, bool of_group, int64_t subject_id, const struct review *row)
{
    struct reviews *reviews;
    int r = find_reviews(tree, of_group, subject_id, &reviews);

    if (r < 0)
        return r;
    return date_given(row->date) ? reviews_put(reviews, row) : -EINVAL;
}

void tree_end_review(struct tree *tree, bool of_group, int64_t subject_id, int64_t id)
{
    struct reviews *reviews;

    if (find_reviews(tree, of_group, subject_id, &reviews) == 0)
        reviews_end(reviews, id);
}

/* --- nudges --- */

const struct nudge *node_nudge(const struct node *node)
{
    return node->extra ? node->extra->nudge : NULL;
}

int tree_put_nudge(struct tree *tree, int64_t node_id, const struct nudge *row)
{
    struct node *node = tree_node(tree, node_id);
    struct extra *extra = node ? node_extra(node) : NULL;
    AUTO(free_ptr) char *note = NULL;

    if (!extra)
        return node ? -ENOMEM : -ENOENT;
    if (copy_string(row->note, &note) < 0)
        return -ENOMEM;
    if (!extra->nudge)
        extra->nudge = calloc(1, sizeof *extra->nudge);
    if (!extra->nudge)
        return -ENOMEM;
    free(extra->nudge->note);
    *extra->nudge = *row;
    extra->nudge->note = STEAL(note);
    return 0;
}

void tree_end_nudge(struct tree *tree, int64_t node_id)
{
    struct node *node = tree_node(tree, node_id);

    if (node && node->extra)
        nudge_free(STEAL(node->extra->nudge));
}

/* --- rules of reminders --- */

void tree_put_reminder_setting(struct tree *tree, enum remind_rule rule,
                               const struct reminder_setting *row)
{
    if (rule != REMIND_NUDGE)
        tree->reminder_settings[rule] = *row;
}

void tree_end_reminder_setting(struct tree *tree, enum remind_rule rule)
{
    tree->reminder_settings[rule] = (struct reminder_setting){0};
}

struct reminder_rule tree_reminder_rule(const struct tree *tree, enum remind_rule rule)
{
    return reminder_rule_of(rule, &tree->reminder_settings[rule]);
}

/* --- drafts --- */

static void draft_free(struct draft *draft)
{
    free(draft->note);
    free(draft->evidence);
    free(draft->reason);
    free(draft);
}

const struct draft *tree_draft(const struct tree *tree, int64_t id)
{
    struct draft *draft = NULL;

    HASH_BY_ID(tree->drafts, id, draft);
    return draft;
}

int tree_put_draft(struct tree *tree, const struct draft *row)
{
    struct draft copy = *row;

    if (!tree_node(tree, row->node_id))
        return -ENOENT;
    copy.note = copy.evidence = copy.reason = NULL;
    int r = copy_string(row->note, &copy.note);
    if (r == 0)
        r = copy_string(row->evidence, &copy.evidence);
    if (r == 0)
        r = copy_string(row->reason, &copy.reason);
    if (r == 0) {
        tree_end_draft(tree, row->id);
        r = HASH_PUT_PLAIN(tree->drafts, &copy);
    }
    if (r < 0) {
        free(copy.note);
        free(copy.evidence);
        free(copy.reason);
    }
    return r;
}

void tree_end_draft(struct tree *tree, int64_t id)
{
    struct draft *draft = (struct draft *)tree_draft(tree, id);

    if (!draft)
        return;
    HASH_TAKE(by_id, tree->drafts, draft);
    draft_free(draft);
}

static void group_reviews_free(struct group_reviews *reviews)
{
    reviews_done(&reviews->reviews);
    free(reviews);
}

void tree_free_extras(struct tree *tree)
{
    HASH_FREE_ALL(tree->drafts, draft_free);
    HASH_FREE_ALL(tree->waiting, free);
    HASH_FREE_ALL(tree->group_reviews, group_reviews_free);
}
