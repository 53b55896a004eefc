/*
 * Claiming letters and settling them; see claim.h. A settling may be repeated, so that one that was
 * answered by nothing is said again, on a new connection.
 */
#include "claim.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

#include "link.h"
#include "output.h"
#include "stream.h"
#include "text.h"

#define TRIES 5 /* with 1, 2, 4 and 8 times PAUSE_MS between them */
#define PAUSE_MS 500

struct claim claim_begin(const char *claim, const char *settle, const char *field)
{
    struct claim made = {.claim = claim, .settle = settle, .field = field};
    uuid_t id;
    uuid_generate_random(id);
    uuid_unparse_lower(id, made.run);
    return made;
}

struct taking {
    const char *field;
    json_t *letters;
};

static int take_letter(void *arg, const json_t *reply)
{
    struct taking *taking = arg;
    const json_t *letter = get_object(reply, taking->field);
    if (letter)
        json_array_append(taking->letters, (json_t *)letter);
    return EXIT_DONE;
}

int claim_some(struct goal *goal, const struct claim *claim, size_t limit, json_t *letters)
{
    struct taking taking = {.field = claim->field, .letters = letters};
    json_t *parameters = json_object();
    set_text(parameters, "run", claim->run);
    set_option(goal, parameters, "now", "now");
    set_option(goal, parameters, "strategy", "strategy");
    json_object_set_new(parameters, "limit", json_integer((json_int_t)limit));
    if (args_has(&goal->args, "dry-run"))
        json_object_set_new(parameters, "dryRun", json_true());
    return stream_call(goal, claim->claim, parameters, NULL, take_letter, &taking);
}

static json_t *settling(const struct goal *goal, const struct claim *claim, const json_t *letter,
                        const char *reason)
{
    json_t *parameters = json_object();
    set_text(parameters, "run", claim->run);
    set_text(parameters, "letter", get_text(letter, "letter"));
    set_text(parameters, "outcome", reason ? "failed" : "sent");
    set_text(parameters, "reason", reason);
    set_option(goal, parameters, "now", "now");
    return parameters;
}

static int connect_again(struct goal *goal)
{
    AUTO(free_ptr) char *address = goal_address(goal);
    if (goal->link)
        return 0;
    int r = link_open(address, goal->timeout, &goal->link);
    if (r == 0)
        link_set_interruptible(goal->link, false);
    return r;
}

/* One try: 0 with the daemon's reply, or a negative errno and no connection any more. */
static int settle_once(struct goal *goal, const char *method, json_t *parameters,
                       struct link_reply *ret_reply)
{
    int r = connect_again(goal);
    if (r == 0)
        r = link_call(goal->link, method, json_incref(parameters), 0);
    if (r == 0)
        r = link_receive(goal->link, ret_reply);
    if (r < 0) {
        link_free(goal->link);
        goal->link = NULL;
    }
    return r;
}

static void pause_before(int attempt)
{
    long ms = PAUSE_MS << (attempt - 1);
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* The daemon's answer in the end: done, refused, or not to be had. */
static int settle_at_last(struct goal *goal, const char *method, json_t *parameters, char **ret_why)
{
    int exit = EXIT_AWAY;
    for (int attempt = 0; attempt < TRIES && exit == EXIT_AWAY; attempt++) {
        struct link_reply reply = {0};
        if (attempt > 0)
            pause_before(attempt);
        free(STEAL(*ret_why));
        int r = settle_once(goal, method, parameters, &reply);
        exit = r < 0 ? EXIT_AWAY : reply.error ? (int)error_exit(reply.error) : EXIT_DONE;
        if (exit != EXIT_DONE)
            *ret_why =
                r < 0 ? text_copy(strerror(-r)) : error_sentence(reply.error, reply.parameters);
        link_reply_done(&reply);
    }
    return exit;
}

int claim_settle(struct goal *goal, const struct claim *claim, const json_t *letter,
                 const char *who, const char *reason)
{
    AUTO(free_ptr) char *method = text_format(TRACKER "%s", claim->settle);
    AUTO(free_ptr) char *why = NULL;
    json_auto_t *parameters = settling(goal, claim, letter, reason);
    if (goal->link)
        link_set_interruptible(goal->link, false);
    int exit = settle_at_last(goal, method, parameters, &why);
    if (goal->link)
        link_set_interruptible(goal->link, true);
    if (exit == EXIT_DONE)
        return exit;
    const char *id = get_text(letter, "messageId");
    return goal_fail((enum exit_code)exit,
                     reason ? "%s: that it was not sent could not be told to the daemon (%s)"
                            : "%s: it was sent, but that could not be told to the daemon (%s): it "
                              "may be sent once more, as the same mail <%s>",
                     who, why, id ? id : "");
}
