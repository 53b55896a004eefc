/*
 * Parts of replies about nodes, written straight into the reply (wire/writer.h) by the types of
 * the interface file: these are the replies that are asked for all day. `key` is the member that
 * is written, NULL for an array's item.
 */
#ifndef GOALD_METHODS_DESCRIBE_H
#define GOALD_METHODS_DESCRIBE_H

#include "core/rules.h"
#include "methods/request.h"
#include "wire/writer.h"

/* A number rounded to two decimals, null if unknown. */
void describe_number(struct writer *writer, const char *key, double value);
/* What somebody gave to be reckoned with (weight, baseline, value), to six decimals; null for none.
 */
void describe_given(struct writer *writer, const char *key, double value);
/* A date as it was written, or null. */
void describe_date(struct writer *writer, const char *key, struct date date);
/* A day, null for DAY_NONE. */
void describe_day(struct writer *writer, const char *key, int32_t day);
/* A span as ISO 8601 writes it, or null. */
void describe_span(struct writer *writer, const char *key, struct span span);
/* Words as an array, empty for none. */
void describe_words(struct writer *writer, const char *key, const struct words *words);
/* The word of an enumeration's value, null for 0 (none). */
void describe_word(struct writer *writer, const char *key, const char *const *names, int value);
/* A count, null for 0. */
void describe_count(struct writer *writer, const char *key, int64_t count);

void describe_title(struct writer *writer, const char *key, const struct request *request,
                    const struct texts *texts);
/* The members that say where a node stands: progress, coverage, work, done, schedule, state. */
void describe_standing(struct writer *writer, const struct result *result);
/* Evidence, staleness and forecast. */
void describe_outlook(struct writer *writer, const struct result *result);
/* What an answer stands on: entry, day, what was known, the rules' version, the last contact. */
void describe_ground(struct writer *writer, const struct request *request);
void describe_closing(struct writer *writer, const char *key, const struct closing *closing);
/* Who holds a role on the node: those of that role only, or all (role < 0); those whose term
 * holds today, or all. */
void describe_holders(struct writer *writer, const char *key, const struct request *request,
                      int role, bool current);
void describe_groups(struct writer *writer, const char *key, const struct request *request);
/* The request's node as a line of a list; `weight`: as a part, NAN for none. */
void describe_line(struct writer *writer, const char *key, const struct request *request,
                   double weight);
/* The same with what else it is to carry. */
void describe_line_with(struct writer *writer, const char *key, const struct request *request,
                        double weight, unsigned fields);

/* What a line carries only if it is asked for, as bits by value; describe_fields.c. */
enum line_field {
    FIELD_STAGE,
    FIELD_PRIORITY,
    FIELD_PERCENT,
    FIELD_SECTORS,
    FIELD_GROUPS,
    FIELD_HOLDERS,
    FIELD_LINKS,
    FIELD_RELATIONS,
    FIELD_SERVES,
    FIELD_NOTE,
    FIELD_REVIEWED,
};
extern const char *const line_field_names[]; /* NULL-terminated */
void describe_fields(struct writer *writer, const struct request *request, unsigned fields);
/* What the node serves beside its parent, or what serves it so, by code. */
void describe_contributions(struct writer *writer, const char *key, const struct node *node,
                            bool incoming);

/* The key of an organisation, person or group; "" for what is not there. */
const char *describe_holder_key(const struct request *request, enum holder holder, int64_t id);
/* Its name; of a person whose name is not known the key. */
const char *describe_holder_name(const struct request *request, enum holder holder, int64_t id);
/* What a holder brings: the members amount, currency and note. */
void describe_share(struct writer *writer, const struct share *share);
/* A document or page, and all those of the request's node. */
void describe_link(struct writer *writer, const char *key, const struct request *request,
                   const struct link *link);
void describe_links(struct writer *writer, const char *key, const struct request *request);

/* What the node says of others; of those that are gone, or not the caller's to read, nothing. */
void describe_relations(struct writer *writer, const char *key, const struct request *request);
/* The last of the reviews, or null. */
void describe_review(struct writer *writer, const char *key, const struct request *request,
                     const struct reviews *reviews);

#endif
