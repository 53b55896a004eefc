/*
 * A whole load; see load.h. The results are those of whole statements, not of single rows, which
 * libpq makes far dearer; LOAD_SLICE keeps each small enough to be applied in one go.
 */
#include "db/load.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>

#include "core/rules.h"
#include "db/row.h"

/* Entries whose rows one statement reads: a few milliseconds' worth to apply. */
#define LOAD_SLICE 1000
/* What one turn of the loop may take for the work after the last row. */
#define STEP_US 2000
#define STEP_NODES 64 /* between two looks at the clock */
#define LARGE_BYTES 4096

enum load_stage {
    LOAD_EXTENTS,
    LOAD_ROWS,
    LOAD_KEPT,
    LOAD_SETTLE,
    LOAD_LEAVES,
    LOAD_NODES,
    LOAD_FREE,
    LOAD_OVER
};

/* A table and the statements of the pipeline that read it. */
struct extent {
    const struct table *table;
    int64_t first, last; /* of the seqs that made its rows; last 0: no rows */
    int end;             /* the first statement that is not its own */
};

struct load {
    struct slot *slot; /* NULL: a load aside */
    struct event_base *base;
    struct load_part part;
    struct rows kept;
    size_t item; /* of those: which is being applied, … */
    int row;     /* … from this row on */
    enum load_stage stage;
    struct extent *extents;
    size_t n_extents, at; /* at: whose results are due */
    int n_sent;
    struct target target; /* the fresh one; once it took its place: the old one */
    size_t node;          /* for tree_next_node() */
    struct event *turn;
    const struct load_calls *calls;
    void *arg;
};

static bool is_read(const struct load *load, const struct table *table)
{
    return table->of_registry == (load->part.strategy_id == 0) &&
           !(load->part.structure && table->is_reported);
}

static int load_init(struct load *load)
{
    load->extents = calloc(table_count, sizeof(*load->extents));
    if (!load->extents)
        return -ENOMEM;
    for (size_t i = 0; i < table_count; i++) {
        if (is_read(load, &tables[i]))
            load->extents[load->n_extents++].table = &tables[i];
    }
    if (load->part.strategy_id == 0)
        return registry_new(&load->target.registry);
    return tree_new(load->part.strategy_id, &load->target.tree);
}

static int load_make(struct slot *slot, struct event_base *base, const struct load_part *part,
                     struct load **ret_load)
{
    struct load *load = calloc(1, sizeof(*load));
    int r;

    if (!load)
        return -ENOMEM;
    load->slot = slot;
    load->base = base;
    load->part = *part;
    r = load_init(load);
    if (r < 0) {
        load_free(load);
        return r;
    }
    *ret_load = load;
    return 0;
}

int load_new(struct slot *slot, int64_t to, struct load **ret_load)
{
    const struct load_part whole = {.strategy_id = slot->id, .to = to};

    return load_make(slot, store_options(slot->store)->base, &whole, ret_load);
}

int load_new_aside(struct event_base *base, const struct load_part *part, struct load **ret_load)
{
    return load_make(NULL, base, part, ret_load);
}

void load_free(struct load *load)
{
    if (!load)
        return;
    if (load->turn)
        event_free(load->turn);
    tree_free(load->target.tree);
    registry_free(load->target.registry);
    rows_done(&load->kept);
    free(load->extents);
    free(load);
}

/* --- rows --------------------------------------------------------------------------------- */

/* What some nodes depend on: one statement a table. */
static void send_picks(struct load *load, struct pg *pg)
{
    char id[4], to[8];
    struct pg_value params[] = {param_int4(load->part.strategy_id, id),
                                param_int8(load->part.to, to), load->part.picks->below,
                                load->part.picks->all};
    struct pg_value of_all[] = {params[0], params[1], params[3]};

    for (size_t i = 0; i < load->n_extents; i++) {
        const struct table *table = load->extents[i].table;

        pg_query_binary(pg, &table->picked, table->picks_above ? of_all : params);
        load->extents[i].end = (int)i + 1;
    }
    load->stage = LOAD_ROWS;
}

void load_send(struct load *load, struct pg *pg)
{
    char id[16], to[24];
    const char *params[] = {id, to};

    load->n_sent = (int)load->n_extents;
    if (load->part.picks) {
        send_picks(load, pg);
        return;
    }
    snprintf(id, sizeof(id), "%" PRId32, load->part.strategy_id);
    snprintf(to, sizeof(to), "%" PRId64, load->part.to);
    for (size_t i = 0; i < load->n_extents; i++)
        pg_query(pg, &load->extents[i].table->extent, params);
}

static int64_t last_of_slice(const struct extent *extent, int64_t seq)
{
    return extent->last - seq < LOAD_SLICE ? extent->last : seq - 1 + LOAD_SLICE;
}

static void send_slices(struct load *load, struct extent *extent, struct pg *pg)
{
    char id[16], from[24], until[24], to[24];
    const char *params[] = {id, from, until, to};

    snprintf(id, sizeof(id), "%" PRId32, load->part.strategy_id);
    snprintf(to, sizeof(to), "%" PRId64, load->part.to);
    for (int64_t seq = extent->first; extent->last > 0 && seq <= extent->last; seq += LOAD_SLICE) {
        snprintf(from, sizeof(from), "%" PRId64, seq - 1);
        snprintf(until, sizeof(until), "%" PRId64, last_of_slice(extent, seq));
        pg_query(pg, &extent->table->born, params);
        load->n_sent++;
    }
    extent->end = load->n_sent;
}

bool load_more(struct load *load, struct pg *pg)
{
    int before = load->n_sent;

    if (load->stage != LOAD_EXTENTS)
        return false;
    load->stage = LOAD_ROWS;
    for (size_t i = 0; i < load->n_extents; i++)
        send_slices(load, &load->extents[i], pg);
    return load->n_sent > before;
}

int load_result(struct load *load, int index, const PGresult *result)
{
    if (load->stage == LOAD_EXTENTS) {
        load->extents[index].first = row_int(result, 0, 0);
        load->extents[index].last = row_int(result, 0, 1);
        return 0;
    }
    while (load->extents[load->at].end <= index)
        load->at++;
    return rows_apply(&load->target, load->extents[load->at].table, false, result);
}

int load_take(struct load *load, int index, PGresult *result)
{
    int r;

    if (!load->part.picks) {
        r = load_result(load, index, result);
        PQclear(result);
        return r;
    }
    return rows_keep(&load->kept, load->extents[index].table, result);
}

/* --- after the last row ------------------------------------------------------------------- */

/* As many rows as one look at the clock is worth; 1: there are more. */
static int apply_kept(struct load *load)
{
    const struct rows_item *item = &load->kept.items[load->item];
    int left, r;

    if (load->item == load->kept.count)
        return 0;
    left = PQntuples(item->result) - load->row;
    r = rows_apply_some(&load->target, item->table, item->result, load->row,
                        left < STEP_NODES ? left : STEP_NODES);
    if (r < 0)
        return r;
    load->row += STEP_NODES;
    if (left <= STEP_NODES) {
        load->item++;
        load->row = 0;
    }
    return 1;
}

static int settle_kept(struct load *load)
{
    int r = apply_kept(load);

    if (r != 0)
        return r;
    rows_done(&load->kept);
    load->stage = LOAD_SETTLE;
    return 0;
}

static void swap(struct load *load)
{
    struct slot *slot = load->slot;
    struct target old = {.tree = slot->tree, .registry = slot->registry};

    slot->tree = load->target.tree;
    slot->registry = load->target.registry;
    load->target = old;
}

static int settle(struct load *load)
{
    struct tree *tree = load->target.tree;
    int r = tree ? tree_settle_some(tree, STEP_NODES) : 0;

    if (r != 0)
        return r;
    if (!load->slot) {
        if (load->part.picks)
            tree_forget_texts(tree); /* which were not read */
        load->stage = tree && !load->part.structure ? LOAD_LEAVES : LOAD_OVER;
        return 0;
    }
    swap(load);
    load->stage = LOAD_LEAVES;
    return load->calls->swapped(load->arg);
}

/* The leaves' results first, then those of all nodes but the uppermost: no step costs much, and
 * whoever asks first waits only for the few that are left. */
static bool work_out_some(struct load *load)
{
    struct tree *tree = load->slot ? load->slot->tree : load->target.tree;
    int32_t day = load->slot ? slot_today(load->slot) : load->part.day;
    struct node *node;

    for (int n = 0; tree && n < STEP_NODES; n++) {
        node = tree_next_node(tree, &load->node);
        if (!node)
            return false;
        if (load->stage == LOAD_LEAVES ? node->n_children == 0 : node->level > 1)
            rules_result(tree, node, day);
    }
    return tree != NULL;
}

/* True when all is gone. glibc puts freed small blocks aside and joins them with their neighbours
 * when a large one is asked for, all at once: here that happens after each step. */
bool load_free_some(struct tree *old)
{
    bool gone = !old || tree_free_some(old, STEP_NODES);
    void *volatile large = malloc(LARGE_BYTES);

    free(large);
    return gone;
}

static int step(struct load *load)
{
    switch (load->stage) {
    case LOAD_KEPT:
        return settle_kept(load);
    case LOAD_SETTLE:
        return settle(load);
    case LOAD_LEAVES:
    case LOAD_NODES:
        if (!work_out_some(load)) {
            load->stage = load->stage == LOAD_LEAVES ? LOAD_NODES
                          : load->slot               ? LOAD_FREE
                                                     : LOAD_OVER;
            load->node = 0;
        }
        return 0;
    case LOAD_FREE:
        if (load_free_some(load->target.tree)) {
            load->target.tree = NULL;
            load->stage = LOAD_OVER;
        }
        return 0;
    default:
        return 0;
    }
}

static void take_turn(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    static const struct timeval next_turn = {0};
    struct load *load = arg;
    int64_t until = monotonic_us() + STEP_US;
    int r = 0;

    while (r >= 0 && load->stage != LOAD_OVER && monotonic_us() < until)
        r = step(load);
    if (r < 0 || load->stage == LOAD_OVER)
        load->calls->over(load->arg, r < 0 ? r : 0);
    else
        evtimer_add(load->turn, &next_turn);
}

int load_finish(struct load *load, const struct load_calls *calls, void *arg)
{
    load->calls = calls;
    load->arg = arg;
    load->stage = load->part.picks ? LOAD_KEPT : LOAD_SETTLE;
    load->turn = evtimer_new(load->base, take_turn, load);
    if (!load->turn)
        return -ENOMEM;
    event_active(load->turn, EV_TIMEOUT, 0);
    return 0;
}

struct target load_steal(struct load *load)
{
    struct target target = load->target;

    load->target = (struct target){0};
    return target;
}

int load_failed_row(const struct load *load)
{
    return load->target.row;
}

int64_t load_unsettled_seq(const struct load *load)
{
    const struct node *node = load->target.tree ? tree_untied(load->target.tree) : NULL;

    return node ? node->seq_from : 0;
}
