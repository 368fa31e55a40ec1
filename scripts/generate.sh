#!/usr/bin/env bash
# npm run generate: the protocol's messages, the SDL, and the typed operations of tests and benchmarks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/prepare.sh
node_modules/.bin/buf generate
node dist/src/cli/printSchema.js > schema/schema.graphql
node_modules/.bin/graphql-codegen --config codegen.yml --silent
