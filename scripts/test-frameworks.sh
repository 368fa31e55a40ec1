#!/usr/bin/env bash
# npm run test:frameworks [-- --json] [jest arguments]: the contract with real models of each framework, and agreement with
# direct calls. Heavy frameworks get environments of their own, made when first asked for. With --json stdout has one line
# of JSON for each model that agreed, and the tests' own report goes to stderr. Only one framework: `-- spark`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/prepare.sh
json=false
if [ "${1:-}" = --json ]; then json=true; shift; fi
if [ "$#" -eq 0 ]; then set -- test/contract/pythonFrameworks.test.ts test/frameworks; fi
export TEST_FRAMEWORKS=all
FRAMEWORKS_REPORT_FILE="$(mktemp)"
TEST_LEFT_OUT_FILE="$(mktemp)"
export FRAMEWORKS_REPORT_FILE TEST_LEFT_OUT_FILE
trap 'rm -f "$FRAMEWORKS_REPORT_FILE" "$TEST_LEFT_OUT_FILE"' EXIT
status=0
node --experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js --maxWorkers=2 "$@" >&2 || status=$?
if [ -s "$TEST_LEFT_OUT_FILE" ]; then
  sort -u "$TEST_LEFT_OUT_FILE" | sed 's/^/left out: /' >&2
  if [ "${CI:-}" = true ]; then status=1; fi
fi
if [ "$json" = true ]; then cat "$FRAMEWORKS_REPORT_FILE"; fi
exit "$status"
