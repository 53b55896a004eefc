/*
 * The types that fields of import records have, and the check of a single value. Static tables;
 * nothing is owned here.
 */
#ifndef GOALD_METHODS_IMPORT_VALUES_H
#define GOALD_METHODS_IMPORT_VALUES_H

#include "core/date.h"
#include "methods/import_check.h"

enum type {
    TYPE_ID,     /* up to 200 characters, none of them a control character */
    TYPE_SHARED, /* the id of what strategies share: no colon, which an account's person has */
    TYPE_KEY,    /* a strategy's key or alias: an id without a colon and not "." */
    TYPE_WORD,   /* one of the field's words */
    TYPE_SHORT,  /* a text of at most 1,000 characters */
    TYPE_LONG,   /* a text of at most 100,000 characters */
    TYPE_TEXTS,  /* short texts by language, at least one */
    TYPE_DATE,
    TYPE_DUE,       /* a date, or a span after the start: {"after": "start", "years": 5} */
    TYPE_SPAN,      /* {"years": 1, "months": 6, "days": 10}, at least one of them */
    TYPE_SPAN_TEXT, /* the same as ISO 8601 writes it: P5Y, P18M, P30D; not of a document */
    TYPE_FLAG,
    TYPE_NUMBER,   /* of at most 10 to the 15th, either way */
    TYPE_WEIGHT,   /* more than 0, at most 1,000,000 */
    TYPE_PERCENT,  /* 0 to 100 */
    TYPE_AMOUNT,   /* 0 to 10 to the 15th */
    TYPE_CURRENCY, /* three capital letters, as ISO 4217 has them */
    TYPE_DAYS,     /* a whole number, 1 or more */
    TYPE_EVERY,    /* a whole number of days, 0 (never) to 3650 */
    TYPE_ADDRESS,  /* http:// or https:// */
    TYPE_EMAIL,
    TYPE_ZONE,     /* a time zone of the system */
    TYPE_LANGUAGE, /* a BCP 47 tag */
    TYPE_COUNTS,   /* a whole number, 0 or more, for each of some words */
    TYPE_ADDRESSES,
    TYPE_IDS,
    TYPE_OFFSETS,   /* a list of whole numbers of days, each of 0 to 3650; perhaps none */
    TYPE_SHORTS,    /* a list of short texts */
    TYPE_BREAKDOWN, /* short texts by dimension, at least one */
    TYPE_RECORD,    /* another record */
    TYPE_RECORDS,   /* a list of them */
};

struct field {
    const char *name;
    enum type type;
    bool required;
    const char *const *words; /* of TYPE_WORD and TYPE_COUNTS */
    const struct form *form;  /* of TYPE_RECORD and TYPE_RECORDS */
};

/* A TYPE_SPAN's or relative TYPE_DUE's value as stored, "P1Y6M". */
void span_text(const json_t *value, char buffer[SPAN_TEXT_SIZE]);

/* Checks a value that is neither absent nor null, but not of TYPE_RECORD and TYPE_RECORDS. */
int value_check(const struct field *field, const json_t *value, const struct place *place,
                struct refusal *refusal) MUST_CHECK;

#endif
