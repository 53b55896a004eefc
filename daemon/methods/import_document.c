/* Staged records; see import_document.h. */
#include "methods/import_document.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "core/date.h"

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
    for (int part = 0; part < PART_COUNT; part++)
        free(document->parts[part].records);
    pile_done(&document->texts);
    writer_done(&document->scratch);
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
static int digest_add(struct document *document, enum part part)
{
    const struct buffer *texts = &document->scratch.buffer;
    const char name = (char)('0' + (int)part);

    if (EVP_DigestUpdate(document->digest, &name, 1) != 1 ||
        EVP_DigestUpdate(document->digest, buffer_bytes(texts), texts->len) != 1)
        return -EIO;
    return 0;
}

/* 2 and 2.0 are the same. */
static void write_number(struct writer *writer, const char *key, const json_t *value)
{
    char text[40];
    int len = snprintf(text, sizeof(text) - 2, "%.15g", json_number_value(value));

    if (!strpbrk(text, ".e"))
        memcpy(text + len, ".0", 3);
    writer_raw(writer, key, text);
}

static void write_words(struct writer *writer, const json_t *record, const char *const *names)
{
    for (; *names; names++) {
        const char *text = field_text(record, *names);

        if (text)
            writer_text(writer, *names, text);
    }
}

/* The members of its payload, without braces around them and without what is known later. */
static void write_update(struct writer *writer, const json_t *record)
{
    static const char *const words[] = {"date", "state", "confidence", "note", "reason", NULL};
    const json_t *evidence = field(record, "evidence"), *percent = field(record, "percent");

    writer_text(writer, "key", field_text(record, "id"));
    write_words(writer, record, words);
    if (evidence && json_array_size(evidence) > 0)
        writer_json(writer, "evidence", evidence);
    if (percent)
        write_number(writer, "percent", percent);
    if (field(record, "decision")) /* waiting or returned */
        writer_bool(writer, "waits", true);
}

/* What of an update stands beside its text. */
static int note_update(struct staged *staged, const json_t *record)
{
    const char *decision = field_text(record, "decision");
    struct date date;
    int r = date_parse(field_text(record, "date"), &date);

    if (r < 0)
        return r;
    staged->day = date_last_day(date);
    staged->percent = field(record, "percent") != NULL;
    staged->decided = decision != NULL;
    staged->returned = decision && strcmp(decision, "returned") == 0;
    return 0;
}

static void write_record(struct writer *writer, const json_t *record)
{
    AUTO(free_ptr) char *text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);

    if (text)
        writer_bytes(writer, text, strlen(text));
    else
        writer->failed = true;
}

/* Writes the record's texts one behind the other, each with its NUL. */
static int write_texts(struct writer *writer, enum part part, const json_t *record,
                       struct staged *staged)
{
    const char *name = part_key(part), *key = name ? field_text(record, name) : "";
    bool dated = part == PART_UPDATES || part == PART_OBSERVATIONS;
    const char *node = dated ? field_text(record, "node") : NULL;
    const char *supersedes = part == PART_UPDATES ? field_text(record, "supersedes") : NULL;
    int r = part == PART_UPDATES ? note_update(staged, record) : 0;

    if (r < 0)
        return r;

    buffer_consume(&writer->buffer, writer->buffer.len);
    writer->comma = writer->failed = false;
    writer_bytes(writer, key, strlen(key) + 1);
    staged->node = (uint32_t)writer->buffer.len;
    writer_bytes(writer, node ? node : "", node ? strlen(node) + 1 : 1);
    staged->supersedes = (uint32_t)writer->buffer.len;
    writer_bytes(writer, supersedes ? supersedes : "", supersedes ? strlen(supersedes) + 1 : 1);
    staged->text = (uint32_t)writer->buffer.len;
    if (part == PART_UPDATES)
        write_update(writer, record);
    else
        write_record(writer, record);
    writer_bytes(writer, "", 1);
    return writer_failed(writer) ? -ENOMEM : 0;
}

int document_add(struct document *document, enum part part, const json_t *record)
{
    struct staged_part *staged = &document->parts[part];
    struct buffer *texts = &document->scratch.buffer;
    struct staged added = {0};
    int r = write_texts(&document->scratch, part, record, &added);

    if (r == 0)
        r = part_reserve(staged);
    if (r == 0)
        r = digest_add(document, part);
    if (r < 0)
        return r;
    added.key = pile_copy(&document->texts, buffer_bytes(texts), texts->len);
    if (!added.key)
        return -ENOMEM;
    staged->records[staged->count++] = added;
    document->bytes += texts->len + sizeof(added);
    return 0;
}

json_t *document_record(const struct document *document, enum part part, size_t index)
{
    const char *text = staged_text(&document->parts[part].records[index]);
    AUTO(free_ptr) char *object = NULL;

    if (part != PART_UPDATES)
        return json_loads(text, 0, NULL);
    if (asprintf(&object, "{%s}", text) < 0)
        object = NULL;
    return object ? json_loads(object, 0, NULL) : NULL;
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
