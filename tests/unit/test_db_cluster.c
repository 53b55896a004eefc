/*
 * db/cluster.h: the private cluster's life with a real PostgreSQL. Each test has a state directory
 * of its own. As initdb takes a while, most borrow one cluster that was made once, and leave it
 * stopped and whole.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "db/cluster.h"
#include "tests/unit/support/pgtest.h"

static struct event_base *base;
static char made[64];          /* a state directory with a cluster, stopped */
static int answer_to_root = 1; /* of cluster_start(); 1: we were not root */

/* A test's own. */
struct fixture {
    char dir[64], state[256];
    struct cluster *cluster;
    int ready;
    bool is_ready, has_failed, borrows;
    char message[1024];
};

static void on_ready(void *arg)
{
    struct fixture *fixture = arg;

    fixture->ready++;
    fixture->is_ready = true;
}

static void on_failed(void *arg, const char *message)
{
    struct fixture *fixture = arg;

    fixture->has_failed = true;
    snprintf(fixture->message, sizeof(fixture->message), "%s", message);
}

static int try_start(struct fixture *fixture, const char *bin, struct cluster **ret_cluster)
{
    const struct cluster_options options = {.state_directory = fixture->state,
                                            .bin_directory = bin,
                                            .ready = on_ready,
                                            .failed = on_failed,
                                            .arg = fixture};
    char *message = NULL;
    int r = cluster_start(base, &options, ret_cluster, &message);

    if (r < 0)
        snprintf(fixture->message, sizeof(fixture->message), "%s", message ? message : "");
    free(message);
    return r;
}

static void start(struct fixture *fixture)
{
    fixture->is_ready = false;
    assert_int_equal(try_start(fixture, NULL, &fixture->cluster), 0);
    assert_true(pgtest_loop(base, &fixture->is_ready));
}

static void stop(struct fixture *fixture)
{
    assert_int_equal(cluster_stop(fixture->cluster, 20000), 0);
    cluster_free(fixture->cluster);
    fixture->cluster = NULL;
}

static const char *path_of(const struct fixture *fixture, const char *name)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/postgresql/15/%s", fixture->state, name);
    return path;
}

static pid_t postmaster_of(const struct fixture *fixture)
{
    FILE *in = fopen(path_of(fixture, "postmaster.pid"), "r");
    char line[32] = "";

    assert_non_null(in);
    assert_non_null(fgets(line, sizeof(line), in));
    fclose(in);
    return (pid_t)strtol(line, NULL, 10);
}

static void write_file(const char *path, const char *mode, const char *text)
{
    FILE *out = fopen(path, mode);

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static int set_up_empty(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    if (!fixture)
        return -1;
    pgtest_make_dir(fixture->dir);
    snprintf(fixture->state, sizeof(fixture->state), "%s/state", fixture->dir);
    *state = fixture;
    return 0;
}

static int set_up(void **state)
{
    struct fixture *fixture;

    if (set_up_empty(state) < 0)
        return -1;
    fixture = *state;
    fixture->borrows = true;
    return rename(made, fixture->state);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    int r = 0;

    if (fixture->cluster) {
        r = cluster_stop(fixture->cluster, 20000);
        cluster_free(fixture->cluster);
    }
    if (fixture->borrows)
        r |= rename(fixture->state, made);
    pgtest_remove_dir(fixture->dir);
    free(fixture);
    return r;
}

/* --- making ------------------------------------------------------------------------------- */

static void first_start_makes_roles_and_database(void **state)
{
    struct fixture *fixture = *state;
    struct stat st;
    const char *conninfo;

    start(fixture);
    conninfo = cluster_conninfo(fixture->cluster);
    assert_string_equal(pgtest_sql(conninfo, "SELECT current_user"), "goald");
    assert_string_equal(pgtest_sql(conninfo, "SELECT current_setting('is_superuser')"), "off");
    assert_string_equal(pgtest_sql(conninfo, "SHOW data_checksums"), "on");
    assert_string_equal(pgtest_sql(conninfo, "SHOW server_encoding"), "UTF8");
    assert_string_equal(pgtest_sql(conninfo, "SHOW lc_collate"), "C");
    assert_string_equal(pgtest_sql(conninfo, "SHOW listen_addresses"), "");
    assert_string_equal(pgtest_sql(conninfo, "SHOW cluster_name"), "goald");
    assert_string_equal(pgtest_sql(cluster_owner_conninfo(fixture->cluster),
                                   "SELECT current_user || current_database()"),
                        "goald_ownergoald");
    assert_int_equal(stat(path_of(fixture, "../run"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void other_roles_may_not_log_in(void **state)
{
    struct fixture *fixture = *state;
    char conninfo[512];
    PGconn *conn;

    start(fixture);
    pgtest_sql(cluster_owner_conninfo(fixture->cluster), "CREATE ROLE stranger LOGIN SUPERUSER");
    snprintf(conninfo, sizeof(conninfo), "%s user=stranger", cluster_conninfo(fixture->cluster));
    conn = PQconnectdb(conninfo);
    assert_int_equal(PQstatus(conn), CONNECTION_BAD);
    assert_non_null(strstr(PQerrorMessage(conn), "eer authentication failed"));
    PQfinish(conn);
}

static void interrupted_making_starts_over(void **state)
{
    struct fixture *fixture = *state;
    char command[512];

    assert_int_equal(try_start(fixture, NULL, &fixture->cluster), 0);
    cluster_free(fixture->cluster); /* initdb has hardly begun */
    fixture->cluster = NULL;
    assert_int_not_equal(access(path_of(fixture, "PG_VERSION"), F_OK), 0);
    start(fixture);
    snprintf(command, sizeof(command), "! ls -d %s/postgresql/making-*", fixture->state);
    assert_int_equal(pgtest_command((const char *const[]){"/bin/sh", "-c", command, NULL}), 0);
}

/* --- starting and stopping ------------------------------------------------------------------ */

static void second_start_keeps_the_data(void **state)
{
    struct fixture *fixture = *state;

    start(fixture);
    pgtest_sql(cluster_owner_conninfo(fixture->cluster), "CREATE TABLE kept AS SELECT 42 AS n");
    stop(fixture);
    start(fixture);
    assert_string_equal(pgtest_sql(cluster_owner_conninfo(fixture->cluster), "SELECT n FROM kept"),
                        "42");
}

static void stop_ends_the_postmaster(void **state)
{
    struct fixture *fixture = *state;
    pid_t pid;

    start(fixture);
    pid = postmaster_of(fixture);
    stop(fixture);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(access(path_of(fixture, "postmaster.pid"), F_OK), -1);
}

static void postmaster_that_outlived_goald_is_adopted(void **state)
{
    struct fixture *fixture = *state;
    pid_t pid;

    start(fixture);
    pid = postmaster_of(fixture);
    cluster_free(fixture->cluster); /* as a killed goald leaves it */
    fixture->cluster = NULL;
    start(fixture);
    assert_int_equal(postmaster_of(fixture), pid);
    assert_string_equal(pgtest_sql(cluster_conninfo(fixture->cluster), "SELECT 1"), "1");
    stop(fixture);
    assert_int_equal(waitpid(pid, NULL, 0), pid); /* adopted, so not waited for by the cluster */
}

static void killed_postmaster_is_started_again(void **state)
{
    struct fixture *fixture = *state;
    pid_t pid;

    start(fixture);
    pid = postmaster_of(fixture);
    fixture->is_ready = false;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(pgtest_loop(base, &fixture->is_ready));
    assert_int_equal(fixture->ready, 2);
    assert_int_not_equal(postmaster_of(fixture), pid);
    assert_string_equal(pgtest_sql(cluster_conninfo(fixture->cluster), "SELECT 1"), "1");
}

static void pid_file_of_the_dead_is_no_obstacle(void **state)
{
    struct fixture *fixture = *state;
    pid_t dead = fork();
    char text[600];

    if (dead == 0)
        _exit(0);
    assert_int_equal(waitpid(dead, NULL, 0), dead);
    snprintf(text, sizeof(text),
             "%d\n%s/postgresql/15\n1600000000\n5432\n/nowhere\n\n 1 1\nready\n", (int)dead,
             fixture->state);
    write_file(path_of(fixture, "postmaster.pid"), "w", text);
    start(fixture);
    assert_string_equal(pgtest_sql(cluster_conninfo(fixture->cluster), "SELECT 1"), "1");
}

static void pid_file_naming_another_program_is_no_obstacle(void **state)
{
    struct fixture *fixture = *state;
    char text[600];
    pid_t other = fork();

    if (other == 0) {
        pause();
        _exit(0);
    }
    snprintf(text, sizeof(text),
             "%d\n%s/postgresql/15\n1600000000\n5432\n/nowhere\n\n 1 1\nready\n", (int)other,
             fixture->state);
    write_file(path_of(fixture, "postmaster.pid"), "w", text);
    start(fixture);
    assert_int_not_equal(postmaster_of(fixture), other);
    assert_int_equal(kill(other, 0), 0); /* and nothing happened to it */
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
}

static void long_path_has_its_socket_elsewhere(void **state)
{
    struct fixture *fixture = *state;
    char longer[256], dir[256];
    const char *host;

    snprintf(longer, sizeof(longer), "%s/%0*d", fixture->dir, 120, 0);
    assert_int_equal(rename(fixture->state, longer), 0);
    snprintf(fixture->state, sizeof(fixture->state), "%s", longer);
    start(fixture);
    host = strstr(cluster_conninfo(fixture->cluster), "host='") + 6;
    snprintf(dir, sizeof(dir), "%.*s", (int)strcspn(host, "'"), host);
    assert_null(strstr(dir, fixture->dir));
    assert_string_equal(pgtest_sql(cluster_conninfo(fixture->cluster), "SELECT 1"), "1");
    stop(fixture);
    assert_int_equal(access(dir, F_OK), -1);
}

static void odd_characters_in_the_path_are_quoted(void **state)
{
    struct fixture *fixture = *state;
    char odd[256];

    snprintf(odd, sizeof(odd), "%s/it's a \\ place", fixture->dir);
    assert_int_equal(rename(fixture->state, odd), 0);
    snprintf(fixture->state, sizeof(fixture->state), "%s", odd);
    start(fixture);
    assert_string_equal(pgtest_sql(cluster_conninfo(fixture->cluster), "SELECT 1"), "1");
}

/* --- refusals ------------------------------------------------------------------------------ */

static void data_of_another_major_version_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char path[512];

    snprintf(path, sizeof(path), "%s/postgresql/14", fixture->state);
    assert_int_equal(pgtest_command((const char *const[]){"/bin/mkdir", "-p", "--", path, NULL}),
                     0);
    snprintf(path, sizeof(path), "%s/postgresql/14/PG_VERSION", fixture->state);
    write_file(path, "w", "14\n");
    assert_int_equal(try_start(fixture, NULL, &fixture->cluster), -EINVAL);
    assert_null(fixture->cluster);
    assert_non_null(strstr(fixture->message, "holds data of PostgreSQL 14"));
    assert_non_null(strstr(fixture->message, "install postgresql-14"));
    assert_non_null(strstr(fixture->message, "pg_upgrade"));
}

static void root_is_refused(void **state UNUSED)
{
    if (answer_to_root > 0)
        skip();
    assert_int_equal(answer_to_root, -EPERM);
}

static void second_goald_on_the_folder_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct cluster *second = NULL;
    int status;
    pid_t pid;

    start(fixture);
    pid = fork();
    if (pid == 0)
        _exit(try_start(fixture, NULL, &second) == -EBUSY &&
                      strstr(fixture->message, "another goald runs on")
                  ? 0
                  : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void missing_programs_are_told(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(try_start(fixture, "/nonexistent", &fixture->cluster), -ENOENT);
    assert_non_null(strstr(fixture->message, "install postgresql"));
}

static void postgres_that_does_not_start_is_told_with_its_words(void **state)
{
    struct fixture *fixture = *state;
    char saved[512];

    snprintf(saved, sizeof(saved), "%s/postgresql.conf", fixture->dir);
    assert_int_equal(pgtest_command((const char *const[]){
                         "/bin/cp", path_of(fixture, "postgresql.conf"), saved, NULL}),
                     0);
    write_file(path_of(fixture, "postgresql.conf"), "a", "\nshared_buffers = nonsense\n");
    assert_int_equal(try_start(fixture, NULL, &fixture->cluster), 0);
    assert_true(pgtest_loop(base, &fixture->has_failed));
    assert_int_equal(rename(saved, path_of(fixture, "postgresql.conf")), 0);
    assert_non_null(strstr(fixture->message, "postgres does not start"));
    assert_non_null(strstr(fixture->message, "contains errors"));
    assert_int_equal(fixture->ready, 0);
}

/* Before main() drops root's rights. */
static void ask_as_root(void)
{
    struct fixture fixture = {.state = "/nonexistent"};
    struct cluster *cluster = NULL;

    if (geteuid() != 0)
        return;
    base = event_base_new();
    answer_to_root = try_start(&fixture, NULL, &cluster);
    event_base_free(base);
}

static int make_one(void **state UNUSED)
{
    struct fixture fixture = {0};

    base = event_base_new();
    pgtest_make_dir(made);
    snprintf(fixture.state, sizeof(fixture.state), "%s", made);
    if (!base || try_start(&fixture, NULL, &fixture.cluster) < 0 ||
        !pgtest_loop(base, &fixture.is_ready) || cluster_stop(fixture.cluster, 20000) < 0)
        return -1;
    cluster_free(fixture.cluster);
    return 0;
}

static int remove_all(void **state UNUSED)
{
    event_base_free(base);
    pgtest_remove_dir(made);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_EMPTY(f) cmocka_unit_test_setup_teardown(f, set_up_empty, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_EMPTY(first_start_makes_roles_and_database),
        TEST_EMPTY(interrupted_making_starts_over),
        TEST(other_roles_may_not_log_in),
        TEST(second_start_keeps_the_data),
        TEST(stop_ends_the_postmaster),
        TEST(postmaster_that_outlived_goald_is_adopted),
        TEST(killed_postmaster_is_started_again),
        TEST(pid_file_of_the_dead_is_no_obstacle),
        TEST(pid_file_naming_another_program_is_no_obstacle),
        TEST(long_path_has_its_socket_elsewhere),
        TEST(odd_characters_in_the_path_are_quoted),
        cmocka_unit_test(root_is_refused),
        TEST_EMPTY(data_of_another_major_version_is_refused),
        TEST(second_goald_on_the_folder_is_refused),
        TEST_EMPTY(missing_programs_are_told),
        TEST(postgres_that_does_not_start_is_told_with_its_words),
    };

    ask_as_root();
    pgtest_drop_root();
    return cmocka_run_group_tests(tests, make_one, remove_all);
}
