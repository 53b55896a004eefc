/*
 * Texts by language. A `struct texts` owns one block: the items with their strings behind them;
 * texts_done() frees it.
 */
#include "core/text.h"

#include <errno.h>
#include <string.h>

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

static const char *find_text(const struct texts *texts, const char *language)
{
    for (size_t i = 0; language && i < texts->count; i++)
        if (strcmp(texts->items[i].language, language) == 0)
            return texts->items[i].text;
    return NULL;
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
