/* Contact data; see contact.h. */
#include "db/contact.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "db/journal.h"

#define SALT_SIZE 16

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

int contact_seal(int64_t person_id, const char *kind, const char *value, json_t **ret_payload,
                 char **ret_secret)
{
    char salt[2 * SALT_SIZE + 1], hex[2 * HASH_SIZE + 1];
    json_auto_t *secret = NULL, *payload = NULL;
    char *text;
    int r = salt_make(salt);

    if (r == 0)
        r = contact_digest(salt, value, hex);
    if (r < 0)
        return r;
    secret = json_pack("{s:s,s:s}", "value", value, "salt", salt);
    payload =
        json_pack("{s:I,s:s,s:s}", "person_id", (json_int_t)person_id, "kind", kind, "digest", hex);
    text = secret && payload ? json_dumps(secret, JSON_COMPACT) : NULL;
    if (!text)
        return -ENOMEM;
    *ret_payload = STEAL(payload);
    *ret_secret = text;
    return 0;
}

bool contact_fits(const json_t *payload, const char *salt, const char *value)
{
    const char *digest = json_string_value(json_object_get(payload, "digest"));
    char hex[2 * HASH_SIZE + 1];

    return digest && contact_digest(salt, value, hex) == 0 && strcmp(digest, hex) == 0;
}

int contact_key(int64_t person_id, const char *kind, char **ret_key)
{
    char *key;

    if (asprintf(&key, "%" PRId64 "|%s", person_id, kind) < 0)
        return -ENOMEM;
    *ret_key = key;
    return 0;
}
