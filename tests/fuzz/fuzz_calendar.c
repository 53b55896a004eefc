/*
 * Fuzz target: an iCalendar file as `goal holidays import` reads it. A refusal has words that are
 * text; what is accepted are days that there are, ascending, in no greater number than a file can
 * give, and the same ones when it is read again.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dates.h"
#include "mail/days_off.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_problem(char *problem)
{
    AUTO(free_ptr) char *clean = text_clean(problem);
    json_auto_t *text = json_string(problem);
    must(text && *problem && strcmp(clean, problem) == 0);
    free(problem);
}

static void check_days(const struct days_off *days)
{
    long last = -1000000, day;
    size_t i;
    json_t *item;
    json_array_foreach (days->days, i, item) {
        must(strlen(json_string_value(item)) == 10);
        must(dates_day(json_string_value(item), &day) == 0 && day > last);
        last = day;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static bool begun;
    struct days_off days = {0}, again = {0};
    char *problem = NULL;
    if (!begun)
        text_init();
    begun = true;
    /* A buffer of its own, so that reading past its end is found. */
    AUTO(free_ptr) char *text = calloc(1, len + 1);
    must(text);
    memcpy(text, bytes, len);
    if (days_off_read(text, len, 2025, 2028, &days, &problem) < 0) {
        check_problem(problem);
        return 0;
    }
    check_days(&days);
    must(days_off_read(text, len, 2025, 2028, &again, &problem) == 0);
    must(json_equal(days.days, again.days));
    days_off_done(&days);
    days_off_done(&again);
    return 0;
}
