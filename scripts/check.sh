#!/usr/bin/env bash
# npm run check: all that CI checks. Stops at the first that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/prepare.sh
step() { echo "== $1" >&2; shift; "$@"; }
step "types" npx tsc -p tsconfig.json --noEmit
step "lint" npx eslint .
step "format" npx prettier --check --log-level warn .
step "generated files" scripts/check-generated.sh
step "supply chain" node scripts/check-supply-chain.mjs
step "tests" npm test
step "tests without their defences" npm run --silent test:red
