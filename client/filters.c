/* Filters; see filters.h. */
#include "filters.h"

#include <err.h>

/* All values that were given of an option; as the interface spells its words, or as they are. */
static void set_values(const struct goal *goal, json_t *parameters, const char *name, bool words)
{
    const char *value;
    if (!args_has(&goal->args, name))
        return;
    json_t *values = json_array();
    for (size_t i = 0; (value = args_get_nth(&goal->args, name, i)); i++) {
        AUTO(free_ptr) char *word = words ? word_canonical(value) : NULL;
        if (json_array_append_new(values, json_string(word ? word : value)) < 0)
            errx(EXIT_USAGE, "--%s: not UTF-8", name);
    }
    json_object_set_new(parameters, name, values);
}

static void set_flag(const struct goal *goal, json_t *parameters, const char *name)
{
    if (args_has(&goal->args, name))
        json_object_set_new(parameters, name, json_true());
}

void filters_set(const struct goal *goal, json_t *parameters)
{
    static const char *const words[] = {"kind", "state",   "schedule",  "stage",
                                        "role", "without", "confidence"};
    static const char *const keys[] = {"group", "organisation", "person", "holder", "sector"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        set_values(goal, parameters, words[i], true);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        set_values(goal, parameters, keys[i], false);
    set_option(goal, parameters, "due-before", "dueBefore");
    set_option(goal, parameters, "due-after", "dueAfter");
    set_option(goal, parameters, "text", "text");
    set_option(goal, parameters, "parts-of", "partsOf");
    set_flag(goal, parameters, "open");
    set_flag(goal, parameters, "expired");
    set_flag(goal, parameters, "late");
    set_flag(goal, parameters, "stale");
    set_flag(goal, parameters, "unevidenced");
}
