/*
 * Which nodes belong to a list: the filters of ListNodes and ListDue. Keys and words are resolved
 * once, when the list begins; a node that does not fit costs comparisons and no memory. Whoever
 * reads a filter ends it with filter_done().
 */
#ifndef GOALD_METHODS_FILTER_H
#define GOALD_METHODS_FILTER_H

#include "core/lacks.h"
#include "methods/request.h"

/* Any of these organisations, persons and groups; none: not asked for. */
struct whos {
    struct who {
        int64_t id;
        enum holder holder;
    } * items;
    size_t count;
};

/* Sets are bits by value. 0, NULL, INT32_MIN or a negative number: not asked for. */
struct filter {
    unsigned kinds, stages, states, schedules, confidences, roles, lacks;
    struct whos groups, organisations, persons, holders;
    const json_t *sectors;         /* keys; the call's */
    struct ids related;            /* of lacks_related(), where LACK_ACTIVITY is asked for */
    int32_t due_before, due_after; /* days, neither of them included */
    int64_t due_within;            /* open and due within so many days, of ListDue */
    int64_t top;                   /* only what is below that node */
    bool open, expired, late, stale, unevidenced;
    const char *text; /* the call's */
};

/* The filter that everything fits. */
void filter_init(struct filter *filter);
void filter_done(struct filter *filter);

/* Reads what the call asks for; NULL, or the refusal: InvalidValue, NoSuchKey. The filter is to be
 * ended either way. */
const struct answer *filter_read(const struct request *request,
                                 struct filter *ret_filter) MUST_CHECK;

/* A parameter's words as bits by value, those of values below `end`; NULL, or the refusal. */
const struct answer *filter_read_words(struct call *call, const char *name,
                                       const char *const *names, int end,
                                       unsigned *ret_set) MUST_CHECK;

/* Does the request's node fit? */
bool filter_fits(const struct filter *filter, const struct request *request);

#endif
