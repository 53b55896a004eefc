/* Two tables; see field_words.h. */
#include "field_words.h"

#include <stdio.h>
#include <string.h>

#include "output.h"
#include "text.h"
#include "words.h"

static const char *const labels[][2] = {
    {"code", N_("Code")},
    {"parent", N_("Lies under")},
    {"title", N_("Title")},
    {"name", N_("Name")},
    {"kind", N_("Kind")},
    {"stage", N_("Stage")},
    {"start", N_("Start")},
    {"due", N_("Due date")},
    {"dueAfter", N_("Due, counted from the start")},
    {"weight", N_("Weight")},
    {"baseline", N_("Baseline")},
    {"target", N_("Target value")},
    {"unit", N_("Unit")},
    {"direction", N_("Direction")},
    {"sectors", N_("Sectors")},
    {"cadence", N_("Days between reports")},
    {"type", N_("Type")},
    {"areas", N_("Areas")},
    {"from", N_("From")},
    {"to", N_("Up to and including")},
    {"mailbox", N_("Mailbox")},
    {"holder", N_("Who")},
    {"role", N_("Role")},
    {"via", N_("For")},
    {"seat", N_("Seat")},
    {"area", N_("Area")},
    {"amount", N_("Amount")},
    {"currency", N_("Currency")},
    {"date", N_("Date")},
    {"every", N_("Time between reviews")},
    {"how", N_("Outcome")},
    {"note", N_("Note")},
    {"reason", N_("Reason")},
    {"source", N_("Source")},
    {"url", N_("Address")},
    {"owner", N_("Whose it is")},
    {"alias", N_("Short name")},
    {"issuer", N_("Issued by")},
    {"timeZone", N_("Time zone")},
    {"calendar", N_("Calendar")},
    {"language", N_("Language")},
    {"visibility", N_("Who may read it")},
    {"acceptance", N_("Reports are to be accepted")},
    {"expected", N_("Planned numbers")},
};

static const struct {
    const char *field, *value, *words;
} values[] = {
    {"kind", "priority", N_("priority")},
    {"kind", "target", N_("target")},
    {"kind", "need", N_("need")},
    {"kind", "initiative", N_("initiative")},
    {"kind", "deliverable", N_("deliverable")},
    {"kind", "indicator", N_("indicator")},
    {"kind", "advisory_group", N_("advisory group")},
    {"kind", "working_group", N_("working group")},
    {"kind", "centre", N_("centre")},
    {"kind", "partnership", N_("partnership")},
    {"kind", "network", N_("network")},
    {"stage", "planned", N_("planned")},
    {"stage", "ongoing", N_("ongoing")},
    {"direction", "up", N_("should rise")},
    {"direction", "down", N_("should fall")},
    {"confidence", "low", N_("low confidence")},
    {"confidence", "medium", N_("medium confidence")},
    {"confidence", "high", N_("high confidence")},
    {"how", "achieved", N_("achieved")},
    {"how", "missed", N_("not achieved")},
    {"how", "dropped", N_("dropped")},
    {"how", "reopened", N_("reopened")},
    {"role", "owner", N_("the owner")},
    {"role", "lead", N_("the lead")},
    {"role", "contributor", N_("a contributor")},
    {"role", "partner", N_("a partner")},
    {"role", "funder", N_("a funder")},
    {"role", "beneficiary", N_("a beneficiary")},
    {"role", "reviewer", N_("the reviewer")},
    {"role", "contact", N_("the contact")},
    {"role", "chair", N_("the chair")},
    {"role", "secretary", N_("the secretary")},
    {"role", "member", N_("a member")},
    {"role", "secondment", N_("on secondment")},
    {"visibility", "public", N_("everybody")},
    {"visibility", "members", N_("only who takes part")},
    {"acceptance", "true", N_("yes")},
    {"acceptance", "false", N_("no")},
};

const char *field_label(const char *field)
{
    for (size_t i = 0; field && i < ARRAY_LEN(labels); i++)
        if (strcmp(labels[i][0], field) == 0)
            return gettext(labels[i][1]);
    return NULL;
}

const char *field_value(const char *field, const char *value)
{
    for (size_t i = 0; field && value && i < ARRAY_LEN(values); i++)
        if (strcmp(values[i].field, field) == 0 && strcmp(values[i].value, value) == 0)
            return gettext(values[i].words);
    return value ? value : DASH;
}

/* "P1Y6M" → "1 year, 6 months"; NULL: it is no span. */
static char *span_words(const char *span)
{
    char *words = NULL, unit;
    unsigned long count;
    int read;
    if (*span++ != 'P')
        return NULL;
    for (; sscanf(span, "%5lu%c%n", &count, &unit, &read) == 2; span += read) {
        if (unit == 'Y')
            text_append(&words, ", ", ngettext("%lu year", "%lu years", count), count);
        else if (unit == 'M')
            text_append(&words, ", ", ngettext("%lu month", "%lu months", count), count);
        else if (unit == 'D')
            text_append(&words, ", ", ngettext("%lu day", "%lu days", count), count);
    }
    return words;
}

char *field_text(const char *field, const char *value)
{
    bool is_span =
        field && value && (strcmp(field, "dueAfter") == 0 || strcmp(field, "every") == 0);
    char *span = is_span ? span_words(value) : NULL;
    return span ? span : text_copy(field_value(field, value));
}
