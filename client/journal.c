/*
 * Whole journals; see journal.h.
 */
#include "journal.h"

#include <errno.h>
#include <string.h>

#include "commands.h"
#include "journal_file.h"
#include "output.h"
#include "progress.h"
#include "stream.h"
#include "text.h"
#include "whole_file.h"

struct verification {
    struct goal *goal;
    struct progress progress;
};

/* Prints a fault, and in the end how it went. */
static int take_verified(void *arg, const json_t *reply)
{
    struct verification *verification = arg;
    const struct goal *goal = verification->goal;
    const json_t *fault = get_object(reply, "fault");
    const char *hash = get_text(reply, "hash");
    long found = get_int(reply, "faults", 0);
    if (goal->json || fault || hash)
        progress_clear(&verification->progress);
    if (goal->json) {
        json_line(goal->out, reply);
        return hash && found > 0 ? EXIT_REFUSED : EXIT_DONE;
    }
    if (fault) {
        AUTO(free_ptr) char *message = text_clean(get_text(fault, "message"));
        AUTO(free_ptr) char *strategy = text_clean(get_text(fault, "strategy"));
        fprintf(goal->out, "%s: %s\n", strategy, message);
        return EXIT_DONE;
    }
    AUTO(free_ptr) char *clean_hash = hash ? text_clean(hash) : NULL;
    if (!hash) {
        verification->progress.total = (size_t)get_int(reply, "total", 0);
        progress_set(&verification->progress, (size_t)get_int(reply, "done", 0));
        return EXIT_DONE;
    }
    fprintf(goal->out, "%ld %s verified, ", get_int(reply, "seq", 0),
            get_int(reply, "seq", 0) == 1 ? "entry" : "entries");
    if (found > 0)
        fprintf(goal->out, "%ld %s\n", found, found == 1 ? "fault" : "faults");
    else
        fprintf(goal->out, "all well; the head is %ld:%s\n", get_int(reply, "seq", 0), clean_hash);
    return found > 0 ? EXIT_REFUSED : EXIT_DONE;
}

int journal_verify(struct goal *goal)
{
    json_t *parameters = goal_parameters(goal, NULL, false);
    set_option(goal, parameters, "head", "head");
    struct verification verification = {.goal = goal};
    progress_begin(&verification.progress, "entries verified", 0);
    return stream_call(goal, "VerifyJournal", parameters, &verification.progress, take_verified,
                       &verification);
}

/* --- taken out --- */

struct export
{
    struct goal *goal;
    FILE *out;
    long seq; /* the last entry written */
    struct progress progress;
};

static int take_exported(void *arg, const json_t *reply)
{
    struct export *export = arg;
    const json_t *header = get_object(reply, "header"), *entry = get_object(reply, "entry");
    const json_t *line = header ? header : entry;
    if (!line)
        return EXIT_DONE;
    if (header)
        export->progress.total = (size_t)get_int(header, "seq", 0);
    json_line(export->out, line);
    if (ferror(export->out))
        return goal_fail(EXIT_REFUSED, "cannot write (%s)", strerror(errno));
    if (entry)
        export->seq = get_int(entry, "seq", 0);
    progress_set(&export->progress, (size_t) export->seq);
    return EXIT_DONE;
}

/* Asks for the journal and writes what comes; a hole at its end is found by who reads it. */
static int export_to(struct goal *goal, const char *strategy, FILE *out, struct export *ret)
{
    json_t *parameters = json_object();
    *ret = (struct export){.goal = goal, .out = out};
    set_text(parameters, "strategy", strategy);
    progress_begin(&ret->progress, "entries", 0);
    int exit = stream_call(goal, "ExportJournal", parameters, &ret->progress, take_exported, ret);
    if (exit == EXIT_DONE && fflush(out) != 0)
        return goal_fail(EXIT_REFUSED, "cannot write (%s)", strerror(errno));
    return exit;
}

/* A file that is there whole or not at all, and nobody else's to read: there may be names in it. */
int journal_export(struct goal *goal, const char *strategy, const char *path)
{
    struct export export;
    if (strcmp(path, "-") == 0)
        return export_to(goal, strategy, goal->out, &export);
    struct whole_file file;
    int exit = whole_file_open(&file, path);
    if (exit != EXIT_DONE)
        return exit;
    exit = whole_file_close(&file, export_to(goal, strategy, file.out, &export), true);
    if (exit == EXIT_DONE && !goal->json)
        fprintf(goal->out, "%ld %s written to %s\n", export.seq,
                export.seq == 1 ? "entry" : "entries", path);
    return exit;
}

/* --- checked without a daemon --- */

#define TOLD_MOST 20 /* wrong lines that are named */

/* A head that was kept elsewhere, SEQ:HASH. */
struct head {
    long long seq; /* -1: none */
    unsigned char hash[JOURNAL_HASH_SIZE];
    bool seen;
};

static int parse_head(const struct goal *goal, struct head *ret)
{
    const char *text = args_get(&goal->args, "head");
    const char *colon = text ? strchr(text, ':') : NULL;
    *ret = (struct head){.seq = -1};
    if (!text)
        return EXIT_DONE;
    AUTO(free_ptr) char *seq = text_format("%.*s", colon ? (int)(colon - text) : 0, text);
    if (!number_valid(seq) || journal_hash_parse(colon + 1, ret->hash) < 0)
        return goal_fail(EXIT_USAGE, "--head %s: not SEQ:HASH", text);
    ret->seq = strtoll(seq, NULL, 10);
    return EXIT_DONE;
}

static void tell(const struct goal *goal, const struct journal_file *file, const char *problem,
                 long *faults)
{
    AUTO(free_ptr) char *clean = text_clean(problem);
    if (++*faults <= TOLD_MOST)
        fprintf(goal->out, "%s:%ld: %s\n", file->path, file->number, clean);
}

static void check_head(const struct goal *goal, const struct journal_file *file, struct head *head,
                       long *faults)
{
    if (head->seq != file->seq)
        return;
    head->seen = true;
    if (memcmp(head->hash, file->hash, sizeof(head->hash)) != 0)
        tell(goal, file, "its hash is not the one that was kept", faults);
}

/* Reads all entries; how many lines are wrong. */
static long check_lines(const struct goal *goal, struct journal_file *file, struct head *head)
{
    long faults = 0;
    int r = 1;
    while (r > 0) {
        AUTO(free_ptr) char *problem = NULL;
        json_auto_t *entry = NULL;
        r = journal_file_next(file, &entry, &problem);
        if (problem)
            tell(goal, file, problem, &faults);
        if (r > 0)
            check_head(goal, file, head, &faults);
    }
    AUTO(free_ptr) char *end = r == 0 ? journal_file_end(file) : NULL;
    if (end)
        tell(goal, file, end, &faults);
    if (head->seq >= 0 && !head->seen)
        tell(goal, file, "the entry of the head that was kept is not there", &faults);
    return faults;
}

int verify_run(struct goal *goal)
{
    struct journal_file file;
    struct head head;
    int exit = parse_head(goal, &head);
    if (exit != EXIT_DONE)
        return exit;
    exit = journal_file_open(&file, args_word(&goal->args, 0));
    if (exit == EXIT_DONE) {
        long faults = check_lines(goal, &file, &head);
        AUTO(free_ptr) char *key = text_clean(get_text(file.header, "key"));
        if (faults > 0)
            exit = EXIT_REFUSED;
        if (faults > TOLD_MOST)
            fprintf(goal->out, "… and %ld more\n", faults - TOLD_MOST);
        if (faults == 0)
            fprintf(goal->out, "%s: %lld entries verified, all well; the head is %lld:%s\n", key,
                    (long long)file.seq, (long long)file.seq, get_text(file.header, "hash"));
    }
    journal_file_close(&file);
    return exit;
}
