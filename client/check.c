/*
 * goal check: what is incomplete or contradictory in a strategy, by kinds, the most serious first,
 * with the numbers at the end.
 */
#include "commands.h"

#include <string.h>

#include "check.h"
#include "dates.h"
#include "output.h"
#include "table.h"
#include "text.h"

/* What the kinds of findings are called, and what a line tells beside code and title. */
struct check_words {
    const char *kind, *heading;
    char *(*detail)(const json_t *finding); /* or NULL */
};

/* --- details --- */

static char *who_text(const json_t *finding)
{
    const char *name = get_text(finding, "name"), *key = get_text(finding, "key");
    return text_format("%s [%s]", name ? name : "", key ? key : "");
}

static char *owners_text(const json_t *finding)
{
    return text_format("%ld owners", get_int(finding, "count", 0));
}

static char *other_text(const json_t *finding)
{
    const char *other = get_text(finding, "other");
    return text_copy(other && *other ? other : "the strategy");
}

static char *period_text(const json_t *finding)
{
    AUTO(free_ptr) char *other = other_text(finding);
    const char *date = get_text(finding, "date");
    return text_format("the period of %s ended %s", other, date ? date : "");
}

static char *outside_text(const json_t *finding)
{
    AUTO(free_ptr) char *other = other_text(finding);
    const char *date = get_text(finding, "date");
    return text_format("due %s, outside that of %s", date ? date : "", other);
}

static char *ended_text(const json_t *finding)
{
    AUTO(free_ptr) char *who = who_text(finding);
    const char *date = get_text(finding, "date");
    return text_format("%s, until %s", who, date ? date : "");
}

static char *until_text(const json_t *finding)
{
    const char *date = get_text(finding, "date");
    return text_format("until %s", date ? date : "");
}

static char *aims_text(const json_t *finding)
{
    AUTO(free_ptr) char *until = until_text(finding), *other = other_text(finding);
    long more = get_int(finding, "count", 1) - 1;
    return more > 0 ? text_format("%s, aims at %s and %ld more", until, other, more)
                    : text_format("%s, aims at %s", until, other);
}

static char *leads_text(const json_t *finding)
{
    const char *role = get_text(finding, "other");
    return text_format("each source names another %s", role ? role : "lead");
}

static char *review_text(const json_t *finding)
{
    AUTO(free_ptr) char *days = days_text(get_int(finding, "days", 0));
    return text_format("%s late", days);
}

static char *counts_text(const json_t *finding)
{
    return text_format("%ld of %ld %s", get_int(finding, "count", 0),
                       get_int(finding, "expected", 0), kind_plural(get_text(finding, "other")));
}

static const struct check_words check_words[] = {
    {"two_owners", "More than one owner", owners_text},
    {"leads_conflict", "Sources that name different people for one group", leads_text},
    {"due_outside_period", "Due outside the period above", outside_text},
    {"too_many", "More than there should be", counts_text},
    {"unknown_calendar", "Named as the calendar, but nowhere", other_text},
    {"period_over", "Open work of a period that is over", period_text},
    {"claim_without_evidence", "Claims without evidence", NULL},
    {"owner_ended", "Owners whose term has ended", ended_text},
    {"owner_has_left", "Owners who have left their organisation", ended_text},
    {"group_ended", "Groups that have ended but still aim at something open", aims_text},
    {"group_members_ended", "Groups without any current member", until_text},
    {"owner_unreachable", "Owners that no reminder can reach", who_text},
    {"group_unreachable", "Groups that no reminder can reach", NULL},
    {"nobody_reached", "Reminders that reach nobody, not even a manager", NULL},
    {"review_overdue", "Reviews that are overdue", review_text},
    {"group_review_overdue", "Reviews of groups that are overdue", review_text},
    {"commitment_without_activity", "Commitments without any activity today", NULL},
    {"need_without_activity", "Needs without an activity", NULL},
    {"too_few", "Not all there yet", counts_text},
};

static const struct check_words *words_of(const char *kind)
{
    for (size_t i = 0; kind && i < ARRAY_LEN(check_words); i++)
        if (strcmp(check_words[i].kind, kind) == 0)
            return &check_words[i];
    return NULL;
}

/* --- printing --- */

enum { CHECK_CODE, CHECK_TITLE, CHECK_DETAIL };

static const struct column check_columns[] = {
    [CHECK_CODE] = {.name = "CODE"},
    [CHECK_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT},
    [CHECK_DETAIL] = {.name = "DETAIL"},
};

/* A finding about a node shows that, one about a group the group, one about neither its detail. */
static void add_finding(struct table *table, const json_t *finding, const struct check_words *words)
{
    int line = table_add(table, -1);
    const char *code = get_text(finding, "code"), *title = get_text(finding, "title");
    AUTO(free_ptr) char *detail = words && words->detail ? words->detail(finding) : NULL;
    if (code) {
        table_set(table, line, CHECK_CODE, *code ? code : get_text(finding, "strategy"));
        table_set(table, line, CHECK_TITLE, title);
    } else {
        table_set(table, line, CHECK_CODE, get_text(finding, "key"));
        table_set(table, line, CHECK_TITLE, get_text(finding, "name"));
    }
    table_set(table, line, CHECK_DETAIL, detail);
}

/* Prints the findings from `first` on that are of one kind; returns how many. */
static size_t print_kind(const struct goal *goal, const json_t *replies, size_t first)
{
    const json_t *finding = get_object(json_array_get(replies, first), "finding");
    const char *kind = get_text(finding, "kind"), *severity = get_text(finding, "severity");
    const struct check_words *words = words_of(kind);
    AUTO(free_ptr) char *unknown = word_text(kind), *heading = text_clean(unknown);
    AUTO(free_ptr) char *clean = text_clean(severity);
    AUTO(free_ptr)
    char *painted = coloured(clean, strcmp(clean, "error") == 0 ? "red" : NULL, goal->colour);
    AUTO(table_freep)
    struct table *table = table_new(check_columns, ARRAY_LEN(check_columns));
    size_t count = 0;
    for (; first + count < json_array_size(replies); count++) {
        finding = get_object(json_array_get(replies, first + count), "finding");
        const char *other = get_text(finding, "kind");
        if (!kind || !other || strcmp(other, kind) != 0)
            break;
        add_finding(table, finding, words);
    }
    count = count > 0 ? count : 1;
    fprintf(goal->out, "%s (%s, %zu)\n", words ? words->heading : heading, painted, count);
    table_print(table, goal->out,
                &(struct table_print){.width = goal->width, .label = "  ", .colour = goal->colour});
    return count;
}

/* What a target is without, if that is what the finding says: "owner". */
static const char *lack_of(const json_t *finding)
{
    static const char begin[] = "target_without_";
    const char *kind = get_text(finding, "kind");
    return kind && strncmp(kind, begin, strlen(begin)) == 0 ? kind + strlen(begin) : NULL;
}

/* All that targets are without, a line a target: the same one may lack several things. */
static size_t print_lacks(const struct goal *goal, const json_t *replies, size_t first)
{
    AUTO(table_freep)
    struct table *table = table_new(check_columns, ARRAY_LEN(check_columns));
    json_auto_t *lines = json_object(), *lacks = json_object();
    size_t count = 0;
    for (;; count++) {
        const json_t *finding = get_object(json_array_get(replies, first + count), "finding");
        const char *lack = lack_of(finding), *code = get_text(finding, "code");
        if (!lack || !code)
            break;
        const char *before = json_string_value(json_array_get(json_object_get(lines, code), 1));
        AUTO(free_ptr)
        char *all = text_format("%s%s%s", before ? before : "no ", before ? ", " : "", lack);
        long line = before
                        ? (long)json_integer_value(json_array_get(json_object_get(lines, code), 0))
                        : table_add(table, -1);
        table_set(table, (int)line, CHECK_CODE, code);
        table_set(table, (int)line, CHECK_TITLE, get_text(finding, "title"));
        table_set(table, (int)line, CHECK_DETAIL, all);
        json_object_set_new(lines, code, json_pack("[I,s]", (json_int_t)line, all));
        json_object_set_new(lacks, lack, json_integer(get_int(lacks, lack, 0) + 1));
    }
    AUTO(free_ptr) char *numbers = text_copy("");
    const char *lack;
    json_t *number;
    json_object_foreach (lacks, lack, number)
        text_append(&numbers, ", ", "%s %ld", lack, (long)json_integer_value(number));
    AUTO(free_ptr) char *clean = text_clean(numbers);
    fprintf(goal->out, "Targets that lack something (notice; %s)\n", clean);
    table_print(table, goal->out,
                &(struct table_print){.width = goal->width, .label = "  ", .colour = goal->colour});
    return count;
}

static void print_counts(const struct goal *goal, const json_t *replies)
{
    static const char *const severities[] = {"error", "warning", "notice"};
    AUTO(free_ptr) char *counts = text_copy("");
    for (size_t s = 0; s < ARRAY_LEN(severities); s++) {
        size_t count = 0, i;
        json_t *reply;
        json_array_foreach (replies, i, reply) {
            const char *severity = get_text(get_object(reply, "finding"), "severity");
            count += severity && strcmp(severity, severities[s]) == 0;
        }
        text_append(&counts, ", ", "%zu %s%s", count, severities[s], count == 1 ? "" : "s");
    }
    fprintf(goal->out, "%zu found: %s\n", json_array_size(replies), counts);
}

void check_print(const struct goal *goal, const json_t *replies)
{
    for (size_t at = 0; at < json_array_size(replies);) {
        const json_t *finding = get_object(json_array_get(replies, at), "finding");
        bool lacks = lack_of(finding) && get_text(finding, "code");
        at += lacks ? print_lacks(goal, replies, at) : print_kind(goal, replies, at);
    }
    if (json_array_size(replies) == 0)
        fputs("nothing is incomplete or contradictory\n", goal->out);
    else
        print_counts(goal, replies);
}

/* --- the command --- */

static void build(const struct goal *goal, struct ask *asks)
{
    const char *age = args_get(&goal->args, "reviewed-before");
    char span[24];
    asks[0] = (struct ask){.method = "CheckStrategy", .more = true};
    asks[0].parameters = goal_parameters(goal, NULL, true);
    if (age && dates_span(age, span) == 0)
        set_text(asks[0].parameters, "notReviewedFor", span);
}

int check_run(struct goal *goal)
{
    const char *age = args_get(&goal->args, "reviewed-before");
    struct ask ask = {0};
    char span[24];
    if (age && dates_span(age, span) < 0)
        return goal_fail(EXIT_USAGE, "--reviewed-before %s: not a span of time such as 12m, 1y",
                         age);
    int exit = goal_ask_all(goal, build, &ask, 1);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        check_print(goal, ask.reply);
    if (exit == EXIT_DONE && args_has(&goal->args, "strict") && json_array_size(ask.reply) > 0)
        exit = EXIT_REFUSED;
    asks_done(&ask, 1);
    return exit;
}
