/*
 * Sentences; see change_words.h. Each entity has a function that knows its facts. A word of the
 * journal's has its own row in field_words.c.
 */
#include "change_words.h"

#include <string.h>

#include "dates.h"
#include "field_words.h"
#include "output.h"
#include "reminder_words.h"
#include "text.h"
#include "words.h"

static bool fact_is(const json_t *facts, const char *name, const char *word)
{
    const char *text = get_text(facts, name);
    return text && strcmp(text, word) == 0;
}

static bool is_done(const json_t *facts, const char *action)
{
    return fact_is(facts, "action", action);
}

static const char *fact(const json_t *facts, const char *name)
{
    const char *text = get_text(facts, name);
    return text ? text : DASH;
}

/* --- reports --- */

/* Of which day it is, where that is not the day on which it was told. */
static char *with_date(char *sentence, const json_t *entry, const json_t *facts)
{
    AUTO(free_ptr) char *plain = sentence;
    const char *date = get_text(facts, "date"), *time = get_text(entry, "time");
    if (!date || (time && strncmp(time, date, strlen(date)) == 0))
        return STEAL(plain);
    return text_format(_("%s (as of %s)"), plain, date);
}

static char *update_sentence(const json_t *entry, const json_t *facts)
{
    const char *state = state_words(get_text(facts, "state"));
    const char *confidence = get_text(facts, "confidence");
    AUTO(free_ptr) char *figures = NULL;
    char buffer[32], *sentence;
    double percent;
    if (get_real(facts, "percent", &percent))
        text_append(&figures, ", ", "%s", percent_text(percent, buffer));
    if (state)
        text_append(&figures, ", ", "%s", state);
    if (confidence)
        text_append(&figures, ", ", "%s", field_value("confidence", confidence));
    if (is_done(facts, "corrected"))
        sentence = figures ? text_format(_("Corrected report: %s"), figures)
                           : text_copy(_("Corrected report"));
    else
        sentence = figures ? text_format(_("Reported: %s"), figures) : text_copy(_("Report"));
    return with_date(sentence, entry, facts);
}

static char *observation_sentence(const json_t *entry, const json_t *facts)
{
    const char *unit = get_text(facts, "unit"), *breakdown = get_text(facts, "breakdown");
    AUTO(free_ptr) char *value = NULL;
    double number;
    if (get_real(facts, "value", &number))
        value = text_format("%.15g%s%s", number, unit ? " " : "", unit ? unit : "");
    if (breakdown)
        text_append(&value, ", ", "%s", breakdown);
    return with_date(text_format(is_done(facts, "corrected") ? _("Corrected value: %s")
                                                             : _("Measured value: %s"),
                                 value ? value : DASH),
                     entry, facts);
}

static const char *closed_words(const json_t *facts)
{
    const char *kind = get_text(facts, "kind");
    if (fact_is(facts, "how", "achieved"))
        return kind_is_work(kind) ? _("Delivered") : _("Achieved");
    if (fact_is(facts, "how", "missed"))
        return _("Closed: not achieved");
    if (fact_is(facts, "how", "dropped"))
        return _("Closed: dropped");
    if (fact_is(facts, "how", "reopened"))
        return _("Reopened");
    return _("Closed");
}

static char *closing_sentence(const json_t *entry, const json_t *facts)
{
    if (is_done(facts, "removed"))
        return text_format(_("Taken back: %s"), closed_words(facts));
    return with_date(text_copy(closed_words(facts)), entry, facts);
}

static char *review_sentence(const json_t *entry, const json_t *facts)
{
    const char *holder = get_text(facts, "holder");
    if (is_done(facts, "removed"))
        return text_copy(_("The review was taken back"));
    return with_date(holder ? text_format(_("Reviewed by %s"), holder) : text_copy(_("Reviewed")),
                     entry, facts);
}

/* --- nodes, and what lies between them --- */

static const char *new_words(const json_t *facts)
{
    static const char *const kinds[][2] = {
        {"priority", N_("New priority")},
        {"target", N_("New target")},
        {"need", N_("New need")},
        {"initiative", N_("New initiative")},
        {"deliverable", N_("New deliverable")},
        {"indicator", N_("New indicator")},
        {"advisory_group", N_("New advisory group")},
        {"working_group", N_("New working group")},
        {"centre", N_("New centre")},
        {"partnership", N_("New partnership")},
        {"network", N_("New network")},
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (fact_is(facts, "kind", kinds[i][0]))
            return gettext(kinds[i][1]);
    return _("New");
}

/* A node or a group. */
static char *thing_sentence(const json_t *entry, const json_t *facts)
{
    const char *other = get_text(facts, "other");
    (void)entry;
    if (is_done(facts, "removed"))
        return text_copy(_("Removed"));
    if (is_done(facts, "changed"))
        return text_copy(_("Changed"));
    return other ? text_format(_("%s under “%s”"), new_words(facts), other)
                 : text_copy(new_words(facts));
}

static char *strategy_sentence(const json_t *entry, const json_t *facts)
{
    (void)entry;
    return text_copy(is_done(facts, "added") ? _("New strategy") : _("The strategy was changed"));
}

static char *contribution_sentence(const json_t *entry, const json_t *facts)
{
    const char *other = fact(facts, "other");
    (void)entry;
    if (is_done(facts, "removed"))
        return text_format(_("Does not contribute to “%s” any more"), other);
    if (is_done(facts, "changed"))
        return text_format(_("Contributes otherwise to “%s”"), other);
    return text_format(_("Contributes to “%s” now"), other);
}

static char *relation_words(const json_t *facts)
{
    const char *other = get_text(facts, "other");
    if (!other)
        return NULL;
    if (fact_is(facts, "kind", "supersedes"))
        return text_format(_("Takes the place of “%s”"), other);
    if (fact_is(facts, "kind", "split_from"))
        return text_format(_("Was split off from “%s”"), other);
    if (fact_is(facts, "kind", "merged_from"))
        return text_format(_("Was merged from “%s”"), other);
    if (fact_is(facts, "kind", "depends_on"))
        return text_format(_("Depends on “%s”"), other);
    return text_format(_("Is related to “%s”"), other);
}

static char *relation_sentence(const json_t *entry, const json_t *facts)
{
    AUTO(free_ptr) char *relation = relation_words(facts);
    (void)entry;
    if (is_done(facts, "removed"))
        return relation ? text_format(_("Taken back: %s"), relation)
                        : text_copy(_("A relation was removed"));
    return relation ? STEAL(relation) : text_copy(_("A relation was added"));
}

static char *link_sentence(const json_t *entry, const json_t *facts)
{
    const char *name = get_text(facts, "name");
    (void)entry;
    if (!name)
        name = fact(facts, "url");
    if (is_done(facts, "removed"))
        return text_format(_("Link removed: %s"), name);
    if (is_done(facts, "changed"))
        return text_format(_("Link changed: %s"), name);
    return text_format(_("New link: %s"), name);
}

/* --- people and groups --- */

/* "Vinnova (for KTH)" */
static char *holder_words(const json_t *facts)
{
    const char *via = get_text(facts, "via"), *holder = fact(facts, "holder");
    return via ? text_format(_("%s (for %s)"), holder, via) : text_copy(holder);
}

/* A membership or an assignment. */
static char *role_sentence(const json_t *entry, const json_t *facts)
{
    const char *role = field_value("role", get_text(facts, "role"));
    const char *to = get_text(facts, "to");
    AUTO(free_ptr) char *holder = holder_words(facts);
    (void)entry;
    if (is_done(facts, "removed"))
        return text_format(_("%s is not %s any more"), holder, role);
    if (to)
        return text_format(_("%s is %s up to and including %s"), holder, role, to);
    if (is_done(facts, "changed"))
        return text_format(_("%s is %s, with changes"), holder, role);
    return text_format(_("%s is now %s"), holder, role);
}

static char *aim_sentence(const json_t *entry, const json_t *facts)
{
    (void)entry;
    return text_format(is_done(facts, "removed") ? _("%s does not work toward this any more")
                                                 : _("%s works toward this now"),
                       fact(facts, "holder"));
}

/* --- entries --- */

static const struct {
    const char *entity;
    char *(*sentence)(const json_t *entry, const json_t *facts);
} entities[] = {
    {"update", update_sentence},     {"observation", observation_sentence},
    {"closing", closing_sentence},   {"review", review_sentence},
    {"node", thing_sentence},        {"group", thing_sentence},
    {"strategy", strategy_sentence}, {"contribution", contribution_sentence},
    {"relation", relation_sentence}, {"link", link_sentence},
    {"membership", role_sentence},   {"assignment", role_sentence},
    {"aim", aim_sentence},
};

/* NULL: the entry is of a kind that is not known. */
static char *change_sentence(const json_t *entry)
{
    const json_t *facts = get_object(entry, "facts");
    const char *entity = get_text(entry, "entity");
    for (size_t i = 0; facts && entity && i < ARRAY_LEN(entities); i++)
        if (strcmp(entities[i].entity, entity) == 0)
            return entities[i].sentence(entry, facts);
    return NULL;
}

static void append_change(char **lines, const json_t *change)
{
    const char *field = get_text(change, "field");
    const char *label = field_label(field);
    const char *before = get_text(change, "before"), *after = get_text(change, "after");
    AUTO(free_ptr) char *from = field_text(field, before), *to = field_text(field, after);
    if (label && (before || after))
        text_append(lines, "\n", "%s: %s → %s", label, from, to);
    else if (label)
        text_append(lines, "\n", "%s", label);
}

/* "Due date: 2026-03-01 → 2026-06-01", a line each; NULL: nothing that can be told. */
static char *change_lines(const json_t *facts)
{
    char *lines = NULL;
    size_t i;
    json_t *change;
    json_array_foreach (get_list(facts, "changes"), i, change)
        append_change(&lines, change);
    return lines;
}

/* Below the sentence: "Note: …" */
static void write_detail(struct page *page, const char *label, const char *text)
{
    AUTO(free_ptr) char *line = text ? text_format("%s: %s", label, text) : NULL;
    page_line(page, "", line);
}

static void write_amount(struct page *page, const json_t *facts)
{
    double amount;
    if (!get_real(facts, "amount", &amount))
        return;
    AUTO(free_ptr) char *money = text_format("%.15g %s", amount, fact(facts, "currency"));
    write_detail(page, field_label("amount"), money);
}

/* An address stays on one line, so that it can be followed. */
static void write_address(struct page *page, const char *label, const char *address)
{
    AUTO(free_ptr) char *line = text_format("%s: %s", label, address ? address : DASH);
    page_typed(page, "", line);
}

/* What somebody wrote, and what is too long for the sentence. */
static void write_details(struct page *page, const json_t *facts)
{
    static const char *const details[] = {"due",  "seat",   "area",  "from",
                                          "note", "reason", "source"};
    const json_t *evidence = get_list(facts, "evidence");
    write_amount(page, facts);
    for (size_t i = 0; i < ARRAY_LEN(details); i++)
        write_detail(page, field_label(details[i]), get_text(facts, details[i]));
    for (size_t i = 0; i < json_array_size(evidence); i++)
        write_address(page, _("Evidence"), json_string_value(json_array_get(evidence, i)));
    if (get_text(facts, "name"))
        write_address(page, field_label("url"), get_text(facts, "url"));
}

void page_change(struct page *page, const json_t *entry)
{
    const json_t *facts = get_object(entry, "facts");
    AUTO(free_ptr) char *day = text_format("%.10s", get_text(entry, "time"));
    AUTO(free_ptr) char *sentence = change_sentence(entry);
    if (!sentence) {
        page_line(page, day, get_text(entry, "what"));
        return;
    }
    page_line(page, day, sentence);
    AUTO(free_ptr) char *lines = change_lines(facts);
    if (lines)
        page_line(page, "", lines);
    else
        write_details(page, facts);
}
