/*
 * The values that the certification sends and wants back, and the comparison of two values.
 */
#ifndef VALUES_H
#define VALUES_H

#include <jansson.h>
#include <stdbool.h>

#include "wire/util.h"

enum { TEST_FIRST = 1, TEST_LAST = 11, REPLIES_OF_TEST10 = 10 };

/* The parameters that test `number` wants, without the client id: a new reference, NULL without
 * memory. They are what the test before it replied; Test11's are Test10's strings. */
json_t *values_wanted(int number);

/* What test `number` replies (the parameters that the next one wants), not for 10 and 11. */
json_t *values_reply(int number);

/* Are they the same value? 1 and 1.0 are, absent fields and null ones, and floats that differ by
 * less than what 15 digits can tell. */
bool values_are_same(const json_t *wants, const json_t *got);

#endif
