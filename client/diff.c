/*
 * goal diff: what changed between two moments, the most serious first. A node's first line has its
 * code and title, each change a line of its own, so that none is cut.
 */
#include "diff.h"

#include <string.h>

#include "commands.h"
#include "dates.h"
#include "output.h"
#include "table.h"
#include "text.h"

enum { DIFF_CODE, DIFF_CHANGE, DIFF_TITLE };

static const struct column columns[] = {
    [DIFF_CODE] = {.name = "CODE"},
    [DIFF_CHANGE] = {.name = "CHANGE"},
    [DIFF_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT},
};

/* A node's lines in the making. */
struct lines {
    struct table *table;
    const json_t *change;
    const char *strategy; /* what the strategy itself is called */
    bool begun;
};

static int add_line(struct lines *lines, char *text)
{
    AUTO(free_ptr) char *owned = text;
    const char *code = get_text(lines->change, "code");
    int line = table_add(lines->table, -1);
    if (!lines->begun) {
        table_set(lines->table, line, DIFF_CODE, code && *code ? code : lines->strategy);
        table_set(lines->table, line, DIFF_TITLE, get_text(lines->change, "title"));
    }
    table_set(lines->table, line, DIFF_CHANGE, owned);
    lines->begun = true;
    return line;
}

static bool has_changed(const json_t *change, const char *what)
{
    size_t i;
    json_t *word;
    json_array_foreach (get_list(change, "what"), i, word)
        if (strcmp(json_string_value(word), what) == 0)
            return true;
    return false;
}

static void add_state(struct lines *lines)
{
    const char *state = get_text(lines->change, "state");
    AUTO(free_ptr) char *before = state_text(get_text(lines->change, "stateBefore"));
    AUTO(free_ptr) char *after = state_text(state);
    if (!has_changed(lines->change, "state"))
        return;
    int line = add_line(lines, text_format("%s → %s", before, after));
    table_set_colour(lines->table, line, DIFF_CHANGE, state_colour(state));
}

static const char *figure(const json_t *change, const char *field, char buffer[32])
{
    double value;
    return get_real(change, field, &value) ? percent_text(value, buffer) : DASH;
}

static void add_figure(struct lines *lines, const char *field, const char *before)
{
    char from[32], to[32];
    if (has_changed(lines->change, field))
        add_line(lines, text_format("%s %s → %s", field, figure(lines->change, before, from),
                                    figure(lines->change, field, to)));
}

static const char *date_or_none(const json_t *change, const char *field)
{
    const char *date = get_text(change, field);
    return date ? date : "no date";
}

/* How far it moved, and how often. */
static void add_due(struct lines *lines)
{
    long days = get_int(lines->change, "dueDays", 0);
    long moves = get_int(lines->change, "dueMoves", 0);
    if (!has_changed(lines->change, "due"))
        return;
    char *text = text_format("due %s → %s", date_or_none(lines->change, "dueBefore"),
                             date_or_none(lines->change, "due"));
    AUTO(free_ptr) char *far = days_text(days < 0 ? -days : days);
    if (days)
        text_append(&text, ", ", "%s %s", far, days > 0 ? "later" : "earlier");
    if (moves > 1)
        text_append(&text, ", ", "moved %ld times", moves);
    add_line(lines, text);
}

static void add_start(struct lines *lines)
{
    if (has_changed(lines->change, "start"))
        add_line(lines, text_format("start %s → %s", date_or_none(lines->change, "startBefore"),
                                    date_or_none(lines->change, "start")));
}

/* "moved from 8.2 to 2.2": a text before and after, "" being the strategy. */
static void add_text(struct lines *lines, const char *what, const char *before, const char *after)
{
    const char *from = get_text(lines->change, before), *to = get_text(lines->change, after);
    if (has_changed(lines->change, what))
        add_line(lines,
                 text_format("%s from %s to %s", what, from && *from ? from : lines->strategy,
                             to && *to ? to : lines->strategy));
}

static void add_weight(struct lines *lines)
{
    double from = 1, to = 1;
    if (!has_changed(lines->change, "weight"))
        return;
    (void)get_real(lines->change, "weightBefore", &from);
    (void)get_real(lines->change, "weight", &to);
    add_line(lines, text_format("weight %.10g → %.10g", from, to));
}

static void add_change(struct lines *lines)
{
    static const char *const words[] = {"added", "ended"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (has_changed(lines->change, words[i]))
            add_line(lines, text_copy(words[i]));
    add_state(lines);
    add_due(lines);
    add_figure(lines, "progress", "progressBefore");
    add_figure(lines, "work", "workBefore");
    add_start(lines);
    add_text(lines, "moved", "parentBefore", "parent");
    add_text(lines, "code", "codeBefore", "code");
    if (has_changed(lines->change, "title"))
        add_line(lines, text_format("was \"%s\"", get_text(lines->change, "titleBefore")));
    add_weight(lines);
}

static void print_ends(const struct goal *goal, const json_t *reply)
{
    const json_t *from = get_object(reply, "from"), *to = get_object(reply, "to");
    if (!from || !to)
        return;
    AUTO(free_ptr) char *begin = text_clean(get_text(from, "asOf"));
    AUTO(free_ptr) char *end = text_clean(get_text(to, "asOf"));
    fprintf(goal->out, "From %s to %s, nodes and dates as of seq %ld and %ld, the rest as of ",
            begin, end, get_int(from, "seq", 0), get_int(to, "seq", 0));
    if (get_int(from, "knownSeq", 0) == get_int(to, "knownSeq", 0))
        fprintf(goal->out, "%ld\n", get_int(to, "knownSeq", 0));
    else
        fprintf(goal->out, "%ld and %ld\n", get_int(from, "knownSeq", 0),
                get_int(to, "knownSeq", 0));
    if (get_int(from, "seq", 0) == 0)
        fprintf(goal->out,
                "Nothing was recorded by %s: which nodes and dates changed is not known\n", begin);
}

void diff_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep) struct table *table = table_new(columns, ARRAY_LEN(columns));
    const char *strategy = goal->target.strategy ? goal->target.strategy : "the strategy";
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply) {
        struct lines lines = {
            .table = table, .change = get_object(reply, "change"), .strategy = strategy};
        if (lines.change)
            add_change(&lines);
        else
            print_ends(goal, reply);
    }
    goal_print_table(goal, table, "nothing changed");
}

/* A date, also today and yesterday; or what the daemon reads: a time, seq:N. */
static void set_end(json_t *parameters, const char *field, const char *text)
{
    char date[11];
    if (text && dates_argument(text, time(NULL), date) == 0) {
        if (!*date)
            dates_today(time(NULL), date);
        text = date;
    }
    set_text(parameters, field, text);
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListChanges", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", true);
    set_end(asks[0].parameters, "from", args_word(&goal->args, 1));
    set_end(asks[0].parameters, "to", args_word(&goal->args, 2));
}

int diff_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build, diff_print);
}
