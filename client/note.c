/*
 * Where notes come from. The editor works on a file of its own in the temporary folder, which stays
 * until the note is recorded: nobody writes a note twice.
 */
#include "note.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "text.h"

#define NOTE_MAX 100000 /* bytes; the daemon's limit */

int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len)
{
    AUTO(close_file) FILE *opened = NULL;
    AUTO(free_ptr) char *text = NULL;
    size_t size = 0, len = 0;
    FILE *in = strcmp(path, "-") == 0 ? stdin : (opened = fopen(path, "re"));
    while (in && len <= max) {
        if (size - len < 2) {
            size = size ? size * 2 : 65536;
            text = realloc(text, size);
            if (!text)
                err(1, "memory");
        }
        size_t n = fread(text + len, 1, size - len - 1, in);
        if (n == 0)
            break;
        len += n;
    }
    if (!in || ferror(in))
        return goal_fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
    if (len > max)
        return goal_fail(EXIT_REFUSED, "%s: longer than %zu bytes", path, max);
    text[len] = '\0';
    *ret_text = STEAL(text);
    *ret_len = len;
    return EXIT_DONE;
}

char *note_strip(char *text)
{
    char *to = text, *saved = NULL;
    for (char *line = text; line && *line; line = saved) {
        saved = strchr(line, '\n');
        size_t len = saved ? (size_t)(saved - line) + 1 : strlen(line);
        saved = saved ? saved + 1 : NULL;
        if (*line == '#' || (to == text && strspn(line, " \t\r\n") >= len))
            continue;
        memmove(to, line, len);
        to += len;
    }
    while (to > text && strchr(" \t\r\n", to[-1]))
        to--;
    *to = '\0';
    return text;
}

/* Runs the editor as the shell would, so that EDITOR="code --wait" works. */
static int run_editor(const char *editor, const char *path)
{
    AUTO(free_ptr) char *script = text_format("%s \"$1\"", editor);
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGINT, &ignore, &before); /* it is the editor's while it runs */
    pid_t pid = fork();
    if (pid == 0) {
        sigaction(SIGINT, &before, NULL);
        execl("/bin/sh", "sh", "-c", script, "goal", path, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    sigaction(SIGINT, &before, NULL);
    if (pid < 0 || status != 0)
        return goal_fail(EXIT_REFUSED, "the editor (%s) failed; nothing was changed", editor);
    return EXIT_DONE;
}

static int write_template(const struct goal *goal, int fd)
{
    const struct target *target = &goal->target;
    AUTO(free_ptr)
    char *text = text_format("\n"
                             "# The note of an update on %s%s%s.\n"
                             "# Lines that begin with # are left out; an empty note ends it.\n",
                             target->strategy ? target->strategy : "the strategy",
                             *target->code ? ":" : "", target->code);
    size_t len = strlen(text);
    return write(fd, text, len) == (ssize_t)len ? EXIT_DONE
                                                : goal_fail(EXIT_REFUSED, "no room for a note");
}

/* Leaves in the file what is sent, without the comments, so that -F sends the same. */
static void keep_note(const char *path, const char *note)
{
    AUTO(close_file) FILE *out = fopen(path, "we");
    if (!out || fprintf(out, "%s\n", note) < 0)
        goal_fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
}

static int edit_file(const char *path, char **ret_note)
{
    const char *editor = getenv("VISUAL");
    size_t len;
    if (!editor || !*editor)
        editor = getenv("EDITOR");
    int exit = run_editor(editor && *editor ? editor : "vi", path);
    if (exit != EXIT_DONE) {
        unlink(path);
        return exit;
    }
    AUTO(free_ptr) char *text = NULL;
    exit = file_read(path, NOTE_MAX, &text, &len); /* too long, it stays where that is said */
    if (exit != EXIT_DONE)
        return exit;
    if (!*note_strip(text)) {
        unlink(path);
        return goal_fail(EXIT_REFUSED, "the note is empty; nothing was changed");
    }
    keep_note(path, text);
    *ret_note = STEAL(text);
    return EXIT_DONE;
}

int note_edit(struct goal *goal, char **ret_note)
{
    const char *folder = getenv("TMPDIR");
    AUTO(free_ptr)
    char *path = text_format("%s/goal-XXXXXX", folder && *folder ? folder : "/tmp");
    AUTO(close_fd) int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return goal_fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
    int exit = write_template(goal, fd);
    if (exit != EXIT_DONE) {
        unlink(path);
        return exit;
    }
    exit = edit_file(path, ret_note);
    if (exit == EXIT_DONE)
        goal->note_file = STEAL(path);
    return exit;
}

void note_kept(const struct goal *goal)
{
    goal_fail(EXIT_REFUSED, "your note is kept in %s (-F sends it)", goal->note_file);
}
