/*
 * The client's connection, against a server of a few lines in a thread.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "link.h"
#include "text.h"
#include "wire/address.h"

/* A server for one connection: reads `calls` frames, then writes `reply` in pieces of `piece`
 * bytes and closes, or stays silent until `release` is closed. */
struct server {
    char *address;
    int listener, release[2];
    size_t calls, frames_seen, reads;
    const char *reply;
    size_t len, piece;
    bool silent;
    pthread_t thread;
};

static void serve_one(struct server *server, int fd)
{
    char bytes[65536], nothing;
    while (server->frames_seen < server->calls) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n <= 0)
            return;
        server->reads++;
        for (ssize_t i = 0; i < n; i++)
            server->frames_seen += bytes[i] == '\0';
    }
    if (server->silent && read(server->release[0], &nothing, 1) == 0)
        return;
    for (size_t at = 0; at < server->len; at += server->piece) {
        size_t n = server->len - at < server->piece ? server->len - at : server->piece;
        if (write(fd, server->reply + at, n) < 0)
            return;
    }
}

static void *serve(void *arg)
{
    struct server *server = arg;
    int fd;
    do {
        fd = accept(server->listener, NULL, NULL);
    } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    if (fd >= 0)
        serve_one(server, fd);
    close_fd(&fd);
    return NULL;
}

static struct link *start(struct server *server, int timeout)
{
    static int number;
    struct address address;
    struct link *link = NULL;
    sigset_t interrupt, before;
    server->address = text_format("unix:@goal-test-%d-%d", (int)getpid(), ++number);
    assert_int_equal(address_parse(server->address, &address), 0);
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address.socket, address.len), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    assert_int_equal(pipe(server->release), 0);
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT); /* for the link's thread alone */
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(link_open(server->address, timeout, &link), 0);
    return link;
}

static void finish(struct server *server, struct link *link)
{
    link_free(link);
    close(server->release[1]);
    pthread_join(server->thread, NULL);
    close(server->release[0]);
    close(server->listener);
    free(server->address);
}

static void calls_go_out_in_one_write(void **state UNUSED)
{
    static const char reply[] = "{\"parameters\":{\"n\":1}}\0{\"parameters\":{\"n\":2}}";
    struct server server = {.calls = 2, .reply = reply, .len = sizeof(reply), .piece = 1000};
    struct link *link = start(&server, 10);
    assert_int_equal(link_call(link, "a.b.C", NULL, 0), 0);
    assert_int_equal(link_call(link, "a.b.D", json_object(), LINK_MORE), 0);
    for (int n = 1; n <= 2; n++) {
        struct link_reply one = {0};
        assert_int_equal(link_receive(link, &one), 0);
        assert_int_equal(json_integer_value(json_object_get(one.parameters, "n")), n);
        assert_null(one.error);
        link_reply_done(&one);
    }
    finish(&server, link);
    assert_int_equal(server.reads, 1);
}

static void reply_is_put_together_from_single_bytes(void **state UNUSED)
{
    static const char reply[] = "{\"error\":\"a.b.Bad\",\"parameters\":{\"why\":\"å\"}}";
    struct server server = {.calls = 1, .reply = reply, .len = sizeof(reply), .piece = 1};
    struct link *link = start(&server, 10);
    struct link_reply one = {0};
    assert_int_equal(link_call(link, "a.b.C", NULL, 0), 0);
    assert_int_equal(link_receive(link, &one), 0);
    assert_string_equal(one.error, "a.b.Bad");
    assert_string_equal(json_string_value(json_object_get(one.parameters, "why")), "å");
    link_reply_done(&one);
    finish(&server, link);
}

static void reply_without_parameters_is_an_empty_object(void **state UNUSED)
{
    static const char reply[] = "{}";
    struct server server = {.calls = 1, .reply = reply, .len = sizeof(reply), .piece = 3};
    struct link *link = start(&server, 10);
    struct link_reply one = {0};
    assert_int_equal(link_call(link, "a.b.C", NULL, 0), 0);
    assert_int_equal(link_receive(link, &one), 0);
    assert_true(json_is_object(one.parameters));
    link_reply_done(&one);
    finish(&server, link);
}

static void connection_closed_in_a_reply_is_a_reset(void **state UNUSED)
{
    struct server server = {.calls = 1, .reply = "{\"para", .len = 6, .piece = 6};
    struct link *link = start(&server, 10);
    struct link_reply one = {0};
    assert_int_equal(link_call(link, "a.b.C", NULL, 0), 0);
    assert_int_equal(link_receive(link, &one), -ECONNRESET);
    finish(&server, link);
}

static void reply_that_is_no_varlink_is_refused(void **state UNUSED)
{
    static const char reply[] = "HTTP/1.1 400 Bad Request";
    struct server server = {.calls = 1, .reply = reply, .len = sizeof(reply), .piece = 100};
    struct link *link = start(&server, 10);
    struct link_reply one = {0};
    assert_int_equal(link_call(link, "a.b.C", NULL, 0), 0);
    assert_int_equal(link_receive(link, &one), -EBADMSG);
    finish(&server, link);
}

static void silence_ends_in_a_timeout(void **state UNUSED)
{
    struct server server = {.calls = 1, .silent = true};
    struct link *link = start(&server, 1);
    struct link_reply one = {0};
    assert_int_equal(link_call(link, "a.b.C", NULL, 0), 0);
    assert_int_equal(link_receive(link, &one), -ETIMEDOUT);
    finish(&server, link);
}

static void interrupt_ends_the_wait(void **state UNUSED)
{
    struct server server = {.calls = 1, .silent = true};
    struct link *link = start(&server, 10);
    struct link_reply one = {0};
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigprocmask(SIG_BLOCK, &block, NULL);
    raise(SIGINT); /* waits until the link lets it in */
    assert_int_equal(link_call(link, "a.b.C", NULL, 0), 0);
    assert_int_equal(link_receive(link, &one), -EINTR);
    finish(&server, link);
}

static void address_that_nobody_listens_on_is_an_error(void **state UNUSED)
{
    struct link *link = NULL;
    assert_true(link_open("unix:@goal-test-nobody", 1, &link) < 0);
    assert_true(link_open("tcp:127.0.0.1:1", 1, &link) < 0);
    assert_null(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_go_out_in_one_write),
        cmocka_unit_test(reply_is_put_together_from_single_bytes),
        cmocka_unit_test(reply_without_parameters_is_an_empty_object),
        cmocka_unit_test(connection_closed_in_a_reply_is_a_reset),
        cmocka_unit_test(reply_that_is_no_varlink_is_refused),
        cmocka_unit_test(silence_ends_in_a_timeout),
        cmocka_unit_test(address_that_nobody_listens_on_is_an_error),
        cmocka_unit_test(interrupt_ends_the_wait), /* the flag stays set: last */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
