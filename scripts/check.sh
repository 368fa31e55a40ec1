#!/usr/bin/env bash
# npm run check: all that CI checks. Stops at the first that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/prepare.sh
# CHECK_FRAMEWORKS=true: also the heavy frameworks, some minutes more. Their environments are installed while other things
# run, since most of that is waiting for downloads; a step that fails does not leave it behind.
if [ "${CHECK_FRAMEWORKS:-}" = true ]; then
  nice -n 19 scripts/test-python.sh all >/dev/null &
  installing=$!
  trap 'kill "$installing" 2>/dev/null || true' EXIT
fi
step() { echo "== $1" >&2; shift; "$@"; }
step "types" npx tsc -p tsconfig.json --noEmit
step "lint" npx eslint .
step "format" npx prettier --check --log-level warn .
step "Python" scripts/check-python.sh
step "generated files" scripts/check-generated.sh
step "schema changes" scripts/check-schemas.sh
step "supply chain" node scripts/check-supply-chain.mjs
step "tests" npm test
if [ "${CHECK_FRAMEWORKS:-}" = true ]; then
  step "tests of heavy frameworks" npm run --silent test:frameworks -- test/frameworks
fi
# Another third of them each day, by the commit's date so that a commit always has the same: all take as long as the tests.
day=$(($(git log -1 --format=%ct) / 86400))
step "tests without their defences" npm run --silent test:red -- --part "$((day % 3 + 1))/3"
