/*
 * The table of errors, and how a sentence is made from a row and the error's parameters.
 */
#include "errors.h"

#include <err.h>
#include <string.h>

#include "output.h"
#include "text.h"

#define TRACKER "io.goald.Tracker."
#define SERVICE "org.varlink.service."

const struct error_row error_rows[] = {
    {TRACKER "NoSuchStrategy", EXIT_NOTHING,
     "there is no strategy {strategy}; `goal strategies` lists those you may read"},
    {TRACKER "StrategyNeeded", EXIT_USAGE,
     "name the strategy[: one of {strategies}], or set GOAL_STRATEGY"},
    {TRACKER "NoSuchNode", EXIT_NOTHING,
     "there is no {code} in {strategy}; `goal tree {strategy}` shows what there is"},
    {TRACKER "NoSuchUpdate", EXIT_NOTHING,
     "that node of {strategy} has no update {updateId}; `goal history` lists those it has"},
    {TRACKER "NoSuchAccount", EXIT_NOTHING,
     "user number {uid} of realm {realm} has no account; an admin makes one with "
     "`goal account add`"},
    {TRACKER "NoSuchKey", EXIT_NOTHING,
     "nothing of the kind has the key {key}; `goal org`, `goal person`, `goal group` and "
     "`goal holidays` list the keys"},
    {TRACKER "NoSuchImport", EXIT_NOTHING,
     "import {import} was forgotten, as one is that rests for two minutes; import again"},
    {TRACKER "NoSuchToken", EXIT_NOTHING,
     "no mail carried that token, or what it was for is gone: it ended, or was forgotten"},
    {TRACKER "ExpiredToken", EXIT_REFUSED, "the mail is too old to be answered: its time is up"},
    {TRACKER "UsedToken", EXIT_REFUSED,
     "the mail was answered already: it takes one answer; use the next one's"},
    {TRACKER "NoSuchLetter", EXIT_NOTHING,
     "that run does not have the letter {letter}: another one took it over, or there is none"},
    {TRACKER "NoSuchReminder", EXIT_NOTHING,
     "no reminder with the number {id} failed; `goal remind --list` shows those that did"},
    {TRACKER "ClockSetBack", EXIT_REFUSED,
     "nothing was sent: the last run was at {last}, and none can be before it; was the clock set "
     "back?"},
    {TRACKER "InvalidValue", EXIT_REFUSED, "refused, nothing was changed: {field}: {message}"},
    {TRACKER "InvalidDocument", EXIT_REFUSED, "{place}: {message}"},
    {TRACKER "NotPermitted", EXIT_FORBIDDEN,
     "not permitted[ in {strategy}]: this needs {needed}; `goal whoami` shows what you may do"},
    {TRACKER "AddresseeNotPermitted", EXIT_FORBIDDEN,
     "the mail's sender is not permitted to answer it[ in {strategy}]: this needs {needed}"},
    {TRACKER "AlreadyExists", EXIT_REFUSED, "{field} {value} is there already"},
    {TRACKER "RequestIdReused", EXIT_REFUSED,
     "request id {requestId} was used for another change (seq {seq}); give a new one, or none"},
    {TRACKER "Unavailable", EXIT_AWAY,
     "the daemon cannot reach its database[ (last contact {lastContact})]; nothing was changed"},
    {TRACKER "OutcomeUnknown", EXIT_AWAY,
     "the database was lost while the change was written, so its outcome is unknown; under "
     "request id {requestId} it takes effect once"},
    {TRACKER "Overloaded", EXIT_AWAY, "the daemon has too much to do; nothing was changed"},
    {SERVICE "InterfaceNotFound", EXIT_NOTHING,
     "the daemon has no interface {interface}; `goal introspect` lists those it has"},
    {SERVICE "MethodNotFound", EXIT_NOTHING,
     "the daemon has no method {method}; `goal introspect io.goald.Tracker` lists those it has"},
    {SERVICE "MethodNotImplemented", EXIT_REFUSED, "the daemon does not do {method}"},
    {SERVICE "InvalidParameter", EXIT_REFUSED,
     "the parameter {parameter} is unknown, missing or of the wrong type"},
    {SERVICE "PermissionDenied", EXIT_FORBIDDEN, "not permitted"},
    {SERVICE "ExpectedMore", EXIT_REFUSED, "this method streams its replies: call it with --more"},
    {SERVICE "ExpectedUpgrade", EXIT_REFUSED,
     "this method changes the connection's protocol, which goal does not do"},
};

const size_t error_count = ARRAY_LEN(error_rows);

/* What some errors mean where a parameter of theirs begins with these words. */
static const struct {
    const char *name, *field, *begin, *sentence;
} special_rows[] = {
    {TRACKER "NotPermitted", "needed", "an account that is not disabled",
     "your account is disabled; ask an administrator"},
    {TRACKER "AlreadyExists", "field", "newCode", "there is a node {value} already"},
    {TRACKER "AlreadyExists", "field", "number",
     "what the journal is of is there already: it is restored into a database without it"},
    {TRACKER "NotPermitted", "needed", "contributor",
     "you may not report[ on {code}][ in {strategy}]: this needs {needed}; `goal whoami` shows "
     "what you report on"},
};

static const char *special_sentence(const char *name, const json_t *parameters)
{
    for (size_t i = 0; i < ARRAY_LEN(special_rows); i++) {
        const char *text = get_text(parameters, special_rows[i].field);
        const char *begin = special_rows[i].begin;
        if (strcmp(special_rows[i].name, name) == 0 && text &&
            strncmp(text, begin, strlen(begin)) == 0)
            return special_rows[i].sentence;
    }
    return NULL;
}

const struct error_row *error_find(const char *name)
{
    for (size_t i = 0; i < error_count; i++)
        if (strcmp(error_rows[i].name, name) == 0)
            return &error_rows[i];
    return NULL;
}

enum exit_code error_exit(const char *name)
{
    const struct error_row *row = error_find(name);
    return row ? row->exit : EXIT_REFUSED;
}

/* A parameter in words; "" where it is null, missing or an empty list. */
static char *parameter_text(const json_t *parameters, const char *name, size_t len)
{
    AUTO(free_ptr) char *field = text_format("%.*s", (int)len, name);
    return json_words(json_object_get(parameters, field));
}

/* Writes sentence[0…len) with its {fields} filled in. Returns false if one of them is empty. */
static bool fill(FILE *out, const char *sentence, size_t len, const json_t *parameters)
{
    bool complete = true;
    const char *end = sentence + len;
    while (sentence < end) {
        const char *close =
            *sentence == '{' ? memchr(sentence, '}', (size_t)(end - sentence)) : NULL;
        if (!close) {
            fputc(*sentence++, out);
            continue;
        }
        AUTO(free_ptr)
        char *text = parameter_text(parameters, sentence + 1, (size_t)(close - sentence - 1));
        complete = complete && *text;
        fputs(*text ? text : "?", out);
        sentence = close + 1;
    }
    return complete;
}

/* A part in brackets: all of it, or nothing if a field of it is empty. */
static void fill_optional(FILE *out, const char *part, size_t len, const json_t *parameters)
{
    AUTO(free_ptr) char *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        err(1, "memory");
    bool complete = fill(memory, part, len, parameters);
    if (fclose(memory) != 0)
        err(1, "memory");
    if (complete)
        fputs(text, out);
}

static void write_sentence(FILE *out, const char *sentence, const json_t *parameters)
{
    for (;;) {
        const char *open = strchr(sentence, '['), *close = open ? strchr(open, ']') : NULL;
        if (!close) {
            fill(out, sentence, strlen(sentence), parameters);
            return;
        }
        fill(out, sentence, (size_t)(open - sentence), parameters);
        fill_optional(out, open + 1, (size_t)(close - open - 1), parameters);
        sentence = close + 1;
    }
}

/* An error of another interface, or of a newer daemon: its name and what it carries. */
static void write_unknown(FILE *out, const char *name, const json_t *parameters)
{
    const char *key, *separator = " (";
    json_t *value;
    fprintf(out, "the daemon refused: %s", name);
    json_object_foreach ((json_t *)parameters, key, value) {
        AUTO(free_ptr) char *text = json_words(value);
        fprintf(out, "%s%s: %s", separator, key, text);
        separator = ", ";
    }
    if (separator[0] == ',')
        fputc(')', out);
}

char *error_sentence(const char *name, const json_t *parameters)
{
    AUTO(free_ptr) char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        err(1, "memory");
    const struct error_row *row = error_find(name);
    const char *special = special_sentence(name, parameters);
    if (row)
        write_sentence(out, special ? special : row->sentence, parameters);
    else
        write_unknown(out, name, parameters);
    if (fclose(out) != 0)
        err(1, "memory");
    return text_clean(text);
}
