/*
 * What is known of the reminders of one strategy that were claimed, sent, given up or skipped: rows
 * of the database, added one by one and then asked by what they are about. Pure; ledger_done() ends
 * it.
 */
#ifndef GOALD_CORE_LEDGER_H
#define GOALD_CORE_LEDGER_H

#include "core/addressees.h"
#include "core/reminder_rule.h"
#include "core/tree.h"

/* What a reminder is about. */
enum remind_item { ITEM_NODE, ITEM_GROUP, ITEM_MEMBERSHIP, ITEM_ASSIGNMENT };

enum ledger_status { LEDGER_CLAIMED, LEDGER_SENT, LEDGER_FAILED, LEDGER_SKIPPED };

/* By value, NULL-terminated. */
extern const char *const remind_item_names[], *const ledger_status_names[];

/*
 * A row. It is open while it may still be sent by another run: claimed with a lapsed lease, or
 * failed and not given up. Of rows that are not open only those matter that are the latest planned
 * of their (item, rule, version, recipient), and those of escalations: others may be left out.
 */
struct ledger_row {
    int64_t id;
    int64_t item_id, recipient_id, step;
    enum remind_item item;
    enum remind_rule rule;
    enum holder recipient;
    enum remind_why why;
    int32_t version, planned;
    int32_t changed; /* the day on which it became what it is */
    enum ledger_status status;
    bool open;
    bool seen; /* ledger_items() came by */
};

/* All zeroes is an empty one. */
struct ledger {
    struct ledger_row *rows;
    size_t count;
};

/* Part of the rows: those of an item, or of an item's rule. */
struct ledger_range {
    const struct ledger_row *rows;
    size_t count;
};

int ledger_add(struct ledger *ledger, const struct ledger_row *row) MUST_CHECK;

/* To be called after the last ledger_add() and before anything is asked. Rows that come by (item,
 * its id, rule, recipient, its id, version, planned, id) are in order, which takes a look. */
void ledger_order(struct ledger *ledger);

/* The rows of an item, by (rule, recipient, version, planned); marks them as seen. */
struct ledger_range ledger_items(struct ledger *ledger, enum remind_item item, int64_t item_id);

/* Those of them that are by a rule. */
struct ledger_range ledger_by_rule(struct ledger_range range, enum remind_rule rule);

/* Those of a rule's that went to a recipient about a version. */
struct ledger_range ledger_to(struct ledger_range range, enum holder recipient,
                              int64_t recipient_id, int32_t version);

void ledger_done(struct ledger *ledger);

#endif
