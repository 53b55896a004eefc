/* Answers to reminders: what people write, in three languages and around what they quote. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mail/own_words.h"
#include "mail/reminder_words.h"
#include "mail/reply.h"
#include "mail/subscriber_page.h"
#include "mail/words.h"
#include "text.h"

static struct spoken spoken;

static const struct reply_node one[] = {{"se-life-science-2019", "ls", "2.2"}};
static const struct reply_node many[] = {{"se-life-science-2019", "ls", "2.2"},
                                         {"se-life-science-2019", "ls", "2.2.1"},
                                         {"se-life-science-2019", "ls", ""},
                                         {"fhi", NULL, "pm-1"},
                                         {"fhi", NULL, "7"},
                                         {"se-life-science-2019", "ls", "7"}};

/* "2.2 60 on_track note | …", or "problem: line | …" */
static char *told(const char *text, const struct reply_node *nodes, size_t n_nodes)
{
    static const char *const problems[] = {
        [REPLY_NOTHING] = "nothing", [REPLY_UNCLEAR] = "unclear",  [REPLY_PERCENT] = "percent",
        [REPLY_STATE] = "state",     [REPLY_WHICH_NODE] = "which", [REPLY_OTHER_NODE] = "other",
        [REPLY_TWICE] = "twice",
    };
    AUTO(free_ptr) char *own = own_words(text);
    AUTO(reply_done) struct reply reply;
    char *all = NULL;
    reply_parse(&spoken, own, nodes, n_nodes, &reply);
    for (size_t i = 0; i < reply.n_faults; i++)
        text_append(&all, " | ", "%s: %s", problems[reply.faults[i].problem], reply.faults[i].line);
    for (size_t i = 0; i < reply.n_entries && reply.n_faults == 0; i++) {
        const struct reply_entry *entry = &reply.entries[i];
        const struct reply_node *node = &nodes[entry->node];
        text_append(&all, " | ", "%s", *node->code ? node->code : node->strategy);
        if (!isnan(entry->percent))
            text_append(&all, " ", "%g", entry->percent);
        if (entry->state)
            text_append(&all, " ", "%s", entry->state);
        if (entry->note)
            text_append(&all, " ", "<%s>", entry->note);
    }
    return all;
}

struct row {
    const char *text, *expected;
};

static void assert_rows(const struct row *rows, size_t count, const struct reply_node *nodes,
                        size_t n_nodes)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(free_ptr) char *found = told(rows[i].text, nodes, n_nodes);
        if (strcmp(found, rows[i].expected) != 0)
            print_message("of \"%s\"\n", rows[i].text);
        assert_string_equal(found, rows[i].expected);
    }
}

#define ASSERT_ONE(rows) assert_rows(rows, ARRAY_LEN(rows), one, ARRAY_LEN(one))
#define ASSERT_MANY(rows) assert_rows(rows, ARRAY_LEN(rows), many, ARRAY_LEN(many))

static void reply_understands_three_languages(void **state UNUSED)
{
    static const struct row rows[] = {
        {"60% on track", "2.2 60 on_track"},
        {"60 % enligt plan", "2.2 60 on_track"},
        {"60 % i rute", "2.2 60 on_track"},
        {"60 % FÖRSENAD", "2.2 60 off_track"},
        {"60 % i riskzonen", "2.2 60 at_risk"},
        {"60\xc2\xa0% i faresonen", "2.2 60 at_risk"},
        {"On-Track", "2.2 on_track"},
        {"off_track", "2.2 off_track"},
        {"försenat", "2.2 off_track"},
        {"forsinket.", "2.2 off_track"},
        {"60%", "2.2 60"},
        {"60 procent", "2.2 60"},
        {"60 prosent, rødt", "2.2 60 off_track"},
        {"0 %", "2.2 0"},
        {"100 % klart, enligt plan", "2.2 100 on_track"},
        {"62,5 %", "2.2 62.5"},
        {"62.5 % complete – at risk", "2.2 62.5 at_risk"},
        {"I rute, 60 %", "2.2 60 on_track"},
        {"on track: 60 %", "2.2 60 on_track"},
        {"60 % (på väg)", "2.2 60 on_track"},
        {"- 60 % grön", "2.2 60 on_track"},
        {"60 % inte enligt plan", "2.2 60 off_track"}, /* a phrase of its own */
    };
    ASSERT_ONE(rows);
}

static void reply_takes_what_follows_as_the_note(void **state UNUSED)
{
    static const struct row rows[] = {
        {"60% on track. Two hospitals have begun.", "2.2 60 on_track <Two hospitals have begun.>"},
        {"60 % försenad, vi väntar på data", "2.2 60 off_track <vi väntar på data>"},
        {"60 % Vi väntar på data", "2.2 60 <Vi väntar på data>"},
        {"60%\n\nVi väntar på data.\n\n\nFrån regionen.\n\n",
         "2.2 60 <Vi väntar på data.\n\n\nFrån regionen.>"},
        {"60 %\nDet är 3 piloter\n40 % av sjukhusen är med", "2.2 60 <Det är 3 piloter\n"
                                                             "40 % av sjukhusen är med>"},
        {"60 % on track\n60\n2.3 is next", "2.2 60 on_track <60\n2.3 is next>"},
        {"on trackside", "unclear: on trackside"},
        {"Hej!\n\n60 % enligt plan\n\nMvh\nKarin", "2.2 60 on_track"},
        {"Hi all,\n60%\nBest regards,\nKari", "2.2 60"},
        {"God morgon Karin\n60%", "2.2 60"},
    };
    ASSERT_ONE(rows);
}

static void reply_names_nodes_by_code(void **state UNUSED)
{
    static const struct row rows[] = {
        {"ls:2.2 60 % försenad, vi väntar", "2.2 60 off_track <vi väntar>"},
        {"2.2: 60%", "2.2 60"},
        {"2.2:60%", "2.2 60"},
        {"LS:2.2: on track", "2.2 on_track"},
        {"Mål 2.2: 60 %", "2.2 60"},
        {"* 2.2.1 – 40 %\n* 2.2 – 60 %, bra", "2.2.1 40 | 2.2 60 <bra>"},
        {"2.2: 60 %\nPiloter.\n\nPM-1: i rute\nAlt vel.", "2.2 60 <Piloter.> | "
                                                          "pm-1 on_track <Alt vel.>"},
        {"ls: 60 %", "se-life-science-2019 60"},
        {"se-life-science-2019:2.2.1 40%", "2.2.1 40"},
        {"fhi:7: 10 %", "7 10"},
        {"2.2 60 %\n2.2.1 depends on others\n4.4 is for later",
         "2.2 60 <2.2.1 depends on others\n4.4 is for later>"},
    };
    ASSERT_MANY(rows);
}

static void reply_tells_what_is_not_clear(void **state UNUSED)
{
    static const struct row rows[] = {
        {"", "nothing: "},
        {"\n \n> 60 %\n", "nothing: "},
        {"Hej!", "nothing: "},
        {"It goes well.", "unclear: It goes well."},
        {"It goes well.\nVery well.\n60 %", "unclear: It goes well."},
        {"60", "percent: 60"},
        {"150 %", "percent: 150 %"},
        {"99999999999999999999 %", "percent: 99999999999999999999 %"},
        {"-5 %", "percent: -5 %"},
        {"~60 %", "percent: ~60 %"},
        {"50-60 %", "percent: 50-60 %"},
        {"50–60 %", "percent: 50–60 %"},
        {"60 %, 70 %", "percent: 60 %, 70 %"},
        {"60 % on track 70 %", "percent: 60 % on track 70 %"},
        {"60 % of the hospitals", "unclear: 60 % of the hospitals"},
        {"on track, 60 % av sjukhusen", "unclear: on track, 60 % av sjukhusen"},
        {"60 % not on track", "state: 60 % not on track"},
        {"inte i fas", "state: inte i fas"},
        {"60 % on track or at risk", "state: 60 % on track or at risk"},
        {"at risk/off track", "state: at risk/off track"},
        {"60 % on track?", "unclear: 60 % on track?"},
        {"4.4: 60 %", "other: 4.4: 60 %"},
        {"ls:2.3 60 %", "other: ls:2.3 60 %"},
        {"60 %\n70 %", "twice: 70 %"},
        {"60 %\nBra.\n2.2: 70 %", "twice: 2.2: 70 %"},
        {"60 %\n2.3: 70 %", "other: 2.3: 70 %"},
        {"2.2: it goes well", "unclear: 2.2: it goes well"},
        {"2.2.2 60 %", "other: 2.2.2 60 %"},
    };
    ASSERT_ONE(rows);
}

static void reply_asks_which_of_several(void **state UNUSED)
{
    static const struct row rows[] = {
        {"60 % on track\nText that goes with it", "which: 60 % on track"},
        {"7: 60 %", "which: 7: 60 %"},
        {"2.2: 60 %\n2.2.1: se ovan", "unclear: 2.2.1: se ovan"},
        {"2.2: 60 %\n2.2.1: 150 %", "percent: 2.2.1: 150 %"},
        {"2.2: 60 %\nfhi:7 10 %\n2.2 61%", "twice: 2.2 61%"},
    };
    ASSERT_MANY(rows);
}

static void reply_tells_only_so_many_faults(void **state UNUSED)
{
    AUTO(free_ptr) char *text = NULL;
    AUTO(reply_done) struct reply reply;
    for (int i = 0; i < 50; i++)
        text_append(&text, "\n", "9.%d: 50 %%", i);
    reply_parse(&spoken, text, one, 1, &reply);
    assert_int_equal(reply.n_faults, REPLY_FAULTS);
}

/* --- what is quoted --- */

static void own_words_end_where_quoting_begins(void **state UNUSED)
{
    static const struct row rows[] = {
        /* Gmail */
        {"60 % enligt plan\n\nDen tors 5 mars 2026 kl 10:00 skrev goald <goald@example.se>:\n\n"
         "> Delmål 2.2 ska rapporteras\n> 0 %\n",
         "2.2 60 on_track"},
        {"60 % i rute\n\ntor. 5. mars 2026 kl. 10:00 skrev goald <goald+\n"
         "abc@example.no>:\n\n> 2.2\n",
         "2.2 60 on_track"},
        {"60%\nOn Thu, Mar 5, 2026 at 10:00 AM goald <goald@example.org> wrote:\n> x\n", "2.2 60"},
        /* wrapped, nothing marked */
        {"60%\nOn Thu, Mar 5, 2026 at 10:00 AM goald via Some List\n<goald@example.org>\nwrote:\n\n"
         "2.2: 10 %\n",
         "2.2 60"},
        /* Apple Mail */
        {"60 % on track\n\nSkickat från min iPhone\n\n> 5 mars 2026 kl. 10:00 skrev goald "
         "<goald@example.se>:\n> \n> 2.2: 10 %",
         "2.2 60 on_track"},
        {"60 %\n\n5 mars 2026 kl. 10:00 skrev goald <goald@example.se>:\n\n\xef\xbb\xbf"
         "2.2 10 %",
         "2.2 60"},
        /* Outlook */
        {"60 %\r\n\r\n________________________________\r\nFrån: goald\r\nSkickat: den 5 mars\r\n",
         "2.2 60"},
        {"60 %\n\nFrån: goald <goald@example.se>\nSkickat: den 5 mars 2026\nTill: Karin\n"
         "Ämne: 2.2\n\n2.2: 10 %",
         "2.2 60"},
        {"60 %\n\n*From:* goald\n*Sent:* Thursday\n\n2.2: 10 %", "2.2 60"},
        {"60 %\n-----Original Message-----\nFrom: goald\n2.2: 10 %", "2.2 60"},
        {"60 %\n-----Ursprungligt meddelande-----\n2.2: 10 %", "2.2 60"},
        {"60 % From: here on it goes", "2.2 60 <From: here on it goes>"},
        /* below what is quoted, and in between */
        {"> Hur går det med 2.2?\n> -- \n> goald\n\n60 % i fas\n", "2.2 60 on_track"},
        {"Den 5 mars 2026 skrev goald:\n> 2.2: hur långt?\n60 %\n> Och hur?\nBra.\n-- \nKarin",
         "2.2 60 <Bra.>"},
        {"On Thu, Mar 5, 2026 goald wrote:\n> 2.2\n\n60 % on track\n", "2.2 60 on_track"},
        /* signatures and closings */
        {"60 % on track\n-- \nKari\n60 employees, 7 % growth", "2.2 60 on_track"},
        {"60 %\nMed vänliga hälsningar,\nKarin", "2.2 60"},
        {"60 %\nMvh Karin är bortrest", "2.2 60 <Mvh Karin är bortrest>"},
        {"60 %\nBest practice is shared", "2.2 60 <Best practice is shared>"},
    };
    ASSERT_ONE(rows);
}

static void own_words_drop_what_is_not_seen(void **state UNUSED)
{
    AUTO(free_ptr) char *own = own_words("\xe2\x80\x8b 60\xe2\x80\xaf%\xe2\x80\xae \t\x01x\xff\n");
    assert_string_equal(own, "60 %  x\n");
}

/* Whatever a mail shows of states and frequencies may be the answer to it. */
static void words_that_mails_show_are_understood(void **state UNUSED)
{
    static const char *const languages[] = {"en", "sv", "nb"};
    static const struct {
        const char *word;
        enum meaning meaning;
    } rows[] = {
        {"on_track", MEANS_ON_TRACK},   {"at_risk", MEANS_AT_RISK}, {"off_track", MEANS_OFF_TRACK},
        {"immediate", MEANS_IMMEDIATE}, {"daily", MEANS_DAILY},     {"weekly", MEANS_WEEKLY},
        {"monthly", MEANS_MONTHLY},
    };
    for (size_t l = 0; l < ARRAY_LEN(languages); l++) {
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            bool is_state = rows[i].meaning <= MEANS_OFF_TRACK;
            words_begin(languages[l]);
            AUTO(free_ptr)
            char *shown =
                text_copy(is_state ? state_words(rows[i].word) : frequency_words(rows[i].word));
            words_end();
            assert_int_equal(spoken_match(&spoken, rows[i].meaning, shown), strlen(shown));
        }
    }
}

static int load(void **state UNUSED)
{
    spoken_load(&spoken);
    return 0;
}

static int unload(void **state UNUSED)
{
    spoken_done(&spoken);
    return 0;
}

int main(void)
{
    text_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply_understands_three_languages),
        cmocka_unit_test(reply_takes_what_follows_as_the_note),
        cmocka_unit_test(reply_names_nodes_by_code),
        cmocka_unit_test(reply_tells_what_is_not_clear),
        cmocka_unit_test(reply_asks_which_of_several),
        cmocka_unit_test(reply_tells_only_so_many_faults),
        cmocka_unit_test(own_words_end_where_quoting_begins),
        cmocka_unit_test(own_words_drop_what_is_not_seen),
        cmocka_unit_test(words_that_mails_show_are_understood),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
