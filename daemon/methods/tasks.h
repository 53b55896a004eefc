/*
 * What there is for somebody to do in a strategy: the tasks of ListTasks. tasks.c finds them node
 * by node, next.c goes through the strategies and tells them.
 */
#ifndef GOALD_METHODS_TASKS_H
#define GOALD_METHODS_TASKS_H

#include "core/duties.h"
#include "methods/request.h"

enum task_kind {
    TASK_OVERDUE,
    TASK_DUE,
    TASK_STALE,
    TASK_DRAFT,    /* of one's own that is not submitted */
    TASK_RETURNED, /* an update that a manager gave back */
    TASK_WAITING,  /* for a manager: an update that waits */
    TASK_REVIEW,
    TASK_TERM, /* one's own term ends */
};
extern const char *const task_kind_names[];

/* A task; ids, no pointers, so that it outlives a change of the tree. */
struct task {
    enum task_kind kind;
    int32_t strategy_id;
    int64_t node_id;   /* -1: none */
    int64_t group_id;  /* 0: none */
    int64_t update_id; /* a draft's or an update's; 0: none */
    struct date date;
    int64_t days; /* until then; negative: late. Of an update 0: it waits today */
};

struct tasks {
    struct task *items;
    size_t count;
};

/* Who asks, in a strategy; `ahead`: how many days. */
struct task_search {
    struct duties duties;
    int64_t ahead;
};

int task_search_init(const struct request *request, int64_t ahead,
                     struct task_search *ret_search) MUST_CHECK;
void task_search_done(struct task_search *search);

/* The tasks at the request's node … */
int tasks_of_node(const struct request *request, const struct task_search *search,
                  struct tasks *tasks) MUST_CHECK;

/* … and those at none: drafts, terms, reviews of groups. */
int tasks_of_strategy(const struct request *request, const struct task_search *search,
                      struct tasks *tasks) MUST_CHECK;

#endif
