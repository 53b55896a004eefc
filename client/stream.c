/*
 * Replies as they come; see stream.h.
 */
#include "stream.h"

#include "link.h"
#include "text.h"

static int read_replies(struct goal *goal, struct progress *progress, stream_reply *take, void *arg)
{
    int exit = EXIT_DONE;
    for (bool more = true; more && exit == EXIT_DONE;) {
        struct link_reply reply = {0};
        int r = link_receive(goal->link, &reply);
        if ((r < 0 || reply.error) && progress)
            progress_clear(progress);
        if (r < 0)
            return goal_fail_link(goal, r);
        more = reply.continues;
        if (reply.error)
            exit = goal_fail_error(NULL, reply.error, reply.parameters);
        else if (json_object_size(reply.parameters) > 0)
            exit = take(arg, reply.parameters);
        link_reply_done(&reply);
    }
    return exit;
}

int stream_call(struct goal *goal, const char *method, json_t *parameters,
                struct progress *progress, stream_reply *take, void *arg)
{
    AUTO(free_ptr) char *name = text_format(TRACKER "%s", method);
    json_auto_t *owned = parameters;
    int exit = goal_connect(goal);
    if (exit != EXIT_DONE)
        return exit;
    int r = link_call(goal->link, name, STEAL(owned), LINK_MORE);
    if (r < 0)
        return goal_fail_link(goal, r);
    if (progress)
        link_set_tick(goal->link, progress_tick, progress);
    exit = read_replies(goal, progress, take, arg);
    link_set_tick(goal->link, NULL, NULL);
    if (progress)
        progress_clear(progress);
    return exit;
}
