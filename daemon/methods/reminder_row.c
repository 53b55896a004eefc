/* What a rule's row may hold; see reminder_row.h. */
#include "methods/reminder_row.h"

#include "core/tree.h"

const char *const reminder_rule_words[] = {"due", "checkin", "review", "term", "escalation", NULL};

static const char *offsets_fault(enum remind_rule rule, const json_t *list)
{
    int64_t offsets[REMINDER_OFFSETS] = {0};
    size_t count = json_array_size(list);

    for (size_t i = 0; i < count && i < REMINDER_OFFSETS; i++)
        offsets[i] = json_integer_value(json_array_get(list, i));
    return reminder_offsets_fault(rule, offsets, count);
}

bool reminder_row_fault(const json_t *row, struct reminder_fault *ret_fault)
{
    const char *word = json_string_value(json_object_get(row, "rule"));
    enum remind_rule rule = (enum remind_rule)enum_parse(remind_rule_names, word);
    const json_t *offsets = json_object_get(row, "offsets");
    struct reminder_fault fault = {0};

    if (offsets)
        fault = (struct reminder_fault){"offsets", offsets_fault(rule, offsets)};
    if (!fault.message && json_object_get(row, "every") && !reminder_rule_has_every(rule))
        fault = (struct reminder_fault){"every", "the rule does not repeat"};
    if (!fault.message && json_object_get(row, "working") && !reminder_rule_has_offsets(rule))
        fault = (struct reminder_fault){"working", "the rule has no offsets to count"};
    *ret_fault = fault;
    return fault.message != NULL;
}
