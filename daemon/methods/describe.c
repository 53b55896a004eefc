/* Parts of replies about nodes; see describe.h. */
#include "methods/describe.h"

#include <math.h>

#include "core/calendar.h"
#include "db/moment.h"

void describe_number(struct writer *writer, const char *key, double value)
{
    writer_decimal(writer, key, value, 2);
}

void describe_given(struct writer *writer, const char *key, double value)
{
    writer_decimal(writer, key, value, 6);
}

void describe_date(struct writer *writer, const char *key, struct date date)
{
    char text[DATE_TEXT_SIZE];

    writer_text(writer, key, date_given(date) ? date_format(date, text) : NULL);
}

void describe_day(struct writer *writer, const char *key, int32_t day)
{
    describe_date(writer, key, day == DAY_NONE ? (struct date){0} : date_from_day(day));
}

void describe_span(struct writer *writer, const char *key, struct span span)
{
    char text[SPAN_TEXT_SIZE];

    writer_text(writer, key, span_given(span) ? span_format(span, text) : NULL);
}

void describe_words(struct writer *writer, const char *key, const struct words *words)
{
    writer_begin_array(writer, key);
    for (size_t i = 0; words && i < words->count; i++)
        writer_text(writer, NULL, words->items[i]);
    writer_end_array(writer);
}

void describe_word(struct writer *writer, const char *key, const char *const *names, int value)
{
    writer_text(writer, key, value ? names[value] : NULL);
}

void describe_count(struct writer *writer, const char *key, int64_t count)
{
    if (count)
        writer_int(writer, key, count);
    else
        writer_null(writer, key);
}

static const char *title_of(const struct request *request, const struct texts *texts)
{
    return texts_get(texts, request->language, request->tree->strategy.language);
}

void describe_title(struct writer *writer, const char *key, const struct request *request,
                    const struct texts *texts)
{
    writer_text(writer, key, title_of(request, texts));
}

static void describe_work(struct writer *writer, const struct result *result)
{
    writer_begin_object(writer, "work");
    describe_number(writer, "progress", result->work);
    writer_int(writer, "total", result->total);
    writer_int(writer, "delivered", result->delivered);
    writer_int(writer, "overdue", result->overdue);
    writer_int(writer, "reported", result->reported_count);
    writer_end_object(writer);
}

void describe_standing(struct writer *writer, const struct result *result)
{
    describe_number(writer, "progress", result->progress);
    writer_decimal(writer, "coverage", result->coverage, 4);
    describe_work(writer, result);
    writer_bool(writer, "done", result->done);
    writer_text(writer, "schedule", schedule_names[result->schedule]);
    writer_text(writer, "state", state_names[result->state]);
}

void describe_outlook(struct writer *writer, const struct result *result)
{
    writer_text(writer, "evidence", evidence_names[result->evidence]);
    writer_bool(writer, "stale", result->stale);
    describe_day(writer, "forecast", result->has_forecast ? result->forecast : DAY_NONE);
}

void describe_closing(struct writer *writer, const char *key, const struct closing *closing)
{
    if (!closing) {
        writer_null(writer, key);
        return;
    }
    writer_begin_object(writer, key);
    describe_date(writer, "date", closing->date);
    writer_text(writer, "how", how_names[closing->how]);
    writer_text(writer, "reason", closing->reason);
    writer_text(writer, "note", closing->note);
    if (closing->evidence)
        writer_raw(writer, "evidence", closing->evidence);
    else
        writer_null(writer, "evidence");
    writer_end_object(writer);
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

void describe_share(struct writer *writer, const struct share *share)
{
    bool funds = share && *share->currency;

    describe_number(writer, "amount", funds ? share->amount : (double)NAN);
    writer_text(writer, "currency", funds ? share->currency : NULL);
    writer_text(writer, "note", share && *share->note ? share->note : NULL);
}

static void describe_holder(struct writer *writer, const struct request *request,
                            const struct assignment *a)
{
    writer_begin_object(writer, NULL);
    writer_text(writer, "kind", holder_names[a->holder]);
    writer_text(writer, "key", describe_holder_key(request, a->holder, a->holder_id));
    writer_text(writer, "name", describe_holder_name(request, a->holder, a->holder_id));
    writer_text(writer, "role", role_names[a->role]);
    describe_date(writer, "from", a->from);
    describe_date(writer, "to", a->to);
    describe_share(writer, a->share);
    writer_end_object(writer);
}

void describe_link(struct writer *writer, const char *key, const struct request *request,
                   const struct link *link)
{
    writer_begin_object(writer, key);
    writer_text(writer, "type", link->type);
    writer_text(writer, "title", link->title);
    writer_text(writer, "url", link->url);
    writer_text(writer, "owner",
                link->owner_id ? describe_holder_key(request, HOLDER_ORGANISATION, link->owner_id)
                               : NULL);
    writer_end_object(writer);
}

void describe_links(struct writer *writer, const char *key, const struct request *request)
{
    const struct node *node = request->node;

    writer_begin_array(writer, key);
    for (uint32_t i = 0; i < node->n_links; i++)
        describe_link(writer, NULL, request, &node->links[i]);
    writer_end_array(writer);
}

void describe_holders(struct writer *writer, const char *key, const struct request *request,
                      int role, bool current)
{
    const struct node *node = request->node;

    writer_begin_array(writer, key);
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if ((role < 0 || a->role == (enum role)role) &&
            (!current || rights_current(a->from, a->to, request->today)))
            describe_holder(writer, request, a);
    }
    writer_end_array(writer);
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

static void describe_group(struct writer *writer, const struct request *request, int64_t id,
                           const char *relation)
{
    const struct group *group = tree_group(request->tree, id);
    bool ended;

    if (!group)
        return;
    ended = date_given(group->term_to) && request->today > date_last_day(group->term_to);
    writer_begin_object(writer, NULL);
    writer_text(writer, "key", group->key);
    writer_text(writer, "kind", group_kind_names[group->kind]);
    describe_title(writer, "name", request, &group->names);
    writer_text(writer, "relation", relation);
    writer_text(writer, "lead", group_lead(request, group, ended));
    describe_date(writer, "termFrom", group->term_from);
    describe_date(writer, "termTo", group->term_to);
    writer_bool(writer, "ended", ended);
    writer_end_object(writer);
}

void describe_groups(struct writer *writer, const char *key, const struct request *request)
{
    const struct node *node = request->node;

    writer_begin_array(writer, key);
    for (uint32_t i = 0; i < node->n_aims; i++)
        describe_group(writer, request, node->aims[i]->group_id, "aim");
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->holder == HOLDER_GROUP)
            describe_group(writer, request, a->holder_id, role_names[a->role]);
    }
    writer_end_array(writer);
}

static void describe_owners(struct writer *writer, const struct request *request)
{
    const struct node *node = request->node;

    writer_begin_array(writer, "owners");
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->role == ROLE_OWNER && rights_current(a->from, a->to, request->today))
            writer_text(writer, NULL, describe_holder_name(request, a->holder, a->holder_id));
    }
    writer_end_array(writer);
}

static int depth_of(const struct node *node)
{
    int depth = 0;

    for (; node->parent; node = node->parent)
        depth++;
    return depth;
}

static void describe_targets(struct writer *writer, const struct request *request)
{
    const struct node *node = request->node;
    struct reporting targets =
        rules_reporting(request->tree, request->node, KIND_TARGET, request->today);

    writer_int(writer, "targets", targets.total);
    writer_int(writer, "targetsReporting", targets.reporting);
    describe_count(writer, "targetsExpected",
                   node->id == 0 ? request->tree->strategy.expected.of_kind[KIND_TARGET] : 0);
}

static void describe_dates(struct writer *writer, const struct request *request)
{
    const struct node *node = request->node;

    describe_date(writer, "start", node->start);
    describe_date(writer, "due", rules_due(node));
    if (date_given(rules_due(node)))
        writer_int(writer, "daysLeft", -rules_days_late(node, request->today));
    else
        writer_null(writer, "daysLeft");
}

void describe_line_with(struct writer *writer, const char *key, const struct request *request,
                        double weight, unsigned fields)
{
    struct node *node = request->node;
    const struct node *worst = rules_worst_part(request->tree, node, request->today);
    const struct result *result = rules_result(request->tree, node, request->today);
    const struct update *last = rules_last_update(node, request->today);

    writer_begin_object(writer, key);
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "code", node->code);
    writer_text(writer, "kind", kind_names[node->kind]);
    describe_title(writer, "title", request, &node->titles);
    writer_int(writer, "depth", depth_of(node));
    writer_text(writer, "parent", node->parent ? node->parent->code : NULL);
    describe_standing(writer, result);
    writer_text(writer, "worstPart", worst ? worst->code : NULL);
    describe_targets(writer, request);
    describe_dates(writer, request);
    describe_closing(writer, "closing", result->closing);
    describe_date(writer, "lastUpdate", last ? last->date : (struct date){0});
    describe_outlook(writer, result);
    describe_owners(writer, request);
    describe_given(writer, "weight", weight);
    describe_fields(writer, request, fields);
    writer_end_object(writer);
}

void describe_line(struct writer *writer, const char *key, const struct request *request,
                   double weight)
{
    describe_line_with(writer, key, request, weight, 0);
}

void describe_review(struct writer *writer, const char *key, const struct request *request,
                     const struct reviews *reviews)
{
    const struct review *last = reviews ? reviews_last(reviews, request->today) : NULL;

    if (!last) {
        writer_null(writer, key);
        return;
    }
    writer_begin_object(writer, key);
    describe_date(writer, "date", last->date);
    writer_text(writer, "by",
                last->holder_id ? describe_holder_name(request, last->holder, last->holder_id)
                                : NULL);
    describe_date(writer, "nextDue", calendar_review_due(reviews, request->today));
    writer_text(writer, "note", last->note);
    writer_end_object(writer);
}

static void write_contact(struct writer *writer, const struct request *request)
{
    char text[TIME_TEXT_SIZE];
    int64_t at =
        store_reachable(request->store) ? 0 : pool_last_contact_us(store_pool(request->store));

    writer_text(writer, "lastContact", at ? time_format(at, text) : NULL);
}

/* When the answer asked about was known; null: now. */
static void write_known_at(struct writer *writer, const struct request *request)
{
    const struct moment *moment = request->moment;
    char text[TIME_TEXT_SIZE];

    writer_text(writer, "knownAt",
                moment && moment->known_at ? time_format(moment->time_us, text) : NULL);
}

void describe_ground(struct writer *writer, const struct request *request)
{
    writer_int(writer, "seq", request->tree->seq);
    describe_date(writer, "asOf", date_from_day(request->today));
    write_known_at(writer, request);
    writer_int(writer, "ruleVersion", RULE_VERSION);
    write_contact(writer, request);
}
