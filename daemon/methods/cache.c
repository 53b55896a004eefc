/*
 * Replies kept as bytes; see cache.h. A reply is kept when its call comes the second time: calls
 * that are never repeated would push out those that are.
 */
#include "methods/cache.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

enum {
    CALL_LIMIT = 4096, /* a longer call's reply is not kept */
    ASKED = 16384,     /* how many calls are remembered as asked once */
};

/* A chain of colliding entries is a walk through cold memory: keep them short. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 2U

/* Access classes: whoever may read a public strategy gets the same bytes; of any other each user
 * their own. */
#define CLASS_PUBLIC INT64_C(-1)

struct cached {
    int64_t class;
    int32_t strategy_id, day;
    int64_t seq, registry_seq;
    uint64_t editions; /* what was known of other strategies */
    /* of the two entries: after a failover another past may have the same numbers */
    unsigned char hash[HASH_SIZE], registry_hash[HASH_SIZE];
    int64_t contact; /* see last_contact() */
    /* Of a status: what it follows from. As long as that is the same, only the seq it tells is not;
     * it stands at seq_at. Of other replies seq_at is 0. */
    uint64_t birth, context;
    int64_t node_id;
    uint32_t changes;
    size_t seq_at;
    char *reply; /* owned */
    size_t reply_len, call_len;
    UT_hash_handle hh; /* in the order in which they came, the oldest first */
    char call[];
};

struct cache {
    struct cached *entries;
    size_t of_users; /* entries that are not of the public class */
    struct cache_stats stats;
    size_t limit;
    /* The hashes' secret, so that nobody can choose calls that fall together. */
    unsigned char secret[crypto_shorthash_KEYBYTES];
    uint32_t asked[ASKED];
    /* what the handler saw whose reply is to be kept: a day may end while it is written */
    int32_t day;
    int64_t contact;
};

/* When the database was last heard of, which a status tells; 0 while it is in reach. */
static int64_t last_contact(struct store *store)
{
    return store_reachable(store) ? 0 : pool_last_contact_us(store_pool(store));
}

int cache_new(size_t limit, struct cache **ret_cache)
{
    struct cache *cache = calloc(1, sizeof(*cache));

    if (!cache)
        return -ENOMEM;
    if (sodium_init() < 0) {
        free(cache);
        return -EIO;
    }
    crypto_shorthash_keygen(cache->secret);
    cache->limit = limit;
    *ret_cache = cache;
    return 0;
}

static size_t cached_size(const struct cached *cached)
{
    return sizeof(*cached) + cached->call_len + cached->reply_len;
}

static void cache_remove(struct cache *cache, struct cached *cached)
{
    HASH_DEL(cache->entries, cached);
    cache->stats.entries--;
    cache->of_users -= cached->class != CLASS_PUBLIC;
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

static uint64_t call_hash(const struct cache *cache, const char *frame, size_t len)
{
    uint64_t hash;

    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)frame, len, cache->secret);
    return hash;
}

/* uthash's own hash value: the classes of one call lie apart. */
static unsigned entry_hash(uint64_t hash, int64_t class)
{
    return (unsigned)(hash ^ (uint64_t) class * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static struct cached *cache_find(struct cache *cache, uint64_t hash, int64_t class,
                                 const char *frame, size_t len)
{
    struct cached *cached = NULL;

    HASH_FIND_BYHASHVALUE(hh, cache->entries, frame, (unsigned)len, entry_hash(hash, class),
                          cached);
    return cached && cached->class == class ? cached : NULL;
}

/* Remembers that the call was asked. True if it was asked before, as far as that is known. */
static bool cache_was_asked(struct cache *cache, uint64_t hash)
{
    uint32_t *place = &cache->asked[hash % ASKED], tag = (uint32_t)(hash >> 32) | 1;
    bool asked = *place == tag;

    *place = tag;
    return asked;
}

/* Would the status be made of the same again? */
static bool is_unchanged(const struct cached *cached, const struct tree *tree)
{
    const struct node *node;

    if (!cached->seq_at || tree->birth != cached->birth || tree->context != cached->context)
        return false;
    node = tree_node(tree, cached->node_id);
    return node && node->result.valid && node->result.day == cached->day &&
           node->changes == cached->changes;
}

/* Writes the seq over the old one; false if it has another number of digits. */
static bool cached_follow(struct cached *cached, const struct tree *tree)
{
    char old[24], new[24];
    int old_len = snprintf(old, sizeof(old), "%" PRId64, cached->seq);
    int new_len = snprintf(new, sizeof(new), "%" PRId64, tree->seq);

    if (old_len != new_len)
        return false;
    memcpy(cached->reply + cached->seq_at, new, (size_t)new_len);
    cached->seq = tree->seq;
    memcpy(cached->hash, tree->hash, HASH_SIZE);
    return true;
}

static bool is_same_entry(const struct cached *cached, const struct tree *tree)
{
    return tree->seq == cached->seq && memcmp(tree->hash, cached->hash, HASH_SIZE) == 0;
}

static bool cached_holds(struct store *store, const struct registry *registry,
                         struct cached *cached)
{
    struct slot *slot = store_slot(store, cached->strategy_id);

    if (!slot || !slot->tree || registry->seq != cached->registry_seq ||
        store_editions(store) != cached->editions ||
        memcmp(registry->hash, cached->registry_hash, HASH_SIZE) != 0 ||
        slot_today(slot) != cached->day || last_contact(store) != cached->contact)
        return false;
    return is_same_entry(cached, slot->tree) ||
           (is_unchanged(cached, slot->tree) && cached_follow(cached, slot->tree));
}

static bool is_disabled(const struct tracker *tracker, const struct registry *registry, uid_t uid)
{
    struct caller caller = rights_caller(registry, tracker->realm, uid, tracker->own_uid);

    return caller.account && caller.account->disabled && !caller.builtin_admin;
}

/* What no longer holds stays until the call's next reply takes its place: it is asked often. */
bool cache_lookup(void *data, const struct peer *peer, const char *frame, size_t len,
                  const char **ret_bytes, size_t *ret_len)
{
    struct tracker *tracker = data;
    struct cache *cache = tracker->cache;
    const struct registry *registry = store_registry(tracker->store);
    struct cached *cached;
    uint64_t hash;

    if (!cache || !cache->entries || !registry || len > CALL_LIMIT ||
        is_disabled(tracker, registry, peer->uid))
        return false;
    hash = call_hash(cache, frame, len);
    cached = cache_find(cache, hash, CLASS_PUBLIC, frame, len);
    if (!cached && cache->of_users)
        cached = cache_find(cache, hash, peer->uid, frame, len);
    if (!cached || !cached_holds(tracker->store, registry, cached)) {
        if (cached)
            (void)cache_was_asked(cache, hash);
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

static void cache_add(struct cache *cache, struct cached *cached, uint64_t hash)
{
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, cache->entries, cached->call, (unsigned)cached->call_len,
                                entry_hash(hash, cached->class), cached);
    cache->stats.entries++;
    cache->stats.bytes += cached_size(cached);
    cache->of_users += cached->class != CLASS_PUBLIC;
    cache_set_limit(cache, cache->limit);
}

static void cached_freep(struct cached **cached)
{
    if (*cached)
        free((*cached)->reply);
    free(*cached);
}

static struct cached *cached_new(const struct request *request, const char *bytes, size_t len)
{
    const struct call *call = request->call;
    AUTO(cached_freep) struct cached *cached = calloc(1, sizeof(*cached) + call->frame_len);

    if (!cached)
        return NULL;
    cached->reply = malloc(len);
    if (!cached->reply)
        return NULL;
    memcpy(cached->reply, bytes, len);
    memcpy(cached->call, call->frame, call->frame_len);
    cached->reply_len = len;
    cached->call_len = call->frame_len;
    cached->class = request_class(request);
    cached->strategy_id = request->slot->id;
    cached->day = request->tracker->cache->day;
    cached->contact = request->tracker->cache->contact;
    cached->seq = request->tree->seq;
    memcpy(cached->hash, request->tree->hash, HASH_SIZE);
    cached->registry_seq = request->registry->seq;
    cached->editions = store_editions(request->store);
    memcpy(cached->registry_hash, request->registry->hash, HASH_SIZE);
    return STEAL(cached);
}

/* What a status follows from, and where it tells the seq: a text in it cannot hold that, for its
 * quotes would be escaped. */
static void cached_note_status(struct cached *cached, const struct request *request)
{
    static const char key[] = ",\"seq\":";
    const struct node *node = tree_node_by_code(request->tree, param_text(request->call, "code"));
    const char *at = memmem(cached->reply, cached->reply_len, key, strlen(key));

    if (!node || !node->result.valid || node->result.day != cached->day || !at)
        return;
    cached->birth = request->tree->birth;
    cached->context = request->tree->context;
    cached->node_id = node->id;
    cached->changes = node->changes;
    cached->seq_at = (size_t)(at - cached->reply) + strlen(key);
}

static void store_reply(struct call *call, const char *bytes, size_t len, bool status)
{
    struct tracker *tracker = call->service;
    struct cache *cache = tracker->cache;
    uint64_t hash = call_hash(cache, call->frame, call->frame_len);
    struct cached *cached, *old;
    const struct slot *slot;
    struct request request;

    if (!cache_was_asked(cache, hash))
        return;
    slot = store_strategy(tracker->store, param_text(call, "strategy"));
    if (!slot || request_reopen(call, slot->id, &request) < 0)
        return;
    old = cache_find(cache, hash, request_class(&request), call->frame, call->frame_len);
    if (old)
        cache_remove(cache, old);
    cached = cached_new(&request, bytes, len);
    if (cached && status)
        cached_note_status(cached, &request);
    if (cached)
        cache_add(cache, cached, hash);
}

static void keep_reply(struct call *call, const char *bytes, size_t len)
{
    store_reply(call, bytes, len, false);
}

static void keep_status(struct call *call, const char *bytes, size_t len)
{
    store_reply(call, bytes, len, true);
}

/* A call that names no strategy means the only one that the caller can read: its answer depends on
 * all the others, too, so it is not kept. */
static bool may_be_kept(const struct request *request)
{
    const struct call *call = request->call;
    const char *key = param_text(call, "strategy");
    struct cache *cache = request->tracker->cache;

    if (!cache || !cache->limit || !call->frame || call->frame_len > CALL_LIMIT || !key || !*key)
        return false;
    cache->day = request->today;
    cache->contact = last_contact(request->store);
    return true;
}

void cache_keep(const struct request *request)
{
    if (may_be_kept(request))
        request->call->keep = keep_reply;
}

void cache_keep_status(const struct request *request)
{
    if (may_be_kept(request))
        request->call->keep = keep_status;
}
