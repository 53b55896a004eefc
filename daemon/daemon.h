/*
 * The running daemon: everything main() has put together, from the first event to the last.
 */
#ifndef GOALD_DAEMON_H
#define GOALD_DAEMON_H

#include "config.h"

/* Runs until SIGTERM, SIGINT or a failure at start; returns the exit status. The configuration
 * stays the caller's. */
int daemon_run(struct config *config);

#endif
