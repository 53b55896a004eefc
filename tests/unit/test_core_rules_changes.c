/*
 * Results after changes: 2,000 random changes are applied to one tree, whose results are asked for
 * in between, and every few changes all its results are compared with those of a tree built anew
 * from the same rows. The rows live here, in a model that only remembers. Most nodes are children
 * of the first, which so has more than are summed up in one go.
 */
#include "core_builder.h"

#include "core/explain.h"

#define CHANGES 2000
#define COMPARE_EVERY 4
#define NODES 300
#define FIRST_NODES 250
#define ROWS 3000

/* A row that ended has id 0. */
struct update_row {
    struct update update; /* as given: superseded_by stays 0 */
    int64_t node_id, supersedes;
};
struct closing_row {
    struct closing closing;
    int64_t node_id;
};
struct observation_row {
    struct observation observation;
    int64_t node_id, supersedes;
};
struct contribution_row {
    int64_t id, from, to;
    double weight;
};

static struct model {
    struct strategy strategy;
    struct node_row nodes[NODES];
    char codes[NODES][12];
    struct update_row updates[ROWS];
    struct closing_row closings[ROWS];
    struct contribution_row contributions[ROWS];
    struct observation_row observations[ROWS];
    size_t n_updates, n_closings, n_contributions, n_observations;
} model;

static uint32_t random_state;

/* xorshift: the same changes in every run. */
static uint32_t pick(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % below;
}

static struct date some_date(void)
{
    struct date date = date_from_day(day_of("2024-06-30") + (int32_t)pick(400) - 200);

    if (pick(4) == 0)
        date.day = 0;
    if (pick(8) == 0)
        date.month = date.day = 0;
    return date;
}

static int32_t some_day(void)
{
    return day_of("2024-06-30") + (int32_t)pick(3) * 40;
}

static struct node_row *some_node(void)
{
    for (;;) {
        struct node_row *row = &model.nodes[pick(NODES)];
        if (row->id)
            return row;
    }
}

static bool has_children(int64_t id)
{
    for (size_t i = 0; i < NODES; i++)
        if (model.nodes[i].id && model.nodes[i].parent_id == id)
            return true;
    return false;
}

/* ---- the same row into a tree ---- */

static void load_updates(struct tree *to)
{
    for (size_t i = 0; i < model.n_updates; i++) {
        const struct update_row *row = &model.updates[i];
        if (row->update.id)
            assert_int_equal(
                tree_put_update(to, row->node_id, &row->update, row->supersedes, 1, NULL, NULL), 0);
    }
}

static void load_observations(struct tree *to)
{
    for (size_t i = 0; i < model.n_observations; i++) {
        const struct observation_row *row = &model.observations[i];
        if (row->observation.id)
            assert_int_equal(
                tree_put_observation(to, row->node_id, &row->observation, row->supersedes), 0);
    }
}

static struct tree *build_anew(void)
{
    struct tree *fresh;

    assert_int_equal(tree_new(1, &fresh), 0);
    assert_int_equal(tree_put_strategy(fresh, &model.strategy, &(struct texts){0}, 1), 0);
    for (size_t i = NODES; i-- > 0;)
        if (model.nodes[i].id)
            assert_int_equal(tree_put_node(fresh, &model.nodes[i]), 0);
    for (size_t i = 0; i < model.n_contributions; i++) {
        const struct contribution_row *row = &model.contributions[i];
        if (row->id)
            assert_int_equal(tree_put_contribution(fresh, row->id, row->from, row->to, row->weight),
                             0);
    }
    load_updates(fresh);
    load_observations(fresh);
    for (size_t i = 0; i < model.n_closings; i++)
        if (model.closings[i].closing.id)
            assert_int_equal(
                tree_put_closing(fresh, model.closings[i].node_id, &model.closings[i].closing), 0);
    assert_int_equal(tree_settle(fresh), 0);
    return fresh;
}

/* ---- random changes ---- */

static void change_update(void)
{
    static const double percents[] = {0, 10, 45, 90, 100};
    struct update_row *row = &model.updates[model.n_updates];
    const struct node *node = tree_node(tree, some_node()->id);

    *row = (struct update_row){.node_id = node->id};
    row->update = (struct update){
        .id = ++last_id,
        .percent = pick(3) ? percents[pick(5)] : (double)NAN,
        .date = some_date(),
        .state = pick(3) ? STATE_UNKNOWN : (uint8_t)(1 + pick(3)),
        .confidence = pick(2) ? CONFIDENCE_NONE : (uint8_t)(1 + pick(3)),
        .has_evidence = pick(3) == 0,
        .waits = pick(6) == 0,
    };
    if (node->n_updates > 0 && pick(3) == 0) {
        const struct update *old = &node->updates[pick(node->n_updates)];
        row->supersedes = old->superseded_by || row->update.waits ? 0 : old->id;
    }
    model.n_updates++;
    assert_int_equal(tree_put_update(tree, node->id, &row->update, row->supersedes, 1, NULL, NULL),
                     0);
}

static void accept_update(void)
{
    struct update_row *row =
        model.n_updates ? &model.updates[pick((uint32_t)model.n_updates)] : NULL;

    if (!row || !row->update.id || !row->update.waits)
        return;
    row->update.waits = false;
    assert_int_equal(tree_put_decision(tree, ++last_id, row->node_id, row->update.id, true, 0), 0);
}

static void change_observation(void)
{
    struct observation_row *row = &model.observations[model.n_observations];
    const struct node *node = tree_node(tree, some_node()->id);
    uint32_t n = node_measure(node) ? node_measure(node)->n_observations : 0;

    *row = (struct observation_row){.node_id = node->id};
    row->observation = (struct observation){
        .id = ++last_id, .date = some_date(), .value = pick(12), .has_breakdown = pick(4) == 0};
    if (n > 0 && pick(4) == 0) {
        const struct observation *old = &node_measure(node)->observations[pick(n)];
        row->supersedes = old->superseded_by ? 0 : old->id;
    }
    model.n_observations++;
    assert_int_equal(tree_put_observation(tree, node->id, &row->observation, row->supersedes), 0);
}

static void change_closing(void)
{
    struct closing_row *row = &model.closings[model.n_closings++];

    row->node_id = some_node()->id;
    row->closing = (struct closing){.id = ++last_id,
                                    .date = some_date(),
                                    .how = HOW_ACHIEVED + pick(4),
                                    .has_evidence = pick(2)};
    assert_int_equal(tree_put_closing(tree, row->node_id, &row->closing), 0);
}

static void change_contribution(void)
{
    struct contribution_row row = {
        .from = some_node()->id, .to = some_node()->id, .weight = 0.5 + pick(3)};

    if (tree_would_cycle(tree, tree_node(tree, row.from), tree_node(tree, row.to)))
        return;
    row.id = ++last_id;
    model.contributions[model.n_contributions++] = row;
    assert_int_equal(tree_put_contribution(tree, row.id, row.from, row.to, row.weight), 0);
}

static void end_contribution(void)
{
    if (model.n_contributions == 0)
        return;
    struct contribution_row *row = &model.contributions[pick((uint32_t)model.n_contributions)];
    if (row->id)
        tree_end_contribution(tree, row->from, row->id);
    row->id = 0;
}

static void change_attributes(void)
{
    struct node_row *row = some_node();

    row->start = pick(3) ? (struct date){0} : some_date();
    row->due = pick(2) ? (struct date){0} : some_date();
    row->cadence = pick(3) ? 0 : 1 + (int32_t)pick(200);
    row->weight = pick(2) ? (double)NAN : 0.5 + pick(3);
    row->kind = KIND_PRIORITY + pick(6);
    row->baseline = 0;
    row->target = pick(2) ? 10 : (double)NAN;
    tree_end_node(tree, row->id); /* the old version, as a refresh has it */
    assert_int_equal(tree_put_node(tree, row), 0);
}

static int64_t some_parent(void)
{
    return pick(5) ? model.nodes[0].id : pick(6) ? some_node()->id : 0;
}

static void move_node(void)
{
    struct node_row *row = some_node();
    int64_t parent_id = some_parent();

    if (tree_would_cycle(tree, tree_node(tree, row->id), tree_node(tree, parent_id)))
        return;
    row->parent_id = parent_id;
    assert_int_equal(tree_put_node(tree, row), 0);
}

static void add_node_at(uint32_t place)
{
    struct node_row *row = &model.nodes[place];

    if (row->id)
        return;
    snprintf(model.codes[place], sizeof model.codes[place], "n%u", place);
    *row = (struct node_row){
        .parent_id = some_parent(),
        .code = model.codes[place],
        .kind = KIND_PRIORITY + pick(6),
        .weight = (double)NAN,
        .baseline = 0,
        .target = 10,
    };
    row->id = ++last_id;
    assert_int_equal(tree_put_node(tree, row), 0);
}

static void add_node(void)
{
    add_node_at(pick(NODES));
}

static void end_node(void)
{
    struct node_row *row = some_node();

    if (row == &model.nodes[0] || has_children(row->id))
        return;
    for (size_t i = 0; i < model.n_updates; i++)
        if (model.updates[i].node_id == row->id)
            model.updates[i].update.id = 0;
    for (size_t i = 0; i < model.n_closings; i++)
        if (model.closings[i].node_id == row->id)
            model.closings[i].closing.id = 0;
    for (size_t i = 0; i < model.n_observations; i++)
        if (model.observations[i].node_id == row->id)
            model.observations[i].observation.id = 0;
    for (size_t i = 0; i < model.n_contributions; i++)
        if (model.contributions[i].from == row->id || model.contributions[i].to == row->id)
            model.contributions[i].id = 0;
    tree_end_node(tree, row->id);
    row->id = 0;
}

static void change_period(void)
{
    model.strategy.period_start = pick(2) ? (struct date){0} : some_date();
    model.strategy.period_end = pick(2) ? (struct date){0} : some_date();
    model.strategy.cadence = (int32_t)pick(3) * 100;
    assert_int_equal(tree_put_strategy(tree, &model.strategy, &(struct texts){0}, 1), 0);
}

static void change_anything(void)
{
    static void (*const changes[])(void) = {
        change_update,      change_update,
        change_update,      change_update,
        change_closing,     accept_update,
        accept_update,      change_observation,
        change_observation, change_contribution,
        end_contribution,   end_contribution,
        change_attributes,  move_node,
        move_node,          add_node,
        add_node,           end_node,
        change_period,
    };

    changes[pick(ARRAY_LEN(changes))]();
}

/* ---- comparing ---- */

static void assert_results_equal(const struct node *a, const struct node *b)
{
    const struct result *l = &a->result, *r = &b->result;

    assert_string_equal(a->code, b->code);
    assert_int_equal(l->part_count, r->part_count);
    assert_int_equal(l->total, r->total);
    assert_int_equal(l->delivered, r->delivered);
    assert_int_equal(l->overdue, r->overdue);
    assert_int_equal(l->reported_count, r->reported_count);
    assert_int_equal(l->done, r->done);
    assert_int_equal(l->source, r->source);
    assert_int_equal(l->schedule, r->schedule);
    assert_int_equal(l->state, r->state);
    assert_int_equal(l->reported, r->reported);
    assert_int_equal(l->paced, r->paced);
    assert_int_equal(l->parts, r->parts);
    assert_int_equal(l->confidence, r->confidence);
    assert_number(l->progress, r->progress);
    assert_number(l->percent, r->percent);
    assert_number(l->coverage, r->coverage);
    assert_number(l->work, r->work);
    assert_int_equal(l->closing ? l->closing->id : 0, r->closing ? r->closing->id : 0);
    assert_int_equal(a->counts_shared, b->counts_shared);
    assert_int_equal(a->n_void, b->n_void);
    assert_int_equal(a->n_percents, b->n_percents);
    assert_int_equal(a->n_linked, b->n_linked);
    assert_int_equal(l->evidence, r->evidence);
    assert_int_equal(l->stale, r->stale);
    assert_int_equal(l->last_activity, r->last_activity);
    assert_int_equal(l->has_forecast, r->has_forecast);
    assert_int_equal(l->forecast, r->forecast);
    assert_int_equal(l->targets, r->targets);
    assert_int_equal(l->targets_reporting, r->targets_reporting);
}

static int64_t id_of(const struct node *node)
{
    return node ? node->id : -1;
}

static void assert_reasons_equal(struct tree *fresh, struct node *a, struct node *b, int32_t day)
{
    struct reason left[REASONS_MAX], right[REASONS_MAX];
    size_t count = rules_reasons(tree, a, day, false, left);

    assert_int_equal(rules_reasons(fresh, b, day, false, right), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(left[i].kind, right[i].kind);
        assert_int_equal(left[i].days, right[i].days);
        assert_int_equal(left[i].count, right[i].count);
        assert_string_equal(left[i].code ? left[i].code : "", right[i].code ? right[i].code : "");
    }
    assert_int_equal(id_of(rules_worst_part(tree, a, day)), id_of(rules_worst_part(fresh, b, day)));
}

/* An explanation redoes the sum, whatever the tree. */
static void assert_explained(struct node *node, int32_t day)
{
    struct explanation e;
    uint32_t parts = 0;

    assert_int_equal(explain(tree, node, day, &e), 0);
    for (size_t i = 0; i < e.count; i++)
        parts += e.parts[i].left_out == LEFT_OUT_NOT;
    assert_int_equal(parts, node->result.part_count);
    if (e.counted > 0)
        assert_number(e.points / e.weight, node->result.progress);
    assert_int_equal(e.counted > 0, node->result.source == SOURCE_PARTS ||
                                        node->result.source == SOURCE_INDICATORS);
    assert_int_equal(!e.last_active, node->result.last_activity == DAY_NONE);
    explanation_done(&e);
}

static void assert_trees_equal(struct tree *fresh, int32_t day)
{
    AUTO(free_ptr) struct node **left = NULL, **right = NULL;

    assert_int_equal(tree_order(tree, &left), 0);
    assert_int_equal(tree_order(fresh, &right), 0);
    assert_int_equal(tree->node_count, fresh->node_count);
    assert_int_equal(tree->update_count, fresh->update_count);
    for (size_t i = 0; i < tree->node_count; i++) {
        rules_result(tree, left[i], day);
        rules_result(fresh, right[i], day);
        assert_results_equal(left[i], right[i]);
        assert_reasons_equal(fresh, left[i], right[i], day);
        assert_explained(left[i], day);
    }
}

/* The plain meaning of "distinct": go everywhere, note down the units. */
static void note_units(struct node *node, int32_t day, int64_t *units, size_t *count)
{
    AUTO(free_ptr) struct rules_part *parts = NULL;
    size_t n_parts;
    bool is_unit = kind_is_work(node->kind);

    assert_int_equal(rules_parts(tree, node, day, &parts, &n_parts), 0);
    for (size_t i = 0; i < n_parts; i++) {
        is_unit &= !kind_is_work(parts[i].node->kind);
        note_units(parts[i].node, day, units, count);
    }
    for (size_t i = 0; i < *count; i++)
        is_unit &= units[i] != node->id;
    if (is_unit)
        units[(*count)++] = node->id;
}

static void assert_counts_distinct(int32_t day)
{
    for (int i = 0; i < 3; i++) {
        struct node *node = tree_node(tree, some_node()->id);
        int64_t units[NODES];
        size_t count = 0;
        note_units(node, day, units, &count);
        assert_int_equal(rules_result(tree, node, day)->total, count);
    }
}

static void results_after_changes_are_those_of_a_fresh_tree(void **state UNUSED)
{
    random_state = 2463534242;
    memset(&model, 0, sizeof model);
    model.strategy.key = (char *)"plan";
    model.codes[0][0] = 'n';
    model.nodes[0] = (struct node_row){.id = ++last_id,
                                       .code = model.codes[0],
                                       .kind = KIND_PRIORITY,
                                       .weight = (double)NAN,
                                       .baseline = (double)NAN,
                                       .target = (double)NAN};
    assert_int_equal(tree_put_node(tree, &model.nodes[0]), 0);
    for (uint32_t i = 1; i < FIRST_NODES; i++)
        add_node_at(i);
    for (int i = 1; i <= CHANGES; i++) {
        assert_int_equal(tree_settle(tree), 0);
        change_anything();
        assert_int_equal(tree_settle(tree), 0);
        rules_result(tree, tree_node(tree, some_node()->id), some_day());
        if (i % COMPARE_EVERY != 0)
            continue;
        AUTO(tree_freep) struct tree *fresh = build_anew();
        int32_t day = some_day();
        assert_trees_equal(fresh, day);
        assert_counts_distinct(day);
    }
}

static void change_clears_only_what_depends_on_it(void **state UNUSED)
{
    int32_t day = day_of("2024");

    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    ADD("3", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("1.2", "1", TARGET);
    ADD("d", "1.1", DELIVERABLE);
    contribute("d", "2", 1);
    rules_result(tree, tree->root, day);
    report("d", "2024", 10);
    assert_false(node_of("d")->result.valid);
    assert_false(node_of("1.1")->result.valid);
    assert_false(node_of("1")->result.valid);
    assert_false(node_of("2")->result.valid);
    assert_false(tree->root->result.valid);
    assert_true(node_of("1.2")->result.valid);
    assert_true(node_of("3")->result.valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(results_after_changes_are_those_of_a_fresh_tree),
        BUILDER_TEST(change_clears_only_what_depends_on_it),
    };

    return cmocka_run_group_tests_name("core/rules: changes", tests, NULL, NULL);
}
