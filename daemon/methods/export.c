/*
 * ExportStrategy: the import document of a strategy as it is, or was known at a moment, a record a
 * reply. The records are put together by the database, of the rows that live at one entry of the
 * journal, so that all pages are of one moment. What forms records have stands in import_check.c.
 */
#include <inttypes.h>
#include <string.h>

#include "db/row.h"
#include "methods/fail.h"
#include "methods/import_check.h"
#include "methods/pages.h"
#include "methods/table.h"

/*
 * Parameters of all statements: $1 the strategy, $2 its entry, $3 the registry's, $4 the last day
 * that counts (null: all do), $5 after which id, $6 how many, $7 with addresses of persons?, $8
 * the strategies that the caller reads. Each gives an id and a record.
 */
#define PARAMETERS 8
#define LIVE(t) t ".seq_from <= $2::bigint AND (" t ".seq_to IS NULL OR " t ".seq_to > $2::bigint)"
#define HERE(t) t ".strategy_id = $1::integer AND " LIVE(t)
#define SHARED(t)                                                                                  \
    t ".strategy_id = 0 AND " t ".seq_from <= $3::bigint AND (" t ".seq_to IS NULL OR " t          \
      ".seq_to > $3::bigint)"
#define PAGE(t) t ".id > $5::bigint ORDER BY " t ".id LIMIT $6::integer"
#define COUNTS(date) "($4::text IS NULL OR goald.last_day(" date ") <= $4::text)"

/* What an id in the registry, in the strategy, is called in documents. The latter is looked up for
 * each update: two halves, for each of which there is an index. */
#define SHARED_KEY(table, id)                                                                      \
    "(SELECT k.key FROM goald." table " k WHERE " SHARED("k") " AND k.id = " id ")"
#define KEY(table, id)                                                                             \
    "(SELECT k.key FROM goald." table " k WHERE k.strategy_id = $1::integer AND k.id = " id        \
    " AND k.seq_from <= $2::bigint AND k.seq_to IS NULL UNION ALL"                                 \
    " SELECT k.key FROM goald." table " k WHERE k.strategy_id = $1::integer AND k.id = " id        \
    " AND k.seq_from <= $2::bigint AND k.seq_to > $2::bigint)"

/* clang-format off */
#define HOLDER(t)                                                                                  \
    "'organisation', CASE " t ".holder WHEN 'organisation' THEN "                                  \
    SHARED_KEY("organisation", t ".holder_id") " END,"                                             \
    " 'person', CASE " t ".holder WHEN 'person' THEN " SHARED_KEY("person", t ".holder_id") " END"

/* A group's as well. */
#define ANY_HOLDER(t)                                                                              \
    HOLDER(t) ", 'group', CASE " t ".holder WHEN 'group' THEN "                                    \
    KEY("\"group\"", t ".holder_id") " END"

/* A list of records by id, of the rows that fit. */
#define LIST(name, members, table, t, condition)                                                   \
    "'" name "', (SELECT json_agg(json_build_object(" members ") ORDER BY " t ".id)"               \
    " FROM goald." table " " t " WHERE " HERE(t) condition ")"

#define REVIEWS(subject, id)                                                                       \
    LIST("reviews", "'date', r.date, " ANY_HOLDER("r") ","                                         \
         " 'every', goald.span_record(r.every), 'note', r.note", "review", "r",                    \
         " AND r.subject = '" subject "' AND r.subject_id = " id)

#define LINKS(node)                                                                                \
    LIST("links", "'type', l.type, 'title', l.title, 'url', l.url, 'owner', "                      \
         SHARED_KEY("organisation", "l.owner_id"), "link", "l", " AND l.node_id = " node)

#define ASSIGNMENTS(node)                                                                          \
    LIST("assignments", ANY_HOLDER("a") ", 'role', a.role, 'from', a.\"from\", 'to', a.\"to\","    \
         " 'amount', a.amount, 'currency', a.currency, 'note', a.note", "assignment", "a",         \
         " AND a.node_id = " node)

/* To what the caller may read. */
#define RELATIONS(node)                                                                            \
    "'relations', (SELECT json_agg(json_build_object('kind', x.kind,"                              \
    " 'strategy', CASE WHEN x.to_strategy <> $1::integer THEN c.key END, 'node', y.key)"           \
    " ORDER BY x.id) FROM goald.relation x JOIN goald.chain c ON c.strategy_id = x.to_strategy"    \
    " LEFT JOIN goald.node y ON y.strategy_id = x.to_strategy AND y.id = x.to_node"                \
    " AND y.seq_to IS NULL WHERE " HERE("x") " AND x.node_id = " node                              \
    " AND x.to_strategy = ANY ($8::integer[]) AND (x.to_node = 0 OR y.key IS NOT NULL))"

/* What hangs on a node or the strategy. */
#define HANGINGS(node)                                                                             \
    LINKS(node) ", " ASSIGNMENTS(node) ", " RELATIONS(node) ", " REVIEWS("node", node)

/* Each statement names all the parameters, since each has to tell their types. */
#define RECORD(t, members)                                                                         \
    "WITH parameters AS (SELECT $1::integer, $2::bigint, $3::bigint, $4::text, $5::bigint,"        \
    " $6::integer, $7::boolean, $8::integer[])"                                                    \
    " SELECT " t ".id, json_strip_nulls(json_build_object(" members "))"

#define STRATEGY_SQL                                                                               \
    RECORD("s",                                                                                    \
           "'key', s.key, 'alias', s.alias, 'titles', s.titles, 'issuer', s.issuer,"               \
           " 'period', CASE WHEN s.period_start IS NOT NULL OR s.period_end IS NOT NULL THEN"      \
           " json_build_object('start', s.period_start, 'end', s.period_end) END,"                 \
           " 'timeZone', s.time_zone, 'calendar', s.calendar, 'language', s.language,"             \
           " 'visibility', s.visibility, 'cadence', s.cadence,"                                    \
           " 'expected', nullif(s.expected, '{}'), 'acceptance', nullif(s.acceptance, false),"     \
           " 'sectors', (SELECT json_agg(json_build_object('id', e.key, 'titles', e.value)"        \
           " ORDER BY e.key) FROM jsonb_each(s.sectors) e), "                                      \
           LIST("reminders", "'rule', q.rule, 'off', nullif(q.off, false),"                        \
                " 'offsets', q.offsets, 'every', q.every, 'working', q.working",                   \
                "reminder_rule", "q", "")                                                          \
           ", " HANGINGS("0"))                                                                     \
    " FROM goald.strategy s WHERE " HERE("s") " AND $5::bigint = 0 LIMIT $6::integer"

/* The persons and organisations that the strategy names. */
#define HELD(holder)                                                                               \
    "SELECT m.holder_id FROM goald.membership m WHERE " HERE("m") " AND m.holder = '" holder "'"   \
    " UNION SELECT a.holder_id FROM goald.assignment a WHERE " HERE("a")                           \
    " AND a.holder = '" holder "' UNION SELECT r.holder_id FROM goald.review r WHERE " HERE("r")   \
    " AND r.holder = '" holder "'"

#define ORGANISATIONS_SQL                                                                          \
    RECORD("o", "'id', o.key, 'names', o.names, 'mailbox', o.mailbox")                             \
    " FROM goald.organisation o WHERE " SHARED("o") " AND o.id IN (" HELD("organisation")          \
    " UNION SELECT m.via_id FROM goald.membership m WHERE " HERE("m")                              \
    " UNION SELECT l.owner_id FROM goald.link l WHERE " HERE("l")                                  \
    " UNION SELECT f.organisation_id FROM goald.affiliation f WHERE " SHARED("f")                  \
    " AND f.person_id IN (" HELD("person") ")) AND " PAGE("o")

#define CONTACT(kind)                                                                              \
    "(SELECT c.value FROM goald.contact c WHERE " SHARED("c") " AND c.person_id = p.id"            \
    " AND c.kind = '" kind "')"

#define PERSONS_SQL                                                                                \
    RECORD("p",                                                                                    \
           "'id', p.key, 'name', " CONTACT("name") ","                                             \
           " 'email', CASE WHEN $7::boolean THEN " CONTACT("email") " END,"                        \
           " 'language', p.language,"                                                              \
           " 'affiliations', (SELECT json_agg(json_build_object("                                  \
           "'organisation', " SHARED_KEY("organisation", "f.organisation_id") ","                  \
           " 'as', f.\"as\", 'from', f.\"from\", 'to', f.\"to\") ORDER BY f.id)"                   \
           " FROM goald.affiliation f WHERE " SHARED("f") " AND f.person_id = p.id)")              \
    " FROM goald.person p WHERE " SHARED("p") " AND p.id IN (" HELD("person") ") AND " PAGE("p")

#define GROUPS_SQL                                                                                 \
    RECORD("g",                                                                                    \
           "'id', g.key, 'kind', g.kind, 'type', g.type, 'names', g.names, 'areas', g.areas,"      \
           " 'parent', " KEY("\"group\"", "g.parent_id") ", 'termFrom', g.term_from,"              \
           " 'termTo', g.term_to, 'mailbox', g.mailbox,"                                           \
           " 'aims', (SELECT json_agg(" KEY("node", "i.node_id") " ORDER BY i.id)"                 \
           " FROM goald.aim i WHERE " HERE("i") " AND i.group_id = g.id), "                        \
           LIST("members", HOLDER("m") ", 'role', m.role,"                                         \
                " 'via', " SHARED_KEY("organisation", "m.via_id") ", 'seat', m.seat,"              \
                " 'from', m.\"from\", 'to', m.\"to\", 'source', m.source, 'area', m.area",         \
                "membership", "m", " AND m.group_id = g.id")                                       \
           ", " REVIEWS("group", "g.id"))                                                          \
    " FROM goald.\"group\" g WHERE " HERE("g") " AND " PAGE("g")

#define NODES_SQL                                                                                  \
    RECORD("n",                                                                                    \
           "'code', n.key, 'kind', n.kind, 'parent', " KEY("node", "n.parent_id") ","              \
           " 'titles', n.titles, 'stage', n.stage, 'start', n.start,"                              \
           " 'due', coalesce(to_json(n.due::text), goald.span_record(n.due_after, 'start')),"      \
           " 'weight', n.weight, 'cadence', n.cadence, 'baseline', n.baseline,"                    \
           " 'target', n.target, 'unit', n.unit, 'direction', n.direction,"                        \
           " 'sectors', n.sectors, "                                                               \
           LIST("serves", "'node', " KEY("node", "v.to_id") ", 'weight', v.weight",                \
                "contribution", "v", " AND v.from_id = n.id")                                      \
           ", " HANGINGS("n.id"))                                                                  \
    " FROM goald.node n WHERE " HERE("n") " AND " PAGE("n")

/* What nobody gave a name is named by its seq; an import knows it by that again. */
#define NAME(t) "coalesce(" t ".key, 'seq:' || " t ".id)"

/* A correction that does not count yet takes what it corrects out all the same. */
#define NOT_CORRECTED_LATER(table, t)                                                              \
    " AND NOT EXISTS (SELECT FROM goald." table " w WHERE " HERE("w")                              \
    " AND w.supersedes = " t ".id AND NOT " COUNTS("w.date") ")"

#define SUPERSEDES(table, t)                                                                       \
    "'supersedes', (SELECT " NAME("z") " FROM goald." table " z WHERE " HERE("z")                  \
    " AND z.id = " t ".supersedes AND " COUNTS("z.date") ")"

#define UPDATES_SQL                                                                                \
    RECORD("u",                                                                                    \
           "'id', " NAME("u") ", 'node', " KEY("node", "u.node_id") ", 'date', u.date,"            \
           " 'percent', u.percent, 'state', u.state, 'confidence', u.confidence, 'note', u.note,"  \
           " 'evidence', u.evidence, " SUPERSEDES("progress_update", "u") ","                      \
           " 'reason', u.reason, 'decision', CASE WHEN u.waits THEN (SELECT CASE"                  \
           " WHEN bool_or(d.accepted) THEN NULL WHEN count(*) > 0 THEN 'returned'"                 \
           " ELSE 'waiting' END FROM goald.decision d WHERE " HERE("d")                            \
           " AND d.node_id = u.node_id AND d.update_id = u.id) END")                               \
    " FROM goald.progress_update u WHERE " HERE("u") " AND " COUNTS("u.date")                      \
    NOT_CORRECTED_LATER("progress_update", "u") " AND " PAGE("u")

#define CLOSINGS_SQL                                                                               \
    RECORD("c",                                                                                    \
           "'node', " KEY("node", "c.node_id") ", 'date', c.date, 'how', c.how,"                   \
           " 'reason', c.reason, 'note', c.note, 'evidence', c.evidence")                          \
    " FROM goald.closing c WHERE " HERE("c") " AND " COUNTS("c.date") " AND " PAGE("c")

#define OBSERVATIONS_SQL                                                                           \
    RECORD("b",                                                                                    \
           "'id', " NAME("b") ", 'node', " KEY("node", "b.node_id") ", 'date', b.date,"            \
           " 'value', b.value, 'source', b.source, 'breakdown', b.breakdown, "                     \
           SUPERSEDES("observation", "b") ", 'reason', b.reason")                                  \
    " FROM goald.observation b WHERE " HERE("b") " AND " COUNTS("b.date")                          \
    NOT_CORRECTED_LATER("observation", "b") " AND " PAGE("b")
/* clang-format on */

static const struct pg_statement statements[PART_COUNT] = {
    [PART_STRATEGY] = {"export_strategy", STRATEGY_SQL, PARAMETERS},
    [PART_ORGANISATIONS] = {"export_organisations", ORGANISATIONS_SQL, PARAMETERS},
    [PART_PERSONS] = {"export_persons", PERSONS_SQL, PARAMETERS},
    [PART_GROUPS] = {"export_groups", GROUPS_SQL, PARAMETERS},
    [PART_NODES] = {"export_nodes", NODES_SQL, PARAMETERS},
    [PART_UPDATES] = {"export_updates", UPDATES_SQL, PARAMETERS},
    [PART_CLOSINGS] = {"export_closings", CLOSINGS_SQL, PARAMETERS},
    [PART_OBSERVATIONS] = {"export_observations", OBSERVATIONS_SQL, PARAMETERS},
};

struct export
{
    struct pages pages;
    enum part part, told; /* the next page's, and that of the page at hand */
    int64_t seq, registry_seq, after;
    char last_day[DATE_TEXT_SIZE]; /* "": all days count */
    bool with_addresses;
    struct buffer strategies; /* that the caller may read: an array's text */
};

static bool export_more(const struct pages *pages)
{
    return ((const struct export *)pages)->part < PART_COUNT;
}

static bool export_send(struct pages *pages, struct pg *pg)
{
    const struct export *export = (const struct export *)pages;
    char strategy[16], seq[24], registry_seq[24], after[24], limit[16];
    const char *params[PARAMETERS] = {
        strategy,
        seq,
        registry_seq,
        *export->last_day ? export->last_day : NULL,
        after,
        limit,
        export->with_addresses ? "t" : "f",
        buffer_bytes(&export->strategies),
    };

    snprintf(strategy, sizeof(strategy), "%" PRId32, pages->strategy_id);
    snprintf(seq, sizeof(seq), "%" PRId64, export->seq);
    snprintf(registry_seq, sizeof(registry_seq), "%" PRId64, export->registry_seq);
    snprintf(after, sizeof(after), "%" PRId64, export->after);
    snprintf(limit, sizeof(limit), "%d", PAGE_ROWS);
    pg_query(pg, &statements[export->part], params);
    return true;
}

static void export_arrived(struct pages *pages, const PGresult *result)
{
    struct export *export = (struct export *)pages;
    int n = PQntuples(result);

    export->told = export->part;
    export->after = n == PAGE_ROWS ? row_int(result, n - 1, 0) : 0;
    if (n < PAGE_ROWS)
        export->part++;
}

static json_t *export_row(struct pages *pages, const struct request *request UNUSED,
                          const PGresult *result, int row)
{
    const struct export *export = (const struct export *)pages;
    json_t *record = json_loads(row_text(result, row, 1), 0, NULL);

    return json_pack("{s:s,s:o}", "part", part_names[export->told], "record", record);
}

static void export_free(struct pages *pages)
{
    struct export *export = (struct export *)pages;

    buffer_done(&export->strategies);
    free(export);
}

/* The strategies whose nodes relations may name: {1,2,5}. */
static int list_readable(const struct request *request, struct buffer *text)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);
    const char *before = "{";
    char item[16];
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        if (!request_may_read(request, slots[i]))
            continue;
        r = buffer_append(text, item,
                          (size_t)snprintf(item, sizeof(item), "%s%" PRId32, before, slots[i]->id));
        before = ",";
    }
    return r == 0 ? buffer_append(text, "}", 2) : r; /* and its NUL */
}

/* As goald.last_day() has it: a month's last day is its 31st, so that texts compare. */
static void format_day(int32_t day, char buffer[DATE_TEXT_SIZE])
{
    struct date date = date_from_day(day);

    if (date_from_day(day + 1).month != date.month)
        date.day = 31;
    date_format(date, buffer);
}

const struct answer *method_export_strategy(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    struct export *export;

    if (answer)
        return answer;
    export = calloc(1, sizeof(*export));
    if (!export || list_readable(&request, &export->strategies) < 0) {
        free(export);
        return fail_overloaded(call);
    }
    pages_init(&export->pages, call, request.store, request.slot->id);
    export->pages.more = export_more;
    export->pages.send = export_send;
    export->pages.arrived = export_arrived;
    export->pages.row = export_row;
    export->pages.free = export_free;
    export->seq = request.tree->seq;
    export->registry_seq = request.registry->seq;
    export->with_addresses = request.may & MAY_ADMIN;
    if (param_given(call, "asOf"))
        format_day(request.today, export->last_day);
    return call_stream(call, &export->pages.stream);
}
