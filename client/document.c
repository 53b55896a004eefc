/*
 * Import documents. Pure; the caller owns the document.
 */
#include "document.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "text.h"

#define FORMAT "goald-import-1"

const char *const document_parts[] = {"strategy", "organisations", "persons",
                                      "groups",   "nodes",         "updates",
                                      "closings", "observations",  NULL};

static bool is_part(const char *key)
{
    for (size_t i = 0; document_parts[i]; i++)
        if (strcmp(document_parts[i], key) == 0)
            return true;
    return false;
}

/* A part is a list of objects; the strategy is one object; null is as good as absent. */
static int check_part(const char *key, const json_t *part, char **ret_problem)
{
    size_t i;
    json_t *record;
    if (json_is_null(part))
        return 0;
    if (strcmp(key, "strategy") == 0 ? !json_is_object(part) : !json_is_array(part)) {
        *ret_problem =
            text_format("%s: not %s", key, strcmp(key, "strategy") == 0 ? "an object" : "a list");
        return -EINVAL;
    }
    json_array_foreach (part, i, record) {
        if (json_is_object(record))
            continue;
        *ret_problem = text_format("%s[%zu]: not an object", key, i);
        return -EINVAL;
    }
    return 0;
}

static int check_format(const json_t *document, char **ret_problem)
{
    const json_t *format = json_object_get(document, "format");
    const char *name = json_string_value(format);
    const json_t *strategy = json_object_get(document, "strategy");
    if (!name || strcmp(name, FORMAT) != 0) {
        *ret_problem = text_format("format: %s", name ? "unknown; this program reads " FORMAT
                                                      : "missing; it is \"" FORMAT "\"");
        return -EINVAL;
    }
    if (json_is_object(strategy) && !json_is_string(json_object_get(strategy, "key"))) {
        *ret_problem = text_copy("strategy.key: missing");
        return -EINVAL;
    }
    return 0;
}

static int check_outline(json_t *document, char **ret_problem)
{
    const char *key;
    json_t *part;
    if (!json_is_object(document)) {
        *ret_problem = text_copy("not an object");
        return -EINVAL;
    }
    json_object_foreach (document, key, part) {
        if (strcmp(key, "format") == 0)
            continue;
        if (!is_part(key)) {
            *ret_problem = text_format("%s: unknown key", key);
            return -EINVAL;
        }
        if (check_part(key, part, ret_problem) < 0)
            return -EINVAL;
    }
    return check_format(document, ret_problem);
}

int document_parse(const char *text, size_t len, json_t **ret_document, char **ret_problem)
{
    json_error_t error;
    json_auto_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!document) {
        *ret_problem = text_format("%d:%d: %s", error.line, error.column, error.text);
        return -EINVAL;
    }
    int r = check_outline(document, ret_problem);
    if (r == 0)
        *ret_document = STEAL(document);
    return r;
}

static size_t part_size(const json_t *part)
{
    return json_is_object(part) ? 1 : json_array_size(part);
}

size_t document_count(const json_t *document)
{
    size_t count = 0;
    for (size_t i = 0; document_parts[i]; i++)
        count += part_size(json_object_get(document, document_parts[i]));
    return count;
}

static json_t *record_at(const json_t *part, size_t at)
{
    return json_is_object(part) ? (json_t *)part : json_array_get(part, at);
}

/* Takes records while they fit; a single one that is larger than a chunk goes alone. */
static size_t fill_chunk(const json_t *part, size_t first, json_t *records)
{
    size_t bytes = 0, at = first, count = part_size(part);
    for (; at < count && at - first < CHUNK_RECORDS; at++) {
        json_t *record = record_at(part, at);
        bytes += json_dumpb(record, NULL, 0, JSON_COMPACT) + 1;
        if (at > first && bytes > CHUNK_BYTES)
            break;
        json_array_append(records, record);
    }
    return at - first;
}

size_t document_next(const json_t *document, struct chunk_walk *walk, const char **ret_part,
                     size_t *ret_first, json_t **ret_records)
{
    for (; document_parts[walk->part]; walk->part++, walk->first = 0) {
        const json_t *part = json_object_get(document, document_parts[walk->part]);
        if (walk->first >= part_size(part))
            continue;
        json_t *records = json_array();
        size_t taken = fill_chunk(part, walk->first, records);
        *ret_part = document_parts[walk->part];
        *ret_first = walk->first;
        *ret_records = records;
        walk->first += taken;
        return taken;
    }
    return 0;
}
