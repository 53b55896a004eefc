/*
 * goal group: the groups of a strategy, or one with its members and its work.
 */
#include "group.h"

#include <string.h>

#include "commands.h"
#include "edit.h"
#include "output.h"
#include "people.h"
#include "status.h"
#include "table.h"
#include "text.h"

/* --- a list --- */

enum { GROUP_KEY, GROUP_KIND, GROUP_TYPE, GROUP_AIMS, GROUP_TERM, GROUP_WHO, GROUP_NAME };

static const struct column group_columns[] = {
    [GROUP_KEY] = {.name = "GROUP"},
    [GROUP_KIND] = {.name = "KIND", .flags = COLUMN_DROP},
    [GROUP_TYPE] = {.name = "TYPE", .flags = COLUMN_CUT, .max = 20},
    [GROUP_AIMS] = {.name = "AIMS AT", .flags = COLUMN_CUT, .max = 20},
    [GROUP_TERM] = {.name = "TERM"},
    [GROUP_WHO] = {.name = "MEMBERS", .flags = COLUMN_CUT},
    [GROUP_NAME] = {.name = "NAME", .flags = COLUMN_CUT},
};

/* "to 2027", "ENDED 2022"; "" for ever. */
static char *term_state(const json_t *group)
{
    const char *to = get_text(group, "termTo");
    if (get_flag(group, "ended"))
        return text_format("ENDED %s", to ? to : "");
    return term_words(group, "termFrom", "termTo");
}

static void add_group(struct table *table, const json_t *group)
{
    int line = table_add(table, -1);
    AUTO(free_ptr) char *kind = word_text(get_text(group, "kind"));
    AUTO(free_ptr) char *aims = json_words(get_list(group, "aims"));
    AUTO(free_ptr) char *term = term_state(group);
    AUTO(free_ptr) char *who = members_words(get_list(group, "members"));
    table_set(table, line, GROUP_KEY, get_text(group, "key"));
    table_set(table, line, GROUP_KIND, kind);
    table_set(table, line, GROUP_TYPE, get_text(group, "type"));
    table_set(table, line, GROUP_AIMS, *aims ? aims : DASH);
    table_set(table, line, GROUP_TERM, term);
    table_set(table, line, GROUP_WHO, who);
    table_set(table, line, GROUP_NAME, get_text(group, "name"));
}

void groups_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(group_columns, ARRAY_LEN(group_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_object(reply, "group"))
            add_group(table, get_object(reply, "group"));
    goal_print_table(goal, table, "no group fits");
}

static void build_list(const struct goal *goal, struct ask *asks)
{
    json_t *parameters = goal_parameters(goal, NULL, true);
    asks[0] = (struct ask){.method = "ListGroups", .parameters = parameters, .more = true};
    set_word(goal, parameters, "kind", "kind");
    set_option(goal, parameters, "type", "type");
    set_option(goal, parameters, "area", "area");
    if (args_get(&goal->args, "goal"))
        set_text(parameters, "goal", edit_code(goal, args_get(&goal->args, "goal")));
    set_option(goal, parameters, "member", "member");
    set_word(goal, parameters, "role", "role");
    if (args_has(&goal->args, "current") || args_has(&goal->args, "ended"))
        json_object_set_new(parameters, "ended", json_boolean(args_has(&goal->args, "ended")));
}

/* --- one group --- */

static void print_kind(const struct goal *goal, const json_t *group)
{
    const json_t *parent = get_object(group, "parent");
    AUTO(free_ptr) char *facts = word_text(get_text(group, "kind"));
    AUTO(free_ptr) char *term = term_words(group, "termFrom", "termTo");
    if (get_text(group, "type"))
        text_append(&facts, ", ", "%s", get_text(group, "type"));
    if (*term)
        text_append(&facts, ", ", "term %s", term);
    if (get_flag(group, "ended"))
        text_append(&facts, ", ", "ENDED");
    status_fact(goal, "Kind", facts);
    if (parent) {
        AUTO(free_ptr)
        char *line = text_format("%s [%s]", get_text(parent, "name"), get_text(parent, "key"));
        status_fact(goal, "Part of", line);
    }
    status_fact(goal, "Mailbox", get_text(group, "mailbox"));
    people_review(goal, get_object(group, "review"));
}

static void print_children(const struct goal *goal, const json_t *children)
{
    const char *label = "Has";
    size_t i;
    json_t *child;
    json_array_foreach (children, i, child) {
        AUTO(free_ptr)
        char *line = text_format("%s [%s]%s", get_text(child, "name"), get_text(child, "key"),
                                 get_flag(child, "ended") ? ", ENDED" : "");
        status_fact(goal, label, line);
        label = "";
    }
}

static void print_areas(const struct goal *goal, const json_t *areas)
{
    const char *label = "Areas";
    size_t i;
    json_t *area;
    json_array_foreach (areas, i, area) {
        AUTO(free_ptr) char *who = members_words(get_list(area, "contacts"));
        AUTO(free_ptr)
        char *line = text_format("%s: %s", get_text(area, "name"), *who ? who : DASH);
        status_fact(goal, label, line);
        label = "";
    }
}

enum { MEMBER_ROLE, MEMBER_NAME, MEMBER_KEY, MEMBER_VIA, MEMBER_SEAT, MEMBER_AREA, MEMBER_TERM };

static const struct column member_columns[] = {
    [MEMBER_ROLE] = {.name = "role"},
    [MEMBER_NAME] = {.name = "name", .flags = COLUMN_CUT},
    [MEMBER_KEY] = {.name = "key", .flags = COLUMN_CUT},
    [MEMBER_VIA] = {.name = "via", .flags = COLUMN_CUT},
    [MEMBER_SEAT] = {.name = "seat", .flags = COLUMN_CUT},
    [MEMBER_AREA] = {.name = "area", .flags = COLUMN_CUT},
    [MEMBER_TERM] = {.name = "term"},
};

static void print_members(const struct goal *goal, const json_t *members)
{
    AUTO(table_freep)
    struct table *table = table_new(member_columns, ARRAY_LEN(member_columns));
    size_t i;
    json_t *member;
    json_array_foreach (members, i, member) {
        int line = table_add(table, -1);
        const char *via = get_text(member, "viaName");
        AUTO(free_ptr) char *term = term_words(member, "from", "to");
        AUTO(free_ptr)
        char *words = text_format("%s%s", get_flag(member, "current") ? "" : "not now ", term);
        AUTO(free_ptr) char *key = text_format("[%s]", get_text(member, "key"));
        AUTO(free_ptr) char *for_whom = via ? text_format("for %s", via) : NULL;
        table_set(table, line, MEMBER_ROLE, get_text(member, "role"));
        table_set(table, line, MEMBER_NAME, get_text(member, "name"));
        table_set(table, line, MEMBER_KEY, key);
        table_set(table, line, MEMBER_VIA, for_whom);
        table_set(table, line, MEMBER_SEAT, get_text(member, "seat"));
        table_set(table, line, MEMBER_AREA, get_text(member, "area"));
        table_set(table, line, MEMBER_TERM, words);
    }
    table_print(
        table, goal->out,
        &(struct table_print){.width = goal->width, .label = "Members ", .colour = goal->colour});
}

static char *group_head(const struct goal *goal, const json_t *group)
{
    const char *strategy = goal->target.strategy;
    return text_format("%s:%s", strategy ? strategy : get_text(group, "strategy"),
                       get_text(group, "key"));
}

void group_print_facts(const struct goal *goal, const json_t *group)
{
    AUTO(free_ptr) char *key = group_head(goal, group);
    people_head(goal, key, get_text(group, "name"));
    people_names(goal, "Name", get_object(group, "names"), get_text(group, "name"));
    print_kind(goal, group);
}

void group_print(const struct goal *goal, const json_t *group, const json_t *roles)
{
    group_print_facts(goal, group);
    print_children(goal, get_list(group, "children"));
    roles_print(goal, "Aims at", roles, "aim", NULL, NULL);
    print_areas(goal, get_list(group, "areas"));
    print_members(goal, get_list(group, "members"));
    roles_print(goal, "Work", roles, NULL, "aim", NULL);
}

static void build(const struct goal *goal, struct ask *asks)
{
    if (!goal->target.code || !*goal->target.code) {
        build_list(goal, asks);
        return;
    }
    asks[0] = (struct ask){.method = "GetGroup"};
    asks[0].parameters = goal_parameters(goal, "key", true);
}

/* Its roles are asked for afterwards: whether the word is a group is known then. */
static int show(struct goal *goal, const json_t *group)
{
    struct ask ask = {.method = "ListRoles", .more = true};
    ask.parameters = goal_parameters(goal, "key", true);
    set_text(ask.parameters, "kind", "group");
    int exit = goal_ask_one(goal, &ask);
    if (exit == EXIT_DONE)
        group_print(goal, group, ask.reply);
    asks_done(&ask, 1);
    return exit;
}

int group_run(struct goal *goal)
{
    struct ask ask = {0};
    int exit = goal_ask_all(goal, build, &ask, 1);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE && ask.more)
        groups_print(goal, ask.reply);
    else if (exit == EXIT_DONE)
        exit = show(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}
