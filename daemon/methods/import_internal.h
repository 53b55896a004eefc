/*
 * What the files of the import's plan share; see import_plan.h. Nobody else includes it.
 */
#ifndef GOALD_METHODS_IMPORT_INTERNAL_H
#define GOALD_METHODS_IMPORT_INTERNAL_H

#include "db/tables.h"
#include "methods/import_graph.h"
#include "methods/import_plan.h"
#include "methods/payload.h"

/* What became of a record. The worst of its rows counts. */
enum fate { FATE_UNCHANGED, FATE_CHANGED, FATE_ADDED };

/* A record of the document by what it is known by, and the id that it has or gets. */
struct name {
    const char *key; /* the document's */
    int64_t id;
    bool is_new;
};

/* A part's records by their keys: an open table of their numbers, from 1. It has its full size from
 * the start, for one that grows would hold everybody up. */
struct names {
    struct name *items; /* one a record, in order; NULL of updates, which nothing refers to */
    uint32_t *slots;
    size_t mask; /* the table's size less one; a power of two less one */
};

struct planner {
    struct import_plan *plan;
    const struct document *document;
    struct names names[PART_COUNT];
    uint8_t *fates[PART_COUNT]; /* enum fate, one a record */
    int32_t today;
    const char *key; /* the strategy's */
    json_t *sectors; /* its sectors' titles by key */
    /* what the document's updates and observations became, one a record, where they are new;
     * negative: corrected since; NULL: none yet */
    int64_t *ids[PART_COUNT];
    struct graph nodes, groups;
    struct event *events; /* closings, sorted once they are needed */
    size_t n_events;
    size_t step, at; /* where it is: the step, and how far in it */
};

/* The record at hand. */
struct record {
    struct planner *planner;
    enum part part;
    size_t index;
    json_t *json;
    struct place place, part_place; /* place.parent is part_place */
};

/* How many of a tree's nodes one turn may look at. */
#define TURN_NODES 1000

/* Calls `each` for every item of a list in the record. */
int record_each(struct record *record, const char *list,
                int (*each)(struct record *record, const json_t *item,
                            const struct place *place)) MUST_CHECK;
/* Refuses a record of a node that is not the contributor's whose import it is. */
int record_permit(struct record *record, int64_t node_id) MUST_CHECK;
/* Refuses the record at one of its fields. */
int record_refuse(struct record *record, const char *field, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* --- import_names.c --- */

int names_open(struct planner *planner) MUST_CHECK;
void names_done(struct planner *planner);
/* Notes what the record is known by; refuses what another one is known by already. */
int names_add(struct planner *planner, enum part part, size_t index) MUST_CHECK;
/* NULL: no record of the part has the key. Not to be asked for updates. */
const struct name *names_find(const struct planner *planner, enum part part, const char *key);
/* The record's number in its part, from 1; 0: none has the key. Of updates too. */
uint32_t names_number_of(const struct planner *planner, enum part part, const char *key);
/* The records that are new get ids from `next` on, in order; returns what comes after them. */
int64_t names_number(struct planner *planner, enum part part, int64_t next);
/* The id of what a field refers to, in the document or outside; refuses what is nowhere. */
int names_resolve(struct record *record, enum part part, const char *key, const struct place *place,
                  int64_t *ret_id) MUST_CHECK;
/* Puts the id of the organisation that an item's field names into the payload; none: nothing. */
int names_take_organisation(struct record *record, json_t *payload, const char *column,
                            const json_t *item, const char *name,
                            const struct place *place) MUST_CHECK;

/* Of updates and observations: notes what became of the record; and finds the id of what it says it
 * corrects (the last of the chain of what is there already), refusing what is nowhere before it or
 * was corrected in this document. */
int ids_note(struct record *record, int64_t id) MUST_CHECK;
int ids_find_superseded(struct record *record, const char *key, int64_t node_id,
                        int64_t *ret_id) MUST_CHECK;

/* --- import_rows.c --- */

/* A row as it should be. */
struct row {
    const char *entity;
    const char *key;
    json_t *payload;    /* taken */
    const char *secret; /* or NULL */
    bool own;           /* the record's own row: a new one makes the record a new one */
    const struct place *place;
};

/* Appends an entry unless the same is there. Refuses a key that came before in this document. */
int row_put(struct record *record, const struct row *row, int64_t *ret_id) MUST_CHECK;

/* Whom an item names: a field `organisation`, `person` or `group`. */
int payload_holder(json_t *payload, struct record *record, const json_t *item,
                   const struct place *place, const char **ret_kind, int64_t *ret_id) MUST_CHECK;

void record_fate(struct record *record, enum fate fate);

/* --- import_hangings.c --- */

/* What hangs on the record's node or strategy. */
int put_hangings(struct record *record) MUST_CHECK;
/* A review of the record's node, strategy or group. */
int put_review(struct record *record, const json_t *item, const struct place *place) MUST_CHECK;

/* --- the parts: the work of the steps that import_plan.c lists --- */

/* Of one record. */
int organisation_new(struct record *record) MUST_CHECK;
int organisation_old(struct record *record) MUST_CHECK;
int person_new(struct record *record) MUST_CHECK;
int person_details(struct record *record) MUST_CHECK;
int group_new(struct record *record) MUST_CHECK;
int group_rest(struct record *record) MUST_CHECK;
int strategy_put(struct record *record) MUST_CHECK;
int strategy_rest(struct record *record) MUST_CHECK;
int node_new(struct record *record) MUST_CHECK;
int node_rest(struct record *record) MUST_CHECK;
int closing_note(struct record *record) MUST_CHECK;
int closing_put(struct record *record) MUST_CHECK;
int update_put(struct planner *planner, enum part part, size_t index) MUST_CHECK;
int observation_put(struct record *record) MUST_CHECK;

/* Of all of them at once, or (1) a part of it: the call is to be repeated. */
int groups_shape(struct planner *planner) MUST_CHECK;
int nodes_existing(struct planner *planner) MUST_CHECK;
int nodes_shape(struct planner *planner) MUST_CHECK;
int events_existing(struct planner *planner) MUST_CHECK;
int events_sort(struct planner *planner) MUST_CHECK;

/* The closing that a node has on a day because of an earlier one, NULL if it is open then. */
const struct event *events_closed(const struct planner *planner, int64_t node_id, int32_t day);
/* For a refusal: "since … (…)". */
void event_describe(const struct event *event, char *text, size_t size);

#endif
