/*
 * Printing that all commands share: replies as JSON, tables with headings.
 */
#include "goal.h"

#include "output.h"
#include "table.h"

void goal_print_json(const struct goal *goal, const json_t *reply)
{
    if (!json_is_array(reply)) {
        json_line(goal->out, reply);
        return;
    }
    size_t i;
    json_t *one;
    json_array_foreach (reply, i, one)
        json_line(goal->out, one);
}

int goal_ask_and_print(struct goal *goal, void (*build)(const struct goal *goal, struct ask *asks),
                       void (*print)(const struct goal *goal, const json_t *reply))
{
    struct ask ask = {0};
    int exit = goal_ask_all(goal, build, &ask, 1);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        print(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}

void goal_print_table(const struct goal *goal, const struct table *table, const char *nothing)
{
    if (table_lines(table) == 0)
        fprintf(goal->out, "%s\n", nothing);
    table_print(
        table, goal->out,
        &(struct table_print){.width = goal->width, .headings = true, .colour = goal->colour});
}
