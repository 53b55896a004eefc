/*
 * Sending; see send.h. A letter is begun only while its lease outlasts what its delivery may take,
 * and one that is begun is also settled: a signal ends the run between two letters.
 */
#include "send.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "claim.h"
#include "compose.h"
#include "deliver.h"
#include "link.h"
#include "output.h"
#include "progress.h"
#include "text.h"

#define CHUNK 20       /* letters claimed at a time */
#define SHOWN_MAX 1000 /* letters of a dry run where no --limit says how many */
#define SETTLE_TIME 60 /* seconds of a lease that are kept for settling */

struct sending {
    struct goal *goal;
    const struct send_kind *kind;
    struct claim claim;
    struct delivery delivery;
    struct progress progress;
    size_t left;  /* letters that may be claimed */
    size_t done;  /* sent or failed */
    time_t begun; /* seconds of the monotonic clock, before the latest claim */
    bool failed;  /* something could not be sent */
};

static const int stops[] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t stopped; /* by this signal */

static void on_stop(int signo)
{
    stopped = signo;
}

/* What is ignored, as under nohup, stays ignored. */
static void attend_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop}, before;
    for (size_t i = 0; i < ARRAY_LEN(stops); i++)
        if (sigaction(stops[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(stops[i], &action, NULL);
}

static int stop_signal(void)
{
    return stopped ? stopped : link_interrupt();
}

static time_t monotonic_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Whom it is to, as messages name them: by key, never by address. */
static const char *recipient_of(const json_t *letter)
{
    const char *recipient = get_text(letter, "recipient"), *id = get_text(letter, "letter");
    return recipient ? recipient : id ? id : "?";
}

static void texts_done(struct letter_texts *texts)
{
    free(texts->subject);
    free(texts->text);
    free(texts->html);
    free(texts->calendar);
    free(texts->list_unsubscribe);
    free(texts->reply_to);
}

static int compose_letter(const json_t *letter, const struct letter_texts *texts,
                          char **ret_message, size_t *ret_len, char **ret_reason)
{
    struct mail mail = {
        .from = get_text(letter, "from"),
        .to_name = get_text(letter, "name"),
        .to_address = get_text(letter, "address"),
        .subject = texts->subject,
        .message_id = get_text(letter, "messageId"),
        .reply_to = texts->reply_to ? texts->reply_to : get_text(letter, "replyTo"),
        .list_unsubscribe = texts->list_unsubscribe,
        .language = get_text(letter, "language"),
        .text = texts->text,
        .html = texts->html,
        .calendar = texts->calendar,
    };
    return compose(&mail, ret_message, ret_len, ret_reason);
}

/* What --exec's command gets: the letter as it came, and what was made of it. */
static json_t *exec_letter(const json_t *letter, const struct letter_texts *texts)
{
    json_t *object = json_copy((json_t *)letter);
    set_text(object, "subject", texts->subject);
    set_text(object, "text", texts->text);
    set_text(object, "html", texts->html);
    set_text(object, "calendar", texts->calendar);
    return object;
}

/* Writes and delivers it. 0, or a negative errno with the reason; -ENOENT: no letter will go. */
static int deliver_letter(struct sending *sending, const json_t *letter, char **ret_reason)
{
    struct letter_texts texts = {0};
    AUTO(free_ptr) char *message = NULL;
    size_t len;
    sending->kind->write(letter, &texts);
    int r = compose_letter(letter, &texts, &message, &len, ret_reason);
    if (r == 0) {
        json_auto_t *object = exec_letter(letter, &texts);
        r = deliver(&sending->delivery, message, len, object, ret_reason);
    }
    texts_done(&texts);
    return r;
}

/* A reason goes into the ledger and to who runs this: without the address, which may be erased, and
 * which some mail systems write in small letters. */
static char *without_address(const char *reason, const json_t *letter)
{
    const char *address = get_text(letter, "address"), *found;
    char *text = text_copy("");
    while (address && strchr(address, '@') && (found = strcasestr(reason, address))) {
        text_append(&text, "", "%.*s%s", (int)(found - reason), reason, recipient_of(letter));
        reason = found + strlen(address);
    }
    text_append(&text, "", "%s", reason);
    return text;
}

static void print_outcome(struct sending *sending, const json_t *letter, const char *reason)
{
    json_auto_t *line = json_object();
    set_text(line, "letter", get_text(letter, "letter"));
    set_text(line, "recipient", get_text(letter, "recipient"));
    set_text(line, "outcome", reason ? "failed" : "sent");
    set_text(line, "reason", reason);
    json_line(sending->goal->out, line);
}

/* A letter that may be out is not settled, so that it remains the letter that it is: one that
 * failed goes with what else is due by then, in a mail of another name. */
static int send_one(struct sending *sending, const json_t *letter)
{
    AUTO(free_ptr) char *said = NULL;
    int r = deliver_letter(sending, letter, &said);
    AUTO(free_ptr) char *reason = r < 0 ? without_address(said, letter) : NULL;
    bool doubtful = r == -EINPROGRESS && sending->kind->keeps;
    if (reason) {
        progress_clear(&sending->progress);
        goal_fail(EXIT_REFUSED, "%s: %s: %s", recipient_of(letter),
                  doubtful ? "perhaps not sent, a later run sends the same mail again" : "not sent",
                  reason);
        sending->failed = true;
    }
    int exit = doubtful ? EXIT_DONE
                        : claim_settle(sending->goal, &sending->claim, letter, recipient_of(letter),
                                       reason);
    if (exit == EXIT_DONE && sending->goal->json && sending->delivery.way != DELIVER_PRINT)
        print_outcome(sending, letter, reason);
    progress_set(&sending->progress, ++sending->done);
    if (exit == EXIT_NOTHING) { /* another run took it over meanwhile: it is said, and theirs */
        sending->failed = true;
        exit = EXIT_DONE;
    }
    return exit == EXIT_DONE && r == -ENOENT ? EXIT_REFUSED : exit;
}

static int send_letters(struct sending *sending, const json_t *letters)
{
    size_t i;
    json_t *letter;
    int exit = EXIT_DONE;
    long enough = CLAIM_LEASE - SETTLE_TIME - sending->delivery.limit;
    json_array_foreach (letters, i, letter) {
        if (exit != EXIT_DONE || stop_signal())
            break;
        if (monotonic_now() - sending->begun > enough)
            return goal_fail(EXIT_REFUSED,
                             "it takes too long: %zu mails that were claimed are left to the next "
                             "run",
                             json_array_size(letters) - i);
        exit = send_one(sending, letter);
    }
    return exit;
}

/* Claims and sends the next few; *ret_more: there may be others. Those that came before the claim
 * failed, for a part of what there is, are sent like any other. */
static int send_some(struct sending *sending, bool *ret_more)
{
    json_auto_t *letters = json_array();
    size_t limit = sending->left < CHUNK ? sending->left : CHUNK;
    sending->begun = monotonic_now();
    int exit = claim_some(sending->goal, &sending->claim, limit, letters);
    size_t count = json_array_size(letters);
    sending->progress.total = sending->done + count;
    sending->left -= count < sending->left ? count : sending->left;
    *ret_more = count > 0 && sending->left > 0;
    int sent = send_letters(sending, letters);
    return exit == EXIT_DONE ? sent : exit;
}

/* So that the shell, or systemd, sees what ended it. */
static int end_by_signal(const struct sending *sending)
{
    int signo = stop_signal();
    goal_fail(EXIT_REFUSED, "interrupted (%zu done); a later run sends the others", sending->done);
    signal(signo, SIG_DFL);
    raise(signo);
    return EXIT_REFUSED;
}

static int send_all(struct sending *sending)
{
    int exit = EXIT_DONE;
    attend_signals();
    progress_begin(&sending->progress, "mails", 0);
    sending->delivery.progress = &sending->progress;
    for (bool more = true; more && exit == EXIT_DONE && !stop_signal();)
        exit = send_some(sending, &more);
    progress_clear(&sending->progress);
    if (stop_signal())
        return end_by_signal(sending);
    return exit == EXIT_DONE && sending->failed ? EXIT_REFUSED : exit;
}

/* What would be sent: as a table, or with --print as it would be. */
static int show_all(struct sending *sending)
{
    json_auto_t *letters = json_array();
    size_t i;
    json_t *letter;
    int exit = claim_some(sending->goal, &sending->claim, sending->left, letters);
    if (exit != EXIT_DONE)
        return exit;
    if (sending->delivery.way != DELIVER_PRINT) {
        if (sending->goal->json)
            goal_print_json(sending->goal, letters);
        else
            sending->kind->show(sending->goal, letters);
        return EXIT_DONE;
    }
    json_array_foreach (letters, i, letter) {
        AUTO(free_ptr) char *reason = NULL;
        if (deliver_letter(sending, letter, &reason) < 0)
            exit = goal_fail(EXIT_REFUSED, "%s: %s", recipient_of(letter), reason);
    }
    return exit;
}

int send_run(struct goal *goal, const struct send_kind *kind)
{
    bool dry = args_has(&goal->args, "dry-run");
    const char *limit = args_get(&goal->args, "limit");
    struct sending sending = {.goal = goal, .kind = kind};
    long long count = limit ? strtoll(limit, NULL, 10) : dry ? SHOWN_MAX : LONG_MAX;
    if (count < 1)
        return goal_fail(EXIT_USAGE, "--limit %s: at least 1", limit);
    sending.left = (size_t)count;
    sending.claim = claim_begin(kind->claim, kind->settle, kind->field);
    int exit = delivery_chosen(goal, &sending.delivery);
    if (exit != EXIT_DONE)
        return exit;
    return dry ? show_all(&sending) : send_all(&sending);
}
