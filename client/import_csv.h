/*
 * The options of goal import that say how to read a CSV file.
 */
#ifndef GOAL_IMPORT_CSV_H
#define GOAL_IMPORT_CSV_H

#include "csv_sheet.h"
#include "goal.h"

/* Reads a CSV file as the command line says (--csv). The sheet, which is to be freed in any case,
 * keeps where its records stand; *ret_document has them as a part. Says what is wrong and returns
 * an exit code. */
int import_csv_read(const struct goal *goal, const char *file, const char *text, size_t len,
                    struct csv_sheet *ret_sheet, json_t **ret_document);

/* Options that only --csv has a use for, and that are there without it: one of them, or NULL. */
const char *import_csv_stray(const struct args *args);

#endif
