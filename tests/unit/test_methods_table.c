/*
 * The table of methods against the interface file: no method without a row, no row without a
 * method, no method without a right, and errors that have the form that the file says.
 */
#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/rights.h"
#include "db/store.h"
#include "methods/fail.h"
#include "methods/request.h"
#include "methods/table.h"
#include "wire/check.h"
#include "wire/idl.h"
#include "wire/interfaces.h"

#define PREFIX "io.goald.Tracker."

/* Bits that a row may have. */
#define ALL_RIGHTS                                                                                 \
    (MAY_READER | MAY_MANAGER | MAY_AUDITOR | MAY_REMINDER | MAY_MAIL | MAY_ADMIN |                \
     MAY_CONTRIBUTOR | MAY_ANYBODY)

/* These have a nullable `strategy` and open it themselves: the registry has a journal too, and a
 * right may be for everywhere, and people take part in several. */
static const char *const open_it_themselves[] = {
    "ListJournal", "VerifyJournal", "ExportJournal",  "SubscribeEvents",
    "GrantRole",   "RevokeRole",    "ListRoles",      "ListOrganisations",
    "ListPersons", "ListCalendar",  "ClaimReminders", "RetryReminder"};

static struct idl *interface;

static int parse_interface(void **state UNUSED)
{
    struct idl_error error;

    return idl_parse(interface_io_goald_Tracker, &interface, &error);
}

static int free_interface(void **state UNUSED)
{
    idl_free(interface);
    return 0;
}

static const struct method *find_row(const char *name)
{
    for (size_t i = 0; i < method_count; i++)
        if (strcmp(method_table[i].name, name) == 0)
            return &method_table[i];
    return NULL;
}

static const struct idl_type *find_field(const struct idl_type *type, const char *name)
{
    for (const struct idl_field *field = type->fields; field; field = field->next)
        if (strcmp(field->name, name) == 0)
            return field->type;
    return NULL;
}

static void method_has_a_row(void **state UNUSED)
{
    for (const struct idl_member *m = interface->members; m; m = m->next)
        if (m->kind == IDL_METHOD && !find_row(m->name))
            fail_msg("no row for the method %s", m->name);
}

static void row_is_a_method(void **state UNUSED)
{
    for (size_t i = 0; i < method_count; i++)
        if (!idl_find(interface, IDL_METHOD, method_table[i].name))
            fail_msg("no method for the row %s", method_table[i].name);
}

static void row_is_there_once(void **state UNUSED)
{
    for (size_t i = 0; i < method_count; i++)
        if (find_row(method_table[i].name) != &method_table[i])
            fail_msg("two rows for %s", method_table[i].name);
}

static void row_has_a_handler_of_its_own(void **state UNUSED)
{
    for (size_t i = 0; i < method_count; i++) {
        assert_non_null(method_table[i].handler);
        for (size_t j = 0; j < i; j++)
            if (method_table[j].handler == method_table[i].handler)
                fail_msg("%s and %s: one handler", method_table[j].name, method_table[i].name);
    }
}

static void row_has_a_right(void **state UNUSED)
{
    for (size_t i = 0; i < method_count; i++) {
        unsigned needs = method_table[i].needs;

        if (needs == 0 || (needs & ~(unsigned)ALL_RIGHTS) != 0)
            fail_msg("%s needs %#x", method_table[i].name, needs);
    }
}

/* Duties are on nodes: without a strategy there is none to have a duty on. */
static void contributor_is_needed_only_with_a_strategy(void **state UNUSED)
{
    for (size_t i = 0; i < method_count; i++)
        if (method_table[i].needs & (MAY_CONTRIBUTOR | MAY_READER))
            assert_true(method_table[i].with_strategy);
}

static bool opens_it_itself(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(open_it_themselves); i++)
        if (strcmp(open_it_themselves[i], name) == 0)
            return true;
    return false;
}

static void nullable_strategy_is_resolved_before_the_handler(void **state UNUSED)
{
    for (const struct idl_member *m = interface->members; m; m = m->next) {
        const struct method *row = m->kind == IDL_METHOD ? find_row(m->name) : NULL;
        const struct idl_type *type = row ? find_field(m->type, "strategy") : NULL;
        bool nullable = type && type->kind == IDL_NULLABLE;

        if (row && row->with_strategy != (nullable && !opens_it_itself(m->name)))
            fail_msg("%s: with_strategy is %d", m->name, row->with_strategy);
    }
}

static void strategy_and_code_are_nullable_strings_where_resolved(void **state UNUSED)
{
    for (size_t i = 0; i < method_count; i++) {
        const struct idl_member *m = idl_find(interface, IDL_METHOD, method_table[i].name);
        const char *const names[] = {"strategy", "code"};

        assert_non_null(m);
        for (size_t n = 0; method_table[i].with_strategy && n < ARRAY_LEN(names); n++) {
            const struct idl_type *type = find_field(m->type, names[n]);

            if (!type)
                continue;
            assert_int_equal(type->kind, IDL_NULLABLE);
            assert_int_equal(type->element->kind, IDL_STRING);
        }
    }
}

/* --- errors --- */

/* A sink that keeps the last reply. */
struct reply_sink {
    struct call_sink sink; /* first */
    json_t *reply;
};

static void keep_reply(struct call_sink *sink, struct call *call UNUSED, const char *bytes,
                       size_t len, bool last)
{
    assert_non_null(bytes);
    assert_true(last);
    ((struct reply_sink *)sink)->reply = json_loadb(bytes, len - 1, 0, NULL);
}

static struct call *new_call(struct reply_sink *sink, struct tracker *tracker)
{
    struct call *call = calloc(1, sizeof(*call));

    assert_non_null(call);
    sink->sink.send = keep_reply;
    call->sink = &sink->sink;
    call->method = PREFIX "Ping"; /* not freed with the call */
    call->service = tracker;
    return call;
}

/* The reply is that error, with the parameters that the interface says, which are the caller's. */
static json_t *error_parameters(const struct reply_sink *sink, const char *name)
{
    const struct idl_member *member = idl_find(interface, IDL_ERROR, name);
    const char *error = json_string_value(json_object_get(sink->reply, "error"));
    json_t *parameters = json_object_get(sink->reply, "parameters");
    json_auto_t *none = json_object();
    char path[CHECK_PATH_SIZE];

    assert_non_null(member);
    assert_non_null(error);
    assert_memory_equal(error, PREFIX, strlen(PREFIX));
    assert_string_equal(error + strlen(PREFIX), name);
    if (check_object(member->type, parameters ? parameters : none, path) < 0)
        fail_msg("%s: %s", name, path);
    return parameters;
}

#define assert_fails(name, tracker, function, ...)                                                 \
    do {                                                                                           \
        struct reply_sink sink = {0};                                                              \
                                                                                                   \
        call_end(function(new_call(&sink, tracker), ##__VA_ARGS__));                               \
        error_parameters(&sink, name);                                                             \
        json_decref(sink.reply);                                                                   \
    } while (0)

static void errors_are_as_the_interface_says(void **state UNUSED)
{
    assert_fails("NoSuchStrategy", NULL, fail_no_strategy, "ls");
    assert_fails("NoSuchNode", NULL, fail_no_node, "ls", "2.2");
    assert_fails("NoSuchUpdate", NULL, fail_no_update, "ls", 17);
    assert_fails("NoSuchAccount", NULL, fail_no_account, "here", 1000);
    assert_fails("NoSuchKey", NULL, fail_no_key, "nobody");
    assert_fails("NoSuchImport", NULL, fail_no_import, "x");
    assert_fails("NoSuchToken", NULL, fail_no_token);
    assert_fails("ExpiredToken", NULL, fail_expired_token);
    assert_fails("UsedToken", NULL, fail_used_token);
    assert_fails("InvalidValue", NULL, fail_value, "percent", "%d is too much", 101);
    assert_fails("InvalidDocument", NULL, fail_document, "nodes[1].due", "not a date");
    assert_fails("NotPermitted", NULL, fail_not_permitted, "reader", NULL);
    assert_fails("NotPermitted", NULL, fail_not_permitted, "reader", "ls");
    assert_fails("AlreadyExists", NULL, fail_exists, "uid", "1000");
    assert_fails("Overloaded", NULL, fail_overloaded);
    assert_fails("RequestIdReused", NULL, fail_reused, "an id", 3);
    assert_fails("OutcomeUnknown", NULL, fail_unknown_outcome, "an id");
}

static void unavailable_without_any_contact_says_null(void **state UNUSED)
{
    struct event_base *base = event_base_new();
    struct store_options options = {.base = base, .realm = "here"};
    struct tracker tracker = {0};

    assert_non_null(base);
    assert_int_equal(store_new(&options, &tracker.store), 0);
    assert_fails("Unavailable", &tracker, fail_unavailable);
    store_free(tracker.store);
    event_base_free(base);
}

/* What a client sent comes back in messages, cut to a length: not within a character. */
static void message_cut_within_a_character_is_still_sent(void **state UNUSED)
{
    struct reply_sink sink = {0};
    json_t *parameters;

    call_end(fail_value(new_call(&sink, NULL), "state", "there is no \"%.2s\", %.3s", "aå", "€"));
    parameters = error_parameters(&sink, "InvalidValue");
    assert_string_equal(json_string_value(json_object_get(parameters, "message")),
                        "there is no \"a\", €");
    json_decref(sink.reply);
}

static void long_message_is_cut_at_a_character(void **state UNUSED)
{
    struct reply_sink sink = {0};
    char text[2001] = "";

    for (size_t i = 0; i < 2000; i += 2)
        memcpy(text + i, "å", 2);
    call_end(fail_value(new_call(&sink, NULL), "text", "x%s", text));
    assert_non_null(error_parameters(&sink, "InvalidValue"));
    json_decref(sink.reply);
}

static void place_cut_within_a_character_is_still_sent(void **state UNUSED)
{
    struct reply_sink sink = {0};

    call_end(fail_document(new_call(&sink, NULL), "titles.\xc3", "bad: \xe2\x82"));
    assert_non_null(error_parameters(&sink, "InvalidDocument"));
    json_decref(sink.reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(method_has_a_row),
        cmocka_unit_test(row_is_a_method),
        cmocka_unit_test(row_is_there_once),
        cmocka_unit_test(row_has_a_handler_of_its_own),
        cmocka_unit_test(row_has_a_right),
        cmocka_unit_test(contributor_is_needed_only_with_a_strategy),
        cmocka_unit_test(nullable_strategy_is_resolved_before_the_handler),
        cmocka_unit_test(strategy_and_code_are_nullable_strings_where_resolved),
        cmocka_unit_test(errors_are_as_the_interface_says),
        cmocka_unit_test(unavailable_without_any_contact_says_null),
        cmocka_unit_test(message_cut_within_a_character_is_still_sent),
        cmocka_unit_test(long_message_is_cut_at_a_character),
        cmocka_unit_test(place_cut_within_a_character_is_still_sent),
    };

    return cmocka_run_group_tests(tests, parse_interface, free_interface);
}
