# Measures goald against what one would use instead, side by side on this machine: installs what is
# missing, builds a release in build/bench, starts a PostgreSQL with its default durability, a Redis
# without persistence and goald on that PostgreSQL, and prints a table.
#
#   sh tests/bench.sh [--quick] [--rows NAME,NAME…] [--runs N] [--seconds S] [--json FILE]
#                     [--markdown FILE] [--list]
#
# Each row is a pair that runs in turn, several times, after a first time that is not counted. It
# shows the medians of both, the servers' processor time of a call beside each (the generator shares
# the cores), the median of the pairs' ratios, what is asked of it and whether that is met. A row
# that fails says why, and the others go on; the exit code is then 1. --quick, on small trees, only
# shows that everything works.
#
# GOALD_BENCH_DIR (/var/tmp) is where the servers keep their data: a real disk, or nothing there is
# durable. GOALD_BUILD names a release that is built already. As root the servers run as postgres.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"

if [ -z "${GOALD_BUILD-}" ]; then
    sh daemon/install.sh bench
    GOALD_BUILD=$top/build/bench
    mkdir -p "$GOALD_BUILD"
    log=$GOALD_BUILD/build.log
    {
        cmake -S . -B "$GOALD_BUILD" -DGOALD_TESTS=ON &&
            cmake --build "$GOALD_BUILD" -j "$(nproc)" --target goald goal load spawn
    } >"$log" 2>&1 || {
        cat "$log" >&2
        echo "building failed" >&2
        exit 1
    }
fi

unset GOAL_ADDRESS GOAL_STRATEGY GOALD_LOG NOTIFY_SOCKET
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 tests/bench/main.py --build "$GOALD_BUILD" "$@"
