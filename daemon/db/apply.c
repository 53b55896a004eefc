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
    organisation.mailbox = borrow(own_text(result, row, 2));
    return registry_put_organisation(target->registry, &organisation);
}

void remove_organisation(struct target *target, const PGresult *result, int row)
{
    registry_end_organisation(target->registry, row_int(result, row, COL_ID));
}

int apply_person(struct target *target, const PGresult *result, int row)
{
    return registry_put_person(target->registry, row_int(result, row, COL_ID),
                               own_text(result, row, 0), own_text(result, row, 1));
}

void remove_person(struct target *target, const PGresult *result, int row)
{
    registry_end_person(target->registry, row_int(result, row, COL_ID));
}

static const char *const contact_kinds[] = {"name", "email", NULL};

/* The kind of a row of contact data, CONTACT_COUNT for one that is not known. */
static enum contact contact_kind(const PGresult *result, int row)
{
    return (enum contact)row_word(result, row, COL_OWN + 1, contact_kinds, CONTACT_COUNT);
}

/* Of contact data the daemon keeps the name in memory, no address. */
int apply_contact(struct target *target, const PGresult *result, int row)
{
    enum contact kind = contact_kind(result, row);
    int64_t person = own_int(result, row, 0);

    if (kind == CONTACT_COUNT)
        return 0;
    registry_put_contact(target->registry, person, kind, row_int(result, row, COL_ID));
    if (kind != CONTACT_NAME)
        return 0;
    return registry_put_name(target->registry, person, own_text(result, row, 2));
}

void remove_contact(struct target *target, const PGresult *result, int row)
{
    enum contact kind = contact_kind(result, row);
    int64_t person = own_int(result, row, 0);

    if (kind == CONTACT_COUNT)
        return;
    registry_put_contact(target->registry, person, kind, 0);
    if (kind == CONTACT_NAME)
        (void)!registry_put_name(target->registry, person, NULL);
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

/* Days as they are stored: whole dates, ascending. */
static int read_days(const char *text, struct days_off *days_off)
{
    json_auto_t *array = json_loads(text, 0, NULL);
    struct date date;
    size_t i;
    json_t *item;

    days_off->days = calloc(json_array_size(array) + 1, sizeof(*days_off->days));
    if (!days_off->days)
        return -ENOMEM;
    json_array_foreach (array, i, item) {
        if (date_parse(json_string_value(item), &date) == 0 && date.day)
            days_off->days[days_off->n_days++] = date_first_day(date);
    }
    return 0;
}

int apply_calendar(struct target *target, const PGresult *result, int row)
{
    struct days_off days_off = {
        .id = row_int(result, row, COL_ID),
        .key = borrow(own_text(result, row, 0)),
        .source = borrow(own_text(result, row, 2)),
    };
    int r = read_days(own_text(result, row, 1), &days_off);

    if (r == 0)
        r = registry_put_days_off(target->registry, &days_off);
    free(days_off.days);
    return r;
}

void remove_calendar(struct target *target, const PGresult *result, int row)
{
    registry_end_days_off(target->registry, row_int(result, row, COL_ID));
}

/* It is only told of, in the log. */
int apply_restore(struct target *target UNUSED, const PGresult *result UNUSED, int row UNUSED)
{
    return 0;
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

static void sectors_done(struct strategy *strategy)
{
    for (size_t i = 0; i < strategy->n_sectors; i++)
        texts_done(&strategy->sectors[i].titles);
    free(strategy->sectors);
}

/* Titles by language, by key; the keys stay the object's. */
static int read_sectors(json_t *object, struct strategy *strategy)
{
    const char *key;
    json_t *titles;

    strategy->sectors = calloc(json_object_size(object) + 1, sizeof(*strategy->sectors));
    if (!strategy->sectors)
        return -ENOMEM;
    json_object_foreach (object, key, titles) {
        struct sector *sector = &strategy->sectors[strategy->n_sectors];
        int r = texts_from_json(titles, &sector->titles);

        if (r < 0)
            return r;
        sector->key = borrow(key);
        strategy->n_sectors++;
    }
    return 0;
}

int apply_strategy(struct target *target, const PGresult *result, int row)
{
    AUTO(texts_done) struct texts titles = {0};
    const char *sectors_text = own_text(result, row, 11);
    json_auto_t *sectors = sectors_text ? json_loads(sectors_text, 0, NULL) : NULL;
    int r = row_texts(result, row, COL_OWN + 1, &titles);
    AUTO(sectors_done)
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
        .acceptance = row_bool(result, row, COL_OWN + 10),
        .key = borrow(own_text(result, row, 13)),
    };

    if (r == 0)
        r = read_sectors(sectors, &strategy);
    if (r < 0)
        return r;
    read_expected(own_text(result, row, 12), &strategy.expected);
    return tree_put_strategy(target->tree, &strategy, &titles, row_int(result, row, COL_SEQ));
}

/* A strategy is never ended, only put anew: its row's end comes with its successor. */
void remove_strategy(struct target *target UNUSED, const PGresult *result UNUSED, int row UNUSED)
{
}

int apply_node(struct target *target, const PGresult *result, int row)
{
    AUTO(texts_done) struct texts titles = {0};
    AUTO(free_ptr) struct words *sectors = NULL;
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
        .due_after = row_span(result, row, COL_OWN + 7),
        .weight = row_double(result, row, COL_OWN + 8),
        .baseline = row_double(result, row, COL_OWN + 9),
        .target = row_double(result, row, COL_OWN + 10),
        .unit = own_text(result, row, 11),
        .direction =
            (enum direction)row_word(result, row, COL_OWN + 12, direction_names, DIRECTION_NONE),
        .cadence = (int32_t)own_int(result, row, 14),
    };

    if (r == 0)
        r = row_words(result, row, COL_OWN + 13, &sectors);
    if (r < 0)
        return r;
    node.titles = titles;
    node.sectors = sectors;
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
    AUTO(free_ptr) struct words *areas = NULL;
    int r = row_texts(result, row, COL_OWN + 3, &names);
    struct group group = {
        .id = row_int(result, row, COL_ID),
        .seq_from = row_int(result, row, COL_SEQ),
        .key = borrow(own_text(result, row, 0)),
        .kind = row_word(result, row, COL_OWN + 1, group_kind_names, 0),
        .type = borrow(own_text(result, row, 2)),
        .parent_id = own_int(result, row, 5),
        .term_from = own_date(result, row, 6),
        .term_to = own_date(result, row, 7),
        .mailbox = borrow(own_text(result, row, 8)),
    };

    if (r == 0)
        r = row_words(result, row, COL_OWN + 4, &areas);
    if (r < 0)
        return r;
    group.names = names;
    group.areas = areas;
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
        .seq_from = row_int(result, row, COL_SEQ),
        .group_id = own_int(result, row, 0),
        .holder =
            (enum holder)row_word(result, row, COL_OWN + 1, holder_names, HOLDER_ORGANISATION),
        .member_id = own_int(result, row, 2),
        .via_id = own_int(result, row, 3),
        .seat = borrow(own_text(result, row, 4)),
        .role = (enum role)row_word(result, row, COL_OWN + 5, role_names, ROLE_CONTACT),
        .from = own_date(result, row, 6),
        .to = own_date(result, row, 7),
        .source = borrow(own_text(result, row, 8)),
        .area = borrow(own_text(result, row, 9)),
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
        .owner_id = own_int(result, row, 4),
    };

    return tree_put_link(target->tree, own_int(result, row, 0), &link);
}

void remove_link(struct target *target, const PGresult *result, int row)
{
    tree_end_link(target->tree, own_int(result, row, 0), row_int(result, row, COL_ID));
}

/* What the holder brings; NULL: nothing is said of it. */
static int read_share(const PGresult *result, int row, struct share **ret_share)
{
    const char *currency = own_text(result, row, 7), *note = own_text(result, row, 8);
    struct share *share = NULL;

    if (currency || note) {
        share = malloc(sizeof(*share) + (note ? strlen(note) : 0) + 1);
        if (!share)
            return -ENOMEM;
        *share = (struct share){.amount = row_double(result, row, COL_OWN + 6)};
        snprintf(share->currency, sizeof(share->currency), "%s", currency ? currency : "");
        strcpy(share->note, note ? note : "");
    }
    *ret_share = share;
    return 0;
}

int apply_assignment(struct target *target, const PGresult *result, int row)
{
    struct assignment assignment = {
        .id = row_int(result, row, COL_ID),
        .seq_from = row_int(result, row, COL_SEQ),
        .holder =
            (enum holder)row_word(result, row, COL_OWN + 1, holder_names, HOLDER_ORGANISATION),
        .holder_id = own_int(result, row, 2),
        .role = (enum role)row_word(result, row, COL_OWN + 3, role_names, ROLE_CONTACT),
        .from = own_date(result, row, 4),
        .to = own_date(result, row, 5),
    };
    AUTO(free_ptr) struct share *share = NULL;
    int r = read_share(result, row, &share);

    if (r < 0)
        return r;
    assignment.share = share;
    return tree_put_assignment(target->tree, own_int(result, row, 0), &assignment);
}

void remove_assignment(struct target *target, const PGresult *result, int row)
{
    tree_end_assignment(target->tree, own_int(result, row, 0), row_int(result, row, COL_ID));
}

static bool has_evidence(const char *addresses)
{
    return addresses && strcmp(addresses, "[]") != 0;
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
        .has_evidence = has_evidence(evidence),
        .waits = row_bool(result, row, COL_OWN + 9),
    };

    return tree_put_update(target->tree, own_int(result, row, 0), &update, own_int(result, row, 5),
                           own_int(result, row, 6), own_text(result, row, 7), evidence);
}

int apply_closing(struct target *target, const PGresult *result, int row)
{
    struct closing closing = {
        .id = row_int(result, row, COL_ID),
        .seq_from = row_int(result, row, COL_SEQ),
        .date = own_date(result, row, 1),
        .how = (enum how)row_word(result, row, COL_OWN + 2, how_names, HOW_NONE),
        .reason = borrow(own_text(result, row, 3)),
        .has_evidence = has_evidence(own_text(result, row, 4)),
        .evidence = borrow(own_text(result, row, 4)),
        .note = borrow(own_text(result, row, 5)),
    };

    return tree_put_closing(target->tree, own_int(result, row, 0), &closing);
}

/* Closings are dated events: a changed one is put anew under its id. */
void remove_closing(struct target *target UNUSED, const PGresult *result UNUSED, int row UNUSED)
{
}

int apply_decision(struct target *target, const PGresult *result, int row)
{
    return tree_put_decision(target->tree, row_int(result, row, COL_ID), own_int(result, row, 1),
                             own_int(result, row, 0), row_bool(result, row, COL_OWN + 2),
                             own_int(result, row, 4));
}

/* A decision gives way to another one only. */
void remove_decision(struct target *target UNUSED, const PGresult *result UNUSED, int row UNUSED)
{
}

int apply_draft(struct target *target, const PGresult *result, int row)
{
    struct draft draft = {
        .id = row_int(result, row, COL_ID),
        .node_id = own_int(result, row, 0),
        .date = own_date(result, row, 1),
        .percent = row_double(result, row, COL_OWN + 2),
        .state = (uint8_t)row_word(result, row, COL_OWN + 3, state_names, STATE_UNKNOWN),
        .confidence =
            (uint8_t)row_word(result, row, COL_OWN + 4, confidence_names, CONFIDENCE_NONE),
        .supersedes = own_int(result, row, 5),
        .account_id = own_int(result, row, 6),
        .note = borrow(own_text(result, row, 7)),
        .evidence = borrow(own_text(result, row, 8)),
        .reason = borrow(own_text(result, row, 9)),
    };

    return tree_put_draft(target->tree, &draft);
}

void remove_draft(struct target *target, const PGresult *result, int row)
{
    tree_end_draft(target->tree, row_int(result, row, COL_ID));
}

int apply_observation(struct target *target, const PGresult *result, int row)
{
    struct observation observation = {
        .id = row_int(result, row, COL_ID),
        .date = own_date(result, row, 1),
        .value = row_double(result, row, COL_OWN + 2),
        .has_breakdown = own_text(result, row, 3) != NULL,
    };

    return tree_put_observation(target->tree, own_int(result, row, 0), &observation,
                                own_int(result, row, 4));
}

int apply_relation(struct target *target, const PGresult *result, int row)
{
    struct relation relation = {
        .id = row_int(result, row, COL_ID),
        .kind = (enum relation_kind)row_word(result, row, COL_OWN + 1, relation_names,
                                             RELATION_RELATED),
        .to_strategy = (int32_t)own_int(result, row, 2),
        .to_node = own_int(result, row, 3),
    };

    return tree_put_relation(target->tree, own_int(result, row, 0), &relation);
}

void remove_relation(struct target *target, const PGresult *result, int row)
{
    tree_end_relation(target->tree, own_int(result, row, 0), row_int(result, row, COL_ID));
}

static bool is_of_group(const PGresult *result, int row)
{
    return strcmp(own_text(result, row, 0), "group") == 0;
}

int apply_review(struct target *target, const PGresult *result, int row)
{
    struct review review = {
        .id = row_int(result, row, COL_ID),
        .seq_from = row_int(result, row, COL_SEQ),
        .date = own_date(result, row, 2),
        .holder =
            (enum holder)row_word(result, row, COL_OWN + 3, holder_names, HOLDER_ORGANISATION),
        .holder_id = own_int(result, row, 4),
        .every = row_span(result, row, COL_OWN + 5),
        .note = borrow(own_text(result, row, 6)),
    };

    return tree_put_review(target->tree, is_of_group(result, row), own_int(result, row, 1),
                           &review);
}

void remove_review(struct target *target, const PGresult *result, int row)
{
    tree_end_review(target->tree, is_of_group(result, row), own_int(result, row, 1),
                    row_int(result, row, COL_ID));
}

/* -EINVAL for what no edit would have let in. */
static int read_offsets(enum remind_rule at, const char *text, struct reminder_rule *rule)
{
    json_auto_t *array = json_loads(text, 0, NULL);
    size_t count = json_array_size(array);
    int64_t offsets[REMINDER_OFFSETS];

    for (size_t i = 0; i < count && i < REMINDER_OFFSETS; i++)
        offsets[i] = json_integer_value(json_array_get(array, i));
    if (reminder_offsets_fault(at, offsets, count))
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        rule->offsets[i] = (int32_t)offsets[i];
    rule->n_offsets = (uint32_t)count;
    return 0;
}

/* REMIND_NUDGE, which has no settings, for a rule that this program does not know. */
static enum remind_rule remind_rule_in(const PGresult *result, int row)
{
    return (enum remind_rule)row_word(result, row, COL_OWN, remind_rule_names, REMIND_NUDGE);
}

int apply_reminder_rule(struct target *target, const PGresult *result, int row)
{
    enum remind_rule rule = remind_rule_in(result, row);
    const char *offsets = own_text(result, row, 2), *working = own_text(result, row, 4);
    struct reminder_setting setting = {
        .id = row_int(result, row, COL_ID),
        .off = row_bool(result, row, COL_OWN + 1),
        .has_offsets = offsets != NULL,
        .has_every = own_text(result, row, 3) != NULL,
        .has_working = working != NULL,
        .rule = {.every = (int32_t)own_int(result, row, 3),
                 .working = row_bool(result, row, COL_OWN + 4)},
    };

    if (offsets && read_offsets(rule, offsets, &setting.rule) < 0)
        return -EINVAL;
    tree_put_reminder_setting(target->tree, rule, &setting);
    return 0;
}

void remove_reminder_rule(struct target *target, const PGresult *result, int row)
{
    tree_end_reminder_setting(target->tree, remind_rule_in(result, row));
}

int apply_nudge(struct target *target, const PGresult *result, int row)
{
    struct nudge nudge = {
        .id = row_int(result, row, COL_ID),
        .seq_from = row_int(result, row, COL_SEQ),
        .date = own_date(result, row, 1),
        .note = borrow(own_text(result, row, 2)),
        .account_id = own_int(result, row, 3),
    };

    return tree_put_nudge(target->tree, own_int(result, row, 0), &nudge);
}

void remove_nudge(struct target *target, const PGresult *result, int row)
{
    tree_end_nudge(target->tree, own_int(result, row, 0));
}
