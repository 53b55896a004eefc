/*
 * A CSV file as records of an import document: which column is which field, what a cell means, and
 * where in the file a record and its fields stand. The caller owns the sheet.
 */
#ifndef GOAL_CSV_SHEET_H
#define GOAL_CSV_SHEET_H

#include "csv_fields.h"
#include "csv_reader.h"

/* What the command line says of the file. All names of fields in it are known ones. */
struct csv_spec {
    const char *part;       /* one of csv_parts */
    struct csv_style style; /* .comma follows from the separator */
    char separator;         /* 0: as the first line has it */
    json_t *map;            /* {header: field} */
    json_t *ignore;         /* {header: true} */
    json_t *values;         /* {field: {cell: what it stands for}} */
    json_t *set;            /* {field: the cell where there is none} */
};

struct csv_column {
    char *header;
    char *path; /* of the field, or NULL: it is left out */
    const struct csv_field *field;
};

struct csv_sheet {
    struct csv_column *columns;
    size_t n_columns;
    json_t *records;
    size_t *lines;         /* on which the records begin */
    unsigned char *filled; /* records × columns: has the record this field from this column? */
    const char *part;
};

/* Reads a file. -EINVAL: *ret_error says what is wrong. The sheet is to be freed in any case. */
int csv_sheet_read(const char *text, size_t len, const struct csv_spec *spec,
                   struct csv_sheet *ret_sheet, struct csv_error *ret_error) MUST_CHECK;
void csv_sheet_done(struct csv_sheet *sheet);

/* A refusal of the daemon as one of the file: "updates[12].percent" becomes a line and a column,
 * and so does what the message names. -ENOENT: the place is not in the sheet. */
int csv_sheet_locate(const struct csv_sheet *sheet, const char *place, const char *message,
                     struct csv_error *ret_error) MUST_CHECK;

/* "FILE:14:3 (due): …" */
char *csv_error_text(const struct csv_sheet *sheet, const char *file,
                     const struct csv_error *error);

#endif
