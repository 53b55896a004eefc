/*
 * ListChanges: what changed between two moments. The moments are loaded one after the other, what
 * is compared is copied out of each (core/differences.h), and no more than one is held at a time:
 * the structure at both first, which also tells the days where entries or times were given; then
 * what is known, for how the nodes stood on both days; then the versions in between.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/differences.h"
#include "db/row.h"
#include "db/zone.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/past.h"
#include "methods/table.h"

#define SLICE 256 /* nodes in one step */

static const char *const fields[] = {[SIDE_FROM] = "from", [SIDE_TO] = "to"};

/* One end of what is compared. */
struct end {
    struct moment_wish wish; /* of the structure */
    bool is_date;            /* else an entry or a time */
    int32_t day;
    int64_t seq, known_seq; /* of the structure; of what was known. 0: not known yet, or nothing */
};

/* What is loaded next, and what is taken from it. */
enum phase {
    DIFF_SHAPE_FROM,
    DIFF_SHAPE_TO,
    DIFF_KNOWN_FROM,
    DIFF_KNOWN_TO,
    DIFF_VERSIONS,
    DIFF_TELL
};

/* The nodes are looked at three times, so that no step has to work out much. */
enum pass { PASS_LEAVES, PASS_NODES, PASS_GATHER };

struct diff {
    struct stream stream;
    struct call *call;
    struct tracker *tracker;
    int32_t strategy_id;
    int64_t top; /* the node asked about */
    struct end ends[2];
    struct moment_wish known; /* what is known at both ends, … */
    bool then;                /* … or what was at each */
    enum phase phase;
    struct moment *moment; /* being looked at */
    enum side side;        /* whose day */
    enum pass pass;
    size_t node; /* for tree_next_node() */
    struct differences changes;
    size_t told;
    bool told_ends;
    struct diff_errand *errand; /* on its way */
};

/* Outlives its diff when the connection is closed meanwhile. */
struct diff_errand {
    struct pg_job job;
    struct diff *diff; /* NULL: nobody waits any more */
    PGresult *versions;
};

static void diff_free(struct stream *stream)
{
    struct diff *diff = (struct diff *)stream;

    if (diff->errand)
        diff->errand->diff = NULL;
    moment_free(diff->moment);
    differences_done(&diff->changes);
    free(diff);
}

static int pause_diff(struct diff *diff)
{
    call_resume(diff->call);
    return -EAGAIN;
}

static int fail_diff(struct diff *diff, const char *error, const char *field, const char *message)
{
    diff->stream.error = error;
    if (field)
        diff->stream.error_parameters = json_pack("{s:s,s:s}", "field", field, "message", message);
    return -EIO;
}

static int fail_outcome(struct diff *diff, enum moment_outcome outcome, const char *field)
{
    const char *problem = past_problem(outcome);

    if (problem)
        return fail_diff(diff, TRACKER_ERROR("InvalidValue"), field, problem);
    return fail_diff(diff,
                     outcome == MOMENT_OVERLOADED ? TRACKER_ERROR("Overloaded")
                                                  : TRACKER_ERROR("Unavailable"),
                     NULL, NULL);
}

static struct diff_errand *errand_new(struct diff *diff)
{
    struct diff_errand *errand = calloc(1, sizeof(*errand));

    if (errand)
        errand->diff = diff;
    diff->errand = errand;
    return errand;
}

/* --- the moments --- */

static bool is_wanted(const void *arg)
{
    return ((const struct diff_errand *)arg)->diff != NULL;
}

static void note_day(struct end *end, const struct moment *moment)
{
    int64_t until;

    end->seq = moment->seq;
    if (!end->is_date)
        zone_day(moment->tree->strategy.time_zone, moment->time_us / 1000000, &end->day, &until);
}

/* What is taken from it, and for which day first. */
static void begin_moment(struct diff *diff, struct moment *moment)
{
    diff->moment = moment;
    diff->node = 0;
    diff->side = diff->phase == DIFF_SHAPE_TO || diff->phase == DIFF_KNOWN_TO ? SIDE_TO : SIDE_FROM;
    if (diff->phase <= DIFF_SHAPE_TO) {
        note_day(&diff->ends[diff->side], moment);
        diff->pass = PASS_GATHER;
        return;
    }
    diff->pass = PASS_LEAVES;
    diff->ends[diff->side].known_seq = moment->seq;
    if (!diff->then)
        diff->ends[SIDE_TO].known_seq = moment->seq;
}

static void take_moment(void *arg, enum moment_outcome outcome, struct moment *moment)
{
    struct diff_errand *errand = arg;
    struct diff *diff = errand->diff;
    bool shape;

    free(errand);
    if (!diff) {
        moment_free(moment);
        return;
    }
    diff->errand = NULL;
    shape = diff->phase <= DIFF_SHAPE_TO;
    if (moment)
        begin_moment(diff, moment);
    else if (outcome == MOMENT_NOTHING && shape && diff->ends[diff->phase].is_date)
        diff->phase++; /* nothing was there yet */
    else
        (void)fail_outcome(diff, outcome,
                           shape || diff->then ? fields[diff->phase % 2] : "knownAt");
    call_resume(diff->call);
}

/* What the phase loads. */
static struct moment_wish phase_wish(const struct diff *diff)
{
    struct moment_wish wish;
    enum side side = diff->phase % 2 ? SIDE_TO : SIDE_FROM;

    if (diff->phase <= DIFF_SHAPE_TO) {
        wish = diff->ends[side].wish;
        wish.structure = true;
    } else {
        wish = diff->then ? diff->ends[side].wish : diff->known;
        wish.today = diff->ends[side].day;
        wish.code = param_text(diff->call, "code");
        if (wish.code && !*wish.code)
            wish.code = NULL;
    }
    return wish;
}

static int load_moment(struct diff *diff)
{
    struct moment_wish wish = phase_wish(diff);
    int r;

    wish.strategy_id = diff->strategy_id;
    wish.uid = diff->call->peer.uid;
    wish.done = take_moment;
    wish.wanted = is_wanted;
    wish.arg = errand_new(diff);
    if (!wish.arg)
        return -ENOMEM;
    r = moments_load(diff->tracker->moments, &wish);
    if (r == 0)
        return -EAGAIN;
    free(STEAL(diff->errand));
    return fail_outcome(diff, r == -ENOTCONN ? MOMENT_AWAY : MOMENT_OVERLOADED, NULL);
}

/* --- what is taken from a moment --- */

static bool is_listed(const struct diff *diff, const struct node *node)
{
    while (node && node->id != diff->top)
        node = node->parent;
    return node != NULL;
}

static int gather_node(struct diff *diff, struct node *node)
{
    struct tree *tree = diff->moment->tree;
    bool listed = is_listed(diff, node);

    if (diff->phase > DIFF_SHAPE_TO)
        return listed
                   ? differences_note_standing(&diff->changes, diff->side, node,
                                               rules_result(tree, node, diff->ends[diff->side].day),
                                               listed)
                   : 0;
    /* Where nothing was before, all is new: that is said of the strategy. */
    if (diff->side == SIDE_TO && diff->ends[SIDE_FROM].seq == 0 && node->id != 0)
        return 0;
    return differences_note_shape(&diff->changes, diff->side, node, listed);
}

static int look_at(struct diff *diff, struct node *node)
{
    if (diff->pass == PASS_GATHER)
        return gather_node(diff, node);
    if (diff->pass == PASS_LEAVES ? node->n_children == 0 : node->level > 1)
        rules_result(diff->moment->tree, node, diff->ends[diff->side].day);
    return 0;
}

/* All nodes were looked at. */
static void next_pass(struct diff *diff)
{
    diff->node = 0;
    if (diff->pass != PASS_GATHER) {
        diff->pass++;
        return;
    }
    if (diff->phase == DIFF_KNOWN_FROM && !diff->then && diff->side == SIDE_FROM) {
        diff->side = SIDE_TO; /* the same tree, on the other day */
        diff->pass = PASS_LEAVES;
        return;
    }
    moment_free(STEAL(diff->moment));
    diff->phase += diff->phase == DIFF_KNOWN_FROM && !diff->then ? 2 : 1;
}

static int look_at_some(struct diff *diff)
{
    struct node *node;
    int r = 0;

    for (int n = 0; n < SLICE && r == 0; n++) {
        node = tree_next_node(diff->moment->tree, &diff->node);
        if (!node) {
            next_pass(diff);
            break;
        }
        r = look_at(diff, node);
    }
    return r < 0 ? r : pause_diff(diff);
}

/* --- the versions in between --- */

static const struct pg_statement versions_statement = {
    "node_versions",
    "SELECT id, due FROM goald.node WHERE strategy_id = $1::integer AND seq_from > $2::bigint"
    " AND seq_from <= $3::bigint ORDER BY seq_from",
    3};

static void versions_send(struct pg_job *job, struct pg *pg)
{
    const struct diff *diff = ((struct diff_errand *)job)->diff;
    char id[16], from[24], to[24];
    const char *params[] = {id, from, to};

    if (!diff)
        return;
    snprintf(id, sizeof(id), "%" PRId32, diff->strategy_id);
    snprintf(from, sizeof(from), "%" PRId64, diff->ends[SIDE_FROM].seq);
    snprintf(to, sizeof(to), "%" PRId64, diff->ends[SIDE_TO].seq);
    pg_query(pg, &versions_statement, params);
}

static void versions_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    ((struct diff_errand *)job)->versions = (PGresult *)(uintptr_t)result; /* it takes them */
}

static void note_versions(struct diff *diff, const PGresult *versions)
{
    for (int row = 0; row < PQntuples(versions); row++)
        differences_note_due(&diff->changes, row_int(versions, row, 0), row_date(versions, row, 1));
}

static void versions_done(struct pg_job *job, enum pg_outcome outcome,
                          const struct pg_error *error UNUSED)
{
    struct diff_errand *errand = (struct diff_errand *)job;
    struct diff *diff = errand->diff;

    if (diff) {
        diff->errand = NULL;
        if (outcome != PG_DONE) {
            (void)fail_outcome(diff, MOMENT_AWAY, NULL);
        } else {
            note_versions(diff, errand->versions);
            diff->phase++;
        }
        call_resume(diff->call);
    }
    PQclear(errand->versions);
    free(errand);
}

static int read_versions(struct diff *diff)
{
    struct diff_errand *errand;

    if (diff->ends[SIDE_FROM].seq == 0) { /* nothing was there to be changed */
        diff->phase++;
        return pause_diff(diff);
    }
    errand = errand_new(diff);
    if (!errand)
        return -ENOMEM;
    errand->job = (struct pg_job){.send = versions_send,
                                  .result = versions_result,
                                  .done = versions_done,
                                  .takes_results = true};
    pool_run(store_pool(diff->tracker->store), POOL_READ, &errand->job);
    return -EAGAIN;
}

/* --- what is told --- */

static void write_end(struct writer *writer, const char *key, const struct end *end)
{
    writer_begin_object(writer, key);
    describe_date(writer, "asOf", date_from_day(end->day));
    writer_int(writer, "seq", end->seq);
    writer_int(writer, "knownSeq", end->known_seq);
    writer_end_object(writer);
}

/* A member before and after: "dueBefore" and "due". */
static void write_states(struct writer *writer, const struct standing *from,
                         const struct standing *to)
{
    writer_text(writer, "stateBefore", from->known ? state_names[from->state] : NULL);
    writer_text(writer, "state", to->known ? state_names[to->state] : NULL);
    writer_text(writer, "scheduleBefore", from->known ? schedule_names[from->schedule] : NULL);
    writer_text(writer, "schedule", to->known ? schedule_names[to->schedule] : NULL);
    describe_number(writer, "progressBefore", from->known ? from->progress : (double)NAN);
    describe_number(writer, "progress", to->known ? to->progress : (double)NAN);
    describe_number(writer, "workBefore", from->known ? from->work : (double)NAN);
    describe_number(writer, "work", to->known ? to->work : (double)NAN);
}

static void write_shapes(struct writer *writer, const struct request *request,
                         const struct shape *from, const struct shape *to)
{
    writer_text(writer, "codeBefore", from->code);
    writer_text(writer, "parentBefore", from->parent);
    writer_text(writer, "parent", to->parent);
    if (from->known)
        describe_title(writer, "titleBefore", request, &from->titles);
    else
        writer_null(writer, "titleBefore");
    describe_date(writer, "startBefore", from->start);
    describe_date(writer, "start", to->start);
    describe_date(writer, "dueBefore", from->due);
    describe_date(writer, "due", to->due);
    describe_number(writer, "weightBefore", from->known ? from->weight : (double)NAN);
    describe_given(writer, "weight", to->known ? to->weight : (double)NAN);
}

static void write_change(struct writer *writer, const struct request *request,
                         const struct difference *change)
{
    const struct shape *name = difference_name(change);
    int32_t days;

    writer_begin_object(writer, "change");
    writer_text(writer, "code", name->code);
    writer_text(writer, "kind", kind_names[change->kind]);
    describe_title(writer, "title", request, &name->titles);
    writer_begin_array(writer, "what");
    for (int i = 0; change_names[i]; i++) {
        if (change->what & 1U << i)
            writer_text(writer, NULL, change_names[i]);
    }
    writer_end_array(writer);
    write_states(writer, &change->standing[SIDE_FROM], &change->standing[SIDE_TO]);
    write_shapes(writer, request, &change->shape[SIDE_FROM], &change->shape[SIDE_TO]);
    writer_int(writer, "dueMoves", change->due_moves);
    if (difference_due_days(change, &days))
        writer_int(writer, "dueDays", days);
    else
        writer_null(writer, "dueDays");
    writer_end_object(writer);
}

static int tell(struct diff *diff, const struct request *request, struct writer *writer)
{
    if (!diff->told_ends) {
        diff->told_ends = true;
        if (differences_settle(&diff->changes) < 0)
            return -ENOMEM;
        writer_begin_object(writer, NULL);
        write_end(writer, "from", &diff->ends[SIDE_FROM]);
        write_end(writer, "to", &diff->ends[SIDE_TO]);
        writer_end_object(writer);
        return 1;
    }
    if (diff->told == diff->changes.count)
        return 0;
    writer_begin_object(writer, NULL);
    write_change(writer, request, diff->changes.sorted[diff->told++]);
    writer_end_object(writer);
    return 1;
}

static int check_days(struct diff *diff)
{
    if (diff->phase == DIFF_KNOWN_FROM && diff->ends[SIDE_TO].day < diff->ends[SIDE_FROM].day)
        return fail_diff(diff, TRACKER_ERROR("InvalidValue"), "to", "it is before `from`");
    return 0;
}

static int diff_next(struct stream *stream, struct writer *writer)
{
    struct diff *diff = (struct diff *)stream;
    struct request request;

    if (stream->error)
        return -EIO;
    if (request_reopen(diff->call, diff->strategy_id, &request) < 0)
        return request_lost(diff->call, stream);
    if (diff->moment)
        return look_at_some(diff);
    if (diff->phase == DIFF_TELL)
        return tell(diff, &request, writer);
    if (check_days(diff) < 0)
        return -EIO;
    return diff->phase == DIFF_VERSIONS ? read_versions(diff) : load_moment(diff);
}

/* --- the method --- */

static const struct answer *read_end(const struct request *request, enum side side,
                                     struct end *ret_end)
{
    const char *text = param_text(request->call, fields[side]);
    struct date date;

    *ret_end = (struct end){.is_date = date_parse(text, &date) == 0};
    if (ret_end->is_date)
        ret_end->day = date_last_day(date);
    return past_known_at(request, fields[side], text, &ret_end->wish);
}

/* What was known: now, at each end, or at one time. What an entry or a time names is a moment of
 * the journal: without another word, what was known then counts. */
static const struct answer *read_known(const struct request *request, struct diff *diff)
{
    const char *text = param_text(request->call, "knownAt");

    if (text && strcmp(text, "then") != 0)
        return past_known_at(request, "knownAt", text, &diff->known);
    diff->then = text || !diff->ends[SIDE_FROM].is_date || !diff->ends[SIDE_TO].is_date;
    diff->known = (struct moment_wish){.present = true, .seq = request->tree->seq};
    return NULL;
}

const struct answer *method_list_changes(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    struct diff diff = {.stream = {.next = diff_next, .free = diff_free}, .call = call}, *kept;

    if (!answer)
        answer = read_end(&request, SIDE_FROM, &diff.ends[SIDE_FROM]);
    if (!answer)
        answer = read_end(&request, SIDE_TO, &diff.ends[SIDE_TO]);
    if (!answer)
        answer = read_known(&request, &diff);
    if (answer)
        return answer;
    if (!request.tracker->moments)
        return fail_unavailable(call);
    diff.tracker = request.tracker;
    diff.strategy_id = request.slot->id;
    diff.top = request.node->id;
    kept = malloc(sizeof(*kept));
    if (!kept)
        return fail_overloaded(call);
    *kept = diff;
    return call_stream(call, &kept->stream);
}
