/*
 * Phrases of a status. Pure: they read replies and make text. A word that this program does not
 * know is shown as it is, so that a newer daemon stays readable.
 */
#include "status_words.h"

#include <string.h>

#include "dates.h"
#include "output.h"
#include "text.h"

static bool is(const char *word, const char *other)
{
    return word && strcmp(word, other) == 0;
}

/* What the parts are called together: deliverables if all are, else NULL (parts). */
static const char *common_kind(const json_t *parts)
{
    const char *common = NULL;
    size_t i;
    json_t *reply;
    json_array_foreach (parts, i, reply) {
        const char *kind = get_text(get_object(reply, "node"), "kind");
        if (!kind || (common && strcmp(common, kind) != 0))
            return NULL;
        common = kind;
    }
    return common;
}

static char *of_parts(const json_t *reason, const json_t *status, const json_t *parts,
                      const char *what)
{
    const char *kind = common_kind(parts), *code = get_text(reason, "code");
    AUTO(free_ptr) char *all = kind_count(get_int(status, "parts", 0), kind);
    long count = get_int(reason, "count", 1);
    bool listed = json_array_size(parts) > 0;
    if (code && !listed)
        return text_format("%ld of %s %s (%s)", count, all, what, code);
    return text_format("%ld of %s %s", count, all, what);
}

/* "overdue" with the days around it: before and after the number, or without one. */
static char *with_days(const json_t *reason, const char *before, const char *after,
                       const char *unknown)
{
    long days = get_int(reason, "days", -1);
    if (days < 0)
        return text_copy(unknown);
    AUTO(free_ptr) char *text = days_text(days);
    return text_format("%s%s%s", before, text, after);
}

/* "no update on it" of the one overdue part, which the reason before has counted. */
static char *no_update(const json_t *reason, const json_t *before)
{
    /* The days of the reason are those since it began: nobody has ever reported. */
    const char *code = get_text(reason, "code");
    if (code && is(get_text(before, "kind"), "parts_overdue") && get_int(before, "count", 0) == 1)
        return text_copy("no update on it");
    if (code)
        return text_format("no update on %s", code);
    return text_copy("no update yet");
}

static char *reason_words(const json_t *reason, const json_t *status, const json_t *parts)
{
    const char *kind = get_text(reason, "kind");
    if (is(kind, "overdue"))
        return with_days(reason, "", " overdue", "overdue");
    if (is(kind, "parts_overdue"))
        return of_parts(reason, status, parts, "overdue");
    if (is(kind, "parts_off_track"))
        return of_parts(reason, status, parts, "off track");
    if (is(kind, "parts_at_risk"))
        return of_parts(reason, status, parts, "at risk");
    if (is(kind, "behind_schedule"))
        return with_days(reason, "", " behind schedule", "behind schedule");
    if (is(kind, "reported")) {
        AUTO(free_ptr) char *state = word_text(get_text(status, "reportedState"));
        return text_format("reported as %s", state);
    }
    if (is(kind, "outcome_not_assessed"))
        return text_copy("all work delivered, outcome not assessed");
    if (is(kind, "no_update"))
        return no_update(reason, json_array_get(get_list(status, "reasons"), 0));
    if (is(kind, "no_parts"))
        return text_copy("nothing works toward it");
    if (is(kind, "stale"))
        return with_days(reason, "silent for ", "", "silent for too long");
    if (is(kind, "unevidenced"))
        return text_copy("without evidence");
    if (is(kind, "superseded_edition"))
        return text_copy("a later edition replaces it");
    return word_text(kind);
}

/* Does the line on work say the same? An outcome that nobody assessed is worth a word here where
 * that is all there is to say. */
static bool is_said(const json_t *reason, const json_t *reasons, const json_t *status)
{
    const json_t *work = get_object(status, "work");
    long total = get_int(work, "total", 0);
    bool all_delivered = total > 0 && get_int(work, "delivered", 0) == total;
    return is(get_text(reason, "kind"), "outcome_not_assessed") &&
           (reason != json_array_get(reasons, 0) || !all_delivered);
}

char *status_reasons(const json_t *status, const json_t *parts)
{
    const json_t *reasons = get_list(status, "reasons");
    char *text = text_copy("");
    size_t i;
    json_t *reason;
    json_array_foreach (reasons, i, reason) {
        if (is_said(reason, reasons, status))
            continue;
        AUTO(free_ptr) char *words = reason_words(reason, status, parts);
        text_append(&text, ", ", "%s", words);
    }
    if (!*text && is(get_text(status, "state"), "unknown") && !get_object(status, "closing"))
        text_append(&text, ", ", "no state reported, no due date to measure by");
    return text;
}

char *status_closed(const json_t *status)
{
    const json_t *closing = get_object(status, "closing");
    if (!closing)
        return NULL;
    const char *reason = get_text(closing, "reason");
    AUTO(free_ptr) char *how = closing_text(closing, get_text(status, "kind"));
    return text_format("%s%s%s", how, reason ? " – " : "", reason ? reason : "");
}

/* How far a due date is away; "" where nothing is left to wait for. */
static char *due_distance(const json_t *status, const char *due)
{
    long late;
    const char *as_of = get_text(status, "asOf");
    if (get_flag(status, "done") || get_object(status, "closing") || !as_of ||
        dates_between(due, as_of, &late) < 0)
        return text_copy("");
    AUTO(free_ptr) char *days = days_text(late < 0 ? -late : late);
    if (late == 0)
        return text_copy(" (today)");
    return late > 0 ? text_format(" (%s late)", days) : text_format(" (in %s)", days);
}

char *status_due(const json_t *status)
{
    const char *start = get_text(status, "start"), *due = get_text(status, "due");
    if (!due && !start)
        return NULL;
    if (!due)
        return text_format("no date · start %s", start);
    AUTO(free_ptr) char *distance = due_distance(status, due);
    return text_format("%s%s%s%s", due, distance, start ? " · start " : "", start ? start : "");
}

/* The parts that made the progress: how many there are, and how many of them are known. */
static void count_sources(const json_t *parts, bool indicators, bool outcome, long *ret_all,
                          long *ret_known, const char **ret_kind)
{
    size_t i;
    json_t *reply;
    double progress, coverage;
    *ret_all = *ret_known = 0;
    *ret_kind = NULL;
    json_array_foreach (parts, i, reply) {
        const json_t *node = get_object(reply, "node");
        const char *kind = get_text(node, "kind");
        if (indicators ? !is(kind, "indicator")
                       : (outcome ? !kind_is_outcome(kind) : !kind_is_work(kind)))
            continue;
        *ret_kind = *ret_all == 0 || is(kind, *ret_kind ? *ret_kind : "") ? kind : NULL;
        ++*ret_all;
        if (get_real(node, "progress", &progress))
            *ret_known += !get_real(node, "coverage", &coverage) || coverage >= 0.5;
    }
}

char *status_progress(const json_t *status, const json_t *parts)
{
    double progress, own, coverage = 1;
    char percent[32], own_percent[32];
    if (!get_real(status, "progress", &progress))
        return NULL;
    get_real(status, "coverage", &coverage);
    bool outcome = kind_is_outcome(get_text(status, "kind"));
    const char *source = get_text(status, "progressSource"), *kind;
    long all, known;
    count_sources(parts, is(source, "indicators"), outcome, &all, &known, &kind);
    AUTO(free_ptr) char *counted = kind_count(all, kind);
    char *text;
    if (is(source, "closing") && !get_real(status, "reportedPercent", &own))
        return NULL; /* the line on the closing has said it */
    bool made = is(source, "indicators") || is(source, "parts");
    if (made && outcome && coverage < 0.5 - 1e-9)
        text = text_format("known %ld of %s", known, counted);
    else if (made)
        text = text_format("%s from %s", percent_text(progress, percent), counted);
    else
        text = text_format("%s %s", percent_text(progress, percent),
                           is(source, "closing")                       ? "closed as achieved"
                           : is(get_text(status, "kind"), "indicator") ? "of the way"
                                                                       : "reported");
    if (get_real(status, "reportedPercent", &own) && !is(source, "reported"))
        text_append(&text, "; ", "the group's own figure is %s", percent_text(own, own_percent));
    const char *confidence = get_text(status, "confidence");
    if (confidence)
        text_append(&text, " · ", "confidence %s", confidence);
    return text;
}

char *status_heard(const json_t *status)
{
    const char *last = get_text(status, "lastActivity"), *as_of = get_text(status, "asOf");
    long days;
    if (!last || !as_of || dates_between(last, as_of, &days) < 0)
        return NULL;
    AUTO(free_ptr) char *age = days == 0 ? text_copy("today") : days_text(days);
    return text_format("%s (%s)%s", last, age, get_flag(status, "stale") ? ", too long ago" : "");
}

char *status_forecast(const json_t *status)
{
    const char *day = get_text(status, "forecast"), *due = get_text(status, "due");
    long missing = get_int(status, "forecastMissing", 0), late;
    if (!day && missing == 0)
        return NULL;
    if (!day)
        return text_format("no forecast: %ld of its parts %s none", missing,
                           missing == 1 ? "has" : "have");
    if (!due || dates_between(due, day, &late) < 0)
        return text_format("reached %s if it goes on like this", day);
    AUTO(free_ptr) char *days = days_text(late < 0 ? -late : late);
    return text_format("reached %s if it goes on like this, %s%s", day,
                       late == 0 ? "the day" : days,
                       late == 0  ? " it is due"
                       : late > 0 ? " after it is due"
                                  : " before it is due");
}

char *status_proof(const json_t *status)
{
    if (!is(get_text(status, "evidence"), "unevidenced"))
        return NULL;
    return text_format("none: it is said to be %s, but no link shows it",
                       kind_is_work(get_text(status, "kind")) ? "delivered" : "reached");
}

/* Why an outcome has no progress. */
static char *not_assessed(const json_t *parts)
{
    long indicators, outcomes, known;
    const char *kind, *unused;
    count_sources(parts, true, true, &indicators, &known, &unused);
    count_sources(parts, false, true, &outcomes, &known, &kind);
    AUTO(free_ptr) char *counted = kind_count(outcomes, kind);
    if (indicators > 0)
        return text_copy("outcome not assessed (no indicator has a value, no reported figure)");
    if (outcomes > 0)
        return text_format("outcome not assessed (0 of %s known)", counted);
    return text_copy("outcome not assessed (no indicator, no reported figure)");
}

char *status_work(const json_t *status, const json_t *parts)
{
    const json_t *work = get_object(status, "work");
    double progress;
    bool outcome = kind_is_outcome(get_text(status, "kind"));
    bool known = get_real(status, "progress", &progress);
    long total = get_int(work, "total", 0), overdue = get_int(work, "overdue", 0);
    if (!outcome && (total == 0 || json_array_size(parts) == 0))
        return known ? NULL : text_copy("no figure reported");
    AUTO(free_ptr) char *delivered = work_text(work);
    char *text = total > 0 ? text_format("%s delivered", delivered) : text_copy("none");
    if (overdue > 0 && total > 2) /* of fewer the state's line has said it */
        text_append(&text, ", ", "%ld overdue", overdue);
    if (outcome && !known) {
        AUTO(free_ptr) char *why = not_assessed(parts);
        text_append(&text, " · ", "%s", why);
    }
    return text;
}

char *status_targets(const json_t *status)
{
    if (!json_is_integer(json_object_get(status, "targets")))
        return NULL;
    long targets = get_int(status, "targets", 0), expected = get_int(status, "targetsExpected", -1);
    AUTO(free_ptr)
    char *report = json_is_integer(json_object_get(status, "targetsReporting"))
                       ? text_format(", %ld of them report", get_int(status, "targetsReporting", 0))
                       : text_copy("");
    if (expected >= 0)
        return text_format("%ld of %ld targets known%s", targets, expected, report);
    return text_format("%ld targets known%s", targets, report);
}

char *group_words(const json_t *group)
{
    const char *name = get_text(group, "name"), *lead = get_text(group, "lead");
    const char *to = get_text(group, "termTo"), *relation = get_text(group, "relation");
    AUTO(free_ptr) char *kind = word_text(get_text(group, "kind"));
    AUTO(free_ptr)
    char *facts = lead ? text_format("lead %s", lead) : text_copy("no lead named");
    if (relation && strcmp(relation, "aim") != 0)
        text_append(&facts, ", ", "%s", relation);
    if (to)
        text_append(&facts, ", ", "term %s %s", get_flag(group, "ended") ? "ended" : "to", to);
    return text_format("%s %s (%s)", kind, name ? name : "", facts);
}

char *owner_words(const json_t *owners)
{
    char *text = text_copy("");
    size_t i;
    json_t *owner;
    json_array_foreach (owners, i, owner) {
        const char *name = get_text(owner, "name");
        text_append(&text, ", ", "%s", name ? name : "");
    }
    char *all = text_format("owner: %s", *text ? text : "none");
    free(text);
    return all;
}

char *update_words(const json_t *update, const char *as_of)
{
    if (!update)
        return text_copy("no update");
    const char *date = get_text(update, "date"), *state = get_text(update, "state");
    long days;
    double percent;
    char buffer[32];
    AUTO(free_ptr) char *facts = text_copy("");
    if (get_real(update, "percent", &percent))
        text_append(&facts, ", ", "%s", percent_text(percent, buffer));
    if (state) {
        AUTO(free_ptr) char *word = word_text(state);
        text_append(&facts, ", ", "%s", word);
    }
    AUTO(free_ptr) char *age = NULL;
    if (date && as_of && dates_between(date, as_of, &days) == 0 && days >= 0)
        age = days == 0 ? text_copy("today") : days_text(days);
    return text_format("%s%s%s%s%s%s", date ? date : "", age ? " (" : "", age ? age : "",
                       age ? ")" : "", *facts ? "  " : "", facts);
}
