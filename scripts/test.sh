#!/usr/bin/env bash
# test.sh [unit] [contract] [itest] [web] [browser] [package]: runs the unit tests, those that hold documents and
# program together, the integration tests, those of the client module under Node, those of the page in Chromium, those
# of the Debian package in a clean root, or several, of the build MODE (release), and ends in `N passed, N failed`.
# FILTER picks some (of the first three). For what is built and installed: `make test`.
#
# A suite that ends badly without a failed test (a crash, a time-out, a leak found at the end) counts as one
# failure, and so does every report of a sanitizer from a program of the stack.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

MODE=${MODE:-release}
BUILD=build/$MODE
results=$BUILD/results
export MODE
rm -rf "$results"
mkdir -p "$results"
# shellcheck source=scripts/sanitizers.sh
source scripts/sanitizers.sh

# $1: name, $2: its exit status
note_status() { echo "$1 $2" >>"$results/status"; }

unit() {
  (
    sanitizer_options "$PWD"
    timeout -k 10 900 "$BUILD/unit-tests" --gtest_brief=1 --gtest_output="xml:$results/unit.xml" \
      ${FILTER:+"--gtest_filter=$FILTER"}
  )
  note_status unit $?
}

contract() {
  (
    sanitizer_options "$PWD"
    timeout -k 10 120 /usr/bin/python3 -m pytest tests/contract -q -p no:cacheprovider \
      --junitxml="$results/contract.xml" ${FILTER:+-k "$FILTER"}
  )
  note_status contract $?
}

# Two files at a time, each with stacks of its own: nearly all of their time is waiting.
itest() {
  (
    export REPORTS=$PWD/$results/sanitizer
    sanitizer_options "$PWD"
    timeout -k 60 1800 /usr/bin/python3 -m pytest tests/integration -q -p no:cacheprovider -n "${TEST_JOBS:-2}" --dist loadfile \
      --junitxml="$results/itest.xml" ${FILTER:+-k "$FILTER"}
  )
  note_status itest $?
  for report in "$results"/sanitizer.*; do
    [ -e "$report" ] || continue
    head -n 60 "$report"
    note_status "$report" 1
  done
}

# $1: the folder in tests/ and name of the suite, $2: seconds. Node prints TAP; people see what failed, and the sums.
node_suite() {
  scripts/npm.sh && timeout -k 30 "$2" node --test --test-reporter=tap "tests/$1/all.mjs" >"$results/$1.tap"
  note_status "$1" $?
  [ ! -e "$results/$1.tap" ] || /usr/bin/python3 scripts/tap.py "$results/$1.tap" "$results/$1.xml"
}
web() { node_suite web 600; }
browser() { node_suite browser 900; }

# Skipped where there is no root or no debootstrap; pytest says which. Each test goes on where the last one stopped: -x.
package() {
  timeout -k 60 900 /usr/bin/python3 -m pytest tests/package -q -x -p no:cacheprovider --junitxml="$results/package.xml"
  note_status package $?
}

for suite in "$@"; do
  case $suite in
    unit | contract | itest | web | browser | package) $suite ;;
    *) echo "usage: test.sh [unit] [contract] [itest] [web] [browser] [package]" >&2; exit 2 ;;
  esac
done

/usr/bin/python3 - "$results" <<'EOF'
import pathlib
import sys
import xml.etree.ElementTree as xml

results = pathlib.Path(sys.argv[1])
passed = failed = skipped = 0
for line in (results / "status").read_text().splitlines():
    suite, status = line.rsplit(" ", 1)
    file = results / f"{suite}.xml"
    bad = 0
    if file.exists():
        for case in xml.parse(file).iter("testcase"):
            if case.get("status") == "notrun":
                continue
            if case.find("failure") is not None or case.find("error") is not None:
                bad += 1
            elif case.find("skipped") is not None or case.get("result") == "skipped":
                skipped += 1
            else:
                passed += 1
    if status != "0" and bad == 0:
        print(f"{suite} ended with status {status} though no test failed.")
        bad = 1
    failed += bad
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(1 if failed or not passed else 0)
EOF
