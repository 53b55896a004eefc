/*
 * A letter's page: a heading for each kind of reminder, in the order in which the first of each
 * came, which is that of urgency. Strategies are named where there are several.
 */
#include "letter.h"

#include <string.h>
#include <time.h>

#include "calendar.h"
#include "harmless.h"
#include "output.h"
#include "page.h"
#include "reminder_words.h"
#include "text.h"
#include "words.h"

struct writing {
    struct page page;
    const json_t *letter, *items;
    bool several; /* strategies */
};

static bool of_several_strategies(const json_t *items)
{
    size_t i;
    json_t *item;
    const char *first = get_text(json_array_get(items, 0), "strategy");
    json_array_foreach (items, i, item) {
        const char *strategy = get_text(item, "strategy");
        if (strategy && first && strcmp(strategy, first) != 0)
            return true;
    }
    return false;
}

/* The most urgent one, and how many there are beside it. */
static char *write_subject(const json_t *items)
{
    AUTO(free_ptr) char *first = reminder_subject(json_array_get(items, 0));
    size_t others = json_array_size(items);
    others -= others > 0;
    if (others == 0)
        return STEAL(first);
    return text_format(ngettext("%s, and %zu thing more", "%s, and %zu things more", others), first,
                       others);
}

/* A person is greeted by name; a function's mailbox is not a person. */
static void write_greeting(struct writing *writing)
{
    const char *name = get_text(writing->letter, "name");
    const char *recipient = get_text(writing->letter, "recipient");
    bool person = recipient && strncmp(recipient, "person:", 7) == 0;
    AUTO(free_ptr)
    char *text =
        person && name && *name ? text_format(_("Hello %s,"), name) : text_copy(_("Hello,"));
    page_paragraph(&writing->page, text);
}

static void write_intro(struct writing *writing)
{
    size_t count = json_array_size(writing->items);
    const char *title = get_text(json_array_get(writing->items, 0), "strategyTitle");
    AUTO(free_ptr)
    char *text = writing->several || !title || !*title
                     ? text_format(ngettext("%zu thing waits for an answer.",
                                            "%zu things wait for an answer.", count),
                                   count)
                     : text_format(ngettext("%zu thing in “%s” waits for an answer.",
                                            "%zu things in “%s” wait for an answer.", count),
                                   count, title);
    page_paragraph(&writing->page, text);
}

static void write_item(struct writing *writing, const json_t *item)
{
    struct page *page = &writing->page;
    const char *code = get_text(item, "code"), *title = get_text(item, "title");
    AUTO(free_ptr) char *name = reminder_name(item, writing->several);
    AUTO(free_ptr) char *when = reminder_when(item);
    AUTO(free_ptr) char *standing = reminder_standing(item);
    AUTO(free_ptr) char *why = reminder_why(item);
    AUTO(free_ptr) char *typed = reminder_typed(item);
    bool coded = code && *code;
    page_item(page, coded ? name : NULL, coded ? title : name);
    if (writing->several)
        page_line(page, _("Strategy"), get_text(item, "strategyTitle"));
    page_line(page, _("When"), when);
    page_line(page, _("Asked by"), get_text(item, "by"));
    page_line(page, _("Message"), get_text(item, "message"));
    page_line(page, _("Stands at"), standing);
    page_line(page, _("Your part"), why);
    if (typed)
        page_typed(page, _("Command"), typed);
    page_item_end(page);
}

static void write_kind(struct writing *writing, enum reminder_kind kind)
{
    size_t i;
    json_t *item;
    page_heading(&writing->page, reminder_heading(kind));
    json_array_foreach (writing->items, i, item)
        if (reminder_kind(item) == kind)
            write_item(writing, item);
}

static void write_items(struct writing *writing)
{
    bool written[REMINDER_KINDS] = {false};
    size_t i;
    json_t *item;
    json_array_foreach (writing->items, i, item) {
        enum reminder_kind kind = reminder_kind(item);
        if (!written[kind])
            write_kind(writing, kind);
        written[kind] = true;
    }
}

/* Are two items of one strategy about the same? */
static bool agree(const json_t *a, const json_t *b, const char *field)
{
    return json_equal(json_object_get(a, field), json_object_get(b, field)) &&
           json_equal(json_object_get(a, "strategy"), json_object_get(b, "strategy"));
}

/* Who answers for something that is overdue may be the next in turn for it as well. */
static bool is_said_already(const json_t *items, const json_t *item)
{
    size_t i;
    json_t *other;
    if (reminder_kind(item) != REMINDER_ESCALATION)
        return false;
    json_array_foreach (items, i, other)
        if (reminder_kind(other) == REMINDER_OVERDUE && agree(item, other, "code"))
            return true;
    return false;
}

/* What the reader is told, each thing once. */
static json_t *items_to_tell(const json_t *items)
{
    json_t *told = json_array();
    size_t i;
    json_t *item;
    json_array_foreach (items, i, item)
        if (!is_said_already(items, item))
            json_array_append(told, item);
    return told;
}

/* Only nodes can be answered by mail. How many there are, and the first of them. */
static size_t nodes_to_answer(const json_t *items, const json_t **ret_first)
{
    size_t i, k, count = 0;
    json_t *item;
    json_array_foreach (items, i, item) {
        for (k = 0; k < i && !agree(json_array_get(items, k), item, "code"); k++)
            ;
        if (k < i || !get_text(item, "code"))
            continue;
        if (count++ == 0)
            *ret_first = item;
    }
    return count;
}

static void write_how_to_reply(struct writing *writing)
{
    struct page *page = &writing->page;
    const char *reply_to = get_text(writing->letter, "replyTo");
    const json_t *first = NULL;
    size_t count = nodes_to_answer(writing->items, &first);
    if (!reply_to || !*reply_to || count == 0)
        return;
    page_paragraph(page, count == 1 ? _("You can answer this mail. Begin with a line such as")
                                    : _("You can answer this mail, with a line for each that you "
                                        "have news of. Begin it with the code:"));
    AUTO(free_ptr) char *name = reminder_answered(first, writing->several);
    AUTO(free_ptr)
    char *example =
        count == 1 ? text_copy(_("60 % on track")) : text_format("%s %s", name, _("60 % on track"));
    page_example(page, example);
    page_paragraph(page, _("and write below it what you want to be noted."));
}

/* A publication's stamp is when it was made. */
static void stamp_now(char stamp[32])
{
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(stamp, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* false: it has no date that would be in a calendar. */
static bool add_date(struct calendar *calendar, const json_t *item)
{
    char stamp[32];
    AUTO(free_ptr) char *title = harmless_line(get_text(item, "title"));
    AUTO(free_ptr) char *strategy_title = harmless_line(get_text(item, "strategyTitle"));
    const struct calendar_event event = {
        .uid = get_text(item, "uid"),
        .kind = reminder_event(item),
        .date = get_text(item, "date"),
        .changed = stamp,
        .strategy = get_text(item, "strategy"),
        .code = get_text(item, "code"),
        .title = title,
        .strategy_title = strategy_title,
        .sequence = get_int(item, "sequence", 0),
    };
    stamp_now(stamp);
    return event.uid && event.kind && calendar_add(calendar, &event);
}

/* All dates of the letter; NULL: there are none. */
static char *write_calendar(const json_t *items)
{
    AUTO(calendar_endp) struct calendar *calendar = calendar_begin(NULL, true);
    size_t i, count = 0;
    json_t *item;
    json_array_foreach (items, i, item)
        count += add_date(calendar, item);
    return count > 0 ? calendar_text(calendar) : NULL;
}

void letter_write(const json_t *letter, struct letter_texts *ret_texts)
{
    json_auto_t *items = items_to_tell(get_list(letter, "items"));
    struct writing writing = {.letter = letter, .items = items};
    words_begin(get_text(letter, "language"));
    writing.several = of_several_strategies(writing.items);
    page_begin(&writing.page, words_language());
    write_greeting(&writing);
    write_intro(&writing);
    write_items(&writing);
    write_how_to_reply(&writing);
    ret_texts->subject = write_subject(writing.items);
    ret_texts->calendar = write_calendar(writing.items);
    page_end(&writing.page, &ret_texts->text, &ret_texts->html);
    words_end();
}
