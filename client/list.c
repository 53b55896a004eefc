/*
 * Lists: goal list (nodes that fit), goal due (what is urgent), goal strategies.
 */
#include "list.h"

#include <string.h>

#include "commands.h"
#include "filters.h"
#include "output.h"
#include "table.h"
#include "text.h"

enum { LIST_CODE, LIST_KIND, LIST_STATE, LIST_WORK, LIST_DUE, LIST_OWNER, LIST_TITLE };

static const struct column list_columns[] = {
    [LIST_CODE] = {.name = "CODE"},
    [LIST_KIND] = {.name = "KIND", .flags = COLUMN_DROP},
    [LIST_STATE] = {.name = "STATE"},
    [LIST_WORK] = {.name = "WORK", .flags = COLUMN_RIGHT},
    [LIST_DUE] = {.name = "DUE"},
    [LIST_OWNER] = {.name = "OWNER", .flags = COLUMN_CUT, .max = 20},
    [LIST_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT},
};

static void add_node(struct table *table, const json_t *node)
{
    int line = table_add(table, -1);
    const char *code = get_text(node, "code");
    AUTO(free_ptr) char *state = line_state(node);
    AUTO(free_ptr) char *work = work_text(get_object(node, "work"));
    AUTO(free_ptr) char *owners = json_words(get_list(node, "owners"));
    table_set(table, line, LIST_CODE, code && *code ? code : get_text(node, "strategy"));
    table_set(table, line, LIST_KIND, get_text(node, "kind"));
    table_set(table, line, LIST_STATE, state);
    table_set_colour(table, line, LIST_STATE, line_colour(node));
    if (kind_is_outcome(get_text(node, "kind")))
        table_set(table, line, LIST_WORK, *work ? work : DASH);
    table_set(table, line, LIST_DUE, get_text(node, "due"));
    table_set(table, line, LIST_OWNER, owners);
    table_set(table, line, LIST_TITLE, get_text(node, "title"));
}

void list_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(list_columns, ARRAY_LEN(list_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_object(reply, "node"))
            add_node(table, get_object(reply, "node"));
    goal_print_table(goal, table, "nothing fits");
}

static void build_list(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListNodes", .more = true};
    asks[0].parameters = goal_parameters(goal, "below", true);
    filters_set(goal, asks[0].parameters);
}

int list_run(struct goal *goal)
{
    struct ask ask = {0};
    int exit = goal_ask(goal, build_list, &ask, 1);
    bool which = ask.error && strcmp(ask.error, TRACKER "StrategyNeeded") == 0;
    if (exit == EXIT_DONE && which && goal->args.n_given == 0) {
        asks_done(&ask, 1);
        return strategies_run(goal); /* nothing was said at all: what is there to list? */
    }
    if (exit == EXIT_DONE && ask.error)
        exit = goal_fail_error(NULL, ask.error, ask.error_parameters);
    else if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        list_print(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}

enum { DUE_WHEN, DUE_DATE, DUE_CODE, DUE_STATE, DUE_OWNER, DUE_TITLE };

static const struct column due_columns[] = {
    [DUE_WHEN] = {.name = "WHEN"},
    [DUE_DATE] = {.name = "DUE"},
    [DUE_CODE] = {.name = "CODE"},
    [DUE_STATE] = {.name = "STATE", .flags = COLUMN_DROP},
    [DUE_OWNER] = {.name = "OWNER", .flags = COLUMN_CUT, .max = 24},
    [DUE_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT},
};

static void add_due(struct table *table, const json_t *node)
{
    int line = table_add(table, -1);
    const char *code = get_text(node, "code"), *schedule = get_text(node, "schedule");
    AUTO(free_ptr) char *when = line_when(node);
    AUTO(free_ptr) char *state = line_state(node);
    AUTO(free_ptr) char *owners = json_words(get_list(node, "owners"));
    bool overdue = schedule && strcmp(schedule, "overdue") == 0;
    table_set(table, line, DUE_WHEN, when);
    table_set_colour(table, line, DUE_WHEN, overdue ? "red" : NULL);
    table_set(table, line, DUE_DATE, get_text(node, "due"));
    table_set(table, line, DUE_CODE, code && *code ? code : get_text(node, "strategy"));
    if (!overdue) /* it would be said twice */
        table_set(table, line, DUE_STATE, state);
    table_set(table, line, DUE_OWNER, *owners ? owners : DASH);
    table_set(table, line, DUE_TITLE, get_text(node, "title"));
}

void due_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(due_columns, ARRAY_LEN(due_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_object(reply, "node"))
            add_due(table, get_object(reply, "node"));
    goal_print_table(goal, table, "nothing is overdue, and nothing falls due in that time");
}

static void build_due(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListDue", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", true);
    set_number(goal, asks[0].parameters, "days", "days");
    filters_set(goal, asks[0].parameters);
}

int due_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_due, due_print);
}

enum {
    STRATEGY_KEY,
    STRATEGY_ALIAS,
    STRATEGY_PERIOD,
    STRATEGY_NODES,
    STRATEGY_WHO,
    STRATEGY_TITLE
};

static const struct column strategy_columns[] = {
    [STRATEGY_KEY] = {.name = "KEY"},
    [STRATEGY_ALIAS] = {.name = "ALIAS"},
    [STRATEGY_PERIOD] = {.name = "PERIOD"},
    [STRATEGY_NODES] = {.name = "NODES", .flags = COLUMN_RIGHT},
    [STRATEGY_WHO] = {.name = "VISIBLE TO", .flags = COLUMN_DROP},
    [STRATEGY_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT},
};

static void add_strategy(struct table *table, const json_t *strategy)
{
    int line = table_add(table, -1);
    const char *start = get_text(strategy, "start"), *end = get_text(strategy, "end");
    const char *visibility = get_text(strategy, "visibility");
    AUTO(free_ptr)
    char *period = start || end ? text_format("%s–%s", start ? start : "", end ? end : "") : NULL;
    AUTO(free_ptr) char *nodes = text_format("%ld", get_int(strategy, "nodes", 0));
    table_set(table, line, STRATEGY_KEY, get_text(strategy, "strategy"));
    table_set(table, line, STRATEGY_ALIAS, get_text(strategy, "alias"));
    table_set(table, line, STRATEGY_PERIOD, period);
    table_set(table, line, STRATEGY_NODES, nodes);
    table_set(table, line, STRATEGY_WHO,
              visibility && strcmp(visibility, "public") == 0 ? "everybody" : visibility);
    table_set(table, line, STRATEGY_TITLE, get_text(strategy, "title"));
}

void strategies_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(strategy_columns, ARRAY_LEN(strategy_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_text(reply, "strategy"))
            add_strategy(table, reply);
    goal_print_table(goal, table,
                     "there is no strategy that you may read; `goal import FILE` brings one in");
}

static void build_strategies(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListStrategies", .more = true, .parameters = json_object()};
    set_text(asks[0].parameters, "language", goal->language);
}

int strategies_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_strategies, strategies_print);
}
