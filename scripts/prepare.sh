#!/usr/bin/env bash
# Installs and builds what is missing. Stamps make it a matter of milliseconds when nothing is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

install_stamp=node_modules/.skysail-lock
if ! cmp -s package-lock.json "$install_stamp"; then
  echo "Installing packages..." >&2
  # Also with NODE_ENV=production: building needs the development packages.
  npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json "$install_stamp"
fi

build_stamp=dist/.skysail-built
sources=(src wrappers/typescript bench package-lock.json tsconfig.json tsconfig.build.json)
# Names as well as times: a deleted or renamed file is a change too.
names=$(find "${sources[@]}" -type f -name '*.ts' | LC_ALL=C sort | cksum)
if [ ! -f "$build_stamp" ] || [ "$(cat "$build_stamp")" != "$names" ] ||
  [ -n "$(find "${sources[@]}" -newer "$build_stamp" -type f -print -quit)" ]; then
  echo "Building..." >&2
  rm -rf dist
  node node_modules/typescript7/bin/tsc -p tsconfig.build.json >&2
  echo "$names" >"$build_stamp"
fi
