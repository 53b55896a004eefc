/*
 * goal why: how a status came about, from the one reply of ExplainStatus: the sum with its parts,
 * what stands behind each figure, and what the axes of the state were held against.
 */
#include <string.h>

#include "commands.h"
#include "dates.h"
#include "output.h"
#include "status.h"
#include "table.h"
#include "text.h"

static bool is(const char *word, const char *other)
{
    return word && strcmp(word, other) == 0;
}

static char *percent_of(const json_t *object, const char *field)
{
    double percent;
    char buffer[32];
    return text_copy(get_real(object, field, &percent) ? percent_text(percent, buffer) : DASH);
}

static char *weight_of(const json_t *object, const char *field)
{
    double weight = 0;
    get_real(object, field, &weight);
    return text_format("%.6g", weight);
}

/* "update 70 of 2022-05-12 by Karin Ek", "closing 12 (achieved) of 2023" */
static char *basis_words(const json_t *basis)
{
    const char *kind = get_text(basis, "kind"), *date = get_text(basis, "date");
    const char *author = get_text(basis, "author"), *how = get_text(basis, "how");
    char *text = text_copy("");
    if (!basis)
        return text;
    text_append(&text, "", "%s %ld", kind ? kind : "", get_int(basis, "id", 0));
    if (how)
        text_append(&text, " ", "(%s)", how);
    if (date)
        text_append(&text, " ", "of %s", date);
    if (author)
        text_append(&text, " ", "by %s", author);
    return text;
}

/* The same and what it says: "…: Half is in" */
static char *basis_told(const json_t *basis)
{
    const char *text = get_text(basis, "text");
    AUTO(free_ptr) char *words = basis_words(basis);
    return text_format("%s%s%s", words, text ? ": " : "", text ? text : "");
}

static void print_state(const struct goal *goal, const json_t *reply)
{
    AUTO(free_ptr) char *state = state_text(get_text(reply, "state"));
    AUTO(free_ptr) char *reported = word_text(get_text(reply, "reportedState"));
    AUTO(free_ptr) char *paced = word_text(get_text(reply, "pacedState"));
    AUTO(free_ptr) char *parts = word_text(get_text(reply, "partsState"));
    const char *how = get_text(get_object(reply, "closing"), "how");
    const char *settled = is(how, "missed") || is(how, "dropped") ? "as it is closed"
                          : get_flag(reply, "done")               ? "as it is done"
                                                                  : "the worst of the three";
    AUTO(free_ptr)
    char *text = text_format("%s, %s: reported %s, pace %s, parts %s", state, settled, reported,
                             paced, parts);
    status_line(goal, "State", text);
}

/* "3.667 % = 5.5 / 1.5: the sum of weight × progress over 2 indicators, by the sum of weights" */
static char *sum_words(const json_t *reply)
{
    AUTO(free_ptr) char *progress = percent_of(reply, "progress");
    AUTO(free_ptr) char *points = weight_of(reply, "countedPoints");
    AUTO(free_ptr) char *weight = weight_of(reply, "countedWeight");
    const char *kind = is(get_text(reply, "progressSource"), "indicators") ? "indicator" : NULL;
    AUTO(free_ptr) char *counted = kind_count(get_int(reply, "countedParts", 0), kind);
    char *text = text_format("%s = %s / %s: weight × progress of %s, by their weight", progress,
                             points, weight, counted);
    double coverage;
    if (get_real(reply, "coverage", &coverage) && coverage < 1 - 1e-9)
        text_append(&text, "; ", "it covers %.4g %%", 100 * coverage);
    return text;
}

static char *indicator_words(const json_t *reply)
{
    double value, baseline, target;
    const char *unit = get_text(reply, "unit");
    AUTO(free_ptr) char *progress = percent_of(reply, "progress");
    AUTO(free_ptr) char *told = basis_told(get_object(reply, "observation"));
    if (!get_real(get_object(reply, "observation"), "value", &value))
        return text_copy("unknown: never observed");
    if (!get_real(reply, "baseline", &baseline) || !get_real(reply, "target", &target))
        return text_format("unknown: no baseline or no target; %.10g by %s", value, told);
    return text_format("%s: %.10g%s%s on the way from %.10g to %.10g, by %s", progress, value,
                       unit ? " " : "", unit ? unit : "", baseline, target, told);
}

static char *progress_words(const json_t *reply)
{
    const char *source = get_text(reply, "progressSource");
    if (is(get_text(reply, "kind"), "indicator"))
        return indicator_words(reply);
    if (!source)
        return text_copy("unknown: nothing below it is known, and nobody reported a percentage");
    if (is(source, "closing")) {
        AUTO(free_ptr) char *told = basis_told(get_object(reply, "closing"));
        return text_format("100 %% by %s", told);
    }
    if (!is(source, "reported"))
        return sum_words(reply);
    AUTO(free_ptr) char *progress = percent_of(reply, "progress");
    AUTO(free_ptr) char *told = basis_told(get_object(reply, "percent"));
    return text_format("%s by %s", progress, told);
}

/* What was reported of it, where progress is from elsewhere. */
static void print_own(const struct goal *goal, const json_t *reply)
{
    const json_t *percent = get_object(reply, "percent"), *state = get_object(reply, "reported");
    if (percent && !is(get_text(reply, "progressSource"), "reported")) {
        AUTO(free_ptr) char *figure = percent_of(percent, "percent");
        AUTO(free_ptr) char *told = basis_told(percent);
        AUTO(free_ptr) char *text = text_format("%s reported by %s", figure, told);
        status_line(goal, "Own", text);
    }
    if (state) {
        AUTO(free_ptr) char *word = word_text(get_text(state, "state"));
        AUTO(free_ptr)
        char *told = get_int(state, "id", 0) == get_int(percent, "id", -1)
                         ? text_copy("the same update")
                         : basis_told(state);
        AUTO(free_ptr) char *text = text_format("%s reported by %s", word, told);
        status_line(goal, "Own", text);
    }
}

static void print_schedule(const struct goal *goal, const json_t *reply)
{
    const char *start = get_text(reply, "start"), *of = get_text(reply, "startOf");
    const char *due = get_text(reply, "due"), *after = get_text(reply, "dueAfter");
    AUTO(free_ptr) char *text = word_text(get_text(reply, "schedule"));
    if (start && of && !is(of, get_text(reply, "code")))
        text_append(&text, ", ", "start %s (of %s)", start, *of ? of : "the period");
    else if (start)
        text_append(&text, ", ", "start %s", start);
    text_append(&text, ", ", due ? "due %s" : "no due date", due);
    if (after)
        text_append(&text, " ", "(%s after its start)", after);
    status_line(goal, "Dates", text);
}

static void print_pace(const struct goal *goal, const json_t *reply)
{
    const json_t *pace = get_object(reply, "pace");
    if (!pace)
        return;
    AUTO(free_ptr) char *expected = percent_of(pace, "expected");
    AUTO(free_ptr) char *reached = percent_of(pace, "reached");
    AUTO(free_ptr) char *on_track = percent_of(pace, "onTrackFrom");
    AUTO(free_ptr) char *at_risk = percent_of(pace, "atRiskFrom");
    AUTO(free_ptr)
    char *text = text_format("%s %s where a steady pace has %s; on track from %s, at risk from %s",
                             is(get_text(pace, "of"), "work") ? "work" : "progress", reached,
                             expected, on_track, at_risk);
    status_line(goal, "Pace", text);
}

static void print_balance(const struct goal *goal, const json_t *reply)
{
    static const struct {
        const char *field, *word;
    } shares[] = {{"offTrack", "off track"},
                  {"atRisk", "at risk"},
                  {"onTrack", "on track"},
                  {"unknown", "unknown"},
                  {"done", "done"}};
    const json_t *balance = get_object(reply, "balance");
    AUTO(free_ptr) char *text = NULL;
    double share;
    for (size_t i = 0; balance && i < ARRAY_LEN(shares); i++)
        if (get_real(balance, shares[i].field, &share) && share > 0)
            text_append(&text, ", ", "%.4g %% %s", 100 * share, shares[i].word);
    if (!text)
        return;
    AUTO(free_ptr) char *weight = weight_of(balance, "weight");
    AUTO(free_ptr) char *line = text_format("of their weight, %s: %s", weight, text);
    status_line(goal, "Parts", line);
}

static void print_news(const struct goal *goal, const json_t *reply)
{
    const char *last = get_text(reply, "lastActivity"), *of = get_text(reply, "lastActivityOf");
    const char *evidence = get_text(reply, "evidence");
    long cadence = get_int(reply, "cadence", 0);
    AUTO(free_ptr) char *heard = last ? text_format("last on %s", last) : text_copy("never");
    if (last && of && !is(of, get_text(reply, "code")))
        text_append(&heard, " ", "of %s", of);
    if (cadence > 0)
        text_append(&heard, "; ", "expected every %ld days%s", cadence,
                    get_flag(reply, "stale") ? ", so it is stale" : "");
    status_line(goal, "Heard", heard);
    if (is(evidence, "not_needed"))
        return;
    AUTO(free_ptr) char *shown = basis_words(get_object(reply, "shownBy"));
    AUTO(free_ptr)
    char *proof = is(evidence, "evidenced")
                      ? text_format("a link, by %s", *shown ? shown : "its closing")
                      : text_copy("none: it is said to be reached, but no link shows it");
    status_line(goal, "Proof", proof);
}

static void print_forecast(const struct goal *goal, const json_t *reply)
{
    const json_t *points = get_list(reply, "forecastPoints");
    const char *day = get_text(reply, "forecast");
    AUTO(free_ptr) char *line = NULL;
    size_t i;
    json_t *point;
    json_array_foreach (points, i, point) {
        AUTO(free_ptr) char *percent = percent_of(point, "percent");
        text_append(&line, ", ", "%s on %s", percent, get_text(point, "date"));
    }
    long missing = get_int(reply, "forecastMissing", 0);
    AUTO(free_ptr) char *text = NULL;
    if (day && line)
        text = text_format("%s, by the line through %s", day, line);
    else if (day)
        text = text_format("%s, the latest of its parts'", day);
    else if (missing > 0)
        text =
            text_format("none: %ld of its parts %s none", missing, missing == 1 ? "has" : "have");
    else if (line)
        text = text_format("none by the line through %s", line);
    if (text)
        status_line(goal, "Ahead", text);
}

enum { PART_CODE, PART_KIND, PART_WEIGHT, PART_PROGRESS, PART_SHARE, PART_STATE, PART_BEHIND };

static const struct column part_columns[] = {
    [PART_CODE] = {.name = "PART"},
    [PART_KIND] = {.name = "KIND", .flags = COLUMN_DROP},
    [PART_WEIGHT] = {.name = "WEIGHT", .flags = COLUMN_RIGHT},
    [PART_PROGRESS] = {.name = "PROGRESS", .flags = COLUMN_RIGHT},
    [PART_SHARE] = {.name = "SHARE", .flags = COLUMN_RIGHT},
    [PART_STATE] = {.name = "STATE"},
    [PART_BEHIND] = {.name = "BEHIND IT", .flags = COLUMN_CUT},
};

/* What the part's progress comes from. */
static char *behind_words(const json_t *part)
{
    const char *source = get_text(part, "progressSource");
    if (get_object(part, "basis"))
        return basis_told(get_object(part, "basis"));
    if (is(source, "indicators") || is(source, "parts"))
        return text_format("its own %s: goal why", source);
    return text_copy("");
}

/* "3.667 %", or why it has none in the sum. */
static char *share_words(const json_t *part)
{
    const char *left_out = get_text(part, "leftOut");
    if (left_out)
        return word_text(left_out);
    return get_flag(part, "counted") ? percent_of(part, "share") : text_copy("not counted");
}

static void add_part(struct table *table, const json_t *part)
{
    int line = table_add(table, -1);
    const char *state = get_text(part, "state");
    AUTO(free_ptr) char *kind = word_text(get_text(part, "kind"));
    AUTO(free_ptr) char *weight = weight_of(part, "weight");
    AUTO(free_ptr) char *progress = percent_of(part, "progress");
    AUTO(free_ptr) char *share = share_words(part);
    AUTO(free_ptr) char *word = state_text(state);
    AUTO(free_ptr) char *behind = behind_words(part);
    table_set(table, line, PART_CODE, get_text(part, "code"));
    table_set(table, line, PART_KIND, kind);
    table_set(table, line, PART_WEIGHT, weight);
    table_set(table, line, PART_PROGRESS, progress);
    table_set(table, line, PART_SHARE, share);
    table_set(table, line, PART_STATE, word);
    table_set_colour(table, line, PART_STATE, state_colour(state));
    table_set(table, line, PART_BEHIND, behind);
}

static void print_parts(const struct goal *goal, const json_t *parts)
{
    AUTO(table_freep)
    struct table *table = table_new(part_columns, ARRAY_LEN(part_columns));
    size_t i;
    json_t *part;
    json_array_foreach (parts, i, part)
        add_part(table, part);
    if (table_lines(table) > 0)
        table_print(
            table, goal->out,
            &(struct table_print){.width = goal->width, .headings = true, .colour = goal->colour});
}

static void why_print(const struct goal *goal, const json_t *reply)
{
    AUTO(free_ptr) char *progress = progress_words(reply);
    status_print_head(goal, reply);
    status_print_moment(goal, reply);
    print_state(goal, reply);
    status_line(goal, "Progress", progress);
    print_own(goal, reply);
    print_schedule(goal, reply);
    print_pace(goal, reply);
    print_balance(goal, reply);
    print_news(goal, reply);
    print_forecast(goal, reply);
    print_parts(goal, get_list(reply, "parts"));
    status_print_note(goal, reply);
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ExplainStatus"};
    asks[0].parameters = goal_parameters(goal, "code", true);
}

/* Of very many parts a reply tells some: appends the next ones to the first reply's. */
static int ask_more(struct goal *goal, json_t *parts)
{
    struct ask ask = {.method = "ExplainStatus", .parameters = goal_parameters(goal, "code", true)};
    json_object_set_new(ask.parameters, "firstPart",
                        json_integer((json_int_t)json_array_size(parts)));
    int exit = goal_ask_one(goal, &ask);
    const json_t *more = get_list(ask.reply, "parts");
    if (exit == EXIT_DONE && json_array_size(more) == 0)
        exit = goal_fail(EXIT_REFUSED, "its parts changed meanwhile: ask again");
    if (exit == EXIT_DONE)
        json_array_extend(parts, (json_t *)more);
    asks_done(&ask, 1);
    return exit;
}

int why_run(struct goal *goal)
{
    struct ask ask = {0};
    int exit = goal_ask_all(goal, build, &ask, 1);
    json_t *parts = json_object_get(ask.reply, "parts");
    long count = get_int(ask.reply, "partCount", 0);
    while (exit == EXIT_DONE && (long)json_array_size(parts) < count)
        exit = ask_more(goal, parts);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        why_print(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}
