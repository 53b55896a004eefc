/* What was done, in sentences: what the client does not know is told as the daemon tells it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "mail/change_words.h"
#include "mail/words.h"

/* The lines of an item, in bokmål. */
static char *written(const char *entry)
{
    json_auto_t *object = json_loads(entry, 0, NULL);
    struct page page;
    char *text, *html;

    assert_non_null(object);
    words_begin("nb");
    page_begin(&page, "nb");
    page_change(&page, object);
    page_end(&page, &text, &html);
    words_end();
    free(html);
    return text;
}

static void assert_written(const char *entry, const char *expected)
{
    AUTO(free_ptr) char *text = written(entry);

    assert_string_equal(text, expected);
}

static void unknown_entity_is_told_in_the_daemons_words(void **state UNUSED)
{
    assert_written("{\"entity\": \"new_thing\", \"what\": \"new thing: 7\","
                   " \"time\": \"2026-03-01T08:00:00Z\", \"facts\": {\"action\": \"added\"}}",
                   "    2026-03-01  new thing: 7\n");
}

static void entry_without_facts_is_told_in_the_daemons_words(void **state UNUSED)
{
    assert_written("{\"entity\": \"update\", \"what\": \"update: 7 %\","
                   " \"time\": \"2026-03-01T08:00:00Z\"}",
                   "    2026-03-01  update: 7 %\n");
}

static void unknown_words_stay_as_they_are(void **state UNUSED)
{
    assert_written("{\"entity\": \"node\", \"what\": \"x\", \"time\": \"2026-03-01T08:00:00Z\","
                   " \"facts\": {\"action\": \"changed\", \"changes\": ["
                   "{\"field\": \"kind\", \"before\": \"target\", \"after\": \"dream\"},"
                   "{\"field\": \"colour\", \"before\": \"red\", \"after\": \"blue\"},"
                   "{\"field\": \"every\", \"before\": null, \"after\": \"P2M\"},"
                   "{\"field\": \"every\", \"before\": \"P\", \"after\": \"soon\"}]}}",
                   "    2026-03-01  Endret\n"
                   "                Slag: mål → dream\n"
                   "                Tid mellom gjennomganger: – → 2 måneder\n"
                   "                Tid mellom gjennomganger: P → soon\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_entity_is_told_in_the_daemons_words),
        cmocka_unit_test(entry_without_facts_is_told_in_the_daemons_words),
        cmocka_unit_test(unknown_words_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
