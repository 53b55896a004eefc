/*
 * A strategy's dates as events of a calendar (RFC 5545): what each is known by for ever, and the
 * number that grows whenever it moves. Reminders and calendars say the same of the same date. Pure;
 * nothing is owned here.
 */
#ifndef GOALD_CORE_CALENDAR_H
#define GOALD_CORE_CALENDAR_H

#include "core/tree.h"

enum event_kind { EVENT_DUE, EVENT_REVIEW, EVENT_TERM };

/* By value, NULL-terminated: due, review, term. */
extern const char *const event_kind_names[];

/* The event's UID, to be freed: of a node's due date or a node's or group's next review, or of the
 * last day of a group, membership or assignment. Their ids are seqs of one journal, so that no two
 * are the same; the strategy's is 0. */
int calendar_uid(enum event_kind kind, int64_t id, const char *strategy, char **ret_uid) MUST_CHECK;

/*
 * Of which entry of the journal an event's date is at the latest. What moves it later has a higher
 * seq, so that the number never falls: not even a due date's that is counted from a start, for the
 * versions of all nodes up to the one whose start counts are in it; and the node's closings, for
 * what is dropped is cancelled. That of a term is the seq_from of the group, membership or
 * assignment.
 */
int64_t calendar_due_seq(const struct node *node);
/* `node` is the one that they are of; NULL: a group. */
int64_t calendar_review_seq(const struct reviews *reviews, const struct node *node);

/* The day of the next review: so long after the last one on or before `day`; not given: none. */
struct date calendar_review_due(const struct reviews *reviews, int32_t day);

/* As a SEQUENCE, which has 31 bits. */
int32_t calendar_sequence(int64_t seq);

#endif
