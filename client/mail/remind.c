/*
 * goal remind: claims letters and says what is in them.
 */
#include "remind.h"

#include "claim.h"
#include "remind_show.h"

#define SHOWN_MAX 1000 /* letters of a dry run where no --limit says how many */

static size_t limit_given(const struct goal *goal, size_t otherwise)
{
    const char *text = args_get(&goal->args, "limit");
    return text ? (size_t)strtoull(text, NULL, 10) : otherwise;
}

static int run_dry(struct goal *goal, const struct claim *claim)
{
    json_auto_t *letters = json_array();
    int exit = claim_some(goal, claim, limit_given(goal, SHOWN_MAX), letters);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, letters);
    else if (exit == EXIT_DONE)
        remind_show(goal, letters);
    return exit;
}

int remind_run(struct goal *goal)
{
    struct claim claim = claim_begin("ClaimReminders", "letter");
    if (!args_has(&goal->args, "dry-run"))
        return goal_fail(EXIT_USAGE, "only --dry-run is possible yet");
    return run_dry(goal, &claim);
}
