/*
 * Fuzz target: an interface file, as the parser and what works with its result take it. What is
 * accepted has members that can be found, types that can be walked, and is the same interface when
 * it is parsed again.
 */
#include <stdint.h>
#include <string.h>

#include "wire/check.h"
#include "wire/idl.h"

#define DEPTH_MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static json_t *value_of(const struct idl_type *type, int depth);

static json_t *struct_value(const struct idl_type *type, int depth)
{
    json_t *object = json_object();

    for (const struct idl_field *field = type->fields; field; field = field->next) {
        const struct idl_type *of = field->type;

        must(of && field->name[0]);
        if (of->kind != IDL_NULLABLE || depth < 3)
            must(json_object_set_new(object, field->name, value_of(of, depth + 1)) == 0);
    }
    return object;
}

/* A value of the type, the shortest where it may be short; NULL for a type that holds itself. */
static json_t *value_of(const struct idl_type *type, int depth)
{
    type = idl_resolve(type);
    if (depth > DEPTH_MAX)
        return NULL;
    switch (type->kind) {
    case IDL_BOOL:
        return json_true();
    case IDL_INT:
        return json_integer(-1);
    case IDL_FLOAT:
        return json_real(0.5);
    case IDL_STRING:
        return json_string("å");
    case IDL_OBJECT:
    case IDL_ANY:
    case IDL_MAP:
        return json_object();
    case IDL_STRUCT:
        return struct_value(type, depth);
    case IDL_ENUM:
        must(type->fields && !type->fields->type);
        return json_string(type->fields->name);
    case IDL_ARRAY:
        return json_array();
    case IDL_NULLABLE:
        return json_null();
    case IDL_NAME:
        abort(); /* it was resolved */
    }
    abort();
}

/* Does a value of the struct end? Not if it holds itself by fields that must be there. */
static bool is_finite(const struct idl_type *type, int depth)
{
    type = idl_resolve(type);
    if (type->kind != IDL_STRUCT)
        return true;
    for (const struct idl_field *field = type->fields; field; field = field->next)
        if (depth > 20 || !is_finite(field->type, depth + 1))
            return false;
    return true;
}

/* Anything at all of a type can be held against it. */
static void check_type(const struct idl_type *type)
{
    json_auto_t *empty = json_object();
    json_auto_t *value = NULL;
    char path[CHECK_PATH_SIZE] = "";

    if (idl_resolve(type)->kind != IDL_STRUCT)
        return;
    if (check_object(type, empty, path) < 0)
        must(path[0] && strlen(path) < sizeof(path));
    if (!is_finite(type, 0))
        return;
    value = struct_value(idl_resolve(type), 0);
    must(check_object(type, value, path) == 0);
    json_object_set_new(value, "noSuchField", json_true());
    must(check_object(type, value, path) < 0);
}

static void check_interface(const struct idl *idl)
{
    must(idl_is_interface_name(idl->name));
    must(idl->members);
    for (const struct idl_member *m = idl->members; m; m = m->next) {
        must(idl_find(idl, m->kind, m->name) == m);
        must((m->output != NULL) == (m->kind == IDL_METHOD));
        check_type(m->type);
        if (m->output)
            check_type(m->output);
    }
}

static void check_same(const struct idl *a, const struct idl *b)
{
    const struct idl_member *m = a->members, *n = b->members;

    must(strcmp(a->name, b->name) == 0);
    for (; m && n; m = m->next, n = n->next)
        must(m->kind == n->kind && strcmp(m->name, n->name) == 0);
    must(!m && !n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    AUTO(free_ptr) char *text = malloc(len + 1);
    AUTO(idl_freep) struct idl *idl = NULL;
    AUTO(idl_freep) struct idl *again = NULL;
    struct idl_error error = {0};

    must(text != NULL);
    if (len)
        memcpy(text, bytes, len);
    text[len] = '\0';
    if (idl_parse(text, &idl, &error) < 0) {
        must(!idl && error.line > 0 && error.column > 0 && error.message[0]);
        return 0;
    }
    must(strcmp(idl->text, text) == 0);
    check_interface(idl);
    must(idl_parse(idl->text, &again, &error) == 0);
    check_same(idl, again);
    return 0;
}
