/* Writing CSV; see csv_writer.h. */
#include "csv_writer.h"

#include <string.h>

#include "output.h"
#include "text.h"

static void write_cell(FILE *out, bool first, const char *text)
{
    if (!first)
        fputc(',', out);
    if (!strpbrk(text, "\",\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void csv_text(FILE *out, bool first, const char *text)
{
    bool formula = *text && strchr("=+-@\t\r\n", *text);
    AUTO(free_ptr) char *clean = text_clean_lines(text);
    AUTO(free_ptr) char *guarded = text_format("%s%s", formula ? "'" : "", clean);
    write_cell(out, first, guarded);
}

static char *joined(const json_t *list)
{
    char *text = text_copy("");
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one) {
        AUTO(free_ptr) char *words = json_words(one);
        text_append(&text, "; ", "%s", words);
    }
    return text;
}

void csv_cell(FILE *out, bool first, const json_t *value)
{
    AUTO(free_ptr) char *text = json_is_array(value) ? joined(value) : json_words(value);
    if (json_is_number(value))
        write_cell(out, first, text);
    else
        csv_text(out, first, text);
}

void csv_end_line(FILE *out)
{
    fputs("\r\n", out);
}
