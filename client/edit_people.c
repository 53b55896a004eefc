/*
 * Changing who takes part: goal group add, change, remove, join, leave and aim; goal org add and
 * change; goal person add, change, forget, join and leave.
 */
#include <string.h>

#include "commands.h"
#include "edit.h"
#include "text.h"

/* --- groups --- */

static const struct edit_row group_rows[] = {
    {"kind", "kind", EDIT_WORD, NULL},      {"type", "type", EDIT_TEXT, NULL},
    {"name", "names", EDIT_TEXTS, "name"},  {"parent", "parent", EDIT_TEXT, NULL},
    {"area", "areas", EDIT_LIST, NULL},     {"term-from", "termFrom", EDIT_DATE, NULL},
    {"term-to", "termTo", EDIT_DATE, NULL}, {"mailbox", "mailbox", EDIT_TEXT, NULL},
    {"key", "newKey", EDIT_TEXT, NULL},     {0},
};

static const struct edit_row member_rows[] = {
    {"org", "organisation", EDIT_TEXT, NULL},
    {"person", "person", EDIT_TEXT, NULL},
    {"via", "via", EDIT_TEXT, NULL},
    {"role", "role", EDIT_WORD, NULL},
    {"seat", "seat", EDIT_TEXT, NULL},
    {"area", "area", EDIT_TEXT, NULL},
    {"from", "from", EDIT_DATE, NULL},
    {"to", "to", EDIT_DATE, NULL},
    {"source", "source", EDIT_TEXT, NULL},
    {"mistake", "mistake", EDIT_FLAG, NULL},
    {0},
};

/* The word names a group: "ls:halsodata", or "halsodata" of the default strategy. */
static int group_edit(struct goal *goal, const struct edit_command *command, json_t *content)
{
    if (goal->target.doubtful && goal->strategy && *goal->strategy) {
        free(goal->target.code);
        goal->target.code = text_copy(args_word(&goal->args, 0));
        free(goal->target.strategy);
        goal->target.strategy = text_copy(goal->strategy);
        goal->target.doubtful = false;
    }
    if (!*goal->target.code)
        return goal_fail(EXIT_USAGE, "say which group: KEY:GROUP");
    return edit_run(goal, command, content);
}

int group_add_run(struct goal *goal)
{
    static const struct edit_command command = {"AddGroup", "key", group_rows, "added"};
    if (!args_has(&goal->args, "kind") || !args_has(&goal->args, "name"))
        return goal_fail(EXIT_USAGE, "say with --kind what it is, and with --name its name");
    return group_edit(goal, &command, NULL);
}

int group_change_run(struct goal *goal)
{
    static const struct edit_command command = {"ChangeGroup", "key", group_rows, "changed"};
    return group_edit(goal, &command, NULL);
}

int group_remove_run(struct goal *goal)
{
    static const struct edit_command command = {"RemoveGroup", "key", NULL, "removed"};
    return group_edit(goal, &command, NULL);
}

/* The one that joins or leaves; NULL: neither is named, or both are, which is said. */
static const char *member_named(const struct goal *goal)
{
    const char *org = args_get(&goal->args, "org"), *person = args_get(&goal->args, "person");
    if (!org == !person)
        goal_fail(EXIT_USAGE, "say who: --org KEY or --person KEY");
    return !org == !person ? NULL : org ? org : person;
}

int group_join_run(struct goal *goal)
{
    const char *member = member_named(goal), *role = args_get(&goal->args, "role");
    if (!member)
        return EXIT_USAGE;
    if (!role)
        return goal_fail(EXIT_USAGE, "say with --role what the member is in the group");
    AUTO(free_ptr) char *done = text_format("has %s as %s", member, role);
    const struct edit_command command = {"AddMember", "group", member_rows, done};
    return group_edit(goal, &command, NULL);
}

int group_leave_run(struct goal *goal)
{
    const char *member = member_named(goal);
    if (!member)
        return EXIT_USAGE;
    AUTO(free_ptr) char *done = text_format("has let %s go", member);
    const struct edit_command command = {"EndMembership", "group", member_rows, done};
    return group_edit(goal, &command, NULL);
}

int group_aim_run(struct goal *goal)
{
    bool remove = args_has(&goal->args, "remove");
    const char *group = args_word(&goal->args, 0), *colon = strchr(group, ':');
    AUTO(free_ptr)
    char *done =
        text_format("is %saimed at by %s", remove ? "not " : "", colon ? colon + 1 : group);
    const struct edit_command command = {remove ? "RemoveAim" : "AddAim", "group", NULL, done};
    json_t *content = json_object();
    set_text(content, "code", edit_code(goal, args_word(&goal->args, 1)));
    return group_edit(goal, &command, content);
}

/* --- organisations and persons --- */

static const struct edit_row organisation_rows[] = {
    {"name", "names", EDIT_TEXTS, NULL},
    {"mailbox", "mailbox", EDIT_TEXT, NULL},
    {0},
};

static const struct edit_row person_rows[] = {
    {"name", "name", EDIT_TEXT, NULL},
    {"email", "email", EDIT_TEXT, NULL},
    {"language", "language", EDIT_TEXT, NULL},
    {"key", "newKey", EDIT_TEXT, NULL},
    {0},
};

static const struct edit_row affiliation_rows[] = {
    {"as", "as", EDIT_WORD, NULL},
    {"from", "from", EDIT_DATE, NULL},
    {"to", "to", EDIT_DATE, NULL},
    {"mistake", "mistake", EDIT_FLAG, NULL},
    {0},
};

/* The word is a key of the registry's. */
static int key_edit(struct goal *goal, const struct edit_command *command)
{
    json_t *content = json_object();
    set_text(content, "key", args_word(&goal->args, 0));
    return edit_run_shared(goal, command, content);
}

int org_add_run(struct goal *goal)
{
    static const struct edit_command command = {"AddOrganisation", NULL, organisation_rows,
                                                "added"};
    if (!args_has(&goal->args, "name"))
        return goal_fail(EXIT_USAGE, "say its name in a language: --name sv=\"…\"");
    return key_edit(goal, &command);
}

int org_change_run(struct goal *goal)
{
    static const struct edit_command command = {"ChangeOrganisation", NULL, organisation_rows,
                                                "changed"};
    return key_edit(goal, &command);
}

int person_add_run(struct goal *goal)
{
    static const struct edit_command command = {"AddPerson", NULL, person_rows, "added"};
    return key_edit(goal, &command);
}

int person_change_run(struct goal *goal)
{
    static const struct edit_command command = {"ChangePerson", NULL, person_rows, "changed"};
    return key_edit(goal, &command);
}

int person_forget_run(struct goal *goal)
{
    static const struct edit_row rows[] = {{"new-key", "newKey", EDIT_TEXT, NULL}, {0}};
    static const struct edit_command command = {"ForgetPerson", NULL, rows, "is forgotten"};
    return key_edit(goal, &command);
}

static int affiliation_edit(struct goal *goal, const struct edit_command *command)
{
    json_t *content = json_object();
    set_text(content, "person", args_word(&goal->args, 0));
    set_text(content, "organisation", args_word(&goal->args, 1));
    return edit_run_shared(goal, command, content);
}

int person_join_run(struct goal *goal)
{
    const char *as = args_get(&goal->args, "as");
    if (!as)
        return goal_fail(EXIT_USAGE, "say with --as what the person is there: member or reporter");
    AUTO(free_ptr) char *done = text_format("is %s of %s", as, args_word(&goal->args, 1));
    const struct edit_command command = {"AddAffiliation", NULL, affiliation_rows, done};
    return affiliation_edit(goal, &command);
}

int person_leave_run(struct goal *goal)
{
    AUTO(free_ptr) char *done = text_format("leaves %s", args_word(&goal->args, 1));
    const struct edit_command command = {"EndAffiliation", NULL, affiliation_rows, done};
    return affiliation_edit(goal, &command);
}
