/*
 * Editing: what all methods that change a single thing have in common. A noun's file says with an
 * `edit_kind` which parameters become which members of the journal's payload, and has a plan() that
 * looks at the trees as they are then; its handlers only call edit_submit(). The form of the
 * parameters is checked on arrival, what they refer to when it is planned; ids are kept in between,
 * never pointers. Nothing is written where the row is as it should be already.
 *
 * An edit owns its parked call; the call's parameters live as long as it.
 */
#ifndef GOALD_METHODS_EDIT_H
#define GOALD_METHODS_EDIT_H

#include "methods/import_values.h"
#include "methods/request.h"

/* What a parameter names; the column gets its id. */
enum refers {
    REFERS_NOTHING,
    REFERS_CODE,  /* not a parameter: the node that `code` names, 0 for the strategy */
    REFERS_NODE,  /* a code; "" is the strategy, 0 */
    REFERS_GROUP, /* a key */
    REFERS_ORGANISATION,
    REFERS_PERSON,
};

/* A member of the payload, in the order in which they stand there (import_*.c has the same). */
struct edit_field {
    struct field field; /* the parameter; without a name it comes from what is there already */
    const char *column; /* NULL: none, plan() sees to it */
    enum refers refers;
    const char *plain; /* of texts by language: a parameter with the one in the strategy's own */
};

#define EDIT_VALUE(name, type, column)                                                             \
    {                                                                                              \
        {name, type, false, NULL, NULL}, column, 0, NULL                                           \
    }
#define EDIT_NEEDED(name, type, column)                                                            \
    {                                                                                              \
        {name, type, true, NULL, NULL}, column, 0, NULL                                            \
    }
#define EDIT_WORD(name, words, column)                                                             \
    {                                                                                              \
        {name, TYPE_WORD, false, words, NULL}, column, 0, NULL                                     \
    }
#define EDIT_TEXTS(name, plain, column)                                                            \
    {                                                                                              \
        {name, TYPE_TEXTS, true, NULL, NULL}, column, 0, plain                                     \
    }
#define EDIT_REFERENCE(name, refers, column)                                                       \
    {                                                                                              \
        {name, TYPE_ID, false, NULL, NULL}, column, refers, NULL                                   \
    }
/* Not parameters: of the node that `code` names; and what plan() puts into `old`. */
#define EDIT_CODE_ID(column)                                                                       \
    {                                                                                              \
        {NULL, TYPE_ID, false, NULL, NULL}, column, REFERS_CODE, NULL                              \
    }
#define EDIT_KEPT(column)                                                                          \
    {                                                                                              \
        {NULL, TYPE_ID, false, NULL, NULL}, column, 0, NULL                                        \
    }

struct edit {
    struct change change; /* first: the store's pointer is the edit's */
    const struct edit_kind *kind;
    struct call *call; /* parked */
    int64_t node_id;   /* of `code`, on arrival */
    struct refusal refusal;
    char exists[256]; /* what is there already, with the refusal's field; "" if it is not that */
    bool node_gone;   /* what `code` named was removed meanwhile */
    const char *forbidden; /* what the caller would need; NULL: nothing */
    bool as_contributor;   /* the caller is no manager */
    int32_t to_strategy;   /* another strategy that the call names, which the caller may read */
    /* while plan() runs */
    struct plan *plan;
    struct entries *entries; /* the strategy's, or the registry's */
    const struct registry *registry;
    const struct tree *tree; /* NULL of the registry's nouns, as … */
    struct node *node;       /* … what `code` names */
    int32_t today;
};

/* One a method; static. */
struct edit_kind {
    const char *entity;
    const struct edit_field *fields;
    size_t n_fields;
    bool of_registry;
    bool without_code; /* the noun is a strategy's and hangs on no node */
    /* Checks on arrival what the fields do not say; NULL: nothing. As refuse() returns. */
    int (*check)(struct edit *edit, const struct request *request);
    /* Appends entries, at last the one that the answer's `id` is of; or refuses. */
    int (*plan)(struct edit *edit);
    /* Members of the answer beside seq, changed, id, requestId and, where the noun is a strategy's,
     * strategy and code; NULL: none. */
    void (*answer)(const struct edit *edit, struct writer *writer);
};

/* The handler of a method: opens, checks, signs, submits and parks. */
const struct answer *edit_submit(struct call *call, const struct edit_kind *kind) MUST_CHECK;

/* --- for check() and plan() --- */

/* A refusal of a field, -EINVAL. */
#define edit_refuse(edit, field, ...) refuse(&(edit)->refusal, field, __VA_ARGS__)
/* The field's value is taken already: AlreadyExists. */
int edit_exists(struct edit *edit, const char *field, const char *value);

/* The caller would need that: NotPermitted. */
int edit_forbid(struct edit *edit, const char *needed);

/* Does the call clear that field (`clear`)? */
bool edit_clears(const struct edit *edit, const char *field);

/* What a reference means now; refuses what is nowhere. */
int edit_resolve(struct edit *edit, const char *field, enum refers refers, const char *key,
                 int64_t *ret_id) MUST_CHECK;

/* Whom a parameter that is given names: "org:KEY", "person:KEY", "group:KEY", or a KEY that is only
 * one of them has. */
int edit_holder(struct edit *edit, const char *field, enum holder *ret_holder,
                int64_t *ret_id) MUST_CHECK;

/* The date that a parameter gives, else today; refuses what is more than a day ahead. */
int edit_day(struct edit *edit, const char *field, struct date *ret_date) MUST_CHECK;

/* Refuses a row whose `to` is before its `from`. */
int edit_period(struct edit *edit, const json_t *row) MUST_CHECK;

/* May `from` (NULL: a new node) become a child of `to`, or serve it? Refuses cycles and towers. */
int edit_check_way(struct edit *edit, const char *field, const struct node *from,
                   const struct node *to, bool as_child) MUST_CHECK;

/* Refuses a row whose term ends before it begins: its columns and the fields they come from. */
int edit_check_term(struct edit *edit, const json_t *row, const char *from_column,
                    const char *to_column, const char *from_field, const char *to_field) MUST_CHECK;

/* The row as it should be: what is given, else what `old` (or NULL) has and the call does not
 * clear. Texts by language are added to those that are there. A new reference. */
int edit_row(struct edit *edit, const json_t *old, json_t **ret_row) MUST_CHECK;

/* Puts the row under its key, of an entity that is there (`old` is its row: nothing is written if
 * they are equal) or, with id 0, of a new one. */
int edit_put(struct edit *edit, int64_t id, const char *key, const json_t *old,
             const json_t *row) MUST_CHECK;
int edit_end(struct edit *edit, int64_t id, const char *key) MUST_CHECK;

/* The last day that the call gives a term (`to`), else today. */
int edit_last_day(struct edit *edit, struct date *ret_date) MUST_CHECK;

/* Ends the term of an entity whose row is `old`: puts the one that has its last day (NULL: there
 * was no memory for it), or takes the entity away if the call says that it was a `mistake`. */
int edit_put_ended(struct edit *edit, int64_t id, const char *key, const json_t *old,
                   const json_t *ended) MUST_CHECK;

#endif
