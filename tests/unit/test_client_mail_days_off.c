/*
 * Days off out of iCalendar files: each of tests/data/ical gives the days, or the problem, that
 * expected.json there says, with what repeats expanded for 2025 to 2028.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mail/days_off.h"
#include "note.h"
#include "text.h"

static int read_corpus(const char *name, struct days_off *ret_days, char **ret_problem)
{
    AUTO(free_ptr) char *path = text_format(TEST_DATA "/ical/%s", name), *text = NULL;
    size_t len;
    assert_int_equal(file_read(path, DAYS_OFF_BYTES, &text, &len), 0);
    return days_off_read(text, len, 2025, 2028, ret_days, ret_problem);
}

static json_t *expected(const char *which)
{
    json_t *all = json_load_file(TEST_DATA "/ical/expected.json", 0, NULL);
    json_t *part = json_incref(json_object_get(all, which));
    assert_non_null(part);
    json_decref(all);
    return part;
}

static void days_off_are_those_of_the_file(void **state UNUSED)
{
    json_auto_t *files = expected("accepted");
    const char *name;
    json_t *days;
    assert_true(json_object_size(files) > 20);
    json_object_foreach (files, name, days) {
        struct days_off read = {0};
        char *problem = NULL;
        if (read_corpus(name, &read, &problem) < 0)
            fail_msg("%s: %s", name, problem);
        AUTO(free_ptr) char *told = json_dumps(read.days, 0), *wanted = json_dumps(days, 0);
        if (strcmp(told, wanted) != 0)
            fail_msg("%s: %s instead of %s", name, told, wanted);
        days_off_done(&read);
    }
}

static void what_is_wrong_is_told_by_line_or_event(void **state UNUSED)
{
    json_auto_t *files = expected("refused");
    const char *name;
    json_t *problem;
    assert_true(json_object_size(files) > 15);
    json_object_foreach (files, name, problem) {
        struct days_off read = {0};
        char *told = NULL;
        if (read_corpus(name, &read, &told) == 0)
            fail_msg("%s was accepted", name);
        if (strncmp(told, json_string_value(problem), json_string_length(problem)) != 0)
            fail_msg("%s: %s", name, told);
        for (const char *c = told; *c; c++)
            assert_true((unsigned char)*c >= ' ');
        free(told);
    }
}

static int read_text(const char *text, struct days_off *ret_days)
{
    AUTO(free_ptr) char *problem = NULL;
    return days_off_read(text, strlen(text), 2025, 2028, ret_days, &problem);
}

static void days_off_tell_what_was_left_out_and_expanded(void **state UNUSED)
{
    struct days_off read = {0};
    assert_int_equal(
        read_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101T100000\nEND:VEVENT\n"
                  "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY\n"
                  "END:VEVENT\nEND:VCALENDAR\n",
                  &read),
        0);
    assert_int_equal(read.timed, 1);
    assert_int_equal(read.repeats, 1);
    assert_int_equal(json_array_size(read.days), 4);
    days_off_done(&read);
}

static void days_off_have_an_end(void **state UNUSED)
{
    static const char daily[] = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY\n"
                                "EXDATE;VALUE=DATE:20260101\nEND:VEVENT\n";
    AUTO(free_ptr) char *text = text_copy("BEGIN:VCALENDAR\n");
    struct days_off read = {0};
    for (int i = 0; i < 10; i++)
        text_append(&text, "", "%s", daily);
    text_append(&text, "", "END:VCALENDAR\n");
    assert_int_not_equal(read_text(text, &read), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_off_are_those_of_the_file),
        cmocka_unit_test(what_is_wrong_is_told_by_line_or_event),
        cmocka_unit_test(days_off_tell_what_was_left_out_and_expanded),
        cmocka_unit_test(days_off_have_an_end),
    };
    text_init();
    return cmocka_run_group_tests_name("client/mail/days_off", tests, NULL, NULL);
}
