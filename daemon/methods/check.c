/* Checks of parameters; see check.h. */
#include "methods/check.h"

#include <math.h>
#include <string.h>

#include "core/tree.h"
#include "methods/request.h"

bool check_is_tiny(double number)
{
    return fpclassify(number) == FP_SUBNORMAL;
}

size_t check_length(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

int check_member_word(const json_t *object, const char *name, const char *const *names, int from,
                      int to, struct refusal *refusal)
{
    const char *word = json_string_value(json_object_get(object, name));
    int value = word ? enum_parse(names, word) : from;

    if (value >= from && value <= to)
        return 0;
    return refuse(refusal, name, "there is no %s \"%.40s\"", name, word);
}

int check_word(const struct call *call, const char *name, const char *const *names, int from,
               int to, struct refusal *refusal)
{
    return check_member_word(call->parameters, name, names, from, to, refusal);
}

int check_member_text(const json_t *object, const char *name, size_t limit, struct refusal *refusal)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (!text)
        return 0;
    if (!*text)
        return refuse(refusal, name, "is empty");
    if (check_length(text) > limit)
        return refuse(refusal, name, "is longer than %zu characters", limit);
    return 0;
}

int check_text(const struct call *call, const char *name, size_t limit, struct refusal *refusal)
{
    return check_member_text(call->parameters, name, limit, refusal);
}

bool check_is_address(const char *text)
{
    const char *rest;

    if (strncasecmp(text, "https://", 8) == 0)
        rest = text + 8;
    else if (strncasecmp(text, "http://", 7) == 0)
        rest = text + 7;
    else
        return false;
    if (!*rest || strlen(text) > CHECK_ADDRESS)
        return false;
    for (; *rest; rest++) {
        if ((unsigned char)*rest <= ' ' || *rest == 0x7f)
            return false;
    }
    return true;
}

int check_addresses(const json_t *array, const char *name, struct refusal *refusal)
{
    const json_t *item;
    size_t i;

    if (json_array_size(array) > 100)
        return refuse(refusal, name, "more than 100 addresses");
    json_array_foreach (array, i, item) {
        char field[64];

        snprintf(field, sizeof(field), "%s[%zu]", name, i);
        if (!check_is_address(json_string_value(item)))
            return refuse(refusal, field, "not an http:// or https:// address: \"%.80s\"",
                          json_string_value(item));
    }
    return 0;
}
