/*
 * goal tree: everything below a node, a line a node, drawn as a tree.
 */
#include "commands.h"

#include <err.h>
#include <string.h>

#include "output.h"
#include "table.h"
#include "text.h"
#include "tree.h"
#include "view.h"

/* What CSV and JSON have of a tree where no columns are chosen. */
#define CHOSEN "code,depth,parent,kind,state,progress,work,due,updated,title"

enum { TREE_CODE, TREE_TITLE, TREE_STATE, TREE_WORK, TREE_LATE, TREE_REPORT, TREE_LAST };

static const struct column tree_columns[] = {
    [TREE_CODE] = {.name = "CODE", .flags = COLUMN_TREE},
    [TREE_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT},
    [TREE_STATE] = {.name = "STATE"},
    [TREE_WORK] = {.name = "WORK", .flags = COLUMN_RIGHT},
    [TREE_LATE] = {.name = "LATE", .flags = COLUMN_RIGHT | COLUMN_DROP},
    [TREE_REPORT] = {.name = "REPORT", .flags = COLUMN_RIGHT},
    [TREE_LAST] = {.name = "LAST UPDATE", .flags = COLUMN_DROP},
};

struct tree_path {
    long count;
    long base;   /* the depth of the first node */
    int lines[]; /* has room for a line a node */
};

struct tree_path *tree_path_new(size_t nodes)
{
    struct tree_path *path = calloc(1, sizeof(*path) + (nodes + 1) * sizeof(*path->lines));
    if (!path)
        err(1, "memory");
    return path;
}

void tree_path_free(struct tree_path *path)
{
    free(path);
}

/* How far below the first node. A level is never more than one below the line before it. */
static long path_level(const struct tree_path *path, const json_t *node)
{
    long depth = get_int(node, "depth", path->base);
    unsigned long level = depth > path->base ? (unsigned long)depth - (unsigned long)path->base : 0;
    return level > (unsigned long)path->count ? path->count : (long)level;
}

int tree_path_add(struct tree_path *path, struct table *table, const json_t *node)
{
    if (path->count == 0)
        path->base = get_int(node, "depth", 0);
    long level = path_level(path, node);
    int line = table_add(table, level > 0 ? path->lines[level - 1] : -1);
    path->lines[level] = line;
    path->count = level + 1;
    return line;
}

/* " · 25 of 30 targets known" behind the title of the strategy, which is never cut off. */
static void set_title(struct table *table, int line, const json_t *node)
{
    long targets = get_int(node, "targets", 0), expected = get_int(node, "targetsExpected", -1);
    const char *kind = get_text(node, "kind");
    table_set(table, line, TREE_TITLE, get_text(node, "title"));
    if (!kind || strcmp(kind, "strategy") != 0)
        return;
    AUTO(free_ptr)
    char *known = expected >= 0 ? text_format(" · %ld of %ld targets known", targets, expected)
                                : text_format(" · %ld targets known", targets);
    table_set_suffix(table, line, TREE_TITLE, known);
}

static void set_counts(struct table *table, int line, const json_t *node)
{
    const json_t *work = get_object(node, "work");
    long targets = get_int(node, "targets", 0);
    AUTO(free_ptr) char *counts = work_text(work);
    AUTO(free_ptr) char *late = text_format("%ld", get_int(work, "overdue", 0));
    AUTO(free_ptr)
    char *report = text_format("%ld/%ld", get_int(node, "targetsReporting", 0), targets);
    if (kind_is_outcome(get_text(node, "kind")) || get_int(work, "total", 0) > 1) {
        table_set(table, line, TREE_WORK, *counts ? counts : DASH);
        table_set(table, line, TREE_LATE, *counts ? late : DASH);
    }
    if (targets > 0)
        table_set(table, line, TREE_REPORT, report);
}

static void add_node(struct table *table, struct tree_path *path, const json_t *node,
                     const char *root_name)
{
    int line = tree_path_add(path, table, node);
    const char *code = get_text(node, "code"), *last = get_text(node, "lastUpdate");
    AUTO(free_ptr) char *state = line_state(node);
    table_set(table, line, TREE_CODE, code && *code ? code : root_name);
    set_title(table, line, node);
    table_set(table, line, TREE_STATE, state);
    table_set_colour(table, line, TREE_STATE, line_colour(node));
    set_counts(table, line, node);
    table_set(table, line, TREE_LAST, last ? last : DASH);
}

void tree_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(tree_columns, ARRAY_LEN(tree_columns));
    const json_t *first = get_object(json_array_get(replies, 0), "node");
    const char *name = goal->target.strategy;
    if (!name)
        name = get_text(first, "strategy");
    size_t count = json_array_size(replies);
    AUTO(tree_path_freep) struct tree_path *path = tree_path_new(count);
    for (size_t i = 0; i < count; i++)
        add_node(table, path, get_object(json_array_get(replies, i), "node"), name ? name : "");
    goal_print_table(goal, table, "nothing there");
}

static void build(const struct goal *goal, struct ask *asks)
{
    struct view view;
    asks[0] = (struct ask){.method = "ListTree", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", true);
    set_number(goal, asks[0].parameters, "depth", "depth");
    if (view_read(goal, CHOSEN, &view) == EXIT_DONE)
        view_ask(&view, asks[0].parameters);
}

static void print_view(const struct goal *goal, const json_t *replies)
{
    struct view view;
    if (view_read(goal, CHOSEN, &view) != EXIT_DONE)
        return;
    view.tree = true;
    view_print(goal, &view, replies, "nothing there");
}

int tree_run(struct goal *goal)
{
    struct view view;
    int exit = view_read(goal, CHOSEN, &view);
    return exit == EXIT_DONE
               ? goal_ask_and_print(goal, build, view_chosen(goal) ? print_view : tree_print)
               : exit;
}
