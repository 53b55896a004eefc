/* Replies kept as bytes; see cache.h. */
#include "methods/cache.h"

#include <errno.h>
#include <string.h>

#include "wire/service.h"

/* Access classes: whoever may read a public strategy gets the same bytes; of any other each user
 * their own. */
#define CLASS_PUBLIC INT64_C(-1)

struct cached {
    int32_t strategy_id, day;
    int64_t seq, registry_seq;
    /* of the two entries: after a failover another past may have the same numbers */
    unsigned char hash[HASH_SIZE], registry_hash[HASH_SIZE];
    bool reachable;
    char *reply; /* owned */
    size_t reply_len, key_len;
    UT_hash_handle hh; /* in the order in which they came, the oldest first */
    char key[];        /* the class, then the call */
};

struct cache {
    struct cached *entries;
    struct cache_stats stats;
    size_t limit;
    char key[sizeof(int64_t) + SERVICE_FRAME_LIMIT];
};

int cache_new(size_t limit, struct cache **ret_cache)
{
    struct cache *cache = calloc(1, sizeof(*cache));

    if (!cache)
        return -ENOMEM;
    cache->limit = limit;
    *ret_cache = cache;
    return 0;
}

static size_t cached_size(const struct cached *cached)
{
    return sizeof(*cached) + cached->key_len + cached->reply_len;
}

static void cache_remove(struct cache *cache, struct cached *cached)
{
    HASH_DEL(cache->entries, cached);
    cache->stats.entries--;
    cache->stats.bytes -= cached_size(cached);
    free(cached->reply);
    free(cached);
}

void cache_set_limit(struct cache *cache, size_t limit)
{
    cache->limit = limit;
    while (cache->entries && cache->stats.bytes > limit)
        cache_remove(cache, cache->entries);
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    while (cache->entries)
        cache_remove(cache, cache->entries);
    free(cache);
}

void cache_stats(const struct cache *cache, struct cache_stats *ret_stats)
{
    *ret_stats = cache->stats;
}

static size_t cache_key(struct cache *cache, int64_t class, const char *frame, size_t len)
{
    memcpy(cache->key, &class, sizeof(class));
    memcpy(cache->key + sizeof(class), frame, len);
    return sizeof(class) + len;
}

static struct cached *cache_find(struct cache *cache, int64_t class, const char *frame, size_t len)
{
    size_t key_len = cache_key(cache, class, frame, len);
    struct cached *cached = NULL;

    HASH_FIND(hh, cache->entries, cache->key, (unsigned)key_len, cached);
    return cached;
}

static bool cached_holds(struct store *store, const struct registry *registry,
                         const struct cached *cached)
{
    struct slot *slot = store_slot(store, cached->strategy_id);

    return slot && slot->tree && slot->tree->seq == cached->seq &&
           memcmp(slot->tree->hash, cached->hash, HASH_SIZE) == 0 &&
           registry->seq == cached->registry_seq &&
           memcmp(registry->hash, cached->registry_hash, HASH_SIZE) == 0 &&
           slot_today(slot) == cached->day && store_reachable(store) == cached->reachable;
}

bool cache_lookup(void *data, const struct peer *peer, const char *frame, size_t len,
                  const char **ret_bytes, size_t *ret_len)
{
    struct tracker *tracker = data;
    struct cache *cache = tracker->cache;
    const struct registry *registry = store_registry(tracker->store);
    struct cached *cached;
    struct caller caller;

    if (!cache || !cache->entries || !registry || len > SERVICE_FRAME_LIMIT)
        return false;
    caller = rights_caller(registry, tracker->realm, peer->uid, tracker->own_uid);
    if (caller.account && caller.account->disabled && !caller.builtin_admin)
        return false;
    cached = cache_find(cache, CLASS_PUBLIC, frame, len);
    if (!cached)
        cached = cache_find(cache, peer->uid, frame, len);
    if (cached && !cached_holds(tracker->store, registry, cached)) {
        cache_remove(cache, cached);
        cached = NULL;
    }
    if (!cached) {
        cache->stats.misses++;
        return false;
    }
    cache->stats.hits++;
    *ret_bytes = cached->reply;
    *ret_len = cached->reply_len;
    return true;
}

static int64_t request_class(const struct request *request)
{
    return request->tree->strategy.members_only ? (int64_t)request->call->peer.uid : CLASS_PUBLIC;
}

static void cache_add(struct cache *cache, struct cached *cached, const char *key)
{
    struct cached *old = NULL;

    memcpy(cached->key, key, cached->key_len);
    HASH_FIND(hh, cache->entries, key, (unsigned)cached->key_len, old);
    if (old)
        cache_remove(cache, old);
    HASH_ADD(hh, cache->entries, key, (unsigned)cached->key_len, cached);
    cache->stats.entries++;
    cache->stats.bytes += cached_size(cached);
    cache_set_limit(cache, cache->limit);
}

static void cache_store(struct call *call, const char *bytes, size_t len)
{
    struct tracker *tracker = call->service;
    const struct slot *slot = store_strategy(tracker->store, param_text(call, "strategy"));
    struct request request;
    struct cached *cached;
    size_t key_len;

    if (!slot || request_reopen(call, slot->id, &request) < 0)
        return;
    key_len = cache_key(tracker->cache, request_class(&request), call->frame, call->frame_len);
    cached = calloc(1, sizeof(*cached) + key_len);
    if (!cached)
        return;
    cached->reply = malloc(len);
    if (!cached->reply) {
        free(cached);
        return;
    }
    memcpy(cached->reply, bytes, len);
    cached->reply_len = len;
    cached->key_len = key_len;
    cached->strategy_id = request.slot->id;
    cached->day = request.today;
    cached->seq = request.tree->seq;
    memcpy(cached->hash, request.tree->hash, HASH_SIZE);
    cached->registry_seq = request.registry->seq;
    memcpy(cached->registry_hash, request.registry->hash, HASH_SIZE);
    cached->reachable = store_reachable(request.store);
    cache_add(tracker->cache, cached, tracker->cache->key);
}

/* A call that names no strategy means the only one that the caller can read: its answer depends on
 * all the others, too, so it is not kept. */
void cache_keep(const struct request *request)
{
    struct call *call = request->call;
    const char *key = param_text(call, "strategy");

    if (request->tracker->cache && request->tracker->cache->limit && call->frame &&
        call->frame_len <= SERVICE_FRAME_LIMIT && key && *key)
        call->keep = cache_store;
}
