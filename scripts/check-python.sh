#!/usr/bin/env bash
# Lint and format of all Python, with the ruff of the tests' environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python="$(scripts/test-python.sh)"
sources=(wrappers/python test/frameworks test/support/wrapperModels)
"$python" -m ruff check --quiet --no-cache --config wrappers/python/pyproject.toml "${sources[@]}"
"$python" -m ruff format --quiet --no-cache --check --config wrappers/python/pyproject.toml "${sources[@]}"
