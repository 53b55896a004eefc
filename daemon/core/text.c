/*
 * Texts by language. A `struct texts` owns one block: the items with their strings behind them;
 * texts_done() frees it.
 */
#include "core/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define LANGUAGE_MAX 35 /* bytes of a tag; there are no longer ones */

/* Fills a block item by item: where the next string goes. */
struct packer {
    struct texts texts;
    char *free_space;
};

static int packer_init(size_t count, size_t string_bytes, struct packer *ret_packer)
{
    struct packer packer = {.texts.count = count};

    if (count > 0) {
        packer.texts.items = malloc(count * sizeof *packer.texts.items + string_bytes);
        if (!packer.texts.items)
            return -ENOMEM;
        packer.free_space = (char *)(packer.texts.items + count);
    }
    *ret_packer = packer;
    return 0;
}

static const char *packer_add(struct packer *packer, const char *string)
{
    char *place = packer->free_space;

    packer->free_space = stpcpy(place, string) + 1;
    return place;
}

/* json_object_foreach() wants a json_t it may write to, and does not. */
int texts_from_json(const json_t *object, struct texts *ret_texts)
{
    json_t *texts = (json_t *)object, *value;
    const char *language;
    struct packer packer;
    size_t bytes = 0, i = 0;

    if (!json_is_object(texts))
        return -EINVAL;
    json_object_foreach (texts, language, value) {
        if (!json_is_string(value))
            return -EINVAL;
        bytes += strlen(language) + strlen(json_string_value(value)) + 2;
    }
    int r = packer_init(json_object_size(texts), bytes, &packer);
    if (r < 0)
        return r;
    json_object_foreach (texts, language, value) {
        struct text *item = &packer.texts.items[i++];
        item->language = packer_add(&packer, language);
        item->text = packer_add(&packer, json_string_value(value));
    }
    *ret_texts = packer.texts;
    return 0;
}

int texts_copy(const struct texts *from, struct texts *ret_texts)
{
    struct packer packer;
    size_t bytes = 0;

    for (size_t i = 0; i < from->count; i++)
        bytes += strlen(from->items[i].language) + strlen(from->items[i].text) + 2;
    int r = packer_init(from->count, bytes, &packer);
    if (r < 0)
        return r;
    for (size_t i = 0; i < from->count; i++) {
        packer.texts.items[i].language = packer_add(&packer, from->items[i].language);
        packer.texts.items[i].text = packer_add(&packer, from->items[i].text);
    }
    *ret_texts = packer.texts;
    return 0;
}

void texts_done(struct texts *texts)
{
    free(texts->items);
    *texts = (struct texts){0};
}

/* --- the text that suits best --- */

static size_t primary_length(const char *tag)
{
    return strcspn(tag, "-");
}

/* The text in exactly the language of the tag's first `len` bytes. */
static const char *find_exact(const struct texts *texts, const char *tag, size_t len)
{
    for (size_t i = 0; i < texts->count; i++) {
        const char *language = texts->items[i].language;

        if (strncasecmp(language, tag, len) == 0 && !language[len])
            return texts->items[i].text;
    }
    return NULL;
}

/* The tag without its last subtag, nor one of a single character that would be last then. */
static size_t shorter(const char *tag, size_t len)
{
    while (len > 0 && tag[len - 1] != '-')
        len--;
    if (len >= 3 && tag[len - 3] == '-')
        len -= 2;
    return len > 0 ? len - 1 : 0;
}

/* RFC 4647's lookup (nb-NO, then nb), then what only differs in the rest (en-GB for en-US). */
static const char *find_near(const struct texts *texts, const char *tag)
{
    const char *text = NULL;
    size_t primary = primary_length(tag);

    for (size_t len = strlen(tag); len > 0 && !text; len = shorter(tag, len))
        text = find_exact(texts, tag, len);
    for (size_t i = 0; i < texts->count && !text; i++) {
        const char *language = texts->items[i].language;

        if (primary_length(language) == primary && strncasecmp(language, tag, primary) == 0)
            text = texts->items[i].text;
    }
    return text;
}

/* Norwegian is one language under three tags: who reads one reads the others. */
static const char *find_norwegian(const struct texts *texts, const char *tag)
{
    static const char *const nearest[][3] = {
        {"nb", "no", "nn"}, {"nn", "no", "nb"}, {"no", "nb", "nn"}};
    const char *text = NULL;

    for (size_t i = 0; i < ARRAY_LEN(nearest) && primary_length(tag) == 2; i++) {
        if (strncasecmp(nearest[i][0], tag, 2) != 0)
            continue;
        text = find_near(texts, nearest[i][1]);
        return text ? text : find_near(texts, nearest[i][2]);
    }
    return text;
}

static const char *find_text(const struct texts *texts, const char *tag)
{
    const char *text;

    if (!tag || strnlen(tag, LANGUAGE_MAX + 1) > LANGUAGE_MAX)
        return NULL;
    text = find_exact(texts, tag, strlen(tag));
    if (!text)
        text = find_near(texts, tag);
    return text ? text : find_norwegian(texts, tag);
}

const char *texts_get(const struct texts *texts, const char *language, const char *fallback)
{
    const char *text = find_text(texts, language);

    if (!text)
        text = find_text(texts, fallback);
    if (!text)
        text = texts->count > 0 ? texts->items[0].text : "";
    return text;
}

json_t *texts_to_json(const struct texts *texts)
{
    json_auto_t *object = json_object();

    for (size_t i = 0; object && i < texts->count; i++)
        if (json_object_set_new(object, texts->items[i].language,
                                json_string(texts->items[i].text)) < 0)
            return NULL;
    return STEAL(object);
}

/* Room for so many words with so many bytes of strings behind them. */
static struct words *words_new(size_t count, size_t bytes)
{
    struct words *words = malloc(sizeof *words + count * sizeof *words->items + bytes);

    if (words)
        words->count = count;
    return words;
}

int words_from_json(const json_t *array, struct words **ret_words)
{
    size_t count = json_array_size(array), bytes = 0, i;
    struct words *words = NULL;
    json_t *word;

    if (array && !json_is_array(array))
        return -EINVAL;
    json_array_foreach (array, i, word) {
        if (!json_is_string(word))
            return -EINVAL;
        bytes += json_string_length(word) + 1;
    }
    if (count > 0) {
        words = words_new(count, bytes);
        if (!words)
            return -ENOMEM;
        char *place = (char *)(words->items + count);
        json_array_foreach (array, i, word) {
            words->items[i] = place;
            place = stpcpy(place, json_string_value(word)) + 1;
        }
    }
    *ret_words = words;
    return 0;
}

int words_copy(const struct words *from, struct words **ret_words)
{
    struct words *words = NULL;
    size_t bytes = 0;

    for (size_t i = 0; from && i < from->count; i++)
        bytes += strlen(from->items[i]) + 1;
    if (from) {
        words = words_new(from->count, bytes);
        if (!words)
            return -ENOMEM;
        char *place = (char *)(words->items + from->count);
        for (size_t i = 0; i < from->count; i++) {
            words->items[i] = place;
            place = stpcpy(place, from->items[i]) + 1;
        }
    }
    *ret_words = words;
    return 0;
}

bool words_have(const struct words *words, const char *word)
{
    for (size_t i = 0; words && i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

json_t *words_to_json(const struct words *words)
{
    json_auto_t *array = json_array();

    for (size_t i = 0; array && words && i < words->count; i++)
        if (json_array_append_new(array, json_string(words->items[i])) < 0)
            return NULL;
    return STEAL(array);
}

/* The character at *at, which is moved behind it. What is no UTF-8 is taken byte by byte. */
static uint32_t next_character(const char **at)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    uint32_t c = bytes[0];
    size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

    c &= more ? 0x3fu >> more : 0x7fu;
    for (size_t i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            ++*at;
            return bytes[0];
        }
        c = c << 6 | (bytes[i] & 0x3f);
    }
    *at += more + 1;
    return c;
}

/* Is it one of the pairs of Latin Extended-A whose capital is the odd one? */
static bool is_odd_capital(uint32_t c)
{
    return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
}

/* The small letter of a capital beyond ASCII. */
static uint32_t fold(uint32_t c)
{
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
        (c >= 0x410 && c <= 0x42f))
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40f)
        return c + 0x50;
    if (is_odd_capital(c))
        return c + (c & 1);
    return c >= 0x100 && c <= 0x177 ? c | 1 : c;
}

/* The small letter of the character at *at, which is moved behind it. Most are ASCII. */
static uint32_t next_folded(const char **at)
{
    unsigned char c = (unsigned char)**at;

    if (c >= 0x80)
        return fold(next_character(at));
    ++*at;
    return c >= 'A' && c <= 'Z' ? c + 0x20u : c;
}

static bool begins_with(const char *text, const char *words)
{
    while (*words) {
        if (!*text || next_folded(&text) != next_folded(&words))
            return false;
    }
    return true;
}

bool text_has(const char *text, const char *words)
{
    const char *rest = words;
    uint32_t first = next_folded(&rest);

    if (!*words)
        return true;
    while (*text) {
        if (next_folded(&text) == first && begins_with(text, rest))
            return true;
    }
    return false;
}
