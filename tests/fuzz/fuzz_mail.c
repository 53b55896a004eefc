/*
 * Fuzz target: a mail as `goal mail-in` reads it, from its bytes to what it reports; and the same
 * bytes as HTML and as what somebody wrote. Whatever comes in: texts are UTF-8, a token looks like
 * one, a report is within what the daemon takes, and there is a report or a fault.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "mail/html_text.h"
#include "mail/incoming.h"
#include "mail/own_words.h"
#include "mail/reply.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct spoken spoken;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const char *text)
{
    must(text && mbstowcs(NULL, text, 0) != (size_t)-1);
}

static void check_reply(const struct reply *reply, size_t n_nodes)
{
    must(reply->n_entries > 0 || reply->n_faults > 0);
    must(reply->n_faults <= REPLY_FAULTS);
    for (size_t i = 0; i < reply->n_faults; i++)
        check_text(reply->faults[i].line);
    for (size_t i = 0; i < reply->n_entries; i++) {
        const struct reply_entry *entry = &reply->entries[i];
        must(entry->node < n_nodes);
        must(entry->state || !isnan(entry->percent));
        must(isnan(entry->percent) || (entry->percent >= 0 && entry->percent <= 100));
        if (entry->note) {
            check_text(entry->note);
            must(*entry->note);
        }
        for (size_t k = 0; k < i; k++)
            must(reply->entries[k].node != entry->node);
    }
}

static void check_own(const char *text)
{
    static const struct reply_node nodes[] = {{"se-life-science-2019", "ls", "2.2"},
                                              {"se-life-science-2019", "ls", ""},
                                              {"f", NULL, "2.2"}};
    AUTO(free_ptr) char *own = own_words(text);
    AUTO(free_ptr) char *again = own_words(own);
    check_text(own);
    check_text(again);
    for (size_t n = 0; n <= ARRAY_LEN(nodes); n++) {
        struct reply reply;
        reply_parse(&spoken, own, nodes, n, &reply);
        check_reply(&reply, n);
        reply_done(&reply);
    }
}

static void check_incoming(const char *bytes, size_t len)
{
    struct incoming incoming;
    incoming_read(bytes, len, NULL, &incoming);
    check_text(incoming.text);
    check_text(incoming.subject);
    must(!*incoming.token ||
         (strlen(incoming.token) == TOKEN_LEN &&
          strspn(incoming.token, "abcdefghijklmnopqrstuvwxyz234567") == TOKEN_LEN));
    check_own(incoming.text);
    incoming_done(&incoming);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static bool begun;
    if (!begun) {
        text_init();
        spoken_load(&spoken);
        spoken_add(&spoken, MEANS_ON_TRACK, "enligt plan, i rute");
        spoken_add(&spoken, MEANS_OFF_TRACK, "försenad");
    }
    begun = true;
    /* A buffer of its own, so that reading past its end is found. */
    AUTO(free_ptr) char *text = malloc(len + 1);
    must(text);
    memcpy(text, bytes, len);
    text[len] = '\0';
    check_incoming(text, len);
    check_own(text);
    AUTO(free_ptr) char *html = html_text(text);
    check_own(html);
    return 0;
}
