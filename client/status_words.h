/*
 * The phrases of a status: each is made from the reply alone, and the caller frees it. NULL means
 * that there is nothing to say.
 */
#ifndef GOAL_STATUS_WORDS_H
#define GOAL_STATUS_WORDS_H

#include <jansson.h>

#include "wire/util.h"

/* Why it is in its state: "1 of 2 deliverables overdue, no update on it". "" if nothing speaks. */
char *status_reasons(const json_t *status, const json_t *parts);

/* "achieved 2023 – reason" */
char *status_closed(const json_t *status);

/* "2022-12-01 (761 days late), started 2022-05-12" */
char *status_due(const json_t *status);

/* "63 % from 2 indicators; the group's own figure is 40 %" */
char *status_progress(const json_t *status, const json_t *parts);

/* "2022-05-12 (964 days), too long ago": the latest of all that is on it or below it */
char *status_heard(const json_t *status);

/* "reached 2025-03-01 if it goes on like this, 60 days after it is due"; or which parts tell
 * nothing */
char *status_forecast(const json_t *status);

/* "it is said to be delivered, but no link shows it", if so */
char *status_proof(const json_t *status);

/* "1/2 delivered · outcome not assessed (no indicator, no reported figure)" */
char *status_work(const json_t *status, const json_t *parts);

/* "25 of 30 targets known, 14 of them report" */
char *status_targets(const json_t *status);

/* "working group Hälsodata (no lead named, term ended 2022)" */
char *group_words(const json_t *group);

/* "owner: none" */
char *owner_words(const json_t *owners);

/* "2022-05-12 (964 days)  40 %, at risk"; NULL for the update: "no update" */
char *update_words(const json_t *update, const char *as_of);

#endif
