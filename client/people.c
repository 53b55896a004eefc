/* Words and tables about groups, organisations and persons; see people.h. */
#include "people.h"

#include <string.h>

#include "output.h"
#include "status.h"
#include "table.h"
#include "text.h"

char *term_words(const json_t *object, const char *from, const char *to)
{
    const char *begin = get_text(object, from), *end = get_text(object, to);
    if (begin && end)
        return text_format("%s to %s", begin, end);
    return text_format("%s%s", begin ? "from " : end ? "to " : "", begin ? begin : end ? end : "");
}

char *member_words(const json_t *member)
{
    const char *name = get_text(member, "name"), *via = get_text(member, "viaName");
    const char *seat = get_text(member, "seat"), *role = get_text(member, "role");
    AUTO(free_ptr) char *more = NULL;
    if (role && strcmp(role, "member") != 0)
        text_append(&more, ", ", "%s", role);
    if (seat)
        text_append(&more, ", ", "%s", seat);
    if (via)
        text_append(&more, ", ", "for %s", via);
    return text_format("%s%s%s%s", name ? name : "", more ? " (" : "", more ? more : "",
                       more ? ")" : "");
}

char *members_words(const json_t *members)
{
    char *text = text_copy("");
    size_t i;
    json_t *member;
    json_array_foreach (members, i, member) {
        AUTO(free_ptr) char *words = member_words(member);
        text_append(&text, ", ", "%s", words);
    }
    return text;
}

void people_address(const struct goal *goal, const char *code, const char *url)
{
    AUTO(free_ptr) char *line = text_format("%s  %s", code ? code : "", url ? url : "");
    AUTO(free_ptr) char *clean = text_clean(line);
    fprintf(goal->out, "        %s\n", clean);
}

void people_head(const struct goal *goal, const char *key, const char *name)
{
    AUTO(free_ptr) char *head = text_format("%s  %s", key ? key : "", name ? name : "");
    AUTO(free_ptr) char *clean = text_clean(head);
    text_wrap(goal->out, clean, 0, goal->width);
}

void people_names(const struct goal *goal, const char *label, const json_t *names,
                  const char *shown)
{
    const char *language;
    json_t *name;
    json_object_foreach ((json_t *)names, language, name) {
        const char *text = json_string_value(name);
        if (!text || (shown && strcmp(text, shown) == 0))
            continue;
        AUTO(free_ptr) char *line = text_format("%s (%s)", text, language);
        status_fact(goal, label, line);
    }
}

void people_review(const struct goal *goal, const json_t *review)
{
    if (!review)
        return;
    AUTO(free_ptr) char *line = text_copy(get_text(review, "date"));
    if (get_text(review, "by"))
        text_append(&line, " ", "by %s", get_text(review, "by"));
    if (get_text(review, "nextDue"))
        text_append(&line, ", ", "next due %s", get_text(review, "nextDue"));
    if (get_text(review, "note"))
        text_append(&line, ", ", "\"%s\"", get_text(review, "note"));
    status_fact(goal, "Review", line);
}

enum { ROLE_STRATEGY, ROLE_WHERE, ROLE_NAME, ROLE_TERM, ROLE_STATE, ROLE_TITLE, ROLE_BRINGS };

static const struct column role_columns[] = {
    [ROLE_STRATEGY] = {.name = "strategy", .flags = COLUMN_CUT, .max = 24},
    [ROLE_WHERE] = {.name = "where"},
    [ROLE_NAME] = {.name = "role"},
    [ROLE_TERM] = {.name = "term", .flags = COLUMN_DROP},
    [ROLE_STATE] = {.name = "state"},
    [ROLE_TITLE] = {.name = "title", .flags = COLUMN_CUT},
    [ROLE_BRINGS] = {.name = "brings", .flags = COLUMN_CUT},
};

char *brings_words(const json_t *role)
{
    const char *currency = get_text(role, "currency"), *note = get_text(role, "note");
    char *text = text_copy("");
    double amount;
    if (get_real(role, "amount", &amount))
        text_append(&text, ", ", "%.15g %s", amount, currency ? currency : "");
    if (note)
        text_append(&text, ", ", "%s", note);
    return text;
}

static void set_node(struct table *table, int line, const json_t *node)
{
    const char *code = get_text(node, "code");
    AUTO(free_ptr) char *state = line_state(node);
    table_set(table, line, ROLE_WHERE, code && *code ? code : get_text(node, "strategy"));
    table_set(table, line, ROLE_STATE, state);
    table_set_colour(table, line, ROLE_STATE, line_colour(node));
    table_set(table, line, ROLE_TITLE, get_text(node, "title"));
}

/* Who holds the seat, unless it is who was asked about. */
static char *seat_words(const json_t *member, const char *asked)
{
    const char *seat = get_text(member, "seat"), *via = get_text(member, "viaName");
    const char *key = get_text(member, "key");
    if (key && asked && strcmp(key, asked) != 0)
        return member_words(member);
    return text_format("%s%s%s%s", seat ? seat : "", seat && via ? ", " : "", via ? "for " : "",
                       via ? via : "");
}

static void set_group(struct table *table, int line, const json_t *role, const char *asked)
{
    const json_t *group = get_object(role, "group");
    AUTO(free_ptr) char *words = seat_words(get_object(role, "member"), asked);
    table_set(table, line, ROLE_WHERE, get_text(group, "key"));
    table_set(table, line, ROLE_TITLE, get_text(group, "name"));
    table_set(table, line, ROLE_BRINGS, words);
}

static void add_role(struct table *table, const json_t *role, const char *asked)
{
    int line = table_add(table, -1);
    const json_t *link = get_object(role, "link");
    AUTO(free_ptr) char *name = word_text(get_text(role, "role"));
    AUTO(free_ptr) char *term = term_words(role, "from", "to");
    AUTO(free_ptr)
    char *words = text_format("%s%s", get_flag(role, "current") ? "" : "not now ", term);
    AUTO(free_ptr) char *brings = brings_words(role);
    if (asked)
        table_set(table, line, ROLE_STRATEGY, get_text(role, "strategy"));
    table_set(table, line, ROLE_NAME, link ? "data" : strcmp(name, "aim") == 0 ? NULL : name);
    table_set(table, line, ROLE_TERM, words);
    table_set(table, line, ROLE_BRINGS, brings);
    if (get_object(role, "node"))
        set_node(table, line, get_object(role, "node"));
    if (get_object(role, "group"))
        set_group(table, line, role, asked);
    if (link && get_text(link, "title"))
        table_set(table, line, ROLE_TITLE, get_text(link, "title"));
}

static void print_addresses(const struct goal *goal, const json_t *replies)
{
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply) {
        const json_t *role = get_object(reply, "role"), *link = get_object(role, "link");
        if (link)
            people_address(goal, get_text(get_object(role, "node"), "code"), get_text(link, "url"));
    }
}

void roles_print(const struct goal *goal, const char *label, const json_t *replies,
                 const char *only, const char *without, const char *asked)
{
    AUTO(table_freep)
    struct table *table = table_new(role_columns, ARRAY_LEN(role_columns));
    AUTO(free_ptr) char *padded = text_format("%-8s", label);
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply) {
        const json_t *role = get_object(reply, "role");
        const char *name = get_text(role, "role");
        if (role && name && (!only || strcmp(name, only) == 0) &&
            (!without || strcmp(name, without) != 0))
            add_role(table, role, asked);
    }
    table_print(
        table, goal->out,
        &(struct table_print){.width = goal->width, .label = padded, .colour = goal->colour});
    print_addresses(goal, replies);
}
