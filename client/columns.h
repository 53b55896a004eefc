/*
 * What a line of a list can show of a node: the one list of columns, for tables, CSV, JSON and
 * sorting. Constant; nobody owns anything.
 */
#ifndef GOAL_COLUMNS_H
#define GOAL_COLUMNS_H

#include <jansson.h>

#include "table.h"

enum column_order {
    ORDER_TEXT, /* by size, as people count: 2.2 before 2.10 */
    ORDER_DATE, /* by the last day of what a date names */
    ORDER_STATE /* the worst first */
};

struct node_column {
    const char *name;   /* as --columns has it */
    const char *member; /* of the node's line */
    const char *field;  /* what the call has to ask for so that it is there, or NULL */
    json_t *(*value)(const json_t *node);      /* a new reference; NULL: the member as it is */
    char *(*show)(const json_t *node);         /* in a table; NULL: the value in words */
    const char *(*colour)(const json_t *node); /* there, or NULL */
    enum column_order order;
    struct column head; /* how the table has it */
};

extern const struct node_column node_columns[];
extern const size_t node_column_count;

const struct node_column *column_find(const char *name, size_t len);

/* A node's value in a column: a new reference, null for none. */
json_t *column_value(const struct node_column *column, const json_t *node);

/* The same as a table shows it; the caller frees it. "" for none. */
char *column_text(const struct node_column *column, const json_t *node);

/* As strcmp(); what is not there is the last, whichever way the rest is sorted. */
int column_compare(const struct node_column *column, const json_t *a, const json_t *b,
                   bool backwards);

/* All names, separated by blanks; the caller frees it. */
char *column_names(void);

#endif
