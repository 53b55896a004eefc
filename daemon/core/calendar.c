/* Events of a calendar; see calendar.h. */
#include "core/calendar.h"

#include <errno.h>
#include <inttypes.h>

const char *const event_kind_names[] = {"due", "review", "term", NULL};

int calendar_uid(enum event_kind kind, int64_t id, const char *strategy, char **ret_uid)
{
    char *uid;

    if (asprintf(&uid, "%s-%" PRId64 ".%s.goald", event_kind_names[kind], id, strategy) < 0)
        return -ENOMEM;
    *ret_uid = uid;
    return 0;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t closings_seq(const struct node *node)
{
    int64_t seq = 0;

    for (uint32_t i = 0; i < node->n_closings; i++)
        seq = later(seq, node->closings[i].seq_from);
    return seq;
}

int64_t calendar_due_seq(const struct node *node)
{
    const struct node *start = node;
    int64_t seq = later(node->seq_from, closings_seq(node));

    if (span_given(node_due_after(node))) {
        for (; start && !date_given(start->start); start = start->parent)
            seq = later(seq, start->seq_from);
        if (start)
            seq = later(seq, start->seq_from);
    }
    return seq;
}

int64_t calendar_review_seq(const struct reviews *reviews, const struct node *node)
{
    int64_t seq = node ? closings_seq(node) : 0;

    for (uint32_t i = 0; reviews && i < reviews->count; i++)
        seq = later(seq, reviews->items[i].seq_from);
    return seq;
}

struct date calendar_review_due(const struct reviews *reviews, int32_t day)
{
    const struct review *last = reviews ? reviews_last(reviews, day) : NULL;

    return last && span_given(last->every) ? date_after(last->date, last->every) : (struct date){0};
}

int32_t calendar_sequence(int64_t seq)
{
    return seq < INT32_MAX ? (int32_t)seq : INT32_MAX;
}
