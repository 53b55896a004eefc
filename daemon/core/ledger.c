/* A sorted array of rows; see ledger.h. */
#include "core/ledger.h"

#include "core/array.h"

const char *const remind_item_names[] = {
    [ITEM_NODE] = "node",
    [ITEM_GROUP] = "group",
    [ITEM_MEMBERSHIP] = "membership",
    [ITEM_ASSIGNMENT] = "assignment",
    NULL,
};

const char *const ledger_status_names[] = {
    [LEDGER_CLAIMED] = "claimed",
    [LEDGER_SENT] = "sent",
    [LEDGER_FAILED] = "failed",
    [LEDGER_SKIPPED] = "skipped",
    NULL,
};

int ledger_add(struct ledger *ledger, const struct ledger_row *row)
{
    if (ARRAY_RESERVE(ledger->rows, ledger->count) < 0)
        return -ENOMEM;
    ledger->rows[ledger->count++] = *row;
    return 0;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_items(const struct ledger_row *a, const struct ledger_row *b)
{
    int order = compare(a->item, b->item);

    return order ? order : compare(a->item_id, b->item_id);
}

static int compare_rules(const struct ledger_row *a, const struct ledger_row *b)
{
    return compare(a->rule, b->rule);
}

static int compare_recipients(const struct ledger_row *a, const struct ledger_row *b)
{
    int order = compare(a->recipient, b->recipient);

    if (!order)
        order = compare(a->recipient_id, b->recipient_id);
    return order ? order : compare(a->version, b->version);
}

static int compare_rows(const void *a, const void *b)
{
    const struct ledger_row *left = a, *right = b;
    int order = compare_items(left, right);

    if (!order)
        order = compare_rules(left, right);
    if (!order)
        order = compare_recipients(left, right);
    if (!order)
        order = compare(left->planned, right->planned);
    return order ? order : compare(left->id, right->id);
}

static bool is_in_order(const struct ledger *ledger)
{
    for (size_t i = 1; i < ledger->count; i++) {
        if (compare_rows(&ledger->rows[i - 1], &ledger->rows[i]) > 0)
            return false;
    }
    return true;
}

void ledger_order(struct ledger *ledger)
{
    if (!is_in_order(ledger))
        qsort(ledger->rows, ledger->count, sizeof(*ledger->rows), compare_rows);
}

typedef int row_compare(const struct ledger_row *a, const struct ledger_row *b);

/* The first row that does not come before the wanted one, or (`after`) that comes after it. */
static size_t bound(struct ledger_range range, const struct ledger_row *wanted,
                    row_compare *compare_by, bool after)
{
    size_t low = 0, high = range.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_by(&range.rows[middle], wanted);

        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct ledger_range narrow(struct ledger_range range, const struct ledger_row *wanted,
                                  row_compare *compare_by)
{
    size_t begin = bound(range, wanted, compare_by, false);
    size_t end = bound(range, wanted, compare_by, true);

    return (struct ledger_range){range.rows + begin, end - begin};
}

struct ledger_range ledger_items(struct ledger *ledger, enum remind_item item, int64_t item_id)
{
    const struct ledger_row wanted = {.item = item, .item_id = item_id};
    struct ledger_range range = {ledger->rows, ledger->count};

    if (range.count > 0)
        range = narrow(range, &wanted, compare_items);
    for (size_t i = 0; i < range.count; i++)
        ledger->rows[range.rows - ledger->rows + (ptrdiff_t)i].seen = true;
    return range;
}

struct ledger_range ledger_by_rule(struct ledger_range range, enum remind_rule rule)
{
    const struct ledger_row wanted = {.rule = rule};

    return range.count > 0 ? narrow(range, &wanted, compare_rules) : range;
}

struct ledger_range ledger_to(struct ledger_range range, enum holder recipient,
                              int64_t recipient_id, int32_t version)
{
    const struct ledger_row wanted = {
        .recipient = recipient, .recipient_id = recipient_id, .version = version};

    return range.count > 0 ? narrow(range, &wanted, compare_recipients) : range;
}

void ledger_done(struct ledger *ledger)
{
    free(ledger->rows);
    *ledger = (struct ledger){0};
}
