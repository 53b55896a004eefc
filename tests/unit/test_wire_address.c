/*
 * Addresses: their forms, and what listening does to files that are in the way.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "wire/address.h"

static char folder[] = "/tmp/test_wire_address.XXXXXX";
static char path[64], text[80];

static int make_folder(void **state UNUSED)
{
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/socket", folder);
    snprintf(text, sizeof(text), "unix:%s", path);
    return 0;
}

static int remove_folder(void **state UNUSED)
{
    return rmdir(folder);
}

static int remove_socket(void **state UNUSED)
{
    unlink(path);
    return 0;
}

static struct address parse(const char *address_text)
{
    struct address address;

    assert_int_equal(address_parse(address_text, &address), 0);
    return address;
}

static void assert_not_an_address(const char *address_text, int error)
{
    struct address address;

    assert_int_equal(address_parse(address_text, &address), error);
}

static void path_is_taken_with_its_nul(void **state UNUSED)
{
    struct address address = parse("unix:/run/a");

    assert_string_equal(address.socket.sun_path, "/run/a");
    assert_int_equal(address.len, offsetof(struct sockaddr_un, sun_path) + 7);
    assert_string_equal(address_path(&address), "/run/a");
}

static void abstract_name_has_its_exact_length(void **state UNUSED)
{
    struct address address = parse("unix:@name");

    assert_memory_equal(address.socket.sun_path, "\0name", 5);
    assert_int_equal(address.len, offsetof(struct sockaddr_un, sun_path) + 5);
    assert_null(address_path(&address));
}

static void scheme_may_be_left_out(void **state UNUSED)
{
    struct address bare = parse("/run/a;b"), name = parse("@name");

    assert_string_equal(bare.socket.sun_path, "/run/a;b");
    assert_memory_equal(name.socket.sun_path, "\0name", 6);
}

static void properties_are_ignored(void **state UNUSED)
{
    struct address address = parse("unix:/run/a;mode=0600");

    assert_string_equal(address.socket.sun_path, "/run/a");
}

static void other_texts_are_refused_by_kind(void **state UNUSED)
{
    assert_not_an_address("tcp:localhost:1", -EPROTONOSUPPORT);
    assert_not_an_address("UNIX:/run/a", -EPROTONOSUPPORT);
    assert_not_an_address("", -EINVAL);
    assert_not_an_address("unix:", -EINVAL);
    assert_not_an_address("unix:@", -EINVAL);
    assert_not_an_address("unix:/", -EINVAL);
    assert_not_an_address("unix:run/a", -EINVAL);
    assert_not_an_address("run/a", -EINVAL);
    assert_not_an_address("unix:;/run/a", -EINVAL);
}

static void length_limit_is_the_kernels(void **state UNUSED)
{
    char long_text[128] = "/";
    struct address address;

    memset(long_text + 1, 'a', 106); /* 107 bytes and a NUL fit */
    assert_int_equal(address_parse(long_text, &address), 0);
    long_text[107] = 'a';
    assert_int_equal(address_parse(long_text, &address), -ENAMETOOLONG);
    long_text[0] = '@'; /* no NUL behind a name */
    assert_int_equal(address_parse(long_text, &address), 0);
    long_text[108] = 'a';
    assert_int_equal(address_parse(long_text, &address), -ENAMETOOLONG);
}

static void listening_socket_can_be_connected_to_by_all(void **state UNUSED)
{
    const struct address address = parse(text);
    AUTO(close_fd) int listener = -1;
    AUTO(close_fd) int fd = -1;
    mode_t mask = umask(0077);
    struct stat st;

    assert_int_equal(address_listen(&address, &listener), 0);
    assert_int_equal(umask(mask), 0077);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
    assert_int_equal(address_connect(text, &fd), 0);
}

static void stale_socket_is_replaced(void **state UNUSED)
{
    const struct address address = parse(text);
    AUTO(close_fd) int fd = -1;
    int old;

    assert_int_equal(address_listen(&address, &old), 0);
    close(old);
    assert_int_equal(address_listen(&address, &fd), 0);
}

static void living_socket_is_left_alone(void **state UNUSED)
{
    const struct address address = parse(text);
    AUTO(close_fd) int first = -1;
    AUTO(close_fd) int fd = -1;
    int second;

    assert_int_equal(address_listen(&address, &first), 0);
    assert_int_equal(address_listen(&address, &second), -EADDRINUSE);
    assert_int_equal(address_connect(text, &fd), 0);
}

static void other_file_is_never_removed(void **state UNUSED)
{
    const struct address address = parse(text);
    FILE *file = fopen(path, "w");
    int fd;

    assert_non_null(file);
    fclose(file);
    assert_int_equal(address_listen(&address, &fd), -EEXIST);
    assert_int_equal(access(path, F_OK), 0);
}

static void connecting_to_nobody_fails(void **state UNUSED)
{
    int fd;

    assert_int_equal(address_connect(text, &fd), -ENOENT);
    assert_int_equal(address_connect("unix:@goald-test-nobody-is-here", &fd), -ECONNREFUSED);
    assert_int_equal(address_connect("tcp:a:1", &fd), -EPROTONOSUPPORT);
}

static void errors_have_words(void **state UNUSED)
{
    assert_non_null(strstr(address_error(-EPROTONOSUPPORT), "unix:"));
    assert_string_equal(address_error(-EACCES), strerror(EACCES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_is_taken_with_its_nul),
        cmocka_unit_test(abstract_name_has_its_exact_length),
        cmocka_unit_test(scheme_may_be_left_out),
        cmocka_unit_test(properties_are_ignored),
        cmocka_unit_test(other_texts_are_refused_by_kind),
        cmocka_unit_test(length_limit_is_the_kernels),
        cmocka_unit_test_teardown(listening_socket_can_be_connected_to_by_all, remove_socket),
        cmocka_unit_test_teardown(stale_socket_is_replaced, remove_socket),
        cmocka_unit_test_teardown(living_socket_is_left_alone, remove_socket),
        cmocka_unit_test_teardown(other_file_is_never_removed, remove_socket),
        cmocka_unit_test(connecting_to_nobody_fails),
        cmocka_unit_test(errors_have_words),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
