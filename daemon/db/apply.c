/* Rows become part of a tree or of the registry; see apply.h. */
#include "db/apply.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "core/rights.h"
#include "db/row.h"
#include "db/tables.h"

enum { COL_ID, COL_SEQ, COL_OWN }; /* a table's own columns begin at COL_OWN */

static int64_t own_int(const PGresult *result, int row, int i)
{
    return row_int(result, row, COL_OWN + i);
}

static const char *own_text(const PGresult *result, int row, int i)
{
    return row_text(result, row, COL_OWN + i);
}

static struct date own_date(const PGresult *result, int row, int i)
{
    return row_date(result, row, COL_OWN + i);
}

/* The trees' structs hold plain `char *`; a row's texts are copied, never written to. */
static char *borrow(const char *text)
{
    return (char *)(uintptr_t)text;
}

int apply_organisation(struct target *target, const PGresult *result, int row)
{
    AUTO(texts_done) struct texts names = {0};
    int r = row_texts(result, row, COL_OWN, &names);
    struct organisation organisation = {.id = row_int(result, row, COL_ID)};

    if (r < 0)
        return r;
    organisation.key = borrow(own_text(result, row, 1));
    organisation.names = names;
    return registry_put_organisation(target->registry, &organisation);
}

void remove_organisation(struct target *target, const PGresult *result, int row)
{
    registry_end_organisation(target->registry, row_int(result, row, COL_ID));
}

int apply_person(struct target *target, const PGresult *result, int row)
{
    return registry_put_person(target->registry, row_int(result, row, COL_ID),
                               own_text(result, row, 0));
}

void remove_person(struct target *target, const PGresult *result, int row)
{
    registry_end_person(target->registry, row_int(result, row, COL_ID));
}

/* Of contact data the daemon keeps the name in memory, no address. */
int apply_contact(struct target *target, const PGresult *result, int row)
{
    if (strcmp(own_text(result, row, 1), "name") != 0)
        return 0;
    return registry_put_name(target->registry, own_int(result, row, 0), own_text(result, row, 2));
}

void remove_contact(struct target *target, const PGresult *result, int row)
{
    if (strcmp(own_text(result, row, 1), "name") == 0)
        (void)!registry_put_name(target->registry, own_int(result, row, 0), NULL);
}

int apply_affiliation(struct target *target, const PGresult *result, int row)
{
    struct affiliation affiliation = {
        .id = row_int(result, row, COL_ID),
        .person_id = own_int(result, row, 0),
        .organisation_id = own_int(result, row, 1),
        .reporter = strcmp(own_text(result, row, 2), "reporter") == 0,
        .from = own_date(result, row, 3),
        .to = own_date(result, row, 4),
    };

    return registry_put_affiliation(target->registry, &affiliation);
}

void remove_affiliation(struct target *target, const PGresult *result, int row)
{
    registry_end_affiliation(target->registry, row_int(result, row, COL_ID));
}

int apply_account(struct target *target, const PGresult *result, int row)
{
    struct account account = {
        .id = row_int(result, row, COL_ID),
        .realm = borrow(own_text(result, row, 0)),
        .uid = own_int(result, row, 1),
        .person_id = own_int(result, row, 2),
        .disabled = row_bool(result, row, COL_OWN + 3),
    };

    return registry_put_account(target->registry, &account);
}

void remove_account(struct target *target, const PGresult *result, int row)
{
    registry_end_account(target->registry, row_int(result, row, COL_ID));
}

int apply_role_grant(struct target *target, const PGresult *result, int row)
{
    struct grant grant = {
        .id = row_int(result, row, COL_ID),
        .account_id = own_int(result, row, 0),
        .role = row_word(result, row, COL_OWN + 1, right_role_names, RIGHT_ROLE_NONE),
        .strategy_id = (int32_t)own_int(result, row, 2),
    };

    return registry_put_grant(target->registry, &grant);
}

void remove_role_grant(struct target *target, const PGresult *result, int row)
{
    registry_end_grant(target->registry, row_int(result, row, COL_ID));
}

static void read_expected(const char *text, struct expected *ret_expected)
{
    json_auto_t *object = text ? json_loads(text, 0, NULL) : NULL;
    const char *word;
    json_t *count;

    json_object_foreach (object, word, count) {
        int kind = enum_parse(kind_names, word);

        if (kind >= 0 && json_is_integer(count))
            ret_expected->of_kind[kind] = (uint32_t)json_integer_value(count);
    }
}

int apply_strategy(struct target *target, const PGresult *result, int row)
{
    AUTO(texts_done) struct texts titles = {0};
    int r = row_texts(result, row, COL_OWN + 1, &titles);
    struct strategy strategy = {
        .alias = borrow(own_text(result, row, 0)),
        .issuer = borrow(own_text(result, row, 2)),
        .period_start = own_date(result, row, 3),
        .period_end = own_date(result, row, 4),
        .time_zone = borrow(own_text(result, row, 5)),
        .calendar = borrow(own_text(result, row, 6)),
        .language = borrow(own_text(result, row, 7)),
        .members_only = strcmp(own_text(result, row, 8), "members") == 0,
        .cadence = (int32_t)own_int(result, row, 9),
        .key = borrow(own_text(result, row, 11)),
    };

    if (r < 0)
        return r;
    read_expected(own_text(result, row, 10), &strategy.expected);
    return tree_put_strategy(target->tree, &strategy, &titles, row_int(result, row, COL_SEQ));
}

/* A strategy is never ended, only put anew: its row's end comes with its successor. */
void remove_strategy(struct target *target UNUSED, const PGresult *result UNUSED, int row UNUSED)
{
}

int apply_node(struct target *target, const PGresult *result, int row)
{
    AUTO(texts_done) struct texts titles = {0};
    int r = row_texts(result, row, COL_OWN + 4, &titles);
    struct node_row node = {
        .id = row_int(result, row, COL_ID),
        .seq_from = row_int(result, row, COL_SEQ),
        .code = own_text(result, row, 0),
        .parent_id = own_int(result, row, 1),
        .kind = (enum kind)row_word(result, row, COL_OWN + 2, kind_names, KIND_NEED),
        .stage = (enum stage)row_word(result, row, COL_OWN + 3, stage_names, STAGE_NONE),
        .start = own_date(result, row, 5),
        .due = own_date(result, row, 6),
        .weight = row_double(result, row, COL_OWN + 7),
        .baseline = row_double(result, row, COL_OWN + 8),
        .target = row_double(result, row, COL_OWN + 9),
        .cadence = (int32_t)own_int(result, row, 10),
    };

    if (r < 0)
        return r;
    node.titles = titles;
    return tree_put_node(target->tree, &node);
}

void remove_node(struct target *target, const PGresult *result, int row)
{
    tree_end_node(target->tree, row_int(result, row, COL_ID));
}

int apply_contribution(struct target *target, const PGresult *result, int row)
{
    return tree_put_contribution(target->tree, row_int(result, row, COL_ID),
                                 own_int(result, row, 0), own_int(result, row, 1),
                                 row_double(result, row, COL_OWN + 2));
}

void remove_contribution(struct target *target, const PGresult *result, int row)
{
    tree_end_contribution(target->tree, own_int(result, row, 0), row_int(result, row, COL_ID));
}

int apply_group(struct target *target, const PGresult *result, int row)
{
    AUTO(texts_done) struct texts names = {0};
    int r = row_texts(result, row, COL_OWN + 2, &names);
    struct group group = {
        .id = row_int(result, row, COL_ID),
        .key = borrow(own_text(result, row, 0)),
        .kind = row_word(result, row, COL_OWN + 1, group_kind_names, 0),
        .parent_id = own_int(result, row, 3),
        .term_from = own_date(result, row, 4),
        .term_to = own_date(result, row, 5),
    };

    if (r < 0)
        return r;
    group.names = names;
    return tree_put_group(target->tree, &group);
}

void remove_group(struct target *target, const PGresult *result, int row)
{
    tree_end_group(target->tree, row_int(result, row, COL_ID));
}

int apply_membership(struct target *target, const PGresult *result, int row)
{
    struct membership membership = {
        .id = row_int(result, row, COL_ID),
        .group_id = own_int(result, row, 0),
        .holder =
            (enum holder)row_word(result, row, COL_OWN + 1, holder_names, HOLDER_ORGANISATION),
        .member_id = own_int(result, row, 2),
        .via_id = own_int(result, row, 3),
        .seat = borrow(own_text(result, row, 4)),
        .role = (enum role)row_word(result, row, COL_OWN + 5, role_names, ROLE_CONTACT),
        .from = own_date(result, row, 6),
        .to = own_date(result, row, 7),
    };

    return tree_put_membership(target->tree, &membership);
}

void remove_membership(struct target *target, const PGresult *result, int row)
{
    tree_end_membership(target->tree, row_int(result, row, COL_ID));
}

int apply_aim(struct target *target, const PGresult *result, int row)
{
    return tree_put_aim(target->tree, row_int(result, row, COL_ID), own_int(result, row, 0),
                        own_int(result, row, 1));
}

void remove_aim(struct target *target, const PGresult *result, int row)
{
    tree_end_aim(target->tree, row_int(result, row, COL_ID));
}

int apply_link(struct target *target, const PGresult *result, int row)
{
    struct link link = {
        .id = row_int(result, row, COL_ID),
        .type = borrow(own_text(result, row, 1)),
        .title = borrow(own_text(result, row, 2)),
        .url = borrow(own_text(result, row, 3)),
    };

    return tree_put_link(target->tree, own_int(result, row, 0), &link);
}

void remove_link(struct target *target, const PGresult *result, int row)
{
    tree_end_link(target->tree, own_int(result, row, 0), row_int(result, row, COL_ID));
}

int apply_assignment(struct target *target, const PGresult *result, int row)
{
    struct assignment assignment = {
        .id = row_int(result, row, COL_ID),
        .holder =
            (enum holder)row_word(result, row, COL_OWN + 1, holder_names, HOLDER_ORGANISATION),
        .holder_id = own_int(result, row, 2),
        .role = (enum role)row_word(result, row, COL_OWN + 3, role_names, ROLE_CONTACT),
        .from = own_date(result, row, 4),
        .to = own_date(result, row, 5),
    };

    return tree_put_assignment(target->tree, own_int(result, row, 0), &assignment);
}

void remove_assignment(struct target *target, const PGresult *result, int row)
{
    tree_end_assignment(target->tree, own_int(result, row, 0), row_int(result, row, COL_ID));
}

int apply_update(struct target *target, const PGresult *result, int row)
{
    const char *evidence = own_text(result, row, 8);
    struct update update = {
        .id = row_int(result, row, COL_ID),
        .date = own_date(result, row, 1),
        .percent = row_double(result, row, COL_OWN + 2),
        .state = (uint8_t)row_word(result, row, COL_OWN + 3, state_names, STATE_UNKNOWN),
        .confidence =
            (uint8_t)row_word(result, row, COL_OWN + 4, confidence_names, CONFIDENCE_NONE),
        .has_evidence = evidence && strcmp(evidence, "[]") != 0,
    };

    return tree_put_update(target->tree, own_int(result, row, 0), &update, own_int(result, row, 5),
                           own_int(result, row, 6), own_text(result, row, 7), evidence);
}

int apply_closing(struct target *target, const PGresult *result, int row)
{
    struct closing closing = {
        .id = row_int(result, row, COL_ID),
        .date = own_date(result, row, 1),
        .how = (enum how)row_word(result, row, COL_OWN + 2, how_names, HOW_NONE),
        .reason = borrow(own_text(result, row, 3)),
    };

    return tree_put_closing(target->tree, own_int(result, row, 0), &closing);
}

/* Closings are dated events: a changed one is put anew under its id. */
void remove_closing(struct target *target UNUSED, const PGresult *result UNUSED, int row UNUSED)
{
}
