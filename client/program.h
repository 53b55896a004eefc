/*
 * What the client's two programs have in common. goal does nearly everything itself and starts in
 * less than a millisecond; goal-mail has the commands that need the large libraries of mail,
 * calendars and languages. Both have the same table of commands.
 */
#ifndef GOAL_PROGRAM_H
#define GOAL_PROGRAM_H

#include "goal.h"

/* What a program does where it comes to a command of this name; a row without a name ends them. */
struct program_run {
    const char *name;
    int (*run)(struct goal *goal);
};

/* The whole program: returns its exit code. `own` comes before what the table says. */
int program_main(int argc, char **argv, const struct program_run *own);

/* Of the commands that goal-mail has: becomes goal-mail, with the same command line. Returns only
 * where that cannot be, having said so. */
int program_hand_over(struct goal *goal);

/* A path beside the running program: "goal-mail" or "../share/locale"; the caller's to free. */
char *program_beside(const char *path);

#endif
