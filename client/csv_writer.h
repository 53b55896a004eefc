/*
 * Tables as CSV (RFC 4180): lines end in CRLF, cells that need it are quoted.
 */
#ifndef GOAL_CSV_WRITER_H
#define GOAL_CSV_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Writes a text; behind another cell of the line unless it is the first. What a spreadsheet would
 * take for a formula (it begins with = + - @ or a control character) gets an apostrophe in front,
 * which spreadsheets show as text; control characters but line breaks are replaced. */
void csv_text(FILE *out, bool first, const char *text);

/* The same of a value: a number as it is, a list joined by "; ", nothing for null. */
void csv_cell(FILE *out, bool first, const json_t *value);

void csv_end_line(FILE *out);

#endif
