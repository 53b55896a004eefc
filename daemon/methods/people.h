/*
 * What the methods about organisations, persons and groups share: of whom a caller may know, the
 * walk over all strategies that they may read, and how a membership and an affiliation are told.
 */
#ifndef GOALD_METHODS_PEOPLE_H
#define GOALD_METHODS_PEOPLE_H

#include "core/people.h"
#include "core/walk.h"
#include "methods/request.h"
#include "wire/writer.h"

#define PEOPLE_SLICE 256 /* nodes that a stream looks at in one step */

/* May the caller know of that organisation or person? Of those who take part in a strategy that
 * they may read, and of themselves; who manages a strategy also of those who take part in none; who
 * may read everything, of all. */
bool people_known(const struct request *request, enum holder holder, int64_t id);

/* May the caller read every strategy, by a role that holds everywhere? */
bool people_read_all(const struct request *request);

/* Does the caller manage any strategy, or administer it? */
bool people_manages(const struct request *request);

/* May the caller see a person's contact data: an admin, the manager of a strategy that the person
 * takes part in, and the person? */
bool people_contact_known(const struct request *request, int64_t person_id);

/* Opens a call that is about the registry, which has to be loaded. As request_open(). */
const struct answer *people_open(struct call *call, struct request *ret_request) MUST_CHECK;

/* The strategy that an optional parameter `strategy` names, as *ret_slot, NULL without one. Returns
 * NULL, or the answer: NoSuchStrategy, Unavailable. */
const struct answer *people_scope(const struct request *request, struct slot **ret_slot) MUST_CHECK;

/* There is nobody of that key whom the caller may know of; Unavailable while that is not sure. */
const struct answer *people_fail_unknown(struct call *call, const char *key) MUST_CHECK;

/* The day on which what belongs to no strategy is judged: today in UTC. */
int32_t people_today(void);

/* An organisation's name in the language asked for. */
const char *people_organisation_name(const struct request *request,
                                     const struct organisation *organisation);

/*
 * A walk over all nodes of the strategies that the caller may read (or of one), a strategy itself
 * before its nodes. It remembers ids, so it may go on in a later turn of the loop. It is the
 * stream's that has it, which ends it with people_walk_done(). All zeroes is a walk that is over.
 */
struct people_walk {
    struct call *call;
    int32_t *strategies;
    size_t count, at;
    struct walk walk;
    bool open; /* `walk` has begun */
};

int people_walk_begin(struct people_walk *walk, const struct request *request,
                      const struct slot *only) MUST_CHECK;
/* The next node as request->node, the request opened on its strategy: 1; 0: it is over. In a turn's
 * first step the request is all zeroes. */
int people_walk_next(struct people_walk *walk, struct request *request) MUST_CHECK;
void people_walk_done(struct people_walk *walk);

/* The group's members in the order in which one would name them (lead, chair, secretary, …), as an
 * array that the caller frees. */
int people_members(const struct tree *tree, const struct group *group,
                   const struct membership ***ret_members, size_t *ret_count) MUST_CHECK;
/* Who answers for an area: its own members, else the contacts, else who leads, else all. How far
 * down that is for these members, and whether one of them is among them. */
enum people_answering { ANSWERS_OWN, ANSWERS_CONTACT, ANSWERS_LEAD, ANSWERS_ANY };
enum people_answering people_answering(const struct membership *const *members, size_t count,
                                       const char *area);
bool people_answers(const struct membership *member, enum people_answering answering,
                    const char *area);

/* A membership as the interface's Member. */
void people_write_member(struct writer *writer, const char *key, const struct request *request,
                         const struct group *group, const struct membership *membership);
/* A group as the interface's GroupName. */
void people_write_group_name(struct writer *writer, const char *key, const struct request *request,
                             const struct group *group);
void people_write_affiliation(struct writer *writer, const struct request *request,
                              const struct affiliation *affiliation);
/* The keys of the strategies that the caller may read and in which somebody takes part. */
void people_write_strategies(struct writer *writer, const char *key, const struct request *request,
                             enum holder holder, int64_t id);

#endif
