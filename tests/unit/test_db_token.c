/* Tokens that mails carry: what they look like, and what is kept of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "db/token.h"

#include <errno.h>
#include <string.h>

static void token_is_plain_text_that_no_other_has(void **state UNUSED)
{
    char one[TOKEN_TEXT_SIZE], other[TOKEN_TEXT_SIZE];

    token_new(one);
    token_new(other);
    assert_int_equal(strlen(one), 32);
    assert_int_equal(strspn(one, "abcdefghijklmnopqrstuvwxyz234567"), 32);
    assert_string_not_equal(one, other);
}

/* sha256sum of the 32 characters */
static void digest_is_that_of_the_token_in_lower_case(void **state UNUSED)
{
    char hex[2 * HASH_SIZE + 1], upper[2 * HASH_SIZE + 1];

    assert_int_equal(token_digest("abcdefghijklmnopqrstuvwxyz234567", hex), 0);
    assert_string_equal(hex, "84cb29b2c78b393c0d30a90d5a9f670267d02d9ec3743fc1800acff8b03bac15");
    assert_int_equal(token_digest("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", upper), 0);
    assert_string_equal(upper, hex);
}

static void digest_of_a_new_token_can_be_made(void **state UNUSED)
{
    char hex[2 * HASH_SIZE + 1], text[TOKEN_TEXT_SIZE];

    for (int i = 0; i < 100; i++) {
        token_new(text);
        assert_int_equal(token_digest(text, hex), 0);
    }
}

static void what_no_token_looks_like_is_refused(void **state UNUSED)
{
    static const char *const texts[] = {"",
                                        "abc",
                                        "abcdefghijklmnopqrstuvwxyz23456",
                                        "abcdefghijklmnopqrstuvwxyz2345677",
                                        "abcdefghijklmnopqrstuvwxyz234561",
                                        "abcdefghijklmnopqrstuvwxyz23456 ",
                                        "abcdefghijklmnopqrstuvwxyz2345\r\n"};
    char hex[2 * HASH_SIZE + 1];

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(token_digest(texts[i], hex), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_is_plain_text_that_no_other_has),
        cmocka_unit_test(digest_is_that_of_the_token_in_lower_case),
        cmocka_unit_test(digest_of_a_new_token_can_be_made),
        cmocka_unit_test(what_no_token_looks_like_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
