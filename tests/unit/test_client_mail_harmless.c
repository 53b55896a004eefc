/* Text that others wrote, made harmless for a mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "mail/harmless.h"
#include "wire/util.h"

static void assert_line(const char *text, const char *expected)
{
    AUTO(free_ptr) char *line = harmless_line(text);
    assert_string_equal(line, expected);
}

static void line_is_one_line_without_what_turns_or_hides(void **state UNUSED)
{
    assert_line("a\r\nb\nc\rd", "a b c d");
    assert_line("a\tb\x1b[31mc\x7f", "a b[31mc");
    assert_line("a\xe2\x80\xaa\xe2\x81\xa6"
                "b",
                "ab");
    assert_line("a\xe2\x80\xa8"
                "b\xc2\x85"
                "c",
                "a b c");
    assert_line("👩‍👧 é 漢", "👩‍👧 é 漢");
    assert_line("a\xff", "a\xef\xbf\xbd");
    assert_line(NULL, "");
}

static void header_has_nothing_that_looks_encoded(void **state UNUSED)
{
    AUTO(free_ptr) char *header = harmless_header("=?utf-8?q?a?= =?=?");
    assert_null(strstr(header, "=?"));
    assert_string_equal(header, "= ?utf-8?q?a?= = ?= ?");
}

static void address_is_plain_or_none(void **state UNUSED)
{
    static const char *const good[] = {"a@b", "a.b+c@d-e.example", "o'neil@x.example"};
    static const char *const bad[] = {"",     "a",     "@b",    "a@",  "a@b.",
                                      ".a@b", "a@b c", "a\n@b", "-a@b"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(harmless_address(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(harmless_address(bad[i]));
    assert_false(harmless_address(NULL));
}

static void html_is_text_only(void **state UNUSED)
{
    AUTO(free_ptr) char *html = harmless_html("<b>&\"x\"</b>");
    assert_string_equal(html, "&lt;b&gt;&amp;&quot;x&quot;&lt;/b&gt;");
}

static void lines_stay_lines(void **state UNUSED)
{
    AUTO(free_ptr) char *lines = harmless_lines("a\r\nb\rc\nd\x07");
    assert_string_equal(lines, "a\nb\nc\nd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_is_one_line_without_what_turns_or_hides),
        cmocka_unit_test(header_has_nothing_that_looks_encoded),
        cmocka_unit_test(address_is_plain_or_none),
        cmocka_unit_test(html_is_text_only),
        cmocka_unit_test(lines_stay_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
