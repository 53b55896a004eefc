/*
 * How a list of nodes is shown: chosen columns, an order, and as a table, CSV or JSON. A view is
 * read from the options --columns, --sort and --format; view_done() ends it.
 */
#ifndef GOAL_VIEW_H
#define GOAL_VIEW_H

#include "columns.h"
#include "goal.h"

#define VIEW_COLUMNS_MAX 32

/* The `words` of an option whose value is names of columns, separated by commas. */
extern const char option_columns[];

#define COLUMNS_ROW                                                                                \
    {                                                                                              \
        "columns", 'c', "NAMES", "what to show, separated by commas: those named above",           \
            option_columns                                                                         \
    }
#define SORT_ROW                                                                                   \
    {                                                                                              \
        "sort", 0, "NAMES", "by these columns, -NAME backwards; what is unknown comes last",       \
            option_columns                                                                         \
    }
#define FORMAT_ROW                                                                                 \
    {                                                                                              \
        "format", 'f', "FORMAT", "how to print it", "table csv json"                               \
    }

/* For the details of a command that has those rows. */
#define VIEW_DETAILS                                                                               \
    "Columns\n"                                                                                    \
    "  code strategy kind title depth parent priority stage state progress coverage percent\n"     \
    "  work delivered late schedule start due days when closed reason updated note owner groups\n" \
    "  holders organisations persons sectors links sources relations serves reviewed worst\n"      \
    "  weight forecast stale evidence\n"                                                           \
    "  percent is its own figure, sources are the organisations whose links it has. CSV is that\n" \
    "  of RFC 4180; a text that a spreadsheet would take for a formula begins with '."

struct view {
    struct view_column {
        const struct node_column *of;
        bool backwards; /* when sorting */
        bool drop;      /* it may be left out for want of room */
    } columns[VIEW_COLUMNS_MAX], sort[VIEW_COLUMNS_MAX];
    size_t n_columns, n_sort;
    enum { VIEW_TABLE, VIEW_CSV, VIEW_JSON } format;
    bool tree; /* a table's lines stand below each other as the nodes do */
};

/* Reads the options; `standard` names the columns where none are chosen ("due?": may be left out).
 * Returns an exit code, having said what is wrong. */
int view_read(const struct goal *goal, const char *standard, struct view *ret_view);

/* Was anything said about columns or the format? */
bool view_chosen(const struct goal *goal);

/* Asks for what the columns need beside what a line always has. */
void view_ask(const struct view *view, json_t *parameters);

/* Prints the replies' nodes. `nothing`: what a table says if there are none. */
void view_print(const struct goal *goal, const struct view *view, const json_t *replies,
                const char *nothing);

#endif
