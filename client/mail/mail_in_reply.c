/*
 * Answers to reminders: what they report is handed in, all of it or nothing, and an answer says
 * which.
 */
#include <err.h>
#include <math.h>
#include <string.h>

#include "mail_in.h"
#include "output.h"
#include "reminder_words.h"
#include "reply.h"
#include "text.h"
#include "words.h"

struct report {
    struct mail_in *in;
    const json_t *letter; /* HandInUpdate's answer: whom it went to, what it named */
    struct reply_node *nodes;
    size_t n_nodes;
    struct reply reply;
};

static const char *text_or_nothing(const json_t *object, const char *field)
{
    const char *text = get_text(object, field);
    return text ? text : "";
}

static void read_nodes(struct report *report)
{
    const json_t *list = get_list(report->letter, "nodes");
    size_t i;
    json_t *node;
    report->nodes = calloc(json_array_size(list) + 1, sizeof(*report->nodes));
    if (!report->nodes)
        err(EXIT_AWAY, "memory");
    json_array_foreach (list, i, node)
        report->nodes[report->n_nodes++] =
            (struct reply_node){text_or_nothing(node, "strategy"), get_text(node, "alias"),
                                text_or_nothing(node, "code")};
}

static const json_t *node_of(const struct report *report, size_t node)
{
    return json_array_get(get_list(report->letter, "nodes"), node);
}

/* "ls:2.2"; the whole strategy is "ls" */
static char *name_of(const struct report *report, size_t node)
{
    const struct reply_node *named = &report->nodes[node];
    const char *strategy = named->alias ? named->alias : named->strategy;
    return text_format("%s%s%s", strategy, *named->code ? ":" : "", named->code);
}

/* --- answers --- */

static void begin(struct report *report, struct answer *answer, const char *intro)
{
    answer_begin(answer, report->letter);
    page_paragraph(&answer->page, _(intro));
}

/* "60 %, on track" */
static char *reported_words(const struct reply_entry *entry)
{
    char *words = NULL;
    if (!isnan(entry->percent))
        text_append(&words, ", ", "%.6g %%", entry->percent);
    if (entry->state)
        text_append(&words, ", ", "%s", state_words(entry->state));
    return words;
}

static int answer_recorded(struct report *report, const json_t *handed_in)
{
    struct answer answer;
    begin(report, &answer, N_("Thank you. This was recorded:"));
    for (size_t i = 0; i < report->reply.n_entries; i++) {
        const struct reply_entry *entry = &report->reply.entries[i];
        AUTO(free_ptr) char *name = name_of(report, entry->node);
        AUTO(free_ptr) char *words = reported_words(entry);
        page_item(&answer.page, name, get_text(node_of(report, entry->node), "title"));
        page_line(&answer.page, _("Reported"), words);
        page_line(&answer.page, _("Note"), entry->note);
        if (get_flag(json_array_get(handed_in, i), "waits"))
            page_line(&answer.page, _("Counts"), _("when a manager has accepted it"));
        page_item_end(&answer.page);
    }
    return answer_send(report->in, &answer);
}

/* How to say it; of a node that was named. */
static void write_example(struct report *report, struct answer *answer)
{
    AUTO(free_ptr) char *name = report->n_nodes > 0 ? name_of(report, 0) : NULL;
    if (!name)
        return;
    AUTO(free_ptr) char *line = text_format("%s: 60 %% %s", name, state_words("on_track"));
    page_paragraph(&answer->page,
                   _("Please answer the reminder again. A line has a percentage, or one of these "
                     "states, or both; what follows it is your note:"));
    AUTO(free_ptr)
    char *states = text_format("%s, %s, %s", state_words("on_track"), state_words("at_risk"),
                               state_words("off_track"));
    page_example(&answer->page, states);
    page_paragraph(&answer->page, _("For example:"));
    page_example(&answer->page, line);
}

static const char *problem_words(enum reply_problem problem)
{
    switch (problem) {
    case REPLY_NOTHING:
        return _("The mail had no text of its own.");
    case REPLY_PERCENT:
        return _("There is not one percentage from 0 to 100.");
    case REPLY_STATE:
        return _("The state is not clear.");
    case REPLY_WHICH_NODE:
        return _("The reminder was about several things: begin with the code of one.");
    case REPLY_OTHER_NODE:
        return _("The reminder was not about this.");
    case REPLY_TWICE:
        return _("This is a second report on the same thing.");
    case REPLY_UNCLEAR:
        break;
    }
    return _("Neither a percentage nor a state was found.");
}

static int answer_unclear(struct report *report)
{
    struct answer answer;
    begin(report, &answer,
          N_("Nothing was recorded, because not all of your mail was understood:"));
    for (size_t i = 0; i < report->reply.n_faults; i++) {
        const struct reply_fault *fault = &report->reply.faults[i];
        AUTO(free_ptr) char *cut = text_cut(fault->line, 200);
        page_paragraph(&answer.page, problem_words(fault->problem));
        if (*cut)
            page_example(&answer.page, cut);
    }
    write_example(report, &answer);
    return answer_send(report->in, &answer);
}

/* The daemon's words are English; the entry that they are about is named. */
static int answer_refused(struct report *report, const struct ask *ask)
{
    const char *field = get_text(ask->error_parameters, "field");
    size_t i;
    struct answer answer;
    begin(report, &answer, N_("Nothing was recorded, because this cannot be:"));
    bool named = field && sscanf(field, "entries[%zu]", &i) == 1 && i < report->reply.n_entries;
    if (named) {
        const struct reply_entry *entry = &report->reply.entries[i];
        AUTO(free_ptr) char *name = name_of(report, entry->node);
        page_item(&answer.page, name, get_text(node_of(report, entry->node), "title"));
    }
    page_line(&answer.page, _("Reason"), get_text(ask->error_parameters, "message"));
    if (named)
        page_item_end(&answer.page);
    return answer_send(report->in, &answer);
}

static int answer_forbidden(struct report *report)
{
    struct answer answer;
    begin(report, &answer,
          N_("Nothing was recorded: you do not report on this any more. A manager of the strategy "
             "can tell you who does."));
    return answer_send(report->in, &answer);
}

/* --- handing in --- */

static json_t *entry_json(const struct report *report, const struct reply_entry *entry)
{
    const struct reply_node *node = &report->nodes[entry->node];
    AUTO(free_ptr)
    char *code = text_format("%s%s%s", node->strategy, *node->code ? ":" : "", node->code);
    json_t *object = json_object();
    set_text(object, "code", code);
    if (!isnan(entry->percent))
        json_object_set_new(object, "percent", json_real(entry->percent));
    set_text(object, "state", entry->state);
    set_text(object, "note", entry->note);
    return object;
}

/* What the daemon says of it; to whom, is sure by now. */
static int answer_handed_in(struct report *report, const struct ask *ask)
{
    if (!ask->error)
        return answer_recorded(report, get_list(ask->reply, "entries"));
    if (strcmp(ask->error, TRACKER "InvalidValue") == 0)
        return answer_refused(report, ask);
    if (strcmp(ask->error, TRACKER "AddresseeNotPermitted") == 0)
        return answer_forbidden(report);
    return mail_in_refused(ask);
}

static int hand_in(struct report *report)
{
    struct mail_in *in = report->in;
    json_t *entries = json_array();
    for (size_t i = 0; i < report->reply.n_entries; i++)
        json_array_append_new(entries, entry_json(report, &report->reply.entries[i]));
    struct ask ask = {.method = "HandInUpdate",
                      .parameters = json_pack("{s:s,s:s,s:o}", "token", in->incoming.token, "from",
                                              in->incoming.from, "entries", entries)};
    int exit = mail_in_ask(in, &ask);
    if (exit == EXIT_DONE)
        exit = answer_handed_in(report, &ask);
    asks_done(&ask, 1);
    return exit;
}

int mail_in_reply(struct mail_in *in, const json_t *letter)
{
    struct report report = {.in = in, .letter = letter};
    read_nodes(&report);
    reply_parse(&in->spoken, in->own, report.nodes, report.n_nodes, &report.reply);
    int exit = report.reply.n_faults > 0 ? answer_unclear(&report) : hand_in(&report);
    reply_done(&report.reply);
    free(report.nodes);
    return exit;
}
