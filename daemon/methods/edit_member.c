/*
 * Memberships of groups: AddMember, EndMembership. One that ends gets its last day by a new
 * version, and the rights that follow from it end with that; what was added by mistake is removed.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/hash.h"

#include "methods/edit.h"
#include "methods/import_internal.h"
#include "methods/rows.h"
#include "methods/table.h"

static const char *const member_roles[] = {"lead",       "chair",   "secretary", "member",
                                           "secondment", "contact", NULL};

/* In the order of the payload; `holder` and `holder_id` come from the parameters organisation and
 * person. */
static const struct edit_field member_fields[] = {
    EDIT_REFERENCE("group", REFERS_GROUP, "group_id"),
    EDIT_KEPT("holder"),
    EDIT_KEPT("holder_id"),
    EDIT_REFERENCE("via", REFERS_ORGANISATION, "via_id"),
    EDIT_VALUE("seat", TYPE_SHORT, "seat"),
    {{"role", TYPE_WORD, true, member_roles, NULL}, "role", 0, NULL},
    EDIT_VALUE("from", TYPE_DATE, "from"),
    EDIT_VALUE("to", TYPE_DATE, "to"),
    EDIT_VALUE("source", TYPE_SHORT, "source"),
    EDIT_VALUE("area", TYPE_SHORT, "area"),
};

/* Whose membership it is: one of organisation and person. */
static int check_whose(struct edit *edit, const struct request *request UNUSED)
{
    bool organisation = param_given(edit->call, "organisation");

    if (organisation == param_given(edit->call, "person"))
        return edit_refuse(edit, "organisation", "give either an organisation or a person");
    if (organisation && param_given(edit->call, "via"))
        return edit_refuse(edit, "via", "only a person sits there for an organisation");
    return 0;
}

static int find_whose(struct edit *edit, enum holder *ret_holder, int64_t *ret_id)
{
    const char *person = param_text(edit->call, "person");

    *ret_holder = person ? HOLDER_PERSON : HOLDER_ORGANISATION;
    if (person)
        return edit_resolve(edit, "person", REFERS_PERSON, person, ret_id);
    return edit_resolve(edit, "organisation", REFERS_ORGANISATION,
                        param_text(edit->call, "organisation"), ret_id);
}

static const char *text_of(const json_t *row, const char *column)
{
    const char *text = json_string_value(json_object_get(row, column));

    return text ? text : "";
}

/* The key that an import gives it: what sets it apart from the holder's other memberships. */
static int member_key(const json_t *row, char **ret_key)
{
    return key_format(ret_key, "%" PRId64 "|%s:%" PRId64 "|%s|%s|%s",
                      (int64_t)json_integer_value(json_object_get(row, "group_id")),
                      text_of(row, "holder"),
                      (int64_t)json_integer_value(json_object_get(row, "holder_id")),
                      text_of(row, "role"), text_of(row, "seat"), text_of(row, "from"));
}

static int check_area(struct edit *edit, const json_t *row)
{
    const char *area = json_string_value(json_object_get(row, "area"));
    const struct group *group =
        tree_group(edit->tree, json_integer_value(json_object_get(row, "group_id")));

    if (area && !(group && words_have(group->areas, area)))
        return edit_refuse(edit, "area", "not among the group's areas: \"%.100s\"", area);
    return 0;
}

static const struct membership *find_same(const struct tree *tree, const char *key)
{
    const struct membership *m, *next;

    HASH_ITER (by_id, tree->memberships, m, next) {
        json_auto_t *row = row_of_membership(m);
        AUTO(free_ptr) char *its = NULL;

        if (row && member_key(row, &its) == 0 && strcmp(its, key) == 0)
            return m;
    }
    return NULL;
}

/* --- AddMember --- */

static int plan_add(struct edit *edit)
{
    AUTO(free_ptr) char *key = NULL;
    json_auto_t *row = NULL, *whose = NULL, *old = NULL;
    const struct membership *same;
    enum holder holder;
    int64_t id;
    int r = find_whose(edit, &holder, &id);

    if (r < 0)
        return r;
    whose = json_pack("{s:s,s:I}", "holder", holder_names[holder], "holder_id", (json_int_t)id);
    r = whose ? edit_row(edit, whose, &row) : -ENOMEM;
    if (r == 0)
        r = edit_period(edit, row);
    if (r == 0)
        r = check_area(edit, row);
    if (r == 0)
        r = member_key(row, &key);
    if (r < 0)
        return r;
    same = find_same(edit->tree, key);
    old = same ? row_of_membership(same) : NULL;
    return edit_put(edit, same ? same->id : 0, key, old, row);
}

static const struct edit_kind adding = {.entity = "membership",
                                        .fields = member_fields,
                                        .n_fields = ARRAY_LEN(member_fields),
                                        .without_code = true,
                                        .check = check_whose,
                                        .plan = plan_add};

const struct answer *method_add_member(struct call *call)
{
    return edit_submit(call, &adding);
}

/* --- EndMembership --- */

static const struct edit_field ending_fields[] = {
    EDIT_VALUE("group", TYPE_ID, NULL),   EDIT_WORD("role", member_roles, NULL),
    EDIT_VALUE("seat", TYPE_SHORT, NULL), EDIT_VALUE("from", TYPE_DATE, NULL),
    EDIT_VALUE("to", TYPE_DATE, NULL),
};

static bool is_asked(const struct edit *edit, const char *field, const char *value)
{
    const char *asked = param_text(edit->call, field);

    return !asked || (value && strcmp(asked, value) == 0);
}

/* Is it the membership that shall end? One that has ended before is not, unless it is removed. */
static bool fits(const struct edit *edit, const struct membership *m, int32_t day)
{
    char from[DATE_TEXT_SIZE];

    return is_asked(edit, "role", role_names[m->role]) && is_asked(edit, "seat", m->seat) &&
           is_asked(edit, "from", date_given(m->from) ? date_format(m->from, from) : NULL) &&
           (param_bool(edit->call, "mistake") || !date_given(m->to) || date_last_day(m->to) >= day);
}

static int find_membership(struct edit *edit, int32_t day, const struct membership **ret)
{
    const struct membership *m, *next, *found = NULL;
    enum holder holder;
    int64_t group, id;
    int r = edit_resolve(edit, "group", REFERS_GROUP, param_text(edit->call, "group"), &group);

    if (r == 0)
        r = find_whose(edit, &holder, &id);
    if (r < 0)
        return r;
    HASH_ITER (by_id, edit->tree->memberships, m, next) {
        if (m->group_id != group || m->holder != holder || m->member_id != id ||
            !fits(edit, m, day))
            continue;
        if (found)
            return edit_refuse(edit, "role", "several memberships fit: say role, seat or from");
        found = m;
    }
    if (!found)
        return edit_refuse(edit, holder_names[holder], "has no such membership that could end");
    *ret = found;
    return 0;
}

static int plan_end(struct edit *edit)
{
    AUTO(free_ptr) char *key = NULL;
    json_auto_t *old = NULL, *row = NULL;
    const struct membership *m = NULL;
    struct membership ended;
    struct date to;
    int r = edit_last_day(edit, &to);

    if (r == 0)
        r = find_membership(edit, date_last_day(to), &m);
    if (r < 0)
        return r;
    old = row_of_membership(m);
    ended = *m;
    ended.to = to;
    row = row_of_membership(&ended);
    r = old ? member_key(old, &key) : -ENOMEM;
    return r < 0 ? r : edit_put_ended(edit, m->id, key, old, row);
}

static const struct edit_kind ending = {.entity = "membership",
                                        .fields = ending_fields,
                                        .n_fields = ARRAY_LEN(ending_fields),
                                        .without_code = true,
                                        .check = check_whose,
                                        .plan = plan_end};

const struct answer *method_end_membership(struct call *call)
{
    return edit_submit(call, &ending);
}
