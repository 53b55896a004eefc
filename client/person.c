/*
 * goal org and goal person: who takes part, and where.
 */
#include <string.h>

#include "commands.h"
#include "output.h"
#include "people.h"
#include "person.h"
#include "status.h"
#include "table.h"
#include "text.h"

/* --- lists --- */

enum { WHO_KEY, WHO_ROLES, WHO_ORGANISATIONS, WHO_NAME };

static const struct column who_columns[] = {
    [WHO_KEY] = {.name = "KEY", .flags = COLUMN_CUT},
    [WHO_ROLES] = {.name = "ROLES", .flags = COLUMN_RIGHT},
    [WHO_ORGANISATIONS] = {.name = "OF", .flags = COLUMN_CUT},
    [WHO_NAME] = {.name = "NAME", .flags = COLUMN_CUT},
};

static void print_list(const struct goal *goal, const json_t *replies, const char *member,
                       const char *nothing)
{
    AUTO(table_freep)
    struct table *table = table_new(who_columns, ARRAY_LEN(who_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply) {
        const json_t *one = get_object(reply, member);
        if (!one)
            continue;
        int line = table_add(table, -1);
        AUTO(free_ptr) char *roles = text_format("%ld", get_int(one, "roles", 0));
        AUTO(free_ptr) char *of = json_words(get_list(one, "organisations"));
        table_set(table, line, WHO_KEY, get_text(one, "key"));
        table_set(table, line, WHO_ROLES, roles);
        table_set(table, line, WHO_ORGANISATIONS, of);
        table_set(table, line, WHO_NAME, get_text(one, "name") ? get_text(one, "name") : DASH);
    }
    goal_print_table(goal, table, nothing);
}

void organisations_print(const struct goal *goal, const json_t *replies)
{
    print_list(goal, replies, "organisation", "no organisation that you may know of");
}

void persons_print(const struct goal *goal, const json_t *replies)
{
    print_list(goal, replies, "person", "no person that you may know of");
}

static json_t *common_parameters(const struct goal *goal)
{
    json_t *parameters = json_object();
    set_text(parameters, "language", goal->language);
    set_option(goal, parameters, "strategy", "strategy");
    return parameters;
}

static void build_organisations(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){
        .method = "ListOrganisations", .parameters = common_parameters(goal), .more = true};
    set_option(goal, asks[0].parameters, "text", "text");
}

static void build_persons(const struct goal *goal, struct ask *asks)
{
    asks[0] =
        (struct ask){.method = "ListPersons", .parameters = common_parameters(goal), .more = true};
    set_option(goal, asks[0].parameters, "text", "text");
}

/* --- one --- */

static void print_affiliations(const struct goal *goal, const json_t *list, const char *label,
                               const char *key, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one) {
        const char *shown = get_text(one, name), *as = get_text(one, "as");
        AUTO(free_ptr) char *term = term_words(one, "from", "to");
        AUTO(free_ptr)
        char *line =
            text_format("%s [%s], %s%s%s%s", shown ? shown : DASH, get_text(one, key), as ? as : "",
                        *term ? " " : "", term, get_flag(one, "current") ? "" : ", not now");
        status_fact(goal, label, line);
        label = "";
    }
}

static void print_strategies(const struct goal *goal, const json_t *one)
{
    AUTO(free_ptr) char *strategies = json_words(get_list(one, "strategies"));
    status_fact(goal, "In", *strategies ? strategies : "no strategy that you may read");
}

void organisation_print(const struct goal *goal, const json_t *organisation, const json_t *roles)
{
    const char *name = get_text(organisation, "name");
    people_head(goal, get_text(organisation, "key"), name);
    people_names(goal, "Name", get_object(organisation, "names"), name);
    status_fact(goal, "Mailbox", get_text(organisation, "mailbox"));
    print_strategies(goal, organisation);
    print_affiliations(goal, get_list(organisation, "affiliations"), "People", "person",
                       "personName");
    roles_print(goal, "Roles", roles, NULL, NULL, args_word(&goal->args, 0));
}

void person_print(const struct goal *goal, const json_t *person, const json_t *roles)
{
    const char *name = get_text(person, "name");
    people_head(goal, get_text(person, "key"), name ? name : DASH);
    status_fact(goal, "Email", get_text(person, "email"));
    status_fact(goal, "Mails in", get_text(person, "mailLanguage"));
    print_strategies(goal, person);
    print_affiliations(goal, get_list(person, "affiliations"), "Of", "organisation",
                       "organisationName");
    roles_print(goal, "Roles", roles, NULL, NULL, args_word(&goal->args, 0));
}

static void build_one(const struct goal *goal, struct ask *asks, const char *method,
                      const char *kind)
{
    asks[0] = (struct ask){.method = method, .parameters = json_object()};
    set_text(asks[0].parameters, "key", args_word(&goal->args, 0));
    set_text(asks[0].parameters, "language", goal->language);
    if (goal->json) /* one reply is printed as it came */
        return;
    asks[1] =
        (struct ask){.method = "ListRoles", .parameters = common_parameters(goal), .more = true};
    set_text(asks[1].parameters, "kind", kind);
    set_text(asks[1].parameters, "key", args_word(&goal->args, 0));
    if (args_has(&goal->args, "current"))
        json_object_set_new(asks[1].parameters, "current", json_true());
}

static void build_organisation(const struct goal *goal, struct ask *asks)
{
    build_one(goal, asks, "GetOrganisation", "organisation");
}

static void build_person(const struct goal *goal, struct ask *asks)
{
    build_one(goal, asks, "GetPerson", "person");
}

static int show(struct goal *goal, void (*build)(const struct goal *goal, struct ask *asks),
                void (*print)(const struct goal *goal, const json_t *one, const json_t *roles))
{
    struct ask asks[2] = {0};
    int exit = goal_ask_all(goal, build, asks, goal->json ? 1 : 2);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, asks[0].reply);
    else if (exit == EXIT_DONE)
        print(goal, asks[0].reply, asks[1].reply);
    asks_done(asks, 2);
    return exit;
}

int org_run(struct goal *goal)
{
    if (args_word(&goal->args, 0))
        return show(goal, build_organisation, organisation_print);
    return goal_ask_and_print(goal, build_organisations, organisations_print);
}

int person_run(struct goal *goal)
{
    if (args_word(&goal->args, 0))
        return show(goal, build_person, person_print);
    return goal_ask_and_print(goal, build_persons, persons_print);
}
