/*
 * Import documents: what is refused, with its place, and how they are cut into chunks.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "document.h"
#include "text.h"

#define HEAD "\"format\":\"goald-import-1\",\"strategy\":{\"key\":\"s\"}"

static void assert_refused(const char *text, const char *expected)
{
    json_t *document = NULL;
    AUTO(free_ptr) char *problem = NULL;
    assert_int_equal(document_parse(text, strlen(text), &document, &problem), -EINVAL);
    assert_null(document);
    assert_string_equal(problem, expected);
}

static void document_with_an_unknown_part_is_refused(void **state UNUSED)
{
    assert_refused("{" HEAD ",\"node\":[]}", "node: unknown key");
}

static void document_with_a_duplicate_key_is_refused_with_its_line(void **state UNUSED)
{
    json_t *document = NULL;
    AUTO(free_ptr) char *problem = NULL;
    const char *text = "{" HEAD ",\n\"nodes\":[{\"code\":\"1\",\n\"code\":\"2\"}]}";
    assert_int_equal(document_parse(text, strlen(text), &document, &problem), -EINVAL);
    assert_memory_equal(problem, "3:", 2);
    assert_non_null(strstr(problem, "duplicate"));
}

static void document_that_is_no_json_is_refused_with_its_line(void **state UNUSED)
{
    json_t *document = NULL;
    AUTO(free_ptr) char *problem = NULL;
    assert_int_equal(document_parse("{\n\"a\":}", 7, &document, &problem), -EINVAL);
    assert_memory_equal(problem, "2:", 2);
}

static void document_of_another_format_is_refused(void **state UNUSED)
{
    assert_refused("{\"format\":\"x\",\"strategy\":{\"key\":\"s\"}}",
                   "format: unknown; this program reads goald-import-1");
    assert_refused("{\"strategy\":{\"key\":\"s\"}}", "format: missing; it is \"goald-import-1\"");
}

static void document_without_a_key_is_refused(void **state UNUSED)
{
    assert_refused("{\"format\":\"goald-import-1\",\"strategy\":{}}", "strategy.key: missing");
}

static void document_whose_records_are_no_objects_is_refused(void **state UNUSED)
{
    assert_refused("{" HEAD ",\"nodes\":[{},3]}", "nodes[1]: not an object");
    assert_refused("{" HEAD ",\"nodes\":{}}", "nodes: not a list");
    assert_refused("[]", "not an object");
}

static void chunks_come_in_the_order_of_the_parts(void **state UNUSED)
{
    const char *text = "{\"closings\":[{}],\"nodes\":[{},{}],\"persons\":null," HEAD "}";
    json_auto_t *document = NULL;
    AUTO(free_ptr) char *problem = NULL;
    assert_int_equal(document_parse(text, strlen(text), &document, &problem), 0);
    const char *const expected[] = {"strategy", "nodes", "closings"};
    const size_t counts[] = {1, 2, 1};
    struct chunk_walk walk = {0};
    const char *part;
    size_t first, n = 0, count;
    json_t *records;
    while ((count = document_next(document, &walk, &part, &first, &records)) > 0) {
        assert_true(n < 3);
        assert_string_equal(part, expected[n]);
        assert_int_equal(count, counts[n++]);
        assert_int_equal(json_array_size(records), count);
        json_decref(records);
    }
    assert_int_equal(n, 3);
}

/* Walks over a document of one large part; the greatest chunk's records and bytes come back. */
static void walk_updates(size_t updates, size_t note_len, size_t *ret_records, size_t *ret_bytes)
{
    AUTO(free_ptr) char *note = calloc(1, note_len + 1);
    memset(note, 'x', note_len);
    json_auto_t *document = json_pack("{s:[]}", "updates");
    for (size_t i = 0; i < updates; i++)
        json_array_append_new(json_object_get(document, "updates"),
                              json_pack("{s:i, s:s}", "id", (int)i, "note", note));
    struct chunk_walk walk = {0};
    const char *part;
    size_t first, expected_first = 0, count;
    json_t *records;
    *ret_records = *ret_bytes = 0;
    while ((count = document_next(document, &walk, &part, &first, &records)) > 0) {
        assert_int_equal(first, expected_first);
        expected_first += count;
        size_t bytes = json_dumpb(records, NULL, 0, JSON_COMPACT);
        *ret_records = count > *ret_records ? count : *ret_records;
        *ret_bytes = bytes > *ret_bytes ? bytes : *ret_bytes;
        json_decref(records);
    }
    assert_int_equal(expected_first, updates);
}

static void chunks_hold_at_most_so_many_records(void **state UNUSED)
{
    size_t records, bytes;
    walk_updates(1201, 10, &records, &bytes);
    assert_int_equal(records, CHUNK_RECORDS);
}

static void chunks_hold_at_most_so_many_bytes(void **state UNUSED)
{
    size_t records, bytes;
    walk_updates(20, 60000, &records, &bytes);
    assert_true(bytes <= CHUNK_BYTES + 2);
    assert_int_equal(records, 4);
}

static void chunk_of_one_large_record_goes_alone(void **state UNUSED)
{
    size_t records, bytes;
    walk_updates(3, 300000, &records, &bytes);
    assert_int_equal(records, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_with_an_unknown_part_is_refused),
        cmocka_unit_test(document_with_a_duplicate_key_is_refused_with_its_line),
        cmocka_unit_test(document_that_is_no_json_is_refused_with_its_line),
        cmocka_unit_test(document_of_another_format_is_refused),
        cmocka_unit_test(document_without_a_key_is_refused),
        cmocka_unit_test(document_whose_records_are_no_objects_is_refused),
        cmocka_unit_test(chunks_come_in_the_order_of_the_parts),
        cmocka_unit_test(chunks_hold_at_most_so_many_records),
        cmocka_unit_test(chunks_hold_at_most_so_many_bytes),
        cmocka_unit_test(chunk_of_one_large_record_goes_alone),
    };
    text_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
