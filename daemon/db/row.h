/*
 * Reading one value of a result row: text format, null as the type's "none". The database is
 * trusted to hold what its constraints say; texts point into the result.
 */
#ifndef GOALD_DB_ROW_H
#define GOALD_DB_ROW_H

#include <libpq-fe.h>
#include <stdint.h>

#include "core/date.h"
#include "core/text.h"

const char *row_text(const PGresult *result, int row, int column); /* NULL: null */
int64_t row_int(const PGresult *result, int row, int column);      /* 0: null */
double row_double(const PGresult *result, int row, int column);    /* NAN: null */
bool row_bool(const PGresult *result, int row, int column);        /* false: null */
struct span row_span(const PGresult *result, int row, int column); /* not given: null */
struct date row_date(const PGresult *result, int row, int column); /* not given: null */
/* A word of an enumeration; `none` for null and for a word that this program does not know. */
int row_word(const PGresult *result, int row, int column, const char *const *names, int none);
/* A JSON array of words; NULL for null. */
int row_words(const PGresult *result, int row, int column, struct words **ret_words) MUST_CHECK;
int row_texts(const PGresult *result, int row, int column, struct texts *ret_texts) MUST_CHECK;

#endif
