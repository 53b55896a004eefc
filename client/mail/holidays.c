/* goal holidays import; see holidays.h. */
#include "mail/holidays.h"

#include <string.h>
#include <time.h>

#include "edit.h"
#include "mail/days_off.h"
#include "note.h"
#include "output.h"
#include "text.h"

#define YEARS_MOST 100
#define YEARS_AHEAD 10

static int year_given(const struct goal *goal, const char *option, int otherwise)
{
    const char *text = args_get(&goal->args, option);
    return text ? (int)strtol(text, NULL, 10) : otherwise;
}

/* The years in which what repeats is expanded: from last year, unless they are given. */
static int read_years(const struct goal *goal, int *ret_from, int *ret_to)
{
    time_t now = time(NULL);
    struct tm tm;
    int this_year = localtime_r(&now, &tm) ? tm.tm_year + 1900 : 1970;
    *ret_from = year_given(goal, "from", this_year - 1);
    *ret_to = year_given(goal, "to", *ret_from + 1 + YEARS_AHEAD);
    if (*ret_from < 1 || *ret_to > 9999 || *ret_from > *ret_to)
        return goal_fail(EXIT_USAGE, "--from %d --to %d: not years in their order", *ret_from,
                         *ret_to);
    if (*ret_to - *ret_from >= YEARS_MOST)
        return goal_fail(EXIT_USAGE, "--from %d --to %d: more than %d years", *ret_from, *ret_to,
                         YEARS_MOST);
    return EXIT_DONE;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int read_file(const char *file, int from, int to, struct days_off *ret_days)
{
    AUTO(free_ptr) char *text = NULL, *problem = NULL;
    size_t len;
    int exit = file_read(file, DAYS_OFF_BYTES, &text, &len);
    if (exit != EXIT_DONE)
        return exit;
    if (days_off_read(text, len, from, to, ret_days, &problem) < 0)
        return goal_fail(EXIT_REFUSED, "%s: %s", file, problem);
    size_t count = json_array_size(ret_days->days);
    if (count > 0 && count <= DAYS_OFF_MOST)
        return EXIT_DONE;
    days_off_done(ret_days);
    if (count > 0)
        return goal_fail(EXIT_REFUSED, "%s: %zu days off, more than %d", file, count,
                         DAYS_OFF_MOST);
    return goal_fail(EXIT_REFUSED, "%s: no event of a whole day in it (%zu with a time of day)",
                     file, ret_days->timed);
}

/* What was taken, and what was not. */
static void tell(const struct goal *goal, const struct days_off *days, int from, int to)
{
    size_t count = json_array_size(days->days);
    const char *first = json_string_value(json_array_get(days->days, 0));
    const char *last = json_string_value(json_array_get(days->days, count - 1));
    if (goal->json)
        return;
    fprintf(goal->out, "%zu day%s off, %s to %s\n", count, count == 1 ? "" : "s", first, last);
    if (days->repeats > 0)
        fprintf(goal->out, "what repeats was expanded for %d to %d: import it again by then\n",
                from, to);
    if (days->timed > 0)
        fprintf(goal->out, "%zu event%s with a time of day left out\n", days->timed,
                days->timed == 1 ? "" : "s");
}

int holidays_import_run(struct goal *goal)
{
    static const struct edit_command command = {"PutCalendar", NULL, NULL, "imported"};
    const char *file = args_word(&goal->args, 1), *source = args_get(&goal->args, "source");
    struct days_off days;
    int from, to;
    int exit = read_years(goal, &from, &to);
    if (exit == EXIT_DONE)
        exit = read_file(file, from, to, &days);
    if (exit != EXIT_DONE)
        return exit;
    json_t *content = json_object();
    set_text(content, "key", args_word(&goal->args, 0));
    json_object_set(content, "days", days.days);
    set_text(content, "source", source ? source : strcmp(file, "-") == 0 ? NULL : base_name(file));
    exit = edit_run_shared(goal, &command, content);
    if (exit == EXIT_DONE)
        tell(goal, &days, from, to);
    days_off_done(&days);
    return exit;
}
