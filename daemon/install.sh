# Installs the Debian packages that are missing: sh daemon/install.sh [tests|bench]
# With "tests" also what the tests need, with "bench" what tests/bench.sh needs too. Says nothing when
# nothing is missing.
set -eu

packages="gcc libc6-dev make cmake pkgconf libjansson-dev libevent-dev libpq-dev uthash-dev
    libsmartcols-dev libsystemd-dev uuid-dev libcsv-dev libssl-dev libsodium-dev libgmime-3.0-dev
    libical-dev gettext tzdata postgresql"
if [ "${1-}" = tests ] || [ "${1-}" = bench ]; then
    packages="$packages libcmocka-dev clang-format-14 python3 python3-pytest python3-pytest-xdist
        python3-icalendar systemd socat util-linux clang libclang-rt-14-dev llvm valgrind"
fi
if [ "${1-}" = tests ]; then
    packages="$packages mblaze"
    # A machine that is somebody's keeps the mail system that it has, or has not: there the tests with
    # Postfix are left out. In a container it is installed, but not started.
    if [ ! -d /run/systemd/system ] && [ ! -e /usr/sbin/sendmail ]; then
        packages="$packages postfix"
    fi
fi
if [ "${1-}" = bench ]; then
    packages="$packages redis-server" # pgbench comes with postgresql
fi

missing=
for package in $packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "to be installed by root:$missing" >&2
        exit 1
    }
    sudo=sudo
fi

echo "Installing$missing"
log=$(mktemp)
policy=
trap 'rm -f "$log"; [ -z "$policy" ] || $sudo rm -f "$policy"' EXIT
# invoke-rc.d asks this program whether it may start what is installed.
forbid_services() {
    [ ! -e /usr/sbin/policy-rc.d ] || return 0
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
}
case $missing in
*postfix*) forbid_services ;;
esac
install() {
    $sudo apt-get -q update &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $missing
}
install >"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    echo "installing failed" >&2
    exit 1
}
