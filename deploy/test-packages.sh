#!/bin/sh
# Install what deploy/debian-packages-test.txt lists, where that may be done (root, with apt). Elsewhere say which
# tests will not run and why, and print the packages for NETQUOTA_TESTS_WITHOUT; in CI (CI=true) that is a failure.
set -u
cd "$(dirname "$0")/.."
list=deploy/debian-packages-test.txt

rows_missing() {
    [ "$(id -u)" = 0 ] || echo "root|root|tests on hosts of their own (network namespaces, tests/gateway)"
    grep -v '^#' "$list" | while read -r package shows tests; do
        case $shows in
            /*) for path in $shows; do [ -e "$path" ] && continue 2; done ;;
            *) command -v "$shows" >/dev/null 2>&1 && continue ;;
        esac
        echo "$package|$shows|$tests"
    done
}

missing=$(rows_missing)
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    packages=$(echo "$missing" | cut -d'|' -f1)
    echo "Installing for the tests:" $packages >&2
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    { apt-get -qq update && apt-get -qq install --no-install-recommends --yes $packages; } >&2 || true
    missing=$(rows_missing)
    [ -n "$missing" ] || exit 0
fi
echo "$missing" | while IFS='|' read -r package shows tests; do
    remedy="$shows is missing; as root: apt-get install $package"
    [ "$package" != root ] || remedy="run them as root"
    echo "NOT RUN: $tests: $remedy" >&2
done
[ "${CI:-}" != true ] || exit 1
echo "$missing" | cut -d'|' -f1 | paste -sd, -
