/*
 * The outbox's folder: the order of its entries, what is no entry, and how one is settled. Each
 * test has a folder of its own, in which XDG_STATE_HOME points.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "output.h"
#include "spool.h"
#include "text.h"

#define ID_A "11111111-1111-4111-8111-111111111111"
#define ID_B "22222222-2222-4222-8222-222222222222"
#define ID_C "00000000-0000-4000-8000-000000000000"

struct place {
    char *folder;
    struct spool spool;
};

static int place_open(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    place->folder = text_copy("/tmp/goal-outbox-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    assert_int_equal(setenv("XDG_STATE_HOME", place->folder, 1), 0);
    assert_int_equal(spool_open(true, &place->spool), 0);
    *state = place;
    return 0;
}

static int place_close(void **state)
{
    struct place *place = *state;
    AUTO(free_ptr) char *command = text_format("rm -r %s", place->folder);
    spool_done(&place->spool);
    free(place->folder);
    free(place);
    return system(command);
}

static json_t *entry_of(const char *id)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:f}],s:s,s:b}", "format", "goal-outbox-1", "id",
                     id, "made", "2026-11-22T05:20:29Z", "address", "unix:/s", "method",
                     "io.goald.Tracker.SubmitUpdate", "tries", "requestId", id, "percent",
                     100.0 / 3, "command", "goal update", "sent", 0);
}

static size_t add(const struct place *place, const char *id)
{
    size_t before = 99;
    json_auto_t *entry = entry_of(id);
    assert_int_equal(spool_add(&place->spool, entry, &before), 0);
    return before;
}

static json_t *list(const struct place *place, size_t n_odd)
{
    json_t *entries = NULL;
    json_auto_t *odd = NULL;
    assert_int_equal(spool_list(&place->spool, &entries, &odd), 0);
    assert_int_equal(json_array_size(odd), n_odd);
    return entries;
}

static void assert_id(const json_t *entries, size_t place, const char *id)
{
    assert_string_equal(get_text(json_array_get(entries, place), "id"), id);
}

static void entries_come_in_the_order_they_were_added(void **state)
{
    assert_int_equal(add(*state, ID_B), 0);
    assert_int_equal(add(*state, ID_A), 1);
    assert_int_equal(add(*state, ID_C), 2);
    json_auto_t *entries = list(*state, 0);
    assert_int_equal(json_array_size(entries), 3);
    assert_id(entries, 0, ID_B);
    assert_id(entries, 1, ID_A);
    assert_id(entries, 2, ID_C);
}

static void entry_added_after_one_was_removed_is_the_last(void **state)
{
    struct place *place = *state;
    add(place, ID_B);
    add(place, ID_A);
    json_auto_t *entries = list(place, 0);
    assert_int_equal(spool_remove(&place->spool, json_array_get(entries, 0)), 0);
    add(place, ID_C);
    json_auto_t *left = list(place, 0);
    assert_id(left, 0, ID_A);
    assert_id(left, 1, ID_C);
}

static void entry_is_read_as_it_was_written(void **state)
{
    add(*state, ID_A);
    json_auto_t *entries = list(*state, 0), *expected = entry_of(ID_A);
    json_object_del(json_array_get(entries, 0), "file");
    assert_true(json_equal(json_array_get(entries, 0), expected));
}

static void entry_of_the_same_id_is_not_added(void **state)
{
    struct place *place = *state;
    size_t before;
    json_auto_t *entry = entry_of(ID_A);
    add(place, ID_A);
    assert_int_equal(spool_add(&place->spool, entry, &before), -EEXIST);
}

static void entry_that_is_replaced_keeps_its_place(void **state)
{
    struct place *place = *state;
    add(place, ID_B);
    add(place, ID_A);
    json_auto_t *entries = list(place, 0);
    json_t *first = json_array_get(entries, 0);
    json_object_set_new(first, "sent", json_true());
    assert_int_equal(spool_replace(&place->spool, first), 0);
    json_auto_t *after = list(place, 0);
    assert_int_equal(json_array_size(after), 2);
    assert_id(after, 0, ID_B);
    assert_true(get_flag(json_array_get(after, 0), "sent"));
}

static void entry_too_large_is_not_added(void **state)
{
    struct place *place = *state;
    size_t before;
    json_auto_t *entry = entry_of(ID_A);
    AUTO(free_ptr) char *note = calloc(1, SPOOL_ENTRY_MAX + 1);
    memset(note, 'x', SPOOL_ENTRY_MAX);
    json_object_set_new(entry, "note", json_string(note));
    assert_int_equal(spool_add(&place->spool, entry, &before), -EMSGSIZE);
    json_auto_t *entries = list(place, 0);
    assert_int_equal(json_array_size(entries), 0);
}

static void entry_without_what_it_needs_is_left_alone(void **state)
{
    static const char *const needed[] = {"format", "made", "address", "method", "command", "tries"};
    struct place *place = *state;
    add(place, ID_A);
    json_auto_t *entries = list(place, 0);
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        json_auto_t *broken = json_copy(json_array_get(entries, 0));
        json_object_del(broken, needed[i]);
        assert_int_equal(spool_replace(&place->spool, broken), 0);
        json_auto_t *after = list(place, 1);
        assert_int_equal(json_array_size(after), 0);
    }
}

static void lock_is_one_goals(void **state)
{
    struct place *place = *state;
    int second = -1;
    AUTO(close_fd) int first = -1;
    assert_int_equal(spool_lock(&place->spool, 0, &first), 0);
    assert_int_equal(spool_lock(&place->spool, 0, &second), -EWOULDBLOCK);
    assert_int_equal(second, -1);
}

static void folder_that_is_missing_is_told(void **state)
{
    struct place *place = *state;
    struct spool spool;
    AUTO(free_ptr) char *none = text_format("%s/none", place->folder);
    assert_int_equal(setenv("XDG_STATE_HOME", none, 1), 0);
    assert_int_equal(spool_open(false, &spool), -ENOENT);
    spool_done(&spool);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_come_in_the_order_they_were_added),
        TEST(entry_added_after_one_was_removed_is_the_last),
        TEST(entry_is_read_as_it_was_written),
        TEST(entry_of_the_same_id_is_not_added),
        TEST(entry_that_is_replaced_keeps_its_place),
        TEST(entry_too_large_is_not_added),
        TEST(entry_without_what_it_needs_is_left_alone),
        TEST(lock_is_one_goals),
        TEST(folder_that_is_missing_is_told),
    };
    text_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
