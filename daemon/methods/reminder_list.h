/*
 * ListReminders in two parts: reminder_list.c reads the ledger and has core/reminders.h find what
 * is due and to come; reminder_line.c has the lines, puts them in order and tells them.
 */
#ifndef GOALD_METHODS_REMINDER_LIST_H
#define GOALD_METHODS_REMINDER_LIST_H

#include "core/reminders.h"
#include "db/reminded.h"
#include "methods/heap.h"
#include "methods/request.h"
#include "wire/writer.h"

enum line_status {
    LINE_SENT,
    LINE_SKIPPED,
    LINE_CLAIMED,
    LINE_FAILED,
    LINE_GIVEN_UP,
    LINE_DUE,
    LINE_TO_COME,
    LINE_NONE, /* nobody gets it, or somebody does not: the reason says why */
};

/* Ids, no pointers into the tree. */
struct reminder_line {
    struct occurrence occurrence; /* of LINE_NONE only item, node, and rule or recipient */
    enum line_status status;
    bool has_rule, has_recipient;
    int64_t row_id, changed_us; /* of the ledger's row; 0: there is none */
    char *reason;               /* owned, or NULL */
};

/* All zeroes is an empty one. */
struct reminder_lines {
    struct reminder_line *items;
    size_t count;
    struct heap order; /* their places; filled by lines_order() */
};

/* Takes the reason. */
int lines_add(struct reminder_lines *lines, struct reminder_line line) MUST_CHECK;
int lines_add_row(struct reminder_lines *lines, const struct reminded_row *row) MUST_CHECK;
int lines_add_all(struct reminder_lines *lines, const struct occurrences *occurrences,
                  enum line_status status) MUST_CHECK;
void lines_done(struct reminder_lines *lines);

/* Rows know of a role only its id: on which node it is, is looked up in the tree. */
int lines_find_nodes(struct reminder_lines *lines, const struct tree *tree) MUST_CHECK;

/* By day: when it was settled, today what is due, when what is to come is planned; then why
 * somebody gets nothing. */
int lines_order(struct reminder_lines *lines, int32_t today) MUST_CHECK;

/* The next one, or NULL. */
const struct reminder_line *lines_next(struct reminder_lines *lines);

void line_write(struct writer *writer, struct request *request, const struct reminder_line *line);

#endif
