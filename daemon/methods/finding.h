/*
 * What is incomplete or contradictory in a strategy: the findings of CheckStrategy, one check a
 * row. Checks are pure questions about one node, one group or one kind of nodes; finding.c and
 * finding_groups.c have them, check_strategy.c asks them.
 */
#ifndef GOALD_METHODS_FINDING_H
#define GOALD_METHODS_FINDING_H

#include "core/addressees.h"
#include "core/rules.h"
#include "methods/request.h"

/* What is said of a finding; what is not said is 0, NULL, or -1 for numbers. */
struct finding {
    const struct node *node;
    const struct group *group;
    enum holder holder; /* whose holder_id is given */
    int64_t holder_id;  /* 0: nobody */
    struct date date;
    int64_t days, count, expected;
    const char *other; /* the code of another node, or a word */
};

/* What the memberships of a group come to. */
struct group_facts {
    int64_t id, lead; /* the group's id, and the membership of its first current lead or chair */
    uint32_t members, current;
    int32_t last_end; /* the day on which the last of those that ended did, or DAY_NONE */
    bool conflict;    /* two current leads, or two chairs, by different sources */
    enum role role;   /* … of that role */
};

/* What checks work with: gathered when the call begins, good for as long as it runs. */
struct check_facts {
    struct address_book book;
    struct ids related;         /* of lacks_related() */
    struct group_facts *groups; /* by the groups' ids */
    size_t n_groups;
    struct span not_reviewed_for; /* asked for, or none */
    bool tell_reach;              /* the caller may know who can be reached */
};

int check_facts_init(const struct request *request, struct check_facts *ret_facts) MUST_CHECK;
void check_facts_done(struct check_facts *facts);

typedef bool node_check(const struct check_facts *facts, const struct request *request,
                        struct finding *finding);
typedef bool group_check(const struct check_facts *facts, const struct request *request,
                         const struct group_facts *group, struct finding *finding);

/* One of node, group and kind is set: it is asked of all there are. The finding comes with what it
 * is asked of filled in. */
struct check {
    const char *name;     /* the finding's kind in the interface */
    const char *severity; /* error, warning, notice */
    node_check *node;     /* of the request's node */
    group_check *group;
    bool (*kind)(const struct request *request, enum kind kind, struct finding *finding);
};

extern const struct check checks[];
extern const size_t check_count;

/* Those of groups. */
group_check group_unreachable, group_ended, group_members_ended, group_leads_conflict,
    group_review_overdue;

/* A review's next one: overdue by the day? */
bool review_is_overdue(const struct review *review, const struct span *not_for, int32_t day,
                       struct date *ret_due);

#endif
