/*
 * goal export: writes a strategy as an import document, one record a line, so that two exports can
 * be compared line by line. Organisations, persons, groups and nodes stand in the order of their
 * ids, what is dated as it was recorded. A file appears whole or not at all.
 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "document.h"
#include "journal.h"
#include "output.h"
#include "whole_file.h"

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ExportStrategy", .more = true};
    asks[0].parameters = goal_parameters(goal, NULL, false);
}

/* What a record is found by: its `id` or `code`; NULL: its place is that of the reply. */
static const char *sort_key(const char *part, const json_t *record)
{
    static const char *const sorted[] = {"organisations", "persons", "groups", "nodes"};
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
        if (strcmp(sorted[i], part) == 0)
            return get_text(record, strcmp(part, "nodes") == 0 ? "code" : "id");
    return NULL;
}

struct line {
    const char *key;
    const json_t *record;
    size_t place;
};

static int compare_lines(const void *a, const void *b)
{
    const struct line *left = a, *right = b;
    int order = left->key && right->key ? strverscmp(left->key, right->key) : 0;
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

/* The records of a part, in the document's order. */
static struct line *part_lines(const json_t *replies, const char *part, size_t *ret_count)
{
    struct line *lines = calloc(json_array_size(replies) + 1, sizeof(*lines));
    size_t count = 0, i;
    json_t *reply;
    if (!lines)
        abort();
    json_array_foreach (replies, i, reply) {
        const json_t *record = get_object(reply, "record");
        const char *of = get_text(reply, "part");
        if (record && of && strcmp(of, part) == 0)
            lines[count++] = (struct line){sort_key(part, record), record, i};
    }
    qsort(lines, count, sizeof(*lines), compare_lines);
    *ret_count = count;
    return lines;
}

static void write_part(FILE *out, const json_t *replies, const char *part)
{
    bool single = strcmp(part, "strategy") == 0;
    size_t count;
    AUTO(free_ptr)
    struct line *lines = part_lines(replies, part, &count);
    if (count == 0)
        return;
    fprintf(out, ",\n \"%s\": %s", part, single ? "" : "[");
    for (size_t i = 0; i < count; i++) {
        fputs(single ? "" : i ? ",\n  " : "\n  ", out);
        json_print(out, lines[i].record);
    }
    fputs(single ? "" : "\n ]", out);
}

static void write_document(FILE *out, const json_t *replies)
{
    fputs("{\n \"format\": \"goald-import-1\"", out);
    for (size_t i = 0; document_parts[i]; i++)
        write_part(out, replies, document_parts[i]);
    fputs("\n}\n", out);
}

static int write_file(const char *path, const json_t *replies)
{
    struct whole_file file;
    int exit = whole_file_open(&file, path);
    if (exit != EXIT_DONE)
        return exit;
    write_document(file.out, replies);
    return whole_file_close(&file, exit, false);
}

/* The journal as it stands is not of a moment. */
static int export_journal(struct goal *goal, const char *file)
{
    static const char *const moments[] = {"as-of", "known-at"};
    for (size_t i = 0; i < ARRAY_LEN(moments); i++)
        if (args_has(&goal->args, moments[i]))
            return goal_fail(EXIT_USAGE, "--journal takes the whole history: not --%s", moments[i]);
    return journal_export(goal, goal->target.strategy, file);
}

int export_run(struct goal *goal)
{
    const char *file = args_word(&goal->args, 1);
    struct ask ask = {0};
    if (args_has(&goal->args, "journal"))
        return export_journal(goal, file ? file : "-");
    int exit = goal_ask_all(goal, build, &ask, 1);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE && file && strcmp(file, "-") != 0)
        exit = write_file(file, ask.reply);
    else if (exit == EXIT_DONE)
        write_document(goal->out, ask.reply);
    asks_done(&ask, 1);
    return exit;
}
