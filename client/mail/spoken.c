/*
 * Words that are understood; see spoken.h. Letters are compared in lower case, and a blank between
 * two words may be any number of blanks, a hyphen or an underscore.
 */
#include "spoken.h"

#include <err.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "text.h"
#include "words.h"

/* What a mail shows (NULL: nothing of the kind), and other words for it. */
static const struct {
    const char *shown, *others;
} lists[] = {
    /* TRANSLATORS: what is understood in a reply to a mail. Not a translation word by word, but
     * what people write who mean that, separated by commas, lower case. */
    [MEANS_ON_TRACK] = {N_("on track"), N_("on schedule, on course, on target, as planned, "
                                           "according to plan, going to plan, green")},
    [MEANS_AT_RISK] = {N_("at risk"), N_("risk, in doubt, endangered, amber, yellow")},
    [MEANS_OFF_TRACK] = {N_("off track"), N_("off course, off schedule, off target, delayed, late, "
                                             "behind, behind schedule, behind plan, red")},
    [MEANS_PERCENT] = {NULL, N_("percent, per cent, pct")},
    [MEANS_COMPLETE] = {NULL, N_("complete, completed, done, finished")},
    [MEANS_NOT] = {NULL, N_("not, no longer, hardly, never")},
    [MEANS_OR] = {NULL, N_("or, but also, and also")},
    [MEANS_OF] = {NULL, N_("of, more, less")},
    [MEANS_YES] = {N_("confirm"), N_("confirmed, i confirm, yes, yes please, ok, okay")},
    [MEANS_STOP] = {N_("unsubscribe"), N_("stop, stop it, cancel, remove, remove me, sign off, "
                                          "forget me, no more mails, please unsubscribe")},
    [MEANS_SHOW] = {N_("show"), N_("list, status, subscriptions, my subscriptions, help")},
    [MEANS_IMMEDIATE] = {N_("immediate"), N_("immediately, at once, instant, instantly")},
    [MEANS_DAILY] = {N_("daily"), N_("every day, once a day, each day")},
    [MEANS_WEEKLY] = {N_("weekly"), N_("every week, once a week, each week")},
    [MEANS_MONTHLY] = {N_("monthly"), N_("every month, once a month, each month")},
};

static void add_phrase(struct spoken *spoken, enum meaning meaning, const char *phrase, size_t len)
{
    size_t n = spoken->counts[meaning];
    char **phrases = reallocarray(spoken->phrases[meaning], n + 1, sizeof(*phrases));
    if (!phrases)
        err(1, "memory");
    phrases[n] = text_format("%.*s", (int)len, phrase);
    spoken->phrases[meaning] = phrases;
    spoken->counts[meaning] = n + 1;
}

void spoken_add(struct spoken *spoken, enum meaning meaning, const char *list)
{
    while (*(list += strspn(list, ", "))) {
        size_t len = strcspn(list, ",");
        add_phrase(spoken, meaning, list, len);
        list += len;
    }
}

void spoken_load(struct spoken *ret_spoken)
{
    static const char *const languages[] = {"en", "sv", "nb"};
    *ret_spoken = (struct spoken){0};
    for (size_t l = 0; l < ARRAY_LEN(languages); l++) {
        words_begin(languages[l]);
        for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
            if (lists[i].shown)
                spoken_add(ret_spoken, (enum meaning)i, _(lists[i].shown));
            spoken_add(ret_spoken, (enum meaning)i, _(lists[i].others));
        }
        words_end();
    }
}

void spoken_done(struct spoken *spoken)
{
    for (size_t i = 0; i < MEANS_COUNT; i++) {
        for (size_t k = 0; k < spoken->counts[i]; k++)
            free(spoken->phrases[i][k]);
        free(spoken->phrases[i]);
    }
    *spoken = (struct spoken){0};
}

/* The character that the text begins with; its bytes, 0 at the end and for what is none. */
static size_t character(const char *text, wchar_t *ret)
{
    mbstate_t state = {0};
    size_t len = mbrtowc(ret, text, strlen(text), &state);
    return len > 8 ? 0 : len;
}

static size_t skip_blanks(const char *text)
{
    return strspn(text, " \t-_");
}

static size_t match_phrase(const char *phrase, const char *text)
{
    const char *at = text;
    wchar_t wanted, found;
    while (*phrase) {
        size_t step = character(phrase, &wanted);
        size_t taken = wanted == L' ' ? skip_blanks(at) : character(at, &found);
        if (step == 0 || taken == 0 ||
            (wanted != L' ' && towlower((wint_t)found) != towlower((wint_t)wanted)))
            return 0;
        phrase += step;
        at += taken;
    }
    if (character(at, &found) > 0 && iswalnum((wint_t)found))
        return 0;
    return (size_t)(at - text);
}

size_t spoken_match(const struct spoken *spoken, enum meaning meaning, const char *text)
{
    size_t longest = 0;
    for (size_t i = 0; i < spoken->counts[meaning]; i++) {
        size_t len = match_phrase(spoken->phrases[meaning][i], text);
        if (len > longest)
            longest = len;
    }
    return longest;
}

size_t spoken_match_any(const struct spoken *spoken, enum meaning from, enum meaning to,
                        const char *text, enum meaning *ret_meaning)
{
    size_t longest = 0;
    for (enum meaning i = from; i <= to; i++) {
        size_t len = spoken_match(spoken, i, text);
        if (len > longest) {
            longest = len;
            *ret_meaning = i;
        }
    }
    return longest;
}
