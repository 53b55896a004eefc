/*
 * Texts by language: titles of nodes, names of groups and organisations. Owned as one block;
 * texts_done() frees it.
 */
#ifndef GOALD_CORE_TEXT_H
#define GOALD_CORE_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

/* A JSON object's text, {"en":"…","sv":"…"}, as stored; small, and read far less than a status. */
struct texts {
    size_t count;
    struct text {
        const char *language, *text;
    } * items; /* one allocation with the strings behind it */
};

/* Reads {"sv": "…", …}: every value a string. -EINVAL if it is something else. */
int texts_from_json(const json_t *object, struct texts *ret_texts) MUST_CHECK;
int texts_copy(const struct texts *from, struct texts *ret_texts) MUST_CHECK;
void texts_done(struct texts *texts);

/* The text in `language` (a BCP 47 tag) or what is nearest to it: nb-NO, nb, another nb-…, no, nn.
 * Else that in `fallback`, else the first; "" if there is none. */
const char *texts_get(const struct texts *texts, const char *language, const char *fallback);

/* {"sv": "…"}: a new reference; NULL if there is no memory. */
json_t *texts_to_json(const struct texts *texts);

/* Does the text contain these words, whatever the case of Latin, Greek and Cyrillic letters? Both
 * are UTF-8. */
bool text_has(const char *text, const char *words);

/* Words in the order in which they were given: one block with the strings behind them; free() it.
 * NULL is none. */
struct words {
    size_t count;
    const char *items[];
};

/* Reads ["food", …]; an empty array and NULL are none. -EINVAL if it is something else. */
int words_from_json(const json_t *array, struct words **ret_words) MUST_CHECK;
int words_copy(const struct words *from, struct words **ret_words) MUST_CHECK;
bool words_have(const struct words *words, const char *word);
/* ["food", …], empty for none: a new reference; NULL if there is no memory. */
json_t *words_to_json(const struct words *words);

#endif
