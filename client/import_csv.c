/*
 * What --csv, --map, --value, --set and their like say, as a csv_spec that lives as long as the
 * file is read.
 */
#include "import_csv.h"

#include <string.h>

#include "text.h"

static const char *const csv_options[] = {"map",       "value",          "set",  "ignore",
                                          "separator", "list-separator", "dates"};

const char *import_csv_stray(const struct args *args)
{
    for (size_t i = 0; i < ARRAY_LEN(csv_options); i++)
        if (args_has(args, csv_options[i]))
            return csv_options[i];
    return NULL;
}

static int fail_option(const char *option, const char *given, const char *problem)
{
    return goal_fail(EXIT_USAGE, "--%s %s: %s", option, given, problem);
}

static int fail_field(const struct csv_spec *spec, const char *option, const char *given)
{
    return goal_fail(EXIT_USAGE, "--%s %s: %s have no such field; goal help import says more",
                     option, given, spec->part);
}

/* The field's path as the table has it, or NULL. */
static char *known_path(const struct csv_spec *spec, const char *path)
{
    const struct csv_field *field = csv_field_find(spec->part, path);
    return field ? csv_field_path(field, path) : NULL;
}

static int set_member(json_t *object, const char *key, json_t *value, const char *option,
                      const char *given)
{
    if (json_object_get(object, key)) {
        json_decref(value);
        return fail_option(option, given, "given twice");
    }
    return json_object_set_new(object, key, value) < 0 ? fail_option(option, given, "not UTF-8")
                                                       : EXIT_DONE;
}

/* --map HEADER=FIELD: the header may have an equals sign. */
static int take_map(struct csv_spec *spec, const char *given)
{
    const char *equals = strrchr(given, '=');
    if (!equals || equals == given)
        return fail_option("map", given, "it is HEADER=FIELD");
    AUTO(free_ptr) char *path = known_path(spec, equals + 1);
    if (!path)
        return fail_field(spec, "map", given);
    AUTO(free_ptr) char *header = text_format("%.*s", (int)(equals - given), given);
    return set_member(spec->map, header, json_string(path), "map", given);
}

/* --value FIELD:CELL=VALUE: the cell may have equals signs and colons. */
static int take_value(struct csv_spec *spec, const char *given)
{
    const char *colon = strchr(given, ':'), *equals = strrchr(given, '=');
    if (!colon || !equals || equals < colon)
        return fail_option("value", given, "it is FIELD:CELL=VALUE");
    AUTO(free_ptr) char *field = text_format("%.*s", (int)(colon - given), given);
    AUTO(free_ptr) char *cell = text_format("%.*s", (int)(equals - colon - 1), colon + 1);
    AUTO(free_ptr) char *path = known_path(spec, field);
    if (!path)
        return fail_field(spec, "value", given);
    json_t *cells = json_object_get(spec->values, path);
    if (!cells) {
        cells = json_object();
        json_object_set_new(spec->values, path, cells);
    }
    return set_member(cells, cell, json_string(equals + 1), "value", given);
}

static int take_set(struct csv_spec *spec, const char *given)
{
    const char *equals = strchr(given, '=');
    if (!equals || !equals[1])
        return fail_option("set", given, "it is FIELD=VALUE");
    AUTO(free_ptr) char *field = text_format("%.*s", (int)(equals - given), given);
    AUTO(free_ptr) char *path = known_path(spec, field);
    if (!path)
        return fail_field(spec, "set", given);
    return set_member(spec->set, path, json_string(equals + 1), "set", given);
}

static int take_ignore(struct csv_spec *spec, const char *given)
{
    return set_member(spec->ignore, given, json_true(), "ignore", given);
}

static int take_all(const struct args *args, const char *option, struct csv_spec *spec,
                    int (*take)(struct csv_spec *spec, const char *given))
{
    int exit = EXIT_DONE;
    const char *given;
    for (size_t n = 0; exit == EXIT_DONE && (given = args_get_nth(args, option, n)); n++)
        exit = take(spec, given);
    return exit;
}

static char separator_of(const char *word)
{
    if (!word)
        return '\0';
    return strcmp(word, "tab") == 0 ? '\t' : strcmp(word, "comma") == 0 ? ',' : ';';
}

static int take_options(const struct args *args, struct csv_spec *spec)
{
    const char *list = args_get(args, "list-separator"), *dates = args_get(args, "dates");
    spec->part = args_get(args, "csv");
    spec->separator = separator_of(args_get(args, "separator"));
    spec->style.list = list ? list : "|";
    spec->style.dates = dates ? *dates : 'y';
    int exit = take_all(args, "map", spec, take_map);
    if (exit == EXIT_DONE)
        exit = take_all(args, "value", spec, take_value);
    if (exit == EXIT_DONE)
        exit = take_all(args, "set", spec, take_set);
    return exit == EXIT_DONE ? take_all(args, "ignore", spec, take_ignore) : exit;
}

static int read_sheet(const char *file, const char *text, size_t len, const struct csv_spec *spec,
                      struct csv_sheet *ret_sheet, json_t **ret_document)
{
    struct csv_error error = {0};
    if (csv_sheet_read(text, len, spec, ret_sheet, &error) < 0) {
        AUTO(free_ptr) char *sentence = csv_error_text(ret_sheet, file, &error);
        free(error.text);
        return goal_fail(EXIT_REFUSED, "%s", sentence);
    }
    *ret_document = json_pack("{s:O}", spec->part, ret_sheet->records);
    return EXIT_DONE;
}

int import_csv_read(const struct goal *goal, const char *file, const char *text, size_t len,
                    struct csv_sheet *ret_sheet, json_t **ret_document)
{
    json_auto_t *map = json_object(), *ignore = json_object();
    json_auto_t *values = json_object(), *set = json_object();
    struct csv_spec spec = {.map = map, .ignore = ignore, .values = values, .set = set};
    int exit = take_options(&goal->args, &spec);
    return exit == EXIT_DONE ? read_sheet(file, text, len, &spec, ret_sheet, ret_document) : exit;
}
