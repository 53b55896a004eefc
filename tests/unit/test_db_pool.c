/*
 * db/pool.h and db/pg.h against a real PostgreSQL: pipelines, quotas, refusals, lost connections,
 * time limits, rows one by one, LISTEN. One server for all tests; each makes a pool of its own.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "db/pool.h"
#include "tests/unit/support/pgtest.h"

static struct pgtest server;
static struct event_base *base;

/* What a pool told us. */
struct heard {
    int connected, reachable, unreachable, notified;
    char payload[64];
    bool is_notified;
};

/* A job with a list of statements that keeps what it was told. */
struct probe {
    struct pg_job job;
    const struct pg_statement *statements[8]; /* ended by NULL; &sync_point is one */
    const char *param;                        /* of those that take one */
    bool rows;
    bool done;
    int results, last_index, last_rows;
    long row_count;
    enum pg_outcome outcome;
    struct pg_error error;
    char value[64]; /* the first value of the last result with rows */
    void (*then)(struct probe *probe);
    struct pool *pool;
    struct probe *other;
};

static const struct pg_statement sync_point = {"sync", NULL, 0};
static const struct pg_statement one = {"one", "SELECT 1", 0};
static const struct pg_statement echo = {"echo", "SELECT $1::text", 1};
static const struct pg_statement zero = {"zero", "SELECT 1 / length($1)", 1};
static const struct pg_statement nap = {"nap", "SELECT pg_sleep($1::float8)", 1};
static const struct pg_statement pid = {"pid", "SELECT pg_backend_pid()", 0};
static const struct pg_statement series = {"series", "SELECT generate_series(1, $1::int)", 1};
static const struct pg_statement put = {"put", "INSERT INTO thing VALUES ($1)", 1};
static const struct pg_statement count = {"count", "SELECT count(*) FROM thing", 0};
static const struct pg_statement missing = {"missing", "SELECT * FROM missing_table", 0};
static const struct pg_statement star = {"star", "SELECT * FROM changing", 0};
static const struct pg_statement path = {"path", "SHOW search_path", 0};
static const struct pg_statement kill_me = {
    "kill_me", "SELECT pg_terminate_backend(pg_backend_pid()) AND pg_sleep(5) IS NULL", 0};
static const struct pg_statement limit = {
    "limit", "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'", 0};

static void probe_send(struct pg_job *job, struct pg *pg)
{
    struct probe *probe = (struct probe *)job;

    for (int i = 0; probe->statements[i]; i++) {
        if (probe->statements[i] == &sync_point)
            pg_sync(pg);
        else if (probe->rows)
            pg_query_rows(pg, probe->statements[i], &probe->param);
        else
            pg_query(pg, probe->statements[i], &probe->param);
    }
}

static void probe_result(struct pg_job *job, int index, const PGresult *result)
{
    struct probe *probe = (struct probe *)job;

    probe->results++;
    probe->last_index = index;
    probe->last_rows = PQntuples(result);
    probe->row_count += PQntuples(result);
    if (PQntuples(result) > 0)
        snprintf(probe->value, sizeof(probe->value), "%s", PQgetvalue(result, 0, 0));
}

static void probe_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct probe *probe = (struct probe *)job;

    assert_false(probe->done); /* exactly once */
    probe->done = true;
    probe->outcome = outcome;
    if (error)
        probe->error = *error;
    if (probe->then)
        probe->then(probe);
}

#define PROBE(...)                                                                                 \
    {                                                                                              \
        .job = {.send = probe_send, .result = probe_result, .done = probe_done}, .statements = {   \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static void run(struct pool *pool, enum pool_use use, struct probe *probe)
{
    pool_run(pool, use, &probe->job);
    assert_true(pgtest_loop(base, &probe->done));
}

static void on_connected(void *arg, enum pool_use use UNUSED)
{
    ((struct heard *)arg)->connected++;
}

static void on_reachable(void *arg, bool reachable)
{
    struct heard *heard = arg;

    if (reachable)
        heard->reachable++;
    else
        heard->unreachable++;
}

static void on_notified(void *arg, const char *channel UNUSED, const char *payload)
{
    struct heard *heard = arg;

    heard->notified++;
    heard->is_notified = true;
    snprintf(heard->payload, sizeof(heard->payload), "%s", payload);
}

static struct pool *make_pool(struct heard *heard, const struct pool_options *changes)
{
    struct pool_options options = {.conninfo = server.conninfo,
                                   .size = {2, 2, 1, 1, 1},
                                   .connect_timeout_ms = 5000,
                                   .query_timeout_ms = 20000,
                                   .wait_timeout_ms = 20000,
                                   .connected = on_connected,
                                   .reachable = on_reachable,
                                   .notified = on_notified,
                                   .arg = heard};
    struct pool *pool;

    if (changes && changes->conninfo)
        options.conninfo = changes->conninfo;
    if (changes && changes->search_path)
        options.search_path = changes->search_path;
    if (changes && changes->query_timeout_ms)
        options.query_timeout_ms = changes->query_timeout_ms;
    if (changes && changes->connect_timeout_ms)
        options.connect_timeout_ms = changes->connect_timeout_ms;
    if (changes && changes->idle_ms)
        options.idle_ms = changes->idle_ms;
    assert_int_equal(pool_new(base, &options, &pool), 0);
    return pool;
}

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct heard));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* --- pipelines ---------------------------------------------------------------------------- */

static void pipeline_gives_results_in_order(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe probe = PROBE(&one, &echo, &echo);

    probe.param = "hej å";
    run(pool, POOL_WRITE, &probe);
    assert_int_equal(probe.outcome, PG_DONE);
    assert_int_equal(probe.results, 3);
    assert_int_equal(probe.last_index, 2);
    assert_string_equal(probe.value, "hej å");
    pool_free(pool);
}

static void null_parameter_is_null(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe probe = PROBE(&echo);

    run(pool, POOL_READ, &probe);
    assert_int_equal(probe.outcome, PG_DONE);
    assert_string_equal(probe.value, "");
    pool_free(pool);
}

static void empty_job_is_done(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe probe = PROBE(NULL);

    run(pool, POOL_READ, &probe);
    assert_int_equal(probe.outcome, PG_DONE);
    assert_int_equal(probe.results, 0);
    pool_free(pool);
}

static void segment_is_one_transaction(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe bad = PROBE(&put, &put), good = PROBE(&count);

    pgtest_sql(server.conninfo, "TRUNCATE thing");
    bad.param = "x";
    run(pool, POOL_WRITE, &bad);
    assert_int_equal(bad.outcome, PG_REFUSED);
    assert_string_equal(bad.error.sqlstate, "23505");
    assert_string_equal(bad.error.constraint, "thing_pkey");
    run(pool, POOL_WRITE, &good);
    assert_string_equal(good.value, "0");
    pool_free(pool);
}

static void sync_keeps_what_was_before(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe bad = PROBE(&put, &sync_point, &put, &sync_point, &count), good = PROBE(&count);

    pgtest_sql(server.conninfo, "TRUNCATE thing");
    bad.param = "x";
    run(pool, POOL_WRITE, &bad);
    assert_int_equal(bad.outcome, PG_REFUSED);
    assert_int_equal(bad.last_index, 2); /* goes on after the sync point */
    run(pool, POOL_WRITE, &good);
    assert_string_equal(good.value, "1");
    pool_free(pool);
}

static void statement_skipped_by_error_is_prepared_later(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    /* `echo` is prepared, or not, behind an error; both later uses must work */
    struct probe bad = PROBE(&zero, &echo, &sync_point, &echo), good = PROBE(&echo);

    bad.param = "";
    run(pool, POOL_WRITE, &bad);
    assert_int_equal(bad.outcome, PG_REFUSED);
    assert_string_equal(bad.error.sqlstate, "22012");
    assert_int_equal(bad.results, 1);
    good.param = "again";
    run(pool, POOL_WRITE, &good);
    assert_int_equal(good.outcome, PG_DONE);
    assert_string_equal(good.value, "again");
    pool_free(pool);
}

static void refused_preparation_does_not_harm_the_next_job(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe bad = PROBE(&missing), bad_again = PROBE(&missing), good = PROBE(&one);

    run(pool, POOL_WRITE, &bad);
    assert_int_equal(bad.outcome, PG_REFUSED);
    assert_string_equal(bad.error.sqlstate, "42P01");
    run(pool, POOL_WRITE, &bad_again);
    assert_string_equal(bad_again.error.sqlstate, "42P01");
    run(pool, POOL_WRITE, &good);
    assert_int_equal(good.outcome, PG_DONE);
    pool_free(pool);
}

static void changed_result_type_heals_after_one_refusal(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe before = PROBE(&star), refused = PROBE(&star), after = PROBE(&star);

    pgtest_sql(server.conninfo, "CREATE TABLE changing (a int)");
    run(pool, POOL_WRITE, &before);
    pgtest_sql(server.conninfo, "ALTER TABLE changing ADD b int");
    run(pool, POOL_WRITE, &refused);
    run(pool, POOL_WRITE, &after);
    assert_int_equal(refused.outcome, PG_REFUSED);
    assert_int_equal(after.outcome, PG_DONE);
    pool_free(pool);
}

static void rows_come_one_by_one(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe probe = PROBE(&series, &series);

    probe.rows = true;
    probe.param = "5000";
    run(pool, POOL_READ, &probe);
    assert_int_equal(probe.outcome, PG_DONE);
    assert_int_equal(probe.row_count, 10000);
    assert_int_equal(probe.results, 10002); /* and an empty one at the end of each */
    assert_int_equal(probe.last_rows, 0);
    assert_int_equal(probe.last_index, 1);
    pool_free(pool);
}

static void search_path_is_set(void **state)
{
    struct pool_options changes = {.search_path = "goald, pg_temp"};
    struct pool *pool = make_pool(*state, &changes);
    struct probe probe = PROBE(&path);

    run(pool, POOL_READ, &probe);
    assert_string_equal(probe.value, "goald, pg_temp");
    pool_free(pool);
}

/* --- quotas ------------------------------------------------------------------------------- */

static bool two_busy(void *arg)
{
    struct pool_stats stats;

    pool_stats(arg, POOL_WRITE, &stats);
    return stats.busy == 2;
}

static bool one_open(void *arg)
{
    struct pool_stats stats;

    pool_stats(arg, POOL_WRITE, &stats);
    return stats.open == 1;
}

static void slow_writers_do_not_delay_a_read(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe slow[3] = {PROBE(&nap), PROBE(&nap), PROBE(&nap)}, read = PROBE(&one);
    struct pool_stats stats;

    for (int i = 0; i < 3; i++) {
        slow[i].param = "20";
        pool_run(pool, POOL_WRITE, &slow[i].job);
    }
    assert_true(pgtest_loop_until(base, two_busy, pool));
    run(pool, POOL_READ, &read);
    assert_int_equal(read.outcome, PG_DONE);
    assert_false(slow[0].done || slow[1].done || slow[2].done);
    pool_stats(pool, POOL_WRITE, &stats);
    assert_int_equal(stats.busy, 2);
    assert_int_equal(stats.queued, 1);
    assert_true(stats.oldest_us > 0);
    pool_free(pool);
    assert_int_equal(slow[0].outcome, PG_LOST);
    assert_int_equal(slow[2].outcome, PG_UNSENT);
}

static void extra_connections_open_on_demand_and_close_when_idle(void **state)
{
    struct pool_options changes = {.idle_ms = 50};
    struct pool *pool = make_pool(*state, &changes);
    struct probe first = PROBE(&nap), second = PROBE(&nap);

    first.param = second.param = "0.3";
    pool_run(pool, POOL_WRITE, &first.job);
    pool_run(pool, POOL_WRITE, &second.job);
    assert_true(pgtest_loop_until(base, two_busy, pool));
    assert_true(pgtest_loop(base, &first.done));
    assert_true(pgtest_loop(base, &second.done));
    assert_true(pgtest_loop_until(base, one_open, pool));
    assert_int_equal(((struct heard *)*state)->unreachable, 0);
    pool_free(pool);
}

static void run_other(struct probe *probe)
{
    pool_run(probe->pool, POOL_WRITE, &probe->other->job);
}

static void job_may_start_another_when_done(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe first = PROBE(&one), second = PROBE(&echo);

    first.then = run_other;
    first.pool = pool;
    first.other = &second;
    second.param = "second";
    pool_run(pool, POOL_WRITE, &first.job);
    assert_true(pgtest_loop(base, &second.done));
    assert_string_equal(second.value, "second");
    pool_free(pool);
}

static void free_may_be_followed_by_jobs_of_the_lost(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe first = PROBE(&nap), second = PROBE(&one);

    first.then = run_other;
    first.pool = pool;
    first.other = &second;
    first.param = "20";
    pool_run(pool, POOL_READ, &first.job);
    while (event_base_loop(base, EVLOOP_ONCE) == 0) {
        struct pool_stats stats;

        pool_stats(pool, POOL_READ, &stats);
        if (stats.busy > 0)
            break;
    }
    pool_free(pool);
    assert_int_equal(first.outcome, PG_LOST);
    assert_int_equal(second.outcome, PG_UNSENT);
}

/* --- lost connections and time limits ------------------------------------------------------ */

static void terminated_backend_loses_the_job_and_recovers(void **state)
{
    struct heard *heard = *state;
    struct pool *pool = make_pool(heard, NULL);
    struct probe victim = PROBE(&kill_me), next = PROBE(&one);

    run(pool, POOL_WRITE, &victim);
    assert_int_equal(victim.outcome, PG_LOST);
    assert_string_equal(victim.error.sqlstate, "57P01");
    run(pool, POOL_WRITE, &next);
    assert_int_equal(next.outcome, PG_DONE);
    assert_int_equal(heard->unreachable, 1);
    assert_int_equal(heard->reachable, 2);
    assert_int_equal(heard->connected, 2);
    pool_free(pool);
}

static void terminate(const char *backend)
{
    char sql[128];

    /* waits until it is gone */
    snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%s, 5000)", backend);
    pgtest_sql(server.conninfo, sql);
}

static bool reconnected(void *arg)
{
    return ((struct heard *)arg)->connected == 2;
}

static void idle_backend_terminated_fails_nothing(void **state)
{
    struct heard *heard = *state;
    struct pool *pool = make_pool(heard, NULL);
    struct probe first = PROBE(&pid), second = PROBE(&pid);

    run(pool, POOL_WRITE, &first);
    terminate(first.value);
    assert_true(pgtest_loop_until(base, reconnected, heard));
    run(pool, POOL_WRITE, &second);
    assert_int_equal(second.outcome, PG_DONE);
    assert_string_not_equal(first.value, second.value);
    pool_free(pool);
}

static void job_for_a_dead_idle_connection_is_run_on_another(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe first = PROBE(&pid), second = PROBE(&pid);

    run(pool, POOL_WRITE, &first);
    terminate(first.value); /* the loop has not seen it when the job comes */
    run(pool, POOL_WRITE, &second);
    assert_int_equal(second.outcome, PG_DONE);
    assert_string_not_equal(first.value, second.value);
    pool_free(pool);
}

static void query_over_its_time_is_lost(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe slow = PROBE(&nap), next = PROBE(&one);

    slow.param = "20";
    slow.job.timeout_ms = 100;
    run(pool, POOL_WRITE, &slow);
    assert_int_equal(slow.outcome, PG_LOST);
    assert_string_equal(slow.error.message, "no answer within 100 ms");
    run(pool, POOL_WRITE, &next);
    assert_int_equal(next.outcome, PG_DONE);
    pool_free(pool);
}

static void job_with_more_time_raises_the_server_limit(void **state)
{
    struct pool_options changes = {.query_timeout_ms = 3000};
    struct pool *pool = make_pool(*state, &changes);
    struct probe usual = PROBE(&limit), longer = PROBE(&limit);

    run(pool, POOL_WRITE, &usual);
    assert_string_equal(usual.value, "4000");
    longer.job.timeout_ms = 60000;
    run(pool, POOL_WRITE, &longer);
    assert_string_equal(longer.value, "61000");
    assert_int_equal(longer.last_index, 0);
    pool_free(pool);
}

static void job_without_a_server_is_unsent_in_time(void **state)
{
    struct pool_options changes = {.conninfo = "host=/tmp/goald-no-such-folder dbname=x user=x"};
    struct heard *heard = *state;
    struct pool *pool = make_pool(heard, &changes);
    struct probe probe = PROBE(&one);

    probe.job.deadline_ms = 150;
    run(pool, POOL_READ, &probe);
    assert_int_equal(probe.outcome, PG_UNSENT);
    assert_non_null(strstr(probe.error.message, "No such file"));
    assert_int_equal(heard->reachable + heard->unreachable, 0);
    assert_false(pool_is_reachable(pool));
    assert_int_equal(pool_last_contact_us(pool), 0);
    pool_free(pool);
}

static void second_host_is_tried(void **state)
{
    char conninfo[256];
    struct pool_options changes = {.conninfo = conninfo};
    struct pool *pool;
    struct probe probe = PROBE(&one);

    snprintf(conninfo, sizeof(conninfo),
             "host=/tmp/goald-no-such-folder,%s user=tester dbname=postgres"
             " target_session_attrs=read-write",
             server.dir);
    pool = make_pool(*state, &changes);
    run(pool, POOL_READ, &probe);
    assert_int_equal(probe.outcome, PG_DONE);
    pool_free(pool);
}

static void server_that_never_answers_is_given_up(void **state)
{
    char conninfo[256];
    struct pool_options changes = {.conninfo = conninfo, .connect_timeout_ms = 50};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct pool *pool;
    struct probe probe = PROBE(&one);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.1", server.dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 5), 0);
    snprintf(conninfo, sizeof(conninfo), "host=%s port=1 user=x dbname=x", server.dir);
    pool = make_pool(*state, &changes);
    probe.job.deadline_ms = 200;
    run(pool, POOL_WRITE, &probe);
    assert_int_equal(probe.outcome, PG_UNSENT);
    assert_string_equal(probe.error.message, "no connection within 50 ms");
    pool_free(pool);
    close(fd);
}

static void job_behind_others_is_unsent_in_time(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe slow = PROBE(&nap), late = PROBE(&one);

    slow.param = "20";
    late.job.deadline_ms = 100;
    pool_run(pool, POOL_IMPORT, &slow.job); /* one connection only */
    run(pool, POOL_IMPORT, &late);
    assert_int_equal(late.outcome, PG_UNSENT);
    assert_int_equal(late.results, 0);
    pool_free(pool);
}

static void waiting_job_is_run_when_the_server_comes_back(void **state)
{
    struct heard *heard = *state;
    struct pool *pool = make_pool(heard, NULL);
    struct probe before = PROBE(&one), after = PROBE(&one);

    run(pool, POOL_READ, &before);
    pgtest_stop(&server, SIGINT);
    pool_run(pool, POOL_READ, &after.job);
    while (pool_is_reachable(pool))
        event_base_loop(base, EVLOOP_ONCE);
    pgtest_start(&server);
    pool_wake(pool);
    assert_true(pgtest_loop(base, &after.done));
    assert_int_equal(after.outcome, PG_DONE);
    assert_int_equal(heard->unreachable, 1);
    pool_free(pool);
}

static void pool_tells_of_the_server(void **state)
{
    struct pool *pool = make_pool(*state, NULL);
    struct probe probe = PROBE(&one);
    struct pool_stats stats;

    run(pool, POOL_READ, &probe);
    assert_true(pool_server_version(pool) >= 150000);
    assert_string_equal(pool_user(pool), "tester");
    assert_true(pool_last_contact_us(pool) > 0);
    pool_stats(pool, POOL_READ, &stats);
    assert_int_equal(stats.jobs, 1);
    assert_int_equal(stats.size, 2);
    assert_int_equal(stats.open, 1);
    pool_free(pool);
}

/* --- LISTEN ------------------------------------------------------------------------------- */

static void listen_goes_on_after_a_reconnect(void **state)
{
    struct heard *heard = *state;
    struct pool *pool = make_pool(heard, NULL);
    struct probe who = PROBE(&pid), barrier = PROBE(&one);

    assert_int_equal(pool_listen(pool, "odd \"channel\""), 0);
    run(pool, POOL_LISTEN, &who); /* the same connection: it listens by now */
    pgtest_sql(server.conninfo, "NOTIFY \"odd \"\"channel\"\"\", 'first'");
    assert_true(pgtest_loop(base, &heard->is_notified));
    assert_string_equal(heard->payload, "first");

    heard->is_notified = false;
    terminate(who.value);
    run(pool, POOL_LISTEN, &barrier);
    pgtest_sql(server.conninfo, "NOTIFY \"odd \"\"channel\"\"\", 'second'");
    assert_true(pgtest_loop(base, &heard->is_notified));
    assert_string_equal(heard->payload, "second");
    assert_int_equal(heard->notified, 2);
    pool_free(pool);
}

static int start_all(void **state UNUSED)
{
    pgtest_init(&server);
    pgtest_sql(server.conninfo, "CREATE TABLE thing (name text PRIMARY KEY)");
    base = event_base_new();
    return base ? 0 : -1;
}

static int stop_all(void **state UNUSED)
{
    event_base_free(base);
    pgtest_done(&server);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pipeline_gives_results_in_order),
        TEST(null_parameter_is_null),
        TEST(empty_job_is_done),
        TEST(segment_is_one_transaction),
        TEST(sync_keeps_what_was_before),
        TEST(statement_skipped_by_error_is_prepared_later),
        TEST(refused_preparation_does_not_harm_the_next_job),
        TEST(changed_result_type_heals_after_one_refusal),
        TEST(rows_come_one_by_one),
        TEST(search_path_is_set),
        TEST(slow_writers_do_not_delay_a_read),
        TEST(extra_connections_open_on_demand_and_close_when_idle),
        TEST(job_may_start_another_when_done),
        TEST(free_may_be_followed_by_jobs_of_the_lost),
        TEST(terminated_backend_loses_the_job_and_recovers),
        TEST(idle_backend_terminated_fails_nothing),
        TEST(job_for_a_dead_idle_connection_is_run_on_another),
        TEST(query_over_its_time_is_lost),
        TEST(job_with_more_time_raises_the_server_limit),
        TEST(job_without_a_server_is_unsent_in_time),
        TEST(second_host_is_tried),
        TEST(server_that_never_answers_is_given_up),
        TEST(job_behind_others_is_unsent_in_time),
        TEST(waiting_job_is_run_when_the_server_comes_back),
        TEST(pool_tells_of_the_server),
        TEST(listen_goes_on_after_a_reconnect),
    };

    pgtest_drop_root();
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
