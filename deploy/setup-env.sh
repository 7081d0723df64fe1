#!/bin/sh
# Build .venv from hashed constraints: `deploy/setup-env.sh run` for netquota itself, `… dev` for tests and checks too.
# Wants python3 (3.11 or newer) with venv; takes uv where it is present. Does nothing when nothing has changed.
# PYTHON names another; without it the distribution's own stands in for a slow one.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
python=${PYTHON:-$(
    # One built from source without optimisations takes twice the time of the distribution's own.
    if python3 -c 'import sys, sysconfig as s; sys.exit("--enable-optimizations" in (s.get_config_var("CONFIG_ARGS") or ""))' \
        && /usr/bin/python3 -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))'
    then echo /usr/bin/python3; else echo python3; fi 2>/dev/null)}
case $kind in
    run) constraints=constraints.txt ;;
    dev) constraints=constraints-dev.txt ;;
    *) echo "usage: deploy/setup-env.sh [run|dev]" >&2; exit 2 ;;
esac

wanted=$(cat "$constraints" pyproject.toml | sha256sum | cut -d' ' -f1)
stamp=.venv/netquota-$kind.sha256

if ! [ -x .venv/bin/python ]; then
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        echo "netquota needs Python 3.11 or newer as '$python'; install it or set PYTHON=/path/to/python3" >&2; exit 1; }
    echo "Building .venv ($kind)"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --seed --python "$python" .venv
    else
        "$python" -m venv .venv || { rm -rf .venv; echo "On Debian: apt-get install python3-venv" >&2; exit 1; }
    fi
fi

if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
    if command -v uv >/dev/null 2>&1; then
        VIRTUAL_ENV=$PWD/.venv uv pip install --quiet --require-hashes --no-deps -r "$constraints"
        VIRTUAL_ENV=$PWD/.venv uv pip install --quiet --no-deps --no-build-isolation --editable .
    else
        pip=".venv/bin/python -m pip --disable-pip-version-check --quiet"
        # The file names all there is to install: without resolving, pip does not ask for newer ones (`coverage[toml]>=…`).
        $pip install --require-hashes --no-deps -r "$constraints"
        $pip install --no-deps --no-build-isolation --editable .
    fi
    echo "$wanted" > "$stamp"
fi
.venv/bin/python hatch_build.py assets
