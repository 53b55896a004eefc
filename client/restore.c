/*
 * goal restore: brings a journal's file back into a database that does not have it. The file is
 * checked on the way; whatever happens before the last call leaves nothing behind.
 */
#include <string.h>

#include "commands.h"
#include "journal_file.h"
#include "link.h"
#include "output.h"
#include "progress.h"
#include "text.h"

#define CHUNK_ENTRIES 500
#define CHUNK_BYTES (256u << 10) /* well below the limit of a message */
#define COMMIT_TIMEOUT 600       /* seconds; the daemon gives it as long */

struct restore {
    struct goal *goal;
    struct journal_file file;
    char *id; /* the daemon's */
    struct progress progress;
    size_t sent; /* entries */
};

/* One call and its answer. Not by goal_ask(): a restore is not kept in the outbox. */
static int ask(struct restore *restore, const char *method, json_t *parameters, json_t **ret_reply)
{
    const struct goal *goal = restore->goal;
    struct link_reply reply = {0};
    int exit = EXIT_DONE;
    int r = link_call(goal->link, method, parameters, 0);
    if (r == 0)
        r = link_receive(goal->link, &reply);
    if (r < 0 || reply.error)
        progress_clear(&restore->progress);
    if (r < 0)
        return goal_fail_link(goal, r);
    if (reply.error)
        exit = goal_fail_error(NULL, reply.error, reply.parameters);
    else
        *ret_reply = STEAL(reply.parameters);
    link_reply_done(&reply);
    return exit;
}

static int begin(struct restore *restore)
{
    json_auto_t *reply = NULL;
    json_t *parameters = json_object();
    json_object_set(parameters, "header", restore->file.header);
    set_text(parameters, "requestId", restore->goal->request_id);
    int exit = ask(restore, TRACKER "RestoreBegin", parameters, &reply);
    if (exit == EXIT_DONE)
        restore->id = text_clean(get_text(reply, "restore"));
    return exit;
}

/* Reads entries for a chunk. *ret_entries has none at the file's end. */
static int read_chunk(struct restore *restore, json_t *entries)
{
    size_t bytes = 0;
    while (json_array_size(entries) < CHUNK_ENTRIES && bytes < CHUNK_BYTES) {
        AUTO(free_ptr) char *problem = NULL;
        json_t *entry = NULL;
        int r = journal_file_next(&restore->file, &entry, &problem);
        if (r == 0)
            problem = journal_file_end(&restore->file);
        if (problem) {
            json_decref(entry);
            progress_clear(&restore->progress);
            return goal_fail(EXIT_REFUSED, "%s:%ld: %s", restore->file.path, restore->file.number,
                             problem);
        }
        if (r == 0)
            break;
        bytes += strlen(get_text(entry, "payload")) + 500;
        json_array_append_new(entries, entry);
    }
    return EXIT_DONE;
}

static int send_entries(struct restore *restore)
{
    progress_begin(&restore->progress, "entries", (size_t)get_int(restore->file.header, "seq", 0));
    link_set_tick(restore->goal->link, progress_tick, &restore->progress);
    for (;;) {
        json_auto_t *entries = json_array(), *reply = NULL;
        int exit = read_chunk(restore, entries);
        if (exit != EXIT_DONE || json_array_size(entries) == 0)
            return exit;
        json_t *parameters = json_object();
        set_text(parameters, "restore", restore->id);
        json_object_set(parameters, "entries", entries);
        exit = ask(restore, TRACKER "RestoreChunk", parameters, &reply);
        if (exit != EXIT_DONE)
            return exit;
        restore->sent += json_array_size(entries);
        progress_set(&restore->progress, restore->sent);
    }
}

static int commit(struct restore *restore)
{
    struct goal *goal = restore->goal;
    json_auto_t *reply = NULL;
    json_t *parameters = json_object();
    set_text(parameters, "restore", restore->id);
    goal->at_stake = true;
    progress_wait(&restore->progress, "all is sent, and is written");
    if (!args_has(&goal->args, "timeout")) {
        goal->timeout = COMMIT_TIMEOUT;
        link_set_timeout(goal->link, goal->timeout);
    }
    int exit = ask(restore, TRACKER "RestoreCommit", parameters, &reply);
    progress_clear(&restore->progress);
    if (exit != EXIT_DONE)
        return exit;
    AUTO(free_ptr) char *key = text_clean(get_text(reply, "strategy"));
    AUTO(free_ptr) char *hash = text_clean(get_text(reply, "hash"));
    if (goal->json)
        goal_print_json(goal, reply);
    else
        fprintf(goal->out, "%s restored: %ld entries, the head is %ld:%s\n", key,
                get_int(reply, "seq", 0), get_int(reply, "seq", 0), hash);
    return EXIT_DONE;
}

int restore_run(struct goal *goal)
{
    struct restore restore = {.goal = goal};
    int exit = journal_file_open(&restore.file, args_word(&goal->args, 0));
    if (exit == EXIT_DONE)
        exit = goal_connect(goal);
    if (exit == EXIT_DONE)
        exit = begin(&restore);
    if (exit == EXIT_DONE)
        exit = send_entries(&restore);
    if (exit == EXIT_DONE)
        exit = commit(&restore);
    if (goal->link)
        link_set_tick(goal->link, NULL, NULL);
    free(restore.id);
    journal_file_close(&restore.file);
    return exit;
}
