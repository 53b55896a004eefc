/* A letter as the interface's Letter; see claim.h. */
#include "core/hash.h"

#include "methods/claim.h"

#include <math.h>
#include <string.h>

#include "core/calendar.h"
#include "core/mailaddress.h"
#include "methods/describe.h"
#include "methods/sending.h"
#include "methods/value.h"

/* --- an item --- */

/* What the item is, found again in the tree. */
struct subject {
    struct node *node;         /* that it is about, or NULL */
    const struct group *group; /* that it is about, or whose seat ends; or NULL */
    int64_t term_seq;          /* of a term: its version */
};

static const struct assignment *find_assignment(const struct node *node, int64_t id)
{
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        if (node->assignments[i].id == id)
            return &node->assignments[i];
    }
    return NULL;
}

/* False: it is not there any more. */
static bool find_subject(const struct tree *tree, const struct occurrence *o,
                         struct subject *ret_subject)
{
    struct subject subject = {.node = o->node_id == NODE_NONE ? NULL : tree_node(tree, o->node_id)};
    const struct assignment *assignment;
    struct membership *membership;

    switch (o->item) {
    case ITEM_NODE:
        break;
    case ITEM_GROUP:
        subject.group = tree_group(tree, o->item_id);
        subject.term_seq = subject.group ? subject.group->seq_from : 0;
        break;
    case ITEM_MEMBERSHIP:
        HASH_BY_ID(tree->memberships, o->item_id, membership);
        subject.group = membership ? tree_group(tree, membership->group_id) : NULL;
        subject.term_seq = membership ? membership->seq_from : 0;
        break;
    case ITEM_ASSIGNMENT:
        assignment = subject.node ? find_assignment(subject.node, o->item_id) : NULL;
        subject.term_seq = assignment ? assignment->seq_from : 0;
        if (!assignment)
            subject.node = NULL;
        break;
    }
    *ret_subject = subject;
    return subject.node || subject.group;
}

/* What the date is known by in calendars: those of a check-in and of a nudge are in none. */
static void write_event(struct writer *writer, const struct request *request,
                        const struct occurrence *o, const struct subject *subject)
{
    const struct reviews *reviews = subject->group
                                        ? group_reviews(request->tree, subject->group->id)
                                        : node_reviews(subject->node);
    AUTO(free_ptr) char *uid = NULL;
    enum event_kind kind = EVENT_DUE;
    int64_t seq = 0;

    if (o->rule == REMIND_DUE || o->rule == REMIND_ESCALATION)
        seq = calendar_due_seq(subject->node);
    else if (o->rule == REMIND_REVIEW)
        seq = calendar_review_seq(reviews, subject->node);
    else if (o->rule == REMIND_TERM)
        seq = subject->term_seq;
    if (o->rule == REMIND_REVIEW || o->rule == REMIND_TERM)
        kind = o->rule == REMIND_REVIEW ? EVENT_REVIEW : EVENT_TERM;
    if (o->rule == REMIND_CHECKIN || o->rule == REMIND_NUDGE ||
        calendar_uid(kind, o->item_id, request->slot->key, &uid) < 0) {
        writer_null(writer, "uid");
        writer_null(writer, "sequence");
        return;
    }
    writer_text(writer, "uid", uid);
    writer_int(writer, "sequence", calendar_sequence(seq));
}

static void write_nudge(struct writer *writer, const struct request *request,
                        const struct occurrence *o)
{
    const struct nudge *nudge =
        o->rule == REMIND_NUDGE && request->node ? node_nudge(request->node) : NULL;
    char text[ACCOUNT_TEXT_SIZE];

    writer_text(writer, "message", nudge ? nudge->note : NULL);
    writer_text(writer, "by", nudge ? account_text(request, nudge->account_id, text) : NULL);
}

static void write_node(struct writer *writer, const struct request *request)
{
    struct node *node = request->node;
    const struct result *result = node ? rules_result(request->tree, node, request->today) : NULL;
    const struct update *last = node ? rules_last_update(node, request->today) : NULL;

    writer_text(writer, "code", node ? node->code : NULL);
    writer_text(writer, "kind", node ? kind_names[node->kind] : NULL);
    describe_number(writer, "percent", result ? result->progress : (double)NAN);
    writer_text(writer, "state", result ? state_names[result->state] : NULL);
    describe_date(writer, "lastUpdate", last ? last->date : (struct date){0});
}

static void write_item(struct writer *writer, const struct request *request,
                       const struct occurrence *o, const struct subject *subject)
{
    writer_begin_object(writer, NULL);
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "alias", request->tree->strategy.alias);
    describe_title(writer, "strategyTitle", request, &request->tree->root->titles);
    describe_title(writer, "title", request,
                   request->node ? &request->node->titles : &subject->group->names);
    write_node(writer, request);
    writer_text(writer, "group", subject->group ? subject->group->key : NULL);
    writer_text(writer, "item", remind_item_names[o->item]);
    writer_text(writer, "rule", remind_rule_names[o->rule]);
    writer_int(writer, "step", o->step);
    describe_day(writer, "date", o->version);
    describe_day(writer, "planned", o->planned);
    writer_int(writer, "days", (int64_t)o->version - request->today);
    writer_text(writer, "why", remind_why_names[o->why]);
    writer_text(writer, "via", o->via_id ? describe_holder_key(request, o->via, o->via_id) : NULL);
    writer_text(writer, "viaName",
                o->via_id ? describe_holder_name(request, o->via, o->via_id) : NULL);
    write_nudge(writer, request, o);
    write_event(writer, request, o, subject);
    writer_end_object(writer);
}

/* The request opened on the item's strategy; false: it, or what it is about, is there no more. */
static bool open_item(struct request *request, const struct claims_item *item,
                      struct subject *ret_subject)
{
    if (!claim_open_strategy(request, item->strategy_id, item->day) ||
        !find_subject(request->tree, &item->occurrence, ret_subject))
        return false;
    request->node = ret_subject->node;
    return true;
}

/* --- the letter --- */

static void write_recipient(struct writer *writer, const struct request *request,
                            const struct claims_letter *letter)
{
    const char *key = describe_holder_key(request, letter->recipient, letter->recipient_id);
    AUTO(free_ptr) char *text = NULL;

    if (asprintf(&text, "%s:%s", holder_names[letter->recipient], key) < 0)
        text = NULL;
    writer_text(writer, "recipient", text ? text : "");
    writer_text(writer, "name",
                describe_holder_name(request, letter->recipient, letter->recipient_id));
    writer_text(writer, "address", letter->address);
    writer_text(writer, "language", request->language);
}

/* The address for answers carries the token behind a plus sign. */
static void write_addresses(struct writer *writer, const struct tracker *tracker,
                            const struct claims_letter *letter)
{
    json_auto_t *id = sending_message_id(tracker, letter->id);
    AUTO(free_ptr)
    char *reply = letter->token[0] ? mailaddress_tagged(tracker->mail_in, letter->token) : NULL;

    writer_json(writer, "messageId", id);
    writer_text(writer, "from", tracker->mail_from);
    writer_text(writer, "replyTo", reply);
}

/* Theirs, else that of the strategy of what is most urgent. */
static const char *letter_language(const struct request *request,
                                   const struct claims_letter *letter)
{
    const struct person *person = letter->recipient == HOLDER_PERSON
                                      ? registry_person(request->registry, letter->recipient_id)
                                      : NULL;

    return person && person->language ? person->language : request->tree->strategy.language;
}

bool claim_write_letter(struct writer *writer, struct request *request, const struct claims *claims,
                        const struct claims_letter *letter)
{
    char expires[TIME_TEXT_SIZE];
    struct subject subject;
    size_t at = 0;

    while (at < letter->n_items && !open_item(request, &letter->items[at], &subject))
        at++;
    if (at == letter->n_items)
        return false;
    request->language = letter_language(request, letter);
    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "letter");
    writer_text(writer, "letter", letter->id);
    write_addresses(writer, request->tracker, letter);
    write_recipient(writer, request, letter);
    writer_bool(writer, "again", letter->again);
    writer_text(writer, "expires", time_format(claims->at_us + SENDING_LEASE_US, expires));
    writer_begin_array(writer, "items");
    for (; at < letter->n_items; at++) {
        if (open_item(request, &letter->items[at], &subject))
            write_item(writer, request, &letter->items[at].occurrence, &subject);
    }
    writer_end_array(writer);
    writer_end_object(writer);
    writer_end_object(writer);
    return true;
}
