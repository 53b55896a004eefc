/*
 * How a strategy reminds people: goal rules lists its rules, goal rule changes one, goal nudge asks
 * for an update now.
 */
#include <string.h>

#include "commands.h"
#include "edit.h"
#include "output.h"
#include "table.h"
#include "text.h"

/* --- goal rules --- */

enum { RULE_NAME, RULE_WHEN, RULE_THEN, RULE_FROM };

static const struct column rule_columns[] = {
    [RULE_NAME] = {.name = "RULE"},
    [RULE_WHEN] = {.name = "REMINDS", .flags = COLUMN_CUT},
    [RULE_THEN] = {.name = "THEN"},
    [RULE_FROM] = {.name = "SET BY"},
};

/* "30, 14, 7 and 1"; zeros are left out if `on_the_day` is to say them. */
static char *offsets_words(const json_t *offsets, bool *on_the_day)
{
    char *words = text_copy("");
    size_t i, count = json_array_size(offsets);
    json_t *offset;
    if (on_the_day && count > 0)
        *on_the_day = json_integer_value(json_array_get(offsets, count - 1)) == 0;
    count -= on_the_day && *on_the_day;
    json_array_foreach (offsets, i, offset)
        if (i < count)
            text_append(&words, i > 0 && i + 1 == count ? " and " : ", ", "%" JSON_INTEGER_FORMAT,
                        json_integer_value(offset));
    return words;
}

/* "30 and 7 working days before, and on the day" */
static char *when_words(const json_t *rule)
{
    const char *name = get_text(rule, "rule"), *kind = get_flag(rule, "working") ? "working " : "";
    bool escalation = name && strcmp(name, "escalation") == 0, on_the_day = false;
    AUTO(free_ptr)
    char *days = offsets_words(get_list(rule, "offsets"), escalation ? NULL : &on_the_day);
    char *words = text_copy("");
    if (get_flag(rule, "off"))
        text_append(&words, "", "off");
    else if (name && strcmp(name, "checkin") == 0)
        text_append(&words, "", "when it is stale");
    else if (escalation)
        text_append(&words, "", "%s%s%sdays overdue without an update", days, *days ? " " : "no ",
                    kind);
    else if (*days)
        text_append(&words, "", "%s %sdays before", days, kind);
    if (!get_flag(rule, "off") && on_the_day)
        text_append(&words, ", and ", "on the day");
    return words;
}

static char *then_words(const json_t *rule)
{
    long every = get_int(rule, "every", 0);
    AUTO(free_ptr) char *days = days_text(every);
    return every > 0 && !get_flag(rule, "off") ? text_format("every %s", days) : text_copy("");
}

static void print_rules(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(rule_columns, ARRAY_LEN(rule_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply) {
        const json_t *rule = get_object(reply, "rule");
        if (!rule)
            continue;
        int line = table_add(table, -1);
        AUTO(free_ptr) char *when = when_words(rule);
        AUTO(free_ptr) char *then = then_words(rule);
        table_set(table, line, RULE_NAME, get_text(rule, "rule"));
        table_set(table, line, RULE_WHEN, when);
        table_set(table, line, RULE_THEN, then);
        table_set(table, line, RULE_FROM,
                  json_array_size(get_list(rule, "own")) > 0 ? "strategy" : "default");
    }
    goal_print_table(goal, table, "there are no rules");
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListReminderRules",
                           .parameters = goal_parameters(goal, NULL, false),
                           .more = true};
}

int rules_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build, print_rules);
}

/* --- goal rule --- */

#define DEFAULT "default"

/* "30,14,7": days; "none" of them. */
static int take_offsets(json_t *content, const char *value)
{
    json_t *offsets = json_array();
    json_object_set_new(content, "offsets", offsets);
    if (strcmp(value, EDIT_NONE) == 0)
        return EXIT_DONE;
    for (const char *at = value; *at; at += strspn(at, ", ")) {
        size_t len = strcspn(at, ", ");
        AUTO(free_ptr) char *word = text_format("%.*s", (int)len, at);
        if (!number_valid(word))
            return goal_fail(
                EXIT_USAGE, "--offsets %s: numbers of days (30,14,7,1,0), none or " DEFAULT, value);
        json_array_append_new(offsets, json_integer(strtoll(word, NULL, 10)));
        at += len;
    }
    return EXIT_DONE;
}

static int take_every(json_t *content, const char *value)
{
    if (strcmp(value, EDIT_NONE) != 0 && !number_valid(value))
        return goal_fail(EXIT_USAGE, "--every %s: a number of days, none or " DEFAULT, value);
    json_object_set_new(content, "every", json_integer(strtoll(value, NULL, 10)));
    return EXIT_DONE;
}

/* One of two flags; both contradict each other. */
static int take_either(const struct goal *goal, json_t *content, const char *yes, const char *no,
                       const char *field)
{
    bool is = args_has(&goal->args, yes), is_not = args_has(&goal->args, no);
    if (is && is_not)
        return goal_fail(EXIT_USAGE, "--%s or --%s, not both", yes, no);
    if (is || is_not)
        json_object_set_new(content, field, json_boolean(is));
    return EXIT_DONE;
}

/* An option whose value may be as by default again. */
static int take_setting(const struct goal *goal, json_t *content, const char *option,
                        int (*take)(json_t *content, const char *value))
{
    const char *value = args_get(&goal->args, option);
    if (!value)
        return EXIT_DONE;
    if (strcmp(value, DEFAULT) != 0)
        return take(content, value);
    edit_add(content, "clear", option);
    return EXIT_DONE;
}

static int read_rule(const struct goal *goal, json_t *content)
{
    int exit = take_setting(goal, content, "offsets", take_offsets);
    if (exit == EXIT_DONE)
        exit = take_setting(goal, content, "every", take_every);
    if (exit == EXIT_DONE)
        exit = take_either(goal, content, "working", "calendar", "working");
    return exit == EXIT_DONE ? take_either(goal, content, "off", "on", "off") : exit;
}

int rule_run(struct goal *goal)
{
    AUTO(free_ptr) char *rule = word_canonical(args_word(&goal->args, 1));
    AUTO(free_ptr) char *done = text_format("has changed its rule %s", rule);
    const struct edit_command command = {"SetReminderRule", NULL, NULL, done};
    json_auto_t *content = json_object();
    if (!word_in(EDIT_RULES, rule))
        return goal_fail(EXIT_USAGE, "there is no rule %s; possibilities are: " EDIT_RULES, rule);
    int exit = read_rule(goal, content);
    if (exit != EXIT_DONE)
        return exit;
    if (json_object_size(content) == 0)
        return goal_fail(EXIT_USAGE, "say what is to change, such as --offsets 30,7 or --off; "
                                     "`goal rules` shows how it is");
    set_text(content, "rule", rule);
    return edit_run(goal, &command, STEAL(content));
}

/* --- goal nudge --- */

/* "; it reaches Karin Ek, Vinnova" */
static void say_reached(const json_t *reply, char **line)
{
    const json_t *reaches = get_list(reply, "reaches");
    AUTO(free_ptr) char *names = text_copy("");
    bool managers = false;
    size_t i;
    json_t *one;
    json_array_foreach (reaches, i, one) {
        const char *why = get_text(one, "why");
        text_append(&names, ", ", "%s", get_text(one, "name"));
        managers |= why && strcmp(why, "unreached") == 0;
    }
    if (managers)
        text_append(line, "; ", "nobody who answers for it has an address: it reaches %s", names);
    else
        text_append(line, "; ", "it reaches %s", *names ? names : "nobody: goal check");
}

int nudge_run(struct goal *goal)
{
    static const struct edit_row rows[] = {{"message", "message", EDIT_TEXT, NULL}, {0}};
    static const struct edit_command command = {"NudgeNode", "code", rows,
                                                "will be asked about with the next reminders"};
    return edit_run_saying(goal, &command, NULL, say_reached);
}
