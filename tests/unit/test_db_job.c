/*
 * A job's transactions, and jobs that go on (pg_job.more): several rounds on one connection. One
 * server for all tests; each makes a pool of its own.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/pool.h"
#include "tests/unit/support/pgtest.h"

static struct pgtest server;
static struct event_base *base;
static struct pool *pool;

static const struct pg_statement begin = {"begin", "BEGIN", 0};
static const struct pg_statement commit = {"commit", "COMMIT", 0};
static const struct pg_statement pid = {"pid", "SELECT pg_backend_pid()", 0};
static const struct pg_statement put = {"put", "INSERT INTO thing VALUES ($1)", 1};
static const struct pg_statement put_late = {"put_late", "INSERT INTO late VALUES ($1)", 1};
static const struct pg_statement echo = {"echo", "SELECT $1::text", 1};
static const struct pg_statement zero = {"zero", "SELECT 1 / length($1)", 1};
static const struct pg_statement nap = {"nap", "SELECT pg_sleep(0.2)", 0};
static const struct pg_statement end_me = {"end_me",
                                           "SELECT pg_terminate_backend(pg_backend_pid())", 0};

/* A job of rounds, each a list of statements ended by NULL; the first round is sent. */
struct rounds {
    struct pg_job job;
    const struct pg_statement *statements[4][4];
    const char *param;
    int round, n_rounds, asked, results, last_index;
    bool done;
    enum pg_outcome outcome;
    struct pg_error error;
    char first[16], last[16]; /* values of the first and the last result with rows */
};

static void send_round(struct rounds *rounds, struct pg *pg)
{
    for (int i = 0; rounds->statements[rounds->round][i]; i++)
        pg_query(pg, rounds->statements[rounds->round][i], &rounds->param);
    rounds->round++;
}

static void on_send(struct pg_job *job, struct pg *pg)
{
    send_round((struct rounds *)job, pg);
}

static bool on_more(struct pg_job *job, struct pg *pg)
{
    struct rounds *rounds = (struct rounds *)job;

    rounds->asked++;
    if (rounds->round == rounds->n_rounds)
        return false;
    send_round(rounds, pg);
    return true;
}

static void on_result(struct pg_job *job, int index, const PGresult *result)
{
    struct rounds *rounds = (struct rounds *)job;

    assert_int_equal(index, rounds->results);
    rounds->results++;
    rounds->last_index = index;
    if (PQntuples(result) == 0)
        return;
    snprintf(rounds->last, sizeof(rounds->last), "%s", PQgetvalue(result, 0, 0));
    if (!*rounds->first)
        snprintf(rounds->first, sizeof(rounds->first), "%s", rounds->last);
}

static void on_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct rounds *rounds = (struct rounds *)job;

    assert_false(rounds->done);
    rounds->done = true;
    rounds->outcome = outcome;
    if (error)
        rounds->error = *error;
}

static void run(struct rounds *rounds, int n_rounds)
{
    rounds->n_rounds = n_rounds;
    rounds->job.send = on_send;
    rounds->job.more = on_more;
    rounds->job.result = on_result;
    rounds->job.done = on_done;
    pool_run(pool, POOL_WRITE, &rounds->job);
    assert_true(pgtest_loop(base, &rounds->done));
}

static const char *count(void)
{
    return pgtest_sql(server.conninfo, "SELECT count(*) FROM thing");
}

static int set_up(void **state UNUSED)
{
    struct pool_options options = {.conninfo = server.conninfo,
                                   .size = {1, 1, 1, 1, 1},
                                   .connect_timeout_ms = 5000,
                                   .query_timeout_ms = 20000,
                                   .wait_timeout_ms = 20000};

    pgtest_sql(server.conninfo, "TRUNCATE thing");
    return pool_new(base, &options, &pool);
}

static int tear_down(void **state UNUSED)
{
    pool_free(pool);
    return 0;
}

static void error_at_commit_is_refusal(void **state UNUSED)
{
    struct rounds bad = {.statements = {{&put_late, &put_late}}, .param = "x"};
    struct rounds good = {.statements = {{&pid}}};

    run(&bad, 1);
    assert_int_equal(bad.outcome, PG_REFUSED);
    assert_string_equal(bad.error.sqlstate, "23505");
    assert_int_equal(bad.asked, 0);
    run(&good, 1);
    assert_int_equal(good.outcome, PG_DONE);
}

static void transaction_left_open_is_rolled_back(void **state UNUSED)
{
    struct rounds open = {.statements = {{&begin, &put}}, .param = "x"};
    struct rounds next = {.statements = {{&pid}}};

    run(&open, 1);
    run(&next, 1);
    assert_int_equal(next.outcome, PG_DONE);
    assert_string_equal(count(), "0");
}

static void large_rounds_do_not_block(void **state UNUSED)
{
    static char text[4 << 20];
    struct rounds rounds = {.statements = {{&echo, &echo, &echo}, {&echo, &echo, &echo}},
                            .param = text};

    memset(text, 'x', sizeof(text) - 1);
    run(&rounds, 2);
    assert_int_equal(rounds.outcome, PG_DONE);
    assert_int_equal(rounds.results, 6);
}

static void rounds_run_in_order_on_one_connection(void **state UNUSED)
{
    struct rounds rounds = {.statements = {{&pid}, {&pid, &pid}, {&pid}}};

    run(&rounds, 3);
    assert_int_equal(rounds.outcome, PG_DONE);
    assert_int_equal(rounds.results, 4);
    assert_int_equal(rounds.asked, 3);
    assert_string_equal(rounds.first, rounds.last);
}

static void transaction_spans_rounds(void **state UNUSED)
{
    struct rounds rounds = {.statements = {{&begin, &put}, {&pid}, {&commit}}, .param = "x"};

    run(&rounds, 3);
    assert_int_equal(rounds.outcome, PG_DONE);
    assert_string_equal(count(), "1");
}

static void transaction_that_is_not_continued_is_rolled_back(void **state UNUSED)
{
    struct rounds rounds = {.statements = {{&begin, &put}, {&pid}}, .param = "x"};
    struct rounds next = {.statements = {{&pid}}};

    run(&rounds, 2);
    run(&next, 1);
    assert_int_equal(rounds.outcome, PG_DONE);
    assert_int_equal(next.outcome, PG_DONE);
    assert_string_equal(count(), "0");
}

static void error_ends_the_rounds(void **state UNUSED)
{
    struct rounds rounds = {.statements = {{&begin, &put}, {&zero}, {&commit}}, .param = ""};
    struct rounds next = {.statements = {{&put}}, .param = "y"};

    run(&rounds, 3);
    assert_int_equal(rounds.outcome, PG_REFUSED);
    assert_string_equal(rounds.error.sqlstate, "22012");
    assert_int_equal(rounds.asked, 1);
    run(&next, 1);
    assert_int_equal(next.outcome, PG_DONE);
    assert_string_equal(count(), "1");
}

static void connection_lost_in_a_later_round_is_lost(void **state UNUSED)
{
    struct rounds rounds = {.statements = {{&begin, &put}, {&end_me, &commit}}, .param = "x"};

    run(&rounds, 2);
    assert_int_equal(rounds.outcome, PG_LOST);
    assert_string_equal(count(), "0");
}

static void time_limit_is_that_of_all_rounds(void **state UNUSED)
{
    struct rounds rounds = {.statements = {{&nap}, {&nap}, {&nap}, {&nap}}};

    rounds.job.timeout_ms = 500;
    run(&rounds, 4);
    assert_int_equal(rounds.outcome, PG_LOST);
    assert_true(rounds.asked > 0);
}

static int start_all(void **state UNUSED)
{
    pgtest_init(&server);
    pgtest_sql(server.conninfo, "CREATE TABLE thing (name text PRIMARY KEY)");
    pgtest_sql(server.conninfo,
               "CREATE TABLE late (name text UNIQUE DEFERRABLE INITIALLY DEFERRED)");
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
        TEST(error_at_commit_is_refusal),
        TEST(transaction_left_open_is_rolled_back),
        TEST(large_rounds_do_not_block),
        TEST(rounds_run_in_order_on_one_connection),
        TEST(transaction_spans_rounds),
        TEST(transaction_that_is_not_continued_is_rolled_back),
        TEST(error_ends_the_rounds),
        TEST(connection_lost_in_a_later_round_is_lost),
        TEST(time_limit_is_that_of_all_rounds),
    };

    pgtest_drop_root();
    return cmocka_run_group_tests_name("db/pg_job", tests, start_all, stop_all);
}
