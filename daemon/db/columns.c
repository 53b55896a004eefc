/* Rows as arrays; see columns.h. A payload is read again here, which costs less than to have
 * PostgreSQL do it. */
#include "db/columns.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static size_t column_count(const struct table *table)
{
    size_t n = 0;

    while (table->columns[n].name)
        n++;
    assert(n <= COLUMNS_MAX);
    return n;
}

void columns_open(struct columns *columns, const struct table *table)
{
    *columns = (struct columns){.table = table};
    for (size_t i = 0; i < column_count(table); i++)
        param_array_open(&columns->arrays[i], table->columns[i].type);
}

void columns_done(struct columns *columns)
{
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        param_array_done(&columns->arrays[i]);
}

static int add_json(struct param_array *array, const json_t *value)
{
    AUTO(free_ptr) char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));

    if (!text)
        return -ENOMEM;
    param_array_add_jsonb(array, text);
    return 0;
}

static int add_value(struct param_array *array, enum param_type type, const json_t *value)
{
    if (!value || json_is_null(value)) {
        param_array_add_null(array);
        return 0;
    }
    switch (type) {
    case PARAM_BOOL:
        if (!json_is_boolean(value))
            return -EINVAL;
        param_array_add_bool(array, json_is_true(value));
        return 0;
    case PARAM_INT8:
        if (!json_is_integer(value))
            return -EINVAL;
        param_array_add_int8(array, json_integer_value(value));
        return 0;
    case PARAM_FLOAT8:
        if (!json_is_number(value))
            return -EINVAL;
        param_array_add_float8(array, json_number_value(value));
        return 0;
    case PARAM_TEXT:
        if (!json_is_string(value))
            return -EINVAL;
        param_array_add(array, json_string_value(value), json_string_length(value));
        return 0;
    case PARAM_JSONB:
        return add_json(array, value);
    case PARAM_BYTEA:
    case PARAM_UUID:
        break; /* no payload has them */
    }
    return -EINVAL;
}

int columns_add(struct columns *columns, const struct entry *entry)
{
    json_auto_t *row = json_loads(entry->payload, 0, NULL);
    int r = row ? 0 : -EINVAL;

    for (size_t i = 0; r == 0 && columns->table->columns[i].name; i++) {
        const struct column *column = &columns->table->columns[i];

        r = add_value(&columns->arrays[i], column->type, json_object_get(row, column->name));
    }
    return r;
}

int columns_close(struct columns *columns, struct pg_value *ret_params)
{
    int r = 0;

    for (size_t i = 0; r == 0 && columns->table->columns[i].name; i++)
        r = param_array_close(&columns->arrays[i], &ret_params[i]);
    return r;
}
