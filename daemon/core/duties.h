/*
 * What a person reports on in a strategy on a day: the same as rights_has_duty() and
 * rights_contribute() say of one node, worked out once for asking about many. Pure; duties_done()
 * ends it.
 */
#ifndef GOALD_CORE_DUTIES_H
#define GOALD_CORE_DUTIES_H

#include "core/ids.h"
#include "core/registry.h"
#include "core/tree.h"

struct duties {
    int64_t person; /* 0: nobody, who has none */
    int32_t day;
    struct ids organisations; /* that the person reports for */
    struct ids groups;        /* that the person speaks for */
};

/* One look at every affiliation and membership. */
int duties_init(const struct registry *registry, const struct tree *tree, int64_t person,
                int32_t day, struct duties *ret_duties) MUST_CHECK;

/* Is it the person, an organisation that they report for, or a group that they speak for? */
bool duties_stand_for(const struct duties *duties, enum holder holder, int64_t id);

/* A duty on the node itself? */
bool duties_have(const struct duties *duties, const struct node *node);

/* On it, or on what lies above it as long as nobody else owns something in between? */
bool duties_reach(const struct duties *duties, const struct node *node);

void duties_done(struct duties *duties);

#endif
