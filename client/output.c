/*
 * Words for states, dates and figures, made from replies. Pure but for json_print().
 */
#include "output.h"

#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <string.h>

#include "args.h"
#include "dates.h"
#include "text.h"

const char *get_text(const json_t *object, const char *field)
{
    return json_string_value(json_object_get(object, field));
}

long get_int(const json_t *object, const char *field, long unknown)
{
    const json_t *value = json_object_get(object, field);
    return json_is_integer(value) ? (long)json_integer_value(value) : unknown;
}

bool get_real(const json_t *object, const char *field, double *ret)
{
    const json_t *value = json_object_get(object, field);
    if (!json_is_number(value))
        return false;
    *ret = json_number_value(value);
    return true;
}

bool get_flag(const json_t *object, const char *field)
{
    return json_is_true(json_object_get(object, field));
}

const json_t *get_object(const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);
    return json_is_object(value) ? value : NULL;
}

const json_t *get_list(const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);
    return json_is_array(value) ? value : NULL;
}

char *json_words(const json_t *value)
{
    if (json_is_string(value))
        return text_copy(json_string_value(value));
    if (!value || json_is_null(value))
        return text_copy("");
    if (json_is_array(value)) {
        char *list = text_copy("");
        size_t i;
        json_t *one;
        json_array_foreach (value, i, one) {
            AUTO(free_ptr) char *words = json_words(one);
            text_append(&list, ", ", "%s", words);
        }
        return list;
    }
    char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (!dump)
        err(1, "memory");
    return dump;
}

/* jansson escapes the control characters below 0x20; the others (0x7f to 0x9f) and those that
 * deceive are written as JSON's escapes here. None of them is above 0xffff. */
void json_print(FILE *out, const json_t *value)
{
    AUTO(free_ptr)
    char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (!dump)
        err(1, "memory");
    mbstate_t state = {0};
    size_t left = strlen(dump), len;
    for (const char *at = dump; left > 0; at += len, left -= len) {
        wchar_t c;
        len = mbrtowc(&c, at, left, &state);
        if (len == 0 || len > left) /* not in a UTF-8 locale */
            errx(1, "the locale is not one of UTF-8");
        if ((c >= 0x7f && c < 0xa0) || text_is_deceptive(c))
            fprintf(out, "\\u%04x", (unsigned)c);
        else
            fwrite(at, 1, len, out);
    }
}

void json_line(FILE *out, const json_t *value)
{
    json_print(out, value);
    fputc('\n', out);
}

char *word_text(const char *word)
{
    char *text = text_copy(word ? word : "unknown");
    for (char *c = text; *c; c++)
        if (*c == '_')
            *c = ' ';
    return text;
}

char *state_text(const char *state)
{
    char *text = word_text(state);
    if (state && (strcmp(state, "off_track") == 0 || strcmp(state, "at_risk") == 0))
        for (char *c = text; *c; c++)
            *c = (char)toupper((unsigned char)*c);
    return text;
}

const char *state_colour(const char *state)
{
    if (!state)
        return NULL;
    return strcmp(state, "off_track") == 0                                ? "red"
           : strcmp(state, "at_risk") == 0                                ? "yellow"
           : strcmp(state, "on_track") == 0 || strcmp(state, "done") == 0 ? "green"
                                                                          : NULL;
}

char *coloured(const char *text, const char *colour, bool on)
{
    const char *code = !on || !colour                  ? NULL
                       : strcmp(colour, "red") == 0    ? "31"
                       : strcmp(colour, "yellow") == 0 ? "33"
                                                       : "32";
    return code ? text_format("\033[%sm%s\033[0m", code, text) : text_copy(text);
}

bool kind_is_outcome(const char *kind)
{
    return kind && word_in("strategy priority target need", kind);
}

bool kind_is_work(const char *kind)
{
    return kind && word_in("initiative deliverable", kind);
}

const char *kind_plural(const char *kind)
{
    static const char *const plurals[][2] = {
        {"strategy", "strategies"},  {"priority", "priorities"},    {"target", "targets"},
        {"need", "needs"},           {"initiative", "initiatives"}, {"deliverable", "deliverables"},
        {"indicator", "indicators"},
    };
    for (size_t i = 0; kind && i < ARRAY_LEN(plurals); i++)
        if (strcmp(plurals[i][0], kind) == 0)
            return plurals[i][1];
    return "parts";
}

char *kind_count(long count, const char *kind)
{
    if (count != 1)
        return text_format("%ld %s", count, kind_plural(kind));
    return text_format("1 %s", strcmp(kind_plural(kind), "parts") == 0 ? "part" : kind);
}

char *closing_text(const json_t *closing, const char *kind)
{
    const char *how = get_text(closing, "how"), *date = get_text(closing, "date");
    if (how && strcmp(how, "achieved") == 0 && kind_is_work(kind))
        how = "delivered";
    return text_format("%s %s", how ? how : "closed", date ? date : "");
}

char *days_text(long days)
{
    return text_format("%ld day%s", days, days == 1 ? "" : "s");
}

static bool is_overdue(const json_t *node)
{
    const char *schedule = get_text(node, "schedule");
    return schedule && strcmp(schedule, "overdue") == 0;
}

char *line_when(const json_t *node)
{
    if (!json_is_integer(json_object_get(node, "daysLeft")))
        return is_overdue(node) ? text_copy("OVERDUE") : text_copy("");
    long left = get_int(node, "daysLeft", 0);
    left = left < -LONG_MAX ? -LONG_MAX : left;
    AUTO(free_ptr) char *days = days_text(left < 0 ? -left : left);
    if (left < 0)
        return text_format("%s %s", is_overdue(node) ? "OVERDUE" : "due before", days);
    return left == 0 ? text_copy("today") : text_format("in %s", days);
}

char *line_state(const json_t *node)
{
    const char *kind = get_text(node, "kind"), *state = get_text(node, "state");
    const json_t *closing = get_object(node, "closing");
    if (closing)
        return closing_text(closing, kind);
    if (is_overdue(node) && !kind_is_outcome(kind))
        return line_when(node);
    char *text = state_text(state);
    const char *worst = get_text(node, "worstPart");
    double progress;
    char percent[32];
    if (worst && *worst && state_colour(state))
        text_append(&text, " ", "%s", worst);
    else if (worst && *worst)
        text_append(&text, " ", "(worst %s)", worst);
    else if (kind_is_work(kind) && get_real(node, "progress", &progress))
        text_append(&text, " ", "%s", percent_text(progress, percent));
    return text;
}

const char *line_colour(const json_t *node)
{
    return is_overdue(node) ? "red" : state_colour(get_text(node, "state"));
}

char *work_text(const json_t *work)
{
    long total = get_int(work, "total", 0);
    if (total == 0)
        return text_copy("");
    return text_format("%ld/%ld", get_int(work, "delivered", 0), total);
}

char *correction_words(const json_t *record)
{
    const char *reason = get_text(record, "reason");
    long corrected_by = get_int(record, "supersededBy", 0);
    long corrects = get_int(record, "supersedes", 0);
    char *text = text_copy("");
    if (corrected_by > 0)
        text_append(&text, " ", "[corrected by %ld]", corrected_by);
    if (corrects > 0)
        text_append(&text, " ", "[corrects %ld%s%s]", corrects, reason ? ": " : "",
                    reason ? reason : "");
    return text;
}
