/*
 * HandInUpdate: what an answer to a reminder reports, handed in by whom the mail came to. The token
 * that the reminder carried says whom it went to and which nodes it named; the updates are theirs,
 * submitted with the rights that they have now. All of one strategy's are one change, whose request
 * id follows from the token: the same mail again has no further effect, and the journal keeps that.
 *
 * The token is taken for what is reported before any of it is written, so that of two different
 * answers at the same moment one is refused, whichever strategies they are about. If nothing of it
 * could be written the token is given back before that is said. Who dies in between leaves the
 * token to the same mail, which comes again, for it was not answered.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/mailaddress.h"
#include "db/letter.h"
#include "db/tables.h"
#include "db/token.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/table.h"
#include "methods/update.h"

#define ENTRIES_MAX 1000

/* An update on its way. */
struct handed {
    const json_t *content; /* the call's */
    struct letter_node node;
    struct report report;
    struct writer payload;
    bool by_manager;
};

/* Those of one strategy; begins with the change, so that the store's pointer is the bundle's. */
struct bundle {
    struct change change;
    struct hand_in *hand_in;
    enum change_outcome outcome;
    size_t n_entries;
};

/* Begins with the letter, so that its job is the call's. */
struct hand_in {
    struct letter letter;
    struct call *call;             /* parked */
    const struct account *account; /* while it is being opened */
    int64_t account_id;
    struct handed *entries;
    size_t n_entries;
    struct bundle *bundles;
    size_t n_bundles, n_open; /* those without an outcome */
    struct refusal refusal;
};

static void hand_in_free(struct hand_in *hand_in)
{
    for (size_t i = 0; i < hand_in->n_entries; i++)
        writer_done(&hand_in->entries[i].payload);
    free(hand_in->entries);
    free(hand_in->bundles);
    letter_done(&hand_in->letter);
    free(hand_in);
}

/* A refusal of an entry's field; returns -EINVAL. */
static int refuse_entry(struct hand_in *hand_in, size_t i, const char *field, const char *message)
{
    char place[sizeof(hand_in->refusal.field) + 32];

    snprintf(place, sizeof(place), "entries[%zu].%s", i, field);
    return refuse(&hand_in->refusal, place, "%s", message);
}

/* --- what the entries mean --- */

/* Is the node what a code says: "2.2", "ls:2.2", or "ls" for the strategy itself? */
static bool is_named(const struct tree *tree, const struct node *node, const char *code)
{
    const char *const keys[] = {tree->strategy.key, tree->strategy.alias};

    if (*node->code && strcmp(node->code, code) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        size_t len = keys[i] ? strlen(keys[i]) : 0;

        if (len > 0 && strncmp(code, keys[i], len) == 0 &&
            (code[len] == ':' ? strcmp(code + len + 1, node->code) == 0
                              : !code[len] && !*node->code))
            return true;
    }
    return false;
}

static const struct node *letter_node(const struct request *request,
                                      const struct letter_node *named, struct slot **ret_slot)
{
    struct slot *slot = store_slot(request->store, named->strategy_id);
    const struct node *node = slot && slot->tree ? tree_node(slot->tree, named->node_id) : NULL;

    if (node)
        *ret_slot = slot;
    return node;
}

/* The one node of the letter that the code means; without a code the only one. */
static int find_node(struct hand_in *hand_in, const struct request *request, size_t i)
{
    const struct letter *letter = &hand_in->letter;
    const char *code = json_string_value(json_object_get(hand_in->entries[i].content, "code"));
    const struct letter_node *found = NULL;

    for (size_t k = 0; k < letter->n_nodes; k++) {
        struct slot *slot;
        const struct node *node = letter_node(request, &letter->nodes[k], &slot);

        if (!node || (code && !is_named(slot->tree, node, code)))
            continue;
        if (found)
            return refuse_entry(hand_in, i, "code",
                                code ? "the letter named it of several strategies"
                                     : "the letter named several");
        found = &letter->nodes[k];
    }
    if (!found)
        return refuse_entry(hand_in, i, "code", "nothing that the letter named");
    hand_in->entries[i].node = *found;
    return 0;
}

static bool is_same(const struct handed *a, const struct handed *b)
{
    return a->node.strategy_id == b->node.strategy_id && a->node.node_id == b->node.node_id;
}

/* With the addressee's rights: as if they submitted it themselves. */
static int check_right(struct hand_in *hand_in, const struct request *request, struct slot *slot,
                       struct handed *entry)
{
    const struct caller addressee = {.account = hand_in->account};
    const struct node *node = tree_node(slot->tree, entry->node.node_id);

    entry->by_manager = rights_on(request->registry, &addressee, slot->tree) & MAY_MANAGER;
    if (entry->by_manager ||
        rights_contribute(request->registry, &addressee, slot->tree, node, slot_today(slot)))
        return 0;
    return -EPERM;
}

static bool says_something(const json_t *content)
{
    static const char *const names[] = {"percent", "state", "note"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *value = json_object_get(content, names[i]);

        if (value && !json_is_null(value))
            return true;
    }
    return false;
}

static int open_entry(struct hand_in *hand_in, const struct request *request, size_t i)
{
    struct handed *entry = &hand_in->entries[i];
    struct refusal refusal = {0};
    struct slot *slot;
    int r = report_check_content(entry->content, &entry->report.percent, &refusal);

    if (r < 0)
        return refuse_entry(hand_in, i, refusal.field, refusal.message);
    if (!says_something(entry->content))
        return refuse_entry(hand_in, i, "percent", "nothing is said");
    r = find_node(hand_in, request, i);
    for (size_t k = 0; k < i && r == 0; k++)
        if (is_same(&hand_in->entries[k], entry))
            r = refuse_entry(hand_in, i, "code", "more than one report on it");
    if (r < 0)
        return r;
    slot = store_slot(request->store, entry->node.strategy_id);
    entry->report.date = date_from_day(slot_today(slot));
    report_write(&entry->payload, entry->node.node_id, entry->report.date, entry->content,
                 hand_in->account_id);
    if (writer_failed(&entry->payload))
        return -ENOMEM;
    return check_right(hand_in, request, slot, entry);
}

/* --- the changes --- */

/* Checks an entry against the tree as it is, under its own name. */
static int check_entry(struct hand_in *hand_in, struct slot *slot, size_t i)
{
    const struct handed *entry = &hand_in->entries[i];
    const struct node *node = tree_node(slot->tree, entry->node.node_id);
    struct refusal refusal = {0};

    if (!node)
        return refuse_entry(hand_in, i, "code", "is not there any more");
    if (report_check(&entry->report, node, slot_today(slot), &refusal) < 0)
        return refuse_entry(hand_in, i, refusal.field, refusal.message);
    return 0;
}

static int bundle_plan(struct change *change, struct plan *plan)
{
    struct hand_in *hand_in = ((struct bundle *)change)->hand_in;
    int r = 0;

    for (size_t i = 0; i < hand_in->n_entries && r == 0; i++) {
        const struct handed *entry = &hand_in->entries[i];

        if (entry->node.strategy_id != change->slot->id)
            continue;
        r = check_entry(hand_in, change->slot, i);
        if (r == 0)
            r = report_put(plan, table_of("update"), &entry->payload,
                           report_waits(plan->slot->tree, entry->by_manager), change->account);
    }
    return r;
}

static void bundle_done(struct change *change, enum change_outcome outcome);

/* The request id follows from the token; the digest says what was reported under it. */
static int bundle_sign(struct bundle *bundle)
{
    const struct hand_in *hand_in = bundle->hand_in;
    json_auto_t *reported = json_object();
    unsigned char digest[HASH_SIZE];
    char text[2 * HASH_SIZE + 16];
    int len = snprintf(text, sizeof(text), "%s:%" PRId32, hand_in->letter.digest,
                       bundle->change.slot->id);
    int r = digest_text(text, (size_t)len, digest);

    for (size_t i = 0; i < hand_in->n_entries && r == 0; i++) {
        const struct handed *entry = &hand_in->entries[i];
        json_t *content;

        if (entry->node.strategy_id != bundle->change.slot->id)
            continue;
        snprintf(text, sizeof(text), "%" PRId64, entry->node.node_id);
        content = json_copy((json_t *)entry->content);
        json_object_del(content, "code");
        if (json_object_set_new(reported, text, content) < 0)
            r = -ENOMEM;
    }
    if (r < 0)
        return r;
    digest[6] = (unsigned char)((digest[6] & 0x0f) | 0x80); /* RFC 9562, version 8 */
    digest[8] = (unsigned char)((digest[8] & 0x3f) | 0x80);
    uuid_unparse_lower(digest, bundle->change.request_id);
    bundle->change.repeatable = true;
    return digest_call("HandInUpdate", reported, bundle->change.digest);
}

/* The digest of all that is reported. */
static int sign_all(struct hand_in *hand_in)
{
    json_auto_t *reported = json_object();
    unsigned char digest[HASH_SIZE];

    for (size_t i = 0; i < hand_in->n_bundles; i++) {
        const struct bundle *bundle = &hand_in->bundles[i];
        char strategy[16], hex[2 * HASH_SIZE + 1];

        snprintf(strategy, sizeof(strategy), "%" PRId32, bundle->change.slot->id);
        hash_to_hex(bundle->change.digest, hex);
        if (json_object_set_new(reported, strategy, json_string(hex)) < 0)
            return -ENOMEM;
    }
    if (digest_call("HandInUpdate", reported, digest) < 0)
        return -ENOMEM;
    hash_to_hex(digest, hand_in->letter.used_for);
    return 0;
}

static struct bundle *bundle_of(struct hand_in *hand_in, int32_t strategy_id)
{
    for (size_t i = 0; i < hand_in->n_bundles; i++)
        if (hand_in->bundles[i].change.slot->id == strategy_id)
            return &hand_in->bundles[i];
    return NULL;
}

/* A bundle for each strategy. */
static int make_bundles(struct hand_in *hand_in, const struct request *request)
{
    int r = 0;

    hand_in->bundles = calloc(hand_in->n_entries, sizeof(*hand_in->bundles));
    if (!hand_in->bundles)
        return -ENOMEM;
    for (size_t i = 0; i < hand_in->n_entries; i++) {
        int32_t id = hand_in->entries[i].node.strategy_id;
        struct bundle *bundle = bundle_of(hand_in, id);

        if (!bundle) {
            bundle = &hand_in->bundles[hand_in->n_bundles++];
            bundle->hand_in = hand_in;
            bundle->change = (struct change){.slot = store_slot(request->store, id),
                                             .account = hand_in->account_id,
                                             .plan = bundle_plan,
                                             .done = bundle_done};
        }
        bundle->n_entries++;
    }
    for (size_t i = 0; i < hand_in->n_bundles && r == 0; i++)
        r = bundle_sign(&hand_in->bundles[i]);
    return r == 0 ? sign_all(hand_in) : r;
}

/* Several strategies cannot be written at once: all is checked before the first of them. */
static int check_all(struct hand_in *hand_in, const struct request *request)
{
    int r = 0;

    for (size_t i = 0; i < hand_in->n_entries && hand_in->n_bundles > 1 && r == 0; i++)
        r = check_entry(hand_in, store_slot(request->store, hand_in->entries[i].node.strategy_id),
                        i);
    return r;
}

/* --- answers --- */

static const char *language_of(const struct hand_in *hand_in, const struct request *request,
                               const struct person *person)
{
    const struct letter *letter = &hand_in->letter;
    struct slot *slot;

    if (person && person->language)
        return person->language;
    for (size_t i = 0; i < letter->n_nodes; i++)
        if (letter_node(request, &letter->nodes[i], &slot))
            return slot->tree->strategy.language;
    return NULL;
}

static void write_nodes(struct writer *writer, const struct hand_in *hand_in,
                        const struct request *request, const char *language)
{
    const struct letter *letter = &hand_in->letter;

    writer_begin_array(writer, "nodes");
    for (size_t i = 0; i < letter->n_nodes; i++) {
        struct slot *slot;
        const struct node *node = letter_node(request, &letter->nodes[i], &slot);

        if (!node)
            continue;
        writer_begin_object(writer, NULL);
        writer_text(writer, "strategy", slot->key);
        writer_text(writer, "alias", slot->tree->strategy.alias);
        writer_text(writer, "code", node->code);
        writer_text(writer, "title",
                    texts_get(&node->titles, language, slot->tree->strategy.language));
        writer_end_object(writer);
    }
    writer_end_array(writer);
}

/* The entries of a bundle are one after the other in the journal, its last one's seq is known. */
static void write_entries(struct writer *writer, struct hand_in *hand_in,
                          const struct request *request)
{
    writer_begin_array(writer, "entries");
    for (size_t i = 0; i < hand_in->n_entries; i++) {
        const struct handed *entry = &hand_in->entries[i];
        const struct bundle *bundle = bundle_of(hand_in, entry->node.strategy_id);
        int64_t seq = bundle->change.seq - (int64_t)bundle->n_entries + 1;
        struct slot *slot;
        const struct node *node = letter_node(request, &entry->node, &slot);

        for (size_t k = 0; k < i; k++)
            seq += hand_in->entries[k].node.strategy_id == entry->node.strategy_id;
        writer_begin_object(writer, NULL);
        writer_text(writer, "strategy", bundle->change.slot->key);
        writer_text(writer, "code", node ? node->code : "");
        writer_int(writer, "seq", seq);
        writer_bool(writer, "waits", node && tree_waiting(slot->tree, seq));
        writer_end_object(writer);
    }
    writer_end_array(writer);
}

static const struct answer *hand_in_reply(struct hand_in *hand_in)
{
    struct writer writer = {0};
    struct request request;
    const struct person *person;
    const char *language;
    AUTO(free_ptr) char *reply_to = NULL;

    request_caller(hand_in->call, &request);
    reply_to = mailaddress_tagged(request.tracker->mail_in, param_text(hand_in->call, "token"));
    person = registry_person(request.registry, hand_in->letter.person_id);
    language = language_of(hand_in, &request, person);
    call_begin_reply(&writer);
    writer_begin_object(&writer, NULL);
    writer_text(&writer, "address", hand_in->letter.address);
    writer_text(&writer, "name", person ? person->name : NULL);
    writer_text(&writer, "language", language ? language : "en");
    writer_text(&writer, "from", request.tracker->mail_from);
    writer_text(&writer, "replyTo", reply_to);
    write_nodes(&writer, hand_in, &request, language);
    write_entries(&writer, hand_in, &request);
    writer_end_object(&writer);
    return call_reply_written(hand_in->call, &writer);
}

static void hand_in_end(struct hand_in *hand_in, const struct answer *answer)
{
    call_end(answer);
    hand_in_free(hand_in);
}

static const struct answer *bundle_fail(const struct hand_in *hand_in, const struct bundle *bundle)
{
    struct call *call = hand_in->call;

    if (bundle->outcome == CHANGE_REUSED)
        return fail_used_token(call);
    if (bundle->outcome != CHANGE_REFUSED)
        return request_fail_change(call, &bundle->change, bundle->outcome);
    if (!*hand_in->refusal.field)
        return fail_overloaded(call);
    return fail_value(call, hand_in->refusal.field, "%s", hand_in->refusal.message);
}

static const struct answer *hand_in_outcome(struct hand_in *hand_in)
{
    for (size_t i = 0; i < hand_in->n_bundles; i++) {
        const struct bundle *bundle = &hand_in->bundles[i];

        if (bundle->outcome != CHANGE_DONE && bundle->outcome != CHANGE_REPEATED)
            return bundle_fail(hand_in, bundle);
    }
    return hand_in_reply(hand_in);
}

/* A refusal is said once the token is free for another answer. While it is not, the same mail has
 * to come again: it is as if nothing had been said yet. */
static void on_given_back(struct letter *letter, enum pg_outcome outcome)
{
    struct hand_in *hand_in = (struct hand_in *)letter;

    if (outcome != PG_DONE)
        hand_in_end(hand_in, fail_unavailable(hand_in->call));
    else if (letter->taken)
        hand_in_end(hand_in, fail_overloaded(hand_in->call));
    else
        hand_in_end(hand_in, hand_in_outcome(hand_in));
}

/* Was nothing written, now or before? Only what is refused was looked for in the journal. */
static bool is_refused(const struct hand_in *hand_in)
{
    for (size_t i = 0; i < hand_in->n_bundles; i++) {
        if (hand_in->bundles[i].outcome != CHANGE_REFUSED)
            return false;
    }
    return true;
}

/* All bundles have their outcome. */
static void hand_in_finish(struct hand_in *hand_in)
{
    const struct tracker *tracker = hand_in->call->service;

    if (!is_refused(hand_in)) {
        hand_in_end(hand_in, hand_in_outcome(hand_in));
        return;
    }
    hand_in->letter.ended = on_given_back;
    letter_give_back(&hand_in->letter, store_pool(tracker->store));
}

static void bundle_done(struct change *change, enum change_outcome outcome)
{
    struct bundle *bundle = (struct bundle *)change;
    struct hand_in *hand_in = bundle->hand_in;

    bundle->outcome = outcome;
    if (--hand_in->n_open == 0)
        hand_in_finish(hand_in);
}

/* Submits the bundles; one that cannot be queued keeps those behind it from being tried. Returns
 * NULL if there is something to wait for. */
static const struct answer *submit_bundles(struct hand_in *hand_in)
{
    int r = 0;

    for (size_t i = 0; i < hand_in->n_bundles; i++)
        hand_in->bundles[i].outcome = CHANGE_UNAVAILABLE;
    for (size_t i = 0; i < hand_in->n_bundles && r == 0; i++) {
        r = store_submit(&hand_in->bundles[i].change);
        hand_in->n_open += r == 0;
    }
    return hand_in->n_open > 0 ? NULL : request_fail_submit(hand_in->call, r);
}

static void on_taken(struct letter *letter, enum pg_outcome outcome)
{
    struct hand_in *hand_in = (struct hand_in *)letter;
    const struct answer *answer;

    if (outcome != PG_DONE)
        answer = fail_unavailable(hand_in->call);
    else if (!letter->taken)
        answer = fail_used_token(hand_in->call);
    else
        answer = submit_bundles(hand_in);
    if (answer)
        hand_in_end(hand_in, answer);
}

/* --- the call --- */

static bool is_from_addressee(const struct hand_in *hand_in)
{
    const char *from = param_text(hand_in->call, "from"), *address = hand_in->letter.address;
    char a[MAILADDRESS_SIZE], b[MAILADDRESS_SIZE];

    return address && mailaddress_valid(from) && mailaddress_valid(address) &&
           strcmp(mailaddress_key(from, a), mailaddress_key(address, b)) == 0;
}

static const struct answer *fail_addressee(struct call *call, const char *needed,
                                           const char *strategy)
{
    return call_fail(call, TRACKER_ERROR("AddresseeNotPermitted"),
                     json_pack("{s:s,s:s?}", "needed", needed, "strategy", strategy));
}

/* NULL: the letter may be answered by who says to be its addressee. */
static const struct answer *check_letter(struct hand_in *hand_in, const struct request *request)
{
    struct call *call = hand_in->call;

    if (hand_in->letter.failed)
        return fail_overloaded(call);
    if (hand_in->letter.person_id == 0)
        return fail_no_token(call);
    if (hand_in->letter.expired)
        return fail_expired_token(call);
    if (!is_from_addressee(hand_in))
        return fail_addressee(call, "a mail from the address that the reminder went to", NULL);
    hand_in->account = registry_person_account(request->registry, hand_in->letter.person_id);
    if (!hand_in->account)
        return fail_addressee(call, "an account of the addressee that is not disabled", NULL);
    hand_in->account_id = hand_in->account->id;
    return NULL;
}

static const struct answer *fail_entry(struct hand_in *hand_in, size_t i, int error)
{
    const struct tracker *tracker = hand_in->call->service;

    if (error == -EPERM)
        return fail_addressee(
            hand_in->call, "contributor to the node (by assignment or membership), or manager",
            store_slot(tracker->store, hand_in->entries[i].node.strategy_id)->key);
    if (error == -ENOMEM)
        return fail_overloaded(hand_in->call);
    return fail_value(hand_in->call, hand_in->refusal.field, "%s", hand_in->refusal.message);
}

static const struct answer *open_entries(struct hand_in *hand_in, const struct request *request)
{
    const json_t *entries = json_object_get(hand_in->call->parameters, "entries"), *content;
    size_t i;

    hand_in->entries = calloc(json_array_size(entries) + 1, sizeof(*hand_in->entries));
    if (!hand_in->entries)
        return fail_overloaded(hand_in->call);
    json_array_foreach (entries, i, content) {
        int r;

        hand_in->entries[i].content = content;
        hand_in->n_entries = i + 1;
        r = open_entry(hand_in, request, i);
        if (r < 0)
            return fail_entry(hand_in, i, r);
    }
    return NULL;
}

/* The token's letter is known. NULL: something was begun. */
static const struct answer *hand_in_open(struct hand_in *hand_in)
{
    struct request request;
    const struct answer *answer;

    request_caller(hand_in->call, &request);
    answer = check_letter(hand_in, &request);
    if (!answer)
        answer = open_entries(hand_in, &request);
    if (answer)
        return answer;
    if (hand_in->n_entries == 0)
        return hand_in_reply(hand_in);
    if (make_bundles(hand_in, &request) < 0)
        return fail_overloaded(hand_in->call);
    if (check_all(hand_in, &request) < 0)
        return fail_value(hand_in->call, hand_in->refusal.field, "%s", hand_in->refusal.message);
    hand_in->letter.ended = on_taken;
    letter_take(&hand_in->letter, store_pool(request.tracker->store));
    return NULL;
}

static void on_read(struct letter *letter, enum pg_outcome outcome)
{
    struct hand_in *hand_in = (struct hand_in *)letter;
    const struct answer *answer =
        outcome == PG_DONE ? hand_in_open(hand_in) : fail_unavailable(hand_in->call);

    if (answer)
        hand_in_end(hand_in, answer);
}

const struct answer *method_hand_in_update(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, false, &request);
    size_t count = json_array_size(json_object_get(call->parameters, "entries"));
    struct hand_in *hand_in;

    if (answer)
        return answer;
    if (count > ENTRIES_MAX)
        return fail_value(call, "entries", "more than %d", ENTRIES_MAX);
    if (!store_reachable(request.store))
        return fail_unavailable(call);
    hand_in = calloc(1, sizeof(*hand_in));
    if (!hand_in)
        return fail_overloaded(call);
    if (token_digest(param_text(call, "token"), hand_in->letter.digest) < 0) {
        hand_in_free(hand_in);
        return fail_no_token(call);
    }
    hand_in->call = call;
    hand_in->letter.ended = on_read;
    letter_read(&hand_in->letter, store_pool(request.store));
    return call_park(call);
}
