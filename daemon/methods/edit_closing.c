/*
 * Closings, which are dated events on a node: CloseNode, ReopenNode, AttachEvidence. Whoever
 * contributes to a node of work may close it while it is open; all else is its managers', but for
 * evidence, which may come later.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "methods/edit.h"
#include "methods/payload.h"
#include "methods/rows.h"
#include "methods/table.h"

#define EVIDENCE_MOST 100

static const char *const closing_words[] = {"achieved", "missed", "dropped", NULL};

static const struct edit_field closing_fields[] = {
    EDIT_CODE_ID("node_id"),
    EDIT_VALUE("date", TYPE_DATE, "date"),
    {{"how", TYPE_WORD, true, closing_words, NULL}, "how", 0, NULL},
    EDIT_VALUE("reason", TYPE_LONG, "reason"),
    EDIT_VALUE("note", TYPE_LONG, "note"),
    EDIT_VALUE("evidence", TYPE_ADDRESSES, "evidence"),
};

static const struct edit_field reopening_fields[] = {
    EDIT_CODE_ID("node_id"),
    EDIT_VALUE("date", TYPE_DATE, "date"),
    EDIT_KEPT("how"),
    EDIT_NEEDED("reason", TYPE_LONG, "reason"),
    EDIT_VALUE("note", TYPE_LONG, "note"),
    EDIT_VALUE("evidence", TYPE_ADDRESSES, "evidence"),
};

/* --- what is there --- */

static const struct closing *last_event(const struct node *node)
{
    return node->n_closings ? &node->closings[node->n_closings - 1] : NULL;
}

/* Is it closed by its last event, tomorrow's too? */
static const struct closing *closed_by(const struct node *node)
{
    const struct closing *event = last_event(node);

    return event && event->how != HOW_REOPENED ? event : NULL;
}

static int refuse_same(struct edit *edit, const struct closing *event)
{
    char date[DATE_TEXT_SIZE];

    return edit_refuse(edit, "how", "%s is closed as %s already, since %s", edit->node->code,
                       how_names[event->how], date_format(event->date, date));
}

/* The date of a new event: not before the last one, nor the same again on that day. */
static int check_date(struct edit *edit, enum how how, struct date date)
{
    const struct node *node = edit->node;
    const struct closing *last = last_event(node);
    char text[DATE_TEXT_SIZE], given[DATE_TEXT_SIZE];

    if (last && date_last_day(date) < date_last_day(last->date))
        return edit_refuse(edit, "date", "%s was %s on %s, which is later", node->code,
                           how_names[last->how], date_format(last->date, text));
    date_format(date, given);
    for (uint32_t i = 0; i < node->n_closings; i++) {
        if (node->closings[i].how == how &&
            strcmp(date_format(node->closings[i].date, text), given) == 0)
            return edit_refuse(edit, "date", "%s was %s on %s already; give another day",
                               node->code, how_names[how], given);
    }
    return 0;
}

static int check_evidence(struct edit *edit, size_t count)
{
    return count > EVIDENCE_MOST
               ? edit_refuse(edit, "evidence", "more than %d addresses", EVIDENCE_MOST)
               : 0;
}

static int closing_key(const struct edit *edit, const json_t *row, char **ret_key)
{
    return key_format(ret_key, "%" PRId64 "|%s|%s", edit->node_id,
                      json_string_value(json_object_get(row, "date")),
                      json_string_value(json_object_get(row, "how")));
}

/* --- CloseNode, ReopenNode --- */

static int put_event(struct edit *edit, enum how how)
{
    json_auto_t *base = NULL, *row = NULL;
    AUTO(free_ptr) char *key = NULL;
    char text[DATE_TEXT_SIZE];
    struct date date;
    int r = edit_day(edit, "date", &date);

    if (r == 0)
        r = check_date(edit, how, date);
    if (r < 0)
        return r;
    base = json_pack("{s:s,s:s}", "date", date_format(date, text), "how", how_names[how]);
    r = edit_row(edit, base, &row);
    if (r == 0)
        r = check_evidence(edit, json_array_size(json_object_get(row, "evidence")));
    if (r == 0)
        r = closing_key(edit, row, &key);
    return r < 0 ? r : edit_put(edit, 0, key, NULL, row);
}

static int check_is_node(struct edit *edit)
{
    return edit->node_id ? 0
                         : edit_refuse(edit, "code", "is the strategy itself, which is not closed");
}

/* Contributors close what is open, and work only. */
static int check_contributor(struct edit *edit, const struct node *node)
{
    if (!edit->as_contributor)
        return 0;
    if (!kind_is_work((enum kind)node->kind))
        return edit_forbid(edit, "manager: contributors close initiatives and deliverables only");
    if (closed_by(node))
        return edit_forbid(edit, "manager: it is closed already");
    return 0;
}

static int check_close(struct edit *edit, const struct request *request)
{
    int r = check_is_node(edit);

    return r < 0 ? r : check_contributor(edit, request->node);
}

static int plan_close(struct edit *edit)
{
    const struct closing *closed = closed_by(edit->node);
    enum how how = (enum how)enum_parse(how_names, param_text(edit->call, "how"));
    int r = check_contributor(edit, edit->node);

    if (r < 0)
        return r;
    return closed && closed->how == how ? refuse_same(edit, closed) : put_event(edit, how);
}

static const struct edit_kind closing = {.entity = "closing",
                                         .fields = closing_fields,
                                         .n_fields = ARRAY_LEN(closing_fields),
                                         .check = check_close,
                                         .plan = plan_close};

const struct answer *method_close_node(struct call *call)
{
    return edit_submit(call, &closing);
}

static int plan_reopen(struct edit *edit)
{
    if (!closed_by(edit->node))
        return edit_refuse(edit, "code", "%s is open", edit->node->code);
    return put_event(edit, HOW_REOPENED);
}

static int check_reopen(struct edit *edit, const struct request *request UNUSED)
{
    return check_is_node(edit);
}

static const struct edit_kind reopening = {.entity = "closing",
                                           .fields = reopening_fields,
                                           .n_fields = ARRAY_LEN(reopening_fields),
                                           .check = check_reopen,
                                           .plan = plan_reopen};

const struct answer *method_reopen_node(struct call *call)
{
    return edit_submit(call, &reopening);
}

/* --- AttachEvidence --- */

static bool has_address(const json_t *list, const json_t *address)
{
    const json_t *item;
    size_t i;

    json_array_foreach (list, i, item) {
        if (json_equal(item, address))
            return true;
    }
    return false;
}

/* The closing in force gets a new version, with what is new behind what it has. */
static int plan_attach(struct edit *edit)
{
    const struct closing *closed = closed_by(edit->node);
    json_auto_t *old = NULL, *row = NULL, *list = NULL;
    AUTO(free_ptr) char *key = NULL;
    const json_t *address;
    size_t i;
    int r;

    if (!closed)
        return edit_refuse(edit, "code", "%s is open: evidence goes with an update",
                           *edit->node->code ? edit->node->code : "it");
    old = row_of_closing(edit->node, closed);
    row = json_deep_copy(old);
    list = json_object_get(row, "evidence") ? json_copy(json_object_get(row, "evidence"))
                                            : json_array();
    json_array_foreach (json_object_get(edit->call->parameters, "evidence"), i, address) {
        if (!has_address(list, address))
            json_array_append(list, (json_t *)address);
    }
    r = check_evidence(edit, json_array_size(list));
    if (r == 0 && json_array_size(list))
        r = json_object_set(row, "evidence", list) < 0 ? -ENOMEM : 0;
    if (r == 0)
        r = closing_key(edit, row, &key);
    return r < 0 ? r : edit_put(edit, closed->id, key, old, row);
}

static const struct edit_field attached_fields[] = {
    EDIT_NEEDED("evidence", TYPE_ADDRESSES, NULL),
};

static const struct edit_kind attaching = {.entity = "closing",
                                           .fields = attached_fields,
                                           .n_fields = ARRAY_LEN(attached_fields),
                                           .plan = plan_attach};

const struct answer *method_attach_evidence(struct call *call)
{
    return edit_submit(call, &attaching);
}
