/*
 * The server on a socket of its own: who is let in, how users are counted, and how it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "log.h"
#include "server.h"
#include "wire/address.h"

#define PING "{\"method\":\"a.b.Ping\"}"
#define HANG "{\"method\":\"a.b.Hang\"}"

static char folder[] = "/tmp/test_conn_server.XXXXXX";
static char path[64];

static struct event_base *base;
static struct service *service;
static struct server *server;
static struct call *hanging;
static int drained, ended;

static const struct answer *ping(struct call *call)
{
    return call_reply(call, json_pack("{s:I}", "uid", (json_int_t)call->peer.uid));
}

static const struct answer *hang(struct call *call)
{
    hanging = call;
    return call_park(call);
}

static const struct service_method methods[] = {{"Ping", ping}, {"Hang", hang}, {}};
static const struct service_interface interfaces[] = {
    {"interface a.b\nmethod Ping() -> (uid: int)\nmethod Hang() -> ()\n", methods}, {}};

static void on_ended(void *arg UNUSED)
{
    ended++;
}

static void on_drained(void *arg UNUSED)
{
    drained++;
}

static struct server *start(struct server_limits limits)
{
    const struct server_options options = {
        .base = base, .service = service, .address = path, .limits = limits, .ended = on_ended};
    char error[SERVICE_ERROR_SIZE] = "";
    struct server *started = NULL;

    if (server_new(&options, &started, error) < 0)
        fail_msg("%s", error);
    return started;
}

static int setup(void **state UNUSED)
{
    const struct service_options options = {.interfaces = interfaces};
    char error[SERVICE_ERROR_SIZE];

    log_set_level(LOG_CRIT);
    drained = ended = 0;
    base = event_base_new();
    assert_int_equal(service_new(&options, &service, error), 0);
    server = start((struct server_limits)SERVER_DEFAULT_LIMITS);
    return 0;
}

static int teardown(void **state UNUSED)
{
    server_free(server);
    service_free(service);
    event_base_free(base);
    return 0;
}

static int make_folder(void **state UNUSED)
{
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/socket", folder);
    return 0;
}

static int remove_folder(void **state UNUSED)
{
    return rmdir(folder);
}

static void run(void)
{
    for (int i = 0; i < 50; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

static int connect_one(void)
{
    int fd;

    assert_int_equal(address_connect(path, &fd), 0);
    run();
    return fd;
}

static void tell(int fd, const char *frame)
{
    assert_int_equal(send(fd, frame, strlen(frame) + 1, MSG_NOSIGNAL), strlen(frame) + 1);
    run();
}

/* A frame, "" if nothing came, "(end)" if the server closed. */
static const char *heard(int fd)
{
    static char text[4096];
    ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN ? "" : "(end)";
    return n == 0 ? "(end)" : text;
}

static struct server_stats stats(void)
{
    struct server_stats now;

    server_stats(server, &now);
    return now;
}

static void caller_is_who_connected(void **state UNUSED)
{
    AUTO(close_fd) int fd = connect_one();
    char answer[64];

    tell(fd, PING);
    snprintf(answer, sizeof(answer), "{\"parameters\":{\"uid\":%u}}", (unsigned)getuid());
    assert_string_equal(heard(fd), answer);
}

static void count_one(void *arg, uid_t uid, int connections)
{
    assert_int_equal(uid, getuid());
    *(int *)arg += connections;
}

static void connections_are_counted_by_user(void **state UNUSED)
{
    AUTO(close_fd) int first = connect_one();
    int second = connect_one(), count = 0;

    server_each_user(server, count_one, &count);
    assert_int_equal(count, 2);
    assert_int_equal(stats().connections, 2);
    close(second);
    run();
    count = 0;
    server_each_user(server, count_one, &count);
    assert_int_equal(count, 1);
}

static void user_over_the_limit_is_turned_away(void **state UNUSED)
{
    struct server_limits limits = SERVER_DEFAULT_LIMITS;
    AUTO(close_fd) int first = -1;
    AUTO(close_fd) int second = -1;

    limits.connections_per_user = 1;
    server_set_limits(server, &limits);
    first = connect_one();
    second = connect_one();
    assert_string_equal(heard(second), "(end)");
    tell(first, PING);
    assert_string_not_equal(heard(first), "(end)");
    assert_int_equal(stats().rejected, 1);
}

static void room_that_is_left_is_given_again(void **state UNUSED)
{
    struct server_limits limits = SERVER_DEFAULT_LIMITS;
    AUTO(close_fd) int fd = -1;

    limits.connections = 1;
    server_set_limits(server, &limits);
    close(connect_one());
    run();
    fd = connect_one();
    assert_string_equal(heard(fd), "");
    assert_int_equal(stats().connections, 1);
}

/* As seen from outside: the connection waits in the backlog, and the loop does not spin. */
static void server_without_descriptors_waits_and_goes_on(void **state UNUSED)
{
    const struct timeval patience = {.tv_sec = 10};
    struct rlimit old, none;
    AUTO(close_fd) int fd = -1;
    AUTO(close_fd) int next_free = -1;

    assert_int_equal(address_connect(path, &fd), 0);
    next_free = dup(fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = (struct rlimit){(rlim_t)next_free + 1, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    run();
    assert_false(stats().listening);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    event_base_loopexit(base, &patience);
    for (int i = 0; i < 1000 && stats().accepted == 0; i++)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(stats().accepted, 1);
    assert_true(stats().listening);
}

static void file_limit_is_raised(void **state UNUSED)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, limit.rlim_max);
}

static void drain_closes_idle_connections_and_ends(void **state UNUSED)
{
    AUTO(close_fd) int fd = connect_one();

    server_drain(server, 60000, on_drained, NULL);
    assert_int_equal(drained, 0);
    run();
    assert_int_equal(drained, 1);
    assert_string_equal(heard(fd), "(end)");
}

static void drain_of_nobody_ends(void **state UNUSED)
{
    server_drain(server, 60000, on_drained, NULL);
    assert_int_equal(drained, 0);
    run();
    assert_int_equal(drained, 1);
}

static void drain_stops_listening_and_removes_the_socket(void **state UNUSED)
{
    int fd;

    server_drain(server, 60000, on_drained, NULL);
    assert_int_equal(address_connect(path, &fd), -ENOENT);
    assert_false(stats().listening);
}

static void drain_waits_for_running_calls(void **state UNUSED)
{
    AUTO(close_fd) int fd = connect_one();

    tell(fd, HANG);
    server_drain(server, 60000, on_drained, NULL);
    run();
    assert_int_equal(drained, 0);
    call_end(call_reply(hanging, json_object()));
    run();
    assert_int_equal(drained, 1);
    assert_string_equal(heard(fd), "{}");
}

static void drain_gives_up_at_the_deadline(void **state UNUSED)
{
    AUTO(close_fd) int fd = connect_one();

    tell(fd, HANG);
    server_drain(server, 10, on_drained, NULL);
    for (int i = 0; i < 100 && drained == 0; i++)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(drained, 1);
    assert_string_equal(heard(fd), "(end)");
    call_end(call_reply(hanging, json_object()));
}

static void socket_of_another_program_is_not_removed(void **state UNUSED)
{
    struct stat st;
    struct server *second;

    unlink(path);
    second = start((struct server_limits)SERVER_DEFAULT_LIMITS);
    server_free(server);
    server = second;
    assert_int_equal(stat(path, &st), 0);
}

/* Passes `fd` as a service manager would, as descriptor 3. */
static struct server *start_with(int fd)
{
    char pid[16];
    struct server *started;

    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    assert_int_equal(dup2(fd, 3), 3);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    started = start((struct server_limits)SERVER_DEFAULT_LIMITS);
    assert_null(getenv("LISTEN_FDS"));
    return started;
}

/* Nothing of the test may be on descriptor 3 when the server takes it. */
static int setup_without_server(void **state)
{
    setup(state);
    server_free(server);
    server = NULL;
    event_base_free(base);
    assert_int_equal(dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 3), 3);
    base = event_base_new();
    return 0;
}

static void passed_listening_socket_is_served(void **state UNUSED)
{
    struct address address;
    AUTO(close_fd) int fd = -1;
    int listener;

    assert_int_equal(address_parse(path, &address), 0);
    assert_int_equal(address_listen(&address, &listener), 0);
    server = start_with(listener);
    close(listener);
    fd = connect_one();
    tell(fd, PING);
    assert_non_null(strstr(heard(fd), "uid"));
    server_drain(server, 0, on_drained, NULL);
    run();
    assert_int_equal(access(path, F_OK), 0); /* it is the service manager's */
    unlink(path);
}

static void passed_connection_is_served_and_its_end_told(void **state UNUSED)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    server = start_with(fds[0]);
    close(fds[0]);
    tell(fds[1], PING);
    assert_non_null(strstr(heard(fds[1]), "uid"));
    assert_false(stats().listening);
    assert_int_equal(ended, 0);
    close(fds[1]);
    run();
    assert_int_equal(ended, 1);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
#define test_passed(function)                                                                      \
    cmocka_unit_test_setup_teardown(function, setup_without_server, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_passed(passed_listening_socket_is_served),
        test_passed(passed_connection_is_served_and_its_end_told),
        test(caller_is_who_connected),
        test(connections_are_counted_by_user),
        test(user_over_the_limit_is_turned_away),
        test(room_that_is_left_is_given_again),
        test(server_without_descriptors_waits_and_goes_on),
        test(file_limit_is_raised),
        test(drain_closes_idle_connections_and_ends),
        test(drain_of_nobody_ends),
        test(drain_stops_listening_and_removes_the_socket),
        test(drain_waits_for_running_calls),
        test(drain_gives_up_at_the_deadline),
        test(socket_of_another_program_is_not_removed),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
