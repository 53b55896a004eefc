/* db/pile.h: memory that is given back all at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "db/pile.h"

static void pieces_do_not_touch_each_other(void **state UNUSED)
{
    AUTO(pile_done) struct pile pile = {0};
    char *pieces[5000];

    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        pieces[i] = pile_take(&pile, 1 + i % 301);
        assert_non_null(pieces[i]);
        memset(pieces[i], (int)(i % 251), 1 + i % 301);
    }
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        for (size_t n = 0; n < 1 + i % 301; n++)
            assert_int_equal((unsigned char)pieces[i][n], i % 251);
    }
}

static void pieces_suit_any_type(void **state UNUSED)
{
    AUTO(pile_done) struct pile pile = {0};

    for (size_t size = 1; size < 100; size++)
        assert_int_equal((uintptr_t)pile_take(&pile, size) % alignof(max_align_t), 0);
}

static void piece_larger_than_a_block_is_whole(void **state UNUSED)
{
    AUTO(pile_done) struct pile pile = {0};
    size_t size = (size_t)1 << 20;
    char *large = pile_take(&pile, size), *small = pile_copy(&pile, "small", 6);

    assert_non_null(large);
    memset(large, 'x', size);
    assert_string_equal(small, "small");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_touch_each_other),
        cmocka_unit_test(pieces_suit_any_type),
        cmocka_unit_test(piece_larger_than_a_block_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
