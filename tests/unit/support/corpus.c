/*
 * Running of corpora; see corpus.h. The data are found below $GOALD_TESTS, else below ./tests.
 */
#include "tests/unit/support/corpus.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/util.h"

static char *read_file(const char *path, size_t *ret_len)
{
    AUTO(close_file) FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0, n;

    assert_non_null(file);
    *ret_len = 0;
    do {
        if (*ret_len + 4096 > size) {
            size = 2 * size + 4096;
            text = realloc(text, size);
            assert_non_null(text);
        }
        n = fread(text + *ret_len, 1, size - *ret_len - 1, file);
        *ret_len += n;
    } while (n > 0);
    text[*ret_len] = '\0';
    return text;
}

static bool run_file(const char *folder, const char *name,
                     bool (*accepts)(const char *text, size_t len))
{
    AUTO(free_ptr) char *path = NULL;
    AUTO(free_ptr) char *text = NULL;
    size_t len;
    bool right;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    text = read_file(path, &len);
    right = accepts(text, len) == (name[0] == 'y');
    if (!right)
        print_error("%s: %s\n", path, name[0] == 'y' ? "was refused" : "was accepted");
    return right;
}

void corpus_run(const char *folder, int least, bool (*accepts)(const char *text, size_t len))
{
    const char *tests = getenv("GOALD_TESTS");
    AUTO(free_ptr) char *path = NULL;
    int accepted = 0, refused = 0, wrong = 0;
    struct dirent *entry;
    DIR *dir;

    assert_true(asprintf(&path, "%s/data/%s", tests ? tests : "tests", folder) > 0);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        bool yes = strncmp(entry->d_name, "y_", 2) == 0;

        if (!yes && strncmp(entry->d_name, "n_", 2) != 0)
            continue;
        *(yes ? &accepted : &refused) += 1;
        wrong += !run_file(path, entry->d_name, accepts);
    }
    closedir(dir);
    assert_int_equal(wrong, 0);
    assert_true(accepted >= least && refused >= least);
}
