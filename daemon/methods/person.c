/*
 * GetOrganisation and GetPerson: who they are and where they belong; what they do is ListRoles'.
 * Addresses are not kept in memory: they are read from the database for those who may see them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/contact.h"
#include "db/row.h"
#include "methods/fail.h"
#include "methods/parties.h"
#include "methods/people.h"
#include "methods/table.h"

/* Those affiliated to the organisation of whom the caller may know. */
static int write_affiliates(struct writer *writer, const struct request *request,
                            const struct organisation *organisation)
{
    AUTO(parties_done) struct parties parties = {0};
    const struct affiliation *a, *next;
    int r = parties_gather(&parties, request);

    writer_begin_array(writer, "affiliations");
    HASH_ITER (by_id, request->registry->affiliations, a, next) {
        if (a->organisation_id == organisation->id &&
            parties_find(&parties, HOLDER_PERSON, a->person_id))
            people_write_affiliation(writer, request, a);
    }
    writer_end_array(writer);
    return r;
}

static void write_affiliations(struct writer *writer, const struct request *request,
                               const struct person *person)
{
    const struct affiliation *a, *next;

    writer_begin_array(writer, "affiliations");
    HASH_ITER (by_id, request->registry->affiliations, a, next) {
        if (a->person_id == person->id &&
            people_known(request, HOLDER_ORGANISATION, a->organisation_id))
            people_write_affiliation(writer, request, a);
    }
    writer_end_array(writer);
}

const struct answer *method_organisation(struct call *call)
{
    struct request request;
    const char *key = param_text(call, "key");
    const struct answer *answer = people_open(call, &request);
    const struct organisation *organisation;
    json_auto_t *names = NULL;
    struct writer writer = {};

    if (answer)
        return answer;
    organisation = registry_organisation_by_key(request.registry, key);
    if (!organisation || !people_known(&request, HOLDER_ORGANISATION, organisation->id))
        return people_fail_unknown(call, key);
    names = texts_to_json(&organisation->names);
    call_begin_reply(&writer);
    writer_begin_object(&writer, NULL);
    writer_text(&writer, "key", organisation->key);
    writer_text(&writer, "name", people_organisation_name(&request, organisation));
    writer_json(&writer, "names", names);
    writer_text(&writer, "mailbox", organisation->mailbox);
    writer.failed |= write_affiliates(&writer, &request, organisation) < 0;
    people_write_strategies(&writer, "strategies", &request, HOLDER_ORGANISATION, organisation->id);
    writer_int(&writer, "seq", request.registry->seq);
    writer_end_object(&writer);
    return call_reply_written(call, &writer);
}

/* --- GetPerson --- */

static const struct answer *reply_person(const struct request *request, const struct person *person,
                                         const char *email)
{
    struct writer writer = {};

    call_begin_reply(&writer);
    writer_begin_object(&writer, NULL);
    writer_text(&writer, "key", person->key);
    writer_text(&writer, "name", person->name);
    writer_text(&writer, "email", email);
    writer_text(&writer, "mailLanguage",
                people_contact_known(request, person->id) ? person->language : NULL);
    write_affiliations(&writer, request, person);
    people_write_strategies(&writer, "strategies", request, HOLDER_PERSON, person->id);
    writer_int(&writer, "seq", request->registry->seq);
    writer_end_object(&writer);
    return call_reply_written(request->call, &writer);
}

/* The address on its way from the database. */
struct fetch {
    struct pg_job job;
    struct call *call; /* parked */
    char *contact;     /* the contact's key */
    PGresult *result;
};

static const struct pg_statement contact_statement = {
    "contact_value",
    "SELECT value FROM goald.contact WHERE strategy_id = 0 AND key = $1::text AND seq_to IS NULL",
    1};

static void fetch_send(struct pg_job *job, struct pg *pg)
{
    const char *params[] = {((struct fetch *)job)->contact};

    pg_query(pg, &contact_statement, params);
}

static void fetch_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    ((struct fetch *)job)->result = PQcopyResult(result, PG_COPYRES_TUPLES);
}

/* The person whom the call asks about, if the caller may know of them. */
static const struct answer *open_person(struct call *call, struct request *request,
                                        const struct person **ret_person)
{
    const char *key = param_text(call, "key");
    const struct answer *answer = people_open(call, request);
    const struct person *person;

    if (answer)
        return answer;
    person = registry_person_by_key(request->registry, key);
    if (!person || !people_known(request, HOLDER_PERSON, person->id))
        return people_fail_unknown(call, key);
    *ret_person = person;
    return NULL;
}

static const struct answer *fetch_answer(const struct fetch *fetch)
{
    bool found = fetch->result && PQntuples(fetch->result) > 0;
    const struct person *person;
    struct request request;
    const struct answer *answer = open_person(fetch->call, &request, &person);

    if (answer)
        return answer;
    found = found && people_contact_known(&request, person->id); /* still */
    return reply_person(&request, person, found ? row_text(fetch->result, 0, 0) : NULL);
}

static void fetch_done(struct pg_job *job, enum pg_outcome outcome UNUSED,
                       const struct pg_error *error UNUSED)
{
    struct fetch *fetch = (struct fetch *)job;

    call_end(fetch_answer(fetch));
    PQclear(fetch->result);
    free(fetch->contact);
    free(fetch);
}

static const struct answer *fetch_email(const struct request *request, int64_t person_id)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));

    if (!fetch || contact_key(person_id, "email", &fetch->contact) < 0) {
        free(fetch);
        return fail_overloaded(request->call);
    }
    fetch->job = (struct pg_job){.send = fetch_send, .result = fetch_result, .done = fetch_done};
    fetch->call = request->call;
    pool_run(store_pool(request->store), POOL_READ, &fetch->job);
    return call_park(request->call);
}

const struct answer *method_person(struct call *call)
{
    const struct person *person;
    struct request request;
    const struct answer *answer = open_person(call, &request, &person);

    if (answer)
        return answer;
    if (people_contact_known(&request, person->id) && store_reachable(request.store))
        return fetch_email(&request, person->id);
    return reply_person(&request, person, NULL);
}
