# Sourced by the scripts beside it: finds a Python, lets _bootstrap.py make .venv, and leaves $root and $python.
# shellcheck shell=sh

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
python=$root/.venv/bin/python

is_usable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, '"$2"'))' 2>/dev/null
}

# Prints a Python from 3.11 on; one for which ready-made packages are known to exist comes before a newer one.
find_python() {
    for newest in 15 99; do
        for name in ${MALHA_PYTHON:+"$MALHA_PYTHON"} python3 python3.13 python3.12 python3.14 python3.11 python; do
            if command -v "$name" >/dev/null 2>&1 && is_usable "$name" "$newest"; then
                command -v "$name"
                return
            fi
        done
    done
    if command -v uv >/dev/null 2>&1; then
        uv python install --quiet 3.13 && uv python find 3.13
        return
    fi
    echo "$0: needs Python 3.11 or newer on PATH (or its path in MALHA_PYTHON)." >&2
    return 1
}

# bootstrap base|dev: returns when .venv holds exactly what requirements/base.txt or dev.txt lock.
bootstrap() {
    found=$(find_python) || exit 1
    "$found" "$root/scripts/_bootstrap.py" "$1" || exit 1
    cd "$root" || exit 1
}
