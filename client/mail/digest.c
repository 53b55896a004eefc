/*
 * The mails to subscribers: what is told is for the daemon to know, who gets it for send.c. A mail
 * carries a token: at the address that takes the answer, in List-Unsubscribe, and in its text for
 * those whose mail program keeps neither.
 */
#include "digest.h"

#include <string.h>

#include "change_words.h"
#include "output.h"
#include "send.h"
#include "subscriber_page.h"
#include "table.h"
#include "text.h"
#include "words.h"

/* --- addresses --- */

/* The address that takes answers, with the token behind a plus sign; NULL: none does. */
static char *answer_address(const json_t *digest)
{
    const char *mail_in = get_text(digest, "mailIn"), *token = get_text(digest, "token");
    const char *at = mail_in ? strchr(mail_in, '@') : NULL;
    return at && token ? text_format("%.*s+%s%s", (int)(at - mail_in), mail_in, token, at) : NULL;
}

/* --- a digest --- */

static bool same(const json_t *a, const json_t *b, const char *field)
{
    const char *x = get_text(a, field), *y = get_text(b, field);
    return x && y ? strcmp(x, y) == 0 : x == y;
}

static const char *item_title(const json_t *entry)
{
    const char *title = get_text(entry, "title"), *group = get_text(entry, "group");
    return title ? title : group ? group : get_text(entry, "code") ? NULL : _("Groups");
}

/* Changes of one thing that follow each other stand below it, each with its day. */
static void write_entries(struct page *page, const json_t *entries)
{
    const json_t *before = NULL;
    size_t i;
    json_t *entry;
    json_array_foreach (entries, i, entry) {
        bool new_strategy = !before || !same(before, entry, "strategy");
        bool new_item =
            new_strategy || !same(before, entry, "code") || !same(before, entry, "group");
        if (before && new_item)
            page_item_end(page);
        if (new_strategy)
            page_heading(page, get_text(entry, "strategyTitle"));
        if (new_item)
            page_item(page, get_text(entry, "code"), item_title(entry));
        page_change(page, entry);
        before = entry;
    }
    if (before)
        page_item_end(page);
}

static char *digest_subject(const json_t *entries, size_t count)
{
    const char *title = get_text(json_array_get(entries, 0), "strategyTitle");
    size_t i, strategies = 0;
    json_t *entry;
    json_array_foreach (entries, i, entry)
        strategies += i == 0 || !same(json_array_get(entries, i - 1), entry, "strategy");
    if (strategies > 1 || !title)
        return text_format(ngettext("%zu change", "%zu changes", count), count);
    return text_format(ngettext("%zu change in %s", "%zu changes in %s", count), count, title);
}

/* How to end it, whatever the reader's mail program kept. */
static void write_token(struct page *page, const char *token, const char *command)
{
    AUTO(free_ptr) char *typed = text_format("goal %s %s", command, token ? token : "TOKEN");
    AUTO(free_ptr) char *reference = text_format("Ref: %s", token ? token : "TOKEN");
    page_paragraph(page, _("Where goal is installed, this does it too:"));
    page_example(page, typed);
    page_example(page, reference);
}

static char *write_digest(struct page *page, const json_t *digest)
{
    const json_t *entries = get_list(digest, "entries");
    const char *since = get_text(digest, "since");
    long omitted = get_int(digest, "omitted", 0);
    size_t count = json_array_size(entries) + (size_t)(omitted > 0 ? omitted : 0);
    AUTO(free_ptr)
    char *intro =
        since ? text_format(_("This changed since %.10s in what you are subscribed to."), since)
              : text_copy(_("This changed in what you are subscribed to."));
    page_paragraph(page, intro);
    write_entries(page, entries);
    if (omitted > 0) {
        AUTO(free_ptr)
        char *more =
            text_format(ngettext("%ld more change is not shown here.",
                                 "%ld more changes are not shown here.", (unsigned long)omitted),
                        omitted);
        page_paragraph(page, more);
    }
    page_subscription(page, _("Your subscription"), get_text(digest, "frequency"),
                      get_list(digest, "topics"));
    if (get_text(digest, "mailIn"))
        page_commands(page);
    write_token(page, get_text(digest, "token"), "unsubscribe");
    return digest_subject(entries, count);
}

/* --- asking to confirm --- */

static char *write_question(struct page *page, const json_t *digest)
{
    page_paragraph(page, _("Somebody asked that this address be told by mail what changes. Is that "
                           "right?"));
    page_subscription(page, _("What was asked for"), get_text(digest, "frequency"),
                      get_list(digest, "topics"));
    if (get_text(digest, "mailIn")) {
        AUTO(free_ptr) char *words = text_format("%s, %s", _("confirm"), _("unsubscribe"));
        page_paragraph(page, _("Answer with the first word to confirm it, with the second to be "
                               "forgotten at once:"));
        page_example(page, words);
    }
    write_token(page, get_text(digest, "token"), "confirm");
    page_paragraph(page, _("Without an answer nothing more is sent, and the address is forgotten "
                           "after a week."));
    return text_copy(_("Please confirm your subscription"));
}

/* --- mails --- */

static bool is_question(const json_t *digest)
{
    const char *kind = get_text(digest, "kind");
    return kind && strcmp(kind, "confirm") == 0;
}

static void digest_write(const json_t *digest, struct letter_texts *ret_texts)
{
    AUTO(free_ptr) char *address = answer_address(digest);
    struct page page;
    words_begin(get_text(digest, "language"));
    page_begin(&page, words_language());
    ret_texts->subject =
        is_question(digest) ? write_question(&page, digest) : write_digest(&page, digest);
    page_end(&page, &ret_texts->text, &ret_texts->html);
    words_end();
    if (address)
        ret_texts->list_unsubscribe = text_format("<mailto:%s?subject=unsubscribe>", address);
    ret_texts->reply_to = STEAL(address);
}

/* --- a dry run --- */

enum { SHOW_ADDRESS, SHOW_MAIL, SHOW_CHANGES, SHOW_TOPICS };

static const struct column show_columns[] = {
    [SHOW_ADDRESS] = {.name = "ADDRESS"},
    [SHOW_MAIL] = {.name = "MAIL"},
    [SHOW_CHANGES] = {.name = "CHANGES", .flags = COLUMN_RIGHT},
    [SHOW_TOPICS] = {.name = "TOPICS", .flags = COLUMN_CUT},
};

static void digest_show(const struct goal *goal, const json_t *digests)
{
    AUTO(table_freep)
    struct table *table = table_new(show_columns, ARRAY_LEN(show_columns));
    size_t i;
    json_t *digest;
    json_array_foreach (digests, i, digest) {
        int line = table_add(table, -1);
        size_t count = json_array_size(get_list(digest, "entries"));
        AUTO(free_ptr)
        char *changes = text_format("%zu", count + (size_t)get_int(digest, "omitted", 0));
        AUTO(free_ptr) char *topics = json_words(get_list(digest, "topics"));
        table_set(table, line, SHOW_ADDRESS, get_text(digest, "address"));
        table_set(table, line, SHOW_MAIL,
                  is_question(digest) ? "confirm" : get_text(digest, "frequency"));
        table_set(table, line, SHOW_CHANGES, is_question(digest) ? NULL : changes);
        table_set(table, line, SHOW_TOPICS, topics);
    }
    goal_print_table(goal, table, "nobody is to be told anything");
}

int digest_run(struct goal *goal)
{
    static const struct send_kind digests = {
        .claim = "ClaimDigests",
        .settle = "SettleDigests",
        .field = "digest",
        .keeps = true,
        .write = digest_write,
        .show = digest_show,
    };
    return send_run(goal, &digests);
}
