/*
 * A batch's statements. What stands between two sync points is one transaction, so a batch needs
 * no BEGIN: advance, insert, sync (here it commits), then read back what was written. Only one that
 * locks the head before it reads, and a large one, whose rows are sent in portions, begin and
 * commit by statements. Two portions are under way at a time: while one is inserted the next is
 * put together, and what goald and libpq hold of an import's statements stays small.
 */
#include "db/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/array.h"
#include "db/columns.h"
#include "db/params.h"

/* Fails with BATCH_OVERTAKEN if the head is not the one that was validated against any more. */
static const struct pg_statement advance_statement = {
    "advance",
    "WITH advanced AS (UPDATE goald.chain"
    " SET seq = $4::bigint, hash = decode($5, 'hex'), \"time\" = $6::timestamptz"
    " WHERE strategy_id = $1::integer AND seq = $2::bigint AND hash = decode($3, 'hex')"
    " AND \"time\" <= $6::timestamptz RETURNING 1)"
    " SELECT 1 / count(*) FROM advanced",
    6};

static const struct pg_statement chain_statement = {
    "new_chain",
    "INSERT INTO goald.chain (strategy_id, key, seq, hash, \"time\")"
    " VALUES ($1::integer, $2, $3::bigint, decode($4, 'hex'), $5::timestamptz)",
    5};

static const struct pg_statement journal_statement = {
    "journal",
    "INSERT INTO goald.journal (strategy_id, seq, \"time\", account_id, request_id,"
    " request_digest, entity, action, entity_id, payload, prev_hash, hash)"
    " SELECT $1::integer, $2::bigint + e.n, $3::timestamptz, e.account, e.request_id, e.digest,"
    " e.entity, e.action, e.entity_id, e.payload, e.prev, e.hash"
    " FROM unnest($4::bigint[], $5::uuid[], $6::bytea[], $7::text[], $8::text[], $9::bigint[],"
    " $10::text[], $11::bytea[], $12::bytea[]) WITH ORDINALITY"
    " AS e(account, request_id, digest, entity, action, entity_id, payload, prev, hash, n)",
    12};

/* The same for entries of another database, each with its own time. */
static const struct pg_statement verbatim_statement = {
    "journal_verbatim",
    "INSERT INTO goald.journal (strategy_id, seq, \"time\", account_id, request_id,"
    " request_digest, entity, action, entity_id, payload, prev_hash, hash)"
    " SELECT $1::integer, $2::bigint + e.n, '1970-01-01Z'::timestamptz"
    " + e.us * interval '1 microsecond', e.account, e.request_id, e.digest,"
    " e.entity, e.action, e.entity_id, e.payload, e.prev, e.hash"
    " FROM unnest($4::bigint[], $5::uuid[], $6::bytea[], $7::text[], $8::text[], $9::bigint[],"
    " $10::text[], $11::bytea[], $12::bytea[], $3::bigint[]) WITH ORDINALITY"
    " AS e(account, request_id, digest, entity, action, entity_id, payload, prev, hash, us, n)",
    12};

/* Fails: a transaction that could not be put together whole must not commit. */
static const struct pg_statement abort_statement = {"abort", "SELECT sqrt($1::float8)", 1};

/* The heads are locked first: what may still be on its way on a broken connection's backend has
 * then ended, or will find the head moved on. */
static const struct pg_statement lock_statement = {
    "lock_heads",
    "SELECT seq FROM goald.chain WHERE strategy_id = ANY ($1::integer[])"
    " ORDER BY strategy_id FOR UPDATE",
    1};

static const struct pg_statement begin_statement = {"begin", "BEGIN", 0};
static const struct pg_statement commit_statement = {"commit", "COMMIT", 0};

static const struct pg_statement resolve_statement = {
    "resolve",
    "SELECT account_id, request_id::text, seq, entity_id, encode(request_digest, 'hex')"
    " FROM goald.journal WHERE strategy_id = ANY ($1::integer[])"
    " AND account_id = ANY ($2::bigint[]) AND request_id = ANY ($3::uuid[])",
    3};

/* Notes what the next statement of the pipeline is. */
static void batch_note(struct batch *batch, struct part *part, const struct table *table,
                       bool ended)
{
    if (ARRAY_RESERVE(batch->sent, batch->n_sent) < 0) {
        batch->error = -ENOMEM;
        return;
    }
    batch->sent[batch->n_sent++] = (struct sent){part, table, ended};
}

static void batch_query(struct batch *batch, struct pg *pg, const struct pg_statement *statement,
                        const char *const *params)
{
    batch_note(batch, NULL, NULL, false);
    pg_query(pg, statement, params);
}

static void send_head(struct batch *batch, struct pg *pg, const struct part *part)
{
    const struct entries *entries = &part->entries;
    char id[16], old_seq[24], new_seq[24], time[TIME_TEXT_SIZE];
    char old_hash[2 * HASH_SIZE + 1], new_hash[2 * HASH_SIZE + 1];

    snprintf(id, sizeof(id), "%" PRId32, entries->strategy_id);
    snprintf(old_seq, sizeof(old_seq), "%" PRId64, entries->base_seq);
    snprintf(new_seq, sizeof(new_seq), "%" PRId64, entries_next_seq(entries) - 1);
    hash_to_hex(entries->base_hash, old_hash);
    hash_to_hex(entries_head(entries), new_hash);
    time_format(entries->time_us, time);
    if (part->new_key) {
        const char *params[] = {id, part->new_key, new_seq, new_hash, time};

        batch_query(batch, pg, &chain_statement, params);
    } else {
        const char *params[] = {id, old_seq, old_hash, new_seq, new_hash, time};

        batch_query(batch, pg, &advance_statement, params);
    }
}

enum { J_ACCOUNT, J_REQUEST, J_DIGEST, J_ENTITY, J_ACTION, J_ID, J_PAYLOAD, J_PREV, J_HASH, J_N };

static void journal_add(struct param_array arrays[J_N], const struct entry *entry,
                        const unsigned char *prev)
{
    const char *action = entry->end ? "end" : "put";
    uuid_t request;

    param_array_add_int8(&arrays[J_ACCOUNT], entry->account);
    if (entry->request_id && uuid_parse(entry->request_id, request) == 0) {
        param_array_add(&arrays[J_REQUEST], request, sizeof(request));
        param_array_add(&arrays[J_DIGEST], entry->request_digest, HASH_SIZE);
    } else {
        param_array_add_null(&arrays[J_REQUEST]);
        param_array_add_null(&arrays[J_DIGEST]);
    }
    param_array_add(&arrays[J_ENTITY], entry->table->entity, strlen(entry->table->entity));
    param_array_add(&arrays[J_ACTION], action, strlen(action));
    param_array_add_int8(&arrays[J_ID], entry->id);
    param_array_add(&arrays[J_PAYLOAD], entry->payload, strlen(entry->payload));
    param_array_add(&arrays[J_PREV], prev, HASH_SIZE);
    param_array_add(&arrays[J_HASH], entry->hash, HASH_SIZE);
}

/* The times of entries that each have their own. */
static int times_close(struct param_array *times, const struct entries *entries, size_t from,
                       size_t to, struct pg_value *ret_param)
{
    param_array_open(times, PARAM_INT8);
    for (size_t i = from; i < to; i++)
        param_array_add_int8(times, entries->items[i].time_us);
    return param_array_close(times, ret_param);
}

static void send_journal(struct batch *batch, struct pg *pg, const struct entries *entries,
                         size_t from, size_t to)
{
    static const enum param_type types[J_N] = {PARAM_INT8, PARAM_UUID,  PARAM_BYTEA,
                                               PARAM_TEXT, PARAM_TEXT,  PARAM_INT8,
                                               PARAM_TEXT, PARAM_BYTEA, PARAM_BYTEA};
    struct param_array arrays[J_N] = {0}, times = {0};
    struct pg_value params[3 + J_N];
    char id[4], base[8], time[8];
    int r = 0;

    params[0] = param_int4(entries->strategy_id, id);
    params[1] = param_int8(entries->base_seq + (int64_t)from, base);
    params[2] = param_timestamp(entries->time_us, time);
    for (int i = 0; i < J_N; i++)
        param_array_open(&arrays[i], types[i]);
    for (size_t i = from; i < to; i++)
        journal_add(arrays, &entries->items[i],
                    i ? entries->items[i - 1].hash : entries->base_hash);
    for (int i = 0; i < J_N && r == 0; i++)
        r = param_array_close(&arrays[i], &params[3 + i]);
    if (r == 0 && entries->verbatim)
        r = times_close(&times, entries, from, to, &params[2]);
    if (r == 0) {
        batch_note(batch, NULL, NULL, false);
        pg_query_binary(pg, entries->verbatim ? &verbatim_statement : &journal_statement, params);
    } else {
        batch->error = r;
    }
    for (int i = 0; i < J_N; i++)
        param_array_done(&arrays[i]);
    param_array_done(&times);
}

/* Ends the versions that the entries of this table replace or end. */
static void send_ends(struct batch *batch, struct pg *pg, const struct table *table,
                      const struct entries *entries, size_t from, size_t to)
{
    AUTO(param_list_done) struct param_list ids = PARAM_LIST_ARRAY, seqs = PARAM_LIST_ARRAY;
    char strategy[16];
    const char *params[] = {strategy, NULL, NULL};

    for (size_t i = from; i < to; i++) {
        if (entries->items[i].table != table || !entries->items[i].replaces)
            continue;
        param_list_add_number(&ids, entries->items[i].id);
        param_list_add_number(&seqs, entries->base_seq + (int64_t)i + 1);
    }
    if (!ids.any)
        return;
    snprintf(strategy, sizeof(strategy), "%" PRId32, entries->strategy_id);
    params[1] = param_list_close(&ids);
    params[2] = param_list_close(&seqs);
    if (params[1] && params[2])
        batch_query(batch, pg, &table->end, params);
    else
        batch->error = -ENOMEM;
}

/* Where an entry ends what can be erased, all versions of it are. */
static void send_erasures(struct batch *batch, struct pg *pg, const struct table *table,
                          const struct entries *entries, size_t from, size_t to)
{
    AUTO(param_list_done) struct param_list ids = PARAM_LIST_ARRAY;
    char strategy[16];
    const char *params[] = {strategy, NULL};

    for (size_t i = from; i < to && table->erase.sql; i++) {
        if (entries->items[i].table == table && entries->items[i].end)
            param_list_add_number(&ids, entries->items[i].id);
    }
    if (!ids.any)
        return;
    snprintf(strategy, sizeof(strategy), "%" PRId32, entries->strategy_id);
    params[1] = param_list_close(&ids);
    if (params[1])
        batch_query(batch, pg, &table->erase, params);
    else
        batch->error = -ENOMEM;
}

/* Does a table's put bring back what it wrote, so that it need not be read? */
static bool returns_rows(const struct batch *batch, const struct table *table)
{
    return table->columns && !batch->follow;
}

static bool entry_puts(const struct entry *entry, const struct table *table)
{
    return entry->table == table && !entry->end;
}

static bool any_puts(const struct entries *entries, const struct table *table, size_t from,
                     size_t to)
{
    while (from < to && !entry_puts(&entries->items[from], table))
        from++;
    return from < to;
}

/* The rows of a table with columns. */
static void send_columns(struct batch *batch, struct pg *pg, struct part *part,
                         const struct table *table, size_t from, size_t to)
{
    bool back = returns_rows(batch, table);
    AUTO(columns_done) struct columns columns;
    struct pg_value params[1 + COLUMNS_MAX];
    char strategy[4];
    int r = 0;

    columns_open(&columns, table);
    params[0] = param_int4(part->entries.strategy_id, strategy);
    for (size_t i = from; i < to && r == 0; i++) {
        if (entry_puts(&part->entries.items[i], table))
            r = columns_add(&columns, &part->entries.items[i]);
    }
    if (r == 0)
        r = columns_close(&columns, params + 1);
    if (r < 0) {
        batch->error = r;
        return;
    }
    batch_note(batch, back ? part : NULL, back ? table : NULL, false);
    pg_query_binary(pg, back ? &table->put_back : &table->put, params);
}

/* The rows of a table without: the parameters behind the strategy. */
struct payloads {
    struct param_list payloads, seqs, secrets;
};

static void payloads_done(struct payloads *rows)
{
    param_list_done(&rows->payloads);
    param_list_done(&rows->seqs);
    param_list_done(&rows->secrets);
}

static void send_payloads(struct batch *batch, struct pg *pg, const struct entries *entries,
                          const struct table *table, size_t from, size_t to)
{
    AUTO(payloads_done)
    struct payloads rows = {PARAM_LIST_JSON, PARAM_LIST_ARRAY, PARAM_LIST_JSON};
    char strategy[16];
    const char *params[] = {strategy, NULL, NULL, NULL};

    for (size_t i = from; i < to; i++) {
        const struct entry *entry = &entries->items[i];

        if (!entry_puts(entry, table))
            continue;
        param_list_add(&rows.payloads, entry->payload);
        param_list_add_number(&rows.seqs, entries->base_seq + (int64_t)i + 1);
        if (table->put.n_params > 3)
            param_list_add(&rows.secrets, entry->secret ? entry->secret : "{}");
    }
    snprintf(strategy, sizeof(strategy), "%" PRId32, entries->strategy_id);
    params[1] = param_list_close(&rows.payloads);
    params[2] = param_list_close(&rows.seqs);
    params[3] = param_list_close(&rows.secrets);
    if (params[1] && params[2] && params[3])
        batch_query(batch, pg, &table->put, params);
    else
        batch->error = -ENOMEM;
}

static void send_puts(struct batch *batch, struct pg *pg, struct part *part,
                      const struct table *table, size_t from, size_t to)
{
    if (!any_puts(&part->entries, table, from, to))
        return;
    if (table->columns)
        send_columns(batch, pg, part, table, from, to);
    else
        send_payloads(batch, pg, &part->entries, table, from, to);
}

#define SEEN_SIZE 16384 /* more than twice BATCH_ROWS, a power of two */

/* Where a statement's entries must end before `to`, because one of them replaces what another one
 * made: a table's versions are ended before new ones are put. Only another database's entries have
 * several about the same entity; ids are seqs, so no two tables share one. */
static size_t verbatim_end(const struct entries *entries, size_t from, size_t to)
{
    int64_t *seen = calloc(SEEN_SIZE, sizeof(*seen));
    size_t at = from;

    for (; seen && at < to; at++) {
        int64_t id = entries->items[at].id + 1;
        size_t slot = (size_t)id * 2654435761U % SEEN_SIZE;

        while (seen[slot] && seen[slot] != id)
            slot = (slot + 1) % SEEN_SIZE;
        if (seen[slot])
            break;
        seen[slot] = id;
    }
    free(seen);
    return at > from ? at : from + 1;
}

/* As many entries as one statement may have. */
static size_t portion_end(const struct entries *entries, size_t from)
{
    size_t to = entries->count - from > BATCH_ROWS ? from + BATCH_ROWS : entries->count;

    return entries->verbatim ? verbatim_end(entries, from, to) : to;
}

static void send_state(struct batch *batch, struct pg *pg, struct part *part, size_t from,
                       size_t to)
{
    const struct entries *entries = &part->entries;

    for (size_t t = 0; t < table_count; t++) {
        send_ends(batch, pg, &tables[t], entries, from, to);
        send_erasures(batch, pg, &tables[t], entries, from, to);
    }
    for (size_t t = 0; t < table_count; t++)
        send_puts(batch, pg, part, &tables[t], from, to);
}

size_t batch_send_state(struct batch *batch, struct pg *pg, struct part *part, size_t from)
{
    size_t to = portion_end(&part->entries, from);

    send_state(batch, pg, part, from, to);
    return to;
}

/* The entries from `from` on, as many as one statement may have; the next one's number. */
static size_t send_entries(struct batch *batch, struct pg *pg, struct part *part, size_t from)
{
    size_t to = portion_end(&part->entries, from);

    send_journal(batch, pg, &part->entries, from, to);
    send_state(batch, pg, part, from, to);
    return to;
}

static bool entries_touch(const struct entries *entries, const struct table *table)
{
    for (size_t i = 0; i < entries->count; i++) {
        if (entries->items[i].table == table)
            return true;
    }
    return false;
}

/* After the commit: our own rows come back by the refresh's statements. */
static void send_follow(struct batch *batch, struct pg *pg, struct part *part)
{
    const struct entries *entries = &part->entries;

    for (size_t t = 0; t < table_count; t++) {
        int n;

        if (!entries_touch(entries, &tables[t]) || returns_rows(batch, &tables[t]))
            continue;
        n = refresh_send(pg, part->slot, &tables[t], entries->base_seq,
                         entries_next_seq(entries) - 1);
        for (int i = 0; i < n; i++)
            batch_note(batch, part, &tables[t], n == 2 && i == 0);
    }
}

static void send_heads(struct batch *batch, struct pg *pg)
{
    if (batch->registry.entries.count)
        send_head(batch, pg, &batch->registry);
    if (batch->strategy.entries.count)
        send_head(batch, pg, &batch->strategy);
}

/* All that has to be written was queued. */
static void send_end(struct batch *batch, struct pg *pg, bool commit)
{
    if (batch->error)
        batch_query(batch, pg, &abort_statement, (const char *[]){"-1"});
    if (commit)
        batch_query(batch, pg, &commit_statement, NULL);
    batch->n_writes = batch->n_sent;
    pg_sync(pg);
}

void batch_send(struct batch *batch, struct pg *pg)
{
    struct part *parts[] = {&batch->registry, &batch->strategy};

    batch->n_sent = 0;
    send_heads(batch, pg);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        for (size_t at = 0; at < parts[i]->entries.count;)
            at = send_entries(batch, pg, parts[i], at);
    }
    send_end(batch, pg, batch->locked);
    for (size_t i = 0; i < ARRAY_LEN(parts) && !batch->follow; i++) {
        if (parts[i]->entries.count)
            send_follow(batch, pg, parts[i]);
    }
}

/* --- in portions --- */

bool batch_is_large(const struct batch *batch)
{
    return batch->follow && !batch->locked;
}

void batch_send_first(struct batch *batch, struct pg *pg)
{
    batch->pg = pg;
    batch->n_sent = 0;
    batch->n_writes = SIZE_MAX; /* until the commit is queued */
    batch_query(batch, pg, &begin_statement, NULL);
    send_heads(batch, pg);
    batch->next_at = batch->n_sent;
    batch_send_next(batch);
}

void batch_send_next(struct batch *batch)
{
    struct part *part =
        batch->registry.sent < batch->registry.entries.count ? &batch->registry : &batch->strategy;
    size_t from = part->sent;
    bool last;

    batch->next_at = batch->n_sent;
    part->sent = send_entries(batch, batch->pg, part, from);
    entries_release(&part->entries, from, part->sent);
    last = batch->registry.sent == batch->registry.entries.count &&
           batch->strategy.sent == batch->strategy.entries.count;
    if (last || batch->error)
        send_end(batch, batch->pg, true);
    else
        pg_sync(batch->pg);
}

int batch_send_lock(struct batch *batch, struct pg *pg)
{
    char heads[16];

    snprintf(heads, sizeof(heads), "{%" PRId32 "}", batch->slot->id);
    pg_query(pg, &begin_statement, NULL);
    pg_query(pg, &lock_statement, (const char *[]){heads});
    return 2;
}

void batch_send_resolve(struct batch *batch, struct pg *pg)
{
    AUTO(param_list_done)
    struct param_list strategies = PARAM_LIST_ARRAY, accounts = PARAM_LIST_ARRAY,
                      requests = PARAM_LIST_ARRAY;
    const char *asked[3];

    param_list_add_number(&strategies, batch->slot->id);
    if (batch->also)
        param_list_add_number(&strategies, batch->also->id);
    else if (batch->strategy.new_key)
        param_list_add_number(&strategies, batch->strategy.entries.strategy_id);
    for (const struct change *change = batch->changes; change; change = change->next) {
        param_list_add_number(&accounts, change->account);
        param_list_add(&requests, change->request_id);
    }
    asked[0] = param_list_close(&strategies);
    asked[1] = param_list_close(&accounts);
    asked[2] = param_list_close(&requests);
    if (asked[0] && asked[1] && asked[2]) {
        pg_query(pg, &lock_statement, asked);
        pg_query(pg, &resolve_statement, asked);
    } else {
        batch->error = -ENOMEM;
    }
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    entries_done(&batch->registry.entries);
    entries_done(&batch->strategy.entries);
    rows_done(&batch->registry_rows);
    rows_done(&batch->strategy_rows);
    refresh_free(batch->refresh);
    if (batch->pause)
        event_free(batch->pause);
    if (batch->turn)
        event_free(batch->turn);
    free(batch->sent);
    free(batch);
}
