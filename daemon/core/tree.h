/*
 * A strategy at one moment of its journal: its nodes, what connects them, their updates and
 * closings, and the groups and duties around them. The loader fills it row by row, rules.c reads
 * it; it is never the truth, PostgreSQL is.
 *
 * The tree owns everything reachable from it; every pointer handed out dies with the next change.
 * All functions that can fail return 0 or a negative errno (-ENOMEM; -EINVAL for a weight that is
 * not positive; -ENOENT when a row names a node that is not there; -ELOOP for a cycle over children
 * and contributions, -EMLINK for more than TREE_LEVELS of them on top of each other); a tree whose
 * change failed is to be thrown away and loaded anew.
 */
#ifndef GOALD_CORE_TREE_H
#define GOALD_CORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "core/date.h"
#include "core/index.h"
#include "core/reminder_rule.h"
#include "core/text.h"
#include "wire/util.h"

/* The longest way up to the strategy, over parents and contributions: what recursion may need. */
#define TREE_LEVELS 256

/* The order is that of design.md part 2: outcomes, work, measures. */
enum kind {
    KIND_STRATEGY,
    KIND_PRIORITY,
    KIND_TARGET,
    KIND_NEED,
    KIND_INITIATIVE,
    KIND_DELIVERABLE,
    KIND_INDICATOR,
};

enum stage { STAGE_NONE, STAGE_PLANNED, STAGE_ONGOING };

/* From best to worst but for DONE, so that the worst of several is their maximum. */
enum state { STATE_UNKNOWN, STATE_ON_TRACK, STATE_AT_RISK, STATE_OFF_TRACK, STATE_DONE };

enum confidence { CONFIDENCE_NONE, CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };

enum direction { DIRECTION_NONE, DIRECTION_UP, DIRECTION_DOWN };

enum how { HOW_NONE, HOW_ACHIEVED, HOW_MISSED, HOW_DROPPED, HOW_REOPENED };

enum role {
    ROLE_OWNER,
    ROLE_LEAD,
    ROLE_CONTRIBUTOR,
    ROLE_PARTNER,
    ROLE_FUNDER,
    ROLE_BENEFICIARY,
    ROLE_REVIEWER,
    ROLE_CONTACT,
    ROLE_CHAIR,
    ROLE_SECRETARY,
    ROLE_MEMBER,
    ROLE_SECONDMENT,
};

enum relation_kind {
    RELATION_SUPERSEDES,
    RELATION_SPLIT_FROM,
    RELATION_MERGED_FROM,
    RELATION_DEPENDS_ON,
    RELATION_RELATED,
};

enum holder { HOLDER_ORGANISATION, HOLDER_PERSON, HOLDER_GROUP };

/* The words of the enumerations as they stand in the interface and the database, by value;
 * NULL-terminated. Where the value 0 means none (stage, confidence, direction, how) its word is "",
 * which enum_parse() refuses. enum_parse() gives the value of a word or -EINVAL. */
extern const char *const kind_names[];
extern const char *const stage_names[];
extern const char *const state_names[];
extern const char *const confidence_names[];
extern const char *const direction_names[];
extern const char *const how_names[];
extern const char *const role_names[];
extern const char *const relation_names[];
extern const char *const holder_names[];
extern const char *const group_kind_names[];
int enum_parse(const char *const *names, const char *word) MUST_CHECK;

static inline bool kind_is_outcome(enum kind kind)
{
    return kind <= KIND_NEED;
}

static inline bool kind_is_work(enum kind kind)
{
    return kind == KIND_INITIATIVE || kind == KIND_DELIVERABLE;
}

/* The small record kept of every live update; notes stay in the database but for the latest.
 * Unknown percent: NAN; no state: STATE_UNKNOWN. */
struct update {
    int64_t id;            /* the seq of its journal entry */
    int64_t superseded_by; /* id of the correction that replaced it, or 0 */
    double percent;
    struct date date;
    uint8_t state, confidence;
    bool has_evidence : 1;
    bool waits : 1;    /* until a manager accepts it, it does not count */
    bool returned : 1; /* … and a manager has given it back */
};

/* Does the update count: was it not corrected, and need nobody accept it any more? */
static inline bool update_counts(const struct update *update)
{
    return update->superseded_by == 0 && !update->waits;
}

/* An indicator's value on a date. */
struct observation {
    int64_t id;            /* the seq of its journal entry */
    int64_t superseded_by; /* id of the correction that replaced it, or 0 */
    double value;
    struct date date;
    bool has_breakdown; /* of a part of the whole: it does not count */
};

/* What only an indicator has. */
struct measure {
    double baseline, target; /* NAN: none */
    uint8_t direction;       /* where baseline and target are the same; enum direction */
    uint32_t n_observations;
    struct observation *observations; /* by (date's last day, id); superseded ones too */
    char *unit;                       /* owned, or NULL */
};

struct closing {
    int64_t id, seq_from; /* seq_from: of this version */
    struct date date;
    enum how how;
    bool has_evidence;
    char *reason, *note; /* owned, or NULL; the note looks back */
    char *evidence;      /* a JSON array of addresses, as stored; owned, or NULL */
};

struct contribution {
    int64_t id;
    struct node *from, *to;
    double weight; /* NAN: none of its own */
};

/* An assignment: the role of a person, organisation or group on a node. */
struct assignment {
    int64_t id, seq_from, holder_id; /* seq_from: of this version */
    enum holder holder;
    enum role role;
    struct date from, to;
    struct share *share; /* owned; NULL: nothing is said of it */
};

/* What a holder brings: money of a funder, and words. One block. */
struct share {
    double amount;    /* NAN: none */
    char currency[4]; /* "" without an amount */
    char note[];      /* "" for none */
};

struct link {
    int64_t id, owner_id;     /* the organisation whose it is, or 0 */
    char *type, *title, *url; /* owned; title may be NULL */
};

/* A relation to a node of any strategy. */
struct relation {
    int64_t id, to_node; /* node 0: the strategy itself */
    int32_t to_strategy;
    enum relation_kind kind;
};

struct review {
    int64_t id, seq_from, holder_id; /* holder: who reviewed it; 0: not said */
    enum holder holder;
    struct date date;
    struct span every; /* how soon the next one is due */
    char *note;        /* owned, or NULL */
};

/* A manager asked for an update of a node: the last time. */
struct nudge {
    int64_t id, seq_from; /* the id stays when a newer one takes its place */
    int64_t account_id;   /* who asks */
    struct date date;
    char *note; /* owned, or NULL */
};

/* An update that does not count until a manager accepts it. */
struct waiting {
    int64_t id, node_id, account_id;
    int64_t supersedes;  /* the update it corrects once it counts, or 0 */
    int64_t decision_id; /* of the decision that returned it, or 0 */
    UT_hash_handle by_id;
};

/* The reviews of a node or a group, by (date's last day, id). */
struct reviews {
    uint32_t count;
    struct review *items;
};

/* Those of a group stand beside it: they outlive its versions. */
struct group_reviews {
    int64_t id; /* the group's */
    struct reviews reviews;
    UT_hash_handle by_id;
};

/* What few nodes have. */
struct extra {
    struct words *sectors;   /* keys of the strategy's; NULL: none */
    struct measure *measure; /* of an indicator, or NULL */
    struct span due_after;   /* instead of a due date: so long after the start that counts */
    uint32_t n_relations;
    struct relation *relations;
    struct reviews reviews;
    struct nudge *nudge; /* or NULL */
};

#define DAY_NONE INT32_MIN /* no day */

/* What rules.c works out for a node at a day; see rules.h. A valid result's parts, and theirs, are
 * all valid for the same day: that is what lets a change stop at the first invalid one. */
struct result {
    int32_t day; /* valid for this day … */
    uint32_t part_count;
    uint32_t total, delivered, overdue, reported_count; /* counts of work, part 5 */
    uint32_t targets, targets_reporting; /* at or below it, contributions aside; see rules.h */
    bool valid : 1; /* … if this holds; a change clears it in all that depends on it */
    bool done : 1;
    bool parts_done : 1;     /* it has parts, and all are done */
    bool parts_troubled : 1; /* a part is at_risk or off_track (all that are overdue are) */
    bool stale : 1;
    bool has_forecast : 1;
    uint8_t evidence : 2; /* enum evidence */
    uint8_t source, schedule, state, reported, paced, parts, confidence;
    int32_t last_activity; /* the latest on it or below it, or DAY_NONE */
    union {
        int32_t forecast;          /* the day, if it has one; else … */
        uint32_t forecast_missing; /* … of the open parts that made its progress: those without */
    };
    double progress, percent, coverage; /* NAN: unknown; percent is the node's own */
    double work;                        /* of an outcome; NAN: unknown */
    const struct closing *closing;      /* in force, or NULL */
};

struct node {
    int64_t id; /* 0: the strategy itself */
    char *code;
    struct texts titles;
    uint8_t kind, stage;
    bool counts_shared : 1; /* a contribution touches it or what is below: set with the result */
    bool ended : 1;         /* to be removed by tree_settle() unless it is put again */
    bool unsettled : 1;     /* on the tree's list of what tree_settle() must look at */
    bool mixed_children : 1, mixed_updates : 1; /* tree_settle() has to bring them into order */
    /* some update, perhaps a corrected one, says so: else nobody need look for one that does */
    bool says_percent : 1, says_state : 1, says_confidence : 1;
    struct date start, due;      /* as written; rules_due() has what counts */
    uint16_t level;              /* at least the longest way up, over parents and contributions */
    double weight;               /* NAN: none of its own */
    int32_t cadence;             /* days; 0: the strategy's */
    uint32_t mark;               /* the last walk that came by; the root's: the last walk at all */
    int64_t seq_from, parent_id; /* of this version */
    struct node *parent, **children; /* by code, once settled */
    uint32_t n_children, n_incoming, n_outgoing, n_updates, n_closings, n_assignments, n_links,
        n_aims;
    uint32_t n_void;                /* of the updates: those that do not count; … */
    uint32_t n_percents, n_linked;  /* … of the others: those with a percent, with evidence */
    uint32_t changes;               /* how often its result was cleared */
    struct contribution **incoming; /* what serves it, by (from's id, id) */
    struct contribution **outgoing; /* what it serves; these it owns */
    struct update *updates;         /* by (date's last day, id); superseded ones too */
    struct closing *closings;       /* by (date's last day, id) */
    struct assignment *assignments;
    struct link *links;
    struct aim **aims;
    struct latest *latest; /* the latest live update's texts; NULL: none, or not in memory */
    struct extra *extra;   /* or NULL */
    struct blocks *blocks; /* of many children: rules_blocks.c's; NULL: none */
    struct result result;
};

static inline const struct measure *node_measure(const struct node *node)
{
    return node->extra ? node->extra->measure : NULL;
}

static inline struct span node_due_after(const struct node *node)
{
    return node->extra ? node->extra->due_after : (struct span){0};
}

/* The texts of the latest update that counts: one block. */
struct latest {
    int64_t id, account;
    const char *note;     /* in the block, or NULL */
    const char *evidence; /* a JSON array of addresses, as stored; in the block, or NULL */
    struct date date;     /* the update's */
    char texts[];
};

struct group {
    int64_t id, seq_from; /* seq_from: of this version */
    char *key;
    int kind;             /* index into group_kind_names */
    char *type, *mailbox; /* owned, or NULL */
    struct texts names;
    struct words *areas; /* NULL: none */
    int64_t parent_id;   /* 0: none */
    struct date term_from, term_to;
    UT_hash_handle by_id, by_key;
};

struct membership {
    int64_t id, seq_from;        /* seq_from: of this version */
    int64_t group_id, member_id; /* an organisation's or a person's */
    int64_t via_id;              /* the organisation that a person sits there for, or 0 */
    enum holder holder;
    enum role role;
    struct date from, to;
    char *seat, *area, *source; /* owned, or NULL */
    UT_hash_handle by_id;
};

/* An update that is not submitted yet. */
struct draft {
    int64_t id, node_id, account_id;
    int64_t supersedes; /* the update it would correct, or 0 */
    struct date date;
    double percent; /* NAN: not said */
    uint8_t state, confidence;
    char *note, *evidence, *reason; /* owned, or NULL; evidence: a JSON array's text */
    UT_hash_handle by_id;
};

struct aim {
    int64_t id, group_id;
    struct node *node;
    UT_hash_handle by_id;
};

/* How many nodes of a kind the strategy should have. 0: it does not say. */
struct expected {
    uint32_t of_kind[KIND_INDICATOR + 1];
};

/* A sector of society that nodes may be tagged with. */
struct sector {
    char *key;
    struct texts titles;
};

/* The strategy's own attributes; its titles, period and cadence are those of the root node. */
struct strategy {
    char *key, *alias, *issuer, *time_zone, *calendar, *language; /* owned; alias, … may be NULL */
    bool members_only;
    bool acceptance; /* updates wait until a manager accepts them */
    size_t n_sectors;
    struct sector *sectors; /* owned */
    int32_t cadence;        /* days; 0: never stale */
    struct date period_start, period_end;
    struct expected expected;
};

struct tree {
    int32_t strategy_id;
    uint64_t birth;   /* no other tree has the same */
    uint64_t context; /* how often something changed that clears no result: roles, groups … */
    int64_t seq;      /* the journal entry this tree has followed, and … */
    unsigned char hash[32]; /* … its hash */
    struct strategy strategy;
    struct reminder_setting reminder_settings[REMIND_RULES];
    struct node *root;
    size_t node_count, update_count;
    struct index nodes_by_id, nodes_by_code;
    struct group *groups_by_id, *groups_by_key;
    struct membership *memberships;
    struct aim *aims;
    struct draft *drafts;
    struct waiting *waiting; /* returned ones too, until they count or are corrected */
    struct group_reviews *group_reviews;
    struct node **unsettled; /* put, moved, ended or tied since the last tree_settle() */
    size_t n_unsettled;
    bool out_of_memory;  /* an end could not be noted: tree_settle() fails with -ENOMEM */
    bool has_ended;      /* since it was last settled */
    bool fresh;          /* never settled yet: rows are appended now and brought into order then */
    bool tied, uneven;   /* while it is being settled; see tree_settle.c */
    size_t settled;      /* how many of the unsettled were looked at since it was tied */
    int64_t last_update; /* the highest id of an update */
};

int tree_new(int32_t strategy_id, struct tree **ret_tree) MUST_CHECK;
void tree_free(struct tree *tree);
/* Frees that many nodes more of a large tree, which is not to be used any more; true when all of
 * it is gone. */
bool tree_free_some(struct tree *tree, size_t nodes) MUST_CHECK;
static inline void tree_freep(struct tree **tree)
{
    tree_free(*tree);
}

/* Look-ups; NULL if there is none. An empty code or NULL is the strategy itself. */
struct node *tree_node(const struct tree *tree, int64_t id);
struct node *tree_node_by_code(const struct tree *tree, const char *code);
/* All nodes in no order: `*at` is 0 for the first; NULL after the last. */
struct node *tree_next_node(const struct tree *tree, size_t *at);
struct group *tree_group(const struct tree *tree, int64_t id);
struct group *tree_group_by_key(const struct tree *tree, const char *key);
const struct update *node_update(const struct node *node, int64_t id);

const struct observation *node_observation(const struct node *node, int64_t id);

/* The latest update by (date, id) that counts, tomorrow's too; NULL if none. */
const struct update *node_latest_update(const struct node *node);

/* The latest update's texts are not in memory: a correction brought an older update back. They can
 * be fetched from the database and given to tree_put_latest(). */
bool node_latest_missing(const struct node *node);

/*
 * Changes, one a row of the database. A put replaces what has the same id; an end removes it and
 * does nothing if it is not there. The row's pointers are copied. Each clears the results of what
 * depends on it, nothing else. Order within one refresh: ends before puts, nodes before what
 * refers to them; parents may come after their children (tree_settle() ties them).
 *
 * A node that was ended and is put again in the same refresh keeps its children, updates, closings
 * and all else: it is only a new version. One that is not put again goes with everything on it at
 * tree_settle(); its code is free at once.
 */
struct node_row {
    int64_t id, parent_id, seq_from; /* parent 0: the strategy */
    const char *code;
    struct texts titles; /* copied */
    enum kind kind;
    enum stage stage;
    struct date start, due;
    struct span due_after;           /* or a due date */
    double weight, baseline, target; /* NAN: none; a weight is positive */
    const char *unit;                /* or NULL */
    enum direction direction;
    const struct words *sectors; /* or NULL */
    int32_t cadence;
};

/* The period becomes the root's start and due. */
int tree_put_strategy(struct tree *tree, const struct strategy *row, const struct texts *titles,
                      int64_t seq_from) MUST_CHECK;
int tree_put_node(struct tree *tree, const struct node_row *row) MUST_CHECK;
void tree_end_node(struct tree *tree, int64_t id);
int tree_put_link(struct tree *tree, int64_t node_id, const struct link *row) MUST_CHECK;
void tree_end_link(struct tree *tree, int64_t node_id, int64_t id);
/* weight NAN: none of its own. */
int tree_put_contribution(struct tree *tree, int64_t id, int64_t from, int64_t to,
                          double weight) MUST_CHECK;
void tree_end_contribution(struct tree *tree, int64_t from, int64_t id);
int tree_put_assignment(struct tree *tree, int64_t node_id,
                        const struct assignment *row) MUST_CHECK;
void tree_end_assignment(struct tree *tree, int64_t node_id, int64_t id);
int tree_put_group(struct tree *tree, const struct group *row) MUST_CHECK;
void tree_end_group(struct tree *tree, int64_t id);
int tree_put_membership(struct tree *tree, const struct membership *row) MUST_CHECK;
void tree_end_membership(struct tree *tree, int64_t id);
int tree_put_aim(struct tree *tree, int64_t id, int64_t group_id, int64_t node_id) MUST_CHECK;
void tree_end_aim(struct tree *tree, int64_t id);

/* An update row. `supersedes` is the id of the update on the same node that it corrects (-ENOENT if
 * it is not there), or 0. `note` and `evidence` (a JSON array's text) are kept only while it is the
 * node's latest. The date of an id never changes. */
int tree_put_update(struct tree *tree, int64_t node_id, const struct update *row,
                    int64_t supersedes, int64_t account, const char *note,
                    const char *evidence) MUST_CHECK;
/* The texts of the node's latest update, fetched later; ignored if `update_id` is not the latest.
 */
int tree_put_latest(struct tree *tree, int64_t node_id, int64_t update_id, int64_t account,
                    const char *note, const char *evidence) MUST_CHECK;
/* The texts of no update are in memory: those that were put had none. */
void tree_forget_texts(struct tree *tree);
int tree_put_closing(struct tree *tree, int64_t node_id, const struct closing *row) MUST_CHECK;

/* A manager's word on an update that waits (-ENOENT if it is not there): accepted, it counts from
 * now on, and supersedes the update of that id, unless 0; else it is returned. */
int tree_put_decision(struct tree *tree, int64_t id, int64_t node_id, int64_t update_id,
                      bool accepted, int64_t supersedes) MUST_CHECK;
/* NULL: it does not wait, or was never there. */
const struct waiting *tree_waiting(const struct tree *tree, int64_t update_id);

int tree_put_draft(struct tree *tree, const struct draft *row) MUST_CHECK;
void tree_end_draft(struct tree *tree, int64_t id);
const struct draft *tree_draft(const struct tree *tree, int64_t id);

/* An indicator's observation; `supersedes` is the id of the one it corrects, or 0. */
int tree_put_observation(struct tree *tree, int64_t node_id, const struct observation *row,
                         int64_t supersedes) MUST_CHECK;

int tree_put_relation(struct tree *tree, int64_t node_id, const struct relation *row) MUST_CHECK;
void tree_end_relation(struct tree *tree, int64_t node_id, int64_t id);
/* Of a node, or of a group. */
int tree_put_review(struct tree *tree, bool of_group, int64_t subject_id,
                    const struct review *row) MUST_CHECK;
void tree_end_review(struct tree *tree, bool of_group, int64_t subject_id, int64_t id);

/* What the strategy says of a rule; a nudge has no settings. */
void tree_put_reminder_setting(struct tree *tree, enum remind_rule rule,
                               const struct reminder_setting *row);
void tree_end_reminder_setting(struct tree *tree, enum remind_rule rule);
/* The rule as it is in force: what the strategy says of it, else the default. */
struct reminder_rule tree_reminder_rule(const struct tree *tree, enum remind_rule rule);
int tree_put_nudge(struct tree *tree, int64_t node_id, const struct nudge *row) MUST_CHECK;
void tree_end_nudge(struct tree *tree, int64_t node_id);

/* The last review on or before the day, or NULL. */
const struct review *reviews_last(const struct reviews *reviews, int32_t day);
/* A node's or group's reviews and a node's sectors; NULL: none. */
const struct reviews *node_reviews(const struct node *node);
const struct reviews *group_reviews(const struct tree *tree, int64_t group_id);
const struct words *node_sectors(const struct node *node);
const struct nudge *node_nudge(const struct node *node); /* or NULL */
/* A sector of the strategy by its key, or NULL. */
const struct sector *tree_sector(const struct tree *tree, const char *key);

/* After the last row of a refresh: ties children to parents, removes what was ended, refuses
 * orphans (-ENOENT), cycles (-ELOOP) and towers (-EMLINK). Costs what the changed nodes and
 * contributions cost. Only a settled tree may be asked for results, orders and cycles. */
int tree_settle(struct tree *tree) MUST_CHECK;
/* The same step by step, about that many nodes each, so that a large load holds nobody up: 1 as
 * long as there is more to do. Nothing may be put in between. */
int tree_settle_some(struct tree *tree, size_t nodes) MUST_CHECK;
/* Of a fresh tree that was refused: the node whose parent is not there, or NULL. */
const struct node *tree_untied(const struct tree *tree);

/* Would `from` serving (or being a child of) `to` close a cycle? */
bool tree_would_cycle(const struct tree *tree, const struct node *from, const struct node *to);

/* Orders codes as people count: 2.2 before 2.10, 1.a.1 after 1.3. As strcmp(). */
int code_compare(const char *a, const char *b);

/* All nodes in the tree's order (parents first, children by code), the strategy first: an array of
 * node_count pointers that the caller frees. */
int tree_order(const struct tree *tree, struct node ***ret_nodes) MUST_CHECK;

#endif
