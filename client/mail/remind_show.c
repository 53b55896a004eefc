/*
 * The table of goal remind --dry-run: a line a reminder, below the recipient whose letter it is in.
 */
#include "remind_show.h"

#include <limits.h>

#include "output.h"
#include "reminder_words.h"
#include "table.h"
#include "text.h"

enum { SHOW_WHO, SHOW_WHAT, SHOW_WHEN, SHOW_WHY, SHOW_TITLE };

static const struct column show_columns[] = {
    [SHOW_WHO] = {.name = "WHO"},
    [SHOW_WHAT] = {.name = "WHAT"},
    [SHOW_WHEN] = {.name = "WHEN"},
    [SHOW_WHY] = {.name = "WHY"},
    [SHOW_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT},
};

static char *when_words(const json_t *item)
{
    long days = get_int(item, "days", 0);
    AUTO(free_ptr) char *text = days_text(days < 0 ? days < -LONG_MAX ? LONG_MAX : -days : days);
    return days == 0 ? text_copy("today") : text_format(days < 0 ? "%s ago" : "in %s", text);
}

/* "due ls:2.2" */
static char *what_words(const json_t *item)
{
    AUTO(free_ptr) char *word = word_text(get_text(item, "rule"));
    AUTO(free_ptr) char *reference = reminder_reference(item);
    return text_format("%s %s", word, reference);
}

static void add_item(struct table *table, const char *who, const json_t *item)
{
    int line = table_add(table, -1);
    AUTO(free_ptr) char *what = what_words(item);
    AUTO(free_ptr) char *when = when_words(item);
    AUTO(free_ptr) char *why = word_text(get_text(item, "why"));
    table_set(table, line, SHOW_WHO, who);
    table_set(table, line, SHOW_WHAT, what);
    table_set(table, line, SHOW_WHEN, when);
    table_set(table, line, SHOW_WHY, why);
    table_set(table, line, SHOW_TITLE, get_text(item, "title"));
}

void remind_show(const struct goal *goal, const json_t *letters)
{
    AUTO(table_freep)
    struct table *table = table_new(show_columns, ARRAY_LEN(show_columns));
    size_t i, k;
    json_t *letter, *item;
    json_array_foreach (letters, i, letter)
        json_array_foreach (get_list(letter, "items"), k, item)
            add_item(table, k == 0 ? get_text(letter, "recipient") : NULL, item);
    goal_print_table(goal, table, "nobody is to be reminded of anything");
}
