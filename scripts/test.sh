#!/usr/bin/env bash
# npm test [-- jest arguments]: everything that can run here, then one line for each suite left out and why.
# With CI=true a suite left out fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/prepare.sh
TEST_LEFT_OUT_FILE="$(mktemp)"
export TEST_LEFT_OUT_FILE
trap 'rm -f "$TEST_LEFT_OUT_FILE"' EXIT
status=0
# Two cores: more workers than that only make real processes slower.
node --experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js --maxWorkers=2 "$@" || status=$?
if [ -s "$TEST_LEFT_OUT_FILE" ]; then
  sort -u "$TEST_LEFT_OUT_FILE" | sed 's/^/left out: /'
  if [ "${CI:-}" = true ]; then status=1; fi
fi
exit "$status"
