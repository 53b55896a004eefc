/* What an edit's parameters name: nodes, groups, organisations, persons, days. */
#include <errno.h>
#include <string.h>

#include "methods/edit.h"

static const char *const nouns[] = {[REFERS_NODE] = "node",
                                    [REFERS_GROUP] = "group",
                                    [REFERS_ORGANISATION] = "organisation",
                                    [REFERS_PERSON] = "person"};

static const int64_t *find(const struct edit *edit, enum refers refers, const char *key)
{
    const struct organisation *organisation;
    const struct person *person;
    const struct group *group;
    const struct node *node;

    switch (refers) {
    case REFERS_NODE:
        node = tree_node_by_code(edit->tree, key);
        return node ? &node->id : NULL;
    case REFERS_GROUP:
        group = tree_group_by_key(edit->tree, key);
        return group ? &group->id : NULL;
    case REFERS_ORGANISATION:
        organisation = registry_organisation_by_key(edit->registry, key);
        return organisation ? &organisation->id : NULL;
    case REFERS_PERSON:
        person = registry_person_by_key(edit->registry, key);
        return person ? &person->id : NULL;
    default:
        return NULL;
    }
}

int edit_resolve(struct edit *edit, const char *field, enum refers refers, const char *key,
                 int64_t *ret_id)
{
    const int64_t *id = find(edit, refers, key);

    if (!id)
        return edit_refuse(edit, field, "there is no %s \"%.100s\"", nouns[refers], key);
    *ret_id = *id;
    return 0;
}

/* --- holders --- */

static const struct {
    const char *word;
    enum holder holder;
    enum refers refers;
} holder_kinds[] = {
    {"organisation", HOLDER_ORGANISATION, REFERS_ORGANISATION},
    {"org", HOLDER_ORGANISATION, REFERS_ORGANISATION},
    {"person", HOLDER_PERSON, REFERS_PERSON},
    {"group", HOLDER_GROUP, REFERS_GROUP},
};

/* "org:vinnova": the kind that is said, and the key behind it. -ENOENT: none is said. */
static int find_said(struct edit *edit, const char *field, const char *text,
                     enum holder *ret_holder, int64_t *ret_id)
{
    for (size_t i = 0; i < ARRAY_LEN(holder_kinds); i++) {
        size_t len = strlen(holder_kinds[i].word);

        if (strncmp(text, holder_kinds[i].word, len) != 0 || text[len] != ':')
            continue;
        *ret_holder = holder_kinds[i].holder;
        return edit_resolve(edit, field, holder_kinds[i].refers, text + len + 1, ret_id);
    }
    return -ENOENT;
}

int edit_holder(struct edit *edit, const char *field, enum holder *ret_holder, int64_t *ret_id)
{
    static const enum refers all[] = {REFERS_ORGANISATION, REFERS_PERSON, REFERS_GROUP};
    const char *text = param_text(edit->call, field);
    int r = find_said(edit, field, text, ret_holder, ret_id);
    bool found = false;

    if (r != -ENOENT)
        return r;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        const int64_t *id = find(edit, all[i], text);

        if (id && found)
            return edit_refuse(edit, field,
                               "\"%.100s\" is the key of several; say org:, person: or group: "
                               "before it",
                               text);
        if (!id)
            continue;
        found = true;
        *ret_holder = (enum holder)i;
        *ret_id = *id;
    }
    return found ? 0
                 : edit_refuse(edit, field, "there is no organisation, person or group \"%.100s\"",
                               text);
}

/* --- days --- */

int edit_day(struct edit *edit, const char *field, struct date *ret_date)
{
    const char *text = param_text(edit->call, field);
    struct date date = date_from_day(edit->today);

    if (text && date_parse(text, &date) < 0)
        return edit_refuse(edit, field, "not a date: \"%.40s\"", text);
    if (date_last_day(date) > edit->today + 1)
        return edit_refuse(edit, field, "is more than a day ahead");
    *ret_date = date;
    return 0;
}

int edit_period(struct edit *edit, const json_t *row)
{
    return edit_check_term(edit, row, "from", "to", "from", "to");
}
