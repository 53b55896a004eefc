/*
 * Parameters of statements. In PostgreSQL's binary format, so that neither side writes and reads
 * numbers, hashes and quoted texts as text: arrays of one dimension, and single values. As text,
 * where there are few: lists and numbers. An array or list owns its bytes; what it became as a
 * parameter points into them.
 */
#ifndef GOALD_DB_PARAMS_H
#define GOALD_DB_PARAMS_H

#include "db/pg.h"
#include "wire/buffer.h"

/* The types' numbers, which PostgreSQL promises to keep (pg_type.dat). */
enum param_type {
    PARAM_BOOL = 16,
    PARAM_BYTEA = 17,
    PARAM_INT8 = 20,
    PARAM_TEXT = 25,
    PARAM_FLOAT8 = 701,
    PARAM_UUID = 2950,
    PARAM_JSONB = 3802,
};

struct param_array {
    struct buffer bytes;
    uint32_t count;
    bool failed; /* there was no memory: param_array_close() tells */
};

void param_array_open(struct param_array *array, enum param_type type);
void param_array_add(struct param_array *array, const void *bytes, size_t len);
void param_array_add_bool(struct param_array *array, bool value);
void param_array_add_int8(struct param_array *array, int64_t value);
void param_array_add_float8(struct param_array *array, double value);
void param_array_add_jsonb(struct param_array *array, const char *json);
void param_array_add_null(struct param_array *array);
int param_array_close(struct param_array *array, struct pg_value *ret_value) MUST_CHECK;
void param_array_done(struct param_array *array);

/* Single values; the buffer is the caller's. */
struct pg_value param_int4(int32_t value, char buffer[4]);
struct pg_value param_int8(int64_t value, char buffer[8]);
/* `us`: of CLOCK_REALTIME */
struct pg_value param_timestamp(int64_t us, char buffer[8]);

/* As text: an array's literal or a JSON array. Items stand in it as they are, unquoted. */
struct param_list {
    char open, close;
    struct buffer text;
    bool any, failed; /* failed: there was no memory, param_list_close() tells */
};

#define PARAM_LIST_ARRAY                                                                           \
    {                                                                                              \
        .open = '{', .close = '}'                                                                  \
    }
#define PARAM_LIST_JSON                                                                            \
    {                                                                                              \
        .open = '[', .close = ']'                                                                  \
    }

void param_list_add(struct param_list *list, const char *item);
void param_list_add_number(struct param_list *list, int64_t value);
/* Ends it; its text, or NULL for want of memory. */
const char *param_list_close(struct param_list *list);
void param_list_done(struct param_list *list);

#define PARAM_NUMBER_SIZE 24
/* Returns the buffer. */
const char *param_number(int64_t value, char buffer[PARAM_NUMBER_SIZE]);

#endif
