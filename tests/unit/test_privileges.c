/*
 * Dropping privileges, each in a child of its own, below a folder that the teardown removes.
 * What needs root is skipped without it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "privileges.h"

static char top[64], state[96], socket_path[96];
static uid_t nobody;

static int remove_entry(const char *path, const struct stat *st UNUSED, int type UNUSED,
                        struct FTW *ftw UNUSED)
{
    return remove(path);
}

static int set_up(void **unused UNUSED)
{
    const struct passwd *user = getpwnam("nobody");

    strcpy(top, "/tmp/goald-privileges-XXXXXX");
    if (!user || !mkdtemp(top) || chmod(top, 0755) < 0)
        return -1;
    nobody = user->pw_uid;
    snprintf(state, sizeof(state), "%s/a/state", top);
    snprintf(socket_path, sizeof(socket_path), "%s/run/socket", top);
    return 0;
}

static int tear_down(void **unused UNUSED)
{
    return nftw(top, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void root_only(void)
{
    if (geteuid() != 0)
        skip();
}

/* Drops in a child and then runs `check` there; returns the error, or 1 if the check failed. */
static int drop(const char *user, bool (*check)(void))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        struct privileges_options options = {user, state, socket_path};
        AUTO(free_ptr) char *message = NULL;
        int r = privileges_drop(&options, &message);

        if (r < 0 && !message)
            _exit(200);
        _exit(r < 0 ? -r : check && !check() ? 199 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static struct stat status_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st;
}

static bool is_nobody_for_good(void)
{
    uid_t real, effective, saved;

    return getresuid(&real, &effective, &saved) == 0 && real == nobody && effective == nobody &&
           saved == nobody && setuid(0) < 0 && getgid() != 0 && getegid() != 0;
}

static void root_becomes_the_user_for_good(void **unused UNUSED)
{
    root_only();
    assert_int_equal(drop("nobody", is_nobody_for_good), 0);
}

static void state_directory_is_made_for_the_user_alone(void **unused UNUSED)
{
    root_only();
    assert_int_equal(drop("nobody", NULL), 0);
    assert_int_equal(status_of(state).st_mode & 07777, 0700);
    assert_int_equal(status_of(state).st_uid, nobody);
}

static void socket_folder_is_made_open_to_all(void **unused UNUSED)
{
    char folder[96];

    root_only();
    assert_int_equal(drop("nobody", NULL), 0);
    snprintf(folder, sizeof(folder), "%s/run", top);
    assert_int_equal(status_of(folder).st_mode & 07777, 0755);
    assert_int_equal(status_of(folder).st_uid, nobody);
}

static void socket_folder_that_is_there_keeps_its_owner(void **unused UNUSED)
{
    root_only();
    snprintf(socket_path, sizeof(socket_path), "%s/socket", top);
    assert_int_equal(drop("nobody", NULL), 0);
    assert_int_equal(status_of(top).st_uid, 0);
}

static void second_start_finds_its_folders(void **unused UNUSED)
{
    root_only();
    assert_int_equal(drop("nobody", NULL), 0);
    assert_int_equal(drop("nobody", NULL), 0);
}

static void make_state(mode_t mode, uid_t uid)
{
    char parent[96];

    snprintf(parent, sizeof(parent), "%s/a", top);
    assert_int_equal(mkdir(parent, 0755), 0);
    assert_int_equal(mkdir(state, 0700), 0);
    assert_int_equal(chmod(state, mode), 0);
    assert_int_equal(chown(state, uid, (gid_t)-1), 0);
}

static void empty_state_directory_of_root_is_taken(void **unused UNUSED)
{
    root_only();
    make_state(0700, 0);
    assert_int_equal(drop("nobody", NULL), 0);
    assert_int_equal(status_of(state).st_uid, nobody);
}

static void used_state_directory_of_root_is_refused(void **unused UNUSED)
{
    char inside[128];

    root_only();
    make_state(0700, 0);
    snprintf(inside, sizeof(inside), "%s/x", state);
    assert_int_equal(mkdir(inside, 0700), 0);
    assert_int_equal(drop("nobody", NULL), EPERM);
    assert_int_equal(status_of(state).st_uid, 0);
}

static void state_directory_of_another_is_refused(void **unused UNUSED)
{
    root_only();
    make_state(0700, 54321);
    assert_int_equal(drop("nobody", NULL), EPERM);
}

static void state_directory_that_is_a_link_is_refused(void **unused UNUSED)
{
    char parent[96];

    root_only();
    snprintf(parent, sizeof(parent), "%s/a", top);
    assert_int_equal(mkdir(parent, 0755), 0);
    assert_int_equal(symlink("/etc", state), 0);
    assert_int_not_equal(drop("nobody", NULL), 0);
    assert_int_equal(status_of("/etc").st_uid, 0);
}

static void state_directory_open_to_others_is_refused(void **unused UNUSED)
{
    make_state(0777, geteuid() == 0 ? nobody : geteuid());
    assert_int_equal(drop("nobody", NULL), EPERM);
}

static void unknown_user_is_refused(void **unused UNUSED)
{
    root_only();
    assert_int_equal(drop("no-such-user", NULL), ENOENT);
}

static void root_is_no_user_to_become(void **unused UNUSED)
{
    root_only();
    assert_int_equal(drop("root", NULL), EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(root_becomes_the_user_for_good),
        TEST(state_directory_is_made_for_the_user_alone),
        TEST(socket_folder_is_made_open_to_all),
        TEST(socket_folder_that_is_there_keeps_its_owner),
        TEST(second_start_finds_its_folders),
        TEST(empty_state_directory_of_root_is_taken),
        TEST(used_state_directory_of_root_is_refused),
        TEST(state_directory_of_another_is_refused),
        TEST(state_directory_that_is_a_link_is_refused),
        TEST(state_directory_open_to_others_is_refused),
        TEST(unknown_user_is_refused),
        TEST(root_is_no_user_to_become),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
