/*
 * The events of what is not there any more; see calendar.h. The rows come by what they are and by
 * id and seq, so that those of one thing stand together, the last version last.
 */
#include "core/hash.h"

#include "methods/calendar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/row.h"
#include "methods/describe.h"

enum column {
    COL_ENTITY,
    COL_ID,
    COL_FROM, /* seq_from */
    COL_TO,   /* seq_to */
    COL_KEY,
    COL_ON, /* the parent of a node, and what the others are on */
    COL_TITLES,
    COL_START,
    COL_DATE, /* due, end of the term; of a review its own */
    COL_SPAN,
    COL_HOLDER, /* of a review: of what it is */
    COL_HOLDER_ID,
    COL_ROLE,
};

const struct pg_statement calendar_gone_statement = {
    "calendar_gone",
    "SELECT 'node' AS entity, id, seq_from, seq_to, key, parent_id, titles, start, due, due_after,"
    " NULL AS holder, NULL::bigint AS holder_id, NULL AS role"
    " FROM goald.node WHERE strategy_id = $1::integer AND seq_to IS NOT NULL"
    " UNION ALL SELECT 'node', id, seq_from, seq_to, '', 0, titles, period_start, period_end, NULL,"
    " NULL, NULL, NULL FROM goald.strategy WHERE strategy_id = $1::integer AND seq_to IS NOT NULL"
    " UNION ALL SELECT 'group', id, seq_from, seq_to, key, NULL, names, NULL, term_to, NULL, NULL,"
    " NULL, NULL FROM goald.\"group\" WHERE strategy_id = $1::integer AND seq_to IS NOT NULL"
    " AND term_to IS NOT NULL"
    " UNION ALL SELECT 'membership', id, seq_from, seq_to, NULL, group_id, NULL, NULL, \"to\", "
    "NULL,"
    " holder, holder_id, role FROM goald.membership WHERE strategy_id = $1::integer"
    " AND seq_to IS NOT NULL AND \"to\" IS NOT NULL"
    " UNION ALL SELECT 'assignment', id, seq_from, seq_to, NULL, node_id, NULL, NULL, \"to\", NULL,"
    " holder, holder_id, role FROM goald.assignment WHERE strategy_id = $1::integer"
    " AND seq_to IS NOT NULL AND \"to\" IS NOT NULL AND role IN ('owner', 'lead')"
    " UNION ALL SELECT 'review', subject_id, seq_from, seq_to, NULL, NULL, NULL, NULL, date, every,"
    " subject, NULL, NULL FROM goald.review WHERE strategy_id = $1::integer"
    " AND seq_to IS NOT NULL AND every IS NOT NULL"
    " ORDER BY entity, id, seq_from",
    1};

static bool is_entity(const struct calendar_gone *gone, int row, const char *entity)
{
    return strcmp(row_text(gone->rows, row, COL_ENTITY), entity) == 0;
}

int calendar_gone_take(struct calendar_gone *gone, PGresult *rows)
{
    int count = PQntuples(rows);

    *gone = (struct calendar_gone){.rows = rows};
    gone->versions = calloc((size_t)count + 1, sizeof(*gone->versions));
    gone->version_rows = calloc((size_t)count + 1, sizeof(*gone->version_rows));
    if (!gone->versions || !gone->version_rows)
        return -ENOMEM;
    for (int row = 0; row < count; row++) {
        if (!is_entity(gone, row, "node"))
            continue;
        gone->version_rows[gone->n_versions] = row;
        gone->versions[gone->n_versions++] = (struct node_version){
            .id = row_int(rows, row, COL_ID),
            .parent_id = row_int(rows, row, COL_ON),
            .seq_from = row_int(rows, row, COL_FROM),
            .seq_to = row_int(rows, row, COL_TO),
            .start = row_date(rows, row, COL_START),
            .due = row_date(rows, row, COL_DATE),
            .due_after = row_span(rows, row, COL_SPAN),
        };
    }
    return 0;
}

void calendar_gone_done(struct calendar_gone *gone)
{
    PQclear(gone->rows);
    free(gone->versions);
    free(gone->version_rows);
    *gone = (struct calendar_gone){0};
}

static struct calendar_past past_of(const struct calendar_gone *gone, const struct request *request)
{
    return (struct calendar_past){request->tree, gone->versions, gone->n_versions};
}

/* The last row of the same thing. */
static int last_row(const struct calendar_gone *gone, int row)
{
    const char *entity = row_text(gone->rows, row, COL_ENTITY);
    int64_t id = row_int(gone->rows, row, COL_ID);
    int count = PQntuples(gone->rows);

    while (row + 1 < count && row_int(gone->rows, row + 1, COL_ID) == id &&
           is_entity(gone, row + 1, entity))
        row++;
    return row;
}

/* --- what a fact is told by --- */

/* A text by language as a title; owned by *titles. */
static const char *title_of(const struct calendar_gone *gone, int row,
                            const struct request *request, struct texts *titles)
{
    if (row_texts(gone->rows, row, COL_TITLES, titles) < 0)
        return "";
    return texts_get(titles, request->language, request->tree->strategy.language);
}

/* The last row of the node; -1: no version of it has ended. */
static int node_row(const struct calendar_gone *gone, int64_t id)
{
    size_t low = 0, high = gone->n_versions;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (gone->versions[middle].id <= id)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && gone->versions[low - 1].id == id ? gone->version_rows[low - 1] : -1;
}

/* The code and title of a node, be it there or not; false: it was never there. */
static bool tell_node(const struct calendar_gone *gone, const struct request *request, int64_t id,
                      struct calendar_fact *fact, struct texts *titles)
{
    const struct node *node = tree_node(request->tree, id);
    int row = node ? -1 : node_row(gone, id);

    if (!node && row < 0)
        return false;
    fact->code = node ? node->code : row_text(gone->rows, row, COL_KEY);
    fact->title =
        node ? texts_get(&node->titles, request->language, request->tree->strategy.language)
             : title_of(gone, row, request, titles);
    return true;
}

static bool tell_group(const struct request *request, const struct group *group,
                       struct calendar_fact *fact)
{
    if (!group)
        return false;
    fact->group = group->key;
    fact->title = texts_get(&group->names, request->language, request->tree->strategy.language);
    return true;
}

static int add(struct calendar_events *events, const struct request *request,
               struct calendar_fact fact)
{
    fact.cancelled = true;
    return calendar_add(events, request, &fact);
}

/* --- nodes --- */

/* What is not there any more was the person's if a role on it was. */
static bool was_theirs(const struct calendar_gone *gone, const struct calendar_scope *scope,
                       const struct request *request, int64_t id)
{
    const struct node *node = tree_node(request->tree, id);
    int count = PQntuples(gone->rows);

    if (!scope->of_person || node)
        return !node || calendar_has_node(scope, node);
    for (int row = 0; row < count && is_entity(gone, row, "assignment"); row++) {
        enum holder holder =
            (enum holder)row_word(gone->rows, row, COL_HOLDER, holder_names, HOLDER_ORGANISATION);

        if (row_int(gone->rows, row, COL_ON) == id &&
            calendar_has_holder(scope, holder, row_int(gone->rows, row, COL_HOLDER_ID)))
            return true;
    }
    return false;
}

static int add_node(struct calendar_events *events, const struct request *request,
                    const struct calendar_scope *scope, const struct calendar_gone *gone,
                    int64_t id)
{
    const struct calendar_past past = past_of(gone, request);
    AUTO(texts_done) struct texts titles = {0};
    struct calendar_fact fact = {.kind = EVENT_DUE, .id = id};
    struct date due;

    if (!calendar_past_due(&past, id, &due, &fact.seq) ||
        !calendar_past_below(&past, id, scope->top) || !was_theirs(gone, scope, request, id) ||
        !tell_node(gone, request, id, &fact, &titles))
        return 0;
    fact.day = date_last_day(due);
    return add(events, request, fact);
}

/* --- terms and reviews, by the last version that had a date --- */

static int add_group(struct calendar_events *events, const struct request *request,
                     const struct calendar_scope *scope, const struct calendar_gone *gone, int row)
{
    int64_t id = row_int(gone->rows, row, COL_ID);
    const struct group *group = tree_group(request->tree, id);
    AUTO(texts_done) struct texts titles = {0};

    if ((group && date_given(group->term_to)) || scope->top ||
        !calendar_has_holder(scope, HOLDER_GROUP, id))
        return 0;
    return add(events, request,
               (struct calendar_fact){.kind = EVENT_TERM,
                                      .id = id,
                                      .day = date_last_day(row_date(gone->rows, row, COL_DATE)),
                                      .seq = row_int(gone->rows, row, COL_TO),
                                      .group = row_text(gone->rows, row, COL_KEY),
                                      .title = title_of(gone, row, request, &titles)});
}

static struct calendar_fact term_fact(const struct calendar_gone *gone, int row)
{
    return (struct calendar_fact){
        .kind = EVENT_TERM,
        .id = row_int(gone->rows, row, COL_ID),
        .day = date_last_day(row_date(gone->rows, row, COL_DATE)),
        .seq = row_int(gone->rows, row, COL_TO),
        .holder =
            (enum holder)row_word(gone->rows, row, COL_HOLDER, holder_names, HOLDER_ORGANISATION),
        .holder_id = row_int(gone->rows, row, COL_HOLDER_ID),
        .role = (enum role)row_word(gone->rows, row, COL_ROLE, role_names, ROLE_CONTACT),
    };
}

static int add_membership(struct calendar_events *events, const struct request *request,
                          const struct calendar_scope *scope, const struct calendar_gone *gone,
                          int row)
{
    struct calendar_fact fact = term_fact(gone, row);
    const struct membership *live = NULL;

    HASH_BY_ID(request->tree->memberships, fact.id, live);
    if ((live && date_given(live->to)) || scope->top ||
        !calendar_has_holder(scope, fact.holder, fact.holder_id) ||
        !tell_group(request, tree_group(request->tree, row_int(gone->rows, row, COL_ON)), &fact))
        return 0;
    return add(events, request, fact);
}

static bool has_term(const struct request *request, int64_t node_id, int64_t id)
{
    const struct node *node = tree_node(request->tree, node_id);

    for (uint32_t i = 0; node && i < node->n_assignments; i++) {
        if (node->assignments[i].id == id)
            return date_given(node->assignments[i].to);
    }
    return false;
}

static int add_assignment(struct calendar_events *events, const struct request *request,
                          const struct calendar_scope *scope, const struct calendar_gone *gone,
                          int row)
{
    const struct calendar_past past = past_of(gone, request);
    struct calendar_fact fact = term_fact(gone, row);
    int64_t node_id = row_int(gone->rows, row, COL_ON);
    AUTO(texts_done) struct texts titles = {0};

    if (has_term(request, node_id, fact.id) || !calendar_past_below(&past, node_id, scope->top) ||
        !calendar_has_holder(scope, fact.holder, fact.holder_id) ||
        !tell_node(gone, request, node_id, &fact, &titles))
        return 0;
    return add(events, request, fact);
}

/* Of a review only what says when the next one is due is ever taken away. */
static bool has_next_review(const struct reviews *reviews)
{
    for (uint32_t i = 0; reviews && i < reviews->count; i++) {
        if (span_given(reviews->items[i].every))
            return true;
    }
    return false;
}

static int add_review(struct calendar_events *events, const struct request *request,
                      const struct calendar_scope *scope, const struct calendar_gone *gone, int row)
{
    bool of_group = strcmp(row_text(gone->rows, row, COL_HOLDER), "group") == 0;
    int64_t id = row_int(gone->rows, row, COL_ID);
    const struct group *group = of_group ? tree_group(request->tree, id) : NULL;
    const struct node *node = of_group ? NULL : tree_node(request->tree, id);
    const struct calendar_past past = past_of(gone, request);
    struct calendar_fact fact = {
        .kind = EVENT_REVIEW, .id = id, .seq = row_int(gone->rows, row, COL_TO)};
    struct date due =
        date_after(row_date(gone->rows, row, COL_DATE), row_span(gone->rows, row, COL_SPAN));

    if (!date_given(due) || has_next_review(of_group ? group_reviews(request->tree, id)
                                            : node   ? node_reviews(node)
                                                     : NULL))
        return 0;
    if (of_group ? scope->top || !calendar_has_holder(scope, HOLDER_GROUP, id)
                 : !node || !calendar_past_below(&past, id, scope->top) ||
                       !calendar_has_node(scope, node))
        return 0;
    if (!(of_group ? tell_group(request, group, &fact)
                   : tell_node(gone, request, id, &fact, &(struct texts){0})))
        return 0;
    fact.day = date_last_day(due);
    return add(events, request, fact);
}

/* --- all --- */

static int add_row(struct calendar_events *events, const struct request *request,
                   const struct calendar_scope *scope, const struct calendar_gone *gone, int row)
{
    if (is_entity(gone, row, "node"))
        return add_node(events, request, scope, gone, row_int(gone->rows, row, COL_ID));
    if (is_entity(gone, row, "group"))
        return add_group(events, request, scope, gone, row);
    if (is_entity(gone, row, "membership"))
        return add_membership(events, request, scope, gone, row);
    if (is_entity(gone, row, "assignment"))
        return add_assignment(events, request, scope, gone, row);
    return add_review(events, request, scope, gone, row);
}

int calendar_of_gone(struct calendar_events *events, const struct request *request,
                     const struct calendar_scope *scope, struct calendar_gone *gone, int rows)
{
    int count = PQntuples(gone->rows);

    for (int i = 0; i < rows && gone->at < count; i++) {
        int row = last_row(gone, gone->at), r;

        gone->at = row + 1;
        r = add_row(events, request, scope, gone, row);
        if (r < 0)
            return r;
    }
    return gone->at < count;
}
