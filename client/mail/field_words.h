/*
 * What the members of a journal's entries are called, and the words that stand in them, in the
 * language of words_begin().
 */
#ifndef GOAL_MAIL_FIELD_WORDS_H
#define GOAL_MAIL_FIELD_WORDS_H

/* "due" → "Due date"; NULL: it is not known. */
const char *field_label(const char *field);

/* "kind", "target" → "target"; what has no word of its own here stays as it is. Never NULL. */
const char *field_value(const char *field, const char *value);

/* The same of a value that may be NULL, a dash, or a span of time ("P6M": "6 months"). The caller
 * frees it. */
char *field_text(const char *field, const char *value);

#endif
