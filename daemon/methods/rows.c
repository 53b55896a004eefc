/* Rows from what is in memory; see rows.h. */
#include "methods/rows.h"

#include <math.h>

static int put(json_t *row, const char *column, json_t *value)
{
    return json_object_set_new(row, column, value);
}

static int put_date(json_t *row, const char *column, struct date date)
{
    char text[DATE_TEXT_SIZE];

    return date_given(date) ? put(row, column, json_string(date_format(date, text))) : 0;
}

static int put_number(json_t *row, const char *column, double value)
{
    return isnan(value) ? 0 : put(row, column, json_real(value));
}

/* A word of an enumeration whose value 0 is none. */
static int put_word(json_t *row, const char *column, const char *const *names, int value)
{
    return value ? put(row, column, json_string(names[value])) : 0;
}

static int put_text(json_t *row, const char *column, const char *text)
{
    return text && *text ? put(row, column, json_string(text)) : 0;
}

static int put_id(json_t *row, const char *column, int64_t id)
{
    return put(row, column, json_integer(id));
}

static int put_count(json_t *row, const char *column, int64_t value)
{
    return value ? put(row, column, json_integer(value)) : 0;
}

static int put_span(json_t *row, const char *column, struct span span)
{
    char text[SPAN_TEXT_SIZE];

    return span_given(span) ? put(row, column, json_string(span_format(span, text))) : 0;
}

static int put_words(json_t *row, const char *column, const struct words *words)
{
    return words ? put(row, column, words_to_json(words)) : 0;
}

static int put_measure(json_t *row, const struct measure *measure)
{
    int r;

    if (!measure)
        return 0;
    r = put_number(row, "baseline", measure->baseline);
    r |= put_number(row, "target", measure->target);
    r |= put_text(row, "unit", measure->unit);
    r |= put_word(row, "direction", direction_names, measure->direction);
    return r;
}

/* The row, unless something could not be put into it. */
static json_t *finish(json_t *row, int failed)
{
    if (failed == 0)
        return row;
    json_decref(row);
    return NULL;
}

json_t *row_of_node(const struct node *node)
{
    json_t *row = json_object();
    int r = put(row, "parent_id", json_integer(node->parent_id));

    r |= put(row, "titles", texts_to_json(&node->titles));
    r |= put_word(row, "kind", kind_names, node->kind);
    r |= put_word(row, "stage", stage_names, node->stage);
    r |= put_date(row, "start", node->start);
    r |= put_date(row, "due", node->due);
    r |= put_span(row, "due_after", node_due_after(node));
    r |= put_count(row, "cadence", node->cadence);
    r |= put_number(row, "weight", node->weight);
    r |= put_measure(row, node_measure(node));
    r |= put_words(row, "sectors", node_sectors(node));
    return finish(row, r);
}

json_t *row_of_closing(const struct node *node, const struct closing *closing)
{
    json_t *row = json_object();
    int r = put_id(row, "node_id", node->id);

    r |= put_date(row, "date", closing->date);
    r |= put_word(row, "how", how_names, closing->how);
    r |= put_text(row, "reason", closing->reason);
    r |= put_text(row, "note", closing->note);
    if (closing->has_evidence)
        r |= put(row, "evidence", json_loads(closing->evidence, 0, NULL));
    return finish(row, r);
}

json_t *row_of_assignment(const struct node *node, const struct assignment *assignment)
{
    const struct share *share = assignment->share;
    json_t *row = json_object();
    int r = put_id(row, "node_id", node->id);

    r |= put_text(row, "holder", holder_names[assignment->holder]);
    r |= put_id(row, "holder_id", assignment->holder_id);
    r |= put_text(row, "role", role_names[assignment->role]);
    r |= put_date(row, "from", assignment->from);
    r |= put_date(row, "to", assignment->to);
    if (share) {
        r |= put_text(row, "currency", share->currency);
        r |= put_text(row, "note", share->note);
        r |= put_number(row, "amount", share->amount);
    }
    return finish(row, r);
}

json_t *row_of_link(const struct node *node, const struct link *link)
{
    json_t *row = json_object();
    int r = put_id(row, "node_id", node->id);

    r |= put_text(row, "type", link->type);
    r |= put_text(row, "title", link->title);
    r |= put_text(row, "url", link->url);
    r |= put_count(row, "owner_id", link->owner_id);
    return finish(row, r);
}

json_t *row_of_contribution(const struct contribution *contribution)
{
    json_t *row = json_object();
    int r = put_id(row, "from_id", contribution->from->id);

    r |= put_id(row, "to_id", contribution->to->id);
    r |= put_number(row, "weight", contribution->weight);
    return finish(row, r);
}

json_t *row_of_review(const char *subject, int64_t subject_id, const struct review *review)
{
    json_t *row = json_object();
    int r = put_text(row, "subject", subject);

    r |= put_id(row, "subject_id", subject_id);
    r |= put_date(row, "date", review->date);
    r |= put_text(row, "note", review->note);
    if (review->holder_id) {
        r |= put_text(row, "holder", holder_names[review->holder]);
        r |= put_id(row, "holder_id", review->holder_id);
    }
    r |= put_span(row, "every", review->every);
    return finish(row, r);
}

static json_t *offsets_to_json(const struct reminder_rule *rule)
{
    json_t *offsets = json_array();

    for (uint32_t i = 0; i < rule->n_offsets; i++)
        json_array_append_new(offsets, json_integer(rule->offsets[i]));
    return offsets;
}

json_t *row_of_reminder_rule(enum remind_rule rule, const struct reminder_setting *setting)
{
    json_t *row = json_object();
    int r = put_text(row, "rule", remind_rule_names[rule]);

    r |= put(row, "off", json_boolean(setting->off));
    if (setting->has_offsets)
        r |= put(row, "offsets", offsets_to_json(&setting->rule));
    if (setting->has_every)
        r |= put_id(row, "every", setting->rule.every);
    if (setting->has_working)
        r |= put(row, "working", json_boolean(setting->rule.working));
    return finish(row, r);
}

static json_t *sectors_to_json(const struct strategy *strategy)
{
    json_t *sectors = json_object();

    for (size_t i = 0; i < strategy->n_sectors; i++)
        json_object_set_new(sectors, strategy->sectors[i].key,
                            texts_to_json(&strategy->sectors[i].titles));
    return sectors;
}

static json_t *expected_to_json(const struct expected *expected)
{
    json_t *counts = json_object();

    for (size_t i = 0; kind_names[i]; i++)
        if (expected->of_kind[i])
            json_object_set_new(counts, kind_names[i], json_integer(expected->of_kind[i]));
    return counts;
}

json_t *row_of_strategy(const struct tree *tree)
{
    const struct strategy *strategy = &tree->strategy;
    json_t *row = json_object();
    int r = put_text(row, "alias", strategy->alias);

    r |= put_text(row, "issuer", strategy->issuer);
    r |= put_text(row, "calendar", strategy->calendar);
    r |= put_text(row, "language", strategy->language);
    r |= put_text(row, "visibility", strategy->members_only ? "members" : "public");
    r |= put_count(row, "cadence", strategy->cadence);
    r |= put(row, "titles", texts_to_json(&tree->root->titles));
    r |= put_date(row, "period_start", strategy->period_start);
    r |= put_date(row, "period_end", strategy->period_end);
    r |= put(row, "acceptance", json_boolean(strategy->acceptance));
    r |= put_text(row, "time_zone", strategy->time_zone);
    r |= put(row, "expected", expected_to_json(&strategy->expected));
    if (strategy->n_sectors)
        r |= put(row, "sectors", sectors_to_json(strategy));
    return finish(row, r);
}

json_t *row_of_group(const struct group *group)
{
    json_t *row = json_object();
    int r = put(row, "kind", json_string(group_kind_names[group->kind]));

    r |= put_text(row, "type", group->type);
    r |= put_words(row, "areas", group->areas);
    r |= put(row, "names", texts_to_json(&group->names));
    r |= put_count(row, "parent_id", group->parent_id);
    r |= put_date(row, "term_from", group->term_from);
    r |= put_date(row, "term_to", group->term_to);
    r |= put_text(row, "mailbox", group->mailbox);
    return finish(row, r);
}

json_t *row_of_membership(const struct membership *m)
{
    json_t *row = json_object();
    int r = put(row, "group_id", json_integer(m->group_id));

    r |= put(row, "holder", json_string(holder_names[m->holder]));
    r |= put(row, "holder_id", json_integer(m->member_id));
    r |= put_count(row, "via_id", m->via_id);
    r |= put_text(row, "seat", m->seat);
    r |= put(row, "role", json_string(role_names[m->role]));
    r |= put_date(row, "from", m->from);
    r |= put_date(row, "to", m->to);
    r |= put_text(row, "source", m->source);
    r |= put_text(row, "area", m->area);
    return finish(row, r);
}

json_t *row_of_organisation(const struct organisation *organisation)
{
    json_t *row = json_object();
    int r = put(row, "names", texts_to_json(&organisation->names));

    r |= put_text(row, "mailbox", organisation->mailbox);
    return finish(row, r);
}

json_t *row_of_person(const struct person *person)
{
    json_t *row = json_object();

    return finish(row, put_text(row, "language", person->language));
}

json_t *row_of_affiliation(const struct affiliation *a)
{
    json_t *row = json_object();
    int r = put(row, "person_id", json_integer(a->person_id));

    r |= put(row, "organisation_id", json_integer(a->organisation_id));
    r |= put(row, "as", json_string(a->reporter ? "reporter" : "member"));
    r |= put_date(row, "from", a->from);
    r |= put_date(row, "to", a->to);
    return finish(row, r);
}

json_t *row_of_days_off(const struct days_off *days_off)
{
    json_t *row = json_object(), *days = json_array();
    char text[DATE_TEXT_SIZE];
    int r = put(row, "days", days);

    for (size_t i = 0; i < days_off->n_days && r == 0; i++)
        r = json_array_append_new(days,
                                  json_string(date_format(date_from_day(days_off->days[i]), text)));
    r |= put_text(row, "source", days_off->source);
    return finish(row, r);
}
