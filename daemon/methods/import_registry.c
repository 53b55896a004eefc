/* Organisations, persons, what is known of these and where they belong; see import_internal.h. */
#include "methods/import_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/contact.h"

static const struct name *own_name(const struct record *record)
{
    return &record->planner->names[record->part].items[record->index];
}

/* The mailbox that the document gives, else the one that is there: it need not know of it. */
static int take_mailbox(struct record *record, json_t *payload)
{
    const json_t *given = field(record->json, "mailbox");
    const struct organisation *old =
        own_name(record)->is_new
            ? NULL
            : registry_organisation(record->planner->plan->registry, own_name(record)->id);

    if (given || !old || !old->mailbox)
        return payload_take(payload, "mailbox", given);
    return payload_word(payload, "mailbox", old->mailbox);
}

static int put_organisation(struct record *record)
{
    json_auto_t *payload = json_object();
    int r = payload_texts(payload, "names", field(record->json, "names"));

    if (r == 0)
        r = take_mailbox(record, payload);
    if (r < 0)
        return r;
    return row_put(record,
                   &(struct row){.entity = "organisation",
                                 .key = own_name(record)->key,
                                 .own = true,
                                 .payload = STEAL(payload),
                                 .place = &record->place},
                   NULL);
}

int organisation_new(struct record *record)
{
    return own_name(record)->is_new ? put_organisation(record) : 0;
}

int organisation_old(struct record *record)
{
    return own_name(record)->is_new ? 0 : put_organisation(record);
}

static int put_person(struct record *record, json_t *payload)
{
    return row_put(record,
                   &(struct row){.entity = "person",
                                 .key = own_name(record)->key,
                                 .own = true,
                                 .payload = payload,
                                 .place = &record->place},
                   NULL);
}

/* A colon is in the key of a person whom an account brought in: an export has them, and only who
 * makes accounts may bring them in again. */
int person_new(struct record *record)
{
    static const char *const fields[] = {"language", NULL};
    json_auto_t *payload = NULL;
    int r;

    if (!own_name(record)->is_new)
        return 0;
    if (strchr(own_name(record)->key, ':') && !record->planner->plan->is_admin)
        return record_refuse(record, "id",
                             "has a colon, as an account's person: that needs an admin");
    payload = json_object();
    r = payload_fields(payload, record->json, fields);
    return r < 0 ? r : put_person(record, STEAL(payload));
}

/* Of a person who is there: as what else is known of them, see plan_contact(). */
static int plan_language(struct record *record)
{
    const struct import_plan *plan = record->planner->plan;
    const char *language = plan->is_admin ? field_text(record->json, "language") : NULL;
    const struct person *person =
        own_name(record)->is_new ? NULL : registry_person(plan->registry, own_name(record)->id);

    if (!language || !person || (person->language && strcmp(person->language, language) == 0))
        return 0;
    return put_person(record, json_pack("{s:s}", "language", language));
}

static int put_contact(struct record *record, const char *kind, const char *key, const char *value)
{
    AUTO(free_ptr) char *secret = NULL;
    struct row row = {.entity = "contact", .key = key, .place = &record->place};
    int r = contact_seal(own_name(record)->id, kind, value, &row.payload, &secret);

    if (r < 0)
        return r;
    row.secret = secret;
    return row_put(record, &row, NULL);
}

/* Compared by the value itself; the digest's salt differs each time. What is known of a person that
 * is there already is only for admins to compare: others would learn it by trying. */
static int plan_contact(struct record *record, const char *kind)
{
    bool may = record->planner->plan->is_admin || own_name(record)->is_new;
    const char *value = may ? field_text(record->json, kind) : NULL;
    AUTO(free_ptr) char *key = NULL;
    const struct existing_row *row;
    int r = value ? contact_key(own_name(record)->id, kind, &key) : 0;

    if (r < 0 || !value)
        return r;
    row = existing_find(record->planner->plan->existing, table_of("contact"), key);
    if (row && row->text && strcmp(row->text, value) == 0)
        return 0;
    return put_contact(record, kind, key, value);
}

static int put_affiliation(struct record *record, const json_t *item, const struct place *place)
{
    static const char *const fields[] = {"as", "from", "to", NULL};
    const struct place where = {place, "organisation", 0};
    const char *from = field_text(item, "from");
    int64_t person = own_name(record)->id, organisation;
    json_auto_t *payload = json_object();
    AUTO(free_ptr) char *key = NULL;
    int r = names_resolve(record, PART_ORGANISATIONS, field_text(item, "organisation"), &where,
                          &organisation);

    if (r == 0)
        r = key_format(&key, "%" PRId64 "|%" PRId64 "|%s|%s", person, organisation,
                       field_text(item, "as"), from ? from : "");
    if (r == 0)
        r = payload_id(payload, "person_id", person);
    if (r == 0)
        r = payload_id(payload, "organisation_id", organisation);
    if (r == 0)
        r = payload_fields(payload, item, fields);
    if (r < 0)
        return r;
    return row_put(
        record,
        &(struct row){
            .entity = "affiliation", .key = key, .payload = STEAL(payload), .place = place},
        NULL);
}

int person_details(struct record *record)
{
    int r = plan_language(record);

    if (r == 0)
        r = plan_contact(record, "name");

    if (r == 0)
        r = plan_contact(record, "email");
    if (r == 0)
        r = record_each(record, "affiliations", put_affiliation);
    return r;
}
