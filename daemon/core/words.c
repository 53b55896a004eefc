/*
 * The words of the enumerations, as the interface and the database spell them, in the order of
 * their values. Constant; owned by nobody.
 */
#include "core/explain.h"
#include "core/tree.h"

#include <errno.h>
#include <string.h>

const char *const kind_names[] = {
    "strategy", "priority", "target", "need", "initiative", "deliverable", "indicator", NULL,
};

const char *const stage_names[] = {"", "planned", "ongoing", NULL};

const char *const state_names[] = {"unknown", "on_track", "at_risk", "off_track", "done", NULL};

const char *const confidence_names[] = {"", "low", "medium", "high", NULL};

const char *const direction_names[] = {"", "up", "down", NULL};
const char *const relation_names[] = {"supersedes", "split_from", "merged_from",
                                      "depends_on", "related",    NULL};
const char *const how_names[] = {"", "achieved", "missed", "dropped", "reopened", NULL};

const char *const role_names[] = {
    "owner",   "lead",  "contributor", "partner", "funder",     "beneficiary", "reviewer",
    "contact", "chair", "secretary",   "member",  "secondment", NULL,
};

const char *const holder_names[] = {"organisation", "person", "group", NULL};

const char *const group_kind_names[] = {
    "advisory_group", "working_group", "centre", "partnership", "network", NULL,
};

const char *const source_names[] = {"", "closing", "indicators", "parts", "reported", NULL};

const char *const schedule_names[] = {
    "unscheduled", "closed", "done", "overdue", "upcoming", "running", NULL,
};

const char *const evidence_names[] = {"not_needed", "unevidenced", "evidenced", NULL};

const char *const left_out_names[] = {"", "dropped", "not_measurable", NULL};

const char *const weight_from_names[] = {"own", "contribution", "default", NULL};

const char *const reason_names[] = {
    "overdue",
    "parts_overdue",
    "parts_off_track",
    "parts_at_risk",
    "behind_schedule",
    "reported",
    "outcome_not_assessed",
    "no_update",
    "no_parts",
    "stale",
    "unevidenced",
    "superseded_edition",
    NULL,
};

int enum_parse(const char *const *names, const char *word)
{
    if (!word || !*word)
        return -EINVAL;
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], word) == 0)
            return i;
    return -EINVAL;
}
