/*
 * Strategy number 0 in memory. The registry owns its rows through the by_id hashes;
 * registry_free() frees everything.
 */
#include "core/hash.h"

#include "core/registry.h"

#include <inttypes.h>
#include <string.h>

#define REALM_MAX 255
#define LOGIN_SIZE (REALM_MAX + sizeof(int64_t))

int registry_new(struct registry **ret_registry)
{
    struct registry *registry = calloc(1, sizeof *registry);

    if (!registry)
        return -ENOMEM;
    *ret_registry = registry;
    return 0;
}

static void organisation_free(struct organisation *organisation)
{
    if (!organisation)
        return;
    free(organisation->key);
    free(organisation->mailbox);
    texts_done(&organisation->names);
    free(organisation);
}

static void person_free(struct person *person)
{
    if (!person)
        return;
    free(person->key);
    free(person->name);
    free(person->language);
    free(person);
}

static void account_free(struct account *account)
{
    if (!account)
        return;
    free(account->realm);
    free(account->login);
    free(account);
}

static void days_off_free(struct days_off *days_off)
{
    if (!days_off)
        return;
    free(days_off->key);
    free(days_off->source);
    free(days_off->days);
    free(days_off);
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    HASH_CLEAR(by_key, registry->organisations_by_key);
    HASH_CLEAR(by_key, registry->persons_by_key);
    HASH_CLEAR(by_login, registry->accounts_by_login);
    HASH_FREE_ALL(registry->organisations_by_id, organisation_free);
    HASH_FREE_ALL(registry->persons_by_id, person_free);
    HASH_FREE_ALL(registry->persons_gone, person_free);
    HASH_FREE_ALL(registry->affiliations, free);
    HASH_FREE_ALL(registry->accounts, account_free);
    HASH_FREE_ALL(registry->grants, free);
    HASH_CLEAR(by_key, registry->days_off_by_key);
    HASH_FREE_ALL(registry->days_off_by_id, days_off_free);
    free(registry);
}

struct organisation *registry_organisation(const struct registry *registry, int64_t id)
{
    struct organisation *organisation = NULL;

    HASH_BY_ID(registry->organisations_by_id, id, organisation);
    return organisation;
}

struct organisation *registry_organisation_by_key(const struct registry *registry, const char *key)
{
    struct organisation *organisation = NULL;

    if (key)
        HASH_BY_STRING(by_key, registry->organisations_by_key, key, organisation);
    return organisation;
}

struct person *registry_person(const struct registry *registry, int64_t id)
{
    struct person *person = NULL;

    HASH_BY_ID(registry->persons_by_id, id, person);
    return person;
}

struct person *registry_person_by_key(const struct registry *registry, const char *key)
{
    struct person *person = NULL;

    if (key)
        HASH_BY_STRING(by_key, registry->persons_by_key, key, person);
    return person;
}

struct account *registry_account(const struct registry *registry, int64_t id)
{
    struct account *account = NULL;

    HASH_BY_ID(registry->accounts, id, account);
    return account;
}

struct account *registry_person_account(const struct registry *registry, int64_t person_id)
{
    struct account *account, *next, *first = NULL;

    HASH_ITER (by_id, registry->accounts, account, next) {
        if (person_id && account->person_id == person_id && !account->disabled &&
            (!first || account->id < first->id))
            first = account;
    }
    return first;
}

/* The key of a login: the number's bytes and the realm's. Each call looks its caller up, so it is
 * not printed. Returns the length, or -ENAMETOOLONG. */
static int login_write(char buffer[LOGIN_SIZE], const char *realm, int64_t uid)
{
    size_t len = strlen(realm);

    if (len > REALM_MAX)
        return -ENAMETOOLONG;
    memcpy(buffer, &uid, sizeof(uid));
    memcpy(buffer + sizeof(uid), realm, len);
    return (int)(sizeof(uid) + len);
}

struct account *registry_account_of(const struct registry *registry, const char *realm, int64_t uid)
{
    struct account *account = NULL;
    char login[LOGIN_SIZE];
    int len = login_write(login, realm, uid);

    if (uid < 0 || uid == OVERFLOW_UID || len < 0)
        return NULL;
    HASH_FIND(by_login, registry->accounts_by_login, login, (unsigned)len, account);
    return account;
}

static void organisation_freep(struct organisation **organisation)
{
    organisation_free(*organisation);
}

int registry_put_organisation(struct registry *registry, const struct organisation *row)
{
    AUTO(organisation_freep) struct organisation *organisation = calloc(1, sizeof *organisation);

    if (!organisation)
        return -ENOMEM;
    organisation->id = row->id;
    organisation->key = strdup(row->key);
    organisation->mailbox = row->mailbox ? strdup(row->mailbox) : NULL;
    if (!organisation->key || (row->mailbox && !organisation->mailbox) ||
        texts_copy(&row->names, &organisation->names) < 0)
        return -ENOMEM;
    registry_end_organisation(registry, row->id);
    if (HASH_PUT_ID(registry->organisations_by_id, organisation) < 0)
        return -ENOMEM;

    struct organisation *kept = STEAL(organisation); /* the registry's from here on */
    return HASH_PUT_STRING(by_key, registry->organisations_by_key, key, kept);
}

void registry_end_organisation(struct registry *registry, int64_t id)
{
    struct organisation *organisation = registry_organisation(registry, id);

    if (!organisation)
        return;
    HASH_TAKE(by_key, registry->organisations_by_key, organisation);
    HASH_TAKE(by_id, registry->organisations_by_id, organisation);
    organisation_free(organisation);
}

static struct person *gone_person(const struct registry *registry, int64_t id)
{
    struct person *person = NULL;

    HASH_BY_ID(registry->persons_gone, id, person);
    return person;
}

/* A person in persons_by_id: who was gone, with the name, or else one that has only its id. */
static int person_come(struct registry *registry, int64_t id, struct person **ret_person)
{
    struct person *person = gone_person(registry, id);

    if (person)
        HASH_TAKE(by_id, registry->persons_gone, person);
    else
        person = calloc(1, sizeof *person);
    if (!person)
        return -ENOMEM;
    person->id = id;
    int r = HASH_PUT_ID(registry->persons_by_id, person);
    if (r < 0) {
        person_free(person);
        return r;
    }
    *ret_person = person;
    return 0;
}

int registry_put_person(struct registry *registry, int64_t id, const char *key,
                        const char *language)
{
    struct person *person = registry_person(registry, id);
    AUTO(free_ptr) char *copy = strdup(key), *copied_language = language ? strdup(language) : NULL;

    if (!copy || (language && !copied_language))
        return -ENOMEM;
    if (!person) {
        int r = person_come(registry, id, &person);
        if (r < 0)
            return r;
    }
    HASH_TAKE(by_key, registry->persons_by_key, person);
    free(person->key);
    person->key = STEAL(copy);
    free(person->language);
    person->language = STEAL(copied_language);
    return HASH_PUT_STRING(by_key, registry->persons_by_key, key, person);
}

void registry_end_person(struct registry *registry, int64_t id)
{
    struct person *person = registry_person(registry, id);

    if (!person)
        return;
    HASH_TAKE(by_key, registry->persons_by_key, person);
    HASH_TAKE(by_id, registry->persons_by_id, person);
    if (HASH_PUT_ID(registry->persons_gone, person) < 0)
        person_free(person);
}

/* A person, also one that is gone and may come back. */
static struct person *any_person(const struct registry *registry, int64_t id)
{
    struct person *person = registry_person(registry, id);

    return person ? person : gone_person(registry, id);
}

void registry_put_contact(struct registry *registry, int64_t person_id, enum contact kind,
                          int64_t id)
{
    struct person *person = any_person(registry, person_id);

    if (person)
        person->contacts[kind] = id;
}

int registry_put_name(struct registry *registry, int64_t person_id, const char *name)
{
    struct person *person = any_person(registry, person_id);

    if (!person)
        return 0;
    char *copy = name ? strdup(name) : NULL;
    if (name && !copy)
        return -ENOMEM;
    free(person->name);
    person->name = copy;
    return 0;
}

int registry_put_affiliation(struct registry *registry, const struct affiliation *row)
{
    return HASH_PUT_PLAIN(registry->affiliations, row);
}

void registry_end_affiliation(struct registry *registry, int64_t id)
{
    HASH_END_PLAIN(registry->affiliations, id);
}

static void account_freep(struct account **account)
{
    account_free(*account);
}

int registry_put_account(struct registry *registry, const struct account *row)
{
    AUTO(account_freep) struct account *account = calloc(1, sizeof *account);
    char login[LOGIN_SIZE];

    if (!account)
        return -ENOMEM;
    int r, len = login_write(login, row->realm, row->uid);
    if (len < 0)
        return len;
    account->id = row->id;
    account->uid = row->uid;
    account->person_id = row->person_id;
    account->disabled = row->disabled;
    account->realm = strdup(row->realm);
    account->login = malloc((size_t)len);
    if (!account->realm || !account->login)
        return -ENOMEM;
    memcpy(account->login, login, (size_t)len);
    registry_end_account(registry, row->id);
    r = HASH_PUT_ID(registry->accounts, account);
    if (r < 0)
        return r;

    struct account *kept = STEAL(account); /* the registry's from here on */
    HASH_ADD_KEYPTR(by_login, registry->accounts_by_login, kept->login, (unsigned)len, kept);
    return kept->by_login.tbl ? 0 : -ENOMEM;
}

void registry_end_account(struct registry *registry, int64_t id)
{
    struct account *account = registry_account(registry, id);

    if (!account)
        return;
    HASH_TAKE(by_login, registry->accounts_by_login, account);
    HASH_TAKE(by_id, registry->accounts, account);
    account_free(account);
}

int registry_put_grant(struct registry *registry, const struct grant *row)
{
    return HASH_PUT_PLAIN(registry->grants, row);
}

void registry_end_grant(struct registry *registry, int64_t id)
{
    HASH_END_PLAIN(registry->grants, id);
}

struct days_off *registry_days_off(const struct registry *registry, int64_t id)
{
    struct days_off *days_off = NULL;

    HASH_BY_ID(registry->days_off_by_id, id, days_off);
    return days_off;
}

struct days_off *registry_days_off_by_key(const struct registry *registry, const char *key)
{
    struct days_off *days_off = NULL;

    if (key)
        HASH_BY_STRING(by_key, registry->days_off_by_key, key, days_off);
    return days_off;
}

int registry_workdays(const struct registry *registry, const char *name,
                      struct workdays *ret_calendar)
{
    const struct days_off *days_off = registry_days_off_by_key(registry, name);

    *ret_calendar = (struct workdays){.of = WORKDAYS_WEEK};
    if (!name || workdays_built_in(name, ret_calendar) == 0)
        return 0;
    if (!days_off)
        return -ENOENT;
    *ret_calendar = (struct workdays){WORKDAYS_LIST, days_off->n_days, days_off->days};
    return 0;
}

static void days_off_freep(struct days_off **days_off)
{
    days_off_free(*days_off);
}

int registry_put_days_off(struct registry *registry, const struct days_off *row)
{
    AUTO(days_off_freep) struct days_off *days_off = calloc(1, sizeof *days_off);
    size_t size = row->n_days * sizeof *row->days;

    if (!days_off)
        return -ENOMEM;
    days_off->id = row->id;
    days_off->key = strdup(row->key);
    days_off->source = row->source ? strdup(row->source) : NULL;
    days_off->days = malloc(size ? size : 1);
    if (!days_off->key || !days_off->days || (row->source && !days_off->source))
        return -ENOMEM;
    if (size)
        memcpy(days_off->days, row->days, size);
    days_off->n_days = row->n_days;
    registry_end_days_off(registry, row->id);
    if (HASH_PUT_ID(registry->days_off_by_id, days_off) < 0)
        return -ENOMEM;

    struct days_off *kept = STEAL(days_off); /* the registry's from here on */
    return HASH_PUT_STRING(by_key, registry->days_off_by_key, key, kept);
}

void registry_end_days_off(struct registry *registry, int64_t id)
{
    struct days_off *days_off = registry_days_off(registry, id);

    if (!days_off)
        return;
    HASH_TAKE(by_key, registry->days_off_by_key, days_off);
    HASH_TAKE(by_id, registry->days_off_by_id, days_off);
    days_off_free(days_off);
}
