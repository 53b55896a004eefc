/*
 * The forms of import records, one table a kind of record, and the walk over them. See
 * import_check.h.
 */
#include "methods/import_check.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/tree.h"
#include "methods/import_values.h"
#include "methods/reminder_row.h"

/* A kind of record: its fields, and what holds between them. */
struct form {
    const struct field *fields;
    size_t count;
    const char *from, *to; /* two dates: the second not before the first */
    const char *one_of[4]; /* exactly one of these is given */
    const char *at_most_one[4];
    const char *any_of[6]; /* at least one of these is */
    const char *work_only; /* fields that only some kinds of nodes have */
    const char *measure_only[4];
    const char *both[2]; /* given both or neither */
};

#define FIELDS(list) .fields = (list), .count = ARRAY_LEN(list)
#define REQUIRED true
#define OPTIONAL false

const char *const part_names[] = {"strategy", "organisations", "persons",      "groups", "nodes",
                                  "updates",  "closings",      "observations", NULL};

static const char *const visibility_words[] = {"public", "members", NULL};
static const char *const as_words[] = {"member", "reporter", NULL};
static const char *const member_roles[] = {"lead",       "chair",   "secretary", "member",
                                           "secondment", "contact", NULL};
static const char *const node_roles[] = {"owner",    "lead",    "contributor",
                                         "partner",  "funder",  "beneficiary",
                                         "reviewer", "contact", NULL};
static const char *const decision_words[] = {"waiting", "returned", NULL};
static const char *const state_words[] = {"on_track", "at_risk", "off_track", NULL};
/* The words of an enumeration that has a value of its own for none. */
#define WITHOUT_NONE(names) ((names) + 1)

static const struct field link_fields[] = {
    {"type", TYPE_SHORT, REQUIRED, NULL, NULL},
    {"title", TYPE_SHORT, OPTIONAL, NULL, NULL},
    {"url", TYPE_ADDRESS, REQUIRED, NULL, NULL},
    {"owner", TYPE_ID, OPTIONAL, NULL, NULL},
};
static const struct form link_form = {FIELDS(link_fields)};

static const struct field period_fields[] = {
    {"start", TYPE_DATE, OPTIONAL, NULL, NULL},
    {"end", TYPE_DATE, OPTIONAL, NULL, NULL},
};
static const struct form period_form = {FIELDS(period_fields), .from = "start", .to = "end"};

static const struct field sector_fields[] = {
    {"id", TYPE_ID, REQUIRED, NULL, NULL},
    {"titles", TYPE_TEXTS, REQUIRED, NULL, NULL},
};
static const struct form sector_form = {FIELDS(sector_fields)};

static const struct field relation_fields[] = {
    {"kind", TYPE_WORD, REQUIRED, relation_names, NULL},
    {"strategy", TYPE_KEY, OPTIONAL, NULL, NULL},
    {"node", TYPE_ID, OPTIONAL, NULL, NULL},
};
static const struct form relation_form = {FIELDS(relation_fields)};

static const struct field review_fields[] = {
    {"date", TYPE_DATE, REQUIRED, NULL, NULL},  {"organisation", TYPE_ID, OPTIONAL, NULL, NULL},
    {"person", TYPE_ID, OPTIONAL, NULL, NULL},  {"group", TYPE_ID, OPTIONAL, NULL, NULL},
    {"every", TYPE_SPAN, OPTIONAL, NULL, NULL}, {"note", TYPE_LONG, OPTIONAL, NULL, NULL},
};
static const struct form review_form = {FIELDS(review_fields),
                                        .at_most_one = {"organisation", "person", "group"}};

static const struct field assignment_fields[] = {
    {"organisation", TYPE_ID, OPTIONAL, NULL, NULL},
    {"person", TYPE_ID, OPTIONAL, NULL, NULL},
    {"group", TYPE_ID, OPTIONAL, NULL, NULL},
    {"role", TYPE_WORD, REQUIRED, node_roles, NULL},
    {"from", TYPE_DATE, OPTIONAL, NULL, NULL},
    {"to", TYPE_DATE, OPTIONAL, NULL, NULL},
    {"amount", TYPE_AMOUNT, OPTIONAL, NULL, NULL},
    {"currency", TYPE_CURRENCY, OPTIONAL, NULL, NULL},
    {"note", TYPE_LONG, OPTIONAL, NULL, NULL},
};
static const struct form assignment_form = {FIELDS(assignment_fields), .from = "from", .to = "to",
                                            .one_of = {"organisation", "person", "group"},
                                            .both = {"amount", "currency"}};

static const struct field reminder_fields[] = {
    {"rule", TYPE_WORD, REQUIRED, reminder_rule_words, NULL},
    {"off", TYPE_FLAG, OPTIONAL, NULL, NULL},
    {"offsets", TYPE_OFFSETS, OPTIONAL, NULL, NULL},
    {"every", TYPE_EVERY, OPTIONAL, NULL, NULL},
    {"working", TYPE_FLAG, OPTIONAL, NULL, NULL},
};
static const struct form reminder_form = {FIELDS(reminder_fields)};

static const struct field strategy_fields[] = {
    {"key", TYPE_KEY, REQUIRED, NULL, NULL},
    {"alias", TYPE_KEY, OPTIONAL, NULL, NULL},
    {"titles", TYPE_TEXTS, REQUIRED, NULL, NULL},
    {"issuer", TYPE_SHORT, OPTIONAL, NULL, NULL},
    {"period", TYPE_RECORD, OPTIONAL, NULL, &period_form},
    {"timeZone", TYPE_ZONE, REQUIRED, NULL, NULL},
    {"calendar", TYPE_SHORT, OPTIONAL, NULL, NULL},
    {"language", TYPE_LANGUAGE, REQUIRED, NULL, NULL},
    {"visibility", TYPE_WORD, REQUIRED, visibility_words, NULL},
    {"cadence", TYPE_DAYS, OPTIONAL, NULL, NULL},
    {"expected", TYPE_COUNTS, OPTIONAL, WITHOUT_NONE(kind_names), NULL},
    {"acceptance", TYPE_FLAG, OPTIONAL, NULL, NULL},
    {"sectors", TYPE_RECORDS, OPTIONAL, NULL, &sector_form},
    {"reminders", TYPE_RECORDS, OPTIONAL, NULL, &reminder_form},
    {"links", TYPE_RECORDS, OPTIONAL, NULL, &link_form},
    {"assignments", TYPE_RECORDS, OPTIONAL, NULL, &assignment_form},
    {"relations", TYPE_RECORDS, OPTIONAL, NULL, &relation_form},
    {"reviews", TYPE_RECORDS, OPTIONAL, NULL, &review_form},
};

static const struct field organisation_fields[] = {
    {"id", TYPE_SHARED, REQUIRED, NULL, NULL},
    {"names", TYPE_TEXTS, REQUIRED, NULL, NULL},
    {"mailbox", TYPE_EMAIL, OPTIONAL, NULL, NULL},
};

static const struct field affiliation_fields[] = {
    {"organisation", TYPE_ID, REQUIRED, NULL, NULL},
    {"as", TYPE_WORD, REQUIRED, as_words, NULL},
    {"from", TYPE_DATE, OPTIONAL, NULL, NULL},
    {"to", TYPE_DATE, OPTIONAL, NULL, NULL},
};
static const struct form affiliation_form = {FIELDS(affiliation_fields), .from = "from",
                                             .to = "to"};

static const struct field person_fields[] = {
    {"id", TYPE_ID, REQUIRED, NULL, NULL},
    {"name", TYPE_SHORT, OPTIONAL, NULL, NULL},
    {"email", TYPE_EMAIL, OPTIONAL, NULL, NULL},
    {"language", TYPE_LANGUAGE, OPTIONAL, NULL, NULL},
    {"affiliations", TYPE_RECORDS, OPTIONAL, NULL, &affiliation_form},
};

static const struct field member_fields[] = {
    {"organisation", TYPE_ID, OPTIONAL, NULL, NULL},   {"person", TYPE_ID, OPTIONAL, NULL, NULL},
    {"role", TYPE_WORD, REQUIRED, member_roles, NULL}, {"via", TYPE_ID, OPTIONAL, NULL, NULL},
    {"seat", TYPE_SHORT, OPTIONAL, NULL, NULL},        {"from", TYPE_DATE, OPTIONAL, NULL, NULL},
    {"to", TYPE_DATE, OPTIONAL, NULL, NULL},           {"source", TYPE_SHORT, OPTIONAL, NULL, NULL},
    {"area", TYPE_SHORT, OPTIONAL, NULL, NULL},
};
static const struct form member_form = {FIELDS(member_fields), .from = "from", .to = "to",
                                        .one_of = {"organisation", "person"}};

static const struct field group_fields[] = {
    {"id", TYPE_ID, REQUIRED, NULL, NULL},
    {"kind", TYPE_WORD, REQUIRED, group_kind_names, NULL},
    {"type", TYPE_SHORT, OPTIONAL, NULL, NULL},
    {"names", TYPE_TEXTS, REQUIRED, NULL, NULL},
    {"areas", TYPE_SHORTS, OPTIONAL, NULL, NULL},
    {"parent", TYPE_ID, OPTIONAL, NULL, NULL},
    {"termFrom", TYPE_DATE, OPTIONAL, NULL, NULL},
    {"termTo", TYPE_DATE, OPTIONAL, NULL, NULL},
    {"mailbox", TYPE_EMAIL, OPTIONAL, NULL, NULL},
    {"aims", TYPE_IDS, OPTIONAL, NULL, NULL},
    {"members", TYPE_RECORDS, OPTIONAL, NULL, &member_form},
    {"reviews", TYPE_RECORDS, OPTIONAL, NULL, &review_form},
};

static const struct field serves_fields[] = {
    {"node", TYPE_ID, REQUIRED, NULL, NULL},
    {"weight", TYPE_WEIGHT, OPTIONAL, NULL, NULL},
};
static const struct form serves_form = {FIELDS(serves_fields)};

static const struct field node_fields[] = {
    {"code", TYPE_ID, REQUIRED, NULL, NULL},
    {"kind", TYPE_WORD, REQUIRED, WITHOUT_NONE(kind_names), NULL},
    {"parent", TYPE_ID, OPTIONAL, NULL, NULL},
    {"titles", TYPE_TEXTS, REQUIRED, NULL, NULL},
    {"stage", TYPE_WORD, OPTIONAL, WITHOUT_NONE(stage_names), NULL},
    {"start", TYPE_DATE, OPTIONAL, NULL, NULL},
    {"due", TYPE_DUE, OPTIONAL, NULL, NULL},
    {"weight", TYPE_WEIGHT, OPTIONAL, NULL, NULL},
    {"cadence", TYPE_DAYS, OPTIONAL, NULL, NULL},
    {"baseline", TYPE_NUMBER, OPTIONAL, NULL, NULL},
    {"target", TYPE_NUMBER, OPTIONAL, NULL, NULL},
    {"unit", TYPE_SHORT, OPTIONAL, NULL, NULL},
    {"direction", TYPE_WORD, OPTIONAL, WITHOUT_NONE(direction_names), NULL},
    {"sectors", TYPE_IDS, OPTIONAL, NULL, NULL},
    {"links", TYPE_RECORDS, OPTIONAL, NULL, &link_form},
    {"serves", TYPE_RECORDS, OPTIONAL, NULL, &serves_form},
    {"assignments", TYPE_RECORDS, OPTIONAL, NULL, &assignment_form},
    {"relations", TYPE_RECORDS, OPTIONAL, NULL, &relation_form},
    {"reviews", TYPE_RECORDS, OPTIONAL, NULL, &review_form},
};

static const struct field update_fields[] = {
    {"id", TYPE_ID, REQUIRED, NULL, NULL},
    {"node", TYPE_ID, OPTIONAL, NULL, NULL},
    {"date", TYPE_DATE, REQUIRED, NULL, NULL},
    {"percent", TYPE_PERCENT, OPTIONAL, NULL, NULL},
    {"state", TYPE_WORD, OPTIONAL, state_words, NULL},
    {"confidence", TYPE_WORD, OPTIONAL, WITHOUT_NONE(confidence_names), NULL},
    {"note", TYPE_LONG, OPTIONAL, NULL, NULL},
    {"evidence", TYPE_ADDRESSES, OPTIONAL, NULL, NULL},
    {"supersedes", TYPE_ID, OPTIONAL, NULL, NULL},
    {"reason", TYPE_LONG, OPTIONAL, NULL, NULL},
    {"decision", TYPE_WORD, OPTIONAL, decision_words, NULL},
};

static const struct field closing_fields[] = {
    {"node", TYPE_ID, REQUIRED, NULL, NULL},
    {"date", TYPE_DATE, REQUIRED, NULL, NULL},
    {"how", TYPE_WORD, REQUIRED, WITHOUT_NONE(how_names), NULL},
    {"reason", TYPE_LONG, OPTIONAL, NULL, NULL},
    {"note", TYPE_LONG, OPTIONAL, NULL, NULL},
    {"evidence", TYPE_ADDRESSES, OPTIONAL, NULL, NULL},
};

static const struct field observation_fields[] = {
    {"id", TYPE_ID, REQUIRED, NULL, NULL},
    {"node", TYPE_ID, REQUIRED, NULL, NULL},
    {"date", TYPE_DATE, REQUIRED, NULL, NULL},
    {"value", TYPE_NUMBER, REQUIRED, NULL, NULL},
    {"source", TYPE_SHORT, OPTIONAL, NULL, NULL},
    {"breakdown", TYPE_BREAKDOWN, OPTIONAL, NULL, NULL},
    {"supersedes", TYPE_ID, OPTIONAL, NULL, NULL},
    {"reason", TYPE_LONG, OPTIONAL, NULL, NULL},
};

static const struct form forms[PART_COUNT] = {
    [PART_STRATEGY] = {FIELDS(strategy_fields)},
    [PART_ORGANISATIONS] = {FIELDS(organisation_fields)},
    [PART_PERSONS] = {FIELDS(person_fields)},
    [PART_GROUPS] = {FIELDS(group_fields), .from = "termFrom", .to = "termTo"},
    [PART_NODES] = {FIELDS(node_fields), .from = "start", .to = "due", .work_only = "stage",
                    .measure_only = {"baseline", "target", "unit", "direction"}},
    [PART_UPDATES] = {FIELDS(update_fields), .both = {"supersedes", "reason"},
                      .any_of = {"percent", "state", "confidence", "note", "evidence"}},
    [PART_CLOSINGS] = {FIELDS(closing_fields)},
    [PART_OBSERVATIONS] = {FIELDS(observation_fields), .both = {"supersedes", "reason"}},
};

const char *part_key(enum part part)
{
    return part == PART_CLOSINGS ? NULL : forms[part].fields[0].name;
}

const json_t *field(const json_t *record, const char *name)
{
    const json_t *value = json_object_get(record, name);

    return json_is_null(value) ? NULL : value;
}

const char *field_text(const json_t *record, const char *name)
{
    return json_string_value(json_object_get(record, name));
}

struct place place_of(enum part part, size_t index, struct place *ret_part)
{
    *ret_part = (struct place){NULL, part_names[part], 0};
    return part == PART_STRATEGY ? *ret_part : (struct place){ret_part, NULL, index};
}

/* Returns the length written; what does not fit is cut off. */
static size_t place_write(const struct place *place, char *text, size_t size)
{
    size_t len = place->parent ? place_write(place->parent, text, size) : 0;
    int n;

    if (place->name)
        n = snprintf(text + len, size - len, "%s%s", len ? "." : "", place->name);
    else
        n = snprintf(text + len, size - len, "[%zu]", place->index);
    return (size_t)n < size - len ? len + (size_t)n : size - 1;
}

/* Takes half a character off the end of a text that was cut. */
static void cut_clean(char *text, size_t size)
{
    size_t len = strlen(text);

    if (len < size - 1)
        return;
    while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    if (len > 0 && ((unsigned char)text[len - 1] & 0x80))
        len--;
    text[len] = '\0';
}

int refuse_at(struct refusal *refusal, const struct place *place, const char *format, ...)
{
    va_list args;

    place_write(place, refusal->field, sizeof(refusal->field));
    cut_clean(refusal->field, sizeof(refusal->field));
    va_start(args, format);
    vsnprintf(refusal->message, sizeof(refusal->message), format, args);
    va_end(args);
    cut_clean(refusal->message, sizeof(refusal->message));
    return -EINVAL;
}

static int check_record(const struct form *form, const json_t *record, const struct place *place,
                        struct refusal *refusal);

static int check_records(const struct form *form, const json_t *list, const struct place *place,
                         struct refusal *refusal)
{
    size_t i;
    json_t *record;

    if (!json_is_array(list))
        return refuse_at(refusal, place, "not a list");
    json_array_foreach (list, i, record) {
        const struct place item = {place, NULL, i};
        int r = check_record(form, record, &item, refusal);

        if (r < 0)
            return r;
    }
    return 0;
}

static int check_field(const struct field *wanted, const json_t *record, const struct place *place,
                       struct refusal *refusal)
{
    const struct place here = {place, wanted->name, 0};
    const json_t *value = field(record, wanted->name);

    if (!value)
        return wanted->required ? refuse_at(refusal, &here, "missing") : 0;
    if (wanted->type == TYPE_RECORD)
        return check_record(wanted->form, value, &here, refusal);
    if (wanted->type == TYPE_RECORDS)
        return check_records(wanted->form, value, &here, refusal);
    return value_check(wanted, value, &here, refusal);
}

static int check_known(const struct form *form, const json_t *record, const struct place *place,
                       struct refusal *refusal)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)record, name, value) {
        const struct place here = {place, name, 0};
        bool known = false;

        for (size_t i = 0; i < form->count && !known; i++)
            known = strcmp(form->fields[i].name, name) == 0;
        if (!known)
            return refuse_at(refusal, &here, "unknown key");
    }
    return 0;
}

static size_t count_given(const char *const *names, size_t most, const json_t *record)
{
    size_t given = 0;

    for (size_t i = 0; i < most && names[i]; i++) {
        const json_t *value = field(record, names[i]);

        given += value && !(json_is_array(value) && json_array_size(value) == 0);
    }
    return given;
}

static void list_names(const char *const *names, size_t most, char *text, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < most && names[i]; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ", " : "", names[i]);
}

static int check_choice(const struct form *form, const json_t *record, const struct place *place,
                        struct refusal *refusal)
{
    char names[128];

    if (form->one_of[0] && count_given(form->one_of, ARRAY_LEN(form->one_of), record) != 1) {
        list_names(form->one_of, ARRAY_LEN(form->one_of), names, sizeof(names));
        return refuse_at(refusal, place, "not exactly one of %s", names);
    }
    if (count_given(form->at_most_one, ARRAY_LEN(form->at_most_one), record) > 1) {
        list_names(form->at_most_one, ARRAY_LEN(form->at_most_one), names, sizeof(names));
        return refuse_at(refusal, place, "more than one of %s", names);
    }
    if (count_given(form->both, ARRAY_LEN(form->both), record) == 1)
        return refuse_at(refusal, place, "%s without %s",
                         form->both[field(record, form->both[0]) ? 0 : 1],
                         form->both[field(record, form->both[0]) ? 1 : 0]);
    if (form->any_of[0] && count_given(form->any_of, ARRAY_LEN(form->any_of), record) == 0) {
        list_names(form->any_of, ARRAY_LEN(form->any_of), names, sizeof(names));
        return refuse_at(refusal, place, "none of %s", names);
    }
    return 0;
}

/* A date counts from its last day, a start from its first. */
static int check_order(const struct form *form, const json_t *record, const struct place *place,
                       struct refusal *refusal)
{
    const char *from_text = form->from ? field_text(record, form->from) : NULL;
    const char *to_text = form->to ? field_text(record, form->to) : NULL;
    const struct place here = {place, form->to, 0};
    struct date from, to;

    if (!from_text || !to_text || date_parse(from_text, &from) < 0 || date_parse(to_text, &to) < 0)
        return 0;
    if (date_last_day(to) < date_first_day(from))
        return refuse_at(refusal, &here, "%s is before %s, %s", to_text, form->from, from_text);
    return 0;
}

static int check_kind(const struct form *form, const json_t *record, const struct place *place,
                      struct refusal *refusal)
{
    int kind = form->work_only ? enum_parse(kind_names, field_text(record, "kind")) : -1;

    if (kind < 0)
        return 0;
    if (field(record, form->work_only) && !kind_is_work((enum kind)kind))
        return refuse_at(refusal, &(struct place){place, form->work_only, 0},
                         "only initiatives and deliverables have one");
    for (size_t i = 0; i < ARRAY_LEN(form->measure_only); i++) {
        if (field(record, form->measure_only[i]) && kind != KIND_INDICATOR)
            return refuse_at(refusal, &(struct place){place, form->measure_only[i], 0},
                             "only indicators have one");
    }
    return 0;
}

static int check_record(const struct form *form, const json_t *record, const struct place *place,
                        struct refusal *refusal)
{
    int r = json_is_object(record) ? 0 : refuse_at(refusal, place, "not an object");

    if (r == 0)
        r = check_known(form, record, place, refusal);
    for (size_t i = 0; i < form->count && r == 0; i++)
        r = check_field(&form->fields[i], record, place, refusal);
    if (r == 0)
        r = check_choice(form, record, place, refusal);
    if (r == 0)
        r = check_order(form, record, place, refusal);
    if (r == 0)
        r = check_kind(form, record, place, refusal);
    return r;
}

int import_check(enum part part, size_t index, const json_t *record, struct refusal *ret_refusal)
{
    struct place name;
    const struct place place = place_of(part, index, &name);

    return check_record(&forms[part], record, &place, ret_refusal);
}

int import_check_key(const char *key, struct refusal *ret_refusal)
{
    const struct place place = {NULL, part_names[PART_STRATEGY], 0};
    json_auto_t *value = json_string(key);

    if (!value)
        return refuse_at(ret_refusal, &place, "not a text");
    return value_check(&strategy_fields[0], value, &place, ret_refusal);
}
