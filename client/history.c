/*
 * What happened: goal history (a node's updates) and goal log (a strategy's journal).
 */
#include "history.h"

#include <string.h>

#include "commands.h"
#include "dates.h"
#include "output.h"
#include "table.h"
#include "text.h"

enum { UPDATE_ID, UPDATE_DATE, UPDATE_CODE, UPDATE_PERCENT, UPDATE_STATE, UPDATE_BY, UPDATE_NOTE };

static const struct column update_columns[] = {
    [UPDATE_ID] = {.name = "ID", .flags = COLUMN_RIGHT},
    [UPDATE_DATE] = {.name = "DATE"},
    [UPDATE_CODE] = {.name = "CODE"},
    [UPDATE_PERCENT] = {.name = "PERCENT", .flags = COLUMN_RIGHT},
    [UPDATE_STATE] = {.name = "STATE"},
    [UPDATE_BY] = {.name = "BY", .flags = COLUMN_CUT | COLUMN_DROP, .max = 20},
    [UPDATE_NOTE] = {.name = "NOTE", .flags = COLUMN_CUT},
};

/* The note, or what the update is besides one. */
static char *note_text(const json_t *update)
{
    const char *note = get_text(update, "note"), *reason = get_text(update, "reason");
    size_t evidence = json_array_size(get_list(update, "evidence"));
    long corrected_by = get_int(update, "supersededBy", 0);
    long corrects = get_int(update, "supersedes", 0);
    char *text = text_copy("");
    if (corrected_by > 0)
        text_append(&text, " ", "[corrected by %ld]", corrected_by);
    if (corrects > 0)
        text_append(&text, " ", "[corrects %ld%s%s]", corrects, reason ? ": " : "",
                    reason ? reason : "");
    if (note)
        text_append(&text, " ", "%s", note);
    if (evidence > 0 && !note)
        text_append(&text, " ", "(%zu link%s)", evidence, evidence == 1 ? "" : "s");
    return text;
}

static void add_update(struct table *table, const json_t *update, bool codes)
{
    int line = table_add(table, -1);
    char buffer[32];
    double percent;
    const char *state = get_text(update, "state"), *code = get_text(update, "code");
    AUTO(free_ptr) char *id = text_format("%ld", get_int(update, "id", 0));
    AUTO(free_ptr) char *note = note_text(update);
    AUTO(free_ptr) char *word = state_text(state);
    table_set(table, line, UPDATE_ID, id);
    table_set(table, line, UPDATE_DATE, get_text(update, "date"));
    if (codes)
        table_set(table, line, UPDATE_CODE, code && *code ? code : "(strategy)");
    if (get_real(update, "percent", &percent))
        table_set(table, line, UPDATE_PERCENT, percent_text(percent, buffer));
    if (state) {
        table_set(table, line, UPDATE_STATE, word);
        table_set_colour(table, line, UPDATE_STATE, state_colour(state));
    }
    table_set(table, line, UPDATE_BY, get_text(update, "author"));
    table_set(table, line, UPDATE_NOTE, note);
}

void history_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(update_columns, ARRAY_LEN(update_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_object(reply, "update"))
            add_update(table, get_object(reply, "update"), args_has(&goal->args, "below"));
    goal_print_table(goal, table, "no update");
}

static void build_history(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListUpdates", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", false);
    if (args_has(&goal->args, "below"))
        json_object_set_new(asks[0].parameters, "below", json_true());
    set_number(goal, asks[0].parameters, "limit", "limit");
}

int history_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_history, history_print);
}

enum { LOG_SEQ, LOG_TIME, LOG_ACCOUNT, LOG_ACTION, LOG_ENTITY, LOG_KEY, LOG_PAYLOAD };

static const struct column log_columns[] = {
    [LOG_SEQ] = {.name = "SEQ", .flags = COLUMN_RIGHT},
    [LOG_TIME] = {.name = "TIME (UTC)"},
    [LOG_ACCOUNT] = {.name = "BY", .flags = COLUMN_CUT | COLUMN_DROP, .max = 16},
    [LOG_ACTION] = {.name = "DID"},
    [LOG_ENTITY] = {.name = "WHAT"},
    [LOG_KEY] = {.name = "KEY", .flags = COLUMN_CUT, .max = 20},
    [LOG_PAYLOAD] = {.name = "CHANGE", .flags = COLUMN_CUT},
};

/* "2024-05-31T08:15:02.123456Z" as "2024-05-31 08:15:02" */
static char *time_text(const char *time)
{
    char *text = text_format("%.19s", time ? time : "");
    char *separator = strchr(text, 'T');
    if (separator)
        *separator = ' ';
    return text;
}

static void add_entry(struct table *table, const json_t *entry)
{
    int line = table_add(table, -1);
    AUTO(free_ptr) char *seq = text_format("%ld", get_int(entry, "seq", 0));
    AUTO(free_ptr) char *time = time_text(get_text(entry, "time"));
    AUTO(free_ptr) char *payload = json_words(json_object_get(entry, "payload"));
    table_set(table, line, LOG_SEQ, seq);
    table_set(table, line, LOG_TIME, time);
    table_set(table, line, LOG_ACCOUNT, get_text(entry, "account"));
    table_set(table, line, LOG_ACTION, get_text(entry, "action"));
    table_set(table, line, LOG_ENTITY, get_text(entry, "entity"));
    table_set(table, line, LOG_KEY, get_text(entry, "key"));
    table_set(table, line, LOG_PAYLOAD, payload);
}

void log_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(log_columns, ARRAY_LEN(log_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (json_is_integer(json_object_get(reply, "seq")))
            add_entry(table, reply);
    goal_print_table(goal, table, "no entry");
}

static void build_log(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListJournal", .more = true};
    asks[0].parameters = goal_parameters(goal, NULL, false);
    set_number(goal, asks[0].parameters, "before", "before");
    if (args_has(&goal->args, "limit"))
        set_number(goal, asks[0].parameters, "limit", "limit");
    else
        json_object_set_new(asks[0].parameters, "limit", json_integer(20));
}

int log_run(struct goal *goal)
{
    if (*goal->target.code)
        return goal_fail(EXIT_USAGE,
                         "the log is a strategy's: goal log KEY; goal history %s lists a node's "
                         "updates",
                         args_word(&goal->args, 0));
    goal->target.doubtful = false; /* a code would not do here */
    return goal_ask_and_print(goal, build_log, log_print);
}
