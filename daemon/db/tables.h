/*
 * The tables of state, one row each here: how a batch fills them from the journal's payloads, how
 * a refresh reads them, and how a row becomes part of a tree or of the registry. Static; owned by
 * nobody.
 */
#ifndef GOALD_DB_TABLES_H
#define GOALD_DB_TABLES_H

#include "core/registry.h"
#include "core/tree.h"
#include "db/params.h"

/* What a refresh fills: a strategy's tree, or the registry. */
struct target {
    struct tree *tree;
    struct registry *registry;
    int row; /* of the statement that is being applied: the one that failed, if one did */
};

/* A member of a payload that becomes a column, and the type of that. */
struct column {
    const char *name;
    enum param_type type;
};

struct table {
    const char *entity; /* the word in the journal */
    bool of_registry;
    bool numbered;           /* ids are seqs; the strategy's own row has id 0 */
    bool never_ends;         /* rows of it are never ended: nothing to look for */
    bool is_reported;        /* its rows tell what was reported, not what there is */
    bool clears_results;     /* its rows clear the results of what depends on them */
    bool told_by_others;     /* answers about other strategies tell of its rows */
    struct pg_statement end; /* $1 strategy, $2 ids, $3 seqs: arrays */
    /* $1 strategy, $2 ids as an array: of what an entry ends, nothing remains in any version */
    struct pg_statement erase;
    struct pg_statement put; /* $1 strategy, $2 payloads as a JSON array, $3 seqs as an array,
                                contact's too: $4 secrets as a JSON array */
    /* If there are columns, `put` takes an array of each instead, in binary; ended by a NULL name.
     * Then put_back is the same and gives what it wrote as `born` would: only for a table whose
     * rows never end. */
    const struct column *columns;
    struct pg_statement put_back;
    /* $1 strategy, $2 S, $3 T, $4 U: rows born in (S, T] that live at U */
    struct pg_statement born;
    /* $1 strategy, $2 S, $3 U: those that were live at S and ended in (S, U]; their id comes first,
     * and what else removing them takes stands where it stands in a born row */
    struct pg_statement ended;
    /* $1 strategy, $2 U: the first and the last seq up to U that made a row; null: there is none */
    struct pg_statement extent;
    /* $1 strategy, $2 U, $3 nodes: the rows of those nodes that live at U, for answers about the
     * past; what is nobody's (groups, memberships, reviews of groups) whole. In the order of seqs.
     * A third parameter that is missing: whole; $4: the nodes and those that are read as mere
     * nodes. */
    struct pg_statement picked;
    bool picks_above; /* $3 is what else would be $4 */
    int (*apply)(struct target *target, const PGresult *result, int row);
    void (*remove)(struct target *target, const PGresult *result, int row);
};

/* In the order in which a refresh must apply them: nodes before what refers to them. */
extern const struct table tables[];
extern const size_t table_count;

const struct table *table_by_entity(const char *entity);

/* The tables that others ask for by name. */
const struct table *table_of(const char *entity); /* as above, but must exist: aborts if not */

#endif
