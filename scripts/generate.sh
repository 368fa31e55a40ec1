#!/usr/bin/env bash
# npm run generate: the protocol's messages, the SDL, and the typed operations of tests and benchmarks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/prepare.sh
node_modules/.bin/buf generate
node_modules/.bin/buf build --as-file-descriptor-set --exclude-source-info \
  -o wrappers/python/src/skysail_wrapper/inference.binpb
node dist/src/cli/printSchema.js > schema/schema.graphql
for example in digits reading; do node dist/src/cli/printSchema.js "$example" > "schema/apps/$example.graphql"; done
node_modules/.bin/graphql-codegen --config codegen.yml --silent
