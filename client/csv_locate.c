/*
 * Places in an import document as places in the CSV file that it was made from.
 */
#include "csv_sheet.h"

#include <errno.h>
#include <string.h>

#include "text.h"

/* Reads "[12]"; returns what stands behind it, or NULL. */
static const char *read_index(const char *text, size_t *ret_index)
{
    char *end;
    if (*text != '[' || text[1] < '0' || text[1] > '9')
        return NULL;
    *ret_index = strtoul(text + 1, &end, 10);
    return *end == ']' ? end + 1 : NULL;
}

/* "updates[12]" at the text's beginning: *ret_index is 12. Returns what stands behind it, or NULL.
 */
static const char *read_record(const struct csv_sheet *sheet, const char *text, size_t *ret_index)
{
    size_t len = strlen(sheet->part), index;
    const char *rest = strncmp(text, sheet->part, len) == 0 ? read_index(text + len, &index) : NULL;
    if (!rest || index >= json_array_size(sheet->records))
        return NULL;
    *ret_index = index;
    return rest;
}

static bool is_filled(const struct csv_sheet *sheet, size_t record, size_t column)
{
    return sheet->filled[record * sheet->n_columns + column];
}

/* Which place in the list its item number `item` has: those without a cell were passed over. */
static int item_place(const struct csv_sheet *sheet, size_t record, const char *list, size_t item)
{
    for (int place = 1; place < 100; place++) {
        AUTO(free_ptr) char *begin = text_format("%s.%d.", list, place);
        bool there = false;
        for (size_t c = 0; c < sheet->n_columns; c++)
            there |= is_filled(sheet, record, c) &&
                     strncmp(sheet->columns[c].path, begin, strlen(begin)) == 0;
        if (there && item-- == 0)
            return place;
    }
    return 0;
}

/* ".assignments[0].role" as "assignments.2.role"; the places in a list of texts are left out. */
static char *path_of(const struct csv_sheet *sheet, size_t record, const char *rest)
{
    char *path = text_copy("");
    while (*rest) {
        size_t item, len = strcspn(rest + 1, ".[");
        const char *behind = read_index(rest, &item);
        if (behind) {
            int place = item_place(sheet, record, path, item);
            if (place > 0)
                text_append(&path, ".", "%d", place);
            rest = behind;
        } else {
            text_append(&path, ".", "%.*s", (int)len, rest + 1);
            rest += 1 + len;
        }
    }
    return path;
}

/* Is `inner` the same as `outer` or below it? */
static bool is_within(const char *inner, const char *outer)
{
    size_t len = strlen(outer);
    return strncmp(inner, outer, len) == 0 && (inner[len] == '.' || !inner[len]);
}

/* The column that the path is of, or one that has a part of what it names; 0: none. */
static size_t column_of(const struct csv_sheet *sheet, size_t record, const char *path)
{
    for (size_t c = 0; c < sheet->n_columns; c++)
        if (sheet->columns[c].path && is_within(path, sheet->columns[c].path))
            return c + 1;
    for (size_t c = 0; *path && c < sheet->n_columns; c++)
        if (is_filled(sheet, record, c) && is_within(sheet->columns[c].path, path))
            return c + 1;
    return 0;
}

/* The message, its places of records as lines. */
static char *with_lines(const struct csv_sheet *sheet, const char *message)
{
    char *text = text_copy("");
    while (*message) {
        size_t index;
        const char *behind = read_record(sheet, message, &index);
        if (behind)
            text_append(&text, "", "line %zu", sheet->lines[index]);
        else
            text_append(&text, "", "%c", *message);
        message = behind ? behind : message + 1;
    }
    return text;
}

/* Two rows that got the same id say the same. */
static bool is_made_id(const struct csv_sheet *sheet, const char *path, size_t column)
{
    return column == 0 && strcmp(path, "id") == 0 && strcmp(sheet->part, "nodes") != 0;
}

int csv_sheet_locate(const struct csv_sheet *sheet, const char *place, const char *message,
                     struct csv_error *ret_error)
{
    size_t record;
    const char *rest = read_record(sheet, place, &record);
    if (!rest)
        return -ENOENT;
    AUTO(free_ptr) char *path = path_of(sheet, record, rest);
    AUTO(free_ptr) char *text = with_lines(sheet, message);
    size_t column = column_of(sheet, record, path);
    bool named = column > 0 || !*path;
    *ret_error = (struct csv_error){.line = sheet->lines[record], .column = column};
    ret_error->text =
        is_made_id(sheet, path, column)
            ? text_format("%s; where both count, give them ids in a column of their own", text)
            : text_format("%s%s%s", named ? "" : path, named ? "" : ": ", text);
    return 0;
}

char *csv_error_text(const struct csv_sheet *sheet, const char *file, const struct csv_error *error)
{
    size_t c = error->column;
    const char *header = c > 0 && c <= sheet->n_columns ? sheet->columns[c - 1].header : "";
    char *text = text_format("%s:%zu", file, error->line);
    if (c > 0)
        text_append(&text, ":", "%zu", c);
    if (*header)
        text_append(&text, " ", "(%s)", header);
    text_append(&text, ": ", "%s", error->text);
    return text;
}
