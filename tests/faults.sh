# Runs the fault tests by themselves: sh tests/faults.sh [short|long], long if not said.
# Installs what is missing, builds a release in build/faults (SANITIZE=ON: with ASan and UBSan) and
# ends in the figures of each scenario. GOALD_FAULTS_SEED=N makes another run; other arguments are
# handed to pytest: sh tests/faults.sh long -k killed
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
form=long
case ${1-} in
short | long)
    form=$1
    shift
    ;;
esac
sanitize=${SANITIZE:-OFF}
build=$top/build/faults
[ "$sanitize" = OFF ] || build=$build-sanitized

sh daemon/install.sh tests

echo "Building in $build"
mkdir -p "$build"
{
    cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DGOALD_TESTS=ON -DGOALD_WERROR=ON \
        -DGOALD_SANITIZE="$sanitize" &&
        cmake --build "$build" -j "$(nproc)" --target goald goal
} >"$build/faults.log" 2>&1 || {
    cat "$build/faults.log" >&2
    exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$scratch"
export TMPDIR="$scratch" GOALD_BUILD="$build" GOALD_FAULTS="$form"
export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
export UBSAN_OPTIONS="print_stacktrace=1"
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset GOAL_ADDRESS GOAL_STRATEGY GOALD_LOG NOTIFY_SOCKET
/usr/bin/python3 -m pytest -v -p no:cacheprovider --durations=0 --durations-min=1 "$@" tests/faults
