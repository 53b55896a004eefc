/*
 * goal import: sends a document in chunks, a few of them on their way at a time, and has the
 * daemon change what differs. Interrupted or refused at any point before the last call, it leaves
 * nothing behind: the daemon forgets an import whose connection is gone.
 */
#include "import.h"

#include <string.h>
#include <strings.h>

#include "commands.h"
#include "document.h"
#include "import_csv.h"
#include "link.h"
#include "note.h"
#include "output.h"
#include "progress.h"
#include "text.h"

#define AHEAD 4            /* chunks on their way */
#define COMMIT_TIMEOUT 600 /* seconds; the daemon gives an import as long */

struct import {
    struct goal *goal;
    const char *file;
    const json_t *document;
    const struct csv_sheet *sheet; /* what the document was made from, or NULL */
    char *id;
    struct chunk_walk walk;
    size_t received; /* records */
    size_t waiting;  /* calls without an answer */
    struct progress progress;
};

static int send_call(struct import *import, const char *method, json_t *parameters)
{
    int r = link_call(import->goal->link, method, parameters, 0);
    import->waiting++;
    return r < 0 ? goal_fail_link(import->goal, r) : EXIT_DONE;
}

/* A refusal of the document, told by the place in the file. */
static int fail_document(const struct import *import, const json_t *error)
{
    const char *place = get_text(error, "place"), *message = get_text(error, "message");
    struct csv_error where = {0};
    if (!import->sheet || !place || !message ||
        csv_sheet_locate(import->sheet, place, message, &where) < 0)
        return goal_fail_error(import->file, TRACKER "InvalidDocument", error);
    AUTO(free_ptr) char *sentence = csv_error_text(import->sheet, import->file, &where);
    free(where.text);
    return goal_fail(EXIT_REFUSED, "%s", sentence);
}

/* Waits for the next answer; a refusal is said. */
static int receive(struct import *import, json_t **ret_parameters)
{
    struct link_reply reply = {0};
    int r = link_receive(import->goal->link, &reply), exit = EXIT_DONE;
    import->waiting--;
    if (r < 0) {
        progress_clear(&import->progress);
        return goal_fail_link(import->goal, r);
    }
    if (!reply.error) {
        *ret_parameters = STEAL(reply.parameters);
    } else {
        progress_clear(&import->progress);
        exit = strcmp(reply.error, TRACKER "InvalidDocument") == 0
                   ? fail_document(import, reply.parameters)
                   : goal_fail_error(NULL, reply.error, reply.parameters);
    }
    link_reply_done(&reply);
    return exit;
}

/* The strategy that the document is of: its own record says it, or the command line does. */
static const char *strategy_key(const struct goal *goal, const json_t *document)
{
    const json_t *record = json_object_get(document, "strategy");
    const char *given = args_get(&goal->args, "strategy");
    return record ? get_text(record, "key") : given ? given : goal->strategy;
}

static int begin(struct import *import)
{
    json_auto_t *reply = NULL;
    json_t *parameters = json_object();
    set_text(parameters, "strategy", strategy_key(import->goal, import->document));
    set_text(parameters, "requestId", import->goal->request_id);
    if (args_has(&import->goal->args, "dry-run"))
        json_object_set_new(parameters, "dryRun", json_true());
    int exit = send_call(import, TRACKER "ImportBegin", parameters);
    if (exit == EXIT_DONE)
        exit = receive(import, &reply);
    if (exit != EXIT_DONE)
        return exit;
    const char *id = get_text(reply, "import");
    import->id = text_copy(id ? id : "");
    return EXIT_DONE;
}

/* Sends the next chunk. *ret_more becomes false at the document's end. */
static int send_chunk(struct import *import, bool *ret_more)
{
    const char *part;
    size_t first;
    json_t *records;
    size_t count = document_next(import->document, &import->walk, &part, &first, &records);
    *ret_more = count > 0;
    if (count == 0)
        return EXIT_DONE;
    json_t *parameters = json_object();
    set_text(parameters, "import", import->id);
    set_text(parameters, "part", part);
    json_object_set_new(parameters, "first", json_integer((json_int_t)first));
    json_object_set_new(parameters, "records", records);
    return send_call(import, TRACKER "ImportChunk", parameters);
}

static int receive_chunk(struct import *import)
{
    json_auto_t *reply = NULL;
    int exit = receive(import, &reply);
    if (exit == EXIT_DONE) {
        import->received += (size_t)get_int(reply, "received", 0);
        progress_set(&import->progress, import->received);
    }
    return exit;
}

static int send_document(struct import *import)
{
    int exit = EXIT_DONE;
    for (bool more = true; exit == EXIT_DONE && (more || import->waiting > 0);) {
        while (exit == EXIT_DONE && more && import->waiting < AHEAD)
            exit = send_chunk(import, &more);
        if (exit == EXIT_DONE && import->waiting > 0)
            exit = receive_chunk(import);
    }
    return exit;
}

void import_print(const struct goal *goal, const json_t *reply)
{
    long added = get_int(reply, "added", 0), changed = get_int(reply, "changed", 0);
    long unchanged = get_int(reply, "unchanged", 0), seq = get_int(reply, "seq", 0);
    if (get_flag(reply, "dryRun"))
        fprintf(goal->out, "would add %ld, change %ld, leave %ld (dry run: nothing was changed)\n",
                added, changed, unchanged);
    else
        fprintf(goal->out, "added %ld, changed %ld, unchanged %ld (seq %ld)\n", added, changed,
                unchanged, seq);
}

/* A large document takes its time: as long as the daemon gives it, unless told otherwise. */
static void be_patient(struct goal *goal)
{
    if (args_has(&goal->args, "timeout"))
        return;
    goal->timeout = COMMIT_TIMEOUT;
    link_set_timeout(goal->link, goal->timeout);
}

static int commit(struct import *import)
{
    json_auto_t *reply = NULL;
    json_t *parameters = json_object();
    set_text(parameters, "import", import->id);
    import->goal->at_stake = !args_has(&import->goal->args, "dry-run");
    be_patient(import->goal);
    progress_wait(&import->progress, import->goal->at_stake ? "all is sent, and is written"
                                                            : "all is sent, and is checked");
    int exit = send_call(import, TRACKER "ImportCommit", parameters);
    if (exit == EXIT_DONE)
        exit = receive(import, &reply);
    progress_clear(&import->progress);
    if (exit == EXIT_DONE && import->goal->json)
        goal_print_json(import->goal, reply);
    else if (exit == EXIT_DONE)
        import_print(import->goal, reply);
    return exit;
}

static int send_import(struct goal *goal, const char *file, const json_t *document,
                       const struct csv_sheet *sheet)
{
    struct import import = {
        .goal = goal,
        .file = file,
        .document = document,
        .sheet = sheet,
    };
    int exit = goal_connect(goal);
    if (exit == EXIT_DONE) {
        progress_begin(&import.progress, "records", document_count(document));
        link_set_tick(goal->link, progress_tick, &import.progress);
        exit = begin(&import);
    }
    if (exit == EXIT_DONE)
        exit = send_document(&import);
    if (exit == EXIT_DONE)
        exit = commit(&import);
    if (goal->link)
        link_set_tick(goal->link, NULL, NULL);
    free(import.id);
    if (exit == EXIT_AWAY && !args_has(&goal->args, "dry-run"))
        goal_fail(EXIT_AWAY,
                  "an import is not kept in the outbox: repeat it with --request-id %s, it "
                  "takes effect once",
                  goal->request_id);
    return exit;
}

/* A strategy that is there would be changed. */
static int check_new(struct goal *goal, const char *key)
{
    struct link_reply reply = {0};
    int exit = goal_connect(goal);
    if (exit != EXIT_DONE)
        return exit;
    int r = link_call(goal->link, TRACKER "GetStatus", json_pack("{s:s}", "strategy", key), 0);
    if (r == 0)
        r = link_receive(goal->link, &reply);
    if (r < 0)
        return goal_fail_link(goal, r);
    if (!reply.error)
        exit = goal_fail(EXIT_REFUSED,
                         "there is a strategy %s already; `goal strategy change` changes it", key);
    else if (strcmp(reply.error, TRACKER "NoSuchStrategy") != 0)
        exit = goal_fail_error(NULL, reply.error, reply.parameters);
    link_reply_done(&reply);
    return exit;
}

int import_new_strategy(struct goal *goal, const json_t *record)
{
    json_auto_t *document =
        json_pack("{s:s,s:O}", "format", "goald-import-1", "strategy", (json_t *)record);
    const char *key = get_text(record, "key");
    int exit = check_new(goal, key);
    return exit == EXIT_DONE ? send_import(goal, key, document, NULL) : exit;
}

static int import_sheet(struct goal *goal, const char *file, const char *text, size_t len)
{
    struct csv_sheet sheet = {0};
    json_auto_t *document = NULL;
    int exit = import_csv_read(goal, file, text, len, &sheet, &document);
    if (exit == EXIT_DONE)
        exit = send_import(goal, file, document, &sheet);
    csv_sheet_done(&sheet);
    return exit;
}

static bool is_named_csv(const char *file)
{
    const char *dot = strrchr(file, '.');
    return dot && strcasecmp(dot, ".csv") == 0;
}

static int import_document(struct goal *goal, const char *file, const char *text, size_t len)
{
    AUTO(free_ptr) char *problem = NULL;
    json_auto_t *document = NULL;
    if (document_parse(text, len, &document, &problem) < 0)
        return goal_fail(EXIT_REFUSED, "%s: %s%s", file, problem,
                         is_named_csv(file) ? "; of a table say what its rows are: --csv nodes, "
                                              "updates or observations"
                                            : "");
    if (!strategy_key(goal, document))
        return goal_fail(EXIT_REFUSED,
                         "%s: strategy: missing; or name an existing one (--strategy)", file);
    if (json_object_get(document, "strategy") && args_has(&goal->args, "strategy"))
        return goal_fail(EXIT_USAGE, "--strategy: the document has its strategy itself");
    return send_import(goal, file, document, NULL);
}

int import_run(struct goal *goal)
{
    const char *file = args_word(&goal->args, 0), *stray = import_csv_stray(&goal->args);
    bool csv = args_has(&goal->args, "csv");
    AUTO(free_ptr) char *text = NULL;
    size_t len;
    if (!csv && stray)
        return goal_fail(EXIT_USAGE, "--%s is for CSV: say what the rows are with --csv", stray);
    if (csv && !strategy_key(goal, NULL))
        return goal_fail(EXIT_USAGE, "name the strategy: --strategy KEY, or set GOAL_STRATEGY");
    int exit = file_read(file, DOCUMENT_MAX, &text, &len);
    if (exit != EXIT_DONE)
        return exit;
    return csv ? import_sheet(goal, file, text, len) : import_document(goal, file, text, len);
}
