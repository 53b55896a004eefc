/*
 * A connection over a socketpair, with a small service behind it: order, pipelining, oneway,
 * streams and slow readers, half-closed and vanished peers.
 */
#include <errno.h>
#include <fcntl.h>
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
    "method Park(n: int) -> (n: int)\n"                                                            \
    "method Count(to: int, pad: string) -> (n: int, pad: string)\n"                                \
    "method Watch() -> (n: int)\n"

#define ECHO(n) "{\"method\":\"a.b.Echo\",\"parameters\":{\"n\":" #n "}}\0"
#define PARK(n) "{\"method\":\"a.b.Park\",\"parameters\":{\"n\":" #n "}}\0"
#define ONEWAY(n) "{\"method\":\"a.b.Echo\",\"parameters\":{\"n\":" #n "},\"oneway\":true}\0"
#define WATCH "{\"method\":\"a.b.Watch\",\"more\":true}\0"
#define REPLY(n) "{\"parameters\":{\"n\":" #n "}}|"

/* One test's world. */
struct world {
    struct conn_owner *owner;
    struct service *service;
    struct conn_user user;
    struct conn *conn; /* NULL once it has closed */
    int peer;          /* our end */
    struct call *parked;
    struct counter *counter; /* the running stream */
    int echoes;
    size_t pad; /* bytes that replies are made longer by */
};

static struct world world;

static const struct answer *echo(struct call *call)
{
    world.echoes++;
    if (world.pad > 0) {
        AUTO(free_ptr) char *pad = calloc(1, world.pad + 1);

        assert_non_null(pad);
        memset(pad, 'x', world.pad);
        return call_reply(call, json_pack("{s:s}", "pad", pad));
    }
    return call_reply(call, json_incref(call->parameters));
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

/* A stream that counts; a watch waits before each number. */
struct counter {
    struct stream stream; /* first */
    struct call *call;
    json_t *pad;
    int64_t at, to;
    bool watch, ready;
};

static int counter_next(struct stream *stream, struct writer *writer)
{
    struct counter *counter = (struct counter *)stream;

    if (counter->watch && !counter->ready)
        return -EAGAIN;
    counter->ready = false;
    if (counter->at == counter->to)
        return 0;
    assert_int_equal(
        writer_take(writer, json_pack("{s:I, s:O*}", "n", ++counter->at, "pad", counter->pad)), 0);
    return counter->watch ? 2 : 1;
}

static void counter_free(struct stream *stream)
{
    json_decref(((struct counter *)stream)->pad);
    free(stream);
    world.counter = NULL;
}

static const struct answer *start_counter(struct call *call, bool watch)
{
    struct counter *counter = calloc(1, sizeof(*counter));
    json_t *to = json_object_get(call->parameters, "to");

    assert_non_null(counter);
    *counter = (struct counter){.stream = {.next = counter_next, .free = counter_free},
                                .call = call,
                                .pad = json_incref(json_object_get(call->parameters, "pad")),
                                .to = to ? json_integer_value(to) : INT64_MAX,
                                .watch = watch};
    world.counter = counter;
    return call_stream(call, &counter->stream);
}

static const struct answer *count(struct call *call)
{
    return start_counter(call, false);
}

static const struct answer *watch(struct call *call)
{
    return start_counter(call, true);
}

static void tell_watch(void)
{
    world.counter->ready = true;
    call_resume(world.counter->call);
}

static bool lookup(void *data UNUSED, const struct peer *peer UNUSED, const char *frame,
                   size_t len UNUSED, const char **ret_bytes, size_t *ret_len)
{
    if (strcmp(frame, "cached") != 0)
        return false;
    *ret_bytes = "{\"parameters\":{\"n\":0}}";
    *ret_len = strlen(*ret_bytes) + 1;
    return true;
}

static void on_closed(struct conn_owner *owner UNUSED, struct conn *conn)
{
    assert_ptr_equal(conn, world.conn);
    world.conn = NULL;
}

static const struct service_method methods[] = {
    {"Echo", echo}, {"Park", park}, {"Count", count}, {"Watch", watch}, {}};

static int setup(void **state UNUSED)
{
    static const struct service_interface interfaces[] = {{TEXT, methods}, {}};
    const struct service_options options = {.interfaces = interfaces, .lookup = lookup};
    const struct peer peer = {.uid = 1000};
    char error[SERVICE_ERROR_SIZE];
    int fds[2];

    log_set_level(LOG_ERR);
    world = (struct world){.owner = calloc(1, sizeof(*world.owner))};
    assert_non_null(world.owner);
    *world.owner = (struct conn_owner){
        .base = event_base_new(), .closed = on_closed, .limits = CONN_DEFAULT_LIMITS};
    assert_int_equal(service_new(&options, &world.service, error), 0);
    world.owner->service = world.service;
    assert_int_equal(conn_owner_init(world.owner), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    conn_user_init(&world.user);
    assert_int_equal(conn_new(world.owner, &world.user, fds[0], &peer, &world.conn), 0);
    world.peer = fds[1];
    return 0;
}

static int teardown(void **state UNUSED)
{
    conn_free(world.conn);
    assert_int_equal(world.user.bytes, 0);
    if (world.parked)
        answer_parked();
    close_fd(&world.peer);
    conn_owner_done(world.owner);
    service_free(world.service);
    event_base_free(world.owner->base);
    free(world.owner);
    return 0;
}

/* Runs what is ready, and what follows from it. */
static void run(void)
{
    for (int i = 0; i < 50; i++)
        event_base_loop(world.owner->base, EVLOOP_NONBLOCK);
}

static void write_bytes(const char *bytes, size_t len)
{
    assert_int_equal(send(world.peer, bytes, len, MSG_NOSIGNAL), len);
}

/* Sends string literals with their NULs, the last of which is the literal's own. */
#define tell(literal)                                                                              \
    do {                                                                                           \
        write_bytes(literal, sizeof(literal) - 1);                                                 \
        run();                                                                                     \
    } while (0)

/* What came, with '|' for each NUL. */
static const char *heard(void)
{
    static char text[65536];
    ssize_t n = recv(world.peer, text, sizeof(text) - 1, 0);

    if (n < 0)
        n = 0;
    text[n] = '\0';
    for (ssize_t i = 0; i < n; i++)
        if (text[i] == '\0')
            text[i] = '|';
    return text;
}

static bool peer_sees_end(void)
{
    char byte;

    return recv(world.peer, &byte, 1, 0) == 0;
}

/* Reads and drops until nothing more comes; the number of bytes. */
static size_t drain_peer(void)
{
    char bytes[8192];
    size_t total = 0;

    for (int i = 0; i < 1000000; i++) {
        ssize_t n = recv(world.peer, bytes, sizeof(bytes), 0);

        if (n <= 0)
            break;
        total += (size_t)n;
        event_base_loop(world.owner->base, EVLOOP_NONBLOCK);
    }
    return total;
}

static void call_is_answered(void **state UNUSED)
{
    tell(ECHO(1));
    assert_string_equal(heard(), REPLY(1));
}

static void call_is_answered_when_it_comes_byte_by_byte(void **state UNUSED)
{
    static const char call[] = ECHO(1);

    for (size_t i = 0; i < sizeof(call) - 1; i++) {
        assert_string_equal(heard(), "");
        write_bytes(call + i, 1);
        run();
    }
    assert_string_equal(heard(), REPLY(1));
}

static void pipelined_calls_are_answered_in_order(void **state UNUSED)
{
    tell(ECHO(1) ECHO(2) ECHO(3));
    assert_string_equal(heard(), REPLY(1) REPLY(2) REPLY(3));
}

static void calls_behind_a_parked_one_wait(void **state UNUSED)
{
    tell(PARK(1) ECHO(2) PARK(3) ECHO(4));
    assert_string_equal(heard(), "");
    assert_int_equal(world.echoes, 0);
    answer_parked();
    run();
    assert_string_equal(heard(), REPLY(1) REPLY(2));
    answer_parked();
    run();
    assert_string_equal(heard(), REPLY(3) REPLY(4));
}

static void answering_a_parked_call_runs_no_other_handler(void **state UNUSED)
{
    tell(PARK(1) ECHO(2));
    answer_parked();
    assert_int_equal(world.echoes, 0);
    run();
    assert_int_equal(world.echoes, 1);
}

static void oneway_calls_run_in_silence(void **state UNUSED)
{
    tell(ONEWAY(1) ECHO(2) ONEWAY(3) "{\"method\":\"a.b.None\",\"oneway\":true}\0" ECHO(4));
    assert_string_equal(heard(), REPLY(2) REPLY(4));
    assert_int_equal(world.echoes, 4);
}

static void oneway_calls_run_though_the_peer_left(void **state UNUSED)
{
    write_bytes(ONEWAY(1) ONEWAY(2), sizeof(ONEWAY(1) ONEWAY(2)) - 1);
    close(world.peer);
    world.peer = -1;
    run();
    assert_int_equal(world.echoes, 2);
    assert_null(world.conn);
}

static void cached_reply_goes_out_in_its_turn(void **state UNUSED)
{
    tell(ECHO(1) "cached\0" ECHO(2));
    assert_string_equal(heard(), REPLY(1) REPLY(0) REPLY(2));
    assert_int_equal(world.owner->calls, 3);
    assert_int_equal(world.owner->cached, 1);
}

static void stream_ends_before_the_next_call(void **state UNUSED)
{
    tell("{\"method\":\"a.b.Count\",\"parameters\":{\"to\":2,\"pad\":\"\"},\"more\":true}\0" ECHO(
        9));
    assert_string_equal(heard(), "{\"parameters\":{\"n\":1,\"pad\":\"\"},\"continues\":true}|"
                                 "{\"parameters\":{\"n\":2,\"pad\":\"\"}}|" REPLY(9));
}

static void watch_sends_each_event_when_it_comes(void **state UNUSED)
{
    tell(WATCH);
    assert_string_equal(heard(), "");
    tell_watch();
    run();
    assert_string_equal(heard(), "{\"parameters\":{\"n\":1},\"continues\":true}|");
    tell_watch();
    run();
    assert_string_equal(heard(), "{\"parameters\":{\"n\":2},\"continues\":true}|");
}

static void stream_waits_for_a_slow_reader_in_bounded_memory(void **state UNUSED)
{
    char call[2048];
    int len = snprintf(call, sizeof(call),
                       "{\"method\":\"a.b.Count\",\"parameters\":{\"to\":5000,\"pad\":\"%01000d\"},"
                       "\"more\":true}",
                       0);

    write_bytes(call, (size_t)len + 1);
    run();
    assert_non_null(world.counter);
    assert_true(world.counter->at < 1500);
    assert_true(conn_memory(world.conn) < 4 * world.owner->limits.output_low);
    assert_true(drain_peer() > 5000 * 1000);
    assert_null(world.counter);
    run();
    assert_true(conn_memory(world.conn) < 1024);
}

static void calls_of_a_slow_reader_wait_in_bounded_memory(void **state UNUSED)
{
    static char calls[500 * (sizeof(ECHO(1)) - 1)];

    for (size_t i = 0; i < 500; i++)
        memcpy(calls + i * (sizeof(ECHO(1)) - 1), ECHO(1), sizeof(ECHO(1)) - 1);
    world.pad = 10000;
    write_bytes(calls, sizeof(calls));
    run();
    assert_true(world.echoes < 100);
    assert_true(conn_memory(world.conn) < 4 * world.owner->limits.output_low);
    assert_true(drain_peer() > 500 * 10000);
    assert_int_equal(world.echoes, 500);
}

static void peer_that_reads_nothing_is_dropped_in_time(void **state UNUSED)
{
    const struct timeval patience = {.tv_sec = 10};

    world.owner->limits.write_timeout_ms = 20;
    world.pad = 1 << 20;
    tell(ECHO(1));
    assert_non_null(world.conn);
    event_base_loopexit(world.owner->base, &patience);
    for (int i = 0; i < 1000 && world.conn; i++)
        event_base_loop(world.owner->base, EVLOOP_ONCE);
    assert_null(world.conn);
}

static void reply_over_the_bound_drops_a_peer_that_does_not_read(void **state UNUSED)
{
    world.owner->limits.output = 100000;
    world.pad = 1 << 20;
    tell(ECHO(1));
    assert_null(world.conn);
}

static void half_closed_peer_gets_its_replies(void **state UNUSED)
{
    write_bytes(PARK(1) ECHO(2), sizeof(PARK(1) ECHO(2)) - 1);
    shutdown(world.peer, SHUT_WR);
    run();
    assert_non_null(world.conn);
    answer_parked();
    run();
    assert_string_equal(heard(), REPLY(1) REPLY(2));
    assert_null(world.conn);
    assert_true(peer_sees_end());
}

static void half_closed_peer_that_leaves_is_noticed(void **state UNUSED)
{
    tell(WATCH);
    shutdown(world.peer, SHUT_WR);
    run();
    assert_non_null(world.conn);
    close(world.peer);
    world.peer = -1;
    run();
    assert_null(world.conn);
    assert_null(world.counter);
}

static void half_closed_peer_that_reads_slowly_gets_all(void **state UNUSED)
{
    world.pad = 1 << 20;
    write_bytes(ECHO(1), sizeof(ECHO(1)) - 1);
    shutdown(world.peer, SHUT_WR);
    run();
    assert_non_null(world.conn);
    assert_true(drain_peer() > 1 << 20);
    assert_null(world.conn);
}

static void parked_call_outlives_its_connection(void **state UNUSED)
{
    tell(PARK(1));
    close(world.peer);
    world.peer = -1;
    run();
    assert_null(world.conn);
    assert_non_null(world.parked);
    assert_null(world.parked->sink);
    answer_parked();
}

static void frame_that_is_no_call_ends_the_connection_after_the_replies(void **state UNUSED)
{
    tell(ECHO(1) "nonsense\0" ECHO(2));
    assert_string_equal(heard(), REPLY(1));
    assert_null(world.conn);
    assert_true(peer_sees_end());
    assert_int_equal(world.owner->refused, 1);
}

static void call_over_the_limit_ends_the_connection(void **state UNUSED)
{
    world.owner->limits.message = 100;
    for (int i = 0; i < 11 && world.conn; i++)
        tell("          ");
    assert_null(world.conn);
}

static void bytes_behind_a_parked_call_are_bounded(void **state UNUSED)
{
    static char bytes[65536];
    size_t sent = 0;

    memset(bytes, ' ', sizeof(bytes));
    tell(PARK(1));
    for (int i = 0; i < 100; i++) {
        ssize_t n = send(world.peer, bytes, sizeof(bytes), MSG_NOSIGNAL);

        if (n > 0)
            sent += (size_t)n;
        run();
    }
    assert_true(sent < 4 << 20);
    assert_true(conn_memory(world.conn) < 512 << 10);
}

static void many_calls_are_done_in_several_turns(void **state UNUSED)
{
    world.owner->limits.calls_a_turn = 4;
    world.owner->limits.round_us = 0;
    world.owner->limits.turn_us = 10000000;
    for (int i = 0; i < 20; i++)
        write_bytes(ECHO(1), sizeof(ECHO(1)) - 1);
    event_base_loop(world.owner->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(world.echoes, 4);
    event_base_loop(world.owner->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(world.echoes, 8);
    run();
    assert_int_equal(world.echoes, 20);
}

/* More than is read at once, so that the rest is reported again and again. */
static void connection_that_waits_long_goes_on(void **state UNUSED)
{
    enum { CALLS = 2000, LEN = sizeof(ECHO(1)) - 1 };
    static char calls[CALLS * LEN];

    for (size_t i = 0; i < CALLS; i++)
        memcpy(calls + i * LEN, ECHO(1), LEN);
    world.owner->limits.calls_a_turn = 1;
    world.owner->limits.round_us = 0;
    write_bytes(calls, sizeof(calls));
    for (int i = 0; i < 200; i++) {
        run();
        drain_peer();
    }
    assert_int_equal(world.echoes, CALLS);
    tell(ECHO(1));
    assert_int_equal(world.echoes, CALLS + 1);
}

static void call_that_does_not_end_drops_its_peer_in_time(void **state UNUSED)
{
    const struct timeval patience = {.tv_sec = 10};

    world.owner->limits.read_timeout_ms = 20;
    tell("{\"method\":");
    assert_non_null(world.conn);
    event_base_loopexit(world.owner->base, &patience);
    for (int i = 0; i < 1000 && world.conn; i++)
        event_base_loop(world.owner->base, EVLOOP_ONCE);
    assert_null(world.conn);
}

static void single_bytes_give_a_call_no_more_time(void **state UNUSED)
{
    world.owner->limits.read_timeout_ms = 20;
    world.owner->limits.message = SIZE_MAX / 4;
    world.owner->limits.user = SIZE_MAX / 4;
    for (int i = 0; i < 10000000 && world.conn; i++) {
        (void)send(world.peer, " ", 1, MSG_NOSIGNAL);
        event_base_loop(world.owner->base, EVLOOP_NONBLOCK);
    }
    assert_null(world.conn);
    assert_int_equal(world.owner->refused, 0);
}

static int events_waited_for(void)
{
    return event_base_get_num_events(world.owner->base, EVENT_BASE_COUNT_ADDED);
}

static void only_an_unfinished_call_is_timed(void **state UNUSED)
{
    int idle = events_waited_for();

    tell("{\"method\":");
    assert_int_equal(events_waited_for(), idle + 1);
    tell("\"a.b.Echo\",\"parameters\":{\"n\":1}}\0");
    assert_string_equal(heard(), REPLY(1));
    assert_int_equal(events_waited_for(), idle);
    tell(PARK(1) "{\"met");
    assert_int_equal(events_waited_for(), idle);
    answer_parked();
    run();
    assert_int_equal(events_waited_for(), idle + 1);
}

static void drained_connection_ends_when_its_call_does(void **state UNUSED)
{
    tell(PARK(1) ECHO(2));
    conn_drain(world.conn);
    run();
    assert_non_null(world.conn);
    answer_parked();
    run();
    assert_null(world.conn);
    assert_string_equal(heard(), REPLY(1));
    assert_int_equal(world.echoes, 0);
}

static void drained_idle_connection_ends_at_once(void **state UNUSED)
{
    conn_drain(world.conn);
    run();
    assert_null(world.conn);
}

static void idle_connection_is_small(void **state UNUSED)
{
    assert_true(conn_memory(world.conn) < 1024);
    tell(ECHO(1) ECHO(2));
    assert_true(conn_memory(world.conn) < 1024);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(call_is_answered),
        test(call_is_answered_when_it_comes_byte_by_byte),
        test(pipelined_calls_are_answered_in_order),
        test(calls_behind_a_parked_one_wait),
        test(answering_a_parked_call_runs_no_other_handler),
        test(oneway_calls_run_in_silence),
        test(oneway_calls_run_though_the_peer_left),
        test(cached_reply_goes_out_in_its_turn),
        test(stream_ends_before_the_next_call),
        test(watch_sends_each_event_when_it_comes),
        test(stream_waits_for_a_slow_reader_in_bounded_memory),
        test(calls_of_a_slow_reader_wait_in_bounded_memory),
        test(peer_that_reads_nothing_is_dropped_in_time),
        test(reply_over_the_bound_drops_a_peer_that_does_not_read),
        test(half_closed_peer_gets_its_replies),
        test(half_closed_peer_that_leaves_is_noticed),
        test(half_closed_peer_that_reads_slowly_gets_all),
        test(parked_call_outlives_its_connection),
        test(frame_that_is_no_call_ends_the_connection_after_the_replies),
        test(call_over_the_limit_ends_the_connection),
        test(bytes_behind_a_parked_call_are_bounded),
        test(many_calls_are_done_in_several_turns),
        test(connection_that_waits_long_goes_on),
        test(call_that_does_not_end_drops_its_peer_in_time),
        test(single_bytes_give_a_call_no_more_time),
        test(only_an_unfinished_call_is_timed),
        test(drained_connection_ends_when_its_call_does),
        test(drained_idle_connection_ends_at_once),
        test(idle_connection_is_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
