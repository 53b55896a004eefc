# Runs all tests: installs what is missing, builds with ASan and UBSan and warnings as errors in
# build/tests, then the unit tests (ctest), the end-to-end tests (pytest) and the source's style.
# Ends in "N passed, N failed"; 1 if any failed or none ran.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
build=$top/build/tests
results=$build/results

sh daemon/install.sh tests

rm -rf "$results"
mkdir -p "$results"
echo "Building in $build"
{
    cmake -S . -B "$build" -DGOALD_TESTS=ON -DGOALD_WERROR=ON -DGOALD_SANITIZE=ON &&
        cmake --build "$build" -j "$(nproc)"
} >"$results/build.log" 2>&1 || {
    grep -E -A5 'error|undefined|warning' "$results/build.log" >&2 || cat "$results/build.log" >&2
    echo "building failed; all of it is in $results/build.log"
    echo "0 passed, 1 failed"
    exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$scratch"
export TMPDIR="$scratch"
export GOALD_BUILD="$build"
export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
export UBSAN_OPTIONS="print_stacktrace=1"
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset GOAL_ADDRESS GOAL_STRATEGY GOALD_LOG NOTIFY_SOCKET

# What failed is counted from the results, so a failing step doesn't end the run here.
CMOCKA_MESSAGE_OUTPUT=TAP ctest --test-dir "$build" -j "$(nproc)" --output-on-failure \
    --output-junit "$results/unit.xml" --test-output-size-passed 1000000 \
    --test-output-size-failed 1000000 --no-tests=error || true
/usr/bin/python3 -m pytest -q -p no:cacheprovider --junitxml="$results/pytest.xml" \
    tests/source tests/e2e || true
/usr/bin/python3 tests/results.py "$results/unit.xml" "$results/pytest.xml"
