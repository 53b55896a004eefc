/* ListReminders: its stream; see reminder_list.h. */
#include "methods/reminder_list.h"

#include <errno.h>
#include <string.h>

#include "core/reminders_why.h"
#include "core/walk.h"
#include "core/workdays.h"
#include "methods/edition.h"
#include "methods/fail.h"
#include "methods/table.h"

#define DAYS 30
#define DAYS_MOST 3660
#define SLICE 128 /* nodes in a step */

/* Those who see what others get. */
#define SEES_ALL (MAY_MANAGER | MAY_REMINDER | MAY_AUDITOR | MAY_ADMIN)

struct reminder_stream {
    struct stream stream;
    struct call *call;
    int32_t strategy_id, day, ahead;
    bool one_node;     /* only what is about … */
    int64_t node_id;   /* … this node */
    int64_t person;    /* only what goes to this person; 0: to anybody */
    bool why;          /* tell who gets nothing, and why; of the person … */
    bool gone_through; /* … is asked of every node */
    int error;         /* of reading */
    struct reminded *reading;
    struct ledger ledger; /* until it is given to the search */
    struct reminders *search;
    struct ties ties; /* of the person */
    struct walk walk;
    struct reminder_lines lines;
};

static void reminder_stream_free(struct stream *stream)
{
    struct reminder_stream *list = (struct reminder_stream *)stream;

    if (list->reading)
        list->reading->arg = NULL;
    ledger_done(&list->ledger);
    reminders_free(list->search);
    ties_done(&list->ties);
    walk_done(&list->walk);
    lines_done(&list->lines);
    free(list);
}

static int reminder_later(struct reminder_stream *list)
{
    call_resume(list->call);
    return -EAGAIN;
}

static int reminder_fail(struct reminder_stream *list, int error)
{
    list->stream.error =
        error == -ENOMEM ? TRACKER_ERROR("Overloaded") : TRACKER_ERROR("Unavailable");
    return error;
}

static int64_t own_person(const struct request *request)
{
    return request->caller.account ? request->caller.account->person_id : 0;
}

/* What one may see now, and asked for. */
static bool is_wanted(const struct reminder_stream *list, const struct request *request,
                      const struct reminder_line *line)
{
    int64_t person = line->has_recipient && line->occurrence.recipient == HOLDER_PERSON
                         ? line->occurrence.recipient_id
                         : 0;

    if (list->one_node && line->occurrence.node_id != list->node_id)
        return false;
    if (list->person && person != list->person)
        return false;
    return request->may & SEES_ALL || (person && person == own_person(request));
}

/* --- telling --- */

static int reminder_tell(struct stream *stream, struct writer *writer)
{
    struct reminder_stream *list = (struct reminder_stream *)stream;
    const struct reminder_line *line;
    struct request request;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    for (int i = 0; i < SLICE; i++) {
        line = lines_next(&list->lines);
        if (!line)
            return 0;
        if (!is_wanted(list, &request, line))
            continue;
        line_write(writer, &request, line);
        return 1;
    }
    return reminder_later(list);
}

static int reminder_order(struct stream *stream, struct writer *writer UNUSED)
{
    struct reminder_stream *list = (struct reminder_stream *)stream;
    struct request request;
    int r;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    r = lines_find_nodes(&list->lines, request.tree);
    if (r == 0)
        r = lines_order(&list->lines, list->day);
    if (r < 0)
        return reminder_fail(list, r);
    list->stream.next = reminder_tell;
    return reminder_later(list);
}

/* --- why not --- */

static int add_left_outs(struct reminder_stream *list, const struct remind_view *view,
                         struct node *node)
{
    struct left_outs left = {0};
    int r = reminders_why(list->search, view, list->person ? &list->ties : NULL, node, &left);

    for (size_t i = 0; r == 0 && i < left.count; i++) {
        const struct left_out *one = &left.items[i];
        struct reminder_line line = {
            .occurrence = {.item = ITEM_NODE,
                           .item_id = node->id,
                           .node_id = node->id,
                           .rule = one->rule,
                           .recipient = one->holder,
                           .recipient_id = one->id},
            .status = LINE_NONE,
            .has_rule = one->has_rule,
            .has_recipient = one->has_holder,
            .reason = strdup(left_reason_names[one->reason]),
        };

        r = line.reason ? lines_add(&list->lines, line) : -ENOMEM;
    }
    free(left.items);
    return r;
}

/* The next nodes of all: 1 as long as there are more. */
static int ask_some(struct reminder_stream *list, const struct remind_view *view)
{
    int r = 0;

    for (int i = 0; r == 0 && i < SLICE; i++) {
        struct node *node = walk_next(&list->walk, view->tree);

        if (!node)
            return list->walk.failed ? -ENOMEM : 0;
        r = add_left_outs(list, view, node);
    }
    return r < 0 ? r : 1;
}

/* --- what is due, and to come --- */

static int begin_search(struct reminder_stream *list, const struct remind_view *view)
{
    int r = reminders_begin(view, &list->ledger, list->ahead, &list->search);

    if (r == 0 && list->person)
        r = ties_init(view->registry, view->tree, list->person, &list->ties);
    walk_begin(&list->walk, view->tree->root, UINT32_MAX);
    return r;
}

static int take_results(struct reminder_stream *list)
{
    const struct remind_results *results = reminders_results(list->search);
    int r = lines_add_all(&list->lines, &results->due, LINE_DUE);

    if (r == 0)
        r = lines_add_all(&list->lines, &results->to_come, LINE_TO_COME);
    reminders_forget(list->search);
    return r;
}

/* A step: 1 as long as there are more. */
static int search_some(struct reminder_stream *list, const struct remind_view *view)
{
    struct node *node = list->one_node ? tree_node(view->tree, list->node_id) : NULL;
    int r = 0, more = 0;

    if (list->gone_through)
        return ask_some(list, view);
    if (!list->one_node)
        r = more = reminders_some(list->search, view, SLICE);
    else if (node)
        r = reminders_of_node(list->search, view, node);
    if (r >= 0)
        r = take_results(list);
    if (r == 0 && node && list->why)
        r = add_left_outs(list, view, node);
    list->gone_through = !more;
    return r < 0 ? r : more || (list->why && !list->one_node);
}

static int reminder_search(struct stream *stream, struct writer *writer UNUSED)
{
    struct reminder_stream *list = (struct reminder_stream *)stream;
    struct workdays workdays;
    struct request request;
    int r = 0;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    (void)registry_workdays(request.registry, request.tree->strategy.calendar, &workdays);

    const struct remind_view view = {.registry = request.registry,
                                     .tree = request.tree,
                                     .workdays = &workdays,
                                     .day = list->day,
                                     .superseded =
                                         edition_in_force(request.store, request.slot, list->day)};
    if (!list->search)
        r = begin_search(list, &view);
    if (r == 0)
        r = search_some(list, &view);
    if (r < 0)
        return reminder_fail(list, r);
    if (r == 0)
        list->stream.next = reminder_order;
    return reminder_later(list);
}

/* --- reading the ledger --- */

static void on_row(void *arg, const struct reminded_row *row)
{
    struct reminder_stream *list = arg;
    int r = ledger_add(&list->ledger, &row->row);

    if (r == 0 && row->shown)
        r = lines_add_row(&list->lines, row);
    if (r < 0)
        list->error = r;
}

static void on_read(struct reminded *reading, int error)
{
    struct reminder_stream *list = reading->arg;

    if (list) {
        list->reading = NULL;
        if (error)
            list->error = error;
        list->stream.next = reminder_search;
        call_resume(list->call);
    }
    free(reading);
}

static int reminder_wait(struct stream *stream, struct writer *writer UNUSED)
{
    struct reminder_stream *list = (struct reminder_stream *)stream;

    return list->error ? reminder_fail(list, list->error) : -EAGAIN;
}

static int reminder_read(struct stream *stream, struct writer *writer UNUSED)
{
    struct reminder_stream *list = (struct reminder_stream *)stream;
    struct tracker *tracker = list->call->service;
    struct reminded *reading;

    list->stream.next = reminder_wait;
    if (!store_reachable(tracker->store))
        return reminder_fail(list, -ENOTCONN);
    reading = calloc(1, sizeof(*reading));
    if (!reading)
        return reminder_fail(list, -ENOMEM);
    *reading = (struct reminded){.strategy_id = list->strategy_id,
                                 .since = list->day - list->ahead,
                                 .arg = list,
                                 .row = on_row,
                                 .done = on_read};
    list->reading = reading;
    reminded_read(store_pool(tracker->store), reading);
    return -EAGAIN;
}

/* --- the call --- */

/* A manager takes part in nothing by that, but is told of what reaches nobody else. */
static bool is_manager(const struct request *request, int64_t person_id)
{
    const struct grant *grant, *next;

    HASH_ITER (by_id, request->registry->grants, grant, next) {
        const struct account *account = registry_account(request->registry, grant->account_id);

        if (grant->role == RIGHT_ROLE_MANAGER && account && account->person_id == person_id &&
            (grant->strategy_id == 0 || grant->strategy_id == request->slot->id))
            return true;
    }
    return false;
}

static int64_t manager_id(const struct request *request, const char *key)
{
    const struct person *person = registry_person_by_key(request->registry, key);

    return person && is_manager(request, person->id) ? person->id : 0;
}

/* Others are only for those to ask about who see what they get; who does not asks of themselves. */
static const struct answer *find_person(const struct request *request, int64_t *ret_person)
{
    const char *key = param_text(request->call, "person");
    const struct person *own = registry_person(request->registry, own_person(request));

    if (!key) {
        *ret_person = own && !(request->may & SEES_ALL) ? own->id : 0;
        return NULL;
    }
    if (own && strcmp(own->key, key) == 0) {
        *ret_person = own->id;
        return NULL;
    }
    if (!(request->may & SEES_ALL))
        return fail_not_permitted(request->call, "manager, auditor, reminder or admin",
                                  request->slot->key);
    if (holder_find(request, HOLDER_PERSON, key, ret_person))
        return NULL;
    *ret_person = manager_id(request, key);
    return *ret_person ? NULL : fail_no_key(request->call, key);
}

const struct answer *method_list_reminders(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    int64_t days = param_int(call, "days", DAYS), person = 0;
    struct reminder_stream *list;

    if (!answer)
        answer = find_person(&request, &person);
    if (answer)
        return answer;
    if (days < 0 || days > DAYS_MOST)
        return fail_value(call, "days", "must be 0 to %d", DAYS_MOST);
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    *list =
        (struct reminder_stream){.stream = {.next = reminder_read, .free = reminder_stream_free},
                                 .call = call,
                                 .strategy_id = request.slot->id,
                                 .day = request.today,
                                 .ahead = (int32_t)days,
                                 .one_node = param_given(call, "code"),
                                 .node_id = request.node->id,
                                 .why = param_given(call, "code") || param_given(call, "person"),
                                 .person = person};
    return call_stream(call, &list->stream);
}
