/*
 * goal serve, assign, unassign, link, unlink, relate and unrelate: what a node is tied to.
 */
#include <string.h>

#include "commands.h"
#include "edit.h"
#include "output.h"
#include "text.h"

int serve_run(struct goal *goal)
{
    static const struct edit_row rows[] = {{"weight", "weight", EDIT_NUMBER, NULL}, {0}};
    bool remove = args_has(&goal->args, "remove");
    const char *code = edit_code(goal, args_word(&goal->args, 1));
    AUTO(free_ptr) char *done = text_format("%s %s", remove ? "no longer serves" : "serves", code);
    const struct edit_command command = {remove ? "RemoveContribution" : "SetContribution", "code",
                                         remove ? NULL : rows, done};
    if (remove && args_has(&goal->args, "weight"))
        return goal_fail(EXIT_USAGE, "--weight or --remove, not both");
    return edit_run(goal, &command, json_pack("{s:s}", "serves", code));
}

/* --- roles --- */

static const char *const roles[] = {"owner",  "lead",        "contributor", "partner",
                                    "funder", "beneficiary", "reviewer",    "contact"};

/* The one role that is named, and its holder. */
static int take_role(const struct goal *goal, json_t *content)
{
    const char *role = NULL;
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (!args_has(&goal->args, roles[i]))
            continue;
        if (role || args_get_nth(&goal->args, roles[i], 1))
            return goal_fail(EXIT_USAGE, "one role of one holder at a time");
        role = roles[i];
    }
    if (!role)
        return goal_fail(EXIT_USAGE, "say which role and whose: --owner org:KEY, --lead "
                                     "person:KEY, --contributor group:KEY, …");
    set_text(content, "role", role);
    set_text(content, "holder", args_get(&goal->args, role));
    return EXIT_DONE;
}

static int run_role(struct goal *goal, const struct edit_command *command, const char *verb)
{
    json_auto_t *content = json_object();
    int exit = take_role(goal, content);
    if (exit != EXIT_DONE)
        return exit;
    AUTO(free_ptr)
    char *done =
        text_format("%s %s as %s", verb, get_text(content, "holder"), get_text(content, "role"));
    struct edit_command copy = *command;
    copy.done = done;
    if (args_has(&goal->args, "mistake"))
        json_object_set_new(content, "mistake", json_true());
    return edit_run(goal, &copy, STEAL(content));
}

int assign_run(struct goal *goal)
{
    static const struct edit_row rows[] = {
        {"from", "from", EDIT_DATE, NULL},       {"to", "to", EDIT_DATE, NULL},
        {"amount", "amount", EDIT_NUMBER, NULL}, {"currency", "currency", EDIT_TEXT, NULL},
        {"note", "note", EDIT_TEXT, NULL},       {0},
    };
    static const struct edit_command command = {"AssignRole", "code", rows, NULL};
    return run_role(goal, &command, "has");
}

int unassign_run(struct goal *goal)
{
    static const struct edit_row rows[] = {
        {"from", "from", EDIT_DATE, NULL}, {"to", "to", EDIT_DATE, NULL}, {0}};
    static const struct edit_command command = {"EndAssignment", "code", rows, NULL};
    if (!args_has(&goal->args, "to") && !args_has(&goal->args, "mistake"))
        edit_keep_day(goal, "to");
    return run_role(goal, &command, "no longer has");
}

/* --- links --- */

int add_link_run(struct goal *goal)
{
    static const struct edit_row rows[] = {
        {"title", "title", EDIT_TEXT, NULL}, {"owner", "owner", EDIT_TEXT, NULL}, {0}};
    static const struct edit_command command = {"AddLink", "code", rows, "linked"};
    const char *type = args_get(&goal->args, "type");
    return edit_run(
        goal, &command,
        json_pack("{s:s,s:s}", "url", args_word(&goal->args, 1), "type", type ? type : "page"));
}

int remove_link_run(struct goal *goal)
{
    static const struct edit_row rows[] = {{"type", "type", EDIT_TEXT, NULL}, {0}};
    static const struct edit_command command = {"RemoveLink", "code", rows, "no longer linked"};
    return edit_run(goal, &command, json_pack("{s:s}", "url", args_word(&goal->args, 1)));
}

/* --- relations --- */

/* A relation in a sentence. */
static const struct {
    const char *kind, *made, *ended;
} relation_words[] = {
    {"supersedes", "now supersedes", "no longer supersedes"},
    {"split_from", "is now split from", "is no longer split from"},
    {"merged_from", "is now merged from", "is no longer merged from"},
    {"depends_on", "now depends on", "no longer depends on"},
    {"related", "is now related to", "is no longer related to"},
};

static char *relation_said(const char *kind, bool ended, const char *other)
{
    for (size_t i = 0; i < ARRAY_LEN(relation_words); i++)
        if (strcmp(relation_words[i].kind, kind) == 0)
            return text_format("%s %s", ended ? relation_words[i].ended : relation_words[i].made,
                               other);
    return text_copy("");
}

/* "other:2" is a node of another strategy, "other:" that strategy, "2" or ":2" a node of this. */
static int run_relation(struct goal *goal, const char *method, bool ends)
{
    const char *word = args_word(&goal->args, 2), *colon = strchr(word, ':');
    AUTO(free_ptr) char *kind = word_canonical(args_word(&goal->args, 1));
    AUTO(free_ptr) char *said = relation_said(kind, ends, word);
    const struct edit_command command = {method, "code", NULL, said};
    if (!word_in(EDIT_RELATIONS, kind))
        return goal_fail(EXIT_USAGE, "there is no relation %s; possibilities are: " EDIT_RELATIONS,
                         kind);
    json_t *content = json_pack("{s:s}", "kind", kind);
    if (colon && colon > word) {
        AUTO(free_ptr) char *key = text_format("%.*s", (int)(colon - word), word);
        set_text(content, "toStrategy", key);
    }
    set_text(content, "toCode", colon ? colon + 1 : word);
    return edit_run(goal, &command, content);
}

int relate_run(struct goal *goal)
{
    return run_relation(goal, "AddRelation", false);
}

int unrelate_run(struct goal *goal)
{
    return run_relation(goal, "RemoveRelation", true);
}
