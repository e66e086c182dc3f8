#!/usr/bin/env bash
# Finds what tests and demo need, and installs what is missing where it can (Debian, root).
# FLOWLOGD_REQUIRE_ROOT_TESTS=1 makes it an error if something stays missing.
set -euo pipefail

command -v cargo >/dev/null || {
    echo "Rust is missing: flowlogd needs cargo and rustc 1.95 or later (https://rustup.rs)" >&2
    exit 1
}

packages=()
need() { # COMMAND PACKAGE…
    command -v "$1" >/dev/null || packages+=("${@:2}")
}
PATH=$PATH:/usr/sbin:/sbin
need cc gcc libc6-dev       # the compression libraries are C
need ip iproute2            # network namespaces and veth pairs
need ping iputils-ping      # traffic to capture
need python3 python3-minimal # the other end of a connection, and `make bench`

[ ${#packages[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
    exit 0
fi

echo "Missing: ${packages[*]}. On Debian: apt-get install ${packages[*]}" >&2
[ "${FLOWLOGD_REQUIRE_ROOT_TESTS:-}" != 1 ] || exit 1
command -v cc >/dev/null || exit 1
echo "Going on without; tests that need them say that they did not run." >&2
