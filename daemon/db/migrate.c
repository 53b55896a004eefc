/*
 * Brings a database's schema up to date; see migrate.h. The work is a script of steps, each round
 * of which is one transaction under an advisory lock: look what is applied, apply the next
 * migration, record it. A `struct migrate` owns the script.
 */
#include "db/migrate.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "db/script.h"
#include "log.h"

#define CONNECT_TIMEOUT_MS 10000
#define STEP_TIMEOUT_MS 1800000 /* a migration may rewrite a large table */
#define DIGEST_TEXT_SIZE 65

/* The lock's number is "goald" in ASCII; every goald on the database takes the same. */
#define TAKE_LOCK "SELECT pg_advisory_xact_lock(444250287204);"

/* TABLE once; then LOOK, APPLY, RECORD, COMMIT for each that is missing; then LOOK and the rest. */
enum phase {
    PHASE_TABLE,
    PHASE_LOOK,
    PHASE_APPLY,
    PHASE_RECORD,
    PHASE_COMMIT,
    PHASE_FIND_GRANT,
    PHASE_GRANT,
    PHASE_FINISH,
    PHASE_END,
};

struct migrate {
    struct script *script;
    char *daemon_role;
    void (*done)(void *arg, int error, const char *message);
    void *arg;
    enum phase phase;
    const struct migration *at; /* the next to apply; number 0: none is left */
    int applied;                /* rows looked at in this round */
    bool can_grant;
    char message[768], complained[512];
};

int migrate_newest(void)
{
    int newest = 0;

    for (const struct migration *m = migrations; m->number > 0; m++)
        newest = m->number;
    return newest;
}

static bool make_digest(const char *text, char digest[DIGEST_TEXT_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (!EVP_Digest(text, strlen(text), hash, &len, EVP_sha256(), NULL))
        return false;
    for (unsigned int i = 0; i < len && 2 * i + 2 < DIGEST_TEXT_SIZE; i++)
        snprintf(digest + 2 * i, 3, "%02x", hash[i]);
    return true;
}

/* One row of goald.migration, in order: it must be the migration that we have at that place. */
static int check_applied(struct migrate *migrate, const PGresult *result, int row)
{
    const struct migration *ours = migrate->at;
    const char *name = PQgetvalue(result, row, 1);
    int number = atoi(PQgetvalue(result, row, 0));
    char digest[DIGEST_TEXT_SIZE] = "";

    if (ours->number == 0 || number > migrate_newest()) {
        snprintf(migrate->message, sizeof(migrate->message),
                 "the database's schema is at %s, this goald knows %04d: start a newer goald",
                 PQgetvalue(result, PQntuples(result) - 1, 1), migrate_newest());
        return -EPROTO;
    }
    if (!make_digest(ours->sql, digest))
        return -ENOMEM;
    if (number != ours->number || strcmp(PQgetvalue(result, row, 2), digest) != 0) {
        snprintf(migrate->message, sizeof(migrate->message),
                 "the database was made with another text of migration %s than this goald's %s: "
                 "start the goald that made it, or a newer release",
                 name, ours->name);
        return -EPROTO;
    }
    migrate->at++;
    return 0;
}

static int check_all_applied(struct migrate *migrate, const PGresult *result)
{
    int r = 0;

    for (int row = 0; row < PQntuples(result) && r == 0; row++)
        r = check_applied(migrate, result, row);
    return r;
}

static int on_result(void *arg, const PGresult *result)
{
    struct migrate *migrate = arg;

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return 0;
    if (migrate->phase == PHASE_LOOK && PQnfields(result) == 3)
        return check_all_applied(migrate, result);
    if (migrate->phase == PHASE_FIND_GRANT && PQnfields(result) == 2)
        migrate->can_grant = PQntuples(result) > 0;
    return 0;
}

/* What follows a phase that went well. */
static enum phase phase_after(const struct migrate *migrate)
{
    switch (migrate->phase) {
    case PHASE_TABLE:
        return PHASE_LOOK;
    case PHASE_LOOK:
        return migrate->at->number > 0 ? PHASE_APPLY : PHASE_FIND_GRANT;
    case PHASE_APPLY:
        return PHASE_RECORD;
    case PHASE_RECORD:
        return PHASE_COMMIT;
    case PHASE_COMMIT:
        return PHASE_LOOK;
    case PHASE_FIND_GRANT:
        return migrate->can_grant ? PHASE_GRANT : PHASE_FINISH;
    case PHASE_GRANT:
        return PHASE_FINISH;
    case PHASE_FINISH:
    case PHASE_END:
        break;
    }
    return PHASE_END;
}

static int record_step(struct migrate *migrate, struct script_step *ret_step)
{
    static char number[16], digest[DIGEST_TEXT_SIZE];
    static const char *params[] = {number, NULL, digest};

    if (!script_in_transaction(migrate->script)) {
        snprintf(migrate->message, sizeof(migrate->message),
                 "migration %s ended its transaction itself", migrate->at->name);
        return -EPROTO;
    }
    if (!make_digest(migrate->at->sql, digest))
        return -ENOMEM;
    snprintf(number, sizeof(number), "%d", migrate->at->number);
    params[1] = migrate->at->name;
    *ret_step = (struct script_step){
        "INSERT INTO goald.migration (number, name, digest) VALUES ($1, $2, $3)", 3, params};
    return 1;
}

static int step_of(struct migrate *migrate, struct script_step *ret_step)
{
    static const char *params[1];

    switch (migrate->phase) {
    case PHASE_TABLE:
        ret_step->sql = "BEGIN;" TAKE_LOCK "SET LOCAL client_min_messages = warning;"
                        "CREATE SCHEMA IF NOT EXISTS goald;"
                        "CREATE TABLE IF NOT EXISTS goald.migration (number integer PRIMARY KEY,"
                        " name text NOT NULL, digest text NOT NULL,"
                        " applied timestamptz NOT NULL DEFAULT now());"
                        "COMMIT";
        return 1;
    case PHASE_LOOK:
        migrate->at = migrations;
        ret_step->sql = "BEGIN;" TAKE_LOCK "SET LOCAL search_path = goald;"
                        "SELECT number, name, digest FROM goald.migration ORDER BY number";
        return 1;
    case PHASE_APPLY:
        log_notice("database: applying migration %s", migrate->at->name);
        ret_step->sql = migrate->at->sql;
        return 1;
    case PHASE_RECORD:
        return record_step(migrate, ret_step);
    case PHASE_COMMIT:
    case PHASE_FINISH:
        ret_step->sql = "COMMIT";
        return 1;
    case PHASE_FIND_GRANT: /* under the lock still */
        ret_step->sql = "SELECT p.oid, n.oid FROM pg_proc p JOIN pg_namespace n"
                        " ON n.oid = p.pronamespace"
                        " WHERE n.nspname = 'goald' AND p.proname = 'grant_daemon'";
        return 1;
    case PHASE_GRANT:
        params[0] = migrate->daemon_role;
        *ret_step = (struct script_step){"SELECT goald.grant_daemon($1)", 1, params};
        return 1;
    case PHASE_END:
        break;
    }
    return 0;
}

static int on_next(void *arg, bool first, struct script_step *ret_step)
{
    struct migrate *migrate = arg;

    migrate->phase = first ? PHASE_TABLE : phase_after(migrate);
    return step_of(migrate, ret_step);
}

static void on_unreachable(void *arg, const char *message)
{
    struct migrate *migrate = arg;

    if (strcmp(migrate->complained, message) == 0)
        return;
    snprintf(migrate->complained, sizeof(migrate->complained), "%s", message);
    log_warning("database (owner): %s", message);
}

static void on_done(void *arg, int error, const char *message)
{
    struct migrate *migrate = arg;

    if (error == -EIO && (migrate->phase == PHASE_APPLY || migrate->phase == PHASE_RECORD))
        snprintf(migrate->message, sizeof(migrate->message), "migration %s: %s", migrate->at->name,
                 message);
    else if (error == -EIO)
        snprintf(migrate->message, sizeof(migrate->message), "migrating the database: %s", message);
    else if (error < 0 && !migrate->message[0])
        snprintf(migrate->message, sizeof(migrate->message), "migrating the database: %s",
                 strerror(-error));
    migrate->done(migrate->arg, error, migrate->message);
}

int migrate_start(struct event_base *base, const char *owner_conninfo, const char *daemon_role,
                  void (*done)(void *arg, int error, const char *message), void *arg,
                  struct migrate **ret_migrate)
{
    static const struct script_calls calls = {on_next, on_result, on_unreachable, on_done};
    const struct script_options options = {.conninfo = owner_conninfo,
                                           .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                           .step_timeout_ms = STEP_TIMEOUT_MS,
                                           .retry_first_ms = 50,
                                           .retry_most_ms = 5000};
    struct migrate *migrate = calloc(1, sizeof(*migrate));
    int r = -ENOMEM;

    if (!migrate)
        return r;
    migrate->done = done;
    migrate->arg = arg;
    migrate->at = migrations;
    migrate->daemon_role = strdup(daemon_role);
    if (migrate->daemon_role)
        r = script_start(base, &options, &calls, migrate, &migrate->script);
    if (r < 0) {
        migrate_free(migrate);
        return r;
    }
    *ret_migrate = migrate;
    return 0;
}

void migrate_free(struct migrate *migrate)
{
    if (!migrate)
        return;
    script_free(migrate->script);
    free(migrate->daemon_role);
    free(migrate);
}
