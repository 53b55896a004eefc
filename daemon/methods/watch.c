/*
 * SubscribeEvents; see watch.h. A watcher knows the last entry that it was told, nothing else: it
 * is woken when its journal has moved on, reads the entries behind that one from the database, page
 * by page, and waits again. So nothing is missing and nothing comes twice, whoever wrote it.
 *
 * A page is read once for all who are at the same place: the first of them sends for it, the
 * others wait for it with that one, and the latest pages stay for those whose turn comes later.
 */
#include "methods/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/row.h"
#include "log.h"
#include "methods/entry.h"
#include "methods/fail.h"
#include "methods/journal.h"
#include "methods/table.h"

#define PAGE_ENTRIES 200
#define PAGES_KEPT 8

/* Entries of a journal in (after, upto]. Goes with its last reference: a watcher's, the job's, that
 * of being one of the latest. */
struct event_page {
    struct pg_job job;
    struct watches *watches;
    int32_t strategy_id;
    int64_t after, upto;
    PGresult *result; /* NULL: it is on its way, or could not be read */
    bool failed;
    unsigned references;
};

struct watcher {
    struct stream stream; /* first */
    struct call *call;
    struct watches *watches;
    struct watcher *next, **link; /* in the list of all */
    int32_t strategy_id;
    int64_t node_id; /* told is what is about it or below it; -1: everything */
    int64_t seq;     /* the last entry that was told, or passed over */
    bool told_ready;
    bool caught_up; /* the journal was seen to have that entry */
    struct event_page *page;
    int row;
};

struct watches {
    struct store *store;
    struct watcher *watchers;
    struct event_page *latest[PAGES_KEPT]; /* the newest first */
};

static const struct pg_statement entries_statement = {
    "watch_entries",
    "SELECT " ENTRY_COLUMNS " FROM goald.journal j WHERE j.strategy_id = $1::integer"
    " AND j.seq > $2::bigint AND j.seq <= $3::bigint ORDER BY j.seq LIMIT $4::integer",
    4};

static bool is_loaded(const struct slot *slot)
{
    return slot->tree || slot->registry;
}

/* The entry at which a loaded journal stands. */
static int64_t seq_of(const struct slot *slot)
{
    return slot->tree ? slot->tree->seq : slot->registry->seq;
}

/* --- pages --- */

static void page_release(struct event_page *page)
{
    if (!page || --page->references > 0)
        return;
    PQclear(page->result);
    free(page);
}

static void page_keep(struct watches *watches, struct event_page *page)
{
    page_release(watches->latest[PAGES_KEPT - 1]);
    memmove(watches->latest + 1, watches->latest, (PAGES_KEPT - 1) * sizeof(watches->latest[0]));
    watches->latest[0] = page;
    page->references++;
}

/* What could not be read is asked for anew by those who come later. */
static void page_forget(struct watches *watches, const struct event_page *page)
{
    for (size_t i = 0; i < PAGES_KEPT; i++)
        if (watches->latest[i] == page)
            page_release(STEAL(watches->latest[i]));
}

static void page_send(struct pg_job *job, struct pg *pg)
{
    const struct event_page *page = (const struct event_page *)job;
    char strategy[16], after[24], upto[24], limit[8];

    snprintf(strategy, sizeof(strategy), "%" PRId32, page->strategy_id);
    snprintf(after, sizeof(after), "%" PRId64, page->after);
    snprintf(upto, sizeof(upto), "%" PRId64, page->upto);
    snprintf(limit, sizeof(limit), "%d", PAGE_ENTRIES);
    pg_query(pg, &entries_statement, (const char *[]){strategy, after, upto, limit});
}

static void page_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    struct event_page *page = (struct event_page *)job;
    int n = PQntuples(result);

    page->result = PQcopyResult(result, PG_COPYRES_TUPLES);
    if (n == PAGE_ENTRIES)
        page->upto = row_int(result, n - 1, 0);
}

static void page_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct event_page *page = (struct event_page *)job;
    struct watches *watches = page->watches;

    if (outcome == PG_REFUSED)
        log_error("a watch was refused by the database: %s", error->message);
    page->failed = outcome != PG_DONE || !page->result;
    if (page->failed)
        page_forget(watches, page);
    for (struct watcher *w = watches->watchers; w; w = w->next)
        if (w->page == page)
            call_resume(w->call);
    page_release(page);
}

/* The page with the entry behind that one: there already, or sent for. NULL: there is no memory. */
static struct event_page *page_of(struct watches *watches, const struct slot *slot, int64_t after)
{
    struct event_page *page = NULL;

    for (size_t i = 0; i < PAGES_KEPT && !page; i++) {
        struct event_page *latest = watches->latest[i];

        if (latest && latest->strategy_id == slot->id && latest->after <= after &&
            latest->upto > after)
            page = latest;
    }
    if (!page) {
        page = calloc(1, sizeof(*page));
        if (!page)
            return NULL;
        *page = (struct event_page){.watches = watches,
                                    .strategy_id = slot->id,
                                    .after = after,
                                    .upto = seq_of(slot),
                                    .references = 1}; /* the job's */
        page->job = (struct pg_job){.send = page_send, .result = page_result, .done = page_done};
        page_keep(watches, page);
        pool_run(store_pool(watches->store), POOL_READ, &page->job);
    }
    page->references++;
    return page;
}

/* --- an event --- */

/* Is the node the one that is watched, or below it? */
static bool is_at_or_below(const struct request *request, int64_t id, int64_t watched)
{
    const struct node *node = id < 0 ? NULL : tree_node(request->tree, id);

    while (node && node->id != watched)
        node = node->parent;
    return node != NULL;
}

/* A node that is gone was below its parent. */
static bool is_watched(const struct watcher *watcher, const struct entry_row *entry,
                       const struct request *request)
{
    const json_t *parent = json_object_get(entry->before, "parent_id");
    int64_t other, node = entry_node(entry, &other);

    if (watcher->node_id < 0)
        return true;
    return is_at_or_below(request, node, watcher->node_id) ||
           is_at_or_below(request, other, watcher->node_id) ||
           (json_is_integer(parent) &&
            is_at_or_below(request, json_integer_value(parent), watcher->node_id));
}

/* 2: the next event was written; 0: there is none left in the page. */
static int write_event(struct watcher *watcher, const struct request *request,
                       struct writer *writer)
{
    const PGresult *page = watcher->page->result;

    while (watcher->row < PQntuples(page)) {
        AUTO(entry_done) struct entry_row entry = {0};
        bool hidden;
        int r;

        entry_read(page, watcher->row++, &entry);
        if (entry.seq <= watcher->seq)
            continue;
        watcher->seq = entry.seq;
        hidden = entry_is_hidden(&entry, request);
        if ((hidden && watcher->node_id >= 0) || !is_watched(watcher, &entry, request))
            continue;
        r = writer_take(writer, entry_reply(&entry, request, hidden));
        return r < 0 ? r : 2;
    }
    watcher->seq = watcher->page->upto;
    return 0;
}

/* --- the stream --- */

static int fail_stream(struct watcher *watcher, const char *error, json_t *parameters)
{
    watcher->stream.error = error;
    watcher->stream.error_parameters = parameters;
    return -EIO;
}

/* Opens the request anew: rights may have changed since the last event. */
static int reopen(struct watcher *watcher, struct request *ret_request)
{
    request_caller(watcher->call, ret_request);
    if (ret_request->registry && ret_request->may == 0)
        return fail_stream(watcher, TRACKER_ERROR("NotPermitted"),
                           json_pack("{s:s,s:s,s:n}", "method", watcher->call->method, "needed",
                                     "an account that is not disabled", "strategy"));
    if (watcher->strategy_id)
        return request_reopen(watcher->call, watcher->strategy_id, ret_request) < 0
                   ? request_lost(watcher->call, &watcher->stream)
                   : 0;
    if (!(ret_request->may & (MAY_AUDITOR | MAY_ADMIN)))
        return request_lost(watcher->call, &watcher->stream);
    ret_request->slot = store_registry_slot(watcher->watches->store);
    return 0;
}

/* Does the page at hand, or a new one, have something? 1: it does; -EAGAIN: not yet. */
static int turn_page(struct watcher *watcher, const struct slot *slot)
{
    if (seq_of(slot) < watcher->seq && watcher->caught_up)
        return fail_stream(watcher, TRACKER_ERROR("InvalidValue"),
                           json_pack("{s:s,s:s}", "field", "since", "message",
                                     "the journal ends before that entry: what followed was lost "
                                     "with a database"));
    watcher->caught_up = seq_of(slot) >= watcher->seq;
    if (seq_of(slot) <= watcher->seq)
        return -EAGAIN;
    if (!store_reachable(watcher->watches->store))
        return fail_stream(watcher, TRACKER_ERROR("Unavailable"), json_object());
    watcher->row = 0;
    watcher->page = page_of(watcher->watches, slot, watcher->seq);
    if (!watcher->page)
        return -ENOMEM;
    return watcher->page->result ? 1 : -EAGAIN;
}

static int next_event(struct watcher *watcher, const struct request *request, struct writer *writer)
{
    int r = 1;

    while (r == 1) {
        if (!watcher->page)
            r = turn_page(watcher, request->slot);
        if (r < 0)
            return r;
        if (watcher->page->failed)
            return fail_stream(watcher, TRACKER_ERROR("Unavailable"), json_object());
        if (!watcher->page->result)
            return -EAGAIN;
        r = write_event(watcher, request, writer);
        if (r != 0)
            return r;
        page_release(STEAL(watcher->page));
        r = 1;
    }
    return r;
}

static int watcher_next(struct stream *stream, struct writer *writer)
{
    struct watcher *watcher = (struct watcher *)stream;
    const struct slot *slot = store_slot(watcher->watches->store, watcher->strategy_id);
    struct request request;
    int r;

    if (watcher->told_ready &&
        (!slot || !is_loaded(slot) || !store_registry(watcher->watches->store)))
        return -EAGAIN; /* a failover took it away for a moment */
    r = reopen(watcher, &request);
    if (r < 0)
        return r;
    if (watcher->told_ready)
        return next_event(watcher, &request, writer);
    watcher->told_ready = true;
    r = writer_take(writer, json_pack("{s:b,s:I}", "ready", 1, "seq", (json_int_t)watcher->seq));
    return r < 0 ? r : 2;
}

static void watcher_free(struct stream *stream)
{
    struct watcher *watcher = (struct watcher *)stream;

    *watcher->link = watcher->next;
    if (watcher->next)
        watcher->next->link = watcher->link;
    page_release(watcher->page);
    free(watcher);
}

static void watcher_add(struct watches *watches, struct watcher *watcher)
{
    watcher->watches = watches;
    watcher->next = watches->watchers;
    watcher->link = &watches->watchers;
    if (watcher->next)
        watcher->next->link = &watcher->next;
    watches->watchers = watcher;
}

const struct answer *method_subscribe_events(struct call *call)
{
    const struct tracker *tracker = call->service;
    const char *code = param_text(call, "code");
    struct request request;
    const struct answer *answer = journal_open(call, MAY_READER, &request);
    struct watcher *watcher;

    if (answer)
        return answer;
    if (param_int(call, "since", 0) < 0)
        return fail_value(call, "since", "must not be negative");
    watcher = calloc(1, sizeof(*watcher));
    if (!watcher)
        return fail_overloaded(call);
    watcher->stream = (struct stream){.next = watcher_next, .free = watcher_free};
    watcher->call = call;
    watcher->strategy_id = journal_id(&request);
    watcher->node_id = code && *code ? request.node->id : -1;
    watcher->seq =
        param_int(call, "since", seq_of(store_slot(request.store, watcher->strategy_id)));
    watcher_add(tracker->watches, watcher);
    return call_stream(call, &watcher->stream);
}

/* --- all of them --- */

/* A journal moved on, or was forgotten. The registry's may have changed anybody's rights. */
static void on_moved(void *arg, const struct slot *slot)
{
    const struct watches *watches = arg;

    for (struct watcher *w = watches->watchers; w; w = w->next)
        if (slot->id == 0 || w->strategy_id == slot->id)
            call_resume(w->call);
}

int watches_new(struct store *store, struct watches **ret_watches)
{
    struct watches *watches = calloc(1, sizeof(*watches));

    if (!watches)
        return -ENOMEM;
    watches->store = store;
    store_on_moved(store, on_moved, watches);
    *ret_watches = watches;
    return 0;
}

void watches_free(struct watches *watches)
{
    if (!watches)
        return;
    store_on_moved(watches->store, NULL, NULL);
    for (size_t i = 0; i < PAGES_KEPT; i++)
        page_release(watches->latest[i]);
    free(watches);
}
