/*
 * Organisations, persons and what is known of these: AddOrganisation, ChangeOrganisation,
 * AddPerson, ChangePerson, ForgetPerson. All of it is the registry's, which strategies share: who
 * manages one may add what is new, what is there is for admins to change.
 *
 * Names and addresses are contact data. What the journal holds of them is a digest; ForgetPerson
 * ends them, and ending erases every version with its salt.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/contact.h"
#include "db/tables.h"
#include "methods/edit.h"
#include "methods/fail.h"
#include "methods/people.h"
#include "methods/rows.h"
#include "methods/table.h"

static void write_key(const struct edit *edit, struct writer *writer)
{
    const char *key = param_text(edit->call, "newKey");

    writer_text(writer, "key", key ? key : param_text(edit->call, "key"));
}

/* For who manages any strategy. */
static const struct answer *submit_new(struct call *call, const struct edit_kind *kind)
{
    struct request request;
    const struct answer *answer = request_open(call, false, &request);

    if (answer)
        return answer;
    if (!people_manages(&request))
        return fail_not_permitted(call, "manager", NULL);
    return edit_submit(call, kind);
}

/* --- organisations --- */

static const struct edit_field organisation_fields[] = {
    EDIT_VALUE("key", TYPE_SHARED, NULL),
    EDIT_TEXTS("names", NULL, "names"),
    EDIT_VALUE("mailbox", TYPE_EMAIL, "mailbox"),
};

static int plan_add_organisation(struct edit *edit)
{
    const char *key = param_text(edit->call, "key");
    json_auto_t *row = NULL;
    int r;

    if (registry_organisation_by_key(edit->registry, key))
        return edit_exists(edit, "key", key);
    r = edit_row(edit, NULL, &row);
    return r < 0 ? r : edit_put(edit, 0, key, NULL, row);
}

static const struct edit_kind adding_organisation = {.entity = "organisation",
                                                     .fields = organisation_fields,
                                                     .n_fields = ARRAY_LEN(organisation_fields),
                                                     .of_registry = true,
                                                     .plan = plan_add_organisation,
                                                     .answer = write_key};

const struct answer *method_add_organisation(struct call *call)
{
    return submit_new(call, &adding_organisation);
}

static int plan_change_organisation(struct edit *edit)
{
    const char *key = param_text(edit->call, "key");
    json_auto_t *old = NULL, *row = NULL;
    int64_t id;
    int r = edit_resolve(edit, "key", REFERS_ORGANISATION, key, &id);

    if (r == 0) {
        old = row_of_organisation(registry_organisation(edit->registry, id));
        r = old ? edit_row(edit, old, &row) : -ENOMEM;
    }
    return r < 0 ? r : edit_put(edit, id, key, old, row);
}

static const struct edit_kind changing_organisation = {.entity = "organisation",
                                                       .fields = organisation_fields,
                                                       .n_fields = ARRAY_LEN(organisation_fields),
                                                       .of_registry = true,
                                                       .plan = plan_change_organisation,
                                                       .answer = write_key};

const struct answer *method_change_organisation(struct call *call)
{
    return edit_submit(call, &changing_organisation);
}

/* --- persons --- */

static const char *const contact_kinds[] = {"name", "email"};

static const struct edit_field person_fields[] = {
    EDIT_VALUE("key", TYPE_SHARED, NULL),
    EDIT_VALUE("name", TYPE_SHORT, NULL),
    EDIT_VALUE("email", TYPE_EMAIL, NULL),
    EDIT_VALUE("language", TYPE_LANGUAGE, "language"),
};

/* The key of a person who is there may be an account's, with a colon. */
static const struct edit_field change_fields[] = {
    EDIT_VALUE("key", TYPE_ID, NULL),
    EDIT_VALUE("newKey", TYPE_SHARED, NULL),
    EDIT_VALUE("name", TYPE_SHORT, NULL),
    EDIT_VALUE("email", TYPE_EMAIL, NULL),
    EDIT_VALUE("language", TYPE_LANGUAGE, "language"),
};

static int put_contact(struct edit *edit, int64_t person_id, enum contact kind, int64_t id,
                       const char *value)
{
    AUTO(free_ptr) char *key = NULL, *secret = NULL;
    json_t *payload;
    int r = contact_key(person_id, contact_kinds[kind], &key);

    if (r == 0)
        r = contact_seal(person_id, contact_kinds[kind], value, &payload, &secret);
    if (r < 0)
        return r;
    return entries_put(edit->entries, table_of("contact"), id, id != 0, key, payload, secret,
                       edit->change.account, NULL);
}

/* Ends what is known of that kind: the database erases it in all versions. */
static int end_contact(struct edit *edit, const struct person *person, enum contact kind)
{
    AUTO(free_ptr) char *key = NULL;
    int r = person->contacts[kind] ? contact_key(person->id, contact_kinds[kind], &key) : 0;

    if (r < 0 || !key)
        return r;
    return entries_end(edit->entries, table_of("contact"), person->contacts[kind], key,
                       edit->change.account);
}

/* The person comes last, so that the answer's id is theirs; what is known refers to it before. */
static int plan_add_person(struct edit *edit)
{
    const char *key = param_text(edit->call, "key");
    int64_t id = entries_next_seq(edit->entries);
    json_auto_t *row = NULL;
    int r = 0;

    if (registry_person_by_key(edit->registry, key))
        return edit_exists(edit, "key", key);
    for (int kind = 0; kind < CONTACT_COUNT; kind++)
        id += param_given(edit->call, contact_kinds[kind]);
    for (int kind = 0; kind < CONTACT_COUNT && r == 0; kind++) {
        const char *value = param_text(edit->call, contact_kinds[kind]);

        if (value)
            r = put_contact(edit, id, (enum contact)kind, 0, value);
    }
    if (r == 0)
        r = edit_row(edit, NULL, &row);
    return r < 0 ? r : edit_put(edit, 0, key, NULL, row);
}

static const struct edit_kind adding_person = {.entity = "person",
                                               .fields = person_fields,
                                               .n_fields = ARRAY_LEN(person_fields),
                                               .of_registry = true,
                                               .plan = plan_add_person,
                                               .answer = write_key};

const struct answer *method_add_person(struct call *call)
{
    return submit_new(call, &adding_person);
}

static int find_person(struct edit *edit, const struct person **ret_person)
{
    int64_t id;
    int r = edit_resolve(edit, "key", REFERS_PERSON, param_text(edit->call, "key"), &id);

    if (r == 0)
        *ret_person = registry_person(edit->registry, id);
    return r;
}

/* The person's own row, perhaps under another key. */
static int put_person(struct edit *edit, const struct person *person)
{
    const char *key = param_text(edit->call, "newKey");
    bool renamed = key && strcmp(key, person->key) != 0;
    json_auto_t *old = row_of_person(person), *row = NULL;
    int r;

    if (renamed && registry_person_by_key(edit->registry, key))
        return edit_exists(edit, "newKey", key);
    r = old ? edit_row(edit, old, &row) : -ENOMEM;
    if (r < 0)
        return r;
    return edit_put(edit, person->id, renamed ? key : person->key, renamed ? NULL : old, row);
}

/* A name is compared with the one that is there; an address is not in memory, and is put. */
static int change_contact(struct edit *edit, const struct person *person, enum contact kind)
{
    const char *field = contact_kinds[kind], *value = param_text(edit->call, field);

    if (edit_clears(edit, field))
        return end_contact(edit, person, kind);
    if (!value || (kind == CONTACT_NAME && person->name && strcmp(person->name, value) == 0))
        return 0;
    return put_contact(edit, person->id, kind, person->contacts[kind], value);
}

static int plan_change_person(struct edit *edit)
{
    const struct person *person;
    int r = find_person(edit, &person);

    for (int kind = 0; kind < CONTACT_COUNT && r == 0; kind++)
        r = change_contact(edit, person, (enum contact)kind);
    return r < 0 ? r : put_person(edit, person);
}

static const struct edit_kind changing_person = {.entity = "person",
                                                 .fields = change_fields,
                                                 .n_fields = ARRAY_LEN(change_fields),
                                                 .of_registry = true,
                                                 .plan = plan_change_person,
                                                 .answer = write_key};

const struct answer *method_change_person(struct call *call)
{
    return edit_submit(call, &changing_person);
}

static int plan_forget(struct edit *edit)
{
    const struct person *person;
    int r = find_person(edit, &person);

    for (int kind = 0; kind < CONTACT_COUNT && r == 0; kind++)
        r = end_contact(edit, person, (enum contact)kind);
    return r < 0 ? r : put_person(edit, person);
}

static const struct edit_kind forgetting = {.entity = "person",
                                            .fields = change_fields,
                                            .n_fields = 2, /* the keys: no language is kept */
                                            .of_registry = true,
                                            .plan = plan_forget,
                                            .answer = write_key};

const struct answer *method_forget_person(struct call *call)
{
    return edit_submit(call, &forgetting);
}
