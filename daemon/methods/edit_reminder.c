/*
 * How people are reminded: SetReminderRule says how a strategy's rules differ from the defaults,
 * NudgeNode asks those who answer for a node for an update now. Of a node there is one nudge: a
 * newer one takes the place of an older one.
 */
#include <errno.h>
#include <inttypes.h>

#include "core/lacks.h"
#include "core/reminders.h"
#include "methods/describe.h"
#include "methods/edit.h"
#include "methods/import_internal.h"
#include "methods/payload.h"
#include "methods/reminder_row.h"
#include "methods/rows.h"
#include "methods/table.h"

/* --- SetReminderRule --- */

static const struct edit_field rule_fields[] = {
    {{"rule", TYPE_WORD, true, reminder_rule_words, NULL}, "rule", 0, NULL},
    EDIT_NEEDED("off", TYPE_FLAG, "off"),
    EDIT_VALUE("offsets", TYPE_OFFSETS, "offsets"),
    EDIT_VALUE("every", TYPE_EVERY, "every"),
    EDIT_VALUE("working", TYPE_FLAG, "working"),
};

/* The row as it is, or one that says nothing. */
static json_t *rule_base(const struct reminder_setting *setting, enum remind_rule rule)
{
    const struct reminder_setting nothing = {0};

    return row_of_reminder_rule(rule, setting->id ? setting : &nothing);
}

static bool says_nothing(const json_t *row)
{
    return json_is_false(json_object_get(row, "off")) && json_object_size(row) == 2;
}

static int plan_rule(struct edit *edit)
{
    const char *word = param_text(edit->call, "rule");
    enum remind_rule rule = (enum remind_rule)enum_parse(remind_rule_names, word);
    const struct reminder_setting *setting = &edit->tree->reminder_settings[rule];
    json_auto_t *old = rule_base(setting, rule), *row = NULL;
    struct reminder_fault fault = {0};
    int r = old ? edit_row(edit, old, &row) : -ENOMEM;

    if (r < 0)
        return r;
    if (reminder_row_fault(row, &fault))
        return edit_refuse(edit, fault.field, "%s", fault.message);
    if (says_nothing(row))
        return setting->id ? edit_end(edit, setting->id, word) : 0;
    return edit_put(edit, setting->id, word, setting->id ? old : NULL, row);
}

static void write_rule(const struct edit *edit, struct writer *writer)
{
    writer_text(writer, "rule", param_text(edit->call, "rule"));
}

static const struct edit_kind setting_rule = {.entity = "reminder_rule",
                                              .fields = rule_fields,
                                              .n_fields = ARRAY_LEN(rule_fields),
                                              .without_code = true,
                                              .plan = plan_rule,
                                              .answer = write_rule};

const struct answer *method_set_reminder_rule(struct call *call)
{
    return edit_submit(call, &setting_rule);
}

/* --- NudgeNode --- */

static const struct edit_field nudge_fields[] = {
    EDIT_CODE_ID("node_id"),
    EDIT_KEPT("date"),
    EDIT_VALUE("message", TYPE_SHORT, "note"),
    EDIT_KEPT("account_id"),
};

static int plan_nudge(struct edit *edit)
{
    const struct nudge *old = node_nudge(edit->node);
    json_auto_t *base = NULL, *row = NULL;
    AUTO(free_ptr) char *key = NULL;
    char day[DATE_TEXT_SIZE];
    int r;

    if (!result_is_open(rules_result(edit->plan->slot->tree, edit->node, edit->today)))
        return edit_refuse(edit, "code", "is done or closed: there is nothing to report");
    base = json_pack("{s:s,s:I}", "date", date_format(date_from_day(edit->today), day),
                     "account_id", (json_int_t)edit->change.account);
    r = base ? edit_row(edit, base, &row) : -ENOMEM;
    if (r == 0)
        r = key_format(&key, "%" PRId64, edit->node_id);
    /* the same words again are another question */
    return r < 0 ? r : edit_put(edit, old ? old->id : 0, key, NULL, row);
}

static void write_addressee(struct writer *writer, const struct request *request,
                            const struct addressee *one)
{
    writer_begin_object(writer, NULL);
    writer_text(writer, "kind", holder_names[one->holder]);
    writer_text(writer, "key", describe_holder_key(request, one->holder, one->id));
    writer_text(writer, "name", describe_holder_name(request, one->holder, one->id));
    writer_text(writer, "why", remind_why_names[one->why]);
    writer_end_object(writer);
}

/* Whom the node's reminders reach as things stand. */
static int find_addressees(const struct request *request, struct node *node,
                           struct addressees *list)
{
    const struct remind_view view = {
        .registry = request->registry, .tree = request->tree, .day = request->today};
    struct address_book book;
    int r = address_book_init(request->registry, request->tree, request->today, &book);

    if (r < 0)
        return r;
    r = reminders_addressees(&book, &view, node, REMIND_DUE, list);
    address_book_done(&book);
    return r;
}

static void write_reached(const struct edit *edit, struct writer *writer)
{
    struct addressees list = {0};
    struct request request;
    struct node *node = NULL;

    if (request_reopen(edit->call, edit->change.slot->id, &request) == 0)
        node = tree_node(request.tree, edit->node_id);
    if (node)
        writer->failed |= find_addressees(&request, node, &list) < 0;
    writer_begin_array(writer, "reaches");
    for (size_t i = 0; i < list.count; i++)
        write_addressee(writer, &request, &list.items[i]);
    writer_end_array(writer);
    free(list.items);
}

static const struct edit_kind nudging = {.entity = "nudge",
                                         .fields = nudge_fields,
                                         .n_fields = ARRAY_LEN(nudge_fields),
                                         .plan = plan_nudge,
                                         .answer = write_reached};

const struct answer *method_nudge(struct call *call)
{
    return edit_submit(call, &nudging);
}
