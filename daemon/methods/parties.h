/*
 * Who takes part in the strategies that a caller may read, gathered node by node: organisations and
 * persons with how many roles they have today. All zeroes is an empty gathering; whoever has one
 * ends it with parties_done().
 */
#ifndef GOALD_METHODS_PARTIES_H
#define GOALD_METHODS_PARTIES_H

#include "methods/request.h"

struct party {
    int64_t id;
    int64_t roles;
    UT_hash_handle by_id;
};

struct parties {
    struct party *of[HOLDER_PERSON + 1]; /* by enum holder */
};

/* Those who have to do with the request's node; with a strategy itself its groups' members too. */
int parties_add_node(struct parties *parties, const struct request *request) MUST_CHECK;

/* After the last node: those who report for an organisation that takes part; unless the gathering
 * is of one strategy, also the caller, and for who may read everything all there are. */
int parties_add_others(struct parties *parties, const struct request *request,
                       bool one_strategy) MUST_CHECK;

/* All of it in one turn of the loop. */
int parties_gather(struct parties *parties, const struct request *request) MUST_CHECK;

const struct party *parties_find(const struct parties *parties, enum holder holder, int64_t id);

void parties_done(struct parties *parties);

#endif
