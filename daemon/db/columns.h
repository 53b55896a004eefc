/*
 * A table's rows as arrays, one a column, out of the payloads of journal entries: for the table
 * that most changes write, since PostgreSQL takes binary arrays in half the time of JSON.
 */
#ifndef GOALD_DB_COLUMNS_H
#define GOALD_DB_COLUMNS_H

#include "db/journal.h"
#include "db/params.h"
#include "db/tables.h"

#define COLUMNS_MAX 16

struct columns {
    const struct table *table;
    struct param_array arrays[COLUMNS_MAX]; /* one of each of table->columns */
};

void columns_open(struct columns *columns, const struct table *table);
void columns_done(struct columns *columns);

/* Adds the row that the entry puts. -EINVAL: its payload is not what the table's columns say. */
int columns_add(struct columns *columns, const struct entry *entry) MUST_CHECK;

/* The parameters that follow the first one; they point into the columns. */
int columns_close(struct columns *columns, struct pg_value *ret_params) MUST_CHECK;

#endif
