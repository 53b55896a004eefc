/*
 * The log's lines, as they come out of a pipe in the place of stderr. The form of the lines is
 * decided once per process, so each test logs from a child of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "log.h"

static char output[16384];

/* Runs `act` in a child with a pipe as stderr and leaves what it wrote in `output`. */
static void log_from_child(void (*act)(void))
{
    int pipe_fds[2], status;
    size_t len = 0;
    ssize_t n;
    pid_t child;

    assert_int_equal(pipe(pipe_fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        act();
        _exit(0);
    }
    close(pipe_fds[1]);
    while ((n = read(pipe_fds[0], output + len, sizeof(output) - 1 - len)) > 0)
        len += (size_t)n;
    output[len] = '\0';
    close(pipe_fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void log_plainly(void)
{
    unsetenv("JOURNAL_STREAM");
    unsetenv("GOALD_LOG");
    log_info("conn 7: %d calls", 3);
}

static void line_tells_time_process_and_level(void **state UNUSED)
{
    int year, pid, n = 0;

    log_from_child(log_plainly);
    assert_int_equal(
        sscanf(output, "%4d-%*2d-%*2d %*2d:%*2d:%*2d goald[%d] INFO %n", &year, &pid, &n), 2);
    assert_true(year > 2020);
    assert_true(pid > 1);
    assert_string_equal(output + n, "conn 7: 3 calls\n");
}

static void log_as_wished(void)
{
    unsetenv("JOURNAL_STREAM");
    setenv("GOALD_LOG", "journal", 1);
    log_error("it broke");
}

static void line_has_journal_priority_on_wish(void **state UNUSED)
{
    log_from_child(log_as_wished);
    assert_string_equal(output, "<3>it broke\n");
}

static void log_to_journal(void)
{
    char stream[64];
    struct stat st;

    fstat(STDERR_FILENO, &st);
    snprintf(stream, sizeof(stream), "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
    unsetenv("GOALD_LOG");
    setenv("JOURNAL_STREAM", stream, 1);
    log_info("hello");
}

static void line_has_journal_priority_when_stderr_is_the_journal(void **state UNUSED)
{
    log_from_child(log_to_journal);
    assert_string_equal(output, "<6>hello\n");
}

static void log_elsewhere(void)
{
    unsetenv("GOALD_LOG");
    setenv("JOURNAL_STREAM", "1:1", 1);
    log_info("hello");
}

static void line_has_no_priority_when_stderr_was_redirected(void **state UNUSED)
{
    log_from_child(log_elsewhere);
    assert_non_null(strstr(output, " INFO hello\n"));
    assert_int_not_equal(output[0], '<');
}

static void log_controls(void)
{
    setenv("GOALD_LOG", "journal", 1);
    log_info("a\nb\tc\x1b[31md\x7f å");
}

static void control_characters_are_escaped(void **state UNUSED)
{
    log_from_child(log_controls);
    assert_string_equal(output, "<6>a\\nb\\tc\\x1b[31md\\x7f å\n");
}

static void log_long(void)
{
    char text[10000];

    setenv("GOALD_LOG", "journal", 1);
    memset(text, '\n', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_info("%s", text);
}

static void long_line_is_cut_and_still_ends(void **state UNUSED)
{
    log_from_child(log_long);
    assert_in_range(strlen(output), 4000, 4200);
    assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
}

static void log_at_levels(void)
{
    setenv("GOALD_LOG", "journal", 1);
    log_debug("dropped");
    log_set_level(LOG_DEBUG);
    log_debug("kept");
    log_set_level(LOG_ERR);
    log_warning("dropped");
    log_error("kept");
}

static void level_decides_what_is_dropped(void **state UNUSED)
{
    log_from_child(log_at_levels);
    assert_string_equal(output, "<7>kept\n<3>kept\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_tells_time_process_and_level),
        cmocka_unit_test(line_has_journal_priority_on_wish),
        cmocka_unit_test(line_has_journal_priority_when_stderr_is_the_journal),
        cmocka_unit_test(line_has_no_priority_when_stderr_was_redirected),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(long_line_is_cut_and_still_ends),
        cmocka_unit_test(level_decides_what_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
