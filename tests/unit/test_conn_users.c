/*
 * Connections of several users: turns and shares.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "conn.h"
#include "log.h"

#define TEXT                                                                                       \
    "interface a.b\n"                                                                              \
    "method Echo(n: int) -> (n: int)\n"                                                            \
    "method Park(n: int) -> (n: int)\n"

#define ECHO(n) "{\"method\":\"a.b.Echo\",\"parameters\":{\"n\":" #n "}}\0"
#define PARK(n) "{\"method\":\"a.b.Park\",\"parameters\":{\"n\":" #n "}}\0"

enum { PEERS_MAX = 8, NEIGHBOUR = 1001 };

/* A connection and our end of it. */
struct end {
    struct conn *conn; /* NULL once it has closed */
    int fd;
};

/* One test's world. */
struct world {
    struct conn_owner *owner;
    struct service *service;
    struct conn_user user, neighbour;
    struct end peers[PEERS_MAX];
    struct call *parked;
    int count, echoes, neighbour_echoes;
    size_t pad; /* bytes that replies are made longer by */
};

static struct world world;

static const struct answer *echo(struct call *call)
{
    AUTO(free_ptr) char *pad = calloc(1, world.pad + 1);

    world.echoes++;
    world.neighbour_echoes += call->peer.uid == NEIGHBOUR;
    assert_non_null(pad);
    memset(pad, 'x', world.pad);
    return call_reply(call, json_pack("{s:s}", "pad", pad));
}

static const struct answer *park(struct call *call)
{
    world.parked = call;
    return call_park(call);
}

static void answer_parked(void)
{
    struct call *call = STEAL(world.parked);

    call_end(call_reply(call, json_incref(call->parameters)));
}

static void on_closed(struct conn_owner *owner UNUSED, struct conn *conn)
{
    for (int i = 0; i < world.count; i++)
        if (conn == world.peers[i].conn)
            world.peers[i].conn = NULL;
}

static int setup(void **state UNUSED)
{
    static const struct service_method methods[] = {{"Echo", echo}, {"Park", park}, {}};
    static const struct service_interface interfaces[] = {{TEXT, methods}, {}};
    const struct service_options options = {.interfaces = interfaces};
    char error[SERVICE_ERROR_SIZE];

    log_set_level(LOG_ERR);
    world = (struct world){.owner = calloc(1, sizeof(*world.owner))};
    assert_non_null(world.owner);
    *world.owner = (struct conn_owner){
        .base = event_base_new(), .closed = on_closed, .limits = CONN_DEFAULT_LIMITS};
    assert_int_equal(service_new(&options, &world.service, error), 0);
    world.owner->service = world.service;
    assert_int_equal(conn_owner_init(world.owner), 0);
    conn_user_init(&world.user);
    conn_user_init(&world.neighbour);
    return 0;
}

static int teardown(void **state UNUSED)
{
    for (int i = 0; i < world.count; i++) {
        conn_free(world.peers[i].conn);
        close_fd(&world.peers[i].fd);
    }
    assert_int_equal(world.user.bytes + world.neighbour.bytes, 0);
    if (world.parked)
        answer_parked();
    conn_owner_done(world.owner);
    service_free(world.service);
    event_base_free(world.owner->base);
    free(world.owner);
    return 0;
}

/* One more connection of the user; returns our end. */
static int add(struct conn_user *user)
{
    const struct peer peer = {.uid = user == &world.neighbour ? NEIGHBOUR : 1000};
    struct end *end = &world.peers[world.count];
    int fds[2];

    assert_true(world.count < PEERS_MAX);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(conn_new(world.owner, user, fds[0], &peer, &end->conn), 0);
    end->fd = fds[1];
    world.count++;
    return fds[1];
}

/* Runs what is ready, and what follows from it. */
static void run(void)
{
    for (int i = 0; i < 50; i++)
        event_base_loop(world.owner->base, EVLOOP_NONBLOCK);
}

static void tell(int fd, const char *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static void users_take_turns_whatever_their_connections(void **state UNUSED)
{
    int neighbour = add(&world.neighbour);

    world.owner->limits.calls_a_turn = 1;
    world.owner->limits.round_us = 0;
    for (int i = 0; i < 6; i++) {
        int fd = add(&world.user);

        for (int j = 0; j < 10; j++)
            tell(fd, ECHO(1), sizeof(ECHO(1)) - 1);
    }
    event_base_loop(world.owner->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(world.echoes, 1);
    for (int i = 0; i < 3; i++)
        tell(neighbour, ECHO(1), sizeof(ECHO(1)) - 1);
    for (int i = 0; i < 6; i++)
        event_base_loop(world.owner->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(world.echoes, 7);
    assert_int_equal(world.neighbour_echoes, 3);
    for (int i = 0; i < 100; i++)
        run();
    assert_int_equal(world.echoes, 63);
}

static void users_unfinished_calls_are_bounded_together(void **state UNUSED)
{
    static char bytes[30000];
    int neighbour = add(&world.neighbour), open = 0;

    memset(bytes, ' ', sizeof(bytes));
    world.owner->limits.user = 100000;
    for (int i = 0; i < 6; i++) {
        int fd = add(&world.user);

        tell(fd, bytes, sizeof(bytes));
        run();
        assert_true(world.user.bytes <= world.owner->limits.user);
    }
    add(&world.user);
    for (int i = 1; i <= 6; i++)
        open += world.peers[i].conn != NULL;
    assert_in_range(open, 1, 5);
    tell(world.peers[7].fd, ECHO(1), sizeof(ECHO(1)) - 1); /* whole calls go on */
    run();
    assert_int_equal(world.echoes, 1);
    tell(neighbour, ECHO(1), sizeof(ECHO(1)) - 1);
    run();
    assert_int_equal(world.neighbour_echoes, 1);
}

static void users_unread_replies_are_bounded_together(void **state UNUSED)
{
    world.owner->limits.user = 1 << 20;
    world.owner->limits.output = SIZE_MAX;
    world.pad = 600000;
    for (int i = 0; i < 4; i++) {
        int fd = add(&world.user);

        tell(fd, ECHO(1) ECHO(2), sizeof(ECHO(1) ECHO(2)) - 1);
        run();
        assert_true(world.user.bytes <= world.owner->limits.user);
    }
    assert_null(world.peers[3].conn);
}

static void little_is_read_ahead_when_much_waits(void **state UNUSED)
{
    static char bytes[60000];
    int parked = add(&world.user), fd = add(&world.user);

    memset(bytes, ' ', sizeof(bytes));
    tell(parked, PARK(1), sizeof(PARK(1)) - 1);
    run();
    world.owner->limits.user = 100000;
    tell(fd, bytes, sizeof(bytes));
    run();
    assert_true(world.user.bytes > world.owner->limits.user / 2);
    tell(parked, ECHO(2), sizeof(ECHO(2)) - 1);
    run();
    assert_true(conn_memory(world.peers[0].conn) < 1024);
    answer_parked();
    run();
    assert_int_equal(world.echoes, 1);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(users_take_turns_whatever_their_connections),
        test(users_unfinished_calls_are_bounded_together),
        test(users_unread_replies_are_bounded_together),
        test(little_is_read_ahead_when_much_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
