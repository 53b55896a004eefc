/*
 * The interface parser: one function a production of the grammar, each starting at its first
 * character and ending right behind its last. Everything is allocated in blocks that the
 * interface owns, so a failure half-way needs no clean-up but idl_free().
 */
#include "wire/idl.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "wire/idl_scan.h"

/* Hostile descriptions must cost neither the stack nor quadratic time. */
enum { DEPTH_MAX = 64, FIELDS_MAX = 1024, MEMBERS_MAX = 4096 };

struct idl_block {
    struct idl_block *next;
    size_t used, size;
    _Alignas(16) char data[];
};

/* A type that is still only a name, and where the name stands. */
struct reference {
    struct idl_type *type;
    const char *place;
    struct reference *next;
};

struct parser {
    struct scan scan;
    struct idl *idl;
    struct idl_error *error;
    struct reference *references; /* resolved at the end: a type may follow its use */
    int depth;
};

static void *idl_alloc(struct idl *idl, size_t size)
{
    struct idl_block *block = idl->blocks;
    void *p;

    size = (size + 15) & ~(size_t)15;
    if (!block || size > block->size - block->used) {
        size_t room = size > 4096 ? size : 4096;

        block = calloc(1, sizeof(*block) + room);
        if (!block)
            return NULL;
        block->size = room;
        block->next = idl->blocks;
        idl->blocks = block;
    }
    p = block->data + block->used;
    block->used += size;
    return p;
}

void idl_free(struct idl *idl)
{
    struct idl_block *block;

    if (!idl)
        return;
    while ((block = idl->blocks)) {
        idl->blocks = block->next;
        free(block);
    }
    free(idl);
}

static int fail_at(struct parser *p, const char *place, const char *format, ...) PRINTF_LIKE(3, 4);

static int fail_at(struct parser *p, const char *place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(p->error->message, sizeof(p->error->message), format, args);
    va_end(args);
    scan_place(&p->scan, place, &p->error->line, &p->error->column);
    return -EINVAL;
}

/* Says what was expected and shows what is there: a word or a character. */
static int fail_expected(struct parser *p, const char *what)
{
    const char *at = p->scan.at;
    size_t len = scan_word(at);

    if (!*at)
        return fail_at(p, at, "expected %s, but the text ends here", what);
    if (len == 0)
        for (len = 1; (at[len] & 0xc0) == 0x80; len++)
            ;
    return fail_at(p, at, "expected %s, not \"%.*s\"", what, len > 40 ? 40 : (int)len, at);
}

static int take_text(struct parser *p, size_t len, const char **ret_text)
{
    char *text = idl_alloc(p->idl, len + 1);

    if (!text)
        return -ENOMEM;
    memcpy(text, p->scan.at, len);
    p->scan.at += len;
    *ret_text = text;
    return 0;
}

static int take_name(struct parser *p, size_t (*length)(const char *), const char *what,
                     const char **ret_name)
{
    size_t len = length(p->scan.at);

    return len > 0 ? take_text(p, len, ret_name) : fail_expected(p, what);
}

static int take_char(struct parser *p, char c, const char *what)
{
    scan_skip(&p->scan);
    if (*p->scan.at != c)
        return fail_expected(p, what);
    p->scan.at++;
    return 0;
}

/* The comment that scan_skip() has just passed. */
static int take_doc(struct parser *p, const char **ret_doc)
{
    const struct scan *scan = &p->scan;
    char *doc;

    if (!scan->comment) {
        *ret_doc = NULL;
        return 0;
    }
    doc = idl_alloc(p->idl, (size_t)(scan->end - scan->comment) + 1);
    if (!doc)
        return -ENOMEM;
    scan_doc(scan->comment, scan->end, doc);
    *ret_doc = doc;
    return 0;
}

static int new_type(struct parser *p, enum idl_kind kind, struct idl_type **ret_type)
{
    struct idl_type *type = idl_alloc(p->idl, sizeof(*type));

    if (!type)
        return -ENOMEM;
    type->kind = kind;
    *ret_type = type;
    return 0;
}

static int parse_type(struct parser *p, const struct idl_type **ret_type);

/* name [":" type]; the first field decides whether the rest are a struct's or an enum's. */
static int parse_field(struct parser *p, struct idl_type *group, struct idl_field *field)
{
    const char *start;
    enum idl_kind kind = IDL_ENUM;
    int r = take_doc(p, &field->doc);

    if (r < 0)
        return r;
    start = p->scan.at;
    r = take_name(p, scan_field_name, "a field name", &field->name);
    if (r < 0)
        return r;
    for (const struct idl_field *other = group->fields; other; other = other->next)
        if (strcmp(other->name, field->name) == 0)
            return fail_at(p, start, "field %.64s is there twice", field->name);
    scan_skip(&p->scan);
    if (*p->scan.at == ':') {
        kind = IDL_STRUCT;
        p->scan.at++;
        scan_skip(&p->scan);
        r = parse_type(p, &field->type);
        if (r < 0)
            return r;
    }
    if (group->fields && kind != group->kind)
        return fail_at(p, start, "either all fields have a type (a structure) or none (an enum)");
    group->kind = kind;
    return 0;
}

/* "(" fields ")": a struct, an enum, or the empty struct. */
static int parse_group(struct parser *p, struct idl_type **ret_type)
{
    struct idl_type *group = NULL;
    struct idl_field **tail;
    int r = take_char(p, '(', "\"(\"");
    int count = 0;

    if (r == 0)
        r = new_type(p, IDL_STRUCT, &group);
    if (r < 0)
        return r;
    tail = &group->fields;
    scan_skip(&p->scan);
    while (*p->scan.at != ')' || group->fields) {
        struct idl_field *field = idl_alloc(p->idl, sizeof(*field));

        if (!field)
            return -ENOMEM;
        if (++count > FIELDS_MAX)
            return fail_at(p, p->scan.at, "more than %d fields", FIELDS_MAX);
        r = parse_field(p, group, field);
        if (r < 0)
            return r;
        *tail = field;
        tail = &field->next;
        scan_skip(&p->scan);
        if (*p->scan.at == ')')
            break;
        r = take_char(p, ',', "\",\" or \")\"");
        if (r < 0)
            return r;
        scan_skip(&p->scan);
    }
    p->scan.at++;
    *ret_type = group;
    return 0;
}

static int parse_reference(struct parser *p, size_t len, struct idl_type **ret_type)
{
    struct reference *reference = idl_alloc(p->idl, sizeof(*reference));
    int r = reference ? new_type(p, IDL_NAME, ret_type) : -ENOMEM;

    if (r < 0)
        return r;
    *reference = (struct reference){*ret_type, p->scan.at, p->references};
    p->references = reference;
    return take_text(p, len, &(*ret_type)->name);
}

/* A built-in type's word or the name of a type. */
static int parse_named(struct parser *p, struct idl_type **ret_type)
{
    static const char *const words[] = {"bool", "int", "float", "string", "object", "any"};
    const char *at = p->scan.at;
    size_t len = scan_word(at);

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (len == strlen(words[i]) && memcmp(at, words[i], len) == 0) {
            p->scan.at += len;
            return new_type(p, IDL_BOOL + (enum idl_kind)i, ret_type);
        }
    }
    if (len == 0 || scan_member_name(at) != len)
        return fail_expected(p, "a type");
    return parse_reference(p, len, ret_type);
}

/* Takes "?", "[]" or "[string]", if one is there. */
static bool take_prefix(struct parser *p, enum idl_kind *ret_kind)
{
    static const struct {
        const char *text;
        enum idl_kind kind;
    } prefixes[] = {{"?", IDL_NULLABLE}, {"[]", IDL_ARRAY}, {"[string]", IDL_MAP}};

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        size_t len = strlen(prefixes[i].text);

        if (strncmp(p->scan.at, prefixes[i].text, len) == 0) {
            p->scan.at += len;
            *ret_kind = prefixes[i].kind;
            return true;
        }
    }
    return false;
}

static int parse_prefixed(struct parser *p, enum idl_kind kind, struct idl_type **ret_type)
{
    int r = new_type(p, kind, ret_type);

    scan_skip(&p->scan);
    if (r == 0 && kind == IDL_NULLABLE && *p->scan.at == '?')
        return fail_expected(p, "a type that is not nullable already");
    return r < 0 ? r : parse_type(p, &(*ret_type)->element);
}

static int parse_type(struct parser *p, const struct idl_type **ret_type)
{
    struct idl_type *type = NULL;
    enum idl_kind kind;
    int r;

    if (++p->depth > DEPTH_MAX)
        return fail_at(p, p->scan.at, "types nested deeper than %d", DEPTH_MAX);
    if (take_prefix(p, &kind))
        r = parse_prefixed(p, kind, &type);
    else if (*p->scan.at == '(')
        r = parse_group(p, &type);
    else
        r = parse_named(p, &type);
    p->depth--;
    if (r < 0)
        return r;
    *ret_type = type;
    return 0;
}

/* The parameters of a method or an error: a struct. */
static int parse_struct(struct parser *p, const struct idl_type **ret_type)
{
    struct idl_type *type;
    const char *start;
    int r;

    scan_skip(&p->scan);
    start = p->scan.at;
    r = parse_group(p, &type);
    if (r < 0)
        return r;
    if (type->kind != IDL_STRUCT)
        return fail_at(p, start, "an enum cannot stand here, only a structure");
    *ret_type = type;
    return 0;
}

static int parse_method(struct parser *p, struct idl_member *member)
{
    int r = parse_struct(p, &member->type);

    if (r < 0)
        return r;
    scan_skip(&p->scan);
    if (strncmp(p->scan.at, "->", 2) != 0)
        return fail_expected(p, "\"->\"");
    p->scan.at += 2;
    return parse_struct(p, &member->output);
}

static int parse_alias(struct parser *p, struct idl_member *member)
{
    struct idl_type *type;
    int r = parse_group(p, &type);

    if (r == 0)
        member->type = type;
    return r;
}

static int parse_error(struct parser *p, struct idl_member *member)
{
    return parse_struct(p, &member->type);
}

/* Keyword, blank, name; the name is not taken yet by another member. */
static int parse_member_name(struct parser *p, struct idl_member *member)
{
    const char *start;
    int r;

    start = p->scan.at;
    scan_skip(&p->scan);
    if (p->scan.at == start)
        return fail_expected(p, "a blank");
    start = p->scan.at;
    r = take_name(p, scan_member_name, "a name that starts with a capital letter", &member->name);
    if (r < 0)
        return r;
    for (const struct idl_member *m = p->idl->members; m; m = m->next)
        if (strcmp(m->name, member->name) == 0)
            return fail_at(p, start, "%.64s is there twice", member->name);
    return 0;
}

static int parse_member(struct parser *p, struct idl_member *member)
{
    static const struct {
        const char *word;
        enum idl_member_kind kind;
        int (*parse)(struct parser *p, struct idl_member *member);
    } keywords[] = {{"type", IDL_TYPE, parse_alias},
                    {"method", IDL_METHOD, parse_method},
                    {"error", IDL_ERROR, parse_error}};
    size_t len = scan_word(p->scan.at);
    int r = take_doc(p, &member->doc);

    if (r < 0)
        return r;
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
        if (len != strlen(keywords[i].word) || memcmp(p->scan.at, keywords[i].word, len) != 0)
            continue;
        p->scan.at += len;
        member->kind = keywords[i].kind;
        r = parse_member_name(p, member);
        return r < 0 ? r : keywords[i].parse(p, member);
    }
    return fail_expected(p, "\"type\", \"method\" or \"error\"");
}

/* Each member starts on a line of its own. */
static int parse_members(struct parser *p)
{
    struct idl_member **tail = &p->idl->members;
    int count = 0;

    for (;;) {
        struct idl_member *member;
        int r;

        scan_skip(&p->scan);
        if (!*p->scan.at && count > 0)
            return 0;
        if (!p->scan.line_break)
            return fail_expected(p, "a new line");
        if (++count > MEMBERS_MAX)
            return fail_at(p, p->scan.at, "more than %d members", MEMBERS_MAX);
        member = idl_alloc(p->idl, sizeof(*member));
        r = member ? parse_member(p, member) : -ENOMEM;
        if (r < 0)
            return r;
        *tail = member;
        tail = &member->next;
    }
}

static int parse_interface(struct parser *p)
{
    const char *const word = "interface";
    const char *start;
    int r;

    scan_skip(&p->scan);
    r = take_doc(p, &p->idl->doc);
    if (r < 0)
        return r;
    if (scan_word(p->scan.at) != strlen(word) || strncmp(p->scan.at, word, strlen(word)) != 0)
        return fail_expected(p, "\"interface\"");
    start = p->scan.at += strlen(word);
    scan_skip(&p->scan);
    if (p->scan.at == start)
        return fail_expected(p, "a blank");
    r = take_name(p, scan_interface_name, "an interface name such as org.example.ftl",
                  &p->idl->name);
    return r < 0 ? r : parse_members(p);
}

static int resolve_names(struct parser *p)
{
    for (const struct reference *ref = p->references; ref; ref = ref->next) {
        const struct idl_member *member = idl_find(p->idl, IDL_TYPE, ref->type->name);

        if (!member)
            return fail_at(p, ref->place, "no type is called %.64s", ref->type->name);
        ref->type->target = member->type;
    }
    return 0;
}

int idl_parse(const char *text, struct idl **ret_idl, struct idl_error *ret_error)
{
    AUTO(idl_freep) struct idl *idl = calloc(1, sizeof(*idl));
    json_auto_t *utf8 = json_string(text);
    struct idl_error error = {};
    struct parser p = {.idl = idl, .error = &error, .scan = {.text = text, .at = text}};
    size_t size = strlen(text) + 1;
    char *copy;
    int r;

    copy = idl ? idl_alloc(idl, size) : NULL;
    if (!copy)
        return -ENOMEM;
    idl->text = memcpy(copy, text, size);
    r = utf8 ? parse_interface(&p) : fail_at(&p, text, "not UTF-8");
    if (r == 0)
        r = resolve_names(&p);
    if (r == 0)
        *ret_idl = STEAL(idl);
    else
        *ret_error = error;
    return r;
}

const struct idl_member *idl_find(const struct idl *idl, enum idl_member_kind kind,
                                  const char *name)
{
    for (const struct idl_member *m = idl->members; m; m = m->next)
        if (m->kind == kind && strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

bool idl_is_interface_name(const char *text)
{
    size_t len = scan_interface_name(text);

    return len > 0 && text[len] == '\0';
}
