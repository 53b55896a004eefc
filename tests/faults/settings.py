"""How much is done: GOALD_FAULTS=long, or short (the default); GOALD_FAULTS_SEED for another
run."""

import os

LONG = os.environ.get("GOALD_FAULTS", "short") == "long"
SEED = int(os.environ.get("GOALD_FAULTS_SEED", "1"))
CALLERS = 32 if LONG else 12
# Of a goald that soon gives up on a database that does not answer.
SHORT_LIMITS = {"query_timeout": "1s", "connect_timeout": "1s", "in_doubt_timeout": "3s",
                "wait_timeout": "1s"}


def times(short, long):
    """How often something is done in this run."""
    return long if LONG else short
