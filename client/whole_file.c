/* Files that appear whole; see whole_file.h. */
#include "whole_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "goal.h"
#include "text.h"

int whole_file_open(struct whole_file *file, const char *path)
{
    *file = (struct whole_file){.path = path, .beside = text_format("%s.XXXXXX", path)};
    int fd = mkstemp(file->beside);
    file->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (file->out)
        return EXIT_DONE;
    int error = errno;
    if (fd >= 0) {
        close(fd);
        unlink(file->beside);
    }
    free(STEAL(file->beside));
    return goal_fail(EXIT_REFUSED, "%s: %s", path, strerror(error));
}

static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

int whole_file_close(struct whole_file *file, int exit, bool secret)
{
    int error = 0;
    if (fflush(file->out) != 0 || (!secret && fchmod(fileno(file->out), usual_mode()) < 0))
        error = errno;
    if (fclose(file->out) != 0 && error == 0)
        error = errno;
    if (exit == EXIT_DONE && error == 0 && rename(file->beside, file->path) < 0)
        error = errno;
    if (exit != EXIT_DONE || error != 0)
        unlink(file->beside);
    free(STEAL(file->beside));
    if (exit == EXIT_DONE && error != 0)
        return goal_fail(EXIT_REFUSED, "%s: %s", file->path, strerror(error));
    return exit;
}
