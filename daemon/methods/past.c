/* The parameters asOf and knownAt; see past.h. */
#include "methods/past.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/instant.h"
#include "methods/fail.h"
#include "methods/table.h"

/* How much of the strategy an answer depends on. */
enum scope {
    SCOPE_NODE,  /* what its `code` depends on */
    SCOPE_LIST,  /* the same of `partsOf`, `below` or `code` */
    SCOPE_SHAPE, /* everything but what was reported */
};

static const struct past_method {
    call_handler *handler;
    enum scope scope;
} past_methods[] = {
    /* clang-format off */
    {method_status, SCOPE_NODE},
    {method_node, SCOPE_NODE},
    {method_list_tree, SCOPE_LIST},
    {method_list_nodes, SCOPE_LIST},
    {method_list_due, SCOPE_LIST},
    {method_list_observations, SCOPE_NODE},
    {method_explain, SCOPE_NODE},
    {method_export_strategy, SCOPE_SHAPE},
    /* clang-format on */
};

/* What looks further than at the nodes and what is below them: at all who take part, at what they
 * are related to or serve, at notes. */
static const char *const whole_filters[] = {"holder", "organisation", "person", "without",
                                            "fields"};

/* While the moment is on its way. */
struct past {
    struct call *call; /* parked */
    call_handler *handler;
    bool known_at;
};

static const struct past_method *past_method(call_handler *handler)
{
    for (size_t i = 0; i < ARRAY_LEN(past_methods); i++) {
        if (past_methods[i].handler == handler)
            return &past_methods[i];
    }
    return NULL;
}

bool past_is_asked(const struct call *call, call_handler *handler)
{
    return (param_given(call, "asOf") || param_given(call, "knownAt")) && past_method(handler);
}

/* The node that a list is about; NULL: it is about the whole strategy. */
static const char *list_code(const struct call *call)
{
    static const char *const names[] = {"partsOf", "below", "code"};
    const char *code = NULL;

    for (size_t i = 0; i < ARRAY_LEN(whole_filters); i++) {
        if (param_given(call, whole_filters[i]))
            return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *given = param_text(call, names[i]);

        if (given && code)
            return NULL; /* about two */
        if (given)
            code = given;
    }
    return code;
}

static const char *asked_code(const struct call *call, enum scope scope)
{
    const char *code = NULL;

    if (scope == SCOPE_NODE)
        code = param_text(call, "code");
    else if (scope == SCOPE_LIST)
        code = list_code(call);
    return code && *code ? code : NULL;
}

static bool parse_seq(const char *text, int64_t *ret_seq)
{
    static const char prefix[] = "seq:";
    const char *digits = text + strlen(prefix);

    if (strncmp(text, prefix, strlen(prefix)) != 0 || !*digits || strlen(digits) > 18 ||
        strspn(digits, "0123456789") != strlen(digits))
        return false;
    *ret_seq = strtoll(digits, NULL, 10);
    return true;
}

const struct answer *past_known_at(const struct request *request, const char *field,
                                   const char *text, struct moment_wish *wish)
{
    struct call *call = request->call;
    int64_t seq;

    wish->present = false;
    wish->seq = wish->time_us = 0;
    if (parse_seq(text, &seq)) {
        if (seq > request->tree->seq)
            return fail_value(call, field, "the journal ends with entry %" PRId64,
                              request->tree->seq);
        if (seq == 0)
            return past_fail(call, field, MOMENT_NOTHING);
        wish->seq = seq;
        return NULL;
    }
    if (instant_parse(text, request->tree->strategy.time_zone, true, &wish->time_us) < 0)
        return fail_value(call, field,
                          "not a date (2024-05-31), a time (2024-05-31T14:00:00+02:00) or seq:N");
    return NULL;
}

const char *past_problem(enum moment_outcome outcome)
{
    if (outcome == MOMENT_NOTHING)
        return "nothing was known of the strategy then";
    return outcome == MOMENT_MIDST ? "in the midst of a change whose entries belong together"
                                   : NULL;
}

const struct answer *past_fail(struct call *call, const char *field, enum moment_outcome outcome)
{
    const char *problem = past_problem(outcome);

    if (problem)
        return fail_value(call, field, "%s", problem);
    return outcome == MOMENT_OVERLOADED ? fail_overloaded(call) : fail_unavailable(call);
}

const struct answer *past_fail_load(struct call *call, int error)
{
    return error == -ENOTCONN ? fail_unavailable(call) : fail_overloaded(call);
}

static void free_moment(void *moment)
{
    moment_free(moment);
}

static bool is_wanted(const void *arg)
{
    return ((const struct past *)arg)->call->sink != NULL;
}

/* As the gate does it: a handler's request_open() cannot fail. */
static const struct answer *run_handler(struct call *call, call_handler *handler)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);

    if (answer)
        return answer;
    request_hand_on(&request);
    return handler(call);
}

static void loaded(void *arg, enum moment_outcome outcome, struct moment *moment)
{
    struct past *past = arg;
    struct call *call = past->call;
    call_handler *handler = past->handler;

    if (outcome == MOMENT_READY) {
        moment->known_at = past->known_at;
        call->kept = moment;
        call->free_kept = free_moment;
    }
    free(past);
    call_end(outcome == MOMENT_READY ? run_handler(call, handler)
                                     : past_fail(call, "knownAt", outcome));
}

static const struct answer *read_moment(const struct request *request, struct past *past,
                                        struct moment_wish *wish)
{
    const char *as_of = param_text(request->call, "asOf");
    const char *known_at = param_text(request->call, "knownAt");
    struct date date;

    wish->today = request->today;
    if (as_of && date_parse(as_of, &date) < 0)
        return fail_value(request->call, "asOf", "not a date: 2024-05-31, 2024-05 or 2024");
    if (as_of)
        wish->today = date_last_day(date);
    past->known_at = known_at != NULL;
    if (known_at)
        return past_known_at(request, "knownAt", known_at, wish);
    wish->present = true;
    wish->seq = request->tree->seq;
    return NULL;
}

const struct answer *past_load(const struct request *request, call_handler *handler)
{
    struct call *call = request->call;
    struct past read = {.call = call, .handler = handler}, *past;
    struct moment_wish wish = {.strategy_id = request->slot->id,
                               .uid = call->peer.uid,
                               .code = asked_code(call, past_method(handler)->scope),
                               .structure = past_method(handler)->scope == SCOPE_SHAPE,
                               .done = loaded,
                               .wanted = is_wanted};
    const struct answer *answer = read_moment(request, &read, &wish);
    int r;

    if (answer)
        return answer;
    if (!request->tracker->moments)
        return fail_unavailable(call);
    wish.arg = past = malloc(sizeof(*past));
    if (!past)
        return fail_overloaded(call);
    *past = read;
    r = moments_load(request->tracker->moments, &wish);
    if (r == 0)
        return call_park(call);
    free(past);
    return past_fail_load(call, r);
}
