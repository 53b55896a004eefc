/*
 * The service: which interfaces it takes, and what each kind of call gets for an answer.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/interfaces.h"
#include "wire/service.h"

#define TEXT                                                                                       \
    "interface org.example.test\n"                                                                 \
    "method Echo(text: string, times: ?int) -> (text: string)\n"                                   \
    "method Later() -> ()\n"

/* A sink that keeps the last frame. */
struct last {
    struct call_sink sink; /* first */
    char text[4096];
    int sent, overs;
};

static void last_send(struct call_sink *sink, struct call *call UNUSED, const char *bytes,
                      size_t len, bool last UNUSED)
{
    struct last *notes = (struct last *)sink;

    assert_true(len <= sizeof(notes->text));
    memcpy(notes->text, bytes, len);
    notes->sent++;
}

static void last_over(struct call_sink *sink, struct call *call UNUSED)
{
    ((struct last *)sink)->overs++;
}

static const struct answer *echo(struct call *call)
{
    return call_reply(call, json_pack("{s:O}", "text", json_object_get(call->parameters, "text")));
}

static const struct service_method methods[] = {{"Echo", echo}, {"Later", NULL}, {}};
static const struct service_interface interfaces[] = {{TEXT, methods}, {}};

static struct service *make(struct service_options options)
{
    char error[SERVICE_ERROR_SIZE] = "";
    struct service *service = NULL;

    options.vendor = "Vendor";
    options.product = "Product";
    options.version = "1";
    options.url = "https://example.org";
    options.interfaces = interfaces;
    if (service_new(&options, &service, error) < 0)
        fail_msg("%s", error);
    return service;
}

static void run(struct service *service, struct last *last, const char *frame)
{
    const struct peer peer = {.uid = 7};
    struct call *call;

    last->sink = (struct call_sink){.send = last_send, .over = last_over};
    assert_int_equal(service_receive(service, &peer, frame, strlen(frame), &last->sink, &call), 0);
    service_dispatch(service, call);
}

static void assert_answer(const char *frame, const char *answer)
{
    struct service *service = make((struct service_options){});
    struct last last = {};

    run(service, &last, frame);
    service_free(service);
    assert_int_equal(last.sent, 1);
    assert_string_equal(last.text, answer);
}

static void handler_gets_checked_parameters(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.example.test.Echo\",\"parameters\":{\"text\":\"å\"}}",
                  "{\"parameters\":{\"text\":\"å\"}}");
}

static void unknown_method_is_named(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.example.test.Gone\"}",
                  "{\"error\":\"org.varlink.service.MethodNotFound\","
                  "\"parameters\":{\"method\":\"org.example.test.Gone\"}}");
    assert_answer("{\"method\":\"Echo\"}", "{\"error\":\"org.varlink.service.MethodNotFound\","
                                           "\"parameters\":{\"method\":\"Echo\"}}");
}

static void unknown_interface_is_named(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.example.other.Echo\"}",
                  "{\"error\":\"org.varlink.service.InterfaceNotFound\","
                  "\"parameters\":{\"interface\":\"org.example.other\"}}");
}

static void bad_parameters_are_named(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.example.test.Echo\"}",
                  "{\"error\":\"org.varlink.service.InvalidParameter\","
                  "\"parameters\":{\"parameter\":\"text\"}}");
    assert_answer("{\"method\":\"org.example.test.Echo\","
                  "\"parameters\":{\"text\":\"a\",\"times\":\"2\"}}",
                  "{\"error\":\"org.varlink.service.InvalidParameter\","
                  "\"parameters\":{\"parameter\":\"times\"}}");
    assert_answer("{\"method\":\"org.example.test.Echo\","
                  "\"parameters\":{\"text\":\"a\",\"loud\":true}}",
                  "{\"error\":\"org.varlink.service.InvalidParameter\","
                  "\"parameters\":{\"parameter\":\"loud\"}}");
}

static void method_without_handler_is_not_implemented(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.example.test.Later\"}",
                  "{\"error\":\"org.varlink.service.MethodNotImplemented\","
                  "\"parameters\":{\"method\":\"org.example.test.Later\"}}");
}

static void upgrade_is_never_confirmed(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.varlink.service.GetInfo\",\"upgrade\":true}",
                  "{\"error\":\"org.varlink.service.MethodNotImplemented\","
                  "\"parameters\":{\"method\":\"org.varlink.service.GetInfo\"}}");
}

static void more_of_a_single_reply_is_one_reply(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.example.test.Echo\",\"parameters\":{\"text\":\"a\"},"
                  "\"more\":true}",
                  "{\"parameters\":{\"text\":\"a\"}}");
}

static void info_lists_all_interfaces(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.varlink.service.GetInfo\"}",
                  "{\"parameters\":{\"vendor\":\"Vendor\",\"product\":\"Product\","
                  "\"version\":\"1\",\"url\":\"https://example.org\","
                  "\"interfaces\":[\"org.varlink.service\",\"org.example.test\"]}}");
}

static void description_is_the_text_as_given(void **state UNUSED)
{
    struct service *service = make((struct service_options){});
    struct last last = {};
    json_auto_t *reply = NULL;

    run(service, &last,
        "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
        "\"parameters\":{\"interface\":\"org.varlink.service\"}}");
    reply = json_loads(last.text, 0, NULL);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(reply, "parameters"), "description")),
        interface_org_varlink_service);
    service_free(service);
}

static void description_of_an_unknown_interface_is_an_error(void **state UNUSED)
{
    assert_answer("{\"method\":\"org.varlink.service.GetInterfaceDescription\","
                  "\"parameters\":{\"interface\":\"a.b\"}}",
                  "{\"error\":\"org.varlink.service.InterfaceNotFound\","
                  "\"parameters\":{\"interface\":\"a.b\"}}");
}

static void oneway_errors_are_silent(void **state UNUSED)
{
    static const char *const frames[] = {
        "{\"method\":\"org.example.test.Gone\",\"oneway\":true}",
        "{\"method\":\"a.b.C\",\"oneway\":true}",
        "{\"method\":\"org.example.test.Echo\",\"oneway\":true}",
        "{\"method\":\"org.example.test.Later\",\"oneway\":true}",
    };
    struct service *service = make((struct service_options){});
    struct last last = {};

    for (size_t i = 0; i < ARRAY_LEN(frames); i++)
        run(service, &last, frames[i]);
    service_free(service);
    assert_int_equal(last.sent, 0);
    assert_int_equal(last.overs, ARRAY_LEN(frames));
}

static void frame_that_is_no_call_is_refused(void **state UNUSED)
{
    struct service *service = make((struct service_options){});
    struct call *call;

    assert_int_equal(service_receive(service, &(struct peer){}, "{}", 2, NULL, &call), -EBADMSG);
    service_free(service);
}

static int data;

static const struct answer *gate(struct call *call)
{
    assert_ptr_equal(call->service, &data);
    return call->peer.uid == 7 ? call_fail(call, "org.varlink.service.PermissionDenied", NULL)
                               : NULL;
}

static void gate_is_asked_before_the_handler(void **state UNUSED)
{
    struct service *service = make((struct service_options){.gate = gate, .data = &data});
    struct last last = {};

    run(service, &last, "{\"method\":\"org.example.test.Echo\",\"parameters\":{\"text\":\"a\"}}");
    assert_string_equal(last.text, "{\"error\":\"org.varlink.service.PermissionDenied\"}");
    run(service, &last, "{\"method\":\"org.example.test.Echo\"}");
    assert_non_null(strstr(last.text, "InvalidParameter"));
    service_free(service);
}

static void gate_leaves_introspection_alone(void **state UNUSED)
{
    struct service *service = make((struct service_options){.gate = gate, .data = &data});
    struct last last = {};

    run(service, &last, "{\"method\":\"org.varlink.service.GetInfo\"}");
    assert_non_null(strstr(last.text, "\"vendor\""));
    service_free(service);
}

static bool lookup(void *arg UNUSED, const struct peer *peer, const char *frame, size_t len,
                   const char **ret_bytes, size_t *ret_len)
{
    if (peer->uid != 7 || len != 3 || memcmp(frame, "key", 3) != 0)
        return false;
    *ret_bytes = "known";
    *ret_len = 6;
    return true;
}

static void lookup_sees_bytes_and_peer(void **state UNUSED)
{
    struct service *service = make((struct service_options){.lookup = lookup});
    const struct peer known = {.uid = 7}, other = {.uid = 8};
    const char *bytes;
    size_t len;

    assert_true(service_lookup(service, &known, "key", 3, &bytes, &len));
    assert_string_equal(bytes, "known");
    assert_false(service_lookup(service, &other, "key", 3, &bytes, &len));
    assert_false(service_lookup(service, &known, "kex", 3, &bytes, &len));
    service_free(service);
}

static void call_keeps_its_frame_only_for_a_cache(void **state UNUSED)
{
    const char *frame = "{\"method\":\"org.example.test.Later\"}";
    struct service *with = make((struct service_options){.lookup = lookup});
    struct service *without = make((struct service_options){});
    struct call *call;

    assert_int_equal(service_receive(with, &(struct peer){}, frame, strlen(frame), NULL, &call), 0);
    assert_string_equal(call->frame, frame);
    call_free(call);
    assert_int_equal(service_receive(without, &(struct peer){}, frame, strlen(frame), NULL, &call),
                     0);
    assert_null(call->frame);
    call_free(call);
    service_free(with);
    service_free(without);
}

static void assert_not_made(const char *text, const struct service_method *table, const char *part)
{
    const struct service_interface list[] = {{text, table}, {}};
    const struct service_options options = {.interfaces = list};
    struct service *service = NULL;
    char error[SERVICE_ERROR_SIZE] = "";

    assert_int_equal(service_new(&options, &service, error), -EINVAL);
    assert_null(service);
    if (!strstr(error, part))
        fail_msg("%s", error);
}

static void handlers_and_methods_must_be_the_same(void **state UNUSED)
{
    const struct service_method few[] = {{"Echo", echo}, {}};
    const struct service_method many[] = {{"Echo", echo}, {"Later", echo}, {"Extra", echo}, {}};
    const struct service_method twice[] = {{"Echo", echo}, {"Later", echo}, {"Echo", echo}, {}};

    assert_not_made(TEXT, few, "no handler for the method Later");
    assert_not_made(TEXT, many, "no method for the handler Extra");
    assert_not_made(TEXT, twice, "no method for the handler Echo");
}

static void interface_must_parse_and_be_new(void **state UNUSED)
{
    assert_not_made("interface a.b\nmethod Echo(", methods, "line 2, column 13");
    assert_not_made("interface org.varlink.service\nerror E ()\n", (struct service_method[]){{}},
                    "there twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handler_gets_checked_parameters),
        cmocka_unit_test(unknown_method_is_named),
        cmocka_unit_test(unknown_interface_is_named),
        cmocka_unit_test(bad_parameters_are_named),
        cmocka_unit_test(method_without_handler_is_not_implemented),
        cmocka_unit_test(upgrade_is_never_confirmed),
        cmocka_unit_test(more_of_a_single_reply_is_one_reply),
        cmocka_unit_test(info_lists_all_interfaces),
        cmocka_unit_test(description_is_the_text_as_given),
        cmocka_unit_test(description_of_an_unknown_interface_is_an_error),
        cmocka_unit_test(oneway_errors_are_silent),
        cmocka_unit_test(frame_that_is_no_call_is_refused),
        cmocka_unit_test(gate_is_asked_before_the_handler),
        cmocka_unit_test(gate_leaves_introspection_alone),
        cmocka_unit_test(lookup_sees_bytes_and_peer),
        cmocka_unit_test(call_keeps_its_frame_only_for_a_cache),
        cmocka_unit_test(handlers_and_methods_must_be_the_same),
        cmocka_unit_test(interface_must_parse_and_be_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
