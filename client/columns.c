/* The columns of lists of nodes; see columns.h. */
#include "columns.h"

#include <string.h>

#include "args.h"
#include "dates.h"
#include "output.h"
#include "text.h"

/* --- values that are not a member as it is --- */

/* One text of each item of a list. */
static json_t *list_of(const json_t *list, char *(*text_of)(const json_t *item))
{
    json_t *texts = json_array();
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item) {
        AUTO(free_ptr) char *text = text_of(item);
        json_array_append_new(texts, json_string(text));
    }
    return texts;
}

static char *name_text(const json_t *item)
{
    const char *name = get_text(item, "name");
    return text_copy(name ? name : "");
}

static char *holder_text(const json_t *item)
{
    AUTO(free_ptr) char *name = name_text(item);
    const char *role = get_text(item, "role");
    return text_format("%s: %s", role ? role : "", name);
}

static char *url_text(const json_t *item)
{
    const char *url = get_text(item, "url");
    return text_copy(url ? url : "");
}

static char *link_owner_text(const json_t *item)
{
    const char *owner = get_text(item, "owner");
    return text_copy(owner ? owner : "");
}

static char *code_text(const json_t *item)
{
    const char *code = get_text(item, "code");
    return text_copy(code ? code : "");
}

static char *relation_text(const json_t *item)
{
    AUTO(free_ptr) char *kind = word_text(get_text(item, "kind")), *code = code_text(item);
    const char *strategy = get_text(item, "strategy");
    return text_format("%s %s%s%s", kind, strategy ? strategy : "", *code ? ":" : "", code);
}

static json_t *groups_value(const json_t *node)
{
    return list_of(get_list(node, "groups"), name_text);
}

static json_t *holders_value(const json_t *node)
{
    return list_of(get_list(node, "holders"), holder_text);
}

/* Those of one kind, each once. */
static json_t *holders_of(const json_t *node, const char *kind)
{
    json_t *names = json_array();
    json_auto_t *seen = json_object();
    size_t i;
    json_t *holder;
    json_array_foreach (get_list(node, "holders"), i, holder) {
        const char *is = get_text(holder, "kind"), *name = get_text(holder, "name");
        if (!is || !name || strcmp(is, kind) != 0 || json_object_get(seen, name))
            continue;
        json_object_set_new(seen, name, json_true());
        json_array_append_new(names, json_string(name));
    }
    return names;
}

static json_t *organisations_value(const json_t *node)
{
    return holders_of(node, "organisation");
}

static json_t *persons_value(const json_t *node)
{
    return holders_of(node, "person");
}

static json_t *links_value(const json_t *node)
{
    return list_of(get_list(node, "links"), url_text);
}

/* The organisations whose links these are, each once. */
static json_t *link_owners_value(const json_t *node)
{
    json_auto_t *all = list_of(get_list(node, "links"), link_owner_text);
    json_t *owners = json_array();
    AUTO(free_ptr) char *seen = text_copy("");
    size_t i;
    json_t *one;
    json_array_foreach (all, i, one) {
        const char *key = json_string_value(one);
        if (!*key || word_in(seen, key))
            continue;
        text_append(&seen, " ", "%s", key);
        json_array_append(owners, one);
    }
    return owners;
}

static json_t *serves_value(const json_t *node)
{
    return list_of(get_list(node, "serves"), code_text);
}

static json_t *relations_value(const json_t *node)
{
    return list_of(get_list(node, "relations"), relation_text);
}

static json_t *text_value(char *text)
{
    json_t *value = text && *text ? json_string(text) : json_null();
    free(text);
    return value;
}

static json_t *work_value(const json_t *node)
{
    return text_value(work_text(get_object(node, "work")));
}

static json_t *work_member(const json_t *node, const char *member)
{
    json_t *value = json_object_get(get_object(node, "work"), member);
    return value ? json_incref(value) : json_null();
}

static json_t *delivered_value(const json_t *node)
{
    return work_member(node, "delivered");
}

static json_t *late_value(const json_t *node)
{
    return work_member(node, "overdue");
}

static json_t *closed_value(const json_t *node)
{
    const json_t *closing = get_object(node, "closing");
    return text_value(closing ? closing_text(closing, get_text(node, "kind")) : NULL);
}

static json_t *reason_value(const json_t *node)
{
    const char *reason = get_text(get_object(node, "closing"), "reason");
    return reason ? json_string(reason) : json_null();
}

/* --- how a table shows them --- */

static char *show_code(const json_t *node)
{
    const char *code = get_text(node, "code");
    if (!code || !*code)
        code = get_text(node, "strategy");
    return text_copy(code ? code : "");
}

static char *show_work(const json_t *node)
{
    char *work = work_text(get_object(node, "work"));
    if (!*work && kind_is_outcome(get_text(node, "kind"))) {
        free(work);
        return text_copy(DASH);
    }
    if (kind_is_outcome(get_text(node, "kind")))
        return work;
    free(work); /* of work it is the state that tells */
    return text_copy("");
}

static char *show_percent(const json_t *node, const char *member)
{
    double percent;
    char text[32];
    return text_copy(get_real(node, member, &percent) ? percent_text(percent, text) : DASH);
}

static char *show_progress(const json_t *node)
{
    return show_percent(node, "progress");
}

static char *show_own(const json_t *node)
{
    return show_percent(node, "percent");
}

static char *show_stale(const json_t *node)
{
    return text_copy(get_flag(node, "stale") ? "stale" : "");
}

static char *show_evidence(const json_t *node)
{
    const char *evidence = get_text(node, "evidence");
    return !evidence || strcmp(evidence, "not_needed") == 0 ? text_copy("") : word_text(evidence);
}

#define RIGHT .flags = COLUMN_RIGHT
#define CUT .flags = COLUMN_CUT

const struct node_column node_columns[] = {
    {"code", "code", .show = show_code, .head = {"CODE"}},
    {"strategy", "strategy", .head = {"STRATEGY"}},
    {"kind", "kind", .head = {"KIND", .flags = COLUMN_DROP}},
    {"title", "title", .head = {"TITLE", CUT}},
    {"depth", "depth", .head = {"DEPTH", RIGHT}},
    {"parent", "parent", .head = {"PARENT"}},
    {"priority", "priority", "priority", .head = {"PRIORITY"}},
    {"stage", "stage", "stage", .head = {"STAGE"}},
    {"state", "state", .show = line_state, .colour = line_colour, .order = ORDER_STATE,
     .head = {"STATE"}},
    {"progress", "progress", .show = show_progress, .head = {"PROGRESS", RIGHT}},
    {"coverage", "coverage", .head = {"COVERAGE", RIGHT}},
    {"percent", "percent", "percent", .show = show_own, .head = {"PERCENT", RIGHT}},
    {"work", "work", .value = work_value, .show = show_work, .head = {"WORK", RIGHT}},
    {"delivered", "work", .value = delivered_value, .head = {"DELIVERED", RIGHT}},
    {"late", "work", .value = late_value, .head = {"LATE", RIGHT}},
    {"schedule", "schedule", .head = {"SCHEDULE"}},
    {"start", "start", .order = ORDER_DATE, .head = {"START"}},
    {"due", "due", .order = ORDER_DATE, .head = {"DUE"}},
    {"days", "daysLeft", .head = {"DAYS", RIGHT}},
    {"when", "daysLeft", .show = line_when, .colour = line_colour, .head = {"WHEN"}},
    {"closed", "closing", .value = closed_value, .head = {"CLOSED"}},
    {"reason", "closing", .value = reason_value, .head = {"REASON", CUT}},
    {"forecast", "forecast", .order = ORDER_DATE, .head = {"FORECAST"}},
    {"stale", "stale", .show = show_stale, .head = {"STALE"}},
    {"evidence", "evidence", .show = show_evidence, .head = {"EVIDENCE"}},
    {"updated", "lastUpdate", .order = ORDER_DATE, .head = {"UPDATED"}},
    {"note", "note", "note", .head = {"NOTE", CUT}},
    {"owner", "owners", .head = {"OWNER", CUT, .max = 24}},
    {"groups", "groups", "groups", .value = groups_value, .head = {"GROUPS", CUT}},
    {"holders", "holders", "holders", .value = holders_value, .head = {"HOLDERS", CUT}},
    {"organisations", "holders", "holders", .value = organisations_value,
     .head = {"ORGANISATIONS", CUT}},
    {"persons", "holders", "holders", .value = persons_value, .head = {"PERSONS", CUT}},
    {"sectors", "sectors", "sectors", .head = {"SECTORS", CUT}},
    {"links", "links", "links", .value = links_value, .head = {"LINKS"}},
    {"sources", "links", "links", .value = link_owners_value, .head = {"SOURCES", CUT}},
    {"relations", "relations", "relations", .value = relations_value, .head = {"RELATIONS", CUT}},
    {"serves", "serves", "serves", .value = serves_value, .head = {"SERVES", CUT}},
    {"reviewed", "reviewed", "reviewed", .order = ORDER_DATE, .head = {"REVIEWED"}},
    {"worst", "worstPart", .head = {"WORST"}},
    {"weight", "weight", .head = {"WEIGHT", RIGHT}},
};

const size_t node_column_count = ARRAY_LEN(node_columns);

const struct node_column *column_find(const char *name, size_t len)
{
    for (size_t i = 0; i < node_column_count; i++)
        if (strlen(node_columns[i].name) == len && strncmp(node_columns[i].name, name, len) == 0)
            return &node_columns[i];
    return NULL;
}

json_t *column_value(const struct node_column *column, const json_t *node)
{
    if (column->value)
        return column->value(node);
    json_t *member = json_object_get(node, column->member);
    return member ? json_incref(member) : json_null();
}

char *column_text(const struct node_column *column, const json_t *node)
{
    if (column->show)
        return column->show(node);
    json_auto_t *value = column_value(column, node);
    return json_words(value);
}

char *column_names(void)
{
    char *names = text_copy("");
    for (size_t i = 0; i < node_column_count; i++)
        text_append(&names, " ", "%s", node_columns[i].name);
    return names;
}

/* --- sorting --- */

static bool is_nothing(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static int state_rank(const char *state)
{
    static const char *const worst_first[] = {"off_track", "at_risk", "unknown", "on_track",
                                              "done"};
    for (size_t i = 0; i < ARRAY_LEN(worst_first); i++)
        if (strcmp(worst_first[i], state) == 0)
            return (int)i;
    return (int)ARRAY_LEN(worst_first);
}

static int compare_texts(enum column_order order, const char *a, const char *b)
{
    long left, right;
    if (order == ORDER_STATE)
        return state_rank(a) - state_rank(b);
    if (order == ORDER_DATE && dates_day(a, &left) == 0 && dates_day(b, &right) == 0)
        return (left > right) - (left < right);
    return strverscmp(a, b);
}

static int compare_values(enum column_order order, const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        double left = json_number_value(a), right = json_number_value(b);
        return (left > right) - (left < right);
    }
    AUTO(free_ptr) char *left = json_words(a), *right = json_words(b);
    return compare_texts(order, left, right);
}

int column_compare(const struct node_column *column, const json_t *a, const json_t *b,
                   bool backwards)
{
    bool no_a = is_nothing(a), no_b = is_nothing(b);
    if (no_a || no_b)
        return no_a - no_b;
    int compared = compare_values(column->order, a, b);
    return backwards ? -compared : compared;
}
