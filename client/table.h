/*
 * Tables and trees in at most so many columns, drawn by libsmartcols. What does not fit is cut
 * with an ellipsis in the columns that may be cut; columns in which nothing stands are left out.
 *
 * A table owns copies of its texts, made harmless; table_free() frees it.
 */
#ifndef GOAL_TABLE_H
#define GOAL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "wire/util.h"

enum column_flags {
    COLUMN_RIGHT = 1, /* figures */
    COLUMN_TREE = 2,  /* carries the tree's branches */
    COLUMN_CUT = 4,   /* may be cut when the line is too long */
    COLUMN_DROP = 8,  /* left out where cutting alone would leave too little to read */
};

struct column {
    const char *name; /* its heading */
    int flags;
    size_t min, max; /* columns wide, at least and at most; 0: as it comes */
};

struct table;

struct table *table_new(const struct column *columns, size_t count);
void table_free(struct table *table);
static inline void table_freep(struct table **table)
{
    table_free(*table);
}

/* Adds a line below another (-1: at the top) and returns its number. */
int table_add(struct table *table, int parent);

/* Sets a cell; NULL leaves it empty. */
void table_set(struct table *table, int line, size_t column, const char *text);

/* What stands behind the cell's text and is never cut. */
void table_set_suffix(struct table *table, int line, size_t column, const char *suffix);

/* Colours a cell: "red", "yellow", "green" or NULL. */
void table_set_colour(struct table *table, int line, size_t column, const char *colour);

size_t table_lines(const struct table *table);

/* How a table is printed. */
struct table_print {
    size_t width;      /* of a whole line */
    const char *label; /* before the first line; the others are indented as far. NULL: none */
    bool headings, colour;
};

void table_print(const struct table *table, FILE *out, const struct table_print *how);

#endif
