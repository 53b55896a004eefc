/* Parts of replies; see describe.h. */
#include "methods/describe.h"

#include <inttypes.h>
#include <math.h>

json_t *describe_number(double value)
{
    double rounded = round(value * 100) / 100;

    /* What is too large to be rounded has no decimals to lose. */
    return isfinite(rounded) ? json_real(rounded)
           : isfinite(value) ? json_real(value)
                             : json_null();
}

json_t *describe_share(double value)
{
    return isnan(value) ? json_null() : json_real(round(value * 1e4) / 1e4);
}

json_t *describe_date(struct date date)
{
    char text[DATE_TEXT_SIZE];

    return date_given(date) ? json_string(date_format(date, text)) : json_null();
}

json_t *describe_time(int64_t us)
{
    char text[TIME_TEXT_SIZE];

    return us ? json_string(time_format(us, text)) : json_null();
}

json_t *describe_title(const struct request *request, const struct texts *texts)
{
    const char *fallback = request->tree ? request->tree->strategy.language : NULL;

    return json_string(texts_get(texts, request->language, fallback));
}

json_t *describe_work(const struct result *result)
{
    return json_pack("{s:o,s:I,s:I,s:I,s:I}", "progress", describe_number(result->work), "total",
                     (json_int_t)result->total, "delivered", (json_int_t)result->delivered,
                     "overdue", (json_int_t)result->overdue, "reported",
                     (json_int_t)result->reported_count);
}

json_t *describe_closing(const struct closing *closing)
{
    if (!closing)
        return json_null();
    return json_pack("{s:o,s:s,s:s?}", "date", describe_date(closing->date), "how",
                     how_names[closing->how], "reason", closing->reason);
}

const char *describe_holder_key(const struct request *request, enum holder holder, int64_t id)
{
    const struct organisation *organisation;
    const struct person *person;
    const struct group *group;

    switch (holder) {
    case HOLDER_ORGANISATION:
        organisation = registry_organisation(request->registry, id);
        return organisation ? organisation->key : "";
    case HOLDER_PERSON:
        person = registry_person(request->registry, id);
        return person ? person->key : "";
    case HOLDER_GROUP:
        group = tree_group(request->tree, id);
        return group ? group->key : "";
    }
    return "";
}

const char *describe_holder_name(const struct request *request, enum holder holder, int64_t id)
{
    const char *language = request->language, *fallback = request->tree->strategy.language;
    const struct organisation *organisation;
    const struct person *person;
    const struct group *group;

    switch (holder) {
    case HOLDER_ORGANISATION:
        organisation = registry_organisation(request->registry, id);
        return organisation ? texts_get(&organisation->names, language, fallback) : "";
    case HOLDER_PERSON:
        person = registry_person(request->registry, id);
        return !person ? "" : person->name ? person->name : person->key;
    case HOLDER_GROUP:
        group = tree_group(request->tree, id);
        return group ? texts_get(&group->names, language, fallback) : "";
    }
    return "";
}

json_t *describe_holders(const struct request *request, const struct node *node, int role,
                         bool current)
{
    json_t *holders = json_array();

    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if ((role >= 0 && a->role != (enum role)role) ||
            (current && !rights_current(a->from, a->to, request->today)))
            continue;
        json_array_append_new(
            holders, json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "kind", holder_names[a->holder], "key",
                               describe_holder_key(request, a->holder, a->holder_id), "name",
                               describe_holder_name(request, a->holder, a->holder_id), "role",
                               role_names[a->role], "from", describe_date(a->from), "to",
                               describe_date(a->to)));
    }
    return holders;
}

/* The group's lead, else its chair, on the day; of a group whose term has ended, on its last. */
static const char *group_lead(const struct request *request, const struct group *group, bool ended)
{
    int32_t day = ended ? date_last_day(group->term_to) : request->today;
    const struct membership *m, *next, *best = NULL;

    HASH_ITER (by_id, request->tree->memberships, m, next) {
        if (m->group_id != group->id || (m->role != ROLE_LEAD && m->role != ROLE_CHAIR) ||
            !rights_current(m->from, m->to, day))
            continue;
        if (!best || (best->role == ROLE_CHAIR && m->role == ROLE_LEAD) ||
            (best->role == m->role && best->holder == HOLDER_ORGANISATION &&
             m->holder == HOLDER_PERSON))
            best = m;
    }
    return best ? describe_holder_name(request, best->holder, best->member_id) : NULL;
}

static json_t *describe_group(const struct request *request, int64_t id, const char *relation)
{
    const struct group *group = tree_group(request->tree, id);
    bool ended;

    if (!group)
        return NULL;
    ended = date_given(group->term_to) && request->today > date_last_day(group->term_to);
    return json_pack("{s:s,s:s,s:o,s:s,s:s?,s:o,s:o,s:b}", "key", group->key, "kind",
                     group_kind_names[group->kind], "name", describe_title(request, &group->names),
                     "relation", relation, "lead", group_lead(request, group, ended), "termFrom",
                     describe_date(group->term_from), "termTo", describe_date(group->term_to),
                     "ended", ended);
}

json_t *describe_groups(const struct request *request, const struct node *node)
{
    json_t *groups = json_array();

    for (uint32_t i = 0; i < node->n_aims; i++)
        json_array_append_new(groups, describe_group(request, node->aims[i]->group_id, "aim"));
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->holder == HOLDER_GROUP)
            json_array_append_new(groups,
                                  describe_group(request, a->holder_id, role_names[a->role]));
    }
    return groups;
}

json_t *describe_links(const struct node *node)
{
    json_t *links = json_array();

    for (uint32_t i = 0; i < node->n_links; i++) {
        const struct link *link = &node->links[i];

        json_array_append_new(links, json_pack("{s:s,s:s?,s:s}", "type", link->type, "title",
                                               link->title, "url", link->url));
    }
    return links;
}

json_t *describe_expected(const struct tree *tree, enum kind kind)
{
    uint32_t expected = tree->strategy.expected.of_kind[kind];

    return expected ? json_integer(expected) : json_null();
}

static json_t *owner_names(const struct request *request, const struct node *node)
{
    json_t *names = json_array();

    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->role == ROLE_OWNER && rights_current(a->from, a->to, request->today))
            json_array_append_new(
                names, json_string(describe_holder_name(request, a->holder, a->holder_id)));
    }
    return names;
}

static int depth_of(const struct node *node)
{
    int depth = 0;

    for (; node->parent; node = node->parent)
        depth++;
    return depth;
}

static json_t *days_left(const struct request *request, const struct node *node)
{
    return date_given(node->due) ? json_integer(-rules_days_late(node, request->today))
                                 : json_null();
}

json_t *describe_line(const struct request *request, struct node *node, double weight)
{
    struct tree *tree = request->tree;
    const struct node *worst = rules_worst_part(tree, node, request->today);
    const struct result *result = rules_result(tree, node, request->today);
    const struct update *last = rules_last_update(node, request->today);
    struct reporting targets = rules_reporting(tree, node, KIND_TARGET, request->today);

    return json_pack(
        "{s:s,s:s,s:s,s:o,s:i,s:s?,s:o,s:o,s:o,s:b,s:s,s:s,s:s?,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,"
        "s:o,s:o}",
        "strategy", request->slot->key, "code", node->code, "kind", kind_names[node->kind], "title",
        describe_title(request, &node->titles), "depth", depth_of(node), "parent",
        node->parent ? node->parent->code : NULL, "progress", describe_number(result->progress),
        "coverage", describe_share(result->coverage), "work", describe_work(result), "done",
        result->done, "schedule", schedule_names[result->schedule], "state",
        state_names[result->state], "worstPart", worst ? worst->code : NULL, "targets",
        (json_int_t)targets.total, "targetsReporting", (json_int_t)targets.reporting,
        "targetsExpected", node->id == 0 ? describe_expected(tree, KIND_TARGET) : json_null(),
        "start", describe_date(node->start), "due", describe_date(node->due), "daysLeft",
        days_left(request, node), "closing", describe_closing(result->closing), "lastUpdate",
        last ? describe_date(last->date) : json_null(), "owners", owner_names(request, node),
        "weight", describe_number(weight));
}

json_t *describe_account(const struct request *request, int64_t account_id)
{
    const struct account *account = registry_account(request->registry, account_id);
    const struct person *person;
    char text[300];

    if (account_id < 0)
        return json_sprintf("uid %" PRId64, -1 - account_id);
    if (!account)
        return json_null();
    person = account->person_id ? registry_person(request->registry, account->person_id) : NULL;
    if (person && person->name)
        return json_string(person->name);
    snprintf(text, sizeof(text), "%s:%" PRId64, account->realm, account->uid);
    return json_string(text);
}
