/*
 * What people write in answer to a mail, in any of the languages that mails are written in: the
 * words that a mail shows, and others that mean the same. They stand in the catalogs, so whoever
 * translates a mail also says what is understood. A `struct spoken` owns its phrases.
 */
#ifndef GOAL_MAIL_SPOKEN_H
#define GOAL_MAIL_SPOKEN_H

#include <stddef.h>

#include "wire/util.h"

enum meaning {
    MEANS_ON_TRACK,
    MEANS_AT_RISK,
    MEANS_OFF_TRACK,
    MEANS_PERCENT,  /* the word for it; the sign is always understood */
    MEANS_COMPLETE, /* "60 % complete" says no more than 60 % */
    MEANS_NOT,      /* in front of a state: what is meant cannot be told */
    MEANS_OR,       /* likewise, between two of them */
    MEANS_OF,       /* behind a percentage: it is of something else */
    MEANS_YES,
    MEANS_STOP,
    MEANS_SHOW,
    MEANS_IMMEDIATE,
    MEANS_DAILY,
    MEANS_WEEKLY,
    MEANS_MONTHLY,
    MEANS_COUNT,
};

struct spoken {
    char **phrases[MEANS_COUNT];
    size_t counts[MEANS_COUNT];
};

/* The words of all catalogs. Speaks every language in turn (words.h): not between words_begin() and
 * words_end(). */
void spoken_load(struct spoken *ret_spoken);
void spoken_done(struct spoken *spoken);

/* Adds what stands in the list: "on schedule, as planned". */
void spoken_add(struct spoken *spoken, enum meaning meaning, const char *list);

/* Bytes at the beginning of the text that are the longest phrase of that meaning, whole words, in
 * either case; 0: it begins otherwise. */
size_t spoken_match(const struct spoken *spoken, enum meaning meaning, const char *text);

/* The same among the meanings from..to; which one goes to *ret_meaning. */
size_t spoken_match_any(const struct spoken *spoken, enum meaning from, enum meaning to,
                        const char *text, enum meaning *ret_meaning);

#endif
