/*
 * goal-mail: the commands that need the libraries of mail, calendars and languages. goal becomes
 * it, so that to who types it is goal.
 */
#include "runs.h"

int main(int argc, char **argv)
{
    return program_main(argc, argv, mail_runs);
}
