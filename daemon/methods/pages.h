/*
 * Streams out of the database, a page of rows at a time, so that a long list neither fills memory
 * nor holds a connection. A method embeds a struct pages, sets the four functions, and gives it to
 * call_stream(). The call owns it; a page still on its way when the call ends frees it later.
 */
#ifndef GOALD_METHODS_PAGES_H
#define GOALD_METHODS_PAGES_H

#include "db/pool.h"
#include "methods/request.h"

#define PAGE_ROWS 500

struct pages {
    struct stream stream;
    struct call *call; /* NULL: the stream ended while a page was on its way */
    struct store *store;
    int32_t strategy_id; /* 0: the registry's journal */
    unsigned needs; /* MAY_ bits, any of them, for each reply; 0: who may read it. Of what is no
                       strategy's auditors and admins, but for MAY_ANYBODY */
    /* Queues the next page's one statement; false if there is no further page. */
    bool (*send)(struct pages *pages, struct pg *pg);
    /* Is there a further page? Asked before each is fetched. */
    bool (*more)(const struct pages *pages);
    /* A row as a reply's parameters, null for one that is not to be told, or NULL for want of
     * memory. Rows come in the page's order. */
    json_t *(*row)(struct pages *pages, const struct request *request, const PGresult *result,
                   int row);
    /* A page's rows arrived: what the next page needs to know. May be NULL. */
    void (*arrived)(struct pages *pages, const PGresult *result);
    void (*free)(struct pages *pages);
    /* the rest is pages.c's */
    struct page_job *job; /* on its way */
    PGresult *page;       /* the rows being given out */
    int at;
};

void pages_init(struct pages *pages, struct call *call, struct store *store, int32_t strategy_id);

/* The stream's next(), for a method that has to do something before the first page. */
int pages_next(struct stream *stream, struct writer *writer);

#endif
