/*
 * Framing: however the bytes arrive, the same frames come out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "wire/frame.h"

static void append(struct frame *frame, const char *bytes, size_t len)
{
    assert_int_equal(frame_append(frame, bytes, len), 0);
}

static void assert_next(struct frame *frame, const char *text)
{
    const char *bytes;
    size_t len;

    assert_int_equal(frame_next(frame, FRAME_LIMIT, &bytes, &len), 1);
    assert_string_equal(bytes, text);
    assert_int_equal(len, strlen(text));
}

static void assert_none(struct frame *frame)
{
    const char *bytes;
    size_t len;

    assert_int_equal(frame_next(frame, FRAME_LIMIT, &bytes, &len), 0);
}

static void frame_comes_whole_when_read_byte_by_byte(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};
    static const char text[] = "{\"method\":\"a.b.C\"}";

    for (size_t i = 0; i < sizeof(text); i++) {
        assert_none(&frame);
        append(&frame, text + i, 1);
    }
    assert_next(&frame, text);
    assert_none(&frame);
}

static void frame_splits_many_in_one_read(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};

    append(&frame, "one\0two\0\0thr", 12);
    assert_next(&frame, "one");
    assert_next(&frame, "two");
    assert_next(&frame, "");
    assert_none(&frame);
    append(&frame, "ee\0", 3);
    assert_next(&frame, "three");
}

static void frame_pending_tells_without_taking(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};

    append(&frame, "on", 2);
    assert_false(frame_pending(&frame));
    append(&frame, "e", 2);
    assert_true(frame_pending(&frame));
    assert_true(frame_pending(&frame));
    assert_next(&frame, "one");
    assert_false(frame_pending(&frame));
}

static void frame_at_the_limit_is_taken(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};
    const char *bytes;
    size_t len;

    append(&frame, "12345678", 9);
    assert_int_equal(frame_next(&frame, 8, &bytes, &len), 1);
    assert_int_equal(len, 8);
}

static void frame_over_the_limit_is_refused_whole(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};
    const char *bytes;
    size_t len;

    append(&frame, "123456789", 10);
    assert_int_equal(frame_next(&frame, 8, &bytes, &len), -EMSGSIZE);
}

static void frame_over_the_limit_is_refused_before_its_end(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};
    const char *bytes;
    size_t len;

    append(&frame, "123456789", 9);
    assert_int_equal(frame_next(&frame, 8, &bytes, &len), -EMSGSIZE);
}

static void frame_holds_no_memory_when_empty(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};

    append(&frame, "one", 4);
    assert_next(&frame, "one");
    assert_none(&frame);
    assert_null(frame.bytes.data);
    assert_int_equal(frame.bytes.capacity, 0);
}

static void frame_gives_memory_back_after_a_large_one(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};
    const size_t size = 1 << 20;
    AUTO(free_ptr) char *large = calloc(1, size);
    const char *bytes;
    size_t len;

    assert_non_null(large);
    memset(large, 'x', size - 1);
    append(&frame, large, size);
    append(&frame, "rest", 4);
    assert_int_equal(frame_next(&frame, FRAME_LIMIT, &bytes, &len), 1);
    assert_none(&frame);
    assert_true(frame.bytes.capacity < 4096);
    append(&frame, "", 1);
    assert_next(&frame, "rest");
}

/* With quadratic work this takes minutes. */
static void frame_of_a_megabyte_is_cheap_byte_by_byte(void **state UNUSED)
{
    AUTO(frame_done) struct frame frame = {};
    const clock_t start = clock();

    for (size_t i = 0; i < (1 << 20) - 1; i++) {
        append(&frame, "x", 1);
        assert_none(&frame);
    }
    append(&frame, "", 1);
    assert_true(frame_pending(&frame));
    assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_comes_whole_when_read_byte_by_byte),
        cmocka_unit_test(frame_splits_many_in_one_read),
        cmocka_unit_test(frame_pending_tells_without_taking),
        cmocka_unit_test(frame_at_the_limit_is_taken),
        cmocka_unit_test(frame_over_the_limit_is_refused_whole),
        cmocka_unit_test(frame_over_the_limit_is_refused_before_its_end),
        cmocka_unit_test(frame_holds_no_memory_when_empty),
        cmocka_unit_test(frame_gives_memory_back_after_a_large_one),
        cmocka_unit_test(frame_of_a_megabyte_is_cheap_byte_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
