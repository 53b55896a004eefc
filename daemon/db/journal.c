/* Entries in the making and their hash chain; see journal.h. */
#include "db/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "core/array.h"
#include "db/tables.h"

const unsigned char journal_genesis[HASH_SIZE] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

void entries_init(struct entries *entries, int32_t strategy_id, int64_t base_seq,
                  const unsigned char base_hash[HASH_SIZE])
{
    *entries = (struct entries){.strategy_id = strategy_id, .base_seq = base_seq};
    memcpy(entries->base_hash, base_hash, HASH_SIZE);
}

void entries_truncate(struct entries *entries, size_t count)
{
    while (entries->count > count) {
        struct entry *entry = &entries->items[--entries->count];

        free(entry->payload);
        free(entry->secret);
    }
    if (entries->sealed > count)
        entries->sealed = count;
}

void entries_release(struct entries *entries, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        free(STEAL(entries->items[i].payload));
        free(STEAL(entries->items[i].secret));
    }
}

void entries_done(struct entries *entries)
{
    entries_truncate(entries, 0);
    free(entries->items);
    *entries = (struct entries){0};
}

static int entries_add(struct entries *entries, const struct entry *entry)
{
    if (ARRAY_RESERVE(entries->items, entries->count) < 0)
        return -ENOMEM;
    entries->items[entries->count++] = *entry;
    return 0;
}

#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* A text as JSON. */
static char *quoted(const char *text)
{
    json_auto_t *string = json_string(text);

    return string ? json_dumps(string, DUMP_FLAGS | JSON_ENCODE_ANY) : NULL;
}

/* {"id":…,"key":…,<payload>}: the identity first, so that an entry is read at a glance. */
static char *payload_text(int64_t id, const char *key, json_t *payload)
{
    AUTO(free_ptr) char *members = payload ? json_dumps(payload, DUMP_FLAGS) : strdup("{}");
    AUTO(free_ptr) char *name = key ? quoted(key) : strdup("null");
    size_t size;
    char *text;

    if (!members || !name)
        return NULL;
    size = strlen(name) + strlen(members) + 40;
    text = malloc(size);
    if (text)
        snprintf(text, size, "{\"id\":%" PRId64 ",\"key\":%s%s%s", id, name,
                 strcmp(members, "{}") != 0 ? "," : "", members + 1);
    return text;
}

int entries_put(struct entries *entries, const struct table *table, int64_t id, bool replaces,
                const char *key, json_t *payload, const char *secret, int64_t account,
                int64_t *ret_id)
{
    json_auto_t *owned = payload;
    struct entry entry = {.table = table, .replaces = replaces, .account = account};
    AUTO(free_ptr) char *copy = secret ? strdup(secret) : NULL;
    AUTO(free_ptr) char *text = NULL;
    int r;

    if (!owned) /* there was no memory for it */
        return -ENOMEM;
    entry.id = id || !table->numbered ? id : entries_next_seq(entries);
    text = payload_text(entry.id, key, owned);
    if (!text || (secret && !copy))
        return -ENOMEM;
    entry.payload = text;
    entry.secret = copy;
    r = entries_add(entries, &entry);
    if (r < 0)
        return r;
    text = copy = NULL;
    if (ret_id)
        *ret_id = entry.id;
    return 0;
}

int entries_put_text(struct entries *entries, const struct table *table, int64_t id, char *payload,
                     int64_t account)
{
    const struct entry entry = {.table = table, .id = id, .account = account, .payload = payload};
    int r = entries_add(entries, &entry);

    if (r < 0)
        free(payload);
    return r;
}

int entries_put_verbatim(struct entries *entries, const struct entry *entry)
{
    int r = entries_add(entries, entry);

    if (r < 0) {
        free(entry->payload);
        free(entry->secret);
        return r;
    }
    entries->verbatim = true;
    entries->sealed = entries->count;
    entries->time_us = entry->time_us;
    return 0;
}

void entries_move(struct entries *from, struct entries *to)
{
    to->items = STEAL(from->items);
    to->count = to->sealed = from->count;
    to->time_us = from->time_us;
    to->verbatim = true;
    from->count = from->sealed = 0;
}

int entries_end(struct entries *entries, const struct table *table, int64_t id, const char *key,
                int64_t account)
{
    struct entry entry = {
        .table = table, .end = true, .replaces = true, .id = id, .account = account};
    int r;

    entry.payload = payload_text(id, key, NULL);
    if (!entry.payload)
        return -ENOMEM;
    r = entries_add(entries, &entry);
    if (r < 0)
        free(entry.payload);
    return r;
}

/* The context that all digests are made with, one after the other: to look the algorithm up costs
 * more than to hash an entry. NULL: there is no memory. */
static EVP_MD_CTX *digest_begin(void)
{
    static EVP_MD_CTX *context;
    static EVP_MD *sha256;

    if (!context)
        context = EVP_MD_CTX_new();
    if (!sha256)
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    return context && sha256 && EVP_DigestInit_ex(context, sha256, NULL) == 1 ? context : NULL;
}

int chain_hash(const unsigned char prev[HASH_SIZE], const struct chain_entry *entry,
               unsigned char ret_hash[HASH_SIZE])
{
    EVP_MD_CTX *digest = digest_begin();
    char text[CHAIN_TEXT_SIZE];
    int len = chain_text(entry, text);

    if (len < 0)
        return len;
    if (!digest || EVP_DigestUpdate(digest, prev, HASH_SIZE) != 1 ||
        EVP_DigestUpdate(digest, text, (size_t)len) != 1 ||
        EVP_DigestUpdate(digest, entry->payload, strlen(entry->payload)) != 1 ||
        EVP_DigestFinal_ex(digest, ret_hash, NULL) != 1)
        return -EIO;
    return 0;
}

static int entry_hash(const struct entries *entries, size_t i, const unsigned char *prev,
                      const char *time)
{
    struct entry *entry = &entries->items[i];
    char hex[2 * HASH_SIZE + 1] = "";
    const struct chain_entry said = {
        .strategy_id = entries->strategy_id,
        .seq = entries->base_seq + (int64_t)i + 1,
        .time = time,
        .account = entry->account,
        .request_id = entry->request_id,
        .request_digest = hex,
        .entity = entry->table->entity,
        .action = entry->end ? "end" : "put",
        .id = entry->id,
        .payload = entry->payload,
    };

    if (entry->request_id)
        hash_to_hex(entry->request_digest, hex);
    return chain_hash(prev, &said, entry->hash) < 0 ? -EIO : 0;
}

int entries_seal(struct entries *entries, size_t to)
{
    int64_t now = time_now_us();
    char time[TIME_TEXT_SIZE];
    int r = 0;

    if (entries->sealed == 0)
        entries->time_us = now > entries->base_time_us ? now : entries->base_time_us;
    time_format(entries->time_us, time);
    while (entries->sealed < to && r == 0) {
        size_t i = entries->sealed;

        r = entry_hash(entries, i, i ? entries->items[i - 1].hash : entries->base_hash, time);
        entries->sealed += r == 0;
    }
    return r;
}

const unsigned char *entries_head(const struct entries *entries)
{
    return entries->count ? entries->items[entries->count - 1].hash : entries->base_hash;
}

int digest_text(const char *text, size_t len, unsigned char ret_digest[HASH_SIZE])
{
    EVP_MD_CTX *digest = digest_begin();

    return digest && EVP_DigestUpdate(digest, text, len) == 1 &&
                   EVP_DigestFinal_ex(digest, ret_digest, NULL) == 1
               ? 0
               : -EIO;
}

static int digest_dumped(const char *bytes, size_t len, void *digest)
{
    return EVP_DigestUpdate(digest, bytes, len) == 1 ? 0 : -1;
}

int digest_call(const char *method, const json_t *parameters, unsigned char ret_digest[HASH_SIZE])
{
    EVP_MD_CTX *digest = digest_begin();

    if (!digest || EVP_DigestUpdate(digest, method, strlen(method)) != 1 ||
        EVP_DigestUpdate(digest, " ", 1) != 1 ||
        json_dump_callback(parameters, digest_dumped, digest, DUMP_FLAGS | JSON_SORT_KEYS) < 0 ||
        EVP_DigestFinal_ex(digest, ret_digest, NULL) != 1)
        return -EIO;
    return 0;
}

void hash_to_hex(const unsigned char hash[HASH_SIZE], char ret_hex[2 * HASH_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < HASH_SIZE; i++) {
        ret_hex[2 * i] = digits[hash[i] >> 4];
        ret_hex[2 * i + 1] = digits[hash[i] & 15];
    }
    ret_hex[2 * HASH_SIZE] = '\0';
}

int hash_from_hex(const char *hex, unsigned char ret_hash[HASH_SIZE])
{
    unsigned char hash[HASH_SIZE];

    if (strlen(hex) != 2 * HASH_SIZE)
        return -EINVAL;
    for (size_t i = 0; i < HASH_SIZE; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'}, *end;

        hash[i] = (unsigned char)strtoul(pair, &end, 16);
        if (end != pair + 2)
            return -EINVAL;
    }
    memcpy(ret_hash, hash, HASH_SIZE);
    return 0;
}

const char *time_format(int64_t us, char buffer[TIME_TEXT_SIZE])
{
    int64_t decimals = (us % 1000000 + 1000000) % 1000000; /* before 1970, too */
    time_t seconds = (time_t)((us - decimals) / 1000000);
    struct tm tm;
    size_t len;

    gmtime_r(&seconds, &tm);
    len = (size_t)snprintf(buffer, TIME_TEXT_SIZE, "%04d", tm.tm_year + 1900);
    len += strftime(buffer + len, TIME_TEXT_SIZE - len, "-%m-%dT%H:%M:%S", &tm);
    snprintf(buffer + len, TIME_TEXT_SIZE - len, ".%06dZ", (int)decimals);
    return buffer;
}

int64_t time_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
