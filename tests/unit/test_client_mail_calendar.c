/* Calendars as they are written: what RFC 5545 asks for, whatever stands in a title. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "mail/calendar.h"
#include "mail/words.h"
#include "text.h"

static const struct calendar_event deadline = {
    .uid = "due-7.plan.goald",
    .kind = "due",
    .date = "2026-05-31",
    .changed = "2021-03-01T12:30:59.123456Z",
    .strategy = "plan",
    .code = "2.2",
    .title = "Secondary use of data",
    .strategy_title = "The plan",
    .sequence = 12,
};

/* The calendar of one event, lines unfolded. */
static char *written(const struct calendar_event *event, const char *name, bool published)
{
    AUTO(calendar_endp) struct calendar *calendar = calendar_begin(name, published);
    assert_true(calendar_add(calendar, event));
    char *text = calendar_text(calendar), *to = text;
    for (const char *from = text; *from; from++)
        if (strncmp(from, "\r\n ", 3) == 0)
            from += 2;
        else
            *to++ = *from;
    *to = '\0';
    return text;
}

#define assert_line(text, line) assert_non_null(strstr((text), "\r\n" line "\r\n"))

static void calendar_writes_an_event_of_a_whole_day(void **state UNUSED)
{
    AUTO(free_ptr) char *text = written(&deadline, NULL, false);
    assert_string_equal(text, "BEGIN:VCALENDAR\r\n"
                              "PRODID:-//goald//goal " GOALD_VERSION "//EN\r\n"
                              "VERSION:2.0\r\n"
                              "CALSCALE:GREGORIAN\r\n"
                              "BEGIN:VEVENT\r\n"
                              "UID:due-7.plan.goald\r\n"
                              "DTSTAMP:20210301T123059Z\r\n"
                              "SEQUENCE:12\r\n"
                              "DTSTART;VALUE=DATE:20260531\r\n"
                              "SUMMARY:Due: 2.2 Secondary use of data\r\n"
                              "DESCRIPTION:The plan (plan:2.2)\r\n"
                              "CATEGORIES:due\r\n"
                              "STATUS:CONFIRMED\r\n"
                              "TRANSP:TRANSPARENT\r\n"
                              "END:VEVENT\r\n"
                              "END:VCALENDAR\r\n");
}

static void calendar_is_published_and_named(void **state UNUSED)
{
    AUTO(free_ptr) char *text = written(&deadline, "Plan; a, b\nc", true);
    assert_line(text, "METHOD:PUBLISH");
    assert_line(text, "NAME:Plan\\; a\\, b c");
    assert_line(text, "X-WR-CALNAME:Plan; a, b c");
}

static void calendar_says_what_is_cancelled(void **state UNUSED)
{
    struct calendar_event event = deadline;
    event.cancelled = true;
    AUTO(free_ptr) char *text = written(&event, NULL, false);
    assert_line(text, "STATUS:CANCELLED");
}

static void calendar_names_whose_term_ends(void **state UNUSED)
{
    struct calendar_event event = deadline;
    event.kind = "term";
    event.code = NULL;
    event.holder = "Åsa Ö";
    event.title = "Data group";
    event.strategy_title = NULL;
    AUTO(free_ptr) char *text = written(&event, NULL, false);
    assert_line(text, "SUMMARY:Term ends: Åsa Ö\\, Data group");
    assert_line(text, "DESCRIPTION:plan");
}

static void calendar_speaks_the_chosen_language(void **state UNUSED)
{
    struct calendar_event event = deadline;
    words_begin("sv");
    AUTO(free_ptr) char *swedish = written(&event, NULL, false);
    assert_line(swedish, "SUMMARY:Förfaller: 2.2 Secondary use of data");
    words_begin("nb");
    event.kind = "review";
    AUTO(free_ptr) char *norwegian = written(&event, NULL, false);
    assert_line(norwegian, "SUMMARY:Gjennomgang: 2.2 Secondary use of data");
    words_end();
}

static void calendar_makes_titles_harmless(void **state UNUSED)
{
    struct calendar_event event = deadline;
    event.title = "a\r\nATTENDEE:mailto:x@y\n,;\\\x01\x7f: \"b\"\t\xc2\xa0";
    AUTO(free_ptr) char *text = written(&event, NULL, false);
    assert_line(text, "SUMMARY:Due: 2.2 a ATTENDEE:mailto:x@y \\,\\;\\\\: \"b\" \xc2\xa0");
    assert_null(strstr(text, "\nATTENDEE"));
}

static void calendar_folds_lines_between_characters(void **state UNUSED)
{
    AUTO(calendar_endp) struct calendar *calendar = calendar_begin(NULL, false);
    char title[400] = "";
    struct calendar_event event = deadline;
    for (int i = 0; i < 60; i++)
        strcat(title, i % 7 ? "ö" : "𝄞a");
    event.title = title;
    assert_true(calendar_add(calendar, &event));
    AUTO(free_ptr) char *text = calendar_text(calendar);
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\r");
        assert_true(len <= 75);
        assert_int_not_equal((unsigned char)line[*line == ' '] & 0xc0, 0x80);
        assert_int_equal(line[len + 1], '\n');
        line += len + 2;
    }
}

static void calendar_is_the_same_for_the_same_events(void **state UNUSED)
{
    AUTO(free_ptr) char *one = written(&deadline, "name", false);
    AUTO(free_ptr) char *other = written(&deadline, "name", false);
    assert_string_equal(one, other);
}

static void calendar_leaves_out_what_has_no_day(void **state UNUSED)
{
    AUTO(calendar_endp) struct calendar *calendar = calendar_begin(NULL, false);
    struct calendar_event event = deadline;
    event.date = "2026-05";
    assert_false(calendar_add(calendar, &event));
    event.date = NULL;
    assert_false(calendar_add(calendar, &event));
    event = deadline;
    event.changed = "yesterday";
    assert_false(calendar_add(calendar, &event));
    AUTO(free_ptr) char *text = calendar_text(calendar);
    assert_null(strstr(text, "VEVENT"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar_writes_an_event_of_a_whole_day),
        cmocka_unit_test(calendar_is_published_and_named),
        cmocka_unit_test(calendar_says_what_is_cancelled),
        cmocka_unit_test(calendar_names_whose_term_ends),
        cmocka_unit_test(calendar_speaks_the_chosen_language),
        cmocka_unit_test(calendar_makes_titles_harmless),
        cmocka_unit_test(calendar_folds_lines_between_characters),
        cmocka_unit_test(calendar_is_the_same_for_the_same_events),
        cmocka_unit_test(calendar_leaves_out_what_has_no_day),
    };
    return cmocka_run_group_tests_name("client/mail/calendar", tests, NULL, NULL);
}
