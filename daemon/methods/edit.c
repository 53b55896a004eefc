/* What all editing methods have in common; see edit.h. */
#include "methods/edit.h"

#include <errno.h>
#include <string.h>

#include "db/tables.h"
#include "methods/check.h"
#include "methods/fail.h"
#include "methods/payload.h"
#include "methods/people.h"

static void edit_freep(struct edit **edit)
{
    free(*edit);
}

/* --- the call's parameters --- */

static const json_t *given(const struct edit *edit, const struct edit_field *field)
{
    const json_t *value =
        field->field.name ? json_object_get(edit->call->parameters, field->field.name) : NULL;

    return json_is_null(value) ? NULL : value;
}

bool edit_clears(const struct edit *edit, const char *field)
{
    const json_t *list = json_object_get(edit->call->parameters, "clear"), *item;
    size_t i;

    json_array_foreach (list, i, item) {
        if (strcmp(json_string_value(item), field) == 0)
            return true;
    }
    return false;
}

/* "titles.en" is one text of several. */
static bool clears_text(const struct edit *edit, const char *field, const char *language)
{
    char name[256];

    snprintf(name, sizeof(name), "%s.%s", field, language);
    return edit_clears(edit, name);
}

/* Does a field's name, or the name and a language, stand there? */
static bool names_field(const struct edit_field *field, const char *word)
{
    const char *name = field->field.name;
    size_t len = name ? strlen(name) : 0;

    if (!name || strncmp(word, name, len) != 0)
        return false;
    if (field->field.type == TYPE_TEXTS && word[len] == '.')
        return true;
    return !word[len] && !field->field.required;
}

static int check_clear(struct edit *edit)
{
    const json_t *list = json_object_get(edit->call->parameters, "clear"), *item;
    size_t i;

    json_array_foreach (list, i, item) {
        const char *word = json_string_value(item);
        const struct edit_field *found = NULL;
        char place[64];

        for (size_t f = 0; f < edit->kind->n_fields && !found; f++)
            if (names_field(&edit->kind->fields[f], word))
                found = &edit->kind->fields[f];
        snprintf(place, sizeof(place), "clear[%zu]", i);
        if (!found)
            return edit_refuse(edit, place, "\"%.40s\" is nothing that can be cleared", word);
        if (strcmp(found->field.name, word) == 0 && given(edit, found))
            return edit_refuse(edit, place, "%s is given too", word);
    }
    return 0;
}

static int check_fields(struct edit *edit)
{
    for (size_t i = 0; i < edit->kind->n_fields; i++) {
        const struct edit_field *field = &edit->kind->fields[i];
        const struct place place = {NULL, field->field.name, 0};
        const json_t *value = given(edit, field);
        int r = field->plain
                    ? check_text(edit->call, field->plain, CHECK_SHORT_TEXT, &edit->refusal)
                    : 0;

        if (r == 0 && value && field->refers == REFERS_NOTHING)
            r = value_check(&field->field, value, &place, &edit->refusal);
        if (r < 0)
            return r;
    }
    return check_clear(edit);
}

/* --- rows --- */

int edit_exists(struct edit *edit, const char *field, const char *value)
{
    snprintf(edit->exists, sizeof(edit->exists), "%s", value);
    return edit_refuse(edit, field, "is there already");
}

int edit_forbid(struct edit *edit, const char *needed)
{
    edit->forbidden = needed;
    return -EPERM;
}

static const json_t *given_plain(const struct edit *edit, const struct edit_field *field)
{
    return field->plain && param_given(edit->call, field->plain)
               ? json_object_get(edit->call->parameters, field->plain)
               : NULL;
}

/* What is there, with the call's texts in place of theirs, without those that it clears. */
static int merge_texts(const struct edit *edit, const struct edit_field *field, const json_t *old,
                       const json_t *value, json_t *row)
{
    const json_t *plain = given_plain(edit, field);
    json_auto_t *texts = json_object();
    const char *language;
    json_t *text;

    json_object_foreach ((json_t *)old, language, text) {
        if (!clears_text(edit, field->field.name, language))
            json_object_set(texts, language, text);
    }
    json_object_foreach ((json_t *)value, language, text)
        json_object_set(texts, language, text);
    if (plain)
        json_object_set(texts, edit->tree->strategy.language, (json_t *)plain);
    return payload_texts(row, field->column, texts);
}

/* A value as it is. */
static int take_plain(const struct edit_field *field, const json_t *value, json_t *row)
{
    return field->field.type == TYPE_OFFSETS ? payload_list(row, field->column, value)
                                             : payload_take(row, field->column, value);
}

static int take_given(struct edit *edit, const struct edit_field *field, const json_t *value,
                      json_t *row)
{
    int64_t id;
    int r;

    if (field->refers != REFERS_NOTHING) {
        r = edit_resolve(edit, field->field.name, field->refers, json_string_value(value), &id);
        return r < 0 ? r : payload_id(row, field->column, id);
    }
    switch (field->field.type) {
    case TYPE_NUMBER:
    case TYPE_WEIGHT:
    case TYPE_PERCENT:
    case TYPE_AMOUNT:
        return payload_number(row, field->column, value);
    case TYPE_SPAN_TEXT:
        return payload_span_text(row, field->column, json_string_value(value));
    default:
        return take_plain(field, value, row);
    }
}

static int take_field(struct edit *edit, const struct edit_field *field, const json_t *old,
                      json_t *row)
{
    const json_t *value = given(edit, field), *before;

    if (!field->column)
        return 0;
    before = json_object_get(old, field->column);
    if (field->refers == REFERS_CODE)
        return payload_id(row, field->column, edit->node_id);
    if (field->field.type == TYPE_TEXTS && (value || before || given_plain(edit, field)))
        return merge_texts(edit, field, before, value, row);
    if (value)
        return take_given(edit, field, value, row);
    if (before && !(field->field.name && edit_clears(edit, field->field.name)))
        return take_plain(field, before, row);
    return 0;
}

static int check_required(struct edit *edit, const struct edit_field *field, const json_t *value)
{
    if (!value)
        return edit_refuse(edit, field->field.name, "missing");
    if (json_is_object(value) && json_object_size(value) == 0)
        return edit_refuse(edit, field->field.name, "none would be left");
    return 0;
}

int edit_row(struct edit *edit, const json_t *old, json_t **ret_row)
{
    json_auto_t *row = json_object();
    int r = row ? 0 : -ENOMEM;

    for (size_t i = 0; i < edit->kind->n_fields && r == 0; i++) {
        const struct edit_field *field = &edit->kind->fields[i];

        r = take_field(edit, field, old, row);
        if (r == 0 && field->field.required)
            r = check_required(edit, field, json_object_get(row, field->column));
    }
    if (r == 0)
        *ret_row = STEAL(row);
    return r;
}

int edit_put(struct edit *edit, int64_t id, const char *key, const json_t *old, const json_t *row)
{
    json_auto_t *payload = json_copy((json_t *)row);

    if (old && json_equal(old, row))
        return 0;
    if (!payload)
        return -ENOMEM;
    return entries_put(edit->entries, table_of(edit->kind->entity), id, id != 0 || old, key,
                       STEAL(payload), NULL, edit->change.account, NULL);
}

int edit_end(struct edit *edit, int64_t id, const char *key)
{
    return entries_end(edit->entries, table_of(edit->kind->entity), id, key, edit->change.account);
}

static struct date date_of(const json_t *row, const char *column)
{
    struct date date = {0};

    (void)!date_parse(json_string_value(json_object_get(row, column)), &date);
    return date;
}

int edit_check_term(struct edit *edit, const json_t *row, const char *from_column,
                    const char *to_column, const char *from_field, const char *to_field)
{
    struct date from = date_of(row, from_column), to = date_of(row, to_column);
    char begin[DATE_TEXT_SIZE], end[DATE_TEXT_SIZE];

    if (!date_given(from) || !date_given(to) || date_last_day(to) >= date_first_day(from))
        return 0;
    return edit_refuse(edit, param_given(edit->call, to_field) ? to_field : from_field,
                       "the end %s is before the start %s", date_format(to, end),
                       date_format(from, begin));
}

int edit_last_day(struct edit *edit, struct date *ret_date)
{
    const char *text = param_text(edit->call, "to");

    *ret_date = date_from_day(edit->today);
    return text ? date_parse(text, ret_date) : 0;
}

int edit_put_ended(struct edit *edit, int64_t id, const char *key, const json_t *old,
                   const json_t *ended)
{
    int r;

    if (param_bool(edit->call, "mistake"))
        return edit_end(edit, id, key);
    r = ended ? edit_period(edit, ended) : -ENOMEM;
    return r < 0 ? r : edit_put(edit, id, key, old, ended);
}

/* --- the change's life --- */

static int edit_plan(struct change *change, struct plan *plan)
{
    struct edit *edit = (struct edit *)change;

    edit->plan = plan;
    edit->registry = store_registry(plan->store);
    edit->refusal = (struct refusal){0};
    edit->exists[0] = '\0';
    edit->forbidden = NULL;
    edit->entries = edit->kind->of_registry ? plan->registry : plan->strategy;
    edit->today = edit->kind->of_registry ? people_today() : slot_today(change->slot);
    if (!edit->kind->of_registry) {
        edit->tree = plan->slot->tree;
        edit->node = tree_node(edit->tree, edit->node_id);
        edit->node_gone = !edit->node;
        if (edit->node_gone)
            return -ENOENT;
    }
    return edit->kind->plan(edit);
}

static const struct answer *edit_refused(struct edit *edit)
{
    struct call *call = edit->call;

    if (edit->forbidden)
        return fail_not_permitted(call, edit->forbidden, edit->change.slot->key);
    if (edit->node_gone)
        return fail_no_node(call, edit->change.slot->key, param_text(call, "code"));
    if (*edit->exists)
        return fail_exists(call, edit->refusal.field, edit->exists);
    if (!*edit->refusal.field)
        return fail_overloaded(call);
    return fail_value(call, edit->refusal.field, "%s", edit->refusal.message);
}

/* The code as it is now: of a node that was just made, or changed; else as it was asked for. */
static const char *code_now(const struct edit *edit)
{
    const struct change *change = &edit->change;
    const struct tree *tree = change->slot->tree;
    bool is_node = strcmp(edit->kind->entity, "node") == 0 && change->id;
    const struct node *node = tree ? tree_node(tree, is_node ? change->id : edit->node_id) : NULL;
    const char *asked = param_text(edit->call, "code");

    return node ? node->code : asked ? asked : "";
}

static const struct answer *edit_reply(struct edit *edit, bool changed)
{
    const struct change *change = &edit->change;
    struct writer writer = {0};

    call_begin_reply(&writer);
    writer_begin_object(&writer, NULL);
    writer_int(&writer, "seq", change->seq);
    writer_bool(&writer, "changed", changed);
    if (changed)
        writer_int(&writer, "id", change->id);
    else
        writer_null(&writer, "id");
    if (!edit->kind->of_registry)
        writer_text(&writer, "strategy", change->slot->key);
    if (!edit->kind->of_registry && !edit->kind->without_code)
        writer_text(&writer, "code", code_now(edit));
    if (edit->kind->answer)
        edit->kind->answer(edit, &writer);
    writer_text(&writer, "requestId", change->request_id);
    writer_end_object(&writer);
    return call_reply_written(edit->call, &writer);
}

static void edit_done(struct change *change, enum change_outcome outcome)
{
    struct edit *edit = (struct edit *)change;

    if (outcome == CHANGE_DONE || outcome == CHANGE_REPEATED)
        call_end(edit_reply(edit, outcome == CHANGE_REPEATED || !change->idle));
    else if (outcome == CHANGE_REFUSED)
        call_end(edit_refused(edit));
    else
        call_end(request_fail_change(edit->call, change, outcome));
    free(edit);
}

static struct edit *edit_new(struct call *call, const struct edit_kind *kind,
                             const struct request *request)
{
    struct edit *edit = calloc(1, sizeof(*edit));

    if (!edit)
        return NULL;
    edit->kind = kind;
    edit->call = call;
    edit->node_id = request->node ? request->node->id : 0;
    edit->as_contributor = !(request->may & MAY_MANAGER);
    edit->change.slot = kind->of_registry ? store_registry_slot(request->store) : request->slot;
    edit->change.alone = true; /* what it is validated against has all that came before */
    edit->change.plan = edit_plan;
    edit->change.done = edit_done;
    return edit;
}

const struct answer *edit_submit(struct call *call, const struct edit_kind *kind)
{
    struct request request;
    const struct answer *answer = request_open(call, !kind->of_registry, &request);
    AUTO(edit_freep) struct edit *edit = NULL;
    int r;

    if (answer)
        return answer;
    edit = edit_new(call, kind, &request);
    if (!edit)
        return fail_overloaded(call);
    r = check_fields(edit);
    if (r == 0 && kind->check)
        r = kind->check(edit, &request);
    if (r < 0)
        return edit_refused(edit);
    answer = request_sign(&request, &edit->change);
    if (answer)
        return answer;
    r = store_submit(&edit->change);
    if (r < 0)
        return request_fail_submit(call, r);
    edit = NULL;
    return call_park(call);
}
