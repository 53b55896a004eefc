/* Filters: read once, then asked of each node, the cheap questions first; see filter.h. */
#include "methods/filter.h"

#include <errno.h>
#include <string.h>

#include "core/array.h"
#include "methods/fail.h"

#define VALUES_MAX 50 /* of one filter: each is asked of each node */
#define NO_DAY INT32_MIN

void filter_init(struct filter *filter)
{
    *filter =
        (struct filter){.due_before = NO_DAY, .due_after = NO_DAY, .due_within = -1, .top = -1};
}

void filter_done(struct filter *filter)
{
    free(filter->groups.items);
    free(filter->organisations.items);
    free(filter->persons.items);
    free(filter->holders.items);
    ids_done(&filter->related);
    filter_init(filter);
}

/* --- reading --- */

const struct answer *filter_read_words(struct call *call, const char *name,
                                       const char *const *names, int end, unsigned *ret_set)
{
    const json_t *words = json_object_get(call->parameters, name), *word;
    unsigned set = 0;
    size_t i;

    json_array_foreach (words, i, word) {
        int value = enum_parse(names, json_string_value(word));

        if (value < 0 || value >= end)
            return fail_value(call, name, "there is no %s \"%s\"", name, json_string_value(word));
        set |= 1U << value;
    }
    *ret_set = set;
    return NULL;
}

static const struct answer *read_all_words(struct call *call, struct filter *filter)
{
    const struct {
        const char *name;
        const char *const *names;
        int end; /* the first value that is not to be asked for */
        unsigned *set;
    } words[] = {
        {"kind", kind_names, KIND_INDICATOR + 1, &filter->kinds},
        {"stage", stage_names, STAGE_ONGOING + 1, &filter->stages},
        {"state", state_names, STATE_DONE + 1, &filter->states},
        {"schedule", schedule_names, SCHEDULE_RUNNING + 1, &filter->schedules},
        {"confidence", confidence_names, CONFIDENCE_HIGH + 1, &filter->confidences},
        {"role", role_names, ROLE_CHAIR, &filter->roles}, /* those from there on are members' */
        {"without", lack_names, LACK_SECTOR + 1, &filter->lacks},
    };
    const struct answer *answer = NULL;

    for (size_t i = 0; !answer && i < ARRAY_LEN(words); i++)
        answer = filter_read_words(call, words[i].name, words[i].names, words[i].end, words[i].set);
    return answer;
}

/* Adds who has the key: 1 if somebody has, 0 if not, -ENOMEM. What takes no part in the strategy
 * has none here. */
static int add_who(const struct request *request, enum holder holder, const char *key,
                   struct whos *whos)
{
    int64_t id;

    if (!holder_find(request, holder, key, &id))
        return 0;
    if (ARRAY_RESERVE(whos->items, whos->count) < 0)
        return -ENOMEM;
    whos->items[whos->count++] = (struct who){id, holder};
    return 1;
}

/* Those that the keys of a parameter name; the holders from `first` to `last` are tried. */
static const struct answer *read_whos(const struct request *request, const char *name,
                                      enum holder first, enum holder last, struct whos *whos)
{
    const json_t *keys = json_object_get(request->call->parameters, name), *key;
    size_t i;

    if (json_array_size(keys) > VALUES_MAX)
        return fail_value(request->call, name, "at most %d values", VALUES_MAX);
    json_array_foreach (keys, i, key) {
        int found = 0;

        for (enum holder holder = first; holder <= last; holder++) {
            int r = add_who(request, holder, json_string_value(key), whos);

            if (r < 0)
                return fail_overloaded(request->call);
            found |= r;
        }
        if (!found)
            return fail_no_key(request->call, json_string_value(key));
    }
    return NULL;
}

static const struct answer *read_all_whos(const struct request *request, struct filter *filter)
{
    const struct {
        const char *name;
        enum holder first, last;
        struct whos *whos;
    } whos[] = {
        {"group", HOLDER_GROUP, HOLDER_GROUP, &filter->groups},
        {"organisation", HOLDER_ORGANISATION, HOLDER_ORGANISATION, &filter->organisations},
        {"person", HOLDER_PERSON, HOLDER_PERSON, &filter->persons},
        {"holder", HOLDER_ORGANISATION, HOLDER_GROUP, &filter->holders},
    };
    const struct answer *answer = NULL;

    for (size_t i = 0; !answer && i < ARRAY_LEN(whos); i++)
        answer = read_whos(request, whos[i].name, whos[i].first, whos[i].last, whos[i].whos);
    return answer;
}

/* A date's first or last day. */
static const struct answer *read_day(struct call *call, const char *name,
                                     int32_t (*day_of)(struct date date), int32_t *ret_day)
{
    const char *text = param_text(call, name);
    struct date date;

    if (!text)
        return NULL;
    if (date_parse(text, &date) < 0)
        return fail_value(call, name, "not a date: \"%s\"", text);
    *ret_day = day_of(date);
    return NULL;
}

static const struct answer *read_sectors(const struct request *request, const json_t **ret_keys)
{
    const json_t *keys = json_object_get(request->call->parameters, "sector"), *key;
    size_t i;

    if (json_array_size(keys) > VALUES_MAX)
        return fail_value(request->call, "sector", "at most %d values", VALUES_MAX);
    json_array_foreach (keys, i, key) {
        if (!tree_sector(request->tree, json_string_value(key)))
            return fail_value(request->call, "sector", "the strategy has no sector \"%s\"",
                              json_string_value(key));
    }
    *ret_keys = json_array_size(keys) > 0 ? keys : NULL;
    return NULL;
}

const struct answer *filter_read(const struct request *request, struct filter *ret_filter)
{
    struct call *call = request->call;
    const struct answer *answer;

    filter_init(ret_filter);
    ret_filter->open = param_bool(call, "open");
    ret_filter->stale = param_bool(call, "stale");
    ret_filter->unevidenced = param_bool(call, "unevidenced");
    ret_filter->expired = param_bool(call, "expired");
    ret_filter->late = param_bool(call, "late");
    ret_filter->text = param_text(call, "text");
    answer = read_all_words(call, ret_filter);
    if (!answer)
        answer = read_day(call, "dueBefore", date_first_day, &ret_filter->due_before);
    if (!answer)
        answer = read_day(call, "dueAfter", date_last_day, &ret_filter->due_after);
    if (!answer)
        answer = read_all_whos(request, ret_filter);
    if (!answer)
        answer = read_sectors(request, &ret_filter->sectors);
    if (!answer && ret_filter->lacks & 1U << LACK_ACTIVITY &&
        lacks_related(request->tree, request->today, &ret_filter->related) < 0)
        answer = fail_overloaded(call);
    return answer;
}

/* --- asking --- */

static bool has_bit(unsigned set, int value)
{
    return set == 0 || set & 1U << value;
}

/* Is the node below `top`? */
static bool is_below(const struct node *node, int64_t top)
{
    for (node = node->parent; node; node = node->parent) {
        if (node->id == top)
            return true;
    }
    return false;
}

static bool whos_have(const struct whos *whos, enum holder holder, int64_t id)
{
    for (size_t i = 0; i < whos->count; i++) {
        if (whos->items[i].id == id && whos->items[i].holder == holder)
            return true;
    }
    return false;
}

/* Has one of them (NULL: anybody) such a role on the node today? To aim at it is no role. */
static bool has_role(const struct node *node, const struct whos *whos, unsigned roles, int32_t day)
{
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (has_bit(roles, a->role) && (!whos || whos_have(whos, a->holder, a->holder_id)) &&
            rights_current(a->from, a->to, day))
            return true;
    }
    for (uint32_t i = 0; whos && !roles && i < node->n_aims; i++) {
        if (whos_have(whos, HOLDER_GROUP, node->aims[i]->group_id))
            return true;
    }
    return false;
}

/* Those that are asked for have roles on the node: somebody of each filter. */
static bool fits_whos(const struct filter *filter, const struct node *node, int32_t day)
{
    const struct whos *all[] = {&filter->groups, &filter->organisations, &filter->persons,
                                &filter->holders};
    bool asked = false;

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i]->count == 0)
            continue;
        asked = true;
        if (!has_role(node, all[i], filter->roles, day))
            return false;
    }
    return asked || !filter->roles || has_role(node, NULL, filter->roles, day);
}

static bool node_has_text(const struct node *node, const char *text)
{
    if (text_has(node->code, text))
        return true;
    for (size_t i = 0; i < node->titles.count; i++) {
        if (text_has(node->titles.items[i].text, text))
            return true;
    }
    return false;
}

static bool fits_due(const struct filter *filter, const struct node *node)
{
    struct date due;
    int32_t day;

    if (filter->due_before == NO_DAY && filter->due_after == NO_DAY)
        return true;
    due = rules_due(node);
    if (!date_given(due))
        return false;
    day = date_last_day(due);
    return (filter->due_before == NO_DAY || day < filter->due_before) &&
           (filter->due_after == NO_DAY || day > filter->due_after);
}

/* Is its due date past, or the nearest one above it? */
static bool is_expired(const struct node *node, int32_t day)
{
    for (; node; node = node->parent) {
        struct date due = rules_due(node);

        if (date_given(due))
            return day > date_last_day(due);
    }
    return false;
}

static bool has_sector(const struct node *node, const json_t *keys)
{
    const struct words *sectors = node_sectors(node);
    const json_t *key;
    size_t i;

    if (!sectors)
        return false;
    json_array_foreach (keys, i, key) {
        if (words_have(sectors, json_string_value(key)))
            return true;
    }
    return false;
}

/* Is it to be done only after it is due, if it goes on like this? */
static bool will_be_late(const struct node *node, const struct result *result)
{
    struct date due = rules_due(node);

    return result->has_forecast && date_given(due) && result->forecast > date_last_day(due);
}

static bool fits_result(const struct filter *filter, const struct request *request)
{
    const struct node *node = request->node;
    const struct result *result = rules_result(request->tree, request->node, request->today);

    if (!has_bit(filter->states, result->state) || !has_bit(filter->schedules, result->schedule) ||
        !has_bit(filter->confidences, result->confidence))
        return false;
    if ((filter->open || filter->expired || filter->due_within >= 0) && !result_is_open(result))
        return false;
    if ((filter->stale && !result->stale) || (filter->late && !will_be_late(node, result)) ||
        (filter->unevidenced && result->evidence != EVIDENCE_MISSING))
        return false;
    return filter->due_within < 0 || (date_given(rules_due(node)) &&
                                      -rules_days_late(node, request->today) <= filter->due_within);
}

bool filter_fits(const struct filter *filter, const struct request *request)
{
    const struct node *node = request->node;

    return has_bit(filter->kinds, node->kind) && has_bit(filter->stages, node->stage) &&
           fits_due(filter, node) && (filter->top < 0 || is_below(node, filter->top)) &&
           (!filter->expired || is_expired(node, request->today)) &&
           (!filter->sectors || has_sector(node, filter->sectors)) &&
           fits_whos(filter, node, request->today) &&
           (!filter->text || node_has_text(node, filter->text)) && fits_result(filter, request) &&
           (!filter->lacks || lacks_any(filter->lacks, request->tree, request->node, request->today,
                                        &filter->related));
}
