/*
 * The table of fields, and how the cells of a spreadsheet read as their values.
 */
#include "csv_fields.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "args.h"
#include "text.h"

const char csv_parts[] = "nodes updates observations";

static const struct csv_field node_fields[] = {
    {"code", CSV_TEXT},
    {"kind", CSV_WORD},
    {"parent", CSV_TEXT},
    {"titles.*", CSV_TEXT},
    {"stage", CSV_WORD},
    {"start", CSV_DATE},
    {"due", CSV_DATE},
    {"due.after", CSV_WORD},
    {"due.years", CSV_WHOLE},
    {"due.months", CSV_WHOLE},
    {"due.days", CSV_WHOLE},
    {"weight", CSV_NUMBER},
    {"cadence", CSV_WHOLE},
    {"baseline", CSV_NUMBER},
    {"target", CSV_NUMBER},
    {"unit", CSV_TEXT},
    {"direction", CSV_WORD},
    {"sectors", CSV_LIST},
    {"links.#.type", CSV_TEXT},
    {"links.#.title", CSV_TEXT},
    {"links.#.url", CSV_TEXT},
    {"links.#.owner", CSV_TEXT},
    {"serves.#.node", CSV_TEXT},
    {"serves.#.weight", CSV_NUMBER},
    {"assignments.#.organisation", CSV_TEXT},
    {"assignments.#.person", CSV_TEXT},
    {"assignments.#.group", CSV_TEXT},
    {"assignments.#.role", CSV_WORD},
    {"assignments.#.from", CSV_DATE},
    {"assignments.#.to", CSV_DATE},
    {"assignments.#.amount", CSV_NUMBER},
    {"assignments.#.currency", CSV_TEXT},
    {"assignments.#.note", CSV_TEXT},
    {"relations.#.kind", CSV_WORD},
    {"relations.#.strategy", CSV_TEXT},
    {"relations.#.node", CSV_TEXT},
    {"reviews.#.date", CSV_DATE},
    {"reviews.#.organisation", CSV_TEXT},
    {"reviews.#.person", CSV_TEXT},
    {"reviews.#.group", CSV_TEXT},
    {"reviews.#.every.years", CSV_WHOLE},
    {"reviews.#.every.months", CSV_WHOLE},
    {"reviews.#.every.days", CSV_WHOLE},
    {"reviews.#.note", CSV_TEXT},
    {0},
};

static const struct csv_field update_fields[] = {
    {"id", CSV_TEXT},         {"node", CSV_TEXT},     {"date", CSV_DATE},
    {"percent", CSV_PERCENT}, {"state", CSV_WORD},    {"confidence", CSV_WORD},
    {"note", CSV_TEXT},       {"evidence", CSV_LIST}, {"supersedes", CSV_TEXT},
    {"reason", CSV_TEXT},     {"decision", CSV_WORD}, {0},
};

static const struct csv_field observation_fields[] = {
    {"id", CSV_TEXT},         {"node", CSV_TEXT},   {"date", CSV_DATE},
    {"value", CSV_NUMBER},    {"source", CSV_TEXT}, {"breakdown.*", CSV_TEXT},
    {"supersedes", CSV_TEXT}, {"reason", CSV_TEXT}, {0},
};

static const struct csv_field *fields_of(const char *part)
{
    if (strcmp(part, "nodes") == 0)
        return node_fields;
    return strcmp(part, "updates") == 0 ? update_fields : observation_fields;
}

/* --- names --- */

static size_t segment_length(const char *path)
{
    return strcspn(path, ".");
}

/* Does a pattern's segment take that of a path? A place in a list is written without zeroes. */
static bool segment_fits(const char *pattern, size_t pattern_len, const char *path, size_t len)
{
    if (pattern_len == 1 && *pattern == '*')
        return len > 0;
    if (pattern_len == 1 && *pattern == '#')
        return len > 0 && len <= 2 && *path != '0' && strspn(path, "0123456789") == len;
    return pattern_len == len && strncasecmp(pattern, path, len) == 0;
}

static bool path_fits(const char *pattern, const char *path)
{
    for (;;) {
        size_t pattern_len = segment_length(pattern), len = segment_length(path);
        if (!segment_fits(pattern, pattern_len, path, len))
            return false;
        if (!pattern[pattern_len] || !path[len])
            return !pattern[pattern_len] && !path[len];
        pattern += pattern_len + 1;
        path += len + 1;
    }
}

const struct csv_field *csv_field_find(const char *part, const char *path)
{
    for (const struct csv_field *field = fields_of(part); field->path; field++)
        if (path_fits(field->path, path))
            return field;
    return NULL;
}

char *csv_field_path(const struct csv_field *field, const char *path)
{
    char *canonical = text_copy(path);
    const char *pattern = field->path;
    for (char *at = canonical; *at && *pattern;) {
        size_t len = strcspn(at, "."), pattern_len = strcspn(pattern, ".");
        if (*pattern != '*' && *pattern != '#')
            memcpy(at, pattern, len);
        at += len + (at[len] == '.');
        pattern += pattern_len + (pattern[pattern_len] == '.');
    }
    return canonical;
}

/* --- values --- */

/* The characters that stand between thousands, and the minus of typographers: LibreOffice writes
 * both in Swedish and Norwegian. */
static const char *const blanks[] = {" ", "\u00a0", "\u202f", NULL};
#define MINUS "\u2212"

static size_t blank_length(const char *text)
{
    for (size_t i = 0; blanks[i]; i++)
        if (strncmp(text, blanks[i], strlen(blanks[i])) == 0)
            return strlen(blanks[i]);
    return 0;
}

/* Blanks between thousands: a digit before them and three behind. */
static size_t thousands_length(const char *text, const char *begin)
{
    size_t len = blank_length(text);
    bool between = len > 0 && text > begin && isdigit((unsigned char)text[-1]) &&
                   strspn(text + len, "0123456789") == 3;
    return between ? len : 0;
}

/* "−1 234,5" as "-1234.5", which is then read as C reads it; *ret_rest is what stands behind. */
static int parse_number(const char *text, bool comma, double *ret_number, const char **ret_rest)
{
    char number[64], *end;
    size_t len = 0;
    const char *at = text;
    for (; *at && len < sizeof(number) - 1;) {
        size_t minus = strncmp(at, MINUS, strlen(MINUS)) == 0 ? strlen(MINUS) : 0;
        size_t skip = thousands_length(at, text);
        if (!minus && !skip && !strchr(comma ? "0123456789+-.,eE" : "0123456789+-.eE", *at))
            break;
        if (!skip)
            number[len++] = minus ? '-' : *at == ',' ? '.' : *at;
        at += minus ? minus : skip ? skip : 1;
    }
    number[len] = '\0';
    *ret_number = strtod(number, &end);
    *ret_rest = at;
    return len > 0 && !*end && isfinite(*ret_number) ? 0 : -EINVAL;
}

static json_t *number_value(enum csv_type type, const char *cell, bool comma)
{
    double number = 0;
    const char *rest = "";
    if (parse_number(cell, comma, &number, &rest) < 0)
        return NULL;
    if (type == CSV_PERCENT) {
        rest += blank_length(rest);
        rest += *rest == '%';
    }
    if (*rest)
        return NULL;
    if (type != CSV_WHOLE)
        return json_real(number);
    return number == floor(number) && fabs(number) < 1e15 ? json_integer((json_int_t)number) : NULL;
}

/* Two numbers and a year, as in 31.5.2024; the order is the file's. */
static json_t *ordered_date(const char *cell, char order)
{
    int first, second, year, end = 0;
    char separator[2], again[2];
    if (sscanf(cell, "%2d%1[./-]%2d%1[./-]%4d%n", &first, separator, &second, again, &year, &end) <
            5 ||
        cell[end] || cell[strspn(cell, "0123456789./-")] || separator[0] != again[0] ||
        year < 1000 || first < 1 || second < 1)
        return NULL;
    int day = order == 'd' ? first : second, month = order == 'd' ? second : first;
    AUTO(free_ptr) char *text = text_format("%04d-%02d-%02d", year, month, day);
    return json_string(text);
}

/* "2024-05-31 00:00:00" and the like: the time of day says nothing here. */
static size_t length_without_time(const char *cell)
{
    static const char day[] = "dddd-dd-dd";
    for (size_t i = 0; day[i]; i++)
        if (day[i] == 'd' ? !isdigit((unsigned char)cell[i]) : cell[i] != day[i])
            return strlen(cell);
    bool time = (cell[10] == 'T' || cell[10] == ' ') && isdigit((unsigned char)cell[11]) &&
                isdigit((unsigned char)cell[12]) && cell[13] == ':';
    return time ? 10 : strlen(cell);
}

/* What is none goes to the daemon as it is, whose checks of dates these are not to be. */
static json_t *date_value(const char *cell, char order)
{
    json_t *date = order == 'y' ? NULL : ordered_date(cell, order);
    return date ? date : json_stringn(cell, length_without_time(cell));
}

/* "On track" is on_track. */
static json_t *word_value(const char *cell)
{
    AUTO(free_ptr) char *word = word_canonical(cell);
    for (char *c = word; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
    return json_string(word);
}

/* Bytes up to the end of the item. */
static size_t item_length(const char *text, const char *separator)
{
    const char *line = strchr(text, '\n'), *end = *separator ? strstr(text, separator) : NULL;
    if (!end || (line && line < end))
        end = line;
    return end ? (size_t)(end - text) : strlen(text);
}

static json_t *list_value(const char *cell, const char *separator)
{
    json_t *list = json_array();
    for (;;) {
        size_t len = item_length(cell, separator), begin = 0, end = len;
        while (begin < end && strchr(" \t\r", cell[begin]))
            begin++;
        while (end > begin && strchr(" \t\r", cell[end - 1]))
            end--;
        if (end > begin)
            json_array_append_new(list, json_stringn(cell + begin, end - begin));
        if (!cell[len])
            break;
        cell += len + (cell[len] == '\n' ? 1 : strlen(separator));
    }
    return list;
}

json_t *csv_value(enum csv_type type, const char *cell, const struct csv_style *style,
                  const char **ret_problem)
{
    switch (type) {
    case CSV_NUMBER:
    case CSV_PERCENT:
    case CSV_WHOLE:
        *ret_problem = type == CSV_WHOLE ? "not a whole number" : "not a number";
        return number_value(type, cell, style->comma);
    case CSV_DATE:
        *ret_problem = "not a date";
        return date_value(cell, style->dates);
    case CSV_WORD:
        return word_value(cell);
    case CSV_LIST:
        return list_value(cell, style->list);
    case CSV_TEXT:
        break;
    }
    return json_string(cell);
}
