/*
 * The bar of long commands. Half a second is a moment; then it is drawn at most ten times a second.
 */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define MOMENT_MS 500
#define BETWEEN_MS 100
#define BAR "########################################"
#define BAR_WIDTH 40

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, const char *what, size_t total)
{
    *progress = (struct progress){.what = what,
                                  .total = total,
                                  .on = isatty(STDERR_FILENO),
                                  .begun_ms = now_ms(),
                                  .phase_ms = -1};
}

/* Written over the line before; \033[K clears what was longer. */
static void draw(struct progress *progress, int64_t now)
{
    int full = progress->total > 0 ? (int)(progress->done * BAR_WIDTH / progress->total) : 0;
    if (progress->phase_ms < 0)
        fprintf(stderr, "\r[%.*s%*s] %zu of %zu %s\033[K", full, BAR, BAR_WIDTH - full, "",
                progress->done, progress->total, progress->what);
    else
        fprintf(stderr, "\r%s: %lld s\033[K", progress->what,
                (long long)(now - progress->phase_ms) / 1000);
    progress->drawn = true;
    progress->drawn_ms = now;
}

void progress_tick(void *arg)
{
    struct progress *progress = arg;
    int64_t now = now_ms();
    bool known = progress->total > 0 || progress->phase_ms >= 0;
    if (progress->on && known && now - progress->begun_ms >= MOMENT_MS &&
        now - progress->drawn_ms >= BETWEEN_MS)
        draw(progress, now);
}

void progress_set(struct progress *progress, size_t done)
{
    progress->done = done;
    progress_tick(progress);
}

void progress_wait(struct progress *progress, const char *what)
{
    progress->what = what;
    progress->phase_ms = now_ms();
    progress->drawn_ms = 0;
    progress_tick(progress);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
