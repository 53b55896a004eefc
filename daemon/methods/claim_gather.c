/* What was found, and what of it is claimed; see claim.h. */
#include "core/hash.h"

#include "methods/claim.h"

#include <errno.h>
#include <string.h>

#include "core/array.h"
#include "core/ids.h"
#include "methods/heap.h"

/* A letter that is looked at in part is left to who may look at all of it: one note of each such
 * letter is known by it. */
static int spread_letter(struct gathering *gathering, struct claim_note *note)
{
    struct claim_note *known;

    if (note->open != CLAIMS_LAPSED)
        return 0;
    HASH_BY_STRING(by_letter, gathering->spread, note->letter, known);
    return known ? 0 : HASH_PUT_STRING(by_letter, gathering->spread, letter, note);
}

static bool is_whole(const struct gathering *gathering, const char *letter)
{
    struct claim_note *spread;

    HASH_BY_STRING(by_letter, gathering->spread, letter, spread);
    return !spread;
}

int gathering_note(struct gathering *gathering, int32_t strategy_id, const struct claims_row *row)
{
    struct claim_note *note = calloc(1, sizeof(*note));

    if (!note)
        return -ENOMEM;
    note->id = row->row.id;
    note->strategy_id = strategy_id;
    note->open = row->open;
    snprintf(note->letter, sizeof(note->letter), "%s", row->letter ? row->letter : "");
    if (HASH_PUT_ID(gathering->notes, note) < 0) {
        free(note);
        return -ENOMEM;
    }
    return row->spread ? spread_letter(gathering, note) : 0;
}

int gathering_leave_out(struct gathering *gathering, int32_t strategy_id)
{
    struct claim_note *note, *next;
    int r = 0;

    HASH_ITER (by_id, gathering->notes, note, next) {
        if (r == 0 && note->strategy_id == strategy_id)
            r = spread_letter(gathering, note);
    }
    return r;
}

static int find_party(struct gathering *gathering, int32_t strategy_id, enum holder holder,
                      int64_t id, struct claim_party **ret_party)
{
    struct claim_party_key key;
    struct claim_party *party;

    memset(&key, 0, sizeof(key));
    key.strategy_id = holder == HOLDER_GROUP ? strategy_id : 0;
    key.holder = (int32_t)holder;
    key.id = id;
    HASH_FIND(by_key, gathering->parties, &key, sizeof(key), party);
    if (!party) {
        party = calloc(1, sizeof(*party));
        if (!party)
            return -ENOMEM;
        party->key = key;
        HASH_ADD(by_key, gathering->parties, key, sizeof(key), party);
        if (!party->by_key.tbl) {
            free(party);
            return -ENOMEM;
        }
    }
    *ret_party = party;
    return 0;
}

int gathering_serve(struct gathering *gathering, int32_t strategy_id, enum holder holder,
                    int64_t id)
{
    struct claim_party *party;
    int r = find_party(gathering, strategy_id, holder, id, &party);

    if (r == 0)
        party->served = true;
    return r;
}

/* --- candidates --- */

static void candidate_done(struct claim_candidate *candidate)
{
    free(candidate->skips);
}

static bool is_before(const struct claim_candidate *a, const struct claim_candidate *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->item.strategy_id != b->item.strategy_id)
        return a->item.strategy_id < b->item.strategy_id;
    return a->item.occurrence.item_id < b->item.occurrence.item_id;
}

/* Puts it in its place, and takes it: of more than `most` the least urgent is given up. */
static int put_candidate(struct claim_candidate **list, size_t *count, size_t most,
                         struct claim_candidate candidate)
{
    size_t at = *count;

    while (at > 0 && is_before(&candidate, &(*list)[at - 1]))
        at--;
    if (at == most || (*count < most && ARRAY_RESERVE(*list, *count) < 0)) {
        candidate_done(&candidate);
        return at == most ? 0 : -ENOMEM;
    }
    if (*count == most)
        candidate_done(&(*list)[--*count]);
    ARRAY_OPEN(*list, *count, at);
    (*list)[at] = candidate;
    return 0;
}

/* Days until what it is about, what comes first by the rules' order on the same day. */
static int64_t rank_of(const struct occurrence *occurrence, int32_t day)
{
    return ((int64_t)occurrence->version - day) * REMIND_RULES + (int64_t)occurrence->rule;
}

static struct claim_candidate candidate_of(const struct occurrence *occurrence, int32_t strategy_id,
                                           int32_t day)
{
    return (struct claim_candidate){
        .rank = rank_of(occurrence, day),
        .item = {.occurrence = *occurrence, .strategy_id = strategy_id, .day = day}};
}

static bool is_same_series(const struct occurrence *a, const struct occurrence *b)
{
    return a->item == b->item && a->item_id == b->item_id && a->rule == b->rule &&
           a->version == b->version && a->recipient == b->recipient &&
           a->recipient_id == b->recipient_id;
}

static int copy_skips(struct claim_candidate *candidate, const struct skipped *skipped,
                      size_t count)
{
    candidate->skips = count ? calloc(count, sizeof(*candidate->skips)) : NULL;
    if (count && !candidate->skips)
        return -ENOMEM;
    candidate->n_skips = count;
    for (size_t i = 0; i < count; i++)
        candidate->skips[i] = (struct claims_skip){.occurrence = skipped[i].occurrence,
                                                   .strategy_id = candidate->item.strategy_id,
                                                   .day = candidate->item.day,
                                                   .reason = skipped[i].reason};
    return 0;
}

/* The skipped ones come in the order of those whose place was taken. */
static int take_due(struct gathering *gathering, int32_t strategy_id, int32_t day,
                    const struct remind_results *results)
{
    size_t at = 0;
    int r = 0;

    for (size_t i = 0; r == 0 && i < results->due.count; i++) {
        const struct occurrence *due = &results->due.items[i];
        struct claim_candidate candidate = candidate_of(due, strategy_id, day);
        struct claim_party *party;
        size_t first = at;

        while (at < results->n_skipped && is_same_series(&results->skipped[at].occurrence, due))
            at++;
        r = find_party(gathering, strategy_id, due->recipient, due->recipient_id, &party);
        if (r == 0 && !party->served)
            r = copy_skips(&candidate, results->skipped + first, at - first);
        if (r == 0 && !party->served)
            r = put_candidate(&party->fresh, &party->n_fresh, LETTER_ITEMS, candidate);
    }
    return r;
}

static int skip_open(struct gathering *gathering, int32_t strategy_id, int32_t day,
                     const struct open_row *open)
{
    if (ARRAY_RESERVE(gathering->skips, gathering->n_skips) < 0)
        return -ENOMEM;
    gathering->skips[gathering->n_skips++] = (struct claims_skip){.occurrence = open->occurrence,
                                                                  .row_id = open->id,
                                                                  .strategy_id = strategy_id,
                                                                  .day = day,
                                                                  .reason = open->reason};
    return 0;
}

static int retry_open(struct gathering *gathering, int32_t strategy_id, int32_t day,
                      const struct open_row *open)
{
    const struct occurrence *occurrence = &open->occurrence;
    struct claim_candidate candidate = candidate_of(occurrence, strategy_id, day);
    struct claim_party *party;
    struct claim_note *note;
    int r;

    HASH_BY_ID(gathering->notes, open->id, note);
    if (!note || (note->open != CLAIMS_AGAIN && note->open != CLAIMS_LAPSED))
        return 0;
    r = find_party(gathering, strategy_id, occurrence->recipient, occurrence->recipient_id, &party);
    if (r < 0 || party->served)
        return r;
    candidate.item.row_id = open->id;
    if (note->open == CLAIMS_AGAIN)
        return put_candidate(&party->fresh, &party->n_fresh, LETTER_ITEMS, candidate);
    candidate.note = note;
    return put_candidate(&party->lapsed, &party->n_lapsed, SIZE_MAX, candidate);
}

int gathering_take(struct gathering *gathering, int32_t strategy_id, int32_t day,
                   const struct remind_results *results)
{
    int r = take_due(gathering, strategy_id, day, results);

    for (size_t i = 0; r == 0 && i < results->n_open; i++) {
        const struct open_row *open = &results->open[i];

        r = open->reason == SETTLE_NOT ? retry_open(gathering, strategy_id, day, open)
                                       : skip_open(gathering, strategy_id, day, open);
    }
    return r;
}

/* --- letters --- */

/* The letter of theirs that is taken over, by its most urgent occurrence; or NULL. */
static const struct claim_candidate *lapsed_letter(const struct gathering *gathering,
                                                   const struct claim_party *party)
{
    const char *refused = "";

    for (size_t i = 0; i < party->n_lapsed; i++) {
        const struct claim_candidate *lapsed = &party->lapsed[i];

        if (strcmp(lapsed->note->letter, refused) == 0)
            continue;
        if (is_whole(gathering, lapsed->note->letter))
            return lapsed;
        refused = lapsed->note->letter;
    }
    return NULL;
}

static int add_item(struct claims_letter *letter, const struct claim_candidate *candidate)
{
    struct claims_skip *skips;

    if (ARRAY_RESERVE(letter->items, letter->n_items) < 0)
        return -ENOMEM;
    letter->items[letter->n_items++] = candidate->item;
    if (candidate->n_skips == 0)
        return 0;
    skips = reallocarray(letter->skips, letter->n_skips + candidate->n_skips, sizeof(*skips));
    if (!skips)
        return -ENOMEM;
    memcpy(skips + letter->n_skips, candidate->skips, candidate->n_skips * sizeof(*skips));
    letter->skips = skips;
    letter->n_skips += candidate->n_skips;
    return 0;
}

static int fill_letter(struct claims_letter *letter, const struct claim_party *party,
                       const struct claim_candidate *lapsed, size_t *rows)
{
    const struct claim_candidate *list = lapsed ? party->lapsed : party->fresh;
    size_t count = lapsed ? party->n_lapsed : party->n_fresh;
    int r = 0;

    if (lapsed) {
        snprintf(letter->id, sizeof(letter->id), "%s", lapsed->note->letter);
        letter->again = true;
    }
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (lapsed && strcmp(list[i].note->letter, letter->id) != 0)
            continue;
        if (letter->n_items > 0 && *rows + 1 + list[i].n_skips > CLAIM_ROWS && !lapsed)
            break;
        *rows += 1 + list[i].n_skips;
        r = add_item(letter, &list[i]);
    }
    return r;
}

/* The function's mailbox; a person's address is nobody's to know before it is needed. */
static int find_mailbox(struct request *request, const struct claim_party *party,
                        struct claims_letter *letter)
{
    const struct organisation *organisation;
    const struct group *group = NULL;
    const char *mailbox = NULL;
    struct slot *slot;

    if (letter->recipient == HOLDER_ORGANISATION) {
        organisation = registry_organisation(request->registry, party->key.id);
        mailbox = organisation ? organisation->mailbox : NULL;
    } else if (letter->recipient == HOLDER_GROUP) {
        slot = store_slot(request->store, party->key.strategy_id);
        group = slot && slot->tree ? tree_group(slot->tree, party->key.id) : NULL;
        mailbox = group ? group->mailbox : NULL;
    }
    letter->address = mailbox ? strdup(mailbox) : NULL;
    return mailbox && !letter->address ? -ENOMEM : 0;
}

/* Persons with an account that may act. */
static int find_account_holders(const struct registry *registry, struct ids *holders)
{
    const struct account *account, *next;
    int r = 0;

    HASH_ITER (by_id, registry->accounts, account, next) {
        if (r == 0 && account->person_id && !account->disabled)
            r = ids_add(holders, account->person_id);
    }
    ids_order(holders);
    return r;
}

static int add_letter(struct gathering *gathering, struct request *request,
                      const struct claim_party *party, const struct ids *holders,
                      struct claims *claims, size_t *rows)
{
    struct claims_letter *letter;
    int r;

    if (ARRAY_RESERVE(claims->letters, claims->n_letters) < 0)
        return -ENOMEM;
    letter = &claims->letters[claims->n_letters++];
    *letter = (struct claims_letter){.recipient = (enum holder)party->key.holder,
                                     .recipient_id = party->key.id};
    letter->answerable = letter->recipient == HOLDER_PERSON && ids_have(holders, party->key.id);
    r = find_mailbox(request, party, letter);
    return r == 0 ? fill_letter(letter, party, lapsed_letter(gathering, party), rows) : r;
}

/* All who are to get a letter, by the most urgent that is in it. */
static int order_parties(struct gathering *gathering, struct claim_party **parties,
                         struct heap *order)
{
    struct claim_party *party, *next;
    int64_t n = 0;
    int r = 0;

    HASH_ITER (by_key, gathering->parties, party, next) {
        const struct claim_candidate *lapsed = lapsed_letter(gathering, party);
        int64_t rank;

        if (r < 0 || party->served || (!lapsed && party->n_fresh == 0))
            continue;
        rank = lapsed ? lapsed->rank : party->fresh[0].rank;
        parties[n] = party;
        r = heap_push(order, (struct heap_item){.id = n++, .rank = rank});
    }
    return r;
}

int gathering_choose(struct gathering *gathering, const struct request *request, size_t limit,
                     bool answers, struct claims *claims)
{
    AUTO(free_ptr)
    struct claim_party **parties =
        calloc(HASH_CNT(by_key, gathering->parties) + 1, sizeof(*parties));
    AUTO(heap_done) struct heap order = {0};
    AUTO(ids_done) struct ids holders = {0};
    struct request here = *request;
    struct heap_item next;
    size_t rows = gathering->n_skips;
    int r = parties ? order_parties(gathering, parties, &order) : -ENOMEM;

    if (r == 0 && answers)
        r = find_account_holders(request->registry, &holders);
    claims->skips = STEAL(gathering->skips);
    claims->n_skips = gathering->n_skips;
    gathering->n_skips = 0;
    /* No letter at all would mean that there is nothing more to send. */
    while (r == 0 && claims->n_letters < limit && (claims->n_letters == 0 || rows < CLAIM_ROWS) &&
           heap_pop(&order, &next))
        r = add_letter(gathering, &here, parties[next.id], &holders, claims, &rows);
    return r;
}

/* --- its end --- */

static void candidates_free(struct claim_candidate *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        candidate_done(&list[i]);
    free(list);
}

static void party_free(struct claim_party *party)
{
    candidates_free(party->fresh, party->n_fresh);
    candidates_free(party->lapsed, party->n_lapsed);
    free(party);
}

void gathering_done(struct gathering *gathering)
{
    struct claim_party *party, *next_party;
    struct claim_note *note, *next_note;

    HASH_ITER (by_key, gathering->parties, party, next_party) {
        HASH_DELETE(by_key, gathering->parties, party);
        party_free(party);
    }
    HASH_CLEAR(by_letter, gathering->spread);
    HASH_ITER (by_id, gathering->notes, note, next_note) {
        HASH_DELETE(by_id, gathering->notes, note);
        free(note);
    }
    free(gathering->skips);
    *gathering = (struct gathering){0};
}
