/* Staged records; see import_document.h. */
#include "methods/import_document.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

int document_init(struct document *document)
{
    struct document empty = {.digest = EVP_MD_CTX_new()};

    if (!empty.digest)
        return -ENOMEM;
    if (EVP_DigestInit_ex(empty.digest, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(empty.digest);
        return -EIO;
    }
    *document = empty;
    return 0;
}

void document_done(struct document *document)
{
    for (int part = 0; part < PART_COUNT; part++) {
        struct staged_part *staged = &document->parts[part];

        for (size_t i = 0; i < staged->count; i++)
            free(staged->records[i].key);
        free(staged->records);
    }
    EVP_MD_CTX_free(document->digest);
    *document = (struct document){0};
}

static int part_reserve(struct staged_part *staged)
{
    size_t size = staged->size ? 2 * staged->size : 16;
    struct staged *records;

    if (staged->count < staged->size)
        return 0;
    records = reallocarray(staged->records, size, sizeof(*records));
    if (!records)
        return -ENOMEM;
    staged->records = records;
    staged->size = size;
    return 0;
}

/* The part's place in the digest comes with each record, so that no two documents look alike. */
static int digest_add(struct document *document, enum part part, const char *text, size_t len)
{
    const char name = (char)('0' + (int)part);

    if (EVP_DigestUpdate(document->digest, &name, 1) != 1 ||
        EVP_DigestUpdate(document->digest, text, len + 1) != 1)
        return -EIO;
    return 0;
}

int document_add(struct document *document, enum part part, const json_t *record)
{
    struct staged_part *staged = &document->parts[part];
    const char *name = part_key(part), *key = name ? field_text(record, name) : "";
    AUTO(free_ptr) char *text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
    size_t key_size = strlen(key) + 1, text_size = text ? strlen(text) + 1 : 0;
    char *both = text ? malloc(key_size + text_size) : NULL;
    int r = both ? part_reserve(staged) : -ENOMEM;

    if (r == 0)
        r = digest_add(document, part, text, text_size - 1);
    if (r < 0) {
        free(both);
        return r;
    }
    memcpy(both, key, key_size);
    memcpy(both + key_size, text, text_size);
    staged->records[staged->count++] = (struct staged){both, both + key_size};
    document->bytes += key_size + text_size + sizeof(struct staged);
    return 0;
}

json_t *document_record(const struct document *document, enum part part, size_t index)
{
    return json_loads(document->parts[part].records[index].text, 0, NULL);
}

size_t document_count(const struct document *document)
{
    size_t count = 0;

    for (int part = 0; part < PART_COUNT; part++)
        count += document->parts[part].count;
    return count;
}

int document_digest(const struct document *document, unsigned char ret_digest[HASH_SIZE])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    int r = copy ? 0 : -ENOMEM;

    if (r == 0 && (EVP_MD_CTX_copy_ex(copy, document->digest) != 1 ||
                   EVP_DigestFinal_ex(copy, ret_digest, NULL) != 1))
        r = -EIO;
    EVP_MD_CTX_free(copy);
    return r;
}
