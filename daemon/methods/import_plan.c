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

int planner_each(struct planner *planner, enum part part, int (*each)(struct record *record))
{
    int r = 0;

    for (size_t i = 0; i < planner->document->parts[part].count && r == 0; i++) {
        json_auto_t *json = document_record(planner->document, part, i);
        struct record record = {.planner = planner, .part = part, .index = i, .json = json};

        if (!json)
            return -ENOMEM;
        record.place = place_of(part, i, &record.part_place);
        r = each(&record);
    }
    return r;
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

/* The strategy's day decides what lies ahead: by the zone that the document gives it. */
static int planner_open(struct planner *planner)
{
    size_t strategies = planner->document->parts[PART_STRATEGY].count;
    json_auto_t *strategy = NULL;
    const char *zone;
    int64_t until;

    if (strategies != 1)
        return refuse_strategy(planner, strategies ? "more than one" : "missing");
    strategy = document_record(planner->document, PART_STRATEGY, 0);
    zone = field_text(strategy, "timeZone");
    if (!zone)
        return -ENOMEM;
    zone_day(zone, planner->plan->now, &planner->today, &until);
    for (int part = 0; part < PART_COUNT; part++) {
        size_t count = planner->document->parts[part].count;

        planner->fates[part] = calloc(count ? count : 1, 1);
        if (!planner->fates[part])
            return -ENOMEM;
    }
    return 0;
}

static void planner_done(struct planner *planner)
{
    names_done(planner);
    for (int part = 0; part < PART_COUNT; part++)
        free(planner->fates[part]);
    graph_done(&planner->nodes);
    graph_done(&planner->groups);
    free(planner->events);
}

static int collect_names(struct planner *planner)
{
    static const enum part parts[] = {PART_ORGANISATIONS, PART_PERSONS, PART_GROUPS, PART_NODES,
                                      PART_UPDATES};
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(parts) && r == 0; i++)
        r = names_collect(planner, parts[i]);
    return r;
}

/* A new entity's id is its entry's seq: what others refer to comes first, in numbered order. */
static int plan_all(struct planner *planner)
{
    int r = plan_registry(planner);

    if (r == 0)
        r = plan_strategy(planner);
    if (r == 0) {
        int64_t next = entries_next_seq(planner->plan->strategy_entries);

        next = names_number(planner, PART_GROUPS, next);
        names_number(planner, PART_NODES, next);
        r = plan_groups_new(planner);
    }
    if (r == 0)
        r = plan_nodes_new(planner);
    if (r == 0)
        r = plan_groups(planner);
    if (r == 0)
        r = plan_nodes(planner);
    if (r == 0)
        r = plan_events(planner);
    return r;
}

static void count_fates(const struct planner *planner)
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
}

int import_plan(struct import_plan *plan)
{
    AUTO(planner_done) struct planner planner = {.plan = plan, .document = plan->document};
    int r = planner_open(&planner);

    if (r == 0)
        r = collect_names(&planner);
    if (r == 0)
        r = plan_all(&planner);
    if (r == 0)
        count_fates(&planner);
    return r;
}
