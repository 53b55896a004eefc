/*
 * Fuzz target: a CSV file as `goal import --csv` reads it, as rows of each kind; its last byte says
 * how dates are written. A refusal has a place and words; what is accepted makes records whose
 * lines rise and whose places are found again, and the same ones when it is read again.
 */
#include <stdint.h>
#include <string.h>

#include "csv_sheet.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* What is told has to be text. */
static void check_error(const struct csv_sheet *sheet, struct csv_error *error)
{
    AUTO(free_ptr) char *words = csv_error_text(sheet, "f", error);
    AUTO(free_ptr) char *shown = text_clean(words);
    json_auto_t *text = json_string(shown);
    must(error->line > 0 && error->text && *error->text && text);
    free(error->text);
}

static void check_place(const struct csv_sheet *sheet, size_t record, const char *field)
{
    AUTO(free_ptr) char *place = text_format("%s[%zu].%s", sheet->part, record, field);
    AUTO(free_ptr) char *message = text_format("as %s[0]", sheet->part);
    struct csv_error error = {0};
    must(csv_sheet_locate(sheet, place, message, &error) == 0);
    must(error.line == sheet->lines[record] && error.column <= sheet->n_columns);
    check_error(sheet, &error);
}

static void check_records(const struct csv_sheet *sheet)
{
    size_t i;
    json_t *record, *value;
    const char *field;
    json_array_foreach (sheet->records, i, record) {
        must(json_object_size(record) > 0);
        must(i == 0 || sheet->lines[i] > sheet->lines[i - 1]);
        json_object_foreach (record, field, value)
            check_place(sheet, i, field);
        check_place(sheet, i, "links[0].url");
    }
}

static void check_again(const char *text, size_t len, const struct csv_spec *spec,
                        const struct csv_sheet *sheet)
{
    struct csv_sheet again;
    struct csv_error error = {0};
    must(csv_sheet_read(text, len, spec, &again, &error) == 0);
    must(json_equal(sheet->records, again.records));
    csv_sheet_done(&again);
}

static void read_as(const char *part, char dates, const char *text, size_t len)
{
    json_auto_t *map = json_pack("{s:s}", "Kod", strcmp(part, "nodes") == 0 ? "code" : "node");
    json_auto_t *ignore = json_pack("{s:b}", "Handläggare", 1);
    json_auto_t *values = json_pack("{s:{s:s,s:s}}", "state", "På väg", "on_track", "-", "");
    json_auto_t *set = strcmp(part, "nodes") == 0
                           ? json_pack("{s:s,s:s}", "kind", "target", "links.1.type", "source")
                           : json_pack("{s:s}", "date", "2024-05-31");
    const struct csv_spec spec = {.part = part,
                                  .style = {.list = "|", .dates = dates},
                                  .map = map,
                                  .ignore = ignore,
                                  .values = values,
                                  .set = set};
    struct csv_sheet sheet;
    struct csv_error error = {0};
    must(map && ignore && values && set);
    if (!memmem(text, len, "Kod", 3)) /* what is mapped has to be there */
        json_object_clear(map);
    if (csv_sheet_read(text, len, &spec, &sheet, &error) < 0) {
        check_error(&sheet, &error);
    } else {
        check_records(&sheet);
        check_again(text, len, &spec, &sheet);
    }
    csv_sheet_done(&sheet);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const parts[] = {"nodes", "updates", "observations"};
    static const char dates[] = "ydm";
    static bool begun;
    if (!begun)
        text_init();
    begun = true;
    if (len == 0)
        return 0;
    /* A buffer of its own, so that reading past its end is found. */
    AUTO(free_ptr) char *text = malloc(len);
    must(text);
    memcpy(text, bytes, len);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        read_as(parts[i], dates[bytes[len - 1] % 3], text, len);
    return 0;
}
