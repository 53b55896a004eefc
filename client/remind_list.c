/*
 * goal remind: with --list the reminders of a strategy, a node or a person; everything else that
 * it does is goal-mail's.
 */
#include "commands.h"

#include <string.h>

#include "output.h"
#include "program.h"
#include "table.h"
#include "text.h"

enum { LIST_WHEN, LIST_STATUS, LIST_ID, LIST_WHAT, LIST_RULE, LIST_WHO, LIST_WHY, LIST_TITLE };

static const struct column list_columns[] = {
    [LIST_WHEN] = {.name = "WHEN"},
    [LIST_STATUS] = {.name = "STATUS"},
    [LIST_ID] = {.name = "ID", .flags = COLUMN_RIGHT},
    [LIST_WHAT] = {.name = "WHAT"},
    [LIST_RULE] = {.name = "RULE"},
    [LIST_WHO] = {.name = "WHO"},
    [LIST_WHY] = {.name = "WHY"},
    [LIST_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT, .min = 12},
};

static bool is_status(const json_t *reminder, const char *status)
{
    const char *own = get_text(reminder, "status");
    return own && strcmp(own, status) == 0;
}

/* The day on which it became what it is, or is planned to be sent; "" for what is not sent. */
static char *when_text(const json_t *reminder)
{
    const char *changed = get_text(reminder, "changed"), *planned = get_text(reminder, "planned");
    if (changed)
        return text_format("%.10s", changed);
    return text_copy(is_status(reminder, "due") ? "now" : planned ? planned : "");
}

static const char *status_colour(const json_t *reminder)
{
    if (is_status(reminder, "failed") || is_status(reminder, "given_up"))
        return "red";
    return is_status(reminder, "due") ? "yellow" : NULL;
}

/* "overdue 3 days" is for mails: here it is the rule, and which of its steps. */
static char *rule_text(const json_t *reminder)
{
    const char *rule = get_text(reminder, "rule");
    long step = get_int(reminder, "step", 0);
    AUTO(free_ptr) char *word = word_text(rule ? rule : "");
    AUTO(free_ptr) char *days = days_text(step < 0 ? -step : step);
    if (!rule || strcmp(rule, "nudge") == 0 || is_status(reminder, "none"))
        return text_copy(word);
    if (strcmp(rule, "escalation") == 0)
        return text_format("%s %ld", word, step);
    if (step == 0)
        return text_copy(word);
    return text_format(step > 0 ? "%s in %s" : "%s %s late", word, days);
}

/* "owner through group:halsodata: not addressed"; with older ones that gave way like it */
static char *why_text(const json_t *reminder, size_t older)
{
    const char *why = get_text(reminder, "why"), *via = get_text(reminder, "via");
    const char *reason = get_text(reminder, "reason");
    bool word = is_status(reminder, "skipped") || is_status(reminder, "none");
    AUTO(free_ptr) char *way = word_text(why ? why : "");
    AUTO(free_ptr)
    char *reasons = word ? word_text(reason ? reason : "") : text_copy(reason ? reason : "");
    AUTO(free_ptr) char *more = older ? text_format(", as %zu before it", older) : text_copy("");
    return text_format("%s%s%s%s%s%s", way, via ? " through " : "", via ? via : "",
                       *way && *reasons ? ": " : "", reasons, more);
}

static char *what_text(const json_t *reminder)
{
    const char *code = get_text(reminder, "code"), *group = get_text(reminder, "group");
    const char *strategy = get_text(reminder, "alias");
    if (!strategy)
        strategy = get_text(reminder, "strategy");
    if (group)
        return text_format("group:%s", group);
    return text_copy(code && *code ? code : strategy);
}

static void add_reminder(struct table *table, const json_t *reminder, size_t older)
{
    const char *name = get_text(reminder, "name");
    int line = table_add(table, -1);
    long id = get_int(reminder, "id", 0);
    AUTO(free_ptr) char *when = when_text(reminder);
    AUTO(free_ptr) char *status = word_text(get_text(reminder, "status"));
    AUTO(free_ptr) char *number = id ? text_format("%ld", id) : NULL;
    AUTO(free_ptr) char *what = what_text(reminder);
    AUTO(free_ptr) char *rule = rule_text(reminder);
    AUTO(free_ptr) char *why = why_text(reminder, older);
    table_set(table, line, LIST_WHEN, when);
    table_set(table, line, LIST_STATUS, status);
    table_set_colour(table, line, LIST_STATUS, status_colour(reminder));
    table_set(table, line, LIST_ID, number);
    table_set(table, line, LIST_WHAT, what);
    table_set(table, line, LIST_RULE, rule);
    table_set(table, line, LIST_WHO, name ? name : get_text(reminder, "recipient"));
    table_set(table, line, LIST_WHY, why);
    table_set(table, line, LIST_TITLE, get_text(reminder, "title"));
}

/* Does what a reply has to say go without saying after another one? What gave way to a newer one
 * long before does: a strategy that is reminded of for the first time has many. */
static bool is_older(const json_t *reminder, const json_t *shown)
{
    static const char *const fields[] = {"strategy", "code", "group", "rule", "recipient", "why"};
    const char *reason = get_text(reminder, "reason"), *other = get_text(shown, "reason");
    if (!reason || !other || strcmp(reason, "newer") != 0 || strcmp(other, reason) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (!json_equal(json_object_get(reminder, fields[i]), json_object_get(shown, fields[i])) &&
            (json_object_get(reminder, fields[i]) || json_object_get(shown, fields[i])))
            return false;
    return true;
}

static const json_t *reminder_at(const json_t *replies, size_t i)
{
    return get_object(json_array_get(replies, i), "reminder");
}

static void list_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(list_columns, ARRAY_LEN(list_columns));
    for (size_t i = 0, older; i < json_array_size(replies); i += 1 + older) {
        const json_t *reminder = reminder_at(replies, i);
        for (older = 0; reminder && is_older(reminder_at(replies, i + older + 1), reminder);)
            older++;
        if (reminder)
            add_reminder(table, reminder, older);
    }
    goal_print_table(goal, table, "no reminder in these days");
}

static void build_list(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListReminders", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", true);
    set_option(goal, asks[0].parameters, "strategy", "strategy");
    set_option(goal, asks[0].parameters, "person", "person");
    set_number(goal, asks[0].parameters, "days", "days");
}

int remind_start(struct goal *goal)
{
    if (args_has(&goal->args, "list"))
        return goal_ask_and_print(goal, build_list, list_print);
    if (goal->args.count > 0 || args_has(&goal->args, "person") || args_has(&goal->args, "days"))
        return goal_fail(EXIT_USAGE, "STRATEGY[:CODE], --person and --days are for --list; only "
                                     "one strategy is reminded of by --strategy");
    return program_hand_over(goal);
}
