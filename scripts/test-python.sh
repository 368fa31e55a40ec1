#!/usr/bin/env bash
# test-python.sh [ENVIRONMENT]: prints the path of a Python for the tests, from a virtual environment of its own that is
# made when it is first asked for and again when its requirements change. Needs python3 with venv, and PyPI.
#
# The environment `light` (the default) has what the oracles of test/oracles and the wrappers of most frameworks need;
# every other file of wrappers/python/requirements is an environment for a heavy one. `all` makes each of them in turn, with
# three attempts. `bench` is what the scenarios of bench/ train their models with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cache=node_modules/.cache/skysail-test-python
# The installer: quicker than pip, and what environments share lies on the disk once.
uv_version=0.13.9
uv="$cache/uv-$uv_version/bin/uv"

# Runs a command unless FILE exists. Several suites may ask at once: the others wait for the first. (Without flock each
# makes its own, and one is kept.)
once() {
  local file="$1"
  shift
  [ -x "$file" ] && return
  mkdir -p "$cache"
  (
    if command -v flock >/dev/null; then flock 9; fi
    [ -x "$file" ] || "$@"
  ) 9>"$cache/lock-$(basename "$(dirname "$(dirname "$file")")")"
}

# Makes a virtual environment by `FUNCTION FOLDER ...`. Only what is complete gets the name.
complete() {
  local home="$1" fresh
  shift
  fresh="$(mktemp -d "$cache/new.XXXXXX")"
  # shellcheck disable=SC2064
  trap "rm -rf '$fresh'" EXIT
  "$1" "$fresh" "${@:2}" >&2
  mv -T "$fresh" "$home" 2>/dev/null || [ -d "$home/bin" ]
}

install_uv() {
  python3 -m venv "$1"
  try "$1/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "uv==$uv_version"
}

# What pip is told on this machine, by its environment before its files.
pip_setting() {
  "$(dirname "$uv")/python" -m pip config list | sed -n -E "s/^(:env:|global|install)\.$1='(.*)'$/\2/p" | head -n 1
}

install_packages() {
  local fresh="$1" index links
  shift
  echo "Installing the tests' Python packages ($environment)..."
  index="$(pip_setting index-url)"
  links="$(pip_setting find-links)"
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX="$index"; fi
  if [ -n "$links" ]; then export UV_FIND_LINKS="${links// /,}"; fi
  export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-120}"
  "$uv" venv --quiet --python python3 --allow-existing "$fresh"
  # A wheel that is built here is unpacked at once: compressing Spark's jars took longer than all the rest.
  # With bytecode, as pip does it: where PYTHONDONTWRITEBYTECODE is set each process would compile what it imports.
  try "$uv" pip install --quiet --python "$fresh/bin/python" --only-binary :all: --compile-bytecode \
    -C=--build-option=--compression=stored "${@/#/--requirements=}"
}

# As often as need be: what was downloaded is kept, and a download of hundreds of megabytes may break off.
try() {
  local attempt
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    if "$@"; then return; fi
    echo "Attempt $attempt of $attempts to install the tests' Python packages ($environment) failed." >&2
    [ "$attempt" -eq "$attempts" ] || sleep "$((attempt * 5))"
  done
  return 1
}

environment="${1:-light}"
# Where a suite asks, a machine without a network should know it soon.
attempts="${TEST_PYTHON_ATTEMPTS:-1}"
if [ "$environment" = all ]; then
  export TEST_PYTHON_ATTEMPTS=3
  for file in wrappers/python/requirements/*.txt; do scripts/test-python.sh "$(basename "$file" .txt)"; done
  exit
fi
requirements=("wrappers/python/requirements/$environment.txt")
if [ "$environment" = light ]; then requirements+=(test/oracles/requirements.txt); fi
if [ "$environment" = bench ]; then requirements=(bench/python/requirements.txt); fi
home="$cache/$environment-$(cat "${requirements[@]}" | cksum | tr ' ' -)"
once "$uv" complete "$(dirname "$(dirname "$uv")")" install_uv
once "$home/bin/python" complete "$home" install_packages "${requirements[@]}"
echo "$PWD/$home/bin/python"
