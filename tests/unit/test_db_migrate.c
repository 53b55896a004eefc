/*
 * db/migrate.h against a real PostgreSQL, with three migrations of its own instead of sql/'s. Each
 * test has a new database.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "db/migrate.h"
#include "tests/unit/support/pgtest.h"

const struct migration migrations[] = {
    {1, "0001_start",
     "CREATE TABLE goald.granted (role text);"
     "CREATE TABLE goald.first (a int); INSERT INTO goald.first VALUES (1);"
     "CREATE FUNCTION goald.grant_daemon(role text) RETURNS void LANGUAGE sql AS"
     " $$ INSERT INTO goald.granted VALUES (role) $$;"},
    {2, "0002_quote", "COMMENT ON TABLE goald.first IS 'it''s'"},
    /* fails where public.broken exists */
    {3, "0003_third",
     "CREATE TABLE goald.third (a int); INSERT INTO goald.third VALUES (1);"
     "SELECT 1 / CASE WHEN to_regclass('public.broken') IS NULL THEN 1 ELSE 0 END;"},
    {0, NULL, NULL},
};

static struct pgtest server;
static struct event_base *base;
static int databases;

/* One run of migrate, and what it told. */
struct run {
    struct migrate *migrate;
    bool done;
    int error;
    char message[512];
};

static void on_done(void *arg, int error, const char *message)
{
    struct run *run = arg;

    assert_false(run->done);
    run->done = true;
    run->error = error;
    snprintf(run->message, sizeof(run->message), "%s", message);
    migrate_free(run->migrate); /* as main does */
}

static void begin(struct run *run, const char *conninfo)
{
    *run = (struct run){0};
    assert_int_equal(migrate_start(base, conninfo, "someone", on_done, run, &run->migrate), 0);
}

static struct run migrate(const char *conninfo)
{
    struct run run;

    begin(&run, conninfo);
    assert_true(pgtest_loop(base, &run.done));
    return run;
}

static int set_up(void **state)
{
    char sql[64], *conninfo = calloc(1, 256);

    if (!conninfo)
        return -1;
    snprintf(sql, sizeof(sql), "CREATE DATABASE m%d", ++databases);
    pgtest_sql(server.conninfo, sql);
    snprintf(conninfo, 256, "host=%s user=tester dbname=m%d", server.dir, databases);
    *state = conninfo;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void all_are_applied_and_recorded(void **state)
{
    struct run run = migrate(*state);

    assert_int_equal(run.error, 0);
    assert_string_equal(pgtest_sql(*state, "SELECT string_agg(name, ' ' ORDER BY number)"
                                           " FROM goald.migration"),
                        "0001_start 0002_quote 0003_third");
    assert_string_equal(pgtest_sql(*state, "SELECT length(digest) FROM goald.migration LIMIT 1"),
                        "64");
    assert_int_equal(migrate_newest(), 3);
}

static void daemon_role_is_granted_each_time(void **state)
{
    assert_int_equal(migrate(*state).error, 0);
    assert_int_equal(migrate(*state).error, 0);
    assert_string_equal(pgtest_sql(*state, "SELECT string_agg(role, ' ') FROM goald.granted"),
                        "someone someone");
}

static void second_run_changes_nothing(void **state)
{
    assert_int_equal(migrate(*state).error, 0);
    assert_int_equal(migrate(*state).error, 0);
    assert_string_equal(pgtest_sql(*state, "SELECT count(*) FROM goald.first"), "1");
    assert_string_equal(pgtest_sql(*state, "SELECT count(*) FROM goald.migration"), "3");
}

static void newer_schema_is_refused(void **state)
{
    struct run run;

    assert_int_equal(migrate(*state).error, 0);
    pgtest_sql(*state, "INSERT INTO goald.migration VALUES (7, '0007_future', 'x')");
    run = migrate(*state);
    assert_int_equal(run.error, -EPROTO);
    assert_string_equal(run.message, "the database's schema is at 0007_future, this goald knows "
                                     "0003: start a newer goald");
}

static void changed_text_of_an_applied_one_is_refused(void **state)
{
    struct run run;

    assert_int_equal(migrate(*state).error, 0);
    pgtest_sql(*state, "UPDATE goald.migration SET digest = 'x' WHERE number = 2");
    run = migrate(*state);
    assert_int_equal(run.error, -EPROTO);
    assert_non_null(strstr(run.message, "0002_quote"));
}

static void failing_migration_is_undone_whole(void **state)
{
    struct run run;

    pgtest_sql(*state, "CREATE TABLE public.broken ()");
    run = migrate(*state);
    assert_int_equal(run.error, -EIO);
    assert_string_equal(run.message, "migration 0003_third: division by zero");
    assert_string_equal(pgtest_sql(*state, "SELECT to_regclass('goald.third') IS NULL"), "t");
    assert_string_equal(pgtest_sql(*state, "SELECT max(number) FROM goald.migration"), "2");

    pgtest_sql(*state, "DROP TABLE public.broken");
    assert_int_equal(migrate(*state).error, 0);
    assert_string_equal(pgtest_sql(*state, "SELECT count(*) FROM goald.third"), "1");
}

static void two_at_once_apply_each_once(void **state)
{
    struct run one, two;

    begin(&one, *state);
    begin(&two, *state);
    assert_true(pgtest_loop(base, &one.done));
    assert_true(pgtest_loop(base, &two.done));
    assert_int_equal(one.error, 0);
    assert_int_equal(two.error, 0);
    assert_string_equal(pgtest_sql(*state, "SELECT count(*) FROM goald.first"), "1");
}

static void server_that_comes_up_later_is_waited_for(void **state)
{
    struct run run;

    pgtest_stop(&server, SIGINT);
    begin(&run, *state);
    for (int i = 0; i < 3; i++)
        event_base_loop(base, EVLOOP_ONCE);
    assert_false(run.done);
    pgtest_start(&server);
    assert_true(pgtest_loop(base, &run.done));
    assert_int_equal(run.error, 0);
}

static void free_stops_it(void **state)
{
    struct run run;

    begin(&run, *state);
    for (int i = 0; i < 2; i++)
        event_base_loop(base, EVLOOP_ONCE);
    migrate_free(run.migrate);
    assert_false(run.done);
}

static int start_all(void **state UNUSED)
{
    pgtest_init(&server);
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
        TEST(all_are_applied_and_recorded),
        TEST(daemon_role_is_granted_each_time),
        TEST(second_run_changes_nothing),
        TEST(newer_schema_is_refused),
        TEST(changed_text_of_an_applied_one_is_refused),
        TEST(failing_migration_is_undone_whole),
        TEST(two_at_once_apply_each_once),
        TEST(server_that_comes_up_later_is_waited_for),
        TEST(free_stops_it),
    };

    pgtest_drop_root();
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
