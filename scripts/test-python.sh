#!/usr/bin/env bash
# Prints the path of the Python that the oracles of test/oracles run with: a virtual environment of its own, made when it
# is first asked for and again when the requirements change. Needs python3 with venv, and PyPI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
requirements=test/oracles/requirements.txt
cache=node_modules/.cache/skysail-test-python
home="$cache/$(cksum <"$requirements" | tr ' ' -)"

if [ ! -x "$home/bin/python" ]; then
  mkdir -p "$cache"
  # Several suites may ask at once: the others wait for the first. (Without flock each makes its own, and one is kept.)
  exec 9>"$cache/lock"
  if command -v flock >/dev/null; then flock 9; fi
fi
if [ ! -x "$home/bin/python" ]; then
  echo "Installing the tests' Python packages..." >&2
  fresh="$(mktemp -d "$cache/new.XXXXXX")"
  trap 'rm -rf "$fresh"' EXIT
  python3 -m venv "$fresh" >&2
  "$fresh/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$requirements" >&2
  # Only what is complete gets the name.
  mv -T "$fresh" "$home" 2>/dev/null || [ -x "$home/bin/python" ]
fi
echo "$PWD/$home/bin/python"
