/*
 * What a column of a CSV file may hold: the fields of each part's records with their types, and
 * cells made into values. Constant, pure.
 */
#ifndef GOAL_CSV_FIELDS_H
#define GOAL_CSV_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

enum csv_type { CSV_TEXT, CSV_WORD, CSV_DATE, CSV_NUMBER, CSV_PERCENT, CSV_WHOLE, CSV_LIST };

struct csv_field {
    const char *path; /* "due.after"; * is any word, # the place in a list, from 1 to 99 */
    enum csv_type type;
};

/* How cells are written in this file. */
struct csv_style {
    bool comma;       /* decimals may have a comma */
    const char *list; /* what parts a list's items, beside line breaks */
    char dates;       /* what comes first: 'y', 'd' or 'm' */
};

/* The parts that have fields, separated by blanks. */
extern const char csv_parts[];

/* The field of that name, or NULL; letters in either case. */
const struct csv_field *csv_field_find(const char *part, const char *path);

/* The path as the table has it, so that "Percent" is percent: only what the table leaves open is
 * taken as it is written. The caller's to free. */
char *csv_field_path(const struct csv_field *field, const char *path);

/* A cell that is not empty, as a value of that type (a new reference); NULL: it is none, and *ret
 * says what it should be. */
json_t *csv_value(enum csv_type type, const char *cell, const struct csv_style *style,
                  const char **ret_problem);

#endif
