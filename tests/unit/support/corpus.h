/*
 * Corpora: folders of tests/data whose y_* files must be accepted and n_* files refused.
 */
#ifndef TESTS_UNIT_SUPPORT_CORPUS_H
#define TESTS_UNIT_SUPPORT_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

/* Runs every file of tests/data/FOLDER through `accepts` (the text is NUL-terminated) and fails
 * the test, naming all files that came out wrong, or if there are fewer than `least` of either. */
void corpus_run(const char *folder, int least, bool (*accepts)(const char *text, size_t len));

#endif
