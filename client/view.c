/* Views of lists: read, sorted, printed; see view.h. */
#include "view.h"

#include <err.h>
#include <string.h>

#include "csv_writer.h"
#include "output.h"
#include "tree.h"

const char option_columns[] = "";

/* --- reading --- */

static int no_column(const char *option, const char *name, size_t len)
{
    AUTO(free_ptr) char *names = column_names();
    return goal_fail(EXIT_USAGE, "--%s: there is no column %.*s; possibilities are: %s", option,
                     (int)len, name, names);
}

/* Reads "code,-due,state?". */
static int read_columns(const char *option, const char *text, struct view_column *columns,
                        size_t *ret_count)
{
    size_t count = 0;
    for (const char *at = text; *at; at += *at == ',') {
        struct view_column column = {0};
        column.backwards = *at == '-' && strcmp(option, "sort") == 0;
        at += column.backwards;
        size_t len = strcspn(at, ",");
        column.drop = len > 0 && at[len - 1] == '?';
        column.of = column_find(at, len - column.drop);
        if (!column.of)
            return no_column(option, at, len);
        if (count == VIEW_COLUMNS_MAX)
            return goal_fail(EXIT_USAGE, "--%s: at most %d columns", option, VIEW_COLUMNS_MAX);
        columns[count++] = column;
        at += len;
    }
    *ret_count = count;
    return EXIT_DONE;
}

bool view_chosen(const struct goal *goal)
{
    return args_has(&goal->args, "columns") || args_has(&goal->args, "sort") ||
           args_has(&goal->args, "format");
}

int view_read(const struct goal *goal, const char *standard, struct view *ret_view)
{
    const char *columns = args_get(&goal->args, "columns"), *sort = args_get(&goal->args, "sort");
    const char *format = args_get(&goal->args, "format");
    struct view view = {0};
    if (goal->json && view_chosen(goal))
        return goal_fail(EXIT_USAGE, "--json prints replies as they came; --format json prints the "
                                     "columns");
    if (format)
        view.format = strcmp(format, "csv") == 0    ? VIEW_CSV
                      : strcmp(format, "json") == 0 ? VIEW_JSON
                                                    : VIEW_TABLE;
    int exit = read_columns("columns", columns && *columns ? columns : standard, view.columns,
                            &view.n_columns);
    if (exit == EXIT_DONE)
        exit = read_columns("sort", sort ? sort : "", view.sort, &view.n_sort);
    *ret_view = view;
    return exit;
}

static void add_fields(const struct view_column *columns, size_t count, json_t *fields)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i].of->field)
            json_array_append_new(fields, json_string(columns[i].of->field));
}

void view_ask(const struct view *view, json_t *parameters)
{
    json_t *fields = json_array();
    add_fields(view->columns, view->n_columns, fields);
    add_fields(view->sort, view->n_sort, fields);
    if (json_array_size(fields) > 0)
        json_object_set_new(parameters, "fields", fields);
    else
        json_decref(fields);
}

/* --- sorting --- */

/* A node with its values in the columns that it is sorted by. */
struct line {
    const json_t *node;
    size_t at; /* its place as it came: the last word */
    const struct view *view;
    json_t *keys[];
};

static int compare_lines(const void *a, const void *b)
{
    const struct line *left = *(struct line *const *)a, *right = *(struct line *const *)b;
    for (size_t i = 0; i < left->view->n_sort; i++) {
        const struct view_column *column = &left->view->sort[i];
        int compared = column_compare(column->of, left->keys[i], right->keys[i], column->backwards);
        if (compared != 0)
            return compared;
    }
    return left->at < right->at ? -1 : 1;
}

static struct line *line_new(const struct view *view, const json_t *node, size_t at)
{
    struct line *line = calloc(1, sizeof(*line) + view->n_sort * sizeof(*line->keys));
    if (!line)
        err(1, "memory");
    line->node = node;
    line->at = at;
    line->view = view;
    for (size_t i = 0; i < view->n_sort; i++)
        line->keys[i] = column_value(view->sort[i].of, node);
    return line;
}

static void lines_free(struct line **lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < lines[i]->view->n_sort; k++)
            json_decref(lines[i]->keys[k]);
        free(lines[i]);
    }
    free(lines);
}

/* The replies' nodes in the view's order. */
static struct line **lines_new(const struct view *view, const json_t *replies, size_t *ret_count)
{
    struct line **lines = calloc(json_array_size(replies) + 1, sizeof(struct line *));
    size_t i, count = 0;
    json_t *reply;
    if (!lines)
        err(1, "memory");
    json_array_foreach (replies, i, reply)
        if (get_object(reply, "node"))
            lines[count++] = line_new(view, get_object(reply, "node"), i);
    if (view->n_sort > 0)
        qsort(lines, count, sizeof(struct line *), compare_lines);
    *ret_count = count;
    return lines;
}

/* --- printing --- */

/* A cell; what another one of the line says already (how late it is) is not said twice. */
static void set_cell(struct table *table, int line, const struct view *view, size_t at,
                     const json_t *node)
{
    const struct node_column *column = view->columns[at].of;
    AUTO(free_ptr) char *text = column_text(column, node);
    for (size_t i = 0; i < at; i++) {
        AUTO(free_ptr) char *before = column_text(view->columns[i].of, node);
        if (strcmp(column->name, "state") == 0 && strcmp(before, text) == 0)
            return;
    }
    table_set(table, line, at, text);
    if (column->colour)
        table_set_colour(table, line, at, column->colour(node));
}

static void print_table(const struct goal *goal, const struct view *view, struct line *const *lines,
                        size_t count, const char *nothing)
{
    struct column heads[VIEW_COLUMNS_MAX];
    for (size_t c = 0; c < view->n_columns; c++) {
        heads[c] = view->columns[c].of->head;
        heads[c].flags &= ~(view->columns[c].drop ? 0 : COLUMN_DROP);
        heads[c].flags |= view->columns[c].drop ? COLUMN_DROP : 0;
        heads[c].flags |= view->tree && c == 0 ? COLUMN_TREE : 0;
    }
    AUTO(table_freep) struct table *table = table_new(heads, view->n_columns);
    AUTO(tree_path_freep) struct tree_path *path = tree_path_new(count);
    for (size_t i = 0; i < count; i++) {
        const json_t *node = lines[i]->node;
        int line = view->tree ? tree_path_add(path, table, node) : table_add(table, -1);
        for (size_t c = 0; c < view->n_columns; c++)
            set_cell(table, line, view, c, node);
    }
    goal_print_table(goal, table, nothing);
}

static void print_csv(const struct goal *goal, const struct view *view, struct line *const *lines,
                      size_t count)
{
    for (size_t c = 0; c < view->n_columns; c++)
        csv_text(goal->out, c == 0, view->columns[c].of->name);
    csv_end_line(goal->out);
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < view->n_columns; c++) {
            json_auto_t *value = column_value(view->columns[c].of, lines[i]->node);
            csv_cell(goal->out, c == 0, value);
        }
        csv_end_line(goal->out);
    }
}

/* One array, an object a line. */
static void print_json(const struct goal *goal, const struct view *view, struct line *const *lines,
                       size_t count)
{
    fputs(count > 0 ? "[\n" : "[", goal->out);
    for (size_t i = 0; i < count; i++) {
        json_auto_t *object = json_object();
        for (size_t c = 0; c < view->n_columns; c++)
            json_object_set_new(object, view->columns[c].of->name,
                                column_value(view->columns[c].of, lines[i]->node));
        json_print(goal->out, object);
        fputs(i + 1 < count ? ",\n" : "\n", goal->out);
    }
    fputs("]\n", goal->out);
}

void view_print(const struct goal *goal, const struct view *view, const json_t *replies,
                const char *nothing)
{
    size_t count;
    struct line **lines = lines_new(view, replies, &count);
    if (view->format == VIEW_CSV)
        print_csv(goal, view, lines, count);
    else if (view->format == VIEW_JSON)
        print_json(goal, view, lines, count);
    else
        print_table(goal, view, lines, count, nothing);
    lines_free(lines, count);
}
