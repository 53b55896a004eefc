# Installs the Debian packages that are missing: sh daemon/install.sh [tests|bench]
# With "tests" also what the tests need, with "bench" what tests/bench.sh needs too. Says nothing when
# nothing is missing.
set -eu

packages="gcc libc6-dev make cmake pkgconf libjansson-dev libevent-dev libpq-dev uthash-dev
    libsmartcols-dev libsystemd-dev uuid-dev libcsv-dev libssl-dev libsodium-dev libgmime-3.0-dev
    libical-dev gettext tzdata postgresql"
if [ "${1-}" = tests ] || [ "${1-}" = bench ]; then
    packages="$packages libcmocka-dev clang-format-14 python3 python3-pytest python3-icalendar
        systemd socat util-linux clang libclang-rt-14-dev llvm valgrind"
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
trap 'rm -f "$log"' EXIT
install() {
    $sudo apt-get -q update &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $missing
}
install >"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    echo "installing failed" >&2
    exit 1
}
