#!/usr/bin/env bash
# npm.sh: installs what package-lock.json pins, by its hashes, into node_modules/, and again only when that file
# changes. Silent when nothing is to be done. It is what lint and the tests of the web client need; no program does.
set -euo pipefail
cd "$(dirname "$0")/.."

mark=node_modules/.installed
wanted=$(cat package.json package-lock.json | sha256sum)
[ "$(cat "$mark" 2>/dev/null)" != "$wanted" ] || exit 0
log=$(mktemp)
npm --no-update-notifier ci --no-audit --no-fund >"$log" 2>&1 || {
  echo "npm.sh: npm ci failed:" >&2
  tail -n 20 "$log" >&2
  rm -f "$log"
  exit 1
}
rm -f "$log"
printf '%s' "$wanted" >"$mark"
