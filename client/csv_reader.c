/*
 * Rows and cells by libcsv, fed a line at a time so that lines can be counted. The reader lives on
 * csv_read()'s stack and owns the row in the making.
 */
#include "csv_reader.h"

#include <csv.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"

struct csv_reader {
    struct csv_parser parser;
    csv_row_fn row_fn;
    void *arg;
    struct csv_error *error;
    struct csv_row row;
    size_t line;       /* that is being fed */
    size_t field_line; /* on which the next field begins */
    int result;        /* of the first error */
};

int csv_refuse(struct csv_error *ret_error, size_t line, size_t column, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        err(1, "memory");
    va_end(args);
    *ret_error = (struct csv_error){line, column, text};
    return -EINVAL;
}

/* --- before the rows --- */

static size_t bom_length(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, BOM, 3) == 0 ? 3 : 0;
}

/* Bytes up to and with the end of the line: \n, \r\n or \r. */
static size_t line_length(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && text[at] != '\n' && text[at] != '\r')
        at++;
    if (at + 1 < len && text[at] == '\r' && text[at + 1] == '\n')
        at++;
    return at < len ? at + 1 : len;
}

/* "sep=;" as the first line, which Excel writes and takes. */
static bool says_separator(const char *text, size_t len, char *ret_separator)
{
    if (len < 5 || memcmp(text, "sep=", 4) != 0 || (len > 5 && !memchr("\r\n", text[5], 2)))
        return false;
    *ret_separator = text[4];
    return memchr(",;\t", text[4], 3) != NULL;
}

char csv_separator(const char *text, size_t len)
{
    size_t commas = 0, semicolons = 0, tabs = 0, at = bom_length(text, len);
    bool quoted = false;
    char said;
    if (says_separator(text + at, len - at, &said))
        return said;
    for (; at < len && (quoted || (text[at] != '\n' && text[at] != '\r')); at++) {
        quoted ^= text[at] == '"';
        commas += !quoted && text[at] == ',';
        semicolons += !quoted && text[at] == ';';
        tabs += !quoted && text[at] == '\t';
    }
    if (tabs > semicolons && tabs >= commas)
        return '\t';
    return semicolons > 0 && semicolons >= commas ? ';' : ','; /* commas are in titles too */
}

/* --- rows --- */

static size_t column_of_next(const struct csv_reader *reader)
{
    return json_array_size(reader->row.cells) + 1;
}

static void fail_cell(struct csv_reader *reader, const char *text)
{
    if (reader->result == 0)
        reader->result =
            csv_refuse(reader->error, reader->field_line, column_of_next(reader), "%s", text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes \r out of \r\n, in place; returns the new length. */
static size_t unify_lines(char *text, size_t len)
{
    size_t to = 0;
    for (size_t at = 0; at < len; at++)
        if (text[at] != '\r' || at + 1 == len || text[at + 1] != '\n')
            text[to++] = text[at];
    return to;
}

static void on_field(void *bytes, size_t len, void *arg)
{
    struct csv_reader *reader = arg;
    char *text = bytes;
    if (memchr(text, '\0', len))
        fail_cell(reader, "a NUL character; save the file as CSV in UTF-8");
    len = unify_lines(text, len);
    for (; len > 0 && is_blank(*text); text++)
        len--;
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    json_t *cell = json_stringn(text, len);
    if (!cell)
        fail_cell(reader, "not UTF-8; save the file as CSV in UTF-8");
    if (json_array_append_new(reader->row.cells, cell ? cell : json_string("")) < 0)
        err(1, "memory");
    reader->field_line = reader->line;
}

/* Spreadsheets write empty rows as separators alone. */
static bool is_empty(const json_t *cells)
{
    size_t i;
    json_t *cell;
    json_array_foreach (cells, i, cell)
        if (json_string_length(cell) > 0)
            return false;
    return true;
}

/* Comes at the end of every line that is not within quotes, of one without a field too. */
static void on_row(int end UNUSED, void *arg)
{
    struct csv_reader *reader = arg;
    if (reader->result == 0 && !is_empty(reader->row.cells))
        reader->result = reader->row_fn(reader->arg, &reader->row, reader->error);
    json_array_clear(reader->row.cells);
    reader->row.line = reader->field_line = reader->line + 1;
}

static void feed_line(struct csv_reader *reader, const char *text, size_t len)
{
    if (csv_parse(&reader->parser, text, len, on_field, on_row, reader) == len)
        return;
    if (csv_error(&reader->parser) == CSV_ENOMEM)
        errx(1, "memory");
    fail_cell(reader, "a quotation mark where none may be: a cell that has one stands in "
                      "quotation marks, and has it twice");
}

static void feed(struct csv_reader *reader, const char *text, size_t len)
{
    for (size_t at = 0; at < len && reader->result == 0;) {
        size_t bytes = line_length(text + at, len - at);
        reader->line++;
        feed_line(reader, text + at, bytes);
        at += bytes;
    }
    if (reader->result == 0 && csv_fini(&reader->parser, on_field, on_row, reader) != 0)
        fail_cell(reader, "a quotation mark that is never closed");
}

static int check_encoding(const char *text, size_t len, struct csv_error *ret_error)
{
    if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return csv_refuse(ret_error, 1, 0, "UTF-16; save the file as CSV in UTF-8");
    return 0;
}

int csv_read(const char *text, size_t len, char separator, csv_row_fn row, void *arg,
             struct csv_error *ret_error)
{
    struct csv_reader reader = {.row_fn = row, .arg = arg, .error = ret_error};
    size_t at = bom_length(text, len);
    char said;
    int r = check_encoding(text, len, ret_error);
    if (r < 0)
        return r;
    if (says_separator(text + at, len - at, &said)) {
        at += line_length(text + at, len - at);
        reader.line = 1;
    }
    reader.row = (struct csv_row){reader.line + 1, json_array()};
    reader.field_line = reader.row.line;
    if (!reader.row.cells ||
        csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
        errx(1, "memory");
    csv_set_delim(&reader.parser, (unsigned char)separator);
    feed(&reader, text + at, len - at);
    csv_free(&reader.parser);
    json_decref(reader.row.cells);
    return reader.result;
}
