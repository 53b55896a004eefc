/* Contact data; see contact.h. */
#include "db/contact.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "db/tables.h"

#define SALT_SIZE 16

/* SHA-256 of salt and value, both as text. */
static int contact_digest(const char *salt, const char *value, char ret_hex[2 * HASH_SIZE + 1])
{
    AUTO(free_ptr) char *text = NULL;
    unsigned char digest[HASH_SIZE];
    int len = asprintf(&text, "%s%s", salt, value), r;

    if (len < 0)
        return -ENOMEM;
    r = digest_text(text, (size_t)len, digest);
    if (r == 0)
        hash_to_hex(digest, ret_hex);
    return r;
}

static int salt_make(char ret_salt[2 * SALT_SIZE + 1])
{
    unsigned char random[SALT_SIZE];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EIO;
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(ret_salt + 2 * i, 3, "%02x", random[i]);
    return 0;
}

int contact_replace(struct entries *entries, int64_t id, int64_t person_id, const char *kind,
                    const char *value, int64_t account)
{
    char salt[2 * SALT_SIZE + 1], hex[2 * HASH_SIZE + 1];
    AUTO(free_ptr) char *key = NULL, *secret_text = NULL;
    json_auto_t *secret = NULL;
    int r = salt_make(salt);

    if (r == 0)
        r = contact_digest(salt, value, hex);
    if (r < 0)
        return r;
    secret = json_pack("{s:s,s:s}", "value", value, "salt", salt);
    secret_text = json_dumps(secret, JSON_COMPACT);
    if (!secret_text || asprintf(&key, "%" PRId64 "|%s", person_id, kind) < 0)
        return -ENOMEM;
    return entries_put(
        entries, table_of("contact"), id, id != 0, key,
        json_pack("{s:I,s:s,s:s}", "person_id", (json_int_t)person_id, "kind", kind, "digest", hex),
        secret_text, account, NULL);
}

int contact_put(struct entries *entries, int64_t person_id, const char *kind, const char *value,
                int64_t account)
{
    return contact_replace(entries, 0, person_id, kind, value, account);
}
