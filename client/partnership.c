/*
 * goal partnership: what each side of a group contributes to what it works toward, what came of it
 * and who benefits.
 */
#include <string.h>

#include "commands.h"
#include "group.h"
#include "output.h"
#include "people.h"
#include "table.h"
#include "text.h"

enum { LINE_CODE, LINE_ROLE, LINE_WHO, LINE_STATE, LINE_BRINGS, LINE_TITLE };

static const struct column line_columns[] = {
    [LINE_CODE] = {.name = "code"},
    [LINE_ROLE] = {.name = "role"},
    [LINE_WHO] = {.name = "who", .flags = COLUMN_CUT},
    [LINE_STATE] = {.name = "state"},
    [LINE_BRINGS] = {.name = "brings", .flags = COLUMN_CUT},
    [LINE_TITLE] = {.name = "title", .flags = COLUMN_CUT},
};

static bool is_about(const json_t *line, const char *what, const char *side)
{
    const char *its = get_text(get_object(line, "side"), "key");
    const char *word = get_text(line, "what");
    return word && strcmp(word, what) == 0 && (!side || (its && strcmp(its, side) == 0));
}

static void add_line(struct table *table, const json_t *line)
{
    int row = table_add(table, -1);
    const json_t *node = get_object(line, "node"), *link = get_object(line, "link");
    const char *code = get_text(node, "code");
    const char *given = get_text(line, "role");
    AUTO(free_ptr) char *role = word_text(given ? given : link ? "result" : "work");
    AUTO(free_ptr) char *state = line_state(node);
    AUTO(free_ptr) char *brings = brings_words(line);
    table_set(table, row, LINE_CODE, code && *code ? code : get_text(node, "strategy"));
    table_set(table, row, LINE_ROLE, role);
    table_set(table, row, LINE_WHO, get_text(get_object(line, "holder"), "name"));
    table_set(table, row, LINE_STATE, state);
    table_set_colour(table, row, LINE_STATE, line_colour(node));
    table_set(table, row, LINE_BRINGS, brings);
    table_set(table, row, LINE_TITLE,
              link && get_text(link, "title") ? get_text(link, "title") : get_text(node, "title"));
}

/* The lines of one kind, of one side if there are sides; says if there is none. */
static void print_lines(const struct goal *goal, const char *heading, const json_t *replies,
                        const char *what, const char *side)
{
    AUTO(table_freep)
    struct table *table = table_new(line_columns, ARRAY_LEN(line_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (is_about(get_object(reply, "line"), what, side))
            add_line(table, get_object(reply, "line"));
    AUTO(free_ptr) char *clean = text_clean(heading);
    fprintf(goal->out, "\n%s%s\n", clean, table_lines(table) == 0 ? ": nothing" : "");
    table_print(table, goal->out,
                &(struct table_print){.width = goal->width, .label = "  ", .colour = goal->colour});
    json_array_foreach (replies, i, reply) {
        const json_t *line = get_object(reply, "line"), *link = get_object(line, "link");
        if (link && is_about(line, what, side))
            people_address(goal, get_text(get_object(line, "node"), "code"), get_text(link, "url"));
    }
}

/* One after the other: its members, then sides that only persons are on. */
static void print_sides(const struct goal *goal, const json_t *group, const json_t *replies)
{
    json_auto_t *sides = json_object();
    size_t i;
    json_t *one;
    const char *key;
    json_array_foreach (get_list(group, "members"), i, one) {
        const char *kind = get_text(one, "kind"), *via = get_text(one, "via");
        if (kind && strcmp(kind, "organisation") == 0)
            json_object_set(sides, get_text(one, "key"), json_object_get(one, "name"));
        else if (via)
            json_object_set(sides, via, json_object_get(one, "viaName"));
    }
    json_array_foreach (replies, i, one) {
        const json_t *side = get_object(get_object(one, "line"), "side");
        if (side)
            json_object_set(sides, get_text(side, "key"), json_object_get(side, "name"));
    }
    json_object_foreach (sides, key, one) {
        AUTO(free_ptr)
        char *heading = text_format("%s [%s] contributes", json_string_value(one), key);
        print_lines(goal, heading, replies, "contributes", key);
    }
}

void partnership_print(const struct goal *goal, const json_t *group, const json_t *replies)
{
    group_print_facts(goal, group);
    print_sides(goal, group, replies);
    print_lines(goal, "Results", replies, "result", NULL);
    print_lines(goal, "Benefits", replies, "benefits", NULL);
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "GetGroup"};
    asks[0].parameters = goal_parameters(goal, "key", true);
    asks[1] = (struct ask){.method = "ListPartnership", .more = true};
    asks[1].parameters = goal_parameters(goal, "key", true);
}

int partnership_run(struct goal *goal)
{
    struct ask asks[2] = {0};
    int exit = goal_ask_all(goal, build, asks, 2);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, asks[1].reply);
    else if (exit == EXIT_DONE)
        partnership_print(goal, asks[0].reply, asks[1].reply);
    asks_done(asks, 2);
    return exit;
}
