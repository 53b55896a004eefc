/*
 * CSV as spreadsheets write it (RFC 4180, and what Excel and LibreOffice make of it): UTF-8 with or
 * without a byte order mark, separated by comma, semicolon or tab, quoted where need be. Reads rows
 * of cells; what they mean is csv_sheet.h's to know.
 */
#ifndef GOAL_CSV_READER_H
#define GOAL_CSV_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

/* What is wrong, and where; `text` is the receiver's to free. */
struct csv_error {
    size_t line, column; /* from 1; column 0: none in particular */
    char *text;
};

struct csv_row {
    size_t line;   /* on which it begins, from 1 */
    json_t *cells; /* texts, without blanks at their ends; their line breaks are \n */
};

/* Called for each row that is not empty, the header first. -EINVAL: *ret_error says what is wrong;
 * it ends the reading. */
typedef int (*csv_row_fn)(void *arg, const struct csv_row *row, struct csv_error *ret_error);

/* The separator that the first line says (Excel's "sep=;") or its cells are parted by: the most
 * frequent of ; , and tab outside quotes. */
char csv_separator(const char *text, size_t len);

/* Reads all rows. -EINVAL: *ret_error says what is wrong. */
int csv_read(const char *text, size_t len, char separator, csv_row_fn row, void *arg,
             struct csv_error *ret_error) MUST_CHECK;

/* Sets an error's place and text; returns -EINVAL. */
int csv_refuse(struct csv_error *ret_error, size_t line, size_t column, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
