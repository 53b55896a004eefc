/*
 * Replies as they come; see stream.h.
 */
#include "stream.h"

#include <string.h>

#include "link.h"
#include "text.h"

#define BAR_WIDTH 40

static bool bar_wanted(const struct goal *goal)
{
    return isatty(STDERR_FILENO) && !goal->json;
}

void stream_bar(const struct goal *goal, long done, long total)
{
    int full = total > 0 ? (int)(done * BAR_WIDTH / total) : BAR_WIDTH;
    if (bar_wanted(goal))
        fprintf(stderr, "\r[%.*s%*s] %ld %% ", full, "########################################",
                BAR_WIDTH - full, "", total > 0 ? done * 100 / total : 100);
}

void stream_bar_clear(const struct goal *goal)
{
    if (bar_wanted(goal))
        fprintf(stderr, "\r%*s\r", BAR_WIDTH + 10, "");
}

static int take(const struct goal *goal, const struct link_reply *reply, stream_reply *take_reply,
                void *arg)
{
    if (reply->error) {
        stream_bar_clear(goal);
        return goal_fail_error(NULL, reply->error, reply->parameters);
    }
    return json_object_size(reply->parameters) > 0 ? take_reply(arg, reply->parameters) : EXIT_DONE;
}

int stream_call(struct goal *goal, const char *method, json_t *parameters, stream_reply *reply,
                void *arg)
{
    AUTO(free_ptr) char *name = text_format(TRACKER "%s", method);
    int exit = goal_connect(goal);
    if (exit != EXIT_DONE) {
        json_decref(parameters);
        return exit;
    }
    int r = link_call(goal->link, name, parameters, LINK_MORE);
    if (r < 0)
        return goal_fail_link(goal, r);
    for (bool more = true; more && exit == EXIT_DONE;) {
        struct link_reply received = {0};
        r = link_receive(goal->link, &received);
        if (r < 0) {
            stream_bar_clear(goal);
            return goal_fail_link(goal, r);
        }
        more = received.continues;
        exit = take(goal, &received, reply, arg);
        link_reply_done(&received);
    }
    return exit;
}
