/* Which mail addresses are taken, and which are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mailaddress.h"
#include "wire/util.h"

#include <string.h>

static void assert_valid(const char *const *texts, size_t count, bool valid)
{
    for (size_t i = 0; i < count; i++)
        if (mailaddress_valid(texts[i]) != valid)
            fail_msg("%s: %s", texts[i], valid ? "refused" : "taken");
}

static void plain_addresses_are_taken(void **state UNUSED)
{
    static const char *const texts[] = {"karin.ek@example.org", "a@b",
                                        "root@localhost",       "k+goals@mail.example.org",
                                        "O'Brien@example.org",  "x@xn--blbr-roah.no",
                                        "1/2=half@a-b.c0m"};

    assert_valid(texts, ARRAY_LEN(texts), true);
}

static void what_is_no_address_is_refused(void **state UNUSED)
{
    static const char *const texts[] = {
        "",       "karin",   "@example.org", "karin@",          "a@b@c",      ".a@b", "a.@b",
        "a..b@c", "a@.b",    "a@b.",         "a@b..c",          "a@-b",       "a@b-", "-a@b.c",
        "a@b_c",  "a@[::1]", "\"a b\"@c.d",  "åsa@example.org", "a@blåbær.no"};

    assert_valid(texts, ARRAY_LEN(texts), false);
}

static void headers_cannot_be_injected(void **state UNUSED)
{
    static const char *const texts[] = {
        "a@b.c\nBcc: d@e.f", "a@b.c\r\nSubject: x", "a\n@b.c",  "a@b\t.c", "a@b.c, d@e.f",
        "a@b.c d@e.f",       "A <a@b.c>",           "a(x)@b.c", "a@b.c;",  "a@b.c\x7f"};

    assert_valid(texts, ARRAY_LEN(texts), false);
}

static void length_is_bounded(void **state UNUSED)
{
    char text[300] = "";

    memset(text, 'a', 64);
    strcpy(text + 64, "@b.c");
    assert_true(mailaddress_valid(text));
    memmove(text + 1, text, strlen(text) + 1);
    assert_false(mailaddress_valid(text));
    strcpy(text, "a@");
    for (int i = 0; i < 4; i++) {
        memset(text + 2 + i * 63, 'b', 62);
        text[2 + i * 63 + 62] = '.';
    }
    text[2 + 4 * 63 - 1] = '\0';
    assert_int_equal(strlen(text), 253);
    assert_true(mailaddress_valid(text));
    strcat(text, "cc");
    assert_false(mailaddress_valid(text));
}

static void label_is_bounded(void **state UNUSED)
{
    char text[80] = "a@";

    memset(text + 2, 'b', 63);
    assert_true(mailaddress_valid(text));
    text[65] = 'b';
    assert_false(mailaddress_valid(text));
}

static void key_is_the_address_in_lower_case(void **state UNUSED)
{
    char key[MAILADDRESS_SIZE];

    assert_string_equal(mailaddress_key("Karin.EK@Example.ORG", key), "karin.ek@example.org");
}

static void tag_stands_behind_a_plus(void **state UNUSED)
{
    char *tagged = mailaddress_tagged("answers@example.org", "abc");

    assert_string_equal(tagged, "answers+abc@example.org");
    free(tagged);
    assert_null(mailaddress_tagged("", "abc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_addresses_are_taken),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(headers_cannot_be_injected),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(label_is_bounded),
        cmocka_unit_test(key_is_the_address_in_lower_case),
        cmocka_unit_test(tag_stands_behind_a_plus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
