#!/usr/bin/env bash
# Makes the Python environment that run.sh uses: a venv with the libraries of requirements.txt.
#
# It makes it once; with another requirements.txt it makes it anew. SWEEP_VENV says where, BASE_PYTHON
# with which Python. Where PYTHON is set, run.sh uses that one and there is nothing to make.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
venv=${SWEEP_VENV:-$here/.venv}

if [ -n "${PYTHON:-}" ]; then
    printf 'PYTHON is set, so that nothing is installed: %s\n' "$PYTHON"
    exit 0
fi

# The members of an array start at once: one makes it, the others wait for it.
mkdir -p -- "$(dirname -- "$venv")"
if command -v flock >/dev/null; then
    exec 9>"$venv.lock"
    flock 9
fi

if cmp -s -- "$here/requirements.txt" "$venv/requirements.installed"; then exit 0; fi
rm -f -- "$venv/requirements.installed"
"${BASE_PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --disable-pip-version-check -r "$here/requirements.txt"
cp -- "$here/requirements.txt" "$venv/requirements.installed"
