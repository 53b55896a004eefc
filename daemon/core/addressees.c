/* An address book in sorted arrays, so that asking costs what is found; see addressees.h. */
#include "core/hash.h"

#include "core/addressees.h"

#include "core/array.h"
#include "core/people.h"
#include "core/rights.h"

const char *const remind_why_names[] = {
    [WHY_OWNER] = "owner",     [WHY_LEAD] = "lead",
    [WHY_AIM] = "aim",         [WHY_REVIEWER] = "reviewer",
    [WHY_HOLDER] = "holder",   [WHY_ESCALATION] = "escalation",
    [WHY_MANAGER] = "manager", [WHY_UNREACHED] = "unreached",
    [WHY_NUDGE] = "nudge",     NULL,
};

/* Those by which a group is written to: the first that reaches anybody. */
static const enum role head_roles[] = {ROLE_LEAD, ROLE_CHAIR, ROLE_SECRETARY};

bool role_heads(enum role role)
{
    for (size_t i = 0; i < ARRAY_LEN(head_roles); i++) {
        if (head_roles[i] == role)
            return true;
    }
    return false;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_seats(const void *a, const void *b)
{
    const struct seat *left = a, *right = b;
    int order = compare(left->group_id, right->group_id);

    if (!order)
        order = compare(left->role, right->role);
    return order ? order : compare(left->id, right->id);
}

static int compare_reporters(const void *a, const void *b)
{
    const struct reporter *left = a, *right = b;
    int order = compare(left->organisation_id, right->organisation_id);

    return order ? order : compare(left->person_id, right->person_id);
}

/* --- the address book --- */

static int add_own(const struct registry *registry, const struct tree *tree, int32_t day,
                   struct address_book *book)
{
    const struct organisation *organisation, *next_organisation;
    const struct person *person, *next_person;
    const struct group *group, *next_group;
    int r = 0;

    HASH_ITER (by_id, registry->persons_by_id, person, next_person) {
        if (r == 0 && person->contacts[CONTACT_EMAIL])
            r = ids_add(&book->persons, person->id);
    }
    HASH_ITER (by_id, registry->organisations_by_id, organisation, next_organisation) {
        if (r == 0 && organisation->mailbox)
            r = ids_add(&book->organisations, organisation->id);
    }
    HASH_ITER (by_id, tree->groups_by_id, group, next_group) {
        if (r == 0 && group->mailbox && rights_current(group->term_from, group->term_to, day))
            r = ids_add(&book->groups, group->id);
    }
    ids_order(&book->persons);
    ids_order(&book->organisations);
    ids_order(&book->groups);
    return r;
}

static int add_seats(const struct tree *tree, int32_t day, struct address_book *book)
{
    const struct membership *m, *next;

    HASH_ITER (by_id, tree->memberships, m, next) {
        const struct group *group = tree_group(tree, m->group_id);

        if (!group || !role_heads(m->role) || !people_member_current(group, m, day))
            continue;
        if (ARRAY_RESERVE(book->seats, book->n_seats) < 0)
            return -ENOMEM;
        book->seats[book->n_seats++] =
            (struct seat){m->group_id, m->member_id, m->id, m->holder, m->role};
    }
    if (book->n_seats > 1)
        qsort(book->seats, book->n_seats, sizeof(*book->seats), compare_seats);
    return 0;
}

static int add_reporters(const struct registry *registry, int32_t day, struct address_book *book)
{
    const struct affiliation *affiliation, *next;

    HASH_ITER (by_id, registry->affiliations, affiliation, next) {
        if (!affiliation->reporter || !ids_have(&book->persons, affiliation->person_id) ||
            !rights_current(affiliation->from, affiliation->to, day))
            continue;
        if (ARRAY_RESERVE(book->reporters, book->n_reporters) < 0)
            return -ENOMEM;
        book->reporters[book->n_reporters++] =
            (struct reporter){affiliation->organisation_id, affiliation->person_id};
    }
    if (book->n_reporters > 1)
        qsort(book->reporters, book->n_reporters, sizeof(*book->reporters), compare_reporters);
    return 0;
}

/* Those who were made managers of the strategy, or (0) of everything. */
static int add_managers(const struct registry *registry, int32_t strategy_id,
                        struct address_book *book)
{
    const struct grant *grant, *next;
    int r = 0;

    HASH_ITER (by_id, registry->grants, grant, next) {
        const struct account *account = registry_account(registry, grant->account_id);

        if (r == 0 && grant->role == RIGHT_ROLE_MANAGER && grant->strategy_id == strategy_id &&
            account && !account->disabled && ids_have(&book->persons, account->person_id))
            r = ids_add(&book->managers, account->person_id);
    }
    ids_order(&book->managers);
    return r;
}

int address_book_init(const struct registry *registry, const struct tree *tree, int32_t day,
                      struct address_book *ret_book)
{
    struct address_book book = {0};
    int r = add_own(registry, tree, day, &book);

    if (r == 0)
        r = add_seats(tree, day, &book);
    if (r == 0)
        r = add_reporters(registry, day, &book);
    if (r == 0)
        r = add_managers(registry, tree->strategy_id, &book);
    if (r == 0 && book.managers.count == 0)
        r = add_managers(registry, 0, &book);
    if (r < 0)
        address_book_done(&book);
    else
        *ret_book = book;
    return r;
}

void address_book_done(struct address_book *book)
{
    ids_done(&book->persons);
    ids_done(&book->organisations);
    ids_done(&book->groups);
    free(book->seats);
    free(book->reporters);
    ids_done(&book->managers);
    *book = (struct address_book){0};
}

/* --- from a holder to who reads it --- */

static int add(struct addressees *list, enum holder holder, int64_t id, struct addressee way)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].holder == holder && list->items[i].id == id)
            return 0;
    }
    if (ARRAY_RESERVE(list->items, list->count) < 0)
        return -ENOMEM;
    way.holder = holder;
    way.id = id;
    list->items[list->count++] = way;
    return 0;
}

static int add_person(const struct address_book *book, int64_t id, struct addressee way,
                      struct addressees *list)
{
    return ids_have(&book->persons, id) ? add(list, HOLDER_PERSON, id, way) : 0;
}

/* Who was found through a group was found through that, not through its organisations. */
static struct addressee by_way_of(struct addressee way, enum holder via, int64_t via_id)
{
    if (way.via_id == 0) {
        way.via = via;
        way.via_id = via_id;
    }
    return way;
}

static size_t first_reporter(const struct address_book *book, int64_t organisation_id)
{
    size_t low = 0, high = book->n_reporters;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (book->reporters[middle].organisation_id < organisation_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int add_organisation(const struct address_book *book, int64_t id, struct addressee way,
                            struct addressees *list)
{
    struct addressee via = by_way_of(way, HOLDER_ORGANISATION, id);
    int r = 0;

    if (ids_have(&book->organisations, id))
        return add(list, HOLDER_ORGANISATION, id, way);
    for (size_t i = first_reporter(book, id);
         r == 0 && i < book->n_reporters && book->reporters[i].organisation_id == id; i++)
        r = add_person(book, book->reporters[i].person_id, via, list);
    return r;
}

/* The first of the group's seats with that role or a later one. */
static size_t first_seat(const struct address_book *book, int64_t group_id, enum role role)
{
    const struct seat wanted = {.group_id = group_id, .role = role};
    size_t low = 0, high = book->n_seats;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_seats(&book->seats[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int add_seated(const struct address_book *book, int64_t group_id, enum role role,
                      struct addressee way, struct addressees *list)
{
    struct addressee via = by_way_of(way, HOLDER_GROUP, group_id);
    int r = 0;

    for (size_t i = first_seat(book, group_id, role); r == 0 && i < book->n_seats; i++) {
        const struct seat *seat = &book->seats[i];

        if (seat->group_id != group_id || seat->role != role)
            break;
        r = seat->holder == HOLDER_PERSON ? add_person(book, seat->member_id, via, list)
                                          : add_organisation(book, seat->member_id, via, list);
    }
    return r;
}

static bool organisation_reaches(const struct address_book *book, int64_t id)
{
    size_t i = first_reporter(book, id);

    return ids_have(&book->organisations, id) ||
           (i < book->n_reporters && book->reporters[i].organisation_id == id);
}

/* Does what is sent to those with that role reach anybody? */
static bool seats_reach(const struct address_book *book, int64_t group_id, enum role role)
{
    for (size_t i = first_seat(book, group_id, role); i < book->n_seats; i++) {
        const struct seat *seat = &book->seats[i];

        if (seat->group_id != group_id || seat->role != role)
            break;
        if (seat->holder == HOLDER_PERSON ? ids_have(&book->persons, seat->member_id)
                                          : organisation_reaches(book, seat->member_id))
            return true;
    }
    return false;
}

/* Whose role is the first by which the group is reached; -1: it is by none. */
static int head_role(const struct address_book *book, int64_t group_id)
{
    for (size_t i = 0; i < ARRAY_LEN(head_roles); i++) {
        if (seats_reach(book, group_id, head_roles[i]))
            return (int)head_roles[i];
    }
    return -1;
}

bool address_book_reaches(const struct address_book *book, enum holder holder, int64_t id)
{
    switch (holder) {
    case HOLDER_ORGANISATION:
        return organisation_reaches(book, id);
    case HOLDER_PERSON:
        return ids_have(&book->persons, id);
    case HOLDER_GROUP:
        return ids_have(&book->groups, id) || head_role(book, id) >= 0;
    }
    return false;
}

static int add_heads(const struct address_book *book, int64_t group_id, struct addressee way,
                     struct addressees *list)
{
    int role = head_role(book, group_id);

    return role < 0 ? 0 : add_seated(book, group_id, (enum role)role, way, list);
}

static int add_group(const struct address_book *book, int64_t id, struct addressee way,
                     struct addressees *list)
{
    return ids_have(&book->groups, id) ? add(list, HOLDER_GROUP, id, way)
                                       : add_heads(book, id, way, list);
}

int addressees_of(const struct address_book *book, enum holder holder, int64_t id,
                  enum remind_why why, struct addressees *list)
{
    const struct addressee way = {.why = why};

    switch (holder) {
    case HOLDER_ORGANISATION:
        return add_organisation(book, id, way, list);
    case HOLDER_PERSON:
        return add_person(book, id, way, list);
    case HOLDER_GROUP:
        return add_group(book, id, way, list);
    }
    return 0;
}

int addressees_heads(const struct address_book *book, int64_t group_id, enum remind_why why,
                     struct addressees *list)
{
    return add_heads(book, group_id, (struct addressee){.why = why}, list);
}

int addressees_managers(const struct address_book *book, enum remind_why why,
                        struct addressees *list)
{
    const struct addressee way = {.why = why};
    int r = 0;

    for (size_t i = 0; r == 0 && i < book->managers.count; i++)
        r = add_person(book, book->managers.items[i], way, list);
    return r;
}
