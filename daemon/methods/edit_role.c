/*
 * Roles of persons, organisations and groups on a node: AssignRole, EndAssignment. Who holds a role
 * already has it changed; a role ends as of a day, or goes as a mistake.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "methods/edit.h"
#include "methods/payload.h"
#include "methods/rows.h"
#include "methods/table.h"

static const char *const node_roles[] = {"owner",    "lead",    "contributor",
                                         "partner",  "funder",  "beneficiary",
                                         "reviewer", "contact", NULL};

static const struct edit_field assignment_fields[] = {
    EDIT_CODE_ID("node_id"),
    EDIT_KEPT("holder"),
    EDIT_KEPT("holder_id"),
    {{"role", TYPE_WORD, true, node_roles, NULL}, "role", 0, NULL},
    EDIT_VALUE("from", TYPE_DATE, "from"),
    EDIT_VALUE("to", TYPE_DATE, "to"),
    EDIT_VALUE("currency", TYPE_CURRENCY, "currency"),
    EDIT_VALUE("note", TYPE_LONG, "note"),
    EDIT_VALUE("amount", TYPE_AMOUNT, "amount"),
};

/* Whose role the call is about, and which one. */
struct wanted {
    enum holder holder;
    int64_t holder_id;
    enum role role;
    const char *from; /* as given, or NULL */
};

static int read_wanted(struct edit *edit, struct wanted *ret)
{
    ret->role = (enum role)enum_parse(role_names, param_text(edit->call, "role"));
    ret->from = param_text(edit->call, "from");
    return edit_holder(edit, "holder", &ret->holder, &ret->holder_id);
}

static bool fits(const struct assignment *assignment, const struct wanted *wanted)
{
    char from[DATE_TEXT_SIZE];

    return assignment->holder == wanted->holder && assignment->holder_id == wanted->holder_id &&
           assignment->role == wanted->role &&
           (!wanted->from || strcmp(date_format(assignment->from, from), wanted->from) == 0);
}

/* The one that is meant: that holds or is to come, else, if `ended_too`, the last that ended. */
static int find_wanted(struct edit *edit, const struct wanted *wanted, bool ended_too,
                       const struct assignment **ret)
{
    const struct assignment *found = NULL, *ended = NULL;

    for (uint32_t i = 0; i < edit->node->n_assignments; i++) {
        const struct assignment *one = &edit->node->assignments[i];
        bool over = date_given(one->to) && date_last_day(one->to) < edit->today;

        if (!fits(one, wanted))
            continue;
        if (!over && found)
            return edit_refuse(edit, "from", "there are several; say with from which one");
        if (over)
            ended = !ended || date_last_day(one->to) > date_last_day(ended->to) ? one : ended;
        else
            found = one;
    }
    *ret = found ? found : ended_too || wanted->from ? ended : NULL;
    return 0;
}

static int assignment_key(const json_t *row, char **ret_key)
{
    const char *from = json_string_value(json_object_get(row, "from"));

    return key_format(ret_key, "%" PRId64 "|%s:%" PRId64 "|%s|%s",
                      (int64_t)json_integer_value(json_object_get(row, "node_id")),
                      json_string_value(json_object_get(row, "holder")),
                      (int64_t)json_integer_value(json_object_get(row, "holder_id")),
                      json_string_value(json_object_get(row, "role")), from ? from : "");
}

/* --- AssignRole --- */

static int check_money(struct edit *edit, const json_t *row)
{
    const json_t *amount = json_object_get(row, "amount");
    const char *currency = json_string_value(json_object_get(row, "currency"));
    const char *role = json_string_value(json_object_get(row, "role"));

    if (amount && strcmp(role, "funder") != 0)
        return edit_refuse(edit, "amount", "only a funder has one");
    if (amount && !currency)
        return edit_refuse(edit, "currency", "an amount needs one");
    if (currency && !amount)
        return edit_refuse(edit, "currency", "it belongs to an amount");
    return 0;
}

/* A new term must not overlap another one of the same role. */
static int check_overlap(struct edit *edit, const struct wanted *wanted, const json_t *row)
{
    const char *texts[] = {json_string_value(json_object_get(row, "from")),
                           json_string_value(json_object_get(row, "to"))};
    struct wanted any = *wanted;
    struct date from = {0}, to = {0};
    char since[DATE_TEXT_SIZE];

    any.from = NULL;
    if (date_parse(texts[0], &from) < 0 || date_parse(texts[1], &to) < 0)
        return -EINVAL;
    for (uint32_t i = 0; i < edit->node->n_assignments; i++) {
        const struct assignment *one = &edit->node->assignments[i];
        bool before = date_given(to) && date_given(one->from) &&
                      date_last_day(to) < date_first_day(one->from);
        bool after = date_given(from) && date_given(one->to) &&
                     date_last_day(one->to) < date_first_day(from);

        if (fits(one, &any) && !before && !after)
            return edit_refuse(edit, "from",
                               "they have that role already, since %s; end it first, or take it "
                               "back as a mistake",
                               date_given(one->from) ? date_format(one->from, since) : "ever");
    }
    return 0;
}

static int plan_assign(struct edit *edit)
{
    json_auto_t *old = NULL, *base = NULL, *row = NULL;
    const struct assignment *found = NULL;
    AUTO(free_ptr) char *key = NULL;
    struct wanted wanted;
    int r = read_wanted(edit, &wanted);

    if (r == 0)
        r = find_wanted(edit, &wanted, false, &found);
    if (r < 0)
        return r;
    old = found ? row_of_assignment(edit->node, found) : NULL;
    base = old ? json_incref(old)
               : json_pack("{s:s,s:I}", "holder", holder_names[wanted.holder], "holder_id",
                           (json_int_t)wanted.holder_id);
    r = edit_row(edit, base, &row);
    if (r == 0)
        r = edit_period(edit, row);
    if (r == 0)
        r = check_money(edit, row);
    if (r == 0 && !found)
        r = check_overlap(edit, &wanted, row);
    if (r == 0)
        r = assignment_key(row, &key);
    return r < 0 ? r : edit_put(edit, found ? found->id : 0, key, old, row);
}

static const struct edit_kind assigning = {.entity = "assignment",
                                           .fields = assignment_fields,
                                           .n_fields = ARRAY_LEN(assignment_fields),
                                           .plan = plan_assign};

const struct answer *method_assign_role(struct call *call)
{
    return edit_submit(call, &assigning);
}

/* --- EndAssignment --- */

static const struct edit_field ended_fields[] = {
    {{"role", TYPE_WORD, true, node_roles, NULL}, NULL, 0, NULL},
    EDIT_VALUE("from", TYPE_DATE, NULL),
    EDIT_VALUE("to", TYPE_DATE, NULL),
};

/* It gets a last day; where it has ended already, that does not become a later one. */
static int put_end(struct edit *edit, const struct assignment *found, const char *key,
                   const json_t *old)
{
    bool over = date_given(found->to) && date_last_day(found->to) < edit->today;
    bool mistake = param_bool(edit->call, "mistake");
    struct assignment ended = *found;
    json_auto_t *row = NULL;
    char text[DATE_TEXT_SIZE];
    int r = edit_last_day(edit, &ended.to);

    if (r < 0)
        return r;
    if (over && !mistake && !param_given(edit->call, "to"))
        return 0;
    if (over && !mistake && date_last_day(ended.to) > date_last_day(found->to))
        return edit_refuse(edit, "to", "it ended on %s", date_format(found->to, text));
    row = row_of_assignment(edit->node, &ended);
    return edit_put_ended(edit, found->id, key, old, row);
}

static int plan_end(struct edit *edit)
{
    const struct assignment *found = NULL;
    json_auto_t *old = NULL;
    AUTO(free_ptr) char *key = NULL;
    struct wanted wanted;
    int r = read_wanted(edit, &wanted);

    if (r == 0)
        r = find_wanted(edit, &wanted, true, &found);
    if (r < 0)
        return r;
    if (!found)
        return edit_refuse(edit, "holder", "\"%.100s\" is not %s there",
                           param_text(edit->call, "holder"), role_names[wanted.role]);
    old = row_of_assignment(edit->node, found);
    r = old ? assignment_key(old, &key) : -ENOMEM;
    return r < 0 ? r : put_end(edit, found, key, old);
}

static const struct edit_kind ending = {.entity = "assignment",
                                        .fields = ended_fields,
                                        .n_fields = ARRAY_LEN(ended_fields),
                                        .plan = plan_end};

const struct answer *method_end_assignment(struct call *call)
{
    return edit_submit(call, &ending);
}
