#!/usr/bin/env bash
# npm start: installs and builds what is missing, then becomes the server, so that signals reach it directly.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
"$root/scripts/prepare.sh"
exec node "$root/dist/src/main.js" "$@"
