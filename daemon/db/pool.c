/*
 * Quotas of connections, a lane for each use, and the queues of jobs that wait for one; see
 * pool.h. The pool owns its connections; a queued job is the caller's and only linked here.
 */
#include "db/pool.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "db/pg_conn.h"
#include "log.h"

const char *const pool_use_names[] = {"write", "read", "import", "follow", "listen"};

struct lane {
    struct pg **pgs; /* the first is kept connected once it was needed */
    int size;
    struct pg_job *first, **last;
    bool pumping;
    int queued;
    uint64_t jobs, failures, reconnects;
};

struct pool {
    struct event_base *base;
    struct pool_options options; /* its strings are in `settings` */
    struct pg_settings settings;
    char *conninfo, *search_path, *user;
    struct lane lanes[POOL_USES];
    struct event *deadline;
    int64_t next_deadline; /* 0: none is set */
    int working, server_version;
    int64_t last_contact;
    char last_error[512], logged[512];
    bool closing;
};

static int64_t wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void enqueue(struct lane *lane, struct pg_job *job)
{
    job->next = NULL;
    *lane->last = job;
    lane->last = &job->next;
    lane->queued++;
}

static void enqueue_first(struct lane *lane, struct pg_job *job)
{
    job->next = lane->first;
    lane->first = job;
    if (!job->next)
        lane->last = &job->next;
    lane->queued++;
}

/* Takes away the job that `place` points to. */
static struct pg_job *dequeue(struct lane *lane, struct pg_job **place)
{
    struct pg_job *job = *place;

    *place = job->next;
    if (!*place)
        lane->last = place;
    job->next = NULL;
    lane->queued--;
    return job;
}

static struct pg *find(const struct lane *lane, enum pg_state state)
{
    for (int i = 0; i < lane->size; i++)
        if (lane->pgs[i]->state == state)
            return lane->pgs[i];
    return NULL;
}

static int count_coming(const struct lane *lane)
{
    int coming = 0;

    for (int i = 0; i < lane->size; i++)
        coming += lane->pgs[i]->state == PG_CONNECTING || lane->pgs[i]->state == PG_SETTING_UP;
    return coming;
}

/* Opens a connection for what waits. Only the first tries while the server is not known to work,
 * so that an outage is not answered with all connections at once. */
static void grow(struct lane *lane)
{
    struct pg *pg = lane->size > 0 ? lane->pgs[0] : NULL;

    if (!pg || lane->queued <= count_coming(lane))
        return;
    if (pg_is_working(pg->state))
        pg = find(lane, PG_CLOSED);
    if (pg && pg->state == PG_CLOSED)
        pg_open(pg);
}

/* Gives jobs to idle connections. May be entered again from a job's callbacks: the outer call
 * goes on with what the inner one queued. */
static void pump(struct pool *pool, struct lane *lane)
{
    struct pg *pg;

    if (lane->pumping || pool->closing)
        return;
    lane->pumping = true;
    while (lane->first && (pg = find(lane, PG_IDLE))) {
        struct pg_job *job = dequeue(lane, &lane->first);

        if (pg_run(pg, job) < 0)
            enqueue_first(lane, job);
        else
            lane->jobs++;
    }
    grow(lane);
    lane->pumping = false;
}

static void log_lost(struct pool *pool, const struct pg *pg)
{
    snprintf(pool->last_error, sizeof(pool->last_error), "%s", pg_message(pg));
    if (strcmp(pool->logged, pool->last_error) == 0)
        return;
    strcpy(pool->logged, pool->last_error);
    log_warning("database connection (%s): %s", pool_use_names[pg->use], pool->last_error);
}

static void log_back(struct pool *pool, const struct pg *pg)
{
    if (!pool->logged[0] && pool->working > 0)
        return;
    pool->logged[0] = '\0';
    log_notice("database connection (%s) up: PostgreSQL %d.%d as %s", pool_use_names[pg->use],
               pool->server_version / 10000, pool->server_version % 10000, pool_user(pool));
}

static void note_server(struct pool *pool, const struct pg *pg)
{
    char *user = strdup(PQuser(pg->link.conn));

    if (user) {
        free(pool->user);
        pool->user = user;
    }
    pool->server_version = PQserverVersion(pg->link.conn);
}

static void count_working(struct pool *pool, bool was, bool is)
{
    int before = pool->working;

    pool->working += (int)is - (int)was;
    if ((before > 0) != (pool->working > 0) && pool->options.reachable)
        pool->options.reachable(pool->options.arg, pool->working > 0);
}

static void on_changed(void *arg, struct pg *pg, enum pg_state from)
{
    struct pool *pool = arg;
    struct lane *lane = &pool->lanes[pg->use];

    if (from == PG_SETTING_UP && pg->state == PG_IDLE) {
        note_server(pool, pg);
        log_back(pool, pg);
    }
    if (pg->state == PG_IDLE)
        pool->last_contact = wall_us();
    if (pg->state == PG_BACKOFF) {
        lane->failures++;
        log_lost(pool, pg);
    }
    if (pg->state == PG_CONNECTING && from == PG_BACKOFF)
        lane->reconnects++;
    count_working(pool, pg_is_working(from), pg_is_working(pg->state));
    if (from == PG_SETTING_UP && pg->state == PG_IDLE && pool->options.connected)
        pool->options.connected(pool->options.arg, (enum pool_use)pg->use);
    if (pg->state == PG_IDLE || pg->state == PG_CLOSED)
        pump(pool, lane);
}

static void on_notified(void *arg, const char *channel, const char *payload)
{
    struct pool *pool = arg;

    if (pool->options.notified)
        pool->options.notified(pool->options.arg, channel, payload);
}

static void set_deadline(struct pool *pool, int64_t at)
{
    int64_t ms = (at - pg_now_us()) / 1000 + 1;

    pool->next_deadline = at;
    pg_timer_set(pool->deadline, ms < 0 ? 0 : ms > 3600000 ? 3600000 : (int)ms);
}

static void fail_unsent(struct pool *pool, struct pg_job *job)
{
    struct pg_error error;

    pg_error_set(&error, pool->closing       ? "goald is stopping"
                         : pool->working > 0 ? "no database connection was free in time"
                                             : pool->last_error);
    job->done(job, PG_UNSENT, &error);
}

/* Moves the jobs whose time is over from a lane to a list of their own, for their callbacks may
 * queue others, and finds the next deadline. */
static void take_overdue(struct lane *lane, int64_t now, struct lane *overdue, int64_t *next)
{
    struct pg_job **place = &lane->first;

    while (*place) {
        struct pg_job *job = *place;

        if (job->deadline_at <= now) {
            enqueue(overdue, dequeue(lane, place));
            continue;
        }
        if (*next == 0 || job->deadline_at < *next)
            *next = job->deadline_at;
        place = &job->next;
    }
}

static void on_deadline(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct pool *pool = arg;
    struct lane overdue = {0};
    int64_t now = pg_now_us(), next = 0;

    overdue.last = &overdue.first;
    for (int use = 0; use < POOL_USES; use++)
        take_overdue(&pool->lanes[use], now, &overdue, &next);
    pool->next_deadline = 0;
    if (next)
        set_deadline(pool, next);
    while (overdue.first)
        fail_unsent(pool, dequeue(&overdue, &overdue.first));
}

void pool_run(struct pool *pool, enum pool_use use, struct pg_job *job)
{
    int wait_ms = job->deadline_ms > 0 ? job->deadline_ms : pool->options.wait_timeout_ms;

    job->deadline_at = pg_now_us() + (int64_t)wait_ms * 1000;
    enqueue(&pool->lanes[use], job);
    pump(pool, &pool->lanes[use]);
    if (pool->lanes[use].queued > 0 && !pool->closing &&
        (pool->next_deadline == 0 || job->deadline_at < pool->next_deadline))
        set_deadline(pool, job->deadline_at);
}

int pool_listen(struct pool *pool, const char *channel)
{
    struct lane *lane = &pool->lanes[POOL_LISTEN];
    struct pg *pg = lane->size > 0 ? lane->pgs[0] : NULL;

    if (!pg || pg->channel)
        return -EINVAL;
    pg->channel = strdup(channel);
    if (!pg->channel)
        return -ENOMEM;
    if (pg->state == PG_CLOSED)
        pg_open(pg);
    return 0;
}

void pool_wake(struct pool *pool)
{
    for (int use = 0; use < POOL_USES; use++) {
        struct lane *lane = &pool->lanes[use];

        for (int i = 0; i < lane->size; i++) {
            if (lane->pgs[i]->state != PG_BACKOFF)
                continue;
            lane->pgs[i]->failures = 0;
            pg_open(lane->pgs[i]);
        }
    }
}

bool pool_is_reachable(const struct pool *pool)
{
    return pool->working > 0;
}

int64_t pool_last_contact_us(const struct pool *pool)
{
    return pool->last_contact;
}

void pool_stats(const struct pool *pool, enum pool_use use, struct pool_stats *ret_stats)
{
    const struct lane *lane = &pool->lanes[use];
    struct pool_stats stats = {.size = lane->size,
                               .queued = lane->queued,
                               .jobs = lane->jobs,
                               .failures = lane->failures,
                               .reconnects = lane->reconnects};
    int64_t now = pg_now_us();

    for (int i = 0; i < lane->size; i++) {
        const struct pg *pg = lane->pgs[i];

        stats.open += pg_is_working(pg->state);
        stats.busy += pg->state == PG_BUSY || pg->state == PG_CLEANING;
        if (pg->job && now - pg->job_since > stats.oldest_us)
            stats.oldest_us = now - pg->job_since;
    }
    *ret_stats = stats;
}

const char *pool_last_error(const struct pool *pool)
{
    return pool->last_error;
}

int pool_server_version(const struct pool *pool)
{
    return pool->server_version;
}

const char *pool_user(const struct pool *pool)
{
    return pool->user ? pool->user : "";
}

static int make_lane(struct pool *pool, enum pool_use use)
{
    static const struct pg_calls calls = {on_changed, on_notified};
    struct lane *lane = &pool->lanes[use];
    int size = pool->options.size[use], r;

    lane->last = &lane->first;
    if (size <= 0)
        return 0;
    lane->pgs = calloc((size_t)size, sizeof(struct pg *));
    if (!lane->pgs)
        return -ENOMEM;
    for (; lane->size < size; lane->size++) {
        r = pg_new(pool->base, &pool->settings, &calls, pool, &lane->pgs[lane->size]);
        if (r < 0)
            return r;
        lane->pgs[lane->size]->use = (int)use;
        lane->pgs[lane->size]->keep = lane->size == 0;
    }
    return 0;
}

static int fill(struct pool *pool, const struct pool_options *options)
{
    int r = 0;

    pool->conninfo = strdup(options->conninfo);
    pool->search_path = options->search_path ? strdup(options->search_path) : NULL;
    pool->deadline = event_new(pool->base, -1, 0, on_deadline, pool);
    if (!pool->conninfo || (options->search_path && !pool->search_path) || !pool->deadline)
        r = -ENOMEM;
    pool->settings = (struct pg_settings){.conninfo = pool->conninfo,
                                          .search_path = pool->search_path,
                                          .connect_timeout_ms = options->connect_timeout_ms,
                                          .query_timeout_ms = options->query_timeout_ms,
                                          .idle_ms = options->idle_ms};
    for (enum pool_use use = 0; use < POOL_USES && r == 0; use++)
        r = make_lane(pool, use);
    return r;
}

int pool_new(struct event_base *base, const struct pool_options *options, struct pool **ret_pool)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    int r;

    if (!pool)
        return -ENOMEM;
    pool->base = base;
    pool->options = *options;
    r = fill(pool, options);
    if (r < 0) {
        pool_free(pool);
        return r;
    }
    if (pool->lanes[POOL_WRITE].size > 0) /* to know whether the server is there */
        pg_open(pool->lanes[POOL_WRITE].pgs[0]);
    *ret_pool = pool;
    return 0;
}

void pool_close(struct pool *pool)
{
    if (!pool)
        return;
    pool->closing = true;
    for (int use = 0; use < POOL_USES; use++) {
        struct lane *lane = &pool->lanes[use];

        while (lane->size > 0)
            pg_free(lane->pgs[--lane->size]);
        free(STEAL(lane->pgs));
    }
    for (int use = 0; use < POOL_USES; use++)
        while (pool->lanes[use].first)
            fail_unsent(pool, dequeue(&pool->lanes[use], &pool->lanes[use].first));
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pool_close(pool);
    if (pool->deadline)
        event_free(pool->deadline);
    free(pool->conninfo);
    free(pool->search_path);
    free(pool->user);
    free(pool);
}
