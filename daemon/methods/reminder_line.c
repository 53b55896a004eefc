/* The lines of ListReminders; see reminder_list.h. */
#include "core/hash.h"

#include "methods/reminder_list.h"

#include <string.h>

#include "core/array.h"
#include "methods/describe.h"
#include "methods/value.h"

static const char *const status_names[] = {
    [LINE_SENT] = "sent",       [LINE_SKIPPED] = "skipped",   [LINE_CLAIMED] = "claimed",
    [LINE_FAILED] = "failed",   [LINE_GIVEN_UP] = "given_up", [LINE_DUE] = "due",
    [LINE_TO_COME] = "to_come", [LINE_NONE] = "none",
};

int lines_add(struct reminder_lines *lines, struct reminder_line line)
{
    if (ARRAY_RESERVE(lines->items, lines->count) < 0) {
        free(line.reason);
        return -ENOMEM;
    }
    lines->items[lines->count++] = line;
    return 0;
}

static enum line_status status_of(const struct reminded_row *row)
{
    switch (row->row.status) {
    case LEDGER_CLAIMED:
        return LINE_CLAIMED;
    case LEDGER_SENT:
        return LINE_SENT;
    case LEDGER_FAILED:
        return row->given_up ? LINE_GIVEN_UP : LINE_FAILED;
    case LEDGER_SKIPPED:
        return LINE_SKIPPED;
    }
    return LINE_SKIPPED;
}

int lines_add_row(struct reminder_lines *lines, const struct reminded_row *row)
{
    const struct ledger_row *of = &row->row;
    struct reminder_line line = {
        .occurrence = {.item_id = of->item_id,
                       .recipient_id = of->recipient_id,
                       .node_id = of->item == ITEM_NODE ? of->item_id : NODE_NONE,
                       .step = of->step,
                       .item = of->item,
                       .rule = of->rule,
                       .why = of->why,
                       .recipient = of->recipient,
                       .version = of->version,
                       .planned = of->planned},
        .status = status_of(row),
        .has_rule = true,
        .has_recipient = true,
        .row_id = of->id,
        .changed_us = row->changed_us,
        .reason = row->reason ? strdup(row->reason) : NULL,
    };

    return row->reason && !line.reason ? -ENOMEM : lines_add(lines, line);
}

int lines_add_all(struct reminder_lines *lines, const struct occurrences *occurrences,
                  enum line_status status)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < occurrences->count; i++)
        r = lines_add(lines, (struct reminder_line){.occurrence = occurrences->items[i],
                                                    .status = status,
                                                    .has_rule = true,
                                                    .has_recipient = true});
    return r;
}

void lines_done(struct reminder_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i].reason);
    free(lines->items);
    heap_done(&lines->order);
    *lines = (struct reminder_lines){0};
}

/* --- which node a role is on --- */

static bool wants_node(const struct reminder_line *line)
{
    return line->occurrence.item == ITEM_ASSIGNMENT && line->occurrence.node_id == NODE_NONE;
}

static int note_wanted(const struct reminder_lines *lines, struct ids *wanted)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < lines->count; i++) {
        if (wants_node(&lines->items[i]))
            r = ids_add(wanted, lines->items[i].occurrence.item_id);
    }
    ids_order(wanted);
    return r;
}

struct place {
    int64_t assignment_id, node_id;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a, *right = b;

    return (left->assignment_id > right->assignment_id) -
           (left->assignment_id < right->assignment_id);
}

static size_t find_places(const struct ids *wanted, const struct tree *tree, struct place *places)
{
    const struct node *node;
    size_t count = 0;

    for (size_t at = 0; count < wanted->count && (node = tree_next_node(tree, &at));) {
        for (uint32_t i = 0; i < node->n_assignments && count < wanted->count; i++) {
            if (ids_have(wanted, node->assignments[i].id))
                places[count++] = (struct place){node->assignments[i].id, node->id};
        }
    }
    qsort(places, count, sizeof(*places), compare_places);
    return count;
}

static void set_places(struct reminder_lines *lines, const struct place *places, size_t count)
{
    for (size_t i = 0; i < lines->count; i++) {
        struct occurrence *o = &lines->items[i].occurrence;
        const struct place wanted = {.assignment_id = o->item_id}, *place;

        if (!wants_node(&lines->items[i]))
            continue;
        place = bsearch(&wanted, places, count, sizeof(*places), compare_places);
        o->node_id = place ? place->node_id : NODE_NONE;
    }
}

int lines_find_nodes(struct reminder_lines *lines, const struct tree *tree)
{
    struct ids wanted = {0};
    struct place *places = NULL;
    int r = note_wanted(lines, &wanted);

    if (r == 0 && wanted.count > 0) {
        places = calloc(wanted.count, sizeof(*places));
        if (places)
            set_places(lines, places, find_places(&wanted, tree, places));
        else
            r = -ENOMEM;
    }
    free(places);
    ids_done(&wanted);
    return r;
}

/* --- their order --- */

#define DAY_US (86400 * INT64_C(1000000))

int lines_order(struct reminder_lines *lines, int32_t today)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < lines->count; i++) {
        const struct reminder_line *line = &lines->items[i];
        struct heap_item item = {.id = (int64_t)i};

        switch (line->status) {
        case LINE_NONE:
            item.rank = INT64_MAX;
            break;
        case LINE_TO_COME:
            item.rank = (line->occurrence.planned + 1) * DAY_US;
            break;
        case LINE_DUE:
            item.rank = (today + 1) * DAY_US;
            break;
        default:
            item.rank = line->changed_us;
        }
        r = heap_push(&lines->order, item);
    }
    return r;
}

const struct reminder_line *lines_next(struct reminder_lines *lines)
{
    struct heap_item item;

    return heap_pop(&lines->order, &item) ? &lines->items[item.id] : NULL;
}

/* --- telling one --- */

static void write_holder(struct writer *writer, const char *key, const struct request *request,
                         enum holder holder, int64_t id)
{
    AUTO(free_ptr) char *text = NULL;

    if (id && asprintf(&text, "%s:%s", holder_names[holder],
                       describe_holder_key(request, holder, id)) < 0)
        text = NULL;
    writer_text(writer, key, text);
}

static const struct group *group_of(const struct tree *tree, const struct occurrence *o)
{
    struct membership *membership = NULL;

    if (o->item == ITEM_GROUP)
        return tree_group(tree, o->item_id);
    if (o->item != ITEM_MEMBERSHIP)
        return NULL;
    HASH_BY_ID(tree->memberships, o->item_id, membership);
    return membership ? tree_group(tree, membership->group_id) : NULL;
}

static void write_what(struct writer *writer, const struct request *request,
                       const struct reminder_line *line)
{
    const struct occurrence *o = &line->occurrence;
    const struct node *node = o->node_id == NODE_NONE ? NULL : tree_node(request->tree, o->node_id);
    const struct group *group = group_of(request->tree, o);

    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "alias", request->tree->strategy.alias);
    writer_text(writer, "item", remind_item_names[o->item]);
    writer_text(writer, "code", node ? node->code ? node->code : "" : NULL);
    writer_text(writer, "group", group ? group->key : NULL);
    if (node || group)
        describe_title(writer, "title", request, node ? &node->titles : &group->names);
    else
        writer_null(writer, "title");
    writer_text(writer, "rule", line->has_rule ? remind_rule_names[o->rule] : NULL);
}

static void write_when(struct writer *writer, const struct reminder_line *line)
{
    const struct occurrence *o = &line->occurrence;

    if (line->status == LINE_NONE) {
        writer_null(writer, "step");
        writer_null(writer, "date");
        writer_null(writer, "planned");
        return;
    }
    writer_int(writer, "step", o->step);
    describe_day(writer, "date", o->version);
    describe_day(writer, "planned", o->planned);
}

static void write_whom(struct writer *writer, const struct request *request,
                       const struct reminder_line *line)
{
    const struct occurrence *o = &line->occurrence;
    bool told = line->status != LINE_NONE;

    write_holder(writer, "recipient", request, o->recipient,
                 line->has_recipient ? o->recipient_id : 0);
    writer_text(writer, "name",
                line->has_recipient ? describe_holder_name(request, o->recipient, o->recipient_id)
                                    : NULL);
    writer_text(writer, "why", told ? remind_why_names[o->why] : NULL);
    write_holder(writer, "via", request, o->via, told ? o->via_id : 0);
    writer_text(writer, "viaName",
                told && o->via_id ? describe_holder_name(request, o->via, o->via_id) : NULL);
}

void line_write(struct writer *writer, struct request *request, const struct reminder_line *line)
{
    char changed[TIME_TEXT_SIZE];

    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "reminder");
    write_what(writer, request, line);
    write_when(writer, line);
    writer_text(writer, "status", status_names[line->status]);
    write_whom(writer, request, line);
    writer_text(writer, "reason", line->reason);
    if (line->row_id)
        writer_int(writer, "id", line->row_id);
    else
        writer_null(writer, "id");
    writer_text(writer, "changed",
                line->changed_us ? time_format(line->changed_us, changed) : NULL);
    writer_end_object(writer);
    writer_end_object(writer);
}
