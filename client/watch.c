/*
 * goal watch: tells of a journal's entries as they commit, until it is interrupted. When the daemon
 * goes away, it connects again, waiting longer each time, and goes on behind the last entry that it
 * told: none is missing, none comes twice.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "link.h"
#include "log.h"
#include "output.h"
#include "text.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_MOST_MS 10000

struct watch {
    struct goal *goal;
    json_int_t seq; /* the last entry that was told, or what --since says; -1: from now on */
    int pause_ms;   /* before the next attempt to connect */
    bool told_away; /* that the daemon is away was said */
};

/* A line: when, number, who, where, what. */
static void print_event(const struct goal *goal, const json_t *event)
{
    const char *account = get_text(event, "account"), *code = get_text(event, "code");
    AUTO(free_ptr) char *time = time_text(get_text(event, "time"));
    AUTO(free_ptr) char *what = entry_text(event);
    AUTO(free_ptr)
    char *line =
        text_format("%s  %ld  %s  %s%s%s", time, get_int(event, "seq", 0), account ? account : DASH,
                    code && *code ? code : "", code && *code ? "  " : "", what);
    AUTO(free_ptr) char *clean = text_clean(line);
    fprintf(goal->out, "%s\n", clean);
}

static void take_event(struct watch *watch, const json_t *event)
{
    json_int_t seq = json_integer_value(json_object_get(event, "seq"));
    bool ready = get_flag(event, "ready");
    watch->pause_ms = PAUSE_FIRST_MS;
    if (ready && watch->told_away)
        fprintf(stderr, "goal: connected again\n");
    watch->told_away = false;
    if (!ready || watch->seq < 0)
        watch->seq = seq;
    if (watch->goal->json)
        json_line(watch->goal->out, event);
    else if (!ready)
        print_event(watch->goal, event);
    fflush(watch->goal->out);
}

/* Errors that pass. */
static bool is_passing(const char *error)
{
    return strcmp(error, TRACKER "Unavailable") == 0 || strcmp(error, TRACKER "Overloaded") == 0;
}

/* Reads events until that fails: *ret_again if it may be tried again. */
static int read_events(struct watch *watch, bool *ret_again)
{
    struct goal *goal = watch->goal;
    for (bool more = true; more;) {
        struct link_reply reply = {0};
        int exit = EXIT_DONE;
        int r = link_receive(goal->link, &reply);
        *ret_again = r == -ECONNRESET || r == -EPIPE;
        if (*ret_again)
            return EXIT_AWAY;
        if (r == -EINTR) { /* how a watch ends: no failure to tell of */
            fflush(goal->out);
            signal(link_interrupt(), SIG_DFL);
            raise(link_interrupt());
        }
        if (r < 0)
            return goal_fail_link(goal, r);
        more = reply.continues;
        *ret_again = reply.error && is_passing(reply.error);
        if (*ret_again)
            exit = EXIT_AWAY;
        else if (reply.error)
            exit = goal_fail_error(NULL, reply.error, reply.parameters);
        else if (json_object_size(reply.parameters) > 0)
            take_event(watch, reply.parameters);
        link_reply_done(&reply);
        if (exit != EXIT_DONE)
            return exit;
        link_set_timeout(goal->link, 0); /* who is ready may be long without an event */
    }
    *ret_again = true; /* it ended by itself: the daemon stops */
    return EXIT_AWAY;
}

static int subscribe(struct watch *watch, bool *ret_again)
{
    json_t *parameters = goal_parameters(watch->goal, "code", true);
    if (watch->seq >= 0)
        json_object_set_new(parameters, "since", json_integer(watch->seq));
    int r = link_call(watch->goal->link, TRACKER "SubscribeEvents", parameters, LINK_MORE);
    return r < 0 ? goal_fail_link(watch->goal, r) : read_events(watch, ret_again);
}

/* Connects again, as often as it takes. */
static int reconnect(struct watch *watch)
{
    struct goal *goal = watch->goal;
    AUTO(free_ptr) char *address = goal_address(goal);
    link_free(STEAL(goal->link));
    if (!watch->told_away)
        fprintf(stderr, "goal: the daemon is away; waiting for it to come back\n");
    watch->told_away = true;
    for (;;) {
        struct timespec pause = {.tv_sec = watch->pause_ms / 1000,
                                 .tv_nsec = watch->pause_ms % 1000 * 1000000L};
        nanosleep(&pause, NULL);
        watch->pause_ms = watch->pause_ms * 2 < PAUSE_MOST_MS ? watch->pause_ms * 2 : PAUSE_MOST_MS;
        int r = link_open(address, goal->timeout, &goal->link);
        if (r == 0)
            return EXIT_DONE;
        if (r == -EINVAL || r == -ENOMEM)
            return goal_connect(goal); /* says what is wrong */
    }
}

static void build_node(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "GetNode", .parameters = goal_parameters(goal, "code", false)};
}

/* Finds out what the word means, as other commands do. */
static int resolve(struct goal *goal)
{
    struct ask ask = {0};
    if (goal->target.strategy && strcmp(goal->target.strategy, ".") == 0)
        return goal_connect(goal);
    int exit = goal_ask_all(goal, build_node, &ask, 1);
    asks_done(&ask, 1);
    return exit;
}

int watch_run(struct goal *goal)
{
    const char *since = args_get(&goal->args, "since");
    struct watch watch = {
        .goal = goal, .seq = since ? strtoll(since, NULL, 10) : -1, .pause_ms = PAUSE_FIRST_MS};
    int exit = resolve(goal);
    while (exit == EXIT_DONE) {
        bool again = false;
        exit = subscribe(&watch, &again);
        if (again)
            exit = reconnect(&watch);
    }
    return exit;
}
