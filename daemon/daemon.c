/*
 * The running daemon: socket, private cluster or configured database, store, methods, signals. The
 * struct daemon owns all of them; daemon_stop() lets go in the opposite order.
 *
 * The socket listens first: who calls before the database is there is told so. READY goes out once
 * everything is loaded, or when a database that is not ours has not answered for a while.
 */
#include "daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/mailaddress.h"
#include "db/cluster.h"
#include "db/migrate.h"
#include "db/moment.h"
#include "db/store.h"
#include "log.h"
#include "methods/cache.h"
#include "methods/import.h"
#include "methods/restore.h"
#include "methods/watch.h"
#include "methods/table.h"
#include "notify.h"
#include "privileges.h"
#include "server.h"
#include "wire/interfaces.h"

#define READY_ANYWAY_S 10
#define CLUSTER_STOP_MS 30000
#define POOL_IDLE_MS 60000
#define FOLLOW_CONNECTIONS 3 /* loads of two strategies do not keep the poll waiting */

struct daemon {
    struct config *config;
    struct event_base *base;
    struct event *signals[3], *ready_timer, *watchdog;
    struct service_method *handlers; /* method_table as the service wants it */
    struct service *service;
    struct server *server;
    struct cluster *cluster;
    struct migrate *migrate;
    struct pool *pool;
    struct store *store;
    struct tracker tracker;
    char realm[HOST_NAME_MAX + 1];
    char mail_from[MAILADDRESS_SIZE]; /* unless the configuration says another one */
    bool ready, draining;
    int status;
};

static void daemon_fail(struct daemon *daemon, const char *message)
{
    log_error("%s", message);
    daemon->status = EXIT_FAILURE;
    event_base_loopbreak(daemon->base);
}

/* --- what the server knows, for GetServerStatus --- */

static void status_user(void *arg, uid_t uid, int connections)
{
    json_array_append_new(
        arg, json_pack("{s:I,s:i}", "uid", (json_int_t)uid, "connections", connections));
}

static void server_status(void *arg, json_t *status)
{
    struct daemon *daemon = arg;
    struct server_stats stats;
    json_t *users = json_array();

    server_stats(daemon->server, &stats);
    server_each_user(daemon->server, status_user, users);
    json_object_set_new(status, "connections", json_integer(stats.connections));
    json_object_set_new(status, "connectionsRefused", json_integer((json_int_t)stats.rejected));
    json_object_set_new(status, "calls", json_integer((json_int_t)stats.calls));
    json_object_set_new(status, "users", users);
}

/* --- readiness --- */

static void daemon_say_ready(struct daemon *daemon)
{
    if (daemon->ready)
        return;
    log_notice("ready on %s", daemon->config->address);
    daemon->ready = true;
    notify_ready();
}

static void daemon_loaded(void *arg)
{
    struct daemon *daemon = arg;
    struct slot *const *slots;
    size_t n = store_strategies(daemon->store, &slots);

    if (daemon->draining)
        return;
    notify_status("%zu strategies", n);
    daemon_say_ready(daemon);
}

/* Who waits for goald must not wait for a database that is somebody else's to mend. */
static void daemon_ready_anyway(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct daemon *daemon = arg;

    if (daemon->ready || daemon->cluster)
        return;
    notify_status("waiting for the database");
    daemon_say_ready(daemon);
}

/* --- the database --- */

static void pool_reachable(void *arg, bool reachable)
{
    struct daemon *daemon = arg;

    if (daemon->draining)
        return;
    if (reachable)
        log_notice("the database is reachable");
    else
        log_warning("the database is out of reach: %s",
                    daemon->pool ? pool_last_error(daemon->pool) : "");
    notify_status(reachable ? "database reachable" : "database out of reach");
}

static void pool_connected(void *arg, enum pool_use use)
{
    store_connected(((struct daemon *)arg)->store, use);
}

static void pool_notified(void *arg, const char *channel, const char *payload)
{
    store_notified(((struct daemon *)arg)->store, channel, payload);
}

static void start_store(struct daemon *daemon)
{
    const struct config *config = daemon->config;
    struct pool_options options = {
        .conninfo = daemon->cluster ? cluster_conninfo(daemon->cluster) : config->database,
        .size = {[POOL_WRITE] = config->pool_writers,
                 [POOL_READ] = config->pool_readers,
                 [POOL_IMPORT] = config->pool_imports,
                 [POOL_FOLLOW] = FOLLOW_CONNECTIONS,
                 [POOL_LISTEN] = 1},
        .connect_timeout_ms = config->connect_timeout,
        .query_timeout_ms = config->query_timeout,
        .wait_timeout_ms = config->wait_timeout,
        .idle_ms = POOL_IDLE_MS,
        .connected = pool_connected,
        .reachable = pool_reachable,
        .notified = pool_notified,
        .arg = daemon,
    };

    if (pool_new(daemon->base, &options, &daemon->pool) < 0) {
        daemon_fail(daemon, "the database's address cannot be used; see `database`");
        return;
    }
    store_start(daemon->store, daemon->pool);
}

static void migrate_finished(void *arg, int error, const char *message)
{
    struct daemon *daemon = arg;

    if (error < 0)
        daemon_fail(daemon, message);
    else
        start_store(daemon);
}

/* The role that a conninfo connects as, to be granted what the daemon needs. Owned by the caller;
 * NULL if it does not say. */
static char *conninfo_user(const char *conninfo)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL), *option;
    char *user = NULL;

    for (option = options; option && option->keyword; option++) {
        if (strcmp(option->keyword, "user") == 0 && option->val)
            user = strdup(option->val);
    }
    PQconninfoFree(options);
    return user;
}

static void start_migrate(struct daemon *daemon)
{
    const char *database =
        daemon->cluster ? cluster_conninfo(daemon->cluster) : daemon->config->database;
    const char *owner =
        daemon->cluster ? cluster_owner_conninfo(daemon->cluster) : daemon->config->owner_database;
    AUTO(free_ptr) char *user = conninfo_user(database);

    if (!*owner) {
        start_store(daemon);
        return;
    }
    if (!user) {
        daemon_fail(daemon, "`database` must name the daemon's role (user=…) when "
                            "`owner_database` is given");
        return;
    }
    if (migrate_start(daemon->base, owner, user, migrate_finished, daemon, &daemon->migrate) < 0)
        daemon_fail(daemon, "the owner's database address cannot be used; see `owner_database`");
}

/* The private cluster accepts connections: for the first time, or again. */
static void cluster_is_ready(void *arg)
{
    struct daemon *daemon = arg;

    if (daemon->pool)
        pool_wake(daemon->pool);
    else if (!daemon->migrate)
        start_migrate(daemon);
}

static void cluster_has_failed(void *arg, const char *message)
{
    daemon_fail(arg, message);
}

static int start_cluster(struct daemon *daemon)
{
    struct cluster_options options = {
        .state_directory = daemon->config->state_directory,
        .bin_directory = *daemon->config->postgresql_bin_directory
                             ? daemon->config->postgresql_bin_directory
                             : NULL,
        .ready = cluster_is_ready,
        .failed = cluster_has_failed,
        .arg = daemon,
    };
    AUTO(free_ptr) char *message = NULL;
    int r;

    notify_status("starting the private PostgreSQL cluster");
    r = cluster_start(daemon->base, &options, &daemon->cluster, &message);
    if (r < 0)
        log_error("%s", message ? message : strerror(-r));
    return r;
}

/* --- the service --- */

static const struct answer *gate(struct call *call)
{
    return methods_gate(call);
}

static int make_service(struct daemon *daemon)
{
    struct service_interface interfaces[2] = {{.description = interface_io_goald_Tracker}};
    struct service_options options = {
        .vendor = "goald",
        .product = "goald",
        .version = GOALD_VERSION,
        .url = "https://goald.io/",
        .interfaces = interfaces,
        .data = &daemon->tracker,
        .gate = gate,
        .lookup = cache_lookup,
        .left = imports_left,
    };
    char error[SERVICE_ERROR_SIZE];

    daemon->handlers = calloc(method_count + 1, sizeof(*daemon->handlers));
    if (!daemon->handlers)
        return -ENOMEM;
    for (size_t i = 0; i < method_count; i++) {
        daemon->handlers[i].name = method_table[i].name;
        daemon->handlers[i].handler = method_table[i].handler;
    }
    interfaces[0].methods = daemon->handlers;
    if (service_new(&options, &daemon->service, error) < 0) {
        log_error("%s", error);
        return -EINVAL;
    }
    return 0;
}

static struct server_limits limits_of(const struct config *config)
{
    struct server_limits limits = SERVER_DEFAULT_LIMITS;

    limits.connections = config->max_connections;
    limits.connections_per_user = config->max_connections_per_user;
    limits.conn.message = config->message_limit;
    limits.conn.output = config->output_limit;
    limits.conn.user = config->buffer_limit_per_user;
    limits.conn.read_timeout_ms = config->read_timeout;
    limits.conn.write_timeout_ms = config->write_timeout;
    return limits;
}

static void daemon_drain(struct daemon *daemon);

static void server_ended(void *arg)
{
    daemon_drain(arg);
}

static int make_server(struct daemon *daemon)
{
    struct server_options options = {
        .base = daemon->base,
        .service = daemon->service,
        .address = daemon->config->address,
        .limits = limits_of(daemon->config),
        .ended = server_ended,
        .arg = daemon,
    };
    char error[SERVICE_ERROR_SIZE];

    if (server_new(&options, &daemon->server, error) < 0) {
        log_error("%s", error);
        return -EINVAL;
    }
    return 0;
}

/* At the start there is somebody to read it; later the database may yet be mended. */
static void store_complains(void *arg)
{
    struct daemon *daemon = arg;

    if (daemon->ready)
        return;
    daemon->status = EXIT_FAILURE;
    event_base_loopbreak(daemon->base);
}

/* Whom mails come from; a host without a name that can stand in an address is localhost. */
static const char *own_mailbox(struct daemon *daemon)
{
    char host[HOST_NAME_MAX + 1] = "";

    if (*daemon->config->mail_from)
        return daemon->config->mail_from;
    if (gethostname(host, sizeof(host)) < 0)
        *host = '\0';
    snprintf(daemon->mail_from, sizeof(daemon->mail_from), "goald@%s", host);
    if (!mailaddress_valid(daemon->mail_from))
        snprintf(daemon->mail_from, sizeof(daemon->mail_from), "goald@localhost");
    return daemon->mail_from;
}

static int make_tracker(struct daemon *daemon)
{
    const struct config *config = daemon->config;
    struct store_options options = {
        .base = daemon->base,
        .realm = daemon->realm,
        .poll_interval_ms = config->poll_interval,
        .in_doubt_ms = config->in_doubt_timeout,
        .write_queue = config->write_queue,
        .private_cluster = !*config->database,
        .complained = store_complains,
        .arg = daemon,
    };

    if (*config->realm)
        snprintf(daemon->realm, sizeof(daemon->realm), "%s", config->realm);
    else if (gethostname(daemon->realm, sizeof(daemon->realm)) < 0)
        return -errno;
    if (store_new(&options, &daemon->store) < 0 ||
        cache_new(config->cache_size, &daemon->tracker.cache) < 0 ||
        imports_new(daemon->base, &daemon->tracker.imports) < 0 ||
        watches_new(daemon->store, &daemon->tracker.watches) < 0 ||
        moments_new(daemon->base, daemon->store, &daemon->tracker.moments) < 0)
        return -ENOMEM;
    daemon->tracker.store = daemon->store;
    daemon->tracker.realm = daemon->realm;
    daemon->tracker.own_uid = getuid();
    daemon->tracker.import_limit = config->import_limit;
    daemon->tracker.mail_from = own_mailbox(daemon);
    daemon->tracker.mail_in = config->mail_in;
    daemon->tracker.started_us = monotonic_us();
    daemon->tracker.server_status = server_status;
    daemon->tracker.server_arg = daemon;
    store_on_loaded(daemon->store, daemon_loaded, daemon);
    return 0;
}

/* --- signals --- */

static void daemon_reload(struct daemon *daemon)
{
    AUTO(free_ptr) char *message = NULL;
    struct config *config = daemon->config;
    struct server_limits limits;
    int r;

    notify_reloading();
    r = config_reload(config, &message);
    if (message)
        log_line(r < 0 ? LOG_ERR : LOG_WARNING, "%s", message);
    if (r == 0) {
        log_set_level(config->log_level);
        limits = limits_of(config);
        server_set_limits(daemon->server, &limits);
        store_set_limits(daemon->store, config->write_queue, config->poll_interval);
        cache_set_limit(daemon->tracker.cache, config->cache_size);
        daemon->tracker.import_limit = config->import_limit;
        log_notice("configuration read again");
    }
    notify_ready();
}

static void daemon_drained(void *arg)
{
    struct daemon *daemon = arg;

    event_base_loopbreak(daemon->base);
}

static void daemon_drain(struct daemon *daemon)
{
    if (daemon->draining)
        return;
    daemon->draining = true;
    log_notice("stopping");
    notify_stopping();
    notify_status("letting running calls end");
    server_drain(daemon->server, daemon->config->drain_timeout, daemon_drained, daemon);
}

static void on_signal(evutil_socket_t number, short events UNUSED, void *arg)
{
    if (number == SIGHUP)
        daemon_reload(arg);
    else
        daemon_drain(arg);
}

static int watch_signals(struct daemon *daemon)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        daemon->signals[i] = evsignal_new(daemon->base, numbers[i], on_signal, daemon);
        if (!daemon->signals[i] || event_add(daemon->signals[i], NULL) < 0)
            return -ENOMEM;
    }
    daemon->ready_timer = evtimer_new(daemon->base, daemon_ready_anyway, daemon);
    if (!daemon->ready_timer ||
        event_add(daemon->ready_timer, &(struct timeval){.tv_sec = READY_ANYWAY_S}) < 0)
        return -ENOMEM;
    return notify_watchdog_start(daemon->base, &daemon->watchdog);
}

/* --- life --- */

/* The path of a socket that we have to make ourselves, or NULL. */
static const char *own_socket_path(const struct config *config)
{
    const char *path =
        strncmp(config->address, "unix:", 5) == 0 ? config->address + 5 : config->address;

    return *path == '/' && sd_listen_fds(0) <= 0 ? path : NULL;
}

static int become_unprivileged(const struct config *config)
{
    struct privileges_options options = {
        .user = config->user,
        .state_directory = *config->database ? NULL : config->state_directory,
        .socket_path = own_socket_path(config),
    };
    AUTO(free_ptr) char *message = NULL;
    int r = privileges_drop(&options, &message);

    if (r < 0)
        log_error("%s", message ? message : strerror(-r));
    return r;
}

static int daemon_start(struct daemon *daemon)
{
    int r = become_unprivileged(daemon->config);

    if (r < 0)
        return r;
    daemon->base = event_base_new();
    if (!daemon->base)
        return -ENOMEM;
    r = watch_signals(daemon);
    if (r == 0)
        r = make_tracker(daemon);
    if (r == 0)
        r = make_service(daemon);
    if (r == 0)
        r = make_server(daemon);
    if (r < 0)
        return r;
    if (!*daemon->config->database)
        return start_cluster(daemon);
    start_migrate(daemon);
    return 0;
}

static void daemon_stop(struct daemon *daemon)
{
    if (daemon->store)
        store_stop(daemon->store);
    server_free(daemon->server);
    migrate_free(daemon->migrate);
    pool_close(daemon->pool);
    moments_free(daemon->tracker.moments); /* after the connections and their calls */
    imports_free(daemon->tracker.imports);
    restore_free(&daemon->tracker);
    watches_free(daemon->tracker.watches);
    store_free(daemon->store); /* whose answers to what still waits tell of the last contact */
    pool_free(daemon->pool);
    cache_free(daemon->tracker.cache);
    if (daemon->cluster && cluster_stop(daemon->cluster, CLUSTER_STOP_MS) < 0)
        log_warning("the private cluster did not stop in time; it goes on stopping by itself");
    cluster_free(daemon->cluster);
    service_free(daemon->service);
    free(daemon->handlers);
    for (size_t i = 0; i < ARRAY_LEN(daemon->signals); i++) {
        if (daemon->signals[i])
            event_free(daemon->signals[i]);
    }
    if (daemon->ready_timer)
        event_free(daemon->ready_timer);
    if (daemon->watchdog)
        event_free(daemon->watchdog);
    if (daemon->base)
        event_base_free(daemon->base);
}

int daemon_run(struct config *config)
{
    struct daemon daemon = {.config = config, .status = EXIT_SUCCESS};

    log_info("goald " GOALD_VERSION " starts");
    if (daemon_start(&daemon) < 0)
        daemon.status = EXIT_FAILURE;
    else if (daemon.status == EXIT_SUCCESS)
        event_base_dispatch(daemon.base);
    if (daemon.status == EXIT_SUCCESS)
        log_notice("stopped");
    daemon_stop(&daemon);
    return daemon.status;
}
