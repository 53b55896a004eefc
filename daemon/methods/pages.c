/* Streams out of the database; see pages.h. */
#include "methods/pages.h"

#include <errno.h>

#include "log.h"
#include "methods/fail.h"

/* The job of one page: outlives its stream when the connection is closed meanwhile. */
struct page_job {
    struct pg_job job;
    struct pages *pages; /* NULL: nobody waits any more */
    PGresult *page;
};

static void page_send(struct pg_job *job, struct pg *pg)
{
    struct page_job *page = (struct page_job *)job;

    if (page->pages)
        page->pages->send(page->pages, pg);
}

static void page_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    struct page_job *page = (struct page_job *)job;

    page->page = PQcopyResult(result, PG_COPYRES_TUPLES);
}

static void page_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct page_job *page = (struct page_job *)job;
    struct pages *pages = page->pages;

    if (outcome == PG_REFUSED)
        log_error("a list was refused by the database: %s", error->message);
    if (pages) {
        pages->job = NULL;
        if (outcome == PG_DONE && page->page) {
            pages->page = STEAL(page->page);
            pages->at = 0;
            if (pages->arrived)
                pages->arrived(pages, pages->page);
        } else {
            pages->stream.error = TRACKER_ERROR("Unavailable");
        }
        call_resume(pages->call);
    }
    PQclear(page->page);
    free(page);
}

static int page_fetch(struct pages *pages)
{
    struct page_job *page;

    if (!store_reachable(pages->store)) {
        pages->stream.error = TRACKER_ERROR("Unavailable");
        return -EIO;
    }
    page = calloc(1, sizeof(*page));
    if (!page)
        return -ENOMEM;
    page->job = (struct pg_job){.send = page_send, .result = page_result, .done = page_done};
    page->pages = pages;
    pages->job = page;
    pool_run(store_pool(pages->store), POOL_READ, &page->job);
    return -EAGAIN;
}

/* Has the caller the right still? */
static bool may_go_on(const struct pages *pages, struct request *ret_request)
{
    unsigned needs = pages->needs;

    if (!pages->strategy_id && !(needs & MAY_ANYBODY))
        needs = MAY_AUDITOR | MAY_ADMIN;
    if (pages->strategy_id)
        return request_reopen(pages->call, pages->strategy_id, ret_request) == 0 &&
               (!needs || ret_request->may & needs);
    request_caller(pages->call, ret_request);
    return ret_request->registry && ret_request->may & needs;
}

/* The next row that is to be told; NULL with 0: there is none left in the page. */
static int page_row(struct pages *pages, const struct request *request, json_t **ret_row)
{
    json_t *row = NULL;

    while (!row && pages->at < PQntuples(pages->page)) {
        row = pages->row(pages, request, pages->page, pages->at++);
        if (!row)
            return -ENOMEM;
        if (json_is_null(row))
            row = NULL;
    }
    *ret_row = row;
    return 0;
}

int pages_next(struct stream *stream, struct writer *writer)
{
    struct pages *pages = (struct pages *)stream;
    struct request request;
    json_t *row;
    int r;

    if (pages->stream.error)
        return -EIO;
    if (pages->page && pages->at == PQntuples(pages->page)) {
        PQclear(STEAL(pages->page));
    }
    if (!pages->page)
        return pages->more(pages) ? page_fetch(pages) : 0;
    if (!may_go_on(pages, &request))
        return request_lost(pages->call, stream);
    r = page_row(pages, &request, &row);
    if (r == 0 && !row) /* the rest of the page is not to be told */
        return pages_next(stream, writer);
    if (r == 0)
        r = writer_take(writer, row);
    return r < 0 ? r : 1;
}

static void pages_free(struct stream *stream)
{
    struct pages *pages = (struct pages *)stream;

    if (pages->job)
        pages->job->pages = NULL;
    PQclear(pages->page);
    pages->free(pages);
}

void pages_init(struct pages *pages, struct call *call, struct store *store, int32_t strategy_id)
{
    *pages = (struct pages){.call = call, .store = store, .strategy_id = strategy_id};
    pages->stream.next = pages_next;
    pages->stream.free = pages_free;
}
