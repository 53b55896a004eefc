/*
 * The words that all commands share: how a state, a due date, a closing, a figure or a group reads,
 * and reading replies without tripping over null. What is returned as `char *` is the caller's.
 */
#ifndef GOAL_OUTPUT_H
#define GOAL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "wire/util.h"

#define DASH "–" /* unknown; never 0 */

/* Fields of a reply; NULL, 0 or `unknown` where they are null or missing. */
const char *get_text(const json_t *object, const char *field);
long get_int(const json_t *object, const char *field, long unknown);
bool get_real(const json_t *object, const char *field, double *ret);
bool get_flag(const json_t *object, const char *field);
const json_t *get_object(const json_t *object, const char *field); /* or NULL */
const json_t *get_list(const json_t *object, const char *field);   /* or NULL */

/* A value in words: a text as it is, a list joined by commas, "" for null. */
char *json_words(const json_t *value);

/* JSON without line breaks, nothing in it that a terminal would act on; and as a line. */
void json_print(FILE *out, const json_t *value);
void json_line(FILE *out, const json_t *value);

/* "off_track" → "off track"; whatever the word. */
char *word_text(const char *word);

/* "OFF TRACK" for what needs attention, else as word_text(). NULL is unknown. */
char *state_text(const char *state);

/* The colour of a state's cell, or NULL. */
const char *state_colour(const char *state);

/* A word in a colour for a terminal, or as it is. */
char *coloured(const char *text, const char *colour, bool on);

bool kind_is_outcome(const char *kind);
bool kind_is_work(const char *kind);

/* "1 deliverable", "2 deliverables": the kind in the number. NULL: parts. */
char *kind_count(long count, const char *kind);
const char *kind_plural(const char *kind);

/* "delivered 2023", "achieved 2023", "missed 2023" */
char *closing_text(const json_t *closing, const char *kind);

/* Of a node's line: "delivered 2023", "OVERDUE 761 days", "OFF TRACK 2.2", "unknown (worst 2.2)",
 * "on track 40 %" */
char *line_state(const json_t *node);
const char *line_colour(const json_t *node);

/* "OVERDUE 761 days", "today", "in 12 days"; "" without a due date */
char *line_when(const json_t *node);

/* Of an update or an observation: "[corrected by 9] [corrects 7: a typing error]", or "" */
char *correction_words(const json_t *record);

/* "1/2"; "" without work */
char *work_text(const json_t *work);

/* "1 day", "2 days" */
char *days_text(long days);

#endif
