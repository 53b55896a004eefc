/*
 * ListReminderRules: how a strategy reminds people, one rule a reply, whether it says so itself or
 * leaves it at the default.
 */
#include <stdlib.h>

#include "methods/fail.h"
#include "methods/reminder_row.h"
#include "methods/table.h"
#include "methods/request.h"

struct rule_stream {
    struct stream stream;
    struct call *call;
    int32_t strategy_id;
    int at; /* the next rule */
};

static void rule_stream_free(struct stream *stream)
{
    free(stream);
}

/* The names of what the strategy says itself. */
static void write_own(struct writer *writer, const struct reminder_setting *setting)
{
    writer_begin_array(writer, "own");
    if (setting->id && setting->off)
        writer_text(writer, NULL, "off");
    if (setting->id && setting->has_offsets)
        writer_text(writer, NULL, "offsets");
    if (setting->id && setting->has_every)
        writer_text(writer, NULL, "every");
    if (setting->id && setting->has_working)
        writer_text(writer, NULL, "working");
    writer_end_array(writer);
}

static void write_rule(struct writer *writer, enum remind_rule at, const struct tree *tree)
{
    const struct reminder_rule rule = tree_reminder_rule(tree, at);

    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "rule");
    writer_text(writer, "rule", remind_rule_names[at]);
    writer_bool(writer, "off", rule.off);
    writer_begin_array(writer, "offsets");
    for (uint32_t i = 0; reminder_rule_has_offsets(at) && i < rule.n_offsets; i++)
        writer_int(writer, NULL, rule.offsets[i]);
    writer_end_array(writer);
    if (reminder_rule_has_every(at))
        writer_int(writer, "every", rule.every);
    else
        writer_null(writer, "every");
    writer_bool(writer, "working", rule.working);
    write_own(writer, &tree->reminder_settings[at]);
    writer_end_object(writer);
    writer_end_object(writer);
}

static int rule_stream_next(struct stream *stream, struct writer *writer)
{
    struct rule_stream *list = (struct rule_stream *)stream;
    struct request request;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    if (list->at == REMIND_NUDGE)
        return 0;
    write_rule(writer, (enum remind_rule)list->at++, request.tree);
    return 1;
}

const struct answer *method_list_reminder_rules(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    struct rule_stream *list;

    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = rule_stream_next;
    list->stream.free = rule_stream_free;
    list->call = call;
    list->strategy_id = request.slot->id;
    return call_stream(call, &list->stream);
}
