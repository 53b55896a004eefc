/*
 * Strategy number 0: organisations, persons and their affiliations, accounts and their rights
 * (those on one strategy too). Loaded and followed as a tree is; owned by the store.
 */
#ifndef GOALD_CORE_REGISTRY_H
#define GOALD_CORE_REGISTRY_H

#include "core/date.h"
#include "core/text.h"
#include "core/workdays.h"

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct organisation {
    int64_t id;
    char *key;
    struct texts names;
    char *mailbox; /* of its function; owned, or NULL */
    UT_hash_handle by_id, by_key;
};

/* What is known of a person that can be erased. */
enum contact { CONTACT_NAME, CONTACT_EMAIL, CONTACT_COUNT };

/* The name comes from the erasable contact data: NULL when it was erased or never given. */
struct person {
    int64_t id;
    char *key, *name;
    char *language;                  /* of mails to them; NULL: the strategy's */
    int64_t contacts[CONTACT_COUNT]; /* the ids of what is live of it; 0: none */
    UT_hash_handle by_id, by_key;
};

struct affiliation {
    int64_t id, person_id, organisation_id;
    bool reporter; /* reports for the organisation; else a member */
    struct date from, to;
    UT_hash_handle by_id;
};

/* What the kernel shows for users of other namespaces: it matches nobody. */
#define OVERFLOW_UID 65534

/* Ties a person to (realm, uid). uid -1: a built-in account (goald itself). */
struct account {
    int64_t id, uid, person_id; /* person 0: none */
    char *realm;
    bool disabled;
    char *login; /* the key made of both, the registry's own */
    UT_hash_handle by_id, by_login;
};

/* A right: an account's role (enum right_role of rights.h) on one strategy or everywhere. */
struct grant {
    int64_t id, account_id;
    int32_t strategy_id; /* 0: everywhere */
    int role;
    UT_hash_handle by_id;
};

/* The days off of a country or house, which strategies may name beside those that are computed. */
struct days_off {
    int64_t id;
    char *key;
    char *source; /* where they are from; NULL: not said */
    size_t n_days;
    int32_t *days; /* ascending */
    UT_hash_handle by_id, by_key;
};

struct registry {
    int64_t seq;
    unsigned char hash[32];
    struct organisation *organisations_by_id, *organisations_by_key;
    struct person *persons_by_id, *persons_by_key;
    struct person *persons_gone; /* by_id: ended, or about to be put again under their name */
    struct affiliation *affiliations;
    struct account *accounts, *accounts_by_login;
    struct grant *grants;
    struct days_off *days_off_by_id, *days_off_by_key;
};

int registry_new(struct registry **ret_registry) MUST_CHECK;
void registry_free(struct registry *registry);

struct organisation *registry_organisation(const struct registry *registry, int64_t id);
struct organisation *registry_organisation_by_key(const struct registry *registry, const char *key);
struct person *registry_person(const struct registry *registry, int64_t id);
struct person *registry_person_by_key(const struct registry *registry, const char *key);
struct account *registry_account(const struct registry *registry, int64_t id);
/* NULL for a stranger, and always for the overflow uid (65534). It may be disabled. */
struct account *registry_account_of(const struct registry *registry, const char *realm,
                                    int64_t uid);
/* As whom a person acts who is known by a mail: by the lowest id that is not disabled, or NULL. */
struct account *registry_person_account(const struct registry *registry, int64_t person_id);

struct days_off *registry_days_off(const struct registry *registry, int64_t id);
struct days_off *registry_days_off_by_key(const struct registry *registry, const char *key);

/* The working days of a strategy that names this calendar: one that is computed, or the registry's,
 * which lends its days until it changes. NULL and what is nowhere: Monday to Friday, and -ENOENT
 * for the latter. */
int registry_workdays(const struct registry *registry, const char *name,
                      struct workdays *ret_calendar);

/* As in tree.h: a put replaces what has the same id and copies what it is given; the name of a
 * person outlives a new version of the person's row, even one that is ended before it is put. */
int registry_put_organisation(struct registry *registry, const struct organisation *row) MUST_CHECK;
void registry_end_organisation(struct registry *registry, int64_t id);
int registry_put_person(struct registry *registry, int64_t id, const char *key,
                        const char *language) MUST_CHECK;
void registry_end_person(struct registry *registry, int64_t id);
/* The name of a person, NULL to forget it; a person that is not there is ignored. */
int registry_put_name(struct registry *registry, int64_t person_id, const char *name) MUST_CHECK;
/* The id of the contact data of that kind, 0: it ended; likewise. */
void registry_put_contact(struct registry *registry, int64_t person_id, enum contact kind,
                          int64_t id);
int registry_put_affiliation(struct registry *registry, const struct affiliation *row) MUST_CHECK;
void registry_end_affiliation(struct registry *registry, int64_t id);
/* uid -1 is nobody's login. -ENAMETOOLONG for a realm of more than 255 bytes. */
int registry_put_account(struct registry *registry, const struct account *row) MUST_CHECK;
void registry_end_account(struct registry *registry, int64_t id);
int registry_put_grant(struct registry *registry, const struct grant *row) MUST_CHECK;
void registry_end_grant(struct registry *registry, int64_t id);
int registry_put_days_off(struct registry *registry, const struct days_off *row) MUST_CHECK;
void registry_end_days_off(struct registry *registry, int64_t id);

#endif
