/*
 * Reading and writing the outbox's folder. Everything is done below its descriptor, without
 * following links; a file is written under another name, synced, and only then given its own.
 */
#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <uuid/uuid.h>

#include "output.h"
#include "text.h"

#define NAME_FORMAT "%08lu-%s.json"
#define NAME_LEN (8 + 1 + 36 + 5)
#define LAST_NUMBER 99999999ul
#define LOCK_PAUSE_NS (20 * 1000 * 1000)

const char *spool_error(int error)
{
    switch (error) {
    case -EDESTADDRREQ:
        return "neither XDG_STATE_HOME nor HOME says where";
    case -EPERM:
        return "it is another user's";
    case -EWOULDBLOCK:
        return "another goal is sending what is kept";
    case -EDQUOT:
        return "too many changes are kept";
    case -EMSGSIZE:
        return "it is too large";
    default:
        return strerror(-error);
    }
}

/* Where the folder is, and how much of the path has to be there already; NULL: nobody says. */
static char *folder_path(size_t *ret_given)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state &&
        state[0] == '/') { /* a relative one is to be ignored, says the XDG specification */
        *ret_given = 0;
        return text_format("%s/goal/outbox", state);
    }
    if (!home || home[0] != '/')
        return NULL;
    *ret_given = strlen(home);
    return text_format("%s/.local/state/goal/outbox", home);
}

/* Makes a folder, and has the disk know of it. */
static int make_folder(const char *path)
{
    if (mkdir(path, 0700) < 0)
        return errno == EEXIST ? 0 : -errno;
    AUTO(free_ptr)
    char *parent = text_format("%.*s/", (int)(strrchr(path, '/') - path), path);
    AUTO(close_fd) int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Makes the folders of the path that are missing behind its first `given` bytes. */
static int make_folders(const char *path, size_t given)
{
    for (const char *end = path + given; end;) {
        end = strchr(end + 1, '/');
        AUTO(free_ptr)
        char *part = text_format("%.*s", (int)(end ? end - path : (long)strlen(path)), path);
        int r = make_folder(part);
        if (r < 0)
            return r;
    }
    return 0;
}

static int open_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? (errno == ELOOP ? -ENOTDIR : -errno) : fd;
}

int spool_open(bool create, struct spool *ret_spool)
{
    size_t given = 0;
    struct stat st;
    struct spool spool = {.folder = -1, .path = folder_path(&given)};
    int r = spool.path ? open_folder(spool.path) : -EDESTADDRREQ;
    if (r == -ENOENT && create) {
        r = make_folders(spool.path, given);
        if (r == 0)
            r = open_folder(spool.path);
    }
    if (r >= 0) {
        spool.folder = r;
        r = fstat(r, &st) < 0 ? -errno : st.st_uid != geteuid() ? -EPERM : 0;
        if (r == 0 && (st.st_mode & 077) != 0 && fchmod(spool.folder, 0700) < 0)
            r = -errno;
    }
    *ret_spool = spool;
    return r;
}

void spool_done(struct spool *spool)
{
    close_fd(&spool->folder);
    free(spool->path);
    *spool = (struct spool){.folder = -1};
}

int spool_lock(const struct spool *spool, int seconds, int *ret_fd)
{
    AUTO(close_fd)
    int fd = openat(spool->folder, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct timespec now, until, pause = {.tv_nsec = LOCK_PAUSE_NS};
    if (fd < 0)
        return -errno;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        if (now.tv_sec >= until.tv_sec)
            return -EWOULDBLOCK;
        nanosleep(&pause, NULL);
    }
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* "00000001-<request id>.json"; anything else is somebody else's. */
static bool name_parse(const char *name, unsigned long *ret_number)
{
    uuid_t id;
    if (strlen(name) != NAME_LEN || strspn(name, "0123456789") != 8 || name[8] != '-' ||
        strcmp(name + NAME_LEN - 5, ".json") != 0 ||
        uuid_parse_range(name + 9, name + 9 + 36, id) < 0)
        return false;
    *ret_number = strtoul(name, NULL, 10);
    return true;
}

/* What is wrong with an entry, or NULL. */
static const char *entry_problem(const json_t *entry, const char *name)
{
    static const char *const texts[] = {"id", "made", "address", "method", "command"};
    const json_t *tries = get_list(entry, "tries");
    const char *format = get_text(entry, "format"), *id;
    size_t i;
    json_t *one;
    if (!format || strcmp(format, SPOOL_FORMAT) != 0)
        return "not written by this goal";
    for (i = 0; i < ARRAY_LEN(texts); i++)
        if (!get_text(entry, texts[i]))
            return "incomplete";
    id = get_text(entry, "id");
    if (strlen(id) != 36 || strncmp(name + 9, id, 36) != 0)
        return "its name and its request id differ";
    json_array_foreach (tries, i, one) {
        const char *given = get_text(one, "requestId");
        if (!given || strcmp(given, id) != 0)
            return "not under its request id";
    }
    return json_array_size(tries) > 0 ? NULL : "incomplete";
}

static int read_whole(int fd, size_t size, char *ret_text)
{
    for (size_t len = 0; len < size;) {
        ssize_t n = read(fd, ret_text + len, size - len);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0)
            return -EIO;
        len += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Reads a file, or gives back NULL and says why it is left alone. */
static json_t *read_entry(const struct spool *spool, const char *name, const char **ret_problem)
{
    struct stat st;
    AUTO(close_fd)
    int fd = openat(spool->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *ret_problem = errno == ELOOP ? "a link" : strerror(errno);
    if (fd < 0 || fstat(fd, &st) < 0)
        return NULL;
    *ret_problem = !S_ISREG(st.st_mode)           ? "no file"
                   : st.st_uid != geteuid()       ? "another user's"
                   : st.st_size > SPOOL_ENTRY_MAX ? "too large"
                                                  : NULL;
    if (*ret_problem)
        return NULL;
    AUTO(free_ptr) char *text = malloc((size_t)st.st_size + 1);
    int r = text ? read_whole(fd, (size_t)st.st_size, text) : -ENOMEM;
    json_auto_t *entry = r < 0 ? NULL : json_loadb(text, (size_t)st.st_size, 0, NULL);
    *ret_problem = r < 0 ? strerror(-r) : entry ? entry_problem(entry, name) : "not JSON";
    if (*ret_problem)
        return NULL;
    json_object_set_new(entry, "file", json_string(name));
    return STEAL(entry);
}

static void add_odd(json_t *odd, const char *name, const char *problem)
{
    AUTO(free_ptr) char *words = text_format("%s: %s", name, problem);
    AUTO(free_ptr) char *clean = text_clean(words);
    json_array_append_new(odd, json_string(clean));
}

int spool_list(const struct spool *spool, json_t **ret_entries, json_t **ret_odd)
{
    AUTO(free_ptr) char *path = text_format("/proc/self/fd/%d", spool->folder);
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, alphasort);
    if (count < 0)
        return -errno;
    json_auto_t *entries = json_array(), *odd = json_array();
    for (int i = 0; i < count; i++) {
        AUTO(free_ptr) struct dirent *one = names[i];
        unsigned long number;
        const char *problem = "not of the outbox";
        if (one->d_name[0] == '.') /* the lock, and what a crash left half written */
            continue;
        json_auto_t *entry =
            name_parse(one->d_name, &number) ? read_entry(spool, one->d_name, &problem) : NULL;
        if (entry)
            json_array_append(entries, entry);
        else
            add_odd(odd, one->d_name, problem);
    }
    free(names);
    *ret_entries = STEAL(entries);
    *ret_odd = STEAL(odd);
    return 0;
}

static int write_whole(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return -errno;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* Writes an entry to a file of another name, as far as the disk. */
static int write_draft(const struct spool *spool, const json_t *entry, const char *draft)
{
    AUTO(free_ptr)
    char *text = json_dumps(entry, JSON_INDENT(1));
    if (!text)
        return -ENOMEM;
    if (strlen(text) > SPOOL_ENTRY_MAX)
        return -EMSGSIZE;
    AUTO(close_fd)
    int fd =
        openat(spool->folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = write_whole(fd, text, strlen(text));
    if (r < 0)
        unlinkat(spool->folder, draft, 0);
    return r;
}

static char *draft_name(void)
{
    uuid_t id;
    char text[37];
    uuid_generate_random(id);
    uuid_unparse_lower(id, text);
    return text_format(".draft-%s", text);
}

/* Renames the draft, for good. */
static int publish(const struct spool *spool, const char *draft, const char *name)
{
    if (renameat(spool->folder, draft, spool->folder, name) == 0)
        return fsync(spool->folder) < 0 ? -errno : 0;
    int r = -errno;
    unlinkat(spool->folder, draft, 0);
    return r;
}

static bool is_same(const json_t *a, const json_t *b, const char *member)
{
    return json_equal(json_object_get(a, member), json_object_get(b, member));
}

static int add(const struct spool *spool, const json_t *entry, size_t *ret_before)
{
    json_auto_t *entries = NULL, *odd = NULL;
    const char *id = get_text(entry, "id");
    unsigned long last = 0;
    size_t before = 0;
    size_t i;
    json_t *one;
    int r = spool_list(spool, &entries, &odd);
    if (r < 0)
        return r;
    json_array_foreach (entries, i, one) {
        if (strcmp(get_text(one, "id"), id) == 0)
            return is_same(one, entry, "method") && is_same(one, entry, "tries") ? -EEXIST
                                                                                 : -ENOTUNIQ;
        before += is_same(one, entry, "address");
        name_parse(get_text(one, "file"), &last);
    }
    if (json_array_size(entries) >= SPOOL_ENTRIES_MAX || last == LAST_NUMBER)
        return -EDQUOT;
    AUTO(free_ptr) char *draft = draft_name();
    AUTO(free_ptr) char *name = text_format(NAME_FORMAT, last + 1, id);
    r = write_draft(spool, entry, draft);
    if (r == 0)
        r = publish(spool, draft, name);
    if (r == 0)
        *ret_before = before;
    return r;
}

/* One at a time, or two would get the same place. The folder itself is locked, so that who sends,
 * which may take long, keeps nobody from adding. */
int spool_add(const struct spool *spool, const json_t *entry, size_t *ret_before)
{
    if (flock(spool->folder, LOCK_EX) < 0)
        return -errno;
    int r = add(spool, entry, ret_before);
    flock(spool->folder, LOCK_UN);
    return r;
}

int spool_replace(const struct spool *spool, const json_t *entry)
{
    AUTO(free_ptr) char *draft = draft_name();
    json_auto_t *copy = json_copy((json_t *)entry);
    if (!copy)
        return -ENOMEM;
    json_object_del(copy, "file");
    int r = write_draft(spool, copy, draft);
    return r == 0 ? publish(spool, draft, get_text(entry, "file")) : r;
}

int spool_remove(const struct spool *spool, const json_t *entry)
{
    if (unlinkat(spool->folder, get_text(entry, "file"), 0) < 0)
        return errno == ENOENT ? 0 : -errno;
    return fsync(spool->folder) < 0 ? -errno : 0;
}
