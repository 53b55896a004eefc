/* Later editions of a strategy; see edition.h. */
#include "methods/edition.h"

#include <inttypes.h>

#include "core/rules.h"
#include "db/moment.h"
#include "db/row.h"

static const struct pg_statement editions_statement = {
    "editions",
    "SELECT DISTINCT r.strategy_id FROM goald.relation r,"
    " LATERAL (SELECT goald.seq_at(r.strategy_id, $2::timestamptz) AS seq OFFSET 0) head"
    " WHERE r.to_strategy = $1::integer AND r.to_node = 0 AND r.node_id = 0"
    " AND r.kind = 'supersedes' AND r.strategy_id <> $1::integer"
    " AND r.seq_from <= head.seq AND (r.seq_to IS NULL OR r.seq_to > head.seq)",
    2};

bool edition_is_past(const struct request *request)
{
    return request->node->id == 0 && request->moment && request->moment->known_at;
}

void edition_send(struct pg *pg, int32_t strategy_id, int64_t time_us)
{
    char id[16], time[TIME_TEXT_SIZE];
    const char *params[] = {id, time};

    snprintf(id, sizeof(id), "%" PRId32, strategy_id);
    time_format(time_us, time);
    pg_query(pg, &editions_statement, params);
}

/* Does the relation of another strategy say that it takes this one's place? */
static bool supersedes(const struct slot *other, const struct slot *slot)
{
    const struct extra *extra = other->tree->root->extra;

    for (uint32_t i = 0; extra && other != slot && i < extra->n_relations; i++) {
        const struct relation *relation = &extra->relations[i];

        if (relation->kind == RELATION_SUPERSEDES && relation->to_strategy == slot->id &&
            relation->to_node == 0)
            return true;
    }
    return false;
}

static bool superseded_then(const PGresult *known, const struct slot *other)
{
    for (int row = 0; row < PQntuples(known); row++) {
        if (row_int(known, row, 0) == other->id)
            return true;
    }
    return false;
}

bool edition_superseded(const struct request *request, const PGresult *known, bool *ret_shared)
{
    struct request present = *request;
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);
    bool told = false, past = edition_is_past(request);

    present.registry = store_registry(request->store); /* the rights are those of today */
    *ret_shared = true;
    for (size_t i = 0; i < n && request->node->id == 0; i++) {
        if (past ? !superseded_then(known, slots[i]) : !supersedes(slots[i], request->slot))
            continue;
        told |= request_may_read(&present, slots[i]);
        *ret_shared &= !slots[i]->tree->strategy.members_only;
    }
    return told;
}

static bool has_begun(const struct slot *slot, int32_t day)
{
    struct date start = rules_start(slot->tree->root);

    return !date_given(start) || date_first_day(start) <= day;
}

/* Two that say so of each other silence neither. */
bool edition_in_force(struct store *store, const struct slot *slot, int32_t day)
{
    struct slot *const *slots;
    size_t n = store_strategies(store, &slots);

    for (size_t i = 0; i < n; i++) {
        const struct slot *other = slots[i];

        if (supersedes(other, slot) && !supersedes(slot, other) && has_begun(other, day) &&
            (!other->tree->strategy.members_only || slot->tree->strategy.members_only))
            return true;
    }
    return false;
}
