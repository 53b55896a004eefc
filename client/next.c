/*
 * goal next: everything that one must do now, the most urgent first, each with what to type.
 */
#include "commands.h"

#include <string.h>

#include "next.h"
#include "output.h"
#include "table.h"
#include "text.h"

/* What a kind of task is called, and what to type: a command with the node, or with the update's id
 * in its place, or with both, as a correction. */
static const struct task_words {
    const char *kind, *what, *command, *rest;
    enum { WITH_NODE, WITH_ID, WITH_BOTH } with;
} task_words[] = {
    {"overdue", "report or close", "goal update", " --percent … -m …", WITH_NODE},
    {"due", "report", "goal update", " --percent … -m …", WITH_NODE},
    {"stale", "say how it stands", "goal update", " --no-change", WITH_NODE},
    {"draft", "submit your draft", "goal submit", "", WITH_ID},
    {"returned", "mend what came back", "goal update", " --reason …", WITH_BOTH},
    {"waiting", "accept or return", "goal accept", "", WITH_ID},
    {"review", "review", "goal reviewed", "", WITH_NODE},
    {"term", "your term ends", NULL, NULL, WITH_NODE},
};

static const struct task_words *words_of(const char *kind)
{
    for (size_t i = 0; kind && i < ARRAY_LEN(task_words); i++)
        if (strcmp(task_words[i].kind, kind) == 0)
            return &task_words[i];
    return NULL;
}

/* How it is named on a command line: "ls:2.2", "ls:group:halsodata", an update "ls:217". */
static char *reference(const json_t *task, bool by_id)
{
    const char *strategy = get_text(task, "alias"), *code = get_text(task, "code");
    const char *group = get_text(task, "group");
    if (!strategy)
        strategy = get_text(task, "strategy");
    strategy = strategy ? strategy : "";
    if (by_id)
        return text_format("%s:%ld", strategy, get_int(task, "updateId", 0));
    if (group)
        return text_format("%s:group:%s", strategy, group);
    return text_format("%s%s%s", strategy, code && *code ? ":" : "", code ? code : "");
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
    AUTO(free_ptr) char *what = reference(task, words->with == WITH_ID);
    if (words->with == WITH_BOTH)
        return text_format("%s %s --supersedes %ld%s", words->command, what,
                           get_int(task, "updateId", 0), words->rest);
    return text_format("%s %s%s", words->command, what, words->rest);
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
