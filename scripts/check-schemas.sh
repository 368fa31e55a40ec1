#!/usr/bin/env bash
# Fails when the schemas break clients of the committed ones, unless schema/accepted-changes.json says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec node dist/src/cli/checkSchemas.js
