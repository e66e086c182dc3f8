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
ls /usr/bin/clang /usr/bin/clang-1[4-9] >/dev/null 2>&1 || command -v clang >/dev/null || packages+=(clang) # the kernel program
need ip iproute2            # network namespaces and veth pairs
need ping iputils-ping      # traffic to capture
need python3 python3-minimal # the other end of a connection, and `make bench`
need ps procps              # what is still running
need setpriv util-linux     # what a process may do without a capability
need ethtool ethtool        # super-packets, with and without
need nft nftables           # another judge of the same rules
[ -x /usr/bin/aws ] || packages+=(awscli) # the AWS CLI's second version; the first comes with the environment
# boto3, the AWS CLI and pytest come into an environment of their own.
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)

install_packages() {
    [ ${#packages[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing ${packages[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
        return 0
    fi
    echo "Missing: ${packages[*]}. On Debian: apt-get install ${packages[*]}" >&2
    [ "${FLOWLOGD_REQUIRE_ROOT_TESTS:-}" != 1 ] && command -v cc >/dev/null || exit 1
    echo "Going on without; tests that need them say that they did not run." >&2
}

# The Python environment of the tests with real clients, anew when what it holds is to be another.
make_environment() {
    local target wanted=tests/conformance/requirements.txt
    target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
    local environment=$target/venv
    if [ -x "$environment/bin/pytest" ] && cmp -s "$wanted" "$environment/installed.txt"; then return 0; fi
    echo "Installing the AWS CLI, boto3 and pytest into $environment"
    rm -rf "$environment"
    mkdir -p "$target"
    if python3 -m venv "$environment" \
        && "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"; then
        cp "$wanted" "$environment/installed.txt"
        return 0
    fi
    rm -rf "$environment"
    echo "!! The tests with real clients cannot run: there is no Python environment" >&2
    [ "${FLOWLOGD_REQUIRE_ROOT_TESTS:-}" != 1 ]
}

cd "$(dirname "$0")/.."
install_packages
make_environment
