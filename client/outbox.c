/*
 * Keeping changes that were not answered, and sending them again. goal->unsettled is the change on
 * its way, an entry of the outbox that is not written yet; it is owned here and freed when the
 * change is settled, at the latest by main().
 */
#include "outbox.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "link.h"
#include "output.h"
#include "spool.h"
#include "text.h"

#define PATIENCE_MAX 30 /* seconds */
#define COMMAND_WIDTH 200

int outbox_patience(const struct goal *goal)
{
    return goal->timeout > 0 && goal->timeout < PATIENCE_MAX ? goal->timeout : PATIENCE_MAX;
}

char *outbox_address(const struct goal *goal)
{
    AUTO(free_ptr) char *given = goal_address(goal);
    const char *path = strncmp(given, "unix:", 5) == 0 ? given + 5 : given;
    return text_format("unix:%.*s", (int)strcspn(path, path == given ? "" : ";"), path);
}

void outbox_expect(struct goal *goal, const char *method, json_t *parameters)
{
    json_decref(goal->unsettled);
    goal->unsettled = json_pack("{s:s,s:[O]}", "method", method, "tries", parameters);
}

void outbox_expect_also(struct goal *goal, json_t *parameters)
{
    json_array_append(json_object_get(goal->unsettled, "tries"), parameters);
}

void outbox_answered(struct goal *goal, const char *error)
{
    if (error && error_exit(error) == EXIT_AWAY)
        return;
    json_decref(goal->unsettled);
    goal->unsettled = NULL;
}

/*
 * What is sent later has to say which day it speaks of. But if the daemon got the call without a
 * date, only the very same call gets the first answer: it comes second, after the daemon refused
 * the dated one because the request id is taken.
 */
static json_t *dated_tries(const struct goal *goal)
{
    const char *field = goal->day_field ? goal->day_field : "date";
    json_t *tries = json_array(), *one;
    size_t i;
    json_array_foreach (json_object_get(goal->unsettled, "tries"), i, one) {
        bool dated = !*goal->day || json_object_get(one, field);
        if (!dated) {
            json_t *copy = json_copy(one);
            json_object_set_new(copy, field, json_string(goal->day));
            json_array_append_new(tries, copy);
        }
        if (dated || goal->at_stake)
            json_array_append(tries, one);
    }
    return tries;
}

/* A word as a shell takes it. */
static char *quoted(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    if (*word && !word[strspn(word, plain)])
        return text_copy(word);
    char *text = text_copy("'");
    for (const char *c = word; *c; c++)
        text_append(&text, "", *c == '\'' ? "'\\''" : "%c", *c);
    text_append(&text, "", "'");
    return text;
}

static char *typed_command(const struct goal *goal)
{
    AUTO(free_ptr) char *text = text_copy("goal");
    for (char **word = goal->typed; word && *word && strlen(text) < 4 * COMMAND_WIDTH; word++) {
        AUTO(free_ptr) char *one = text_cut(*word, COMMAND_WIDTH);
        AUTO(free_ptr) char *safe = quoted(one);
        text_append(&text, " ", "%s", safe);
    }
    AUTO(free_ptr) char *clean = text_clean(text);
    return text_cut(clean, COMMAND_WIDTH);
}

static json_t *new_entry(const struct goal *goal)
{
    char made[32];
    time_t now = time(NULL);
    struct tm tm;
    AUTO(free_ptr) char *address = outbox_address(goal);
    AUTO(free_ptr) char *command = typed_command(goal);
    strftime(made, sizeof(made), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:b}", "format", SPOOL_FORMAT, "id",
                     goal->request_id, "made", made, "address", address, "method",
                     get_text(goal->unsettled, "method"), "tries", dated_tries(goal), "command",
                     command, "sent", goal->at_stake);
}

/* Says why a change cannot be kept, and what to do instead. */
static int fail_unkept(const struct goal *goal, const struct spool *spool, int error)
{
    return goal_fail(EXIT_AWAY,
                     "it could not be kept for later%s%s (%s): repeat the command with "
                     "--request-id %s, it takes effect once",
                     spool->path ? " in " : "", spool->path ? spool->path : "", spool_error(error),
                     goal->request_id);
}

static int keep(struct goal *goal)
{
    struct spool spool;
    size_t before = 0;
    json_auto_t *entry = new_entry(goal);
    int r = spool_open(true, &spool);
    if (r == 0)
        r = entry ? spool_add(&spool, entry, &before) : -ENOMEM;
    goal->kept = r == 0;
    if (r == -ENOTUNIQ)
        goal_fail(EXIT_REFUSED,
                  "another change is kept under that request id (goal outbox): nothing was kept");
    else if (r == -EEXIST)
        goal_fail(EXIT_AWAY, "this change is kept under that request id already (goal outbox)");
    else if (r < 0)
        fail_unkept(goal, &spool, r);
    else
        goal_fail(
            EXIT_AWAY,
            "kept in the outbox as %.*s%s; do not repeat it: your next change or `goal outbox "
            "send` sends it%s",
            OUTBOX_ID_LEN, goal->request_id, before > 0 ? ", behind others" : "",
            goal->at_stake ? " again, and it takes effect once" : "");
    spool_done(&spool);
    return r == -ENOTUNIQ ? EXIT_REFUSED : EXIT_AWAY;
}

int outbox_settle(struct goal *goal, int exit)
{
    if (goal->unsettled && exit != EXIT_USAGE)
        exit = keep(goal);
    json_decref(goal->unsettled);
    goal->unsettled = NULL;
    return exit;
}

/* Would the next form of a call fit better? */
static bool try_next(const char *error)
{
    return error && (strcmp(error, TRACKER "NoSuchStrategy") == 0 ||
                     strcmp(error, TRACKER "RequestIdReused") == 0);
}

/* Calls with one form after the other. Returns a negative errno of the link. */
static int call_entry(struct goal *goal, const json_t *entry, struct link_reply *ret_reply)
{
    const json_t *tries = get_list(entry, "tries");
    size_t i;
    json_t *parameters;
    struct link_reply reply = {0};
    json_array_foreach (tries, i, parameters) {
        link_reply_done(&reply);
        int r = link_call(goal->link, get_text(entry, "method"), json_incref(parameters), 0);
        if (r == 0)
            r = link_receive(goal->link, &reply);
        if (r < 0)
            return r;
        if (!try_next(reply.error))
            break;
    }
    *ret_reply = reply;
    return 0;
}

static int say_sent(const struct spool *spool, const json_t *entry, const json_t *reply)
{
    int r = spool_remove(spool, entry);
    const char *id = get_text(entry, "id"), *command = get_text(entry, "command");
    if (r < 0)
        return goal_fail(EXIT_REFUSED,
                         "%.*s was sent, but it stays in %s (%s); sent again it has no effect",
                         OUTBOX_ID_LEN, id, spool->path, spool_error(r));
    return goal_fail(EXIT_DONE, "sent %.*s, which was kept: %s (seq %ld)", OUTBOX_ID_LEN, id,
                     command, get_int(reply, "seq", 0));
}

/* It stays, with what the daemon said. */
static int say_refused(const struct spool *spool, json_t *entry, const struct link_reply *reply)
{
    AUTO(free_ptr) char *sentence = error_sentence(reply->error, reply->parameters);
    json_object_set_new(
        entry, "refused",
        json_pack("{s:s,s:O}", "error", reply->error, "parameters", reply->parameters));
    int r = spool_replace(spool, entry);
    if (r < 0)
        goal_fail(EXIT_REFUSED, "%s: %s", spool->path, spool_error(r));
    return goal_fail(error_exit(reply->error), "refused %.*s, which was kept: %s\n      %s",
                     OUTBOX_ID_LEN, get_text(entry, "id"), get_text(entry, "command"), sentence);
}

/* It waits on, and those behind it; the daemon may have got it this time. */
static int say_waiting(const struct spool *spool, json_t *entry)
{
    json_object_set_new(entry, "sent", json_true());
    int r = spool_replace(spool, entry);
    if (r < 0)
        goal_fail(EXIT_AWAY, "%s: %s", spool->path, spool_error(r));
    return goal_fail(EXIT_AWAY, "next in the outbox is %.*s: %s", OUTBOX_ID_LEN,
                     get_text(entry, "id"), get_text(entry, "command"));
}

/* Sends one entry. EXIT_AWAY: it waits on. */
static int send_entry(struct goal *goal, const struct spool *spool, json_t *entry)
{
    struct link_reply reply = {0};
    goal->settling = true;
    int exit = EXIT_DONE, r = call_entry(goal, entry, &reply);
    if (r < 0)
        goal_fail_link(goal, r);
    else if (reply.error && error_exit(reply.error) == EXIT_AWAY)
        goal_fail_error(NULL, reply.error, reply.parameters);
    goal->settling = false;
    if (r < 0 || (reply.error && error_exit(reply.error) == EXIT_AWAY))
        exit = say_waiting(spool, entry);
    else if (reply.error)
        exit = say_refused(spool, entry, &reply);
    else
        exit = say_sent(spool, entry, reply.parameters);
    link_reply_done(&reply);
    return exit;
}

int outbox_send(struct goal *goal, const struct spool *spool, const json_t *entries,
                size_t *ret_sent)
{
    int first = EXIT_DONE;
    size_t i, sent = 0;
    json_t *entry;
    json_array_foreach (entries, i, entry) {
        int exit = send_entry(goal, spool, entry);
        sent += exit == EXIT_DONE;
        if (first == EXIT_DONE || exit == EXIT_AWAY)
            first = exit;
        if (exit == EXIT_AWAY)
            break;
    }
    *ret_sent = sent;
    return first;
}

json_t *outbox_for_daemon(const struct goal *goal, const json_t *entries, bool refused_too)
{
    AUTO(free_ptr) char *address = outbox_address(goal);
    json_t *list = json_array(), *entry;
    size_t i;
    json_array_foreach (entries, i, entry)
        if ((refused_too || !get_object(entry, "refused")) &&
            strcmp(get_text(entry, "address"), address) == 0)
            json_array_append(list, entry);
    return list;
}

static int list_waiting(const struct goal *goal, const struct spool *spool, json_t **ret_entries)
{
    json_auto_t *entries = NULL, *odd = NULL;
    int r = spool_list(spool, &entries, &odd);
    if (r == 0)
        *ret_entries = outbox_for_daemon(goal, entries, false);
    return r;
}

/* With the lock, looks again: another goal may have sent them. */
static int send_waiting(struct goal *goal, const struct spool *spool, int *ret_exit)
{
    AUTO(close_fd) int lock = -1;
    json_auto_t *entries = NULL;
    size_t sent;
    int r = spool_lock(spool, outbox_patience(goal), &lock);
    if (r == 0)
        r = list_waiting(goal, spool, &entries);
    if (r == 0)
        *ret_exit = outbox_send(goal, spool, entries, &sent) == EXIT_AWAY ? EXIT_AWAY : EXIT_DONE;
    return r;
}

int outbox_send_first(struct goal *goal)
{
    struct spool spool;
    json_auto_t *entries = NULL;
    int exit = EXIT_DONE, r = spool_open(false, &spool);
    bool ours = r == 0;
    if (ours)
        r = list_waiting(goal, &spool, &entries);
    if (r == 0 && json_array_size(entries) > 0)
        r = send_waiting(goal, &spool, &exit);
    if (ours && r < 0)
        exit = goal_fail(EXIT_AWAY, "what is kept in %s has to be sent first (%s)", spool.path,
                         spool_error(r));
    spool_done(&spool);
    return exit;
}
