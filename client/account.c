/*
 * goal account: who may do what. User names are this machine's and are looked up here; the daemon
 * knows user numbers only.
 */
#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

#include "account.h"
#include "commands.h"
#include "output.h"
#include "table.h"
#include "text.h"

/* A user's number, from a name or a number. */
static int resolve_user(const char *user, json_int_t *ret_uid)
{
    if (number_valid(user)) {
        long long uid = strtoll(user, NULL, 10);
        if (uid < 0 || uid > UINT32_MAX)
            return goal_fail(EXIT_USAGE, "%s: not a user number", user);
        *ret_uid = uid;
        return EXIT_DONE;
    }
    errno = 0;
    const struct passwd *entry = getpwnam(user);
    if (!entry)
        return goal_fail(EXIT_NOTHING,
                         "there is no user %s on this machine; give a number for one "
                         "of another realm",
                         user);
    *ret_uid = entry->pw_uid;
    return EXIT_DONE;
}

/* The user of the command's first word, the realm and the request id. */
static int user_parameters(const struct goal *goal, json_t **ret_parameters)
{
    json_int_t uid = 0;
    int exit = resolve_user(args_word(&goal->args, 0), &uid);
    if (exit != EXIT_DONE)
        return exit;
    json_t *parameters = json_object();
    json_object_set_new(parameters, "uid", json_integer(uid));
    set_option(goal, parameters, "realm", "realm");
    set_text(parameters, "requestId", goal->request_id);
    *ret_parameters = parameters;
    return EXIT_DONE;
}

/* Makes the change and says in the past tense what was done. */
static int change(struct goal *goal, const char *method, json_t *parameters, const char *done)
{
    struct ask ask = {.method = method, .parameters = parameters};
    int exit = goal_ask_one(goal, &ask);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        fprintf(goal->out, "%s (seq %ld)\n", done, get_int(ask.reply, "seq", 0));
    asks_done(&ask, 1);
    return exit;
}

int account_add_run(struct goal *goal)
{
    json_t *parameters;
    int exit = user_parameters(goal, &parameters);
    if (exit != EXIT_DONE)
        return exit;
    set_option(goal, parameters, "person", "person");
    set_option(goal, parameters, "name", "name");
    AUTO(free_ptr) char *done = text_format("%s has an account", args_word(&goal->args, 0));
    return change(goal, "AddAccount", parameters, done);
}

/* The strategy of a role: named, else GOAL_STRATEGY, else everywhere. */
static const char *role_strategy(const struct goal *goal)
{
    const char *key = args_word(&goal->args, 2);
    if (key || args_has(&goal->args, "everywhere"))
        return key;
    return goal->strategy && *goal->strategy ? goal->strategy : NULL;
}

static int change_role(struct goal *goal, const char *method, const char *verb)
{
    json_t *parameters;
    AUTO(free_ptr) char *role = word_canonical(args_word(&goal->args, 1));
    const char *strategy = role_strategy(goal);
    if (!word_in(ACCOUNT_ROLES_ALL, role))
        return goal_fail(EXIT_USAGE, "there is no role %s; possibilities are: " ACCOUNT_ROLES_ALL,
                         role);
    int exit = user_parameters(goal, &parameters);
    if (exit != EXIT_DONE)
        return exit;
    set_text(parameters, "role", role);
    set_text(parameters, "strategy", strategy);
    AUTO(free_ptr)
    char *done = text_format("%s %s %s %s %s", args_word(&goal->args, 0), verb, role,
                             strategy ? "of" : "everywhere", strategy ? strategy : "");
    for (size_t len = strlen(done); len > 0 && done[len - 1] == ' ';)
        done[--len] = '\0';
    return change(goal, method, parameters, done);
}

int account_grant_run(struct goal *goal)
{
    return change_role(goal, "GrantRole", "is now");
}

int account_revoke_run(struct goal *goal)
{
    return change_role(goal, "RevokeRole", "is no longer");
}

static int set_disabled(struct goal *goal, bool disabled)
{
    json_t *parameters;
    int exit = user_parameters(goal, &parameters);
    if (exit != EXIT_DONE)
        return exit;
    json_object_set_new(parameters, "disabled", json_boolean(disabled));
    AUTO(free_ptr)
    char *done = text_format("the account of %s is %s", args_word(&goal->args, 0),
                             disabled ? "disabled" : "enabled");
    return change(goal, "DisableAccount", parameters, done);
}

int account_disable_run(struct goal *goal)
{
    return set_disabled(goal, true);
}

int account_enable_run(struct goal *goal)
{
    return set_disabled(goal, false);
}

char *grants_words(const json_t *grants)
{
    char *text = text_copy("");
    size_t i;
    json_t *grant;
    json_array_foreach (grants, i, grant) {
        const char *role = get_text(grant, "role"), *strategy = get_text(grant, "strategy");
        text_append(&text, ", ", "%s %s%s", role ? role : "", strategy ? "of " : "everywhere",
                    strategy ? strategy : "");
    }
    return text;
}

char *user_words(long uid)
{
    const struct passwd *entry = getpwuid((uid_t)uid);
    return entry ? text_format("%s (%ld)", entry->pw_name, uid) : text_format("%ld", uid);
}

enum { ACCOUNT_ID, ACCOUNT_REALM, ACCOUNT_USER, ACCOUNT_NAME, ACCOUNT_ROLES, ACCOUNT_STATE };

static const struct column account_columns[] = {
    [ACCOUNT_ID] = {.name = "ID", .flags = COLUMN_RIGHT},
    [ACCOUNT_REALM] = {.name = "REALM", .flags = COLUMN_CUT},
    [ACCOUNT_USER] = {.name = "USER"},
    [ACCOUNT_NAME] = {.name = "NAME", .flags = COLUMN_CUT},
    [ACCOUNT_ROLES] = {.name = "ROLES", .flags = COLUMN_CUT},
    [ACCOUNT_STATE] = {.name = "STATE"},
};

static void add_account(struct table *table, const json_t *account)
{
    int line = table_add(table, -1);
    const char *name = get_text(account, "name");
    AUTO(free_ptr) char *id = text_format("%ld", get_int(account, "id", 0));
    AUTO(free_ptr) char *user = user_words(get_int(account, "uid", -1));
    AUTO(free_ptr) char *roles = grants_words(get_list(account, "grants"));
    table_set(table, line, ACCOUNT_ID, id);
    table_set(table, line, ACCOUNT_REALM, get_text(account, "realm"));
    table_set(table, line, ACCOUNT_USER, user);
    table_set(table, line, ACCOUNT_NAME, name ? name : get_text(account, "person"));
    table_set(table, line, ACCOUNT_ROLES, *roles ? roles : DASH);
    table_set(table, line, ACCOUNT_STATE, get_flag(account, "disabled") ? "DISABLED" : NULL);
}

void accounts_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(account_columns, ARRAY_LEN(account_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_object(reply, "account"))
            add_account(table, get_object(reply, "account"));
    goal_print_table(goal, table, "no account");
}

static void build_list(const struct goal *goal UNUSED, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListAccounts", .more = true};
}

int account_list_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_list, accounts_print);
}
