#!/usr/bin/env bash
# Emits every generated file again and fails when one differs from what is committed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/generate.sh
generated=(schema/schema.graphql schema/apps src/protocol/generated wrappers/python/src/skysail_wrapper/inference.binpb
  test/generated bench/generated)
if [ -n "$(git status --porcelain -- "${generated[@]}")" ]; then
  git --no-pager diff --stat -- "${generated[@]}"
  echo "Generated files differ from their sources: run npm run generate and commit the result." >&2
  exit 1
fi
