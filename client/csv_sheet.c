/*
 * Rows made into records. While a record is made, its lists of records ("links.1.url") are objects
 * by place; in the end they become lists. Everything in a sheet is its own.
 */
#include "csv_sheet.h"

#include <err.h>
#include <errno.h>
#include <string.h>
#include <uuid/uuid.h>

#include "text.h"

#define QUOTE_MAX 60

/* What is needed while the file is read. */
struct reading {
    struct csv_sheet *sheet;
    const struct csv_spec *spec;
    struct csv_style style;
    json_t *defaults; /* {path: value} */
};

/* --- records by paths --- */

/* Where a path's last segment begins. */
static const char *last_segment(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

/* What a path is below: the object that its last segment is of; made where it is missing. NULL:
 * something that is no object is in the way, or (without `make`) there is none. */
static json_t *find_holder(json_t *record, const char *path, bool make)
{
    const char *last = last_segment(path);
    json_t *at = record;
    while (at && path < last) {
        size_t len = strcspn(path, ".");
        AUTO(free_ptr) char *name = text_format("%.*s", (int)len, path);
        json_t *next = json_object_get(at, name);
        if (!next && make) {
            next = json_object();
            json_object_set_new(at, name, next);
        }
        at = json_is_object(next) ? next : NULL;
        path += len + 1;
    }
    return at;
}

/* Takes the value. -EEXIST: there is something already. */
static int put(json_t *record, const char *path, json_t *value)
{
    json_t *holder = find_holder(record, path, true);
    const char *name = last_segment(path);
    if (!holder || json_object_get(holder, name)) {
        json_decref(value);
        return -EEXIST;
    }
    if (json_object_set_new(holder, name, value) < 0)
        err(1, "memory");
    return 0;
}

static bool in_list(const struct csv_field *field)
{
    return strstr(field->path, ".#.") != NULL;
}

/* A default of an item in a list is one only where the row has the item. */
static void put_defaults(const struct reading *reading, json_t *record)
{
    const char *path;
    json_t *value;
    json_object_foreach (reading->defaults, path, value) {
        const struct csv_field *field = csv_field_find(reading->spec->part, path);
        if (in_list(field) && !find_holder(record, path, false))
            continue;
        (void)put(record, path, json_incref(value)); /* what the row says goes before it */
    }
}

/* Objects by place become lists. */
static void finish_lists(const struct csv_sheet *sheet, json_t *record)
{
    for (size_t c = 0; c < sheet->n_columns; c++) {
        const struct csv_column *column = &sheet->columns[c];
        if (!column->path || !in_list(column->field))
            continue;
        AUTO(free_ptr)
        char *name = text_format("%.*s", (int)strcspn(column->path, "."), column->path);
        json_t *places = json_object_get(record, name), *list;
        if (!json_is_object(places))
            continue;
        list = json_array();
        for (int place = 1; place < 100; place++) {
            AUTO(free_ptr) char *key = text_format("%d", place);
            json_array_append(list, json_object_get(places, key));
        }
        json_object_set_new(record, name, list);
    }
}

/* Updates and observations have an id; one that the file does not give follows from all that the
 * record says, so that the same row is the same record whenever it is imported: a version 5 UUID
 * of its JSON with sorted keys. */
static void make_id(const char *part, json_t *record)
{
    static const uuid_t space = {0x5b, 0x0e, 0x7a, 0x52, 0x1c, 0x3d, 0x4f, 0x0a,
                                 0x9d, 0x61, 0x2e, 0x8b, 0x47, 0xc6, 0x90, 0x3f};
    uuid_t id;
    char text[37];
    if (strcmp(part, "nodes") == 0 || json_object_get(record, "id"))
        return;
    AUTO(free_ptr)
    char *json = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    if (!json)
        err(1, "memory");
    uuid_generate_sha1(id, space, json, strlen(json));
    uuid_unparse_lower(id, text);
    json_object_set_new(record, "id", json_string(text));
}

/* --- the header --- */

static bool is_ignored(const struct csv_spec *spec, const char *header)
{
    return !*header || json_object_get(spec->ignore, header);
}

static int take_header(const struct csv_spec *spec, const char *header, struct csv_column *column,
                       struct csv_error *ret_error)
{
    const char *mapped = json_string_value(json_object_get(spec->map, header));
    const char *path = mapped ? mapped : header;
    column->header = text_copy(header);
    if (!mapped && is_ignored(spec, header))
        return 0;
    column->field = csv_field_find(spec->part, path);
    if (!column->field)
        return csv_refuse(ret_error, 0, 0,
                          "no field of %s; say which it is (--map \"%s=FIELD\") or leave it out "
                          "(--ignore \"%s\")",
                          spec->part, header, header);
    column->path = csv_field_path(column->field, path);
    return 0;
}

/* Has a column before it the same header, or the same field? */
static int check_twice(const struct csv_sheet *sheet, size_t c, struct csv_error *ret_error)
{
    const struct csv_column *column = &sheet->columns[c];
    for (size_t i = 0; i < c; i++) {
        const struct csv_column *other = &sheet->columns[i];
        if (*column->header && strcmp(column->header, other->header) == 0)
            return csv_refuse(ret_error, 0, 0, "column %zu has the same header", i + 1);
        if (column->path && other->path && strcmp(column->path, other->path) == 0)
            return csv_refuse(ret_error, 0, 0, "column %zu is %s already", i + 1, other->path);
    }
    return 0;
}

static int check_mapped(const struct csv_sheet *sheet, const struct csv_spec *spec, size_t line,
                        struct csv_error *ret_error)
{
    const char *header;
    json_t *field;
    json_object_foreach (spec->map, header, field) {
        bool there = false;
        for (size_t c = 0; c < sheet->n_columns; c++)
            there |= strcmp(sheet->columns[c].header, header) == 0;
        if (!there)
            return csv_refuse(ret_error, line, 0, "no column has the header \"%s\" of --map",
                              header);
    }
    return 0;
}

static int read_defaults(struct reading *reading, size_t line, struct csv_error *ret_error)
{
    const char *path, *problem = "";
    json_t *text;
    json_object_foreach (reading->spec->set, path, text) {
        const struct csv_field *field = csv_field_find(reading->spec->part, path);
        json_t *value = csv_value(field->type, json_string_value(text), &reading->style, &problem);
        if (!value)
            return csv_refuse(ret_error, line, 0, "--set %s=%s: %s", path, json_string_value(text),
                              problem);
        AUTO(free_ptr) char *canonical = csv_field_path(field, path);
        json_object_set_new(reading->defaults, canonical, value);
    }
    return 0;
}

static int read_header(struct reading *reading, const struct csv_row *row,
                       struct csv_error *ret_error)
{
    struct csv_sheet *sheet = reading->sheet;
    int r = 0;
    sheet->columns = calloc(json_array_size(row->cells), sizeof(*sheet->columns));
    if (!sheet->columns)
        err(1, "memory");
    while (sheet->n_columns < json_array_size(row->cells) && r == 0) {
        size_t c = sheet->n_columns++;
        const char *header = json_string_value(json_array_get(row->cells, c));
        r = take_header(reading->spec, header, &sheet->columns[c], ret_error);
        if (r == 0)
            r = check_twice(sheet, c, ret_error);
        if (r < 0) {
            ret_error->line = row->line;
            ret_error->column = c + 1;
        }
    }
    if (r == 0)
        r = check_mapped(sheet, reading->spec, row->line, ret_error);
    return r < 0 ? r : read_defaults(reading, row->line, ret_error);
}

/* --- rows --- */

static int refuse_cell(const char *cell, const char *problem, struct csv_error *ret_error)
{
    AUTO(free_ptr) char *cut = text_cut(cell, QUOTE_MAX);
    return csv_refuse(ret_error, 0, 0, "%s: \"%s\"", problem, cut);
}

/* What the cell stands for; "" for nothing. */
static const char *cell_meaning(const struct csv_spec *spec, const char *path, const char *cell)
{
    const json_t *values = json_object_get(spec->values, path);
    const char *value = json_string_value(json_object_get(values, cell));
    return value ? value : cell;
}

static int read_cell(const struct reading *reading, size_t c, const char *cell, json_t *record,
                     unsigned char *filled, struct csv_error *ret_error)
{
    const struct csv_sheet *sheet = reading->sheet;
    const struct csv_column *column = &sheet->columns[c];
    const char *problem = "";
    /* Excel leaves out empty cells at a row's end, or adds some. */
    if (c >= sheet->n_columns)
        return *cell ? refuse_cell(cell, "more cells than the header has", ret_error) : 0;
    if (!column->path)
        return *cell && !*column->header
                   ? refuse_cell(cell, "a value in a column without a header", ret_error)
                   : 0;
    const char *meaning = *cell ? cell_meaning(reading->spec, column->path, cell) : cell;
    if (!*meaning)
        return 0;
    json_t *value = csv_value(column->field->type, meaning, &reading->style, &problem);
    if (!value)
        return refuse_cell(meaning, problem, ret_error);
    if (put(record, column->path, value) < 0)
        return csv_refuse(ret_error, 0, 0, "another column says what it is already");
    filled[c] = 1;
    return 0;
}

/* Makes room for one more record. */
static void reserve(struct csv_sheet *sheet)
{
    size_t count = json_array_size(sheet->records), room = count ? 2 * count : 1;
    if (count & (count - 1))
        return;
    sheet->lines = reallocarray(sheet->lines, room, sizeof(*sheet->lines));
    sheet->filled = reallocarray(sheet->filled, room, sheet->n_columns);
    if (!sheet->lines || !sheet->filled)
        err(1, "memory");
}

static int read_record(struct reading *reading, const struct csv_row *row,
                       struct csv_error *ret_error)
{
    struct csv_sheet *sheet = reading->sheet;
    size_t count = json_array_size(sheet->records), c;
    json_auto_t *record = json_object();
    json_t *cell;
    reserve(sheet);
    unsigned char *filled = sheet->filled + count * sheet->n_columns;
    memset(filled, 0, sheet->n_columns);
    json_array_foreach (row->cells, c, cell) {
        if (read_cell(reading, c, json_string_value(cell), record, filled, ret_error) < 0) {
            ret_error->line = row->line;
            ret_error->column = c + 1;
            return -EINVAL;
        }
    }
    if (json_object_size(record) == 0)
        return 0; /* all it has is left out */
    put_defaults(reading, record);
    finish_lists(sheet, record);
    make_id(reading->spec->part, record);
    sheet->lines[count] = row->line;
    if (json_array_append(sheet->records, record) < 0)
        err(1, "memory");
    return 0;
}

static int read_row(void *arg, const struct csv_row *row, struct csv_error *ret_error)
{
    struct reading *reading = arg;
    return reading->sheet->columns ? read_record(reading, row, ret_error)
                                   : read_header(reading, row, ret_error);
}

int csv_sheet_read(const char *text, size_t len, const struct csv_spec *spec,
                   struct csv_sheet *ret_sheet, struct csv_error *ret_error)
{
    char separator = spec->separator ? spec->separator : csv_separator(text, len);
    json_auto_t *defaults = json_object();
    struct reading reading = {ret_sheet, spec, spec->style, defaults};
    reading.style.comma = separator != ',';
    *ret_sheet = (struct csv_sheet){.part = spec->part, .records = json_array()};
    if (!defaults || !ret_sheet->records)
        errx(1, "memory");
    int r = csv_read(text, len, separator, read_row, &reading, ret_error);
    if (r == 0 && !ret_sheet->columns)
        r = csv_refuse(ret_error, 1, 0, "no header: the first row names the columns");
    return r;
}

void csv_sheet_done(struct csv_sheet *sheet)
{
    for (size_t c = 0; c < sheet->n_columns; c++) {
        free(sheet->columns[c].header);
        free(sheet->columns[c].path);
    }
    free(sheet->columns);
    free(sheet->lines);
    free(sheet->filled);
    json_decref(sheet->records);
    *sheet = (struct csv_sheet){0};
}
