/*
 * Mails of subscribers, who have no login: the token in their mail is all they need to confirm, to
 * choose another frequency, to see what they have, and to be forgotten.
 */
#include <string.h>

#include "mail_in.h"
#include "output.h"
#include "subscriber_page.h"
#include "text.h"
#include "words.h"

#define LINE_MAX 100 /* bytes of a line that may be a command */

/* The one thing that a line asks for, wherever it stands in it; MEANS_COUNT: none, or several. */
static enum meaning meaning_of(const struct spoken *spoken, const char *line)
{
    enum meaning found = MEANS_COUNT, meaning;
    if (strlen(line) > LINE_MAX)
        return MEANS_COUNT;
    while (*line) {
        size_t len = spoken_match_any(spoken, MEANS_YES, MEANS_MONTHLY, line, &meaning);
        if (len == 0 && spoken_match(spoken, MEANS_NOT, line) > 0)
            return MEANS_COUNT;
        if (len > 0 && found != MEANS_COUNT && meaning != found)
            return MEANS_COUNT;
        if (len > 0)
            found = meaning;
        line += len;
        line += strcspn(line, " \t.,;:!-");
        line += strspn(line, " \t.,;:!-");
    }
    return found;
}

/* The first line that says anything; the caller's to free. */
static char *first_line(const char *own)
{
    own += strspn(own, "\n");
    return text_format("%.*s", (int)strcspn(own, "\n"), own);
}

static bool is_reply(const char *subject)
{
    static const char *const marks[] = {"re:", "sv:", "vs:", "aw:", "fw:", "fwd:", "vb:"};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (strncasecmp(subject, marks[i], strlen(marks[i])) == 0)
            return true;
    return false;
}

/* A mail program that knows List-Unsubscribe writes a subject of ours; who answers writes a text.
 * Answering without a word is consent to what was asked, if something was. */
static enum meaning asked_for(const struct mail_in *in, bool asked_to_confirm, const char *line)
{
    const char *subject = in->incoming.subject;
    if (!is_reply(subject)) {
        enum meaning meaning = meaning_of(&in->spoken, subject);
        if (meaning != MEANS_COUNT)
            return meaning;
    }
    if (!*line && asked_to_confirm && is_reply(subject))
        return MEANS_YES;
    return meaning_of(&in->spoken, line);
}

/* What the token's address has: one that is confirmed, and others that wait for that. */
struct subscriber {
    struct mail_in *in;
    const json_t *replies; /* ListSubscriptions' */
    const json_t *first;   /* with the address */
    bool confirmed, waits;
};

/* --- answers --- */

static int answer_done(struct subscriber *subscriber, const char *intro, const json_t *reply)
{
    struct answer answer;
    answer_begin(&answer, subscriber->first);
    page_paragraph(&answer.page, _(intro));
    if (get_list(reply, "topics")) {
        page_subscription(&answer.page, _("Your subscription"), get_text(reply, "frequency"),
                          get_list(reply, "topics"));
        page_commands(&answer.page);
    }
    return answer_send(subscriber->in, &answer);
}

/* Where something waits for the word that confirms it: that, and the other one. */
static void write_how_to_confirm(struct subscriber *subscriber, struct page *page)
{
    if (!subscriber->waits)
        return;
    page_paragraph(page, _("Your subscription is not confirmed yet. Answer with the first word to "
                           "confirm it, with the second to be forgotten:"));
    AUTO(free_ptr) char *words = text_format("%s, %s", _("confirm"), _("unsubscribe"));
    page_example(page, words);
}

static int answer_shown(struct subscriber *subscriber)
{
    size_t i;
    json_t *reply;
    struct answer answer;
    answer_begin(&answer, subscriber->first);
    page_paragraph(&answer.page, _("This is what you are subscribed to."));
    json_array_foreach (subscriber->replies, i, reply) {
        const json_t *subscription = get_object(reply, "subscription");
        page_subscription(&answer.page,
                          get_text(subscription, "confirmed") ? _("Your subscription")
                                                              : _("Waits for your confirmation"),
                          get_text(subscription, "frequency"), get_list(subscription, "topics"));
    }
    write_how_to_confirm(subscriber, &answer.page);
    if (subscriber->confirmed)
        page_commands(&answer.page);
    return answer_send(subscriber->in, &answer);
}

static int answer_unclear(struct subscriber *subscriber, const char *line)
{
    struct answer answer;
    answer_begin(&answer, subscriber->first);
    page_paragraph(&answer.page, _("Nothing was changed, because this was not understood:"));
    page_example(&answer.page, *line ? line : subscriber->in->incoming.subject);
    write_how_to_confirm(subscriber, &answer.page);
    if (subscriber->confirmed)
        page_commands(&answer.page);
    return answer_send(subscriber->in, &answer);
}

/* --- doing it --- */

/* What was done is done, though nobody is told: the MTA may not bring the mail again. */
static int even_without_answer(int exit)
{
    return exit == EXIT_AWAY ? EXIT_DONE : exit;
}

/* *ret_unfit: the token is good, but not for this. */
static int call(struct subscriber *subscriber, const char *method, const char *frequency,
                const char *intro, bool *ret_unfit)
{
    struct ask ask = {.method = method};
    ask.parameters = json_pack("{s:s}", "token", subscriber->in->incoming.token);
    set_text(ask.parameters, "frequency", frequency);
    int exit = mail_in_ask(subscriber->in, &ask);
    *ret_unfit = exit == EXIT_DONE && ask.error && strcmp(ask.error, TRACKER "NoSuchToken") == 0;
    if (exit == EXIT_DONE && !*ret_unfit)
        exit = mail_in_refused(&ask);
    if (exit == EXIT_DONE && !*ret_unfit)
        exit = even_without_answer(answer_done(subscriber, intro, ask.reply));
    asks_done(&ask, 1);
    return exit;
}

static int do_meaning(struct subscriber *subscriber, enum meaning meaning, bool *ret_unfit)
{
    static const char *const frequencies[] = {"immediate", "daily", "weekly", "monthly"};
    switch (meaning) {
    case MEANS_STOP:
        return call(subscriber, "Unsubscribe", NULL,
                    N_("You get no more mails, and your address was deleted."), ret_unfit);
    case MEANS_YES:
        return call(subscriber, "ConfirmSubscription", NULL,
                    N_("Thank you, your subscription is confirmed."), ret_unfit);
    case MEANS_IMMEDIATE:
    case MEANS_DAILY:
    case MEANS_WEEKLY:
    case MEANS_MONTHLY:
        return call(subscriber, "ChangeSubscription", frequencies[meaning - MEANS_IMMEDIATE],
                    N_("You get your mails at another frequency from now on."), ret_unfit);
    case MEANS_SHOW:
        return answer_shown(subscriber);
    default:
        *ret_unfit = true;
        return EXIT_DONE;
    }
}

static int serve(struct subscriber *subscriber)
{
    AUTO(free_ptr) char *line = first_line(subscriber->in->own);
    enum meaning meaning = asked_for(subscriber->in, subscriber->waits, line);
    bool unfit = false;
    int exit = do_meaning(subscriber, meaning, &unfit);
    if (exit == EXIT_DONE && unfit)
        exit = meaning == MEANS_YES ? answer_shown(subscriber) : answer_unclear(subscriber, line);
    return exit;
}

int mail_in_subscription(struct mail_in *in)
{
    struct ask ask = {.method = "ListSubscriptions", .more = true};
    struct subscriber subscriber = {.in = in};
    size_t i;
    json_t *reply;
    ask.parameters = json_pack("{s:s}", "token", in->incoming.token);
    int exit = mail_in_ask(in, &ask);
    if (exit == EXIT_DONE)
        exit = mail_in_refused(&ask);
    subscriber.replies = ask.reply;
    json_array_foreach (subscriber.replies, i, reply) {
        const json_t *subscription = get_object(reply, "subscription");
        bool confirmed = get_text(subscription, "confirmed") != NULL;
        subscriber.first = subscriber.first ? subscriber.first : subscription;
        subscriber.confirmed |= confirmed;
        subscriber.waits |= !confirmed;
    }
    if (exit == EXIT_DONE)
        exit = subscriber.first ? serve(&subscriber)
                                : goal_fail(EXIT_NOTHING, "nothing is subscribed under that token");
    asks_done(&ask, 1);
    return exit;
}
