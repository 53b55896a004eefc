/*
 * db/journal.h: entries in the making and their hash chain, recomputed here from what is written
 * down of it; contact data, of which the journal holds a salted digest only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <openssl/sha.h>

#include "db/contact.h"
#include "db/journal.h"
#include "db/tables.h"

#define REQUEST "6f1c1f4e-8b0a-4c52-9d4e-2f5b8f3f0a11"

static struct entries entries;

static int set_up(void **state UNUSED)
{
    entries_init(&entries, 7, 41, journal_genesis);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    entries_done(&entries);
    return 0;
}

static int64_t put_update(const char *note)
{
    int64_t id = 0;

    assert_int_equal(entries_put(&entries, table_of("update"), 0, false, NULL,
                                 json_pack("{s:i,s:s}", "node_id", 3, "note", note), NULL, 5, &id),
                     0);
    return id;
}

static const struct entry *last(void)
{
    return &entries.items[entries.count - 1];
}

/* What the design says an entry's hash is. */
static void expected_hash(const unsigned char *prev, int64_t seq, const struct entry *entry,
                          const char *digest_hex, unsigned char ret_hash[HASH_SIZE])
{
    char time[TIME_TEXT_SIZE];
    char *text;
    unsigned char *all;
    int len = asprintf(&text, "%d\n%d\n%s\n%d\n%s\n%s\n%s\n%s\n%d\n%s", 7, (int)seq,
                       time_format(entries.time_us, time), (int)entry->account,
                       entry->request_id ? entry->request_id : "", digest_hex, entry->table->entity,
                       entry->end ? "end" : "put", (int)entry->id, entry->payload);

    assert_true(len > 0);
    all = malloc(HASH_SIZE + (size_t)len);
    assert_non_null(all);
    memcpy(all, prev, HASH_SIZE);
    memcpy(all + HASH_SIZE, text, (size_t)len);
    SHA256(all, HASH_SIZE + (size_t)len, ret_hash);
    free(all);
    free(text);
}

/* --- entries ------------------------------------------------------------------------------ */

static void new_entity_gets_its_entrys_seq(void **state UNUSED)
{
    assert_int_equal(put_update("a"), 42);
    assert_int_equal(put_update("b"), 43);
    assert_int_equal(entries_next_seq(&entries), 44);
}

static void changed_entity_keeps_its_id(void **state UNUSED)
{
    int64_t id = 0;

    assert_int_equal(
        entries_put(&entries, table_of("node"), 9, true, "2.2", json_object(), NULL, 5, &id), 0);
    assert_int_equal(id, 9);
    assert_true(last()->replaces);
}

static void strategys_own_row_has_id_0(void **state UNUSED)
{
    assert_int_equal(
        entries_put(&entries, table_of("strategy"), 0, false, "s", json_object(), NULL, 5, NULL),
        0);
    assert_int_equal(last()->id, 0);
}

static void payload_begins_with_the_identity(void **state UNUSED)
{
    assert_int_equal(entries_put(&entries, table_of("node"), 0, false, "2.2",
                                 json_pack("{s:s,s:f}", "kind", "target", "weight", 0.1), NULL, 5,
                                 NULL),
                     0);
    assert_string_equal(last()->payload,
                        "{\"id\":42,\"key\":\"2.2\",\"kind\":\"target\",\"weight\":0.1}");
}

static void payload_without_a_key_says_so(void **state UNUSED)
{
    put_update("å \"quoted\"");
    assert_string_equal(last()->payload,
                        "{\"id\":42,\"key\":null,\"node_id\":3,\"note\":\"å \\\"quoted\\\"\"}");
}

static void end_has_the_identity_only(void **state UNUSED)
{
    assert_int_equal(entries_end(&entries, table_of("aim"), 9, "1>2", 5), 0);
    assert_string_equal(last()->payload, "{\"id\":9,\"key\":\"1>2\"}");
    assert_true(last()->end && last()->replaces);
}

static void missing_payload_is_refused(void **state UNUSED)
{
    assert_int_equal(entries_put(&entries, table_of("update"), 0, false, NULL, NULL, NULL, 5, NULL),
                     -ENOMEM);
    assert_int_equal(entries.count, 0);
}

static void truncate_forgets_the_last_ones(void **state UNUSED)
{
    put_update("a");
    put_update("b");
    put_update("c");
    entries_truncate(&entries, 1);
    assert_int_equal(entries.count, 1);
    assert_int_equal(put_update("d"), 43);
    assert_non_null(strstr(last()->payload, "\"d\""));
}

static void many_entries_keep_their_order(void **state UNUSED)
{
    for (int i = 0; i < 1000; i++)
        assert_int_equal(put_update("x"), 42 + i);
    assert_int_equal(entries.items[999].id, 1041);
}

/* --- the chain ---------------------------------------------------------------------------- */

static void genesis_is_the_digest_of_nothing(void **state UNUSED)
{
    unsigned char digest[HASH_SIZE];

    assert_int_equal(digest_text("", 0, digest), 0);
    assert_memory_equal(digest, journal_genesis, HASH_SIZE);
}

static void each_hash_covers_the_one_before(void **state UNUSED)
{
    const unsigned char *prev = journal_genesis;

    put_update("a");
    assert_int_equal(entries_end(&entries, table_of("aim"), 9, "1>2", 6), 0);
    put_update("c");
    assert_int_equal(entries_seal(&entries, entries.count), 0);
    for (size_t i = 0; i < entries.count; i++) {
        unsigned char expected[HASH_SIZE];

        expected_hash(prev, 42 + (int64_t)i, &entries.items[i], "", expected);
        assert_memory_equal(entries.items[i].hash, expected, HASH_SIZE);
        prev = entries.items[i].hash;
    }
    assert_ptr_equal(entries_head(&entries), prev);
}

static void sealing_in_slices_gives_the_same_chain(void **state UNUSED)
{
    unsigned char whole[HASH_SIZE];

    put_update("a");
    put_update("b");
    put_update("c");
    assert_int_equal(entries_seal(&entries, 1), 0);
    put_update("d");
    assert_int_equal(entries_seal(&entries, 3), 0);
    assert_int_equal(entries_seal(&entries, 4), 0);
    memcpy(whole, entries_head(&entries), HASH_SIZE);
    expected_hash(entries.items[2].hash, 45, &entries.items[3], "", entries.items[3].hash);
    assert_memory_equal(whole, entries.items[3].hash, HASH_SIZE);
}

static void time_stands_still_once_an_entry_is_sealed(void **state UNUSED)
{
    int64_t first;

    put_update("a");
    assert_int_equal(entries_seal(&entries, 1), 0);
    first = entries.time_us;
    entries.base_time_us = first + 1;
    put_update("b");
    assert_int_equal(entries_seal(&entries, 2), 0);
    assert_int_equal(entries.time_us, first);
}

static void hash_covers_the_request(void **state UNUSED)
{
    char hex[2 * HASH_SIZE + 1];
    unsigned char expected[HASH_SIZE], digest[HASH_SIZE];

    put_update("a");
    memset(digest, 0xa5, HASH_SIZE);
    entries.items[0].request_id = REQUEST;
    entries.items[0].request_digest = digest;
    assert_int_equal(entries_seal(&entries, entries.count), 0);
    hash_to_hex(digest, hex);
    expected_hash(journal_genesis, 42, &entries.items[0], hex, expected);
    assert_memory_equal(entries.items[0].hash, expected, HASH_SIZE);
}

static void head_of_nothing_is_the_base(void **state UNUSED)
{
    assert_int_equal(entries_seal(&entries, entries.count), 0);
    assert_memory_equal(entries_head(&entries), journal_genesis, HASH_SIZE);
}

static void longest_numbers_fit(void **state UNUSED)
{
    entries.strategy_id = INT32_MAX;
    entries.base_seq = INT64_MAX - 2;
    assert_int_equal(entries_end(&entries, table_of("organisation"), INT64_MAX, "k", INT64_MAX), 0);
    entries.items[0].request_id = REQUEST;
    entries.items[0].request_digest = journal_genesis;
    assert_int_equal(entries_seal(&entries, entries.count), 0);
}

/* --- time --------------------------------------------------------------------------------- */

static void time_is_now(void **state UNUSED)
{
    int64_t before = time_now_us();

    assert_int_equal(entries_seal(&entries, entries.count), 0);
    assert_true(entries.time_us >= before && entries.time_us <= time_now_us());
}

static void time_never_goes_back(void **state UNUSED)
{
    int64_t ahead = time_now_us() + INT64_C(86400000000);

    entries.base_time_us = ahead;
    assert_int_equal(entries_seal(&entries, entries.count), 0);
    assert_int_equal(entries.time_us, ahead);
}

static void time_is_written_with_microseconds(void **state UNUSED)
{
    char time[TIME_TEXT_SIZE];

    assert_string_equal(time_format(INT64_C(1795313280000001), time),
                        "2026-11-22T02:08:00.000001Z");
    assert_string_equal(time_format(0, time), "1970-01-01T00:00:00.000000Z");
}

/* --- hashes as text ----------------------------------------------------------------------- */

static void hash_goes_to_text_and_back(void **state UNUSED)
{
    unsigned char back[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];

    hash_to_hex(journal_genesis, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(hash_from_hex(hex, back), 0);
    assert_memory_equal(back, journal_genesis, HASH_SIZE);
}

static void bad_hash_text_is_refused(void **state UNUSED)
{
    unsigned char hash[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];

    hash_to_hex(journal_genesis, hex);
    hex[63] = 'g';
    assert_int_equal(hash_from_hex(hex, hash), -EINVAL);
    hex[63] = '\0';
    assert_int_equal(hash_from_hex(hex, hash), -EINVAL);
}

/* --- contact data ------------------------------------------------------------------------- */

/* Seals a name: the digest that the payload has, and the secret's salt and value. */
static void seal_name(int64_t person, const char *name, char ret_digest[65], char ret_salt[33],
                      char *ret_value, size_t size)
{
    AUTO(free_ptr) char *text = NULL;
    json_t *sealed;
    int r = contact_seal(person, "name", name, &sealed, &text);
    json_auto_t *payload = r == 0 ? sealed : NULL;
    json_auto_t *secret = r == 0 ? json_loads(text, 0, NULL) : NULL;

    assert_non_null(payload);
    assert_non_null(secret);
    snprintf(ret_digest, 65, "%s", json_string_value(json_object_get(payload, "digest")));
    snprintf(ret_salt, 33, "%s", json_string_value(json_object_get(secret, "salt")));
    snprintf(ret_value, size, "%s", json_string_value(json_object_get(secret, "value")));
}

static void contact_is_a_salted_digest_in_the_journal(void **state UNUSED)
{
    char digest[65], salt[33], value[64], hex[2 * HASH_SIZE + 1];
    char salted[128];
    unsigned char expected[HASH_SIZE];

    seal_name(3, "Åsa Ek", digest, salt, value, sizeof(value));
    assert_string_equal(value, "Åsa Ek");
    assert_int_equal(strlen(salt), 32);
    snprintf(salted, sizeof(salted), "%s%s", salt, value); /* both as text */
    SHA256((unsigned char *)salted, strlen(salted), expected);
    hash_to_hex(expected, hex);
    assert_string_equal(digest, hex);
}

static void each_contact_has_its_own_salt(void **state UNUSED)
{
    char digest[2][65], salt[2][33], value[64];

    seal_name(3, "Åsa Ek", digest[0], salt[0], value, sizeof(value));
    seal_name(4, "Åsa Ek", digest[1], salt[1], value, sizeof(value));
    assert_string_not_equal(salt[0], salt[1]);
    assert_string_not_equal(digest[0], digest[1]);
}

static void sealed_payload_holds_no_value(void **state UNUSED)
{
    AUTO(free_ptr) char *secret = NULL, *text = NULL;
    json_t *sealed;

    assert_int_equal(contact_seal(3, "email", "a@example.org", &sealed, &secret), 0);
    text = json_dumps(sealed, JSON_COMPACT);
    json_decref(sealed);
    assert_non_null(strstr(secret, "example"));
    assert_null(strstr(text, "example"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_entity_gets_its_entrys_seq),
        TEST(changed_entity_keeps_its_id),
        TEST(strategys_own_row_has_id_0),
        TEST(payload_begins_with_the_identity),
        TEST(payload_without_a_key_says_so),
        TEST(end_has_the_identity_only),
        TEST(missing_payload_is_refused),
        TEST(truncate_forgets_the_last_ones),
        TEST(many_entries_keep_their_order),
        TEST(genesis_is_the_digest_of_nothing),
        TEST(each_hash_covers_the_one_before),
        TEST(sealing_in_slices_gives_the_same_chain),
        TEST(time_stands_still_once_an_entry_is_sealed),
        TEST(hash_covers_the_request),
        TEST(head_of_nothing_is_the_base),
        TEST(longest_numbers_fit),
        TEST(time_is_now),
        TEST(time_never_goes_back),
        TEST(time_is_written_with_microseconds),
        TEST(hash_goes_to_text_and_back),
        TEST(bad_hash_text_is_refused),
        TEST(contact_is_a_salted_digest_in_the_journal),
        TEST(each_contact_has_its_own_salt),
        TEST(sealed_payload_holds_no_value),
    };

    return cmocka_run_group_tests_name("db/journal", tests, NULL, NULL);
}
