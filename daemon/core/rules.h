/*
 * The rules of design.md part 5, rule version 1: what follows from a tree on a day. Pure: no I/O,
 * no clock. Results are remembered in the nodes until the day or something below them changes.
 *
 * Sums are in double precision, comparisons allow RULES_EPSILON; whoever shows a number rounds it.
 */
#ifndef GOALD_CORE_RULES_H
#define GOALD_CORE_RULES_H

#include "core/forecast.h"
#include "core/tree.h"

#define RULE_VERSION 1
#define RULES_EPSILON 1e-9

enum source { SOURCE_NONE, SOURCE_CLOSING, SOURCE_INDICATORS, SOURCE_PARTS, SOURCE_REPORTED };

enum schedule {
    SCHEDULE_UNSCHEDULED,
    SCHEDULE_CLOSED,
    SCHEDULE_DONE,
    SCHEDULE_OVERDUE,
    SCHEDULE_UPCOMING,
    SCHEDULE_RUNNING,
};

/* Of a claim that it is reached: achieved, or its own percent is 100. */
enum evidence { EVIDENCE_NOT_NEEDED, EVIDENCE_MISSING, EVIDENCE_GIVEN };

/* By value, NULL-terminated; the word of SOURCE_NONE is "". */
extern const char *const source_names[], *const schedule_names[], *const evidence_names[],
                                                                      *const reason_names[];

/*
 * In the order of seriousness in which they are told; each at most once. Of a node that is done or
 * closed only the last is. Parts are the node's own parts, not theirs.
 */
enum reason_kind {
    REASON_OVERDUE,              /* schedule overdue; days since the due date */
    REASON_PARTS_OVERDUE,        /* count of overdue parts; code and days of the latest of them */
    REASON_PARTS_OFF_TRACK,      /* count of parts off_track that are not overdue; lowest code */
    REASON_PARTS_AT_RISK,        /* count of parts at_risk; lowest code */
    REASON_BEHIND_SCHEDULE,      /* running and paced at_risk or off_track; days behind its line */
    REASON_REPORTED,             /* reported at_risk or off_track; days since that was reported */
    REASON_OUTCOME_NOT_ASSESSED, /* outcome with progress unknown, or not done with all parts done
                                  */
    REASON_NO_UPDATE,            /* running, overdue or unscheduled without an update: on it (days
                                    since its start), else on the part that parts_overdue names */
    REASON_NO_PARTS,             /* outcome without parts */
    REASON_STALE,                /* days since the latest activity, else since its start */
    REASON_UNEVIDENCED,          /* it is said to be reached, and nothing shows it */
    REASON_SUPERSEDED_EDITION,   /* a strategy that a later edition has taken the place of */
};

struct reason {
    enum reason_kind kind;
    const char *code; /* of the node it speaks of (the worst part), or NULL; lives in the tree */
    int32_t days;     /* -1: none */
    int32_t count;    /* -1: none */
};

#define REASONS_MAX 12

/* A part of a node with the weight it counts with. */
struct rules_part {
    struct node *node;
    double weight;
};

/*
 * What follows for the node on that day; never fails. The tree must be settled. The pointer is good
 * until the tree changes or another day is asked.
 *
 * Beyond the letter of part 5: `delivered` counts closings `achieved`, not reported 100 %. Of a
 * work node, `work` and `coverage` are NAN, and the counts include itself if it has no work parts.
 * An indicator's progress has no source of its own (SOURCE_NONE).
 */
const struct result *rules_result(struct tree *tree, struct node *node, int32_t day);

/* Why: at most REASONS_MAX, most serious first; returns how many. Whether a later edition has
 * taken the strategy's place stands in that one's tree, so the caller says it. */
size_t rules_reasons(struct tree *tree, struct node *node, int32_t day, bool superseded,
                     struct reason ret_reasons[REASONS_MAX]);

/* The node's parts on that day (those that are not dropped, each once): children by code, then
 * contributions by code. A child that also contributes to its parent and has no weight of its own
 * counts with the contribution's. The caller frees the array. */
int rules_parts(struct tree *tree, struct node *node, int32_t day, struct rules_part **ret_parts,
                size_t *ret_count) MUST_CHECK;

/* The part in the worst state, the one with the lowest code among equals; NULL if no part is
 * at_risk or off_track. */
struct node *rules_worst_part(struct tree *tree, struct node *node, int32_t day);

/* The last update on or before the day that no correction superseded, or NULL. */
const struct update *rules_last_update(const struct node *node, int32_t day);

/* The closing in force: the last event on or before the day, unless it is `reopened`; or NULL. */
const struct closing *rules_closing(const struct node *node, int32_t day);

/* How many such updates there are. */
size_t rules_update_count(const struct node *node, int32_t day);

/* The last of them that has a link as evidence, or NULL. */
const struct update *rules_linked_update(const struct node *node, int32_t day);

/* What its own forecast is made of, the oldest first: the last percents of its own, of an indicator
 * its progress by observation. Returns how many there are. */
size_t rules_points(const struct node *node, int32_t day, struct point ret_points[FORECAST_POINTS]);

/* After how many days without activity it is stale; 0: never. */
int32_t rules_cadence(const struct tree *tree, const struct node *node);

/* The day from which staleness is counted: the latest activity on it or below it, else its start;
 * DAY_NONE without either. The node must have its result. */
int32_t rules_heard_of(const struct node *node);

/* The start that counts: its own, else its nearest ancestor's, else the period's. */
struct date rules_start(const struct node *node);

/* The due date that counts: its own, or so long after the start that counts; none without. */
struct date rules_due(const struct node *node);

/* Days from the due date's last day to `day`: positive when overdue. Needs a due date. */
int32_t rules_days_late(const struct node *node, int32_t day);

/* An indicator's progress at a value; NAN if that, baseline or target is. Where baseline and target
 * are the same and no direction is said, it is taken to be upwards. */
double rules_indicator_progress(const struct measure *measure, double value);

/* An indicator's last observation on or before the day that has no breakdown and was not corrected,
 * or NULL; its value, NAN: none. */
const struct observation *rules_observation(const struct node *node, int32_t day);
double rules_value(const struct node *node, int32_t day);

/* The nodes of a kind at or below a node in the tree (contributions aside, dropped ones too): how
 * many there are and how many of them have an update on or before the day. They stand in the
 * results, of targets only: `kind` must be KIND_TARGET. */
struct reporting {
    uint32_t total, reporting;
};
struct reporting rules_reporting(struct tree *tree, struct node *node, enum kind kind, int32_t day);

#endif
