/*
 * A PostgreSQL of its own for a unit test; see pgtest.h. Blocking code, for tests only.
 */
#include "tests/unit/support/pgtest.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534
#define PATIENCE_MS 30000

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "pgtest: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void pgtest_drop_root(void)
{
    if (geteuid() != 0)
        return;
    if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
        setresuid(NOBODY, NOBODY, NOBODY))
        die("becoming nobody");
    /* changing user made us undumpable, which the leak checker cannot work with */
    if (prctl(PR_SET_DUMPABLE, 1) || chdir("/tmp"))
        die("becoming nobody");
}

void pgtest_make_dir(char *ret_dir)
{
    strcpy(ret_dir, "/tmp/goald-test-XXXXXX");
    if (!mkdtemp(ret_dir))
        die(ret_dir);
}

void pgtest_remove_dir(const char *dir)
{
    if (pgtest_command((const char *const[]){"/bin/rm", "-rf", "--", dir, NULL}) != 0)
        die(dir);
}

const char *pgtest_bin(void)
{
    static char bin[256];
    FILE *out;

    if (bin[0])
        return bin;
    out = popen("pg_config --bindir", "r");
    if (!out || !fgets(bin, sizeof(bin), out) || pclose(out) != 0)
        die("pg_config --bindir");
    bin[strcspn(bin, "\n")] = '\0';
    return bin;
}

static pid_t spawn(const char *const *argv, const char *log)
{
    pid_t pid = fork();
    int out;

    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* a test that crashes leaves nothing behind */
    out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int pgtest_command(const char *const *argv)
{
    return wait_for(spawn(argv, "/dev/null"));
}

void pgtest_start(struct pgtest *server)
{
    char postgres[300], data[128], log[128];
    long long until = now_ms() + PATIENCE_MS;

    snprintf(postgres, sizeof(postgres), "%s/postgres", pgtest_bin());
    snprintf(data, sizeof(data), "%s/data", server->dir);
    snprintf(log, sizeof(log), "%s/log", server->dir);
    server->pid = spawn((const char *const[]){postgres, "-D", data, "-k", server->dir, "-c",
                                              "listen_addresses=", "-c", "fsync=off", NULL},
                        log);
    while (PQping(server->conninfo) != PQPING_OK) {
        if (now_ms() > until)
            die("postgres does not start");
        usleep(10000);
    }
}

void pgtest_init(struct pgtest *server)
{
    char initdb[300], data[128];

    *server = (struct pgtest){0};
    pgtest_make_dir(server->dir);
    snprintf(initdb, sizeof(initdb), "%s/initdb", pgtest_bin());
    snprintf(data, sizeof(data), "%s/data", server->dir);
    snprintf(server->conninfo, sizeof(server->conninfo), "host=%s user=tester dbname=postgres",
             server->dir);
    if (pgtest_command((const char *const[]){initdb, "-D", data, "-U", "tester", "-A", "trust",
                                             "--locale=C", "-E", "UTF8", "--no-sync", NULL}) != 0)
        die("initdb");
    pgtest_start(server);
}

void pgtest_stop(struct pgtest *server, int signal)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, signal);
    wait_for(server->pid);
    server->pid = 0;
}

void pgtest_done(struct pgtest *server)
{
    pgtest_stop(server, SIGINT);
    pgtest_remove_dir(server->dir);
}

const char *pgtest_sql(const char *conninfo, const char *sql)
{
    static char value[256];
    PGconn *conn = PQconnectdb(conninfo);
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
        fprintf(stderr, "pgtest: %s: %s", sql, PQerrorMessage(conn));
        exit(1);
    }
    value[0] = '\0';
    if (PQntuples(result) > 0 && PQnfields(result) > 0)
        snprintf(value, sizeof(value), "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(conn);
    return value;
}

static void on_tick(evutil_socket_t fd, short events, void *arg)
{
    (void)fd, (void)events, (void)arg; /* only wakes the loop */
}

bool pgtest_loop_until(struct event_base *base, bool (*holds)(void *arg), void *arg)
{
    const struct timeval tick = {.tv_usec = 5000};
    struct event *timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    long long until = now_ms() + PATIENCE_MS;

    event_add(timer, &tick);
    while (!holds(arg) && now_ms() < until)
        event_base_loop(base, EVLOOP_ONCE);
    event_free(timer);
    return holds(arg);
}

static bool flag_holds(void *arg)
{
    return *(const bool *)arg;
}

bool pgtest_loop(struct event_base *base, const bool *flag)
{
    return pgtest_loop_until(base, flag_holds, (void *)(uintptr_t)flag);
}
