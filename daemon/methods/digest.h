/*
 * What the files about digests share: what is asked of the database for a claim, which entries of a
 * journal a subscriber is told, and the mail that is made of them.
 */
#ifndef GOALD_METHODS_DIGEST_H
#define GOALD_METHODS_DIGEST_H

#include <libpq-fe.h>
#include <uthash.h>

#include "db/pg.h"
#include "db/token.h"
#include "methods/entry.h"
#include "methods/topic.h"

/* --- claiming (digest_claim.c) --- */

/* The columns of a claimed mail. */
enum {
    CLAIM_ID,
    CLAIM_ASKS, /* is it the mail that asks to confirm? */
    CLAIM_ADDRESS,
    CLAIM_LANGUAGE,
    CLAIM_FREQUENCY,
    CLAIM_PERSON,
    CLAIM_LETTER,
    CLAIM_TOLD,
    CLAIM_TOPICS,
    CLAIM_WINDOWS, /* [[strategy, after, up to], …] */
    CLAIM_EXPIRES,
    CLAIM_AGAIN,
};

/* What a run may claim. */
struct digest_claim {
    char run[UUID_TEXT_SIZE];
    int64_t at_us; /* the run's time */
    int64_t after; /* subscribers up to this id were looked at */
    size_t limit;
    bool trial;
};

/* Queues what comes before a run's first claim: tokens whose time was up long ago go, and whoever
 * did not confirm; mails are given up that run after run did not come back with. */
void digest_prune(struct pg *pg, int64_t at_us);

/* Queues the claim: its result has ids and whether each is `again`, in that order; then
 * digest_claim_read() is queued with it. Of a trial the result is the mails themselves. Only what
 * this daemon's trees have is told: 0 or -ENOMEM. */
int digest_claim_send(struct pg *pg, struct store *store,
                      const struct digest_claim *claim) MUST_CHECK;
int digest_claim_read(struct pg *pg, const struct digest_claim *claim,
                      const PGresult *claimed) MUST_CHECK;

/* Queues the token of a mail, in hexadecimal as digested: a row comes back unless its subscriber is
 * forgotten, or was taken over, meanwhile. */
void digest_put_token(struct pg *pg, const struct digest_claim *claim, int64_t subscriber,
                      const char *hex, bool asks);

/* Queues the settling of a mail; the one value is settle_digest()'s. `at_us` 0: the database's
 * time. */
void digest_settle(struct pg *pg, const char *run, const char *letter, bool sent,
                   const char *reason, int64_t at_us);

/* --- what is told (digest_entry.c) --- */

#define DIGEST_PAGE 200 /* entries that are read at once */

/* A node that is not in the tree any more, where it was at last. */
struct gone_node {
    int64_t id, parent_id;
    char *code;               /* owned */
    json_t *titles, *sectors; /* owned, or NULL */
    UT_hash_handle by_id;
};

/* Queues the nodes of a strategy that went after an entry; and entries between two, the newest
 * first, an update that waited for a manager where it was accepted. */
void digest_send_gone(struct pg *pg, int32_t strategy_id, int64_t after);
void digest_send_page(struct pg *pg, int32_t strategy_id, int64_t after, int64_t before);

int gone_read(const PGresult *result, struct gone_node **ret_gone) MUST_CHECK;
void gone_done(struct gone_node **gone);

/* Is the entry told to who has these topics? The request is open on the journal's strategy. */
bool digest_tells(const struct request *request, const struct gone_node *gone,
                  const struct topics *topics, const struct entry_row *entry);

/* As the interface's DigestEntry; NULL: there is no memory. */
json_t *digest_entry(const struct request *request, const struct gone_node *gone,
                     const struct entry_row *entry);

/* What it says, piece by piece, as the interface's DigestFacts (digest_facts.c); NULL as above. */
json_t *digest_facts(const struct request *request, const struct entry_row *entry);

/* --- a mail (digest_mail.c) --- */

/* One that was claimed, while it is made. */
struct digest_mail {
    const PGresult *claimed; /* its row; the stream's */
    int row;
    int64_t id, person;
    bool asks; /* it asks to confirm */
    struct topics topics;
    json_t *windows;
    size_t window; /* how many journals were turned to */
    int32_t strategy_id;
    int64_t after, before; /* entries still to be read of the one at hand */
    struct gone_node *gone;
    json_t *entries; /* the newest first, a strategy before the one before it */
    size_t first;    /* how many of the strategy at hand */
    size_t most;     /* of that one, so that each has its share */
    size_t omitted;
    char token[TOKEN_TEXT_SIZE], hex[2 * HASH_SIZE + 1]; /* "": of a dry run */
};

int digest_mail_begin(struct digest_mail *mail, const PGresult *claimed, int row) MUST_CHECK;
void digest_mail_done(struct digest_mail *mail);

/* Opens the call as the subscriber sees the strategy (0: none). -ENOTCONN: it is not there at the
 * moment. */
int digest_mail_open(const struct digest_mail *mail, struct call *call, int32_t strategy_id,
                     struct request *ret_request) MUST_CHECK;

/* Turns to the next journal that the subscriber may read: 1; there is none: 0. Of one that they may
 * not read it is as if nothing had happened there. -ENOTCONN as above. */
int digest_mail_turn(struct digest_mail *mail, struct call *call) MUST_CHECK;

/* Adds an entry of that journal, if it is to be told; they come the newest first. */
int digest_mail_add(struct digest_mail *mail, const struct request *request,
                    const struct entry_row *entry) MUST_CHECK;

/* As the interface's reply; NULL: there is no memory, or the registry is not there. */
json_t *digest_mail_describe(const struct digest_mail *mail, struct call *call);

#endif
