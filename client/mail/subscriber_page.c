/* What mails to subscribers have in common; see subscriber_page.h. */
#include "subscriber_page.h"

#include <string.h>

#include "output.h"
#include "text.h"
#include "words.h"

const char *frequency_words(const char *frequency)
{
    static const char *const names[][2] = {{"immediate", N_("immediate")},
                                           {"daily", N_("daily")},
                                           {"weekly", N_("weekly")},
                                           {"monthly", N_("monthly")}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (frequency && strcmp(names[i][0], frequency) == 0)
            return _(names[i][1]);
    return frequency ? frequency : "";
}

void page_subscription(struct page *page, const char *heading, const char *frequency,
                       const json_t *topics)
{
    size_t i;
    json_t *topic;
    page_item(page, NULL, heading);
    page_line(page, _("Mails"), frequency_words(frequency));
    json_array_foreach (topics, i, topic) {
        const char *name = json_string_value(topic), *title = get_text(topic, "title");
        AUTO(free_ptr)
        char *words = text_format("%s%s%s", name ? name : get_text(topic, "topic"),
                                  title ? "  " : "", title ? title : "");
        page_line(page, i == 0 ? _("Topics") : "", words);
    }
    page_item_end(page);
}

void page_commands(struct page *page)
{
    AUTO(free_ptr)
    char *commands = text_format("%s, %s, %s, %s, %s, %s", _("immediate"), _("daily"), _("weekly"),
                                 _("monthly"), _("show"), _("unsubscribe"));
    page_paragraph(page, _("Answer with one of these words to change how often you get mails, to "
                           "see what you are subscribed to, or to end it:"));
    page_example(page, commands);
}
