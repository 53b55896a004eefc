/*
 * A connection's pipelines: queueing a job's statements, preparing them when they are first used,
 * and handing out the results in order. The items and the table of prepared statements belong to
 * the connection.
 */
#include "db/pg_conn.h"

#include <string.h>
#include <uthash.h>

/* How long one turn of the loop may take results. */
#define SLICE_US 2000

enum prepared_state { PREPARED_NOT, PREPARED_SENT, PREPARED_OK };

struct pg_prepared {
    const struct pg_statement *statement;
    enum prepared_state state;
    int segment; /* where it was sent */
    UT_hash_handle hh;
};

void pipeline_reset(struct pg *pg)
{
    struct pg_pipeline *pipeline = &pg->pipeline;

    /* a PREPARE that was skipped because of an error has to be sent again */
    for (size_t i = 0; i < pipeline->len; i++) {
        struct pg_prepared *prepared = pipeline->items[i].prepared;

        if (prepared && prepared->state == PREPARED_SENT)
            prepared->state = PREPARED_NOT;
    }
    *pipeline = (struct pg_pipeline){.items = pipeline->items, .size = pipeline->size};
}

void pipeline_forget_prepared(struct pg *pg)
{
    struct pg_prepared *prepared, *next;

    HASH_ITER (hh, pg->prepared, prepared, next) {
        HASH_DEL(pg->prepared, prepared);
        free(prepared);
    }
}

void pipeline_done(struct pg *pg)
{
    pipeline_reset(pg);
    pipeline_forget_prepared(pg);
    free(STEAL(pg->pipeline.items));
    pg->pipeline.size = 0;
}

static struct pg_prepared *find_prepared(struct pg *pg, const struct pg_statement *statement)
{
    struct pg_prepared *prepared;

    HASH_FIND_PTR(pg->prepared, &statement, prepared);
    if (prepared)
        return prepared;
    prepared = calloc(1, sizeof(*prepared));
    if (!prepared)
        return NULL;
    prepared->statement = statement;
    HASH_ADD_PTR(pg->prepared, statement, prepared);
    return prepared;
}

/* Notes an item that libpq has taken (`sent` is its answer). */
static void push(struct pg_pipeline *pipeline, int sent, struct pg_item item)
{
    if (pipeline->len == pipeline->size) {
        size_t size = pipeline->size ? 2 * pipeline->size : 32;
        struct pg_item *items = reallocarray(pipeline->items, size, sizeof(*items));

        if (items) {
            pipeline->items = items;
            pipeline->size = size;
        }
    }
    if (!sent || pipeline->len == pipeline->size)
        pipeline->broken = true;
    else
        pipeline->items[pipeline->len++] = item;
}

static void prepare(struct pg *pg, struct pg_prepared *prepared)
{
    const struct pg_statement *statement = prepared->statement;
    struct pg_item item = {.kind = ITEM_PREPARE, .prepared = prepared};

    push(&pg->pipeline,
         PQsendPrepare(pg->link.conn, statement->name, statement->sql, statement->n_params, NULL),
         item);
    prepared->state = PREPARED_SENT;
    prepared->segment = pg->pipeline.segment;
}

/* The parameters' lengths and formats are NULL for texts. */
struct params {
    const char *const *values;
    const int *lengths, *formats;
};

static void queue(struct pg *pg, const struct pg_statement *statement, const struct params *params,
                  enum pg_item_kind kind)
{
    struct pg_pipeline *pipeline = &pg->pipeline;
    struct pg_prepared *prepared = find_prepared(pg, statement);
    int sent;

    if (!prepared)
        pipeline->broken = true;
    if (pipeline->broken)
        return;
    if (prepared->state == PREPARED_NOT)
        prepare(pg, prepared);
    /* Prepared in an earlier segment that may fail: without it then, rather than not at all. */
    if (prepared->state == PREPARED_SENT && prepared->segment != pipeline->segment)
        sent = PQsendQueryParams(pg->link.conn, statement->sql, statement->n_params, NULL,
                                 params->values, params->lengths, params->formats, 0);
    else
        sent = PQsendQueryPrepared(pg->link.conn, statement->name, statement->n_params,
                                   params->values, params->lengths, params->formats, 0);
    push(pipeline, sent, (struct pg_item){.kind = kind, .index = pipeline->statements++});
}

void pg_query(struct pg *pg, const struct pg_statement *statement, const char *const *params)
{
    queue(pg, statement, &(struct params){.values = params}, ITEM_QUERY);
}

void pg_query_binary(struct pg *pg, const struct pg_statement *statement,
                     const struct pg_value *params)
{
    const char *values[PG_MOST_BINARY];
    int lengths[PG_MOST_BINARY], formats[PG_MOST_BINARY];

    for (int i = 0; i < statement->n_params; i++) {
        values[i] = params[i].bytes;
        lengths[i] = params[i].len;
        formats[i] = 1;
    }
    queue(pg, statement, &(struct params){values, lengths, formats}, ITEM_QUERY);
}

void pg_query_rows(struct pg *pg, const struct pg_statement *statement, const char *const *params)
{
    queue(pg, statement, &(struct params){.values = params}, ITEM_ROWS);
}

void pg_sync(struct pg *pg)
{
    if (pg->pipeline.broken)
        return;
    push(&pg->pipeline, PQpipelineSync(pg->link.conn), (struct pg_item){.kind = ITEM_SYNC});
    pg->pipeline.segment++;
}

void pipeline_own(struct pg *pg, const char *sql, int n_params, const char *const *params)
{
    if (pg->pipeline.broken)
        return;
    push(&pg->pipeline,
         PQsendQueryParams(pg->link.conn, sql, n_params, NULL, params, NULL, NULL, 0),
         (struct pg_item){.kind = ITEM_OWN});
}

/* libpq wants single-row mode to be asked for after the previous statement's last result was
 * taken and before anything of this one's is looked at. */
static void begin(struct pg *pg, struct pg_item *item)
{
    if (item->begun)
        return;
    item->begun = true;
    if (item->kind == ITEM_ROWS)
        (void)PQsetSingleRowMode(pg->link.conn); /* refused while skipping after an error */
}

/* 0A000: a cached plan's result type changed under us; 26000: somebody dropped the statement. */
static bool makes_stale(const struct pg_error *error)
{
    return strcmp(error->sqlstate, "0A000") == 0 || strcmp(error->sqlstate, "26000") == 0;
}

/* False if the error is the connection's end. */
static bool take_error(struct pg *pg, const PGresult *result)
{
    struct pg_error error;

    if (pg_error_read(&error, result)) {
        if (error.sqlstate[0] || !pg->link.error.message[0])
            pg->link.error = error;
        return false;
    }
    pg->pipeline.stale |= makes_stale(&error);
    if (!pg->pipeline.refused)
        pg->pipeline.error = error;
    pg->pipeline.refused = true;
    return true;
}

/* The result is left to the job if it takes its results, and cleared else. */
static void take_success(struct pg *pg, const struct pg_item *item, PGresult *result)
{
    bool taken = false;

    if (item->kind == ITEM_PREPARE)
        item->prepared->state = PREPARED_OK;
    else if (item->kind != ITEM_OWN && pg->job && pg->job->result) {
        taken = pg->job->takes_results;
        pg->job->result(pg->job, item->index, result);
    }
    if (!taken)
        PQclear(result);
}

/* A result that brings nothing of what was asked for. False if the connection has ended. */
static bool take_other(struct pg *pg, struct pg_item *item, const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    switch ((int)status) {
    case PGRES_PIPELINE_SYNC:
        if (item->kind == ITEM_SYNC)
            pg->pipeline.next++;
        return item->kind == ITEM_SYNC;
    case PGRES_PIPELINE_ABORTED:
        return true;
    case PGRES_FATAL_ERROR:
        return take_error(pg, result);
    default: /* COPY and what libpq may bring some day: nobody here asks for it */
        pglink_blame(&pg->link, "unexpected answer: %s", PQresStatus(status));
        return false;
    }
}

/* One PGresult, or the NULL that ends an item's. False if the connection has ended. */
static bool take(struct pg *pg, struct pg_item *item, PGresult *result)
{
    bool fine;

    if (!result) {
        if (item->kind != ITEM_SYNC)
            pg->pipeline.next++;
        return true;
    }
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
        take_success(pg, item, result);
        return true;
    default:
        fine = take_other(pg, item, result);
        PQclear(result);
        return fine;
    }
}

/* Everything was answered: does the job go on? */
static bool continued(struct pg *pg)
{
    struct pg_job *job = pg->job;

    if (pg->pipeline.refused || !job || !job->more || !job->more(job, pg))
        return false;
    pg_sync(pg);
    return true;
}

enum pipeline_step pipeline_read(struct pg *pg)
{
    struct pg_pipeline *pipeline = &pg->pipeline;
    int64_t until = pg_now_us() + SLICE_US;

    for (int n = 0; pipeline->next < pipeline->len; n++) {
        struct pg_item *item = &pipeline->items[pipeline->next];

        if (n > 0 && pg_now_us() > until) /* a result may have a thousand rows, or one */
            return PIPELINE_MORE;
        begin(pg, item);
        if (PQisBusy(pg->link.conn))
            return PIPELINE_WAIT;
        if (!take(pg, item, PQgetResult(pg->link.conn)))
            return PIPELINE_BROKEN;
    }
    if (pipeline->len == 0 || continued(pg))
        return PIPELINE_WAIT;
    return PIPELINE_FINISHED;
}
