/*
 * goal status: how a node stands, in few enough lines to be read out. Composed from two calls,
 * the node's status and the lines of its parts; phrases are in status_words.c.
 */
#include "status.h"

#include <string.h>

#include "commands.h"
#include "output.h"
#include "status_words.h"
#include "table.h"
#include "text.h"

void status_line(const struct goal *goal, const char *label, const char *text)
{
    AUTO(free_ptr) char *clean = text_clean(text);
    AUTO(free_ptr) char *line = text_format("%-7s %s", label, clean);
    AUTO(free_ptr) char *cut = text_cut(line, goal->width);
    fprintf(goal->out, "%s\n", cut);
}

void status_fact(const struct goal *goal, const char *label, const char *text)
{
    if (text && *text)
        status_line(goal, label, text);
}

char *status_name(const struct goal *goal, const json_t *status)
{
    const char *strategy = goal->target.strategy, *code = get_text(status, "code");
    if (!strategy)
        strategy = get_text(status, "strategy");
    return text_format("%s%s%s", strategy ? strategy : "", code && *code ? ":" : "",
                       code ? code : "");
}

void status_print_head(const struct goal *goal, const json_t *status)
{
    AUTO(free_ptr) char *name = status_name(goal, status);
    const char *title = get_text(status, "title");
    AUTO(free_ptr) char *head = text_format("%s  %s", name, title ? title : "");
    AUTO(free_ptr) char *clean = text_clean(head);
    AUTO(free_ptr) char *cut = text_cut(clean, goal->width);
    fprintf(goal->out, "%s\n", cut);
}

void status_print_moment(const struct goal *goal, const json_t *status)
{
    const char *as_of = get_text(status, "asOf"), *known_at = get_text(status, "knownAt");
    if (!args_has(&goal->args, "as-of") && !known_at)
        return;
    AUTO(free_ptr) char *text = text_format("%s", as_of ? as_of : "");
    if (known_at)
        text_append(&text, ", ", "as known at %s, seq %ld", known_at, get_int(status, "seq", 0));
    status_line(goal, "As of", text);
}

/* The state's word may be coloured, so it is kept apart from the cutting. */
static void print_state(const struct goal *goal, const json_t *status, const json_t *parts)
{
    const char *state = get_text(status, "state");
    AUTO(free_ptr) char *word = state_text(state);
    for (char *c = word; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    AUTO(free_ptr) char *clean_word = text_clean(word);
    AUTO(free_ptr) char *why = status_reasons(status, parts);
    AUTO(free_ptr) char *clean = text_clean(why);
    size_t taken = 8 + text_width(clean_word) + 2;
    AUTO(free_ptr) char *cut = text_cut(clean, goal->width > taken ? goal->width - taken : 0);
    AUTO(free_ptr) char *painted = coloured(clean_word, state_colour(state), goal->colour);
    fprintf(goal->out, "State   %s%s%s\n", painted, *cut ? "  " : "", cut);
}

/* Items separated by " · ", broken between items where the line is full. */
static void print_items(const struct goal *goal, const char *label, char *const *items,
                        size_t count)
{
    AUTO(free_ptr) char *line = NULL;
    for (size_t i = 0; i < count; i++) {
        if (line && 8 + text_width(line) + 3 + text_width(items[i]) > goal->width) {
            status_line(goal, label, line);
            label = "";
            free(STEAL(line));
        }
        text_append(&line, " · ", "%s", items[i]);
    }
    if (line)
        status_line(goal, label, line);
}

static void print_who(const struct goal *goal, const json_t *status)
{
    char *items[64];
    size_t count = 0, i;
    json_t *group;
    json_array_foreach (get_list(status, "groups"), i, group)
        if (count < ARRAY_LEN(items) - 2)
            items[count++] = group_words(group);
    if (count == 0)
        items[count++] = text_copy("no group");
    items[count++] = owner_words(get_list(status, "owners"));
    print_items(goal, "Who", items, count);
    while (count > 0)
        free(items[--count]);
}

/* The note keeps its closing quotation mark when it is cut. */
static void print_last(const struct goal *goal, const json_t *status)
{
    const json_t *update = get_object(status, "lastUpdate");
    AUTO(free_ptr) char *facts = update_words(update, get_text(status, "asOf"));
    const char *note = update ? get_text(update, "note") : NULL;
    AUTO(free_ptr) char *clean = text_clean(note ? note : "");
    if (!*clean) {
        status_line(goal, "Last", facts);
        return;
    }
    size_t taken = 8 + text_width(facts) + 4;
    AUTO(free_ptr) char *cut = text_cut(clean, goal->width > taken ? goal->width - taken : 1);
    AUTO(free_ptr) char *text = text_format("%s  \"%s\"", facts, cut);
    status_line(goal, "Last", text);
}

static void print_if(const struct goal *goal, const char *label, char *text)
{
    AUTO(free_ptr) char *owned = text;
    if (owned)
        status_line(goal, label, owned);
}

void status_print_facts(const struct goal *goal, const json_t *status, const json_t *parts)
{
    print_state(goal, status, parts);
    print_if(goal, "Closed", status_closed(status));
    print_if(goal, "Due", status_due(status));
    print_if(goal, "Progress", status_progress(status, parts));
    print_if(goal, "Work", status_work(status, parts));
    print_if(goal, "Targets", status_targets(status));
    print_if(goal, "Ahead", status_forecast(status));
    print_if(goal, "Proof", status_proof(status));
    print_who(goal, status);
    print_last(goal, status);
}

enum { PART_CODE, PART_STATE, PART_WORK, PART_DUE, PART_OWNER, PART_TITLE };

static const struct column part_columns[] = {
    [PART_CODE] = {.name = "code"},
    [PART_STATE] = {.name = "state", .min = 18},
    [PART_WORK] = {.name = "work"},
    [PART_DUE] = {.name = "due", .flags = COLUMN_DROP},
    [PART_OWNER] = {.name = "owner", .flags = COLUMN_DROP, .min = 20, .max = 20},
    [PART_TITLE] = {.name = "title", .flags = COLUMN_CUT},
};

static void add_part(struct table *table, const json_t *node)
{
    int line = table_add(table, -1);
    const char *due = get_text(node, "due");
    AUTO(free_ptr) char *state = line_state(node);
    AUTO(free_ptr) char *due_text = due ? text_format("due %s", due) : NULL;
    AUTO(free_ptr) char *owners = json_words(get_list(node, "owners"));
    AUTO(free_ptr) char *work = work_text(get_object(node, "work"));
    AUTO(free_ptr) char *delivered = *work ? text_format("%s delivered", work) : NULL;
    table_set(table, line, PART_CODE, get_text(node, "code"));
    table_set(table, line, PART_STATE, state);
    table_set_colour(table, line, PART_STATE, line_colour(node));
    if (kind_is_outcome(get_text(node, "kind")))
        table_set(table, line, PART_WORK, delivered);
    table_set(table, line, PART_DUE, due_text);
    table_set(table, line, PART_OWNER, owners);
    table_set(table, line, PART_TITLE, get_text(node, "title"));
}

void status_print_parts(const struct goal *goal, const json_t *parts)
{
    AUTO(table_freep)
    struct table *table = table_new(part_columns, ARRAY_LEN(part_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (parts, i, reply)
        if (get_object(reply, "node"))
            add_part(table, get_object(reply, "node"));
    table_print(
        table, goal->out,
        &(struct table_print){.width = goal->width, .label = "Parts   ", .colour = goal->colour});
}

void status_print_note(const struct goal *goal, const json_t *status)
{
    const char *since = get_text(status, "lastContact");
    if (!since)
        return;
    AUTO(free_ptr)
    char *note = text_format("database out of reach since %s; this is what was known then", since);
    status_line(goal, "Note", note);
}

void status_print(const struct goal *goal, const json_t *status, const json_t *parts)
{
    status_print_head(goal, status);
    status_print_moment(goal, status);
    status_print_facts(goal, status, parts);
    status_print_parts(goal, parts);
    status_print_note(goal, status);
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "GetStatus"};
    asks[0].parameters = goal_parameters(goal, "code", true);
    if (goal->json) /* one reply is printed as it came */
        return;
    asks[1] = (struct ask){.method = "ListNodes", .more = true};
    asks[1].parameters = goal_parameters(goal, NULL, true);
    set_text(asks[1].parameters, "partsOf", goal->target.code);
}

int status_run(struct goal *goal)
{
    struct ask asks[2] = {0};
    int exit = goal_ask_all(goal, build, asks, goal->json ? 1 : 2);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, asks[0].reply);
    else if (exit == EXIT_DONE)
        status_print(goal, asks[0].reply, asks[1].reply);
    asks_done(asks, 2);
    return exit;
}
