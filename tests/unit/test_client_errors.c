/*
 * The client against the interface file: every error has a sentence and an exit code, every method
 * a command.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "commands.h"
#include "errors.h"
#include "text.h"
#include "wire/idl.h"
#include "wire/interfaces.h"

static struct idl *parse_interface(const char *text)
{
    struct idl *idl = NULL;
    struct idl_error error;
    assert_int_equal(idl_parse(text, &idl, &error), 0);
    return idl;
}

static bool has_field(const struct idl_type *type, const char *name, size_t len)
{
    for (const struct idl_field *field = type ? type->fields : NULL; field; field = field->next)
        if (strlen(field->name) == len && strncmp(field->name, name, len) == 0)
            return true;
    return false;
}

/* Every {field} of the sentence is one of the error's. */
static void assert_fields_known(const char *sentence, const struct idl_type *type)
{
    for (const char *open = sentence; (open = strchr(open, '{')); open++) {
        const char *close = strchr(open, '}');
        assert_non_null(close);
        assert_true(has_field(type, open + 1, (size_t)(close - open - 1)));
    }
}

static void check_errors_of(const char *interface)
{
    AUTO(idl_freep) struct idl *idl = parse_interface(interface);
    size_t count = 0;
    for (const struct idl_member *member = idl->members; member; member = member->next) {
        if (member->kind != IDL_ERROR)
            continue;
        AUTO(free_ptr) char *name = text_format("%s.%s", idl->name, member->name);
        const struct error_row *row = error_find(name);
        if (!row)
            print_error("no row for %s\n", name);
        assert_non_null(row);
        assert_fields_known(row->sentence, member->type);
        count++;
    }
    assert_true(count > 0);
}

static void errors_of_the_tracker_all_have_a_sentence(void **state UNUSED)
{
    check_errors_of(interface_io_goald_Tracker);
}

static void errors_of_the_service_all_have_a_sentence(void **state UNUSED)
{
    check_errors_of(interface_org_varlink_service);
}

static void error_rows_name_only_errors_that_exist(void **state UNUSED)
{
    AUTO(idl_freep) struct idl *idl = parse_interface(interface_io_goald_Tracker);
    for (size_t i = 0; i < error_count; i++)
        if (strncmp(error_rows[i].name, TRACKER, strlen(TRACKER)) == 0)
            assert_non_null(idl_find(idl, IDL_ERROR, error_rows[i].name + strlen(TRACKER)));
}

static bool has_command(const char *method)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++)
        if (word_in(command->methods, method))
            return true;
    return false;
}

static void methods_all_have_a_command(void **state UNUSED)
{
    AUTO(idl_freep) struct idl *idl = parse_interface(interface_io_goald_Tracker);
    for (const struct idl_member *member = idl->members; member; member = member->next) {
        if (member->kind != IDL_METHOD)
            continue;
        if (!has_command(member->name))
            print_error("no command for %s\n", member->name);
        assert_true(has_command(member->name));
    }
}

static void commands_call_only_methods_that_exist(void **state UNUSED)
{
    AUTO(idl_freep) struct idl *idl = parse_interface(interface_io_goald_Tracker);
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++) {
        AUTO(free_ptr) char *methods = text_copy(command->methods);
        char *saved = NULL;
        for (char *method = strtok_r(methods, " ", &saved); method;
             method = strtok_r(NULL, " ", &saved))
            assert_non_null(idl_find(idl, IDL_METHOD, method));
    }
}

static void changes_take_a_request_id_in_the_interface_too(void **state UNUSED)
{
    AUTO(idl_freep) struct idl *idl = parse_interface(interface_io_goald_Tracker);
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++) {
        AUTO(free_ptr) char *first = text_copy(command->methods);
        first[strcspn(first, " ")] = '\0';
        if (!*first)
            continue;
        const struct idl_member *method = idl_find(idl, IDL_METHOD, first);
        assert_int_equal(command->changes, has_field(method->type, "requestId", 9));
    }
}

static void assert_sentence(const char *error, const char *parameters, const char *expected)
{
    json_auto_t *object = json_loads(parameters, 0, NULL);
    assert_non_null(object);
    AUTO(free_ptr) char *sentence = error_sentence(error, object);
    assert_string_equal(sentence, expected);
}

static void sentence_fills_in_the_fields(void **state UNUSED)
{
    assert_sentence(TRACKER "NoSuchNode", "{\"strategy\":\"ls\",\"code\":\"9.9\"}",
                    "there is no 9.9 in ls; `goal tree ls` shows what there is");
    assert_sentence(TRACKER "StrategyNeeded", "{\"strategies\":[\"ls\",\"sdg\"]}",
                    "name the strategy: one of ls, sdg, or set GOAL_STRATEGY");
}

static void sentence_leaves_out_what_is_null(void **state UNUSED)
{
    assert_sentence(TRACKER "StrategyNeeded", "{\"strategies\":[]}",
                    "name the strategy, or set GOAL_STRATEGY");
    assert_sentence(TRACKER "Unavailable", "{\"lastContact\":null}",
                    "the daemon cannot reach its database; nothing was changed");
}

static void sentence_tells_what_was_not_permitted(void **state UNUSED)
{
    assert_sentence(TRACKER "NotPermitted",
                    "{\"method\":\"GetStatus\",\"needed\":\"an account that is not disabled\","
                    "\"strategy\":null}",
                    "your account is disabled; ask an administrator");
    assert_sentence(TRACKER "NotPermitted",
                    "{\"needed\":\"contributor, or manager\",\"strategy\":\"ls\","
                    "\"code\":\"2.2\"}",
                    "you may not report on 2.2 in ls: this needs contributor, or manager; "
                    "`goal whoami` shows what you report on");
    assert_sentence(TRACKER "NotPermitted", "{\"needed\":\"admin\",\"strategy\":null}",
                    "not permitted: this needs admin; `goal whoami` shows what you may do");
}

static void sentence_of_an_unknown_error_tells_its_fields(void **state UNUSED)
{
    assert_sentence("org.example.Odd", "{\"why\":\"rain\",\"n\":3}",
                    "the daemon refused: org.example.Odd (why: rain, n: 3)");
    assert_sentence("org.example.Odd", "{}", "the daemon refused: org.example.Odd");
}

static void sentence_holds_no_control_characters(void **state UNUSED)
{
    assert_sentence(TRACKER "InvalidValue", "{\"field\":\"note\",\"message\":\"a\\u001b[2Jb\\nc\"}",
                    "refused, nothing was changed: note: a\uFFFD[2Jb c");
}

static void exit_codes_tell_kinds_of_failure_apart(void **state UNUSED)
{
    assert_int_equal(error_exit(TRACKER "InvalidValue"), 1);
    assert_int_equal(error_exit(TRACKER "Overloaded"), 4);
    assert_int_equal(error_exit(TRACKER "NoSuchNode"), 3);
    assert_int_equal(error_exit("org.varlink.service.MethodNotFound"), 3);
    assert_int_equal(error_exit(TRACKER "Unavailable"), 4);
    assert_int_equal(error_exit(TRACKER "OutcomeUnknown"), 4);
    assert_int_equal(error_exit(TRACKER "NotPermitted"), 5);
    assert_int_equal(error_exit("org.example.Odd"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_the_tracker_all_have_a_sentence),
        cmocka_unit_test(errors_of_the_service_all_have_a_sentence),
        cmocka_unit_test(error_rows_name_only_errors_that_exist),
        cmocka_unit_test(methods_all_have_a_command),
        cmocka_unit_test(commands_call_only_methods_that_exist),
        cmocka_unit_test(changes_take_a_request_id_in_the_interface_too),
        cmocka_unit_test(sentence_fills_in_the_fields),
        cmocka_unit_test(sentence_leaves_out_what_is_null),
        cmocka_unit_test(sentence_tells_what_was_not_permitted),
        cmocka_unit_test(sentence_of_an_unknown_error_tells_its_fields),
        cmocka_unit_test(sentence_holds_no_control_characters),
        cmocka_unit_test(exit_codes_tell_kinds_of_failure_apart),
    };
    text_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
