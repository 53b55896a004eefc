/*
 * The form of import records (client/import.md describes the format): which fields a record has,
 * of what type and with which limits, as one table a kind of record. What a record refers to is
 * import_plan.c's to find. Nothing is owned here.
 */
#ifndef GOALD_METHODS_IMPORT_CHECK_H
#define GOALD_METHODS_IMPORT_CHECK_H

#include <jansson.h>

#include "methods/fail.h"

/* The parts of a document, in the order in which they are planned. */
enum part {
    PART_STRATEGY,
    PART_ORGANISATIONS,
    PART_PERSONS,
    PART_GROUPS,
    PART_NODES,
    PART_UPDATES,
    PART_CLOSINGS,
    PART_OBSERVATIONS,
    PART_COUNT,
};
extern const char *const part_names[]; /* NULL-terminated */

/* Where in a document something is: "nodes[12].due" as a chain on the stack, the part last. */
struct place {
    const struct place *parent;
    const char *name; /* of a field or part; NULL: item `index` of a list */
    size_t index;
};

/* Is the record's form right? -EINVAL: the refusal has the place and what is wrong with it. */
int import_check(enum part part, size_t index, const json_t *record,
                 struct refusal *ret_refusal) MUST_CHECK;

/* Can that be a strategy's key? -EINVAL: the refusal has the field "strategy" and what is wrong. */
int import_check_key(const char *key, struct refusal *ret_refusal) MUST_CHECK;

/* A refusal at a place; cuts what is too long between two characters. Returns -EINVAL. */
int refuse_at(struct refusal *refusal, const struct place *place, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The place of a part's record; `part` has to last as long as it. */
struct place place_of(enum part part, size_t index, struct place *ret_part);

/* What a record is known by, within its part or nested list; NULL: by several fields. */
const char *part_key(enum part part);

/* A field's value; NULL if it is absent or null. */
const json_t *field(const json_t *record, const char *name);
const char *field_text(const json_t *record, const char *name);

#endif
