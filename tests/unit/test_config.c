/*
 * The configuration: what a file may say, what is refused and how, and what a reload changes.
 * Each test writes its own file, which the teardown removes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "config.h"
#include "config_value.h"

static char file[64];
static struct config *config;
static char *message;

static void write_file(const char *text)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

static int set_up(void **state UNUSED)
{
    int fd;

    strcpy(file, "/tmp/goald-config-XXXXXX");
    fd = mkstemp(file);
    config = NULL;
    message = NULL;
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state UNUSED)
{
    config_free(config);
    free(message);
    return unlink(file);
}

static int load(const char *text)
{
    write_file(text);
    return config_load(file, NULL, &config, &message);
}

/* The file is refused with this message, in which the file's name stands as "FILE". */
static void assert_refused(const char *text, const char *expected)
{
    char full[512];

    snprintf(full, sizeof(full), "%s%s", file, expected);
    assert_int_equal(load(text), -EINVAL);
    assert_null(config);
    assert_string_equal(message, full);
}

static void empty_file_gives_defaults(void **state UNUSED)
{
    assert_int_equal(load(""), 0);
    assert_string_equal(config->address, "unix:/run/goald/io.goald.Tracker");
    assert_string_equal(config->database, "");
    assert_string_equal(config->state_directory, "/var/lib/goald");
    assert_int_equal(config->log_level, LOG_INFO);
    assert_int_equal(config->max_connections, 10000);
    assert_int_equal(config->message_limit, 1024 * 1024);
    assert_int_equal(config->poll_interval, 1000);
}

static void file_overrides_defaults(void **state UNUSED)
{
    assert_int_equal(load("# a comment\n\n[goald]\n  log_level = debug  \npool_writers=9\n"), 0);
    assert_int_equal(config->log_level, LOG_DEBUG);
    assert_int_equal(config->pool_writers, 9);
}

static void last_line_needs_no_newline(void **state UNUSED)
{
    assert_int_equal(load("pool_writers = 7"), 0);
    assert_int_equal(config->pool_writers, 7);
}

static void value_may_contain_equals_signs(void **state UNUSED)
{
    assert_int_equal(load("database = host=/run/pg dbname=goald # not a comment\n"), 0);
    assert_string_equal(config->database, "host=/run/pg dbname=goald # not a comment");
}

static void command_line_overrides_file(void **state UNUSED)
{
    const char *const settings[] = {"pool_writers=2", "realm = here", NULL};

    write_file("pool_writers = 9\n");
    assert_int_equal(config_load(file, settings, &config, &message), 0);
    assert_int_equal(config->pool_writers, 2);
    assert_string_equal(config->realm, "here");
}

static void sizes_have_units(void **state UNUSED)
{
    assert_int_equal(load("message_limit = 64k\noutput_limit = 2M\nimport_limit = 1G\n"
                          "cache_size = 12345\n"),
                     0);
    assert_int_equal(config->message_limit, 64 * 1024);
    assert_int_equal(config->output_limit, 2 * 1024 * 1024);
    assert_int_equal(config->import_limit, 1024 * 1024 * 1024);
    assert_int_equal(config->cache_size, 12345);
}

static void durations_have_units(void **state UNUSED)
{
    assert_int_equal(load("poll_interval = 500ms\nquery_timeout = 5 s\nwait_timeout = 2min\n"
                          "write_timeout = 1h\ndrain_timeout = 0\n"),
                     0);
    assert_int_equal(config->poll_interval, 500);
    assert_int_equal(config->query_timeout, 5000);
    assert_int_equal(config->wait_timeout, 120000);
    assert_int_equal(config->write_timeout, 3600000);
    assert_int_equal(config->drain_timeout, 0);
}

static void unknown_key_is_refused_with_the_nearest(void **state UNUSED)
{
    assert_refused("[goald]\npool_writer = 3\n",
                   ":2: pool_writer: no such key; did you mean pool_writers?");
}

static void unlike_key_is_refused_without_a_guess(void **state UNUSED)
{
    assert_refused("colour = red\n", ":1: colour: no such key; goald --help lists them");
}

static void second_setting_of_a_key_is_refused(void **state UNUSED)
{
    assert_refused("realm = a\n\nrealm = b\n", ":3: realm: already set on line 1");
}

static void other_section_is_refused(void **state UNUSED)
{
    assert_refused("[database]\n", ":1: the only section is [goald]");
}

static void line_without_equals_is_refused(void **state UNUSED)
{
    assert_refused("realm\n", ":1: expected key = value, not \"realm\"");
}

static void number_out_of_range_is_refused(void **state UNUSED)
{
    assert_refused("message_limit = 3k\n", ":1: message_limit: 3k is not between 4k and 1G");
}

static void huge_number_is_refused(void **state UNUSED)
{
    assert_refused("max_connections = 99999999999999999999\n",
                   ":1: max_connections: expected a whole number, not \"99999999999999999999\"");
}

static void overflowing_size_is_refused(void **state UNUSED)
{
    assert_refused("cache_size = 9000000000000000000G\n",
                   ":1: cache_size: expected a size such as 4096, 64k or 1M, "
                   "not \"9000000000000000000G\"");
}

static void duration_without_unit_is_refused(void **state UNUSED)
{
    assert_refused("poll_interval = 5\n",
                   ":1: poll_interval: expected a duration such as 500ms, 5s or 2min, not \"5\"");
}

static void negative_number_is_refused(void **state UNUSED)
{
    assert_refused("write_queue = -1\n", ":1: write_queue: expected a whole number, not \"-1\"");
}

static void unknown_level_is_refused(void **state UNUSED)
{
    assert_refused("log_level = loud\n", ":1: log_level: expected error, warning, notice, info "
                                         "or debug, not \"loud\"");
}

static void relative_path_is_refused(void **state UNUSED)
{
    assert_refused("state_directory = var\n",
                   ":1: state_directory: expected an absolute path, not \"var\"");
}

static void mailbox_is_an_address(void **state UNUSED)
{
    assert_int_equal(load("mail_from = goald@example.org\nmail_in =\n"), 0);
    assert_string_equal(config->mail_from, "goald@example.org");
    assert_string_equal(config->mail_in, "");
}

static void mailbox_with_a_name_is_refused(void **state UNUSED)
{
    assert_refused("mail_in = Answers <a@example.org>\n",
                   ":1: mail_in: expected an address such as goald@example.org, "
                   "not \"Answers <a@example.org>\"");
}

static void mailbox_for_answers_leaves_room_for_a_token(void **state UNUSED)
{
    assert_refused("mail_in = 12345678901234567890123456789012@example.org\n",
                   ":1: mail_in: expected an address with at most 31 characters before the @, "
                   "not \"12345678901234567890123456789012@example.org\"");
    assert_int_equal(load("mail_in = 1234567890123456789012345678901@example.org\n"), 0);
}

static void address_of_another_kind_is_refused(void **state UNUSED)
{
    assert_refused("address = tcp:localhost:80\n",
                   ":1: address: expected unix:/path or unix:@name, not \"tcp:localhost:80\"");
}

static void bad_setting_names_the_option(void **state UNUSED)
{
    const char *const settings[] = {"realms=x", NULL};

    assert_int_equal(config_load(file, settings, &config, &message), -EINVAL);
    assert_string_equal(message, "--set: realms: no such key; did you mean realm?");
}

static void missing_file_is_told(void **state UNUSED)
{
    assert_int_equal(config_load("/nonexistent/goald.conf", NULL, &config, &message), -ENOENT);
    assert_string_equal(message, "/nonexistent/goald.conf: No such file or directory");
}

static void line_with_nul_is_refused(void **state UNUSED)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    assert_int_equal(fwrite("realm = a\0b\n", 1, 12, out), 12);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(config_load(file, NULL, &config, &message), -EINVAL);
    assert_non_null(strstr(message, ":1: not a line of text"));
}

static void reload_changes_what_may_change(void **state UNUSED)
{
    assert_int_equal(load("log_level = info\n"), 0);
    write_file("log_level = debug\nwrite_queue = 5\n");
    assert_int_equal(config_reload(config, &message), 0);
    assert_null(message);
    assert_int_equal(config->log_level, LOG_DEBUG);
    assert_int_equal(config->write_queue, 5);
}

static void reload_keeps_what_needs_a_restart_and_says_so(void **state UNUSED)
{
    const char *realm;

    assert_int_equal(load("realm = a\npool_writers = 3\n"), 0);
    realm = config->realm;
    write_file("realm = b\npool_writers = 4\nlog_level = error\n");
    assert_int_equal(config_reload(config, &message), 0);
    assert_string_equal(message, "changed only by a restart: realm, pool_writers");
    assert_ptr_equal(config->realm, realm);
    assert_string_equal(config->realm, "a");
    assert_int_equal(config->pool_writers, 3);
    assert_int_equal(config->log_level, LOG_ERR);
}

static void bad_reload_changes_nothing(void **state UNUSED)
{
    assert_int_equal(load("log_level = error\n"), 0);
    write_file("log_level = debug\nwrite_queue = many\n");
    assert_int_equal(config_reload(config, &message), -EINVAL);
    assert_non_null(strstr(message, ":2: write_queue: expected a whole number"));
    assert_int_equal(config->log_level, LOG_ERR);
}

static void reload_keeps_the_command_line(void **state UNUSED)
{
    const char *const settings[] = {"write_queue=11", NULL};

    write_file("write_queue = 5\n");
    assert_int_equal(config_load(file, settings, &config, &message), 0);
    write_file("write_queue = 6\n");
    assert_int_equal(config_reload(config, &message), 0);
    assert_int_equal(config->write_queue, 11);
}

/* Takes the comment mark off every line "#key = value". */
static void uncomment(char *text)
{
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line == '#' && line[1] != ' ')
            *line = ' ';
    }
}

static void example_sets_every_key_to_its_default(void **state UNUSED)
{
    AUTO(config_freep) struct config *defaults = NULL;
    AUTO(free_ptr) char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    config_print_example(out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(load(""), 0);
    defaults = STEAL(config);
    uncomment(text);
    assert_int_equal(load(text), 0);
    assert_string_equal(config->address, defaults->address);
    assert_int_equal(config->cache_size, defaults->cache_size);
    assert_int_equal(config->poll_interval, defaults->poll_interval);
}

static void booleans_are_yes_or_no(void **state UNUSED)
{
    struct config_range range = {0, 0};
    bool value = false;
    char problem[128];

    assert_int_equal(
        config_value_parse(CONFIG_BOOLEAN, range, "yes", &value, problem, sizeof(problem)), 0);
    assert_true(value);
    assert_int_equal(
        config_value_parse(CONFIG_BOOLEAN, range, "on", &value, problem, sizeof(problem)), -EINVAL);
    assert_string_equal(problem, "expected yes or no, not \"on\"");
}

static void distance_counts_wrong_letters(void **state UNUSED)
{
    assert_int_equal(config_distance("realm", "realm", 4), 0);
    assert_int_equal(config_distance("realm", "raelm", 4), 2);
    assert_int_equal(config_distance("realm", "ream", 4), 1);
    assert_int_equal(config_distance("", "abc", 4), 3);
    assert_int_equal(config_distance("abcdef", "uvwxyz", 4), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_file_gives_defaults),
        TEST(file_overrides_defaults),
        TEST(last_line_needs_no_newline),
        TEST(value_may_contain_equals_signs),
        TEST(command_line_overrides_file),
        TEST(sizes_have_units),
        TEST(durations_have_units),
        TEST(unknown_key_is_refused_with_the_nearest),
        TEST(unlike_key_is_refused_without_a_guess),
        TEST(second_setting_of_a_key_is_refused),
        TEST(other_section_is_refused),
        TEST(line_without_equals_is_refused),
        TEST(number_out_of_range_is_refused),
        TEST(huge_number_is_refused),
        TEST(overflowing_size_is_refused),
        TEST(duration_without_unit_is_refused),
        TEST(negative_number_is_refused),
        TEST(unknown_level_is_refused),
        TEST(relative_path_is_refused),
        TEST(mailbox_is_an_address),
        TEST(mailbox_with_a_name_is_refused),
        TEST(mailbox_for_answers_leaves_room_for_a_token),
        TEST(address_of_another_kind_is_refused),
        TEST(bad_setting_names_the_option),
        TEST(missing_file_is_told),
        TEST(line_with_nul_is_refused),
        TEST(reload_changes_what_may_change),
        TEST(reload_keeps_what_needs_a_restart_and_says_so),
        TEST(bad_reload_changes_nothing),
        TEST(reload_keeps_the_command_line),
        TEST(example_sets_every_key_to_its_default),
        TEST(booleans_are_yes_or_no),
        TEST(distance_counts_wrong_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
