/*
 * goal history: a node's updates.
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
    const char *note = get_text(update, "note");
    size_t evidence = json_array_size(get_list(update, "evidence"));
    const char *decision = get_text(update, "decision");
    const char *why = get_text(update, "decisionNote");
    char *text = correction_words(update);
    if (decision && strcmp(decision, "waiting") == 0)
        text_append(&text, " ", "(waits for a manager)");
    if (decision && strcmp(decision, "returned") == 0)
        text_append(&text, " ", "(returned: %s)", why ? why : "");
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

void history_print_as(const struct goal *goal, const json_t *replies, const char *member,
                      bool codes, const char *nothing)
{
    AUTO(table_freep)
    struct table *table = table_new(update_columns, ARRAY_LEN(update_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_object(reply, member))
            add_update(table, get_object(reply, member), codes);
    goal_print_table(goal, table, nothing);
}

void history_print(const struct goal *goal, const json_t *replies)
{
    history_print_as(goal, replies, "update", args_has(&goal->args, "below"), "no update");
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
