/*
 * Replies kept as bytes (design.md part 3): keyed by the exact bytes of the call and the caller's
 * access class, good as long as the strategy's seq, the registry's seq, what is told of other
 * strategies, the date in the strategy's time zone and the database's reachability are what they
 * were. Found before any JSON is parsed. It stands in methods/ because handlers say what may be
 * kept. Owns its entries.
 */
#ifndef GOALD_METHODS_CACHE_H
#define GOALD_METHODS_CACHE_H

#include <stdint.h>

#include "methods/request.h"

struct cache_stats {
    size_t entries, bytes;
    uint64_t hits, misses;
};

/* `limit`: bytes of calls and replies together; 0 keeps nothing. */
int cache_new(size_t limit, struct cache **ret_cache) MUST_CHECK;
void cache_free(struct cache *cache);
void cache_set_limit(struct cache *cache, size_t limit);
void cache_stats(const struct cache *cache, struct cache_stats *ret_stats);

/* The reply to this call may be kept: it depends on its strategy, the registry and the date. */
void cache_keep(const struct request *request);
/* The same for a node's status: it depends on its strategy by no more than the node's result and
 * what struct tree's `context` counts, so that changes elsewhere outdate its `seq` only. */
void cache_keep_status(const struct request *request);

/* service_options.lookup: `tracker` is the struct tracker. */
bool cache_lookup(void *tracker, const struct peer *peer, const char *frame, size_t len,
                  const char **ret_bytes, size_t *ret_len);

#endif
