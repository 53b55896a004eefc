/*
 * goal outbox: what is kept, sending it now, and giving it up.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "outbox.h"
#include "output.h"
#include "spool.h"
#include "table.h"
#include "text.h"

static int fail_spool(const struct spool *spool, int error)
{
    return goal_fail(EXIT_REFUSED, "%s%s%s", spool->path ? spool->path : "",
                     spool->path ? ": " : "", spool_error(error));
}

/* The entries; none where there is no outbox. What else is there is said. */
static int list_all(const struct spool *spool, int error, json_t **ret_entries)
{
    json_auto_t *odd = NULL, *entries = NULL;
    size_t i;
    json_t *one;
    if (error == -ENOENT) {
        *ret_entries = json_array();
        return EXIT_DONE;
    }
    int r = error < 0 ? error : spool_list(spool, &entries, &odd);
    if (r < 0)
        return fail_spool(spool, r);
    json_array_foreach (odd, i, one)
        goal_fail(EXIT_DONE, "left alone: %s/%s", spool->path, json_string_value(one));
    *ret_entries = STEAL(entries);
    return EXIT_DONE;
}

/* "2026-11-22 06:20" of this machine, from "2026-11-22T05:20:29Z". */
static char *local_time(const char *made)
{
    struct tm tm = {0}, local;
    char text[32];
    const char *end = strptime(made, "%Y-%m-%dT%H:%M:%SZ", &tm);
    time_t then = timegm(&tm);
    if (!end || *end || !localtime_r(&then, &local))
        return text_copy(made);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local);
    return text_copy(text);
}

enum { OUTBOX_ID, OUTBOX_MADE, OUTBOX_STATE, OUTBOX_ADDRESS, OUTBOX_COMMAND };

static const struct column outbox_columns[] = {
    [OUTBOX_ID] = {.name = "ID"},
    [OUTBOX_MADE] = {.name = "MADE"},
    [OUTBOX_STATE] = {.name = "STATE"},
    [OUTBOX_ADDRESS] = {.name = "FOR", .flags = COLUMN_CUT},
    [OUTBOX_COMMAND] = {.name = "COMMAND", .flags = COLUMN_CUT},
};

/* The address stands there only where it is not the daemon that is asked now. */
static void add_entry(struct table *table, const json_t *entry, const char *address)
{
    int line = table_add(table, -1);
    const char *other = get_text(entry, "address");
    bool refused = get_object(entry, "refused") != NULL;
    AUTO(free_ptr) char *id = text_format("%.*s", OUTBOX_ID_LEN, get_text(entry, "id"));
    AUTO(free_ptr) char *made = local_time(get_text(entry, "made"));
    table_set(table, line, OUTBOX_ID, id);
    table_set(table, line, OUTBOX_MADE, made);
    table_set(table, line, OUTBOX_STATE,
              refused                   ? "REFUSED"
              : get_flag(entry, "sent") ? "no answer"
                                        : "not sent");
    table_set_colour(table, line, OUTBOX_STATE, refused ? "red" : NULL);
    table_set(table, line, OUTBOX_ADDRESS, strcmp(other, address) == 0 ? NULL : other);
    table_set(table, line, OUTBOX_COMMAND, get_text(entry, "command"));
}

static void print_refusal(const struct goal *goal, const json_t *entry)
{
    const json_t *refused = get_object(entry, "refused");
    const char *error = get_text(refused, "error");
    if (!refused)
        return;
    AUTO(free_ptr)
    char *sentence = error_sentence(error ? error : "", get_object(refused, "parameters"));
    AUTO(free_ptr)
    char *line = text_format("%.*s: %s", OUTBOX_ID_LEN, get_text(entry, "id"), sentence);
    text_wrap(goal->out, line, 0, goal->width);
}

static void print_entries(const struct goal *goal, const json_t *entries, const char *address)
{
    AUTO(table_freep)
    struct table *table = table_new(outbox_columns, ARRAY_LEN(outbox_columns));
    size_t i;
    json_t *entry;
    json_array_foreach (entries, i, entry)
        add_entry(table, entry, address);
    goal_print_table(goal, table, "the outbox is empty");
    json_array_foreach (entries, i, entry)
        print_refusal(goal, entry);
}

int outbox_run(struct goal *goal)
{
    struct spool spool;
    json_auto_t *entries = NULL;
    int r = spool_open(false, &spool), exit = list_all(&spool, r, &entries);
    AUTO(free_ptr) char *address = outbox_address(goal);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, entries);
    else if (exit == EXIT_DONE)
        print_entries(goal, entries, address);
    spool_done(&spool);
    return exit;
}

void outbox_offer(const struct goal *goal,
                  void (*offer)(const struct goal *goal, const char *word, const char *begun),
                  const char *begun)
{
    struct spool spool;
    json_auto_t *entries = NULL, *odd = NULL;
    size_t i;
    json_t *entry;
    if (spool_open(false, &spool) == 0 && spool_list(&spool, &entries, &odd) == 0)
        json_array_foreach (entries, i, entry) {
            AUTO(free_ptr) char *id = text_format("%.*s", OUTBOX_ID_LEN, get_text(entry, "id"));
            offer(goal, id, begun);
        }
    spool_done(&spool);
}

/* Adds the one entry whose id begins so. */
static int choose_one(const json_t *entries, const char *id, json_t *chosen)
{
    json_t *entry, *found = NULL;
    size_t i, count = 0;
    json_array_foreach (entries, i, entry) {
        if (*id && strncasecmp(get_text(entry, "id"), id, strlen(id)) == 0) {
            found = entry;
            count++;
        }
    }
    if (count == 0)
        return goal_fail(EXIT_NOTHING, "nothing in the outbox is called %s; `goal outbox` lists it",
                         id);
    if (count > 1)
        return goal_fail(EXIT_USAGE, "%s begins several ids of the outbox: give more of it", id);
    json_array_append(chosen, found);
    return EXIT_DONE;
}

/* Chooses entries by ids, which may be cut short; all if there are none. */
static int choose(const struct goal *goal, const json_t *entries, json_t **ret_chosen)
{
    json_auto_t *chosen = goal->args.count > 0 ? json_array() : json_copy((json_t *)entries);
    int exit = EXIT_DONE;
    for (int i = 0; exit == EXIT_DONE && i < goal->args.count; i++)
        exit = choose_one(entries, args_word(&goal->args, i), chosen);
    if (exit == EXIT_DONE)
        *ret_chosen = STEAL(chosen);
    return exit;
}

/* Opens and locks the outbox and chooses what the command names. Where there is none, nothing is
 * chosen. */
static int take(const struct goal *goal, struct spool *spool, int *lock, json_t **ret_chosen)
{
    json_auto_t *entries = NULL;
    int r = spool_open(false, spool);
    if (r == 0)
        r = spool_lock(spool, outbox_patience(goal), lock);
    int exit = list_all(spool, r, &entries);
    return exit == EXIT_DONE ? choose(goal, entries, ret_chosen) : exit;
}

static void print_sent(const struct goal *goal, size_t sent, size_t left, size_t others)
{
    json_auto_t *counts = json_pack("{s:I,s:I,s:I}", "sent", (json_int_t)sent, "left",
                                    (json_int_t)left, "elsewhere", (json_int_t)others);
    AUTO(free_ptr)
    char *more = text_format(", %zu for another address (`goal outbox`, --address)", others);
    if (goal->json)
        goal_print_json(goal, counts);
    else
        fprintf(goal->out, "%zu sent, %zu left%s\n", sent, left, others > 0 ? more : "");
}

static int send_chosen(struct goal *goal, const struct spool *spool, const json_t *chosen)
{
    size_t sent = 0;
    json_auto_t *list = outbox_for_daemon(goal, chosen, true);
    size_t count = json_array_size(list), others = json_array_size(chosen) - count;
    int exit = count > 0 ? goal_connect(goal) : EXIT_DONE;
    if (exit == EXIT_DONE)
        exit = outbox_send(goal, spool, list, &sent);
    print_sent(goal, sent, count - sent, others);
    if (exit == EXIT_DONE && others > 0 && args_word(&goal->args, 0))
        return goal_fail(EXIT_REFUSED, "what is for another address is sent with --address");
    return exit;
}

int outbox_send_run(struct goal *goal)
{
    struct spool spool;
    AUTO(close_fd) int lock = -1;
    json_auto_t *chosen = NULL;
    int exit = take(goal, &spool, &lock, &chosen);
    if (exit == EXIT_DONE)
        exit = send_chosen(goal, &spool, chosen);
    spool_done(&spool);
    return exit;
}

static int drop(const struct goal *goal, const struct spool *spool, const json_t *chosen)
{
    size_t i;
    json_t *entry;
    json_array_foreach (chosen, i, entry) {
        int r = spool_remove(spool, entry);
        if (r < 0)
            return fail_spool(spool, r);
        if (goal->json)
            goal_print_json(goal, entry);
        else
            fprintf(goal->out, "dropped %.*s: %s\n", OUTBOX_ID_LEN, get_text(entry, "id"),
                    get_text(entry, "command"));
    }
    if (json_array_size(chosen) == 0 && !goal->json)
        fprintf(goal->out, "the outbox is empty\n");
    return EXIT_DONE;
}

int outbox_drop_run(struct goal *goal)
{
    struct spool spool;
    AUTO(close_fd) int lock = -1;
    json_auto_t *chosen = NULL;
    if (args_has(&goal->args, "all") == (goal->args.count > 0))
        return goal_fail(EXIT_USAGE, "name what to drop, or say --all; `goal outbox` lists it");
    int exit = take(goal, &spool, &lock, &chosen);
    if (exit == EXIT_DONE)
        exit = drop(goal, &spool, chosen);
    spool_done(&spool);
    return exit;
}
