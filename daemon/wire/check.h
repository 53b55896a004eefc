/*
 * Holds JSON values against the types of an interface. Owns nothing.
 */
#ifndef GOALD_WIRE_CHECK_H
#define GOALD_WIRE_CHECK_H

#include <jansson.h>

#include "wire/idl.h"

/* Long paths are cut, at a character's end. */
enum { CHECK_PATH_SIZE = 256 };

/*
 * Is `object` what the struct type says? Fields that it does not have, missing ones and ones of
 * another type are -EINVAL, with the path of the first in ret_path: "evidence[2]", "work.total".
 * Integers are JSON numbers without fraction and exponent; floats any number; nullable fields may
 * be absent or null. Strings with a NUL in them are refused, since C would cut them there.
 */
int check_object(const struct idl_type *type, const json_t *object,
                 char ret_path[CHECK_PATH_SIZE]) MUST_CHECK;

#endif
