/*
 * The states of one connection: connecting, setting up, idle, busy, cleaning, waiting to try
 * again; see pg_conn.h. set_state() makes every change and sets the state's timer. The pool owns
 * the connection; the connection owns its link, its events and its pipeline, but not its job.
 */
#include "db/pg_conn.h"

#include <errno.h>
#include <string.h>

#define OLDEST_SERVER 150000
#define BACKOFF_FIRST_MS 50
#define BACKOFF_MOST_MS 5000
/* The server gives up on a statement a little later than we do. */
#define STATEMENT_TIMEOUT_EXTRA_MS 1000

static int job_timeout_ms(const struct pg *pg)
{
    return pg->job && pg->job->timeout_ms > 0 ? pg->job->timeout_ms
                                              : pg->settings->query_timeout_ms;
}

/* Half to one and a half of a delay that doubles, so that many connections do not come at once. */
static int backoff_ms(unsigned failures)
{
    unsigned delay = BACKOFF_FIRST_MS;

    for (unsigned i = 1; i < failures && delay < BACKOFF_MOST_MS; i++)
        delay *= 2;
    if (delay > BACKOFF_MOST_MS)
        delay = BACKOFF_MOST_MS;
    return (int)(delay / 2 + arc4random_uniform(delay));
}

/* How long a state may last; -1: for ever. (While connecting, the link has its own timer.) */
static int state_ms(const struct pg *pg)
{
    switch (pg->state) {
    case PG_SETTING_UP:
        return pg->settings->connect_timeout_ms;
    case PG_IDLE:
        return pg->keep || pg->settings->idle_ms <= 0 ? -1 : pg->settings->idle_ms;
    case PG_BUSY:
        return job_timeout_ms(pg);
    case PG_CLEANING:
        return pg->settings->query_timeout_ms;
    case PG_BACKOFF:
        return backoff_ms(pg->failures);
    case PG_CLOSED:
    case PG_CONNECTING:
        break;
    }
    return -1;
}

static void set_state(struct pg *pg, enum pg_state state)
{
    enum pg_state from = pg->state;

    pg->state = state;
    pg_timer_set(pg->timer, state_ms(pg));
    pg->calls->changed(pg->arg, pg, from);
}

bool pg_is_working(enum pg_state state)
{
    return state == PG_IDLE || state == PG_BUSY || state == PG_CLEANING;
}

const char *pg_message(const struct pg *pg)
{
    return pg->link.error.message;
}

static void disconnect(struct pg *pg)
{
    pg_timer_set(pg->timer, -1);
    pg_timer_set(pg->again, -1);
    pglink_close(&pg->link);
    pipeline_reset(pg);
    pipeline_forget_prepared(pg);
}

/* Gives the connection up for the reason that the link knows, or for what libpq says. */
static void give_up(struct pg *pg)
{
    struct pg_job *job = STEAL(pg->job);

    if (pg->link.conn)
        pglink_blame(&pg->link, "%s", PQerrorMessage(pg->link.conn));
    pglink_blame(&pg->link, "the connection was lost");
    disconnect(pg);
    pg->failures++;
    if (job)
        job->done(job, PG_LOST, &pg->link.error);
    set_state(pg, PG_BACKOFF);
}

/* Sends what is queued, and waits for the answers. While something is left to send both must be
 * waited for: the server may be unable to take more before we took its answers. */
static void send_and_wait(struct pg *pg)
{
    int flush = PQflush(pg->link.conn);

    if (flush < 0 || !pglink_wait(&pg->link, flush > 0 ? EV_READ | EV_WRITE : EV_READ))
        pg->pipeline.broken = true;
    if (pg->pipeline.broken)
        pg_timer_set(pg->again, 0); /* done() is never called from inside pg_run() */
}

static void clean(struct pg *pg)
{
    pipeline_reset(pg);
    pipeline_own(pg, "ROLLBACK", 0, NULL);
    pg_sync(pg);
    set_state(pg, PG_CLEANING);
    send_and_wait(pg);
}

static void end_job(struct pg *pg)
{
    struct pg_job *job = STEAL(pg->job);
    struct pg_error error = pg->pipeline.error;

    if (job)
        job->done(job, pg->pipeline.refused ? PG_REFUSED : PG_DONE,
                  pg->pipeline.refused ? &error : NULL);
}

/* The pipeline has been answered to its end. */
static void finish(struct pg *pg)
{
    bool refused = pg->pipeline.refused, stale = pg->pipeline.stale;
    enum pg_state from = pg->state;

    if (from != PG_BUSY && refused) { /* set-up or clean-up */
        pg->link.error = pg->pipeline.error;
        give_up(pg);
    } else if (stale) {
        pglink_blame(&pg->link, "prepared statements have become stale");
        give_up(pg);
    } else if (PQtransactionStatus(pg->link.conn) != PQTRANS_IDLE) {
        clean(pg);
    } else {
        pipeline_reset(pg);
        pg->failures = 0;
        set_state(pg, PG_IDLE);
    }
}

static bool went_well(struct pg *pg)
{
    return pglink_is_alive(&pg->link) && !pg->pipeline.refused && !pg->pipeline.stale &&
           PQtransactionStatus(pg->link.conn) == PQTRANS_IDLE;
}

/* The connection is idle before its job's owner is told, so that the next batch of a strategy goes
 * over the same one: its server process has all at hand, and costs a sixth less than two in turn.
 */
static void finish_first(struct pg *pg)
{
    struct pg_job *job = STEAL(pg->job);

    finish(pg);
    if (job)
        job->done(job, PG_DONE, NULL);
}

static void take_notifies(struct pg *pg)
{
    PGnotify *notify;

    while ((notify = PQnotifies(pg->link.conn))) {
        pg->calls->notified(pg->arg, notify->relname, notify->extra);
        PQfreemem(notify);
    }
}

/* Something arrived, or there was more to take, or something broke while it was being sent. */
static void work(struct pg *pg, bool alive)
{
    enum pipeline_step step = PIPELINE_BROKEN;

    take_notifies(pg);
    if (!pg->pipeline.broken)
        step = pipeline_read(pg);
    if (step == PIPELINE_FINISHED && alive && went_well(pg)) {
        finish_first(pg);
        return;
    }
    if (step == PIPELINE_FINISHED)
        end_job(pg);
    if (step == PIPELINE_BROKEN || !alive || !pglink_is_alive(&pg->link)) {
        give_up(pg);
    } else if (step == PIPELINE_FINISHED) {
        finish(pg);
    } else if (step == PIPELINE_MORE) {
        pglink_rest(&pg->link);
        pg_timer_set(pg->again, 0);
    } else {
        send_and_wait(pg);
    }
}

static void on_ready(void *arg, short events)
{
    struct pg *pg = arg;

    work(pg, !(events & EV_READ) || pglink_read(&pg->link));
}

static void on_again(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    work(arg, true);
}

static void set_up(struct pg *pg)
{
    static const char sql[] =
        "SELECT set_config('search_path', coalesce($1, current_setting('search_path')), false),"
        " set_config('statement_timeout', $2, false),"
        " set_config('default_transaction_isolation', 'read committed', false),"
        " set_config('DateStyle', 'ISO', false), set_config('TimeZone', 'UTC', false),"
        " set_config('standard_conforming_strings', 'on', false),"
        " set_config('jit', 'off', false),"
        /* a statement whose client has gone is not run to its end */
        " set_config('client_connection_check_interval', '5s', false),"
        /* nor are its locks kept: by a transaction that it began, or was sending when it died */
        " set_config('idle_in_transaction_session_timeout', $2, false),"
        " set_config('tcp_keepalives_idle', '30', false),"
        " set_config('tcp_keepalives_interval', '10', false),"
        " set_config('tcp_keepalives_count', '3', false)";
    char timeout[16];
    const char *params[] = {pg->settings->search_path, timeout};

    pg->statement_timeout_ms = pg->settings->query_timeout_ms + STATEMENT_TIMEOUT_EXTRA_MS;
    snprintf(timeout, sizeof(timeout), "%d", pg->statement_timeout_ms);
    pipeline_reset(pg);
    pipeline_own(pg, sql, 2, params);
}

static void listen_to_channel(struct pg *pg)
{
    char sql[256];
    char *channel = PQescapeIdentifier(pg->link.conn, pg->channel, strlen(pg->channel));

    if (channel && snprintf(sql, sizeof(sql), "LISTEN %s", channel) < (int)sizeof(sql))
        pipeline_own(pg, sql, 0, NULL);
    else
        pg->pipeline.broken = true;
    PQfreemem(channel);
}

static void on_opened(void *arg)
{
    struct pg *pg = arg;
    PGconn *conn = pg->link.conn;

    if (PQserverVersion(conn) < OLDEST_SERVER) {
        pglink_blame(&pg->link, "the server is PostgreSQL %s: goald needs %d or newer",
                     PQparameterStatus(conn, "server_version"), OLDEST_SERVER / 10000);
        give_up(pg);
        return;
    }
    if (!PQenterPipelineMode(conn)) {
        give_up(pg);
        return;
    }
    set_up(pg);
    if (pg->channel)
        listen_to_channel(pg);
    pg_sync(pg);
    set_state(pg, PG_SETTING_UP);
    send_and_wait(pg);
}

static void on_failed(void *arg)
{
    give_up(arg);
}

static void on_timer(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct pg *pg = arg;

    if (pg->state == PG_BACKOFF && pg->keep) {
        pg_open(pg);
    } else if (pg->state == PG_BACKOFF || pg->state == PG_IDLE) {
        disconnect(pg);
        set_state(pg, PG_CLOSED);
    } else {
        pglink_blame(&pg->link, "no answer within %d ms", state_ms(pg));
        give_up(pg);
    }
}

void pg_open(struct pg *pg)
{
    set_state(pg, PG_CONNECTING);
    if (pglink_open(&pg->link, pg->settings->conninfo, pg->settings->connect_timeout_ms) < 0)
        give_up(pg);
}

/* The server may have ended the connection while it was idle, and we have not heard yet. */
static bool answers(struct pg *pg)
{
    if (!pglink_read(&pg->link))
        return false;
    take_notifies(pg);
    return pglink_is_alive(&pg->link);
}

static void allow_time(struct pg *pg, int timeout_ms)
{
    char text[16];
    const char *params[] = {text};

    timeout_ms += STATEMENT_TIMEOUT_EXTRA_MS;
    if (timeout_ms <= pg->statement_timeout_ms)
        return;
    snprintf(text, sizeof(text), "%d", timeout_ms);
    pipeline_own(pg, "SELECT set_config('statement_timeout', $1, false)", 1, params);
    pg_sync(pg);
    pg->statement_timeout_ms = timeout_ms;
}

int pg_run(struct pg *pg, struct pg_job *job)
{
    if (!answers(pg)) {
        give_up(pg);
        return -ENOTCONN;
    }
    pipeline_reset(pg);
    pg->job = job;
    pg->job_since = pg_now_us();
    set_state(pg, PG_BUSY);
    allow_time(pg, job_timeout_ms(pg));
    job->send(job, pg);
    pg_sync(pg);
    send_and_wait(pg);
    return 0;
}

int pg_new(struct event_base *base, const struct pg_settings *settings,
           const struct pg_calls *calls, void *arg, struct pg **ret_pg)
{
    static const struct pglink_calls link_calls = {on_opened, on_failed, on_ready};
    struct pg *pg = calloc(1, sizeof(*pg));

    if (!pg)
        return -ENOMEM;
    pg->settings = settings;
    pg->calls = calls;
    pg->arg = arg;
    pg->timer = event_new(base, -1, 0, on_timer, pg);
    pg->again = event_new(base, -1, 0, on_again, pg);
    if (pglink_init(&pg->link, base, &link_calls, pg) < 0 || !pg->timer || !pg->again) {
        pg_free(pg);
        return -ENOMEM;
    }
    *ret_pg = pg;
    return 0;
}

void pg_free(struct pg *pg)
{
    struct pg_job *job;

    if (!pg)
        return;
    job = STEAL(pg->job);
    pglink_done(&pg->link);
    pipeline_done(pg);
    if (pg->timer)
        event_free(pg->timer);
    if (pg->again)
        event_free(pg->again);
    if (job) {
        pg_error_set(&pg->link.error, "goald closed the connection");
        job->done(job, PG_LOST, &pg->link.error);
    }
    free(pg->channel);
    free(pg);
}
