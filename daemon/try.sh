# Tries goald: installs what is missing, builds it, starts it on a private PostgreSQL of its own,
# imports a real strategy and shows it. Nothing outside of the build folder and $dir is touched.
#
#   sh daemon/try.sh          start, or go on with what runs
#   sh daemon/try.sh stop     stop it; its data stays
#   sh daemon/try.sh clean    stop it and remove its data and the build
#
# GOALD_TRY names another folder for its data.
set -eu
umask 022
top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build/try
if [ "$(id -u)" = 0 ]; then
    dir=${GOALD_TRY:-/var/lib/goald-try}
else
    dir=${GOALD_TRY:-${XDG_DATA_HOME:-$HOME/.local/share}/goald-try}
fi
pid_file=$dir/goald.pid
log=$dir/goald.log
GOAL_ADDRESS=unix:$dir/run/io.goald.Tracker
export GOAL_ADDRESS
unset GOAL_STRATEGY

fail() {
    echo "$*" >&2
    exit 1
}

# Is the process of the pid file there, and is it the goald that this script started?
running() {
    [ -s "$pid_file" ] || return 1
    pid=$(cat "$pid_file")
    [ -r "/proc/$pid/cmdline" ] &&
        tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF "address=$GOAL_ADDRESS"
}

build() {
    mkdir -p "$build"
    {
        cmake -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=Release &&
            cmake --build "$build" -j "$(nproc)"
    } >"$build/build.log" 2>&1 || {
        tail -n 40 "$build/build.log" >&2
        fail "building failed; all of it is in $build/build.log"
    }
}

# Goes on while a start makes progress, at most a minute: a first one runs initdb.
wait_until_ready() {
    tries=0
    until "$build/goal" strategies >/dev/null 2>&1; do
        tries=$((tries + 1))
        # In its first second it may not be goald yet.
        if [ $tries -gt 300 ] || { [ $tries -gt 5 ] && ! running; }; then
            tail -n 20 "$log" >&2
            fail "goald did not start; its log is $log"
        fi
        sleep 0.2
    done
}

start() {
    mkdir -p "$dir"
    [ "$(id -u)" != 0 ] || set -- --set user=postgres
    # A session of its own: it must outlive this shell and its terminal.
    setsid "$build/goald" --set "address=$GOAL_ADDRESS" --set "state_directory=$dir/state" "$@" \
        >>"$log" 2>&1 </dev/null &
    echo $! >"$pid_file"
    wait_until_ready
}

stop() {
    running || return 0
    kill -TERM "$pid"
    tries=0
    while running; do
        tries=$((tries + 1))
        [ $tries -le 600 ] || fail "goald, process $pid, does not stop; its log is $log"
        sleep 0.1
    done
    rm -f "$pid_file"
    echo "goald is stopped."
}

show() {
    printf '\n$ goal %s\n' "$*"
    "$build/goal" "$@" </dev/null
}

try() {
    sh "$top/daemon/install.sh"
    echo "Building goald in $build"
    build
    # A newer build replaces what runs.
    if running && [ "$build/goald" -nt "$pid_file" ]; then
        stop
    fi
    if running; then
        echo "goald runs already."
    else
        echo "Starting goald with its data in $dir"
        start
    fi
    if ! "$build/goal" status se-life-science-2019 >/dev/null 2>&1; then
        (cd "$top" && show import tests/data/se-life-science-2019.json)
    fi
    show whoami
    show tree ls
    show status ls:2.2
    show status ls:4.4
    show due ls
    cat <<END

goald runs. To go on in this shell:

  export GOAL_ADDRESS=$GOAL_ADDRESS
  export PATH=$build:\$PATH
  goal help

To report, too, make yourself an account that manages the strategy:

  goal account add $(id -un) --name "$(id -un)" && goal account grant $(id -un) manager ls
  goal update ls:2.2 --percent 40 -m "Half of it is there"

Its log is $log
Stop it:                     sh $0 stop
Stop it and remove its data: sh $0 clean
END
}

case ${1-} in
'') try ;;
stop) stop ;;
clean)
    stop
    # Only what is ours: GOALD_TRY may name a folder with other things in it.
    rm -rf "$build" "$dir/state" "$dir/run" "$log" "$pid_file"
    rmdir "$top/build" "$dir" 2>/dev/null || true
    echo "Removed the build and what was in $dir."
    ;;
*) fail "usage: sh $0 [stop|clean]" ;;
esac
