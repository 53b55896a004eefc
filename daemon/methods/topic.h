/*
 * What a subscriber is told about: a strategy, a node with what lies below it, a group, an
 * organisation or a sector. As text it is what people write, "ls:2.2"; it is kept by ids, so that
 * it stays when a code or key changes. io.goald.Tracker.varlink describes the texts.
 *
 * A `struct topics` owns its items and their texts.
 */
#ifndef GOALD_METHODS_TOPIC_H
#define GOALD_METHODS_TOPIC_H

#include "methods/request.h"

enum topic_kind { TOPIC_STRATEGY, TOPIC_NODE, TOPIC_GROUP, TOPIC_ORGANISATION, TOPIC_SECTOR };
extern const char *const topic_kind_names[]; /* the database's words */

struct topic {
    enum topic_kind kind;
    int32_t strategy_id; /* 0: every strategy */
    int64_t item_id;     /* a node's, group's or organisation's, else 0 */
    const char *sector;  /* "" of another kind */
    const char *said; /* as it was called when it was asked for; both in one block that it owns */
};

struct topics {
    struct topic *items;
    size_t count;
};

void topics_done(struct topics *topics);

/* Finds what texts name. NULL, or the answer: an unknown topic, and one that who asks may not read,
 * fails alike. `public`: it is judged by what anybody may read, else by the caller's rights. */
const struct answer *topics_find(const struct request *request, const json_t *texts, bool public,
                                 struct topics *ret_topics) MUST_CHECK;

/* [{"strategy_id": …, "kind": …, "item_id": …, "sector": …, "said": …}, …] as the database writes
 * them; topics_to_json() gives a new reference, NULL when there is no memory. */
int topics_from_json(const char *json, struct topics *ret_topics) MUST_CHECK;
json_t *topics_to_json(const struct topics *topics);

/* How a topic is called now, in the caller's terms; the caller frees it. NULL: there is no memory.
 * Of what is gone, or what the request's caller may not read, it is what was said. */
struct topic_name {
    char *text;        /* owned */
    const char *title; /* the tree's or registry's; NULL: none */
    bool gone;
};
int topic_name(const struct request *request, const struct topic *topic,
               struct topic_name *ret_name) MUST_CHECK;

/* Their names as an array of texts; NULL when there is no memory. */
json_t *topics_texts(const struct request *request, const struct topics *topics);

/* Does that topic, as it is called now or was, go by the text? */
bool topic_is_called(const struct request *request, const struct topic *topic, const char *text);

#endif
