/*
 * Tables: cells are kept as text until printing, when widths are known; then they are cut and
 * handed to libsmartcols, which draws branches and aligns.
 */
#include "table.h"

#include <err.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "text.h"

#define SEPARATOR "  "
#define NARROWEST 6 /* columns that a cut column keeps */
#define READABLE 24 /* columns that it keeps as long as others can be left out */

struct cell {
    char *text, *suffix;
    const char *colour;
};

struct table {
    const struct column *columns;
    size_t n_columns, n_lines, allocated;
    struct cell *cells; /* line by line */
    int *parents;
};

struct table *table_new(const struct column *columns, size_t count)
{
    struct table *table = calloc(1, sizeof(*table));
    if (!table)
        err(1, "memory");
    table->columns = columns;
    table->n_columns = count;
    return table;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->n_lines * table->n_columns; i++) {
        free(table->cells[i].text);
        free(table->cells[i].suffix);
    }
    free(table->cells);
    free(table->parents);
    free(table);
}

static struct cell *cell_at(const struct table *table, size_t line, size_t column)
{
    return &table->cells[line * table->n_columns + column];
}

int table_add(struct table *table, int parent)
{
    if (table->n_lines == table->allocated) {
        size_t more = table->allocated ? table->allocated * 2 : 32;
        table->cells = reallocarray(table->cells, more, table->n_columns * sizeof(*table->cells));
        table->parents = reallocarray(table->parents, more, sizeof(*table->parents));
        if (!table->cells || !table->parents)
            err(1, "memory");
        table->allocated = more;
    }
    memset(cell_at(table, table->n_lines, 0), 0, table->n_columns * sizeof(struct cell));
    table->parents[table->n_lines] = parent;
    return (int)table->n_lines++;
}

void table_set(struct table *table, int line, size_t column, const char *text)
{
    struct cell *cell = cell_at(table, (size_t)line, column);
    free(cell->text);
    cell->text = text ? text_clean(text) : NULL;
}

void table_set_suffix(struct table *table, int line, size_t column, const char *suffix)
{
    struct cell *cell = cell_at(table, (size_t)line, column);
    free(cell->suffix);
    cell->suffix = text_clean(suffix);
}

void table_set_colour(struct table *table, int line, size_t column, const char *colour)
{
    cell_at(table, (size_t)line, column)->colour = colour;
}

size_t table_lines(const struct table *table)
{
    return table->n_lines;
}

/* Columns that the branches before a line's text take: two a step. */
static size_t branch_width(const struct table *table, size_t line)
{
    size_t steps = 0;
    for (int up = table->parents[line]; up >= 0; up = table->parents[up])
        steps++;
    return 2 * steps;
}

static size_t cell_width(const struct table *table, size_t line, size_t column)
{
    const struct cell *cell = cell_at(table, line, column);
    size_t width = cell->text ? text_width(cell->text) : 0;
    if (cell->suffix)
        width += text_width(cell->suffix);
    if (table->columns[column].flags & COLUMN_TREE)
        width += branch_width(table, line);
    return width;
}

/* The widths that the columns would like; 0 for one in which nothing stands. */
static void wanted_widths(const struct table *table, bool headings, size_t *widths)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        const struct column *column = &table->columns[c];
        widths[c] = 0;
        for (size_t l = 0; l < table->n_lines; l++) {
            size_t width = cell_width(table, l, c);
            if (width > widths[c])
                widths[c] = width;
        }
        if (widths[c] == 0)
            continue;
        if (widths[c] < column->min)
            widths[c] = column->min;
        if (column->max > 0 && widths[c] > column->max)
            widths[c] = column->max;
        if (headings && widths[c] < text_width(column->name))
            widths[c] = text_width(column->name);
    }
}

/* The line's width if the columns that may be cut had what they need to be read. */
static size_t readable_width(const struct table *table, const size_t *widths)
{
    size_t total = 0;
    for (size_t c = 0; c < table->n_columns; c++) {
        bool cut = table->columns[c].flags & COLUMN_CUT && widths[c] > READABLE;
        if (widths[c] > 0)
            total += (cut ? READABLE : widths[c]) + (total > 0 ? strlen(SEPARATOR) : 0);
    }
    return total;
}

/* Leaves out columns, the last first, until the others can be read. */
static void drop_columns(const struct table *table, size_t room, size_t *widths)
{
    for (size_t c = table->n_columns; c > 0 && readable_width(table, widths) > room; c--)
        if (table->columns[c - 1].flags & COLUMN_DROP)
            widths[c - 1] = 0;
}

/* Takes from the widest column that may be cut until the line fits. */
static void fit_widths(const struct table *table, size_t room, size_t *widths)
{
    for (;;) {
        size_t total = 0, widest = table->n_columns;
        for (size_t c = 0; c < table->n_columns; c++) {
            if (widths[c] == 0)
                continue;
            total += widths[c] + (total > 0 ? strlen(SEPARATOR) : 0);
            if (table->columns[c].flags & COLUMN_CUT && widths[c] > NARROWEST &&
                (widest == table->n_columns || widths[c] > widths[widest]))
                widest = c;
        }
        if (total <= room || widest == table->n_columns)
            return;
        widths[widest]--;
    }
}

static char *cell_text(const struct table *table, size_t line, size_t column, size_t width)
{
    const struct cell *cell = cell_at(table, line, column);
    size_t branches = 0;
    if (table->columns[column].flags & COLUMN_TREE)
        branches = branch_width(table, line);
    width = width > branches ? width - branches : 0;
    AUTO(free_ptr) char *suffix = text_cut(cell->suffix ? cell->suffix : "", width);
    AUTO(free_ptr)
    char *cut = text_cut(cell->text ? cell->text : "", width - text_width(suffix));
    return text_format("%s%s", cut, suffix);
}

static void add_columns(const struct table *table, struct libscols_table *drawn,
                        const size_t *widths)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        const struct column *column = &table->columns[c];
        int flags = (column->flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0) |
                    (column->flags & COLUMN_TREE ? SCOLS_FL_TREE : 0);
        if (widths[c] > 0 && !scols_table_new_column(drawn, column->name, (double)widths[c], flags))
            err(1, "memory");
    }
}

static void add_lines(const struct table *table, struct libscols_table *drawn, const size_t *widths,
                      bool colour)
{
    for (size_t l = 0; l < table->n_lines; l++) {
        int parent = table->parents[l];
        struct libscols_line *line = scols_table_new_line(
            drawn, parent < 0 ? NULL : scols_table_get_line(drawn, (size_t)parent));
        if (!line)
            err(1, "memory");
        size_t at = 0;
        for (size_t c = 0; c < table->n_columns; c++) {
            if (widths[c] == 0)
                continue;
            char *text = cell_text(table, l, c, widths[c]);
            if (scols_line_refer_data(line, at, text) < 0) /* the line owns the text now */
                err(1, "memory");
            const char *paint = cell_at(table, l, c)->colour;
            if (colour && paint && *text)
                scols_cell_set_color(scols_line_get_cell(line, at), paint);
            at++;
        }
    }
}

/* Copies the drawn lines out, without the blanks at their ends, each behind its indent. */
static void print_lines(FILE *out, char *drawn, const char *label)
{
    size_t indent = label ? text_width(label) : 0;
    char *saved = NULL;
    for (char *line = strtok_r(drawn, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
        size_t len = strlen(line);
        while (len > 0 && line[len - 1] == ' ')
            len--;
        if (label)
            fputs(label, out);
        else
            fprintf(out, "%*s", (int)indent, "");
        label = NULL;
        fprintf(out, "%.*s\n", (int)len, line);
    }
}

void table_print(const struct table *table, FILE *out, const struct table_print *how)
{
    if (table->n_lines == 0)
        return;
    AUTO(free_ptr) size_t *widths = calloc(table->n_columns, sizeof(*widths));
    struct libscols_table *drawn = scols_new_table();
    if (!widths || !drawn)
        err(1, "memory");
    size_t indent = how->label ? text_width(how->label) : 0;
    wanted_widths(table, how->headings, widths);
    size_t room = how->width > indent ? how->width - indent : 0;
    drop_columns(table, room, widths);
    fit_widths(table, room, widths);
    scols_table_set_termforce(drawn, SCOLS_TERMFORCE_NEVER); /* widths are settled already */
    scols_table_set_column_separator(drawn, SEPARATOR);
    scols_table_enable_noheadings(drawn, !how->headings);
    scols_table_enable_colors(drawn, how->colour);
    add_columns(table, drawn, widths);
    add_lines(table, drawn, widths, how->colour);
    char *text = NULL;
    if (scols_print_table_to_string(drawn, &text) == 0 && text)
        print_lines(out, text, how->label);
    free(text);
    scols_unref_table(drawn);
}
