/*
 * Nodes: AddNode, ChangeNode (which also moves them), RemoveNode. A node that is removed is ended
 * in the journal; only one that nothing refers to may be.
 */
#include "core/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "methods/edit.h"
#include "methods/rows.h"
#include "methods/table.h"

static const struct edit_field node_fields[] = {
    EDIT_VALUE("newCode", TYPE_ID, NULL),
    EDIT_REFERENCE("parent", REFERS_NODE, "parent_id"),
    EDIT_TEXTS("titles", "title", "titles"),
    {{"kind", TYPE_WORD, true, kind_names + 1, NULL}, "kind", 0, NULL},
    EDIT_WORD("stage", stage_names + 1, "stage"),
    EDIT_VALUE("start", TYPE_DATE, "start"),
    EDIT_VALUE("unit", TYPE_SHORT, "unit"),
    EDIT_WORD("direction", direction_names + 1, "direction"),
    EDIT_VALUE("sectors", TYPE_IDS, "sectors"),
    EDIT_VALUE("cadence", TYPE_DAYS, "cadence"),
    EDIT_VALUE("due", TYPE_DATE, "due"),
    EDIT_VALUE("dueAfter", TYPE_SPAN_TEXT, "due_after"),
    EDIT_VALUE("weight", TYPE_WEIGHT, "weight"),
    EDIT_VALUE("baseline", TYPE_NUMBER, "baseline"),
    EDIT_VALUE("target", TYPE_NUMBER, "target"),
};

/* --- what holds between the members of a row --- */

static struct date row_date(const json_t *row, const char *column)
{
    struct date date = {0};

    (void)!date_parse(json_string_value(json_object_get(row, column)), &date);
    return date;
}

static int check_kind(struct edit *edit, const json_t *row)
{
    static const char *const of_measures[] = {"baseline", "target", "unit", "direction"};
    enum kind kind =
        (enum kind)enum_parse(kind_names, json_string_value(json_object_get(row, "kind")));

    if (json_object_get(row, "stage") && !kind_is_work(kind))
        return edit_refuse(edit, "stage", "only initiatives and deliverables have one");
    for (size_t i = 0; i < ARRAY_LEN(of_measures); i++) {
        if (json_object_get(row, of_measures[i]) && kind != KIND_INDICATOR)
            return edit_refuse(edit, of_measures[i], "only indicators have one");
    }
    return 0;
}

static int check_dates(struct edit *edit, const json_t *row)
{
    struct date start = row_date(row, "start"), due = row_date(row, "due");
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];

    if (!date_given(start) || !date_given(due) || date_last_day(due) >= date_first_day(start))
        return 0;
    return edit_refuse(edit, param_given(edit->call, "due") ? "due" : "start",
                       "due %s is before start %s", date_format(due, to), date_format(start, from));
}

/* The node that the row is below. */
static const struct node *row_parent(const struct edit *edit, const json_t *row)
{
    return tree_node(edit->tree, json_integer_value(json_object_get(row, "parent_id")));
}

static int check_sectors(struct edit *edit, const json_t *row)
{
    const json_t *list = json_object_get(row, "sectors"), *item;
    size_t i;

    json_array_foreach (list, i, item) {
        const char *key = json_string_value(item);
        char field[64];

        snprintf(field, sizeof(field), "sectors[%zu]", i);
        if (!tree_sector(edit->tree, key))
            return edit_refuse(edit, field, "the strategy has no sector \"%.100s\"", key);
    }
    return 0;
}

static int check_row(struct edit *edit, const json_t *row)
{
    int r = check_kind(edit, row);

    if (r == 0)
        r = check_dates(edit, row);
    return r < 0 ? r : check_sectors(edit, row);
}

/* A due date, or so long after the start: one is given instead of the other. */
static int check_due(struct edit *edit, const struct request *request UNUSED)
{
    if (param_given(edit->call, "due") && param_given(edit->call, "dueAfter"))
        return edit_refuse(edit, "dueAfter", "a due date is given too");
    return 0;
}

/* --- AddNode --- */

/* The code asked for, else the next free one. */
static int new_code(struct edit *edit, char ret_code[32], const char **ret)
{
    const char *asked = param_text(edit->call, "newCode");

    if (asked && tree_node_by_code(edit->tree, asked))
        return edit_exists(edit, "newCode", asked);
    for (unsigned n = 1; !asked; n++) {
        snprintf(ret_code, 32, "n%u", n);
        if (!tree_node_by_code(edit->tree, ret_code))
            asked = ret_code;
    }
    *ret = asked;
    return 0;
}

static int plan_add(struct edit *edit)
{
    json_auto_t *row = NULL, *on_top = json_pack("{s:i}", "parent_id", 0);
    const char *code = NULL;
    char made[32];
    int r = new_code(edit, made, &code);

    if (r == 0)
        r = edit_row(edit, on_top, &row);
    if (r == 0)
        r = check_row(edit, row);
    if (r == 0)
        r = edit_check_way(edit, "parent", NULL, row_parent(edit, row), true);
    return r < 0 ? r : edit_put(edit, 0, code, NULL, row);
}

static const struct edit_kind adding = {.entity = "node",
                                        .fields = node_fields,
                                        .n_fields = ARRAY_LEN(node_fields),
                                        .check = check_due,
                                        .plan = plan_add};

const struct answer *method_add_node(struct call *call)
{
    return edit_submit(call, &adding);
}

/* --- ChangeNode --- */

static int check_is_node(struct edit *edit, const struct request *request UNUSED)
{
    return edit->node_id ? 0 : edit_refuse(edit, "code", "is the strategy itself, not a node");
}

static int check_change(struct edit *edit, const struct request *request)
{
    int r = check_is_node(edit, request);

    return r < 0 ? r : check_due(edit, request);
}

/* What the call replaces by something of another name goes. */
static void drop_replaced(const struct edit *edit, json_t *row)
{
    if (param_given(edit->call, "due"))
        json_object_del(row, "due_after");
    if (param_given(edit->call, "dueAfter"))
        json_object_del(row, "due");
}

/* What was observed stays an indicator. */
static int check_observed(struct edit *edit, const json_t *row)
{
    const struct measure *measure = node_measure(edit->node);
    const char *kind = json_string_value(json_object_get(row, "kind"));

    if (!measure || !measure->n_observations || strcmp(kind, kind_names[KIND_INDICATOR]) == 0)
        return 0;
    return edit_refuse(edit, "kind", "%s has observations, as only indicators have",
                       edit->node->code);
}

/* Without a parent a node is directly below the strategy. */
static int clear_parent(const struct edit *edit, json_t *row)
{
    bool failed =
        edit_clears(edit, "parent") && json_object_set_new(row, "parent_id", json_integer(0)) < 0;

    return failed ? -ENOMEM : 0;
}

static int plan_change(struct edit *edit)
{
    const struct node *node = edit->node, *parent;
    json_auto_t *row = NULL, *old = row_of_node(node), *base = json_copy(old);
    const char *code = param_text(edit->call, "newCode");
    int r;

    if (code && strcmp(code, node->code) != 0 && tree_node_by_code(edit->tree, code))
        return edit_exists(edit, "newCode", code);
    drop_replaced(edit, base);
    r = edit_row(edit, base, &row);
    if (r == 0)
        r = clear_parent(edit, row);
    if (r == 0)
        r = check_row(edit, row);
    if (r == 0)
        r = check_observed(edit, row);
    parent = r == 0 ? row_parent(edit, row) : NULL;
    if (r == 0 && parent != node->parent)
        r = edit_check_way(edit, "parent", node, parent, true);
    if (r < 0)
        return r;
    return edit_put(edit, node->id, code ? code : node->code,
                    code && strcmp(code, node->code) != 0 ? NULL : old, row);
}

static const struct edit_kind changing = {.entity = "node",
                                          .fields = node_fields,
                                          .n_fields = ARRAY_LEN(node_fields),
                                          .check = check_change,
                                          .plan = plan_change};

const struct answer *method_change_node(struct call *call)
{
    return edit_submit(call, &changing);
}

/* --- RemoveNode --- */

static uint32_t count_drafts(const struct tree *tree, const struct node *node)
{
    const struct draft *draft, *next;
    uint32_t count = 0;

    HASH_ITER (by_id, tree->drafts, draft, next)
        count += draft->node_id == node->id;
    return count;
}

/* Relations of other nodes of the strategy to this one. What other strategies say of it is theirs:
 * it may not be the caller's to know. */
static uint32_t count_relations_to(const struct tree *tree, const struct node *node)
{
    const struct node *other;
    uint32_t count = 0;

    for (size_t at = 0; (other = tree_next_node(tree, &at));) {
        for (uint32_t i = 0; other->extra && i < other->extra->n_relations; i++) {
            const struct relation *relation = &other->extra->relations[i];

            count += relation->to_strategy == tree->strategy_id && relation->to_node == node->id;
        }
    }
    return count;
}

/* "2 children, 1 update": what refers to the node; "" for nothing. */
static void list_references(const struct tree *tree, const struct node *node, char *text,
                            size_t size)
{
    const struct {
        const char *one, *several;
        uint32_t count;
    } kinds[] = {
        {"child", "children", node->n_children},
        {"node that serves it", "nodes that serve it", node->n_incoming},
        {"node that it serves", "nodes that it serves", node->n_outgoing},
        {"update", "updates", node->n_updates},
        {"draft", "drafts", count_drafts(tree, node)},
        {"closing", "closings", node->n_closings},
        {"role", "roles", node->n_assignments},
        {"link", "links", node->n_links},
        {"group that aims at it", "groups that aim at it", node->n_aims},
        {"relation", "relations", node->extra ? node->extra->n_relations : 0},
        {"relation to it", "relations to it", count_relations_to(tree, node)},
        {"review", "reviews", node->extra ? node->extra->reviews.count : 0},
        {"nudge", "nudges", node_nudge(node) != NULL},
        {"observation", "observations",
         node_measure(node) ? node_measure(node)->n_observations : 0},
    };
    size_t len = 0;

    *text = '\0';
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].count && len < size)
            len +=
                (size_t)snprintf(text + len, size - len, "%s%u %s", len ? ", " : "", kinds[i].count,
                                 kinds[i].count == 1 ? kinds[i].one : kinds[i].several);
    }
}

static int plan_remove(struct edit *edit)
{
    char references[256];

    list_references(edit->tree, edit->node, references, sizeof(references));
    if (*references)
        return edit_refuse(edit, "code",
                           "%s has %s: what was reported or refers to it stays; "
                           "it can be closed as dropped",
                           edit->node->code, references);
    return edit_end(edit, edit->node_id, edit->node->code);
}

static const struct edit_kind removing = {
    .entity = "node", .check = check_is_node, .plan = plan_remove};

const struct answer *method_remove_node(struct call *call)
{
    return edit_submit(call, &removing);
}
