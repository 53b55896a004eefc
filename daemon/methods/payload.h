/*
 * The members of the journal's payloads, as imports and edits write them, and the keys that rows
 * without a name of their own are known by. Whatever is equal is written alike.
 */
#ifndef GOALD_METHODS_PAYLOAD_H
#define GOALD_METHODS_PAYLOAD_H

#include <jansson.h>
#include <stdint.h>

#include "wire/util.h"

/* Puts a field into a payload, under another name, unless it is absent. */
int payload_take(json_t *payload, const char *column, const json_t *value) MUST_CHECK;
/* The same of a list, which may be empty. */
int payload_list(json_t *payload, const char *column, const json_t *value) MUST_CHECK;
int payload_number(json_t *payload, const char *column, const json_t *value) MUST_CHECK;
/* Absent is false. */
int payload_bool(json_t *payload, const char *column, const json_t *value) MUST_CHECK;
int payload_texts(json_t *payload, const char *column, const json_t *value) MUST_CHECK;
int payload_id(json_t *payload, const char *column, int64_t id) MUST_CHECK;
/* A span, P18M as P1Y6M: as its text, and as the document has it. */
int payload_span_text(json_t *payload, const char *column, const char *text) MUST_CHECK;
int payload_span(json_t *payload, const char *column, const json_t *value) MUST_CHECK;
/* The same fields of the record, each under its own name. */
int payload_fields(json_t *payload, const json_t *record, const char *const *names) MUST_CHECK;
int payload_word(json_t *payload, const char *column, const char *word) MUST_CHECK;
/* A key that may be of any length: what is longer than an index takes is told by its digest. */
int key_format(char **ret_key, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

#endif
