/* The strategy's own attributes: ChangeStrategy. What the call does not name stays. */
#include <errno.h>
#include <string.h>

#include "methods/edit.h"
#include "methods/payload.h"
#include "methods/rows.h"
#include "methods/table.h"

static const char *const visibility_words[] = {"public", "members", NULL};

static const struct edit_field strategy_fields[] = {
    EDIT_VALUE("alias", TYPE_KEY, "alias"),
    EDIT_VALUE("issuer", TYPE_SHORT, "issuer"),
    EDIT_VALUE("calendar", TYPE_SHORT, "calendar"),
    EDIT_NEEDED("defaultLanguage", TYPE_LANGUAGE, "language"),
    {{"visibility", TYPE_WORD, true, visibility_words, NULL}, "visibility", 0, NULL},
    EDIT_VALUE("cadence", TYPE_DAYS, "cadence"),
    EDIT_TEXTS("titles", "title", "titles"),
    EDIT_VALUE("start", TYPE_DATE, "period_start"),
    EDIT_VALUE("end", TYPE_DATE, "period_end"),
    EDIT_NEEDED("acceptance", TYPE_FLAG, "acceptance"),
    EDIT_NEEDED("timeZone", TYPE_ZONE, "time_zone"),
    EDIT_KEPT("expected"),
    EDIT_KEPT("sectors"),
};

/* --- on arrival --- */

static int check_sector(struct edit *edit, const json_t *sector, size_t i)
{
    static const struct field key = {"key", TYPE_ID, true, NULL, NULL};
    static const struct field titles = {"titles", TYPE_TEXTS, false, NULL, NULL};
    static const struct field title = {"title", TYPE_SHORT, false, NULL, NULL};
    const struct field *const fields[] = {&key, &titles, &title};
    const struct place list = {NULL, "sectors", 0}, item = {&list, NULL, i};
    int r = 0;

    for (size_t f = 0; f < ARRAY_LEN(fields) && r == 0; f++) {
        const struct place place = {&item, fields[f]->name, 0};
        const json_t *value = json_object_get(sector, fields[f]->name);

        if (value && !json_is_null(value))
            r = value_check(fields[f], value, &place, &edit->refusal);
    }
    return r;
}

static int check_strategy(struct edit *edit, const struct request *request UNUSED)
{
    static const struct field counts = {"expected", TYPE_COUNTS, false, kind_names + 1, NULL};
    const struct place place = {NULL, "expected", 0};
    const json_t *expected = json_object_get(edit->call->parameters, "expected"), *sector;
    int r = 0;
    size_t i;

    if (expected && !json_is_null(expected))
        r = value_check(&counts, expected, &place, &edit->refusal);
    if (r < 0)
        return r;
    json_array_foreach (json_object_get(edit->call->parameters, "sectors"), i, sector) {
        r = check_sector(edit, sector, i);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- what is made of what is there --- */

/* The counts that are given in place of theirs; 0 takes one away. In the order of the kinds. */
static int take_expected(const struct edit *edit, json_t *base)
{
    const json_t *given = json_object_get(edit->call->parameters, "expected");
    const json_t *before = json_object_get(base, "expected");
    json_t *counts = json_object();

    for (size_t i = 0; kind_names[i]; i++) {
        json_t *count = json_object_get(given, kind_names[i]);

        if (!count)
            count = json_object_get(before, kind_names[i]);
        if (json_integer_value(count) > 0)
            json_object_set(counts, kind_names[i], count);
    }
    return json_object_set_new(base, "expected", counts) < 0 ? -ENOMEM : 0;
}

static int add_sector(struct edit *edit, json_t *sectors, const json_t *sector, size_t i)
{
    const char *key = json_string_value(json_object_get(sector, "key"));
    const json_t *title = json_object_get(sector, "title");
    json_auto_t *texts = json_object();
    char field[64];

    json_object_update(texts, json_object_get(sectors, key));
    json_object_update(texts, json_object_get(sector, "titles"));
    if (json_is_string(title))
        json_object_set(texts, edit->tree->strategy.language, (json_t *)title);
    snprintf(field, sizeof(field), "sectors[%zu].titles", i);
    if (json_object_size(texts) == 0)
        return edit_refuse(edit, field, "missing");
    return payload_texts(sectors, key, texts);
}

/* A sector that a node has stays. */
static int remove_sector(struct edit *edit, json_t *sectors, const char *key, size_t i)
{
    const struct node *node;
    char field[64];

    snprintf(field, sizeof(field), "removeSectors[%zu]", i);
    if (!json_object_get(sectors, key))
        return edit_refuse(edit, field, "the strategy has no sector \"%.100s\"", key);
    for (size_t at = 0; (node = tree_next_node(edit->tree, &at));) {
        if (words_have(node_sectors(node), key))
            return edit_refuse(edit, field, "%s has it", node->code);
    }
    json_object_del(sectors, key);
    return 0;
}

static int take_sectors(struct edit *edit, json_t *base)
{
    const json_t *before = json_object_get(base, "sectors"), *item;
    json_auto_t *sectors = json_object();
    size_t i;
    int r = 0;

    json_object_update(sectors, (json_t *)before);
    json_array_foreach (json_object_get(edit->call->parameters, "sectors"), i, item) {
        r = add_sector(edit, sectors, item, i);
        if (r < 0)
            return r;
    }
    json_array_foreach (json_object_get(edit->call->parameters, "removeSectors"), i, item) {
        r = remove_sector(edit, sectors, json_string_value(item), i);
        if (r < 0)
            return r;
    }
    json_object_del(base, "sectors");
    return json_object_size(sectors) ? payload_texts(base, "sectors", sectors) : 0;
}

static int check_alias(struct edit *edit, const struct slot *own)
{
    const char *alias = param_text(edit->call, "alias");
    const struct slot *slot = alias ? store_strategy(edit->plan->store, alias) : NULL;

    return slot && slot != own ? edit_exists(edit, "alias", alias) : 0;
}

/* One that is given: what is there already stays, whatever became of it. */
static int check_calendar(struct edit *edit)
{
    const char *name = param_text(edit->call, "calendar");
    struct workdays calendar;

    if (registry_workdays(edit->registry, name, &calendar) == 0)
        return 0;
    return edit_refuse(edit, "calendar", "there is no calendar \"%.100s\"", name);
}

static int check_period(struct edit *edit, const json_t *row)
{
    struct date start = {0}, end = {0};
    const char *from = json_string_value(json_object_get(row, "period_start"));
    const char *to = json_string_value(json_object_get(row, "period_end"));

    if (!from || !to || date_parse(from, &start) < 0 || date_parse(to, &end) < 0 ||
        date_last_day(end) >= date_first_day(start))
        return 0;
    return edit_refuse(edit, param_given(edit->call, "end") ? "end" : "start",
                       "end %s is before start %s", to, from);
}

static int plan_strategy(struct edit *edit)
{
    json_auto_t *old = row_of_strategy(edit->tree), *base = json_copy(old), *row = NULL;
    int r = check_alias(edit, edit->change.slot);

    if (r == 0)
        r = check_calendar(edit);
    if (r == 0)
        r = take_expected(edit, base);
    if (r == 0)
        r = take_sectors(edit, base);
    if (r == 0)
        r = edit_row(edit, base, &row);
    if (r == 0)
        r = check_period(edit, row);
    return r < 0 ? r : edit_put(edit, 0, edit->change.slot->key, old, row);
}

static const struct edit_kind changing = {.entity = "strategy",
                                          .fields = strategy_fields,
                                          .n_fields = ARRAY_LEN(strategy_fields),
                                          .check = check_strategy,
                                          .plan = plan_strategy};

const struct answer *method_change_strategy(struct call *call)
{
    return edit_submit(call, &changing);
}
