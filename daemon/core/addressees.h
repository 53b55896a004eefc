/*
 * Who reads what is sent to a person, an organisation or a group on a day. A person needs an
 * address. An organisation has its mailbox, else its reporters with an address; a group its
 * mailbox, else its leads, else its chairs, else its secretaries.
 *
 * The address book is a copy of what matters for that, ids only: it outlives changes of the tree
 * and the registry, without following them. Pure; address_book_done() ends it.
 */
#ifndef GOALD_CORE_ADDRESSEES_H
#define GOALD_CORE_ADDRESSEES_H

#include "core/ids.h"
#include "core/registry.h"
#include "core/tree.h"

/* By which way somebody gets a reminder. */
enum remind_why {
    WHY_OWNER,
    WHY_LEAD,
    WHY_AIM, /* of a group that aims at the node, or has another role on it */
    WHY_REVIEWER,
    WHY_HOLDER, /* of the seat, role or group that it is about */
    WHY_ESCALATION,
    WHY_MANAGER,
    WHY_UNREACHED, /* a manager, as nobody else can be reached */
    WHY_NUDGE,
};

/* By value, NULL-terminated. */
extern const char *const remind_why_names[];

/* A person with an address, or the mailbox of an organisation or a group. */
struct addressee {
    enum holder holder, via;
    enum remind_why why;
    int64_t id, via_id; /* the group or organisation through which it was found; 0: none */
};

/* Each once, by the first way that led there. The owner frees the items. */
struct addressees {
    struct addressee *items;
    size_t count;
};

/* Is the role one of those by which a group is written to: lead, chair, secretary? */
bool role_heads(enum role role);

/* Who sits in a group and is written to for it, now. */
struct seat {
    int64_t group_id, member_id, id;
    enum holder holder;
    enum role role; /* one that heads it */
};

/* A person with an address who reports for an organisation, now. */
struct reporter {
    int64_t organisation_id, person_id;
};

struct address_book {
    struct ids persons, organisations, groups; /* with an address or mailbox of their own */
    struct seat *seats;                        /* by (group, role, id) */
    size_t n_seats;
    struct reporter *reporters; /* by (organisation, person) */
    size_t n_reporters;
    struct ids managers; /* persons with an address: the strategy's, if it has none everybody's */
};

int address_book_init(const struct registry *registry, const struct tree *tree, int32_t day,
                      struct address_book *ret_book) MUST_CHECK;
void address_book_done(struct address_book *book);

/* Does what is sent to a holder reach anybody? */
bool address_book_reaches(const struct address_book *book, enum holder holder, int64_t id);

/* These add those who read it, if there are any: what is sent to a holder … */
int addressees_of(const struct address_book *book, enum holder holder, int64_t id,
                  enum remind_why why, struct addressees *list) MUST_CHECK;

/* … to the leads of a group, or if that reaches nobody to its chairs, else secretaries … */
int addressees_heads(const struct address_book *book, int64_t group_id, enum remind_why why,
                     struct addressees *list) MUST_CHECK;

/* … or to the managers. */
int addressees_managers(const struct address_book *book, enum remind_why why,
                        struct addressees *list) MUST_CHECK;

#endif
