/* Commands that mails are handed to: how they end, and what is kept of what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "mail/deliver.h"
#include "text.h"

static int run(const char *command, int limit, const char *text, char **ret_said)
{
    struct delivery delivery = {.command = command, .limit = limit};
    return deliver_run(&delivery, text, strlen(text), ret_said);
}

static void assert_runs(const char *command, int expected, const char *reason)
{
    AUTO(free_ptr) char *said = NULL;
    assert_int_equal(run(command, DELIVER_LIMIT, "mail", &said), expected);
    if (reason)
        assert_string_equal(said, reason);
    else
        assert_null(said);
}

static void run_gives_the_text_to_the_command(void **state UNUSED)
{
    assert_runs("test \"$(cat)\" = mail", 0, NULL);
}

static void run_tells_how_it_failed(void **state UNUSED)
{
    assert_runs("exit 3", -EIO, "exit code 3");
    assert_runs("echo no >&2; exit 3", -EIO, "exit code 3: no");
    assert_runs("kill -KILL $$", -EINPROGRESS, "signal 9");
    assert_runs("sh -c 'kill -KILL $$'; exit $?", -EINPROGRESS, "exit code 137: Killed");
    assert_runs("echo gone; exit 127", -ENOENT, "exit code 127: gone");
}

static void run_keeps_a_line_of_what_is_said(void **state UNUSED)
{
    AUTO(free_ptr) char *said = NULL;
    assert_int_equal(run("yes å | head -c 1000001; exit 1", DELIVER_LIMIT, "", &said), -EIO);
    assert_null(strchr(said, '\n'));
    assert_true(text_width(said) < 400);
    assert_non_null(strstr(said, "å å å"));
}

/* The group's last process holds the pipe's other end: when it is gone there is nothing to read. */
static void run_ends_what_takes_too_long_with_all_that_it_began(void **state UNUSED)
{
    AUTO(free_ptr) char *said = NULL;
    int fds[2];
    char byte;
    assert_int_equal(pipe(fds), 0);
    AUTO(free_ptr)
    char *command = text_format("trap '' TERM; sleep 1000 >&%d & sleep 1000", fds[1]);
    assert_int_equal(run(command, 1, "", &said), -EINPROGRESS);
    assert_string_equal(said, "the command took longer than 1 seconds");
    close(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 0);
    close(fds[0]);
}

static void run_leaves_signals_as_they_were(void **state UNUSED)
{
    struct sigaction action;
    assert_runs("true", 0, NULL);
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_ptr_equal(action.sa_handler, SIG_DFL);
}

int main(void)
{
    text_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_gives_the_text_to_the_command),
        cmocka_unit_test(run_tells_how_it_failed),
        cmocka_unit_test(run_keeps_a_line_of_what_is_said),
        cmocka_unit_test(run_ends_what_takes_too_long_with_all_that_it_began),
        cmocka_unit_test(run_leaves_signals_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
