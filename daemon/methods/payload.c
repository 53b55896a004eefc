/* Members of payloads, and keys; see payload.h. */
#include "methods/payload.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "db/journal.h"
#include "methods/import_values.h"

#define KEY_MAX 1000 /* bytes: an index entry holds at most some 2,700 */

static int set_new(json_t *payload, const char *column, json_t *value)
{
    return json_object_set_new(payload, column, value) < 0 ? -ENOMEM : 0;
}

int payload_take(json_t *payload, const char *column, const json_t *value)
{
    if (!value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0))
        return 0;
    return json_object_set(payload, column, (json_t *)value) < 0 ? -ENOMEM : 0;
}

int payload_list(json_t *payload, const char *column, const json_t *value)
{
    return !value || json_object_set(payload, column, (json_t *)value) == 0 ? 0 : -ENOMEM;
}

/* 2 and 2.0 are the same. */
int payload_number(json_t *payload, const char *column, const json_t *value)
{
    return value ? set_new(payload, column, json_real(json_number_value(value))) : 0;
}

int payload_bool(json_t *payload, const char *column, const json_t *value)
{
    return set_new(payload, column, json_boolean(json_is_true(value)));
}

int payload_word(json_t *payload, const char *column, const char *word)
{
    return set_new(payload, column, json_string(word));
}

int payload_span_text(json_t *payload, const char *column, const char *text)
{
    char same[SPAN_TEXT_SIZE];
    struct span span;
    int r = span_parse(text, &span);

    return r < 0 ? r : payload_word(payload, column, span_format(span, same));
}

int payload_span(json_t *payload, const char *column, const json_t *value)
{
    char text[SPAN_TEXT_SIZE];

    span_text(value, text);
    return payload_span_text(payload, column, text);
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of the languages: that of the document says nothing. */
int payload_texts(json_t *payload, const char *column, const json_t *value)
{
    json_t *texts = (json_t *)value, *sorted = json_object(), *text;
    AUTO(free_ptr) const char **keys = calloc(json_object_size(texts) + 1, sizeof(char *));
    size_t n = 0;
    const char *key;
    int r = keys && sorted ? 0 : -ENOMEM;

    if (r == 0) {
        json_object_foreach (texts, key, text)
            keys[n++] = key;
        qsort(keys, n, sizeof(char *), compare_keys);
    }
    for (size_t i = 0; i < n && r == 0; i++)
        r = json_object_set(sorted, keys[i], json_object_get(texts, keys[i])) < 0 ? -ENOMEM : 0;
    if (r == 0)
        return set_new(payload, column, sorted);
    json_decref(sorted);
    return r;
}

int payload_id(json_t *payload, const char *column, int64_t id)
{
    return set_new(payload, column, json_integer(id));
}

int payload_fields(json_t *payload, const json_t *record, const char *const *names)
{
    int r = 0;

    for (; *names && r == 0; names++)
        r = payload_take(payload, *names, json_object_get(record, *names));
    return r;
}

int key_format(char **ret_key, const char *format, ...)
{
    unsigned char digest[HASH_SIZE];
    char *key = NULL, hex[2 * HASH_SIZE + 1];
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&key, format, args);
    va_end(args);
    if (len < 0)
        return -ENOMEM;
    if (len > KEY_MAX) {
        int r = digest_text(key, (size_t)len, digest);

        if (r < 0) {
            free(key);
            return r;
        }
        hash_to_hex(digest, hex);
        snprintf(key, (size_t)len, "sha256:%s", hex);
    }
    *ret_key = key;
    return 0;
}
