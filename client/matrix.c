/*
 * goal matrix: which nodes (or how many of each sort) go with which sectors, groups, states … Both
 * sides come from the list's columns (columns.h).
 */
#include "commands.h"

#include <err.h>
#include <string.h>

#include "columns.h"
#include "csv_writer.h"
#include "filters.h"
#include "output.h"
#include "table.h"
#include "text.h"

#define MARK "×"
#define NONE "none" /* what has no value on that side */
#define KINDS "priority target need initiative deliverable indicator"

/* The labels of one side, in their order once all are there. */
struct side {
    const struct node_column *column; /* NULL: each node is a row of its own */
    json_t *places;                   /* label → its place */
    const char **labels;              /* the keys of `places` */
    size_t count;
};

struct matrix {
    struct side rows, columns;
    const json_t *replies;
    size_t *cells; /* row by row; behind each the row's total, at the end the columns' */
};

/* --- what was asked for --- */

/* A side by the name of a column, or in the singular: "sector" for "sectors". */
static const struct node_column *side_column(const char *name)
{
    static const char *const useless[] = {"code",   "title", "depth",  "links", "note",
                                          "reason", "days",  "weight", "when"};
    AUTO(free_ptr) char *plural = text_format("%ss", name);
    const struct node_column *column = column_find(name, strlen(name));
    if (!column)
        column = column_find(plural, strlen(plural));
    for (size_t i = 0; column && i < ARRAY_LEN(useless); i++)
        if (strcmp(useless[i], column->name) == 0)
            return NULL;
    return column;
}

static int read_side(const struct goal *goal, const char *option, bool kinds, struct side *ret_side)
{
    const char *name = args_get(&goal->args, option);
    if (!name)
        return goal_fail(EXIT_USAGE, "goal matrix needs --rows (a kind, or what --columns may be) "
                                     "and --columns (sector, group, organisation, state, …)");
    *ret_side = (struct side){0};
    ret_side->column = side_column(name);
    if (kinds && word_in(KINDS, name) && !args_has(&goal->args, "kind"))
        ret_side->column = NULL; /* of the nodes of another kind, priority is a column */
    if (kinds && word_in(KINDS, name) && !ret_side->column)
        return args_has(&goal->args, "kind")
                   ? goal_fail(EXIT_USAGE, "--rows %s: the rows are that kind: not --kind, too",
                               name)
                   : EXIT_DONE;
    if (ret_side->column)
        return EXIT_DONE;
    return goal_fail(EXIT_USAGE,
                     "--%s %s: possibilities are: %ssector group organisation person owner state "
                     "stage schedule priority kind parent",
                     option, name, kinds ? KINDS ", or " : "");
}

static int read_sides(const struct goal *goal, struct matrix *ret_matrix)
{
    int exit = read_side(goal, "rows", true, &ret_matrix->rows);
    return exit == EXIT_DONE ? read_side(goal, "columns", false, &ret_matrix->columns) : exit;
}

static void build(const struct goal *goal, struct ask *asks)
{
    struct matrix matrix;
    json_t *fields = json_array(), *parameters = goal_parameters(goal, "below", true);
    if (read_sides(goal, &matrix) != EXIT_DONE)
        errx(EXIT_USAGE, "no matrix");
    filters_set(goal, parameters);
    if (!matrix.rows.column)
        json_object_set_new(parameters, "kind", json_pack("[s]", args_get(&goal->args, "rows")));
    if (matrix.rows.column && matrix.rows.column->field)
        json_array_append_new(fields, json_string(matrix.rows.column->field));
    if (matrix.columns.column->field)
        json_array_append_new(fields, json_string(matrix.columns.column->field));
    json_object_set_new(parameters, "fields", fields);
    asks[0] = (struct ask){.method = "ListNodes", .more = true, .parameters = parameters};
}

/* --- counting --- */

/* The labels of a node on a side: a list, never empty. */
static json_t *labels_of(const struct side *side, const json_t *node)
{
    if (!side->column)
        return json_pack("[s]", get_text(node, "code") ? get_text(node, "code") : "");
    json_t *value = column_value(side->column, node);
    bool nothing = json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
                   (json_is_string(value) && json_string_length(value) == 0);
    if (json_is_array(value) && !nothing)
        return value;
    AUTO(free_ptr) char *words = nothing ? text_copy(NONE) : json_words(value);
    json_decref(value);
    return json_pack("[s]", words);
}

static void add_labels(struct side *side, const json_t *node)
{
    json_auto_t *labels = labels_of(side, node);
    size_t i;
    json_t *label;
    json_array_foreach (labels, i, label)
        if (!json_object_get(side->places, json_string_value(label)))
            json_object_set_new(side->places, json_string_value(label), json_integer(0));
}

static const struct side *being_sorted; /* qsort() takes no argument */

static int compare_labels(const void *a, const void *b)
{
    const char *left = *(const char *const *)a, *right = *(const char *const *)b;
    bool left_none = strcmp(left, NONE) == 0, right_none = strcmp(right, NONE) == 0;
    if (left_none || right_none)
        return left_none - right_none;
    json_auto_t *left_value = json_string(left), *right_value = json_string(right);
    return column_compare(being_sorted->column, left_value, right_value, false);
}

/* Puts the labels in order; nodes stay in theirs. */
static void order_labels(struct side *side)
{
    const char *label;
    json_t *unused;
    side->labels = calloc(json_object_size(side->places) + 1, sizeof(*side->labels));
    if (!side->labels)
        err(1, "memory");
    json_object_foreach (side->places, label, unused)
        side->labels[side->count++] = label;
    being_sorted = side;
    if (side->column)
        qsort(side->labels, side->count, sizeof(*side->labels), compare_labels);
    for (size_t i = 0; i < side->count; i++)
        json_object_set_new(side->places, side->labels[i], json_integer((json_int_t)i));
}

static size_t place_of(const struct side *side, const json_t *label)
{
    return (size_t)get_int(side->places, json_string_value(label), 0);
}

static size_t *cell_at(const struct matrix *matrix, size_t row, size_t column)
{
    return &matrix->cells[row * (matrix->columns.count + 1) + column];
}

/* A node counts once in each of its rows and columns, and once in all. */
static void count_node(const struct matrix *matrix, const json_t *node)
{
    json_auto_t *rows = labels_of(&matrix->rows, node);
    json_auto_t *columns = labels_of(&matrix->columns, node);
    size_t all_rows = matrix->rows.count, all_columns = matrix->columns.count, r, c;
    json_t *row, *column;
    json_array_foreach (rows, r, row) {
        ++*cell_at(matrix, place_of(&matrix->rows, row), all_columns);
        json_array_foreach (columns, c, column)
            ++*cell_at(matrix, place_of(&matrix->rows, row), place_of(&matrix->columns, column));
    }
    json_array_foreach (columns, c, column)
        ++*cell_at(matrix, all_rows, place_of(&matrix->columns, column));
    ++*cell_at(matrix, all_rows, all_columns);
}

static void matrix_count(struct matrix *matrix, const json_t *replies)
{
    size_t i;
    json_t *reply;
    matrix->replies = replies;
    matrix->rows.places = json_object();
    matrix->columns.places = json_object();
    json_array_foreach (replies, i, reply) {
        add_labels(&matrix->rows, get_object(reply, "node"));
        add_labels(&matrix->columns, get_object(reply, "node"));
    }
    order_labels(&matrix->rows);
    order_labels(&matrix->columns);
    matrix->cells =
        calloc((matrix->rows.count + 1) * (matrix->columns.count + 1), sizeof(*matrix->cells));
    if (!matrix->cells)
        err(1, "memory");
    json_array_foreach (replies, i, reply)
        count_node(matrix, get_object(reply, "node"));
}

static void matrix_done(struct matrix *matrix)
{
    json_decref(matrix->rows.places);
    json_decref(matrix->columns.places);
    free(matrix->rows.labels);
    free(matrix->columns.labels);
    free(matrix->cells);
}

/* --- printing --- */

/* The title of the node that a row is; NULL where rows are no nodes. */
static const char *row_title(const struct matrix *matrix, size_t row)
{
    if (matrix->rows.column || row == matrix->rows.count)
        return NULL;
    return get_text(get_object(json_array_get(matrix->replies, row), "node"), "title");
}

static const char *row_label(const struct matrix *matrix, size_t row)
{
    return row < matrix->rows.count ? matrix->rows.labels[row] : "TOTAL";
}

/* Where the rows are nodes, a cell is a mark; a total is a count. */
static void set_cell(struct table *table, int line, const struct matrix *matrix, size_t row,
                     size_t column)
{
    size_t count = *cell_at(matrix, row, column);
    bool mark = !matrix->rows.column && row < matrix->rows.count && column < matrix->columns.count;
    AUTO(free_ptr) char *number = text_format("%zu", count);
    table_set(table, line, column + 2, count == 0 ? DASH : mark ? MARK : number);
}

static void print_table(const struct goal *goal, const struct matrix *matrix)
{
    size_t count = matrix->columns.count;
    AUTO(free_ptr) struct column *heads = calloc(count + 3, sizeof(*heads));
    json_auto_t *clean = json_array(); /* keeps the headings */
    if (!heads)
        err(1, "memory");
    heads[0] =
        (struct column){.name = matrix->rows.column ? matrix->rows.column->head.name : "CODE"};
    heads[1] = (struct column){.name = "TITLE", .flags = COLUMN_CUT};
    for (size_t c = 0; c <= count; c++) {
        AUTO(free_ptr) char *label = text_clean(c < count ? matrix->columns.labels[c] : "TOTAL");
        json_array_append_new(clean, json_string(label));
        heads[c + 2] = (struct column){.name = json_string_value(json_array_get(clean, c)),
                                       .flags = COLUMN_RIGHT};
    }
    AUTO(table_freep) struct table *table = table_new(heads, count + 3);
    for (size_t r = 0; matrix->rows.count > 0 && r <= matrix->rows.count; r++) {
        int line = table_add(table, -1);
        table_set(table, line, 0, row_label(matrix, r));
        table_set(table, line, 1, row_title(matrix, r));
        for (size_t c = 0; c <= count; c++)
            set_cell(table, line, matrix, r, c);
    }
    goal_print_table(goal, table, "nothing fits");
}

static void print_csv(const struct goal *goal, const struct matrix *matrix)
{
    csv_text(goal->out, true, matrix->rows.column ? matrix->rows.column->name : "code");
    if (!matrix->rows.column)
        csv_text(goal->out, false, "title");
    for (size_t c = 0; c < matrix->columns.count; c++)
        csv_text(goal->out, false, matrix->columns.labels[c]);
    csv_text(goal->out, false, "total");
    csv_end_line(goal->out);
    for (size_t r = 0; r < matrix->rows.count; r++) {
        csv_text(goal->out, true, row_label(matrix, r));
        if (!matrix->rows.column)
            csv_text(goal->out, false, row_title(matrix, r) ? row_title(matrix, r) : "");
        for (size_t c = 0; c <= matrix->columns.count; c++) {
            json_auto_t *number = json_integer((json_int_t)*cell_at(matrix, r, c));
            csv_cell(goal->out, false, number);
        }
        csv_end_line(goal->out);
    }
}

static void print_json(const struct goal *goal, const struct matrix *matrix)
{
    fputs("[\n", goal->out);
    for (size_t r = 0; r < matrix->rows.count; r++) {
        json_auto_t *row = json_pack(
            "{s:s,s:s*,s:I,s:{}}", "row", row_label(matrix, r), "title", row_title(matrix, r),
            "total", (json_int_t)*cell_at(matrix, r, matrix->columns.count), "cells");
        for (size_t c = 0; c < matrix->columns.count; c++)
            json_object_set_new(json_object_get(row, "cells"), matrix->columns.labels[c],
                                json_integer((json_int_t)*cell_at(matrix, r, c)));
        json_print(goal->out, row);
        fputs(r + 1 < matrix->rows.count ? ",\n" : "\n", goal->out);
    }
    fputs("]\n", goal->out);
}

static void matrix_print(const struct goal *goal, const json_t *replies)
{
    const char *format = args_get(&goal->args, "format");
    struct matrix matrix = {0};
    if (read_sides(goal, &matrix) != EXIT_DONE)
        return;
    matrix_count(&matrix, replies);
    if (format && strcmp(format, "csv") == 0)
        print_csv(goal, &matrix);
    else if (format && strcmp(format, "json") == 0)
        print_json(goal, &matrix);
    else
        print_table(goal, &matrix);
    matrix_done(&matrix);
}

int matrix_run(struct goal *goal)
{
    struct matrix matrix;
    int exit = read_sides(goal, &matrix);
    return exit == EXIT_DONE ? goal_ask_and_print(goal, build, matrix_print) : exit;
}
