/* The heap gives back what was put in, the lowest first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "methods/heap.h"

static void heap_gives_ranks_in_order(void **state UNUSED)
{
    struct heap heap = {0};
    struct heap_item item, last = {.rank = -1};
    int n = 0;

    for (int64_t i = 0; i < 1000; i++) /* 7919 is prime: every number below 1000 once */
        assert_int_equal(heap_push(&heap, (struct heap_item){.id = i, .rank = i * 7919 % 1000}), 0);
    for (; heap_pop(&heap, &item); n++) {
        assert_int_equal(item.rank, last.rank + 1);
        assert_int_equal(item.rank, item.id * 7919 % 1000);
        last = item;
    }
    assert_int_equal(n, 1000);
    heap_done(&heap);
}

static void equal_ranks_come_by_id(void **state UNUSED)
{
    static const int64_t ids[] = {5, -3, 9, 0, 7};
    static const int64_t ordered[] = {-3, 0, 5, 7, 9};
    struct heap heap = {0};
    struct heap_item item;

    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        assert_int_equal(heap_push(&heap, (struct heap_item){.id = ids[i], .rank = 4}), 0);
    for (size_t i = 0; i < ARRAY_LEN(ordered); i++) {
        assert_true(heap_pop(&heap, &item));
        assert_int_equal(item.id, ordered[i]);
    }
    assert_false(heap_pop(&heap, &item));
    heap_done(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heap_gives_ranks_in_order),
        cmocka_unit_test(equal_ranks_come_by_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
