/*
 * What an entry did, in words. Which members an entity's words are made of, and what a member's
 * value stands for, are two tables; what they do not know is told by its name as it is.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "methods/describe.h"
#include "methods/entry.h"
#include "methods/value.h"

#define VALUE_MOST 120 /* bytes of a value; notes are long */
#define WORDS_MOST 600

/* What a member's value is. */
enum says {
    SAYS_ITSELF,
    SAYS_PERCENT,
    SAYS_NODE,
    SAYS_PARENT, /* a node's or a group's */
    SAYS_GROUP,
    SAYS_ORGANISATION,
    SAYS_PERSON,
    SAYS_ACCOUNT,
    SAYS_STRATEGY,
    SAYS_HOLDER,
    SAYS_TITLE,
    SAYS_DECISION,
    SAYS_YES, /* its name, if it is so */
};

static const struct {
    const char *name;
    enum says says;
    const char *before, *after; /* words around the value */
} members[] = {
    {"percent", SAYS_PERCENT, "", ""},
    {"node_id", SAYS_NODE, "on ", ""},
    {"from_id", SAYS_NODE, "from ", ""},
    {"to_id", SAYS_NODE, "serves ", ""},
    {"parent_id", SAYS_PARENT, "below ", ""},
    {"group_id", SAYS_GROUP, "of group ", ""},
    {"organisation_id", SAYS_ORGANISATION, "of ", ""},
    {"via_id", SAYS_ORGANISATION, "through ", ""},
    {"owner_id", SAYS_ORGANISATION, "owned by ", ""},
    {"person_id", SAYS_PERSON, "of ", ""},
    {"account_id", SAYS_ACCOUNT, "to ", ""},
    {"on_strategy", SAYS_STRATEGY, "on ", ""},
    {"of_strategy", SAYS_STRATEGY, "of ", ""},
    {"seq", SAYS_ITSELF, "up to entry ", ""},
    {"holder_id", SAYS_HOLDER, "", ""},
    {"titles", SAYS_TITLE, "“", "”"},
    {"names", SAYS_TITLE, "“", "”"},
    {"accepted", SAYS_DECISION, "", ""},
    {"disabled", SAYS_YES, "", ""},
    {"weight", SAYS_ITSELF, "weight ", ""},
    {"confidence", SAYS_ITSELF, "confidence ", ""},
    {"supersedes", SAYS_ITSELF, "instead of ", ""},
    {"reason", SAYS_ITSELF, "because: ", ""},
    {"note", SAYS_ITSELF, "“", "”"},
    {"off", SAYS_YES, "", ""},
    {"working", SAYS_YES, "", " days"},
    {"offsets", SAYS_ITSELF, "offsets ", ""},
};

/* The members that a new entity's words are made of, in their order. What has no key that people
 * know is told by these when it changes, too. */
static const struct {
    const char *entity;
    bool nameless;
    const char *members[8];
} phrases[] = {
    {"strategy", false, {"titles"}},
    {"node", false, {"kind", "titles", "parent_id"}},
    {"link", true, {"type", "title", "url"}},
    {"contribution", true, {"from_id", "to_id", "weight"}},
    {"relation", false, {"kind"}},
    {"group", false, {"kind", "names"}},
    {"membership", true, {"role", "holder_id", "via_id", "seat", "group_id"}},
    {"aim", false, {"group_id"}},
    {"assignment", true, {"role", "holder_id", "amount", "currency"}},
    {"review", false, {"date", "holder_id", "note"}},
    {"reminder_rule", true, {"rule", "off", "offsets", "working"}},
    {"nudge", false, {"note"}},
    {"update", false, {"percent", "state", "confidence", "note", "supersedes", "reason"}},
    {"draft", false, {"percent", "state", "confidence", "note", "supersedes", "reason"}},
    {"decision", false, {"accepted", "note"}},
    {"observation", false, {"value", "date", "source", "supersedes", "reason"}},
    {"closing", false, {"how", "date", "reason"}},
    {"organisation", false, {"names"}},
    {"person", false, {"key"}},
    {"contact", true, {"kind", "person_id"}},
    {"affiliation", true, {"as", "person_id", "organisation_id"}},
    {"account", true, {"key", "person_id", "disabled"}},
    {"role_grant", false, {"role", "account_id", "on_strategy"}},
    {"calendar", true, {"key"}},
    {"restore", false, {"of_strategy", "seq"}},
};

struct saying {
    struct buffer text;
    bool failed;
};

static void saying_done(struct saying *words)
{
    buffer_done(&words->text);
}

static void say(struct saying *words, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(struct saying *words, const char *format, ...)
{
    char text[VALUE_MOST * 4];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0 || len >= (int)sizeof(text) || buffer_append(&words->text, text, (size_t)len) < 0)
        words->failed = true;
}

/* A text on one line, cut between two characters where it is long. */
static void say_text(struct saying *words, const char *text)
{
    size_t len = strlen(text), cut = len;
    char line[VALUE_MOST + 1];

    if (cut > VALUE_MOST)
        cut = VALUE_MOST;
    while (cut < len && ((unsigned char)text[cut] & 0xc0) == 0x80)
        cut--;
    memcpy(line, text, cut);
    line[cut] = '\0';
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    say(words, "%s%s", line, cut < len ? "…" : "");
}

static void say_plain(struct saying *words, const json_t *value)
{
    AUTO(free_ptr) char *text = NULL;

    if (json_is_string(value)) {
        say_text(words, json_string_value(value));
        return;
    }
    if (json_is_real(value)) {
        say(words, "%.15g", json_real_value(value));
        return;
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    say_text(words, text ? text : "");
}

/* A text by language: the caller's, else the strategy's, else the first. */
static void say_title(struct saying *words, const json_t *titles, const struct request *request)
{
    const char *fallback = request->tree ? request->tree->strategy.language : NULL;
    AUTO(texts_done) struct texts texts = {0};

    if (texts_from_json(titles, &texts) < 0)
        say_text(words, "");
    else
        say_text(words, texts_get(&texts, request->language, fallback));
}

static const char *node_code(const struct request *request, int64_t id)
{
    const struct node *node = request->tree ? tree_node(request->tree, id) : NULL;

    return id == 0 ? "the strategy" : node ? node->code : NULL;
}

static const char *holder_key(const struct request *request, const json_t *content, int64_t id)
{
    const char *word = json_string_value(json_object_get(content, "holder"));
    int holder = word ? enum_parse(holder_names, word) : -EINVAL;

    if (holder < 0 || (holder == HOLDER_GROUP && !request->tree))
        return NULL;
    return describe_holder_key(request, (enum holder)holder, id);
}

static const char *group_key(const struct request *request, int64_t id)
{
    const struct group *group = request->tree ? tree_group(request->tree, id) : NULL;

    return group ? group->key : NULL;
}

/* What an id stands for; NULL: it is not there (any more). */
static const char *id_text(enum says says, int64_t id, const struct entry_row *entry,
                           const json_t *content, const struct request *request,
                           char buffer[ACCOUNT_TEXT_SIZE])
{
    const struct slot *slot;

    switch (says) {
    case SAYS_PARENT:
        return strcmp(entry->entity, "group") == 0 ? group_key(request, id)
                                                   : node_code(request, id);
    case SAYS_NODE:
        return node_code(request, id);
    case SAYS_GROUP:
        return group_key(request, id);
    case SAYS_ORGANISATION:
        return describe_holder_key(request, HOLDER_ORGANISATION, id);
    case SAYS_PERSON:
        return describe_holder_key(request, HOLDER_PERSON, id);
    case SAYS_ACCOUNT:
        return account_text(request, id, buffer);
    case SAYS_STRATEGY:
        slot = id ? store_slot(request->store, (int32_t)id) : NULL;
        return id == 0 ? "everything" : slot ? slot->key : NULL;
    case SAYS_HOLDER:
        return holder_key(request, content, id);
    default:
        return NULL;
    }
}

/* A member's value, which is there. `content` is what it is a member of. */
static void say_value(struct saying *words, enum says says, const json_t *value,
                      const struct entry_row *entry, const json_t *content,
                      const struct request *request)
{
    char buffer[ACCOUNT_TEXT_SIZE];
    const char *text = NULL;

    if (json_is_integer(value) && says != SAYS_ITSELF && says != SAYS_PERCENT)
        text = id_text(says, json_integer_value(value), entry, content, request, buffer);
    if (text && *text)
        say_text(words, text);
    else if (says == SAYS_TITLE)
        say_title(words, value, request);
    else if (says == SAYS_DECISION)
        say(words, "%s", json_is_true(value) ? "accepted" : "returned");
    else if (says == SAYS_PERCENT && json_is_number(value))
        say(words, "%.15g %%", json_number_value(value));
    else
        say_plain(words, value);
}

static size_t member_row(const char *name)
{
    size_t i = 0;

    while (i < ARRAY_LEN(members) && strcmp(members[i].name, name) != 0)
        i++;
    return i;
}

static bool is_said(const json_t *value)
{
    return value && !json_is_null(value) && !json_is_false(value) &&
           !(json_is_string(value) && json_string_length(value) == 0);
}

/* A member of a new or ended entity. */
static void say_member(struct saying *words, const char *name, const struct entry_row *entry,
                       const json_t *content, const struct request *request)
{
    const json_t *value = json_object_get(content, name);
    size_t row = member_row(name);
    bool known = row < ARRAY_LEN(members);

    if (!is_said(value) && !(known && members[row].says == SAYS_DECISION))
        return;
    say(words, "%s%s", words->text.len ? " " : "", known ? members[row].before : "");
    if (known && members[row].says == SAYS_YES)
        say(words, "%s", name);
    else
        say_value(words, known ? members[row].says : SAYS_ITSELF, value, entry, content, request);
    say(words, "%s", known ? members[row].after : "");
}

/* The entity's row; the number of them: there is none. */
static size_t phrase_row(const char *entity)
{
    size_t i = 0;

    while (i < ARRAY_LEN(phrases) && strcmp(phrases[i].entity, entity) != 0)
        i++;
    return i;
}

static void say_all(struct saying *words, const struct entry_row *entry, const json_t *content,
                    const struct request *request)
{
    size_t row = phrase_row(entry->entity);

    if (row == ARRAY_LEN(phrases))
        return;
    for (const char *const *name = phrases[row].members; *name; name++)
        say_member(words, *name, entry, content, request);
}

/* The value of a changed member; a null is a dash. */
static void say_side(struct saying *words, enum says says, const json_t *value,
                     const struct entry_row *entry, const json_t *content,
                     const struct request *request)
{
    if (is_said(value) || json_is_false(value))
        say_value(words, says, value, entry, content, request);
    else
        say(words, "–");
}

/* "parent_id" as "parent" */
static void say_name(struct saying *words, const char *name)
{
    size_t len = strlen(name);
    bool id = len > 3 && strcmp(name + len - 3, "_id") == 0;

    for (size_t i = 0; i < len - (id ? 3 : 0); i++)
        say(words, "%c", name[i] == '_' ? ' ' : name[i]);
}

/* Of a new version the members that are not as they were: "due 2022-12-01 → 2023-03-01". */
static void say_changes(struct saying *words, const struct entry_row *entry,
                        const struct request *request)
{
    size_t phrase = phrase_row(entry->entity);
    const char *between = "", *name;
    json_t *old;

    if (phrase < ARRAY_LEN(phrases) && phrases[phrase].nameless) {
        say_all(words, entry, entry->before, request);
        between = "; ";
    }
    json_object_foreach (entry->before, name, old) {
        const json_t *new = json_object_get(entry->payload, name);
        size_t row = member_row(name);
        enum says says = row < ARRAY_LEN(members) ? members[row].says : SAYS_ITSELF;

        if (strcmp(name, "digest") == 0 || json_equal(old, new) ||
            (!is_said(old) && !is_said(new)) ||
            (json_is_number(old) && json_is_number(new) &&
             json_number_value(old) == json_number_value(new)))
            continue;
        say(words, "%s", between);
        between = ", ";
        say_name(words, name);
        say(words, " ");
        say_side(words, says, old, entry, entry->before, request);
        say(words, " → ");
        say_side(words, says, new, entry, entry->payload, request);
    }
}

/* "role_grant" as "right": what the entity is called. */
static const char *entity_noun(const char *entity)
{
    static const char *const nouns[][2] = {{"role_grant", "right"},
                                           {"reminder_rule", "rule of reminders"},
                                           {"contact", "contact data"},
                                           {"progress_update", "update"}};

    for (size_t i = 0; i < ARRAY_LEN(nouns); i++)
        if (strcmp(nouns[i][0], entity) == 0)
            return nouns[i][1];
    return entity;
}

char *entry_words(const struct entry_row *entry, const struct request *request)
{
    AUTO(saying_done) struct saying said = {0};
    const char *noun = entity_noun(entry->entity), *verb = "";
    bool changed = !entry->end && entry->before;
    char *text;

    if (changed)
        say_changes(&said, entry, request);
    else
        say_all(&said, entry, entry->end ? entry->before : entry->payload, request);
    if (entry->end)
        verb = " ended";
    else if (changed)
        verb = said.text.len ? " changed" : " written again";
    if (said.failed || asprintf(&text, "%s%s%s%.*s", noun, verb, said.text.len ? ": " : "",
                                (int)(said.text.len < WORDS_MOST ? said.text.len : WORDS_MOST),
                                said.text.len ? buffer_bytes(&said.text) : "") < 0)
        return NULL;
    return text;
}
