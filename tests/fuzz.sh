# Fuzzes: builds the targets of tests/fuzz with clang in build/fuzz, runs each on its seeds, then
# all of them at once with inputs of their own for SECONDS (30).
#
#   sh tests/fuzz.sh [SECONDS [JUNIT-FILE]]
#
# An input that broke something stays in build/fuzz/results, with the report in the target's log;
# run build/fuzz/fuzz_TARGET FILE to see it again. New inputs are kept in build/fuzz/corpus.
# 1 if anything was found. Without clang nothing is done, which the JUnit file says.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
seconds=${1:-30}
build=$top/build/fuzz
results=$build/results
junit=${2:-$results/fuzz.xml}
targets="messages interface import csv calendar mail"

seeds_of() {
    case $1 in
    messages) find tests/data/messages tests/data/fuzz/messages -type f ;;
    interface) find tests/data/interfaces daemon/wire -name '*.varlink' ;;
    import) find tests/data/import -name '*.json' ;;
    csv) find tests/data/csv -name '*.csv' ;;
    calendar) find tests/data/ical -name '*.ics' ;;
    mail) find tests/data/mails -name '*.eml' ;;
    esac
    find "tests/data/fuzz/$1" -name 'found_*' 2>/dev/null || true
}

# Seconds are those of one input, megabytes those of the whole process.
run_target() {
    target=$1
    shift
    "$build/fuzz_$target" -timeout=25 -rss_limit_mb=1024 -max_len=8192 \
        -dict="tests/data/fuzz/$target.dict" -artifact_prefix="$results/$target-" "$@"
}

# A test's line: its name, and what went wrong if something did.
case_line() {
    if [ -z "$2" ]; then
        echo "<testcase classname=\"fuzz\" name=\"$1\"/>"
    else
        echo "<testcase classname=\"fuzz\" name=\"$1\"><failure message=\"$2\"/></testcase>"
    fi
}

check_target() {
    target=$1
    log=$results/$target.log
    mkdir -p "$build/corpus/$target"
    said=
    # shellcheck disable=SC2046 # none of the names has a blank
    run_target "$target" $(seeds_of "$target") >"$log" 2>&1 || said="see $log"
    case_line "${target}_seeds" "$said"
    said=
    mkdir -p "$build/seeds/$target"
    # shellcheck disable=SC2046
    cp $(seeds_of "$target") "$build/seeds/$target"
    run_target "$target" -max_total_time="$seconds" -print_final_stats=1 \
        "$build/corpus/$target" "$build/seeds/$target" >>"$log" 2>&1 || said="see $log"
    case_line "${target}_run" "$said"
}

mkdir -p "$results"
if ! command -v clang >/dev/null; then
    echo "clang is not there: nothing is fuzzed"
    echo '<testsuite name="fuzz"><testcase name="fuzz"><skipped/></testcase></testsuite>' >"$junit"
    exit 0
fi
echo "Building in $build"
{
    cmake -S . -B "$build" -DGOALD_FUZZ=ON -DCMAKE_C_COMPILER=clang &&
        cmake --build "$build" -j "$(nproc)" \
            --target fuzz_messages --target fuzz_interface --target fuzz_import --target fuzz_csv \
            --target fuzz_calendar --target fuzz_mail
} >"$results/build.log" 2>&1 || {
    grep -E -A5 'error|undefined' "$results/build.log" >&2 || cat "$results/build.log" >&2
    echo "building failed; all of it is in $results/build.log"
    exit 1
}

export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1" UBSAN_OPTIONS="print_stacktrace=1"
rm -rf "$build/seeds"
running=
trap 'kill $running 2>/dev/null; exit 130' INT TERM
for target in $targets; do
    check_target "$target" >"$results/$target.cases" &
    running="$running $!"
done
for pid in $running; do
    wait "$pid"
done
{
    echo '<testsuite name="fuzz">'
    for target in $targets; do
        cat "$results/$target.cases"
    done
    echo '</testsuite>'
} >"$junit"

for target in $targets; do
    grep -E '^(Done|stat::number_of_executed|#[0-9]+.*DONE)' "$results/$target.log" |
        sed "s/^/$target: /" || true
    grep -E 'Test unit written to|SUMMARY|^(broken|not as)' "$results/$target.log" |
        sed "s/^/$target: /" || true
done
! grep -q '<failure' "$junit"
