/*
 * Messages: the corpus of calls, what is read from them, and what is written.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/support/corpus.h"
#include "wire/message.h"

static bool accepts_call(const char *text, size_t len)
{
    struct message_call call;
    int r = message_parse_call(text, len, &call);

    assert_true(r == 0 || r == -EBADMSG);
    if (r == 0)
        message_call_done(&call);
    return r == 0;
}

static void call_corpus_is_told_apart(void **state UNUSED)
{
    corpus_run("messages", 25, accepts_call);
}

static void call_gives_method_parameters_and_flags(void **state UNUSED)
{
    const char *text = "{\"method\":\"a.b.C\",\"parameters\":{\"x\":1},\"more\":true}";
    AUTO(message_call_done) struct message_call call = {};

    assert_int_equal(message_parse_call(text, strlen(text), &call), 0);
    assert_string_equal(call.method, "a.b.C");
    assert_int_equal(json_integer_value(json_object_get(call.parameters, "x")), 1);
    assert_true(call.more && !call.oneway && !call.upgrade);
}

static void call_without_parameters_is_one_thing(void **state UNUSED)
{
    static const char *const texts[] = {"{\"method\":\"C\"}",
                                        "{\"method\":\"C\",\"parameters\":null}",
                                        "{\"method\":\"C\",\"parameters\":{}}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(message_call_done) struct message_call call = {};

        assert_int_equal(message_parse_call(texts[i], strlen(texts[i]), &call), 0);
        assert_null(call.parameters);
    }
}

static void call_with_an_integer_beyond_64_bits_has_a_float(void **state UNUSED)
{
    const char *text = "{\"method\":\"C\",\"parameters\":{\"a\":[3,-4],\"x\":1.5,"
                       "\"n\":99999999999999999999}}";
    AUTO(message_call_done) struct message_call call = {};
    json_auto_t *wanted =
        json_pack("{s:[i,i], s:f, s:f}", "a", 3, -4, "x", 1.5, "n", 99999999999999999999.0);

    assert_int_equal(message_parse_call(text, strlen(text), &call), 0);
    assert_true(json_equal(call.parameters, wanted));
}

static void call_that_is_refused_leaves_the_output_alone(void **state UNUSED)
{
    struct message_call call = {.method = "untouched"};

    assert_int_equal(message_parse_call("[]", 2, &call), -EBADMSG);
    assert_string_equal(call.method, "untouched");
}

static void assert_reply(const char *text, int r)
{
    struct message_reply reply;
    int got = message_parse_reply(text, strlen(text), &reply);

    if (got == 0)
        message_reply_done(&reply);
    if (got != r)
        print_error("%s\n", text);
    assert_int_equal(got, r);
}

static void reply_forms_are_accepted(void **state UNUSED)
{
    assert_reply("{}", 0);
    assert_reply("{\"parameters\":null}", 0);
    assert_reply("{\"parameters\":{\"a\":[1]},\"continues\":true}", 0);
    assert_reply("{\"error\":\"a.b.C\",\"continues\":false}", 0);
    assert_reply("{\"error\":null,\"parameters\":{}}", 0);
    assert_reply("{\"org.example\":{}}", 0);
}

static void reply_forms_are_refused(void **state UNUSED)
{
    assert_reply("", -EBADMSG);
    assert_reply("[]", -EBADMSG);
    assert_reply("{\"parameters\":[]}", -EBADMSG);
    assert_reply("{\"error\":1}", -EBADMSG);
    assert_reply("{\"continues\":1}", -EBADMSG);
    assert_reply("{\"error\":\"a.b.C\",\"continues\":true}", -EBADMSG);
    assert_reply("{\"result\":{}}", -EBADMSG);
    assert_reply("{\"error\":\"a\",\"error\":\"a\"}", -EBADMSG);
}

static void reply_gives_error_and_parameters(void **state UNUSED)
{
    const char *text = "{\"error\":\"a.b.Bad\",\"parameters\":{\"x\":true}}";
    AUTO(message_reply_done) struct message_reply reply = {};

    assert_int_equal(message_parse_reply(text, strlen(text), &reply), 0);
    assert_string_equal(reply.error, "a.b.Bad");
    assert_true(json_is_true(json_object_get(reply.parameters, "x")));
    assert_false(reply.continues);
}

static void assert_written(struct buffer *buffer, int r, const char *text)
{
    assert_int_equal(r, 0);
    assert_int_equal(buffer->len, strlen(text) + 1);
    assert_string_equal(buffer_bytes(buffer), text);
    buffer_done(buffer);
}

static void write_is_compact_and_ends_in_nul(void **state UNUSED)
{
    struct buffer out = {};
    json_auto_t *parameters = json_pack("{s:i, s:[s,n]}", "a", 1, "b", "å");
    const struct message_call call = {.method = "a.b.C", .parameters = parameters, .oneway = true};

    assert_written(&out, message_write_reply(&out, parameters),
                   "{\"parameters\":{\"a\":1,\"b\":[\"å\",null]}}");
    assert_written(&out, message_write_error(&out, "a.b.E", parameters),
                   "{\"error\":\"a.b.E\",\"parameters\":{\"a\":1,\"b\":[\"å\",null]}}");
    assert_written(&out, message_write_call(&out, &call),
                   "{\"method\":\"a.b.C\",\"parameters\":{\"a\":1,\"b\":[\"å\",null]},"
                   "\"oneway\":true}");
}

static void write_leaves_out_what_is_empty(void **state UNUSED)
{
    struct buffer out = {};
    json_auto_t *empty = json_object();
    const struct message_call call = {.method = "a.b.C", .parameters = empty};

    assert_written(&out, message_write_reply(&out, NULL), "{}");
    assert_written(&out, message_write_reply(&out, empty), "{}");
    assert_written(&out, message_write_error(&out, "a.b.E", empty), "{\"error\":\"a.b.E\"}");
    assert_written(&out, message_write_call(&out, &call), "{\"method\":\"a.b.C\"}");
}

static void write_prints_floats_with_15_digits(void **state UNUSED)
{
    struct buffer out = {};
    json_auto_t *parameters = json_pack("{s:f, s:f, s:f}", "a", 0.1, "b", 50.0, "c", 1.0 / 3);

    assert_written(&out, message_write_reply(&out, parameters),
                   "{\"parameters\":{\"a\":0.1,\"b\":50.0,\"c\":0.333333333333333}}");
}

static void write_that_fails_takes_back_its_half(void **state UNUSED)
{
    AUTO(buffer_done) struct buffer out = {};
    json_auto_t *array = json_array();

    assert_int_equal(message_write_reply(&out, NULL), 0);
    assert_int_equal(message_write_reply(&out, array), -EINVAL);
    assert_int_equal(message_write_error(&out, "\xff", NULL), -EINVAL);
    assert_int_equal(out.len, 3);
}

static void written_call_reads_back(void **state UNUSED)
{
    AUTO(buffer_done) struct buffer out = {};
    AUTO(message_call_done) struct message_call back = {};
    json_auto_t *parameters = json_pack("{s:s}", "note", "\"\\\n\xc3\xa5");
    const struct message_call call = {.method = "a.b.C", .parameters = parameters, .more = true};

    assert_int_equal(message_write_call(&out, &call), 0);
    assert_int_equal(message_parse_call(buffer_bytes(&out), out.len - 1, &back), 0);
    assert_true(json_equal(back.parameters, parameters) && back.more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_corpus_is_told_apart),
        cmocka_unit_test(call_gives_method_parameters_and_flags),
        cmocka_unit_test(call_without_parameters_is_one_thing),
        cmocka_unit_test(call_with_an_integer_beyond_64_bits_has_a_float),
        cmocka_unit_test(call_that_is_refused_leaves_the_output_alone),
        cmocka_unit_test(reply_forms_are_accepted),
        cmocka_unit_test(reply_forms_are_refused),
        cmocka_unit_test(reply_gives_error_and_parameters),
        cmocka_unit_test(write_is_compact_and_ends_in_nul),
        cmocka_unit_test(write_leaves_out_what_is_empty),
        cmocka_unit_test(write_prints_floats_with_15_digits),
        cmocka_unit_test(write_that_fails_takes_back_its_half),
        cmocka_unit_test(written_call_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
