/*
 * ListOrganisations and ListPersons: those of whom the caller may know, by key, with how many roles
 * each has where the caller may read. The roles are counted in one walk over the strategies, step
 * by step, before the first line is told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/parties.h"
#include "methods/people.h"
#include "methods/table.h"

struct people_stream {
    struct stream stream;
    struct people_walk walk;
    struct parties parties;
    enum holder holder;
    bool scoped; /* only of one strategy */
    const char *text;
    struct listed {
        int64_t id;
        const char *key; /* only while they are sorted */
    } * listed;          /* by key, once all is counted */
    size_t count, at;
};

static void people_stream_free(struct stream *stream)
{
    struct people_stream *list = (struct people_stream *)stream;

    people_walk_done(&list->walk);
    parties_done(&list->parties);
    free(list->listed);
    free(list);
}

static int compare_keys(const void *a, const void *b)
{
    return code_compare(((const struct listed *)a)->key, ((const struct listed *)b)->key);
}

/* All is counted: puts them in order. */
static int sort_parties(struct people_stream *list, const struct request *request)
{
    const struct party *party, *next;

    list->listed =
        calloc(HASH_CNT(by_id, list->parties.of[list->holder]) + 1, sizeof(*list->listed));
    if (!list->listed)
        return -ENOMEM;
    HASH_ITER (by_id, list->parties.of[list->holder], party, next) {
        const char *key = describe_holder_key(request, list->holder, party->id);

        if (*key)
            list->listed[list->count++] = (struct listed){party->id, key};
    }
    qsort(list->listed, list->count, sizeof(*list->listed), compare_keys);
    return 0;
}

static bool has_text(const struct people_stream *list, const char *key, const char *name)
{
    return !list->text || text_has(key, list->text) || (name && text_has(name, list->text));
}

static bool organisation_fits(const struct people_stream *list,
                              const struct organisation *organisation)
{
    bool fits = has_text(list, organisation->key, NULL);

    for (size_t i = 0; i < organisation->names.count && !fits; i++)
        fits = has_text(list, organisation->key, organisation->names.items[i].text);
    return fits;
}

static bool write_organisation(const struct people_stream *list, struct writer *writer,
                               const struct request *request, const struct party *party)
{
    const struct organisation *organisation = registry_organisation(request->registry, party->id);

    if (!organisation || !organisation_fits(list, organisation))
        return false;
    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "organisation");
    writer_text(writer, "key", organisation->key);
    writer_text(writer, "name", people_organisation_name(request, organisation));
    writer_int(writer, "roles", party->roles);
    writer_end_object(writer);
    writer_end_object(writer);
    return true;
}

static bool write_person(const struct people_stream *list, struct writer *writer,
                         const struct request *request, const struct party *party)
{
    const struct person *person = registry_person(request->registry, party->id);
    const struct affiliation *a, *next;

    if (!person || !has_text(list, person->key, person->name))
        return false;
    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "person");
    writer_text(writer, "key", person->key);
    writer_text(writer, "name", person->name);
    writer_begin_array(writer, "organisations");
    HASH_ITER (by_id, request->registry->affiliations, a, next) {
        if (a->person_id == person->id && rights_current(a->from, a->to, people_today()) &&
            parties_find(&list->parties, HOLDER_ORGANISATION, a->organisation_id))
            writer_text(writer, NULL,
                        describe_holder_key(request, HOLDER_ORGANISATION, a->organisation_id));
    }
    writer_end_array(writer);
    writer_int(writer, "roles", party->roles);
    writer_end_object(writer);
    writer_end_object(writer);
    return true;
}

static int told_next(struct stream *stream, struct writer *writer)
{
    struct people_stream *list = (struct people_stream *)stream;
    struct request request;

    request_caller(list->walk.call, &request);
    while (request.registry && list->at < list->count) {
        const struct party *party =
            parties_find(&list->parties, list->holder, list->listed[list->at++].id);
        bool told = list->holder == HOLDER_PERSON
                        ? write_person(list, writer, &request, party)
                        : write_organisation(list, writer, &request, party);

        if (told)
            return 1;
    }
    return 0;
}

/* Counts, a slice at a time. */
static int counted_next(struct stream *stream, struct writer *writer UNUSED)
{
    struct people_stream *list = (struct people_stream *)stream;
    struct request request = {0};
    int r = 1;

    for (int i = 0; i < PEOPLE_SLICE && r == 1; i++) {
        r = people_walk_next(&list->walk, &request);
        if (r == 1 && parties_add_node(&list->parties, &request) < 0)
            return -ENOMEM;
    }
    if (r < 0)
        return r;
    if (r == 0) {
        request_caller(list->walk.call, &request);
        if (!request.registry || parties_add_others(&list->parties, &request, list->scoped) < 0 ||
            sort_parties(list, &request) < 0)
            return -ENOMEM;
        list->stream.next = told_next;
    }
    call_resume(list->walk.call);
    return -EAGAIN;
}

static const struct answer *list_people(struct call *call, enum holder holder)
{
    struct request request;
    const struct answer *answer = people_open(call, &request);
    struct people_stream *list;
    struct slot *scope;

    if (!answer)
        answer = people_scope(&request, &scope);
    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = counted_next;
    list->stream.free = people_stream_free;
    list->holder = holder;
    list->scoped = scope != NULL;
    list->text = param_text(call, "text");
    if (people_walk_begin(&list->walk, &request, scope) < 0) {
        people_stream_free(&list->stream);
        return fail_overloaded(call);
    }
    return call_stream(call, &list->stream);
}

const struct answer *method_list_organisations(struct call *call)
{
    return list_people(call, HOLDER_ORGANISATION);
}

const struct answer *method_list_persons(struct call *call)
{
    return list_people(call, HOLDER_PERSON);
}
