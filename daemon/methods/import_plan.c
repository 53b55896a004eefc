/* The order in which an import is planned; see import_plan.h. */
#include "methods/import_plan.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "db/zone.h"
#include "methods/import_internal.h"

int record_refuse(struct record *record, const char *name, const char *format, ...)
{
    const struct place place = {&record->place, name, 0};
    char message[256];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return refuse_at(record->planner->plan->refusal, &place, "%s", message);
}

int record_permit(struct record *record, int64_t node_id)
{
    const struct import_plan *plan = record->planner->plan;
    const struct node *node = plan->contributor ? tree_node(plan->tree, node_id) : NULL;

    if (!plan->contributor || (node && rights_contribute(plan->registry, plan->contributor,
                                                         plan->tree, node, record->planner->today)))
        return 0;
    return record_refuse(record, "node",
                         "not yours to report on: this needs a contributor to it (by assignment "
                         "or membership), or a manager");
}

int record_each(struct record *record, const char *name,
                int (*each)(struct record *record, const json_t *item, const struct place *place))
{
    const struct place list = {&record->place, name, 0};
    const json_t *items = field(record->json, name);
    size_t i;
    json_t *item;
    int r = 0;

    json_array_foreach (items, i, item) {
        const struct place place = {&list, NULL, i};

        r = each(record, item, &place);
        if (r < 0)
            break;
    }
    return r;
}

static int refuse_strategy(struct planner *planner, const char *message)
{
    return refuse_at(planner->plan->refusal, &(struct place){NULL, part_names[PART_STRATEGY], 0},
                     "%s", message);
}

/* The strategy's day decides what lies ahead: by the zone that the document gives it, or that it
 * has. */
static int find_today(struct planner *planner)
{
    size_t strategies = planner->document->parts[PART_STRATEGY].count;
    const struct tree *tree = planner->plan->tree;
    json_auto_t *strategy = NULL;
    const char *zone;
    int64_t until;

    if (strategies > 1 || (strategies == 0 && !tree))
        return refuse_strategy(planner, strategies ? "more than one" : "missing");
    strategy = strategies ? document_record(planner->document, PART_STRATEGY, 0) : NULL;
    zone = strategies ? field_text(strategy, "timeZone") : tree->strategy.time_zone;
    planner->key =
        strategies ? planner->document->parts[PART_STRATEGY].records[0].key : tree->strategy.key;
    if (!zone)
        return -ENOMEM;
    zone_day(zone, planner->plan->now, &planner->today, &until);
    return 0;
}

/* Of a document without a record of the strategy: those that it has. The others are noted as they
 * come. */
static int find_sectors(struct planner *planner)
{
    const struct strategy *strategy = planner->plan->tree ? &planner->plan->tree->strategy : NULL;
    size_t n = planner->document->parts[PART_STRATEGY].count ? 0 : strategy->n_sectors;

    planner->sectors = json_object();
    for (size_t i = 0; i < n && planner->sectors; i++) {
        const struct sector *sector = &strategy->sectors[i];

        if (json_object_set_new(planner->sectors, sector->key, texts_to_json(&sector->titles)) < 0)
            return -ENOMEM;
    }
    return planner->sectors ? 0 : -ENOMEM;
}

static int open_all(struct planner *planner)
{
    int r = find_today(planner);

    if (r == 0)
        r = find_sectors(planner);
    for (int part = 0; part < PART_COUNT && r == 0; part++) {
        size_t count = planner->document->parts[part].count;

        planner->fates[part] = calloc(count ? count : 1, 1);
        if (!planner->fates[part])
            return -ENOMEM;
    }
    return r == 0 ? names_open(planner) : r;
}

/* A new entity's id is its entry's seq: what others refer to comes first, in numbered order. */
static int number_registry(struct planner *planner)
{
    int64_t next = entries_next_seq(planner->plan->registry_entries);

    next = names_number(planner, PART_ORGANISATIONS, next);
    names_number(planner, PART_PERSONS, next);
    return 0;
}

static int number_strategy(struct planner *planner)
{
    int64_t next = entries_next_seq(planner->plan->strategy_entries);

    next = names_number(planner, PART_GROUPS, next);
    names_number(planner, PART_NODES, next);
    return 0;
}

static int count_fates(struct planner *planner)
{
    struct import_plan *plan = planner->plan;

    plan->added = plan->changed = plan->unchanged = 0;
    for (int part = 0; part < PART_COUNT; part++) {
        for (size_t i = 0; i < planner->document->parts[part].count; i++) {
            uint8_t fate = planner->fates[part][i];

            plan->added += fate == FATE_ADDED;
            plan->changed += fate == FATE_CHANGED;
            plan->unchanged += fate == FATE_UNCHANGED;
        }
    }
    return 0;
}

/* What is done in which order: of the whole, or of each of a part's records. */
static const struct step {
    int (*whole)(struct planner *planner); /* 1: to be called again */
    enum part part;
    int (*each)(struct planner *planner, enum part part, size_t index);
    int (*record)(struct record *record); /* read again from its text */
} steps[] = {
    {.whole = open_all},
    {.part = PART_ORGANISATIONS, .each = names_add},
    {.part = PART_PERSONS, .each = names_add},
    {.part = PART_GROUPS, .each = names_add},
    {.part = PART_NODES, .each = names_add},
    {.part = PART_UPDATES, .each = names_add},
    {.whole = number_registry},
    {.part = PART_ORGANISATIONS, .record = organisation_new},
    {.part = PART_PERSONS, .record = person_new},
    {.part = PART_ORGANISATIONS, .record = organisation_old},
    {.part = PART_PERSONS, .record = person_details},
    {.part = PART_STRATEGY, .record = strategy_put},
    {.whole = number_strategy},
    {.part = PART_GROUPS, .record = group_new},
    {.part = PART_NODES, .record = node_new},
    {.part = PART_GROUPS, .record = group_rest},
    {.whole = groups_shape},
    {.part = PART_STRATEGY, .record = strategy_rest},
    {.part = PART_NODES, .record = node_rest},
    {.whole = nodes_existing},
    {.whole = nodes_shape},
    {.whole = events_existing},
    {.part = PART_CLOSINGS, .record = closing_note},
    {.whole = events_sort},
    {.part = PART_UPDATES, .each = update_put},
    {.part = PART_CLOSINGS, .record = closing_put},
    {.part = PART_OBSERVATIONS, .each = names_add},
    {.part = PART_OBSERVATIONS, .record = observation_put},
    {.whole = count_fates},
};

static int call_record(struct planner *planner, const struct step *step, size_t index)
{
    json_auto_t *json = document_record(planner->document, step->part, index);
    struct record record = {.planner = planner, .part = step->part, .index = index, .json = json};

    if (!json)
        return -ENOMEM;
    record.place = place_of(step->part, index, &record.part_place);
    return step->record(&record);
}

/* Goes on with the step: 0 when it is through, 1 when there is more of it. */
static int step_on(struct planner *planner, const struct step *step, size_t *records)
{
    size_t count = planner->document->parts[step->part].count;
    int r = 0;

    if (step->whole)
        return step->whole(planner);
    while (*records > 0 && planner->at < count && r == 0) {
        r = step->each ? step->each(planner, step->part, planner->at)
                       : call_record(planner, step, planner->at);
        planner->at++;
        --*records;
    }
    return r < 0 ? r : planner->at < count;
}

int planner_new(struct import_plan *plan, struct planner **ret_planner)
{
    struct planner *planner = calloc(1, sizeof(*planner));

    if (!planner)
        return -ENOMEM;
    planner->plan = plan;
    planner->document = plan->document;
    *ret_planner = planner;
    return 0;
}

int planner_work(struct planner *planner, size_t records)
{
    int r = 0;

    while (planner->step < ARRAY_LEN(steps) && r == 0) {
        r = step_on(planner, &steps[planner->step], &records);
        if (r == 0) {
            planner->step++;
            planner->at = 0;
        }
    }
    return r;
}

void planner_free(struct planner *planner)
{
    if (!planner)
        return;
    names_done(planner);
    for (int part = 0; part < PART_COUNT; part++) {
        free(planner->fates[part]);
        free(planner->ids[part]);
    }
    graph_done(&planner->nodes);
    graph_done(&planner->groups);
    free(planner->events);
    json_decref(planner->sectors);
    free(planner);
}
