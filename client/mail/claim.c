/*
 * Claiming letters; see claim.h.
 */
#include "claim.h"

#include <uuid/uuid.h>

#include "output.h"
#include "stream.h"

struct claim claim_begin(const char *method, const char *field)
{
    struct claim claim = {.method = method, .field = field};
    uuid_t id;
    uuid_generate_random(id);
    uuid_unparse_lower(id, claim.run);
    return claim;
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
    if (limit > 0)
        json_object_set_new(parameters, "limit", json_integer((json_int_t)limit));
    if (args_has(&goal->args, "dry-run"))
        json_object_set_new(parameters, "dryRun", json_true());
    return stream_call(goal, claim->method, parameters, NULL, take_letter, &taking);
}
