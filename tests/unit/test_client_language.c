/*
 * Languages from the command line and from the names of locales.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "language.h"
#include "wire/util.h"

static void assert_language(const char *locale, const char *expected)
{
    AUTO(free_ptr) char *language = language_of_locale(locale);
    if (expected)
        assert_string_equal(language, expected);
    else
        assert_null(language);
}

static void locale_tells_a_language(void **state UNUSED)
{
    assert_language("nb_NO.UTF-8", "nb-NO");
    assert_language("nb_NO", "nb-NO");
    assert_language("sv", "sv");
    assert_language("en_GB.ISO-8859-15@euro", "en-GB");
    assert_language("ca_ES@valencia", "ca-ES");
    assert_language("sma_NO", "sma-NO");
}

static void locale_of_no_language_tells_none(void **state UNUSED)
{
    static const char *const none[] = {"C", "POSIX", "C.UTF-8", "", ".UTF-8", "swedish", "1_2"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_language(none[i], NULL);
}

static void assert_wanted(const char *given, const char *expected)
{
    AUTO(free_ptr) char *language = language_wanted(given);
    if (expected)
        assert_string_equal(language, expected);
    else
        assert_null(language);
}

static void first_variable_that_is_set_counts(void **state UNUSED)
{
    setenv("LC_ALL", "", 1);
    setenv("LC_MESSAGES", "sv_SE.UTF-8", 1);
    setenv("LANG", "en_GB.UTF-8", 1);
    assert_wanted(NULL, "sv-SE");
    unsetenv("LC_MESSAGES");
    assert_wanted(NULL, "en-GB");
    setenv("LC_ALL", "C", 1);
    assert_wanted(NULL, NULL);
    unsetenv("LC_ALL");
    unsetenv("LANG");
    assert_wanted(NULL, NULL);
}

static void option_goes_before_the_environment(void **state UNUSED)
{
    setenv("LC_ALL", "sv_SE.UTF-8", 1);
    assert_wanted("en", "en");
    unsetenv("LC_ALL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locale_tells_a_language),
        cmocka_unit_test(locale_of_no_language_tells_none),
        cmocka_unit_test(first_variable_that_is_set_counts),
        cmocka_unit_test(option_goes_before_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
