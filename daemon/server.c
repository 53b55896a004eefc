/*
 * The server: its listening sockets, the list of its connections and the users' counts.
 *
 * Out of descriptors or memory it stops accepting for a second instead of spinning on a socket that
 * stays readable; who waits in the backlog is served then.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <uthash.h>

#include "log.h"
#include "wire/address.h"

enum {
    LISTENERS_MAX = 8,
    ACCEPT_A_TURN = 64, /* then the open connections' turn */
    ACCEPT_PAUSE_S = 1, /* when descriptors ran out */
    REJECT_LOG_S = 10,  /* rejected connections are logged at most this often */
    OTHER_FILES = 48,   /* descriptors for the database, the log and the like */
};

struct user {
    struct conn_user shared;
    uid_t uid;
    int connections;
    UT_hash_handle hh;
};

/* What conn_data() points to: a connection's place in the server's books. */
struct served {
    struct conn *conn;
    struct user *user;
    struct served *prev, *next;
};

struct server {
    struct conn_owner owner; /* first: conn.c hands it back */
    struct server_options options;
    struct event *listeners[LISTENERS_MAX];
    int listener_count;
    struct address address; /* our own, to be removed again; len 0: none */
    struct stat file;       /* the socket we made there */
    struct served *served;
    struct user *users;
    int connections;
    int files;         /* descriptors that connections may take */
    struct conn *only; /* the one connection of Accept=yes */
    struct event *resume, *drain;
    bool paused, draining;
    bool tags; /* the kernel knows user.varlink on sockets */
    uint64_t accepted, rejected, rejected_logged;
    time_t reject_logged_at;
    void (*drained)(void *arg);
    void *drained_arg;
};

static time_t now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

static struct user *server_user(struct server *server, uid_t uid)
{
    struct user *user;

    HASH_FIND(hh, server->users, &uid, sizeof(uid), user);
    if (user)
        return user;
    user = calloc(1, sizeof(*user));
    if (!user)
        return NULL;
    conn_user_init(&user->shared);
    user->uid = uid;
    HASH_ADD(hh, server->users, uid, sizeof(user->uid), user);
    return user;
}

static void server_forget_user(struct server *server, struct user *user)
{
    if (user->connections > 0)
        return;
    HASH_DEL(server->users, user);
    free(user);
}

static void server_remove(struct server *server, struct served *served)
{
    if (served->next)
        served->next->prev = served->prev;
    *(served->prev ? &served->prev->next : &server->served) = served->next;
    served->user->connections--;
    server_forget_user(server, served->user);
    server->connections--;
    free(served);
}

static void conn_closed(struct conn_owner *owner, struct conn *conn)
{
    struct server *server = (struct server *)owner;

    server_remove(server, conn_data(conn));
    if (server->draining && server->connections == 0)
        event_active(server->drain, EV_TIMEOUT, 0);
    if (conn == server->only) {
        server->only = NULL;
        if (server->options.ended)
            server->options.ended(server->options.arg);
    }
}

/* Puts a connected socket into the books; takes the descriptor in any case. */
static int server_add(struct server *server, int fd, const struct peer *peer, struct user *user,
                      struct conn **ret_conn)
{
    AUTO(free_ptr) struct served *served = calloc(1, sizeof(*served));
    int r;

    if (!served) {
        close(fd);
        return -ENOMEM;
    }
    r = conn_new(&server->owner, &user->shared, fd, peer, &served->conn);
    if (r < 0)
        return r;
    *ret_conn = served->conn;
    served->user = user;
    served->next = server->served;
    if (served->next)
        served->next->prev = served;
    server->served = served;
    user->connections++;
    server->connections++;
    server->accepted++;
    conn_set_data(*ret_conn, STEAL(served));
    return 0;
}

static int read_peer(int fd, struct peer *ret_peer)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
        return -errno;
    *ret_peer = (struct peer){.uid = cred.uid, .gid = cred.gid, .pid = cred.pid};
    return 0;
}

static void log_rejected(struct server *server, uid_t uid)
{
    time_t now = now_s();

    server->rejected++;
    if (server->reject_logged_at != 0 && now < server->reject_logged_at + REJECT_LOG_S)
        return;
    log_warning("too many connections: %d, %llu rejected since the last such line, now one of "
                "uid %u",
                server->connections,
                (unsigned long long)(server->rejected - server->rejected_logged), (unsigned)uid);
    server->reject_logged_at = now;
    server->rejected_logged = server->rejected;
}

static bool server_has_room(const struct server *server, const struct user *user)
{
    return server->connections < server->options.limits.connections &&
           user->connections < server->options.limits.connections_per_user;
}

/* An accepted socket becomes a connection, if there is room. */
static int server_admit(struct server *server, int fd, struct conn **ret_conn)
{
    struct peer peer;
    struct user *user;
    int r = read_peer(fd, &peer);

    if (r < 0) {
        close(fd);
        return r;
    }
    user = server_user(server, peer.uid);
    if (user && server_has_room(server, user)) {
        r = server_add(server, fd, &peer, user, ret_conn);
    } else {
        close(fd);
        r = user ? -EUSERS : -ENOMEM;
        if (user)
            log_rejected(server, peer.uid);
    }
    if (user)
        server_forget_user(server, user);
    return r;
}

static void server_listen(struct server *server, bool on)
{
    for (int i = 0; i < server->listener_count; i++)
        if ((on ? event_add(server->listeners[i], NULL) : event_del(server->listeners[i])) < 0)
            log_error("can't change what is listened to: out of memory");
}

static void server_pause(struct server *server, int error)
{
    const struct timeval delay = {.tv_sec = ACCEPT_PAUSE_S};

    if (!server->paused)
        log_error("can't accept connections, trying again every %d s: %s", ACCEPT_PAUSE_S,
                  strerror(error));
    server->paused = true;
    server_listen(server, false);
    event_add(server->resume, &delay);
}

static void on_resume(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct server *server = arg;

    if (!server->draining)
        server_listen(server, true);
}

/* Accepts one. False: no more for now. */
static bool server_accept(struct server *server, int listener)
{
    struct conn *conn;
    int fd, r;

    if (server->connections >= server->files) {
        server_pause(server, EMFILE);
        return false;
    }
    fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EAGAIN)
            return false;
        if (errno == EINTR || errno == ECONNABORTED)
            return true;
        server_pause(server, errno);
        return false;
    }
    server->paused = false;
    if (server->tags)
        (void)address_tag(fd, "server");
    r = server_admit(server, fd, &conn);
    if (r < 0 && r != -EUSERS)
        log_error("can't serve a connection: %s", strerror(-r));
    return true;
}

static void on_accept(evutil_socket_t fd, short what UNUSED, void *arg)
{
    for (int i = 0; i < ACCEPT_A_TURN && server_accept(arg, fd); i++)
        ;
}

static int add_listener(struct server *server, int fd)
{
    struct event *event;

    event = event_new(server->owner.base, fd, EV_READ | EV_PERSIST, on_accept, server);
    if (!event || event_add(event, NULL) < 0) {
        if (event)
            event_free(event);
        close(fd);
        return -ENOMEM;
    }
    server->listeners[server->listener_count++] = event;
    server->tags = address_tag(fd, "listen") == 0;
    return 0;
}

static int listen_on_address(struct server *server, char *error)
{
    const char *text = server->options.address;
    struct address address;
    int fd, r = text ? address_parse(text, &address) : -EINVAL;

    if (r == 0)
        r = address_listen(&address, &fd);
    if (r < 0) {
        snprintf(error, SERVICE_ERROR_SIZE, "%s: %s", text ? text : "no address", address_error(r));
        return r;
    }
    r = add_listener(server, fd);
    if (r == 0 && address_path(&address) && stat(address_path(&address), &server->file) == 0)
        server->address = address;
    return r;
}

static int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* A socket that the service manager passed: it listens, or it is a connection already. */
static int take_passed(struct server *server, int fd, char *error)
{
    int r = sd_is_socket(fd, AF_UNIX, SOCK_STREAM, -1) > 0 ? set_nonblocking(fd) : -ENOTSOCK;

    if (r == 0 && sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0)
        r = server->listener_count < LISTENERS_MAX ? add_listener(server, fd) : -E2BIG;
    else if (r == 0)
        r = server->only ? -E2BIG : server_admit(server, fd, &server->only);
    if (r < 0)
        snprintf(error, SERVICE_ERROR_SIZE, "socket %d of LISTEN_FDS: %s", fd,
                 r == -ENOTSOCK ? "not a Unix stream socket" : strerror(-r));
    return r;
}

static void free_names(char ***names)
{
    for (char **name = *names; name && *name; name++)
        free(*name);
    free(*names);
}

/* With several passed, those named "varlink" are meant. Returns how many were taken. */
static int listen_on_passed(struct server *server, char *error)
{
    AUTO(free_names) char **names = NULL;
    int n = sd_listen_fds_with_names(1, &names), taken = 0;

    for (int i = 0; i < n; i++) {
        int r;

        if (n > 1 && strcmp(names[i], "varlink") != 0)
            continue;
        r = take_passed(server, SD_LISTEN_FDS_START + i, error);
        if (r < 0)
            return r;
        taken++;
    }
    if (n > 0 && taken == 0) {
        snprintf(error, SERVICE_ERROR_SIZE, "none of LISTEN_FDS' sockets is named varlink");
        return -EINVAL;
    }
    if (n < 0)
        snprintf(error, SERVICE_ERROR_SIZE, "LISTEN_FDS: %s", strerror(-n));
    return n < 0 ? n : taken;
}

/* Returns the limit. */
static rlim_t raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return RLIM_INFINITY;
    if (limit.rlim_cur != limit.rlim_max) {
        rlim_t before = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
            log_warning("can't raise the limit of open files: %s", strerror(errno));
            return before;
        }
    }
    return limit.rlim_cur;
}

/* The database's connections must not lack descriptors because clients have them all. */
static void reserve_files(struct server *server)
{
    rlim_t limit = raise_file_limit();

    server->files = INT_MAX;
    if (limit >= INT_MAX)
        return;
    server->files = (int)limit > 2 * OTHER_FILES ? (int)limit - OTHER_FILES : (int)limit / 2;
    if (server->files < server->options.limits.connections)
        log_warning("max_connections is %d, but the limit of open files, %d, leaves room for %d",
                    server->options.limits.connections, (int)limit, server->files);
}

static void close_all(struct server *server)
{
    while (server->served) {
        conn_free(server->served->conn);
        server_remove(server, server->served);
    }
}

static void close_listeners(struct server *server)
{
    const char *path = server->address.len > 0 ? address_path(&server->address) : NULL;
    struct stat st;

    for (int i = 0; i < server->listener_count; i++) {
        int fd = event_get_fd(server->listeners[i]);

        event_free(server->listeners[i]);
        close(fd);
    }
    server->listener_count = 0;
    server->address.len = 0;
    /* the file may be another program's by now */
    if (path && stat(path, &st) == 0 && st.st_dev == server->file.st_dev &&
        st.st_ino == server->file.st_ino)
        unlink(path);
}

static void on_drained(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct server *server = arg;

    event_del(server->drain);
    close_all(server);
    server->drained(server->drained_arg);
}

static int make_events(struct server *server)
{
    server->resume = evtimer_new(server->owner.base, on_resume, server);
    server->drain = evtimer_new(server->owner.base, on_drained, server);
    return server->resume && server->drain ? conn_owner_init(&server->owner) : -ENOMEM;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    close_listeners(server);
    close_all(server);
    if (server->resume)
        event_free(server->resume);
    if (server->drain)
        event_free(server->drain);
    conn_owner_done(&server->owner);
    free(server);
}

static void server_freep(struct server **server)
{
    server_free(*server);
}

int server_new(const struct server_options *options, struct server **ret_server,
               char ret_error[SERVICE_ERROR_SIZE])
{
    AUTO(server_freep) struct server *server = calloc(1, sizeof(*server));
    int r;

    if (!server)
        return -ENOMEM;
    server->options = *options;
    server->owner.base = options->base;
    server->owner.service = options->service;
    server->owner.closed = conn_closed;
    server_set_limits(server, &options->limits);
    r = make_events(server);
    if (r < 0)
        return r;
    reserve_files(server);
    r = listen_on_passed(server, ret_error);
    if (r == 0)
        r = listen_on_address(server, ret_error);
    if (r < 0)
        return r;
    *ret_server = STEAL(server);
    return 0;
}

void server_set_limits(struct server *server, const struct server_limits *limits)
{
    server->options.limits = *limits;
    server->owner.limits = limits->conn;
}

void server_drain(struct server *server, int deadline_ms, void (*done)(void *arg), void *arg)
{
    const struct timeval delay = {deadline_ms / 1000, deadline_ms % 1000 * 1000};

    server->draining = true;
    server->drained = done;
    server->drained_arg = arg;
    event_del(server->resume);
    close_listeners(server);
    if (event_add(server->drain, &delay) < 0 || server->connections == 0)
        event_active(server->drain, EV_TIMEOUT, 0);
    for (struct served *served = server->served; served; served = served->next)
        conn_drain(served->conn);
}

void server_stats(const struct server *server, struct server_stats *ret_stats)
{
    *ret_stats = (struct server_stats){
        .connections = server->connections,
        .listening = server->listener_count > 0 && !server->paused,
        .accepted = server->accepted,
        .rejected = server->rejected,
        .calls = server->owner.calls,
        .cached = server->owner.cached,
        .refused = server->owner.refused,
    };
}

void server_each_user(const struct server *server,
                      void (*user)(void *arg, uid_t uid, int connections), void *arg)
{
    for (const struct user *u = server->users; u; u = u->hh.next)
        user(arg, u->uid, u->connections);
}
