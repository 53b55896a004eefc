/* What the rules of reminders are set to; see reminder_rule.h. */
#include "core/reminder_rule.h"

#include <string.h>

const char *const remind_rule_names[] = {"due",        "checkin", "review", "term",
                                         "escalation", "nudge",   NULL};

const struct reminder_rule reminder_rule_defaults[REMIND_RULES] = {
    [REMIND_DUE] = {.every = 7, .n_offsets = 5, .offsets = {30, 14, 7, 1, 0}},
    [REMIND_CHECKIN] = {.every = 7, .n_offsets = 1, .offsets = {0}},
    [REMIND_REVIEW] = {.every = 30, .n_offsets = 2, .offsets = {14, 0}},
    [REMIND_TERM] = {.n_offsets = 2, .offsets = {30, 7}},
    [REMIND_ESCALATION] = {.working = true, .n_offsets = REMINDER_GRACES, .offsets = {5, 5, 5}},
    [REMIND_NUDGE] = {.n_offsets = 1, .offsets = {0}},
};

struct reminder_rule reminder_rule_of(enum remind_rule rule, const struct reminder_setting *setting)
{
    struct reminder_rule result = reminder_rule_defaults[rule];
    const struct reminder_rule *said = &setting->rule;

    if (setting->id == 0)
        return result;
    result.off = setting->off;
    if (setting->has_working)
        result.working = said->working;
    if (setting->has_every)
        result.every = said->every;
    if (setting->has_offsets) {
        result.n_offsets = said->n_offsets;
        memcpy(result.offsets, said->offsets, sizeof(result.offsets));
    }
    return result;
}

/* A check-in cannot be asked for before it is missing. */
bool reminder_rule_has_offsets(enum remind_rule rule)
{
    return rule != REMIND_CHECKIN && rule != REMIND_NUDGE;
}

bool reminder_rule_has_every(enum remind_rule rule)
{
    return rule == REMIND_DUE || rule == REMIND_CHECKIN || rule == REMIND_REVIEW;
}

const char *reminder_offsets_fault(enum remind_rule rule, const int64_t *offsets, size_t count)
{
    bool graces = rule == REMIND_ESCALATION;

    if (!reminder_rule_has_offsets(rule))
        return "the rule has none";
    if (count > (graces ? REMINDER_GRACES : REMINDER_OFFSETS))
        return graces ? "more than the three steps of an escalation" : "more than 16";
    for (size_t i = 0; i < count; i++) {
        if (offsets[i] < 0 || offsets[i] > REMINDER_EVERY_MAX)
            return "a number of days is from 0 to 3650";
        if (!graces && i > 0 && offsets[i] >= offsets[i - 1])
            return "not in descending order";
    }
    return NULL;
}
