/*
 * Phrases; see reminder_words.h. A sentence is one message, never joined from parts, because
 * languages order their words differently.
 */
#include "reminder_words.h"

#include <limits.h>
#include <string.h>

#include "dates.h"
#include "output.h"
#include "text.h"
#include "words.h"

static bool field_is(const json_t *item, const char *field, const char *word)
{
    const char *text = get_text(item, field);
    return text && strcmp(text, word) == 0;
}

/* Days to the day it is about, negative when that is past, as far as an int goes. */
static long days_left(const json_t *item)
{
    long days = get_int(item, "days", 0);
    return days < -INT_MAX ? -INT_MAX : days > INT_MAX ? INT_MAX : days;
}

static unsigned long days_apart(const json_t *item)
{
    long days = days_left(item);
    return (unsigned long)(days < 0 ? -days : days);
}

enum reminder_kind reminder_kind(const json_t *item)
{
    static const struct {
        const char *rule;
        enum reminder_kind kind;
    } kinds[] = {
        {"nudge", REMINDER_NUDGE},     {"escalation", REMINDER_ESCALATION}, {"due", REMINDER_DUE},
        {"checkin", REMINDER_CHECKIN}, {"review", REMINDER_REVIEW},         {"term", REMINDER_TERM},
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (field_is(item, "rule", kinds[i].rule))
            return kinds[i].kind == REMINDER_DUE && days_left(item) < 0 ? REMINDER_OVERDUE
                                                                        : kinds[i].kind;
    return REMINDER_DUE;
}

const char *reminder_heading(enum reminder_kind kind)
{
    switch (kind) {
    case REMINDER_NUDGE:
        return _("You are asked for an update");
    case REMINDER_ESCALATION:
        return _("Overdue, and nobody has answered");
    case REMINDER_OVERDUE:
        return _("Overdue");
    case REMINDER_CHECKIN:
        return _("How does it stand?");
    case REMINDER_REVIEW:
        return _("To be reviewed");
    case REMINDER_TERM:
        return _("Terms that end");
    default:
        return _("Due soon");
    }
}

/* As it is typed: the alias if there is one. */
static const char *strategy_of(const json_t *item)
{
    const char *alias = get_text(item, "alias"), *key = get_text(item, "strategy");
    return alias ? alias : key ? key : "";
}

char *reminder_name(const json_t *item, bool with_strategy)
{
    const char *code = get_text(item, "code"), *title = get_text(item, "title");
    if (code && *code)
        return with_strategy ? text_format("%s:%s", strategy_of(item), code) : text_copy(code);
    return text_copy(title && *title ? title : strategy_of(item));
}

char *reminder_answered(const json_t *item, bool with_strategy)
{
    const char *code = get_text(item, "code");
    return code && *code ? reminder_name(item, with_strategy) : text_copy(strategy_of(item));
}

static char *due_subject(const char *name, const json_t *item)
{
    unsigned long days = days_apart(item);
    if (days_left(item) < 0)
        return text_format(ngettext("%s is %lu day overdue", "%s is %lu days overdue", days), name,
                           days);
    if (days == 0)
        return text_format(_("%s is due today"), name);
    if (days == 1)
        return text_format(_("%s is due tomorrow"), name);
    return text_format(ngettext("%s is due in %lu day", "%s is due in %lu days", days), name, days);
}

char *reminder_subject(const json_t *item)
{
    AUTO(free_ptr) char *full = reminder_name(item, false);
    AUTO(free_ptr) char *name = text_cut(full, 60);
    switch (reminder_kind(item)) {
    case REMINDER_NUDGE:
        return text_format(_("You are asked for an update of %s"), name);
    case REMINDER_ESCALATION:
        return text_format(_("%s is overdue, and nobody has answered"), name);
    case REMINDER_CHECKIN:
        return text_format(_("How does %s stand?"), name);
    case REMINDER_REVIEW:
        return text_format(_("%s is to be reviewed"), name);
    case REMINDER_TERM:
        return text_format(_("A term ends: %s"), name);
    default:
        return due_subject(name, item);
    }
}

static char *due_when(const char *date, const json_t *item)
{
    unsigned long days = days_apart(item);
    if (days_left(item) < 0)
        return text_format(ngettext("was due %s, %lu day ago", "was due %s, %lu days ago", days),
                           date, days);
    if (days == 0)
        return text_format(_("due today, %s"), date);
    if (days == 1)
        return text_format(_("due tomorrow, %s"), date);
    return text_format(ngettext("due %s, in %lu day", "due %s, in %lu days", days), date, days);
}

static char *term_when(const char *date, const json_t *item)
{
    if (field_is(item, "item", "assignment"))
        return text_format(_("the assignment ends %s"), date);
    if (field_is(item, "item", "membership"))
        return text_format(_("the membership ends %s"), date);
    return text_format(_("the group's term ends %s"), date);
}

char *reminder_when(const json_t *item)
{
    const char *date = get_text(item, "date");
    unsigned long days = days_apart(item);
    if (!date || !*date)
        return NULL;
    switch (reminder_kind(item)) {
    case REMINDER_NUDGE:
        return text_format(_("asked %s"), date);
    case REMINDER_ESCALATION:
        return text_format(ngettext("overdue, and nothing was heard since %s, for %lu day",
                                    "overdue, and nothing was heard since %s, for %lu days", days),
                           date, days);
    case REMINDER_CHECKIN:
        return text_format(_("an update has been waited for since %s"), date);
    case REMINDER_REVIEW:
        return text_format(
            days_left(item) < 0 ? _("the review was due %s") : _("the review is due %s"), date);
    case REMINDER_TERM:
        return term_when(date, item);
    default:
        return due_when(date, item);
    }
}

const char *reminder_event(const json_t *item)
{
    static const char *const rules[] = {"due", "review", "term"};
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (field_is(item, "rule", rules[i]))
            return rules[i];
    return NULL;
}

const char *state_words(const char *state)
{
    static const char *const states[][2] = {
        {"on_track", N_("on track")},
        {"at_risk", N_("at risk")},
        {"off_track", N_("off track")},
        {"done", N_("done")},
    };
    for (size_t i = 0; state && i < ARRAY_LEN(states); i++)
        if (strcmp(states[i][0], state) == 0)
            return gettext(states[i][1]);
    return NULL;
}

char *reminder_standing(const json_t *item)
{
    const char *state = state_words(get_text(item, "state"));
    const char *update = get_text(item, "lastUpdate");
    char *standing = NULL, buffer[32];
    double percent;
    if (get_real(item, "percent", &percent))
        text_append(&standing, "", "%s", percent_text(percent, buffer));
    if (state)
        text_append(&standing, ", ", "%s", state);
    if (update && *update) {
        AUTO(free_ptr) char *last = text_format(_("last updated %s"), update);
        text_append(&standing, ", ", "%s", last);
    }
    return standing;
}

/* The way by which it came to the reader. */
static const char *const whys[][2] = {
    {"owner", N_("owner")},
    {"lead", N_("lead")},
    {"aim", N_("works toward it")},
    {"reviewer", N_("reviewer")},
    {"holder", N_("holder of the term")},
    {"escalation", N_("next in turn, as those who answer for it have not been heard")},
    {"manager", N_("manager of the strategy")},
    {"unreached", N_("manager of the strategy: nobody who answers for it can be reached")},
    {"nudge", N_("asked to answer")},
};

char *reminder_why(const json_t *item)
{
    const char *via = get_text(item, "viaName");
    for (size_t i = 0; i < ARRAY_LEN(whys); i++) {
        if (!field_is(item, "why", whys[i][0]))
            continue;
        const char *words = gettext(whys[i][1]);
        return via && *via ? text_format("%s (%s)", words, via) : text_copy(words);
    }
    return NULL;
}

char *reminder_reference(const json_t *item)
{
    const char *code = get_text(item, "code"), *group = get_text(item, "group");
    return code ? text_format("%s:%s", strategy_of(item), code)
                : text_format("%s:group:%s", strategy_of(item), group ? group : "");
}

char *reminder_typed(const json_t *item)
{
    AUTO(free_ptr) char *reference = reminder_reference(item);
    if (reminder_kind(item) == REMINDER_TERM)
        return NULL;
    return reminder_kind(item) == REMINDER_REVIEW
               ? text_format("goal reviewed %s", reference)
               : text_format("goal update %s --percent … -m \"…\"", reference);
}
