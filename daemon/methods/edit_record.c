/*
 * What is recorded of a day: RecordReview (who looked at a node or a group, and how soon again) and
 * RecordObservation (an indicator's value). A review is changed under its day; an observation is
 * never overwritten: a correction supersedes it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "methods/edit.h"
#include "methods/payload.h"
#include "methods/rows.h"
#include "methods/table.h"

/* --- reviews --- */

static const struct edit_field review_fields[] = {
    EDIT_KEPT("subject"),
    EDIT_KEPT("subject_id"),
    EDIT_VALUE("date", TYPE_DATE, "date"),
    EDIT_VALUE("note", TYPE_LONG, "note"),
    EDIT_KEPT("holder"),
    EDIT_KEPT("holder_id"),
    EDIT_VALUE("every", TYPE_SPAN_TEXT, "every"),
};

static int check_review(struct edit *edit, const struct request *request UNUSED)
{
    if (param_given(edit->call, "group") && param_given(edit->call, "code"))
        return edit_refuse(edit, "group", "a node is named too");
    return 0;
}

/* What was reviewed: the group if one is named, else the node. */
static int find_subject(struct edit *edit, const char **ret_subject, int64_t *ret_id,
                        const struct reviews **ret_reviews)
{
    const char *group = param_text(edit->call, "group");
    int r = group ? edit_resolve(edit, "group", REFERS_GROUP, group, ret_id) : 0;

    if (r < 0)
        return r;
    *ret_subject = group ? "group" : "node";
    if (!group)
        *ret_id = edit->node_id;
    *ret_reviews = group ? group_reviews(edit->tree, *ret_id) : node_reviews(edit->node);
    return 0;
}

static const struct review *review_of_day(const struct reviews *reviews, const char *day)
{
    char text[DATE_TEXT_SIZE];

    for (uint32_t i = 0; reviews && i < reviews->count; i++)
        if (strcmp(date_format(reviews->items[i].date, text), day) == 0)
            return &reviews->items[i];
    return NULL;
}

/* Who reviewed it, if that is said. */
static int take_reviewer(struct edit *edit, json_t *base)
{
    enum holder holder;
    int64_t id;
    int r = param_given(edit->call, "by") ? edit_holder(edit, "by", &holder, &id) : 0;

    if (r < 0 || !param_given(edit->call, "by"))
        return r;
    if (json_object_set_new(base, "holder", json_string(holder_names[holder])) < 0)
        return -ENOMEM;
    return payload_id(base, "holder_id", id);
}

static int plan_review(struct edit *edit)
{
    const struct reviews *reviews = NULL;
    const struct review *found;
    const char *subject = NULL;
    json_auto_t *old = NULL, *base = NULL, *row = NULL;
    AUTO(free_ptr) char *key = NULL;
    char day[DATE_TEXT_SIZE];
    struct date date;
    int64_t id = 0;
    int r = find_subject(edit, &subject, &id, &reviews);

    if (r == 0)
        r = edit_day(edit, "date", &date);
    if (r < 0)
        return r;
    found = review_of_day(reviews, date_format(date, day));
    old = found ? row_of_review(subject, id, found) : NULL;
    base = found ? json_copy(old)
                 : json_pack("{s:s,s:I,s:s}", "subject", subject, "subject_id", (json_int_t)id,
                             "date", day);
    r = take_reviewer(edit, base);
    if (r == 0)
        r = edit_row(edit, base, &row);
    if (r == 0)
        r = key_format(&key, "%s:%" PRId64 "|%s", subject, id, day);
    return r < 0 ? r : edit_put(edit, found ? found->id : 0, key, old, row);
}

static const struct edit_kind reviewing = {.entity = "review",
                                           .fields = review_fields,
                                           .n_fields = ARRAY_LEN(review_fields),
                                           .check = check_review,
                                           .plan = plan_review};

const struct answer *method_record_review(struct call *call)
{
    return edit_submit(call, &reviewing);
}

/* --- observations --- */

static const struct edit_field observation_fields[] = {
    EDIT_CODE_ID("node_id"),
    EDIT_VALUE("date", TYPE_DATE, "date"),
    EDIT_VALUE("source", TYPE_SHORT, "source"),
    EDIT_VALUE("breakdown", TYPE_BREAKDOWN, "breakdown"),
    EDIT_NEEDED("value", TYPE_NUMBER, "value"),
    EDIT_KEPT("account_id"),
    EDIT_KEPT("supersedes"),
    EDIT_VALUE("reason", TYPE_LONG, "reason"),
};

static int check_observation(struct edit *edit, const struct request *request)
{
    bool corrects = param_given(edit->call, "supersedes");

    if (request->node->kind != KIND_INDICATOR)
        return edit_refuse(edit, "code", "is not an indicator");
    if (corrects && !param_given(edit->call, "reason"))
        return edit_refuse(edit, "reason", "a correction needs a reason");
    if (!corrects && param_given(edit->call, "reason"))
        return edit_refuse(edit, "reason", "only a correction has a reason");
    return 0;
}

/* The observation that it corrects, NULL for none. */
static int find_corrected(struct edit *edit, const struct observation **ret)
{
    int64_t id = param_int(edit->call, "supersedes", 0);
    const struct observation *old = id ? node_observation(edit->node, id) : NULL;

    if (param_given(edit->call, "supersedes") && !old)
        return edit_refuse(edit, "supersedes", "%s has no observation %" PRId64, edit->node->code,
                           id);
    if (old && old->superseded_by)
        return edit_refuse(edit, "supersedes",
                           "observation %" PRId64 " was corrected already, by %" PRId64, old->id,
                           old->superseded_by);
    *ret = old;
    return 0;
}

static int plan_observation(struct edit *edit)
{
    const struct observation *old = NULL;
    json_auto_t *base = NULL, *row = NULL;
    char day[DATE_TEXT_SIZE];
    struct date date;
    int r = edit->node->kind == KIND_INDICATOR ? find_corrected(edit, &old)
                                               : edit_refuse(edit, "code", "is not an indicator");

    if (r == 0)
        r = edit_day(edit, "date", &date);
    if (r < 0)
        return r;
    if (old && !param_given(edit->call, "date"))
        date = old->date;
    base = json_pack("{s:s,s:I}", "date", date_format(date, day), "account_id",
                     (json_int_t)edit->change.account);
    if (old)
        r = payload_id(base, "supersedes", old->id);
    if (r == 0)
        r = edit_row(edit, base, &row);
    return r < 0 ? r : edit_put(edit, 0, NULL, NULL, row);
}

static const struct edit_kind observing = {.entity = "observation",
                                           .fields = observation_fields,
                                           .n_fields = ARRAY_LEN(observation_fields),
                                           .check = check_observation,
                                           .plan = plan_observation};

const struct answer *method_record_observation(struct call *call)
{
    return edit_submit(call, &observing);
}
