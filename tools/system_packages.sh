#!/usr/bin/env bash
# Brings what some tests need beside Python: a browser and node. Where it may not, it says what will be left out.
set -euo pipefail
have() { command -v "$1" >/dev/null 2>&1; }
missing=()
have chromium || have chromium-browser || have google-chrome || missing+=(chromium)
have node && have npm || missing+=(nodejs npm)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && have apt-get; then
  echo "Installing ${missing[*]} for the tests ..."
  export DEBIAN_FRONTEND=noninteractive
  if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then exit 0; fi
fi
echo "Without ${missing[*]}: the tests that need them are skipped. Install them with your package manager to run all." >&2
