/* Single values of import records; see import_values.h. */
#include "methods/import_values.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/mailaddress.h"
#include "core/tree.h"
#include "db/zone.h"
#include "methods/check.h"

#define ID_MAX 200
#define QUOTE_MAX 80
#define NUMBER_MAX 1e15 /* whole numbers up to here are exact, and can be added up */
#define WEIGHT_MAX 1e6
#define IDS_MAX 1000 /* each is looked for among others */

struct value {
    const struct field *field;
    const json_t *json;
    const struct place *place;
    struct refusal *refusal;
};

/* The value as JSON, cut off where it is long. */
static int refuse_value(const struct value *value, const char *what)
{
    AUTO(free_ptr) char *text = json_dumps(value->json, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t len = text ? strlen(text) : 0, end = len > QUOTE_MAX ? QUOTE_MAX : len;

    while (end < len && end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
        end--;
    return refuse_at(value->refusal, value->place, "%s: %.*s%s", what, (int)end, text ? text : "",
                     end < len ? "…" : "");
}

static int value_text(const struct value *value, size_t most)
{
    const char *text = json_string_value(value->json);

    if (!text)
        return refuse_value(value, "not a text");
    if (!*text)
        return refuse_at(value->refusal, value->place, "empty");
    if (check_length(text) > most)
        return refuse_at(value->refusal, value->place, "longer than %zu characters", most);
    return 0;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static int value_id(const struct value *value)
{
    int r = value_text(value, ID_MAX);

    if (r == 0 && has_control(json_string_value(value->json)))
        return refuse_value(value, "a control character");
    return r;
}

static int value_shared(const struct value *value)
{
    int r = value_id(value);

    if (r == 0 && strchr(json_string_value(value->json), ':'))
        return refuse_value(value, "must not contain a colon");
    return r;
}

static int value_key(const struct value *value)
{
    int r = value_id(value);

    if (r == 0 && strchr(json_string_value(value->json), ':'))
        return refuse_value(value, "a colon");
    if (r == 0 && *json_string_value(value->json) == '.')
        return refuse_value(value, "begins with a full stop");
    return r;
}

static bool is_among(const char *const *words, const char *word)
{
    for (; word && *words; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

/* All of them, so that the right one is found. */
static int refuse_word(const struct value *value, const char *const *words)
{
    char list[256] = "";
    size_t len = 0;

    for (; *words && len < sizeof(list); words++)
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "", *words);
    return refuse_at(value->refusal, value->place, "not one of %s", list);
}

static int value_word(const struct value *value)
{
    if (!is_among(value->field->words, json_string_value(value->json)))
        return refuse_word(value, value->field->words);
    return 0;
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 2 to 8 letters, then parts of 1 to 8 letters and digits: the outline of BCP 47. */
static bool is_language(const char *tag)
{
    size_t len = 0;

    if (!tag || strlen(tag) > 35)
        return false;
    for (bool first = true;; tag++) {
        if (is_alpha(*tag) || (!first && *tag >= '0' && *tag <= '9')) {
            len++;
        } else {
            if (len < (first ? 2 : 1) || len > 8)
                return false;
            if (*tag != '-')
                return !*tag;
            first = false;
            len = 0;
        }
    }
}

static int value_texts(const struct value *value)
{
    const char *language;
    json_t *text;

    if (!json_is_object(value->json))
        return refuse_value(value, "not texts by language");
    if (json_object_size(value->json) == 0)
        return refuse_at(value->refusal, value->place, "empty");
    json_object_foreach ((json_t *)value->json, language, text) {
        struct place place = {value->place, language, 0};
        struct value item = {value->field, text, &place, value->refusal};
        int r = value_text(&item, CHECK_SHORT_TEXT);

        if (!is_language(language))
            return refuse_at(value->refusal, &place, "not a language tag");
        if (r < 0)
            return r;
    }
    return 0;
}

static int value_date(const struct value *value)
{
    struct date date;

    if (!json_is_string(value->json) || date_parse(json_string_value(value->json), &date) < 0)
        return refuse_value(value, "not a date");
    return 0;
}

/* The span's members; those of a due date stand beside "after". */
static const struct {
    const char *name;
    char letter;
    json_int_t most;
} span_members[] = {{"years", 'Y', 999}, {"months", 'M', 9999}, {"days", 'D', 99999}};

void span_text(const json_t *json, char buffer[SPAN_TEXT_SIZE])
{
    int n = snprintf(buffer, SPAN_TEXT_SIZE, "P");

    for (size_t i = 0; i < ARRAY_LEN(span_members); i++) {
        json_int_t count = json_integer_value(json_object_get(json, span_members[i].name));

        if (count > 0)
            n += snprintf(buffer + n, (size_t)(SPAN_TEXT_SIZE - n), "%d%c", (int)count,
                          span_members[i].letter);
    }
}

static int span_member(const struct value *value, const char *name, const json_t *count,
                       json_int_t *sum)
{
    const struct place place = {value->place, name, 0};
    const struct value item = {value->field, count, &place, value->refusal};

    for (size_t i = 0; i < ARRAY_LEN(span_members); i++) {
        if (strcmp(span_members[i].name, name) != 0)
            continue;
        *sum += json_integer_value(count);
        if (json_is_integer(count) && json_integer_value(count) >= 0 &&
            json_integer_value(count) <= span_members[i].most)
            return 0;
        return refuse_value(&item, "not a whole number, or too large");
    }
    return refuse_at(value->refusal, &place, "unknown key");
}

static int value_span(const struct value *value)
{
    const char *name;
    json_int_t sum = 0;
    json_t *count;

    if (!json_is_object(value->json))
        return refuse_value(value, "not a span of years, months and days");
    json_object_foreach ((json_t *)value->json, name, count) {
        bool after = value->field->type == TYPE_DUE && strcmp(name, "after") == 0;
        int r = after || json_is_null(count) ? 0 : span_member(value, name, count, &sum);

        if (r < 0)
            return r;
    }
    return sum > 0 ? 0 : refuse_at(value->refusal, value->place, "no time at all");
}

static int value_due(const struct value *value)
{
    const struct place place = {value->place, "after", 0};
    const char *after = json_string_value(json_object_get(value->json, "after"));

    if (!json_is_object(value->json))
        return value_date(value);
    if (!after || strcmp(after, "start") != 0)
        return refuse_at(value->refusal, &place, "not \"start\"");
    return value_span(value);
}

static int value_currency(const struct value *value)
{
    const char *text = json_string_value(value->json);
    size_t len = text ? strlen(text) : 0;

    if (len != 3 || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        return refuse_value(value, "not the three letters of a currency");
    return 0;
}

static int value_span_text(const struct value *value)
{
    struct span span;

    if (!json_is_string(value->json) || span_parse(json_string_value(value->json), &span) < 0)
        return refuse_value(value, "not a span of time such as P5Y, P18M or P30D");
    return 0;
}

static int value_number(const struct value *value)
{
    double number = json_number_value(value->json);

    if (!json_is_number(value->json))
        return refuse_value(value, "not a number");
    if (value->field->type == TYPE_NUMBER && !(fabs(number) <= NUMBER_MAX))
        return refuse_value(value, "not from -10^15 to 10^15");
    if (value->field->type == TYPE_WEIGHT && !(number > 0))
        return refuse_value(value, "not more than 0");
    if (value->field->type == TYPE_WEIGHT && !(number <= WEIGHT_MAX))
        return refuse_value(value, "more than 1,000,000");
    if (value->field->type == TYPE_AMOUNT && !(number >= 0 && number <= NUMBER_MAX))
        return refuse_value(value, "not from 0 to 10^15");
    if (value->field->type == TYPE_PERCENT && !(number >= 0 && number <= 100))
        return refuse_value(value, "not from 0 to 100");
    if (check_is_tiny(number))
        return refuse_value(value, "too near 0");
    return 0;
}

static int value_count(const struct value *value, json_int_t least)
{
    json_int_t count = json_integer_value(value->json);

    if (!json_is_integer(value->json))
        return refuse_value(value, "not a whole number");
    if (count < least || count > INT32_MAX)
        return refuse_value(value, least > 0 ? "not 1 or more" : "not 0 or more");
    return 0;
}

static int value_every(const struct value *value)
{
    int r = value_count(value, 0);

    if (r == 0 && json_integer_value(value->json) > REMINDER_EVERY_MAX)
        return refuse_value(value, "more than ten years");
    return r;
}

static int value_counts(const struct value *value)
{
    const char *word;
    json_t *count;

    if (!json_is_object(value->json))
        return refuse_value(value, "not an object");
    json_object_foreach ((json_t *)value->json, word, count) {
        struct place place = {value->place, word, 0};
        struct value item = {value->field, count, &place, value->refusal};
        int r;

        if (!is_among(value->field->words, word))
            return refuse_word(&item, value->field->words);
        r = value_count(&item, 0);
        if (r < 0)
            return r;
    }
    return 0;
}

static int value_address(const struct value *value)
{
    const char *text = json_string_value(value->json);

    if (text && strlen(text) > CHECK_ADDRESS)
        return refuse_at(value->refusal, value->place, "longer than %d bytes", CHECK_ADDRESS);
    if (!text || !check_is_address(text))
        return refuse_value(value, "not an http:// or https:// address");
    return 0;
}

static int value_email(const struct value *value)
{
    return mailaddress_valid(json_string_value(value->json))
               ? 0
               : refuse_value(value, "not an e-mail address");
}

static int value_list(const struct value *value, int (*check)(const struct value *))
{
    size_t i;
    json_t *json;

    if (!json_is_array(value->json))
        return refuse_value(value, "not a list");
    json_array_foreach (value->json, i, json) {
        struct place place = {value->place, NULL, i};
        struct value item = {value->field, json, &place, value->refusal};
        int r = check(&item);

        if (r < 0)
            return r;
    }
    return 0;
}

static int value_ids(const struct value *value)
{
    if (json_array_size(value->json) > IDS_MAX)
        return refuse_value(value, "more than 1,000");
    return value_list(value, value_id);
}

static int value_short(const struct value *value)
{
    return value_text(value, CHECK_SHORT_TEXT);
}

static int value_breakdown(const struct value *value)
{
    const char *dimension;
    json_t *text;

    if (!json_is_object(value->json))
        return refuse_value(value, "not texts by dimension");
    if (json_object_size(value->json) == 0)
        return refuse_at(value->refusal, value->place, "empty");
    json_object_foreach ((json_t *)value->json, dimension, text) {
        struct place place = {value->place, dimension, 0};
        struct value item = {value->field, text, &place, value->refusal};
        int r = value_short(&item);

        if (r < 0)
            return r;
        if (!*dimension || check_length(dimension) > ID_MAX || has_control(dimension))
            return refuse_at(value->refusal, &place, "no name for a dimension");
    }
    return 0;
}

int value_check(const struct field *field, const json_t *json, const struct place *place,
                struct refusal *refusal)
{
    const struct value value = {field, json, place, refusal};

    switch (field->type) {
    case TYPE_ID:
        return value_id(&value);
    case TYPE_SHARED:
        return value_shared(&value);
    case TYPE_KEY:
        return value_key(&value);
    case TYPE_WORD:
        return value_word(&value);
    case TYPE_SHORT:
        return value_short(&value);
    case TYPE_LONG:
        return value_text(&value, CHECK_LONG_TEXT);
    case TYPE_TEXTS:
        return value_texts(&value);
    case TYPE_DATE:
        return value_date(&value);
    case TYPE_DUE:
        return value_due(&value);
    case TYPE_SPAN:
        return value_span(&value);
    case TYPE_FLAG:
        return json_is_boolean(json) ? 0 : refuse_value(&value, "not true or false");
    case TYPE_CURRENCY:
        return value_currency(&value);
    case TYPE_SPAN_TEXT:
        return value_span_text(&value);
    case TYPE_NUMBER:
    case TYPE_AMOUNT:
    case TYPE_WEIGHT:
    case TYPE_PERCENT:
        return value_number(&value);
    case TYPE_DAYS:
        return value_count(&value, 1);
    case TYPE_EVERY:
        return value_every(&value);
    case TYPE_OFFSETS:
        return value_list(&value, value_every);
    case TYPE_COUNTS:
        return value_counts(&value);
    case TYPE_ADDRESS:
        return value_address(&value);
    case TYPE_EMAIL:
        return value_email(&value);
    case TYPE_ZONE:
        return json_is_string(json) && zone_exists(json_string_value(json))
                   ? 0
                   : refuse_value(&value, "not a time zone");
    case TYPE_LANGUAGE:
        return is_language(json_string_value(json)) ? 0
                                                    : refuse_value(&value, "not a language tag");
    case TYPE_ADDRESSES:
        return value_list(&value, value_address);
    case TYPE_IDS:
        return value_ids(&value);
    case TYPE_SHORTS:
        return value_list(&value, value_short);
    case TYPE_BREAKDOWN:
        return value_breakdown(&value);
    case TYPE_RECORD:
    case TYPE_RECORDS:
        break;
    }
    return -EINVAL;
}
