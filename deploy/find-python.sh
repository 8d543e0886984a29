#!/bin/sh
# Print a Python >= 3.11 that can create virtual environments; say what is missing otherwise.
# PYTHON=/path/to/python chooses one by hand.
set -eu
for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    path=$(command -v "$python" 2>/dev/null) || continue
    "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    "$path" -c 'import ensurepip, venv' 2>/dev/null || { without_venv=$path; continue; }
    echo "$path"
    exit 0
done
if [ -n "${without_venv:-}" ]; then
    echo "$without_venv cannot create virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2
else
    echo "Weizhi needs Python 3.11 or newer; none was found. Set PYTHON=/path/to/python to choose one." >&2
fi
exit 1
