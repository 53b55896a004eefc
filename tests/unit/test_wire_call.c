/*
 * Answers: what the sink gets for each way of answering, and that every call is freed once (the
 * sanitizers tell).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/call.h"

/* A sink that writes down what it gets: frames parted by '|', "." for the last one. */
struct notes {
    struct call_sink sink; /* first */
    char text[512];
    int overs;
    bool ended;
};

static void note_send(struct call_sink *sink, struct call *call UNUSED, const char *bytes,
                      size_t len, bool last)
{
    struct notes *notes = (struct notes *)sink;

    if (bytes)
        assert_int_equal(bytes[len - 1], '\0');
    strcat(notes->text, bytes ? bytes : "(none)");
    strcat(notes->text, last ? "." : "|");
    notes->ended |= last;
}

static void note_over(struct call_sink *sink, struct call *call UNUSED)
{
    ((struct notes *)sink)->overs++;
}

static void note_streaming(struct call_sink *sink, struct call *call)
{
    for (int i = 0; i < 100 && !((struct notes *)sink)->ended && call_pull(call) == 1; i++)
        ;
}

static struct notes notes_new(void)
{
    return (struct notes){.sink = {note_send, note_over, note_streaming}};
}

static struct call *call_new(struct notes *notes)
{
    struct call *call = calloc(1, sizeof(*call));

    assert_non_null(call);
    call->parameters = json_object();
    call->sink = notes ? &notes->sink : NULL;
    return call;
}

/* A stream of steps: a number is an object {"n": number}; the rest as named. */
enum { STEP_END = 0, STEP_WAIT = -1, STEP_FAIL = -2, STEP_FAIL_MUTE = -3, STEP_AT_ONCE = 100 };

struct steps {
    struct stream stream; /* first */
    const int *at;
    int *freed;
};

static int steps_next(struct stream *stream, struct writer *writer)
{
    struct steps *steps = (struct steps *)stream;
    int step = *steps->at++;

    switch (step) {
    case STEP_END:
        return 0;
    case STEP_WAIT:
        return -EAGAIN;
    case STEP_FAIL:
        stream->error = "a.b.Broken";
        stream->error_parameters = json_pack("{s:s}", "why", "test");
        return -EIO;
    case STEP_FAIL_MUTE:
        return -EIO;
    default:
        assert_int_equal(writer_take(writer, json_pack("{s:i}", "n", step)), 0);
        return step > STEP_AT_ONCE ? 2 : 1;
    }
}

static void steps_free(struct stream *stream)
{
    ++*((struct steps *)stream)->freed;
    free(stream);
}

static struct stream *steps_new(const int *steps, int *freed)
{
    struct steps *stream = calloc(1, sizeof(*stream));

    assert_non_null(stream);
    *stream = (struct steps){{.next = steps_next, .free = steps_free}, steps, freed};
    return &stream->stream;
}

static void assert_stream(const int *steps, const char *text)
{
    struct notes notes = notes_new();
    struct call *call = call_new(&notes);
    int freed = 0;

    call->more = true;
    call_end(call_stream(call, steps_new(steps, &freed)));
    assert_string_equal(notes.text, text);
    assert_int_equal(freed, 1);
}

static void reply_is_sent_once_and_last(void **state UNUSED)
{
    struct notes notes = notes_new();

    call_end(call_reply(call_new(&notes), json_pack("{s:i}", "a", 1)));
    assert_string_equal(notes.text, "{\"parameters\":{\"a\":1}}.");
}

static void failure_names_error_and_parameter(void **state UNUSED)
{
    struct notes notes = notes_new();

    call_end(call_fail_parameter(call_new(&notes), "evidence[2]"));
    assert_string_equal(notes.text, "{\"error\":\"org.varlink.service.InvalidParameter\","
                                    "\"parameters\":{\"parameter\":\"evidence[2]\"}}.");
}

static void oneway_gets_no_answer_of_any_kind(void **state UNUSED)
{
    struct notes notes = notes_new();
    const int steps[] = {1, STEP_END};
    struct call *call;
    int freed = 0;

    for (int i = 0; i < 3; i++) {
        call = call_new(&notes);
        call->oneway = true;
        call_end(i == 0   ? call_reply(call, json_object())
                 : i == 1 ? call_fail(call, "a.b.C", NULL)
                          : call_stream(call, steps_new(steps, &freed)));
    }
    assert_string_equal(notes.text, "");
    assert_int_equal(notes.overs, 3);
    assert_int_equal(freed, 1);
}

static void stream_ends_without_continues(void **state UNUSED)
{
    const int steps[] = {1, 2, 3, STEP_END};

    assert_stream(steps, "{\"parameters\":{\"n\":1},\"continues\":true}|"
                         "{\"parameters\":{\"n\":2},\"continues\":true}|"
                         "{\"parameters\":{\"n\":3}}.");
}

static void stream_of_nothing_is_one_empty_reply(void **state UNUSED)
{
    const int steps[] = {STEP_END};

    assert_stream(steps, "{}.");
}

static void stream_of_events_sends_each_at_once(void **state UNUSED)
{
    const int steps[] = {101, 102, STEP_END};

    assert_stream(steps, "{\"parameters\":{\"n\":101},\"continues\":true}|"
                         "{\"parameters\":{\"n\":102},\"continues\":true}|{}.");
}

static void stream_that_fails_says_so_after_what_it_had(void **state UNUSED)
{
    const int steps[] = {1, STEP_FAIL};

    assert_stream(steps, "{\"parameters\":{\"n\":1},\"continues\":true}|"
                         "{\"error\":\"a.b.Broken\",\"parameters\":{\"why\":\"test\"}}.");
}

static void stream_that_fails_without_a_word_closes(void **state UNUSED)
{
    const int steps[] = {STEP_FAIL_MUTE};

    assert_stream(steps, "(none).");
}

static void stream_that_waits_goes_on_when_resumed(void **state UNUSED)
{
    const int steps[] = {1, STEP_WAIT, 2, STEP_END};
    struct notes notes = notes_new();
    struct call *call = call_new(&notes);
    int freed = 0;

    call->more = true;
    call_end(call_stream(call, steps_new(steps, &freed)));
    assert_string_equal(notes.text, "");
    call_resume(call);
    assert_string_equal(notes.text, "{\"parameters\":{\"n\":1},\"continues\":true}|"
                                    "{\"parameters\":{\"n\":2}}.");
    assert_int_equal(freed, 1);
}

static void stream_without_more_is_refused(void **state UNUSED)
{
    const int steps[] = {1, STEP_END};
    struct notes notes = notes_new();
    int freed = 0;

    call_end(call_stream(call_new(&notes), steps_new(steps, &freed)));
    assert_string_equal(notes.text, "{\"error\":\"org.varlink.service.ExpectedMore\"}.");
    assert_int_equal(freed, 1);
}

static void parked_call_is_answered_later(void **state UNUSED)
{
    struct notes notes = notes_new();
    struct call *call = call_new(&notes);

    call_end(call_park(call));
    assert_true(call->parked);
    assert_string_equal(notes.text, "");
    call_end(call_reply(call, json_object()));
    assert_string_equal(notes.text, "{}.");
}

static void parked_call_without_connection_is_answered_to_nobody(void **state UNUSED)
{
    const int steps[] = {1, STEP_END};
    struct call *call = call_new(NULL), *streamed = call_new(NULL);
    int freed = 0;

    call_end(call_park(call));
    call_end(call_reply(call, json_object()));
    streamed->more = true;
    call_end(call_stream(streamed, steps_new(steps, &freed)));
    assert_int_equal(freed, 1);
}

static char kept[64];

static void keep(struct call *call UNUSED, const char *bytes, size_t len UNUSED)
{
    strcpy(kept, bytes);
}

static void reply_is_kept_but_no_error(void **state UNUSED)
{
    struct notes notes = notes_new();
    struct call *call = call_new(&notes);

    kept[0] = '\0';
    call->keep = keep;
    call_end(call_fail(call, "a.b.C", NULL));
    assert_string_equal(kept, "");
    call = call_new(&notes);
    call->keep = keep;
    call_end(call_reply(call, json_pack("{s:i}", "a", 1)));
    assert_string_equal(kept, "{\"parameters\":{\"a\":1}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply_is_sent_once_and_last),
        cmocka_unit_test(failure_names_error_and_parameter),
        cmocka_unit_test(oneway_gets_no_answer_of_any_kind),
        cmocka_unit_test(stream_ends_without_continues),
        cmocka_unit_test(stream_of_nothing_is_one_empty_reply),
        cmocka_unit_test(stream_of_events_sends_each_at_once),
        cmocka_unit_test(stream_that_fails_says_so_after_what_it_had),
        cmocka_unit_test(stream_that_fails_without_a_word_closes),
        cmocka_unit_test(stream_that_waits_goes_on_when_resumed),
        cmocka_unit_test(stream_without_more_is_refused),
        cmocka_unit_test(parked_call_is_answered_later),
        cmocka_unit_test(parked_call_without_connection_is_answered_to_nobody),
        cmocka_unit_test(reply_is_kept_but_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
