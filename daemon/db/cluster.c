/*
 * The private cluster's life: initdb, starting or adopting the postmaster, making the roles and
 * the database, restarting what dies; see cluster.h. The `struct cluster` owns its files' names
 * (cluster_files.h), the running program (cluster_process.h) and the script that talks to it.
 */
#include "db/cluster.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "db/cluster_files.h"
#include "db/cluster_process.h"
#include "db/pglink.h"
#include "db/script.h"
#include "log.h"

/* Without having been ready, it may end this often before we give up. */
#define START_ATTEMPTS 3
#define RESTART_FIRST_MS 100
#define RESTART_MOST_MS 10000
/* After this long it counts as having worked. */
#define STABLE_US 60000000
/* How long starting may take before we tell what we wait for. */
#define PATIENCE_US 10000000

enum cluster_state {
    CLUSTER_MAKING,   /* initdb runs */
    CLUSTER_STARTING, /* postgres runs, or is about to, and does not take connections yet */
    CLUSTER_READY,
    CLUSTER_WAITING, /* postgres ended; the timer starts it again */
    CLUSTER_STOPPED, /* asked to stop, or failed */
};

struct cluster {
    struct event_base *base;
    struct cluster_options options;
    struct cluster_files files;
    struct process process;
    struct script *script;
    struct event *timer;
    enum cluster_state state;
    int step;           /* of the script */
    bool is_there;      /* what the step before asked for */
    bool was_ready;     /* once since we were started */
    unsigned attempts;  /* in a row that did not last */
    int64_t started_at; /* pg_now_us() */
    char complained[512];
    char *conninfo, *owner_conninfo, *admin_conninfo;
};

static void start_postmaster(struct cluster *cluster);

static void fail(struct cluster *cluster, const char *what, const char *why)
{
    char message[2048];

    cluster->state = CLUSTER_STOPPED;
    pg_timer_set(cluster->timer, -1);
    snprintf(message, sizeof(message), "private cluster: %s: %s", what, why);
    cluster->options.failed(cluster->options.arg, message);
}

static void fail_with_log(struct cluster *cluster, const char *what)
{
    char words[512], why[1024];

    cluster_files_last_words(&cluster->files, words, sizeof(words));
    snprintf(why, sizeof(why), "%s (see %s)", words, cluster->files.log);
    fail(cluster, what, why);
}

/* --- the roles and the database ------------------------------------------------------------ */

/* Pairs of a question and what to do if its answer is empty. */
static const char *const steps[] = {
    "SELECT 1 FROM pg_roles WHERE rolname = 'goald'",
    "CREATE ROLE goald LOGIN",
    "SELECT 1 FROM pg_database WHERE datname = 'goald'",
    "CREATE DATABASE goald OWNER goald_owner",
};

static int on_next(void *arg, bool first, struct script_step *ret_step)
{
    struct cluster *cluster = arg;

    if (first)
        cluster->step = 0;
    else
        cluster->step += cluster->is_there && cluster->step % 2 == 0 ? 2 : 1;
    cluster->is_there = false;
    if (cluster->step >= (int)ARRAY_LEN(steps))
        return 0;
    ret_step->sql = steps[cluster->step];
    return 1;
}

static int on_result(void *arg, const PGresult *result)
{
    struct cluster *cluster = arg;

    cluster->is_there = PQntuples(result) > 0;
    return 0;
}

static void on_unreachable(void *arg, const char *message)
{
    struct cluster *cluster = arg;

    if (pg_now_us() - cluster->started_at < PATIENCE_US ||
        strcmp(cluster->complained, message) == 0)
        return;
    snprintf(cluster->complained, sizeof(cluster->complained), "%s", message);
    log_notice("private cluster: still waiting: %s", message);
}

static void on_script_done(void *arg, int error, const char *message)
{
    struct cluster *cluster = arg;

    script_free(STEAL(cluster->script));
    if (error < 0) {
        fail(cluster, "making the database", message[0] ? message : strerror(-error));
        return;
    }
    cluster->state = CLUSTER_READY;
    cluster->was_ready = true;
    log_info("private cluster: postgres %d takes connections in %s", (int)cluster->process.pid,
             cluster->files.socket_dir);
    cluster->options.ready(cluster->options.arg);
}

/* host='…' with what conninfo escapes. */
static char *make_conninfo(const char *dir, const char *database, const char *role)
{
    char host[512], *conninfo;
    size_t len = 0;

    for (const char *p = dir; *p && len + 3 < sizeof(host); p++) {
        if (*p == '\'' || *p == '\\')
            host[len++] = '\\';
        host[len++] = *p;
    }
    host[len] = '\0';
    if (asprintf(&conninfo, "host='%s' port=%d dbname=%s user=%s sslmode=disable", host,
                 CLUSTER_PORT, database, role) < 0)
        return NULL;
    return conninfo;
}

static int make_conninfos(struct cluster *cluster)
{
    const char *dir = cluster->files.socket_dir;

    free(cluster->conninfo);
    free(cluster->owner_conninfo);
    free(cluster->admin_conninfo);
    cluster->conninfo = make_conninfo(dir, "goald", "goald");
    cluster->owner_conninfo = make_conninfo(dir, "goald", "goald_owner");
    cluster->admin_conninfo = make_conninfo(dir, "postgres", "goald_owner");
    return cluster->conninfo && cluster->owner_conninfo && cluster->admin_conninfo ? 0 : -ENOMEM;
}

static int start_script(struct cluster *cluster)
{
    static const struct script_calls calls = {on_next, on_result, on_unreachable, on_script_done};
    struct script_options options = {.connect_timeout_ms = 5000,
                                     .step_timeout_ms = 60000,
                                     .retry_first_ms = 10,
                                     .retry_most_ms = 200};
    int r = make_conninfos(cluster);

    if (r < 0)
        return r;
    options.conninfo = cluster->admin_conninfo;
    return script_start(cluster->base, &options, &calls, cluster, &cluster->script);
}

/* --- the postmaster ------------------------------------------------------------------------ */

static int spawn_postmaster(struct cluster *cluster)
{
    AUTO(free_ptr) char *program = NULL;
    int r;

    cluster_files_remove_stale(&cluster->files);
    r = cluster_files_configure(&cluster->files);
    if (r < 0)
        return r;
    cluster_files_remove_stale(&cluster->files); /* in the socket's folder */
    cluster_files_begin_log(&cluster->files);
    if (asprintf(&program, "%s/postgres", cluster->files.bin) < 0) {
        program = NULL;
        return -ENOMEM;
    }
    return process_spawn(&cluster->process, cluster->base,
                         (const char *const[]){program, "-D", cluster->files.data, NULL},
                         cluster->files.log, false);
}

/* One that outlived the goald that started it. */
static int adopt_postmaster(struct cluster *cluster, pid_t pid)
{
    int r = process_adopt(&cluster->process, cluster->base, pid);

    if (r < 0)
        return r == -ESRCH ? -EAGAIN : r;
    if (!cluster_files_is_postmaster(&cluster->files, pid))
        r = -EAGAIN;
    if (r == 0)
        r = cluster_files_read_socket_dir(&cluster->files);
    if (r < 0) {
        process_done(&cluster->process);
        return r;
    }
    cluster_files_begin_log(&cluster->files);
    log_notice("private cluster: postgres %d still runs", (int)pid);
    return 0;
}

static void start_postmaster(struct cluster *cluster)
{
    pid_t pid = cluster_files_postmaster(&cluster->files);
    int r = pid > 0 ? adopt_postmaster(cluster, pid) : spawn_postmaster(cluster);

    cluster->state = CLUSTER_STARTING;
    cluster->started_at = pg_now_us();
    cluster->complained[0] = '\0';
    if (r == 0)
        r = start_script(cluster);
    if (r == -EAGAIN) /* it is only just starting, or ending */
        pg_timer_set(cluster->timer, RESTART_FIRST_MS);
    else if (r < 0)
        fail(cluster, "starting postgres", strerror(-r));
}

static void restart_later(struct cluster *cluster)
{
    int delay = RESTART_FIRST_MS;

    if (pg_now_us() - cluster->started_at > STABLE_US)
        cluster->attempts = 0;
    for (unsigned i = 0; i < cluster->attempts && delay < RESTART_MOST_MS; i++)
        delay *= 2;
    cluster->attempts++;
    cluster->state = CLUSTER_WAITING;
    pg_timer_set(cluster->timer, delay < RESTART_MOST_MS ? delay : RESTART_MOST_MS);
}

static void on_postmaster_end(struct cluster *cluster, const char *how)
{
    char words[512];

    script_free(STEAL(cluster->script));
    cluster_files_last_words(&cluster->files, words, sizeof(words));
    if (!cluster->was_ready && cluster->attempts + 1 >= START_ATTEMPTS) {
        fail_with_log(cluster, "postgres does not start");
        return;
    }
    log_warning("private cluster: postgres %s: %s", how, words);
    restart_later(cluster);
}

/* --- initdb -------------------------------------------------------------------------------- */

static int start_initdb(struct cluster *cluster)
{
    AUTO(free_ptr) char *program = NULL;
    int r = cluster_files_prepare(&cluster->files);

    if (r < 0)
        return r;
    if (asprintf(&program, "%s/initdb", cluster->files.bin) < 0) {
        program = NULL;
        return -ENOMEM;
    }
    cluster->state = CLUSTER_MAKING;
    cluster_files_begin_log(&cluster->files);
    log_notice("private cluster: making %s", cluster->files.data);
    return process_spawn(&cluster->process, cluster->base,
                         (const char *const[]){program, "-D", cluster->files.making, "-U",
                                               "goald_owner", "--auth=peer", "--locale=C",
                                               "--encoding=UTF8", "--data-checksums",
                                               "--no-instructions", NULL},
                         cluster->files.log, true);
}

static void on_initdb_end(struct cluster *cluster, const char *how)
{
    int r;

    if (strcmp(how, "exited with 0") != 0) {
        fail_with_log(cluster, "initdb failed");
        return;
    }
    r = cluster_files_accept(&cluster->files);
    if (r < 0)
        fail(cluster, cluster->files.data, strerror(-r));
    else
        start_postmaster(cluster);
}

static void on_end(void *arg, const char *how)
{
    struct cluster *cluster = arg;

    if (cluster->state == CLUSTER_MAKING)
        on_initdb_end(cluster, how);
    else if (cluster->state != CLUSTER_STOPPED)
        on_postmaster_end(cluster, how);
}

static void on_timer(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    start_postmaster(arg);
}

/* --- the outside --------------------------------------------------------------------------- */

static int start(struct cluster *cluster, char **ret_message)
{
    int r;

    cluster->timer = event_new(cluster->base, -1, 0, on_timer, cluster);
    if (!cluster->timer)
        return -ENOMEM;
    r = cluster_files_init(&cluster->files, cluster->options.state_directory,
                           cluster->options.bin_directory, ret_message);
    if (r < 0)
        return r;
    if (cluster_files_exist(&cluster->files)) {
        cluster->state = CLUSTER_WAITING;
        pg_timer_set(cluster->timer, 0);
        return 0;
    }
    r = start_initdb(cluster);
    if (r < 0 && asprintf(ret_message, "%s: %s", cluster->files.root, strerror(-r)) < 0)
        *ret_message = NULL;
    return r;
}

int cluster_start(struct event_base *base, const struct cluster_options *options,
                  struct cluster **ret_cluster, char **ret_message)
{
    struct cluster *cluster = calloc(1, sizeof(*cluster));
    char *message = NULL;
    int r;

    if (!cluster) {
        *ret_message = NULL;
        return -ENOMEM;
    }
    cluster->base = base;
    cluster->options = *options;
    cluster->files.lock_fd = -1;
    process_init(&cluster->process, on_end, cluster);
    r = start(cluster, &message);
    if (r < 0) {
        cluster_free(cluster);
        *ret_message = message;
        return r;
    }
    *ret_cluster = cluster;
    return 0;
}

const char *cluster_conninfo(const struct cluster *cluster)
{
    return cluster->conninfo;
}

const char *cluster_owner_conninfo(const struct cluster *cluster)
{
    return cluster->owner_conninfo;
}

int cluster_stop(struct cluster *cluster, int timeout_ms)
{
    bool making = cluster->state == CLUSTER_MAKING;
    int r;

    cluster->state = CLUSTER_STOPPED;
    pg_timer_set(cluster->timer, -1);
    script_free(STEAL(cluster->script));
    process_signal(&cluster->process, making ? SIGKILL : SIGINT);
    r = process_wait(&cluster->process, timeout_ms);
    if (r == 0)
        cluster_files_remove_socket_dir(&cluster->files);
    return r;
}

void cluster_free(struct cluster *cluster)
{
    if (!cluster)
        return;
    if (cluster->state == CLUSTER_MAKING) /* of no use to the next goald */
        process_signal(&cluster->process, SIGKILL);
    script_free(cluster->script);
    process_done(&cluster->process);
    if (cluster->timer)
        event_free(cluster->timer);
    cluster_files_done(&cluster->files);
    free(cluster->conninfo);
    free(cluster->owner_conninfo);
    free(cluster->admin_conninfo);
    free(cluster);
}
