/* db/columns.h: a payload's members become its table's columns, or the row is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "db/columns.h"

static int add(struct columns *columns, const char *payload)
{
    struct entry entry = {.table = table_of("update"), .payload = (char *)payload};

    return columns_add(columns, &entry);
}

static void every_row_has_every_column(void **state UNUSED)
{
    AUTO(columns_done) struct columns columns;
    struct pg_value params[COLUMNS_MAX];

    columns_open(&columns, table_of("update"));
    assert_int_equal(add(&columns, "{\"id\":7,\"key\":null,\"node_id\":2,\"date\":\"2021\"}"), 0);
    assert_int_equal(add(&columns, "{\"id\":8,\"key\":\"u\",\"node_id\":2,\"date\":\"2021\","
                                   "\"percent\":40,\"evidence\":[\"https://a\"]}"),
                     0);
    assert_int_equal(columns_close(&columns, params), 0);
    for (size_t i = 0; columns.table->columns[i].name; i++)
        assert_int_equal(columns.arrays[i].count, 2);
}

static void row_that_the_table_does_not_take_is_refused(void **state UNUSED)
{
    static const char *const payloads[] = {"",
                                           "[]x",
                                           "{\"id\":\"7\"}",
                                           "{\"id\":7.5}",
                                           "{\"id\":1,\"key\":3}",
                                           "{\"id\":1,\"percent\":\"40\"}"};

    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        AUTO(columns_done) struct columns columns;

        columns_open(&columns, table_of("update"));
        assert_int_equal(add(&columns, payloads[i]), -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_every_column),
        cmocka_unit_test(row_that_the_table_does_not_take_is_refused),
    };

    return cmocka_run_group_tests_name("db/columns", tests, NULL, NULL);
}
