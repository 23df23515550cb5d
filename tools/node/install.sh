#!/usr/bin/env bash
# Brings what checks the page (package.json beside this file) into a folder. Where there is no npm, it says what is left out.
set -euo pipefail
folder=$1
here=$(dirname "$0")
if ! command -v npm >/dev/null 2>&1; then
  echo "Without npm the page's types and accessibility are not checked. Install node and npm to check them." >&2
  exit 0
fi
mkdir -p "$folder"
cp "$here/package.json" "$folder/"
cd "$folder"
npm install --no-package-lock --no-audit --no-fund --silent
