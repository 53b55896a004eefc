/*
 * The one refresh path (design.md part 3): from S, read the head U, then the rows born in (S, U]
 * and those ended there, of the tables that the journal says were touched, and apply all or
 * nothing. S = 0 loads (load.c). A refresh belongs to its slot and is freed with its last job or
 * when its load is over; one that refresh_new() made belongs to the batch whose job sends it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/load.h"
#include "core/array.h"
#include "db/row.h"
#include "log.h"

/* Of a strategy of any size. */
#define WHOLE_TIMEOUT_MS 600000

static const struct pg_statement head_statement = {
    "head",
    "SELECT c.seq, encode(c.hash, 'hex'),"
    " CASE WHEN c.seq = 0 THEN 0 ELSE (extract(epoch FROM c.\"time\") * 1000000)::bigint END,"
    " encode(j.hash, 'hex')"
    " FROM goald.chain c LEFT JOIN goald.journal j"
    " ON j.strategy_id = c.strategy_id AND j.seq = $2::bigint"
    " WHERE c.strategy_id = $1::integer",
    2};

static const struct pg_statement touched_statement = {
    "touched",
    "SELECT DISTINCT entity FROM goald.journal"
    " WHERE strategy_id = $1::integer AND seq > $2::bigint",
    2};

struct refresh {
    struct pg_job job;
    struct slot *slot; /* NULL: cancelled */
    bool whole;        /* into a fresh tree, which takes the old one's place */
    bool read;         /* all jobs are over: the load alone is at work */
    int64_t from, to;
    int64_t time_us;
    unsigned char hash[HASH_SIZE];
    bool behind; /* the database's journal is not the one that was followed */
    const struct table *touched[32];
    size_t n_touched;
    const struct table *sent[64];
    bool sent_ended[64];
    int n_sent;
    struct rows rows;
    struct load *load; /* of a whole load */
    int error;
};

int rows_add(struct rows *rows, const struct table *table, bool ended, const PGresult *result)
{
    struct rows_item item = {.table = table, .ended = ended};

    if (PQntuples(result) == 0)
        return 0;
    if (ARRAY_RESERVE(rows->items, rows->count) < 0)
        return -ENOMEM;
    item.result = PQcopyResult(result, PG_COPYRES_TUPLES);
    if (!item.result)
        return -ENOMEM;
    rows->items[rows->count++] = item;
    return 0;
}

int rows_keep(struct rows *rows, const struct table *table, PGresult *result)
{
    if (PQntuples(result) == 0 || ARRAY_RESERVE(rows->items, rows->count) < 0) {
        int r = PQntuples(result) == 0 ? 0 : -ENOMEM;

        PQclear(result);
        return r;
    }
    rows->items[rows->count++] = (struct rows_item){.table = table, .result = result};
    return 0;
}

void rows_done(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        PQclear(rows->items[i].result);
    free(rows->items);
    *rows = (struct rows){0};
}

int rows_apply(struct target *target, const struct table *table, bool ended, const PGresult *result)
{
    int n = PQntuples(result);
    int r = 0;

    if (target->tree && !table->clears_results)
        target->tree->context++;
    for (int row = 0; row < n && r == 0; row++) {
        target->row = row;
        if (!ended)
            r = table->apply(target, result, row);
        else if (table->remove)
            table->remove(target, result, row);
    }
    return r;
}

int rows_apply_some(struct target *target, const struct table *table, const PGresult *result,
                    int first, int count)
{
    int r = 0;

    for (int row = first; row < first + count && r == 0; row++)
        r = table->apply(target, result, row);
    return r;
}

int refresh_apply(struct slot *slot, const struct rows *rows, int64_t seq,
                  const unsigned char hash[HASH_SIZE], int64_t time_us)
{
    struct target target = {.tree = slot->tree, .registry = slot->registry};
    bool told = false;
    int r = 0;

    for (int ended = 1; ended >= 0; ended--) {
        for (size_t i = 0; i < rows->count && r == 0; i++) {
            if (rows->items[i].ended == (ended == 1))
                r = rows_apply(&target, rows->items[i].table, ended == 1, rows->items[i].result);
            told |= rows->items[i].table->told_by_others && PQntuples(rows->items[i].result) > 0;
        }
    }
    if (told)
        store_note_editions(slot->store);
    if (r == 0 && slot->tree)
        r = tree_settle(slot->tree);
    if (r < 0) {
        slot_drop(slot, "its rows could not be applied");
        return r;
    }
    if (slot->tree) {
        slot->tree->seq = seq;
        memcpy(slot->tree->hash, hash, HASH_SIZE);
    } else {
        slot->registry->seq = seq;
        memcpy(slot->registry->hash, hash, HASH_SIZE);
    }
    slot->head_time_us = time_us;
    if (slot->known_seq < seq)
        slot->known_seq = seq;
    slot->checked_us = monotonic_us();
    store_slot_moved(slot);
    return 0;
}

int refresh_send(struct pg *pg, const struct slot *slot, const struct table *table, int64_t from,
                 int64_t to)
{
    char id[16], s[24], u[24];
    const char *params[] = {id, s, u, u};
    bool ends = from > 0 && !table->never_ends;

    snprintf(id, sizeof(id), "%" PRId32, slot->id);
    snprintf(s, sizeof(s), "%" PRId64, from);
    snprintf(u, sizeof(u), "%" PRId64, to);
    if (ends)
        pg_query(pg, &table->ended, params);
    pg_query(pg, &table->born, params);
    return ends ? 2 : 1;
}

void refresh_free(struct refresh *refresh)
{
    if (!refresh)
        return;
    rows_done(&refresh->rows);
    load_free(refresh->load);
    free(refresh);
}

static void refresh_end(struct refresh *refresh)
{
    struct slot *slot = refresh->slot;

    refresh_free(refresh);
    if (slot) {
        slot->refresh = NULL;
        store_slot_settled(slot);
    }
}

int refresh_send_head(struct refresh *refresh, struct pg *pg)
{
    char id[16], s[24];
    const char *params[] = {id, s};

    snprintf(id, sizeof(id), "%" PRId32, refresh->slot ? refresh->slot->id : 0);
    snprintf(s, sizeof(s), "%" PRId64, refresh->from);
    pg_query(pg, &head_statement, params);
    if (refresh->whole)
        return 1;
    pg_query(pg, &touched_statement, params);
    return 2;
}

static void send_head(struct pg_job *job, struct pg *pg)
{
    (void)refresh_send_head((struct refresh *)job, pg);
}

static void take_head(struct refresh *refresh, const PGresult *result)
{
    const char *base = PQntuples(result) ? row_text(result, 0, 3) : NULL;
    unsigned char hash[HASH_SIZE];

    if (PQntuples(result) == 0) { /* the strategy is not there (any more) */
        refresh->behind = true;
        return;
    }
    refresh->to = row_int(result, 0, 0);
    refresh->time_us = row_int(result, 0, 2);
    refresh->error = hash_from_hex(row_text(result, 0, 1), refresh->hash);
    if (refresh->from > 0)
        refresh->behind = !base || hash_from_hex(base, hash) < 0 || !refresh->slot ||
                          !slot_loaded(refresh->slot) ||
                          memcmp(hash, slot_hash(refresh->slot), HASH_SIZE) != 0;
}

void refresh_take_head(struct refresh *refresh, int index, const PGresult *result)
{
    if (index == 0) {
        take_head(refresh, result);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        const struct table *table = table_by_entity(PQgetvalue(result, row, 0));

        if (table && refresh->n_touched == ARRAY_LEN(refresh->touched))
            refresh->error = -E2BIG;
        else if (table)
            refresh->touched[refresh->n_touched++] = table;
    }
}

static void head_result(struct pg_job *job, int index, const PGresult *result)
{
    refresh_take_head((struct refresh *)job, index, result);
}

static bool is_touched(const struct refresh *refresh, const struct table *table)
{
    for (size_t i = 0; i < refresh->n_touched; i++) {
        if (refresh->touched[i] == table)
            return true;
    }
    return false;
}

int refresh_send_rows(struct refresh *refresh, struct pg *pg)
{
    refresh->n_sent = 0;
    if (!refresh->slot)
        return 0;
    for (size_t i = 0; i < table_count; i++) {
        int n;

        if (!is_touched(refresh, &tables[i]))
            continue;
        n = refresh_send(pg, refresh->slot, &tables[i], refresh->from, refresh->to);
        for (int k = 0; k < n; k++) {
            refresh->sent[refresh->n_sent] = &tables[i];
            refresh->sent_ended[refresh->n_sent++] = n == 2 && k == 0;
        }
    }
    return refresh->n_sent;
}

static void send_rows(struct pg_job *job, struct pg *pg)
{
    (void)refresh_send_rows((struct refresh *)job, pg);
}

static void take_error(struct refresh *refresh, const char *entity, int r)
{
    if (r < 0) {
        log_error("%s: a row of %s cannot be applied: %s", refresh->slot->key, entity,
                  strerror(-r));
        refresh->error = r;
    }
}

void refresh_take_rows(struct refresh *refresh, int index, const PGresult *result)
{
    const struct table *table = refresh->sent[index];

    if (!refresh->error && refresh->slot)
        take_error(refresh, table->entity,
                   rows_add(&refresh->rows, table, refresh->sent_ended[index], result));
}

static void rows_result(struct pg_job *job, int index, const PGresult *result)
{
    refresh_take_rows((struct refresh *)job, index, result);
}

/* A refresh is over: says what went wrong, if its slot is still there. */
static void rows_end(struct refresh *refresh, enum pg_outcome outcome, const struct pg_error *error,
                     int r)
{
    struct slot *slot = refresh->slot;

    if (slot && outcome == PG_REFUSED)
        log_error("%s: reading it was refused: %s", slot->key, error->message);
    if (slot && r < 0)
        log_error("%s: cannot be loaded: %s", slot->key, strerror(-r));
    if (slot && outcome == PG_DONE)
        slot->broken = r < 0 && r != -ENOMEM;
    refresh_end(refresh);
}

static void rows_finish(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct refresh *refresh = (struct refresh *)job;
    int r = refresh->error;

    if (refresh->slot && outcome == PG_DONE && r == 0)
        r = refresh_apply_rows(refresh);
    rows_end(refresh, outcome, error, r);
}

/* --- a whole load --- */

static void whole_send(struct pg_job *job, struct pg *pg)
{
    struct refresh *refresh = (struct refresh *)job;

    if (refresh->slot)
        load_send(refresh->load, pg);
}

static bool whole_more(struct pg_job *job, struct pg *pg)
{
    struct refresh *refresh = (struct refresh *)job;

    return refresh->slot && !refresh->error && load_more(refresh->load, pg);
}

static void whole_result(struct pg_job *job, int index, const PGresult *result)
{
    struct refresh *refresh = (struct refresh *)job;

    if (refresh->slot && !refresh->error)
        take_error(refresh, "the state", load_result(refresh->load, index, result));
}

static int whole_swapped(void *arg)
{
    struct refresh *refresh = arg;

    return refresh_apply_rows(refresh); /* of which there are none: it stands at the head now */
}

static void whole_over(void *arg, int r)
{
    rows_end(arg, PG_DONE, NULL, r);
}

static void whole_finish(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    static const struct load_calls calls = {whole_swapped, whole_over};
    struct refresh *refresh = (struct refresh *)job;
    int r = refresh->error;

    if (refresh->slot && outcome == PG_DONE && r == 0) {
        r = load_finish(refresh->load, &calls, refresh);
        refresh->read = r == 0;
    }
    if (!refresh->read)
        rows_end(refresh, outcome, error, r);
}

/* --- the head was read --- */

static int read_on(struct refresh *refresh)
{
    struct slot *slot = refresh->slot;
    int r = 0;

    refresh->whole = refresh->whole || refresh->to - refresh->from > REFRESH_LIMIT;
    if (refresh->whole)
        r = load_new(slot, refresh->to, &refresh->load);
    if (r < 0)
        return r;
    refresh->job =
        refresh->whole
            ? (struct pg_job){.send = whole_send,
                              .result = whole_result,
                              .more = whole_more,
                              .done = whole_finish,
                              .timeout_ms = WHOLE_TIMEOUT_MS}
            : (struct pg_job){.send = send_rows, .result = rows_result, .done = rows_finish};
    pool_run(store_pool(slot->store), POOL_FOLLOW, &refresh->job);
    return 0;
}

static void head_finish(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct refresh *refresh = (struct refresh *)job;
    struct slot *slot = refresh->slot;
    bool fine = slot && outcome == PG_DONE && !refresh->error;

    if (slot && outcome == PG_REFUSED)
        log_error("%s: reading its head was refused: %s", slot->key, error->message);
    if (fine && refresh->behind) {
        slot_drop(slot, "the database's journal is not the one that was followed");
        fine = false;
    }
    if (fine)
        slot->known_seq = refresh->to;
    if (fine && !refresh->whole && refresh->to == refresh->from) {
        slot->checked_us = monotonic_us();
        fine = false; /* nothing to read */
    }
    if (!fine || read_on(refresh) < 0)
        refresh_end(refresh);
}

int refresh_new(struct slot *slot, struct refresh **ret_refresh)
{
    struct refresh *refresh = calloc(1, sizeof(*refresh));

    if (!refresh)
        return -ENOMEM;
    refresh->slot = slot;
    refresh->whole = !slot_loaded(slot);
    refresh->from = refresh->whole ? 0 : slot_seq(slot);
    *ret_refresh = refresh;
    return 0;
}

int refresh_check_head(const struct refresh *refresh)
{
    if (refresh->error)
        return refresh->error;
    if (refresh->behind || refresh->whole || refresh->to - refresh->from > REFRESH_LIMIT)
        return -ESTALE;
    return refresh->to > refresh->from;
}

int refresh_apply_rows(struct refresh *refresh)
{
    if (refresh->error)
        return refresh->error;
    return refresh_apply(refresh->slot, &refresh->rows, refresh->to, refresh->hash,
                         refresh->time_us);
}

void refresh_start(struct slot *slot)
{
    struct refresh *refresh;

    if (slot->refresh || refresh_new(slot, &refresh) < 0)
        return; /* without memory: the next poll tries again */
    refresh->job = (struct pg_job){.send = send_head, .result = head_result, .done = head_finish};
    slot->refresh = refresh;
    pool_run(store_pool(slot->store), POOL_FOLLOW, &refresh->job);
}

void refresh_cancel(struct slot *slot)
{
    struct refresh *refresh = STEAL(slot->refresh);

    if (!refresh)
        return;
    refresh->slot = NULL; /* its job will end it … */
    if (refresh->read)
        refresh_free(refresh); /* … or has ended already */
}
