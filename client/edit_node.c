/*
 * goal add, change, move and remove: the nodes of a strategy.
 */
#include "commands.h"
#include "edit.h"

static const struct edit_row node_rows[] = {
    {"kind", "kind", EDIT_WORD, NULL},           {"title", "titles", EDIT_TEXTS, "title"},
    {"parent", "parent", EDIT_CODE, NULL},       {"stage", "stage", EDIT_WORD, NULL},
    {"start", "start", EDIT_DATE, NULL},         {"due", "due", EDIT_DATE, NULL},
    {"due-after", "dueAfter", EDIT_SPAN, NULL},  {"weight", "weight", EDIT_NUMBER, NULL},
    {"cadence", "cadence", EDIT_COUNT, NULL},    {"baseline", "baseline", EDIT_NUMBER, NULL},
    {"target", "target", EDIT_NUMBER, NULL},     {"unit", "unit", EDIT_TEXT, NULL},
    {"direction", "direction", EDIT_WORD, NULL}, {"sector", "sectors", EDIT_LIST, NULL},
    {"code", "newCode", EDIT_TEXT, NULL},        {0},
};

int add_run(struct goal *goal)
{
    static const struct edit_command command = {"AddNode", "newCode", node_rows, "added"};
    if (!args_has(&goal->args, "kind") || !args_has(&goal->args, "title"))
        return goal_fail(EXIT_USAGE, "say with --kind what it is, and with --title its title");
    return edit_run(goal, &command, NULL);
}

int change_run(struct goal *goal)
{
    static const struct edit_command command = {"ChangeNode", "code", node_rows, "changed"};
    return edit_run(goal, &command, NULL);
}

int move_run(struct goal *goal)
{
    static const struct edit_row rows[] = {{"under", "parent", EDIT_CODE, NULL}, {0}};
    static const struct edit_command command = {"ChangeNode", "code", rows, "moved"};
    if (!args_has(&goal->args, "under"))
        return goal_fail(EXIT_USAGE, "say with --under which node it shall be below; none is "
                                     "directly below the strategy");
    return edit_run(goal, &command, NULL);
}

int remove_run(struct goal *goal)
{
    static const struct edit_command command = {"RemoveNode", "code", NULL, "removed"};
    return edit_run(goal, &command, NULL);
}
