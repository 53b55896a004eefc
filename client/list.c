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
#include "view.h"

#define LIST_COLUMNS "code,kind?,state,work,due,owner,title"
#define DUE_COLUMNS "when,due,code,state?,owner,title"

static void print_view(const struct goal *goal, const json_t *replies, const char *standard,
                       const char *nothing)
{
    struct view view;
    if (view_read(goal, standard, &view) == EXIT_DONE)
        view_print(goal, &view, replies, nothing);
}

/* The parameters of a list whose columns may be chosen. */
static json_t *list_parameters(const struct goal *goal, const char *code_field,
                               const char *standard)
{
    json_t *parameters = goal_parameters(goal, code_field, true);
    struct view view;
    filters_set(goal, parameters);
    if (view_read(goal, standard, &view) == EXIT_DONE)
        view_ask(&view, parameters);
    return parameters;
}

void list_print(const struct goal *goal, const json_t *replies)
{
    print_view(goal, replies, LIST_COLUMNS, "nothing fits");
}

static void build_list(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListNodes",
                           .more = true,
                           .parameters = list_parameters(goal, "below", LIST_COLUMNS)};
}

int list_run(struct goal *goal)
{
    struct ask ask = {0};
    struct view view;
    int exit = view_read(goal, LIST_COLUMNS, &view);
    if (exit != EXIT_DONE)
        return exit;
    exit = goal_ask(goal, build_list, &ask, 1);
    bool which = ask.error && strcmp(ask.error, TRACKER "StrategyNeeded") == 0;
    if (exit == EXIT_DONE && which && goal->args.n_given == 0) {
        asks_done(&ask, 1);
        return strategies_run(goal); /* nothing was said at all: what is there to list? */
    }
    if (exit == EXIT_DONE && ask.error)
        exit = goal_fail_question(goal, ask.error, ask.error_parameters);
    else if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        list_print(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}

void due_print(const struct goal *goal, const json_t *replies)
{
    print_view(goal, replies, DUE_COLUMNS,
               "nothing is overdue, and nothing falls due in that time");
}

static void build_due(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListDue",
                           .more = true,
                           .parameters = list_parameters(goal, "code", DUE_COLUMNS)};
    set_number(goal, asks[0].parameters, "days", "days");
}

int due_run(struct goal *goal)
{
    struct view view;
    int exit = view_read(goal, DUE_COLUMNS, &view);
    if (exit != EXIT_DONE)
        return exit;
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
