/* Parameters; see params.h. In binary all numbers are big-endian. */
#include "db/params.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* PostgreSQL counts from the year 2000. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

/* What comes before an array's elements. */
struct head {
    uint32_t dimensions, has_nulls, type, count, first;
};

static void append(struct param_array *array, const void *bytes, size_t len)
{
    if (!array->failed && buffer_append(&array->bytes, bytes, len) < 0)
        array->failed = true;
}

void param_array_open(struct param_array *array, enum param_type type)
{
    /* has_nulls is not read but must be 0 or 1; the count follows when it is known */
    struct head head = {htonl(1), htonl(1), htonl((uint32_t)type), 0, htonl(1)};

    append(array, &head, sizeof(head));
}

void param_array_add(struct param_array *array, const void *bytes, size_t len)
{
    uint32_t size = htonl((uint32_t)len);

    append(array, &size, sizeof(size));
    append(array, bytes, len);
    array->count++;
}

void param_array_add_bool(struct param_array *array, bool value)
{
    param_array_add(array, value ? "\1" : "\0", 1);
}

void param_array_add_int8(struct param_array *array, int64_t value)
{
    char buffer[8];

    param_int8(value, buffer);
    param_array_add(array, buffer, sizeof(buffer));
}

void param_array_add_float8(struct param_array *array, double value)
{
    int64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    param_array_add_int8(array, bits);
}

void param_array_add_jsonb(struct param_array *array, const char *json)
{
    static const char version = 1; /* of the binary format: the text follows */
    size_t len = strlen(json);
    uint32_t size = htonl((uint32_t)(sizeof(version) + len));

    append(array, &size, sizeof(size));
    append(array, &version, sizeof(version));
    append(array, json, len);
    array->count++;
}

void param_array_add_null(struct param_array *array)
{
    static const uint32_t null = UINT32_MAX;

    append(array, &null, sizeof(null));
    array->count++;
}

int param_array_close(struct param_array *array, struct pg_value *ret_value)
{
    uint32_t count = htonl(array->count);

    if (array->failed || array->bytes.len > INT32_MAX)
        return -ENOMEM;
    memcpy(buffer_bytes(&array->bytes) + offsetof(struct head, count), &count, sizeof(count));
    *ret_value = (struct pg_value){buffer_bytes(&array->bytes), (int)array->bytes.len};
    return 0;
}

void param_array_done(struct param_array *array)
{
    buffer_done(&array->bytes);
    *array = (struct param_array){0};
}

struct pg_value param_int4(int32_t value, char buffer[4])
{
    uint32_t big = htonl((uint32_t)value);

    memcpy(buffer, &big, sizeof(big));
    return (struct pg_value){buffer, sizeof(big)};
}

struct pg_value param_int8(int64_t value, char buffer[8])
{
    uint64_t big = htobe64((uint64_t)value);

    memcpy(buffer, &big, sizeof(big));
    return (struct pg_value){buffer, sizeof(big)};
}

struct pg_value param_timestamp(int64_t us, char buffer[8])
{
    return param_int8(us - POSTGRES_EPOCH_US, buffer);
}

/* --- as text --- */

static void list_append(struct param_list *list, const char *bytes, size_t len)
{
    if (!list->failed && buffer_append(&list->text, bytes, len) < 0)
        list->failed = true;
}

void param_list_add(struct param_list *list, const char *item)
{
    list_append(list, list->any ? "," : &list->open, 1);
    list_append(list, item, strlen(item));
    list->any = true;
}

void param_list_add_number(struct param_list *list, int64_t value)
{
    char text[PARAM_NUMBER_SIZE];

    param_list_add(list, param_number(value, text));
}

const char *param_list_close(struct param_list *list)
{
    if (!list->any)
        list_append(list, &list->open, 1);
    list_append(list, (const char[]){list->close, '\0'}, 2);
    return list->failed ? NULL : buffer_bytes(&list->text);
}

void param_list_done(struct param_list *list)
{
    buffer_done(&list->text);
}

const char *param_number(int64_t value, char buffer[PARAM_NUMBER_SIZE])
{
    snprintf(buffer, PARAM_NUMBER_SIZE, "%" PRId64, value);
    return buffer;
}
