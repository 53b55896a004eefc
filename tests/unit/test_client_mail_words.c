/* Languages: the one that is asked for, one after the other, and what goal hands over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "mail/runs.h"
#include "mail/words.h"

static void words_speak_one_language_after_the_other(void **state UNUSED)
{
    words_begin("sv");
    assert_string_equal(_("Overdue"), "Försenat");
    words_begin("nb");
    assert_string_equal(_("Overdue"), "Forsinket");
    words_begin("en");
    assert_string_equal(_("Overdue"), "Overdue");
    words_begin("sv");
    assert_string_equal(_("Overdue"), "Försenat");
    words_end();
    assert_string_equal(_("Overdue"), "Overdue");
}

static void words_know_a_language_by_the_first_part_of_its_tag(void **state UNUSED)
{
    static const char *const pairs[][2] = {
        {"sv-FI", "sv"}, {"SV", "sv"},      {"nn-NO", "nb"}, {"no", "nb"}, {"nb_NO", "nb"},
        {"fi", "en"},    {"svenska", "en"}, {"", "en"},      {NULL, "en"}, {"../sv", "en"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        words_begin(pairs[i][0]);
        assert_string_equal(words_language(), pairs[i][1]);
    }
    words_end();
}

static void words_leave_the_environment_as_it_was(void **state UNUSED)
{
    setenv("LANGUAGE", "de:fr", 1);
    words_begin("sv");
    words_begin("nb");
    words_end();
    assert_string_equal(getenv("LANGUAGE"), "de:fr");
    unsetenv("LANGUAGE");
    words_begin("sv");
    words_end();
    words_end();
    assert_null(getenv("LANGUAGE"));
}

static bool is_run(const char *name)
{
    for (const struct program_run *run = mail_runs; run->name; run++)
        if (strcmp(run->name, name) == 0)
            return true;
    return false;
}

static bool is_handed_over(const struct command *command)
{
    return command->run == program_hand_over || command->run == remind_start;
}

/* Otherwise goal-mail would become goal-mail, for ever. */
static void commands_that_are_handed_over_are_taken(void **state UNUSED)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++)
        assert_int_equal(is_handed_over(command), is_run(command->name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_speak_one_language_after_the_other),
        cmocka_unit_test(words_know_a_language_by_the_first_part_of_its_tag),
        cmocka_unit_test(words_leave_the_environment_as_it_was),
        cmocka_unit_test(commands_that_are_handed_over_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
