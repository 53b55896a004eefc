/*
 * The filters that lists of nodes share, from the options to the calls' parameters.
 */
#ifndef GOAL_FILTERS_H
#define GOAL_FILTERS_H

#include "goal.h"

/* The rows of who and what a node has to do with, for a list of options. */
#define FILTER_ROWS                                                                                \
    {"kind", 'k', "KIND", "only of this kind; a filter that is given again: any of the values",    \
     "priority target need initiative deliverable indicator"},                                     \
        {"group", 'g', "GROUP", "only what this group is at work on (its key)", NULL},             \
        {"organisation", 'o', "KEY", "only where this organisation has a role", NULL},             \
        {"person", 'p', "KEY", "only where this person has a role", NULL},                         \
        {"holder", 0, "KEY", "only where this organisation, person or group has a role", NULL},    \
        {"role", 'r', "ROLE", "only where those have this role; where none is named: anybody",     \
         "owner lead contributor partner funder beneficiary reviewer contact"},                    \
    {                                                                                              \
        "sector", 0, "SECTOR", "only of this sector (its key)", NULL                               \
    }

/* The rows of how a node stands. */
#define STANDING_ROWS                                                                              \
    {"state", 's', "STATE", "only in this state", "on_track at_risk off_track done unknown"},      \
        {"schedule", 0, "SCHEDULE", "only where the schedule says so",                             \
         "unscheduled closed done overdue upcoming running"},                                      \
        {"stage", 0, "STAGE", "only work in this stage", "planned ongoing"},                       \
        {"due-before", 0, "DATE", "only what is due before it: 2024-12-31, 2024-12, 2024", NULL},  \
        {"due-after", 0, "DATE", "only what is due after it", NULL},                               \
        {"open", 0, NULL, "only what is neither done nor closed", NULL},                           \
        {"expired", 0, NULL, "only what is open though its due date, or that above it, is past",   \
         NULL},                                                                                    \
        {"late", 0, NULL, "only what will be reached after it is due, if it goes on like this",    \
         NULL},                                                                                    \
        {"confidence", 0, "WORD", "only where the last report is so sure", "low medium high"},     \
        {"stale", 0, NULL, "only what has not been heard of for longer than its cadence", NULL},   \
        {"unevidenced", 0, NULL, "only what is claimed to be reached without evidence", NULL},     \
        {"without", 'w', "WHAT", "only what has none; activity: work that is more than planned",   \
         "owner group indicator update activity due sector"},                                      \
    {                                                                                              \
        "text", 0, "WORDS", "only what has these words in its title or code", NULL                 \
    }

/* Sets those that were given. */
void filters_set(const struct goal *goal, json_t *parameters);

#endif
