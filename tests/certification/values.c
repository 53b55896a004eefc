/*
 * The table of expected values, as JSON text, and their comparison.
 */
#include "values.h"

#include <math.h>

#define STRUCT "\"bool\":false,\"int\":2,\"float\":3.14159265358979,\"string\":\"a lot of string\""
#define MAP "{\"bar\":\"Bar\",\"foo\":\"Foo\"}"
#define SET "{\"one\":{},\"two\":{},\"three\":{}}"

/* By test: the parameters it wants. */
static const char *const wanted[] = {
    [1] = "{}",
    [2] = "{\"bool\":true}",
    [3] = "{\"int\":1}",
    [4] = "{\"float\":1.0}",
    [5] = "{\"string\":\"ping\"}",
    [6] = "{" STRUCT "}",
    [7] = "{\"struct\":{" STRUCT "}}",
    [8] = "{\"map\":" MAP "}",
    [9] = "{\"set\":" SET "}",
    [10] = "{\"mytype\":{"
           "\"object\":{\"method\":\"org.varlink.certification.Test09\","
           "\"parameters\":{\"map\":" MAP "}},"
           "\"enum\":\"two\",\"struct\":{\"first\":1,\"second\":\"2\"},"
           "\"array\":[\"one\",\"two\",\"three\"],\"dictionary\":" MAP ","
           "\"stringset\":" SET ",\"nullable\":null,\"nullable_array_struct\":null,"
           "\"interface\":{\"foo\":[null,{\"Foo\":\"foo\",\"Bar\":\"bar\"},null,"
           "{\"one\":\"foo\",\"two\":\"bar\"}],"
           "\"anon\":{\"foo\":true,\"bar\":false}}}}",
    [11] = "{\"last_more_replies\":[\"Reply number 1\",\"Reply number 2\",\"Reply number 3\","
           "\"Reply number 4\",\"Reply number 5\",\"Reply number 6\",\"Reply number 7\","
           "\"Reply number 8\",\"Reply number 9\",\"Reply number 10\"]}",
};

json_t *values_wanted(int number)
{
    return json_loads(wanted[number], 0, NULL);
}

json_t *values_reply(int number)
{
    return values_wanted(number + 1);
}

static bool fields_are_same(const json_t *wants, const json_t *got)
{
    json_t *object = (json_t *)wants; /* only read */
    const char *key;
    json_t *value;

    json_object_foreach (object, key, value)
        if (!values_are_same(value, json_object_get(got, key)))
            return false;
    return true;
}

static bool items_are_same(const json_t *wants, const json_t *got)
{
    size_t i;
    json_t *value;

    if (json_array_size(wants) != json_array_size(got))
        return false;
    json_array_foreach (wants, i, value)
        if (!values_are_same(value, json_array_get(got, i)))
            return false;
    return true;
}

bool values_are_same(const json_t *wants, const json_t *got)
{
    if (!wants || json_is_null(wants))
        return !got || json_is_null(got);
    if (json_is_number(wants))
        return json_is_number(got) &&
               fabs(json_number_value(wants) - json_number_value(got)) < 1e-13;
    if (json_is_object(wants))
        return json_is_object(got) && fields_are_same(wants, got) && fields_are_same(got, wants);
    if (json_is_array(wants))
        return json_is_array(got) && items_are_same(wants, got);
    return json_equal(wants, got);
}
