#!/usr/bin/env bash
# Runs the tests with real clients against the program that cargo has built; arguments go to pytest.
#
# They need a Python environment, which tests/tools.sh makes. FLOWLOGD=path takes another program.
set -euo pipefail
cd "$(dirname "$0")"

target=$(realpath -m "${CARGO_TARGET_DIR:-../../target}")
export FLOWLOGD=${FLOWLOGD:-$target/debug/flowlogd}
if [ ! -x "$target/venv/bin/pytest" ]; then
    echo "!! NOT TESTED: there is no Python environment for the tests with real clients (tests/tools.sh)" >&2
    [ "${FLOWLOGD_REQUIRE_ROOT_TESTS:-}" != 1 ]
    exit
fi
# `aws` is there as well.
export PATH=$target/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
# Neither accounts nor proxies of whoever runs this.
for name in ${!AWS_@}; do unset "$name"; done
exec pytest -p no:cacheprovider --color=no -q "$@"
