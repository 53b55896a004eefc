/*
 * What ListCalendar is put together from: the events of what is there (calendar_live.c), and those
 * of what is not there any more (calendar_gone.c), out of the versions that ended.
 */
#ifndef GOALD_METHODS_CALENDAR_H
#define GOALD_METHODS_CALENDAR_H

#include <jansson.h>

#include "core/calendar.h"
#include "core/calendar_past.h"
#include "core/duties.h"
#include "db/pg.h"
#include "methods/request.h"

/* What of a strategy is asked for. */
struct calendar_scope {
    int64_t top; /* a node, with what lies below it; 0: all, groups too */
    bool of_person;
    struct duties duties; /* of the person, in the strategy at hand */
};

/* Events that wait for the times of their entries. */
struct calendar_events {
    struct calendar_item {
        int64_t seq;
        json_t *event; /* owned; without `changed` */
    } * items;
    size_t count;
};

void calendar_events_done(struct calendar_events *events);

/* What an event is about; what it has none of is 0 or NULL. */
struct calendar_fact {
    enum event_kind kind;
    int64_t id;
    int32_t day;
    int64_t seq;
    bool cancelled;
    const char *code, *group, *title; /* of a group the key */
    enum holder holder;               /* of a term: whose */
    int64_t holder_id;                /* 0: nobody's */
    enum role role;
};

int calendar_add(struct calendar_events *events, const struct request *request,
                 const struct calendar_fact *fact) MUST_CHECK;

/* The events at request->node: its due date and next review, and the terms of its owners and
 * leads; those of groups, at none. */
int calendar_of_node(struct calendar_events *events, const struct request *request,
                     const struct calendar_scope *scope) MUST_CHECK;
int calendar_of_groups(struct calendar_events *events, const struct request *request,
                       const struct calendar_scope *scope) MUST_CHECK;

/* Does the scope have a node, and what somebody holds on or in something? */
bool calendar_has_node(const struct calendar_scope *scope, const struct node *node);
bool calendar_has_holder(const struct calendar_scope *scope, enum holder holder, int64_t id);

/* The versions that ended: $1 strategy. */
extern const struct pg_statement calendar_gone_statement;

/* Those of one strategy, as they came; owned. */
struct calendar_gone {
    PGresult *rows;
    struct node_version *versions; /* of nodes, by (id, seq_from) … */
    int *version_rows;             /* … and the rows they came in */
    size_t n_versions;
    int at; /* the next row to be looked at */
};

int calendar_gone_take(struct calendar_gone *gone, PGresult *rows) MUST_CHECK; /* takes them */
void calendar_gone_done(struct calendar_gone *gone);

/* Cancelled events of at most so many rows more: 1 as long as there are more. */
int calendar_of_gone(struct calendar_events *events, const struct request *request,
                     const struct calendar_scope *scope, struct calendar_gone *gone,
                     int rows) MUST_CHECK;

#endif
