/*
 * The checker: recursive over type and value. The path to the value at hand is a list on the
 * stack, written out only when something is wrong.
 */
#include "wire/check.h"

#include <errno.h>
#include <string.h>

struct place {
    const struct place *parent;
    const char *key; /* of an object; NULL: `index` of an array */
    size_t index;
};

/* Returns the length written; what does not fit is cut off. */
static size_t write_path(const struct place *place, char *path)
{
    size_t len = place && place->parent ? write_path(place->parent, path) : 0;
    size_t room = CHECK_PATH_SIZE - len;
    int n = 0;

    if (place && place->key)
        n = snprintf(path + len, room, "%s%s", len > 0 ? "." : "", place->key);
    else if (place)
        n = snprintf(path + len, room, "[%zu]", place->index);
    return (size_t)n < room ? len + (size_t)n : CHECK_PATH_SIZE - 1;
}

static int refuse(const struct place *place, char *path)
{
    size_t len = write_path(place, path);

    if (len == CHECK_PATH_SIZE - 1) { /* the last character may be half a one: without it */
        while (len > 0 && (path[len - 1] & 0xc0) == 0x80)
            len--;
        if (len > 0 && (path[len - 1] & 0xc0) == 0xc0)
            len--;
        path[len] = '\0';
    }
    return -EINVAL;
}

static int check_value(const struct idl_type *type, const json_t *value, const struct place *place,
                       char *path);

static int check_string(const json_t *value, const struct place *place, char *path)
{
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return refuse(place, path);
    return 0;
}

/* A foreign value: anything, but its strings are strings of ours too. */
static int check_foreign(json_t *value, const struct place *place, char *path)
{
    const char *key;
    json_t *item;
    size_t i;
    int r = 0;

    if (json_is_string(value))
        return check_string(value, place, path);
    json_object_foreach (value, key, item) {
        r = check_foreign(item, &(struct place){place, key, 0}, path);
        if (r < 0)
            return r;
    }
    json_array_foreach (value, i, item) {
        r = check_foreign(item, &(struct place){place, NULL, i}, path);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_enum(const struct idl_type *type, const json_t *value, const struct place *place,
                      char *path)
{
    if (check_string(value, place, path) < 0)
        return -EINVAL;
    for (const struct idl_field *field = type->fields; field; field = field->next)
        if (strcmp(field->name, json_string_value(value)) == 0)
            return 0;
    return refuse(place, path);
}

static int check_array(const struct idl_type *type, const json_t *value, const struct place *place,
                       char *path)
{
    size_t i;
    json_t *item;

    if (!json_is_array(value))
        return refuse(place, path);
    json_array_foreach (value, i, item)
        if (check_value(type->element, item, &(struct place){place, NULL, i}, path) < 0)
            return -EINVAL;
    return 0;
}

static int check_map(const struct idl_type *type, json_t *value, const struct place *place,
                     char *path)
{
    const char *key;
    json_t *item;

    if (!json_is_object(value))
        return refuse(place, path);
    json_object_foreach (value, key, item)
        if (check_value(type->element, item, &(struct place){place, key, 0}, path) < 0)
            return -EINVAL;
    return 0;
}

static bool has_field(const struct idl_type *type, const char *name)
{
    for (const struct idl_field *field = type->fields; field; field = field->next)
        if (strcmp(field->name, name) == 0)
            return true;
    return false;
}

/* A field that the struct does not have is more telling than what else is wrong: it may be the
 * missing one, misspelt. */
static int refuse_unknown(const struct idl_type *type, json_t *value, const struct place *place,
                          char *path)
{
    const char *key;
    json_t *item;

    json_object_foreach (value, key, item)
        if (!has_field(type, key))
            return refuse(&(struct place){place, key, 0}, path);
    return -EINVAL;
}

static int check_struct(const struct idl_type *type, json_t *value, const struct place *place,
                        char *path)
{
    size_t known = 0;

    if (!json_is_object(value))
        return refuse(place, path);
    for (const struct idl_field *field = type->fields; field; field = field->next) {
        const json_t *item = json_object_get(value, field->name);

        known += item != NULL;
        if (check_value(field->type, item, &(struct place){place, field->name, 0}, path) < 0)
            return refuse_unknown(type, value, place, path);
    }
    return known == json_object_size(value) ? 0 : refuse_unknown(type, value, place, path);
}

/* `value` is NULL where a field is absent. */
static int check_value(const struct idl_type *type, const json_t *value, const struct place *place,
                       char *path)
{
    json_t *container = (json_t *)value; /* only read: jansson's iterators want it so */

    type = idl_resolve(type);
    if (type->kind == IDL_NULLABLE)
        return !value || json_is_null(value) ? 0 : check_value(type->element, value, place, path);
    if (!value || json_is_null(value))
        return refuse(place, path);
    switch (type->kind) {
    case IDL_BOOL:
        return json_is_boolean(value) ? 0 : refuse(place, path);
    case IDL_INT:
        return json_is_integer(value) ? 0 : refuse(place, path);
    case IDL_FLOAT:
        return json_is_number(value) ? 0 : refuse(place, path);
    case IDL_STRING:
        return check_string(value, place, path);
    case IDL_OBJECT:
        return json_is_object(value) ? check_foreign(container, place, path) : refuse(place, path);
    case IDL_ANY:
        return check_foreign(container, place, path);
    case IDL_STRUCT:
        return check_struct(type, container, place, path);
    case IDL_ENUM:
        return check_enum(type, value, place, path);
    case IDL_ARRAY:
        return check_array(type, value, place, path);
    case IDL_MAP:
        return check_map(type, container, place, path);
    case IDL_NAME:
    case IDL_NULLABLE:
        break; /* resolved above */
    }
    return refuse(place, path);
}

int check_object(const struct idl_type *type, const json_t *object, char ret_path[CHECK_PATH_SIZE])
{
    char path[CHECK_PATH_SIZE] = "";
    int r = check_struct(type, (json_t *)object, NULL, path);

    if (r < 0)
        memcpy(ret_path, path, sizeof(path));
    return r;
}
