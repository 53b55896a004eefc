/* Registries of the past on their shelf: shared, kept, and gone when they are outdated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "db/moment_registry.h"

static struct past_shelf shelf;
static struct registry *present;

static int set_up(void **state UNUSED)
{
    shelf = (struct past_shelf){0};
    return registry_new(&present);
}

static int tear_down(void **state UNUSED)
{
    past_shelf_done(&shelf);
    registry_free(present);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static struct past_registry *add(int64_t seq)
{
    struct past_registry *past;
    struct registry *registry;

    assert_int_equal(registry_new(&registry), 0);
    assert_int_equal(past_shelf_add(&shelf, registry, seq, present, &past), 0);
    return past;
}

static void kept_one_is_found_by_its_seq(void **state UNUSED)
{
    struct past_registry *past = add(7);

    assert_null(past_shelf_find(&shelf, 8, present));
    assert_ptr_equal(past_shelf_find(&shelf, 7, present), past);
    past_registry_leave(past);
    past_registry_leave(past);
    assert_ptr_equal(past_shelf_find(&shelf, 7, present), past);
    past_registry_leave(past);
}

static void oldest_one_makes_room(void **state UNUSED)
{
    for (int64_t seq = 1; seq <= PAST_REGISTRIES + 1; seq++)
        past_registry_leave(add(seq));
    assert_null(past_shelf_find(&shelf, 1, present));
    past_registry_leave(past_shelf_find(&shelf, PAST_REGISTRIES + 1, present));
}

static void one_in_use_outlives_its_place(void **state UNUSED)
{
    struct past_registry *past = add(1);

    for (int64_t seq = 2; seq <= PAST_REGISTRIES + 1; seq++)
        past_registry_leave(add(seq));
    assert_null(past_shelf_find(&shelf, 1, present));
    assert_int_equal(past->seq, 1);
    past_registry_leave(past);
}

static void one_from_before_the_last_change_is_not_used(void **state UNUSED)
{
    past_registry_leave(add(7));
    present->hash[0]++;
    assert_null(past_shelf_find(&shelf, 7, present));
    present->hash[0]--;
    assert_null(past_shelf_find(&shelf, 7, present));
}

static void leaving_none_does_nothing(void **state UNUSED)
{
    past_registry_leave(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kept_one_is_found_by_its_seq),  TEST(oldest_one_makes_room),
        TEST(one_in_use_outlives_its_place), TEST(one_from_before_the_last_change_is_not_used),
        TEST(leaving_none_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
