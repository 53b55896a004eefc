/*
 * A bar on the terminal for what takes more than a moment. It is drawn on stderr, only where that
 * is a terminal, and is gone when it is over. The caller owns it; it holds nothing to free.
 */
#ifndef GOAL_PROGRESS_H
#define GOAL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what;   /* is done now: "records are sent"; lasts as long as this does */
    size_t done, total; /* 0: not known yet, and nothing is drawn */
    bool on, drawn;
    int64_t begun_ms, drawn_ms, phase_ms;
};

void progress_begin(struct progress *progress, const char *what, size_t total);

/* How far it is; draws if it is time to. */
void progress_set(struct progress *progress, size_t done);

/* All was done; what follows is not counted but timed. */
void progress_wait(struct progress *progress, const char *what);

/* Draws again if it is time to: for who waits. */
void progress_tick(void *progress);

/* Takes the bar away, before anything else is printed. */
void progress_clear(struct progress *progress);

#endif
