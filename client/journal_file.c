/*
 * Reading a journal's file and recomputing its chain; see journal_file.h.
 */
#include "journal_file.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "errors.h"
#include "goal.h"
#include "output.h"
#include "text.h"
#include "wire/chain.h"

int journal_hash_parse(const char *hex, unsigned char ret_hash[JOURNAL_HASH_SIZE])
{
    const char *end;
    size_t len;
    if (!hex || strlen(hex) != 2 * JOURNAL_HASH_SIZE)
        return -EINVAL;
    return sodium_hex2bin(ret_hash, JOURNAL_HASH_SIZE, hex, strlen(hex), NULL, &len, &end) == 0 &&
                   len == JOURNAL_HASH_SIZE && *end == '\0'
               ? 0
               : -EINVAL;
}

/* The next line as JSON; NULL at the end, or with *ret_bad for one that is none. */
static json_t *next_line(struct journal_file *file, bool *ret_bad)
{
    ssize_t len = getline(&file->line, &file->size, file->in);
    *ret_bad = false;
    if (len < 0)
        return NULL;
    file->number++;
    json_t *value = json_loadb(file->line, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
    *ret_bad = !json_is_object(value);
    return value;
}

int journal_file_open(struct journal_file *file, const char *path)
{
    bool bad;
    *file = (struct journal_file){.path = path};
    file->in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file->in)
        return goal_fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
    crypto_hash_sha256(file->hash, NULL, 0);
    file->header = next_line(file, &bad);
    const char *format = get_text(file->header, "format");
    if (!format || strcmp(format, JOURNAL_FORMAT) != 0)
        return goal_fail(EXIT_REFUSED, "%s: not a journal that goal took out (%s)", path,
                         JOURNAL_FORMAT);
    return EXIT_DONE;
}

void journal_file_close(struct journal_file *file)
{
    if (file->in && file->in != stdin)
        fclose(file->in);
    json_decref(file->header);
    free(file->line);
    *file = (struct journal_file){0};
}

/* Takes what is hashed out of an entry; false: something is missing or of another type. */
static bool read_entry(const struct journal_file *file, const json_t *entry,
                       struct chain_entry *ret_entry)
{
    const json_t *seq = json_object_get(entry, "seq"), *account = json_object_get(entry, "account");
    const json_t *id = json_object_get(entry, "id");
    struct chain_entry read = {
        .strategy_id = (int32_t)get_int(file->header, "strategy", -1),
        .seq = json_integer_value(seq),
        .account = json_integer_value(account),
        .id = json_integer_value(id),
        .time = get_text(entry, "time"),
        .request_id = get_text(entry, "requestId"),
        .request_digest = get_text(entry, "requestDigest"),
        .entity = get_text(entry, "entity"),
        .action = get_text(entry, "action"),
        .payload = get_text(entry, "payload"),
    };
    *ret_entry = read;
    return json_is_integer(seq) && json_is_integer(account) && json_is_integer(id) && read.time &&
           read.entity && read.action && read.payload;
}

static bool hash_is_right(const struct journal_file *file, const struct chain_entry *entry,
                          const unsigned char *hash)
{
    unsigned char computed[JOURNAL_HASH_SIZE];
    char text[CHAIN_TEXT_SIZE];
    crypto_hash_sha256_state state;
    int len = chain_text(entry, text);
    if (len < 0)
        return false;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, file->hash, JOURNAL_HASH_SIZE);
    crypto_hash_sha256_update(&state, (const unsigned char *)text, (unsigned long long)len);
    crypto_hash_sha256_update(&state, (const unsigned char *)entry->payload,
                              strlen(entry->payload));
    crypto_hash_sha256_final(&state, computed);
    return memcmp(computed, hash, JOURNAL_HASH_SIZE) == 0;
}

/* Is contact data what the payload has the digest of? */
static bool secret_is_right(const json_t *entry, const char *payload)
{
    const json_t *secret = get_object(entry, "secret");
    const char *salt = get_text(secret, "salt"), *value = get_text(secret, "value");
    unsigned char hash[JOURNAL_HASH_SIZE];
    char hex[2 * JOURNAL_HASH_SIZE + 1];
    if (!secret)
        return true;
    json_auto_t *content = json_loads(payload, 0, NULL);
    const char *digest = get_text(content, "digest");
    AUTO(free_ptr) char *text = text_format("%s%s", salt ? salt : "", value ? value : "");
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    return salt && value && digest && strcmp(digest, hex) == 0;
}

/* What is wrong with the entry, or NULL. */
static char *entry_problem(const struct journal_file *file, const struct chain_entry *entry,
                           const unsigned char *hash, const json_t *whole)
{
    if (entry->seq != file->seq + 1)
        return text_format("entry %lld stands where %lld should", (long long)entry->seq,
                           (long long)file->seq + 1);
    if (!hash || !hash_is_right(file, entry, hash))
        return text_format("entry %lld (%s %lld) is not what was hashed: it was changed, or one "
                           "before it",
                           (long long)entry->seq, entry->entity, (long long)entry->id);
    if (strcmp(entry->time, file->time) < 0)
        return text_format("time goes back at entry %lld", (long long)entry->seq);
    if (!secret_is_right(whole, entry->payload))
        return text_format("the contact data of entry %lld is not what was hashed",
                           (long long)entry->seq);
    return NULL;
}

int journal_file_next(struct journal_file *file, json_t **ret_entry, char **ret_problem)
{
    bool bad;
    unsigned char hash[JOURNAL_HASH_SIZE];
    struct chain_entry entry;
    json_auto_t *line = next_line(file, &bad);
    *ret_problem = NULL;
    if (!line && !bad)
        return 0;
    if (bad || !read_entry(file, line, &entry)) {
        *ret_problem = text_copy("no entry of a journal");
        return -EIO;
    }
    bool hashed = journal_hash_parse(get_text(line, "hash"), hash) == 0;
    *ret_problem = entry_problem(file, &entry, hashed ? hash : NULL, line);
    file->seq = entry.seq;
    snprintf(file->time, sizeof(file->time), "%s", entry.time);
    if (hashed)
        memcpy(file->hash, hash, sizeof(hash));
    *ret_entry = STEAL(line);
    return 1;
}

char *journal_file_end(const struct journal_file *file)
{
    unsigned char hash[JOURNAL_HASH_SIZE];
    json_int_t seq = json_integer_value(json_object_get(file->header, "seq"));
    if (journal_hash_parse(get_text(file->header, "hash"), hash) < 0 || seq != file->seq ||
        memcmp(hash, file->hash, sizeof(hash)) != 0)
        return text_format("it ends at entry %lld, and not with entry %lld as its first line says",
                           (long long)file->seq, (long long)seq);
    return NULL;
}
