/*
 * Whole journals; see journal.h.
 */
#include "journal.h"

#include <string.h>

#include "output.h"
#include "stream.h"
#include "text.h"

/* Prints a fault, and in the end how it went. */
static int take_verified(void *arg, const json_t *reply)
{
    const struct goal *goal = arg;
    const json_t *fault = get_object(reply, "fault");
    const char *hash = get_text(reply, "hash");
    long found = get_int(reply, "faults", 0);
    stream_bar_clear(goal);
    if (goal->json) {
        json_line(goal->out, reply);
        return hash && found > 0 ? EXIT_REFUSED : EXIT_DONE;
    }
    if (fault) {
        AUTO(free_ptr) char *message = text_clean(get_text(fault, "message"));
        AUTO(free_ptr) char *strategy = text_clean(get_text(fault, "strategy"));
        fprintf(goal->out, "%s: %s\n", strategy, message);
        return EXIT_DONE;
    }
    if (!hash) {
        stream_bar(goal, get_int(reply, "done", 0), get_int(reply, "total", 0));
        return EXIT_DONE;
    }
    fprintf(goal->out, "%ld %s verified, ", get_int(reply, "seq", 0),
            get_int(reply, "seq", 0) == 1 ? "entry" : "entries");
    if (found > 0)
        fprintf(goal->out, "%ld %s\n", found, found == 1 ? "fault" : "faults");
    else
        fprintf(goal->out, "all well; the head is %ld:%s\n", get_int(reply, "seq", 0), hash);
    return found > 0 ? EXIT_REFUSED : EXIT_DONE;
}

int journal_verify(struct goal *goal)
{
    json_t *parameters = goal_parameters(goal, NULL, false);
    set_option(goal, parameters, "head", "head");
    return stream_call(goal, "VerifyJournal", parameters, take_verified, goal);
}
