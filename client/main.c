/*
 * goal, the command-line client of goald.
 */
#include "program.h"

int main(int argc, char **argv)
{
    static const struct program_run nothing[] = {{0}};
    return program_main(argc, argv, nothing);
}
