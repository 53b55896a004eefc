/*
 * goal strategy add and change: the strategy's own attributes. A new one is an import of its
 * record.
 */
#include <string.h>

#include "commands.h"
#include "edit.h"
#include "import.h"
#include "text.h"

static const struct edit_row strategy_rows[] = {
    {"title", "titles", EDIT_TEXTS, "title"},
    {"alias", "alias", EDIT_TEXT, NULL},
    {"issuer", "issuer", EDIT_TEXT, NULL},
    {"start", "start", EDIT_DATE, NULL},
    {"end", "end", EDIT_DATE, NULL},
    {"visibility", "visibility", EDIT_WORD, NULL},
    {"cadence", "cadence", EDIT_COUNT, NULL},
    {"calendar", "calendar", EDIT_TEXT, NULL},
    {"time-zone", "timeZone", EDIT_TEXT, NULL},
    {"default-language", "defaultLanguage", EDIT_TEXT, NULL},
    {"remove-sector", "removeSectors", EDIT_LIST, NULL},
    {0},
};

/* "target=30", "target=none" */
static int take_expected(const struct goal *goal, json_t *content)
{
    json_t *counts = json_object();
    const char *value;
    for (size_t i = 0; (value = args_get_nth(&goal->args, "expected", i)); i++) {
        size_t len = strcspn(value, "=");
        const char *count = value[len] ? value + len + 1 : "";
        AUTO(free_ptr) char *kind = text_format("%.*s", (int)len, value);
        bool none = strcmp(count, EDIT_NONE) == 0;
        if (!none && !number_valid(count)) {
            json_decref(counts);
            return goal_fail(EXIT_USAGE, "--expected %s: it is KIND=NUMBER", value);
        }
        json_object_set_new(counts, kind, json_integer(none ? 0 : strtoll(count, NULL, 10)));
    }
    if (json_object_size(counts) > 0)
        json_object_set(content, "expected", counts);
    json_decref(counts);
    return EXIT_DONE;
}

/* "food=Mat": the title is in --language, else in the strategy's own. */
static int take_sectors(const struct goal *goal, json_t *content)
{
    json_auto_t *sectors = json_array();
    const char *value;
    for (size_t i = 0; (value = args_get_nth(&goal->args, "sector", i)); i++) {
        size_t len = strcspn(value, "=");
        AUTO(free_ptr) char *key = text_format("%.*s", (int)len, value);
        json_t *sector = json_object();
        json_array_append_new(sectors, sector);
        if (!value[len] || !value[len + 1] || len == 0)
            return goal_fail(EXIT_USAGE, "--sector %s: it is KEY=TITLE", value);
        set_text(sector, "key", key);
        if (goal->language) {
            json_t *titles = json_object();
            json_object_set_new(sector, "titles", titles);
            set_text(titles, goal->language, value + len + 1);
        } else {
            set_text(sector, "title", value + len + 1);
        }
    }
    if (json_array_size(sectors) > 0)
        json_object_set(content, "sectors", sectors);
    return EXIT_DONE;
}

int strategy_add_run(struct goal *goal)
{
    static const struct edit_row rows[] = {
        {"title", "titles", EDIT_TEXTS, NULL},
        {"alias", "alias", EDIT_TEXT, NULL},
        {"issuer", "issuer", EDIT_TEXT, NULL},
        {"visibility", "visibility", EDIT_WORD, NULL},
        {"cadence", "cadence", EDIT_COUNT, NULL},
        {"calendar", "calendar", EDIT_TEXT, NULL},
        {"time-zone", "timeZone", EDIT_TEXT, NULL},
        {"default-language", "language", EDIT_TEXT, NULL},
        {0},
    };
    static const struct edit_row period_rows[] = {
        {"start", "start", EDIT_DATE, NULL}, {"end", "end", EDIT_DATE, NULL}, {0}};
    static const char *const needed[] = {"title", "time-zone", "default-language", "visibility"};
    json_auto_t *record = json_object(), *period = json_object();
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!args_has(&goal->args, needed[i]))
            return goal_fail(EXIT_USAGE, "a new strategy needs --title, --default-language, "
                                         "--time-zone and --visibility");
    set_text(record, "key", args_word(&goal->args, 0));
    int exit = edit_read(goal, rows, record);
    if (exit == EXIT_DONE)
        exit = edit_read(goal, period_rows, period);
    if (exit != EXIT_DONE)
        return exit;
    if (json_object_size(period) > 0)
        json_object_set(record, "period", period);
    return import_new_strategy(goal, record);
}

int strategy_change_run(struct goal *goal)
{
    static const struct edit_command command = {"ChangeStrategy", NULL, strategy_rows, "changed"};
    const char *acceptance = args_get(&goal->args, "acceptance");
    json_auto_t *content = json_object();
    int exit = take_expected(goal, content);
    if (exit == EXIT_DONE)
        exit = take_sectors(goal, content);
    if (exit != EXIT_DONE)
        return exit;
    if (acceptance)
        json_object_set_new(content, "acceptance", json_boolean(strcmp(acceptance, "on") == 0));
    return edit_run(goal, &command, STEAL(content));
}
