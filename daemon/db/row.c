/* Values of a result row; see row.h. */
#include "db/row.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/tree.h"

const char *row_text(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

int64_t row_int(const PGresult *result, int row, int column)
{
    const char *text = row_text(result, row, column);

    return text ? strtoll(text, NULL, 10) : 0;
}

double row_double(const PGresult *result, int row, int column)
{
    const char *text = row_text(result, row, column);

    return text ? strtod(text, NULL) : (double)NAN;
}

bool row_bool(const PGresult *result, int row, int column)
{
    const char *text = row_text(result, row, column);

    return text && *text == 't';
}

struct date row_date(const PGresult *result, int row, int column)
{
    struct date date = {0};

    /* The database's own check has held; what it does not hold is no date. */
    if (date_parse(row_text(result, row, column), &date) < 0)
        date = (struct date){0};
    return date;
}

struct span row_span(const PGresult *result, int row, int column)
{
    struct span span = {0};

    if (span_parse(row_text(result, row, column), &span) < 0)
        span = (struct span){0};
    return span;
}

int row_word(const PGresult *result, int row, int column, const char *const *names, int none)
{
    const char *text = row_text(result, row, column);
    int value = text ? enum_parse(names, text) : -EINVAL;

    return value < 0 ? none : value;
}

int row_words(const PGresult *result, int row, int column, struct words **ret_words)
{
    const char *text = row_text(result, row, column);
    json_auto_t *array = text ? json_loads(text, 0, NULL) : NULL;

    return text && !array ? -EINVAL : words_from_json(array, ret_words);
}

int row_texts(const PGresult *result, int row, int column, struct texts *ret_texts)
{
    const char *text = row_text(result, row, column);
    json_auto_t *object = text ? json_loads(text, 0, NULL) : NULL;

    return object ? texts_from_json(object, ret_texts) : -EINVAL;
}
