/*
 * ClaimReminders: a stream whose first steps find out what is due and claim it, and whose others
 * tell the letters. It reads the ledger of all the caller's strategies, goes through their trees in
 * slices, has the most urgent letters claimed in one transaction, and tells what was really
 * claimed.
 *
 * A tree may be behind what others who wrote into the ledger knew: it is waited for a little. What
 * cannot be looked at (to its end) is left out: nothing of it is sent or settled, and the last
 * reply is an error that says so.
 */
#include "methods/claim.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "core/workdays.h"
#include "db/zone.h"
#include "methods/edition.h"
#include "methods/fail.h"
#include "methods/sending.h"
#include "methods/table.h"

#define LETTERS 50        /* unless the caller says how many */
#define LETTERS_MOST 1000 /* what they may say */
#define SLICE 64          /* nodes in a step */
#define LOOK_AGAIN_US 20000
#define LOOKS 150 /* for a tree to catch up, in all: three seconds */
#define SECOND_US INT64_C(1000000)

struct claim_strategy {
    int32_t id;
    struct ledger ledger; /* until it is given to the search */
    int64_t seq;          /* the journal's when the ledger had been read */
    int32_t day;          /* today there, once it is being searched */
};

struct claim_stream {
    struct stream stream;
    struct call *call;
    struct tracker *tracker;
    unsigned roles; /* any of them, on the strategy or everywhere */
    char run[UUID_TEXT_SIZE];
    int64_t now_us;
    size_t limit;
    bool trial;
    bool only;       /* one strategy was named: others are none of its business */
    bool incomplete; /* something was left out */
    int error;       /* of what runs beside the loop */
    struct sending clock;
    struct claims_reading *reading; /* on its way, or NULL */
    struct claim_strategy *strategies;
    size_t n_strategies, at;
    int64_t registry_seq;
    int looks;
    struct event *timer;      /* looks at a tree again */
    struct reminders *search; /* in the strategy at `at`; NULL: not begun */
    struct gathering gathering;
    struct claims *claims; /* what is claimed; running as long as `writing` */
    bool writing;
    size_t told; /* letters looked at */
};

static void claim_stream_free(struct stream *stream)
{
    struct claim_stream *list = (struct claim_stream *)stream;

    if (list->reading)
        list->reading->arg = NULL;
    if (list->writing)
        list->claims->arg = NULL;
    else
        claims_free(list->claims);
    for (size_t i = 0; i < list->n_strategies; i++)
        ledger_done(&list->strategies[i].ledger);
    free(list->strategies);
    if (list->timer)
        event_free(list->timer);
    reminders_free(list->search);
    gathering_done(&list->gathering);
    free(list);
}

/* Goes on in another turn of the loop. */
static int claim_later(struct claim_stream *list)
{
    call_resume(list->call);
    return -EAGAIN;
}

static int claim_fail(struct claim_stream *list, int error)
{
    list->stream.error =
        error == -ENOMEM ? TRACKER_ERROR("Overloaded") : TRACKER_ERROR("Unavailable");
    return error;
}

/* --- the last steps: the letters --- */

static int claim_tell(struct stream *stream, struct writer *writer)
{
    struct claim_stream *list = (struct claim_stream *)stream;
    struct claims *claims = list->claims;
    struct request request;

    request_caller(list->call, &request);
    while (claims && request.registry && list->told < claims->n_letters) {
        if (claim_write_letter(writer, &request, claims, &claims->letters[list->told++]))
            return 1;
    }
    return list->incomplete ? claim_fail(list, -ENOTCONN) : 0;
}

/* --- claiming --- */

static void claims_written(struct claims *claims, int error)
{
    struct claim_stream *list = claims->arg;

    if (!list) {
        claims_free(claims);
        return;
    }
    list->writing = false;
    list->error = error;
    call_resume(list->call);
}

/* What was claimed is told only if that is sure. */
static int claim_wait(struct stream *stream, struct writer *writer)
{
    struct claim_stream *list = (struct claim_stream *)stream;

    if (list->writing)
        return -EAGAIN;
    if (list->error)
        return claim_fail(list, list->error);
    list->stream.next = claim_tell;
    return claim_tell(stream, writer);
}

static int claim_choose(struct stream *stream, struct writer *writer UNUSED)
{
    struct claim_stream *list = (struct claim_stream *)stream;
    struct claims *claims = list->claims = calloc(1, sizeof(*claims));
    struct request request;
    int r = claims ? 0 : -ENOMEM;

    request_caller(list->call, &request);
    if (r == 0 && !request.registry)
        r = -ENOTCONN;
    if (r == 0)
        r = gathering_choose(&list->gathering, &request, list->limit,
                             *list->tracker->mail_in != '\0', claims);
    if (r < 0)
        return claim_fail(list, r);
    list->stream.next = claim_tell;
    if (claims->n_letters == 0 && (list->trial || claims->n_skips == 0))
        return claim_later(list);
    snprintf(claims->run, sizeof(claims->run), "%s", list->run);
    claims->at_us = list->clock.at_us;
    claims->trial = list->trial;
    claims->arg = list;
    claims->done = claims_written;
    list->writing = true;
    list->stream.next = claim_wait;
    claims_write(store_pool(list->tracker->store), claims);
    return -EAGAIN;
}

/* --- finding out what is due --- */

static void next_strategy(struct claim_stream *list)
{
    struct claim_strategy *strategy = &list->strategies[list->at++];

    ledger_done(&strategy->ledger);
    reminders_free(STEAL(list->search));
}

static int leave_out(struct claim_stream *list)
{
    if (gathering_leave_out(&list->gathering, list->strategies[list->at].id) < 0)
        return claim_fail(list, -ENOMEM);
    list->incomplete = true;
    next_strategy(list);
    return claim_later(list);
}

static void look_again(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    call_resume(((struct claim_stream *)arg)->call);
}

/* The tree, or the registry, has not followed yet what the ledger may speak of. */
static int wait_for_tree(struct claim_stream *list)
{
    if (list->looks++ >= LOOKS)
        return leave_out(list);
    if (!list->timer)
        list->timer = evtimer_new(store_options(list->tracker->store)->base, look_again, list);
    if (!list->timer || evtimer_add(list->timer, &(struct timeval){.tv_usec = LOOK_AGAIN_US}) < 0)
        return claim_fail(list, -ENOMEM);
    return -EAGAIN;
}

bool claim_open_strategy(struct request *request, int32_t strategy_id, int32_t day)
{
    struct slot *slot = request->registry ? store_slot(request->store, strategy_id) : NULL;

    if (!slot || !slot->tree)
        return false;
    request->slot = slot;
    request->tree = slot->tree;
    request->node = NULL;
    request->today = day;
    return true;
}

/* The day of the run in the strategy's time zone, the same in each step. */
static int begin_search(struct claim_stream *list, struct remind_view *view)
{
    struct claim_strategy *strategy = &list->strategies[list->at];
    int64_t until;

    zone_day(view->tree->strategy.time_zone, list->clock.at_us / SECOND_US, &strategy->day, &until);
    view->day = strategy->day;
    return reminders_begin(view, &strategy->ledger, 0, &list->search);
}

static int search_some(struct claim_stream *list, const struct request *request)
{
    struct workdays workdays = {0};
    struct remind_view view = {.registry = request->registry,
                               .tree = request->tree,
                               .workdays = &workdays,
                               .day = request->today};
    struct claim_strategy *strategy = &list->strategies[list->at];
    int r = 0, more = 1;

    /* A calendar that is not there is Monday to Friday. */
    (void)registry_workdays(request->registry, request->tree->strategy.calendar, &workdays);
    if (!list->search)
        r = begin_search(list, &view);
    view.superseded = edition_in_force(request->store, request->slot, view.day);
    if (r == 0)
        r = more = reminders_some(list->search, &view, SLICE);
    if (r >= 0)
        r = gathering_take(&list->gathering, strategy->id, strategy->day,
                           reminders_results(list->search));
    if (r < 0)
        return claim_fail(list, r);
    reminders_forget(list->search);
    if (more == 0)
        next_strategy(list);
    return claim_later(list);
}

/* A slice of the strategy at hand. */
static int claim_search(struct stream *stream, struct writer *writer UNUSED)
{
    struct claim_stream *list = (struct claim_stream *)stream;
    struct request request;
    const struct claim_strategy *strategy;

    if (list->at == list->n_strategies) {
        list->stream.next = claim_choose;
        return claim_later(list);
    }
    strategy = &list->strategies[list->at];
    request_caller(list->call, &request);
    if (!claim_open_strategy(&request, strategy->id, strategy->day) ||
        !sending_may(&request, list->roles, strategy->id))
        return leave_out(list);
    if (request.tree->seq < strategy->seq || request.registry->seq < list->registry_seq)
        return list->search ? leave_out(list) : wait_for_tree(list);
    return search_some(list, &request);
}

/* --- reading the ledger --- */

static struct claim_strategy *find_strategy(struct claim_stream *list, int32_t id)
{
    for (size_t i = 0; i < list->n_strategies; i++) {
        if (list->strategies[i].id == id)
            return &list->strategies[i];
    }
    return NULL;
}

static void on_row(void *arg, int32_t strategy_id, const struct claims_row *row)
{
    struct claim_stream *list = arg;
    struct claim_strategy *strategy = &list->strategies[list->at];
    int r;

    if (strategy->id != strategy_id) { /* they come by strategy */
        strategy = find_strategy(list, strategy_id);
        list->at = (size_t)(strategy - list->strategies);
    }
    r = ledger_add(&strategy->ledger, &row->row);
    if (r == 0 && row->open != CLAIMS_SHUT)
        r = gathering_note(&list->gathering, strategy_id, row);
    if (r < 0)
        list->error = r;
}

static void on_served(void *arg, int32_t strategy_id, enum holder recipient, int64_t recipient_id)
{
    struct claim_stream *list = arg;
    int r = gathering_serve(&list->gathering, strategy_id, recipient, recipient_id);

    if (r < 0)
        list->error = r;
}

static void on_journal(void *arg, int32_t strategy_id, int64_t seq)
{
    struct claim_stream *list = arg;
    struct claim_strategy *strategy = find_strategy(list, strategy_id);
    struct request request;

    if (strategy_id == 0) {
        list->registry_seq = seq;
    } else if (strategy) {
        strategy->seq = seq;
    } else if (!list->only) {
        request_caller(list->call, &request);
        list->incomplete |= request.registry && sending_may(&request, list->roles, strategy_id);
    }
}

static void on_read(struct claims_reading *reading, int error)
{
    struct claim_stream *list = reading->arg;

    if (list) {
        list->reading = NULL;
        list->clock = reading->clock;
        list->at = 0;
        if (error)
            list->error = error;
        call_resume(list->call);
    }
    free(reading->strategies);
    free(reading);
}

static int claim_has_read(struct stream *stream, struct writer *writer UNUSED)
{
    struct claim_stream *list = (struct claim_stream *)stream;

    if (list->reading)
        return -EAGAIN;
    if (list->error)
        return claim_fail(list, list->error);
    if (list->clock.early || list->clock.late)
        return sending_refuse_stream(stream, &list->clock);
    list->stream.next = claim_search;
    return claim_later(list);
}

static int claim_read(struct stream *stream, struct writer *writer UNUSED)
{
    struct claim_stream *list = (struct claim_stream *)stream;
    struct claims_reading *reading = calloc(1, sizeof(*reading));
    struct request request;

    request_caller(list->call, &request);
    list->stream.next = claim_has_read;
    if (!store_reachable(list->tracker->store)) {
        free(reading);
        return claim_fail(list, -ENOTCONN);
    }
    if (reading)
        reading->strategies = calloc(list->n_strategies + 1, sizeof(*reading->strategies));
    if (!reading || !reading->strategies) {
        free(reading);
        return claim_fail(list, -ENOMEM);
    }
    for (size_t i = 0; i < list->n_strategies; i++)
        reading->strategies[i] = list->strategies[i].id;
    reading->n_strategies = list->n_strategies;
    snprintf(reading->run, sizeof(reading->run), "%s", list->run);
    reading->now_us = list->now_us;
    reading->trial = list->trial;
    reading->ahead = list->trial || (request.registry && sending_may(&request, list->roles, 0));
    reading->arg = list;
    reading->row = on_row;
    reading->served = on_served;
    reading->journal = on_journal;
    reading->done = on_read;
    list->reading = reading;
    claims_read(store_pool(list->tracker->store), reading);
    return -EAGAIN;
}

/* --- the call --- */

static const struct answer *open_stream(struct call *call, const struct request *request,
                                        struct claim_stream *list)
{
    AUTO(free_ptr) int32_t *ids = NULL;
    const struct answer *answer = sending_scope(request, list->roles, &ids, &list->n_strategies);

    if (answer)
        return answer;
    list->strategies = calloc(list->n_strategies + 1, sizeof(*list->strategies));
    if (!list->strategies) {
        list->n_strategies = 0;
        return fail_overloaded(call);
    }
    for (size_t i = 0; i < list->n_strategies; i++)
        list->strategies[i].id = ids[i];
    return NULL;
}

const struct answer *method_claim_reminders(struct call *call)
{
    int64_t limit = param_int(call, "limit", LETTERS);
    struct request request;
    struct claim_stream *list;
    const struct answer *answer;

    request_caller(call, &request);
    if (!request.registry)
        return fail_unavailable(call);
    if (limit < 1 || limit > LETTERS_MOST)
        return fail_value(call, "limit", "must be 1 to %d", LETTERS_MOST);
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    *list = (struct claim_stream){.stream = {.next = claim_read, .free = claim_stream_free},
                                  .call = call,
                                  .tracker = request.tracker,
                                  .roles = MAY_REMINDER | MAY_ADMIN,
                                  .limit = (size_t)limit,
                                  .trial = param_bool(call, "dryRun"),
                                  .only = param_given(call, "strategy")};
    if (list->trial)
        list->roles |= MAY_MANAGER;
    answer = sending_open(call, list->run, &list->now_us);
    if (!answer)
        answer = open_stream(call, &request, list);
    if (answer) {
        claim_stream_free(&list->stream);
        return answer;
    }
    return call_stream(call, &list->stream);
}
