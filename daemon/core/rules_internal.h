/*
 * What the files of the rules share among themselves. Nobody outside core/rules*.c includes it.
 */
#ifndef GOALD_CORE_RULES_INTERNAL_H
#define GOALD_CORE_RULES_INTERNAL_H

#include "core/explain.h"

/* Why a child or contribution is nobody's part; it must have its result. */
enum left_out rules_left_out(const struct node *node);
double rules_child_weight(const struct node *child);
double rules_contribution_weight(const struct contribution *contribution);
/* Does the node's i-th contribution come from what was met before: a child, or the one before? */
bool rules_was_counted(const struct node *node, uint32_t i);

/*
 * Goes through a node's parts, without memory of its own: children first, then contributions. All
 * that could be a part must have a valid result.
 *
 *     struct part_cursor cursor = {.node = node};
 *     for (struct rules_part part; part_next(&cursor, &part);)
 */
struct part_cursor {
    const struct node *node;
    uint32_t next;
};
bool part_next(struct part_cursor *cursor, struct rules_part *ret_part);

/* A weighted mean in which what is unknown counts as 0, as long as something is known. */
struct mean {
    double sum, weight;
    uint32_t count;
    bool known;
};

/* The forecasts of those parts that are neither done nor closed. */
struct outlook {
    uint32_t open, missing; /* missing: have none */
    int32_t latest;         /* of those that have one */
};

/* What one pass over a node's parts adds up, for all the rules that ask about parts. */
struct sums {
    uint32_t count, done;
    uint32_t indicators_done, outcomes_done;
    struct mean work, indicators, outcomes;           /* progress, by what the part is */
    struct mean indicator_coverage, outcome_coverage; /* in the same order */
    struct outlook work_outlook, indicator_outlook, outcome_outlook;
    int32_t last_activity; /* of children and of what contributes, parts or not; or DAY_NONE */
    struct mean effort;    /* the progress of work and the work of outcomes with work below */
    double weight, by_state[STATE_DONE + 1]; /* the parts' weights, of all and by their state */
    uint32_t total, delivered, overdue, reported_count; /* of parts that share nothing */
    uint32_t targets, targets_reporting;
    bool shared; /* a contribution touches something below: counts have to be walked */
};
#define SUMS_NONE                                                                                  \
    {                                                                                              \
        .last_activity = DAY_NONE                                                                  \
    }

/* The parts in trouble: how many of a sort, and the one to name. */
struct troubles {
    uint32_t count;
    struct node *worst;
};

struct survey {
    struct troubles overdue, off_track, at_risk; /* off_track: those that are not overdue */
    int32_t days_late;                           /* of the worst overdue one */
    struct node *lowest;                         /* of all in state off_track, by code */
};

/* The node's parts on that day, all of which have their results. */
struct survey rules_survey(const struct node *node, int32_t day);
void rules_survey_part(struct survey *survey, const struct node *whole, struct node *part,
                       int32_t day);

/* rules_blocks.c: the children of a node that has many stand in blocks, each with what its children
 * add up to, so that a change costs the pass over one block. */
#define BLOCK_CHILDREN 64

struct block {
    bool valid; /* then all of its children have valid results of that day */
    struct sums sums;
    struct survey survey;
};

struct blocks {
    int32_t day;
    uint32_t count;
    struct block items[];
};

/* Makes sure that the node has blocks for the day; NULL: few children, or no memory. */
struct blocks *blocks_on(struct node *node, int32_t day);
/* Where a block's children begin (`block` up to `count`: the end). */
uint32_t block_begin(const struct node *node, uint32_t block);
void sums_merge(struct sums *sums, const struct sums *other);
void survey_merge(struct survey *survey, const struct survey *other);

/* The later of two days, of which either may be DAY_NONE. */
static inline int32_t later_day(int32_t day, int32_t other)
{
    return day > other ? day : other;
}

/* Own percent, state and confidence: each the last non-null one. */
void rules_effective(const struct node *node, int32_t day, struct result *ret_result);

/* The last update that gave the state now in force, or NULL. */
const struct update *rules_last_state(const struct node *node, int32_t day);

/* The day of the latest update, observation or closing event on the node itself, or DAY_NONE. */
int32_t rules_own_activity(const struct node *node, int32_t day);

/* Has an update that counts a link as evidence? */
bool rules_has_link(const struct node *node, int32_t day);

/* These follow in this order; each fills its own fields of the result from those before. */
bool rules_is_done(const struct node *node, const struct result *result, const struct sums *sums);
enum schedule rules_schedule(const struct node *node, const struct result *result);
void rules_axes(const struct node *node, const struct sums *sums, struct result *ret_result);

/* rules_evidence.c: these complete the node's own result. */
void rules_evidence(struct node *node);
void rules_staleness(const struct tree *tree, struct node *node, const struct sums *sums);
void rules_forecast(struct node *node, const struct sums *sums);

/* Is it of a schedule on which something should be heard of it? */
bool rules_expects_news(const struct result *result);
void outlook_add(struct outlook *outlook, const struct result *part);
void outlook_merge(struct outlook *outlook, const struct outlook *other);

/* Adds the counts of work to the node's own result, where the rest already stands. */
void rules_counts(const struct tree *tree, struct node *node, const struct sums *sums);

/* The percentage that a steady pace would have reached by the day: `start` and `due` are days. */
double rules_expected(int32_t start, int32_t due, int32_t day);

/* What is held against the pace: its progress, else an outcome's work. */
double rules_pace(const struct node *node, const struct result *result);

#endif
