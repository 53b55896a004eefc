/*
 * goal next: everything that one must do now, the most urgent first, each with what to type.
 */
#include "commands.h"

#include <string.h>

#include "next.h"
#include "output.h"
#include "table.h"
#include "text.h"

/* What a kind of task is called, and what to type: a command, the node, an update's id behind
 * `before_id` if there is one (a colon: in place of the node's code), and the rest. */
static const struct task_words {
    const char *kind, *what, *command, *before_id, *rest;
} task_words[] = {
    {"overdue", "report or close", "goal update", NULL, " --percent … -m …"},
    {"due", "report", "goal update", NULL, " --percent … -m …"},
    {"stale", "say how it stands", "goal update", NULL, " --no-change"},
    {"draft", "submit your draft", "goal submit", ":", ""},
    {"returned", "mend what came back", "goal update", " --supersedes ", " --reason …"},
    {"waiting", "accept or return", "goal accept", ":", ""},
    {"review", "review", "goal reviewed", NULL, ""},
    {"term", "your term ends", NULL, NULL, NULL},
};

static const struct task_words *words_of(const char *kind)
{
    for (size_t i = 0; kind && i < ARRAY_LEN(task_words); i++)
        if (strcmp(task_words[i].kind, kind) == 0)
            return &task_words[i];
    return NULL;
}

static const char *strategy_of(const json_t *task)
{
    const char *alias = get_text(task, "alias"), *key = get_text(task, "strategy");
    return alias ? alias : key ? key : "";
}

/* How the node or the group is named on a command line: "ls:2.2", "ls:group:halsodata". */
static char *reference(const json_t *task)
{
    const char *code = get_text(task, "code"), *group = get_text(task, "group");
    if (group)
        return text_format("%s:group:%s", strategy_of(task), group);
    return text_format("%s%s%s", strategy_of(task), code && *code ? ":" : "", code ? code : "");
}

static char *when_text(const json_t *task)
{
    if (!json_is_integer(json_object_get(task, "daysLeft")))
        return text_copy("now");
    long left = get_int(task, "daysLeft", 0);
    const char *kind = get_text(task, "kind");
    AUTO(free_ptr) char *days = days_text(left < 0 ? -left : left);
    if (left == 0)
        return text_copy("today");
    if (left > 0)
        return text_format("in %s", days);
    return kind && strcmp(kind, "overdue") == 0 ? text_format("OVERDUE %s", days)
                                                : text_format("%s late", days);
}

/* What to type; NULL if nothing can be done about it here. */
static char *typed(const json_t *task, const struct task_words *words)
{
    if (!words || !words->command)
        return NULL;
    bool in_place = words->before_id && *words->before_id == ':';
    AUTO(free_ptr) char *node = in_place ? text_copy(strategy_of(task)) : reference(task);
    AUTO(free_ptr)
    char *id = words->before_id
                   ? text_format("%s%ld", words->before_id, get_int(task, "updateId", 0))
                   : text_copy("");
    return text_format("%s %s%s%s", words->command, node, id, words->rest);
}

enum { NEXT_WHEN, NEXT_WHAT, NEXT_TITLE, NEXT_TYPE };

static const struct column next_columns[] = {
    [NEXT_WHEN] = {.name = "WHEN"},
    [NEXT_WHAT] = {.name = "WHAT"},
    [NEXT_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT},
    [NEXT_TYPE] = {.name = "TYPE"},
};

static void add_task(struct table *table, const json_t *task)
{
    const struct task_words *words = words_of(get_text(task, "kind"));
    const char *title = get_text(task, "title"), *group = get_text(task, "groupName");
    int line = table_add(table, -1);
    AUTO(free_ptr) char *when = when_text(task);
    AUTO(free_ptr) char *what = words ? text_copy(words->what) : word_text(get_text(task, "kind"));
    AUTO(free_ptr) char *type = typed(task, words);
    table_set(table, line, NEXT_WHEN, when);
    table_set_colour(table, line, NEXT_WHEN, get_int(task, "daysLeft", 0) < 0 ? "red" : NULL);
    table_set(table, line, NEXT_WHAT, what);
    table_set(table, line, NEXT_TITLE, title ? title : group);
    table_set(table, line, NEXT_TYPE, type);
}

void next_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(next_columns, ARRAY_LEN(next_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_object(reply, "task"))
            add_task(table, get_object(reply, "task"));
    goal_print_table(goal, table, "nothing waits for you; `goal whoami` shows what you report on");
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListTasks", .more = true, .parameters = json_object()};
    set_number(goal, asks[0].parameters, "days", "days");
    set_text(asks[0].parameters, "language", goal->language);
}

int next_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build, next_print);
}
