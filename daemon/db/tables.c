/*
 * The tables of state; see tables.h. Statements are put together by the compiler from a table's
 * name and columns, never at run time.
 */
#include "db/tables.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "db/apply.h"

/* Ends the live versions; ids and seqs are arrays of the same length. */
#define END_SQL(table)                                                                             \
    "UPDATE goald." table " t SET seq_to = e.seq"                                                  \
    " FROM unnest($2::bigint[], $3::bigint[]) AS e(id, seq)"                                       \
    " WHERE t.strategy_id = $1::integer AND t.id = e.id AND t.seq_to IS NULL"

#define PUT_SQL(table, columns, types)                                                             \
    "INSERT INTO goald." table " (strategy_id, id, key, seq_from, " columns ")"                    \
    " SELECT $1::integer, id, key, unnest, " columns                                               \
    " FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (id bigint, key text, " types "),"          \
    " unnest($3::bigint[])) AS p"

#define BORN_SQL(table, columns)                                                                   \
    "SELECT t.id, t.seq_from, " columns " FROM goald." table " t"                                  \
    " WHERE t.strategy_id = $1::integer AND t.seq_from > $2::bigint AND t.seq_from <= $3::bigint"  \
    " AND (t.seq_to IS NULL OR t.seq_to > $4::bigint) ORDER BY t.seq_from"

#define ENDED_SQL(table, columns)                                                                  \
    "SELECT t.id, t.seq_from, " columns " FROM goald." table " t"                                  \
    " WHERE t.strategy_id = $1::integer AND t.seq_to > $2::bigint AND t.seq_to <= $3::bigint"      \
    " AND t.seq_from <= $2::bigint"

#define EXTENT_SQL(table)                                                                          \
    "SELECT min(seq_from), max(seq_from) FROM goald." table                                        \
    " WHERE strategy_id = $1::integer AND seq_from <= $2::bigint"

/* `condition` picks the rows. The sum keeps the planner from an index that leads to all rows up to
 * U, which it prefers where it knows too little of a table. */
#define PICKED_SQL(table, columns, condition)                                                      \
    "SELECT t.id, t.seq_from, " columns " FROM goald." table " t"                                  \
    " WHERE t.strategy_id = $1::integer AND t.seq_from + 0 <= $2::bigint"                          \
    " AND (t.seq_to IS NULL OR t.seq_to > $2::bigint) AND " condition " ORDER BY t.seq_from"

#define PICKED_WHOLE(entity, table, columns)                                                       \
    .picked = {"picked_" entity, PICKED_SQL(table, columns, "true"), 2}

/* What belongs to nodes. */
#define PICKED(entity, table, columns)                                                             \
    .picked = {"picked_" entity, PICKED_SQL(table, columns, "t.node_id = ANY ($3::bigint[])"), 3}

#define STATEMENTS(entity, table, columns, types)                                                  \
    .end = {"end_" entity, END_SQL(table), 3},                                                     \
    .put = {"put_" entity, PUT_SQL(table, columns, types), 3},                                     \
    .born = {"born_" entity, BORN_SQL(table, columns), 4},                                         \
    .ended = {"ended_" entity, ENDED_SQL(table, columns), 3},                                      \
    .extent = {"extent_" entity, EXTENT_SQL(table), 2}

#define STRATEGY_COLUMNS                                                                           \
    "alias, titles, issuer, period_start, period_end, time_zone, calendar, language, visibility,"  \
    " cadence, acceptance, sectors, expected"

#define NODE_COLUMNS                                                                               \
    "parent_id, kind, stage, titles, start, due, due_after, weight, baseline, target, unit,"       \
    " direction, sectors, cadence"

#define GROUP_COLUMNS "kind, type, names, areas, parent_id, term_from, term_to, mailbox"

#define MEMBERSHIP_COLUMNS                                                                         \
    "group_id, holder, holder_id, via_id, seat, role, \"from\", \"to\", source, area"

#define RELATION_COLUMNS "node_id, kind, to_strategy, to_node"
#define REVIEW_COLUMNS "subject, subject_id, date, holder, holder_id, every, note"
#define REMINDER_RULE_COLUMNS "rule, off, offsets, every, working"
#define NUDGE_COLUMNS "node_id, date, note, account_id"
#define LINK_COLUMNS "node_id, type, title, url, owner_id"
#define ASSIGNMENT_COLUMNS                                                                         \
    "node_id, holder, holder_id, role, \"from\", \"to\", amount, currency, note"

#define DRAFT_COLUMNS                                                                              \
    "node_id, date, percent, state, confidence, supersedes, account_id, note, evidence, reason"

#define UPDATE_COLUMNS                                                                             \
    "node_id, date, percent, state, confidence, supersedes, account_id, note, evidence, waits"

/* Of the texts only whether there is evidence: they are fetched when they are asked for. */
#define PICKED_UPDATE_COLUMNS                                                                      \
    "node_id, date, percent, state, confidence, supersedes, account_id, NULL,"                     \
    " CASE WHEN evidence <> '[]' THEN '*' END, waits"

#define DECISION_COLUMNS "update_id, node_id, accepted, note, supersedes"
#define OBSERVATION_COLUMNS                                                                        \
    "node_id, date, value, breakdown, supersedes, source, reason, account_id"
#define CLOSING_COLUMNS "node_id, date, how, reason, evidence, note"

/* The one table that many rows come to: an update's id is the seq that made it. */
#define PUT_UPDATE_SQL                                                                             \
    "INSERT INTO goald.progress_update (strategy_id, id, key, seq_from, reason, " UPDATE_COLUMNS   \
    ") SELECT $1::integer, id, key, id, reason, " UPDATE_COLUMNS                                   \
    " FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::float8[], $7::text[],"   \
    " $8::text[], $9::bigint[], $10::bigint[], $11::text[], $12::jsonb[], $13::boolean[],"         \
    " $14::text[])"                                                                                \
    " AS p(id, key, " UPDATE_COLUMNS ", reason)"

static const struct column update_columns[] = {
    {"id", PARAM_INT8},         {"key", PARAM_TEXT},        {"node_id", PARAM_INT8},
    {"date", PARAM_TEXT},       {"percent", PARAM_FLOAT8},  {"state", PARAM_TEXT},
    {"confidence", PARAM_TEXT}, {"supersedes", PARAM_INT8}, {"account_id", PARAM_INT8},
    {"note", PARAM_TEXT},       {"evidence", PARAM_JSONB},  {"waits", PARAM_BOOL},
    {"reason", PARAM_TEXT},     {NULL, PARAM_TEXT},
};

const struct table tables[] = {
    {
        .entity = "organisation",
        .of_registry = true,
        .numbered = true,
        .end = {"end_organisation", END_SQL("organisation"), 3},
        .put = {"put_organisation",
                PUT_SQL("organisation", "names, mailbox", "names jsonb, mailbox text"), 3},
        .born = {"born_organisation", BORN_SQL("organisation", "names, t.key, mailbox"), 4},
        .ended = {"ended_organisation", ENDED_SQL("organisation", "names, t.key"), 3},
        .extent = {"extent_organisation", EXTENT_SQL("organisation"), 2},
        .apply = apply_organisation,
        .remove = remove_organisation,
    },
    {
        .entity = "person",
        .of_registry = true,
        .numbered = true,
        .end = {"end_person", END_SQL("person"), 3},
        .put = {"put_person", PUT_SQL("person", "language", "language text"), 3},
        .born = {"born_person", BORN_SQL("person", "t.key, language"), 4},
        .ended = {"ended_person", ENDED_SQL("person", "t.key"), 3},
        .extent = {"extent_person", EXTENT_SQL("person"), 2},
        .apply = apply_person,
        .remove = remove_person,
    },
    {
        .entity = "contact",
        .of_registry = true,
        .numbered = true,
        .end = {"end_contact", END_SQL("contact"), 3},
        .erase = {"erase_contact",
                  "UPDATE goald.contact SET value = NULL, salt = NULL"
                  " WHERE strategy_id = $1::integer AND id = ANY ($2::bigint[])",
                  2},
        .put = {"put_contact",
                "INSERT INTO goald.contact (strategy_id, id, key, seq_from, person_id, kind,"
                " value, salt)"
                " SELECT $1::integer, id, key, unnest, person_id, kind, value,"
                " decode(salt, 'hex')"
                " FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (id bigint, key text,"
                " person_id bigint, kind text), unnest($3::bigint[]),"
                " jsonb_to_recordset($4::jsonb) AS (value text, salt text)) AS p",
                4},
        .born = {"born_contact", BORN_SQL("contact", "person_id, kind, value"), 4},
        .ended = {"ended_contact", ENDED_SQL("contact", "person_id, kind, value"), 3},
        .extent = {"extent_contact", EXTENT_SQL("contact"), 2},
        .apply = apply_contact,
        .remove = remove_contact,
    },
    {
        .entity = "affiliation",
        .of_registry = true,
        .numbered = true,
        STATEMENTS("affiliation", "affiliation",
                   "person_id, organisation_id, \"as\", \"from\", \"to\"",
                   "person_id bigint, organisation_id bigint, \"as\" text, \"from\" text,"
                   " \"to\" text"),
        .apply = apply_affiliation,
        .remove = remove_affiliation,
    },
    {
        .entity = "account",
        .of_registry = true,
        .numbered = true,
        STATEMENTS("account", "account", "realm, uid, person_id, disabled",
                   "realm text, uid bigint, person_id bigint, disabled boolean"),
        .apply = apply_account,
        .remove = remove_account,
    },
    {
        .entity = "role_grant",
        .of_registry = true,
        .numbered = true,
        STATEMENTS("role_grant", "role_grant", "account_id, role, on_strategy",
                   "account_id bigint, role text, on_strategy integer"),
        .apply = apply_role_grant,
        .remove = remove_role_grant,
    },
    {
        .entity = "calendar",
        .of_registry = true,
        .numbered = true,
        .end = {"end_calendar", END_SQL("calendar"), 3},
        .put = {"put_calendar", PUT_SQL("calendar", "days, source", "days jsonb, source text"), 3},
        .born = {"born_calendar", BORN_SQL("calendar", "t.key, days, source"), 4},
        .ended = {"ended_calendar", ENDED_SQL("calendar", "t.key"), 3},
        .extent = {"extent_calendar", EXTENT_SQL("calendar"), 2},
        .apply = apply_calendar,
        .remove = remove_calendar,
    },
    {
        .entity = "restore",
        .of_registry = true,
        .numbered = true,
        STATEMENTS("restore", "restore", "of_strategy, seq, hash",
                   "of_strategy integer, seq bigint, hash text"),
        .apply = apply_restore,
    },
    {
        .entity = "strategy",
        .end = {"end_strategy", END_SQL("strategy"), 3},
        .put = {"put_strategy",
                PUT_SQL("strategy", STRATEGY_COLUMNS,
                        "alias text, titles jsonb, issuer text, period_start text,"
                        " period_end text, time_zone text, calendar text, language text,"
                        " visibility text, cadence integer, acceptance boolean, sectors jsonb,"
                        " expected jsonb"),
                3},
        .born = {"born_strategy", BORN_SQL("strategy", STRATEGY_COLUMNS ", t.key"), 4},
        .ended = {"ended_strategy", ENDED_SQL("strategy", STRATEGY_COLUMNS ", t.key"), 3},
        .extent = {"extent_strategy", EXTENT_SQL("strategy"), 2},
        .told_by_others = true,
        PICKED_WHOLE("strategy", "strategy", STRATEGY_COLUMNS ", t.key"),
        .apply = apply_strategy,
        .remove = remove_strategy,
    },
    {
        .entity = "node",
        .numbered = true,
        .clears_results = true,
        .end = {"end_node", END_SQL("node"), 3},
        .put = {"put_node",
                PUT_SQL("node", NODE_COLUMNS,
                        "parent_id bigint, kind text, stage text, titles jsonb, start text,"
                        " due text, due_after text, weight float8, baseline float8,"
                        " target float8, unit text, direction text, sectors jsonb,"
                        " cadence integer"),
                3},
        .born = {"born_node", BORN_SQL("node", "t.key, " NODE_COLUMNS), 4},
        .ended = {"ended_node", ENDED_SQL("node", "t.key"), 3},
        .extent = {"extent_node", EXTENT_SQL("node"), 2},
        .picked = {"picked_node",
                   PICKED_SQL("node", "t.key, " NODE_COLUMNS, "t.id = ANY ($3::bigint[])"), 3},
        .picks_above = true,
        .apply = apply_node,
        .remove = remove_node,
    },
    {
        .entity = "contribution",
        .numbered = true,
        .clears_results = true,
        STATEMENTS("contribution", "contribution", "from_id, to_id, weight",
                   "from_id bigint, to_id bigint, weight float8"),
        .picked = {"picked_contribution",
                   PICKED_SQL("contribution", "from_id, to_id, weight",
                              "t.from_id = ANY ($3::bigint[]) AND t.to_id = ANY ($4::bigint[])"),
                   4},
        .apply = apply_contribution,
        .remove = remove_contribution,
    },
    {
        .entity = "group",
        .numbered = true,
        .end = {"end_group", END_SQL("\"group\""), 3},
        .put = {"put_group",
                PUT_SQL("\"group\"", GROUP_COLUMNS,
                        "kind text, type text, names jsonb, areas jsonb, parent_id bigint,"
                        " term_from text, term_to text, mailbox text"),
                3},
        .born = {"born_group", BORN_SQL("\"group\"", "t.key, " GROUP_COLUMNS), 4},
        .ended = {"ended_group", ENDED_SQL("\"group\"", "t.key"), 3},
        .extent = {"extent_group", EXTENT_SQL("\"group\""), 2},
        PICKED_WHOLE("group", "\"group\"", "t.key, " GROUP_COLUMNS),
        .apply = apply_group,
        .remove = remove_group,
    },
    {
        .entity = "membership",
        .numbered = true,
        STATEMENTS("membership", "membership", MEMBERSHIP_COLUMNS,
                   "group_id bigint, holder text, holder_id bigint, via_id bigint, seat text,"
                   " role text, \"from\" text, \"to\" text, source text, area text"),
        PICKED_WHOLE("membership", "membership", MEMBERSHIP_COLUMNS),
        .apply = apply_membership,
        .remove = remove_membership,
    },
    {
        .entity = "aim",
        .numbered = true,
        STATEMENTS("aim", "aim", "group_id, node_id", "group_id bigint, node_id bigint"),
        PICKED("aim", "aim", "group_id, node_id"),
        .apply = apply_aim,
        .remove = remove_aim,
    },
    {
        .entity = "relation",
        .numbered = true,
        STATEMENTS("relation", "relation", RELATION_COLUMNS,
                   "node_id bigint, kind text, to_strategy integer, to_node bigint"),
        PICKED("relation", "relation", RELATION_COLUMNS),
        .told_by_others = true,
        .apply = apply_relation,
        .remove = remove_relation,
    },
    {
        .entity = "review",
        .numbered = true,
        STATEMENTS("review", "review", REVIEW_COLUMNS,
                   "subject text, subject_id bigint, date text, holder text, holder_id bigint,"
                   " every text, note text"),
        .is_reported = true,
        .picked = {"picked_review",
                   PICKED_SQL("review", REVIEW_COLUMNS,
                              "(t.subject <> 'node' OR t.subject_id = ANY ($3::bigint[]))"),
                   3},
        .apply = apply_review,
        .remove = remove_review,
    },
    {
        .entity = "reminder_rule",
        .numbered = true,
        STATEMENTS("reminder_rule", "reminder_rule", REMINDER_RULE_COLUMNS,
                   "rule text, off boolean, offsets jsonb, every integer, working boolean"),
        PICKED_WHOLE("reminder_rule", "reminder_rule", REMINDER_RULE_COLUMNS),
        .apply = apply_reminder_rule,
        .remove = remove_reminder_rule,
    },
    {
        .entity = "nudge",
        .numbered = true,
        STATEMENTS("nudge", "nudge", NUDGE_COLUMNS,
                   "node_id bigint, date text, note text, account_id bigint"),
        .is_reported = true,
        PICKED("nudge", "nudge", NUDGE_COLUMNS),
        .apply = apply_nudge,
        .remove = remove_nudge,
    },
    {
        .entity = "link",
        .numbered = true,
        STATEMENTS("link", "link", LINK_COLUMNS,
                   "node_id bigint, type text, title text, url text, owner_id bigint"),
        PICKED("link", "link", LINK_COLUMNS),
        .apply = apply_link,
        .remove = remove_link,
    },
    {
        .entity = "assignment",
        .numbered = true,
        STATEMENTS("assignment", "assignment", ASSIGNMENT_COLUMNS,
                   "node_id bigint, holder text, holder_id bigint, role text, \"from\" text,"
                   " \"to\" text, amount float8, currency text, note text"),
        PICKED("assignment", "assignment", ASSIGNMENT_COLUMNS),
        .apply = apply_assignment,
        .remove = remove_assignment,
    },
    {
        .entity = "update",
        .numbered = true,
        .clears_results = true,
        .never_ends = true,
        .columns = update_columns,
        .put = {"put_update", PUT_UPDATE_SQL, 14},
        .put_back = {"put_update_back", PUT_UPDATE_SQL " RETURNING id, seq_from, " UPDATE_COLUMNS,
                     14},
        .born = {"born_update", BORN_SQL("progress_update", UPDATE_COLUMNS), 4},
        .extent = {"extent_update", EXTENT_SQL("progress_update"), 2},
        .is_reported = true,
        PICKED("update", "progress_update", PICKED_UPDATE_COLUMNS),
        .apply = apply_update,
    },
    {
        .entity = "decision",
        .numbered = true,
        .clears_results = true,
        STATEMENTS("decision", "decision", DECISION_COLUMNS,
                   "update_id bigint, node_id bigint, accepted boolean, note text,"
                   " supersedes bigint"),
        .is_reported = true,
        PICKED("decision", "decision", DECISION_COLUMNS),
        .apply = apply_decision,
        .remove = remove_decision,
    },
    {
        .entity = "draft",
        .numbered = true,
        STATEMENTS("draft", "draft", DRAFT_COLUMNS,
                   "node_id bigint, date text, percent float8, state text, confidence text,"
                   " supersedes bigint, account_id bigint, note text, evidence jsonb, reason text"),
        .is_reported = true,
        PICKED("draft", "draft", DRAFT_COLUMNS),
        .apply = apply_draft,
        .remove = remove_draft,
    },
    {
        .entity = "observation",
        .numbered = true,
        .clears_results = true,
        .never_ends = true,
        STATEMENTS("observation", "observation", OBSERVATION_COLUMNS,
                   "node_id bigint, date text, value float8, breakdown jsonb, supersedes bigint,"
                   " source text, reason text, account_id bigint"),
        .is_reported = true,
        PICKED("observation", "observation", OBSERVATION_COLUMNS),
        .apply = apply_observation,
    },
    {
        .entity = "closing",
        .numbered = true,
        .clears_results = true,
        STATEMENTS("closing", "closing", CLOSING_COLUMNS,
                   "node_id bigint, date text, how text, reason text, evidence jsonb,"
                   " note text"),
        .is_reported = true,
        PICKED("closing", "closing", CLOSING_COLUMNS),
        .apply = apply_closing,
        .remove = remove_closing,
    },
};

const size_t table_count = ARRAY_LEN(tables);

const struct table *table_by_entity(const char *entity)
{
    for (size_t i = 0; i < table_count; i++) {
        if (strcmp(tables[i].entity, entity) == 0)
            return &tables[i];
    }
    return NULL;
}

const struct table *table_of(const char *entity)
{
    const struct table *table = table_by_entity(entity);

    assert(table);
    return table;
}
