/* The text of a journal's entry that is hashed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/chain.h"

#include <errno.h>

static const struct chain_entry entry = {
    .strategy_id = 1,
    .seq = 217,
    .account = -1,
    .id = 9,
    .time = "2026-11-22T02:08:14.000001Z",
    .request_id = "6f1c1f4e-8b0a-4c52-9d4e-2f5b8f3f0a11",
    .request_digest = "00ff",
    .entity = "node",
    .action = "put",
};

static void text_has_a_line_a_column(void **state UNUSED)
{
    char text[CHAIN_TEXT_SIZE];
    int len = chain_text(&entry, text);

    assert_int_equal(len, strlen(text));
    assert_string_equal(text, "1\n217\n2026-11-22T02:08:14.000001Z\n-1\n"
                              "6f1c1f4e-8b0a-4c52-9d4e-2f5b8f3f0a11\n00ff\nnode\nput\n9\n");
}

static void text_of_no_request_has_empty_lines(void **state UNUSED)
{
    struct chain_entry without = entry;
    char text[CHAIN_TEXT_SIZE];

    without.request_id = without.request_digest = NULL;
    assert_true(chain_text(&without, text) > 0);
    assert_non_null(strstr(text, "\n-1\n\n\nnode\n"));
}

static void text_that_is_too_long_is_no_entrys(void **state UNUSED)
{
    struct chain_entry wrong = entry;
    char word[CHAIN_TEXT_SIZE], text[CHAIN_TEXT_SIZE];

    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    wrong.entity = word;
    assert_int_equal(chain_text(&wrong, text), -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_a_line_a_column),
        cmocka_unit_test(text_of_no_request_has_empty_lines),
        cmocka_unit_test(text_that_is_too_long_is_no_entrys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
