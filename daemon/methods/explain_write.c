/* The reply of ExplainStatus; see explain.h. What goes into a sum is told with six decimals. */
#include <math.h>

#include "db/row.h"
#include "methods/describe.h"
#include "methods/explain.h"
#include "methods/value.h"

/* Author, time, text and links, which are null where they are not at hand. */
static void write_texts(struct writer *writer, const struct request *request, int64_t id,
                        const PGresult *texts)
{
    char author[ACCOUNT_TEXT_SIZE], time[TIME_TEXT_SIZE];
    int row = explain_row(texts, id);
    const char *evidence = row < 0 ? NULL : row_text(texts, row, TEXT_EVIDENCE);

    if (row < 0) {
        writer_null(writer, "text");
        writer_null(writer, "author");
        writer_null(writer, "recorded");
        writer_null(writer, "evidence");
        return;
    }
    writer_text(writer, "text", row_text(texts, row, TEXT_TEXT));
    writer_text(writer, "author", account_text(request, row_int(texts, row, TEXT_ACCOUNT), author));
    writer_text(writer, "recorded", time_format(row_int(texts, row, TEXT_TIME), time));
    writer_raw(writer, "evidence", evidence ? evidence : "[]");
}

struct basis {
    const char *kind;
    int64_t id;
    struct date date;
    double percent, value;
    uint8_t state, confidence;
    enum how how;
};

static void write_basis(struct writer *writer, const char *key, const struct request *request,
                        const struct basis *basis, const PGresult *texts)
{
    writer_begin_object(writer, key);
    writer_text(writer, "kind", basis->kind);
    writer_int(writer, "id", basis->id);
    describe_date(writer, "date", basis->date);
    describe_given(writer, "percent", basis->percent);
    describe_word(writer, "state", state_names, basis->state);
    describe_word(writer, "confidence", confidence_names, basis->confidence);
    describe_given(writer, "value", basis->value);
    describe_word(writer, "how", how_names, (int)basis->how);
    write_texts(writer, request, basis->id, texts);
    writer_end_object(writer);
}

static void write_update(struct writer *writer, const char *key, const struct request *request,
                         const struct update *update, const PGresult *texts)
{
    if (!update) {
        writer_null(writer, key);
        return;
    }
    write_basis(writer, key, request,
                &(struct basis){.kind = "update",
                                .id = update->id,
                                .date = update->date,
                                .percent = update->percent,
                                .value = (double)NAN,
                                .state = update->state,
                                .confidence = update->confidence},
                texts);
}

static void write_closing(struct writer *writer, const char *key, const struct request *request,
                          const struct closing *closing, const PGresult *texts)
{
    if (!closing) {
        writer_null(writer, key);
        return;
    }
    write_basis(writer, key, request,
                &(struct basis){.kind = "closing",
                                .id = closing->id,
                                .date = closing->date,
                                .percent = (double)NAN,
                                .value = (double)NAN,
                                .how = closing->how},
                texts);
}

static void write_observation(struct writer *writer, const char *key, const struct request *request,
                              const struct observation *observation, const PGresult *texts)
{
    if (!observation) {
        writer_null(writer, key);
        return;
    }
    write_basis(writer, key, request,
                &(struct basis){.kind = "observation",
                                .id = observation->id,
                                .date = observation->date,
                                .percent = (double)NAN,
                                .value = observation->value},
                texts);
}

static void write_behind(struct writer *writer, const struct request *request,
                         const struct node *node, const PGresult *texts)
{
    struct behind behind;

    explain_behind(node, &behind);
    if (behind.closing)
        write_closing(writer, "basis", request, behind.closing, texts);
    else if (behind.observation)
        write_observation(writer, "basis", request, behind.observation, texts);
    else
        write_update(writer, "basis", request, behind.update, texts);
}

static void write_part(struct writer *writer, const struct request *request,
                       const struct explained *part, const PGresult *texts)
{
    const struct node *node = part->node;
    const struct result *result = &node->result;

    writer_begin_object(writer, NULL);
    writer_text(writer, "code", node->code);
    writer_text(writer, "kind", kind_names[node->kind]);
    describe_title(writer, "title", request, &node->titles);
    writer_bool(writer, "contributes", part->contributes);
    describe_word(writer, "leftOut", left_out_names, (int)part->left_out);
    describe_given(writer, "weight", part->weight);
    writer_text(writer, "weightFrom", weight_from_names[part->weight_from]);
    writer_bool(writer, "counted", part->counted);
    writer_decimal(writer, "share", part->counted ? part->share : (double)NAN, 4);
    describe_standing(writer, result);
    describe_word(writer, "progressSource", source_names, result->source);
    describe_day(writer, "forecast", result->has_forecast ? result->forecast : DAY_NONE);
    write_behind(writer, request, node, texts);
    writer_end_object(writer);
}

static void write_parts(struct writer *writer, const struct request *request,
                        const struct explanation *e, const struct slice *slice,
                        const PGresult *texts)
{
    writer_int(writer, "partCount", (int64_t)e->count);
    writer_int(writer, "countedParts", e->counted);
    describe_given(writer, "countedWeight", e->counted ? e->weight : (double)NAN);
    describe_given(writer, "countedPoints", e->counted ? e->points : (double)NAN);
    writer_begin_array(writer, "parts");
    for (size_t i = slice->begin; i < slice->end; i++)
        write_part(writer, request, &e->parts[i], texts);
    writer_end_array(writer);
}

static void write_effective(struct writer *writer, const struct request *request,
                            const struct explanation *e, const PGresult *texts)
{
    write_update(writer, "percent", request, e->effective.percent, texts);
    write_update(writer, "reported", request, e->effective.state, texts);
    write_update(writer, "confidence", request, e->effective.confidence, texts);
    write_closing(writer, "closing", request, request->node->result.closing, texts);
    write_observation(writer, "observation", request, e->observation, texts);
}

static void write_measure(struct writer *writer, const struct node *node)
{
    static const struct measure none = {.baseline = (double)NAN, .target = (double)NAN};
    const struct measure *own = node->kind == KIND_INDICATOR ? node_measure(node) : NULL;
    const struct measure *m = own ? own : &none;

    describe_given(writer, "baseline", m->baseline);
    describe_given(writer, "target", m->target);
    writer_text(writer, "unit", m->unit);
    describe_word(writer, "direction", direction_names, m->direction);
}

static void write_schedule(struct writer *writer, const struct node *node,
                           const struct explanation *e)
{
    describe_date(writer, "start", rules_start(node));
    writer_text(writer, "startOf", e->start_of ? e->start_of->code : NULL);
    describe_date(writer, "due", rules_due(node));
    describe_span(writer, "dueAfter", node_due_after(node));
}

static void write_pace(struct writer *writer, const struct explanation *e)
{
    if (!e->paced) {
        writer_null(writer, "pace");
        return;
    }
    writer_begin_object(writer, "pace");
    describe_given(writer, "expected", e->expected);
    describe_given(writer, "reached", e->pace);
    writer_text(writer, "of", e->paced_by_work ? "work" : "progress");
    describe_given(writer, "onTrackFrom", 0.90 * e->expected);
    describe_given(writer, "atRiskFrom", 0.75 * e->expected);
    writer_end_object(writer);
}

static void write_balance(struct writer *writer, const struct explanation *e)
{
    static const struct {
        const char *key;
        enum state state;
    } states[] = {{"offTrack", STATE_OFF_TRACK},
                  {"atRisk", STATE_AT_RISK},
                  {"onTrack", STATE_ON_TRACK},
                  {"unknown", STATE_UNKNOWN},
                  {"done", STATE_DONE}};

    if (e->parts_weight <= 0) {
        writer_null(writer, "balance");
        return;
    }
    writer_begin_object(writer, "balance");
    describe_given(writer, "weight", e->parts_weight);
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        writer_decimal(writer, states[i].key, e->weight_in[states[i].state] / e->parts_weight, 4);
    writer_end_object(writer);
}

static void write_axes(struct writer *writer, const struct result *result,
                       const struct explanation *e)
{
    writer_text(writer, "reportedState", state_names[result->reported]);
    writer_text(writer, "pacedState", state_names[result->paced]);
    writer_text(writer, "partsState", state_names[result->parts]);
    write_pace(writer, e);
    write_balance(writer, e);
}

static void write_news(struct writer *writer, const struct request *request,
                       const struct explanation *e, const PGresult *texts)
{
    const struct result *result = &request->node->result;

    writer_text(writer, "evidence", evidence_names[result->evidence]);
    write_update(writer, "shownBy", request, e->linked, texts);
    writer_bool(writer, "stale", result->stale);
    describe_count(writer, "cadence", rules_cadence(request->tree, request->node));
    describe_day(writer, "lastActivity", result->last_activity);
    writer_text(writer, "lastActivityOf", e->last_active ? e->last_active->code : NULL);
}

static void write_forecast(struct writer *writer, const struct result *result,
                           const struct explanation *e)
{
    describe_day(writer, "forecast", result->has_forecast ? result->forecast : DAY_NONE);
    writer_int(writer, "forecastMissing", result->has_forecast ? 0 : result->forecast_missing);
    writer_begin_array(writer, "forecastPoints");
    for (size_t i = 0; i < e->point_count; i++) {
        writer_begin_object(writer, NULL);
        writer_int(writer, "id", e->point[i].id);
        describe_date(writer, "date", e->point[i].date);
        describe_given(writer, "percent", e->point[i].percent);
        writer_end_object(writer);
    }
    writer_end_array(writer);
}

void explain_write(struct writer *writer, const struct request *request,
                   const struct explanation *explanation, const struct slice *slice,
                   const PGresult *texts)
{
    const struct node *node = request->node;
    const struct result *result = &node->result;

    writer_begin_object(writer, NULL);
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "code", node->code);
    writer_text(writer, "kind", kind_names[node->kind]);
    describe_title(writer, "title", request, &node->titles);
    describe_standing(writer, result);
    describe_word(writer, "progressSource", source_names, result->source);
    write_parts(writer, request, explanation, slice, texts);
    write_effective(writer, request, explanation, texts);
    write_measure(writer, node);
    write_schedule(writer, node, explanation);
    write_axes(writer, result, explanation);
    write_news(writer, request, explanation, texts);
    write_forecast(writer, result, explanation);
    describe_ground(writer, request);
    writer_end_object(writer);
}
