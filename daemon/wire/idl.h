/*
 * Interface descriptions: the parser of UAPI.20's grammar and what it finds. A parsed interface is
 * immutable and owns everything reachable from it, its text included; idl_free() frees it all.
 */
#ifndef GOALD_WIRE_IDL_H
#define GOALD_WIRE_IDL_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

enum idl_kind {
    IDL_BOOL,
    IDL_INT,
    IDL_FLOAT,
    IDL_STRING,
    IDL_OBJECT,
    IDL_ANY,
    IDL_STRUCT, /* fields with types */
    IDL_ENUM,   /* fields without */
    IDL_NAME,   /* `target` is the struct or enum of that name */
    IDL_ARRAY,  /* of `element`, as the next two */
    IDL_MAP,
    IDL_NULLABLE,
};

struct idl_type {
    enum idl_kind kind;
    struct idl_field *fields;
    const struct idl_type *element, *target;
    const char *name; /* of IDL_NAME */
};

struct idl_field {
    const char *name, *doc;      /* doc: the comment before it, or NULL */
    const struct idl_type *type; /* NULL in an enum */
    struct idl_field *next;
};

enum idl_member_kind { IDL_TYPE, IDL_METHOD, IDL_ERROR };

struct idl_member {
    enum idl_member_kind kind;
    const char *name, *doc;
    const struct idl_type *type;   /* a type's, an error's parameters, a method's input */
    const struct idl_type *output; /* of a method */
    struct idl_member *next;       /* in the order of the text */
};

struct idl {
    const char *name, *doc;
    const char *text; /* as it was given */
    struct idl_member *members;
    struct idl_block *blocks; /* the memory of all of it */
};

struct idl_error {
    int line, column; /* from 1; a column is a character */
    char message[128];
};

/* -EINVAL tells what is wrong through ret_error; -ENOMEM. */
int idl_parse(const char *text, struct idl **ret_idl, struct idl_error *ret_error) MUST_CHECK;
void idl_free(struct idl *idl);
static inline void idl_freep(struct idl **idl)
{
    idl_free(*idl);
}

/* The member of that kind and (unqualified) name, or NULL. */
const struct idl_member *idl_find(const struct idl *idl, enum idl_member_kind kind,
                                  const char *name);

/* Is `text` a name such as org.example.ftl? */
bool idl_is_interface_name(const char *text);

/* A name's struct or enum; any other type is its own. */
static inline const struct idl_type *idl_resolve(const struct idl_type *type)
{
    return type->kind == IDL_NAME ? type->target : type;
}

#endif
