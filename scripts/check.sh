#!/usr/bin/env bash
# npm run check: all that CI checks. Stops at the first that fails.
# CHECK_FRAMEWORKS=false: without the heavy frameworks, whose environments are 5 GiB from PyPI (9 GiB where it has CUDA's
# PyTorch only) and whose tests take some minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/prepare.sh
# Installed while other things run, since most of that is waiting for downloads; a step that fails does not leave it behind.
if [ "${CHECK_FRAMEWORKS:-true}" = true ]; then
  install_log="$(mktemp)"
  nice -n 19 scripts/test-python.sh all >/dev/null 2>"$install_log" &
  installing=$!
  trap 'kill "$installing" 2>/dev/null || true; rm -f "$install_log"' EXIT
fi
step() { echo "== $1" >&2; shift; "$@"; }
installed() {
  if wait "$installing"; then return; fi
  cat "$install_log" >&2
  echo "The heavy frameworks' Python environments could not be installed: see above, or set CHECK_FRAMEWORKS=false." >&2
  return 1
}
step "types" npx tsc -p tsconfig.json --noEmit
step "lint" npx eslint .
step "format" npx prettier --check --log-level warn .
step "Python" scripts/check-python.sh
step "generated files" scripts/check-generated.sh
step "schema changes" scripts/check-schemas.sh
step "supply chain" node scripts/check-supply-chain.mjs
step "tests" npm test
if [ "${CHECK_FRAMEWORKS:-true}" = true ]; then
  step "environments of heavy frameworks" installed
  step "tests of heavy frameworks" npm run --silent test:frameworks -- test/frameworks
fi
# Another third of them each day, by the commit's date so that a commit always has the same: all take as long as the tests.
day=$(($(git log -1 --format=%ct) / 86400))
step "tests without their defences" npm run --silent test:red -- --part "$((day % 3 + 1))/3"
