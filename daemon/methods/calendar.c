/*
 * ListCalendar: the dates of strategies as events, one a reply. Strategy by strategy: the versions
 * that ended are read from the database; the tree, and then these, are gone through in slices,
 * until there is a page of events; when each came to be what it is, the journal says.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/array.h"
#include "core/walk.h"
#include "db/params.h"
#include "db/row.h"
#include "methods/calendar.h"
#include "methods/fail.h"
#include "methods/pages.h"
#include "methods/people.h"
#include "methods/table.h"
#include "methods/value.h"

#define SLICE 256

struct calendar_list {
    struct pages pages;
    int32_t *strategies;
    size_t n_strategies, next; /* the next one to be begun */
    int64_t person;            /* 0: everybody's */
    enum { BETWEEN, READING, GATHERING, TELLING } state;
    struct calendar_scope scope;
    struct calendar_gone gone;
    struct walk walk;
    bool walked, over; /* all nodes of the strategy, all of it */
    struct calendar_events events;
    bool asked; /* the page's statement is sent */
};

static const struct pg_statement times_statement = {
    "calendar_times",
    "SELECT (extract(epoch FROM j.\"time\") * 1000000)::bigint"
    " FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted(seq, n)"
    " LEFT JOIN goald.journal j ON j.strategy_id = $1::integer AND j.seq = wanted.seq"
    " ORDER BY wanted.n",
    2};

static void leave_strategy(struct calendar_list *list)
{
    duties_done(&list->scope.duties);
    list->scope.duties = (struct duties){0};
    calendar_gone_done(&list->gone);
    walk_done(&list->walk);
    list->walk = (struct walk){0};
    list->walked = list->over = false;
    list->state = BETWEEN;
}

static void calendar_list_free(struct pages *pages)
{
    struct calendar_list *list = (struct calendar_list *)pages;

    leave_strategy(list);
    calendar_events_done(&list->events);
    free(list->strategies);
    free(list);
}

/* --- pages: first the versions that ended, whole; then the times of so many events --- */

static bool calendar_more(const struct pages *pages)
{
    return !((const struct calendar_list *)pages)->asked;
}

static bool send_times(struct calendar_list *list, struct pg *pg, const char *strategy)
{
    AUTO(param_list_done) struct param_list seqs = PARAM_LIST_ARRAY;
    const char *params[] = {strategy, NULL};

    for (size_t i = 0; i < list->events.count; i++)
        param_list_add_number(&seqs, list->events.items[i].seq);
    params[1] = param_list_close(&seqs);
    if (!params[1])
        return false;
    pg_query(pg, &times_statement, params);
    return true;
}

static bool calendar_send(struct pages *pages, struct pg *pg)
{
    struct calendar_list *list = (struct calendar_list *)pages;
    char strategy[16];
    const char *params[] = {strategy};

    list->asked = true;
    snprintf(strategy, sizeof(strategy), "%" PRId32, pages->strategy_id);
    if (list->state != READING)
        return send_times(list, pg, strategy);
    pg_query(pg, &calendar_gone_statement, params);
    return true;
}

static json_t *calendar_row(struct pages *pages, const struct request *request UNUSED,
                            const PGresult *result, int row)
{
    struct calendar_list *list = (struct calendar_list *)pages;
    json_t *event = list->events.items[row].event;

    if (json_object_set_new(event, "changed", value_time(row_int(result, row, 0))) < 0)
        return NULL;
    return json_pack("{s:O}", "event", event);
}

/* What has ended is not a page of replies: it is kept. */
static void calendar_arrived(struct pages *pages, const PGresult *result UNUSED)
{
    struct calendar_list *list = (struct calendar_list *)pages;

    if (list->state == READING && calendar_gone_take(&list->gone, STEAL(pages->page)) < 0)
        pages->stream.error = TRACKER_ERROR("Overloaded");
}

/* --- steps --- */

/* One that is gone, or no longer the caller's to read, is left out. */
static int begin_strategy(struct calendar_list *list)
{
    const struct node *top;
    struct request request;
    int r = 0;

    list->pages.strategy_id = list->strategies[list->next++];
    if (request_reopen(list->pages.call, list->pages.strategy_id, &request) < 0)
        return 0;
    top = tree_node(request.tree, list->scope.top);
    if (!top)
        return 0;
    if (list->person)
        r = duties_init(request.registry, request.tree, list->person, request.today,
                        &list->scope.duties);
    walk_begin(&list->walk, top, UINT32_MAX);
    list->state = READING;
    list->asked = false;
    return r;
}

/* Nodes of the tree, groups with the first: 1 as long as there are more. */
static int gather_live(struct calendar_list *list, struct request *request)
{
    int r = 0;

    if (!list->walk.begun && list->scope.top == 0)
        r = calendar_of_groups(&list->events, request, &list->scope);
    for (int i = 0; r == 0 && i < SLICE; i++) {
        request->node = walk_next(&list->walk, request->tree);
        if (!request->node) {
            list->walked = !list->walk.failed;
            return list->walked ? 1 : -ENOMEM;
        }
        r = calendar_of_node(&list->events, request, &list->scope);
    }
    return r < 0 ? r : 1;
}

static int gather(struct calendar_list *list)
{
    struct request request;
    int r;

    if (request_reopen(list->pages.call, list->pages.strategy_id, &request) < 0)
        return request_lost(list->pages.call, &list->pages.stream);
    if (list->walked)
        r = calendar_of_gone(&list->events, &request, &list->scope, &list->gone, SLICE);
    else
        r = gather_live(list, &request);
    if (r < 0)
        return r;
    list->over = list->walked && r == 0;
    if (list->over || list->events.count >= PAGE_ROWS) {
        list->state = TELLING;
        list->asked = list->events.count == 0;
    }
    return 0;
}

/* All of a page was told, or what has ended is there. */
static void page_is_over(struct calendar_list *list)
{
    calendar_events_done(&list->events);
    if (list->over)
        leave_strategy(list);
    else
        list->state = GATHERING;
}

static int calendar_next(struct stream *stream, struct writer *writer)
{
    struct calendar_list *list = (struct calendar_list *)stream;
    int r;

    if (list->state == BETWEEN && list->next == list->n_strategies)
        return 0;
    if (list->state == READING || list->state == TELLING) {
        r = pages_next(stream, writer);
        if (r != 0)
            return r;
        page_is_over(list);
    } else {
        r = list->state == BETWEEN ? begin_strategy(list) : gather(list);
        if (r < 0)
            return r;
    }
    call_resume(list->pages.call);
    return -EAGAIN;
}

/* --- the call --- */

static int add_strategy(struct calendar_list *list, int32_t id)
{
    if (ARRAY_RESERVE(list->strategies, list->n_strategies) < 0)
        return -ENOMEM;
    list->strategies[list->n_strategies++] = id;
    return 0;
}

/* One strategy, or all that the caller may read. */
static int add_strategies(struct calendar_list *list, const struct request *request,
                          const struct slot *only)
{
    struct slot *const *slots;
    size_t count = only ? 0 : store_strategies(request->store, &slots);
    int r = only ? add_strategy(list, only->id) : 0;

    for (size_t i = 0; i < count && r == 0; i++) {
        if (request_may_read(request, slots[i]))
            r = add_strategy(list, slots[i]->id);
    }
    return r;
}

/* Whose dates are wanted: a person of whom the caller may know. */
static const struct answer *find_person(const struct request *request, int64_t *ret_id)
{
    const char *key = param_text(request->call, "person");
    const struct person *person = registry_person_by_key(request->registry, key);

    if (key && (!person || !people_known(request, HOLDER_PERSON, person->id)))
        return people_fail_unknown(request->call, key);
    *ret_id = person ? person->id : 0;
    return NULL;
}

static const struct answer *start(const struct request *request, const struct slot *only,
                                  int64_t top)
{
    struct calendar_list *list;
    int64_t person = 0;
    const struct answer *answer = find_person(request, &person);

    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(request->call);
    pages_init(&list->pages, request->call, request->store, 0);
    list->pages.more = calendar_more;
    list->pages.send = calendar_send;
    list->pages.row = calendar_row;
    list->pages.arrived = calendar_arrived;
    list->pages.free = calendar_list_free;
    list->pages.stream.next = calendar_next;
    list->person = person;
    list->scope.top = top;
    list->scope.of_person = person != 0;
    if (add_strategies(list, request, only) < 0) {
        calendar_list_free(&list->pages);
        return fail_overloaded(request->call);
    }
    return call_stream(request->call, &list->pages.stream);
}

const struct answer *method_list_calendar(struct call *call)
{
    const char *code = param_text(call, "code");
    struct request request;
    struct slot *only = NULL;
    const struct answer *answer;

    if (code && *code) { /* a code is one strategy's: that which is given, or the only one */
        answer = request_open(call, true, &request);
        return answer ? answer : start(&request, request.slot, request.node->id);
    }
    answer = people_open(call, &request);
    if (!answer)
        answer = people_scope(&request, &only);
    return answer ? answer : start(&request, only, 0);
}
