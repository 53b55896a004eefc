/*
 * What a node's result was made of, so that a person can redo it: every part with its weight and
 * its share of the sum, those left out, what stands behind each figure, and what the axes of the
 * state were held against.
 */
#ifndef GOALD_CORE_EXPLAIN_H
#define GOALD_CORE_EXPLAIN_H

#include "core/rules.h"

enum left_out { LEFT_OUT_NOT, LEFT_OUT_DROPPED, LEFT_OUT_UNMEASURED };
enum weight_from { WEIGHT_OWN, WEIGHT_OF_CONTRIBUTION, WEIGHT_DEFAULT };

/* By value, NULL-terminated; the word of LEFT_OUT_NOT is "". */
extern const char *const left_out_names[], *const weight_from_names[];

/* The updates that the effective values are from; NULL: there is no such value. */
struct effective {
    const struct update *percent, *state, *confidence;
};

void rules_effective_updates(const struct node *node, int32_t day, struct effective *ret_effective);

/* A child, or what contributes to the node. */
struct explained {
    struct node *node;
    bool contributes; /* and is no child */
    double weight;
    enum weight_from weight_from;
    enum left_out left_out; /* else it is a part */
    bool counted;           /* it is of the kind that made the progress */
    double share;           /* of the progress, in percentage points, if it was counted */
};

struct explanation {
    struct explained *parts; /* owned: children by code, then contributions by code */
    size_t count;
    /* Σ w and Σ w·p over the parts that made the progress, what is unknown as 0 */
    uint32_t counted;
    double weight, points;
    struct effective effective;
    const struct observation *observation; /* an indicator's value */
    const struct update *linked;           /* an update that shows it */
    const struct node *start_of;           /* whose start counts; NULL: there is none */
    const struct node *last_active;        /* where the latest activity is; NULL: there is none */
    /* What the pace was measured by, if it was */
    bool paced, paced_by_work; /* by_work: not by its progress */
    double expected, pace;
    /* The weights that the state of the parts follows from */
    double parts_weight, weight_in[STATE_DONE + 1];
    /* What its own forecast is made of; of one by its parts and of what is over there are none */
    size_t point_count;
    struct point point[FORECAST_POINTS];
};

/* The tree must be settled. The pointers are good until the tree changes. -ENOMEM. */
int explain(struct tree *tree, struct node *node, int32_t day,
            struct explanation *ret_explanation) MUST_CHECK;
void explanation_done(struct explanation *explanation);

/* What a part's progress comes from, one of them or none: its closing, its latest update that says
 * a percentage, its latest observation. Of what its own parts made, none. */
struct behind {
    const struct closing *closing;
    const struct update *update;
    const struct observation *observation;
};
void explain_behind(const struct node *node, struct behind *ret_behind);

#endif
