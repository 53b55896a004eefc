/* Trees by hand; see faked_trees.h. */
#include "faked_trees.h"

#include <math.h>
#include <string.h>

#include "core/rights.h"
#include "faked_store.h"

static void must(int r)
{
    if (r < 0)
        abort();
}

static struct date date_of(const char *text)
{
    struct date date;

    must(date_parse(text, &date));
    return date;
}

static struct texts texts_of(const char *text)
{
    json_t *json = json_pack("{s:s,s:s}", "en", text, "sv", "på svenska");
    struct texts texts;

    must(texts_from_json(json, &texts));
    json_decref(json);
    return texts;
}

/* --- a strategy --- */

struct spec {
    const char *code;
    int64_t id, parent;
    enum kind kind;
    const char *start, *due;
};

static const struct spec specs[] = {
    {"1", 1, 0, KIND_PRIORITY, NULL, NULL},
    {"1.1", 2, 1, KIND_TARGET, "2025", "2026-12"},
    {"1.2", 3, 1, KIND_TARGET, NULL, "2026-06-30"},
    {"1.10", 4, 1, KIND_TARGET, "2026-12-01", "2027"},
    {"d-1", 5, 2, KIND_DELIVERABLE, NULL, "2026-10"},
    {"d-2", 6, 2, KIND_INITIATIVE, NULL, NULL},
    {"i", 7, 3, KIND_INDICATOR, NULL, NULL},
};

static void put_node(struct tree *tree, const struct spec *spec)
{
    bool measured = spec->kind == KIND_INDICATOR;
    struct node_row row = {
        .id = spec->id,
        .parent_id = spec->parent,
        .seq_from = spec->id,
        .code = spec->code,
        .titles = texts_of(spec->code),
        .kind = spec->kind,
        .stage = spec->kind == KIND_INITIATIVE ? STAGE_ONGOING : STAGE_NONE,
        .start = date_of(spec->start),
        .due = date_of(spec->due),
        .weight = spec->id == 2 ? 2.5 : (double)NAN,
        .baseline = measured ? 0 : (double)NAN,
        .target = measured ? 10 : (double)NAN,
    };

    must(tree_put_node(tree, &row));
    texts_done(&row.titles);
}

static void put_update(struct tree *tree, int64_t node, int64_t id, double percent,
                       const char *date, int64_t supersedes)
{
    struct update row = {
        .id = id, .percent = percent, .date = date_of(date), .has_evidence = id % 2 == 0};

    if (isnan(percent))
        row.state = STATE_AT_RISK;
    must(tree_put_update(tree, node, &row, supersedes, 1, "a note – å",
                         row.has_evidence ? "[\"https://example.org/a\"]" : NULL));
}

static void put_strategy(struct tree *tree, const char *key, const char *alias)
{
    struct strategy row = {
        .key = (char *)key,
        .alias = (char *)alias,
        .issuer = (char *)"Issuer",
        .time_zone = (char *)"Europe/Stockholm",
        .language = (char *)"sv",
        .members_only = !alias,
        .cadence = 30,
        .period_start = date_of("2025"),
        .period_end = date_of("2027-06"),
        .expected = {.of_kind = {[KIND_TARGET] = 4}},
    };
    struct texts titles = texts_of(key);

    must(tree_put_strategy(tree, &row, &titles, 1));
    texts_done(&titles);
}

static void put_people(struct tree *tree)
{
    struct group group = {.id = 20,
                          .key = (char *)"g",
                          .kind = 1,
                          .names = texts_of("Group"),
                          .term_from = date_of("2025")};
    struct membership membership = {.id = 21,
                                    .group_id = 20,
                                    .member_id = 2,
                                    .via_id = 1,
                                    .holder = HOLDER_PERSON,
                                    .role = ROLE_LEAD,
                                    .seat = (char *)"a seat"};
    struct assignment owner = {
        .id = 22, .holder_id = 2, .holder = HOLDER_PERSON, .role = ROLE_OWNER};
    struct assignment partner = {
        .id = 23, .holder_id = 1, .holder = HOLDER_ORGANISATION, .role = ROLE_PARTNER};

    must(tree_put_group(tree, &group));
    texts_done(&group.names);
    must(tree_put_membership(tree, &membership));
    must(tree_put_aim(tree, 24, 20, 2));
    must(tree_put_assignment(tree, 5, &owner));
    must(tree_put_assignment(tree, 1, &partner));
}

static struct tree *make_tree(int32_t id, const char *key, const char *alias)
{
    struct link link = {
        .id = 25, .type = (char *)"page", .title = NULL, .url = (char *)"https://example.org/"};
    struct closing closing = {
        .id = 26, .date = date_of("2026-09"), .how = HOW_ACHIEVED, .reason = (char *)"done"};
    struct tree *tree;

    must(tree_new(id, &tree));
    put_strategy(tree, key, alias);
    for (size_t i = 0; i < ARRAY_LEN(specs); i++)
        put_node(tree, &specs[i]);
    must(tree_put_contribution(tree, 27, 6, 3, 0.5));
    must(tree_settle(tree));
    put_update(tree, 2, 30, 20, "2025-06-01", 0);
    put_update(tree, 2, 31, 45.5, "2026-03", 0);
    put_update(tree, 2, 32, 50, "2026-03", 31);
    put_update(tree, 5, 33, 100, "2026-10-02", 0);
    put_update(tree, 3, 34, (double)NAN, "2026-11-21", 0);
    must(tree_put_closing(tree, 6, &closing));
    must(tree_put_link(tree, 2, &link));
    put_people(tree);
    tree->seq = FAKED_SEQ;
    return tree;
}

/* --- the registry --- */

static void put_account(struct registry *registry, int64_t id, int64_t uid, int64_t person)
{
    struct account row = {.id = id,
                          .uid = uid,
                          .person_id = person,
                          .realm = (char *)FAKED_REALM,
                          .disabled = uid == FAKED_DISABLED};

    must(registry_put_account(registry, &row));
}

static struct registry *make_registry(void)
{
    struct organisation organisation = {.id = 1,
                                        .key = (char *)"org",
                                        .names = texts_of("Org"),
                                        .mailbox = (char *)"org@example.org"};
    struct affiliation affiliation = {.id = 4, .person_id = 2, .organisation_id = 1};
    struct grant manager = {
        .id = 15, .account_id = 10, .strategy_id = 2, .role = RIGHT_ROLE_MANAGER};
    struct grant auditor = {.id = 16, .account_id = 12, .role = RIGHT_ROLE_AUDITOR};
    struct grant mail = {.id = 17, .account_id = 12, .role = RIGHT_ROLE_MAIL};
    struct registry *registry;

    must(registry_new(&registry));
    must(registry_put_organisation(registry, &organisation));
    texts_done(&organisation.names);
    must(registry_put_person(registry, 2, "per", "nb"));
    must(registry_put_name(registry, 2, "Per"));
    registry_put_contact(registry, 2, CONTACT_NAME, 3);
    registry_put_contact(registry, 2, CONTACT_EMAIL, 5);
    must(registry_put_affiliation(registry, &affiliation));
    put_account(registry, 1, -1, 0);
    put_account(registry, 10, FAKED_MANAGER, 0);
    put_account(registry, 11, FAKED_CONTRIBUTOR, 2);
    put_account(registry, 12, FAKED_AUDITOR, 0);
    put_account(registry, 13, FAKED_DISABLED, 0);
    must(registry_put_grant(registry, &manager));
    must(registry_put_grant(registry, &auditor));
    must(registry_put_grant(registry, &mail));
    registry->seq = FAKED_SEQ;
    return registry;
}

struct tree *faked_tree(int32_t strategy_id)
{
    return strategy_id == 1 ? make_tree(1, "members", NULL) : make_tree(2, "open", "o");
}

void faked_fill(struct slot slots[FAKED_SLOTS])
{
    slots[0] = (struct slot){.key = (char *)".", .registry = make_registry()};
    slots[1] = (struct slot){.key = (char *)"members", .tree = faked_tree(1)};
    slots[2] = (struct slot){.key = (char *)"open", .tree = faked_tree(2)};
}
