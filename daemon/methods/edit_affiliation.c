/*
 * Affiliations: AddAffiliation, EndAffiliation. They are the registry's, and a reporter's gives
 * rights in every strategy: they are for admins.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/hash.h"

#include "methods/edit.h"
#include "methods/import_internal.h"
#include "methods/rows.h"
#include "methods/table.h"

static const char *const affiliation_words[] = {"member", "reporter", NULL};

static const struct edit_field affiliation_fields[] = {
    EDIT_REFERENCE("person", REFERS_PERSON, "person_id"),
    EDIT_REFERENCE("organisation", REFERS_ORGANISATION, "organisation_id"),
    {{"as", TYPE_WORD, true, affiliation_words, NULL}, "as", 0, NULL},
    EDIT_VALUE("from", TYPE_DATE, "from"),
    EDIT_VALUE("to", TYPE_DATE, "to"),
};

static int affiliation_key(const json_t *row, char **ret_key)
{
    const char *from = json_string_value(json_object_get(row, "from"));

    return key_format(ret_key, "%" PRId64 "|%" PRId64 "|%s|%s",
                      (int64_t)json_integer_value(json_object_get(row, "person_id")),
                      (int64_t)json_integer_value(json_object_get(row, "organisation_id")),
                      json_string_value(json_object_get(row, "as")), from ? from : "");
}

static const struct affiliation *find_same(const struct registry *registry, const char *key)
{
    const struct affiliation *a, *next;

    HASH_ITER (by_id, registry->affiliations, a, next) {
        json_auto_t *row = row_of_affiliation(a);
        AUTO(free_ptr) char *its = NULL;

        if (row && affiliation_key(row, &its) == 0 && strcmp(its, key) == 0)
            return a;
    }
    return NULL;
}

static int plan_add(struct edit *edit)
{
    AUTO(free_ptr) char *key = NULL;
    json_auto_t *row = NULL, *old = NULL;
    const struct affiliation *same;
    int r = edit_row(edit, NULL, &row);

    if (r == 0)
        r = edit_period(edit, row);
    if (r == 0)
        r = affiliation_key(row, &key);
    if (r < 0)
        return r;
    same = find_same(edit->registry, key);
    old = same ? row_of_affiliation(same) : NULL;
    return edit_put(edit, same ? same->id : 0, key, old, row);
}

static const struct edit_kind adding = {.entity = "affiliation",
                                        .fields = affiliation_fields,
                                        .n_fields = ARRAY_LEN(affiliation_fields),
                                        .of_registry = true,
                                        .plan = plan_add};

const struct answer *method_add_affiliation(struct call *call)
{
    return edit_submit(call, &adding);
}

/* --- EndAffiliation --- */

static const struct edit_field ending_fields[] = {
    EDIT_WORD("as", affiliation_words, NULL),
    EDIT_VALUE("from", TYPE_DATE, NULL),
    EDIT_VALUE("to", TYPE_DATE, NULL),
};

/* Is it the affiliation that shall end? One that has ended before is not, unless it is removed. */
static bool fits(const struct edit *edit, const struct affiliation *a, int32_t day)
{
    const char *as = param_text(edit->call, "as"), *from = param_text(edit->call, "from");
    char text[DATE_TEXT_SIZE];

    return (!as || (strcmp(as, "reporter") == 0) == a->reporter) &&
           (!from || (date_given(a->from) && strcmp(date_format(a->from, text), from) == 0)) &&
           (param_bool(edit->call, "mistake") || !date_given(a->to) || date_last_day(a->to) >= day);
}

static int find_affiliation(struct edit *edit, int32_t day, const struct affiliation **ret)
{
    const struct affiliation *a, *next, *found = NULL;
    int64_t person, organisation;
    int r = edit_resolve(edit, "person", REFERS_PERSON, param_text(edit->call, "person"), &person);

    if (r == 0)
        r = edit_resolve(edit, "organisation", REFERS_ORGANISATION,
                         param_text(edit->call, "organisation"), &organisation);
    if (r < 0)
        return r;
    HASH_ITER (by_id, edit->registry->affiliations, a, next) {
        if (a->person_id != person || a->organisation_id != organisation || !fits(edit, a, day))
            continue;
        if (found)
            return edit_refuse(edit, "as", "several affiliations fit: say as or from");
        found = a;
    }
    if (!found)
        return edit_refuse(edit, "organisation", "there is no such affiliation that could end");
    *ret = found;
    return 0;
}

static int plan_end(struct edit *edit)
{
    AUTO(free_ptr) char *key = NULL;
    json_auto_t *old = NULL, *row = NULL;
    const struct affiliation *a = NULL;
    struct affiliation ended;
    struct date to;
    int r = edit_last_day(edit, &to);

    if (r == 0)
        r = find_affiliation(edit, date_last_day(to), &a);
    if (r < 0)
        return r;
    old = row_of_affiliation(a);
    ended = *a;
    ended.to = to;
    row = row_of_affiliation(&ended);
    r = old ? affiliation_key(old, &key) : -ENOMEM;
    return r < 0 ? r : edit_put_ended(edit, a->id, key, old, row);
}

static const struct edit_kind ending = {.entity = "affiliation",
                                        .fields = ending_fields,
                                        .n_fields = ARRAY_LEN(ending_fields),
                                        .of_registry = true,
                                        .plan = plan_end};

const struct answer *method_end_affiliation(struct call *call)
{
    return edit_submit(call, &ending);
}
