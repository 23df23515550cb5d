#!/usr/bin/env bash
# Makes a virtual environment with the newest Python >= 3.11 that this machine has.
set -euo pipefail
target=${1:?usage: make_venv.sh FOLDER}
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3.14 python3 python; do
  path=$(command -v "$candidate" || true)
  [ -n "$path" ] || continue
  "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
  if "$path" -m venv "$target" >/dev/null 2>&1; then exit 0; fi
  # Debian keeps venv in a package of its own.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    "$path" -m venv "$target" && exit 0
  fi
done
echo "everjam needs Python 3.11 or newer with venv. Install it (Debian: apt install python3-venv) or set PYTHON=…" >&2
exit 1
