/*
 * goal show: everything that is written about a node, from GetNode, GetStatus and ListNodes.
 * Addresses stand on lines of their own and are never cut, so that they can be copied.
 */
#include "show.h"

#include <string.h>

#include "commands.h"
#include "output.h"
#include "people.h"
#include "series.h"
#include "status.h"
#include "status_words.h"
#include "text.h"

static void print_titles(const struct goal *goal, const json_t *node)
{
    const char *shown = get_text(node, "title");
    AUTO(free_ptr) char *name = status_name(goal, node);
    AUTO(free_ptr) char *head = text_format("%s  %s", name, shown ? shown : "");
    AUTO(free_ptr) char *clean = text_clean(head);
    text_wrap(goal->out, clean, 0, goal->width);
    people_names(goal, "Title", get_object(node, "titles"), shown);
}

static void print_strategy(const struct goal *goal, const json_t *node)
{
    const char *issuer = get_text(node, "issuer"), *zone = get_text(node, "timeZone");
    const char *language = get_text(node, "defaultLanguage");
    const char *visibility = get_text(node, "visibility"), *calendar = get_text(node, "calendar");
    AUTO(free_ptr) char *facts = NULL;
    text_append(&facts, ", ", "key %s", get_text(node, "strategy"));
    if (get_text(node, "alias"))
        text_append(&facts, ", ", "alias %s", get_text(node, "alias"));
    if (visibility)
        text_append(&facts, ", ", "%s", visibility);
    if (get_flag(node, "acceptance"))
        text_append(&facts, ", ", "updates count once accepted");
    status_fact(goal, "Is", facts);
    free(STEAL(facts));
    if (zone)
        text_append(&facts, ", ", "time zone %s", zone);
    if (calendar)
        text_append(&facts, ", ", "calendar %s", calendar);
    if (language)
        text_append(&facts, ", ", "language %s", language);
    status_fact(goal, "Uses", facts);
    status_fact(goal, "Issuer", issuer);
}

static void print_expected(const struct goal *goal, const json_t *node)
{
    const char *kind;
    json_t *count;
    AUTO(free_ptr) char *text = NULL;
    json_object_foreach ((json_t *)get_object(node, "expected"), kind, count) {
        AUTO(free_ptr) char *counted = kind_count((long)json_integer_value(count), kind);
        text_append(&text, ", ", "%s", counted);
    }
    status_fact(goal, "Expects", text);
}

static void print_sectors(const struct goal *goal, const json_t *node)
{
    AUTO(free_ptr) char *own = json_words(json_object_get(node, "sectors")), *all = NULL;
    size_t i;
    json_t *sector;
    json_array_foreach (get_list(node, "sectorTitles"), i, sector)
        text_append(&all, ", ", "%s", get_text(sector, "key"));
    status_fact(goal, "Sectors", *own ? own : all);
}

static void append_real(char **text, const json_t *node, const char *field, const char *label)
{
    double value;
    if (get_real(node, field, &value))
        text_append(text, ", ", "%s %.10g", label, value);
}

static void print_kind(const struct goal *goal, const json_t *node)
{
    const char *parent = get_text(node, "parent"), *stage = get_text(node, "stage");
    AUTO(free_ptr) char *facts = word_text(get_text(node, "kind"));
    if (stage)
        text_append(&facts, ", ", "%s", stage);
    if (parent && *parent)
        text_append(&facts, ", ", "below %s", parent);
    append_real(&facts, node, "weight", "weight");
    if (get_text(node, "dueAfter"))
        text_append(&facts, ", ", "due %s after its start", get_text(node, "dueAfter"));
    long cadence = get_int(node, "cadence", 0);
    if (cadence > 0)
        text_append(&facts, ", ", "heard of every %ld days", cadence);
    status_fact(goal, "Kind", facts);
}

static void print_contributions(const struct goal *goal, const char *label, const json_t *list)
{
    AUTO(free_ptr) char *text = NULL;
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one) {
        double weight = 1;
        const char *code = get_text(one, "code");
        get_real(one, "weight", &weight);
        if (weight < 1 || weight > 1)
            text_append(&text, ", ", "%s (weight %.10g)", code ? code : "", weight);
        else
            text_append(&text, ", ", "%s", code ? code : "");
    }
    status_fact(goal, label, text);
}

static void print_holders(const struct goal *goal, const json_t *holders)
{
    size_t i;
    json_t *holder;
    const char *label = "Roles";
    json_array_foreach (holders, i, holder) {
        const char *name = get_text(holder, "name"), *key = get_text(holder, "key");
        AUTO(free_ptr) char *role = word_text(get_text(holder, "role"));
        AUTO(free_ptr) char *term = term_words(holder, "from", "to");
        AUTO(free_ptr) char *brings = brings_words(holder);
        AUTO(free_ptr)
        char *line = text_format("%s: %s [%s]%s%s%s%s", role, name ? name : "", key ? key : "",
                                 *term ? " " : "", term, *brings ? ", " : "", brings);
        status_fact(goal, label, line);
        label = "";
    }
}

/* "split from older:7 The seventh" */
static void print_relations(const struct goal *goal, const json_t *relations)
{
    size_t i;
    json_t *relation;
    const char *label = "Related";
    json_array_foreach (relations, i, relation) {
        const char *title = get_text(relation, "title"), *code = get_text(relation, "code");
        const char *key = get_text(relation, "strategy");
        AUTO(free_ptr) char *kind = word_text(get_text(relation, "kind"));
        AUTO(free_ptr)
        char *line = text_format("%s %s%s%s %s", kind, key ? key : "", code && *code ? ":" : "",
                                 code ? code : "", title ? title : "");
        status_fact(goal, label, line);
        label = "";
    }
}

static void print_address(const struct goal *goal, const char *url)
{
    AUTO(free_ptr) char *clean = text_clean(url ? url : "");
    fprintf(goal->out, "        %s\n", clean);
}

static void print_links(const struct goal *goal, const json_t *links)
{
    size_t i;
    json_t *link;
    const char *label = "Links";
    json_array_foreach (links, i, link) {
        const char *title = get_text(link, "title");
        AUTO(free_ptr) char *type = word_text(get_text(link, "type"));
        AUTO(free_ptr)
        char *line = text_format("%s%s%s", type, title ? ": " : "", title ? title : "");
        if (get_text(link, "owner"))
            text_append(&line, ", ", "of %s", get_text(link, "owner"));
        status_fact(goal, label, line);
        print_address(goal, get_text(link, "url"));
        label = "";
    }
}

static void print_update(const struct goal *goal, const json_t *update)
{
    const char *note = get_text(update, "note"), *author = get_text(update, "author");
    size_t i;
    json_t *url;
    AUTO(free_ptr) char *clean = text_clean_lines(note ? note : "");
    if (!update)
        return;
    AUTO(free_ptr)
    char *by = text_format("update %ld%s%s", get_int(update, "id", 0), author ? " by " : "",
                           author ? author : "");
    status_fact(goal, "", by);
    text_wrap(goal->out, clean, 8, goal->width);
    json_array_foreach (get_list(update, "evidence"), i, url)
        print_address(goal, json_string_value(url));
    if (json_is_null(json_object_get(update, "evidence")))
        status_fact(goal, "", "its note and evidence are not at hand now");
}

/* What was learned, and what proves it; the status has said how and why. */
static void print_closing(const struct goal *goal, const json_t *closing)
{
    const char *note = get_text(closing, "note");
    size_t i;
    json_t *url;
    if (note) {
        AUTO(free_ptr) char *clean = text_clean_lines(note);
        status_fact(goal, "", "looking back:");
        text_wrap(goal->out, clean, 8, goal->width);
    }
    json_array_foreach (get_list(closing, "evidence"), i, url)
        print_address(goal, json_string_value(url));
}

static bool is_indicator(const json_t *node)
{
    const char *kind = get_text(node, "kind");
    return kind && strcmp(kind, "indicator") == 0;
}

void show_print(const struct goal *goal, const json_t *node, const json_t *status,
                const json_t *parts, const json_t *series)
{
    print_titles(goal, node);
    status_print_moment(goal, status);
    print_kind(goal, node);
    if (get_text(node, "visibility"))
        print_strategy(goal, node);
    print_expected(goal, node);
    print_sectors(goal, node);
    status_print_facts(goal, status, parts);
    print_closing(goal, get_object(status, "closing"));
    if (is_indicator(node))
        series_print(goal, node, series);
    print_update(goal, get_object(status, "lastUpdate"));
    AUTO(free_ptr) char *heard = status_heard(status);
    status_fact(goal, "Heard", heard);
    status_print_parts(goal, parts);
    print_contributions(goal, "Serves", get_list(node, "serves"));
    print_contributions(goal, "Served", get_list(node, "servedBy"));
    print_relations(goal, get_list(node, "relations"));
    print_holders(goal, get_list(node, "holders"));
    people_review(goal, get_object(node, "review"));
    print_links(goal, get_list(node, "links"));
    AUTO(free_ptr)
    char *seq = text_format("as it is since seq %ld; read at seq %ld",
                            get_int(node, "changedSeq", 0), get_int(node, "seq", 0));
    status_fact(goal, "Journal", seq);
    status_print_note(goal, status);
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "GetNode"};
    asks[0].parameters = goal_parameters(goal, "code", true);
    if (goal->json) /* one reply is printed as it came */
        return;
    asks[1] = (struct ask){.method = "GetStatus"};
    asks[1].parameters = goal_parameters(goal, "code", true);
    asks[2] = (struct ask){.method = "ListNodes", .more = true};
    asks[2].parameters = goal_parameters(goal, NULL, true);
    set_text(asks[2].parameters, "partsOf", goal->target.code);
}

static void build_series(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListObservations", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", false);
    json_object_set_new(asks[0].parameters, "counting", json_true());
    json_object_set_new(asks[0].parameters, "limit", json_integer(SERIES_MAX));
}

int show_run(struct goal *goal)
{
    struct ask asks[4] = {0};
    int exit = goal_ask_all(goal, build, asks, goal->json ? 1 : 3);
    /* They are in the database only, which may be out of reach: the rest is told nevertheless. */
    if (exit == EXIT_DONE && !goal->json && is_indicator(asks[0].reply))
        exit = goal_ask(goal, build_series, &asks[3], 1);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, asks[0].reply);
    else if (exit == EXIT_DONE)
        show_print(goal, asks[0].reply, asks[1].reply, asks[2].reply,
                   asks[3].error ? NULL : asks[3].reply);
    asks_done(asks, 4);
    return exit;
}
